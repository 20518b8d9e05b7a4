/* encoder.c - the prompt through the encoder, once for each utterance (docs/model.md, sections 3 and 5).
 *
 * Under the item mask a token attends to a run of tokens that follow each other: its own segment, or, from
 * the query, all. So a mask is two numbers a token, and no score is computed that it would hide.
 *
 * Items that the cache remembers do not pass: the rows of a pass are the query and the other items, all in
 * one multiplication. Keys and values go where their tokens are in the prompt, and between them what is
 * remembered: what reads them adds up in the same order either way.
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
            .id = p->ids[i],
            .begin = alone ? p->token : 0,
            .end = alone ? p->token + p->count : tokens,
            .position = alone ? net->model->config.item_position + i : p->token + i,
            .token = p->token + i,
        };
}

/* Gives every segment that passes its rows. */
static void place_rows(struct san_network *net, bool query, size_t tokens)
{
    const struct san_config *c = &net->model->config;
    uint32_t rows = 0;
    for (size_t i = 0; i < net->placed_count; i++) {
        struct san_placed *p = &net->placed[i];
        if (p->remembered)
            continue;
        p->row = rows;
        set_spans(net, p, c->item_mask && i >= query, rows, (uint32_t)tokens);
        rows += p->count;
    }
    net->pass_rows = rows;
}

static void place(struct san_network *net, const struct san_segment *segments, size_t count, size_t tokens)
{
    bool query = segments[0].count > 0;
    if (net->cache)
        san_context_cache_begin(net->cache);
    place_segments(net, segments, count);
    if (net->cache)
        reserve_segments(net, query);
    place_rows(net, query, tokens);
}

/* Where a token's record has the keys of attention `layer` of all, the decoder's cross-attentions behind the
 * encoder's; its values follow. */
static size_t record_at(const struct san_network *net, uint32_t layer)
{
    return layer * (net->key_bytes + net->value_bytes);
}

static void keep_rows(struct san_network *net, const struct san_placed *p, size_t at)
{
    size_t keys = net->key_bytes, values = net->value_bytes;
    san_context_cache_write(net->cache, p->entry, at, keys, net->key_rows + p->row * keys);
    san_context_cache_write(net->cache, p->entry, at + keys, values, net->value_rows + p->row * values);
}

static void recall_rows(
    struct san_network *net, struct san_memory *memory, const struct san_placed *p, size_t at)
{
    size_t keys = net->key_bytes, values = net->value_bytes;
    san_context_cache_read(net->cache, p->entry, at, keys, net->key_rows);
    san_context_cache_read(net->cache, p->entry, at + keys, values, net->value_rows);
    for (size_t t = 0; t < p->count; t++)
        san_remember(net, memory, p->token + t, net->key_rows + t * keys, net->value_rows + t * values);
}

/* What the cache is to keep of the pass's keys and values goes there; then what it remembers of other
 * segments joins them in the memory, by way of their buffers. */
static void settle_memory(struct san_network *net, struct san_memory *memory, uint32_t layer)
{
    size_t at = record_at(net, layer);
    for (size_t i = 0; i < net->placed_count; i++)
        if (net->placed[i].entry != SAN_NOT_CACHED && !net->placed[i].remembered)
            keep_rows(net, &net->placed[i], at);
    for (size_t i = 0; i < net->placed_count; i++)
        if (net->placed[i].remembered)
            recall_rows(net, memory, &net->placed[i], at);
}

/* ---- the pass ---- */

/* Up to where all keys and values must be there. */
static void take_in(struct san_network *net, const void *data, const struct san_part *part)
{
    uint32_t layer = *(const uint32_t *)data;
    const struct san_attention_weights *w = &net->model->weights.enc[layer];
    const struct san_projection in[] = {{&w->q, net->q}, {&w->k, net->k}, {&w->v, net->v}};
    const struct san_heads heads = {w, &net->encoder, .queries = true, .keys = true, .turn = true};
    if (layer == 0) {
        san_embed(net, part);
        san_advance(net, part, 0, w->norm);
    }
    san_project_heads(net, part, in, 3, &heads);
}

/* The encoder's output is net->input, and goes to where its tokens are in the prompt, too. */
static void leave(struct san_network *net, const struct san_part *part)
{
    size_t d = net->model->config.d;
    for (size_t row = part->first; row < part->first + part->count; row++)
        memcpy(net->encoded + net->span[row].token * d, net->input + row * d, d * sizeof(float));
}

/* From there to the input of the next layer, or the final norm. */
static void attend(struct san_network *net, const void *data, const struct san_part *part)
{
    uint32_t layer = *(const uint32_t *)data, layers = net->model->config.enc_layers;
    const struct san_attention_weights *w = &net->model->weights.enc[layer];
    const float *norm = layer + 1 < layers ? w[1].norm : net->model->weights.enc_norm;
    san_attend(net, part, &net->encoder);
    for (struct san_part near = san_near(net, part, part->first); near.count;
         near = san_near(net, part, near.first + near.count)) {
        san_project_output(net, &near, w);
        san_advance(net, &near, w->gate, norm);
    }
    if (layer + 1 == layers)
        leave(net, part);
}

/* Keys and values of the prompt for a decoder layer, from the encoder's output. */
static void take_in_cross(struct san_network *net, const void *data, const struct san_part *part)
{
    uint32_t layer = *(const uint32_t *)data;
    const struct san_attention_weights *w = &net->model->weights.cross[layer];
    const struct san_projection in[] = {{&w->k, net->k}, {&w->v, net->v}};
    const struct san_heads heads = {w, &net->cross[layer], .keys = true};
    san_project_heads(net, part, in, 2, &heads);
}

enum san_status san_network_encode(
    struct san_network *net, const struct san_segment *segments, size_t count, struct san_error *err)
{
    const struct san_config *c = &net->model->config;
    size_t tokens;
    enum san_status status = count_tokens(net, segments, count, &tokens, err);
    if (status)
        return status;
    place(net, segments, count, tokens);
    for (uint32_t layer = 0; layer < c->enc_layers; layer++) {
        san_run_step(net, take_in, &layer);
        settle_memory(net, &net->encoder, layer);
        san_run_step(net, attend, &layer);
    }
    for (uint32_t layer = 0; layer < c->dec_layers; layer++) {
        san_run_step(net, take_in_cross, &layer);
        settle_memory(net, &net->cross[layer], c->enc_layers + layer);
    }
    net->tokens = tokens;
    net->written = 0;
    return SAN_OK;
}
