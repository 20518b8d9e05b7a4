/* heads.c - what becomes of the rows of queries, keys and values before attention (docs/model.md, section 5).
 */
#include <math.h>
#include <string.h>

#include "inference/run_state.h"

enum {
    HEAD_MAX = 256,   /* numbers of a head */
    ROWS_NEAR = 8,    /* rows whose heads are gone through one after the other, while they are near */
    ROWS_AT_ONCE = 3, /* from so many on heads are quicker in one go */
    ROW_GRAIN = 8,    /* least rows that are worth another thread: about a microsecond */
};

/* ---- memory ---- */

struct san_matrix san_keys_of(const struct san_memory *memory, size_t head)
{
    struct san_matrix keys = memory->keys;
    keys.data = (char *)keys.data + head * memory->keys_bytes;
    return keys;
}

size_t san_value_at(const struct san_memory *memory, size_t head, size_t token)
{
    return head * memory->capacity + token;
}

static void remember_values(
    const struct san_network *net, struct san_memory *memory, size_t token, size_t head, const char *values)
{
    size_t hd = net->model->config.head_dim, at = san_value_at(memory, head, token);
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
    for (size_t h = 0; h < heads; h++) {
        struct san_matrix to = san_keys_of(memory, h);
        san_matrix_put_row(&to, token, keys + h * (net->key_bytes / heads));
        remember_values(net, memory, token, h, values + h * (net->value_bytes / heads));
    }
}

/* ---- heads, several in one go ---- */

/* Whether the kernels can, and there are enough of them. */
static bool in_one_go(const struct san_network *net, const struct san_head_rows *rows)
{
    return net->quantised && net->kernels->round_queries && net->key_n == net->model->config.head_dim &&
           net->key_n <= SAN_HEAD_MAX && rows->count >= ROWS_AT_ONCE;
}

/* In place: a copy of what was just written in other pieces would wait for it. */
static void set_head(struct san_head *head, const struct san_network *net, const struct san_heads *heads,
    const float *x, size_t row)
{
    size_t at = net->span[row].position * (size_t)(net->model->config.head_dim / 2);
    head->x = x;
    head->cosine = heads->turn ? net->cosine + at : NULL;
    head->sine = heads->turn ? net->sine + at : NULL;
}

static struct san_head_norm norm_by(const struct san_network *net, const float *g)
{
    const struct san_config *c = &net->model->config;
    return (struct san_head_norm){g, c->head_dim, c->epsilon};
}

static char *key_row(const struct san_network *net, const struct san_head_rows *rows, size_t i)
{
    size_t bytes = net->key_bytes / net->model->config.kv_heads;
    return net->key_rows + (rows->first + i) * net->key_bytes + rows->kv_head * bytes;
}

static char *value_row(const struct san_network *net, const struct san_head_rows *rows, size_t i)
{
    size_t bytes = net->value_bytes / net->model->config.kv_heads;
    return net->value_rows + (rows->first + i) * net->value_bytes + rows->kv_head * bytes;
}

/* Heads that wait until they are as many as go at once; where the first of them goes. */
struct batch {
    struct san_head head[SAN_HEADS_AT_ONCE];
    size_t count, at;
    struct san_head_norm norm;
};

static void round_batch(struct san_network *net, struct batch *batch)
{
    size_t n = batch->norm.n, at = batch->at;
    net->kernels->round_queries(net->query_q + at * n, net->query_scale + at,
        net->query_offset + at * san_offsets(n), batch->head, batch->count, &batch->norm);
    batch->at += batch->count;
    batch->count = 0;
}

static void round_queries(
    struct san_network *net, const struct san_heads *heads, const struct san_head_rows *rows, size_t at)
{
    const struct san_config *c = &net->model->config;
    size_t group = c->heads / c->kv_heads;
    struct batch batch;
    batch.count = 0;
    batch.at = at;
    batch.norm = norm_by(net, heads->weights->q_norm);
    for (size_t i = 0; i < rows->count; i++)
        for (size_t h = 0; h < group; h++) {
            const float *x = rows->q + i * rows->q_stride + h * c->head_dim;
            set_head(&batch.head[batch.count++], net, heads, x, rows->first + i);
            if (batch.count == SAN_HEADS_AT_ONCE)
                round_batch(net, &batch);
        }
    if (batch.count)
        round_batch(net, &batch);
}

