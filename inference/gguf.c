/* gguf.c - see gguf.h. Two passes over the head of the file: keys, then tensors; both end in tables sorted by
 * name. */
#include "inference/gguf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "GGUF is little-endian; weights are used where they lie"
#endif

/* Limits far above any model of this kind, so that a hostile header cannot make the tables large. */
enum {
    VERSION = 3,
    KEYS_MAX = 1024,
    TENSORS_MAX = 4096,
    NAME_MAX_LEN = 128,   /* of a key or a tensor */
    STRING_MAX = 1 << 20, /* one string value */
    ARRAY_MAX = 1 << 20,  /* elements of one array */
    DIMENSION_MAX = 1 << 30,
    ALIGNMENT_DEFAULT = 32,
    ALIGNMENT_MAX = 65536,
    BASE_ALIGN = 8, /* of the memory itself: what F32 data and the blocks need, with room */
};

enum value_type {
    VALUE_U8,
    VALUE_I8,
    VALUE_U16,
    VALUE_I16,
    VALUE_U32,
    VALUE_I32,
    VALUE_F32,
    VALUE_BOOL,
    VALUE_STRING,
    VALUE_ARRAY,
    VALUE_U64,
    VALUE_I64,
    VALUE_F64,
    VALUE_TYPES,
};

/* 0: no fixed size. */
static const uint8_t value_size[VALUE_TYPES] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
static const char *const value_name[VALUE_TYPES] = {
    "u8", "i8", "u16", "i16", "u32", "i32", "f32", "bool", "string", "array", "u64", "i64", "f64"};

struct pair {
    struct san_str key;
    uint32_t type;
    uint32_t element;     /* of an array */
    uint64_t count;       /* of an array */
    const uint8_t *value; /* of an array: its first element */
    size_t bytes;         /* of value */
};

struct san_gguf {
    const uint8_t *data;
    size_t size;
    size_t mapped; /* bytes of the mapping that are left; 0 for memory of the caller */
    size_t start;  /* of the tensors' data */
    char *name;
    struct pair *pairs; /* sorted by key */
    size_t pair_count;
    struct san_tensor *tensors; /* sorted by name */
    size_t tensor_count;
};

/* Reads on from pos; every take checks what is left. */
struct reader {
    const struct san_gguf *file;
    size_t pos;
    struct san_error *err;
};

static enum san_status truncated(const struct reader *r, const char *what)
{
    return san_fail(r->err, SAN_EFORMAT, "%s: ends inside %s at byte %zu: the file is cut off or damaged",
        r->file->name, what, r->pos);
}

static enum san_status take(struct reader *r, void *out, size_t size, const char *what)
{
    if (r->file->size - r->pos < size)
        return truncated(r, what);
    memcpy(out, r->file->data + r->pos, size);
    r->pos += size;
    return SAN_OK;
}

static enum san_status take_string(struct reader *r, struct san_str *out, uint64_t max, const char *what)
{
    uint64_t len = 0;
    enum san_status status = take(r, &len, sizeof(len), what);
    if (status)
        return status;
    if (len > max)
        return san_fail(r->err, SAN_ELIMIT, "%s: %s at byte %zu has %llu bytes; at most %llu are read",
            r->file->name, what, r->pos, (unsigned long long)len, (unsigned long long)max);
    if (r->file->size - r->pos < len)
        return truncated(r, what);
    out->ptr = (const char *)r->file->data + r->pos;
    out->len = (size_t)len;
    r->pos += (size_t)len;
    return SAN_OK;
}

/* A key or tensor name: printable ASCII, so that it can stand in error texts as it is. */
static enum san_status take_name(struct reader *r, struct san_str *out, const char *what)
{
    enum san_status status = take_string(r, out, NAME_MAX_LEN, what);
    if (status)
        return status;
    bool fine = out->len > 0;
    for (size_t i = 0; i < out->len; i++)
        fine = fine && out->ptr[i] > 0x20 && out->ptr[i] < 0x7f;
    if (!fine)
        return san_fail(r->err, SAN_EFORMAT, "%s: %s before byte %zu is empty or not printable ASCII",
            r->file->name, what, r->pos);
    return SAN_OK;
}

static enum san_status skip(struct reader *r, uint64_t count, size_t each, const char *what)
{
    if (count > (r->file->size - r->pos) / each)
        return truncated(r, what);
    r->pos += (size_t)count * each;
    return SAN_OK;
}

