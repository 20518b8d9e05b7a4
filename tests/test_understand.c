/* From the network's result to calls: canonical names, the implied domain, what is missing. The network is
 * played by the test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/calls_json.h"
#include "daemon/understand.h"
#include "home_fixture.h"

static const char home[] =
    "{\"floors\":[],\"areas\":[{\"name\":\"Kitchen\",\"aliases\":[\"galley\"]},{"
    "\"name\":\"Hall\",\"aliases\":[]},{\"name\":\"Waiting room\"},{\"name\":\"Patient "
    "Toilet\"},{\"name\":\"Back Yard\"},"
    "{\"name\":\"Laundry Room\"},{\"name\":\"Living Room\"},{\"name\":\"Kids Room\"}],"
    "\"entities\":["
    "{\"entity_id\":\"light.ceiling\",\"name\":\"Kitchen "
    "Ceiling\",\"area\":\"Kitchen\",\"domain\":\"light\",\"aliases\":[\"big lamp\"]},"
    "{\"entity_id\":\"sensor.fridge\",\"name\":\"Fridge "
    "Temperature\",\"area\":\"Kitchen\",\"domain\":\"sensor\"},"
    "{\"entity_id\":\"sensor.freezer\",\"name\":\"Freezer "
    "Temperature\",\"area\":\"Kitchen\",\"domain\":\"sensor\"},"
    "{\"entity_id\":\"sensor.laundry\",\"name\":\"Laundry Room Temperature\",\"area\":\"Laundry "
    "Room\",\"domain\":\"sensor\"},"
    "{\"entity_id\":\"sensor.kids\",\"name\":\"Kids Room Temperature\",\"area\":\"Kids "
    "Room\",\"domain\":\"sensor\"},"
    "{\"entity_id\":\"cover.kitchen\",\"name\":\"Kitchen Blind\",\"area\":\"Kitchen\",\"domain\":\"cover\"},"
    "{\"entity_id\":\"binary_sensor.mailbox\",\"name\":\"Mailbox Flap\",\"domain\":\"binary_sensor\"},"
    "{\"entity_id\":\"binary_sensor.tamper\",\"name\":\"Mailbox Flap Tamper\",\"domain\":\"binary_sensor\"},"
    "{\"entity_id\":\"light.spot\",\"name\":\"Kitchen Spot\",\"area\":\"Kitchen\",\"domain\":\"light\"},"
    "{\"entity_id\":\"vacuum.roomba\",\"name\":\"Roomba i7 Plus\",\"domain\":\"vacuum\"},"
    "{\"entity_id\":\"sensor.roomba\",\"name\":\"Roomba i7 Plus Battery\",\"domain\":\"sensor\"},"
    "{\"entity_id\":\"sensor.doorbell\",\"name\":\"Ring Doorbell Battery "
    "Level\",\"area\":\"Hall\",\"domain\":\"sensor\"},"
    "{\"entity_id\":\"siren.doorbell\",\"name\":\"Ring Doorbell Chime "
    "Siren\",\"area\":\"Hall\",\"domain\":\"siren\"},"
    "{\"entity_id\":\"switch.doorbell\",\"name\":\"Ring Doorbell Night "
    "Light\",\"area\":\"Hall\",\"domain\":\"switch\"},"
    "{\"entity_id\":\"media_player.radio\",\"name\":\"Waiting room radio\",\"area\":\"Waiting "
    "room\",\"domain\":\"media_player\"},"
    "{\"entity_id\":\"media_player.hall\",\"name\":\"Hall radio and "
    "TV\",\"area\":\"Hall\",\"domain\":\"media_player\"},"
    "{\"entity_id\":\"lock.front\",\"name\":\"Front "
    "door\",\"area\":\"Hall\",\"domain\":\"lock\",\"aliases\":[]},"
    "{\"entity_id\":\"binary_sensor.front\",\"name\":\"Front "
    "door\",\"area\":\"Hall\",\"domain\":\"binary_sensor\",\"aliases\":[]}]}";

static int open_home(void **state)
{
    return home_fixture_open(state, home);
}

static struct understand_request prepare(struct home_fixture *fixture, const char *text, const char *area)
{
    struct understand_request request;
    struct san_error err;
    enum san_status status =
        understand_prepare(&fixture->understand, text, area, fixture->arena, &request, &err);
    if (status != SAN_OK)
        fail_msg("%s", err.text);
    return request;
}

/* The item of that kind and text, as an argument that copies it. */
static struct san_arg copied(
    const struct understand_request *request, const char *slot, const char *kind, const char *text)
{
    for (size_t i = 0; i < request->request.item_count; i++) {
        const struct san_item *item = &request->request.items[i];
        if (strcmp(item->kind, kind) == 0 && strcmp(item->text, text) == 0)
            return (struct san_arg){.slot = slot, .type = SAN_VALUE_ITEM, .text = item->text, .item = (int)i};
    }
    fail_msg("the shortlist has no %s \"%s\"", kind, text);
    return (struct san_arg){0};
}

