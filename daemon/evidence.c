/* evidence.c - see evidence.h. */
#include "evidence.h"

#include <stdlib.h>
#include <string.h>

enum {
    PREFIX_MIN = 4,    /* letters of a word that was cut short: "auto" for "automation" */
    ONE_SLIP_FROM = 4, /* letters from which one wrong letter is forgiven */
    TWO_SLIPS_FROM = 8,
    JOINED_MAX = 2 * SAN_WORD_MAX + 1,
};

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Levenshtein distance in bytes: for what is compared here (folded Latin mostly) bytes are letters. */
static size_t distance(const char *a, const char *b)
{
    size_t row[JOINED_MAX + 1];
    size_t width = strlen(b);
    for (size_t j = 0; j <= width; j++)
        row[j] = j;
    for (; *a; a++) {
        size_t diagonal = row[0]++;
        for (size_t j = 1; j <= width; j++) {
            size_t change = diagonal + (*a != b[j - 1]);
            diagonal = row[j];
            row[j] = least(change, least(row[j], row[j - 1]) + 1);
        }
    }
    return row[width];
}

static bool has_digit(const char *word)
{
    return word[strcspn(word, "0123456789")] != '\0';
}

bool evidence_word(const char *said, const char *named)
{
    if (strcmp(said, named) == 0)
        return true;
    if (has_digit(said) || has_digit(named)) /* lamp 1 is not lamp 2 */
        return false;
    size_t a = strlen(said), b = strlen(named);
    size_t shorter = least(a, b);
    if (a > JOINED_MAX || b > JOINED_MAX)
        return false;
    if (shorter >= PREFIX_MIN && strncmp(said, named, shorter) == 0)
        return true;
    if (shorter >= TWO_SLIPS_FROM)
        return distance(said, named) <= 2;
    if (shorter >= ONE_SLIP_FROM)
        return distance(said, named) <= 1;
    return (a == b + 1 && said[b] == 's' && strncmp(said, named, b) == 0) ||
           (b == a + 1 && named[a] == 's' && strncmp(said, named, a) == 0);
}

/* Writes first and second as one word; false if that is no word any more. */
static bool join(char out[JOINED_MAX], const struct san_word *first, const struct san_word *second)
{
    if (first->len + second->len + 1 > JOINED_MAX)
        return false;
    memcpy(out, first->text, first->len);
    memcpy(out + first->len, second->text, second->len + 1);
    return true;
}

/* Is the word said: alone, or as two words that make it up? */
static bool word_said(const struct san_words *said, const char *word)
{
    char joined[JOINED_MAX];
    for (size_t i = 0; i < said->count; i++) {
        if (evidence_word(said->word[i].text, word))
            return true;
        if (i + 1 < said->count && join(joined, &said->word[i], &said->word[i + 1]) &&
            evidence_word(joined, word))
            return true;
    }
    return false;
}

bool evidence_of(const struct san_words *said, const char *name, struct san_arena *arena)
{
    struct san_words words;
    if (san_normalize(arena, name, strlen(name), &words, NULL) != SAN_OK || !words.count)
        return false;
    char joined[JOINED_MAX];
    size_t found = 0;
    for (size_t i = 0; i < words.count; i++) {
        if (word_said(said, words.word[i].text)) {
            found++;
        } else if (i + 1 < words.count && join(joined, &words.word[i], &words.word[i + 1]) &&
                   word_said(said, joined)) { /* "live room" is named, "liveroom" was said */
            found += 2;
            i++;
        }
    }
    return found * 2 >= words.count;
}
