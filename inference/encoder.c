/* encoder.c - the prompt through the encoder, once for each utterance (docs/model.md, sections 3 and 5).
 *
 * Under the item mask a token attends to a run of tokens that follow each other: its own segment, or, from
 * the query, all. So a mask is two numbers a token, and no score is computed that it would hide. */
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

static void set_spans(struct san_network *net, const struct san_segment *segments, size_t count, size_t total)
{
    const struct san_config *c = &net->model->config;
    uint32_t at = 0;
    for (size_t s = 0; s < count; s++) {
        uint32_t begin = at, len = (uint32_t)segments[s].count;
        bool alone = c->item_mask && s > 0;
        for (uint32_t i = 0; i < len; i++, at++)
            net->span[at] = (struct san_span){
                .begin = alone ? begin : 0,
                .end = alone ? begin + len : (uint32_t)total,
                .position = alone ? c->item_position + i : at,
            };
    }
}

static void encoder_layer(struct san_network *net, const struct san_attention_weights *w, size_t tokens)
{
    const struct san_config *c = &net->model->config;
    san_norm_rows(net, net->input, net->x, w->norm, tokens);
    struct san_columns cols = san_input_columns(net, c->d, tokens);
    san_project(net, net->q, w->q, &cols);
    san_project(net, net->k, w->k, &cols);
    san_project(net, net->v, w->v, &cols);
    san_prepare_heads(net, net->q, w->q_norm, c->heads, tokens, net->span);
    san_prepare_heads(net, net->k, w->k_norm, c->kv_heads, tokens, net->span);
    san_attend(net, w, net->k, net->v, tokens);
}

/* Keys and values of the prompt for every decoder layer, from the encoder's output. */
static void fill_cross(struct san_network *net, size_t tokens)
{
    const struct san_config *c = &net->model->config;
    memcpy(net->input, net->encoded, tokens * c->d * sizeof(float));
    struct san_columns cols = san_input_columns(net, c->d, tokens);
    for (uint32_t layer = 0; layer < c->dec_layers; layer++) {
        const struct san_attention_weights *w = &net->model->weights.cross[layer];
        size_t at = (size_t)layer * c->context_length * net->kv;
        san_project(net, net->cross_k + at, w->k, &cols);
        san_project(net, net->cross_v + at, w->v, &cols);
        san_prepare_heads(net, net->cross_k + at, w->k_norm, c->kv_heads, tokens, NULL);
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
    set_spans(net, segments, count, tokens);
    float *x = net->x;
    for (size_t s = 0; s < count; s++) {
        san_embed(net, segments[s].ids, segments[s].count, x);
        x += segments[s].count * c->d;
    }
    for (uint32_t layer = 0; layer < c->enc_layers; layer++)
        encoder_layer(net, &net->model->weights.enc[layer], tokens);
    san_norm_rows(net, net->encoded, net->x, net->model->weights.enc_norm, tokens);
    fill_cross(net, tokens);
    net->tokens = tokens;
    net->written = 0;
    return SAN_OK;
}
