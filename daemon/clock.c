/* clock.c - see clock.h. */
#include "clock.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum half { HALF_UNKNOWN, HALF_MORNING, HALF_EVENING, HALF_NIGHT };

/* What is being read: words from `at` on. */
struct reading {
    const struct san_words *words;
    size_t at;
    struct clock_time *time;
    enum half half;
};

static const char *word(const struct reading *reading, size_t ahead)
{
    size_t i = reading->at + ahead;
    return i < reading->words->count ? reading->words->word[i].text : "";
}

static bool is_one_of(const char *text, const char *const *list)
{
    for (; *list; list++)
        if (strcmp(*list, text) == 0)
            return true;
    return false;
}

/* Takes the words if they come next. */
static bool take(struct reading *reading, const char *first, const char *second)
{
    if (strcmp(word(reading, 0), first) != 0 || (second && strcmp(word(reading, 1), second) != 0))
        return false;
    reading->at += second ? 2 : 1;
    return true;
}

/* A whole number of at most two digits up to max, or -1. */
static int small_number(const char *text, int max)
{
    size_t len = strspn(text, "0123456789");
    int value = len == 1 || len == 2 ? atoi(text) : -1;
    return !text[len] && value <= max ? value : -1;
}

/* ---- the hour and the minute ---- */

static bool set_time(struct reading *reading, int hour, int minute)
{
    if (hour < 0 || hour > 24 || minute < 0 || minute > 59)
        return false;
    reading->time->hour = hour % 24;
    reading->time->minute = minute;
    reading->time->half_known = hour == 0 || hour > 12;
    return true;
}

static bool read_named(struct reading *reading)
{
    bool noon = take(reading, "noon", NULL) || take(reading, "midday", NULL);
    if (!noon && !take(reading, "midnight", NULL))
        return false;
    set_time(reading, noon ? 12 : 0, 0);
    reading->time->half_known = true;
    return true;
}

/* The minutes before or after the hour: "half", "a quarter", "20", "20 minutes"; -1 if it is none. */
static int read_part(struct reading *reading)
{
    if (take(reading, "half", NULL))
        return 30;
    if (take(reading, "quarter", NULL) || take(reading, "a", "quarter"))
        return 15;
    int minutes = small_number(word(reading, 0), 59);
    if (minutes > 0) {
        reading->at++;
        if (!take(reading, "minutes", NULL))
            take(reading, "minute", NULL);
    }
    return minutes > 0 ? minutes : -1;
}

/* "half past 10", "20 to 8". */
static bool read_relative(struct reading *reading)
{
    size_t start = reading->at;
    int minutes = read_part(reading);
    bool past = minutes > 0 && (take(reading, "past", NULL) || take(reading, "after", NULL));
    bool to = minutes > 0 && !past && (take(reading, "to", NULL) || take(reading, "before", NULL));
    int hour = past || to ? small_number(word(reading, 0), 12) : -1;
    if (hour < 1) {
        reading->at = start;
        return false;
    }
    reading->at++;
    if (to)
        return set_time(reading, hour == 1 ? 12 : hour - 1, 60 - minutes);
    return set_time(reading, hour, minutes);
}

/* "6:30", "07:05", and "7.30" where something later says that it is a time. */
static bool read_digital(struct reading *reading)
{
    const char *text = word(reading, 0);
    const char *sign = text + strcspn(text, ":.");
    char hour[3] = "";
    if (!*sign || sign - text > 2 || strlen(sign + 1) != 2)
        return false;
    memcpy(hour, text, (size_t)(sign - text));
    if (!set_time(reading, small_number(hour, 24), small_number(sign + 1, 59)))
        return false;
    reading->at++;
    reading->time->bare = *sign == '.';
    reading->time->half_known = reading->time->half_known || text[0] == '0';
    return true;
}

/* "7", "7 30", "6 oh 5". */
static bool read_hour(struct reading *reading)
{
    int hour = small_number(word(reading, 0), 24), minute = 0;
    if (hour < 0)
        return false;
    bool oh = strcmp(word(reading, 1), "oh") == 0 || strcmp(word(reading, 1), "o") == 0;
    int next = small_number(word(reading, oh ? 2 : 1), 59);
    bool has_minute = oh ? next > 0 && next < 10 : next >= 10;
    if (has_minute)
        minute = next;
    reading->at += has_minute ? (oh ? 3 : 2) : 1;
    reading->time->bare = !has_minute;
    return set_time(reading, hour, minute);
}

