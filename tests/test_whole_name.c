/* A name said in part gives way to the one that was said in full; a name of several rooms gets the room that
 * was said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/whole_name.h"
#include "home_fixture.h"

#define ENTITY(id, domain, name, area)                                                                       \
    "{\"entity_id\":\"" id "\",\"name\":\"" name "\",\"area\":\"" area "\",\"domain\":\"" domain "\"}"

static const char home[] =
    "{\"areas\":[{\"name\":\"Kitchen\"},{\"name\":\"Hall\"},{\"name\":\"Garage\"}],\"entities\":[" ENTITY(
        "light.a", "light", "Ceiling Light", "Kitchen") "," ENTITY("light.b", "light", "Ceiling Light",
        "Hall") "," ENTITY("light.c", "light", "Kitchen Island Pendants", "Kitchen") "," ENTITY("light.d",
        "light", "Night Light", "Hall") "," ENTITY("cover.l", "cover", "Garage Door Left",
        "Garage") "," ENTITY("cover.r", "cover", "Garage Door Right", "Garage") "," ENTITY("media_player.k",
        "media_player", "Kitchen TV", "Kitchen") "," ENTITY("media_player.h", "media_player", "Hall TV",
        "Hall") "," ENTITY("switch.t", "switch", "Towel Rail", "Hall") "]}";

static int open_home(void **state)
{
    return home_fixture_open(state, home);
}

static struct understood understood;

/* What was said, in `area` if that is not NULL, and understood as these calls (JSON); the words of `leftover`
 * speak against the first call's name. */
static void hear(void **state, const char *text, const char *area, const char *kind, const char *leftover,
    const char *json, bool mended)
{
    struct home_fixture *fixture = *state;
    struct understand_request request;
    struct san_error err;
    understood = home_fixture_hear(fixture, text, area, kind, json, &request);
    for (size_t i = 0; i < understood.call_count; i++)
        understood.calls[i].confidence = 0.6;
    if (leftover[0]) {
        understood.calls[0].missing = "name";
        understood.calls[0].leftover = leftover;
    }
    whole_name_near(fixture->understand.registry, &request, &understood, fixture->arena);
    assert_int_equal(whole_name_apply(&fixture->understand, &request, &understood, fixture->arena), mended);
    assert_int_equal(
        whole_name_place(fixture->understand.registry, &request, &understood, fixture->arena, &err), SAN_OK);
}

static void assert_call(size_t i, const char *json)
{
    home_fixture_assert_call(&understood.calls[i], json);
}

#define CALL(tool, rest) "{\"name\":\"" tool "\",\"arguments\":{" rest "}}"

static void test_the_words_of_a_name_may_stand_in_another_order(void **state)
{
    hear(state, "open the left garage door", NULL, "cover", "left garage door",
        "[" CALL("HassTurnOn", "\"name\":\"Garage Door Right\",\"domain\":\"cover\"") "]", true);
    assert_call(0, CALL("HassTurnOn", "\"name\":\"Garage Door Left\",\"domain\":\"cover\""));
    assert_string_equal(understood.calls[0].missing, "");
    assert_string_equal(understood.calls[0].leftover, "");
}

static void test_the_room_tells_namesakes_apart(void **state)
{
    hear(state, "kitchen ceiling light on", NULL, "light", "kitchen ceiling",
        "[" CALL("HassTurnOn", "\"name\":\"Kitchen Island Pendants\"") "]", true);
    assert_call(0, CALL("HassTurnOn", "\"name\":\"Ceiling Light\",\"area\":\"Kitchen\""));
}

static void test_a_name_that_nothing_speaks_against_stays(void **state)
{
    hear(state, "kitchen ceiling light on", NULL, "light", "",
        "[" CALL("HassTurnOn", "\"name\":\"Kitchen Island Pendants\"") "]", false);
    assert_call(0, CALL("HassTurnOn", "\"name\":\"Kitchen Island Pendants\""));
}

static void test_lights_of_a_room_are_a_group(void **state)
{
    hear(state, "turn on the kitchen lights", NULL, "media_player", "kitchen lights",
        "[" CALL("HassTurnOn", "\"name\":\"Kitchen TV\"") "]", true);
    assert_call(0, CALL("HassTurnOn", "\"area\":\"Kitchen\",\"domain\":\"light\""));
    hear(state, "kitchen lights volume 20", NULL, "media_player", "kitchen lights",
        "[" CALL("HassSetVolume", "\"name\":\"Kitchen TV\",\"volume_level\":20") "]", false);
    assert_string_equal(understood.calls[0].missing, "name");
}

static void test_what_another_call_names_is_not_taken_twice(void **state)
{
    hear(state, "kitchen ceiling light on", NULL, "light", "kitchen ceiling",
        "[" CALL("HassTurnOn", "\"name\":\"Kitchen Island Pendants\"") "," CALL(
            "HassTurnOn", "\"name\":\"Ceiling Light\",\"area\":\"Kitchen\"") "]",
        false);
    assert_string_equal(understood.calls[0].missing, "name");
}

