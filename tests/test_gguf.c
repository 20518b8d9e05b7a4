/* test_gguf.c - what a good file gives, and how each kind of damage is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "inference/gguf.h"
#include "inference/model.h"
#include "inference/network.h"
#include "inference/san.h"
#include "tests/gguf_builder.h"
#include "tests/toy_model.h"

static const float values[64] = {1.5f, -2.0f, [32] = 4.0f};

static struct gguf_builder *small_file(void)
{
    static const char *const words[] = {"one", "", "three"};
    static const float floats[] = {0.5f, 1.5f};
    static const int32_t integers[] = {-7, 8, 9};
    struct gguf_builder *builder = gguf_builder_new();
    gguf_add_u32(builder, "a.number", 42);
    gguf_add_f32(builder, "a.float", 2.5f);
    gguf_add_str(builder, "a.string", "hello");
    gguf_add_strs(builder, "some.words", words, 3);
    gguf_add_f32s(builder, "some.floats", floats, 2);
    gguf_add_i32s(builder, "some.integers", integers, 3);
    gguf_add_tensor(builder, "z.weight", SAN_F32, 2, 32, 2, values);
    gguf_add_tensor(builder, "a.weight", SAN_Q8_0, 1, 64, 1, values);
    return builder;
}

/* Opens bytes that must be refused with this status and these words in the text. */
static void refuse_bytes(void *bytes, size_t size, enum san_status status, const char *words)
{
    struct san_error err = {0};
    struct san_gguf *file = san_gguf_from_memory(bytes, size, "bad.gguf", &err);
    assert_null(file);
    if (err.status != status || !strstr(err.text, words) || !strstr(err.text, "bad.gguf"))
        fail_msg("wanted status %d and \"%s\", got %d: %s", (int)status, words, (int)err.status, err.text);
    free(bytes);
}

static void refuse(struct gguf_builder *builder, enum san_status status, const char *words)
{
    size_t size;
    void *bytes = gguf_builder_finish(builder, &size);
    refuse_bytes(bytes, size, status, words);
}

static void test_reads_what_was_written(void **state)
{
    (void)state;
    size_t size, count;
    void *bytes = gguf_builder_finish(small_file(), &size);
    struct san_gguf *file = san_gguf_from_memory(bytes, size, "small", NULL);
    assert_non_null(file);
    assert_int_equal(san_gguf_size(file), size);
    uint32_t number;
    float real, floats[2];
    int32_t integers[3];
    struct san_str text;
    assert_int_equal(san_gguf_u32(file, "a.number", &number, NULL), SAN_OK);
    assert_int_equal(number, 42);
    assert_int_equal(san_gguf_f32(file, "a.float", &real, NULL), SAN_OK);
    assert_true(real == 2.5f);
    assert_int_equal(san_gguf_str(file, "a.string", &text, NULL), SAN_OK);
    assert_int_equal(text.len, 5);
    assert_memory_equal(text.ptr, "hello", 5);
    assert_int_equal(san_gguf_array_len(file, "some.words", &count, NULL), SAN_OK);
    assert_int_equal(count, 3);
    uint64_t cursor = 0;
    assert_int_equal(san_gguf_array_str(file, "some.words", &cursor, &text, NULL), SAN_OK);
    assert_int_equal(text.len, 3);
    assert_int_equal(san_gguf_array_str(file, "some.words", &cursor, &text, NULL), SAN_OK);
    assert_int_equal(text.len, 0);
    assert_int_equal(san_gguf_array_str(file, "some.words", &cursor, &text, NULL), SAN_OK);
    assert_memory_equal(text.ptr, "three", 5);
    assert_int_equal(san_gguf_array_str(file, "some.words", &cursor, &text, NULL), SAN_EINVAL);
    assert_int_equal(san_gguf_array_f32(file, "some.floats", floats, 2, NULL), SAN_OK);
    assert_true(floats[1] == 1.5f);
    assert_int_equal(san_gguf_array_i32(file, "some.integers", integers, 3, NULL), SAN_OK);
    assert_int_equal(integers[0], -7);
    san_gguf_close(file);
    free(bytes);
}

