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

static const char home[] =
    "{\"areas\":[{\"name\":\"Parlor\"},{\"name\":\"Bedroom\"},{\"name\":\"Study\"}],\"entities\":[" ENTITY(
        "cover.left", "cover", "Left Blind", "Study") "," ENTITY("cover.right", "cover", "Right Blind",
        "Study") "," ENTITY("switch.right", "switch", "Right Blind Heater", "Study") "," ENTITY("light.up",
        "light", "Upper Sconce", "Study") "," ENTITY("light.low", "light", "Lower Sconce",
        "Study") "," ENTITY("light.floor", "light", "Lower Corner Sconce", "Study") "," ENTITY("light.piano",
        "light", "Piano Lamp", "Parlor") "," ENTITY("media_player.tv", "media_player", "Den TV",
        "Bedroom") "," ENTITY("light.bed", "light", "Bedroom Lamp",
        "Bedroom") ",{\"entity_id\":\"cover.blind\",\"name\":\"Roman "
                   "Blind\",\"area\":\"Bedroom\",\"domain\":\"cover\",\"device_class\":\"blind\"}]}";

static int open_home(void **state)
{
    return home_fixture_open(state, home);
}

static struct understood understood;

/* What was said by a speaker in `area`, and understood as these calls (JSON) of things of `kind`; the first
 * and the last one lack these slots. */
static void hear_lacking(void **state, const char *text, const char *area, const char *kind,
    const char *first, const char *last, const char *json)
{
    struct home_fixture *fixture = *state;
    struct understand_request request;
    understood = home_fixture_hear(fixture, text, area, kind, json, &request);
    understood.calls[0].missing = first;
    understood.calls[understood.call_count - 1].missing = last;
    carry_apply(&fixture->understand, &request, &understood, fixture->arena);
}

