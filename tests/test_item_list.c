/* The commas of an enumeration, which the network does not see, put its parts into the calls. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/calls_json.h"
#include "daemon/item_list.h"

static int new_arena(void **state)
{
    *state = san_arena_new(4096, 0);
    return *state ? 0 : -1;
}

static int free_arena(void **state)
{
    san_arena_free(*state);
    return 0;
}

#define SHOP(item) "{\"name\":\"HassShoppingListAddItem\",\"arguments\":{\"item\":\"" item "\"}}"
#define LIST(name, item)                                                                                     \
    "{\"name\":\"HassListAddItem\",\"arguments\":{\"name\":\"" name "\",\"item\":\"" item "\"}}"
#define LOCK "{\"name\":\"HassTurnOn\",\"arguments\":{\"name\":\"Front Door\",\"domain\":\"lock\"}}"

/* What was heard, understood as these calls, becomes those. */
static void assert_becomes(void **state, const char *text, const char *json, const char *want)
{
    struct understand_request request = {.request.text = text};
    struct understood understood = {.confidence = 1};
    struct san_error err;
    struct home_call *calls;
    cJSON *array = cJSON_Parse(json), *got = cJSON_CreateArray();
    assert_int_equal(calls_from_json(array, "test", *state, &calls, &understood.call_count, &err), SAN_OK);
    understood.calls = san_arena_alloc(*state, understood.call_count * sizeof(*understood.calls));
    for (size_t i = 0; i < understood.call_count; i++)
        understood.calls[i] = (struct understood_call){
            .call = calls[i], .missing = "", .leftover = "", .unproven = "", .overlooked = "", .kind = ""};
    assert_int_equal(item_list_apply(&request, &understood, *state, &err), SAN_OK);
    for (size_t i = 0; i < understood.call_count; i++)
        cJSON_AddItemToArray(got, call_to_json(&understood.calls[i].call));
    char *printed = cJSON_PrintUnformatted(got);
    assert_string_equal(printed, want);
    cJSON_free(printed);
    cJSON_Delete(got);
    cJSON_Delete(array);
}

static void test_what_was_taken_for_one_item_is_two(void **state)
{
    assert_becomes(state, "add pasta, pesto and loo roll to the shopping list",
        "[" SHOP("pasta, pesto") "," SHOP("loo roll") "]",
        "[" SHOP("pasta") "," SHOP("pesto") "," SHOP("loo roll") "]");
}

static void test_what_was_passed_over_is_put_on_the_list(void **state)
{
    assert_becomes(state, "bread, milk, and some marmalade on Groceries please",
        "[" LIST("Groceries", "bread") "," LIST("Groceries", "marmalade") "]",
        "[" LIST("Groceries", "bread") "," LIST("Groceries", "milk") "," LIST("Groceries", "marmalade") "]");
}

static void test_one_thing_with_an_and_stays_one(void **state)
{
    assert_becomes(state, "buy fish and chips, milk, eggs", "[" SHOP("fish and chips") "," SHOP("eggs") "]",
        "[" SHOP("fish and chips") "," SHOP("milk") "," SHOP("eggs") "]");
    assert_becomes(state, "buy fish and chips, milk, and eggs",
        "[" SHOP("fish and chips") "," SHOP("chips") "," SHOP("eggs") "]",
        "[" SHOP("fish and chips") "," SHOP("milk") "," SHOP("eggs") "]");
}

static void test_without_commas_the_network_decides(void **state)
{
    assert_becomes(state, "add milk and bread to the shopping list", "[" SHOP("milk and bread") "]",
        "[" SHOP("milk and bread") "]");
}

static void test_other_calls_stay_where_they_are(void **state)
{
    assert_becomes(state, "lock up, add wine, cheese to the list, and lock the front door",
        "[" LOCK "," SHOP("wine, cheese") "," LOCK "]",
        "[" LOCK "," SHOP("wine") "," SHOP("cheese") "," LOCK "]");
}

static void test_two_lists_are_no_enumeration(void **state)
{
    static const char calls[] = "[" SHOP("milk") "," LIST("Chores", "wash the car") "]";
    assert_becomes(state, "milk on the shopping list, wash the car on chores", calls, calls);
}

static void test_a_sentence_between_commas_is_no_item(void **state)
{
    static const char calls[] = "[" SHOP("milk") "," SHOP("eggs") "]";
    assert_becomes(state, "add milk, and now that I come to think of it we need, eggs", calls, calls);
}

static void test_words_around_an_item_are_no_part_of_it(void **state)
{
    static const char calls[] = "[" SHOP("bin bags") "," SHOP("sponges") "]";
    assert_becomes(state, "put bin bags on the shopping list, sponges as well", calls, calls);
}

static void test_a_very_long_enumeration_stays_as_it_was_understood(void **state)
{
    static const char calls[] = "[" SHOP("a1") "," SHOP("z1") "]";
    assert_becomes(state, "buy a1, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, z1", calls, calls);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_taken_for_one_item_is_two),
        cmocka_unit_test(test_what_was_passed_over_is_put_on_the_list),
        cmocka_unit_test(test_one_thing_with_an_and_stays_one),
        cmocka_unit_test(test_without_commas_the_network_decides),
        cmocka_unit_test(test_other_calls_stay_where_they_are),
        cmocka_unit_test(test_two_lists_are_no_enumeration),
        cmocka_unit_test(test_a_sentence_between_commas_is_no_item),
        cmocka_unit_test(test_words_around_an_item_are_no_part_of_it),
        cmocka_unit_test(test_a_very_long_enumeration_stays_as_it_was_understood),
    };
    return cmocka_run_group_tests(tests, new_arena, free_arena);
}