static struct san_arg written(const char *slot, const char *text)
{
    return (struct san_arg){.slot = slot, .type = SAN_VALUE_ENUM, .text = text, .item = -1};
}

/* Finishes one call, of which the network was that sure. */
static struct understood_call finish_at(struct home_fixture *fixture,
    const struct understand_request *request, float confidence, const char *tool, const struct san_arg *args,
    size_t count)
{
    const struct san_call call = {.tool = tool, .args = args, .arg_count = count, .confidence = confidence};
    const struct san_result result = {.normalized = "", .calls = &call, .call_count = 1, .confidence = 0.9F};
    struct understood understood;
    struct san_error err;
    assert_int_equal(
        understand_finish(&fixture->understand, request, &result, fixture->arena, &understood, &err), SAN_OK);
    assert_int_equal(understood.call_count, 1);
    return understood.calls[0];
}

static struct understood_call finish(struct home_fixture *fixture, const struct understand_request *request,
    const char *tool, const struct san_arg *args, size_t count)
{
    return finish_at(fixture, request, 0.9F, tool, args, count);
}

static void test_an_alias_becomes_the_canonical_name(void **state)
{
    struct understand_request request = prepare(*state, "Turn on the big lamp!", NULL);
    assert_string_equal(request.normalized, "turn on the big lamp");
    struct san_arg name = copied(&request, "name", "light", "big lamp");
    struct understood_call call = finish(*state, &request, "HassTurnOn", &name, 1);
    home_fixture_assert_call(&call, "{\"name\":\"HassTurnOn\",\"arguments\":{\"name\":\"Kitchen Ceiling\"}}");
    assert_string_equal(call.missing, "");
}

static void test_a_part_of_a_name_is_enough_where_nothing_else_has_it(void **state)
{
    struct understand_request request = prepare(*state, "start the roomba", "Hall");
    struct san_arg name = copied(&request, "name", "vacuum", "Roomba i7 Plus");
    struct understood_call call = finish(*state, &request, "HassVacuumStart", &name, 1);
    assert_string_equal(call.unproven, ""); /* neither the waiting room nor the battery has a say in it */
}

static void test_the_speakers_room_is_the_half_of_a_name(void **state)
{
    struct understand_request here = prepare(*state, "radio off", "Waiting room");
    struct san_arg name = copied(&here, "name", "media_player", "Waiting room radio");
    assert_string_equal(finish(*state, &here, "HassTurnOff", &name, 1).unproven, "");
    struct understand_request elsewhere = prepare(*state, "radio off", "Kitchen");
    name = copied(&elsewhere, "name", "media_player", "Waiting room radio");
    assert_string_equal(finish(*state, &elsewhere, "HassTurnOff", &name, 1).unproven, "name");
}

static void test_a_sure_question_needs_one_word_of_a_name(void **state)
{
    struct understand_request asked = prepare(*state, "how much juice has the doorbell", NULL);
    struct san_arg name = copied(&asked, "name", "sensor", "Ring Doorbell Battery Level");
    assert_string_equal(finish_at(*state, &asked, 0.86F, "HassGetState", &name, 1).unproven, "");
    assert_string_equal(finish_at(*state, &asked, 0.84F, "HassGetState", &name, 1).unproven, "name");
    struct understand_request misheard = prepare(*state, "how much juice has the doorbel", NULL);
    name = copied(&misheard, "name", "sensor", "Ring Doorbell Battery Level");
    assert_string_equal(finish_at(*state, &misheard, 0.99F, "HassGetState", &name, 1).unproven, "name");
}

static void test_a_sure_command_needs_more(void **state)
{
    struct understand_request request = prepare(*state, "turn off the doorbell", NULL);
    struct san_arg name = copied(&request, "name", "switch", "Ring Doorbell Night Light");
    assert_string_equal(finish_at(*state, &request, 0.99F, "HassTurnOff", &name, 1).unproven, "name");
}

