/* Words beside a name: which of them make it the name of something else, and which do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/leftover.h"
#include "home_fixture.h"

static const char home[] =
    "{\"floors\":[{\"name\":\"First floor\",\"aliases\":[\"upstairs\"]}],"
    "\"areas\":[{\"name\":\"Bedroom\",\"floor\":\"First "
    "floor\"},{\"name\":\"Kitchen\"},{\"name\":\"Garden\"},"
    "{\"name\":\"Bathroom\"},{\"name\":\"Kids Room\"}],"
    "\"entities\":["
    "{\"entity_id\":\"light.1\",\"name\":\"Lamp 1\",\"area\":\"Bedroom\",\"domain\":\"light\"},"
    "{\"entity_id\":\"light.2\",\"name\":\"Lamp 2\",\"area\":\"Bedroom\",\"domain\":\"light\"},"
    "{\"entity_id\":\"light.hue\",\"name\":\"Hue Play Left\",\"area\":\"Bedroom\",\"domain\":\"light\"},"
    "{\"entity_id\":\"light.counter\",\"name\":\"Counter light\",\"area\":\"Kitchen\",\"domain\":\"light\"},"
    "{\"entity_id\":\"light.ceiling\",\"name\":\"Ceiling in the "
    "garden\",\"area\":\"Garden\",\"domain\":\"light\"},"
    "{\"entity_id\":\"light.bath\",\"name\":\"Bathroom light\",\"area\":\"Bathroom\",\"domain\":\"light\"},"
    "{\"entity_id\":\"switch.coffee\",\"name\":\"Coffee machine\",\"area\":\"Kitchen\",\"domain\":\"switch\","
    "\"aliases\":[\"espresso\"]},"
    "{\"entity_id\":\"fan.bath\",\"name\":\"Bathroom fan\",\"area\":\"Bathroom\",\"domain\":\"fan\"},"
    "{\"entity_id\":\"cover.left\",\"name\":\"Left shutter\",\"area\":\"Kitchen\",\"domain\":\"cover\"},"
    "{\"entity_id\":\"cover.right\",\"name\":\"Right shutter\",\"area\":\"Kitchen\",\"domain\":\"cover\"},"
    "{\"entity_id\":\"cover.bed\",\"name\":\"Bedroom blind\",\"area\":\"Bedroom\",\"domain\":\"cover\"}]}";

static int open_home(void **state)
{
    return home_fixture_open(state, home);
}

/* What was meant instead of the first call (JSON) when that was said in the room; "" if there are none. */
static const char *against_in(
    void **state, const char *room, const char *text, const char *kind, const char *json)
{
    struct home_fixture *fixture = *state;
    struct understand_request request;
    struct understood understood = home_fixture_hear(fixture, text, room, kind, json, &request);
    leftover_apply(&fixture->understand, &request, &understood, fixture->arena);
    assert_int_equal(understood.calls[0].leftover[0] != '\0', understood.calls[0].missing[0] != '\0');
    return understood.calls[0].leftover;
}

static const char *against(void **state, const char *text, const char *kind, const char *json)
{
    return against_in(state, NULL, text, kind, json);
}

#define CALL(tool, rest) "[{\"name\":\"" tool "\",\"arguments\":{" rest "}}]"
#define NAME(name) CALL("HassTurnOn", "\"name\":\"" name "\"")
#define LIGHTS(area) CALL("HassTurnOn", "\"area\":\"" area "\",\"domain\":\"light\"")

static void test_a_room_that_is_only_part_of_what_was_said(void **state)
{
    assert_string_equal(
        against(state, "turn on the lights in the garden shed", "", LIGHTS("Garden")), "garden shed");
    assert_string_equal(against(state, "kids bathroom lights on", "", LIGHTS("Bathroom")), "kids bathroom");
    assert_string_equal(against(state, "kids bathroom lights on", "", LIGHTS("Kids Room")), "kids bathroom");
    assert_string_equal(
        against(state, "turn on the lights in bedroom 2", "", LIGHTS("Bedroom")), "bedroom 2");
    assert_string_equal(
        against(state, "lights on in the second bedroom", "", LIGHTS("Bedroom")), "second bedroom");
}

