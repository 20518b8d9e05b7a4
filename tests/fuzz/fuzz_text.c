/* The normaliser over any bytes: refused, or words that keep their promises. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "inference/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct san_arena *arena = san_arena_new(4096, 0);
    struct san_words words;
    if (!arena)
        return 0;
    if (san_normalize(arena, (const char *)data, size, &words, NULL) == SAN_OK) {
        if (words.count > SAN_WORDS_MAX)
            abort();
        for (size_t i = 0; i < words.count; i++) {
            const struct san_word *word = &words.word[i];
            if (!word->len || word->len > SAN_WORD_MAX || word->len != strlen(word->text))
                abort();
            if (word->begin >= word->end || word->end > size)
                abort();
        }
    }
    san_arena_free(arena);
    return 0;
}