static void round_keys(
    struct san_network *net, const struct san_heads *heads, const struct san_head_rows *rows)
{
    const struct san_head_norm norm = norm_by(net, heads->weights->k_norm);
    struct san_head head[SAN_HEADS_AT_ONCE];
    for (size_t first = 0, count; first < rows->count; first += count) {
        count = rows->count - first < SAN_HEADS_AT_ONCE ? rows->count - first : SAN_HEADS_AT_ONCE;
        for (size_t i = 0; i < count; i++) {
            set_head(&head[i], net, heads, rows->k + (first + i) * rows->kv_stride, rows->first + first + i);
            head[i].key = (struct san_block_q8_0 *)(void *)key_row(net, rows, first + i);
        }
        net->kernels->round_keys(head, count, &norm);
    }
}

/* ---- heads, one after the other ---- */

/* Normalised and turned, with zeros up to the length of a key. */
static void prepare_floats(
    const struct san_network *net, const struct san_head *head, const float *g, float *out)
{
    const struct san_config *c = &net->model->config;
    net->kernels->rms_norm(out, head->x, g, c->head_dim, c->epsilon);
    if (head->cosine)
        net->kernels->rope(out, head->cosine, head->sine, c->head_dim);
    memset(out + c->head_dim, 0, (net->key_n - c->head_dim) * sizeof(*out));
}

/* factor: of its scores. */
static void put_query(struct san_network *net, size_t at, const float *head, float factor)
{
    size_t n = net->key_n;
    if (net->quantised) {
        net->kernels->quantize(
            net->query_q + at * n, net->query_scale + at, net->query_offset + at * san_offsets(n), head, n);
        net->query_scale[at] *= factor;
        return;
    }
    for (size_t i = 0; i < n; i++)
        net->query[at * n + i] = head[i] * factor;
}

/* A key as a row of the file's kind, with one scale. What a half float cannot hold becomes the largest that
 * it can. */
static void put_key(const struct san_network *net, void *row, const float *head)
{
    struct san_block_q8_0 *blocks = row;
    if (!net->quantised) {
        memcpy(row, head, net->key_n * sizeof(*head));
        return;
    }
    int8_t q[HEAD_MAX];
    float scale;
    int32_t offset[HEAD_MAX / SAN_GROUP + 1];
    net->kernels->quantize(q, &scale, offset, head, net->key_n);
    for (size_t b = 0; b < net->key_n / SAN_GROUP; b++) {
        blocks[b].scale = san_float_to_half(scale);
        memcpy(blocks[b].q, q + b * SAN_GROUP, SAN_GROUP);
    }
}

/* Values of a head where attention reads them: floats, or integers and a scale. */
static void put_values(
    const struct san_network *net, struct san_memory *memory, size_t token, size_t head, const float *values)
{
    size_t hd = net->model->config.head_dim, at = san_value_at(memory, head, token);
    float padded[HEAD_MAX];
    int8_t q[HEAD_MAX];
    int32_t offset[HEAD_MAX / SAN_GROUP + 1];
    if (!net->quantised) {
        memcpy(memory->values + at * hd, values, hd * sizeof(*values));
    } else if (hd == net->key_n) {
        net->kernels->quantize(memory->value_q + at * hd, memory->value_scale + at, offset, values, hd);
    } else {
        memcpy(padded, values, hd * sizeof(*values));
        memset(padded + hd, 0, (net->key_n - hd) * sizeof(*padded));
        net->kernels->quantize(q, memory->value_scale + at, offset, padded, net->key_n);
        memcpy(memory->value_q + at * hd, q, hd);
    }
}

/* The same in one piece, as the cache keeps it. */
static void copy_values(
    const struct san_network *net, const struct san_memory *memory, size_t token, size_t head, char *row)
{
    size_t hd = net->model->config.head_dim, at = san_value_at(memory, head, token);
    if (!net->quantised) {
        memcpy(row, memory->values + at * hd, hd * sizeof(float));
        return;
    }
    memcpy(row, memory->value_scale + at, sizeof(float));
    memcpy(row + sizeof(float), memory->value_q + at * hd, hd);
}

