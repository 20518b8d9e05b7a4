/* test_ha_reader.c - Home Assistant's messages are read in their order, however long some of them are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/ha_reader.h"

enum { LIST_BYTES = 1800000 };

struct listener {
    uv_loop_t loop;
    struct ha_reader *reader;
    unsigned heard[16]; /* ids of messages; 0: one that could not be read */
    size_t count, rows; /* rows of the last list */
    char why[200];
    bool drop_at_first;
};

static void on_message(void *data, const struct ha_message *message)
{
    struct listener *l = data;
    l->heard[l->count++] = message->id;
    l->rows = cJSON_IsArray(message->content) ? (size_t)cJSON_GetArraySize(message->content) : l->rows;
    if (l->drop_at_first)
        ha_reader_drop(l->reader);
}

static void on_failed(void *data, const char *why)
{
    struct listener *l = data;
    l->heard[l->count++] = 0;
    snprintf(l->why, sizeof(l->why), "%s", why);
}

static int setup(void **state)
{
    struct listener *l = calloc(1, sizeof(*l));
    const struct ha_reader_handlers handlers = {.data = l, .message = on_message, .failed = on_failed};
    assert_int_equal(uv_loop_init(&l->loop), 0);
    l->reader = ha_reader_new(&l->loop, &handlers);
    assert_non_null(l->reader);
    *state = l;
    return 0;
}

static int teardown(void **state)
{
    struct listener *l = *state;
    ha_reader_free(l->reader);
    uv_run(&l->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&l->loop), 0);
    free(l);
    return 0;
}

static void take(struct listener *l, const char *text)
{
    ha_reader_take(l->reader, strdup(text), strlen(text));
}

static void take_event(struct listener *l, unsigned id)
{
    char text[80];
    snprintf(text, sizeof(text), "{\"id\":%u,\"type\":\"event\",\"event\":{}}", id);
    take(l, text);
}

/* The states of a home, as get_states answers them; returns how many. */
static size_t take_list(struct listener *l, unsigned id)
{
    static const char row[] =
        "{\"entity_id\":\"light.lamp\",\"state\":\"on\",\"attributes\":{\"brightness\":128,\"x\":0.5}}";
    char *text = malloc(LIST_BYTES + 100);
    size_t rows = 0;
    int at = sprintf(text, "{\"id\":%u,\"type\":\"result\",\"success\":true,\"result\":[%s", id, row);
    for (rows = 1; at < LIST_BYTES - 100; rows++)
        at += sprintf(text + at, ",%s", row);
    at += sprintf(text + at, "]}");
    ha_reader_take(l->reader, text, (size_t)at);
    return rows;
}

static void heard(const struct listener *l, size_t count, const unsigned *ids)
{
    assert_int_equal(l->count, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(l->heard[i], ids[i]);
}

static void short_messages_are_read_at_once(void **state)
{
    struct listener *l = *state;
    take_event(l, 1);
    take_event(l, 2);
    heard(l, 2, (const unsigned[]){1, 2});
}

static void a_long_one_is_not_read_on_this_thread_and_keeps_its_place(void **state)
{
    struct listener *l = *state;
    take_event(l, 1);
    size_t rows = take_list(l, 2);
    take_event(l, 3);
    take_list(l, 4);
    take_event(l, 5);
    heard(l, 1, (const unsigned[]){1});
    uv_run(&l->loop, UV_RUN_DEFAULT);
    heard(l, 5, (const unsigned[]){1, 2, 3, 4, 5});
    assert_int_equal(l->rows, rows);
}

static void what_cannot_be_read_is_told_in_its_place(void **state)
{
    struct listener *l = *state;
    take_list(l, 1);
    take(l, "{\"id\":2,");
    take_event(l, 3);
    uv_run(&l->loop, UV_RUN_DEFAULT);
    heard(l, 3, (const unsigned[]){1, 0, 3});
    assert_non_null(strstr(l->why, "not to be read"));
}

static void what_is_dropped_is_never_heard(void **state)
{
    struct listener *l = *state;
    take_list(l, 1);
    take_event(l, 2);
    ha_reader_drop(l->reader);
    take_event(l, 3); /* of the next connection, while the list of the last one is still being read */
    uv_run(&l->loop, UV_RUN_DEFAULT);
    heard(l, 1, (const unsigned[]){3});
}

static void a_listener_may_drop_what_waits(void **state)
{
    struct listener *l = *state;
    l->drop_at_first = true;
    take_list(l, 1);
    take_event(l, 2);
    uv_run(&l->loop, UV_RUN_DEFAULT);
    heard(l, 1, (const unsigned[]){1});
}

static void what_waits_is_bounded(void **state)
{
    struct listener *l = *state;
    size_t most = HA_READER_WAITING_MAX / (LIST_BYTES - 200);
    take_list(l, 1);
    for (size_t i = 0; i <= most && !l->count; i++)
        take_list(l, 2);
    heard(l, 1, (const unsigned[]){0});
    assert_string_equal(l->why, "it sends faster than can be read");
    ha_reader_drop(l->reader);
    uv_run(&l->loop, UV_RUN_DEFAULT);
}

#define READER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        READER(short_messages_are_read_at_once),
        READER(a_long_one_is_not_read_on_this_thread_and_keeps_its_place),
        READER(what_cannot_be_read_is_told_in_its_place),
        READER(what_is_dropped_is_never_heard),
        READER(a_listener_may_drop_what_waits),
        READER(what_waits_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