static void test_a_name_that_is_only_part_of_what_was_said(void **state)
{
    assert_string_equal(against(state, "turn on lamp 5", "light", NAME("Lamp 2")), "lamp 5");
    assert_string_equal(
        against(state, "turn on hue play centre", "light", NAME("Hue Play Left")), "hue play centre");
    assert_string_equal(
        against(state, "coffee grinder on", "switch", NAME("Coffee machine")), "coffee grinder");
    assert_string_equal(
        against(state, "guest bathroom light on", "light", NAME("Bathroom light")), "guest bathroom light");
}

static void test_a_thing_of_another_kind(void **state)
{
    assert_string_equal(
        against(state, "open the bathroom blind", "fan", NAME("Bathroom fan")), "bathroom blind");
    assert_string_equal(
        against(state, "open the bathroom blind", "cover", NAME("Bedroom blind")), "bathroom blind");
}

static void test_a_group_is_not_what_was_named(void **state)
{
    const char *all = CALL("HassTurnOff", "\"domain\":\"light\"");
    assert_string_equal(against(state, "turn off all the lights on the mezzanine", "", all), "mezzanine");
    assert_string_equal(
        against(state, "lock the safe", "", CALL("HassTurnOn", "\"domain\":\"lock\"")), "safe");
    assert_string_equal(
        against(state, "christmas lights on in the bedroom", "", LIGHTS("Bedroom")), "christmas lights");
    assert_string_equal(against(state, "turn off all the lights in the house", "", all), "");
}

static void test_what_is_spoken_of_beside_the_lights_of_this_room(void **state)
{
#define HERE(text) against_in(state, "Bedroom", text, "", LIGHTS("Bedroom"))
    assert_string_equal(HERE("It's like a cinema in here. Lights please."), "");
    assert_string_equal(HERE("it's like a cinema in here lights please"), "");
    assert_string_equal(HERE("We have a guest. Lights on please."), "");
    assert_string_equal(HERE("I'm in the cinema. Lights on please."), "cinema");
    assert_string_equal(HERE("lights on in the cinema"), "cinema");
    assert_string_equal(HERE("guest lights on please"), "guest lights");
    assert_string_equal(against(state, "lights on in a cinema", "", LIGHTS("Bedroom")), "cinema");
    assert_string_equal(
        against_in(state, "Bedroom", "turn on a cinema", "", CALL("HassTurnOn", "\"area\":\"Bedroom\"")),
        "cinema");
}

static void test_words_of_the_command_do_no_harm(void **state)
{
    assert_string_equal(
        against(state, "could you turn the bedroom lights back on please", "", LIGHTS("Bedroom")), "");
    assert_string_equal(against(state, "hey put lamp 1 on right now", "light", NAME("Lamp 1")), "");
    assert_string_equal(against(state, "set lamp 1 to 50 percent", "light",
                            CALL("HassLightSet", "\"name\":\"Lamp 1\",\"brightness\":50")),
        "");
    assert_string_equal(against(state, "lamp 1 teal", "light",
                            CALL("HassLightSet", "\"name\":\"Lamp 1\",\"color\":\"teal\"")),
        "");
    assert_string_equal(against(state, "bedroom blind 3 quarters open", "cover",
                            CALL("HassSetPosition", "\"name\":\"Bedroom blind\",\"position\":75")),
        "");
    assert_string_equal(against(state, "Bedroom lights, Martha wants to read", "", LIGHTS("Bedroom")), "");
}

