/* fraction.c - see fraction.h. */
#include "fraction.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FRACTIONS_MAX = 8, /* of one sentence */
    PART_MAX = 100,    /* the largest number in one */
    CLOSE = 5,         /* per cent by which the network may miss one that it does not know by heart */
};

struct fraction {
    size_t at; /* its first word of two */
    int part, whole, percent;
};

struct fractions {
    struct fraction fraction[FRACTIONS_MAX];
    size_t count;
};

/* The number that a word is, or 0. */
static int number_of(const struct san_word *word)
{
    char *end;
    long number = isdigit((unsigned char)word->text[0]) ? strtol(word->text, &end, 10) : 0;
    return number > 0 && number <= PART_MAX && !*end ? (int)number : 0;
}

static int named_whole(const char *word)
{
    static const struct {
        const char *word;
        int whole;
    } names[] = {{"half", 2}, {"halves", 2}, {"third", 3}, {"thirds", 3}, {"quarter", 4}, {"quarters", 4},
        {"fourth", 4}, {"fourths", 4}, {"fifth", 5}, {"fifths", 5}, {"sixth", 6}, {"sixths", 6},
        {"eighth", 8}, {"eighths", 8}, {"tenth", 10}, {"tenths", 10}};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(names[i].word, word) == 0)
            return names[i].whole;
    return 0;
}

/* "1/3", and the one character that is the same. */
static bool is_slashed(const char *text, const struct san_word *word)
{
    static const char *const slashes[] = {"/", "\xe2\x81\x84"};
    if (word[0].begin == word[1].begin)
        return true;
    size_t len = word[1].begin - word[0].end;
    for (size_t i = 0; i < sizeof(slashes) / sizeof(slashes[0]); i++)
        if (strlen(slashes[i]) == len && strncmp(text + word[0].end, slashes[i], len) == 0)
            return true;
    return false;
}

static struct fractions find_fractions(const struct understand_request *prepared)
{
    const struct san_words *words = &prepared->words;
    struct fractions found = {.count = 0};
    for (size_t i = 0; i + 1 < words->count && found.count < FRACTIONS_MAX; i++) {
        const struct san_word *word = &words->word[i];
        int part = strcmp(word->text, "a") == 0 ? 1 : number_of(word), whole = named_whole(word[1].text);
        if (!whole && part && is_slashed(prepared->request.text, word))
            whole = number_of(&word[1]);
        if (part && whole > part)
            found.fraction[found.count++] =
                (struct fraction){i, part, whole, (int)lround(100.0 * part / whole)};
    }
    return found;
}

/* Was that said as a number, outside of fractions? */
static bool was_said(const struct san_words *words, const struct fractions *fractions, int number)
{
    size_t next = 0;
    for (size_t i = 0; i < words->count; i++) {
        if (next < fractions->count && fractions->fraction[next].at == i) {
            next++;
            i++;
        } else if (number_of(&words->word[i]) == number) {
            return true;
        }
    }
    return false;
}

/* The one fraction from which the value can come, or NULL. */
static const struct fraction *source_of(const struct fractions *fractions, int value)
{
    const struct fraction *source = NULL;
    for (size_t i = 0; i < fractions->count; i++) {
        const struct fraction *fraction = &fractions->fraction[i];
        if (fraction->percent == value)
            return NULL; /* it is right */
        if (fraction->part != value && fraction->whole != value && abs(fraction->percent - value) > CLOSE)
            continue;
        if (source)
            return NULL;
        source = fraction;
    }
    return source;
}

static bool is_of_a_hundred(const char *slot)
{
    static const char *const slots[] = {"brightness", "position", "volume_level", "percentage"};
    for (size_t i = 0; i < sizeof(slots) / sizeof(slots[0]); i++)
        if (strcmp(slots[i], slot) == 0)
            return true;
    return false;
}

static void put_right(const struct san_words *words, const struct fractions *fractions, struct home_arg *arg,
    struct san_arena *arena)
{
    char text[16];
    int value = (int)arg->number;
    if (!arg->is_number || !is_of_a_hundred(arg->slot) || was_said(words, fractions, value))
        return;
    const struct fraction *source = source_of(fractions, value);
    if (!source)
        return;
    snprintf(text, sizeof(text), "%d", source->percent);
    const char *copy = san_arena_strndup(arena, text, strlen(text));
    if (!copy)
        return;
    arg->text = copy;
    arg->number = source->percent;
}

void fraction_apply(
    const struct understand_request *prepared, struct understood *understood, struct san_arena *arena)
{
    struct fractions fractions = find_fractions(prepared);
    for (size_t i = 0; fractions.count && i < understood->call_count; i++) {
        struct home_call *call = &understood->calls[i].call;
        for (size_t j = 0; j < call->arg_count; j++)
            put_right(&prepared->words, &fractions, &call->args[j], arena);
    }
}
