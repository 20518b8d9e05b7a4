/* model.c - from a GGUF file to checked numbers and weights (docs/model.md, section 6). After this door
 * nothing re-checks. */
#include "inference/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "inference/kernels/kernels.h"
#include "inference/san.h"

enum {
    D_MAX = SAN_COLUMN_MAX,
    HEAD_DIM_MAX = 256,
    LENGTH_MAX = 4096, /* context, output, item position */
    MODEL_NAME_MAX = 256,
    RETRIEVAL_MAX = 4096,
    LARGE_PAGE = 2 << 20, /* bytes */
    /* Weights in memory are as large as in the file, but for padding, which is most where rows are short. */
    TIMES_FILE_MAX = 4,
    MEMORY_SLACK = 1 << 16,
};

/* Weights are some units at most. With this bound, and norms before every product, nothing in a pass can
 * overflow to infinity or become NaN: what the kernels promise holds for every file that is accepted. */
static const float weight_max = 1e7f;

/* ---- config ---- */

static enum san_status check_range(const struct san_gguf *file, const char *key, uint32_t value, uint32_t low,
    uint32_t high, struct san_error *err)
{
    if (value >= low && value <= high)
        return SAN_OK;
    return san_fail(err, SAN_ELIMIT, "%s: %s is %u; this build reads %u to %u", san_gguf_name(file), key,
        value, low, high);
}

struct number {
    const char *key;
    uint32_t *out;
    uint32_t low, high;
    bool optional; /* *out keeps the default that it has */
};

static enum san_status read_numbers(
    const struct san_gguf *file, const struct number *numbers, size_t count, struct san_error *err)
{
    for (size_t i = 0; i < count; i++) {
        const struct number *n = &numbers[i];
        enum san_status status = SAN_OK;
        if (!n->optional || san_gguf_has(file, n->key))
            status = san_gguf_u32(file, n->key, n->out, err);
        if (!status)
            status = check_range(file, n->key, *n->out, n->low, n->high, err);
        if (status)
            return status;
    }
    return SAN_OK;
}

static enum san_status read_sizes(const struct san_gguf *file, struct san_config *c, struct san_error *err)
{
    c->item_position = 64;
    const struct number numbers[] = {
        {"san.embedding_length", &c->d, 32, D_MAX, false},
        {"san.attention.head_count", &c->heads, 1, D_MAX, false},
        {"san.attention.head_count_kv", &c->kv_heads, 1, D_MAX, false},
        {"san.encoder.block_count", &c->enc_layers, 1, SAN_LAYERS_MAX, false},
        {"san.decoder.block_count", &c->dec_layers, 1, SAN_LAYERS_MAX, false},
        {"san.context_length", &c->context_length, 1, LENGTH_MAX, false},
        {"san.output_length", &c->output_length, 1, LENGTH_MAX, false},
        {"san.encoder.item_position", &c->item_position, 0, LENGTH_MAX, true},
    };
    enum san_status status = read_numbers(file, numbers, sizeof(numbers) / sizeof(numbers[0]), err);
    if (status)
        return status;
    c->head_dim = c->d / c->heads;
    const struct number head = {"san.attention.key_length", &c->head_dim, 8, HEAD_DIM_MAX, true};
    return read_numbers(file, &head, 1, err);
}

static enum san_status check_sizes(
    const struct san_gguf *file, const struct san_config *c, struct san_error *err)
{
    const char *name = san_gguf_name(file);
    uint32_t inner = c->heads * c->head_dim; /* at most 2^20 by the limits above */
    if (c->d % SAN_GROUP)
        return san_fail(
            err, SAN_EUNSUPPORTED, "%s: san.embedding_length is %u; a multiple of 32 is read", name, c->d);
    if (c->head_dim % 8)
        return san_fail(
            err, SAN_EUNSUPPORTED, "%s: heads of %u numbers; a multiple of 8 is read", name, c->head_dim);
    if (c->heads % c->kv_heads)
        return san_fail(
            err, SAN_EFORMAT, "%s: %u heads cannot share %u key/value heads", name, c->heads, c->kv_heads);
    if (inner > D_MAX || inner % SAN_GROUP)
        return san_fail(err, SAN_EUNSUPPORTED,
            "%s: %u heads of %u numbers; a multiple of 32 up to %d in all is read", name, c->heads,
            c->head_dim, D_MAX);
    return SAN_OK;
}

