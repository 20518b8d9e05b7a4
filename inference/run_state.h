/* run_state.h - what network.c, attention.c, heads.c, encoder.c and decoder.c share: the memory of one
 * session, and the steps of an attention layer.
 *
 * Rows are tokens. H*hd is `inner`, KV*hd is `kv`. `rows` is the most tokens of one pass.
 */
#ifndef SAN_RUN_STATE_H
#define SAN_RUN_STATE_H

#include <stdatomic.h>

#include "inference/context_cache.h"
#include "inference/kernels/kernels.h"
#include "inference/model.h"
#include "inference/network.h"
#include "inference/pool.h"

/* What a row is: a token, the tokens [begin, end) that it attends to, its position for RoPE, and its place
 * among the tokens, where its keys and values go. */
struct san_span {
    int32_t id;
    uint32_t begin, end, position, token;
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

/* Keys and values of one attention. Keys are a matrix for each key/value head, a row for each token: scores
 * are the multiplication of that with queries. They are Q8_0 where the network is quantised, each group of a
 * key with the scale that it needs; else F32. Values are integers, too, where the network is quantised, with
 * a scale for each head of a token: what an item's values become depends on no other token. Else floats. */
struct san_memory {
    struct san_matrix keys; /* of the first head; those of the next follow */
    size_t keys_bytes;      /* of a head */
    float *values;          /* [KV][capacity][hd], or: */
    int8_t *value_q;        /* [KV][capacity][hd] */
    float *value_scale;     /* [KV][capacity] */
    size_t capacity;        /* tokens */
};

/* Rows of n floats as integers. */
struct san_rounded {
    int8_t *q;       /* [rows][n] */
    float *scale;    /* [rows] */
    int32_t *offset; /* [rows][san_offsets(n)] */
};

struct san_network {
    const struct san_model *model;
    const struct san_kernels *kernels;
    struct san_pool *pool;           /* NULL: one thread */
    struct san_context_cache *cache; /* NULL: nothing is remembered */
    void *block;                     /* all that follows lies in it */
    size_t inner, kv, rows, score_stride;
    bool quantised;         /* some matrix is: activations are needed as integers too */
    size_t key_n;           /* numbers of a key: hd, with zeros up to a group if quantised */
    size_t key_bytes;       /* of the keys of a token, as rows of the file's kind */
    size_t value_bytes;     /* of the values of a token: of each head a scale and integers, or floats */

    float *cosine, *sine;      /* [positions][hd / 2] */
    struct san_span *span;     /* [rows] of the pass under way */
    size_t pass_rows;          /* how many those are */
    struct san_placed *placed; /* [context_length] */
    size_t placed_count;
    float *x;                   /* [rows][d] residual stream */
    float *input;               /* [rows][d] of a projection: normalised x */
    struct san_rounded input_q; /* the same as integers */
    float *q, *k, *v;           /* [rows][inner], [rows][kv], [rows][kv]; the heads' output in place of q */
    float *near;                /* [threads][SAN_NEAR_ROWS][near_stride] the same of one key/value head */
    size_t near_stride;
    struct san_rounded heads_q; /* that as integers */
    char *key_rows;             /* [rows][key_bytes] */
    char *value_rows;           /* [rows][value_bytes] */
    float *query;               /* [KV][pass_rows][H / KV][key_n]: heads that share keys lie together */
    int8_t *query_q;            /* the same as integers */
    float *query_scale;         /* one a query */
    int32_t *query_offset;
    float *output;           /* [rows][d] of a layer, before the gate */
    atomic_uint *slabs_left; /* [KV] of a head's projections, that are not done */
    float *scores;           /* [threads][SAN_ATTEND_ROWS * H / KV][score_stride] */
    int16_t *weights;        /* the same, of values that are integers */
    float *factors;          /* [threads][SAN_ATTEND_ROWS * H / KV] of those */

