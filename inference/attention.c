/* attention.c - the steps of an attention layer, for encoder and decoder (docs/model.md, section 5).
 *
 * Each is a loop over rows, slabs of matrices or heads, done by one thread for its rows or shared by all
 * threads. What a row becomes depends on no other row's place in the pass: the same bits whoever computes it,
 * and together with whom.
 */
#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "inference/run_state.h"

enum {
    HEAD_MAX = 256, /* numbers of a head */
    SLAB = 64,      /* rows of a matrix that go together: whole tiles in every layout */
    /* Least parts that are worth another thread: about a microsecond. */
    ROW_GRAIN = 8,
    GRAIN_PRODUCTS = 32768,
    /* Blocks of rows that attend and multiply together: from so many on they are dealt out, in such parts. */
    STEP_BLOCKS = 8,
    STEP_GRAIN = 2,
};

/* ---- who does what ---- */

/* Parts of a loop with so many products each. */
static size_t grain_of(size_t products)
{
    return (GRAIN_PRODUCTS + products) / (products + 1);
}

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
    if (blocks >= STEP_BLOCKS)
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

/* Row `row` of x, as the integers of the next input. */
static void quantize_input(struct san_network *net, const float *x, size_t row, size_t n)
{
    if (net->quantised)
        net->kernels->quantize(net->input_q + row * n, net->input_scale + row,
            net->input_offset + row * (n / SAN_GROUP), x + row * n, n);
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
    quantize_input(net, net->input, row, c->d);
}

void san_advance(struct san_network *net, const struct san_part *part, float gate, const float *g)
{
    for_rows(net, part, advance_row, &(struct advance){gate, g});
}

/* ---- projections ---- */

struct project {
    const struct san_network *net;
    const struct san_projection *projections;
    size_t count, first; /* projections; row of the pass */
    struct san_columns cols;
};

/* Of rows of x, which stand quantised as the input. */
static struct project project_of(const struct san_network *net, const struct san_part *part,
    const struct san_projection *projections, size_t count, const float *x)
{
    size_t n = projections->matrix->n, first = part->first;
    return (struct project){net, projections, count, first,
        {.n = n,
            .count = part->count,
            .x = x + first * n,
            .q = net->input_q + first * n,
            .scale = net->input_scale + first,
            .offset = net->input_offset + first * (n / SAN_GROUP)}};
}

/* Rows [row, until) of a matrix. */
static void project_rows(
    const struct project *p, const struct san_projection *projection, size_t row, size_t until)
{
    const struct san_matrix *matrix = projection->matrix;
    float *out = projection->out + p->first * matrix->rows + row;
    san_kernels_multiply(p->net->kernels, matrix->type)(
        out, matrix->rows, matrix, row, until - row, &p->cols);
}

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
        size_t until = last * SLAB < next->matrix->rows ? last * SLAB : next->matrix->rows;
        project_rows(p, next, first * SLAB, until);
        begin += last - first;
    }
}

static void project(const struct san_part *part, struct project *p)
{
    size_t slabs = 0;
    for (size_t i = 0; i < p->count; i++)
        slabs += slabs_of(p->projections[i].matrix);
    san_pool_run(part->pool, project_slabs, p, slabs, grain_of(SLAB * p->cols.n * part->count));
}