static enum san_status take_array(struct reader *r, struct pair *pair)
{
    enum san_status status = take(r, &pair->element, sizeof(pair->element), "the type of an array");
    if (!status)
        status = take(r, &pair->count, sizeof(pair->count), "the length of an array");
    if (status)
        return status;
    if (pair->element >= VALUE_TYPES || pair->element == VALUE_ARRAY)
        return san_fail(r->err, SAN_EUNSUPPORTED,
            "%s: array \"%.*s\" has elements of type %u; nested and unknown types are not read",
            r->file->name, (int)pair->key.len, pair->key.ptr, pair->element);
    if (pair->count > ARRAY_MAX)
        return san_fail(r->err, SAN_ELIMIT, "%s: array \"%.*s\" has %llu elements; at most %d are read",
            r->file->name, (int)pair->key.len, pair->key.ptr, (unsigned long long)pair->count, ARRAY_MAX);
    pair->value = r->file->data + r->pos;
    if (value_size[pair->element])
        return skip(r, pair->count, value_size[pair->element], "an array");
    for (uint64_t i = 0; i < pair->count; i++) {
        struct san_str unused;
        status = take_string(r, &unused, STRING_MAX, "a string of an array");
        if (status)
            return status;
    }
    return SAN_OK;
}

static enum san_status take_pair(struct reader *r, struct pair *pair)
{
    enum san_status status = take_name(r, &pair->key, "a key");
    if (!status)
        status = take(r, &pair->type, sizeof(pair->type), "the type of a value");
    if (status)
        return status;
    if (pair->type >= VALUE_TYPES)
        return san_fail(r->err, SAN_EFORMAT, "%s: key \"%.*s\" has unknown value type %u", r->file->name,
            (int)pair->key.len, pair->key.ptr, pair->type);
    pair->value = r->file->data + r->pos;
    struct san_str unused;
    if (pair->type == VALUE_ARRAY)
        status = take_array(r, pair);
    else if (pair->type == VALUE_STRING)
        status = take_string(r, &unused, STRING_MAX, "a string");
    else
        status = skip(r, 1, value_size[pair->type], "a value");
    pair->bytes = (size_t)(r->file->data + r->pos - pair->value);
    return status;
}

/* ---- tables sorted by name: both entries begin with their name ---- */

