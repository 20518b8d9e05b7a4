/* A name said in part gives way to the one that was said in full; a call that names nothing takes what was
 * said and is in no other. */
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

static const char practice[] =
    "{\"areas\":[{\"name\":\"Waiting Room\"},{\"name\":\"Surgery\"}],\"entities\":[" ENTITY(
        "media_player.tv", "media_player", "Waiting Room TV", "Waiting Room") "," ENTITY("media_player.radio",
        "media_player", "Waiting Room Radio", "Waiting Room") "," ENTITY("fan.f", "fan",
        "Waiting Room Corner Fan", "Waiting Room") "," ENTITY("light.w", "light", "Waiting Room Globe",
        "Waiting Room") "," ENTITY("cover.c", "cover", "Closet Shades", "Surgery") "," ENTITY("cover.s",
        "cover", "Surgery Shades", "Surgery") "," ENTITY("climate.1", "climate", "Surgery 1 Air Con",
        "Surgery") "," ENTITY("climate.2", "climate", "Surgery 2 Air Con", "Surgery") "," ENTITY("sensor.2",
        "sensor", "Surgery 2 Air Con Power", "Surgery") "," ENTITY("light.g", "light", "Teenager Room Globe",
        "Surgery") "," ENTITY("light.t", "light", "Teenager Room", "Surgery") "]}";

static int open_home(void **state)
{
    return home_fixture_open(state, home);
}

static int open_practice(void **state)
{
    return home_fixture_open(state, practice);
}

static struct understood understood;

/* What was said, in `area` if that is not NULL, and understood as these calls (JSON) on things of that kind.
 */
static struct understand_request prepare(
    void **state, const char *text, const char *area, const char *kind, const char *json)
{
    struct home_fixture *fixture = *state;
    struct understand_request request;
    understood = home_fixture_hear(fixture, text, area, kind, json, &request);
    for (size_t i = 0; i < understood.call_count; i++)
        understood.calls[i].confidence = 0.6;
    return request;
}

/* The words of `leftover` speak against the first call's name. */
static void hear(void **state, const char *text, const char *area, const char *kind, const char *leftover,
    const char *json, bool mended)
{
    struct home_fixture *fixture = *state;
    struct understand_request request = prepare(state, text, area, kind, json);
    if (leftover[0]) {
        understood.calls[0].missing = "name";
        understood.calls[0].leftover = leftover;
    }
    whole_name_near(fixture->understand.registry, &request, &understood, fixture->arena);
    assert_int_equal(whole_name_apply(&fixture->understand, &request, &understood, fixture->arena), mended);
}

/* The last call lacks the slot `missing`, and what was meant instead is `leftover`. */
static void hear_lacking(void **state, const char *text, const char *kind, const char *missing,
    const char *leftover, const char *json)
{
    struct home_fixture *fixture = *state;
    struct understand_request request = prepare(state, text, NULL, kind, json);
    struct understood_call *last = &understood.calls[understood.call_count - 1];
    last->missing = missing;
    last->leftover = leftover;
    whole_name_left(&fixture->understand, &request, &understood, fixture->arena);
}

