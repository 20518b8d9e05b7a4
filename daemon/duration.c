/* duration.c - see duration.h. */
#include "duration.h"

#include <stdlib.h>
#include <string.h>

enum { PHRASE_MAX = 4, SECONDS_MAX = 60 * 60 * 24 * 100 };

/* What is being read: words from `at` on. */
struct reading {
    const struct san_words *words;
    size_t at;
};

static const char *word(const struct reading *reading, size_t ahead)
{
    size_t i = reading->at + ahead;
    return i < reading->words->count ? reading->words->word[i].text : "";
}

/* Takes the words if they come next; a phrase ends with its first NULL. */
static bool take(struct reading *reading, const char *const phrase[PHRASE_MAX])
{
    size_t count = 0;
    while (count < PHRASE_MAX && phrase[count]) {
        if (strcmp(word(reading, count), phrase[count]) != 0)
            return false;
        count++;
    }
    reading->at += count;
    return true;
}

static bool take_one_of(struct reading *reading, const char *const (*phrases)[PHRASE_MAX], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (take(reading, phrases[i]))
            return true;
    return false;
}

#define TAKE_ONE_OF(reading, phrases) take_one_of(reading, phrases, sizeof(phrases) / sizeof(*(phrases)))

/* ---- amounts ---- */

static int64_t unit_seconds(const char *text)
{
    static const struct {
        const char *word;
        int64_t seconds;
    } units[] = {{"second", 1}, {"sec", 1}, {"minute", 60}, {"min", 60}, {"hour", 3600}, {"hr", 3600},
        {"day", 86400}, {"week", 7 * 86400}};
    size_t len = strlen(text);
    for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
        size_t stem = strlen(units[i].word);
        if (strncmp(text, units[i].word, stem) == 0 && (len == stem || strcmp(text + stem, "s") == 0))
            return units[i].seconds;
    }
    return 0;
}

/* How many halves and quarters count, so that they need no fractions. */
enum { WHOLE = 4, HALF = 2, QUARTER = 1 };

static bool take_unit(struct reading *reading, int64_t *seconds)
{
    *seconds = unit_seconds(word(reading, 0));
    reading->at += *seconds > 0;
    return *seconds > 0;
}

/* "And a half": behind a number or its unit. */
static int64_t take_half(struct reading *reading)
{
    static const char *const halves[][PHRASE_MAX] = {{"and", "a", "half"}, {"and", "half", "an"}};
    return TAKE_ONE_OF(reading, halves) ? HALF : 0;
}

/* "Half an hour", "3 quarters of an hour", "a couple of hours". */
static bool take_fraction(struct reading *reading, int64_t *quarters)
{
    static const struct {
        const char *const words[PHRASE_MAX];
        int64_t quarters;
    } fractions[] = {{{"half", "an"}, HALF}, {{"half", "a"}, HALF}, {{"a", "half"}, HALF},
        {{"a", "quarter", "of", "an"}, QUARTER}, {{"3", "quarters", "of", "an"}, 3 * QUARTER},
        {{"a", "couple", "of"}, 2 * WHOLE}, {{"a", "couple"}, 2 * WHOLE}, {{"half"}, HALF},
        {{"the", "next"}, WHOLE}, {{"an"}, WHOLE}, {{"a"}, WHOLE}};
    for (size_t i = 0; i < sizeof(fractions) / sizeof(*fractions); i++) {
        struct reading ahead = *reading;
        if (!take(&ahead, fractions[i].words) || !unit_seconds(word(&ahead, 0)))
            continue;
        *reading = ahead;
        *quarters = fractions[i].quarters;
        return true;
    }
    return false;
}

/* "10", "1.5"; a minus sign is none of it. */
static bool take_number(struct reading *reading, double *number)
{
    const char *text = word(reading, 0);
    size_t len = strlen(text);
    if (!len || len > 6 || strspn(text, "0123456789.") != len)
        return false;
    *number = strtod(text, NULL);
    reading->at++;
    return true;
}