/* One of two words. */
static enum san_status read_choice(const struct san_gguf *file, const char *key, const char *yes,
    const char *no, bool *out, struct san_error *err)
{
    struct san_str text;
    enum san_status status = san_gguf_str(file, key, &text, err);
    if (status)
        return status;
    *out = text.len == strlen(yes) && memcmp(text.ptr, yes, text.len) == 0;
    if (*out || (text.len == strlen(no) && memcmp(text.ptr, no, text.len) == 0))
        return SAN_OK;
    return san_fail(
        err, SAN_EUNSUPPORTED, "%s: %s is neither \"%s\" nor \"%s\"", san_gguf_name(file), key, yes, no);
}

static enum san_status read_floats(const struct san_gguf *file, struct san_config *c, struct san_error *err)
{
    enum san_status status = san_gguf_f32(file, "san.rope.freq_base", &c->rope_base, err);
    if (!status)
        status = san_gguf_f32(file, "san.attention.layer_norm_rms_epsilon", &c->epsilon, err);
    if (status)
        return status;
    if (!(c->rope_base >= 1.0f && c->rope_base <= 1e9f))
        return san_fail(err, SAN_ELIMIT, "%s: san.rope.freq_base is %g; 1 to 1e9 is read",
            san_gguf_name(file), (double)c->rope_base);
    if (!(c->epsilon >= 1e-12f && c->epsilon <= 1e-2f))
        return san_fail(err, SAN_ELIMIT,
            "%s: san.attention.layer_norm_rms_epsilon is %g; 1e-12 to 0.01 is read", san_gguf_name(file),
            (double)c->epsilon);
    return SAN_OK;
}

static enum san_status check_architecture(const struct san_gguf *file, struct san_error *err)
{
    struct san_str text;
    enum san_status status = san_gguf_str(file, "general.architecture", &text, err);
    if (!status && (text.len != 3 || memcmp(text.ptr, "san", 3) != 0))
        return san_fail(err, SAN_EUNSUPPORTED,
            "%s: general.architecture is not \"san\": a model of another kind", san_gguf_name(file));
    return status;
}

static enum san_status read_config(const struct san_gguf *file, struct san_config *c, struct san_error *err)
{
    enum san_status status = check_architecture(file, err);
    if (!status)
        status = read_sizes(file, c, err);
    if (!status)
        status = check_sizes(file, c, err);
    if (!status)
        status = read_floats(file, c, err);
    if (!status)
        status = read_choice(file, "san.encoder.context_mask", "item", "joint", &c->item_mask, err);
    if (!status)
        status = read_choice(file, "san.prompt_format", "hearth", "needle", &c->hearth_format, err);
    return status;
}

/* ---- tensors ---- */

/* Finds tensors one after the other, and gives each its place in the model's memory: once to check the shapes
 * and count the bytes, once to check the numbers and copy them. The first tensor that is missing or wrong
 * stays in status. */
struct binder {
    struct san_gguf *file;
    struct san_layout layout;
    struct san_error *err;
    enum san_status status;
    char *memory; /* NULL: only count */
    size_t used;
};

static bool row_in_bounds(const struct san_tensor *tensor, size_t row, float *scratch)
{
    size_t n = (size_t)tensor->ne[0];
    san_row_to_float(
        scratch, tensor->type, (const char *)tensor->data + row * san_row_bytes(tensor->type, n), n, 1.0f);
    for (size_t i = 0; i < n; i++)
        if (!(fabsf(scratch[i]) <= weight_max)) /* NaN too */
            return false;
    return true;
}

