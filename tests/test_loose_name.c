/* Names of which no more was said than what the thing measures, or "one", are not offered to the network. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/understand.h"
#include "home_fixture.h"

static const char home[] =
    "{\"areas\":[{\"name\":\"Kitchen\"},{\"name\":\"Office\"}],\"entities\":["
    "{\"entity_id\":\"sensor.fridge\",\"name\":\"Fridge "
    "Temperature\",\"area\":\"Kitchen\",\"domain\":\"sensor\"},"
    "{\"entity_id\":\"sensor.bath\",\"name\":\"Bathroom Humidity\",\"domain\":\"sensor\"},"
    "{\"entity_id\":\"climate.office\",\"name\":\"Temperature "
    "Control\",\"area\":\"Office\",\"domain\":\"climate\"},"
    "{\"entity_id\":\"media_player.one\",\"name\":\"Sonos "
    "One\",\"area\":\"Office\",\"domain\":\"media_player\"},"
    "{\"entity_id\":\"light.one\",\"name\":\"Desk Lamp\",\"area\":\"Office\",\"domain\":\"light\"}]}";

static int open_home(void **state)
{
    return home_fixture_open(state, home);
}

static bool is_offered(void **state, const char *text, const char *area, const char *name)
{
    struct home_fixture *fixture = *state;
    struct understand_request request;
    struct san_error err;
    assert_int_equal(
        understand_prepare(&fixture->understand, text, area, fixture->arena, &request, &err), SAN_OK);
    for (size_t i = 0; i < request.request.item_count; i++)
        if (strcmp(request.items[i].name, name) == 0)
            return true;
    return false;
}

static void test_the_measure_alone_is_no_name(void **state)
{
    static const char *const asked[] = {"what's the temperature", "what is the temperature in the office",
        "tell me the current temperature in here please", "temperature and humidity"};
    for (size_t i = 0; i < sizeof(asked) / sizeof(*asked); i++)
        assert_false(is_offered(state, asked[i], NULL, "Fridge Temperature"));
    assert_false(is_offered(state, "how is the humidity", NULL, "Bathroom Humidity"));
}

static void test_another_word_of_the_name_is_enough(void **state)
{
    assert_true(is_offered(state, "what's the fridge temperature", NULL, "Fridge Temperature"));
    assert_true(is_offered(state, "what's the temperature in the fridge", "Office", "Fridge Temperature"));
}

static void test_a_word_that_may_stand_for_the_rest_is_left_to_the_network(void **state)
{
    assert_true(is_offered(state, "what's the temperature of the icebox", NULL, "Fridge Temperature"));
}

static void test_the_sensor_of_the_speakers_room_stays(void **state)
{
    assert_true(is_offered(state, "what's the temperature", "Kitchen", "Fridge Temperature"));
    assert_false(is_offered(state, "what's the temperature", "Office", "Fridge Temperature"));
}

static void test_words_beyond_those_of_a_question_leave_all_to_the_network(void **state)
{
    assert_true(is_offered(state, "what's the temperature in the cellar", NULL, "Fridge Temperature"));
    assert_true(is_offered(state, "is the temperature dropping", NULL, "Fridge Temperature"));
}

static void test_an_utterance_of_as_many_words_as_there_may_be(void **state)
{
    char text[SAN_WORDS_MAX * 12] = "temperature";
    for (size_t i = 2; i < SAN_WORDS_MAX; i++)
        strcat(text, " now");
    strcat(text, " office");
    assert_false(is_offered(state, text, NULL, "Fridge Temperature"));
}

static void test_other_things_stay(void **state)
{
    assert_true(is_offered(state, "what's the temperature", NULL, "Temperature Control"));
}

static void test_one_that_stands_for_a_thing_is_no_name(void **state)
{
    static const char name[] = "Sonos One";
    assert_false(is_offered(state, "desk lamp on and the one in the kitchen off", NULL, name));
    assert_false(is_offered(state, "turn on the desk lamp and the kitchen one", NULL, name));
    assert_true(is_offered(state, "desk lamp on and the one in the kitchen off", NULL, "Desk Lamp"));
    assert_true(is_offered(state, "turn on the sonos and the kitchen one", NULL, name));
    assert_true(is_offered(state, "turn the sonos one up", NULL, name));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_measure_alone_is_no_name),
        cmocka_unit_test(test_another_word_of_the_name_is_enough),
        cmocka_unit_test(test_a_word_that_may_stand_for_the_rest_is_left_to_the_network),
        cmocka_unit_test(test_the_sensor_of_the_speakers_room_stays),
        cmocka_unit_test(test_words_beyond_those_of_a_question_leave_all_to_the_network),
        cmocka_unit_test(test_an_utterance_of_as_many_words_as_there_may_be),
        cmocka_unit_test(test_other_things_stay),
        cmocka_unit_test(test_one_that_stands_for_a_thing_is_no_name),
    };
    return cmocka_run_group_tests(tests, open_home, home_fixture_close);
}
