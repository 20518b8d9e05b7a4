/* The tally of an evaluation: what is counted by intent, tag and home, and what counts as a false action. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/score.h"

static const struct home_call turn_on = {.tool = "HassTurnOn"};
static const struct home_call turn_off = {.tool = "HassTurnOff"};

static double number(const cJSON *json, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, key);
    assert_true(cJSON_IsNumber(item));
    return item->valuedouble;
}

/* The row of an array whose `label` is `text`. */
static const cJSON *row(const cJSON *json, const char *array, const char *label, const char *text)
{
    const cJSON *found;
    cJSON_ArrayForEach(found, cJSON_GetObjectItemCaseSensitive(json, array))
    {
        if (strcmp(cJSON_GetObjectItemCaseSensitive(found, label)->valuestring, text) == 0)
            return found;
    }
    fail_msg("no %s of %s", text, array);
    return NULL;
}

static void assert_row(const cJSON *found, double n, double exact, double false_actions)
{
    assert_float_equal(number(found, "n"), n, 0);
    assert_float_equal(number(found, "exact"), exact, 0);
    assert_float_equal(number(found, "false_actions"), false_actions, 0);
}

/* Three cases: a right one, a wrong one that unlocks, and one for nobody that acts twice. */
static cJSON *three_cases(void)
{
    static const char *const both[] = {"typed", "named"}, *const one[] = {"typed"};
    const struct score_case right = {.text = "lamp on",
        .tags = both,
        .tag_count = 2,
        .home_size = 20,
        .expected = &turn_on,
        .expected_count = 1,
        .got = &turn_on,
        .got_count = 1,
        .exact = true,
        .differs = "",
        .ms = 1};
    const struct score_case wrong = {.text = "lamp on now",
        .tags = one,
        .tag_count = 1,
        .home_size = 21,
        .expected = &turn_on,
        .expected_count = 1,
        .got = &turn_off,
        .got_count = 1,
        .differs = "",
        .false_actions = 1,
        .sensitive = 1,
        .ms = 2};
    const struct home_call twice[] = {turn_on, turn_off};
    const struct score_case nothing = {.text = "nice lamp",
        .home_size = 2000,
        .got = twice,
        .got_count = 2,
        .differs = "",
        .false_actions = 2,
        .sensitive = 1,
        .ms = 9};
    struct score *score = score_new();
    score_add(score, &right);
    score_add(score, &wrong);
    score_add(score, &nothing);
    cJSON *json = score_json(score);
    score_free(score);
    return json;
}

static void test_rows_by_intent_tag_and_home(void **state)
{
    (void)state;
    cJSON *json = three_cases();
    assert_row(row(json, "intents", "intent", "HassTurnOn"), 2, 1, 1);
    assert_row(row(json, "intents", "intent", "(none)"), 1, 0, 2);
    assert_row(row(json, "tags", "tag", "typed"), 2, 1, 1);
    assert_row(row(json, "tags", "tag", "named"), 1, 1, 0);
    assert_row(row(json, "homes", "home", "1 to 20 things"), 1, 1, 0);
    assert_row(row(json, "homes", "home", "21 to 60 things"), 1, 0, 1);
    assert_row(row(json, "homes", "home", "over 500 things"), 1, 0, 2);
    cJSON_Delete(json);
}

static void test_false_actions_are_counted_apart_where_nothing_was_meant(void **state)
{
    (void)state;
    cJSON *json = three_cases();
    const cJSON *negatives = cJSON_GetObjectItemCaseSensitive(json, "negatives");
    assert_float_equal(number(json, "false_actions"), 3, 0);
    assert_float_equal(number(json, "sensitive"), 2, 0);
    assert_float_equal(number(negatives, "n"), 1, 0);
    assert_float_equal(number(negatives, "acted"), 1, 0);
    assert_float_equal(number(negatives, "false_actions"), 2, 0);
    assert_float_equal(number(negatives, "sensitive"), 1, 0);
    cJSON_Delete(json);
}

static void test_what_is_asked_about(void **state)
{
    (void)state;
    struct score *score = score_new();
    struct score_case one = {
        .text = "fan", .expected = &turn_on, .expected_count = 1, .differs = "", .asked = true};
    one.asked_right = true;
    score_add(score, &one);
    one.asked_right = false;
    score_add(score, &one);
    one.expected_count = 0;
    score_add(score, &one);
    one.asked = false;
    score_add(score, &one);
    cJSON *json = score_json(score);
    const cJSON *asked = cJSON_GetObjectItemCaseSensitive(json, "asked");
    assert_float_equal(number(asked, "n"), 3, 0);
    assert_float_equal(number(asked, "right"), 1, 0);
    assert_float_equal(number(asked, "negatives"), 1, 0);
    cJSON_Delete(json);
    score_free(score);
}

static void test_what_was_taken_for_what(void **state)
{
    (void)state;
    cJSON *json = three_cases();
    const cJSON *confusion = row(json, "confusions", "what", "HassTurnOn -> HassTurnOff");
    assert_float_equal(number(confusion, "n"), 1, 0);
    assert_string_equal(cJSON_GetObjectItemCaseSensitive(confusion, "example")->valuestring, "lamp on now");
    row(json, "confusions", "what", "(none) -> HassTurnOn+HassTurnOff");
    cJSON_Delete(json);
}

static void test_percentiles(void **state)
{
    (void)state;
    cJSON *json = three_cases();
    assert_float_equal(number(json, "median_ms"), 2, 0);
    assert_float_equal(number(json, "p90_ms"), 9, 0);
    assert_float_equal(number(json, "longest_ms"), 9, 0);
    cJSON_Delete(json);
}

static void test_no_cases_at_all(void **state)
{
    (void)state;
    struct score *score = score_new();
    cJSON *json = score_json(score);
    assert_float_equal(number(json, "cases"), 0, 0);
    assert_float_equal(number(json, "exact_percent"), 0, 0);
    assert_float_equal(number(json, "longest_ms"), 0, 0);
    cJSON_Delete(json);
    score_free(score);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_by_intent_tag_and_home),
        cmocka_unit_test(test_false_actions_are_counted_apart_where_nothing_was_meant),
        cmocka_unit_test(test_what_is_asked_about),
        cmocka_unit_test(test_what_was_taken_for_what),
        cmocka_unit_test(test_percentiles),
        cmocka_unit_test(test_no_cases_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
