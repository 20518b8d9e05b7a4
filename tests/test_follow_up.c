/* Sentences that lean on the one before: what they are completed to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/calls_json.h"
#include "daemon/except.h"
#include "daemon/follow_up.h"
#include "daemon/memory.h"
#include "home_fixture.h"

static const char home[] =
    "{\"floors\":[{\"name\":\"First floor\",\"aliases\":[\"upstairs\"]},{\"name\":\"Ground floor\"}],"
    "\"areas\":[{\"name\":\"Bedroom\",\"floor\":\"First floor\"},{\"name\":\"Kitchen\",\"floor\":\"Ground "
    "floor\"}],"
    "\"entities\":["
    "{\"entity_id\":\"light.bedside\",\"name\":\"Bedside lamp\",\"area\":\"Bedroom\",\"domain\":\"light\"},"
    "{\"entity_id\":\"light.counter\",\"name\":\"Counter light\",\"area\":\"Kitchen\",\"domain\":\"light\"},"
    "{\"entity_id\":\"climate.radiator\",\"name\":\"Radiator\",\"area\":\"Bedroom\",\"domain\":\"climate\"},"
    "{\"entity_id\":\"cover.blind\",\"name\":\"Roller blind\",\"area\":\"Bedroom\",\"domain\":\"cover\"},"
    "{\"entity_id\":\"switch.counter\",\"name\":\"Counter "
    "socket\",\"area\":\"Kitchen\",\"domain\":\"switch\"}]}";

static struct home_fixture *fixture;
static struct recollection last;

static int open_home(void **state)
{
    int failed = home_fixture_open(state, home);
    fixture = *state;
    return failed;
}

static size_t read_calls(const char *json, struct home_call **calls)
{
    size_t count;
    cJSON *array = cJSON_Parse(json);
    assert_non_null(array);
    assert_int_equal(calls_from_json(array, "test", fixture->arena, calls, &count, NULL), SAN_OK);
    cJSON_Delete(array);
    return count;
}

#define CALL(tool, rest) "[{\"name\":\"" tool "\",\"arguments\":{" rest "}}]"

/* The conversation's last sentence: its calls as JSON, and what the name of each was chosen as. */
static void said(const char *text, const char *json, const char *kind)
{
    static const char *kinds[4];
    struct home_call *calls;
    kinds[0] = kinds[1] = kind;
    size_t count = read_calls(json, &calls);
    last = (struct recollection){
        .text = text, .calls = calls, .kinds = kinds, .call_count = count, .except = "", .missing = ""};
}

static enum follow_up_kind kind_found;

/* To what the sentence is completed, when alone it means these calls (NULL: nothing). */
static const char *completed_beside(const char *text, const char *json)
{
    struct understand_request prepared;
    struct follow_up follow_up;
    struct understood understood = home_fixture_hear(fixture, text, NULL, "", json ? json : "[]", &prepared);
    const struct follow_up_in in = {.phrases = fixture->phrases,
        .understand = &fixture->understand,
        .last = &last,
        .prepared = &prepared,
        .understood = &understood,
        .clear = json != NULL,
        .arena = fixture->arena};
    follow_up_complete(&in, &follow_up);
    kind_found = follow_up.kind;
    return follow_up.kind == FOLLOW_UP_NONE ? "" : follow_up.text;
}

static const char *completed(const char *text)
{
    return completed_beside(text, NULL);
}

static void test_pronouns(void **state)
{
    (void)state;
    said("turn on the bedside lamp", CALL("HassTurnOn", "\"name\":\"Bedside lamp\""), "light");
    assert_string_equal(completed("turn it off again"), "turn the Bedside lamp off again");
    assert_string_equal(completed("please turn that light off"), "turn the Bedside lamp off");
    assert_string_equal(completed("is it on"), "is the Bedside lamp on");
    assert_string_equal(completed("no, turn it off"), "turn the Bedside lamp off");
    assert_int_equal(kind_found, FOLLOW_UP_REFER);
    said("lights on in the kitchen", CALL("HassTurnOn", "\"area\":\"Kitchen\",\"domain\":\"light\""), "");
    assert_string_equal(completed("turn them off"), "turn the Kitchen lights off");
    said("lights on upstairs", CALL("HassTurnOn", "\"floor\":\"First floor\",\"domain\":\"light\""), "");
    assert_string_equal(completed("turn them off"), "turn the lights on the First floor off");
    said("how warm is it in the bedroom", CALL("HassClimateGetTemperature", "\"area\":\"Bedroom\""), "");
    assert_string_equal(completed("make it warmer"), "make the Bedroom thermostats warmer");
    said("set a pizza timer", CALL("HassStartTimer", "\"name\":\"pizza\",\"minutes\":20"), "");
    assert_string_equal(completed("pause it"), "pause the pizza timer");
    said("set a timer", CALL("HassStartTimer", "\"minutes\":20"), "");
    assert_string_equal(completed("cancel it"), "cancel the 20 minute timer");
}