/* The same, where of the last one the name is missing if `open`. */
static void hear(
    void **state, const char *text, const char *area, const char *kind, bool open, const char *json)
{
    hear_lacking(state, text, area, kind, "", open ? "name" : "", json);
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

/* ---- "the right one" ---- */

#define LEFT_DOWN CALL("HassTurnOff", "\"name\":\"Left Blind\",\"domain\":\"cover\"")
#define UP CALL("HassTurnOn", "\"domain\":\"cover\"")

static void test_one_is_another_like_it_by_its_word(void **state)
{
    hear(state, "the left blind down and the right one up", NULL, "cover", true, "[" LEFT_DOWN "," UP "]");
    assert_call(0, LEFT_DOWN);
    assert_call(1, CALL("HassTurnOn", "\"name\":\"Right Blind\",\"domain\":\"cover\""));
    assert_string_equal(understood.calls[1].missing, "");
    assert_string_equal(understood.calls[1].kind, "cover");
}

static void test_one_of_which_nothing_is_told_is_unknown(void **state)
{
    hear(state, "the left blind down and the one up", NULL, "cover", true, "[" LEFT_DOWN "," UP "]");
    assert_string_equal(understood.calls[1].missing, "name");
    hear(state, "the left blind down and the green one up", NULL, "cover", true, "[" LEFT_DOWN "," UP "]");
    assert_string_equal(understood.calls[1].missing, "name");
}

static void test_of_two_others_none_is_taken(void **state)
{
    hear(state, "the upper sconce off and the lower one to 20", NULL, "light", true,
        "[" CALL("HassTurnOff", "\"name\":\"Upper Sconce\"") "," CALL(
            "HassLightSet", "\"brightness\":20") "]");
    assert_string_equal(understood.calls[1].missing, "name");
    hear(state, "the lower sconce off and the upper one to 20", NULL, "light", true,
        "[" CALL("HassTurnOff", "\"name\":\"Lower Sconce\"") "," CALL(
            "HassLightSet", "\"brightness\":20") "]");
    assert_call(1, CALL("HassLightSet", "\"name\":\"Upper Sconce\",\"brightness\":20"));
}

static void test_another_kind_of_thing_is_no_other_one(void **state)
{
    hear(state, "the piano lamp off and the left one on", NULL, "light", true,
        "[" CALL("HassTurnOff", "\"name\":\"Piano Lamp\"") "," CALL("HassTurnOn", "") "]");
    assert_string_equal(understood.calls[1].missing, "name");
}

static void test_another_one_must_be_like_the_first(void **state)
{
    hear(state, "the piano lamp off and the upper one on", NULL, "light", true,
        "[" CALL("HassTurnOff", "\"name\":\"Piano Lamp\"") "," CALL("HassTurnOn", "") "]");
    assert_string_equal(understood.calls[1].missing, "name");
}

static void test_it_is_still_the_one_before(void **state)
{
    hear(state, "the left blind down and then open it", NULL, "cover", true, "[" LEFT_DOWN "," UP "]");
    assert_call(1, CALL("HassTurnOn", "\"name\":\"Left Blind\",\"domain\":\"cover\""));
}

/* ---- rooms ---- */

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

static void test_what_was_taken_for_something_else_has_no_room(void **state)
{
    static const char named[] = "[" CALL("HassTurnOff", "\"name\":\"Den TV\"") "," BLINDS("Parlor") "]";
    static const char placed[] = "[" CALL("HassTurnOff", "\"area\":\"Bedroom\"") "," BLINDS("Parlor") "]";
    hear_lacking(state, "green den tv off and close the blinds", "Parlor", "media_player", "name", "", named);
    assert_string_equal(home_call_text(&understood.calls[1].call, "area"), "Parlor");
    hear_lacking(state, "bedroom shed off and close the blinds", "Parlor", "", "area", "", placed);
    assert_string_equal(home_call_text(&understood.calls[1].call, "area"), "Parlor");
    /* no thing of the home, but in that room */
    hear_lacking(state, "shredder in the bedroom off and close the blinds", "Parlor", "", "name", "", placed);
    assert_string_equal(home_call_text(&understood.calls[1].call, "area"), "Bedroom");
}

static void test_a_numbered_thing_is_no_other_one(void **state)
{
    hear(state, "turn off the piano lamp and set lamp 1 to 20", NULL, "light", true,
        "[" CALL("HassTurnOff", "\"name\":\"Piano Lamp\"") "," CALL("HassLightSet", "\"brightness\":20") "]");
    assert_string_equal(understood.calls[1].missing, "name");
}

static void test_one_before_the_name_is_not_it(void **state)
{
    hear(state, "close the right one and the left blind and open it", NULL, "cover", true,
        "[" LEFT_DOWN "," UP "]");
    assert_call(1, CALL("HassTurnOn", "\"name\":\"Left Blind\",\"domain\":\"cover\""));
}

/* ---- "it" on a list ---- */

#define LIST(item) CALL("HassListAddItem", "\"name\":\"School List\",\"item\":\"" item "\"")
#define SHOP(item) CALL("HassShoppingListAddItem", "\"item\":\"" item "\"")

static void test_it_is_the_item_before(void **state)
{
    hear(state, "remind me of pe kit and put it on my school list", NULL, "", false,
        "[" LIST("pe kit") "," LIST("it") "]");
    assert_int_equal(understood.call_count, 1);
    assert_call(0, LIST("pe kit"));
    hear(state, "flour and eggs are out, put them on the shopping list", NULL, "", false,
        "[" SHOP("flour") "," SHOP("eggs") "," SHOP("them") "]");
    assert_int_equal(understood.call_count, 2);
    assert_call(1, SHOP("eggs"));
}

static void test_it_may_go_to_another_list(void **state)
{
    hear(state, "put glue on the shopping list and add it to the school list", NULL, "", false,
        "[" SHOP("glue") "," LIST("it") "]");
    assert_int_equal(understood.call_count, 2);
    assert_call(1, LIST("glue"));
}

static void test_what_is_said_twice_stays(void **state)
{
    hear(state, "milk and milk on the shopping list", NULL, "", false, "[" SHOP("milk") "," SHOP("milk") "]");
    assert_int_equal(understood.call_count, 2);
}

static void test_it_alone_stays(void **state)
{
    hear(state, "put it on the school list", NULL, "", false, "[" LIST("it") "]");
    assert_call(0, LIST("it"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_numbered_thing_is_no_other_one),
        cmocka_unit_test(test_one_before_the_name_is_not_it),
        cmocka_unit_test(test_it_is_what_was_named_before),
        cmocka_unit_test(test_it_must_be_of_the_second_command),
        cmocka_unit_test(test_it_cannot_be_a_thing_of_which_the_tool_knows_nothing),
        cmocka_unit_test(test_one_is_another_like_it_by_its_word),
        cmocka_unit_test(test_one_of_which_nothing_is_told_is_unknown),
        cmocka_unit_test(test_of_two_others_none_is_taken),
        cmocka_unit_test(test_another_kind_of_thing_is_no_other_one),
        cmocka_unit_test(test_another_one_must_be_like_the_first),
        cmocka_unit_test(test_it_is_still_the_one_before),
        cmocka_unit_test(test_a_room_is_that_of_the_command_before),
        cmocka_unit_test(test_a_room_is_also_where_the_thing_before_is),
        cmocka_unit_test(test_a_room_that_has_such_a_thing_or_was_said_stays),
        cmocka_unit_test(test_what_was_taken_for_something_else_has_no_room),
        cmocka_unit_test(test_it_is_the_item_before),
        cmocka_unit_test(test_it_may_go_to_another_list),
        cmocka_unit_test(test_what_is_said_twice_stays),
        cmocka_unit_test(test_it_alone_stays),
    };
    return cmocka_run_group_tests(tests, open_home, home_fixture_close);
}