static void test_finds_tensors(void **state)
{
    (void)state;
    size_t size;
    void *bytes = gguf_builder_finish(small_file(), &size);
    struct san_gguf *file = san_gguf_from_memory(bytes, size, "small", NULL);
    assert_int_equal(san_gguf_tensor_count(file), 2);
    const struct san_tensor *z = san_gguf_tensor(file, "z.weight"), *a = san_gguf_tensor(file, "a.weight");
    assert_ptr_equal(a, san_gguf_tensor_at(file, 0));
    assert_int_equal(z->dims, 2);
    assert_int_equal(z->ne[0], 32);
    assert_int_equal(z->ne[1], 2);
    assert_int_equal(z->bytes, sizeof(values));
    assert_memory_equal(z->data, values, sizeof(values));
    assert_int_equal(a->type, SAN_Q8_0);
    assert_int_equal(a->bytes, 2 * 34);
    assert_null(san_gguf_tensor(file, "z"));
    assert_null(san_gguf_tensor(file, "z.weights"));
    san_gguf_close(file);
    free(bytes);
}

static void test_names_missing_keys_and_wrong_types(void **state)
{
    (void)state;
    size_t size;
    void *bytes = gguf_builder_finish(small_file(), &size);
    struct san_gguf *file = san_gguf_from_memory(bytes, size, "small", NULL);
    struct san_error err = {0};
    uint32_t number;
    float floats[3];
    assert_int_equal(san_gguf_u32(file, "no.such", &number, &err), SAN_EINVAL);
    assert_string_equal(err.text, "small: key no.such is missing (type u32)");
    assert_int_equal(san_gguf_u32(file, "a.string", &number, &err), SAN_EINVAL);
    assert_string_equal(err.text, "small: key a.string has type string where u32 is wanted");
    assert_int_equal(san_gguf_array_f32(file, "some.floats", floats, 3, &err), SAN_EINVAL);
    assert_int_equal(san_gguf_array_f32(file, "some.integers", floats, 3, &err), SAN_EINVAL);
    assert_false(san_gguf_has(file, "no.such"));
    assert_true(san_gguf_has(file, "a.float"));
    san_gguf_close(file);
    free(bytes);
}

/* A file cut at any byte is refused, until all data is there. */
static void test_every_truncation_is_refused(void **state)
{
    (void)state;
    size_t size;
    char *bytes = gguf_builder_finish(small_file(), &size);
    for (size_t cut = 0; cut < size; cut++) {
        char *copy = malloc(cut + 1);
        memcpy(copy, bytes, cut);
        struct san_error err = {0};
        assert_null(san_gguf_from_memory(copy, cut, "cut", &err));
        assert_int_equal(err.status, SAN_EFORMAT);
        free(copy);
    }
    free(bytes);
}

/* Any byte of the head changed to any of these values: refused or read, but nothing else. */
static void test_every_damaged_byte_is_survived(void **state)
{
    (void)state;
    size_t size;
    uint8_t *bytes = gguf_builder_finish(small_file(), &size);
    static const uint8_t damage[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    for (size_t at = 0; at < size; at++)
        for (size_t i = 0; i < sizeof(damage); i++) {
            uint8_t before = bytes[at];
            bytes[at] = damage[i];
            san_gguf_close(san_gguf_from_memory(bytes, size, "damaged", NULL));
            bytes[at] = before;
        }
    free(bytes);
}

static void patch(size_t at, uint64_t value, size_t width, enum san_status status, const char *words)
{
    size_t size;
    uint8_t *bytes = gguf_builder_finish(small_file(), &size);
    memcpy(bytes + at, &value, width);
    refuse_bytes(bytes, size, status, words);
}

static void test_header(void **state)
{
    (void)state;
    patch(0, 0x46554748, 4, SAN_EFORMAT, "not a GGUF file");
    patch(4, 2, 4, SAN_EUNSUPPORTED, "version 2");
    patch(8, UINT64_MAX, 8, SAN_ELIMIT, "tensors");
    patch(16, UINT64_MAX, 8, SAN_ELIMIT, "keys");
    patch(24, UINT64_MAX - 3, 8, SAN_ELIMIT, "a key");
    patch(24, 0, 8, SAN_EFORMAT, "empty");
    patch(32, '\n', 1, SAN_EFORMAT, "printable");
    patch(40, 99, 4, SAN_EFORMAT, "value type 99");
}

static void test_duplicates(void **state)
{
    (void)state;
    struct gguf_builder *builder = small_file();
    gguf_add_u32(builder, "a.number", 43);
    refuse(builder, SAN_EFORMAT, "\"a.number\" stands in it twice");
    builder = small_file();
    gguf_add_tensor(builder, "z.weight", SAN_F32, 1, 32, 1, values);
    refuse(builder, SAN_EFORMAT, "\"z.weight\" stands in it twice");
}

static void test_arrays(void **state)
{
    (void)state;
    const uint32_t nested[] = {9, 1, 0, 4, 0, 0};
    struct gguf_builder *builder = small_file();
    gguf_add_raw(builder, "nested", 9, nested, sizeof(nested));
    refuse(builder, SAN_EUNSUPPORTED, "nested");
    const uint32_t endless[] = {4, 0xffffffff, 0xffffffff};
    builder = small_file();
    gguf_add_raw(builder, "endless", 9, endless, sizeof(endless));
    refuse(builder, SAN_ELIMIT, "endless");
    const uint32_t beyond[] = {4, 0x000fffff, 0};
    builder = small_file();
    gguf_add_raw(builder, "beyond", 9, beyond, sizeof(beyond));
    refuse(builder, SAN_EFORMAT, "cut off");
}

static void test_alignment(void **state)
{
    (void)state;
    static const uint32_t bad[] = {0, 4, 24, 1u << 20};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct gguf_builder *builder = small_file();
        gguf_add_u32(builder, "general.alignment", bad[i]);
        refuse(builder, SAN_EFORMAT, "general.alignment");
    }
    char unaligned[64];
    struct san_error err = {0};
    assert_null(san_gguf_from_memory(unaligned + 1 + (8 - (uintptr_t)unaligned % 8), 40, "odd", &err));
    assert_int_equal(err.status, SAN_EINVAL);
}

