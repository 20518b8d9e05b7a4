/* When two sets of calls are the same: the rules by which predictions are judged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli/compare.h"
#include "daemon/calls_json.h"
#include "devices/home_file.h"

static const char home[] =
    "{\"floors\":[{\"name\":\"Ground floor\",\"aliases\":[\"downstairs\"]}],"
    "\"areas\":[{\"name\":\"Kitchen\",\"floor\":\"Ground floor\",\"aliases\":[\"galley\"]},"
    "{\"name\":\"Hall\",\"floor\":\"Ground floor\",\"aliases\":[]}],"
    "\"entities\":[{\"entity_id\":\"light.ceiling\",\"name\":\"Kitchen "
    "Ceiling\",\"area\":\"Kitchen\",\"domain\":\"light\","
    "\"aliases\":[\"big lamp\"]},"
    "{\"entity_id\":\"lock.front\",\"name\":\"Front "
    "door\",\"area\":\"Hall\",\"domain\":\"lock\",\"aliases\":[]}]}";

struct fixture {
    struct registry *registry;
    struct san_arena *arena;
};

static int open_home(void **state)
{
    static struct fixture fixture;
    struct san_error err;
    fixture.registry = reg_open(":memory:", &err);
    fixture.arena = san_arena_new(4096, 0);
    assert_non_null(fixture.registry);
    assert_int_equal(home_import(fixture.registry, home, strlen(home), "home", &err), SAN_OK);
    *state = &fixture;
    return 0;
}

static int close_home(void **state)
{
    struct fixture *fixture = *state;
    reg_close(fixture->registry);
    san_arena_free(fixture->arena);
    return 0;
}

static size_t calls(struct fixture *fixture, const char *json, struct home_call **out)
{
    struct san_error err;
    size_t count;
    cJSON *array = cJSON_Parse(json);
    assert_non_null(array);
    assert_int_equal(calls_from_json(array, "test", fixture->arena, out, &count, &err), SAN_OK);
    cJSON_Delete(array);
    return count;
}

/* Judged from both sides: the comparison must not depend on which is expected. */
static bool same(void **state, const char *a, const char *b)
{
    struct fixture *fixture = *state;
    struct home_call *left, *right;
    size_t n = calls(fixture, a, &left), m = calls(fixture, b, &right);
    bool forth = compare_calls(fixture->registry, fixture->arena, left, n, right, m);
    bool back = compare_calls(fixture->registry, fixture->arena, right, m, left, n);
    assert_int_equal(forth, back);
    return forth;
}

static size_t false_actions(void **state, const char *expected, const char *got)
{
    struct fixture *fixture = *state;
    struct home_call *left, *right;
    size_t n = calls(fixture, expected, &left), m = calls(fixture, got, &right);
    size_t count = 0;
    for (size_t i = 0; i < m; i++)
        count += compare_is_false_action(fixture->registry, fixture->arena, left, n, &right[i]);
    return count;
}

#define CALL(tool, arguments) "{\"name\":\"" tool "\",\"arguments\":{" arguments "}}"
#define ONE(tool, arguments) "[" CALL(tool, arguments) "]"

static void test_nothing_is_nothing(void **state)
{
    assert_true(same(state, "[]", "[]"));
    assert_false(same(state, "[]", ONE("HassNevermind", "")));
}

static void test_the_tool_and_every_argument_count(void **state)
{
    const char *on = ONE("HassTurnOn", "\"area\":\"Kitchen\",\"domain\":\"light\"");
    assert_true(same(state, on, ONE("HassTurnOn", "\"domain\":\"light\",\"area\":\"Kitchen\"")));
    assert_false(same(state, on, ONE("HassTurnOff", "\"area\":\"Kitchen\",\"domain\":\"light\"")));
    assert_false(same(state, on, ONE("HassTurnOn", "\"area\":\"Kitchen\"")));
    assert_false(same(state, on, ONE("HassTurnOn", "\"area\":\"Hall\",\"domain\":\"light\"")));
    assert_false(same(state, on, ONE("HassTurnOn", "\"area\":\"Kitchen\",\"domain\":\"switch\"")));
}

static void test_domain_beside_a_name_does_not_count(void **state)
{
    assert_true(same(state, ONE("HassTurnOn", "\"name\":\"Front door\",\"domain\":\"lock\""),
        ONE("HassTurnOn", "\"name\":\"Front door\"")));
    assert_true(same(state, ONE("HassGetState", "\"name\":\"Front door\",\"device_class\":\"door\""),
        ONE("HassGetState", "\"name\":\"Front door\"")));
    assert_false(same(state, ONE("HassTurnOn", "\"name\":\"Front door\",\"area\":\"Hall\""),
        ONE("HassTurnOn", "\"name\":\"Front door\"")));
}

