/* How long something is to last. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/duration.h"

/* The words without the duration | its seconds; "-" if there is none. */
static const char *found(const char *text)
{
    static char out[256];
    struct san_arena *arena = san_arena_new(4096, 0);
    struct san_words words;
    struct duration duration;
    assert_int_equal(san_normalize(arena, text, strlen(text), &words, NULL), SAN_OK);
    strcpy(out, "-");
    if (duration_find(&words, &duration)) {
        out[0] = '\0';
        for (size_t i = 0; i < words.count; i++) {
            if (i < duration.begin || i >= duration.end)
                strcat(strcat(out, words.word[i].text), " ");
        }
        snprintf(out + strlen(out), 32, "| %lld", (long long)duration.seconds);
    }
    san_arena_free(arena);
    return out;
}

static void test_each_way_to_say_it(void **state)
{
    (void)state;
    assert_string_equal(found("turn on the fan for 10 minutes"), "turn on the fan | 600");
    assert_string_equal(found("Heating on for an hour, please."), "heating on please | 3600");
    assert_string_equal(found("fan on for half an hour"), "fan on | 1800");
    assert_string_equal(found("fan on for an hour and a half"), "fan on | 5400");
    assert_string_equal(found("fan on for one and a half hours"), "fan on | 5400");
    assert_string_equal(found("fan on for 1.5 hours"), "fan on | 5400");
    assert_string_equal(found("fan on for two hours and a half"), "fan on | 9000");
    assert_string_equal(found("fan on for a quarter of an hour"), "fan on | 900");
    assert_string_equal(found("fan on for three quarters of an hour"), "fan on | 2700");
    assert_string_equal(found("fan on for a couple of hours"), "fan on | 7200");
    assert_string_equal(found("fan on for 1 hour 20 minutes"), "fan on | 4800");
    assert_string_equal(found("fan on for an hour and 5 mins"), "fan on | 3900");
    assert_string_equal(found("for the next 20 minutes turn the fan on"), "turn the fan on | 1200");
    assert_string_equal(found("fan on for the next half hour"), "fan on | 1800");
    assert_string_equal(found("fan on for the next hour"), "fan on | 3600");
    assert_string_equal(found("fan on for a day"), "fan on | 86400");
    assert_string_equal(found("fan on for about 30 seconds or so"), "fan on | 30");
    assert_string_equal(found("turn it on for 10 minutes in the kitchen"), "turn it on in the kitchen | 600");
    assert_string_equal(found("lights off for 3 days"), "lights off | 259200");
}

static void test_ways_of_speaking_tell_no_length(void **state)
{
    (void)state;
    assert_string_equal(found("turn the tv off for tonight"), "turn the tv off | 0");
    assert_string_equal(found("fan on for a while"), "fan on | 0");
    assert_string_equal(found("pause it for a minute"), "pause it | 0");
    assert_string_equal(found("fan on for a few minutes"), "fan on | 0");
    assert_string_equal(found("fan on for the next few minutes"), "fan on | 0");
    assert_string_equal(found("fan off for now please"), "fan off please | 0");
}

static void test_what_is_none(void **state)
{
    (void)state;
    assert_string_equal(found("set a timer for 10 minutes"), "-");
    assert_string_equal(found("turn the fan off in 10 minutes"), "-");
    assert_string_equal(found("play jazz for 10 minutes and then turn it off"), "-");
    assert_string_equal(found("water for ten minutes then close the valve"), "-");
    assert_string_equal(found("cook dinner for 4"), "-");
    assert_string_equal(found("a present for mum"), "-");
    assert_string_equal(found("lights on for"), "-");
    assert_string_equal(found("fan on for 0 minutes"), "-");
    assert_string_equal(found("fan on for -5 minutes"), "-");
    assert_string_equal(found("fan on for an apple"), "-");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_way_to_say_it),
        cmocka_unit_test(test_ways_of_speaking_tell_no_length),
        cmocka_unit_test(test_what_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