/* The last tensor's record ends right before the padding: name, dims, ne, type, offset. */
static void test_tensors(void **state)
{
    (void)state;
    size_t size;
    uint8_t *bytes = gguf_builder_finish(small_file(), &size);
    size_t name = 0;
    while (memcmp(bytes + name, "z.weight", 8) != 0)
        name++;
    free(bytes);
    size_t dims = name + 8, ne = dims + 4, type = ne + 16, offset = type + 4;
    patch(dims, 3, 4, SAN_EUNSUPPORTED, "3 dimensions");
    patch(dims, 0, 4, SAN_EUNSUPPORTED, "0 dimensions");
    patch(ne, 0, 8, SAN_ELIMIT, "dimension of 0");
    patch(ne, UINT64_MAX, 8, SAN_ELIMIT, "dimension");
    patch(ne, 1u << 30, 8, SAN_EFORMAT, "larger than the file");
    patch(type, 7, 4, SAN_EUNSUPPORTED, "type 7");
    patch(offset, 33, 8, SAN_EFORMAT, "multiple of 32");
    patch(offset, 1u << 20, 8, SAN_EFORMAT, "beyond the end");
    patch(offset, UINT64_MAX - 31, 8, SAN_EFORMAT, "beyond the end");
    struct gguf_builder *builder = gguf_builder_new();
    gguf_add_tensor(builder, "ok", SAN_Q8_0, 2, 32, 2, values);
    bytes = gguf_builder_finish(builder, &size);
    memset(bytes + 24 + 8 + 2 + 4, 33, 1); /* ne[0] = 33 */
    refuse_bytes(bytes, size, SAN_EFORMAT, "multiple of 32");
}

static void test_files(void **state)
{
    (void)state;
    struct san_error err = {0};
    assert_null(san_gguf_open("/no/such/file.gguf", &err));
    assert_int_equal(err.status, SAN_EIO);
    assert_non_null(strstr(err.text, "/no/such/file.gguf"));
    assert_null(san_gguf_open("/", &err));
    assert_int_equal(err.status, SAN_EIO);

    char path[] = "/tmp/test_gguf.XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_null(san_gguf_open(path, &err));
    assert_int_equal(err.status, SAN_EFORMAT);
    size_t size;
    void *bytes = gguf_builder_finish(small_file(), &size);
    assert_int_equal(write(fd, bytes, size), size);
    close(fd);
    struct san_gguf *file = san_gguf_open(path, &err);
    assert_non_null(file);
    assert_string_equal(san_gguf_name(file), path);
    assert_memory_equal(san_gguf_tensor(file, "z.weight")->data, values, sizeof(values));
    san_gguf_close(file);
    free(bytes);
    unlink(path);
}

/* ---- models ---- */

static struct san_model *model_of(void *bytes, size_t size, struct san_error *err)
{
    struct san_gguf *file = san_gguf_from_memory(bytes, size, "toy", err);
    return file ? san_model_from_gguf(file, err) : NULL;
}