static void test_what_is_no_order_is_left_alone(void **state)
{
    (void)state;
    said("turn on the bedside lamp", CALL("HassTurnOn", "\"name\":\"Bedside lamp\""), "light");
    assert_string_equal(completed("thanks for that"), "");
    assert_string_equal(completed("it is nice"), "");
    assert_string_equal(completed("that was great"), "");
    assert_string_equal(completed("the kitchen"), "");
    assert_string_equal(completed("no"), "");
    assert_string_equal(completed(""), "");
}

static void test_a_sentence_that_is_clear_stays(void **state)
{
    (void)state;
    said("turn on the bedside lamp", CALL("HassTurnOn", "\"name\":\"Bedside lamp\""), "light");
    assert_string_equal(completed_beside("is it cold in the kitchen",
                            CALL("HassClimateGetTemperature", "\"area\":\"Kitchen\"")),
        "");
    assert_string_equal(completed_beside("what time is it", CALL("HassGetCurrentTime", "")), "");
    assert_string_equal(
        completed_beside("make it darker", CALL("HassLightSet", "\"brightness_step\":\"down\"")),
        "make the Bedside lamp darker");
}

static void test_bare_steps(void **state)
{
    (void)state;
    said("turn on the bedside lamp", CALL("HassTurnOn", "\"name\":\"Bedside lamp\""), "light");
    assert_string_equal(
        completed_beside("a bit brighter", CALL("HassLightSet", "\"brightness_step\":\"up\"")),
        "the Bedside lamp a bit brighter");
    assert_string_equal(completed("back on"), "the Bedside lamp back on");
    assert_string_equal(completed("50 percent"), "the Bedside lamp 50 percent");
    assert_string_equal(completed("again"), "turn on the bedside lamp");
    assert_int_equal(kind_found, FOLLOW_UP_REPEAT);
}

static void test_another_place(void **state)
{
    (void)state;
    said("turn on the kitchen lights", CALL("HassTurnOn", "\"area\":\"Kitchen\",\"domain\":\"light\""), "");
    assert_string_equal(completed("and the bedroom too"), "turn on Bedroom lights");
    assert_int_equal(kind_found, FOLLOW_UP_REPLACE);
    assert_string_equal(completed("no, i meant the bedroom"), "turn on Bedroom lights");
    assert_int_equal(kind_found, FOLLOW_UP_CORRECT);
    said("turn the lights on in the kitchen", CALL("HassTurnOn", "\"area\":\"Kitchen\",\"domain\":\"light\""),
        "");
    assert_string_equal(completed("and in the bedroom"), "turn the lights on in the Bedroom");
    assert_string_equal(completed("what about upstairs"), "turn the lights on upstairs");
    said("which lights are on upstairs",
        CALL("HassGetState", "\"floor\":\"First floor\",\"domain\":\"light\",\"state\":\"on\""), "");
    assert_string_equal(completed("and the kitchen"), "which lights are on in the Kitchen");
    said("which lights are on", CALL("HassGetState", "\"domain\":\"light\",\"state\":\"on\""), "");
    assert_string_equal(completed("and on the ground floor"), "which lights are on on the Ground floor");
}

static void test_a_place_for_a_thing_is_the_things_there(void **state)
{
    (void)state;
    said("turn on the bedside lamp", CALL("HassTurnOn", "\"name\":\"Bedside lamp\""), "light");
    assert_string_equal(completed("and the kitchen"), "turn on the Kitchen lights");
    assert_string_equal(completed("and the ground floor"), "turn on the lights on the Ground floor");
}

static void test_another_thing(void **state)
{
    (void)state;
    said("turn on the bedside lamp please", CALL("HassTurnOn", "\"name\":\"Bedside lamp\""), "light");
    assert_string_equal(completed("and the counter light"), "turn on the counter light please");
    assert_string_equal(completed("and the kitchen lights"), "turn on the kitchen lights please");
    said("turn the lights on in the kitchen", CALL("HassTurnOn", "\"area\":\"Kitchen\",\"domain\":\"light\""),
        "");
    assert_string_equal(completed("no, the bedside lamp"), "turn the bedside lamp on");
    said("make it warmer", CALL("HassClimateSetTemperature", "\"temperature_step\":\"up\""), "");
    last.asked = true;
    assert_string_equal(completed("the radiator"), "make the radiator warmer");
    assert_string_equal(completed("bedroom"), "make it warmer in the Bedroom");
}

