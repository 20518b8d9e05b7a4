/* generate.h - the greedy loop: decoder, grammar, the likeliest token, again. Internal to libsan. */
#ifndef SAN_GENERATE_H
#define SAN_GENERATE_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "grammar.h"
#include "network.h"
#include "san.h"

struct san_generated {
    const struct san_grammar *grammar; /* ended; has the calls */
    size_t tokens;                     /* written, eos included */
    const struct san_step *steps;      /* one a token, if they were asked for */
    size_t step_count;
    float probability; /* of all tokens, multiplied: without calls, that of "<none>" */
};

/* Writes the calls for an encoded prompt. A token that the grammar forces costs no logits, and runs of such
 * tokens go through the decoder as one batch. Bounded: at most SAN_OUTPUT_MAX tokens and max_tokens. Errors:
 * the decoder's, SAN_ENOMEM. */
enum san_status san_generate(struct san_network *network, const struct san_tools *tools,
    const struct san_prompt *prompt, struct san_arena *arena, size_t max_tokens, bool trace,
    struct san_generated *out, struct san_error *err);

#endif
