/* attention.c - the steps of an attention layer, for encoder and decoder (docs/model.md, section 5).
 *
 * Each step is a loop over rows, slabs of matrices or heads that the threads share. What a row becomes
 * depends on no other row's place in the pass: the same bits whoever computes it, and together with whom.
 */
#include <math.h>
#include <string.h>

#include "inference/run_state.h"

enum {
    HEAD_MAX = 256, /* numbers of a head */
    SLAB = 64,      /* rows of a matrix that go together: whole tiles in every layout */
    /* Least parts that are worth another thread: some microseconds. */
    ROW_GRAIN = 8,
    SLAB_GRAIN_PRODUCTS = 131072,
    ATTEND_GRAIN_PRODUCTS = 65536,
};

/* ---- from one layer to the next ---- */

struct advance {
    struct san_network *net;
    float gate;
    const float *g;
};

static void quantize_input(struct san_network *net, size_t row, size_t n)
{
    if (net->quantised)
        net->kernels->quantize(net->input_q + row * n, net->input_scale + row,
            net->input_offset + row * (n / SAN_GROUP), net->input + row * n, n);
}

static void advance_rows(void *data, unsigned worker, size_t begin, size_t end)
{
    (void)worker;
    const struct advance *a = data;
    struct san_network *net = a->net;
    const struct san_config *c = &net->model->config;
    for (size_t i = begin; i < end; i++) {
        float *x = net->x + i * c->d;
        if (a->gate != 0)
            net->kernels->add(x, net->output + i * c->d, a->gate, c->d);
        net->kernels->rms_norm(net->input + i * c->d, x, a->g, c->d, c->epsilon);
        quantize_input(net, i, c->d);
    }
}

void san_advance(struct san_network *net, float gate, const float *g, size_t count)
{
    struct advance a = {net, gate, g};
    san_pool_run(net->pool, advance_rows, &a, count, ROW_GRAIN);
}

/* ---- projections ---- */

struct project {
    const struct san_network *net;
    const struct san_projection *projections;
    struct san_columns cols;
};

static size_t slabs_of(const struct san_matrix *matrix)
{
    return (matrix->rows + SLAB - 1) / SLAB;
}

/* Slabs are counted through all projections. */
static void project_slabs(void *data, unsigned worker, size_t begin, size_t end)
{
    (void)worker;
    const struct project *p = data;
    const struct san_projection *next = p->projections;
    for (size_t before = 0; begin < end; before += slabs_of(next++->matrix)) {
        size_t slabs = slabs_of(next->matrix);
        if (begin - before >= slabs)
            continue;
        size_t last = end - before < slabs ? end - before : slabs, first = begin - before;
        size_t row = first * SLAB, until = last * SLAB;
        until = until < next->matrix->rows ? until : next->matrix->rows;
        san_kernels_multiply(p->net->kernels, next->matrix->type)(
            next->out + row, next->matrix->rows, next->matrix, row, until - row, &p->cols);
        begin += last - first;
    }
}

void san_project(
    struct san_network *net, const struct san_projection *projections, size_t projection_count, size_t count)
{
    size_t slabs = 0, n = projections->matrix->n;
    if (!count) /* a prompt of remembered items alone */
        return;
    for (size_t i = 0; i < projection_count; i++)
        slabs += slabs_of(projections[i].matrix);
    struct project p = {net, projections,
        {.n = n,
            .count = count,
            .x = net->input,
            .q = net->input_q,
            .scale = net->input_scale,
            .offset = net->input_offset}};
    san_pool_run(net->pool, project_slabs, &p, slabs, SLAB_GRAIN_PRODUCTS / (SLAB * n * count) + 1);
}

/* ---- queries, keys, values ---- */

struct prepare {
    struct san_network *net;
    const struct san_heads *heads;
    size_t count;
};

/* A head of row `row`, normalised and turned, with zeros up to the length of a key. */
static void prepare_head(const struct san_network *net, const struct san_heads *heads, float *out,
    const float *x, const float *g, size_t row)
{
    const struct san_config *c = &net->model->config;
    size_t hd = c->head_dim;
    net->kernels->rms_norm(out, x, g, hd, c->epsilon);
    if (heads->turn) {
        size_t at = net->span[row].position * (hd / 2);
        net->kernels->rope(out, net->cosine + at, net->sine + at, hd);
    }
    memset(out + hd, 0, (net->key_n - hd) * sizeof(*out));
}