/* ---- what goes with it ---- */

static bool take_any(struct reading *reading, const char *const *list)
{
    if (!is_one_of(word(reading, 0), list))
        return false;
    reading->at++;
    return true;
}

/* "am", "p m", "oclock", "in the evening", "tonight". True if there was one. */
static bool read_half(struct reading *reading)
{
    static const char *const before_noon[] = {"am", "morning", NULL};
    static const char *const after_noon[] = {"pm", "afternoon", "evening", "tonight", NULL};
    size_t start = reading->at;
    if (take(reading, "oclock", NULL))
        return true;
    bool article = take(reading, "in", "the") || take(reading, "this", NULL) || take(reading, "at", NULL);
    if (take(reading, "a", "m") || take_any(reading, before_noon))
        reading->half = HALF_MORNING;
    else if (take(reading, "p", "m") || take_any(reading, after_noon))
        reading->half = HALF_EVENING;
    else if (article && take(reading, "night", NULL))
        reading->half = HALF_NIGHT;
    else
        reading->at = start;
    return reading->at > start;
}

static bool read_day(struct reading *reading)
{
    if (take(reading, "today", NULL))
        return true;
    if (!take(reading, "tomorrow", NULL))
        return false;
    reading->time->tomorrow = true;
    return true;
}

static void set_half(struct clock_time *time, enum half half)
{
    if (time->half_known || half == HALF_UNKNOWN)
        return;
    bool small_hours = time->hour < 6 || time->hour == 12;
    bool afternoon = half == HALF_EVENING || (half == HALF_NIGHT && !small_hours);
    time->hour = time->hour % 12 + (afternoon ? 12 : 0);
    time->half_known = true;
}

/* "at 20 percent", "at 5 minutes": not the number of an hour. */
static bool has_unit(const struct reading *reading)
{
    static const char *const units[] = {"percent", "degrees", "degree", "kelvin", "minutes", "minute",
        "hours", "hour", "seconds", "second", "celsius", "fahrenheit", "c", "f", NULL};
    return is_one_of(word(reading, 0), units);
}

/* Reads a clock time whose first word is at `begin`: "at 7", "tomorrow at 7", "this evening at 8 oclock". */
static bool read_time(const struct san_words *words, size_t begin, struct clock_time *out)
{
    *out = (struct clock_time){.begin = begin};
    struct reading reading = {.words = words, .at = begin, .time = out};
    while (read_day(&reading) || read_half(&reading))
        continue;
    bool day_said = reading.at > begin;
    if (!take(&reading, "at", NULL))
        return false;
    if (!read_named(&reading) && !read_relative(&reading) && !read_digital(&reading) && !read_hour(&reading))
        return false;
    if (has_unit(&reading))
        return false;
    bool more_said = day_said;
    while (read_half(&reading) || read_day(&reading))
        more_said = true;
    out->bare = out->bare && !more_said;
    set_half(out, reading.half);
    out->end = reading.at;
    return true;
}

bool clock_find(const struct san_words *words, struct clock_time *out)
{
    for (size_t begin = 0; begin < words->count; begin++)
        if (read_time(words, begin, out))
            return true;
    return false;
}

/* ---- the calendar ---- */

/* That hour and minute, `days` days after the day of now. mktime finds out about summer time. */
static int64_t on_day(const struct clock_time *time, int hour, int days, const struct tm *now)
{
    struct tm then = {.tm_year = now->tm_year,
        .tm_mon = now->tm_mon,
        .tm_mday = now->tm_mday + days,
        .tm_hour = hour,
        .tm_min = time->minute,
        .tm_isdst = -1};
    return (int64_t)mktime(&then) * 1000;
}

int64_t clock_next(const struct clock_time *time, int64_t now_ms)
{
    time_t seconds = (time_t)(now_ms / 1000);
    struct tm now;
    localtime_r(&seconds, &now);
    for (int days = time->tomorrow ? 1 : 0; days < 3; days++) {
        int64_t first = on_day(time, time->half_known ? time->hour : time->hour % 12, days, &now);
        int64_t second = time->half_known ? first : on_day(time, time->hour % 12 + 12, days, &now);
        if (first > now_ms)
            return first;
        if (second > now_ms)
            return second;
    }
    return now_ms; /* not reached: the day after tomorrow is always ahead */
}