static void test_another_number(void **state)
{
    (void)state;
    said("set the radiator to 21 degrees",
        CALL("HassClimateSetTemperature", "\"name\":\"Radiator\",\"temperature\":21"), "climate");
    assert_string_equal(completed("no, 20"), "set the radiator to 20 degrees");
    assert_string_equal(completed("i meant 20 degrees"), "set the radiator to 20 degrees");
    said("turn on the bedside lamp", CALL("HassTurnOn", "\"name\":\"Bedside lamp\""), "light");
    assert_string_equal(completed("no, 20 elephants"), "");
}

static void test_another_entry_of_a_list(void **state)
{
    (void)state;
    said("put oat milk on the shopping list", CALL("HassShoppingListAddItem", "\"item\":\"oat milk\""), "");
    assert_string_equal(completed("and eggs"), "put eggs on the shopping list");
    assert_string_equal(completed("no, soy milk"), "put soy milk on the shopping list");
    assert_int_equal(kind_found, FOLLOW_UP_CORRECT);
    assert_string_equal(completed("and turn off the lights"), "");
    assert_string_equal(completed("eggs"), "");
}

static void test_what_is_put_off(void **state)
{
    (void)state;
    said("turn off the lights in the kitchen in 1 hour",
        CALL("HassStartTimer", "\"hours\":1,\"conversation_command\":\"turn off the lights in the kitchen\""),
        "");
    struct home_call *put_off;
    read_calls(CALL("HassTurnOff", "\"area\":\"Kitchen\",\"domain\":\"light\""), &put_off);
    last.put_off = put_off[0];
    assert_string_equal(completed("and in the bedroom"), "turn off the lights in the Bedroom in 1 hour");
    said("turn off the lights at 9 pm", CALL("HassStartTimer", "\"hours\":1"), "");
    last.put_off = put_off[0];
    assert_string_equal(completed("no, at half past ten"), "turn off the lights at half past 10");
    assert_int_equal(kind_found, FOLLOW_UP_CORRECT);
}

static void test_a_kind_that_was_made_up(void **state)
{
    (void)state;
    said("turn on the kitchen lights", CALL("HassTurnOn", "\"area\":\"Kitchen\",\"domain\":\"light\""), "");
    assert_string_equal(completed_beside("turn them all off", CALL("HassTurnOff", "\"domain\":\"switch\"")),
        "turn the Kitchen lights off");
    assert_string_equal(
        completed_beside("turn off the switches", CALL("HassTurnOff", "\"domain\":\"switch\"")), "");
}

static void test_what_was_missing(void **state)
{
    (void)state;
    said("turn on the attic lights", CALL("HassTurnOn", "\"domain\":\"light\""), "");
    last.missing = "attic lights";
    last.asked = true;
    assert_string_equal(completed("the kitchen"), "turn on Kitchen lights");
    said("turn off the sofa lamp", CALL("HassTurnOff", ""), "");
    last.missing = "sofa lamp";
    last.asked = true;
    assert_string_equal(completed("the bedside lamp"), "turn off the bedside lamp");
}

static void test_an_exception_goes_on(void **state)
{
    (void)state;
    said("turn on the lights except the kitchen", CALL("HassTurnOn", "\"domain\":\"light\""), "");
    last.except = "except the kitchen";
    assert_string_equal(completed("turn them off"), "turn the lights off except the kitchen");
}

/* ---- exceptions ---- */

/* The entities that are left of all, or the words that are not known. */
static const char *left_by(const char *text)
{
    static char out[256];
    struct understand_request prepared;
    struct except except;
    struct resolved all = {.outcome = RESOLVE_OK};
    const struct reg_filter filter = {0};
    assert_int_equal(
        understand_prepare(&fixture->understand, text, NULL, fixture->arena, &prepared, NULL), SAN_OK);
    size_t begin = except_find(fixture->phrases, &prepared.words);
    if (begin == prepared.words.count)
        return "none";
    assert_int_equal(
        except_read(fixture->phrases, &fixture->understand, &prepared, begin, fixture->arena, &except, NULL),
        SAN_OK);
    if (except.unknown)
        return except.unknown;
    assert_int_equal(
        reg_entities(fixture->understand.registry, &filter, fixture->arena, &all.entities, &all.count, NULL),
        SAN_OK);
    except_apply(fixture->phrases, &except, &all);
    out[0] = '\0';
    for (size_t i = 0; i < all.count; i++) {
        strcat(out, i ? "," : "");
        strcat(out, all.entities[i].name);
    }
    return out;
}

