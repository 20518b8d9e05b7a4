/* What hearthctl writes for people: aligned tables, colours where they belong, nothing that could steer the
 * terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/output.h"

static void test_colours_only_on_a_terminal_that_wants_them(void **state)
{
    (void)state;
    assert_true(output_wants_color(true, NULL, "xterm"));
    assert_true(output_wants_color(true, "", "xterm"));
    assert_false(output_wants_color(false, NULL, "xterm"));
    assert_false(output_wants_color(true, "1", "xterm"));
    assert_false(output_wants_color(true, NULL, "dumb"));
    assert_false(output_wants_color(true, NULL, NULL));
}

static void assert_safe(const char *text, const char *expected)
{
    char out[64];
    assert_string_equal(output_safe(out, sizeof(out), text), expected);
}

static void test_control_characters_do_not_reach_the_terminal(void **state)
{
    (void)state;
    assert_safe("K\u00fcche", "K\u00fcche");
    assert_safe("\033[2Jlamp\a", "?[2Jlamp?");
    assert_safe("a\nb\tc", "a?b?c");
    assert_safe("\u202eevil", "?evil");
    assert_safe("\xff\xfe", "??");
    assert_safe("\xc2\x9b"
                "31m",
        "?31m");
}

static void test_safe_text_never_ends_inside_a_character(void **state)
{
    (void)state;
    char out[4];
    assert_string_equal(output_safe(out, sizeof(out), "ab\u00fc"), "ab");
}

static void test_width_counts_columns_not_bytes(void **state)
{
    (void)state;
    assert_int_equal(output_width("lamp"), 4);
    assert_int_equal(output_width("K\u00fcche"), 5);
    assert_int_equal(output_width("\u53f0\u6240"), 4);
    assert_int_equal(output_width("e\u0301"), 1);
}

static void test_columns_are_aligned(void **state)
{
    (void)state;
    static const char *const headers[] = {"NAME", ">N", "WHERE", NULL};
    static const char *const first[] = {"K\u00fcche", "7", "here"}, *const second[] = {"Hall", "1000", ""};
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    struct table *table = table_new(headers);
    table_row(table, first);
    table_row(table, second);
    assert_int_equal(table_rows(table), 2);
    table_print(table, file);
    fclose(file);
    assert_string_equal(text, "NAME      N  WHERE\n"
                              "K\u00fcche     7  here\n"
                              "Hall   1000\n");
    table_free(table);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_colours_only_on_a_terminal_that_wants_them),
        cmocka_unit_test(test_control_characters_do_not_reach_the_terminal),
        cmocka_unit_test(test_safe_text_never_ends_inside_a_character),
        cmocka_unit_test(test_width_counts_columns_not_bytes),
        cmocka_unit_test(test_columns_are_aligned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
