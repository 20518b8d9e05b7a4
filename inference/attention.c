/* attention.c - the steps of an attention layer, for encoder and decoder (docs/model.md, section 5).
 *
 * Each is a loop over rows, slabs of matrices or heads, done by one thread for its rows or shared by all
 * threads. What a row becomes depends on no other row's place in the pass: the same bits whoever computes it,
 * and together with whom.
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
    STEP_GRAIN = 4, /* blocks of rows that attend and multiply together */
};

/* ---- who does what ---- */

struct step {
    struct san_network *net;
    san_step_fn *run;
    const void *data;
};

static void run_rows(void *data, unsigned worker, size_t begin, size_t end)
{
    const struct step *step = data;
    size_t first = begin * SAN_ATTEND_ROWS, last = end * SAN_ATTEND_ROWS, rows = step->net->pass_rows;
    last = last < rows ? last : rows;
    step->run(step->net, step->data, &(struct san_part){first, last - first, NULL, worker});
}

void san_run_step(struct san_network *net, san_step_fn *run, const void *data)
{
    struct step step = {net, run, data};
    size_t blocks = (net->pass_rows + SAN_ATTEND_ROWS - 1) / SAN_ATTEND_ROWS;
    if (blocks >= (size_t)2 * STEP_GRAIN)
        san_pool_run(net->pool, run_rows, &step, blocks, STEP_GRAIN);
    else if (blocks) /* none: a prompt of remembered items alone */
        run(net, data, &(struct san_part){0, net->pass_rows, net->pool, 0});
}

/* A loop over the rows of a part. */
typedef void rows_fn(struct san_network *net, const void *data, size_t row);

struct rows {
    struct san_network *net;
    rows_fn *run;
    const void *data;
    size_t first;
};

static void run_each_row(void *data, unsigned worker, size_t begin, size_t end)
{
    (void)worker;
    const struct rows *rows = data;
    for (size_t i = begin; i < end; i++)
        rows->run(rows->net, rows->data, rows->first + i);
}

static void for_rows(struct san_network *net, const struct san_part *part, rows_fn *run, const void *data)
{
    struct rows rows = {net, run, data, part->first};
    san_pool_run(part->pool, run_each_row, &rows, part->count, ROW_GRAIN);
}

/* ---- from one layer to the next ---- */

static void embed_row(struct san_network *net, const void *data, size_t row)
{
    (void)data;
    uint32_t d = net->model->config.d;
    san_matrix_get_row(
        &net->model->weights.embedding, (size_t)net->span[row].id, net->x + row * d, sqrtf((float)d));
}

void san_embed(struct san_network *net, const struct san_part *part)
{
    for_rows(net, part, embed_row, NULL);
}

static void quantize_input(struct san_network *net, size_t row, size_t n)
{
    if (net->quantised)
        net->kernels->quantize(net->input_q + row * n, net->input_scale + row,
            net->input_offset + row * (n / SAN_GROUP), net->input + row * n, n);
}

struct advance {
    float gate;
    const float *g;
};

static void advance_row(struct san_network *net, const void *data, size_t row)
{
    const struct advance *a = data;
    const struct san_config *c = &net->model->config;
    float *x = net->x + row * c->d;
    if (a->gate != 0)
        net->kernels->add(x, net->output + row * c->d, a->gate, c->d);
    net->kernels->rms_norm(net->input + row * c->d, x, a->g, c->d, c->epsilon);
    quantize_input(net, row, c->d);
}

void san_advance(struct san_network *net, const struct san_part *part, float gate, const float *g)
{
    for_rows(net, part, advance_row, &(struct advance){gate, g});
}

/* ---- projections ---- */

struct project {
    const struct san_network *net;
    const struct san_projection *projections;
    size_t first; /* row */
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
        float *out = next->out + p->first * next->matrix->rows + row;
        san_kernels_multiply(p->net->kernels, next->matrix->type)(
            out, next->matrix->rows, next->matrix, row, until - row, &p->cols);
        begin += last - first;
    }
}

void san_project(struct san_network *net, const struct san_part *part,
    const struct san_projection *projections, size_t count)
{
    size_t slabs = 0, n = projections->matrix->n, first = part->first;
    for (size_t i = 0; i < count; i++)
        slabs += slabs_of(projections[i].matrix);
    struct project p = {net, projections, first,
        {.n = n,
            .count = part->count,
            .x = net->input + first * n,
            .q = net->input_q + first * n,
            .scale = net->input_scale + first,
            .offset = net->input_offset + first * (n / SAN_GROUP)}};
    san_pool_run(part->pool, project_slabs, &p, slabs, SLAB_GRAIN_PRODUCTS / (SLAB * n * part->count) + 1);
}

/* ---- queries, keys, values ---- */

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

