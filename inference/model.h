/* model.h - a model file bound to typed, shape-checked tensors. Internal to libsan.
 *
 * Config (numbers), weights (matrices in the order of the kernels, vectors) and run state (network.h) are
 * three structs; this file has the first two. Weights are copied out of the file, whose tensors are then let
 * go: a file that changes or shrinks later harms nobody, and nothing is in memory twice.
 */
#ifndef SAN_MODEL_H
#define SAN_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "confidence.h"
#include "gguf.h"
#include "kernels/kernels.h"
#include "status.h"
#include "tokenizer.h"

enum { SAN_LAYERS_MAX = 64 };

struct san_config {
    uint32_t d;        /* embedding length */
    uint32_t heads;    /* H */
    uint32_t kv_heads; /* KV, divides H */
    uint32_t head_dim; /* hd, a multiple of 8 */
    uint32_t enc_layers, dec_layers;
    uint32_t vocab;
    uint32_t context_length, output_length;
    uint32_t
        item_position; /* position of the first token of every segment but the query, under the item mask */
    bool item_mask;
    bool hearth_format;
    float rope_base, epsilon;
};

struct san_attention_weights {
    const float *norm;                 /* g [d] */
    struct san_matrix q, k, v, output; /* rows of d: H*hd, KV*hd, KV*hd; of H*hd: d */
    const float *q_norm, *k_norm;      /* g [hd] */
    float gate;                        /* sigmoid already applied */
};

struct san_weights {
    struct san_matrix embedding; /* vocab rows of d */
    struct san_attention_weights enc[SAN_LAYERS_MAX], dec[SAN_LAYERS_MAX], cross[SAN_LAYERS_MAX];
    const float *enc_norm, *dec_norm; /* g [d] */
};

struct san_model {
    struct san_gguf *file;
    struct san_tokenizer *tokenizer;
    const struct san_kernels *kernels; /* those that the weights are laid out for */
    struct san_config config;
    struct san_weights weights;
    struct san_confidence confidence;
    void *memory; /* of the weights */
    char *name;   /* general.name, NUL-terminated */
};

/* Binds an open file, checks every key, shape, type and number, and lays the weights out for the kernels in
 * use. Takes the file over, also when it fails: NULL and *err. */
struct san_model *san_model_from_gguf(struct san_gguf *file, struct san_error *err);
/* The same for the kernels given. For tests that compare sets. */
struct san_model *san_model_from_gguf_with(
    struct san_gguf *file, const struct san_kernels *kernels, struct san_error *err);

#endif