static void test_names_are_compared_through_the_registry(void **state)
{
    assert_true(same(state, ONE("HassTurnOn", "\"name\":\"Kitchen Ceiling\""),
        ONE("HassTurnOn", "\"name\":\"kitchen  ceiling\"")));
    assert_true(same(state, ONE("HassTurnOn", "\"name\":\"Kitchen Ceiling\""),
        ONE("HassTurnOn", "\"name\":\"big lamp\"")));
    assert_false(same(
        state, ONE("HassTurnOn", "\"name\":\"Front door\""), ONE("HassTurnOn", "\"name\":\"big lamp\"")));
    assert_true(
        same(state, ONE("HassTurnOff", "\"area\":\"galley\""), ONE("HassTurnOff", "\"area\":\"Kitchen\"")));
    assert_true(same(state, ONE("HassTurnOff", "\"floor\":\"Downstairs\""),
        ONE("HassTurnOff", "\"floor\":\"ground floor\"")));
    assert_false(
        same(state, ONE("HassTurnOff", "\"area\":\"Cellar\""), ONE("HassTurnOff", "\"area\":\"Attic\"")));
}

static void test_numbers_are_numbers(void **state)
{
    assert_true(same(state, ONE("HassLightSet", "\"area\":\"Kitchen\",\"brightness\":50"),
        ONE("HassLightSet", "\"area\":\"Kitchen\",\"brightness\":\"50\"")));
    assert_true(same(state, ONE("HassClimateSetTemperature", "\"temperature\":21.5"),
        ONE("HassClimateSetTemperature", "\"temperature\":21.50")));
    assert_false(same(state, ONE("HassClimateSetTemperature", "\"temperature\":21.5"),
        ONE("HassClimateSetTemperature", "\"temperature\":21")));
    assert_false(same(state, ONE("HassClimateSetTemperature", "\"temperature\":21.5"),
        ONE("HassClimateSetTemperature", "\"temperature\":\"21.5 degrees\"")));
}

static void test_free_text_without_regard_to_case(void **state)
{
    assert_true(same(state, ONE("HassBroadcast", "\"message\":\"Dinner is READY\""),
        ONE("HassBroadcast", "\"message\":\"dinner is ready\"")));
    assert_true(same(state, ONE("HassBroadcast", "\"message\":\"\u00c4pfel\""),
        ONE("HassBroadcast", "\"message\":\"\u00e4pfel\"")));
    assert_false(same(state, ONE("HassBroadcast", "\"message\":\"dinner\""),
        ONE("HassBroadcast", "\"message\":\"dinner is ready\"")));
}

static void test_the_order_of_calls_is_free_but_each_counts_once(void **state)
{
    const char *on = CALL("HassTurnOn", "\"area\":\"Kitchen\"");
    const char *off = CALL("HassTurnOff", "\"area\":\"Hall\"");
    char a[512], b[512];
    snprintf(a, sizeof(a), "[%s,%s]", on, off);
    snprintf(b, sizeof(b), "[%s,%s]", off, on);
    assert_true(same(state, a, b));
    snprintf(b, sizeof(b), "[%s,%s]", on, on);
    assert_false(same(state, a, b));
    snprintf(b, sizeof(b), "[%s]", on);
    assert_false(same(state, a, b));
}

static void test_the_slot_that_differs_is_named(void **state)
{
    struct fixture *fixture = *state;
    struct home_call *a, *b;
    calls(fixture, ONE("HassLightSet", "\"area\":\"galley\",\"brightness\":50"), &a);
    calls(fixture, ONE("HassLightSet", "\"area\":\"Kitchen\",\"brightness\":40"), &b);
    assert_string_equal(compare_differing_slot(fixture->registry, fixture->arena, a, b), "brightness");
    assert_string_equal(compare_differing_slot(fixture->registry, fixture->arena, a, a), "");
    calls(fixture, ONE("HassLightSet", "\"area\":\"Kitchen\",\"brightness\":50,\"color\":\"red\""), &b);
    assert_string_equal(compare_differing_slot(fixture->registry, fixture->arena, a, b), "color");
}

static void test_false_actions_are_acts_that_nobody_asked_for(void **state)
{
    const char *on = ONE("HassTurnOn", "\"area\":\"Kitchen\"");
    assert_int_equal(false_actions(state, on, on), 0);
    assert_int_equal(false_actions(state, on, "[]"), 0);
    assert_int_equal(false_actions(state, "[]", on), 1);
    assert_int_equal(false_actions(state, on, ONE("HassTurnOff", "\"area\":\"Kitchen\"")), 1);
    assert_int_equal(false_actions(state, "[]", ONE("HassGetCurrentTime", "")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_nothing),
        cmocka_unit_test(test_the_tool_and_every_argument_count),
        cmocka_unit_test(test_domain_beside_a_name_does_not_count),
        cmocka_unit_test(test_names_are_compared_through_the_registry),
        cmocka_unit_test(test_numbers_are_numbers),
        cmocka_unit_test(test_free_text_without_regard_to_case),
        cmocka_unit_test(test_the_order_of_calls_is_free_but_each_counts_once),
        cmocka_unit_test(test_the_slot_that_differs_is_named),
        cmocka_unit_test(test_false_actions_are_acts_that_nobody_asked_for),
    };
    return cmocka_run_group_tests(tests, open_home, close_home);
}
