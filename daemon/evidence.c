/* evidence.c - see evidence.h. */
#include "evidence.h"

#include <stdlib.h>
#include <string.h>

enum {
    PREFIX_MIN = 4,    /* letters of a word that was cut short: "auto" for "automation" */
    ONE_SLIP_FROM = 4, /* letters from which one wrong letter is forgiven */
    TWO_SLIPS_FROM = 8,
    SOUND_FROM = 4, /* letters from which a word may be another that sounds so */
    SOUND_LONGER = 2,
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

/* The consonant that the letters at `at` are, "" where they are mute, and how many letters that takes. */
static const char *consonant_at(const char *at, bool first, size_t *taken)
{
    static const struct {
        const char *letters, *sound;
        bool only_first;
    } sounds[] = {{"wr", "r", true}, {"kn", "n", true}, {"gh", "", false}, {"ph", "f", false},
        {"ce", "s", false}, {"ci", "s", false}, {"cy", "s", false}, {"ck", "k", false}, {"c", "k", false},
        {"q", "k", false}, {"z", "s", false}};
    for (size_t i = 0; i < sizeof(sounds) / sizeof(*sounds); i++)
        if ((first || !sounds[i].only_first) &&
            strncmp(at, sounds[i].letters, strlen(sounds[i].letters)) == 0) {
            size_t len = strlen(sounds[i].letters);
            *taken = strpbrk(sounds[i].letters + 1, "eiy") ? 1 : len; /* the vowel is a sound of its own */
            return sounds[i].sound;
        }
    *taken = 1;
    return NULL; /* the letter itself */
}

/* One letter for vowels that sound alike: "ei" and "ea", "oo" and "u". */
static char vowel_class(const char *at, size_t len)
{
    if (len == 1)
        return *at == 'y' ? 'i' : *at;
    if (strncmp(at, "oo", 2) == 0 || strncmp(at, "ou", 2) == 0 || strncmp(at, "ew", 2) == 0)
        return 'u';
    return *at == 'i' ? 'e' : *at; /* "ie", "ea", "ei" and "ee"; "ai", "ay", "oa", "ow" */
}

/* A word as it sounds: its consonants, doubles once, with its first vowels and a mark for each later group of
 * them, but for an "e" that ends it. "Write" and "right" have the same. */
static void write_sound(char out[SAN_WORD_MAX + 1], const char *word)
{
    static const char vowels[] = "aeiouy";
    size_t len = 0, taken;
    bool first_vowels = true;
    for (const char *at = word; *at && len < SAN_WORD_MAX; at += taken) {
        taken = strspn(at, vowels);
        if (taken) {
            taken += at[taken] == 'w'; /* "shower" */
            bool mute = strcmp(at, "e") == 0 && !first_vowels;
            if (!mute)
                out[len++] = first_vowels ? vowel_class(at, taken) : '-';
            first_vowels = false;
            continue;
        }
        const char *sound = consonant_at(at, at == word, &taken);
        char letter = sound ? *sound : *at;
        if (letter && (len == 0 || out[len - 1] != letter))
            out[len++] = letter;
    }
    out[len] = '\0';
}

/* Is one word the other as it was heard: "lite", "light"? */
static bool sounds_alike(const char *said, const char *named)
{
    char a[SAN_WORD_MAX + 1], b[SAN_WORD_MAX + 1];
    write_sound(a, said);
    write_sound(b, named);
    return strcmp(a, b) == 0;
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
    if (shorter >= SOUND_FROM && a - shorter + b - shorter <= SOUND_LONGER && sounds_alike(said, named))
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
