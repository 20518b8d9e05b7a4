/* decoder.c - output tokens through the decoder, one or several at a time (docs/model.md, section 5). */
#include "inference/run_state.h"

static void self_attention(struct san_network *net, uint32_t layer, float gate, size_t count)
{
    const struct san_attention_weights *w = &net->model->weights.dec[layer];
    const struct san_projection in[] = {{&w->q, net->q}, {&w->k, net->k}, {&w->v, net->v}};
    const struct san_heads heads = {w, &net->self[layer], .queries = true, .keys = true, .turn = true};
    for (size_t i = 0; i < count; i++) {
        uint32_t token = (uint32_t)(net->written + i);
        net->span[i] = (struct san_span){.begin = 0, .end = token + 1, .position = token, .token = token};
    }
    san_advance(net, gate, w->norm, count);
    san_project(net, in, 3, count);
    san_prepare_heads(net, &heads, count);
    san_attend(net, w, &net->self[layer], count);
}

static void cross_attention(struct san_network *net, uint32_t layer, float gate, size_t count)
{
    const struct san_attention_weights *w = &net->model->weights.cross[layer];
    const struct san_projection in = {&w->q, net->q};
    const struct san_heads heads = {w, &net->cross[layer], .queries = true};
    for (size_t i = 0; i < count; i++)
        net->span[i] = (struct san_span){.begin = 0, .end = (uint32_t)net->tokens};
    san_advance(net, gate, w->norm, count);
    san_project(net, &in, 1, count);
    san_prepare_heads(net, &heads, count);
    san_attend(net, w, &net->cross[layer], count);
}

/* The final norm of the last row. */
static void set_hidden(struct san_network *net, float gate, size_t count)
{
    const struct san_config *c = &net->model->config;
    float *x = net->x + (count - 1) * c->d;
    net->kernels->add(x, net->output + (count - 1) * c->d, gate, c->d);
    net->kernels->rms_norm(net->hidden, x, net->model->weights.dec_norm, c->d, c->epsilon);
    net->kernels->quantize(net->hidden_q, net->hidden_scale, net->hidden_offset, net->hidden, c->d);
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
    float gate = 0; /* of what the layer before has left */
    for (uint32_t layer = 0; layer < c->dec_layers; layer++) {
        self_attention(net, layer, gate, count);
        cross_attention(net, layer, net->model->weights.dec[layer].gate, count);
        gate = net->model->weights.cross[layer].gate;
    }
    set_hidden(net, gate, count);
    net->written += count;
    return SAN_OK;
}