static int compare_str(struct san_str a, struct san_str b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = memcmp(a.ptr, b.ptr, common);
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_entries(const void *a, const void *b)
{
    return compare_str(*(const struct san_str *)a, *(const struct san_str *)b);
}
_Static_assert(offsetof(struct pair, key) == 0 && offsetof(struct san_tensor, name) == 0,
    "entries begin with their name");

static enum san_status sort_entries(const struct san_gguf *file, void *entries, size_t count, size_t size,
    const char *what, struct san_error *err)
{
    if (count < 2)
        return SAN_OK;
    qsort(entries, count, size, compare_entries);
    for (size_t i = 1; i < count; i++) {
        const char *entry = (const char *)entries + i * size;
        const struct san_str *name = (const struct san_str *)(const void *)entry;
        if (compare_entries(entry - size, entry) == 0)
            return san_fail(err, SAN_EFORMAT, "%s: %s \"%.*s\" stands in it twice", file->name, what,
                (int)name->len, name->ptr);
    }
    return SAN_OK;
}

static const struct pair *find_pair(const struct san_gguf *file, const char *key)
{
    struct san_str name = {key, strlen(key)};
    if (!file->pair_count)
        return NULL;
    return bsearch(&name, file->pairs, file->pair_count, sizeof(*file->pairs), compare_entries);
}

/* ---- tensors ---- */

struct layout {
    uint32_t block;       /* numbers in a block */
    uint32_t block_bytes; /* 0: a type that this build does not read */
};

static struct layout type_layout(uint32_t type)
{
    switch (type) {
    case SAN_F32:
        return (struct layout){1, 4};
    case SAN_F16:
        return (struct layout){1, 2};
    case SAN_Q4_0:
        return (struct layout){32, 18};
    case SAN_Q8_0:
        return (struct layout){32, 34};
    default:
        return (struct layout){0, 0};
    }
}

static enum san_status take_shape(struct reader *r, struct san_tensor *tensor)
{
    enum san_status status = take(r, &tensor->dims, sizeof(tensor->dims), "the dimensions of a tensor");
    if (status)
        return status;
    if (tensor->dims < 1 || tensor->dims > 2)
        return san_fail(r->err, SAN_EUNSUPPORTED, "%s: tensor \"%.*s\" has %u dimensions; 1 or 2 are read",
            r->file->name, (int)tensor->name.len, tensor->name.ptr, tensor->dims);
    tensor->ne[1] = 1;
    for (uint32_t i = 0; i < tensor->dims; i++) {
        status = take(r, &tensor->ne[i], sizeof(tensor->ne[i]), "the shape of a tensor");
        if (status)
            return status;
        if (tensor->ne[i] < 1 || tensor->ne[i] > DIMENSION_MAX)
            return san_fail(r->err, SAN_ELIMIT,
                "%s: tensor \"%.*s\" has a dimension of %llu; 1 to %d is read", r->file->name,
                (int)tensor->name.len, tensor->name.ptr, (unsigned long long)tensor->ne[i], DIMENSION_MAX);
    }
    return SAN_OK;
}

/* Leaves the offset into the data section in *offset; the pointer is set when that section's start is known.
 */
static enum san_status take_tensor(struct reader *r, struct san_tensor *tensor, uint64_t *offset)
{
    uint32_t type = 0;
    enum san_status status = take_name(r, &tensor->name, "the name of a tensor");
    if (!status)
        status = take_shape(r, tensor);
    if (!status)
        status = take(r, &type, sizeof(type), "the type of a tensor");
    if (!status)
        status = take(r, offset, sizeof(*offset), "the offset of a tensor");
    if (status)
        return status;
    struct layout layout = type_layout(type);
    if (!layout.block)
        return san_fail(r->err, SAN_EUNSUPPORTED,
            "%s: tensor \"%.*s\" has type %u; F32 (0), F16 (1), Q4_0 (2) and Q8_0 (8) are read",
            r->file->name, (int)tensor->name.len, tensor->name.ptr, type);
    if (tensor->ne[0] % layout.block)
        return san_fail(r->err, SAN_EFORMAT,
            "%s: tensor \"%.*s\" has rows of %llu numbers; its type needs a multiple of %u", r->file->name,
            (int)tensor->name.len, tensor->name.ptr, (unsigned long long)tensor->ne[0], layout.block);
    tensor->type = (enum san_type)type;
    uint64_t bytes =
        tensor->ne[0] / layout.block * layout.block_bytes * tensor->ne[1]; /* < 2^63 by DIMENSION_MAX */
    if (bytes > r->file->size)
        return san_fail(r->err, SAN_EFORMAT, "%s: tensor \"%.*s\" of %llu bytes is larger than the file",
            r->file->name, (int)tensor->name.len, tensor->name.ptr, (unsigned long long)bytes);
    tensor->bytes = (size_t)bytes;
    return SAN_OK;
}

static enum san_status read_alignment(const struct san_gguf *file, size_t *out, struct san_error *err)
{
    *out = ALIGNMENT_DEFAULT;
    if (!san_gguf_has(file, "general.alignment"))
        return SAN_OK;
    uint32_t alignment;
    enum san_status status = san_gguf_u32(file, "general.alignment", &alignment, err);
    if (status)
        return status;
    if (alignment < BASE_ALIGN || alignment > ALIGNMENT_MAX || (alignment & (alignment - 1)))
        return san_fail(err, SAN_EFORMAT,
            "%s: general.alignment is %u; a power of two from %d to %d is wanted", file->name, alignment,
            BASE_ALIGN, ALIGNMENT_MAX);
    *out = alignment;
    return SAN_OK;
}

static enum san_status place_tensors(struct san_gguf *file, struct reader *r, const uint64_t *offsets)
{
    size_t alignment;
    enum san_status status = read_alignment(file, &alignment, r->err);
    if (status)
        return status;
    size_t start = (r->pos + alignment - 1) / alignment * alignment;
    file->start = start < file->size ? start : file->size;
    for (size_t i = 0; i < file->tensor_count; i++) {
        struct san_tensor *tensor = &file->tensors[i];
        size_t left = start < file->size ? file->size - start : 0;
        if (offsets[i] % alignment)
            return san_fail(r->err, SAN_EFORMAT,
                "%s: tensor \"%.*s\" lies at offset %llu, which is not a multiple of %zu", file->name,
                (int)tensor->name.len, tensor->name.ptr, (unsigned long long)offsets[i], alignment);
        if (offsets[i] > left || tensor->bytes > left - (size_t)offsets[i])
            return san_fail(r->err, SAN_EFORMAT,
                "%s: tensor \"%.*s\" (offset %llu, %zu bytes) reaches beyond the end of the file", file->name,
                (int)tensor->name.len, tensor->name.ptr, (unsigned long long)offsets[i], tensor->bytes);
        tensor->data = file->data + start + (size_t)offsets[i];
    }
    return SAN_OK;
}

/* ---- the whole head ---- */

static enum san_status read_counts(struct reader *r, uint64_t *tensors, uint64_t *pairs)
{
    char magic[4];
    uint32_t version = 0;
    enum san_status status = take(r, magic, sizeof(magic), "the header");
    if (!status && memcmp(magic, "GGUF", sizeof(magic)) != 0)
        return san_fail(
            r->err, SAN_EFORMAT, "%s: not a GGUF file (it does not begin with \"GGUF\")", r->file->name);
    if (!status)
        status = take(r, &version, sizeof(version), "the header");
    if (!status && version != VERSION)
        return san_fail(r->err, SAN_EUNSUPPORTED, "%s: GGUF version %u; version %d is read", r->file->name,
            version, VERSION);
    if (!status)
        status = take(r, tensors, sizeof(*tensors), "the header");
    if (!status)
        status = take(r, pairs, sizeof(*pairs), "the header");
    if (status)
        return status;
    if (*tensors > TENSORS_MAX || *pairs > KEYS_MAX)
        return san_fail(r->err, SAN_ELIMIT, "%s: %llu tensors and %llu keys; at most %d and %d are read",
            r->file->name, (unsigned long long)*tensors, (unsigned long long)*pairs, TENSORS_MAX, KEYS_MAX);
    return SAN_OK;
}

static enum san_status read_pairs(struct san_gguf *file, struct reader *r, size_t count)
{
    file->pairs = calloc(count + 1, sizeof(*file->pairs));
    if (!file->pairs)
        return san_fail(r->err, SAN_ENOMEM, "%s: out of memory", file->name);
    for (; file->pair_count < count; file->pair_count++) {
        enum san_status status = take_pair(r, &file->pairs[file->pair_count]);
        if (status)
            return status;
    }
    return sort_entries(file, file->pairs, count, sizeof(*file->pairs), "key", r->err);
}

static enum san_status read_tensors(struct san_gguf *file, struct reader *r, size_t count)
{
    file->tensors = calloc(count + 1, sizeof(*file->tensors));
    uint64_t *offsets = calloc(count + 1, sizeof(*offsets));
    enum san_status status = SAN_OK;
    if (!file->tensors || !offsets)
        status = san_fail(r->err, SAN_ENOMEM, "%s: out of memory", file->name);
    for (; !status && file->tensor_count < count; file->tensor_count++)
        status = take_tensor(r, &file->tensors[file->tensor_count], &offsets[file->tensor_count]);
    if (!status)
        status = place_tensors(file, r, offsets);
    if (!status)
        status = sort_entries(file, file->tensors, count, sizeof(*file->tensors), "tensor", r->err);
    free(offsets);
    return status;
}

static enum san_status read_head(struct san_gguf *file, struct san_error *err)
{
    struct reader r = {.file = file, .err = err};
    uint64_t tensors = 0, pairs = 0;
    enum san_status status = read_counts(&r, &tensors, &pairs);
    if (!status)
        status = read_pairs(file, &r, (size_t)pairs);
    if (!status)
        status = read_tensors(file, &r, (size_t)tensors);
    return status;
}

/* Takes over the mapping, if it is one. */
static struct san_gguf *gguf_new(
    const void *data, size_t size, bool mapped, const char *name, struct san_error *err)
{
    struct san_gguf *file = calloc(1, sizeof(*file));
    char *copy = strdup(name);
    if (!file || !copy) {
        san_fail(err, SAN_ENOMEM, "%s: out of memory", name);
        free(copy);
        free(file);
        if (mapped)
            munmap((void *)(uintptr_t)data, size);
        return NULL;
    }
    *file = (struct san_gguf){.data = data, .size = size, .mapped = mapped ? size : 0, .name = copy};
    if (read_head(file, err)) {
        san_gguf_close(file);
        return NULL;
    }
    return file;
}

struct san_gguf *san_gguf_from_memory(const void *data, size_t size, const char *name, struct san_error *err)
{
    if ((uintptr_t)data % BASE_ALIGN) {
        san_fail(err, SAN_EINVAL, "%s: the memory is not aligned to %d bytes", name, BASE_ALIGN);
        return NULL;
    }
    return gguf_new(data, size, false, name, err);
}

struct san_gguf *san_gguf_open(const char *path, struct san_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO must not block the caller */
    if (fd < 0) {
        san_fail(err, SAN_EIO, "%s: cannot be opened: %s", path, strerror(errno));
        return NULL;
    }
    struct stat st;
    void *data = MAP_FAILED;
    if (fstat(fd, &st) != 0)
        san_fail(err, SAN_EIO, "%s: cannot be read: %s", path, strerror(errno));
    else if (!S_ISREG(st.st_mode))
        san_fail(err, SAN_EIO, "%s: not a regular file", path);
    else if (st.st_size <= 0)
        san_fail(err, SAN_EFORMAT, "%s: the file is empty", path);
    else if ((data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0)) == MAP_FAILED)
        san_fail(err, SAN_EIO, "%s: cannot be mapped: %s", path, strerror(errno));
    close(fd);
    if (data == MAP_FAILED)
        return NULL;
    return gguf_new(data, (size_t)st.st_size, true, path, err);
}