/* "10 minutes", "an hour and a half", "2 and a half hours". */
static bool take_amount(struct reading *reading, int64_t *seconds)
{
    int64_t quarters = 0, unit;
    double number = 1;
    if (take_fraction(reading, &quarters)) {
        take_unit(reading, &unit);
        quarters += quarters == WHOLE ? take_half(reading) : 0;
        *seconds = unit * quarters / WHOLE;
        return true;
    }
    if (!take_number(reading, &number))
        return false;
    quarters = take_half(reading);
    if (!take_unit(reading, &unit))
        return false;
    quarters += quarters ? 0 : take_half(reading);
    *seconds = (int64_t)(number * (double)unit) + unit * quarters / WHOLE;
    return true;
}

/* "1 hour and 30 minutes". */
static bool take_length(struct reading *reading, int64_t *seconds)
{
    static const char *const and[PHRASE_MAX] = {"and"};
    if (!take_amount(reading, seconds))
        return false;
    struct reading ahead = *reading;
    int64_t more;
    take(&ahead, and);
    if (take_amount(&ahead, &more)) {
        *reading = ahead;
        *seconds += more;
    }
    if (*seconds > SECONDS_MAX)
        *seconds = SECONDS_MAX;
    return *seconds > 0;
}

/* ---- around them ---- */

/* An article with a short unit is a way of speaking: "pause it for a minute". */
static bool take_vague(struct reading *reading)
{
    static const char *const vague[][PHRASE_MAX] = {{"a", "little", "while"}, {"a", "short", "while"},
        {"a", "while"}, {"a", "little", "bit"}, {"a", "bit"}, {"a", "moment"}, {"a", "minute"}, {"a", "min"},
        {"a", "second"}, {"a", "sec"}, {"a", "few", "minutes"}, {"a", "few", "hours"},
        {"a", "few", "seconds"}, {"few", "minutes"}, {"few", "hours"}, {"little", "while"}, {"some", "time"},
        {"the", "time", "being"}, {"the", "moment"}, {"the", "night"}, {"the", "evening"}, {"the", "day"},
        {"tonight"}, {"today"}, {"now"}};
    return TAKE_ONE_OF(reading, vague);
}

static void take_lead(struct reading *reading)
{
    static const char *const leads[][PHRASE_MAX] = {{"the", "next"}, {"about"}, {"around"}, {"roughly"},
        {"approximately"}, {"exactly"}, {"just"}, {"only"}, {"another"}, {"maybe"}, {"like"}, {"at", "least"},
        {"at", "most"}, {"up", "to"}};
    while (TAKE_ONE_OF(reading, leads))
        ;
}

static void take_tail(struct reading *reading)
{
    static const char *const tails[][PHRASE_MAX] = {
        {"or", "so"}, {"only"}, {"exactly"}, {"at", "most"}, {"max"}, {"tops"}};
    TAKE_ONE_OF(reading, tails);
}

/* "The next hour" is a length before "the next" can be taken for the lead of "the next 2 hours". */
static bool take_how_long(struct reading *reading, int64_t *seconds)
{
    if (take_vague(reading) || take_length(reading, seconds))
        return true;
    take_lead(reading);
    return take_vague(reading) || take_length(reading, seconds);
}

/* "For 10 minutes and then pause it". */
static bool goes_on(const struct reading *reading)
{
    return strcmp(word(reading, strcmp(word(reading, 0), "and") == 0), "then") == 0;
}

static bool is_about_timer(const struct san_words *words)
{
    static const char *const timers[] = {
        "timer", "timers", "countdown", "reminder", "reminders", "remind", "snooze"};
    for (size_t i = 0; i < words->count; i++)
        for (size_t t = 0; t < sizeof(timers) / sizeof(*timers); t++)
            if (strcmp(words->word[i].text, timers[t]) == 0)
                return true;
    return false;
}

bool duration_find(const struct san_words *words, struct duration *out)
{
    if (is_about_timer(words))
        return false;
    for (size_t i = 0; i + 1 < words->count; i++) {
        struct reading reading = {.words = words, .at = i + 1};
        if (strcmp(words->word[i].text, "for") != 0)
            continue;
        *out = (struct duration){.begin = i};
        if (!take_how_long(&reading, &out->seconds))
            continue;
        take_tail(&reading);
        out->end = reading.at;
        return !goes_on(&reading);
    }
    return false;
}
