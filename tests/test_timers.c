/* Timers and lists in the registry: they come back as they were put, also from a file that was closed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "devices/lists.h"
#include "devices/timers.h"

static struct registry *registry;
static struct san_arena *arena;
static char path[64];

static int begin(void **state)
{
    (void)state;
    snprintf(path, sizeof(path), "/tmp/test_timers.%d.db", (int)getpid());
    unlink(path);
    registry = reg_open(path, NULL);
    arena = san_arena_new(0, 0);
    return registry && arena ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    reg_close(registry);
    san_arena_free(arena);
    unlink(path);
    return 0;
}

static void again(void)
{
    reg_close(registry);
    registry = reg_open(path, NULL);
    assert_non_null(registry);
}

static struct reg_timer *timers(size_t expected)
{
    struct reg_timer *rows;
    size_t count;
    assert_int_equal(reg_timers(registry, arena, &rows, &count, NULL), SAN_OK);
    assert_int_equal(count, expected);
    return rows;
}

static void test_a_timer_is_kept(void **state)
{
    (void)state;
    struct reg_timer timer = {.name = "pizza",
        .area = "Kitchen",
        .command = "",
        .calls = "",
        .total_ms = 60000,
        .end_ms = 1234567890123};
    assert_int_equal(reg_timer_put(registry, &timer, NULL), SAN_OK);
    assert_true(timer.id > 0);
    again();
    const struct reg_timer *rows = timers(1);
    assert_int_equal(rows[0].id, timer.id);
    assert_string_equal(rows[0].name, "pizza");
    assert_string_equal(rows[0].area, "Kitchen");
    assert_int_equal(rows[0].total_ms, 60000);
    assert_true(rows[0].end_ms == 1234567890123);
}

static void test_a_timer_is_changed_and_removed(void **state)
{
    (void)state;
    struct reg_timer timer = {.name = "",
        .area = "",
        .command = "turn on the pump",
        .calls = "[{}]",
        .total_ms = 1000,
        .end_ms = 5};
    assert_int_equal(reg_timer_put(registry, &timer, NULL), SAN_OK);
    timer.end_ms = 0;
    timer.left_ms = 300;
    assert_int_equal(reg_timer_put(registry, &timer, NULL), SAN_OK);
    const struct reg_timer *rows = timers(1);
    assert_int_equal(rows[0].end_ms, 0);
    assert_int_equal(rows[0].left_ms, 300);
    assert_string_equal(rows[0].command, "turn on the pump");
    assert_string_equal(rows[0].calls, "[{}]");
    assert_int_equal(reg_timer_remove(registry, timer.id, NULL), SAN_OK);
    assert_int_equal(reg_timer_remove(registry, timer.id, NULL), SAN_OK);
    timers(0);
}

static struct reg_list_item *items(const char *list, size_t expected)
{
    struct reg_list_item *rows;
    size_t count;
    assert_int_equal(reg_list_items(registry, list, arena, &rows, &count, NULL), SAN_OK);
    assert_int_equal(count, expected);
    return rows;
}

static void test_lists(void **state)
{
    (void)state;
    assert_int_equal(reg_list_add(registry, "shopping list", "Oat Milk", NULL), SAN_OK);
    assert_int_equal(reg_list_add(registry, "shopping list", "eggs", NULL), SAN_OK);
    assert_int_equal(reg_list_add(registry, "chores", "windows", NULL), SAN_OK);
    again();
    items(NULL, 3);
    items("no such list", 0);
    const struct reg_list_item *rows = items("shopping list", 2);
    assert_string_equal(rows[0].text, "Oat Milk");
    assert_string_equal(rows[1].text, "eggs");
    assert_int_equal(reg_list_remove(registry, rows[0].id, NULL), SAN_OK);
    rows = items("shopping list", 1);
    assert_string_equal(rows[0].text, "eggs");
}

static void test_lists_have_an_end(void **state)
{
    (void)state;
    assert_int_equal(reg_begin(registry, NULL), SAN_OK);
    for (int i = 0; i < LISTS_ITEMS_MAX; i++)
        assert_int_equal(reg_list_add(registry, "l", "x", NULL), SAN_OK);
    assert_int_equal(reg_commit(registry, NULL), SAN_OK);
    struct san_error error = {0};
    assert_int_equal(reg_list_add(registry, "l", "x", &error), SAN_ELIMIT);
    assert_non_null(strstr(error.text, "full"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_timer_is_kept, begin, end),
        cmocka_unit_test_setup_teardown(test_a_timer_is_changed_and_removed, begin, end),
        cmocka_unit_test_setup_teardown(test_lists, begin, end),
        cmocka_unit_test_setup_teardown(test_lists_have_an_end, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
