/* The normaliser over any bytes: refused, or words that keep their promises; and those stay as they are. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "inference/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(const char *text, size_t len)
{
    char once[2 * SAN_WORDS_MAX * SAN_WORD_MAX], twice[sizeof once];
    if (san_normalize_to(once, sizeof once, text, len, NULL) != SAN_OK || strlen(once) > SAN_TEXT_MAX)
        return;
    if (san_normalize_to(twice, sizeof twice, once, strlen(once), NULL) != SAN_OK || strcmp(once, twice) != 0)
        abort();
}

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
        check_again((const char *)data, size);
    }
    san_arena_free(arena);
    return 0;
}
