/* Of several things of one name, the room tells which: one that was said, or that of the command before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/namesake.h"
#include "home_fixture.h"

#define ENTITY(id, domain, name, area)                                                                       \
    "{\"entity_id\":\"" id "\",\"name\":\"" name "\",\"area\":\"" area "\",\"domain\":\"" domain "\"}"

static const char home[] =
    "{\"areas\":[{\"name\":\"Kitchen\"},{\"name\":\"Hall\"},{\"name\":\"Emma's Room\"},{\"name\":\"Attic\"}],"
    "\"entities\":[" ENTITY("light.k", "light", "Ceiling Light", "Kitchen") "," ENTITY(
        "light.h", "light", "Ceiling Light", "Hall") "," ENTITY("light.e", "light", "Ceiling Light",
        "Emma's Room") "," ENTITY("light.p", "light", "Kitchen Pendants", "Kitchen") "," ENTITY("light.n",
        "light", "Emma's Night Light", "Emma's Room") "," ENTITY("light.o", "light", "Old Lamp",
        "Hall") "," ENTITY("switch.t", "switch", "Towel Rail", "Hall") "]}";

static int open_home(void **state)
{
    return home_fixture_open(state, home);
}

static struct understood understood;

static void hear(void **state, const char *text, const char *area, const char *kind, const char *calls)
{
    struct home_fixture *fixture = *state;
    struct understand_request request;
    struct san_error err;
    understood = home_fixture_hear(fixture, text, area, kind, calls, &request);
    assert_int_equal(
        namesake_apply(fixture->understand.registry, &request, &understood, fixture->arena, &err), SAN_OK);
}

#define CALL(tool, arguments) "{\"name\":\"" tool "\",\"arguments\":{" arguments "}}"
#define OFF(name) CALL("HassTurnOff", "\"name\":\"" name "\"")
#define OFF_IN(name, area) CALL("HassTurnOff", "\"name\":\"" name "\",\"area\":\"" area "\"")
#define DIM(name) CALL("HassLightSet", "\"name\":\"" name "\",\"brightness\":50")

static void assert_call(size_t i, const char *json)
{
    home_fixture_assert_call(&understood.calls[i], json);
}

static void test_the_only_room_that_was_said_is_meant(void **state)
{
    hear(state, "ceiling light off in the kitchen", "Hall", "light", "[" OFF("Ceiling Light") "]");
    assert_call(0, OFF_IN("Ceiling Light", "Kitchen"));
}

static void test_a_name_of_one_room_gets_no_room(void **state)
{
    hear(state, "towel rail off in the hall", NULL, "switch", "[" OFF("Towel Rail") "]");
    assert_call(0, OFF("Towel Rail"));
}

static void test_a_room_without_such_a_thing_is_not_taken(void **state)
{
    hear(state, "ceiling light off in the attic", NULL, "light", "[" OFF("Ceiling Light") "]");
    assert_call(0, OFF("Ceiling Light"));
}

static void test_of_two_rooms_none_is_taken(void **state)
{
    hear(state, "ceiling light in the kitchen or the hall off", NULL, "light", "[" OFF("Ceiling Light") "]");
    assert_call(0, OFF("Ceiling Light"));
}

static void test_the_room_that_no_other_call_has_is_left(void **state)
{
    hear(state, "towel rail in the hall off and the ceiling light of the kitchen too", "Attic", "light",
        "[" OFF_IN("Towel Rail", "Hall") "," OFF("Ceiling Light") "]");
    assert_call(1, OFF_IN("Ceiling Light", "Kitchen"));
}

static void test_another_calls_room_is_not_taken_from_a_speaker_elsewhere(void **state)
{
    static const char calls[] = "[" OFF("Ceiling Light") "," OFF_IN("Kitchen Pendants", "Kitchen") "]";
    hear(state, "ceiling light off and the pendants in the kitchen off", "Hall", "light", calls);
    assert_call(0, OFF("Ceiling Light"));
    hear(state, "ceiling light off and the pendants in the kitchen off", NULL, "light", calls);
    assert_call(0, OFF_IN("Ceiling Light", "Kitchen"));
}

static void test_the_command_before_tells_the_room(void **state)
{
    static const char calls[] = "[" DIM("Kitchen Pendants") "," OFF("Ceiling Light") "]";
    static const char hers[] = "[" DIM("Emma's Night Light") "," OFF("Ceiling Light") "]";
    hear(state, "kitchen pendants to 50 and the ceiling light in there off", NULL, "light", calls);
    assert_call(1, OFF_IN("Ceiling Light", "Kitchen"));
    hear(state, "emma's night light to 50 and her ceiling light off", NULL, "light", hers);
    assert_call(1, OFF_IN("Ceiling Light", "Emma's Room"));
}

static void test_a_room_of_which_nothing_was_said_is_not_taken(void **state)
{
    hear(state, "old lamp to 50 and the ceiling light off", NULL, "light",
        "[" DIM("Old Lamp") "," OFF("Ceiling Light") "]");
    assert_call(1, OFF("Ceiling Light"));
}

static void test_a_speaker_in_a_room_means_that_one(void **state)
{
    hear(state, "kitchen pendants to 50 and the ceiling light off", "Hall", "light",
        "[" DIM("Kitchen Pendants") "," OFF("Ceiling Light") "]");
    assert_call(1, OFF("Ceiling Light"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_only_room_that_was_said_is_meant),
        cmocka_unit_test(test_a_name_of_one_room_gets_no_room),
        cmocka_unit_test(test_a_room_without_such_a_thing_is_not_taken),
        cmocka_unit_test(test_of_two_rooms_none_is_taken),
        cmocka_unit_test(test_the_room_that_no_other_call_has_is_left),
        cmocka_unit_test(test_another_calls_room_is_not_taken_from_a_speaker_elsewhere),
        cmocka_unit_test(test_the_command_before_tells_the_room),
        cmocka_unit_test(test_a_room_of_which_nothing_was_said_is_not_taken),
        cmocka_unit_test(test_a_speaker_in_a_room_means_that_one),
    };
    return cmocka_run_group_tests(tests, open_home, home_fixture_close);
}
