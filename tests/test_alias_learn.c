/* Which corrections in the log are aliases, and which are not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/alias_learn.h"
#include "devices/home_file.h"

static const char home[] =
    "{\"floors\":[{\"name\":\"First "
    "floor\"}],\"areas\":[{\"name\":\"Kitchen\"},{\"name\":\"Bedroom\"}],\"entities\":["
    "{\"entity_id\":\"light.ceiling\",\"name\":\"Kitchen "
    "ceiling\",\"area\":\"Kitchen\",\"domain\":\"light\"},"
    "{\"entity_id\":\"light.big\",\"name\":\"Big lamp\",\"area\":\"Bedroom\",\"domain\":\"light\"}]}";

enum { ROWS_MAX = 8 };

struct fixture {
    struct registry *registry;
    struct san_arena *arena;
    struct reg_audit rows[ROWS_MAX]; /* newest first */
    size_t row_count;
    struct alias_suggestion *found;
    size_t count;
};

static int open_home(void **state)
{
    static struct fixture fixture;
    struct san_error err;
    fixture = (struct fixture){.registry = reg_open(":memory:", &err), .arena = san_arena_new(4096, 0)};
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

/* One more sentence, `seconds` on the clock. */
static void add_row(
    struct fixture *fixture, int seconds, const char *text, const char *outcome, const char *detail)
{
    assert_true(fixture->row_count < ROWS_MAX);
    memmove(fixture->rows + 1, fixture->rows, fixture->row_count * sizeof(*fixture->rows));
    fixture->row_count++;
    fixture->rows[0] = (struct reg_audit){
        .time_ms = seconds * 1000LL, .source = "socket", .text = text, .outcome = outcome, .detail = detail};
}

static void refused(struct fixture *fixture, int seconds, const char *text)
{
    char *detail = san_arena_alloc(fixture->arena, 512);
    snprintf(detail, 512, "{\"normalized\":\"%s\",\"area\":\"\",\"calls\":[],\"actions\":[]}", text);
    add_row(fixture, seconds, text, "refused", detail);
}

/* said: the words that bore the name out, as JSON. */
static void done(struct fixture *fixture, int seconds, const char *text, const char *slot, const char *value,
    const char *said, const char *entities)
{
    char *detail = san_arena_alloc(fixture->arena, 1024);
    snprintf(detail, 1024,
        "{\"normalized\":\"%s\",\"area\":\"\",\"calls\":[{\"name\":\"HassTurnOn\",\"evidence\":["
        "{\"slot\":\"%s\",\"value\":\"%s\",\"said\":[%s]}]}],\"actions\":[{\"entities\":[%s]}]}",
        text, slot, value, said, entities);
    add_row(fixture, seconds, text, "done", detail);
}

static void ceiling_done(struct fixture *fixture, int seconds, const char *text)
{
    done(fixture, seconds, text, "name", "Kitchen ceiling", "\"kitchen\",\"ceiling\"",
        "{\"entity_id\":\"light.ceiling\"}");
}

static void learn(struct fixture *fixture)
{
    assert_int_equal(alias_learn(fixture->registry, fixture->rows, fixture->row_count, fixture->arena,
                         &fixture->found, &fixture->count, NULL),
        SAN_OK);
}

static void assert_learnt(struct fixture *fixture, const char *kind, const char *of, const char *alias)
{
    learn(fixture);
    assert_int_equal(fixture->count, 1);
    assert_string_equal(fixture->found[0].kind, kind);
    assert_string_equal(fixture->found[0].of, of);
    assert_string_equal(fixture->found[0].alias, alias);
}

static void assert_nothing(struct fixture *fixture)
{
    learn(fixture);
    assert_int_equal(fixture->count, 0);
}

static void test_another_name_for_a_device(void **state)
{
    refused(*state, 0, "turn on the main lamp please");
    ceiling_done(*state, 20, "turn on the kitchen ceiling please");
    assert_learnt(*state, "entity", "light.ceiling", "main lamp");
}

static void test_a_word_that_both_names_share_belongs_to_both(void **state)
{
    refused(*state, 0, "cosy ceiling on");
    ceiling_done(*state, 20, "kitchen ceiling on");
    assert_learnt(*state, "entity", "light.ceiling", "cosy ceiling");
}

static void test_another_name_for_a_room(void **state)
{
    refused(*state, 0, "lights off in the galley");
    done(*state, 5, "lights off in the kitchen", "area", "Kitchen", "\"kitchen\"", "");
    assert_learnt(*state, "area", "Kitchen", "galley");
}

static void test_twice_is_counted_once_is_enough(void **state)
{
    struct fixture *fixture = *state;
    refused(fixture, 0, "main lamp on");
    ceiling_done(fixture, 20, "kitchen ceiling on");
    refused(fixture, 1000, "main lamp off");
    ceiling_done(fixture, 1020, "kitchen ceiling off");
    assert_learnt(fixture, "entity", "light.ceiling", "main lamp");
    assert_int_equal(fixture->found[0].count, 2);
    assert_string_equal(fixture->found[0].heard, "main lamp off");
}

static void test_other_words_around_are_another_command(void **state)
{
    refused(*state, 0, "turn on the main lamp");
    ceiling_done(*state, 20, "switch off the kitchen ceiling");
    assert_nothing(*state);
}

static void test_nothing_in_common_teaches_nothing(void **state)
{
    refused(*state, 0, "good heavens");
    ceiling_done(*state, 20, "kitchen ceiling");
    assert_nothing(*state);
}

static void test_too_late_is_another_matter(void **state)
{
    refused(*state, 0, "turn on the main lamp");
    ceiling_done(*state, 91, "turn on the kitchen ceiling");
    assert_nothing(*state);
}

static void test_somebody_else_corrects_nobody(void **state)
{
    struct fixture *fixture = *state;
    refused(fixture, 0, "turn on the main lamp");
    ceiling_done(fixture, 20, "turn on the kitchen ceiling");
    fixture->rows[0].source = "satellite";
    assert_nothing(fixture);
}

static void test_a_name_of_something_else_is_not_taken(void **state)
{
    refused(*state, 0, "turn on the big lamp");
    ceiling_done(*state, 20, "turn on the kitchen ceiling");
    assert_nothing(*state);
}

static void test_a_number_is_another_thing(void **state)
{
    refused(*state, 0, "turn on lamp 5");
    ceiling_done(*state, 20, "turn on kitchen ceiling");
    assert_nothing(*state);
}

static void test_several_devices_have_no_alias(void **state)
{
    refused(*state, 0, "turn on the main lamp");
    done(*state, 20, "turn on the kitchen ceiling", "name", "Kitchen ceiling", "\"kitchen\",\"ceiling\"",
        "{\"entity_id\":\"light.ceiling\"},{\"entity_id\":\"light.other\"}");
    assert_nothing(*state);
}

static void test_damaged_rows_are_passed_over(void **state)
{
    struct fixture *fixture = *state;
    add_row(fixture, 0, "turn on the main lamp", "refused", "{");
    add_row(fixture, 1, "turn on the main lamp", "refused", "[7]");
    ceiling_done(fixture, 2, "turn on the kitchen ceiling");
    add_row(fixture, 3, "turn on the kitchen ceiling", "done", "{\"calls\":[7],\"actions\":[{}]}");
    assert_nothing(fixture);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, open_home, close_home)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_another_name_for_a_device),
        TEST(test_a_word_that_both_names_share_belongs_to_both),
        TEST(test_another_name_for_a_room),
        TEST(test_twice_is_counted_once_is_enough),
        TEST(test_other_words_around_are_another_command),
        TEST(test_nothing_in_common_teaches_nothing),
        TEST(test_too_late_is_another_matter),
        TEST(test_somebody_else_corrects_nobody),
        TEST(test_a_name_of_something_else_is_not_taken),
        TEST(test_a_number_is_another_thing),
        TEST(test_several_devices_have_no_alias),
        TEST(test_damaged_rows_are_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
