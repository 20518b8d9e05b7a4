/* network.c - the life of the run state, and what comes out of it. */
#include "inference/network.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "inference/run_state.h"

enum {
    ALIGN = 64,
    LOGITS_AT_ONCE = 256, /* whole tiles */
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

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* RoPE positions that can occur. */
static size_t positions(const struct san_config *c)
{
    size_t encoder = c->context_length + (c->item_mask ? (size_t)c->item_position : 0);
    return larger(encoder, c->output_length);
}

static struct san_memory lay_out_memory(const struct san_network *net, struct layout *layout, size_t capacity)
{
    struct san_memory memory = {.capacity = capacity};
    memory.keys = net->quantised ? san_matrix_shape_rows(net->key_n, capacity, net->kernels->layout)
                                 : san_matrix_shape(SAN_F32, net->key_n, capacity, net->kernels->layout);
    memory.keys_bytes = san_matrix_bytes(&memory.keys);
    memory.keys.data = carve(layout, net->model->config.kv_heads, memory.keys_bytes);
    if (net->quantised) {
        memory.value_q = carve(layout, capacity * (uint64_t)net->kv, 1);
        memory.value_scale = carve_floats(layout, capacity * (uint64_t)net->model->config.kv_heads);
    } else {
        memory.values = carve_floats(layout, capacity * (uint64_t)net->kv);
    }
    return memory;
}

static void lay_out_memories(struct san_network *net, struct layout *layout)
{
    const struct san_config *c = &net->model->config;
    net->encoder = lay_out_memory(net, layout, c->context_length);
    net->cross = carve(layout, c->dec_layers, sizeof(*net->cross));
    net->self = carve(layout, c->dec_layers, sizeof(*net->self));
    for (uint32_t i = 0; i < c->dec_layers; i++) {
        struct san_memory cross = lay_out_memory(net, layout, c->context_length);
        struct san_memory self = lay_out_memory(net, layout, c->output_length);
        if (layout->base) {
            net->cross[i] = cross;
            net->self[i] = self;
        }
    }
}

static struct san_rounded lay_out_rounded(struct layout *layout, uint64_t rows, uint64_t n)
{
    return (struct san_rounded){carve(layout, rows * n, 1), carve_floats(layout, rows),
        carve(layout, rows * san_offsets(n), sizeof(int32_t))};
}

static void lay_out(struct san_network *net, struct layout *layout, unsigned threads)
{
    const struct san_config *c = &net->model->config;
    size_t context = c->context_length, rows = net->rows, queries = rows * c->heads;
    uint64_t attending = threads * (uint64_t)SAN_ATTEND_ROWS * (c->heads / c->kv_heads); /* queries */
    net->cosine = carve_floats(layout, positions(c) * (uint64_t)c->head_dim / 2);
    net->sine = carve_floats(layout, positions(c) * (uint64_t)c->head_dim / 2);
    net->span = carve(layout, rows, sizeof(*net->span));
    net->placed = carve(layout, context, sizeof(*net->placed));
    net->x = carve_floats(layout, rows * (uint64_t)c->d);
    net->input = carve_floats(layout, rows * (uint64_t)c->d);
    net->input_q = lay_out_rounded(layout, rows, c->d);
    net->heads_q = lay_out_rounded(layout, rows, net->inner);
    net->q = carve_floats(layout, rows * (uint64_t)net->inner);
    net->k = carve_floats(layout, rows * (uint64_t)net->kv);
    net->v = carve_floats(layout, rows * (uint64_t)net->kv);
    net->near = carve_floats(layout, threads * (uint64_t)SAN_NEAR_ROWS * net->near_stride);
    net->key_rows = carve(layout, rows, net->key_bytes);
    net->value_rows = carve(layout, rows, net->value_bytes);
    net->query = carve_floats(layout, queries * (uint64_t)net->key_n);
    net->query_q = carve(layout, queries * (uint64_t)net->key_n, 1);
    net->query_scale = carve_floats(layout, queries);
    net->query_offset = carve(layout, queries * san_offsets(net->key_n), sizeof(*net->query_offset));
    net->output = carve_floats(layout, rows * (uint64_t)c->d);
    net->slabs_left = carve(layout, c->kv_heads, sizeof(*net->slabs_left));
    net->scores = carve_floats(layout, attending * net->score_stride);
    if (net->quantised) {
        net->weights = carve(layout, attending * net->score_stride, sizeof(*net->weights));
        net->factors = carve_floats(layout, attending);
    }
    lay_out_memories(net, layout);
    net->encoded = carve_floats(layout, context * (uint64_t)c->d);
    net->hidden = carve_floats(layout, c->d);
    net->hidden_q = carve(layout, c->d, 1);
    net->hidden_scale = carve_floats(layout, 1);
    net->hidden_offset = carve(layout, san_offsets(c->d), sizeof(*net->hidden_offset));
}

static enum san_status allocate(struct san_network *net, unsigned threads, struct san_error *err)
{
    struct layout layout = {0};
    lay_out(net, &layout, threads);
    if (layout.used > run_state_max)
        return san_fail(err, SAN_ELIMIT, "%s: a session would need %llu MiB; at most %llu are given",
            san_gguf_name(net->model->file), (unsigned long long)(layout.used >> 20),
            (unsigned long long)(run_state_max >> 20));
    net->block = aligned_alloc(ALIGN, (size_t)layout.used);
    if (!net->block)
        return san_fail(err, SAN_ENOMEM, "%s: no %llu bytes of memory for a session",
            san_gguf_name(net->model->file), (unsigned long long)layout.used);
    layout = (struct layout){.base = net->block};
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

static bool is_quantised(const struct san_matrix *matrix)
{
    return matrix->type == SAN_Q8_0 || matrix->type == SAN_Q4_0;
}

static bool layers_quantised(const struct san_attention_weights *w, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (is_quantised(&w[i].q) || is_quantised(&w[i].k) || is_quantised(&w[i].v) ||
            is_quantised(&w[i].output))
            return true;
    return false;
}

size_t san_network_record(const struct san_network *net)
{
    const struct san_config *c = &net->model->config;
    return ((size_t)c->enc_layers + c->dec_layers) * (net->key_bytes + net->value_bytes);
}

static void set_sizes(struct san_network *net)
{
    const struct san_config *c = &net->model->config;
    const struct san_weights *w = &net->model->weights;
    net->inner = (size_t)c->heads * c->head_dim;
    net->kv = (size_t)c->kv_heads * c->head_dim;
    /* behind them a line of the nearest cache, so that not all rows begin in a few places of it */
    net->near_stride = (size_t)(c->heads / c->kv_heads + 2) * c->head_dim + ALIGN / sizeof(float);
    net->rows = larger(c->context_length, c->output_length);
    net->score_stride = (net->rows + 15) / 16 * 16 + 16; /* whole tiles of keys; softmax and weigh pad */
    net->quantised = layers_quantised(w->enc, c->enc_layers) || layers_quantised(w->dec, c->dec_layers) ||
                     layers_quantised(w->cross, c->dec_layers);
    net->key_n = net->quantised ? (c->head_dim + SAN_GROUP - 1) / SAN_GROUP * SAN_GROUP : c->head_dim;
    net->key_bytes = c->kv_heads * san_row_bytes(net->quantised ? SAN_Q8_0 : SAN_F32, net->key_n);
    net->value_bytes = net->quantised ? net->kv + c->kv_heads * sizeof(float) : net->kv * sizeof(float);
}

struct san_network *san_network_new(
    const struct san_model *model, unsigned threads, size_t cache_bytes, struct san_error *err)
{
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
    net->kernels = model->kernels;
    set_sizes(net);
    if (allocate(net, threads > 1 ? threads : 1, err))
        goto fail;
    if (threads > 1 && !(net->pool = san_pool_new(threads))) {
        san_fail(err, SAN_ENOMEM, "%u threads cannot be started", threads);
        goto fail;
    }
    if (model->config.item_mask && cache_bytes) /* without memory for it: slower, and as right */
        net->cache = san_context_cache_new(cache_bytes, san_network_record(net), san_ids_hash);
    fill_rope(net);
    return net;
fail:
    san_network_free(net);
    return NULL;
}

void san_network_free(struct san_network *net)
{
    if (!net)
        return;
    san_context_cache_free(net->cache);
    san_pool_free(net->pool);
    free(net->block);
    free(net);
}

/* ---- what goes in ---- */

enum san_status san_check_ids(
    const struct san_network *net, const int32_t *ids, size_t count, struct san_error *err)
{
    for (size_t i = 0; i < count; i++)
        if (ids[i] < 0 || (uint32_t)ids[i] >= net->model->config.vocab)
            return san_fail(err, SAN_EINVAL, "token id %d at %zu is not among the %u of the model", ids[i], i,
                net->model->config.vocab);
    return SAN_OK;
}

/* ---- what comes out ---- */

struct logits {
    const struct san_network *net;
    const struct san_columns *cols;
    const int32_t *ids;
    size_t count;
    float *out;
};

/* Ids that follow each other, n, n + 1, ..., from i on; no more than go at once. */
static size_t run_length(const struct logits *l, size_t i, size_t end)
{
    size_t run = 1;
    while (run < LOGITS_AT_ONCE && i + run < end && l->ids[i + run] == l->ids[i] + (int32_t)run)
        run++;
    return run;
}

/* Whole tiles at a time: those of ids that follow each other, or that of the next id. */
static void logits_of_part(void *data, unsigned worker, size_t begin, size_t end)
{
    (void)worker;
    const struct logits *l = data;
    const struct san_matrix *m = &l->net->model->weights.embedding;
    san_multiply_fn *multiply = san_kernels_multiply(l->net->kernels, m);
    size_t tile = m->layout.rows;
    for (size_t i = begin; i < end;) {
        float result[LOGITS_AT_ONCE];
        size_t first = (size_t)l->ids[i] / tile * tile, run = run_length(l, i, end);
        if (first == (size_t)l->ids[i] && run % tile == 0) {
            multiply(l->out + i, run, m, first, run, l->cols);
            i += run;
            continue;
        }
        size_t rows = ((size_t)l->ids[i] + run - first + tile - 1) / tile * tile;
        rows = smaller(smaller(rows, LOGITS_AT_ONCE), m->rows - first);
        multiply(result, rows, m, first, rows, l->cols);
        for (; i < end && (size_t)l->ids[i] - first < rows; i++)
            l->out[i] = result[(size_t)l->ids[i] - first];
    }
}

void san_network_logits(const struct san_network *net, const int32_t *ids, size_t count, float *logits)
{
    struct san_columns cols = {.n = net->model->config.d,
        .count = 1,
        .x = net->hidden,
        .q = net->hidden_q,
        .scale = net->hidden_scale,
        .offset = net->hidden_offset};
    struct logits l = {net, &cols, ids, count, logits};
    san_pool_run(net->pool, logits_of_part, &l, count, LOGITS_AT_ONCE);
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
