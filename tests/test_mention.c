/* Whole names among the words: a group call is narrowed to what was said, or not acted on; never widened. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/mention.h"
#include "home_fixture.h"

static const char home[] =
    "{\"floors\":[{\"name\":\"First floor\",\"aliases\":[\"upstairs\"]}],"
    "\"areas\":[{\"name\":\"Bedroom\",\"floor\":\"First "
    "floor\"},{\"name\":\"Kitchen\"},{\"name\":\"Garage\"}],"
    "\"entities\":["
    "{\"entity_id\":\"light.bedside\",\"name\":\"Bedside lamp\",\"area\":\"Bedroom\",\"domain\":\"light\"},"
    "{\"entity_id\":\"light.desk\",\"name\":\"Desk lamp\",\"area\":\"Bedroom\",\"domain\":\"light\"},"
    "{\"entity_id\":\"fan.fan\",\"name\":\"Fan\",\"area\":\"Bedroom\",\"domain\":\"fan\"},"
    "{\"entity_id\":\"fan.kitchen\",\"name\":\"Kitchen fan\",\"area\":\"Kitchen\",\"domain\":\"fan\"},"
    "{\"entity_id\":\"cover.blind\",\"name\":\"Roller blind\",\"area\":\"Bedroom\",\"domain\":\"cover\"}]}";

static int open_home(void **state)
{
    return home_fixture_open(state, home);
}

static struct understood understood;

/* What becomes of calls (JSON) when that was said; the result is in `understood`. */
static void apply(void **state, const char *text, const char *area, const char *json)
{
    struct home_fixture *fixture = *state;
    struct understand_request request;
    struct san_error err;
    understood = home_fixture_hear(fixture, text, area, "", json, &request);
    assert_int_equal(
        mention_apply(fixture->understand.registry, &request, &understood, fixture->arena, &err), SAN_OK);
}

static void assert_call(size_t i, const char *json)
{
    home_fixture_assert_call(&understood.calls[i], json);
    assert_string_equal(understood.calls[i].overlooked, "");
}

#define GROUP(tool, rest) "{\"name\":\"" tool "\",\"arguments\":{" rest "}}"

static void test_a_group_becomes_the_thing_that_was_said(void **state)
{
    apply(state, "bedside lamp off", NULL,
        "[" GROUP("HassTurnOff", "\"area\":\"Bedroom\",\"domain\":\"light\"") "]");
    assert_call(0, GROUP("HassTurnOff", "\"name\":\"Bedside lamp\""));
    assert_string_equal(understood.calls[0].kind, "light");
}

static void test_a_room_that_was_said_beside_the_name_stays(void **state)
{
    apply(state, "bedside lamp in the bedroom to 20", NULL,
        "[" GROUP("HassLightSet", "\"area\":\"Bedroom\",\"brightness\":20") "]");
    assert_call(0, GROUP("HassLightSet", "\"name\":\"Bedside lamp\",\"area\":\"Bedroom\",\"brightness\":20"));
}

static void test_a_covers_domain_is_written_beside_its_name(void **state)
{
    apply(state, "open the roller blind", NULL,
        "[" GROUP("HassTurnOn", "\"domain\":\"cover\",\"device_class\":\"blind\"") "]");
    assert_call(0, GROUP("HassTurnOn", "\"name\":\"Roller blind\",\"domain\":\"cover\""));
}

static void test_a_floor_that_was_said_narrows_the_whole_house(void **state)
{
    apply(state, "all lights off upstairs", NULL, "[" GROUP("HassTurnOff", "\"domain\":\"light\"") "]");
    assert_call(0, GROUP("HassTurnOff", "\"floor\":\"First floor\",\"domain\":\"light\""));
}

static void test_what_is_used_changes_nothing(void **state)
{
    apply(state, "bedside lamp on and bedroom lights off", NULL,
        "[" GROUP("HassTurnOn", "\"name\":\"Bedside lamp\"") "," GROUP(
            "HassTurnOff", "\"area\":\"Bedroom\",\"domain\":\"light\"") "]");
    assert_call(0, GROUP("HassTurnOn", "\"name\":\"Bedside lamp\""));
    assert_call(1, GROUP("HassTurnOff", "\"area\":\"Bedroom\",\"domain\":\"light\""));
}

static void test_another_kind_of_thing_is_not_acted_on(void **state)
{
    apply(state, "bedside lamp off", NULL,
        "[" GROUP("HassTurnOff", "\"area\":\"Bedroom\",\"domain\":\"fan\"") "]");
    assert_string_equal(understood.calls[0].overlooked, "Bedside lamp");
}

static void test_two_calls_that_may_both_have_meant_it_are_not_acted_on(void **state)
{
    apply(state, "bedside lamp", NULL,
        "[" GROUP("HassTurnOff", "\"domain\":\"light\"") "," GROUP("HassTurnOn", "\"domain\":\"light\"") "]");
    assert_string_equal(understood.calls[0].overlooked, "Bedside lamp");
    assert_string_equal(understood.calls[1].overlooked, "Bedside lamp");
}