/* Query `at` of all, in the order of san_attend; scores are divided by the root of the length here. */
static void put_query(struct san_network *net, size_t at, float *head)
{
    size_t n = net->key_n;
    float factor = 1.0f / sqrtf((float)net->model->config.head_dim);
    if (net->quantised) {
        net->kernels->quantize(
            net->query_q + at * n, net->query_scale + at, net->query_offset + at * (n / SAN_GROUP), head, n);
        net->query_scale[at] *= factor;
        return;
    }
    for (size_t i = 0; i < n; i++)
        net->query[at * n + i] = head[i] * factor;
}

static void prepare_queries(const struct prepare *p, size_t row)
{
    struct san_network *net = p->net;
    const struct san_config *c = &net->model->config;
    size_t group = c->heads / c->kv_heads;
    for (size_t h = 0; h < c->heads; h++) {
        float head[HEAD_MAX];
        const float *x = net->q + row * net->inner + h * c->head_dim;
        prepare_head(net, p->heads, head, x, p->heads->weights->q_norm, row);
        put_query(net, (h / group * p->count + row) * group + h % group, head);
    }
}

/* A key as a row of the file's kind. A scale that a half float cannot hold becomes the largest that it can.
 */
static void put_key(const struct san_network *net, void *row, const float *head)
{
    struct san_block_q8_0 *blocks = row;
    if (!net->quantised) {
        memcpy(row, head, net->key_n * sizeof(*head));
        return;
    }
    for (size_t b = 0; b < net->key_n / SAN_GROUP; b++) {
        float scale;
        int32_t offset;
        net->kernels->quantize(blocks[b].q, &scale, &offset, head + b * SAN_GROUP, SAN_GROUP);
        blocks[b].scale = san_float_to_half(scale);
    }
}

static void prepare_keys(const struct prepare *p, size_t row)
{
    struct san_network *net = p->net;
    const struct san_config *c = &net->model->config;
    char *keys = net->key_rows + row * net->key_bytes;
    for (size_t h = 0; h < c->kv_heads; h++) {
        float head[HEAD_MAX];
        const float *x = net->k + row * net->kv + h * c->head_dim;
        prepare_head(net, p->heads, head, x, p->heads->weights->k_norm, row);
        put_key(net, keys + h * (net->key_bytes / c->kv_heads), head);
    }
    san_remember(net, p->heads->memory, net->span[row].token, keys, net->v + row * net->kv);
}

static void prepare_rows(void *data, unsigned worker, size_t begin, size_t end)
{
    (void)worker;
    const struct prepare *p = data;
    for (size_t row = begin; row < end; row++) {
        if (p->heads->queries)
            prepare_queries(p, row);
        if (p->heads->keys)
            prepare_keys(p, row);
    }
}

void san_prepare_heads(struct san_network *net, const struct san_heads *heads, size_t count)
{
    struct prepare p = {net, heads, count};
    san_pool_run(net->pool, prepare_rows, &p, count, ROW_GRAIN);
}

/* ---- memory ---- */

static struct san_matrix keys_of(const struct san_memory *memory, size_t head)
{
    struct san_matrix keys = memory->keys;
    keys.data = (char *)keys.data + head * memory->keys_bytes;
    return keys;
}

static float *values_of(const struct san_network *net, const struct san_memory *memory, size_t head)
{
    return memory->values + head * memory->capacity * net->model->config.head_dim;
}

void san_remember(const struct san_network *net, struct san_memory *memory, size_t token, const char *keys,
    const float *values)
{
    const struct san_config *c = &net->model->config;
    for (size_t h = 0; h < c->kv_heads; h++) {
        struct san_matrix to = keys_of(memory, h);
        san_matrix_put_row(&to, token, keys + h * (net->key_bytes / c->kv_heads));
        memcpy(values_of(net, memory, h) + token * c->head_dim, values + h * c->head_dim,
            c->head_dim * sizeof(*values));
    }
}

