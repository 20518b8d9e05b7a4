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
    SLAB = 64, /* rows of a matrix that go together: whole tiles in every layout */
    /* Least parts that are worth another thread: about a microsecond. */
    ROW_GRAIN = 8,
    GRAIN_PRODUCTS = 32768,
    /* Blocks of rows that attend and multiply together: from so many on they are dealt out, in parts of at
     * least so many: what the last part leaves others to wait for is short. Weights that are floats are too
     * large to be read for a few rows. */
    STEP_BLOCKS = 8,
    STEP_GRAIN = 1,
    STEP_GRAIN_FLOATS = 2,
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
        san_pool_run(net->pool, run_rows, &step, blocks, net->quantised ? STEP_GRAIN : STEP_GRAIN_FLOATS);
    else if (blocks) /* none: a prompt of remembered items alone */
        run(net, data, &(struct san_part){0, net->pass_rows, net->pool, 0});
}

struct san_part san_near(const struct san_network *net, const struct san_part *part, size_t row)
{
    size_t left = part->first + part->count - row;
    bool all = part->pool || !net->quantised || left < SAN_NEAR_ROWS;
    return (struct san_part){row, all ? left : SAN_NEAR_ROWS, part->pool, part->worker};
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

/* Row `row` of x. */
static void round_row(
    const struct san_network *net, const struct san_rounded *to, const float *x, size_t row, size_t n)
{
    if (net->quantised)
        net->kernels->quantize(
            to->q + row * n, to->scale + row, to->offset + row * san_offsets(n), x + row * n, n);
}

struct advance {
    struct san_network *net;
    float gate;
    const float *g;
    size_t first;
};

static void advance_row(const struct advance *a, size_t row)
{
    struct san_network *net = a->net;
    const struct san_config *c = &net->model->config;
    float *x = net->x + row * c->d;
    if (a->gate != 0)
        net->kernels->add(x, net->output + row * c->d, a->gate, c->d);
    net->kernels->rms_norm(net->input + row * c->d, x, a->g, c->d, c->epsilon);
    round_row(net, &net->input_q, net->input, row, c->d);
}

/* `count` rows in one go. */
static void advance_together(const struct advance *a, size_t first, size_t count)
{
    struct san_network *net = a->net;
    size_t d = net->model->config.d;
    const struct san_rows rows = {.n = d,
        .count = count,
        .x = net->x + first * d,
        .y = net->output + first * d,
        .gate = a->gate,
        .g = a->g,
        .epsilon = net->model->config.epsilon,
        .out = net->input + first * d,
        .q = net->input_q.q + first * d,
        .scale = net->input_q.scale + first,
        .offset = net->input_q.offset + first * san_offsets(d)};
    net->kernels->advance(&rows);
}

static void advance_rows(void *data, unsigned worker, size_t begin, size_t end)
{
    (void)worker;
    const struct advance *a = data;
    if (a->net->quantised && a->net->kernels->advance)
        advance_together(a, a->first + begin, end - begin);
    else
        for (size_t i = begin; i < end; i++)
            advance_row(a, a->first + i);
}

void san_advance(struct san_network *net, const struct san_part *part, float gate, const float *g)
{
    struct advance a = {net, gate, g, part->first};
    san_pool_run(part->pool, advance_rows, &a, part->count, ROW_GRAIN);
}

/* ---- projections ---- */

struct project {
    const struct san_network *net;
    const struct san_projection *projections;
    size_t count, first; /* projections; row of the pass */
    struct san_columns cols;
};

/* Of rows of x, which are rounded too. */
static struct project project_of(const struct san_network *net, const struct san_part *part,
    const struct san_projection *projections, size_t count, const float *x, const struct san_rounded *rounded)
{
    size_t n = projections->matrix->n, first = part->first;
    return (struct project){net, projections, count, first,
        {.n = n,
            .count = part->count,
            .x = x + first * n,
            .q = rounded->q + first * n,
            .scale = rounded->scale + first,
            .offset = rounded->offset + first * san_offsets(n)}};
}

/* Rows [row, until) of a matrix. */
static void project_rows(
    const struct project *p, const struct san_projection *projection, size_t row, size_t until)
{
    const struct san_matrix *matrix = projection->matrix;
    float *out = projection->out + p->first * matrix->rows + row;
    san_kernels_multiply(p->net->kernels, matrix)(out, matrix->rows, matrix, row, until - row, &p->cols);
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
    struct project p = project_of(net, part, projections, count, net->input, &net->input_q);
    project(part, &p);
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
    const float *values = a->memory->values + san_value_at(a->memory, t->head, t->span->begin) * hd;
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
    size_t tokens = t->span->end - t->span->begin, at = san_value_at(a->memory, t->head, t->span->begin);
    const float *scale = a->memory->value_scale + at;
    const int8_t *values = a->memory->value_q + at * hd;
    if (t->rows == 1) {
        net->kernels->weigh(s->weights, s->factors, scores, stride, group, scale, tokens);
        net->kernels->mix_weighed(out, hd, s->weights, stride, s->factors, group, values, tokens, hd);
        return;
    }
    for (size_t j = 0; j < group; j++) {
        int16_t *weights = s->weights + j * stride;
        net->kernels->weigh(weights, s->factors, scores + j * stride, group * stride, t->rows, scale, tokens);
        net->kernels->mix_weighed(
            out + j * hd, net->inner, weights, group * stride, s->factors, t->rows, values, tokens, hd);
    }
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
        .offset = net->query_offset + at * san_offsets(n)};
    struct san_matrix keys = san_keys_of(a->memory, t->head);
    size_t tile = keys.layout.rows, first = t->span->begin / tile * tile;
    size_t wide = (t->span->end - first + tile - 1) / tile * tile;
    san_kernels_multiply(net->kernels, &keys)(s->scores, net->score_stride, &keys, first, wide, &queries);
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
    round_row(net, &net->heads_q, net->q, row, net->inner);
}