static void test_where_a_thing_is_and_what_else_it_is_called(void **state)
{
    assert_string_equal(against(state, "the kitchen counter light on", "light", NAME("Counter light")), "");
    assert_string_equal(against(state, "the bathroom counter light on", "light", NAME("Counter light")),
        "bathroom counter light");
    assert_string_equal(against(state, "espresso machine on", "switch", NAME("Coffee machine")), "");
    assert_string_equal(
        against(state, "turn on the light on the counter", "light", NAME("Counter light")), "");
    assert_string_equal(against(state, "fire up the ceiling in the garden the doctors coming", "light",
                            NAME("Ceiling in the garden")),
        "");
}

static void test_other_calls_account_for_their_words(void **state)
{
    assert_string_equal(against(state, "lamps 1 and 2 on", "light",
                            "[{\"name\":\"HassTurnOn\",\"arguments\":{\"name\":\"Lamp 1\"}},"
                            "{\"name\":\"HassTurnOn\",\"arguments\":{\"name\":\"Lamp 2\"}}]"),
        "");
    assert_string_equal(
        against(state, "kitchen bathroom and bedroom lights on", "",
            "[{\"name\":\"HassTurnOn\",\"arguments\":{\"area\":\"Kitchen\",\"domain\":\"light\"}},"
            "{\"name\":\"HassTurnOn\",\"arguments\":{\"area\":\"Bathroom\",\"domain\":\"light\"}},"
            "{\"name\":\"HassTurnOn\",\"arguments\":{\"area\":\"Bedroom\",\"domain\":\"light\"}}]"),
        "");
}

static void test_a_name_said_in_part_is_not_what_another_call_names(void **state)
{
    assert_string_equal(against(state, "turn on the counter and turn off the coffee machine", "light",
                            "[{\"name\":\"HassTurnOn\",\"arguments\":{\"name\":\"Counter light\"}},"
                            "{\"name\":\"HassTurnOff\",\"arguments\":{\"name\":\"Coffee machine\"}}]"),
        "");
}

#define SHUTTERS                                                                                             \
    "[{\"name\":\"HassTurnOn\",\"arguments\":{\"name\":\"Right shutter\",\"domain\":\"cover\"}},"            \
    "{\"name\":\"HassTurnOff\",\"arguments\":{\"name\":\"Left shutter\",\"domain\":\"cover\"}}]"

static void test_one_that_stands_for_a_thing_is_no_number(void **state)
{
    assert_string_equal(
        against(state, "close the left shutter and open the right one", "cover", SHUTTERS), "");
    assert_string_equal(
        against(state, "Close the left shutter and open the right ONE", "cover", SHUTTERS), "");
    assert_string_equal(
        against(state, "close the left shutter and open the right 1", "cover", SHUTTERS), "right 1");
}

static void test_one_behind_a_kind_of_thing_is_a_number(void **state)
{
    assert_string_equal(against(state, "turn on lamp one", "light", NAME("Lamp 2")), "lamp 1");
    assert_string_equal(against(state, "turn on lamp one", "light", NAME("Lamp 1")), "");
}

#define PAUSE CALL("HassMediaPause", "")

static void test_what_a_command_begins_with_is_of_a_kind_that_the_tool_acts_on(void **state)
{
    assert_string_equal(against(state, "pause the vacuum", "", PAUSE), "vacuum");
    assert_string_equal(against(state, "please stop the fan", "", PAUSE), "fan");
    assert_string_equal(against(state, "pause the tv", "", PAUSE), "");
    assert_string_equal(against(state, "please pause the tv", "", PAUSE), "");
    assert_string_equal(against(state, "pause the music", "", PAUSE), "");
}

static void test_of_two_calls_the_beginning_may_belong_to_the_other(void **state)
{
    assert_string_equal(against(state, "stop the fan and pause", "",
                            "[{\"name\":\"HassMediaPause\",\"arguments\":{}},"
                            "{\"name\":\"HassTurnOff\",\"arguments\":{\"name\":\"Bathroom fan\"}}]"),
        "");
}

