/* text.h - the one normaliser, for utterances and for registry names (docs/model.md, section 1).
 *
 * Unicode NFKC with case folding and without marks (utf8proc), number words to digits, units, fillers. What
 * it gives is what the tokenizer, the shortlist and the registry's search index see.
 */
#ifndef SAN_TEXT_H
#define SAN_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "status.h"

enum {
    SAN_TEXT_MAX = 1024, /* bytes of one text: some 180 spoken words, far beyond one command */
    SAN_WORDS_MAX = 64,
    SAN_WORD_MAX = 64, /* bytes of one normalised word */
};

/* One normalised word, and the bytes [begin, end) of the original text from which it came. */
struct san_word {
    const char *text; /* NUL-terminated, in the arena */
    size_t len;
    size_t begin, end;
};

struct san_words {
    struct san_word *word; /* in the arena */
    size_t count;
};

/* Splits text[0..len) into normalised words. Errors: SAN_EFORMAT (not UTF-8; says at which byte), SAN_ELIMIT,
 * SAN_ENOMEM. Text without any letter or digit gives count 0 and SAN_OK. */
enum san_status san_normalize(
    struct san_arena *arena, const char *text, size_t len, struct san_words *out, struct san_error *err);

/* The same, joined by single spaces into buf (NUL-terminated). SAN_ELIMIT if size does not suffice. */
enum san_status san_normalize_to(char *buf, size_t size, const char *text, size_t len, struct san_error *err);

/* Whether text[0..len) is UTF-8. */
bool san_is_utf8(const char *text, size_t len);

#endif