/* Of lights in that room, in what was said from `here` (NULL: not known where): the slot that nothing bears
 * out. */
static const char *unproven_room(void **state, const char *text, const char *here, const char *room)
{
    struct understand_request request = prepare(*state, text, here);
    const struct san_arg args[] = {copied(&request, "area", "area", room), written("domain", "light")};
    return finish(*state, &request, "HassTurnOff", args, 2).unproven;
}

static void test_a_word_of_a_room_is_no_room(void **state)
{
    static const char asleep[] = "the patient's asleep, dim the lights";
    assert_string_equal(unproven_room(state, asleep, NULL, "Patient Toilet"), "area");
    assert_string_equal(unproven_room(state, asleep, "Hall", "Patient Toilet"), "area");
    assert_string_equal(unproven_room(state, asleep, "Patient Toilet", "Patient Toilet"), "");
}

static void test_what_room_it_is_says_enough(void **state)
{
    assert_string_equal(unproven_room(state, "patient toilet lights off", NULL, "Patient Toilet"), "");
    assert_string_equal(unproven_room(state, "toilet lights off", NULL, "toilet"), "");
    assert_string_equal(unproven_room(state, "patient toilett lights off", NULL, "Patient Toilet"), "");
}

static void test_a_room_may_go_without_the_word_room(void **state)
{
    assert_string_equal(unproven_room(state, "laundry lights", NULL, "Laundry Room"), "");
}

static void test_a_room_may_be_said_as_one_word(void **state)
{
    assert_string_equal(unproven_room(state, "backyard lights off", NULL, "backyard"), "");
}

/* What nothing bears out of a question for that sensor. */
static const char *unproven_sensor(
    void **state, const char *text, const char *here, const char *kind, const char *name)
{
    struct understand_request request = prepare(*state, text, here);
    struct san_arg arg = copied(&request, "name", kind, name);
    return finish(*state, &request, "HassGetState", &arg, 1).unproven;
}

static void test_what_several_sensors_measure_is_none_of_them(void **state)
{
    static const char outside[] = "what is the temperature outside";
    assert_string_equal(unproven_sensor(state, outside, NULL, "sensor", "Fridge Temperature"), "name");
    assert_string_equal(unproven_sensor(state, outside, NULL, "sensor", "Freezer Temperature"), "name");
    assert_string_equal(
        unproven_sensor(state, "what is the fridge temperature", NULL, "sensor", "Fridge Temperature"), "");
}

static void test_the_sensor_of_the_speakers_room_needs_no_more(void **state)
{
    static const char temperature[] = "what is the temperature",
                      outside[] = "what is the temperature outside";
#define LAUNDRY "Laundry Room Temperature"
    assert_string_equal(unproven_sensor(state, temperature, "Laundry Room", "sensor", LAUNDRY), "");
    assert_string_equal(unproven_sensor(state, outside, "Hall", "sensor", LAUNDRY), "name");
}

static void test_a_light_may_share_what_was_said_of_it(void **state)
{
    struct understand_request request = prepare(*state, "kitchen lamp on", NULL);
    struct san_arg name = copied(&request, "name", "light", "Kitchen Ceiling");
    assert_string_equal(finish(*state, &request, "HassTurnOn", &name, 1).unproven, "");
}

static void test_a_sensor_said_by_its_whole_name_is_that_one(void **state)
{
    static const char flap[] = "is the mailbox flap open";
    assert_string_equal(unproven_sensor(state, flap, NULL, "binary_sensor", "Mailbox Flap"), "");
    assert_string_equal(unproven_sensor(state, flap, NULL, "binary_sensor", "Mailbox Flap Tamper"), "name");
}

static void test_a_sensor_of_another_room_is_not_the_one_that_was_said(void **state)
{
#define KIDS "Kids Room Temperature"
    assert_string_equal(
        unproven_sensor(state, "what is the living room temperature", NULL, "sensor", KIDS), "name");
    assert_string_equal(
        unproven_sensor(state, "what is the living room temperature", "Kids Room", "sensor", KIDS), "name");
    assert_string_equal(
        unproven_sensor(state, "what is the kids room temperature", NULL, "sensor", KIDS), "");
    assert_string_equal(unproven_sensor(state, "how warm is the kids room", NULL, "sensor", KIDS), "");
}

