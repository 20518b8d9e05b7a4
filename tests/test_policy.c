/* What may be done: confidence, and the guards of locks, garage doors, valves and alarms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/policy.h"

static const struct home_entity lock = {.domain = "lock", .device_class = ""};
static const struct home_entity light = {.domain = "light", .device_class = ""};
static const struct home_entity garage = {.domain = "cover", .device_class = "garage"};
static const struct home_entity blind = {.domain = "cover", .device_class = "blind"};
static const struct home_entity valve = {.domain = "valve", .device_class = ""};
static const struct home_entity alarm = {.domain = "alarm_control_panel", .device_class = ""};

static const struct home_call on = {.tool = "HassTurnOn"}, off = {.tool = "HassTurnOff"};
static const struct home_call toggle = {.tool = "HassToggle"}, disarm = {.tool = "HassAlarmDisarm"};

static struct home_call with(const char *tool, const char *slot, const char *text, bool is_number)
{
    struct home_call call = {.tool = tool, .arg_count = 1};
    call.args[0] =
        (struct home_arg){.slot = slot, .text = text, .number = atof(text), .is_number = is_number};
    return call;
}

static void is_class(const struct home_call *call, const struct home_entity *entity, const char *expected)
{
    const char *class = policy_class(call, entity);
    if (expected)
        assert_string_equal(class, expected);
    else
        assert_null(class);
}

static void test_which_commands_are_sensitive(void **state)
{
    (void)state;
    is_class(&off, &lock, "unlock");
    is_class(&toggle, &lock, "unlock");
    is_class(&on, &lock, NULL); /* locking */
    is_class(&on, &garage, "open_garage");
    is_class(&off, &garage, NULL);
    is_class(&on, &blind, NULL);
    is_class(&on, &valve, "open_valve");
    is_class(&off, &valve, NULL);
    is_class(&disarm, &alarm, "disarm");
    is_class(&on, &light, NULL);
}

static void test_positions_that_open_are_sensitive(void **state)
{
    (void)state;
    struct home_call half = with("HassSetPosition", "position", "50", true);
    struct home_call shut = with("HassSetPosition", "position", "0", true);
    struct home_call up = with("HassSetPosition", "position_step", "up", false);
    struct home_call down = with("HassSetPosition", "position_step", "down", false);
    struct home_call less = with("HassSetPosition", "position_step", "-20", true);
    is_class(&half, &garage, "open_garage");
    is_class(&shut, &garage, NULL);
    is_class(&up, &garage, "open_garage");
    is_class(&down, &garage, NULL);
    is_class(&less, &garage, NULL);
    is_class(&half, &blind, NULL);
    is_class(&half, &valve, "open_valve");
}

static void test_sensitive_commands_need_to_be_surer(void **state)
{
    (void)state;
    struct config *config = config_new();
    assert_int_equal(policy_check(config, &on, &light, 0.8, false), POLICY_ALLOW);
    assert_int_equal(policy_check(config, &off, &lock, 0.8, false), POLICY_ASK);
    assert_int_equal(policy_check(config, &off, &lock, 0.9, false), POLICY_ALLOW);
    assert_int_equal(policy_check(config, &on, &lock, 0.8, false), POLICY_ALLOW);
    config_free(config);
}

static void test_bands(void **state)
{
    (void)state;
    struct config *config = config_new();
    assert_int_equal(policy_band(config, "HassTurnOn", false, 0.39), POLICY_UNSURE);
    assert_int_equal(policy_band(config, "HassTurnOn", false, 0.40), POLICY_ASK);
    assert_int_equal(policy_band(config, "HassTurnOn", false, 0.69), POLICY_ASK);
    assert_int_equal(policy_band(config, "HassTurnOn", false, 0.70), POLICY_ALLOW);
    assert_int_equal(policy_band(config, "HassTurnOff", true, 0.84), POLICY_ASK);
    assert_int_equal(policy_band(config, "HassTurnOff", true, 0.85), POLICY_ALLOW);
    config->ask_confidence = 0.3;
    assert_int_equal(policy_band(config, "HassGetState", false, 0.69), POLICY_UNSURE);
    assert_int_equal(policy_band(config, "HassGetState", false, 0.70), POLICY_ALLOW);
    config_free(config);
}

static void test_an_edge_above_the_limit_asks_nothing_and_forbids_nothing(void **state)
{
    (void)state;
    struct config *config = config_new();
    config->ask_confidence = 1;
    assert_int_equal(policy_band(config, "HassTurnOn", false, 0.69), POLICY_UNSURE);
    assert_int_equal(policy_band(config, "HassTurnOn", false, 0.71), POLICY_ALLOW);
    assert_int_equal(policy_check(config, &off, &lock, 0.8, false), POLICY_UNSURE);
    config_free(config);
}

static void test_guards(void **state)
{
    (void)state;
    struct config *config = config_new();
    config->unlock = GUARD_CONFIRM;
    assert_int_equal(policy_check(config, &off, &lock, 0.99, false), POLICY_CONFIRM);
    assert_int_equal(
        policy_check(config, &off, &lock, 0.8, false), POLICY_CONFIRM); /* a question, either way */
    assert_int_equal(policy_check(config, &off, &lock, 0.5, false), POLICY_ASK);
    assert_int_equal(policy_check(config, &off, &lock, 0.3, false), POLICY_UNSURE);
    assert_int_equal(policy_check(config, &off, &lock, 0.5, true), POLICY_ALLOW);
    config->unlock = GUARD_REFUSE;
    assert_int_equal(policy_check(config, &off, &lock, 0.99, false), POLICY_REFUSE);
    assert_int_equal(policy_check(config, &off, &lock, 0.99, true), POLICY_REFUSE);
    assert_int_equal(policy_check(config, &on, &garage, 0.99, false), POLICY_ALLOW);
    config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_which_commands_are_sensitive),
        cmocka_unit_test(test_positions_that_open_are_sensitive),
        cmocka_unit_test(test_sensitive_commands_need_to_be_surer),
        cmocka_unit_test(test_bands),
        cmocka_unit_test(test_an_edge_above_the_limit_asks_nothing_and_forbids_nothing),
        cmocka_unit_test(test_guards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
