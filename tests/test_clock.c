/* Clock times in sentences, and when they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "daemon/clock.h"

/* 15:30 on the second of June 2025, in a zone with summer time. */
static const int64_t monday = 1748871000000;

static int set_zone(void **state)
{
    (void)state;
    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    tzset();
    return 0;
}

/* The words without the time | the time as it will be ("-" if there is none). */
static const char *found(const char *text)
{
    static char out[256];
    struct san_arena *arena = san_arena_new(4096, 0);
    struct san_words words;
    struct clock_time time;
    assert_int_equal(san_normalize(arena, text, strlen(text), &words, NULL), SAN_OK);
    out[0] = '\0';
    if (clock_find(&words, &time)) {
        for (size_t i = 0; i < words.count; i++) {
            if (i < time.begin || i >= time.end) {
                strcat(out, words.word[i].text);
                strcat(out, " ");
            }
        }
        time_t seconds = (time_t)(clock_next(&time, monday) / 1000);
        struct tm then;
        localtime_r(&seconds, &then);
        strftime(out + strlen(out), 64, "| %a %H:%M", &then);
        strcat(out, time.bare ? " ?" : "");
    }
    san_arena_free(arena);
    return out;
}

static void test_each_way_to_say_it(void **state)
{
    (void)state;
    assert_string_equal(found("turn the fan off at 7 am"), "turn the fan off | Tue 07:00");
    assert_string_equal(found("turn the fan off at seven p.m."), "turn the fan off | Mon 19:00");
    assert_string_equal(found("at half past ten turn the fan off"), "turn the fan off | Mon 22:30");
    assert_string_equal(found("fan off at a quarter to 8"), "fan off | Mon 19:45");
    assert_string_equal(found("fan off at 20 past six in the morning"), "fan off | Tue 06:20");
    assert_string_equal(found("fan off at ten minutes to one"), "fan off | Tue 00:50");
    assert_string_equal(found("fan off at 6:30"), "fan off | Mon 18:30");
    assert_string_equal(found("fan off at 06:30"), "fan off | Tue 06:30");
    assert_string_equal(found("fan off at 22:15 please"), "fan off please | Mon 22:15");
    assert_string_equal(found("fan off at seven thirty"), "fan off | Mon 19:30");
    assert_string_equal(found("fan off at six oh five pm"), "fan off | Mon 18:05");
    assert_string_equal(found("fan off at 9 o'clock"), "fan off | Mon 21:00");
    assert_string_equal(found("fan off at noon"), "fan off | Tue 12:00");
    assert_string_equal(found("fan off at midnight"), "fan off | Tue 00:00");
    assert_string_equal(found("fan off at 12 am"), "fan off | Tue 00:00");
    assert_string_equal(found("fan off at 7.30 pm"), "fan off | Mon 19:30");
}

static void test_days_and_their_parts(void **state)
{
    (void)state;
    assert_string_equal(found("tomorrow at 4 pm fan off"), "fan off | Tue 16:00");
    assert_string_equal(found("fan off at 6 tomorrow morning"), "fan off | Tue 06:00");
    assert_string_equal(found("fan off this evening at 8"), "fan off | Mon 20:00");
    assert_string_equal(found("tonight at 11 fan off"), "fan off | Mon 23:00");
    assert_string_equal(found("fan off at 2 at night"), "fan off | Tue 02:00");
    assert_string_equal(found("fan off at 11 at night"), "fan off | Mon 23:00");
}

/* The whole sentence has to tell what such a number is. */
static void test_a_number_alone_may_be_something_else(void **state)
{
    (void)state;
    assert_string_equal(found("set the thermostat at 21"), "set the thermostat | Mon 21:00 ?");
    assert_string_equal(found("fan off at 7"), "fan off | Mon 19:00 ?");
    assert_string_equal(found("volume at 7.30"), "volume | Mon 19:30 ?");
}

static void test_other_numbers_are_no_times(void **state)
{
    (void)state;
    assert_string_equal(found("light at 20 percent"), "");
    assert_string_equal(found("thermostat at 21 degrees"), "");
    assert_string_equal(found("thermostat at 21.5"), "");
    assert_string_equal(found("light at 50"), "");
    assert_string_equal(found("in 10 minutes fan off"), "");
    assert_string_equal(found("look at the fan"), "");
    assert_string_equal(found("meet me at half past"), "");
    assert_string_equal(found("at 7:75"), "");
    assert_string_equal(found("at"), "");
}

/* On the last Sunday of March two o'clock is three. */
static void test_summer_time(void **state)
{
    (void)state;
    const int64_t before = 1743289200000; /* 00:00 on the 30th of March 2025 */
    const struct clock_time seven = {.hour = 7, .half_known = true};
    assert_int_equal(clock_next(&seven, before), before + 6 * 3600000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_way_to_say_it),
        cmocka_unit_test(test_days_and_their_parts),
        cmocka_unit_test(test_a_number_alone_may_be_something_else),
        cmocka_unit_test(test_other_numbers_are_no_times),
        cmocka_unit_test(test_summer_time),
    };
    return cmocka_run_group_tests(tests, set_zone, NULL);
}