static void test_another_kind_of_thing_is_no_answer(void **state)
{
    hear(state, "set the left garage door to 20", NULL, "light", "left garage",
        "[" CALL("HassLightSet", "\"name\":\"Night Light\",\"brightness\":20") "]", false);
    assert_call(0, CALL("HassLightSet", "\"name\":\"Night Light\",\"brightness\":20"));
}

static void test_a_word_of_a_name_is_no_room(void **state)
{
    static const char calls[] = "[" CALL("HassTurnOn", "\"name\":\"Hall TV\",\"area\":\"Hall\"") "]";
    hear(state, "hall tv on", NULL, "media_player", "", calls, false);
    assert_call(0, CALL("HassTurnOn", "\"name\":\"Hall TV\""));
    hear(state, "kitchen tv on in the hall", NULL, "media_player", "",
        "[" CALL("HassTurnOn", "\"name\":\"Kitchen TV\",\"area\":\"Hall\"") "]", false);
    assert_string_equal(home_call_text(&understood.calls[0].call, "area"), "Hall");
}

static void test_a_name_with_its_room_is_surer(void **state)
{
    static const char calls[] = "[" CALL("HassTurnOn", "\"name\":\"Hall TV\"") "]";
    hear(state, "hall tv on", NULL, "media_player", "", calls, false);
    assert_true(understood.calls[0].confidence > 0.79 && understood.calls[0].confidence < 0.81);
    hear(state, "tv on", NULL, "media_player", "", calls, false);
    assert_true(understood.calls[0].confidence < 0.61);
    hear(state, "hall tv on in the kitchen", NULL, "media_player", "", calls, false);
    assert_true(understood.calls[0].confidence < 0.61);
}

static void test_a_name_of_one_room_gets_no_room(void **state)
{
    hear(state, "towel rail on in the hall", NULL, "switch", "",
        "[" CALL("HassTurnOn", "\"name\":\"Towel Rail\"") "]", false);
    assert_call(0, CALL("HassTurnOn", "\"name\":\"Towel Rail\""));
}

static void test_of_two_rooms_none_is_taken(void **state)
{
    hear(state, "ceiling light in the kitchen or the hall on", NULL, "light", "",
        "[" CALL("HassTurnOn", "\"name\":\"Ceiling Light\"") "]", false);
    assert_call(0, CALL("HassTurnOn", "\"name\":\"Ceiling Light\""));
}

static void test_another_calls_room_is_not_taken_from_a_speaker_elsewhere(void **state)
{
    static const char calls[] = "[" CALL("HassTurnOff", "\"name\":\"Ceiling Light\"") "," CALL(
        "HassTurnOn", "\"name\":\"Kitchen Island Pendants\",\"area\":\"Kitchen\"") "]";
    hear(state, "ceiling light off and the pendants in the kitchen on", "Hall", "light", "", calls, false);
    assert_call(0, CALL("HassTurnOff", "\"name\":\"Ceiling Light\""));
    hear(state, "ceiling light off and the pendants in the kitchen on", NULL, "light", "", calls, false);
    assert_call(0, CALL("HassTurnOff", "\"name\":\"Ceiling Light\",\"area\":\"Kitchen\""));
}

static void test_what_is_beside_the_speaker_is_meant(void **state)
{
    static const char calls[] = "[" CALL("HassSetVolume", "\"name\":\"Kitchen TV\",\"volume_level\":20") "]";
    hear(state, "tv volume 20", "Hall", "media_player", "", calls, false);
    assert_call(0, CALL("HassSetVolume", "\"name\":\"Hall TV\",\"volume_level\":20"));
    hear(state, "tv volume 20", "Garage", "media_player", "", calls, false);
    assert_call(0, CALL("HassSetVolume", "\"name\":\"Kitchen TV\",\"volume_level\":20"));
    hear(state, "kitchen tv volume 20", "Hall", "media_player", "", calls, false);
    assert_call(0, CALL("HassSetVolume", "\"name\":\"Kitchen TV\",\"volume_level\":20"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_words_of_a_name_may_stand_in_another_order),
        cmocka_unit_test(test_the_room_tells_namesakes_apart),
        cmocka_unit_test(test_a_name_that_nothing_speaks_against_stays),
        cmocka_unit_test(test_lights_of_a_room_are_a_group),
        cmocka_unit_test(test_what_another_call_names_is_not_taken_twice),
        cmocka_unit_test(test_another_kind_of_thing_is_no_answer),
        cmocka_unit_test(test_what_is_beside_the_speaker_is_meant),
        cmocka_unit_test(test_a_word_of_a_name_is_no_room),
        cmocka_unit_test(test_a_name_with_its_room_is_surer),
        cmocka_unit_test(test_a_name_of_one_room_gets_no_room),
        cmocka_unit_test(test_of_two_rooms_none_is_taken),
        cmocka_unit_test(test_another_calls_room_is_not_taken_from_a_speaker_elsewhere),
    };
    return cmocka_run_group_tests(tests, open_home, home_fixture_close);
}