static void test_the_word_for_a_sensor_may_stand_outside_a_room(void **state)
{
    static const char *const asked[] = {
        "how much juice has the doorbell", "how much juice has the doorbell by the living room"};
    for (size_t i = 0; i < sizeof(asked) / sizeof(*asked); i++) {
        struct understand_request request = prepare(*state, asked[i], NULL);
        struct san_arg name = copied(&request, "name", "sensor", "Ring Doorbell Battery Level");
        assert_string_equal(finish_at(*state, &request, 0.9F, "HassGetState", &name, 1).unproven, "");
    }
}

static void test_a_timer_is_called_without_its_genitive(void **state)
{
    struct understand_request request = prepare(*state, "the lasagne's timer needs five more minutes", NULL);
    const struct san_arg name = {.slot = "name", .type = SAN_VALUE_SPAN, .text = "lasagne's", .item = -1};
    struct understood_call call = finish(*state, &request, "HassIncreaseTimer", &name, 1);
    assert_string_equal(home_call_text(&call.call, "name"), "lasagne");
}

static void test_a_message_keeps_its_article(void **state)
{
    struct understand_request request = prepare(*state, "Tell everyone the kettle's boiled.", NULL);
    const struct san_arg message = {
        .slot = "message", .type = SAN_VALUE_SPAN, .text = "kettle's boiled", .item = -1};
    struct understood_call call = finish(*state, &request, "HassBroadcast", &message, 1);
    home_fixture_assert_call(
        &call, "{\"name\":\"HassBroadcast\",\"arguments\":{\"message\":\"the kettle's boiled\"}}");
}

static void test_the_domain_of_a_lock_is_added_after_its_name(void **state)
{
    struct understand_request request = prepare(*state, "lock the front door", NULL);
    struct san_arg name = copied(&request, "name", "lock", "Front door");
    struct understood_call call = finish(*state, &request, "HassTurnOn", &name, 1);
    home_fixture_assert_call(
        &call, "{\"name\":\"HassTurnOn\",\"arguments\":{\"name\":\"Front door\",\"domain\":\"lock\"}}");
}

static void test_what_is_contrary_to_the_words_is_unproven(void **state)
{
    struct understand_request request = prepare(*state, "open the front door", NULL);
    struct san_arg name = copied(&request, "name", "lock", "Front door");
    assert_string_equal(finish(*state, &request, "HassTurnOn", &name, 1).unproven, "domain");
    assert_string_equal(finish(*state, &request, "HassTurnOff", &name, 1).unproven, "");
}

static void test_the_domain_that_was_written_chooses_among_equal_names(void **state)
{
    struct understand_request request = prepare(*state, "is the front door open", NULL);
    const struct san_arg args[] = {copied(&request, "name", "lock", "Front door"),
        written("domain", "binary_sensor"), written("state", "on")};
    struct understood_call call = finish(*state, &request, "HassGetState", args, 3);
    home_fixture_assert_call(&call, "{\"name\":\"HassGetState\",\"arguments\":{\"name\":\"Front "
                                    "door\",\"domain\":\"binary_sensor\",\"state\":\"on\"}}");
}

static void test_a_domain_that_contradicts_the_name_goes(void **state)
{
    struct understand_request request = prepare(*state, "turn on the big lamp", NULL);
    const struct san_arg args[] = {copied(&request, "name", "light", "big lamp"), written("domain", "cover")};
    struct understood_call call = finish(*state, &request, "HassTurnOn", args, 2);
    home_fixture_assert_call(&call, "{\"name\":\"HassTurnOn\",\"arguments\":{\"name\":\"Kitchen Ceiling\"}}");
}

static void test_the_speakers_room_is_canonical_too(void **state)
{
    struct understand_request request = prepare(*state, "lights on", "galley");
    assert_string_equal(request.area, "Kitchen");
    assert_string_equal(request.request.area, "Kitchen");
    const struct san_arg args[] = {
        {.slot = "area", .type = SAN_VALUE_ITEM, .text = request.request.area, .item = -1},
        written("domain", "light")};
    struct understood_call call = finish(*state, &request, "HassTurnOn", args, 2);
    home_fixture_assert_call(
        &call, "{\"name\":\"HassTurnOn\",\"arguments\":{\"area\":\"Kitchen\",\"domain\":\"light\"}}");
}

static void test_a_room_that_is_not_there_is_refused_by_name(void **state)
{
    struct home_fixture *fixture = *state;
    struct understand_request request;
    struct san_error err;
    enum san_status status =
        understand_prepare(&fixture->understand, "lights on", "kitchn", fixture->arena, &request, &err);
    assert_int_equal(status, SAN_EINVAL);
    assert_non_null(strstr(err.text, "kitchn"));
    assert_non_null(strstr(err.text, "Kitchen"));
}

