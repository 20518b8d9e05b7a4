/* prompt.h - a request as the network reads it: segments of token ids (docs/model.md, section 3). Internal to
 * libsan.
 *
 * The same pieces are what the grammar lets the network copy: names of items, words of the utterance.
 */
#ifndef SAN_PROMPT_H
#define SAN_PROMPT_H

#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "network.h"
#include "san.h"
#include "schema.h"
#include "text.h"

enum {
    SAN_QUERY_MAX = 64,       /* tokens, <tools> included: positions from 64 on are the items' */
    SAN_ITEM_TOKENS_MAX = 16, /* tokens of one item, its kind included; a longer name is cut */
};

/* The tokens of one word of the utterance. */
struct san_pieces {
    const int32_t *ids;
    size_t count;
};

struct san_prompt {
    struct san_words words;
    const struct san_pieces *pieces; /* [words.count] */
    const struct san_segment *segments;
    size_t segment_count;
    size_t tokens; /* of all segments */
    const struct san_phrase
        *phrases; /* what can be named, sorted: the items, and the speaker's area (index -1) */
    size_t phrase_count;
};

/* Builds the prompt of words (of request->text) in the arena. Errors: SAN_ELIMIT (utterance or item too long,
 * too many items), SAN_EINVAL (a kind that the model does not know), SAN_EFORMAT (a name that is not UTF-8),
 * SAN_ENOMEM. Names without a letter or digit can be neither said nor written: they are left out. */
enum san_status san_prompt_build(struct san_arena *arena, const struct san_tools *tools,
    const struct san_request *request, const struct san_words *words, struct san_prompt *out,
    struct san_error *err);

#endif