static void hear_left(void **state, const char *text, const char *kind, const char *missing, const char *json)
{
    hear_lacking(state, text, kind, missing, "", json);
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

static void test_the_name_that_was_said_is_taken_in_whatever_room(void **state)
{
    hear(state, "kitchen ceiling light on", NULL, "light", "kitchen ceiling",
        "[" CALL("HassTurnOn", "\"name\":\"Kitchen Island Pendants\"") "]", true);
    assert_call(0, CALL("HassTurnOn", "\"name\":\"Ceiling Light\""));
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

#define OFF(name) CALL("HassTurnOff", "\"name\":\"" name "\"")
#define NOTHING_OFF CALL("HassTurnOff", "")
#define COOL(name, rest) CALL("HassClimateSetTemperature", "\"name\":\"" name "\"," rest)

static void test_what_is_beside_the_command_before_is_meant(void **state)
{
    static const char said[] = "pause the music in the hall and turn off the tv";
    static const char calls[] = "[" CALL("HassMediaPause", "\"area\":\"Hall\"") "," OFF("Kitchen TV") "]";
    hear(state, said, NULL, "media_player", "", calls, false);
    assert_call(1, OFF("Hall TV"));
    hear(state, said, "Kitchen", "media_player", "", calls, false);
    assert_call(1, OFF("Kitchen TV"));
    hear(state, "pause the music and turn off the tv", NULL, "media_player", "", calls, false);
    assert_call(1, OFF("Kitchen TV"));
}

static void test_what_was_said_and_is_in_no_call_is_what_is_missing(void **state)
{
    hear_left(state, "waiting room tv off and radio off", "media_player", "name",
        "[" OFF("Waiting Room TV") "," NOTHING_OFF "]");
    assert_call(0, OFF("Waiting Room TV"));
    assert_call(1, OFF("Waiting Room Radio"));
    assert_string_equal(understood.calls[1].missing, "");
    assert_string_equal(understood.calls[1].kind, "media_player");
}

static void test_a_kind_that_was_guessed_goes(void **state)
{
    hear_left(state, "surgery shades down and the closet shades too", "cover", "name",
        "[" OFF("Surgery Shades") "," CALL("HassTurnOff", "\"device_class\":\"tv\"") "]");
    assert_call(1, CALL("HassTurnOff", "\"name\":\"Closet Shades\",\"domain\":\"cover\""));
    assert_string_equal(understood.calls[1].kind, "cover");
}

static void test_a_call_that_lacks_no_name_stays(void **state)
{
    static const char text[] = "waiting room tv off and radio off";
#define ALL_OFF CALL("HassTurnOff", "\"domain\":\"media_player\"")
    hear_left(state, text, "media_player", "", "[" OFF("Waiting Room TV") "," ALL_OFF "]");
    assert_call(1, ALL_OFF);
#define ROOM_OFF CALL("HassTurnOff", "\"area\":\"Waiting Room\"")
    hear_left(state, text, "media_player", "name", "[" OFF("Waiting Room TV") "," ROOM_OFF "]");
    assert_call(1, ROOM_OFF);
}

static void test_what_is_known_to_be_meant_instead_is_not_guessed_again(void **state)
{
    hear_lacking(state, "waiting room tv off and radio shed off", "media_player", "name", "radio shed",
        "[" OFF("Waiting Room TV") "," NOTHING_OFF "]");
    assert_call(1, NOTHING_OFF);
}

static void test_the_first_call_is_the_networks(void **state)
{
    struct home_fixture *fixture = *state;
    struct understand_request request = prepare(state, "radio off and the waiting room tv off", NULL,
        "media_player", "[" NOTHING_OFF "," OFF("Waiting Room TV") "]");
    understood.calls[0].missing = "name";
    whole_name_left(&fixture->understand, &request, &understood, fixture->arena);
    assert_call(0, NOTHING_OFF);
}

static void test_what_the_tool_cannot_act_on_is_not_taken(void **state)
{
    hear_left(state, "waiting room globe to 20 and radio to 20", "light", "name",
        "[" CALL("HassLightSet", "\"name\":\"Waiting Room Globe\",\"brightness\":20") "," CALL(
            "HassLightSet", "\"brightness\":20") "]");
    assert_call(1, CALL("HassLightSet", "\"brightness\":20"));
}

static void test_a_name_that_shares_no_word_with_another_is_not_looked_for(void **state)
{
    hear_left(state, "waiting room tv off and surgery shades off", "media_player", "name",
        "[" OFF("Waiting Room TV") "," NOTHING_OFF "]");
    assert_call(1, NOTHING_OFF);
}

static void test_every_word_of_the_name_must_be_said(void **state)
{
    hear_left(state, "waiting room tv off and fan off", "media_player", "name",
        "[" OFF("Waiting Room TV") "," NOTHING_OFF "]");
    assert_call(1, NOTHING_OFF);
}

static void test_what_is_its_own_must_be_said_in_a_row(void **state)
{
    hear_left(state, "waiting room tv in the corner off and fan off", "media_player", "name",
        "[" OFF("Waiting Room TV") "," NOTHING_OFF "]");
    assert_call(1, NOTHING_OFF);
    hear_left(state, "waiting room tv off and corner fan off", "media_player", "name",
        "[" OFF("Waiting Room TV") "," NOTHING_OFF "]");
    assert_call(1, OFF("Waiting Room Corner Fan"));
}

static void test_a_part_of_a_name_in_a_call_is_no_other_thing(void **state)
{
    hear_left(state, "teenager room globe off and the sauna off", "light", "name",
        "[" OFF("Teenager Room Globe") "," NOTHING_OFF "]");
    assert_call(1, NOTHING_OFF);
    assert_string_equal(understood.calls[1].missing, "name");
}

static void test_a_word_that_tells_what_to_do_is_no_name(void **state)
{
    hear_left(state, "close the surgery shades and the sauna", "cover", "name",
        "[" OFF("Surgery Shades") "," NOTHING_OFF "]"); /* "close" is no "closet" */
    assert_call(1, NOTHING_OFF);
}

static void test_of_two_that_are_left_none_is_taken(void **state)
{
    hear_left(state, "waiting room tv off and radio and globe off", "media_player", "name",
        "[" OFF("Waiting Room TV") "," NOTHING_OFF "]");
    assert_call(1, NOTHING_OFF);
}

static void test_a_name_twice_is_its_like_that_was_said(void **state)
{
    hear_left(state, "surgery 1 air con to 20 and surgery 2 air con to 22", "climate", "",
        "[" COOL("Surgery 1 Air Con", "\"temperature\":20") "," COOL(
            "Surgery 1 Air Con", "\"temperature\":22") "]");
    assert_call(0, COOL("Surgery 1 Air Con", "\"temperature\":20"));
    assert_call(1, COOL("Surgery 2 Air Con", "\"temperature\":22"));
}

static void test_a_name_twice_stays_where_no_like_was_said(void **state)
{
    static const char calls[] = "[" OFF("Waiting Room TV") "," OFF("Waiting Room TV") "]";
    hear_left(state, "waiting room tv off I said waiting room tv off", "media_player", "", calls);
    assert_call(1, OFF("Waiting Room TV"));
    hear_left(state, "waiting room tv off and waiting room globe off", "media_player", "", calls);
    assert_call(1, OFF("Waiting Room TV")); /* a light is no player */
}

static void test_two_things_done_to_one_are_not_it_twice(void **state)
{
    hear_left(state, "surgery 1 air con on and surgery 2 air con is off set it to 22", "climate", "",
        "[" CALL("HassTurnOn", "\"name\":\"Surgery 1 Air Con\"") "," COOL(
            "Surgery 1 Air Con", "\"temperature\":22") "]");
    assert_call(1, COOL("Surgery 1 Air Con", "\"temperature\":22"));
}

static void test_a_name_twice_of_which_more_is_known_stays(void **state)
{
    static const char text[] = "surgery 1 air con to 20 and surgery 2 air con to 22";
    hear_left(state, text, "climate", "",
        "[" COOL("Surgery 1 Air Con", "\"temperature\":20") "," COOL(
            "Surgery 1 Air Con", "\"area\":\"Surgery\",\"temperature\":22") "]");
    assert_call(1, COOL("Surgery 1 Air Con", "\"area\":\"Surgery\",\"temperature\":22"));
    hear_left(state, text, "climate", "area",
        "[" COOL("Surgery 1 Air Con", "\"temperature\":20") "," COOL(
            "Surgery 1 Air Con", "\"temperature\":22") "]");
    assert_call(1, COOL("Surgery 1 Air Con", "\"temperature\":22"));
}

int main(void)
{
    const struct CMUnitTest left[] = {
        cmocka_unit_test(test_what_was_said_and_is_in_no_call_is_what_is_missing),
        cmocka_unit_test(test_a_kind_that_was_guessed_goes),
        cmocka_unit_test(test_a_call_that_lacks_no_name_stays),
        cmocka_unit_test(test_what_is_known_to_be_meant_instead_is_not_guessed_again),
        cmocka_unit_test(test_the_first_call_is_the_networks),
        cmocka_unit_test(test_what_the_tool_cannot_act_on_is_not_taken),
        cmocka_unit_test(test_a_name_that_shares_no_word_with_another_is_not_looked_for),
        cmocka_unit_test(test_every_word_of_the_name_must_be_said),
        cmocka_unit_test(test_what_is_its_own_must_be_said_in_a_row),
        cmocka_unit_test(test_a_part_of_a_name_in_a_call_is_no_other_thing),
        cmocka_unit_test(test_a_word_that_tells_what_to_do_is_no_name),
        cmocka_unit_test(test_of_two_that_are_left_none_is_taken),
        cmocka_unit_test(test_a_name_twice_is_its_like_that_was_said),
        cmocka_unit_test(test_a_name_twice_stays_where_no_like_was_said),
        cmocka_unit_test(test_two_things_done_to_one_are_not_it_twice),
        cmocka_unit_test(test_a_name_twice_of_which_more_is_known_stays),
    };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_words_of_a_name_may_stand_in_another_order),
        cmocka_unit_test(test_the_name_that_was_said_is_taken_in_whatever_room),
        cmocka_unit_test(test_a_name_that_nothing_speaks_against_stays),
        cmocka_unit_test(test_lights_of_a_room_are_a_group),
        cmocka_unit_test(test_what_another_call_names_is_not_taken_twice),
        cmocka_unit_test(test_another_kind_of_thing_is_no_answer),
        cmocka_unit_test(test_what_is_beside_the_speaker_is_meant),
        cmocka_unit_test(test_what_is_beside_the_command_before_is_meant),
        cmocka_unit_test(test_a_word_of_a_name_is_no_room),
        cmocka_unit_test(test_a_name_with_its_room_is_surer),
    };
    int failed = cmocka_run_group_tests(tests, open_home, home_fixture_close);
    return failed + cmocka_run_group_tests(left, open_practice, home_fixture_close);
}