/* ---- all of a key/value head ---- */

/* In the order of san_attend; scores are divided by the root of the length here. */
static void prepare_queries(
    struct san_network *net, const struct san_heads *heads, const struct san_head_rows *rows)
{
    const struct san_config *c = &net->model->config;
    size_t group = c->heads / c->kv_heads, queries = rows->count * group;
    size_t at = (rows->kv_head * net->pass_rows + rows->first) * group;
    float factor = 1.0f / sqrtf((float)c->head_dim), floats[HEAD_MAX];
    if (in_one_go(net, rows)) {
        round_queries(net, heads, rows, at);
        for (size_t i = 0; i < queries; i++)
            net->query_scale[at + i] *= factor;
        return;
    }
    for (size_t i = 0; i < queries; i++) {
        const float *x = rows->q + i / group * rows->q_stride + i % group * c->head_dim;
        struct san_head head;
        set_head(&head, net, heads, x, rows->first + i / group);
        prepare_floats(net, &head, heads->weights->q_norm, floats);
        put_query(net, at + i, floats, factor);
    }
}

static void prepare_keys(
    struct san_network *net, const struct san_heads *heads, const struct san_head_rows *rows)
{
    struct san_matrix to = san_keys_of(heads->memory, rows->kv_head);
    bool together = in_one_go(net, rows);
    if (together)
        round_keys(net, heads, rows);
    for (size_t i = 0; i < rows->count; i++) {
        size_t row = rows->first + i;
        char *key = key_row(net, rows, i);
        if (!together) {
            float floats[HEAD_MAX];
            struct san_head head;
            set_head(&head, net, heads, rows->k + i * rows->kv_stride, row);
            prepare_floats(net, &head, heads->weights->k_norm, floats);
            put_key(net, key, floats);
        }
        san_matrix_put_row(&to, net->span[row].token, key);
    }
}

static void prepare_values(
    struct san_network *net, const struct san_heads *heads, const struct san_head_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        size_t token = net->span[rows->first + i].token;
        put_values(net, heads->memory, token, rows->kv_head, rows->v + i * rows->kv_stride);
        if (net->cache)
            copy_values(net, heads->memory, token, rows->kv_head, value_row(net, rows, i));
    }
}

void san_prepare_head(
    struct san_network *net, const struct san_heads *heads, const struct san_head_rows *rows)
{
    if (heads->queries)
        prepare_queries(net, heads, rows);
    if (!heads->keys)
        return;
    prepare_keys(net, heads, rows);
    prepare_values(net, heads, rows);
}

struct san_head_rows san_head_rows(const struct san_network *net, size_t kv_head, size_t first, size_t count)
{
    const struct san_config *c = &net->model->config;
    size_t at = first * net->kv + kv_head * c->head_dim;
    return (struct san_head_rows){
        .kv_head = kv_head,
        .first = first,
        .count = count,
        .q = net->q + first * net->inner + kv_head * (c->heads / c->kv_heads) * c->head_dim,
        .k = net->k + at,
        .v = net->v + at,
        .q_stride = net->inner,
        .kv_stride = net->kv,
    };
}

struct prepare {
    struct san_network *net;
    const struct san_heads *heads;
    size_t first;
};

static void prepare_rows(void *data, unsigned worker, size_t begin, size_t end)
{
    (void)worker;
    const struct prepare *p = data;
    for (size_t row = begin, count; row < end; row += count) {
        count = end - row < ROWS_NEAR ? end - row : ROWS_NEAR;
        for (size_t h = 0; h < p->net->model->config.kv_heads; h++) {
            const struct san_head_rows rows = san_head_rows(p->net, h, p->first + row, count);
            san_prepare_head(p->net, p->heads, &rows);
        }
    }
}

void san_prepare_heads(struct san_network *net, const struct san_part *part, const struct san_heads *heads)
{
    struct prepare p = {net, heads, part->first};
    san_pool_run(part->pool, prepare_rows, &p, part->count, ROW_GRAIN);
}
