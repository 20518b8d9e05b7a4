/* Questions that wait for a yes: whose they are, and how long they wait. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/ask.h"

static void takes(struct ask *ask, const char *source, const char *area, uint64_t now, const char *expected)
{
    struct asked asked = ask_take(ask, source, area, now);
    if (expected)
        assert_string_equal(asked.text, expected);
    else
        assert_null(asked.text);
    asked_free(&asked);
}

static void put(struct ask *ask, const char *source, const char *area, const char *text, uint64_t deadline)
{
    const struct asked asked = {.text = text, .calls = "[]"};
    ask_put(ask, source, area, &asked, deadline);
}

static void test_a_question_is_taken_once_by_who_was_asked(void **state)
{
    (void)state;
    struct ask *ask = ask_new();
    put(ask, "mqtt", "Hall", "unlock the door", 100);
    takes(ask, "mqtt", "Kitchen", 50, NULL);
    takes(ask, "socket", "Hall", 50, NULL);
    takes(ask, "mqtt", "Hall", 50, "unlock the door");
    takes(ask, "mqtt", "Hall", 50, NULL);
    ask_free(ask);
}

static void test_time_drops_it_and_a_new_one_replaces_it(void **state)
{
    (void)state;
    struct ask *ask = ask_new();
    put(ask, "mqtt", "", "unlock the door", 100);
    takes(ask, "mqtt", "", 100, NULL);
    put(ask, "mqtt", "", "unlock the door", 100);
    put(ask, "mqtt", "", "open the gate", 200);
    takes(ask, "mqtt", "", 150, "open the gate");
    takes(ask, "mqtt", "", 150, NULL);
    ask_free(ask);
}

static void test_one_too_many_drops_the_oldest(void **state)
{
    (void)state;
    struct ask *ask = ask_new();
    for (int i = 0; i <= ASK_MAX; i++) {
        char source[2] = {(char)('a' + i), 0};
        put(ask, source, "", source, (uint64_t)(100 + i));
    }
    takes(ask, "a", "", 50, NULL);
    takes(ask, "b", "", 50, "b");
    ask_free(ask);
}

static void test_a_yes_knows_what_was_asked_about(void **state)
{
    (void)state;
    struct ask *ask = ask_new();
    const struct asked asked = {.text = "fan on", .calls = "[{\"name\":\"HassTurnOn\"}]", .dry_run = true};
    ask_put(ask, "mqtt", "", &asked, 100);
    struct asked taken = ask_take(ask, "mqtt", "", 50);
    assert_string_equal(taken.calls, asked.calls);
    assert_true(taken.dry_run);
    asked_free(&taken);
    ask_free(ask);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_question_is_taken_once_by_who_was_asked),
        cmocka_unit_test(test_time_drops_it_and_a_new_one_replaces_it),
        cmocka_unit_test(test_one_too_many_drops_the_oldest),
        cmocka_unit_test(test_a_yes_knows_what_was_asked_about),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