static void test_one_word_is_a_name_in_its_own_room_alone(void **state)
{
    apply(state, "turn on the fan", "Bedroom",
        "[" GROUP("HassTurnOn", "\"area\":\"Bedroom\",\"domain\":\"fan\"") "]");
    assert_call(0, GROUP("HassTurnOn", "\"name\":\"Fan\""));
    apply(state, "turn on the fan", "Kitchen",
        "[" GROUP("HassTurnOn", "\"area\":\"Kitchen\",\"domain\":\"fan\"") "]");
    assert_call(0, GROUP("HassTurnOn", "\"area\":\"Kitchen\",\"domain\":\"fan\""));
}

static void test_what_is_said_inside_a_used_name_is_not_overlooked(void **state)
{
    apply(state, "bedside lamp off and the kitchen fan faster", NULL,
        "[" GROUP("HassTurnOff", "\"name\":\"Old bedside lamp\"") "," GROUP(
            "HassSetVolumeRelative", "\"volume_step\":\"up\"") "," GROUP("HassFanSetSpeed",
            "\"name\":\"Kitchen fan\",\"percentage_step\":\"up\"") "]");
    assert_string_equal(understood.calls[1].overlooked, "");
}

#define WHO_IS_HOME GROUP("HassGetState", "\"domain\":\"person\",\"state\":\"home\"")
#define IS_OPEN(class)                                                                                       \
    GROUP("HassGetState", "\"domain\":\"cover\",\"device_class\":\"" class "\",\"state\":\"open\"")

static void test_a_room_may_be_the_kind_that_is_asked_for(void **state)
{
    apply(state, "who's home and is the garage open", NULL, "[" WHO_IS_HOME "," IS_OPEN("garage") "]");
    assert_call(0, WHO_IS_HOME);
    assert_call(1, IS_OPEN("garage"));
    apply(state, "is the Garage open", NULL, "[" IS_OPEN("garage") "]");
    assert_call(0, IS_OPEN("garage"));
}

static void test_a_room_is_not_another_kind_of_thing(void **state)
{
    apply(state, "who's home and is the garage open", NULL, "[" WHO_IS_HOME "," IS_OPEN("door") "]");
    assert_string_equal(understood.calls[0].overlooked, "Garage");
    assert_string_equal(understood.calls[1].overlooked, "Garage");
}

static void test_copied_words_are_no_mention(void **state)
{
    apply(state, "tell everyone the bedside lamp is broken", NULL,
        "[" GROUP("HassBroadcast", "\"message\":\"the bedside lamp is broken\"") "," GROUP(
            "HassTurnOn", "\"domain\":\"light\"") "]");
    assert_call(1, GROUP("HassTurnOn", "\"domain\":\"light\""));
}

static void test_the_longest_of_overlapping_names_is_meant(void **state)
{
    apply(state, "kitchen fan on", NULL, "[" GROUP("HassTurnOn", "\"domain\":\"fan\"") "]");
    assert_call(0, GROUP("HassTurnOn", "\"name\":\"Kitchen fan\""));
}

static void test_a_kind_that_is_asked_for_does_not_widen_another_group(void **state)
{
    apply(state, "turn off the garage lights and close the garage door", NULL,
        "[" GROUP("HassTurnOff", "\"domain\":\"light\"") "," GROUP(
            "HassTurnOff", "\"domain\":\"cover\",\"device_class\":\"garage\"") "]");
    assert_true(understood.calls[0].overlooked[0] || home_call_arg(&understood.calls[0].call, "area"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_kind_that_is_asked_for_does_not_widen_another_group),
        cmocka_unit_test(test_a_group_becomes_the_thing_that_was_said),
        cmocka_unit_test(test_a_room_that_was_said_beside_the_name_stays),
        cmocka_unit_test(test_a_covers_domain_is_written_beside_its_name),
        cmocka_unit_test(test_a_floor_that_was_said_narrows_the_whole_house),
        cmocka_unit_test(test_what_is_used_changes_nothing),
        cmocka_unit_test(test_another_kind_of_thing_is_not_acted_on),
        cmocka_unit_test(test_two_calls_that_may_both_have_meant_it_are_not_acted_on),
        cmocka_unit_test(test_one_word_is_a_name_in_its_own_room_alone),
        cmocka_unit_test(test_what_is_said_inside_a_used_name_is_not_overlooked),
        cmocka_unit_test(test_a_room_may_be_the_kind_that_is_asked_for),
        cmocka_unit_test(test_a_room_is_not_another_kind_of_thing),
        cmocka_unit_test(test_copied_words_are_no_mention),
        cmocka_unit_test(test_the_longest_of_overlapping_names_is_meant),
    };
    return cmocka_run_group_tests(tests, open_home, home_fixture_close);
}
