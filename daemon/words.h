/* words.h - runs of words in a sentence, against the lists of the phrase file (its section "words"). */
#ifndef HEARTHD_WORDS_H
#define HEARTHD_WORDS_H

#include <stdint.h>

#include "inference/text.h"
#include "phrases.h"

/* How many of words [begin, end), from begin on, are the longest entry of the list that fits; 0: none does.
 */
size_t words_begin_with(
    const struct phrases *phrases, const char *list, const struct san_words *words, size_t begin, size_t end);
/* The same at the end: how many words up to end. */
size_t words_end_with(
    const struct phrases *phrases, const char *list, const struct san_words *words, size_t begin, size_t end);
/* Is this one word an entry of the list? */
bool words_has(const struct phrases *phrases, const char *list, const struct san_words *words, size_t at);

/* Where the words of `row` stand one behind the other, first time; words->count if nowhere, or if it has
 * none. */
size_t words_find(const struct san_words *words, const struct san_words *row);

/* The words that are found so, as a mask: bit i is word i; 0 if nowhere. */
uint64_t words_mask(const struct san_words *words, const struct san_words *row);

/* Words [begin, end) joined by spaces, in the arena; "" if out of memory. */
const char *words_join(const struct san_words *words, size_t begin, size_t end, struct san_arena *arena);

/* A sentence that is put together from parts, with single spaces between them. What goes beyond SAN_TEXT_MAX
 * is cut, as the sentence would be refused anyway. */
struct sentence {
    char text[SAN_TEXT_MAX];
    size_t len;
};
void sentence_add(struct sentence *sentence, const char *part);
void sentence_add_words(struct sentence *sentence, const struct san_words *words, size_t begin, size_t end);

#endif