    size_t tokens;                   /* of the prompt; 0 before the first encode */
    struct san_memory encoder;       /* of the encoder layer under way; context_length tokens */
    struct san_memory *cross, *self; /* [dec_layers]; context_length and output_length tokens */
    size_t written;                  /* tokens in `self` */
    float *encoded;                  /* [context_length][d]; not of what is remembered */
    float *hidden;                   /* [d] after the final norm */
    int8_t *hidden_q;
    float *hidden_scale;
    int32_t *hidden_offset;
};

enum {
    SAN_ATTEND_ROWS = 6,                 /* that attend together, and that kernels multiply at once */
    SAN_NEAR_ROWS = 2 * SAN_ATTEND_ROWS, /* that go through several loops while they are near */
};

/* Bytes that the cache keeps of a token: keys and values of every encoder layer, and those for every decoder
 * layer's cross-attention. */
size_t san_network_record(const struct san_network *net);

/* SAN_EINVAL if one of the ids is not of the model's vocabulary. */
enum san_status san_check_ids(
    const struct san_network *net, const int32_t *ids, size_t count, struct san_error *err);

/* The rows of a pass that one thread takes through several steps; or all of them, and a pool whose threads
 * share each step. Either way the same bits come out. */
struct san_part {
    size_t first, count;
    struct san_pool *pool; /* NULL: this thread alone */
    unsigned worker;       /* which it is, then */
};
typedef void san_step_fn(struct san_network *net, const void *data, const struct san_part *part);
/* Runs the step for all rows of the pass, and returns when they are through. Many rows are dealt out to the
 * threads: what a core has written it then reads itself, and weights are read by all. Few rows go together:
 * then each weight is read by one. */
void san_run_step(struct san_network *net, san_step_fn *step, const void *data);

/* Of the rows of a part from `row` on, those that one thread best takes through several loops while they are
 * near; all, if threads share each, or weights are floats: then these are better near. */
struct san_part san_near(const struct san_network *net, const struct san_part *part, size_t row);

/* x = embedding of the rows' ids, scaled by sqrt(d). */
void san_embed(struct san_network *net, const struct san_part *part);
/* What one attention layer leaves for the next: x += gate * output, unless gate is 0; then input = norm(x) by
 * g, as integers too if a matrix of this model needs it. */
void san_advance(struct san_network *net, const struct san_part *part, float gate, const float *g);

/* A matrix times the input, to rows of `out` of matrix->rows numbers without gap. */
struct san_projection {
    const struct san_matrix *matrix;
    float *out;
};
void san_project(struct san_network *net, const struct san_part *part,
    const struct san_projection *projections, size_t count);

/* What becomes of net->q, net->k and net->v: queries are normalised, turned to their positions if `turn`, and
 * stand ready for san_attend; keys are normalised and turned, and go with the values to the memory, from
 * net->key_rows and net->value_rows. */
struct san_heads {
    const struct san_attention_weights *weights;
    struct san_memory *memory;
    bool queries, keys, turn;
};
void san_prepare_heads(struct san_network *net, const struct san_part *part, const struct san_heads *heads);
/* san_project and san_prepare_heads, head by head while its numbers are near. */
void san_project_heads(struct san_network *net, const struct san_part *part,
    const struct san_projection *projections, size_t count, const struct san_heads *heads);
/* The projections of a key/value head, of rows one behind the other, and where they stand: those of a row
 * follow each other, those of the next are a stride further. */
struct san_head_rows {
    size_t kv_head, first, count;
    const float *q, *k, *v; /* of row `first` */
    size_t q_stride, kv_stride;
};
/* In net->q, net->k and net->v. */
struct san_head_rows san_head_rows(const struct san_network *net, size_t kv_head, size_t first, size_t count);
/* san_prepare_heads for these alone. */
void san_prepare_head(
    struct san_network *net, const struct san_heads *heads, const struct san_head_rows *rows);
/* The keys of a head; and where token `token` of its values is, which is also where a scale of its own
 * stands, in floats. */
struct san_matrix san_keys_of(const struct san_memory *memory, size_t head);
size_t san_value_at(const struct san_memory *memory, size_t head, size_t token);
/* The keys and values of a token, as net->key_rows and net->value_rows have them, into a memory. */
void san_remember(const struct san_network *net, struct san_memory *memory, size_t token, const char *keys,
    const char *values);

/* The queries against the memory, each row over its span, in place of the queries; and the output projection
 * of that, into net->output. */
void san_attend(struct san_network *net, const struct san_part *part, const struct san_memory *memory);
void san_project_output(
    struct san_network *net, const struct san_part *part, const struct san_attention_weights *w);
/* All of that from san_project on, for all rows of a pass where they are few: what belongs to a
 * key/value head goes on to the weighted values as soon as its projections are there, and threads meet once
 * instead of three times. */
void san_attend_by_head(struct san_network *net, const struct san_part *part,
    const struct san_projection *projections, size_t count, const struct san_heads *heads,
    const struct san_memory *memory);

#endif