void san_project(struct san_network *net, const struct san_part *part,
    const struct san_projection *projections, size_t count)
{
    struct project p = project_of(net, part, projections, count, net->input);
    project(part, &p);
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

/* Those that go with a key/value head. */
static void prepare_queries(
    struct san_network *net, const struct san_heads *heads, size_t row, size_t kv_head)
{
    const struct san_config *c = &net->model->config;
    size_t group = c->heads / c->kv_heads;
    for (size_t h = 0; h < group; h++) {
        float head[HEAD_MAX];
        const float *x = net->q + row * net->inner + (kv_head * group + h) * c->head_dim;
        prepare_head(net, heads, head, x, heads->weights->q_norm, row);
        put_query(net, (kv_head * net->pass_rows + row) * group + h, head);
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

/* Values of a head as the file's kind of a network has them: floats, or a scale and integers. */
static void put_values(const struct san_network *net, char *row, const float *values)
{
    size_t hd = net->model->config.head_dim;
    if (!net->quantised) {
        memcpy(row, values, hd * sizeof(*values));
        return;
    }
    float padded[HEAD_MAX], scale;
    int8_t q[HEAD_MAX];
    int32_t offset[HEAD_MAX / SAN_GROUP];
    memcpy(padded, values, hd * sizeof(*values));
    memset(padded + hd, 0, (net->key_n - hd) * sizeof(*padded));
    net->kernels->quantize(q, &scale, offset, padded, net->key_n);
    memcpy(row, &scale, sizeof(scale));
    memcpy(row + sizeof(scale), q, hd);
}

static struct san_matrix keys_of(const struct san_memory *memory, size_t head)
{
    struct san_matrix keys = memory->keys;
    keys.data = (char *)keys.data + head * memory->keys_bytes;
    return keys;
}

/* Token `token` of a head's values, which is also where a scale of its own stands, in floats. */
static size_t value_at(const struct san_memory *memory, size_t head, size_t token)
{
    return head * memory->capacity + token;
}

static void remember_head(const struct san_network *net, struct san_memory *memory, size_t token, size_t head,
    const char *key, const char *values)
{
    size_t hd = net->model->config.head_dim, at = value_at(memory, head, token);
    struct san_matrix to = keys_of(memory, head);
    san_matrix_put_row(&to, token, key);
    if (!net->quantised) {
        memcpy(memory->values + at * hd, values, hd * sizeof(float));
        return;
    }
    memcpy(memory->value_scale + at, values, sizeof(float));
    memcpy(memory->value_q + at * hd, values + sizeof(float), hd);
}

void san_remember(const struct san_network *net, struct san_memory *memory, size_t token, const char *keys,
    const char *values)
{
    size_t heads = net->model->config.kv_heads;
    for (size_t h = 0; h < heads; h++)
        remember_head(net, memory, token, h, keys + h * (net->key_bytes / heads),
            values + h * (net->value_bytes / heads));
}

static void prepare_key(struct san_network *net, const struct san_heads *heads, size_t row, size_t kv_head)
{
    const struct san_config *c = &net->model->config;
    size_t at = row * net->kv + kv_head * c->head_dim;
    char *key = net->key_rows + row * net->key_bytes + kv_head * (net->key_bytes / c->kv_heads);
    char *values = net->value_rows + row * net->value_bytes + kv_head * (net->value_bytes / c->kv_heads);
    float head[HEAD_MAX];
    prepare_head(net, heads, head, net->k + at, heads->weights->k_norm, row);
    put_key(net, key, head);
    put_values(net, values, net->v + at);
    remember_head(net, heads->memory, net->span[row].token, kv_head, key, values);
}

static void prepare_kv_head(
    struct san_network *net, const struct san_heads *heads, size_t row, size_t kv_head)
{
    if (heads->queries)
        prepare_queries(net, heads, row, kv_head);
    if (heads->keys)
        prepare_key(net, heads, row, kv_head);
}

static void prepare_row(struct san_network *net, const void *data, size_t row)
{
    for (size_t h = 0; h < net->model->config.kv_heads; h++)
        prepare_kv_head(net, data, row, h);
}

void san_prepare_heads(struct san_network *net, const struct san_part *part, const struct san_heads *heads)
{
    for_rows(net, part, prepare_row, heads);
}

/* ---- attention ---- */

struct attend {
    struct san_network *net;
    const struct san_memory *memory;
    const struct san_part *part;
    size_t blocks; /* of SAN_ATTEND_ROWS rows */
};

/* What one thread needs of its own, for the queries of a block. */
struct scratch {
    float *scores;    /* [queries][score_stride] */
    int16_t *weights; /* [queries][score_stride] */
    float *factors;   /* [queries] */
};

static struct scratch scratch_of(const struct attend *a, unsigned worker)
{
    const struct san_network *net = a->net;
    size_t queries = SAN_ATTEND_ROWS * (net->model->config.heads / net->model->config.kv_heads);
    size_t own = (a->part->pool ? worker : a->part->worker) * queries;
    if (!net->weights) /* values are floats */
        return (struct scratch){.scores = net->scores + own * net->score_stride};
    return (struct scratch){
        net->scores + own * net->score_stride, net->weights + own * net->score_stride, net->factors + own};
}

/* Rows that have the same span, with the keys and values of a head. */
struct together {
    size_t head, row, rows;
    const struct san_span *span;
};

static void mix_floats(const struct attend *a, const struct together *t, float *scores, float *out)
{
    const struct san_network *net = a->net;
    const struct san_config *c = &net->model->config;
    size_t hd = c->head_dim, group = c->heads / c->kv_heads, stride = net->score_stride;
    size_t tokens = t->span->end - t->span->begin;
    const float *values = a->memory->values + value_at(a->memory, t->head, t->span->begin) * hd;
    for (size_t i = 0; i < t->rows * group; i++)
        net->kernels->softmax(scores + i * stride, tokens);
    if (t->rows == 1)
        net->kernels->mix(out, hd, scores, stride, group, values, tokens, hd);
    else
        for (size_t j = 0; j < group; j++)
            net->kernels->mix(
                out + j * hd, net->inner, scores + j * stride, group * stride, t->rows, values, tokens, hd);
}

static void mix_integers(const struct attend *a, const struct together *t, const float *scores,
    const struct scratch *s, float *out)
{
    const struct san_network *net = a->net;
    const struct san_config *c = &net->model->config;
    size_t hd = c->head_dim, group = c->heads / c->kv_heads, stride = net->score_stride;
    size_t tokens = t->span->end - t->span->begin, at = value_at(a->memory, t->head, t->span->begin);
    for (size_t i = 0; i < t->rows * group; i++) /* the factors of a head stand together */
        s->factors[i % group * t->rows + i / group] = net->kernels->weigh(
            s->weights + i * stride, scores + i * stride, a->memory->value_scale + at, tokens);
    const int8_t *values = a->memory->value_q + at * hd;
    if (t->rows == 1)
        net->kernels->mix_weighed(out, hd, s->weights, stride, s->factors, group, values, tokens, hd);
    else
        for (size_t j = 0; j < group; j++)
            net->kernels->mix_weighed(out + j * hd, net->inner, s->weights + j * stride, group * stride,
                s->factors + j * t->rows, t->rows, values, tokens, hd);
}

static void attend_rows(const struct attend *a, const struct scratch *s, const struct together *t)
{
    struct san_network *net = a->net;
    const struct san_config *c = &net->model->config;
    size_t group = c->heads / c->kv_heads, n = net->key_n;
    size_t at = (t->head * net->pass_rows + t->row) * group;
    struct san_columns queries = {.n = n,
        .count = t->rows * group,
        .x = net->query + at * n,
        .q = net->query_q + at * n,
        .scale = net->query_scale + at,
        .offset = net->query_offset + at * (n / SAN_GROUP)};
    struct san_matrix keys = keys_of(a->memory, t->head);
    size_t tile = keys.layout.rows, first = t->span->begin / tile * tile;
    size_t wide = (t->span->end - first + tile - 1) / tile * tile;
    san_kernels_multiply(net->kernels, keys.type)(s->scores, net->score_stride, &keys, first, wide, &queries);
    float *scores = s->scores + (t->span->begin - first);
    /* in place of queries that are done with */
    float *out = net->q + t->row * net->inner + t->head * group * c->head_dim;
    if (net->quantised)
        mix_integers(a, t, scores, s, out);
    else
        mix_floats(a, t, scores, out);
}

static bool same_span(const struct san_span *a, const struct san_span *b)
{
    return a->begin == b->begin && a->end == b->end;
}

/* Block i % blocks of the rows, with head i / blocks. */
static void attend_block(const struct attend *a, const struct scratch *scratch, size_t i)
{
    const struct san_span *span = a->net->span;
    size_t row = a->part->first + i % a->blocks * SAN_ATTEND_ROWS, last = row + SAN_ATTEND_ROWS;
    size_t end = a->part->first + a->part->count;
    last = last < end ? last : end;
    for (size_t rows; row < last; row += rows) {
        rows = 1;
        while (row + rows < last && same_span(&span[row], &span[row + rows]))
            rows++;
        attend_rows(a, scratch, &(struct together){i / a->blocks, row, rows, &span[row]});
    }
}

static void attend_blocks(void *data, unsigned worker, size_t begin, size_t end)
{
    const struct attend *a = data;
    struct scratch scratch = scratch_of(a, worker);
    for (size_t i = begin; i < end; i++)
        attend_block(a, &scratch, i);
}

static void quantize_row(struct san_network *net, const void *data, size_t row)
{
    (void)data;
    quantize_input(net, net->q, row, net->inner);
}

static void project_output(
    struct san_network *net, const struct san_part *part, const struct san_attention_weights *w)
{
    for_rows(net, part, quantize_row, NULL);
    const struct san_projection output = {&w->output, net->output};
    struct project p = project_of(net, part, &output, 1, net->q);
    project(part, &p);
}

static struct attend attend_of(
    struct san_network *net, const struct san_part *part, const struct san_memory *memory)
{
    return (struct attend){net, memory, part, (part->count + SAN_ATTEND_ROWS - 1) / SAN_ATTEND_ROWS};
}

/* Of so many rows with a key/value head. */
static size_t attend_products(const struct san_network *net, const struct san_part *part, size_t rows)
{
    const struct san_config *c = &net->model->config;
    size_t tokens = net->span[part->first + part->count - 1].end; /* about */
    return 2 * rows * c->heads / c->kv_heads * c->head_dim * tokens;
}

void san_attend(struct san_network *net, const struct san_part *part, const struct san_attention_weights *w,
    const struct san_memory *memory)
{
    struct attend a = attend_of(net, part, memory);
    size_t rows = part->count < SAN_ATTEND_ROWS ? part->count : SAN_ATTEND_ROWS;
    san_pool_run(part->pool, attend_blocks, &a, net->model->config.kv_heads * a.blocks,
        grain_of(attend_products(net, part, rows)));
    project_output(net, part, w);
}

/* ---- all of it, head by head ---- */

/* Its loop is over slabs of the projections, those of a key/value head together. */
struct head_by_head {
    struct project project;
    const struct san_heads *heads;
    struct attend attend;
    size_t slabs; /* of a head */
};

static size_t head_rows(const struct san_network *net, const struct san_projection *projection)
{
    return projection->matrix->rows / net->model->config.kv_heads;
}

static size_t head_slabs(const struct san_network *net, const struct san_projection *projection)
{
    return (head_rows(net, projection) + SLAB - 1) / SLAB;
}

static void project_head_slab(const struct head_by_head *h, size_t head, size_t slab)
{
    const struct san_network *net = h->project.net;
    const struct san_projection *p = h->project.projections;
    for (; slab >= head_slabs(net, p); p++)
        slab -= head_slabs(net, p);
    size_t rows = head_rows(net, p), first = slab * SLAB;
    size_t until = first + SLAB < rows ? first + SLAB : rows;
    project_rows(&h->project, p, head * rows + first, head * rows + until);
}

/* What follows its projections. */
static void finish_head(const struct head_by_head *h, unsigned worker, size_t head)
{
    const struct attend *a = &h->attend;
    for (size_t row = a->part->first; row < a->part->first + a->part->count; row++)
        prepare_kv_head(a->net, h->heads, row, head);
    struct scratch scratch = scratch_of(a, worker);
    for (size_t i = 0; i < a->blocks; i++)
        attend_block(a, &scratch, head * a->blocks + i);
}

/* Whoever has done the last slab of a head goes on with it: nobody waits. */
static void run_head_slabs(void *data, unsigned worker, size_t begin, size_t end)
{
    const struct head_by_head *h = data;
    for (size_t i = begin; i < end; i++) {
        size_t head = i / h->slabs;
        project_head_slab(h, head, i % h->slabs);
        if (atomic_fetch_sub(&h->attend.net->slabs_left[head], 1) == 1)
            finish_head(h, worker, head);
    }
}

void san_attend_by_head(struct san_network *net, const struct san_part *part,
    const struct san_projection *projections, size_t count, const struct san_heads *heads,
    const struct san_memory *memory)
{
    const struct san_config *c = &net->model->config;
    if (c->head_dim % net->kernels->layout.rows) { /* a tile would be of two heads */
        san_project(net, part, projections, count);
        san_prepare_heads(net, part, heads);
        san_attend(net, part, heads->weights, memory);
        return;
    }
    struct head_by_head h = {
        project_of(net, part, projections, count, net->input), heads, attend_of(net, part, memory), 0};
    for (size_t i = 0; i < count; i++)
        h.slabs += head_slabs(net, &projections[i]);
    for (size_t head = 0; head < c->kv_heads; head++)
        atomic_store_explicit(&net->slabs_left[head], (unsigned)h.slabs, memory_order_relaxed);
    size_t products = SLAB * h.project.cols.n * part->count;
    san_pool_run(part->pool, run_head_slabs, &h, c->kv_heads * h.slabs, grain_of(products));
    project_output(net, part, heads->weights);
}
