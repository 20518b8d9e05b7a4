/* words.c - see words.h. */
#include "words.h"

#include <string.h>

_Static_assert(SAN_WORDS_MAX <= 64, "a mask holds the words of an utterance");

enum { ENTRY_WORDS_MAX = 6, ENTRY_MAX = 64 }; /* of one entry of a list */

/* Writes words [begin, end) to out; false if they are longer than any entry. */
static bool join(char out[ENTRY_MAX], const struct san_words *words, size_t begin, size_t end)
{
    size_t len = 0;
    for (size_t i = begin; i < end; i++) {
        if (len + words->word[i].len + 2 > ENTRY_MAX)
            return false;
        if (len)
            out[len++] = ' ';
        memcpy(out + len, words->word[i].text, words->word[i].len + 1);
        len += words->word[i].len;
    }
    return len > 0;
}

static bool is_entry(
    const struct phrases *phrases, const char *list, const struct san_words *words, size_t begin, size_t end)
{
    char text[ENTRY_MAX];
    return join(text, words, begin, end) && phrases_has_word(phrases, list, text);
}

static size_t longest(size_t begin, size_t end)
{
    return end - begin < ENTRY_WORDS_MAX ? end - begin : ENTRY_WORDS_MAX;
}

size_t words_begin_with(
    const struct phrases *phrases, const char *list, const struct san_words *words, size_t begin, size_t end)
{
    for (size_t count = longest(begin, end); count > 0; count--)
        if (is_entry(phrases, list, words, begin, begin + count))
            return count;
    return 0;
}

size_t words_end_with(
    const struct phrases *phrases, const char *list, const struct san_words *words, size_t begin, size_t end)
{
    for (size_t count = longest(begin, end); count > 0; count--)
        if (is_entry(phrases, list, words, end - count, end))
            return count;
    return 0;
}

bool words_has(const struct phrases *phrases, const char *list, const struct san_words *words, size_t at)
{
    return phrases_has_word(phrases, list, words->word[at].text);
}

size_t words_find(const struct san_words *words, const struct san_words *row)
{
    for (size_t at = 0; row->count && at + row->count <= words->count; at++) {
        size_t same = 0;
        while (same < row->count && strcmp(words->word[at + same].text, row->word[same].text) == 0)
            same++;
        if (same == row->count)
            return at;
    }
    return words->count;
}

uint64_t words_mask(const struct san_words *words, const struct san_words *row)
{
    uint64_t mask = 0;
    size_t begin = words_find(words, row);
    for (size_t at = begin; at < words->count && at < begin + row->count; at++)
        mask |= 1ULL << at;
    return mask;
}

const char *words_join(const struct san_words *words, size_t begin, size_t end, struct san_arena *arena)
{
    struct sentence sentence = {.len = 0};
    sentence_add_words(&sentence, words, begin, end);
    const char *copy = san_arena_strndup(arena, sentence.text, sentence.len);
    return copy ? copy : "";
}

void sentence_add(struct sentence *sentence, const char *part)
{
    size_t len = strlen(part), space = sentence->len ? 1 : 0;
    if (!len || sentence->len + space + len + 1 > sizeof(sentence->text))
        return;
    if (space)
        sentence->text[sentence->len++] = ' ';
    memcpy(sentence->text + sentence->len, part, len + 1);
    sentence->len += len;
}

void sentence_add_words(struct sentence *sentence, const struct san_words *words, size_t begin, size_t end)
{
    for (size_t i = begin; i < end; i++)
        sentence_add(sentence, words->word[i].text);
}
