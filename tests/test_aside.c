/* "Too bright for my eyes, bring the lights down to forty": the reason for a command is no second one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/aside.h"
#include "daemon/calls_json.h"
#include "home_fixture.h"

#define ENTITY(id, name, area, domain)                                                                       \
    "{\"entity_id\":\"" domain "." id "\",\"name\":\"" name "\",\"area\":\"" area "\",\"domain\":\"" domain  \
    "\"}"
static const char home[] =
    "{\"areas\":[{\"name\":\"Attic\"},{\"name\":\"Cellar\"}],\"entities\":[" ENTITY("desk", "Desk Lamp",
        "Attic", "light") "," ENTITY("beam", "Beam Light", "Attic", "light") "," ENTITY("shelf",
        "Shelf Light", "Cellar", "light") "," ENTITY("fan", "Window Fan", "Attic", "fan") "]}";

static int open_phrases(void **state)
{
    return home_fixture_open(state, NULL);
}

/* What was said in the attic, and understood as these calls (JSON), the first of which lacks the slot
 * `missing`, is those. */
static void assert_lacking(
    void **state, const char *text, const char *missing, const char *json, const char *want)
{
    struct home_fixture *fixture = *state;
    struct understand_request request;
    home_fixture_move(fixture, home);
    struct understood understood = home_fixture_hear(fixture, text, "Attic", "", json, &request);
    for (size_t i = 0; i < understood.call_count; i++)
        understood.calls[i].kind = home_call_arg(&understood.calls[i].call, "name") ? "light" : "";
    understood.calls[0].missing = missing;
    aside_apply(&fixture->understand, &request, &understood, fixture->arena);

    cJSON *array = cJSON_CreateArray();
    for (size_t i = 0; i < understood.call_count; i++)
        cJSON_AddItemToArray(array, call_to_json(&understood.calls[i].call));
    char *printed = cJSON_PrintUnformatted(array);
    assert_string_equal(printed, want);
    cJSON_free(printed);
    cJSON_Delete(array);
}

static void assert_becomes(void **state, const char *text, const char *json, const char *want)
{
    assert_lacking(state, text, "", json, want);
}

static void assert_stays(void **state, const char *text, const char *json)
{
    assert_becomes(state, text, json, json);
}

#define CALL(tool, rest) "{\"name\":\"" tool "\",\"arguments\":{" rest "}}"
#define LIGHTS(rest) CALL("HassLightSet", "\"area\":\"Attic\"," rest)
#define DOWN LIGHTS("\"brightness_step\":\"down\"")
#define FORTY LIGHTS("\"brightness\":40")
#define DESK CALL("HassTurnOn", "\"name\":\"Desk Lamp\"")
#define ALL CALL("HassTurnOn", "\"area\":\"Attic\",\"domain\":\"light\"")

static void test_of_a_step_and_a_value_the_value_was_asked(void **state)
{
    assert_becomes(
        state, "too bright for me, bring the lights down to forty", "[" DOWN "," FORTY "]", "[" FORTY "]");
    assert_becomes(
        state, "bring the lights down to forty, it is too bright", "[" FORTY "," DOWN "]", "[" FORTY "]");
}

static void test_a_volume_is_stepped_by_another_tool(void **state)
{
#define QUIETER CALL("HassSetVolumeRelative", "\"area\":\"Attic\",\"volume_step\":\"down\"")
#define TWENTY CALL("HassSetVolume", "\"area\":\"Attic\",\"volume_level\":20")
    assert_becomes(state, "too loud in here, volume to 20", "[" QUIETER "," TWENTY "]", "[" TWENTY "]");
}

static void test_a_step_of_other_things_stays(void **state)
{
    assert_stays(state, "lights down and the cellar to forty",
        "[" DOWN "," CALL("HassLightSet", "\"area\":\"Cellar\",\"brightness\":40") "]");
    assert_stays(state, "warmer in here and the lights to 2700",
        "[" CALL("HassClimateSetTemperature", "\"area\":\"Attic\",\"temperature_step\":\"up\"") "," LIGHTS(
            "\"temperature\":2700") "]");
    assert_stays(state, "dim the lights and make it warm", "[" DOWN "," LIGHTS("\"color\":\"red\"") "]");
}

static void test_a_step_that_is_counted_stays(void **state)
{
    assert_stays(state, "up by 10 and then to forty", "[" LIGHTS("\"brightness_step\":10") "," FORTY "]");
}

static void test_why_one_light_is_wanted_asks_for_no_more(void **state)
{
    assert_becomes(
        state, "get the desk lamp for me please it's pitch dark in here", "[" DESK "," ALL "]", "[" DESK "]");
    assert_becomes(
        state, "it's pitch dark in here can you get the desk lamp", "[" ALL "," DESK "]", "[" DESK "]");
}

static void test_what_is_said_of_all_is_asked(void **state)
{
    assert_stays(state, "desk lamp on and light it up in here", "[" DESK "," ALL "]");
    assert_stays(state, "desk lamp on, all of them", "[" DESK "," ALL "]");
    assert_stays(state, "desk lamp on, the rest too", "[" DESK "," ALL "]");
    assert_stays(state, "desk lamp on, lights on", "[" DESK "," ALL "]");
    assert_stays(state, "desk lamp on, attic on", "[" DESK "," ALL "]");
    assert_stays(state, "lights on, desk lamp on", "[" ALL "," DESK "]");
}

static void test_another_room_is_no_reason(void **state)
{
    assert_stays(state, "shelf light on please it's dark in here",
        "[" CALL("HassTurnOn", "\"name\":\"Shelf Light\"") "," ALL "]");
}

static void test_another_kind_or_another_deed_is_no_reason(void **state)
{
    assert_stays(state, "desk lamp on please it's hot in here",
        "[" DESK "," CALL("HassTurnOn", "\"area\":\"Attic\",\"domain\":\"fan\"") "]");
    assert_stays(state, "desk lamp on please it's bright in here",
        "[" DESK "," CALL("HassTurnOff", "\"area\":\"Attic\",\"domain\":\"light\"") "]");
}

static void test_beside_what_cannot_be_done_nothing_is_taken_out(void **state)
{
    assert_lacking(
        state, "get the desk lamp please it's dark", "name", "[" DESK "," ALL "]", "[" DESK "," ALL "]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_of_a_step_and_a_value_the_value_was_asked),
        cmocka_unit_test(test_a_volume_is_stepped_by_another_tool),
        cmocka_unit_test(test_a_step_of_other_things_stays),
        cmocka_unit_test(test_a_step_that_is_counted_stays),
        cmocka_unit_test(test_why_one_light_is_wanted_asks_for_no_more),
        cmocka_unit_test(test_what_is_said_of_all_is_asked),
        cmocka_unit_test(test_another_room_is_no_reason),
        cmocka_unit_test(test_another_kind_or_another_deed_is_no_reason),
        cmocka_unit_test(test_beside_what_cannot_be_done_nothing_is_taken_out),
    };
    return cmocka_run_group_tests(tests, open_phrases, home_fixture_close);
}
