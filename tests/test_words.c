/* Rows of words in a sentence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/words.h"

static int open_arena(void **state)
{
    *state = san_arena_new(4096, 0);
    return *state ? 0 : -1;
}

static int close_arena(void **state)
{
    san_arena_free(*state);
    return 0;
}

static struct san_words words_of(void **state, const char *text)
{
    struct san_words words;
    assert_int_equal(san_normalize(*state, text, strlen(text), &words, NULL), SAN_OK);
    return words;
}

static size_t find(void **state, const char *text, const char *row)
{
    struct san_words words = words_of(state, text), sought = words_of(state, row);
    return words_find(&words, &sought);
}

static uint64_t mask(void **state, const char *text, const char *row)
{
    struct san_words words = words_of(state, text), sought = words_of(state, row);
    return words_mask(&words, &sought);
}

static void test_a_row_is_found_where_it_stands_first(void **state)
{
    assert_int_equal(find(state, "living room lamp in the living room", "Living Room"), 0);
    assert_int_equal(find(state, "in the living room", "Living Room"), 2);
    assert_int_equal(find(state, "the the lamp", "the lamp"), 1);
}

static void test_only_whole_words_in_that_order_are_the_row(void **state)
{
    assert_int_equal(find(state, "room living", "living room"), 2);
    assert_int_equal(find(state, "living rooms", "living room"), 2);
    assert_int_equal(find(state, "living", "living room"), 1);
    assert_int_equal(find(state, "lamp", ""), 1);
    assert_int_equal(find(state, "", "lamp"), 0);
}

static void test_a_mask_has_a_bit_for_each_word_of_the_row(void **state)
{
    assert_int_equal(mask(state, "in the living room now", "living room"), 0x0c);
    assert_int_equal(mask(state, "in the living room now", "kitchen"), 0);
    assert_int_equal(mask(state, "in the living room now", ""), 0);
}

static void test_a_row_of_all_the_words_that_there_may_be(void **state)
{
    char text[2 * SAN_WORDS_MAX + 1] = "";
    for (size_t i = 0; i < SAN_WORDS_MAX; i++)
        strcat(text, "x ");
    assert_true(mask(state, text, text) == UINT64_MAX);
    assert_true(mask(state, text, "x") == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_row_is_found_where_it_stands_first),
        cmocka_unit_test(test_only_whole_words_in_that_order_are_the_row),
        cmocka_unit_test(test_a_mask_has_a_bit_for_each_word_of_the_row),
        cmocka_unit_test(test_a_row_of_all_the_words_that_there_may_be),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
