/* run_state.h - what encoder.c, decoder.c and network.c share: the memory of one session, and the steps of an
 * attention layer.
 *
 * Rows are tokens. H*hd is `inner`, KV*hd is `kv`. `rows` is the most tokens of one pass.
 */
#ifndef SAN_RUN_STATE_H
#define SAN_RUN_STATE_H

#include "inference/context_cache.h"
#include "inference/kernels/kernels.h"
#include "inference/model.h"
#include "inference/network.h"
#include "inference/pool.h"

/* The tokens [begin, end) that a token attends to, and its position for RoPE. */
struct san_span {
    uint32_t begin, end, position;
};

/* A segment of the prompt. Those that are not remembered are the rows of the encoder's pass, without gap. */
struct san_placed {
    const int32_t *ids;
    uint32_t count;   /* tokens, at least 1 */
    uint32_t token;   /* its first, counted in the prompt */
    uint32_t row;     /* its first, counted in the pass */
    bool remembered;  /* entry holds it, and it has no row */
    san_cached entry; /* else: where to keep it, or SAN_NOT_CACHED */
};

struct san_network {
    const struct san_model *model;
    const struct san_kernels *kernels;
    struct san_pool *pool;           /* NULL: one thread */
    struct san_context_cache *cache; /* NULL: nothing is remembered */
    void *memory;                    /* all that follows lies in it */
    size_t inner, kv, rows, score_stride;
    bool quantised; /* some matrix is: activations are needed as groups too */

    float *cosine, *sine;      /* [positions][hd / 2] */
    struct san_span *span;     /* [rows] of the pass under way */
    struct san_placed *placed; /* [context_length] */
    size_t placed_count;
    float *x;        /* [rows][d] residual stream */
    float *input;    /* [rows][max(d, inner)] of a projection: normalised x, or heads' output */
    int8_t *input_q; /* the same as groups */
    float *input_scale;
    float *q;      /* [rows][inner] */
    float *k, *v;  /* [context_length][kv] of an encoder layer */
    float *output; /* [rows][d] of a layer, before the gate */
    float *scores; /* [threads][score_stride] */

    size_t tokens;            /* of the prompt; 0 before the first encode */
    float *cross_k, *cross_v; /* [dec_layers][context_length][kv] */
    size_t written;           /* tokens in the self-attention cache */
    float *self_k, *self_v;   /* [dec_layers][output_length][kv] */
    float *encoded;           /* [context_length][d] */
    float *hidden;            /* [d] after the final norm */
    int8_t *hidden_q;
    float *hidden_scale;
};

/* As san_network_new, with the kernels given. For tests that compare sets. */
struct san_network *san_network_new_with(const struct san_model *model, unsigned threads, size_t cache_bytes,
    const struct san_kernels *kernels, struct san_error *err);
/* Floats that the cache keeps of a token: keys and values of every encoder layer, keys and values for every
 * decoder layer's cross-attention, the encoder's output. */
size_t san_network_record(const struct san_network *net);

/* x[i] = embedding of ids[i], scaled by sqrt(d). The ids have been checked. */
void san_embed(struct san_network *net, const int32_t *ids, size_t count, float *x);
enum san_status san_check_ids(
    const struct san_network *net, const int32_t *ids, size_t count, struct san_error *err);

/* out[row] = norm(x[row]) for count rows of d. */
void san_norm_rows(const struct san_network *net, float *out, const float *x, const float *g, size_t count);
/* The rows of net->input as columns of a multiplication, quantised if a matrix of this model needs it. */
struct san_columns san_input_columns(struct san_network *net, size_t n, size_t count);
/* out[row][0 .. ne[1]) = matrix times column. Rows of out follow each other without gap. */
void san_project(
    struct san_network *net, float *out, const struct san_tensor *matrix, const struct san_columns *cols);
/* Per-head norm on x [count][heads * hd]; then RoPE at span[i].position, if span is not NULL. */
void san_prepare_heads(const struct san_network *net, float *x, const float *g, uint32_t heads, size_t count,
    const struct san_span *span);
/* net->q of count rows against keys and values [..][kv], each row over its span; then the output projection,
 * and x += gate * that. */
void san_attend(struct san_network *net, const struct san_attention_weights *w, const float *k,
    const float *v, size_t count);

#endif
