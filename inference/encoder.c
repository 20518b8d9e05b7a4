/* encoder.c - the prompt through the encoder, once for each utterance (docs/model.md, sections 3 and 5).
 *
 * Under the item mask a token attends to a run of tokens that follow each other: its own segment, or, from
 * the query, all. So a mask is two numbers a token, and no score is computed that it would hide.
 *
 * Items that the cache remembers do not pass: the rows of a pass are the query and the other items, all in
 * one multiplication. Keys, values and outputs are computed row by row and then settle where their tokens are
 * in the prompt, and between them what is remembered: what reads them adds up in the same order either way.
 */
#include <string.h>

#include "inference/run_state.h"

static enum san_status count_tokens(const struct san_network *net, const struct san_segment *segments,
    size_t count, size_t *total, struct san_error *err)
{
    uint32_t limit = net->model->config.context_length;
    *total = 0;
    for (size_t s = 0; s < count; s++) {
        if (segments[s].count > limit - *total)
            return san_fail(
                err, SAN_ELIMIT, "the prompt is longer than the model's %u tokens: give fewer items", limit);
        *total += segments[s].count;
        enum san_status status = san_check_ids(net, segments[s].ids, segments[s].count, err);
        if (status)
            return status;
    }
    if (!*total)
        return san_fail(err, SAN_EINVAL, "the prompt is empty");
    return SAN_OK;
}

/* ---- what passes, and what is remembered ---- */

static void place_segments(struct san_network *net, const struct san_segment *segments, size_t count)
{
    uint32_t token = 0;
    net->placed_count = 0;
    for (size_t s = 0; s < count; s++) {
        if (!segments[s].count)
            continue;
        struct san_placed *p = &net->placed[net->placed_count++];
        *p = (struct san_placed){.ids = segments[s].ids,
            .count = (uint32_t)segments[s].count,
            .token = token,
            .entry = SAN_NOT_CACHED};
        token += p->count;
        if (net->cache && s > 0) {
            p->entry = san_context_cache_find(net->cache, p->ids, p->count);
            p->remembered = p->entry != SAN_NOT_CACHED;
        }
    }
}

/* When all have been looked for: keeping one evicts none of the others. `query` is whether segment 0 has
 * tokens: it depends on all others, and is not kept. */
static void reserve_segments(struct san_network *net, bool query)
{
    for (size_t i = query; i < net->placed_count; i++) {
        struct san_placed *p = &net->placed[i];
        if (!p->remembered)
            p->entry = san_context_cache_reserve(net->cache, p->ids, p->count);
    }
}

static void set_spans(
    struct san_network *net, const struct san_placed *p, bool alone, uint32_t row, uint32_t tokens)
{
    for (uint32_t i = 0; i < p->count; i++)
        net->span[row + i] = (struct san_span){
            .begin = alone ? p->token : 0,
            .end = alone ? p->token + p->count : tokens,
            .position = alone ? net->model->config.item_position + i : p->token + i,
        };
}

/* Gives every segment that passes its rows; returns how many rows there are. */
static size_t place_rows(struct san_network *net, bool query, size_t tokens)
{
    const struct san_config *c = &net->model->config;
    uint32_t rows = 0;
    for (size_t i = 0; i < net->placed_count; i++) {
        struct san_placed *p = &net->placed[i];
        if (p->remembered)
            continue;
        p->row = rows;
        set_spans(net, p, c->item_mask && i >= query, rows, (uint32_t)tokens);
        san_embed(net, p->ids, p->count, net->x + rows * (size_t)c->d);
        rows += p->count;
    }
    return rows;
}

static size_t place(struct san_network *net, const struct san_segment *segments, size_t count, size_t tokens)
{
    bool query = segments[0].count > 0;
    if (net->cache)
        san_context_cache_begin(net->cache);
    place_segments(net, segments, count);
    if (net->cache)
        reserve_segments(net, query);
    return place_rows(net, query, tokens);
}

/* From rows of the pass to tokens of the prompt, in place; `at` is where a token's record has them. A row
 * never lies behind its token: from the last segment to the first, none is overwritten before it has moved.
 */
static void settle(struct san_network *net, float *rows, size_t width, size_t at)
{
    for (size_t i = net->placed_count; i-- > 0;) {
        const struct san_placed *p = &net->placed[i];
        float *to = rows + p->token * width;
        if (p->remembered) {
            san_context_cache_read(net->cache, p->entry, at, width, to);
            continue;
        }
        memmove(to, rows + p->row * width, p->count * width * sizeof(*rows));
        if (p->entry != SAN_NOT_CACHED)
            san_context_cache_write(net->cache, p->entry, at, width, to);
    }
}

/* Keys and values of layer `layer` of all layers, the decoder's cross-attentions behind the encoder's. */
static void settle_keys_and_values(struct san_network *net, float *k, float *v, uint32_t layer)
{
    settle(net, k, net->kv, 2 * (size_t)layer * net->kv);
    settle(net, v, net->kv, (2 * (size_t)layer + 1) * net->kv);
}

/* ---- the pass ---- */

static void encoder_layer(struct san_network *net, uint32_t layer, size_t rows)
{
    const struct san_config *c = &net->model->config;
    const struct san_attention_weights *w = &net->model->weights.enc[layer];
    san_norm_rows(net, net->input, net->x, w->norm, rows);
    struct san_columns cols = san_input_columns(net, c->d, rows);
    san_project(net, net->q, w->q, &cols);
    san_project(net, net->k, w->k, &cols);
    san_project(net, net->v, w->v, &cols);
    san_prepare_heads(net, net->q, w->q_norm, c->heads, rows, net->span);
    san_prepare_heads(net, net->k, w->k_norm, c->kv_heads, rows, net->span);
    settle_keys_and_values(net, net->k, net->v, layer);
    san_attend(net, w, net->k, net->v, rows);
}

/* Keys and values of the prompt for every decoder layer, from the encoder's output. */
static void fill_cross(struct san_network *net, size_t rows)
{
    const struct san_config *c = &net->model->config;
    memcpy(net->input, net->encoded, rows * c->d * sizeof(float));
    struct san_columns cols = san_input_columns(net, c->d, rows);
    for (uint32_t layer = 0; layer < c->dec_layers; layer++) {
        const struct san_attention_weights *w = &net->model->weights.cross[layer];
        float *k = net->cross_k + (size_t)layer * c->context_length * net->kv;
        float *v = net->cross_v + (size_t)layer * c->context_length * net->kv;
        san_project(net, k, w->k, &cols);
        san_project(net, v, w->v, &cols);
        san_prepare_heads(net, k, w->k_norm, c->kv_heads, rows, NULL);
        settle_keys_and_values(net, k, v, c->enc_layers + layer);
    }
}

enum san_status san_network_encode(
    struct san_network *net, const struct san_segment *segments, size_t count, struct san_error *err)
{
    const struct san_config *c = &net->model->config;
    size_t tokens;
    enum san_status status = count_tokens(net, segments, count, &tokens, err);
    if (status)
        return status;
    size_t rows = place(net, segments, count, tokens);
    for (uint32_t layer = 0; layer < c->enc_layers; layer++)
        encoder_layer(net, layer, rows);
    san_norm_rows(net, net->encoded, net->x, net->model->weights.enc_norm, rows);
    fill_cross(net, rows);
    settle(net, net->encoded, c->d, san_network_record(net) - c->d);
    net->tokens = tokens;
    net->written = 0;
    return SAN_OK;
}
