/* Is a name borne out by what was said? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/evidence.h"

static bool said(const char *utterance, const char *name)
{
    struct san_arena *arena = san_arena_new(0, 0);
    struct san_words words;
    assert_int_equal(san_normalize(arena, utterance, strlen(utterance), &words, NULL), SAN_OK);
    bool found = evidence_of(&words, name, arena);
    san_arena_free(arena);
    return found;
}

static void test_names_that_were_said(void **state)
{
    (void)state;
    assert_true(said("turn on the kitchen ceiling", "Kitchen ceiling"));
    assert_true(said("turn the ceiling in the kitchen on", "Kitchen ceiling"));
    assert_true(said("turn on the lamp", "Desk lamp")); /* half of it */
    assert_true(said("open the blinds", "Blind"));
    assert_true(said("turn on the bed room light", "Bedroom light"));
    assert_true(said("turn on the livingroom light", "Living room"));
    assert_true(said("turn on the kitchin light", "Kitchen"));
    assert_true(said("turn on the cafe lamp", "Caf\u00e9"));
    assert_true(said("start the auto watering", "Automation"));
}

static void test_names_that_were_not(void **state)
{
    (void)state;
    assert_false(said("turn on the kitchen light", "Bedroom"));
    assert_false(said("turn the stove on", "Pump"));
    assert_false(said("turn on lamp 1", "Lamp 2 left shelf"));
    assert_false(said("turn on the tv", "Fan"));
    assert_false(said("turn on the ceiling", "Sealing machine pump"));
    assert_false(said("turn it on", ""));
    assert_false(said("turn it on", "!!!"));
}

static void test_words(void **state)
{
    (void)state;
    assert_true(evidence_word("lights", "light"));
    assert_true(evidence_word("tvs", "tv"));
    assert_false(evidence_word("on", "off"));
    assert_false(evidence_word("tv", "pc"));
    assert_false(evidence_word("21", "22"));
    assert_true(evidence_word("thermostaat", "thermostat"));
}

static void test_words_that_sound_alike(void **state)
{
    (void)state;
    assert_true(evidence_word("lite", "light"));
    assert_true(evidence_word("light", "lite"));
    assert_true(evidence_word("write", "right"));
    assert_true(evidence_word("sealing", "ceiling"));
    assert_true(evidence_word("nite", "night"));
    assert_true(evidence_word("knite", "night"));
    assert_true(said("turn on the sealing lite", "Ceiling light"));
    assert_true(said("turn the write lamp on", "Right lamp"));
}

static void test_words_that_only_look_alike(void **state)
{
    (void)state;
    assert_false(evidence_word("let", "light")); /* too short to tell by its consonants */
    assert_false(evidence_word("bed", "bad"));
    assert_false(evidence_word("light", "lid"));
    assert_false(evidence_word("patio", "photo"));
    assert_false(evidence_word("gate", "kite"));
    assert_false(evidence_word("ceiling", "killing"));
    assert_false(evidence_word("lights", "late")); /* a consonant more */
    assert_false(evidence_word("studio", "stadium"));
}

static void test_words_that_share_no_more_than_consonants(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {{"heater", "water"}, {"other", "heater"}, {"well", "hall"},
        {"late", "light"}, {"lets", "lights"}, {"what", "white"}, {"here", "hour"}, {"pool", "play"},
        {"people", "play"}, {"sofa", "safe"}, {"shower", "sure"}, {"tree", "tower"}, {"garage", "gorge"},
        {"door", "dryer"}, {"these", "does"}};
    size_t alike = 0;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
        if (evidence_word(pairs[i][0], pairs[i][1]) && ++alike)
            print_message("%s is %s\n", pairs[i][0], pairs[i][1]);
    assert_int_equal(alike, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_that_share_no_more_than_consonants),
        cmocka_unit_test(test_names_that_were_said),
        cmocka_unit_test(test_names_that_were_not),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_words_that_sound_alike),
        cmocka_unit_test(test_words_that_only_look_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