void san_project_output(
    struct san_network *net, const struct san_part *part, const struct san_attention_weights *w)
{
    for_rows(net, part, quantize_row, NULL);
    const struct san_projection output = {&w->output, net->output};
    struct project p = project_of(net, part, &output, 1, net->q, &net->heads_q);
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

void san_attend(struct san_network *net, const struct san_part *part, const struct san_memory *memory)
{
    struct attend a = attend_of(net, part, memory);
    size_t rows = part->count < SAN_ATTEND_ROWS ? part->count : SAN_ATTEND_ROWS;
    san_pool_run(part->pool, attend_blocks, &a, net->model->config.kv_heads * a.blocks,
        grain_of(attend_products(net, part, rows)));
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

/* The projections of a head to where its thread finds them again at once: queries, keys and values side by
 * side. */
static struct san_head_rows project_near(
    const struct project *p, const struct san_heads *heads, const struct san_part *near, size_t head)
{
    const struct san_network *net = p->net;
    size_t stride = net->near_stride;
    float *at = net->near + near->worker * SAN_NEAR_ROWS * stride, *place[3];
    for (size_t i = 0; i < p->count; i++) {
        const struct san_matrix *matrix = p->projections[i].matrix;
        size_t own = head_rows(net, &p->projections[i]);
        san_kernels_multiply(net->kernels, matrix)(at, stride, matrix, head * own, own, &p->cols);
        place[i] = at;
        at += own;
    }
    struct san_head_rows rows = {
        .kv_head = head, .first = near->first, .count = near->count, .q_stride = stride, .kv_stride = stride};
    size_t next = 0;
    if (heads->queries)
        rows.q = place[next++];
    if (heads->keys) {
        rows.k = place[next];
        rows.v = place[next + 1];
    }
    return rows;
}

void san_project_heads(struct san_network *net, const struct san_part *part,
    const struct san_projection *projections, size_t count, const struct san_heads *heads)
{
    const struct san_config *c = &net->model->config;
    /* weights that are floats are read once for all rows; of short heads a tile would be of two */
    if (part->pool || !net->quantised || c->head_dim % net->kernels->layout.rows) {
        san_project(net, part, projections, count);
        san_prepare_heads(net, part, heads);
        return;
    }
    for (struct san_part near = san_near(net, part, part->first); near.count;
         near = san_near(net, part, near.first + near.count)) {
        const struct project p = project_of(net, &near, projections, count, net->input, &net->input_q);
        for (size_t head = 0; head < c->kv_heads; head++) {
            const struct san_head_rows rows = project_near(&p, heads, &near, head);
            san_prepare_head(net, heads, &rows);
        }
    }
}

/* What follows its projections. */
static void finish_head(const struct head_by_head *h, unsigned worker, size_t head)
{
    const struct attend *a = &h->attend;
    const struct san_head_rows rows = san_head_rows(a->net, head, a->part->first, a->part->count);
    san_prepare_head(a->net, h->heads, &rows);
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
        san_attend(net, part, memory);
        san_project_output(net, part, heads->weights);
        return;
    }
    struct head_by_head h = {project_of(net, part, projections, count, net->input, &net->input_q), heads,
        attend_of(net, part, memory), 0};
    for (size_t i = 0; i < count; i++)
        h.slabs += head_slabs(net, &projections[i]);
    for (size_t head = 0; head < c->kv_heads; head++)
        atomic_store_explicit(&net->slabs_left[head], (unsigned)h.slabs, memory_order_relaxed);
    size_t products = SLAB * h.project.cols.n * part->count;
    san_pool_run(part->pool, run_head_slabs, &h, c->kv_heads * h.slabs, grain_of(products));
    san_project_output(net, part, heads->weights);
}
