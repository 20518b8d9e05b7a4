/* network.h - the forward pass: encoder and decoder over mapped weights (docs/model.md, section 5).
 *
 * A san_network is the run state of one session: activations, the decoder's self-attention key/value cache,
 * the cross-attention keys and values of the current prompt, and what is remembered of context items. All of
 * it is allocated by san_network_new; the passes allocate nothing.
 */
#ifndef SAN_NETWORK_H
#define SAN_NETWORK_H

#include <stddef.h>
#include <stdint.h>

#include "context_cache.h"
#include "status.h"

struct san_model;
struct san_network;

/* One part of the prompt. Segment 0 is the query; the others are the speaker's area and the context items. */
struct san_segment {
    const int32_t *ids;
    size_t count;
};

/* cache_bytes bounds what is kept of context items between prompts (context_cache.h); 0: nothing. It changes
 * the time that a prompt takes, and no bit of what comes out. Not used where the mask is "joint". The
 * model must outlive it. NULL and *err on failure. */
struct san_network *san_network_new(
    const struct san_model *model, unsigned threads, size_t cache_bytes, struct san_error *err);
/* NULL is allowed. */
void san_network_free(struct san_network *network);

/* Runs the encoder over the prompt but for the items that are remembered, computes every decoder layer's
 * cross-attention keys and values, and empties the self-attention cache. Errors: SAN_ELIMIT (more tokens than
 * san.context_length), SAN_EINVAL (an id out of range). */
enum san_status san_network_encode(
    struct san_network *network, const struct san_segment *segments, size_t count, struct san_error *err);

/* Runs count >= 1 decoder tokens (first ever: eos) through the decoder as one batch; afterwards the hidden
 * state of the last one is current. SAN_ELIMIT past san.output_length. */
enum san_status san_network_decode(
    struct san_network *network, const int32_t *ids, size_t count, struct san_error *err);

/* logits[i] of token ids[i] at the current hidden state (after a decode): count dot products, not a
 * vocabulary's. The ids must be in range; those that follow each other (n, n + 1, ...) cost least. */
void san_network_logits(const struct san_network *network, const int32_t *ids, size_t count, float *logits);

/* What is remembered; all zero without a cache. */
struct san_context_cache_stats san_network_cache_stats(const struct san_network *network);

/* The encoder's output, [tokens, embedding_length] row by row, for tests and the retrieval head; lives until
 * the next encode. The rows of items that were remembered are not in it: nothing needs them again. */
const float *san_network_encoded(const struct san_network *network, size_t *tokens);

#endif
