/* The commas of an enumeration, which the network does not see, put its parts into the calls; how sure the
 * network is of one item, it is of all. */
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

static struct understood understood;

/* What was heard, understood as these calls, of which the network was that sure (NULL: quite). */
static void apply(void **state, const char *text, const char *json, const double *confidence)
{
    struct understand_request request = {.request.text = text};
    struct san_error err;
    struct home_call *calls;
    cJSON *array = cJSON_Parse(json);
    understood = (struct understood){.confidence = 1};
    assert_int_equal(calls_from_json(array, "test", *state, &calls, &understood.call_count, &err), SAN_OK);
    understood.calls = san_arena_alloc(*state, understood.call_count * sizeof(*understood.calls));
    for (size_t i = 0; i < understood.call_count; i++)
        understood.calls[i] = (struct understood_call){.call = calls[i],
            .confidence = confidence ? confidence[i] : 1,
            .missing = "",
            .leftover = "",
            .unproven = "",
            .overlooked = "",
            .kind = ""};
    assert_int_equal(item_list_apply(&request, &understood, *state, &err), SAN_OK);
    cJSON_Delete(array);
}

/* What was heard, understood as these calls, becomes those. */
static void assert_becomes(void **state, const char *text, const char *json, const char *want)
{
    cJSON *got = cJSON_CreateArray();
    apply(state, text, json, NULL);
    for (size_t i = 0; i < understood.call_count; i++)
        cJSON_AddItemToArray(got, call_to_json(&understood.calls[i].call));
    char *printed = cJSON_PrintUnformatted(got);
    assert_string_equal(printed, want);
    cJSON_free(printed);
    cJSON_Delete(got);
}

static void assert_sure(size_t count, const double *want)
{
    assert_int_equal(understood.call_count, count);
    for (size_t i = 0; i < count; i++) {
        double off = understood.calls[i].confidence - want[i];
        if (off < -1e-9 || off > 1e-9)
            fail_msg("call %zu: %g, not %g", i, understood.calls[i].confidence, want[i]);
    }
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

static void test_items_of_one_list_are_as_sure_as_each_other(void **state)
{
    apply(state, "milk and bread on the list", "[" SHOP("milk") "," SHOP("bread") "]",
        (const double[]){0.9, 0.5});
    assert_sure(2, (const double[]){0.7, 0.7});
}

static void test_parts_of_an_enumeration_share_too(void **state)
{
    apply(state, "add pasta, pesto and loo roll to the shopping list",
        "[" SHOP("pasta, pesto") "," SHOP("loo roll") "]", (const double[]){0.9, 0.6});
    assert_sure(3, (const double[]){0.7, 0.7, 0.7});
}

static void test_an_item_that_is_hardly_one_spoils_the_list(void **state)
{
    apply(state, "milk and bread and that on the list",
        "[" SHOP("milk") "," SHOP("bread") "," SHOP("that") "]", (const double[]){0.9, 0.5, 0.39});
    assert_sure(3, (const double[]){0.9, 0.5, 0.39});
    apply(state, "milk and bread on the list", "[" SHOP("milk") "," SHOP("bread") "]",
        (const double[]){0.9, UNDERSTAND_ASK_CONFIDENCE});
    assert_sure(2, (const double[]){0.65, 0.65});
}

static void test_other_calls_and_other_lists_keep_their_own(void **state)
{
    apply(state, "lock up and milk and bread on the list", "[" LOCK "," SHOP("milk") "," SHOP("bread") "]",
        (const double[]){0.95, 0.8, 0.6});
    assert_sure(3, (const double[]){0.95, 0.7, 0.7});
    apply(state, "milk on the list and ironing on chores", "[" SHOP("milk") "," LIST("Chores", "ironing") "]",
        (const double[]){0.9, 0.5});
    assert_sure(2, (const double[]){0.9, 0.5});
    apply(state, "milk on the list lock up bread on the list",
        "[" SHOP("milk") "," LOCK "," SHOP("bread") "]", (const double[]){0.9, 0.8, 0.5});
    assert_sure(3, (const double[]){0.9, 0.8, 0.5});
}

static void test_what_joins_an_item_is_no_part_of_it(void **state)
{
    assert_becomes(state, "stick olive oil on the list with the kitchen roll",
        "[" SHOP("olive oil") "," SHOP("with the kitchen roll") "]",
        "[" SHOP("olive oil") "," SHOP("kitchen roll") "]");
    assert_becomes(state, "put milk on the list along with some eggs",
        "[" SHOP("milk") "," SHOP("along with some eggs") "]", "[" SHOP("milk") "," SHOP("eggs") "]");
}

static void test_a_joint_may_be_a_part_of_the_item(void **state)
{
#define RICE "[" SHOP("curry") "," SHOP("with rice") "]"
#define BOOK "[" SHOP("with the beatles") "]"
#define TITLE "[" SHOP("milk") "," SHOP("gone with the wind") "]"
    assert_becomes(state, "add curry with rice", RICE, RICE);
    assert_becomes(state, "add with the beatles to the list", BOOK, BOOK);
    assert_becomes(state, "add milk and gone with the wind", TITLE, TITLE);
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
        cmocka_unit_test(test_items_of_one_list_are_as_sure_as_each_other),
        cmocka_unit_test(test_parts_of_an_enumeration_share_too),
        cmocka_unit_test(test_an_item_that_is_hardly_one_spoils_the_list),
        cmocka_unit_test(test_other_calls_and_other_lists_keep_their_own),
        cmocka_unit_test(test_what_joins_an_item_is_no_part_of_it),
        cmocka_unit_test(test_a_joint_may_be_a_part_of_the_item),
    };
    return cmocka_run_group_tests(tests, new_arena, free_arena);
}
