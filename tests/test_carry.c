/* What one command takes from the one before it: the thing that "it" is, and a room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/calls_json.h"
#include "daemon/carry.h"
#include "daemon/phrases.h"
#include "devices/home_file.h"

#define ENTITY(id, domain, name, area)                                                                       \
    "{\"entity_id\":\"" id "\",\"name\":\"" name "\",\"area\":\"" area "\",\"domain\":\"" domain "\"}"

static const char home[] = "{\"areas\":[{\"name\":\"Parlor\"},{\"name\":\"Bedroom\"}],\"entities\":[" ENTITY(
    "light.piano", "light", "Piano Lamp", "Parlor") "," ENTITY("media_player.tv", "media_player", "Den TV",
    "Bedroom") "," ENTITY("light.bed", "light", "Bedroom Lamp",
    "Bedroom") ",{\"entity_id\":\"cover.blind\",\"name\":\"Roman "
               "Blind\",\"area\":\"Bedroom\",\"domain\":\"cover\",\"device_class\":\"blind\"}]}";

struct fixture {
    struct understand understand;
    struct phrases *phrases;
    struct san_arena *arena;
};

static int open_home(void **state)
{
    static struct fixture fixture;
    struct san_error err;
    char path[1024];
    const char *dir = getenv("HEARTH_SRCDIR");
    snprintf(path, sizeof(path), "%s/schemas/phrases_en.json", dir ? dir : ".");
    fixture.phrases = phrases_load(path, &err);
    assert_non_null(fixture.phrases);
    fixture.understand.phrases = fixture.phrases;
    fixture.understand.registry = reg_open(":memory:", &err);
    assert_non_null(fixture.understand.registry);
    assert_int_equal(home_import(fixture.understand.registry, home, strlen(home), "home", &err), SAN_OK);
    fixture.understand.shortlist = shortlist_new(fixture.understand.registry);
    fixture.arena = san_arena_new(4096, 0);
    *state = &fixture;
    return 0;
}

static int close_home(void **state)
{
    struct fixture *fixture = *state;
    shortlist_free(fixture->understand.shortlist);
    reg_close(fixture->understand.registry);
    phrases_free(fixture->phrases);
    san_arena_free(fixture->arena);
    return 0;
}

static struct understood understood;

/* What was said by a speaker in `area`, and understood as these calls (JSON) of things of `kind`; of the last
 * one the name is missing if `open`. */
static void hear(
    void **state, const char *text, const char *area, const char *kind, bool open, const char *json)
{
    struct fixture *fixture = *state;
    struct understand_request request;
    struct san_error err;
    struct home_call *calls;
    cJSON *array = cJSON_Parse(json);
    understood = (struct understood){.confidence = 1};
    assert_int_equal(
        understand_prepare(&fixture->understand, text, area, fixture->arena, &request, &err), SAN_OK);
    assert_int_equal(
        calls_from_json(array, "test", fixture->arena, &calls, &understood.call_count, &err), SAN_OK);
    cJSON_Delete(array);
    understood.calls = san_arena_alloc(fixture->arena, understood.call_count * sizeof(*understood.calls));
    for (size_t i = 0; i < understood.call_count; i++)
        understood.calls[i] = (struct understood_call){
            .call = calls[i], .missing = "", .leftover = "", .unproven = "", .overlooked = "", .kind = kind};
    if (open)
        understood.calls[understood.call_count - 1].missing = "name";
    carry_apply(&fixture->understand, &request, &understood, fixture->arena);
}

static void assert_call(size_t i, const char *json)
{
    cJSON *object = call_to_json(&understood.calls[i].call);
    char *text = cJSON_PrintUnformatted(object);
    assert_string_equal(text, json);
    cJSON_free(text);
    cJSON_Delete(object);
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
    return cmocka_run_group_tests(tests, open_home, close_home);
}
