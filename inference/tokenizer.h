/* tokenizer.h - SentencePiece BPE over single words (docs/model.md, section 2).
 *
 * Reads tokenizer.ggml.* from an open GGUF file. Only normal and byte tokens ever come out of text; control
 * tokens are found by san_tokenizer_find. Immutable after creation.
 */
#ifndef SAN_TOKENIZER_H
#define SAN_TOKENIZER_H

#include <stddef.h>
#include <stdint.h>

#include "gguf.h"
#include "status.h"

struct san_tokenizer;

/* Copies what it needs; the file may be closed. NULL and *err on failure. */
struct san_tokenizer *san_tokenizer_new(const struct san_gguf *file, struct san_error *err);
/* NULL is allowed. */
void san_tokenizer_free(struct san_tokenizer *tokenizer);

/* How many tokens there are; the id that ends a text. */
size_t san_tokenizer_size(const struct san_tokenizer *tokenizer);
int32_t san_tokenizer_eos(const struct san_tokenizer *tokenizer);
/* The id of the token with exactly this text, control tokens included; -1 if there is none. */
int32_t san_tokenizer_find(const struct san_tokenizer *tokenizer, const char *text);
/* The text of a token (U+2581 for a leading space, "<0xNN>" for a byte); lives as long as the tokenizer. */
const char *san_tokenizer_text(const struct san_tokenizer *tokenizer, int32_t id);

/* The pieces of one normalised word, with its leading U+2581. Writes at most max ids; returns how many there
 * are, or -1 if they do not fit. Allocates nothing. word has at most SAN_WORD_MAX bytes. */
int san_tokenizer_word(
    const struct san_tokenizer *tokenizer, const char *word, size_t len, int32_t *ids, int max);

enum {
    SAN_RUNNING_MAX = 16384, /* bytes of running text */
    SAN_SPELLING_MAX = 256,  /* bytes of a token */
};

/* The pieces of running text, as SentencePiece gives them under the identity normalisation: with one space in
 * front, and several spaces as one, unless tokenizer.ggml.add_space_prefix or .remove_extra_whitespaces is
 * false. What looks like a control token is text too. Writes at most max ids; returns how many there are, or
 * -1 if they do not fit or the text is too long. scratch: san_tokenizer_scratch(len) bytes, aligned to 4. */
int san_tokenizer_running(const struct san_tokenizer *tokenizer, const char *text, size_t len, void *scratch,
    int32_t *ids, int max);
static inline size_t san_tokenizer_scratch(size_t len)
{
    return 3 * (len + 1) * (sizeof(int32_t) + sizeof(uint16_t) + 1) + sizeof(uint16_t);
}

/* The bytes that a token adds to running text: U+2581 is a space, a byte token its byte; nothing for control
 * tokens. Returns how many. */
size_t san_tokenizer_spelling(const struct san_tokenizer *tokenizer, int32_t id, char out[SAN_SPELLING_MAX]);

#endif