/* A quantised block is as large as its scale: 128 times it at most. */
static bool scales_in_bounds(const struct san_tensor *tensor)
{
    size_t size = tensor->type == SAN_Q8_0 ? sizeof(struct san_block_q8_0) : sizeof(struct san_block_q4_0);
    const char *data = tensor->data;
    for (size_t at = 0; at < tensor->bytes; at += size) {
        uint16_t half;
        memcpy(&half, data + at, sizeof(half));
        if ((half & 0x7c00) == 0x7c00) /* infinity or NaN; the largest half times 128 is below weight_max */
            return false;
    }
    return true;
}

static bool weights_in_bounds(const struct san_tensor *tensor)
{
    if (tensor->type == SAN_Q8_0 || tensor->type == SAN_Q4_0)
        return scales_in_bounds(tensor);
    float scratch[D_MAX];
    for (size_t row = 0; row < tensor->ne[1]; row++)
        if (!row_in_bounds(tensor, row, scratch))
            return false;
    return true;
}

static const struct san_tensor *bind(
    struct binder *b, const char *name, uint32_t dims, uint64_t ne0, uint64_t ne1)
{
    if (b->status)
        return NULL;
    const struct san_tensor *tensor = san_gguf_tensor(b->file, name);
    const char *path = san_gguf_name(b->file);
    if (!tensor)
        b->status = san_fail(b->err, SAN_EFORMAT, "%s: tensor %s is missing", path, name);
    else if (tensor->dims != dims || tensor->ne[0] != ne0 || tensor->ne[1] != ne1)
        b->status =
            san_fail(b->err, SAN_EFORMAT, "%s: tensor %s is [%llu, %llu] where [%llu, %llu] is wanted", path,
                name, (unsigned long long)tensor->ne[0], (unsigned long long)tensor->ne[1],
                (unsigned long long)ne0, (unsigned long long)ne1);
    else if (dims == 1 && tensor->type != SAN_F32)
        b->status = san_fail(
            b->err, SAN_EFORMAT, "%s: tensor %s is not F32, as norms, gates and biases must be", path, name);
    else if (b->memory && !weights_in_bounds(tensor))
        b->status =
            san_fail(b->err, SAN_EFORMAT, "%s: tensor %s holds a number that is infinite, NaN or beyond %g",
                path, name, (double)weight_max);
    return tensor;
}

static void *take_memory(struct binder *b, size_t bytes)
{
    char *at = b->memory ? b->memory + b->used : NULL;
    b->used += (bytes + SAN_MATRIX_ALIGN - 1) / SAN_MATRIX_ALIGN * SAN_MATRIX_ALIGN;
    return at;
}

static const float *bind_vector(struct binder *b, const char *name, uint64_t n)
{
    const struct san_tensor *tensor = bind(b, name, 1, n, 1);
    if (b->status)
        return NULL;
    float *vector = take_memory(b, tensor->bytes);
    if (vector)
        memcpy(vector, tensor->data, tensor->bytes);
    return vector;
}

static struct san_matrix bind_matrix(struct binder *b, const char *name, uint64_t n, uint64_t rows)
{
    const struct san_tensor *tensor = bind(b, name, 2, n, rows);
    if (b->status)
        return (struct san_matrix){0};
    struct san_matrix m = san_matrix_shape(tensor->type, (size_t)n, (size_t)rows, b->layout);
    /* when counting, nothing is read yet, and room is left for the larger of both */
    if (b->memory && san_one_scale_a_row(m.type, m.n, m.rows, tensor->data))
        m = san_matrix_shape_rows(m.n, m.rows, b->layout);
    m.data = take_memory(b, san_matrix_bytes(&m));
    if (!m.data)
        return m;
    size_t row_bytes = san_row_bytes(m.type, m.n);
    for (size_t row = 0; row < m.rows; row++)
        san_matrix_put_row(&m, row, (const char *)tensor->data + row * row_bytes);
    san_gguf_let_go(b->file, tensor);
    return m;
}

/* Tensors of one attention are called "<side>.blk.<layer>.<part>_<what>". */
struct attention_name {
    const char *side, *part;
    uint32_t layer;
};

static const char *name_part(const struct attention_name *name, const char *what, char text[64])
{
    snprintf(text, 64, "%s.blk.%u.%s_%s", name->side, name->layer, name->part, what);
    return text;
}

