/* decoder.c - output tokens through the decoder, one or several at a time (docs/model.md, section 5). */
#include "inference/run_state.h"

static void set_self_spans(struct san_network *net, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t position = (uint32_t)(net->written + i);
        net->span[i] = (struct san_span){.begin = 0, .end = position + 1, .position = position};
    }
}

static void self_attention(struct san_network *net, uint32_t layer, size_t count)
{
    const struct san_config *c = &net->model->config;
    const struct san_attention_weights *w = &net->model->weights.dec[layer];
    size_t cache = (size_t)layer * c->output_length * net->kv;
    size_t at = cache + net->written * net->kv;
    set_self_spans(net, count);
    san_norm_rows(net, net->input, net->x, w->norm, count);
    struct san_columns cols = san_input_columns(net, c->d, count);
    san_project(net, net->q, w->q, &cols);
    san_project(net, net->self_k + at, w->k, &cols);
    san_project(net, net->self_v + at, w->v, &cols);
    san_prepare_heads(net, net->q, w->q_norm, c->heads, count, net->span);
    san_prepare_heads(net, net->self_k + at, w->k_norm, c->kv_heads, count, net->span);
    san_attend(net, w, net->self_k + cache, net->self_v + cache, count);
}

static void cross_attention(struct san_network *net, uint32_t layer, size_t count)
{
    const struct san_config *c = &net->model->config;
    const struct san_attention_weights *w = &net->model->weights.cross[layer];
    size_t at = (size_t)layer * c->context_length * net->kv;
    for (size_t i = 0; i < count; i++)
        net->span[i] = (struct san_span){.begin = 0, .end = (uint32_t)net->tokens};
    san_norm_rows(net, net->input, net->x, w->norm, count);
    struct san_columns cols = san_input_columns(net, c->d, count);
    san_project(net, net->q, w->q, &cols);
    san_prepare_heads(net, net->q, w->q_norm, c->heads, count, NULL);
    san_attend(net, w, net->cross_k + at, net->cross_v + at, count);
}

enum san_status san_network_decode(
    struct san_network *net, const int32_t *ids, size_t count, struct san_error *err)
{
    const struct san_config *c = &net->model->config;
    if (!net->tokens || !count)
        return san_fail(err, SAN_EINVAL, "the decoder needs an encoded prompt and at least one token");
    if (count > c->output_length - net->written)
        return san_fail(err, SAN_ELIMIT, "the output is longer than the model's %u tokens", c->output_length);
    enum san_status status = san_check_ids(net, ids, count, err);
    if (status)
        return status;
    san_embed(net, ids, count, net->x);
    for (uint32_t layer = 0; layer < c->dec_layers; layer++) {
        self_attention(net, layer, count);
        cross_attention(net, layer, count);
    }
    san_norm_rows(net, net->hidden, net->x + (count - 1) * c->d, net->model->weights.dec_norm, 1);
    net->kernels->quantize(net->hidden_q, net->hidden_scale, net->hidden, c->d);
    net->written += count;
    return SAN_OK;
}