static void test_model_info(void **state)
{
    (void)state;
    struct toy_spec spec = toy_spec_small(SAN_Q4_0, true);
    struct san_error err = {0};
    size_t size;
    void *bytes = toy_model_bytes(&spec, &size);
    struct san_model *model = model_of(bytes, size, &err);
    if (!model)
        fail_msg("%s", err.text);
    struct san_model_info info;
    san_model_info(model, &info);
    assert_string_equal(info.name, "toy");
    assert_string_equal(info.context_mask, "item");
    assert_string_equal(info.prompt_format, "hearth");
    assert_int_equal(info.file_bytes, size);
    assert_int_equal(info.vocab, 300);
    assert_int_equal(info.embedding_length, 64);
    uint64_t layer = 64 * (64 + 32 + 32 + 64) + 64 + 16 + 16 + 1;
    assert_int_equal(info.parameters, 300 * 64 + 6 * layer + 2 * 64);
    san_model_close(model);
    free(bytes);
}

static void test_models_that_lack_something(void **state)
{
    (void)state;
    static const char *const tensors[] = {
        "token_embd.weight", "enc.blk.1.attn_q.weight", "dec.blk.0.cross_gate", "dec.output_norm.weight"};
    for (size_t i = 0; i < sizeof(tensors) / sizeof(tensors[0]); i++) {
        struct toy_spec spec = toy_spec_small(SAN_F16, true);
        spec.skip = tensors[i];
        struct san_error err = {0};
        size_t size;
        void *bytes = toy_model_bytes(&spec, &size);
        assert_null(model_of(bytes, size, &err));
        assert_int_equal(err.status, SAN_EFORMAT);
        assert_non_null(strstr(err.text, tensors[i]));
        free(bytes);
    }
}

/* Changes the u32 value of a key in the bytes. */
static void set_u32(uint8_t *bytes, const char *key, uint32_t value)
{
    size_t at = 0;
    while (memcmp(bytes + at, key, strlen(key)) != 0)
        at++;
    memcpy(bytes + at + strlen(key) + 4, &value, sizeof(value));
}

static void test_models_out_of_limits(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        uint32_t value;
    } bad[] = {
        {"san.embedding_length", 0},
        {"san.embedding_length", 40},
        {"san.embedding_length", 8192},
        {"san.embedding_length", 96}, /* shapes no longer fit */
        {"san.attention.head_count", 0},
        {"san.attention.head_count", 3},
        {"san.attention.head_count", 4096},
        {"san.attention.head_count_kv", 0},
        {"san.attention.head_count_kv", 3},
        {"san.attention.head_count_kv", 4},
        {"san.attention.key_length", 12},
        {"san.attention.key_length", 512},
        {"san.encoder.block_count", 0},
        {"san.encoder.block_count", 3},
        {"san.decoder.block_count", 65},
        {"san.context_length", 0},
        {"san.context_length", 5000},
        {"san.output_length", 0xffffffff},
        {"san.encoder.item_position", 5000},
        {"san.rope.freq_base", 0x7fc00000}, /* NaN */
        {"san.rope.freq_base", 0},
        {"san.attention.layer_norm_rms_epsilon", 0},
        {"tokenizer.ggml.eos_token_id", 300},
    };
    struct toy_spec spec = toy_spec_small(SAN_Q8_0, true);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct san_error err = {0};
        size_t size;
        uint8_t *bytes = toy_model_bytes(&spec, &size);
        set_u32(bytes, bad[i].key, bad[i].value);
        if (model_of(bytes, size, &err) || err.status == SAN_OK)
            fail_msg("%s = %u was accepted", bad[i].key, bad[i].value);
        free(bytes);
    }
}

static void test_numbers_that_are_none(void **state)
{
    (void)state;
    static const struct {
        enum san_type type;
        const char *tensor;
        uint32_t bits;
        size_t width;
    } bad[] = {
        {SAN_F32, "enc.blk.0.attn_norm.weight", 0x7fc00000, 4},
        {SAN_F32, "dec.blk.1.attn_gate", 0x7f800000, 4},
        {SAN_F32, "token_embd.weight", 0xff800000, 4},
        {SAN_F32, "token_embd.weight", 0x4f000000, 4}, /* 2^31 */
        {SAN_F16, "dec.blk.0.attn_v.weight", 0x7c00, 2},
        {SAN_Q8_0, "dec.blk.0.cross_k.weight", 0xfe00, 2},
        {SAN_Q4_0, "enc.blk.0.attn_output.weight", 0xfc00, 2},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct toy_spec spec = toy_spec_small(bad[i].type, true);
        struct san_error err = {0};
        size_t size;
        uint8_t *bytes = toy_model_bytes(&spec, &size);
        struct san_gguf *file = san_gguf_from_memory(bytes, size, "toy", NULL);
        const uint8_t *data = san_gguf_tensor(file, bad[i].tensor)->data;
        memcpy(bytes + (data - bytes), &bad[i].bits, bad[i].width);
        san_gguf_close(file);
        assert_null(model_of(bytes, size, &err));
        assert_int_equal(err.status, SAN_EFORMAT);
        assert_non_null(strstr(err.text, bad[i].tensor));
        free(bytes);
    }
}