static struct san_matrix bind_part(
    struct binder *b, const struct attention_name *name, const char *what, uint64_t n, uint64_t rows)
{
    char text[64];
    return bind_matrix(b, name_part(name, what, text), n, rows);
}

static const float *bind_part_vector(
    struct binder *b, const struct attention_name *name, const char *what, uint64_t n)
{
    char text[64];
    return bind_vector(b, name_part(name, what, text), n);
}

static void bind_attention(
    struct binder *b, const struct san_config *c, struct san_attention_weights *w, struct attention_name name)
{
    uint64_t inner = (uint64_t)c->heads * c->head_dim, kv = (uint64_t)c->kv_heads * c->head_dim;
    w->norm = bind_part_vector(b, &name, "norm.weight", c->d);
    w->q = bind_part(b, &name, "q.weight", c->d, inner);
    w->k = bind_part(b, &name, "k.weight", c->d, kv);
    w->v = bind_part(b, &name, "v.weight", c->d, kv);
    w->output = bind_part(b, &name, "output.weight", inner, c->d);
    w->q_norm = bind_part_vector(b, &name, "q_norm.weight", c->head_dim);
    w->k_norm = bind_part_vector(b, &name, "k_norm.weight", c->head_dim);
    const float *gate = bind_part_vector(b, &name, "gate", 1);
    if (gate)
        w->gate = (float)(1.0 / (1.0 + exp(-(double)*gate)));
}

/* The retrieval head is not run here, but a file that promises one must have it. */
static void check_retrieval(struct binder *b, const struct san_config *c, uint32_t length)
{
    bind(b, "retrieval.hidden.weight", 2, c->d, c->d / 4);
    bind(b, "retrieval.hidden.bias", 1, c->d / 4, 1);
    bind(b, "retrieval.output.weight", 2, c->d / 4, length);
    bind(b, "retrieval.output.bias", 1, length, 1);
}

static enum san_status bind_weights(struct san_model *model, struct binder *b)
{
    const struct san_config *c = &model->config;
    struct san_weights *w = &model->weights;
    w->embedding = bind_matrix(b, "token_embd.weight", c->d, c->vocab);
    for (uint32_t i = 0; i < c->enc_layers; i++)
        bind_attention(b, c, &w->enc[i], (struct attention_name){"enc", "attn", i});
    for (uint32_t i = 0; i < c->dec_layers; i++) {
        bind_attention(b, c, &w->dec[i], (struct attention_name){"dec", "attn", i});
        bind_attention(b, c, &w->cross[i], (struct attention_name){"dec", "cross", i});
    }
    w->enc_norm = bind_vector(b, "enc.output_norm.weight", c->d);
    w->dec_norm = bind_vector(b, "dec.output_norm.weight", c->d);
    uint32_t retrieval = 0;
    const struct number number = {"san.retrieval_length", &retrieval, 0, RETRIEVAL_MAX, true};
    if (!b->status)
        b->status = read_numbers(model->file, &number, 1, b->err);
    if (!b->status && retrieval)
        check_retrieval(b, c, retrieval);
    return b->status;
}

/* Memory for the weights. In large pages if there are any: they are read from end to end for every token. */
static void *new_memory(size_t bytes)
{
    size_t align = bytes < LARGE_PAGE ? SAN_MATRIX_ALIGN : LARGE_PAGE;
    void *memory = aligned_alloc(align, (bytes + align - 1) / align * align);
#ifdef MADV_HUGEPAGE
    if (memory && bytes >= LARGE_PAGE)
        madvise(memory, bytes, MADV_HUGEPAGE);
#endif
    return memory;
}

static enum san_status load_weights(struct san_model *model, struct san_error *err)
{
    struct binder b = {.file = model->file, .layout = model->kernels->layout, .err = err};
    if (bind_weights(model, &b))
        return b.status;
    if (b.used / TIMES_FILE_MAX > san_gguf_size(model->file) + MEMORY_SLACK)
        return san_fail(err, SAN_EFORMAT, "%s: its tensors overlap", san_gguf_name(model->file));
    model->memory = b.memory = new_memory(b.used);
    if (!b.memory)
        return san_fail(err, SAN_ENOMEM, "%s: no %zu bytes of memory for the weights",
            san_gguf_name(model->file), b.used);
    b.used = 0;
    if (bind_weights(model, &b))
        return b.status;
    return san_gguf_let_go_all(model->file, err);
}

