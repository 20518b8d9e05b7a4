/* toy_model.h - a model of random weights in memory, for tests and the benchmark. The same spec gives the
 * same bytes. */
#ifndef TOY_MODEL_H
#define TOY_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inference/gguf.h"

struct toy_spec {
    uint32_t d, heads, kv_heads, head_dim, enc_layers, dec_layers;
    uint32_t pieces; /* of text, beside the control and the byte tokens */
    uint32_t context_length, output_length;
    bool item_mask;
    bool needle; /* the prompt format; then <tool_call> and <tools> are the first two pieces */
    const char *const
        *texts; /* [text_count]: of the pieces behind those; the others are called p0, p1, ... */
    size_t text_count;
    uint32_t seed;      /* other weights; 0 too is a seed */
    enum san_type type; /* of the matrices */
    bool one_scale;     /* a row: of Q8_0 */
    const char *skip;   /* a tensor to leave out, or NULL */
};

/* A small one: d 64, 4 heads on 2, 2 + 2 layers. */
struct toy_spec toy_spec_small(enum san_type type, bool item_mask);

/* The file's bytes, for free(). */
void *toy_model_bytes(const struct toy_spec *spec, size_t *size);

enum { TOY_FIRST_PIECE = 4 + 256 }; /* four control tokens, then bytes */

/* The next of a fixed series of numbers, evenly from -1 to 1. */
float toy_random(uint32_t *state);

#endif
