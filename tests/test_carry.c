/* What one command takes from the one before it: the thing that "it" is, and a room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/carry.h"
#include "home_fixture.h"

#define ENTITY(id, domain, name, area)                                                                       \
    "{\"entity_id\":\"" id "\",\"name\":\"" name "\",\"area\":\"" area "\",\"domain\":\"" domain "\"}"

static const char home[] = "{\"areas\":[{\"name\":\"Parlor\"},{\"name\":\"Bedroom\"}],\"entities\":[" ENTITY(
    "light.piano", "light", "Piano Lamp", "Parlor") "," ENTITY("media_player.tv", "media_player", "Den TV",
    "Bedroom") "," ENTITY("light.bed", "light", "Bedroom Lamp",
    "Bedroom") ",{\"entity_id\":\"cover.blind\",\"name\":\"Roman "
               "Blind\",\"area\":\"Bedroom\",\"domain\":\"cover\",\"device_class\":\"blind\"}]}";

static int open_home(void **state)
{
    return home_fixture_open(state, home);
}

static struct understood understood;

/* What was said by a speaker in `area`, and understood as these calls (JSON) of things of `kind`; of the last
 * one the name is missing if `open`. */
static void hear(
    void **state, const char *text, const char *area, const char *kind, bool open, const char *json)
{
    struct home_fixture *fixture = *state;
    struct understand_request request;
    understood = home_fixture_hear(fixture, text, area, kind, json, &request);
    if (open)
        understood.calls[understood.call_count - 1].missing = "name";
    carry_apply(&fixture->understand, &request, &understood, fixture->arena);
}

static void assert_call(size_t i, const char *json)
{
    home_fixture_assert_call(&understood.calls[i], json);
}

#define CALL(tool, rest) "{\"name\":\"" tool "\",\"arguments\":{" rest "}}"

static void test_it_is_what_was_named_before(void **state)
{
    hear(state, "turn the piano lamp on and set it to blue", NULL, "light", true,
        "[" CALL("HassTurnOn", "\"name\":\"Piano Lamp\"") "," CALL("HassLightSet", "\"color\":\"blue\"") "]");
    assert_call(1, CALL("HassLightSet", "\"name\":\"Piano Lamp\",\"color\":\"blue\""));
    assert_string_equal(understood.calls[1].missing, "");
}

static void test_it_must_be_of_the_second_command(void **state)
{
    hear(state, "pause the den tv since it is late and set the ceiling to blue", NULL, "media_player", true,
        "[" CALL("HassMediaPause", "\"name\":\"Den TV\"") "," CALL(
            "HassTurnOff", "\"domain\":\"light\"") "]");
    assert_string_equal(understood.calls[1].missing, "name");
}

static void test_it_cannot_be_a_thing_of_which_the_tool_knows_nothing(void **state)
{
    hear(state, "turn the piano lamp on and set it to 20 degrees", NULL, "light", true,
        "[" CALL("HassTurnOn", "\"name\":\"Piano Lamp\"") "," CALL(
            "HassClimateSetTemperature", "\"temperature\":20") "]");
    assert_string_equal(understood.calls[1].missing, "name");
}

#define BLINDS(area)                                                                                         \
    CALL("HassTurnOff", "\"area\":\"" area "\",\"domain\":\"cover\",\"device_class\":\"blind\"")

static void test_a_room_is_that_of_the_command_before(void **state)
{
    hear(state, "bedroom lamp to 20 and close the blinds", "Parlor", "", false,
        "[" CALL("HassLightSet", "\"area\":\"Bedroom\",\"brightness\":20") "," BLINDS("Parlor") "]");
    assert_call(
        1, CALL("HassTurnOff", "\"area\":\"Bedroom\",\"domain\":\"cover\",\"device_class\":\"blind\""));
}

static void test_a_room_is_also_where_the_thing_before_is(void **state)
{
    hear(state, "den tv off and close the blinds", "Parlor", "media_player", false,
        "[" CALL("HassTurnOff", "\"name\":\"Den TV\"") "," BLINDS("Parlor") "]");
    assert_string_equal(home_call_text(&understood.calls[1].call, "area"), "Bedroom");
}

static void test_a_room_that_has_such_a_thing_or_was_said_stays(void **state)
{
    hear(state, "bedroom lamp to 20 and the lights off", "Parlor", "", false,
        "[" CALL("HassLightSet", "\"area\":\"Bedroom\",\"brightness\":20") "," CALL(
            "HassTurnOff", "\"area\":\"Parlor\",\"domain\":\"light\"") "]");
    assert_string_equal(home_call_text(&understood.calls[1].call, "area"), "Parlor");
    hear(state, "bedroom lamp to 20 and close the parlor blinds", "Parlor", "", false,
        "[" CALL("HassLightSet", "\"area\":\"Bedroom\",\"brightness\":20") "," BLINDS("Parlor") "]");
    assert_string_equal(home_call_text(&understood.calls[1].call, "area"), "Parlor");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_is_what_was_named_before),
        cmocka_unit_test(test_it_must_be_of_the_second_command),
        cmocka_unit_test(test_it_cannot_be_a_thing_of_which_the_tool_knows_nothing),
        cmocka_unit_test(test_a_room_is_that_of_the_command_before),
        cmocka_unit_test(test_a_room_is_also_where_the_thing_before_is),
        cmocka_unit_test(test_a_room_that_has_such_a_thing_or_was_said_stays),
    };
    return cmocka_run_group_tests(tests, open_home, home_fixture_close);
}