static void test_what_an_exception_takes_away(void **state)
{
    (void)state;
    assert_string_equal(left_by("turn off everything except the bedside lamp"),
        "Radiator,Roller blind,Counter light,Counter socket");
    assert_string_equal(
        left_by("turn off everything except for the bedroom"), "Counter light,Counter socket");
    assert_string_equal(left_by("everything off apart from the kitchen lights and the roller blind"),
        "Radiator,Bedside lamp,Counter socket");
    assert_string_equal(left_by("turn off all lights but the ones upstairs"), "Counter light,Counter socket");
    assert_string_equal(
        left_by("turn off everything except the lights"), "Radiator,Roller blind,Counter socket");
}

static void test_what_is_left_alone(void **state)
{
    (void)state;
    assert_string_equal(left_by("turn off everything but leave the bedside lamp alone"),
        "Radiator,Roller blind,Counter light,Counter socket");
    assert_string_equal(left_by("turn everything off and leave the radiator as it is"),
        "Roller blind,Bedside lamp,Counter light,Counter socket");
    assert_string_equal(left_by("turn everything off but leave the bedroom lamps on please"),
        "Radiator,Roller blind,Counter light,Counter socket");
    assert_string_equal(left_by("turn off everything but don't touch the roller blind"),
        "Radiator,Bedside lamp,Counter light,Counter socket");
    assert_string_equal(
        left_by("lights off but keep the ones in the kitchen lit"), "Radiator,Roller blind,Bedside lamp");
    assert_string_equal(left_by("turn off everything but do not touch the sofa"), "sofa");
}

static void test_a_thing_that_was_said_in_part(void **state)
{
    (void)state;
    assert_string_equal(
        left_by("turn off everything but the bedside"), "Radiator,Roller blind,Counter light,Counter socket");
    assert_string_equal(left_by("turn off all of it except the socket and the roller's"),
        "Radiator,Bedside lamp,Counter light");
    assert_string_equal(left_by("turn off everything except the bedside and the sofa"), "sofa");
    assert_string_equal(left_by("turn off everything except the socket thing"), "socket thing");
    assert_string_equal(left_by("turn off everything except the counter"), "counter"); /* which of them? */
}

static void test_exceptions_that_are_not_known(void **state)
{
    (void)state;
    assert_string_equal(left_by("turn off everything except the sofa lamp"), "sofa lamp");
    assert_string_equal(left_by("turn off everything except the bedroom and the sofa"), "sofa");
    assert_string_equal(left_by("turn off everything except that"), "except that");
    assert_string_equal(left_by("turn on the lamp but the kitchen"), "none");
    assert_string_equal(left_by("except the kitchen"), "none");
}

static void test_what_only_goes_on_is_no_exception(void **state)
{
    (void)state;
    assert_string_equal(left_by("turn on the counter light and leave it on"), "none");
    assert_string_equal(left_by("turn off the lights and leave them off"), "none");
    assert_string_equal(left_by("set the roller blind to half and leave it there"), "none");
    assert_string_equal(left_by("turn off everything but leave the counter light there"),
        "Radiator,Roller blind,Bedside lamp,Counter socket"); /* a thing that stands there is one */
}

static void test_two_rooms_without_and(void **state)
{
    (void)state;
    assert_string_equal(left_by("turn off everything except the kitchen, bedroom and the radiator"), "");
}

static void test_small_words_are_not_unknown(void **state)
{
    (void)state;
    assert_string_equal(left_by("turn off everything but leave the sofa alone"), "sofa");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_only_goes_on_is_no_exception),
        cmocka_unit_test(test_two_rooms_without_and),
        cmocka_unit_test(test_small_words_are_not_unknown),
        cmocka_unit_test(test_pronouns),
        cmocka_unit_test(test_what_is_no_order_is_left_alone),
        cmocka_unit_test(test_a_sentence_that_is_clear_stays),
        cmocka_unit_test(test_bare_steps),
        cmocka_unit_test(test_another_place),
        cmocka_unit_test(test_a_place_for_a_thing_is_the_things_there),
        cmocka_unit_test(test_another_thing),
        cmocka_unit_test(test_another_number),
        cmocka_unit_test(test_another_entry_of_a_list),
        cmocka_unit_test(test_what_is_put_off),
        cmocka_unit_test(test_a_kind_that_was_made_up),
        cmocka_unit_test(test_what_was_missing),
        cmocka_unit_test(test_an_exception_goes_on),
        cmocka_unit_test(test_what_an_exception_takes_away),
        cmocka_unit_test(test_what_is_left_alone),
        cmocka_unit_test(test_a_thing_that_was_said_in_part),
        cmocka_unit_test(test_exceptions_that_are_not_known),
    };
    return cmocka_run_group_tests(tests, open_home, home_fixture_close);
}