static void test_questions_and_timers_stay(void **state)
{
    assert_string_equal(
        against(state, "is the garden shed light on", "",
            CALL("HassGetState", "\"area\":\"Garden\",\"domain\":\"light\",\"state\":\"on\"")),
        "");
    assert_string_equal(
        against(state, "cancel the noodle timer", "", CALL("HassCancelTimer", "\"name\":\"noodle\"")), "");
}

#define BRIGHT(name, value)                                                                                  \
    "{\"name\":\"HassLightSet\",\"arguments\":{\"name\":\"" name "\",\"brightness\":" value "}}"

static void test_equal_numbers_are_each_of_a_call(void **state)
{
    static const char calls[] = "[" BRIGHT("Counter light", "20") "," BRIGHT("Bathroom light", "20") "]";
    assert_string_equal(against(state, "counter light 20 bathroom light 20", "light", calls), "");
    assert_string_equal(
        against(state, "set lamp 2 to 2 percent", "light", "[" BRIGHT("Lamp 2", "2") "]"), "");
    assert_string_equal(
        against(state, "set lamp 2 to 2 percent", "light", "[" BRIGHT("Lamp 1", "2") "]"), "lamp 2");
}

static void test_what_was_taken_back_is_not_meant_instead(void **state)
{
    assert_string_equal(
        against(state, "turn on the christmas lights, no sorry, the bedroom lights", "", LIGHTS("Bedroom")),
        "");
    assert_string_equal(
        against(state, "turn on the christmas lights no the bedroom lights", "", LIGHTS("Bedroom")), "");
    assert_string_equal(
        against(state, "turn the christmas lights on no the bedroom lights", "", LIGHTS("Bedroom")), "");
    assert_string_equal(
        against(state, "turn on the bedroom lights, no, the lights in the garden shed", "", LIGHTS("Garden")),
        "garden shed"); /* what takes its place is looked at as ever */
}

static void test_a_sentence_that_goes_on_takes_nothing_back(void **state)
{
    static const char *const said[] = {"turn on the christmas lights and just the bedroom lights",
        "turn on the christmas lights then just the bedroom lights",
        "turn on the christmas lights, there is no light in the bedroom",
        "turn on the christmas lights because i only have the bedroom lights"};
    for (size_t i = 0; i < sizeof(said) / sizeof(*said); i++)
        assert_string_equal(against(state, said[i], "", LIGHTS("Bedroom")), "christmas lights");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_room_that_is_only_part_of_what_was_said),
        cmocka_unit_test(test_a_name_that_is_only_part_of_what_was_said),
        cmocka_unit_test(test_a_thing_of_another_kind),
        cmocka_unit_test(test_a_group_is_not_what_was_named),
        cmocka_unit_test(test_what_is_spoken_of_beside_the_lights_of_this_room),
        cmocka_unit_test(test_words_of_the_command_do_no_harm),
        cmocka_unit_test(test_where_a_thing_is_and_what_else_it_is_called),
        cmocka_unit_test(test_other_calls_account_for_their_words),
        cmocka_unit_test(test_a_name_said_in_part_is_not_what_another_call_names),
        cmocka_unit_test(test_one_that_stands_for_a_thing_is_no_number),
        cmocka_unit_test(test_one_behind_a_kind_of_thing_is_a_number),
        cmocka_unit_test(test_what_a_command_begins_with_is_of_a_kind_that_the_tool_acts_on),
        cmocka_unit_test(test_of_two_calls_the_beginning_may_belong_to_the_other),
        cmocka_unit_test(test_questions_and_timers_stay),
        cmocka_unit_test(test_equal_numbers_are_each_of_a_call),
        cmocka_unit_test(test_what_was_taken_back_is_not_meant_instead),
        cmocka_unit_test(test_a_sentence_that_goes_on_takes_nothing_back),
    };
    return cmocka_run_group_tests(tests, open_home, home_fixture_close);
}
