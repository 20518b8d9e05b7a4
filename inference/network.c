/* network.c - the life of the run state, and the steps that encoder and decoder share. */
#include "inference/network.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "inference/run_state.h"

enum {
    ALIGN = 64,
    ROW_GRAIN_MACS = 32768, /* a thread is worth waking for some microseconds of work */
};
static const uint64_t run_state_max = 1u << 30; /* bytes; a hostile header could ask for much more */

/* ---- memory: laid out once to be counted, once for real ---- */

struct layout {
    char *base; /* NULL: only count */
    uint64_t used;
};

static void *carve(struct layout *layout, uint64_t count, size_t size)
{
    uint64_t at = layout->used;
    layout->used += (count * size + ALIGN - 1) / ALIGN * ALIGN;
    return layout->base ? layout->base + at : NULL;
}

static float *carve_floats(struct layout *layout, uint64_t count)
{
    return carve(layout, count, sizeof(float));
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* RoPE positions that can occur. */
static size_t positions(const struct san_config *c)
{
    size_t encoder = c->context_length + (c->item_mask ? (size_t)c->item_position : 0);
    return larger(encoder, c->output_length);
}

static void lay_out(struct san_network *net, struct layout *layout, unsigned threads)
{
    const struct san_config *c = &net->model->config;
    size_t context = c->context_length, rows = net->rows;
    uint64_t wide = larger(c->d, net->inner);
    net->cosine = carve_floats(layout, positions(c) * (uint64_t)c->head_dim / 2);
    net->sine = carve_floats(layout, positions(c) * (uint64_t)c->head_dim / 2);
    net->span = carve(layout, rows, sizeof(*net->span));
    net->placed = carve(layout, context, sizeof(*net->placed));
    net->x = carve_floats(layout, rows * (uint64_t)c->d);
    net->input = carve_floats(layout, rows * wide);
    net->input_q = carve(layout, rows * wide, 1);
    net->input_scale = carve_floats(layout, rows * wide / SAN_GROUP);
    net->q = carve_floats(layout, rows * (uint64_t)net->inner);
    net->k = carve_floats(layout, context * (uint64_t)net->kv);
    net->v = carve_floats(layout, context * (uint64_t)net->kv);
    net->output = carve_floats(layout, rows * (uint64_t)c->d);
    net->scores = carve_floats(layout, threads * (uint64_t)net->score_stride);
    net->cross_k = carve_floats(layout, (uint64_t)c->dec_layers * context * net->kv);
    net->cross_v = carve_floats(layout, (uint64_t)c->dec_layers * context * net->kv);
    net->self_k = carve_floats(layout, (uint64_t)c->dec_layers * c->output_length * net->kv);
    net->self_v = carve_floats(layout, (uint64_t)c->dec_layers * c->output_length * net->kv);
    net->encoded = carve_floats(layout, context * (uint64_t)c->d);
    net->hidden = carve_floats(layout, c->d);
    net->hidden_q = carve(layout, c->d, 1);
    net->hidden_scale = carve_floats(layout, c->d / SAN_GROUP);
}

static enum san_status allocate(struct san_network *net, unsigned threads, struct san_error *err)
{
    struct layout layout = {0};
    lay_out(net, &layout, threads);
    if (layout.used > run_state_max)
        return san_fail(err, SAN_ELIMIT, "%s: a session would need %llu MiB; at most %llu are given",
            san_gguf_name(net->model->file), (unsigned long long)(layout.used >> 20),
            (unsigned long long)(run_state_max >> 20));
    net->memory = aligned_alloc(ALIGN, (size_t)layout.used);
    if (!net->memory)
        return san_fail(err, SAN_ENOMEM, "%s: no %llu bytes of memory for a session",
            san_gguf_name(net->model->file), (unsigned long long)layout.used);
    layout = (struct layout){.base = net->memory};
    lay_out(net, &layout, threads);
    return SAN_OK;
}

static void fill_rope(struct san_network *net)
{
    const struct san_config *c = &net->model->config;
    size_t half = c->head_dim / 2;
    for (size_t i = 0; i < half; i++) {
        double frequency = pow((double)c->rope_base, -2.0 * (double)i / (double)c->head_dim);
        for (size_t position = 0; position < positions(c); position++) {
            net->cosine[position * half + i] = (float)cos((double)position * frequency);
            net->sine[position * half + i] = (float)sin((double)position * frequency);
        }
    }
}

static bool is_quantised(const struct san_tensor *tensor)
{
    return tensor->type == SAN_Q8_0 || tensor->type == SAN_Q4_0;
}

static bool layers_quantised(const struct san_attention_weights *w, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (is_quantised(w[i].q) || is_quantised(w[i].k) || is_quantised(w[i].v) || is_quantised(w[i].output))
            return true;
    return false;
}

size_t san_network_record(const struct san_network *net)
{
    const struct san_config *c = &net->model->config;
    return 2 * ((size_t)c->enc_layers + c->dec_layers) * net->kv + c->d;
}

struct san_network *san_network_new_with(const struct san_model *model, unsigned threads, size_t cache_bytes,
    const struct san_kernels *kernels, struct san_error *err)
{
    const struct san_config *c = &model->config;
    if (threads > SAN_THREADS_MAX) {
        san_fail(err, SAN_ELIMIT, "%u threads; at most %d are used", threads, SAN_THREADS_MAX);
        return NULL;
    }
    struct san_network *net = calloc(1, sizeof(*net));
    if (!net) {
        san_fail(err, SAN_ENOMEM, "%s: out of memory", san_gguf_name(model->file));
        return NULL;
    }
    net->model = model;
    net->kernels = kernels;
    net->inner = (size_t)c->heads * c->head_dim;
    net->kv = (size_t)c->kv_heads * c->head_dim;
    net->rows = larger(c->context_length, c->output_length);
    net->score_stride = (net->rows + 15) / 16 * 16; /* softmax pads to 8; 16 floats are a cache line */
    net->quantised = layers_quantised(model->weights.enc, c->enc_layers) ||
                     layers_quantised(model->weights.dec, c->dec_layers) ||
                     layers_quantised(model->weights.cross, c->dec_layers);
    if (allocate(net, threads > 1 ? threads : 1, err))
        goto fail;
    if (threads > 1 && !(net->pool = san_pool_new(threads))) {
        san_fail(err, SAN_ENOMEM, "%u threads cannot be started", threads);
        goto fail;
    }
    if (c->item_mask && cache_bytes) /* without memory for it: slower, and as right */
        net->cache = san_context_cache_new(cache_bytes, san_network_record(net), san_ids_hash);
    fill_rope(net);
    return net;
fail:
    san_network_free(net);
    return NULL;
}

struct san_network *san_network_new(
    const struct san_model *model, unsigned threads, size_t cache_bytes, struct san_error *err)
{
    const struct san_kernels *kernels = san_kernels_get(err);
    return kernels ? san_network_new_with(model, threads, cache_bytes, kernels, err) : NULL;
}

void san_network_free(struct san_network *net)
{
    if (!net)
        return;
    san_context_cache_free(net->cache);
    san_pool_free(net->pool);
    free(net->memory);
    free(net);
}

/* ---- steps of a layer ---- */

enum san_status san_check_ids(
    const struct san_network *net, const int32_t *ids, size_t count, struct san_error *err)
{
    for (size_t i = 0; i < count; i++)
        if (ids[i] < 0 || (uint32_t)ids[i] >= net->model->config.vocab)
            return san_fail(err, SAN_EINVAL, "token id %d at %zu is not among the %u of the model", ids[i], i,
                net->model->config.vocab);
    return SAN_OK;
}

void san_embed(struct san_network *net, const int32_t *ids, size_t count, float *x)
{
    uint32_t d = net->model->config.d;
    for (size_t i = 0; i < count; i++)
        san_row_to_float(x + i * d, net->model->weights.embedding, (size_t)ids[i], sqrtf((float)d));
}

void san_norm_rows(const struct san_network *net, float *out, const float *x, const float *g, size_t count)
{
    const struct san_config *c = &net->model->config;
    for (size_t i = 0; i < count; i++)
        net->kernels->rms_norm(out + i * c->d, x + i * c->d, g, c->d, c->epsilon);
}

struct san_columns san_input_columns(struct san_network *net, size_t n, size_t count)
{
    struct san_columns cols = {.n = n, .count = count, .x = net->input};
    if (net->quantised) {
        for (size_t i = 0; i < count; i++)
            net->kernels->quantize(
                net->input_q + i * n, net->input_scale + i * (n / SAN_GROUP), net->input + i * n, n);
        cols.q = net->input_q;
        cols.scale = net->input_scale;
    }
    return cols;
}

struct projection {
    float *out;
    const struct san_tensor *matrix;
    const struct san_columns *cols;
    san_multiply_fn *multiply;
};

static void project_rows(void *data, unsigned worker, size_t begin, size_t end)
{
    (void)worker;
    const struct projection *p = data;
    size_t rows = (size_t)p->matrix->ne[1];
    const char *w = (const char *)p->matrix->data + begin * (p->matrix->bytes / rows);
    p->multiply(p->out + begin, rows, w, end - begin, p->cols);
}

void san_project(
    struct san_network *net, float *out, const struct san_tensor *matrix, const struct san_columns *cols)
{
    if (!cols->count) /* a prompt of remembered items alone */
        return;
    struct projection p = {out, matrix, cols, san_kernels_multiply(net->kernels, matrix->type)};
    size_t grain = ROW_GRAIN_MACS / (cols->n * cols->count) + 1;
    san_pool_run(net->pool, project_rows, &p, (size_t)matrix->ne[1], grain);
}

void san_prepare_heads(const struct san_network *net, float *x, const float *g, uint32_t heads, size_t count,
    const struct san_span *span)
{
    const struct san_config *c = &net->model->config;
    size_t hd = c->head_dim;
    for (size_t i = 0; i < count; i++)
        for (uint32_t h = 0; h < heads; h++) {
            float *head = x + (i * heads + h) * hd;
            net->kernels->rms_norm(head, head, g, hd, c->epsilon);
            if (span) {
                size_t row = span[i].position * (hd / 2);
                net->kernels->rope(head, net->cosine + row, net->sine + row, hd);
            }
        }
}

struct attention {
    struct san_network *net;
    const float *k, *v;
};

static void attend_rows(void *data, unsigned worker, size_t begin, size_t end)
{
    const struct attention *a = data;
    struct san_network *net = a->net;
    const struct san_config *c = &net->model->config;
    size_t hd = c->head_dim, group = c->heads / c->kv_heads;
    float scale = 1.0f / sqrtf((float)hd);
    float *scores = net->scores + worker * net->score_stride;
    for (size_t i = begin; i < end; i++)
        for (size_t h = 0; h < c->heads; h++) {
            size_t first = net->span[i].begin * net->kv + h / group * hd;
            size_t count = net->span[i].end - net->span[i].begin;
            size_t at = i * net->inner + h * hd;
            net->kernels->attention_scores(scores, net->q + at, a->k + first, net->kv, count, hd, scale);
            net->kernels->softmax(scores, count);
            net->kernels->attention_mix(net->input + at, scores, a->v + first, net->kv, count, hd);
        }
}

void san_attend(struct san_network *net, const struct san_attention_weights *w, const float *k,
    const float *v, size_t count)
{
    struct attention a = {net, k, v};
    san_pool_run(net->pool, attend_rows, &a, count, 4);
    struct san_columns cols = san_input_columns(net, net->inner, count);
    san_project(net, net->output, w->output, &cols);
    size_t numbers = count * net->model->config.d;
    for (size_t i = 0; i < numbers; i++)
        net->x[i] += w->gate * net->output[i];
}

/* ---- what comes out ---- */

void san_network_logits(const struct san_network *net, const int32_t *ids, size_t count, float *logits)
{
    const struct san_tensor *embedding = net->model->weights.embedding;
    struct san_columns cols = {.n = net->model->config.d, .count = 1, .x = net->hidden};
    if (is_quantised(embedding)) {
        cols.q = net->hidden_q;
        cols.scale = net->hidden_scale;
    }
    size_t row_bytes = embedding->bytes / (size_t)embedding->ne[1];
    san_multiply_fn *multiply = san_kernels_multiply(net->kernels, embedding->type);
    for (size_t i = 0, run; i < count; i += run) { /* rows that follow each other go together */
        for (run = 1; i + run < count && ids[i + run] == ids[i] + (int32_t)run;)
            run++;
        multiply(logits + i, count, (const char *)embedding->data + (size_t)ids[i] * row_bytes, run, &cols);
    }
}

const float *san_network_encoded(const struct san_network *net, size_t *tokens)
{
    *tokens = net->tokens;
    return net->encoded;
}

struct san_context_cache_stats san_network_cache_stats(const struct san_network *net)
{
    return net->cache ? san_context_cache_stats(net->cache) : (struct san_context_cache_stats){0};
}
