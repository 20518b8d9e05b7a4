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

/* The words that say this one: alone, or as two that make it up. */
static uint64_t word_where(const struct san_words *said, const char *word)
{
    char joined[JOINED_MAX];
    uint64_t mask = 0;
    for (size_t i = 0; i < said->count; i++) {
        if (evidence_word(said->word[i].text, word))
            mask |= 1ULL << i;
        if (i + 1 < said->count && join(joined, &said->word[i], &said->word[i + 1]) &&
            strcmp(joined, word) == 0)
            mask |= 3ULL << i;
    }
    return mask;
}

struct evidence evidence_find(const struct san_words *said, const char *name, struct san_arena *arena)
{
    struct san_words words;
    struct evidence out = {0};
    char joined[JOINED_MAX];
    if (san_normalize(arena, name, strlen(name), &words, NULL) != SAN_OK)
        return out;
    out.of = words.count;
    for (size_t i = 0; i < words.count; i++) {
        uint64_t here = word_where(said, words.word[i].text);
        out.said += here != 0;
        if (!here && i + 1 < words.count && join(joined, &words.word[i], &words.word[i + 1]) &&
            (here = word_where(said, joined)) != 0) { /* "live room" is named, "liveroom" was said */
            out.said += 2;
            i++;
        }
        out.where |= here;
    }
    return out;
}

bool evidence_of(const struct san_words *said, const char *name, struct san_arena *arena)
{
    struct evidence found = evidence_find(said, name, arena);
    return found.of > 0 && found.said * 2 >= found.of;
}