/* ---- attention ---- */

struct attend {
    struct san_network *net;
    const struct san_memory *memory;
    size_t count, blocks; /* rows; blocks of SAN_ATTEND_ROWS of them */
};

/* Rows [row, row + rows), which have the same span, with the keys and values of a head. */
static void attend_rows(const struct attend *a, float *scores, size_t head, size_t row, size_t rows)
{
    struct san_network *net = a->net;
    const struct san_config *c = &net->model->config;
    const struct san_span *span = &net->span[row];
    size_t hd = c->head_dim, group = c->heads / c->kv_heads, n = net->key_n;
    size_t at = (head * a->count + row) * group;
    struct san_columns queries = {.n = n,
        .count = rows * group,
        .x = net->query + at * n,
        .q = net->query_q + at * n,
        .scale = net->query_scale + at,
        .offset = net->query_offset + at * (n / SAN_GROUP)};
    struct san_matrix keys = keys_of(a->memory, head);
    size_t tile = keys.layout.rows, first = span->begin / tile * tile, tokens = span->end - span->begin;
    size_t wide = (span->end - first + tile - 1) / tile * tile, stride = net->score_stride;
    san_kernels_multiply(net->kernels, keys.type)(scores, stride, &keys, first, wide, &queries);
    scores += span->begin - first;
    for (size_t i = 0; i < queries.count; i++)
        net->kernels->softmax(scores + i * stride, tokens);
    const float *values = values_of(net, a->memory, head) + span->begin * hd;
    float *out = net->input + row * net->inner + head * group * hd;
    if (rows == 1)
        net->kernels->mix(out, hd, scores, stride, group, values, tokens, hd);
    else
        for (size_t j = 0; j < group; j++)
            net->kernels->mix(
                out + j * hd, net->inner, scores + j * stride, group * stride, rows, values, tokens, hd);
}

static bool same_span(const struct san_span *a, const struct san_span *b)
{
    return a->begin == b->begin && a->end == b->end;
}

/* Part i is block i % blocks of the rows, with head i / blocks. */
static void attend_part(void *data, unsigned worker, size_t begin, size_t end)
{
    const struct attend *a = data;
    const struct san_network *net = a->net;
    size_t group = net->model->config.heads / net->model->config.kv_heads;
    float *scores = net->scores + worker * SAN_ATTEND_ROWS * group * net->score_stride;
    for (size_t i = begin; i < end; i++) {
        size_t row = i % a->blocks * SAN_ATTEND_ROWS, last = row + SAN_ATTEND_ROWS;
        last = last < a->count ? last : a->count;
        for (size_t rows; row < last; row += rows) {
            rows = 1;
            while (row + rows < last && same_span(&net->span[row], &net->span[row + rows]))
                rows++;
            attend_rows(a, scores, i / a->blocks, row, rows);
        }
    }
}

static void quantize_rows(void *data, unsigned worker, size_t begin, size_t end)
{
    (void)worker;
    struct san_network *net = data;
    for (size_t row = begin; row < end; row++)
        quantize_input(net, row, net->inner);
}

void san_attend(struct san_network *net, const struct san_attention_weights *w,
    const struct san_memory *memory, size_t count)
{
    if (!count)
        return;
    const struct san_config *c = &net->model->config;
    struct attend a = {net, memory, count, (count + SAN_ATTEND_ROWS - 1) / SAN_ATTEND_ROWS};
    size_t rows = count < SAN_ATTEND_ROWS ? count : SAN_ATTEND_ROWS;
    size_t tokens = net->span[count - 1].end; /* about */
    size_t products = 2 * rows * c->heads / c->kv_heads * c->head_dim * tokens;
    san_pool_run(
        net->pool, attend_part, &a, c->kv_heads * a.blocks, ATTEND_GRAIN_PRODUCTS / (products + 1) + 1);
    san_pool_run(net->pool, quantize_rows, net, count, ROW_GRAIN);
    const struct san_projection output = {&w->output, net->output};
    san_project(net, &output, 1, count);
}
