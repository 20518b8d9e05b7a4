/* decoder.c - output tokens through the decoder, one or several at a time (docs/model.md, section 5). */
#include "inference/run_state.h"

static void self_attention(struct san_network *net, const struct san_part *part, uint32_t index, float gate)
{
    const struct san_attention_weights *w = &net->model->weights.dec[index];
    struct san_memory *memory = &net->self[index];
    const struct san_projection in[] = {{&w->q, net->q}, {&w->k, net->k}, {&w->v, net->v}};
    const struct san_heads heads = {w, memory, .queries = true, .keys = true, .turn = true};
    san_advance(net, part, gate, w->norm);
    san_attend_by_head(net, part, in, 3, &heads, memory);
}

static void cross_attention(struct san_network *net, const struct san_part *part, uint32_t index, float gate)
{
    const struct san_attention_weights *w = &net->model->weights.cross[index];
    const struct san_heads heads = {w, NULL, .queries = true};
    san_advance(net, part, gate, w->norm);
    san_attend_by_head(net, part, &(struct san_projection){&w->q, net->q}, 1, &heads, &net->cross[index]);
}

static void set_self_spans(struct san_network *net, const int32_t *ids, size_t count)
{
    net->pass_rows = count;
    for (size_t i = 0; i < count; i++) {
        uint32_t token = (uint32_t)(net->written + i);
        net->span[i] =
            (struct san_span){.id = ids[i], .begin = 0, .end = token + 1, .position = token, .token = token};
    }
}

static void set_span_ends(struct san_network *net, size_t first_end, size_t growth)
{
    for (size_t i = 0; i < net->pass_rows; i++)
        net->span[i].end = (uint32_t)(first_end + i * growth);
}

/* The final norm of the last row. */
static void set_hidden(struct san_network *net, float gate)
{
    const struct san_config *c = &net->model->config;
    size_t last = net->pass_rows - 1;
    float *x = net->x + last * c->d;
    net->kernels->add(x, net->output + last * c->d, gate, c->d);
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
    set_self_spans(net, ids, count);
    const struct san_part all = {0, count, net->pool, 0};
    float gate = 0; /* of what the attention before has left */
    san_embed(net, &all);
    for (uint32_t i = 0; i < c->dec_layers; i++) {
        set_span_ends(net, net->written + 1, 1); /* of each row: what is written before it, and itself */
        self_attention(net, &all, i, gate);
        set_span_ends(net, net->tokens, 0); /* of all: the prompt */
        cross_attention(net, &all, i, net->model->weights.dec[i].gate);
        gate = net->model->weights.cross[i].gate;
    }
    set_hidden(net, gate);
    net->written += count;
    return SAN_OK;
}