/* ---- the whole model ---- */

static enum san_status read_name(struct san_model *model, struct san_error *err)
{
    struct san_str name = {"", 0};
    if (san_gguf_has(model->file, "general.name")) {
        enum san_status status = san_gguf_str(model->file, "general.name", &name, err);
        if (status)
            return status;
    }
    bool fine = name.len <= MODEL_NAME_MAX;
    for (size_t i = 0; fine && i < name.len; i++)
        fine = (unsigned char)name.ptr[i] >= 0x20 && name.ptr[i] != 0x7f;
    if (!fine)
        return san_fail(err, SAN_EFORMAT,
            "%s: general.name is longer than %d bytes or has control characters", san_gguf_name(model->file),
            MODEL_NAME_MAX);
    model->name = strndup(name.ptr, name.len);
    return model->name ? SAN_OK : san_fail(err, SAN_ENOMEM, "%s: out of memory", san_gguf_name(model->file));
}

static enum san_status fill_model(struct san_model *model, struct san_error *err)
{
    enum san_status status = read_name(model, err);
    if (!status)
        status = read_config(model->file, &model->config, err);
    if (!status)
        status = san_confidence_read(model->file, &model->confidence, err);
    if (status)
        return status;
    model->tokenizer = san_tokenizer_new(model->file, err);
    if (!model->tokenizer)
        return SAN_EFORMAT;
    model->config.vocab = (uint32_t)san_tokenizer_size(model->tokenizer);
    return load_weights(model, err);
}

struct san_model *san_model_from_gguf_with(
    struct san_gguf *file, const struct san_kernels *kernels, struct san_error *err)
{
    struct san_model *model = calloc(1, sizeof(*model));
    if (!model) {
        san_fail(err, SAN_ENOMEM, "%s: out of memory", san_gguf_name(file));
        san_gguf_close(file);
        return NULL;
    }
    model->file = file;
    model->kernels = kernels;
    if (fill_model(model, err)) {
        san_model_close(model);
        return NULL;
    }
    return model;
}

struct san_model *san_model_from_gguf(struct san_gguf *file, struct san_error *err)
{
    const struct san_kernels *kernels = san_kernels_get(err);
    if (kernels)
        return san_model_from_gguf_with(file, kernels, err);
    san_gguf_close(file);
    return NULL;
}

struct san_model *san_model_open(const char *path, struct san_error *err)
{
    if (!san_kernels_get(err)) /* before a file is asked for */
        return NULL;
    struct san_gguf *file = san_gguf_open(path, err);
    return file ? san_model_from_gguf(file, err) : NULL;
}

void san_model_close(struct san_model *model)
{
    if (!model)
        return;
    san_tokenizer_free(model->tokenizer);
    san_gguf_close(model->file);
    free(model->memory);
    free(model->name);
    free(model);
}

void san_model_info(const struct san_model *model, struct san_model_info *out)
{
    const struct san_config *c = &model->config;
    uint64_t parameters = 0;
    for (size_t i = 0; i < san_gguf_tensor_count(model->file); i++) {
        const struct san_tensor *tensor = san_gguf_tensor_at(model->file, i);
        parameters += tensor->ne[0] * tensor->ne[1];
    }
    *out = (struct san_model_info){
        .name = model->name,
        .prompt_format = c->hearth_format ? "hearth" : "needle",
        .context_mask = c->item_mask ? "item" : "joint",
        .parameters = parameters,
        .file_bytes = san_gguf_size(model->file),
        .embedding_length = c->d,
        .encoder_layers = c->enc_layers,
        .decoder_layers = c->dec_layers,
        .heads = c->heads,
        .kv_heads = c->kv_heads,
        .head_dim = c->head_dim,
        .vocab = c->vocab,
    };
}
