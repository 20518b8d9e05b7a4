/* evidence.h - are the names in a call borne out by the words that were said?
 *
 * The network chooses among names that the words can mean, but it may still choose wrongly. Before anything
 * is done, every name, area and floor of a call must be found again in the utterance: most of its words, give
 * or take a misheard letter.
 */
#ifndef HEARTHD_EVIDENCE_H
#define HEARTHD_EVIDENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "inference/arena.h"
#include "inference/text.h"

/* How much of a name was said. */
struct evidence {
    size_t said, of; /* words of the name */
    uint64_t where;  /* the words that say it: bit i is word i of the utterance */
};
struct evidence evidence_find(const struct san_words *said, const char *name, struct san_arena *arena);

/* True if at least half of the words of name (as people write it) appear in what was said, in any order:
 * equal, singular for plural, joined or split, cut short, or off by a letter or two. A name without words is
 * not borne out; out of memory neither. */
bool evidence_of(const struct san_words *said, const char *name, struct san_arena *arena);

/* True if both are the same spoken word, as above. */
bool evidence_word(const char *said, const char *named);

#endif
