/* Fractions: what the network copied of one becomes per cent; what was said as a number stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/fraction.h"

/* What becomes of a value that the network wrote for that sentence. */
static int read_as(const char *sentence, const char *slot, int written)
{
    char text[16];
    struct san_arena *arena = san_arena_new(4096, 0);
    struct understand_request prepared = {.request = {.text = sentence}};
    snprintf(text, sizeof(text), "%d", written);
    struct understood_call call = {
        .call = {.tool = "HassLightSet",
            .args = {{.slot = slot, .text = text, .number = written, .is_number = true}},
            .arg_count = 1}};
    struct understood understood = {.calls = &call, .call_count = 1};
    assert_int_equal(san_normalize(arena, sentence, strlen(sentence), &prepared.words, NULL), SAN_OK);
    fraction_apply(&prepared, &understood, arena);
    int number = (int)call.call.args[0].number;
    snprintf(text, sizeof(text), "%d", number);
    assert_string_equal(call.call.args[0].text, text);
    san_arena_free(arena);
    return number;
}

static void a_number_of_a_fraction_becomes_per_cent(void **state)
{
    (void)state;
    assert_int_equal(read_as("set the lamp to four fifths", "brightness", 4), 80);
    assert_int_equal(read_as("open the blinds 3/8", "position", 3), 38);
    assert_int_equal(read_as("the lamp to 1/3", "brightness", 3), 33);
    assert_int_equal(read_as("the lamp to \xe2\x85\x93", "brightness", 3), 33); /* ⅓ */
    assert_int_equal(
        read_as("the lamp to \xc2\xbd", "brightness", 12), 12); /* no number of it, and not near */
    assert_int_equal(read_as("the lamp to \xc2\xbd", "brightness", 2), 50);
    assert_int_equal(read_as("set the fan to a tenth", "percentage", 10), 10);
}

static void what_is_close_to_a_fraction_is_it(void **state)
{
    (void)state;
    assert_int_equal(read_as("volume to two thirds", "volume_level", 63), 67);
    assert_int_equal(read_as("volume to two thirds", "volume_level", 67), 67);
    assert_int_equal(read_as("volume to two thirds", "volume_level", 40), 40);
}

static void what_was_said_as_a_number_stays(void **state)
{
    (void)state;
    assert_int_equal(read_as("the lamp to 3 and the fan to a third", "brightness", 3), 3);
    assert_int_equal(read_as("the lamp to 35 percent and the fan to a third", "brightness", 35), 35);
    assert_int_equal(read_as("lamp 4 to 40", "brightness", 40), 40);
}

static void other_slots_stay(void **state)
{
    (void)state;
    assert_int_equal(read_as("a timer of two thirds of an hour", "minutes", 2), 2);
}

static void between_two_fractions_it_is_the_near_one_or_none(void **state)
{
    (void)state;
    assert_int_equal(read_as("the lamp to two thirds and the fan to a fifth", "brightness", 64), 67);
    assert_int_equal(read_as("the lamp to two thirds and the fan to two fifths", "brightness", 2), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_of_a_fraction_becomes_per_cent),
        cmocka_unit_test(what_is_close_to_a_fraction_is_it),
        cmocka_unit_test(what_was_said_as_a_number_stays),
        cmocka_unit_test(other_slots_stay),
        cmocka_unit_test(between_two_fractions_it_is_the_near_one_or_none),
    };
    return cmocka_run_group_tests_name("fraction", tests, NULL, NULL);
}