/* Where a tensor's description has its offset: behind name, dimensions and type. */
static size_t offset_at(const uint8_t *bytes, const struct san_tensor *tensor)
{
    return (size_t)((const uint8_t *)tensor->name.ptr - bytes) + tensor->name.len + 4 + 8 * tensor->dims + 4;
}

/* A small file must not ask for much memory. */
static void test_tensors_that_overlap(void **state)
{
    (void)state;
    struct toy_spec spec = toy_spec_small(SAN_F32, true);
    struct san_error err = {0};
    size_t size, begin;
    spec.enc_layers = spec.dec_layers = 48;
    uint8_t *bytes = toy_model_bytes(&spec, &size);
    struct san_gguf *file = san_gguf_from_memory(bytes, size, "toy", NULL);
    const struct san_tensor *largest = san_gguf_tensor(file, "token_embd.weight");
    begin = size;
    for (size_t i = 0; i < san_gguf_tensor_count(file); i++) {
        const struct san_tensor *tensor = san_gguf_tensor_at(file, i);
        size_t at = (size_t)((const uint8_t *)tensor->data - bytes);
        begin = at < begin ? at : begin;
        memset(bytes + offset_at(bytes, tensor), 0, 8);
    }
    memmove(bytes + begin, largest->data, largest->bytes);
    size = begin + largest->bytes;
    san_gguf_close(file);
    assert_null(model_of(bytes, size, &err));
    assert_int_equal(err.status, SAN_EFORMAT);
    assert_non_null(strstr(err.text, "overlap"));
    free(bytes);
}

/* Whoever copies a new model over the old one in place must not kill the program that has it open. */
static void test_a_file_that_is_cut_off_later(void **state)
{
    (void)state;
    struct toy_spec spec = toy_spec_small(SAN_Q8_0, true);
    struct san_error err = {0};
    char path[] = "/tmp/test_gguf.XXXXXX";
    int fd = mkstemp(path);
    size_t size;
    void *bytes = toy_model_bytes(&spec, &size);
    assert_int_equal(write(fd, bytes, size), size);
    struct san_model *model = san_model_open(path, &err);
    if (!model)
        fail_msg("%s", err.text);
    assert_int_equal(ftruncate(fd, 0), 0);
    struct san_network *net = san_network_new(model, 1, 0, &err);
    const int32_t query[] = {270, 5, 281};
    const struct san_segment prompt = {query, 3};
    struct san_model_info info;
    float logit;
    assert_int_equal(san_network_encode(net, &prompt, 1, &err), SAN_OK);
    assert_int_equal(san_network_decode(net, query, 3, &err), SAN_OK);
    san_network_logits(net, query, 1, &logit);
    san_model_info(model, &info);
    assert_string_equal(info.context_mask, "item");
    assert_int_equal(info.file_bytes, size);
    san_network_free(net);
    san_model_close(model);
    close(fd);
    unlink(path);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_what_was_written),
        cmocka_unit_test(test_finds_tensors),
        cmocka_unit_test(test_names_missing_keys_and_wrong_types),
        cmocka_unit_test(test_every_truncation_is_refused),
        cmocka_unit_test(test_every_damaged_byte_is_survived),
        cmocka_unit_test(test_header),
        cmocka_unit_test(test_duplicates),
        cmocka_unit_test(test_arrays),
        cmocka_unit_test(test_alignment),
        cmocka_unit_test(test_tensors),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_model_info),
        cmocka_unit_test(test_models_that_lack_something),
        cmocka_unit_test(test_models_out_of_limits),
        cmocka_unit_test(test_numbers_that_are_none),
        cmocka_unit_test(test_tensors_that_overlap),
        cmocka_unit_test(test_a_file_that_is_cut_off_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