void san_gguf_close(struct san_gguf *file)
{
    if (!file)
        return;
    if (file->mapped)
        munmap((void *)(uintptr_t)file->data, file->mapped);
    free(file->tensors);
    free(file->pairs);
    free(file->name);
    free(file);
}

/* ---- letting go ---- */

static size_t page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

void san_gguf_let_go(const struct san_gguf *file, const struct san_tensor *tensor)
{
    if (!file->mapped)
        return;
    size_t page = page_size(), begin = (size_t)((const uint8_t *)tensor->data - file->data);
    size_t end = (begin + tensor->bytes) / page * page;
    begin = (begin + page - 1) / page * page;
    if (begin < end) /* whole pages of this tensor */
        madvise((void *)(uintptr_t)(file->data + begin), end - begin, MADV_DONTNEED);
}

enum san_status san_gguf_let_go_all(struct san_gguf *file, struct san_error *err)
{
    if (!file->mapped)
        return SAN_OK;
    size_t page = page_size(), head = (file->start + page - 1) / page * page;
    size_t whole = (file->mapped + page - 1) / page * page;
    void *copy = malloc(file->start), *at = (void *)(uintptr_t)file->data;
    if (!copy)
        return san_fail(err, SAN_ENOMEM, "%s: out of memory", file->name);
    memcpy(copy, at, file->start);
    /* memory takes the place of the file's pages, so that every pointer into the head stays right */
    if (mmap(at, head, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
        MAP_FAILED) {
        free(copy);
        return san_fail(err, SAN_ENOMEM, "%s: out of memory", file->name);
    }
    memcpy(at, copy, file->start);
    free(copy);
    if (head < whole)
        munmap((char *)at + head, whole - head);
    file->mapped = head;
    return SAN_OK;
}

/* ---- reading what was found ---- */

size_t san_gguf_size(const struct san_gguf *file)
{
    return file->size;
}

const char *san_gguf_name(const struct san_gguf *file)
{
    return file->name;
}

bool san_gguf_has(const struct san_gguf *file, const char *key)
{
    return find_pair(file, key) != NULL;
}

static const struct pair *want(
    const struct san_gguf *file, const char *key, enum value_type type, struct san_error *err)
{
    const struct pair *pair = find_pair(file, key);
    if (!pair)
        san_fail(err, SAN_EINVAL, "%s: key %s is missing (type %s)", file->name, key, value_name[type]);
    else if (pair->type != type)
        san_fail(err, SAN_EINVAL, "%s: key %s has type %s where %s is wanted", file->name, key,
            value_name[pair->type], value_name[type]);
    return pair && pair->type == type ? pair : NULL;
}

/* An array of such elements. */
static const struct pair *want_array(
    const struct san_gguf *file, const char *key, enum value_type element, struct san_error *err)
{
    const struct pair *pair = want(file, key, VALUE_ARRAY, err);
    if (pair && pair->element != element) {
        san_fail(err, SAN_EINVAL, "%s: key %s is an array of %s where %s is wanted", file->name, key,
            value_name[pair->element], value_name[element]);
        return NULL;
    }
    return pair;
}

enum san_status san_gguf_u32(
    const struct san_gguf *file, const char *key, uint32_t *out, struct san_error *err)
{
    const struct pair *pair = want(file, key, VALUE_U32, err);
    if (!pair)
        return SAN_EINVAL;
    memcpy(out, pair->value, sizeof(*out));
    return SAN_OK;
}

enum san_status san_gguf_f32(const struct san_gguf *file, const char *key, float *out, struct san_error *err)
{
    const struct pair *pair = want(file, key, VALUE_F32, err);
    if (!pair)
        return SAN_EINVAL;
    memcpy(out, pair->value, sizeof(*out));
    return SAN_OK;
}

enum san_status san_gguf_bool(const struct san_gguf *file, const char *key, bool *out, struct san_error *err)
{
    const struct pair *pair = want(file, key, VALUE_BOOL, err);
    if (!pair)
        return SAN_EINVAL;
    *out = *(const uint8_t *)pair->value != 0;
    return SAN_OK;
}

/* A string whose length was checked when the head was read. */
static struct san_str string_at(const uint8_t *at)
{
    uint64_t len;
    memcpy(&len, at, sizeof(len));
    return (struct san_str){(const char *)at + sizeof(len), (size_t)len};
}

enum san_status san_gguf_str(
    const struct san_gguf *file, const char *key, struct san_str *out, struct san_error *err)
{
    const struct pair *pair = want(file, key, VALUE_STRING, err);
    if (!pair)
        return SAN_EINVAL;
    *out = string_at(pair->value);
    return SAN_OK;
}

enum san_status san_gguf_array_len(
    const struct san_gguf *file, const char *key, size_t *out, struct san_error *err)
{
    const struct pair *pair = want(file, key, VALUE_ARRAY, err);
    if (!pair)
        return SAN_EINVAL;
    *out = (size_t)pair->count;
    return SAN_OK;
}

enum san_status san_gguf_array_str(const struct san_gguf *file, const char *key, uint64_t *cursor,
    struct san_str *out, struct san_error *err)
{
    const struct pair *pair = want_array(file, key, VALUE_STRING, err);
    if (!pair)
        return SAN_EINVAL;
    if (*cursor >= pair->bytes)
        return san_fail(err, SAN_EINVAL, "%s: key %s has only %llu elements", file->name, key,
            (unsigned long long)pair->count);
    *out = string_at(pair->value + *cursor);
    *cursor += sizeof(uint64_t) + out->len;
    return SAN_OK;
}

static enum san_status copy_array(const struct san_gguf *file, const char *key, enum value_type element,
    void *out, size_t count, struct san_error *err)
{
    const struct pair *pair = want_array(file, key, element, err);
    if (!pair)
        return SAN_EINVAL;
    if (pair->count != count)
        return san_fail(err, SAN_EINVAL, "%s: key %s has %llu elements where %zu are wanted", file->name, key,
            (unsigned long long)pair->count, count);
    if (count)
        memcpy(out, pair->value, pair->bytes);
    return SAN_OK;
}

enum san_status san_gguf_array_f32(
    const struct san_gguf *file, const char *key, float *out, size_t count, struct san_error *err)
{
    return copy_array(file, key, VALUE_F32, out, count, err);
}

enum san_status san_gguf_array_i32(
    const struct san_gguf *file, const char *key, int32_t *out, size_t count, struct san_error *err)
{
    return copy_array(file, key, VALUE_I32, out, count, err);
}

const struct san_tensor *san_gguf_tensor(const struct san_gguf *file, const char *name)
{
    struct san_str key = {name, strlen(name)};
    if (!file->tensor_count)
        return NULL;
    return bsearch(&key, file->tensors, file->tensor_count, sizeof(*file->tensors), compare_entries);
}

size_t san_gguf_tensor_count(const struct san_gguf *file)
{
    return file->tensor_count;
}

const struct san_tensor *san_gguf_tensor_at(const struct san_gguf *file, size_t index)
{
    return &file->tensors[index];
}