static void prepare_queries(struct san_network *net, const struct san_heads *heads, size_t row)
{
    const struct san_config *c = &net->model->config;
    size_t group = c->heads / c->kv_heads;
    for (size_t h = 0; h < c->heads; h++) {
        float head[HEAD_MAX];
        const float *x = net->q + row * net->inner + h * c->head_dim;
        prepare_head(net, heads, head, x, heads->weights->q_norm, row);
        put_query(net, (h / group * net->pass_rows + row) * group + h % group, head);
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

void san_widen_values(const struct san_network *net, float *values, const char *row)
{
    if (net->quantised)
        net->kernels->widen(values, (const void *)row, net->kv);
    else
        memcpy(values, row, net->value_bytes);
}

/* Values as the cache keeps them, and what is left of them then. */
static void round_values(const struct san_network *net, float *values, char *row)
{
    if (!net->quantised) {
        memcpy(row, values, net->value_bytes);
        return;
    }
    net->kernels->narrow((void *)row, values, net->kv);
    san_widen_values(net, values, row);
}

static void prepare_keys(struct san_network *net, const struct san_heads *heads, size_t row)
{
    const struct san_config *c = &net->model->config;
    char *keys = net->key_rows + row * net->key_bytes;
    for (size_t h = 0; h < c->kv_heads; h++) {
        float head[HEAD_MAX];
        const float *x = net->k + row * net->kv + h * c->head_dim;
        prepare_head(net, heads, head, x, heads->weights->k_norm, row);
        put_key(net, keys + h * (net->key_bytes / c->kv_heads), head);
    }
    if (net->span[row].item)
        round_values(net, net->v + row * net->kv, net->value_rows + row * net->value_bytes);
    san_remember(net, heads->memory, net->span[row].token, keys, net->v + row * net->kv);
}

static void prepare_row(struct san_network *net, const void *data, size_t row)
{
    const struct san_heads *heads = data;
    if (heads->queries)
        prepare_queries(net, heads, row);
    if (heads->keys)
        prepare_keys(net, heads, row);
}

void san_prepare_heads(struct san_network *net, const struct san_part *part, const struct san_heads *heads)
{
    for_rows(net, part, prepare_row, heads);
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
    const struct san_part *part;
    size_t blocks; /* of SAN_ATTEND_ROWS rows */
};

/* Rows [row, row + rows), which have the same span, with the keys and values of a head. */
static void attend_rows(const struct attend *a, float *scores, size_t head, size_t row, size_t rows)
{
    struct san_network *net = a->net;
    const struct san_config *c = &net->model->config;
    const struct san_span *span = &net->span[row];
    size_t hd = c->head_dim, group = c->heads / c->kv_heads, n = net->key_n;
    size_t at = (head * net->pass_rows + row) * group;
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

/* Block i % blocks of the rows, with head i / blocks. */
static void attend_block(const struct attend *a, float *scores, size_t i)
{
    const struct san_span *span = a->net->span;
    size_t row = a->part->first + i % a->blocks * SAN_ATTEND_ROWS, last = row + SAN_ATTEND_ROWS;
    size_t end = a->part->first + a->part->count;
    last = last < end ? last : end;
    for (size_t rows; row < last; row += rows) {
        rows = 1;
        while (row + rows < last && same_span(&span[row], &span[row + rows]))
            rows++;
        attend_rows(a, scores, i / a->blocks, row, rows);
    }
}

static void attend_blocks(void *data, unsigned worker, size_t begin, size_t end)
{
    const struct attend *a = data;
    const struct san_network *net = a->net;
    size_t group = net->model->config.heads / net->model->config.kv_heads;
    worker = a->part->pool ? worker : a->part->worker;
    float *scores = net->scores + worker * SAN_ATTEND_ROWS * group * net->score_stride;
    for (size_t i = begin; i < end; i++)
        attend_block(a, scores, i);
}

static void quantize_row(struct san_network *net, const void *data, size_t row)
{
    (void)data;
    quantize_input(net, row, net->inner);
}

void san_attend(struct san_network *net, const struct san_part *part, const struct san_attention_weights *w,
    const struct san_memory *memory)
{
    const struct san_config *c = &net->model->config;
    struct attend a = {net, memory, part, (part->count + SAN_ATTEND_ROWS - 1) / SAN_ATTEND_ROWS};
    size_t rows = part->count < SAN_ATTEND_ROWS ? part->count : SAN_ATTEND_ROWS;
    size_t tokens = net->span[part->first + part->count - 1].end; /* about */
    size_t products = 2 * rows * c->heads / c->kv_heads * c->head_dim * tokens;
    san_pool_run(
        part->pool, attend_blocks, &a, c->kv_heads * a.blocks, ATTEND_GRAIN_PRODUCTS / (products + 1) + 1);
    for_rows(net, part, quantize_row, NULL);
    san_project(net, part, &(struct san_projection){&w->output, net->output}, 1);
}