static void test_what_the_home_has_not_is_missing_and_not_written(void **state)
{
    struct understand_request request = prepare(*state, "turn on the sauna", NULL);
    const struct san_arg name = {.slot = "name", .type = SAN_VALUE_NONE, .item = -1};
    struct understood_call call = finish(*state, &request, "HassTurnOn", &name, 1);
    assert_string_equal(call.missing, "name");
    home_fixture_assert_call(&call, "{\"name\":\"HassTurnOn\",\"arguments\":{}}");
}

static void test_numbers_stay_numbers(void **state)
{
    struct understand_request request = prepare(*state, "big lamp to fifty", NULL);
    const struct san_arg args[] = {copied(&request, "name", "light", "big lamp"),
        {.slot = "brightness", .type = SAN_VALUE_NUMBER, .text = "50", .number = 50, .item = -1}};
    struct understood_call call = finish(*state, &request, "HassLightSet", args, 2);
    home_fixture_assert_call(
        &call, "{\"name\":\"HassLightSet\",\"arguments\":{\"name\":\"Kitchen Ceiling\",\"brightness\":50}}");
}

static void test_text_without_words_asks_nothing(void **state)
{
    struct understand_request request = prepare(*state, " ... !", NULL);
    assert_string_equal(request.request.text, "");
    assert_int_equal(request.request.item_count, 0);
}

static void test_calls_from_outside_are_checked(void **state)
{
    static const char *const broken[] = {"{}", "[1]", "[{\"arguments\":{}}]", "[{\"name\":\"\"}]",
        "[{\"name\":\"A\",\"arguments\":[]}]", "[{\"name\":\"A\",\"arguments\":{\"x\":{}}}]",
        "[{\"name\":\"A\",\"arguments\":{\"x\":null}}]"};
    struct home_fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++) {
        struct home_call *calls;
        size_t count;
        struct san_error err = {0};
        cJSON *json = cJSON_Parse(broken[i]);
        assert_int_equal(calls_from_json(json, "here", fixture->arena, &calls, &count, &err), SAN_EFORMAT);
        assert_int_equal(strncmp(err.text, "here: ", 6), 0);
        cJSON_Delete(json);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_alias_becomes_the_canonical_name),
        cmocka_unit_test(test_a_part_of_a_name_is_enough_where_nothing_else_has_it),
        cmocka_unit_test(test_the_speakers_room_is_the_half_of_a_name),
        cmocka_unit_test(test_a_sure_question_needs_one_word_of_a_name),
        cmocka_unit_test(test_a_sure_command_needs_more),
        cmocka_unit_test(test_a_word_of_a_room_is_no_room),
        cmocka_unit_test(test_what_room_it_is_says_enough),
        cmocka_unit_test(test_a_room_may_go_without_the_word_room),
        cmocka_unit_test(test_a_room_may_be_said_as_one_word),
        cmocka_unit_test(test_what_several_sensors_measure_is_none_of_them),
        cmocka_unit_test(test_the_sensor_of_the_speakers_room_needs_no_more),
        cmocka_unit_test(test_a_light_may_share_what_was_said_of_it),
        cmocka_unit_test(test_a_sensor_said_by_its_whole_name_is_that_one),
        cmocka_unit_test(test_a_sensor_of_another_room_is_not_the_one_that_was_said),
        cmocka_unit_test(test_the_word_for_a_sensor_may_stand_outside_a_room),
        cmocka_unit_test(test_a_timer_is_called_without_its_genitive),
        cmocka_unit_test(test_a_message_keeps_its_article),
        cmocka_unit_test(test_the_domain_of_a_lock_is_added_after_its_name),
        cmocka_unit_test(test_what_is_contrary_to_the_words_is_unproven),
        cmocka_unit_test(test_the_domain_that_was_written_chooses_among_equal_names),
        cmocka_unit_test(test_a_domain_that_contradicts_the_name_goes),
        cmocka_unit_test(test_the_speakers_room_is_canonical_too),
        cmocka_unit_test(test_a_room_that_is_not_there_is_refused_by_name),
        cmocka_unit_test(test_what_the_home_has_not_is_missing_and_not_written),
        cmocka_unit_test(test_numbers_stay_numbers),
        cmocka_unit_test(test_text_without_words_asks_nothing),
        cmocka_unit_test(test_calls_from_outside_are_checked),
    };
    return cmocka_run_group_tests(tests, open_home, home_fixture_close);
}
