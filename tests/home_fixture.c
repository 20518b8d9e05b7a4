/* home_fixture.c - see home_fixture.h. */
#include "home_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/calls_json.h"
#include "devices/home_file.h"

int home_fixture_open(void **state, const char *home)
{
    static struct home_fixture fixture;
    struct san_error err;
    char path[1024];
    const char *dir = getenv("HEARTH_SRCDIR");
    snprintf(path, sizeof(path), "%s/schemas/phrases_en.json", dir ? dir : ".");
    fixture = (struct home_fixture){.phrases = phrases_load(path, &err)};
    assert_non_null(fixture.phrases);
    fixture.understand.phrases = fixture.phrases;
    fixture.arena = san_arena_new(4096, 0);
    if (home)
        home_fixture_move(&fixture, home);
    *state = &fixture;
    return 0;
}

static void leave_home(struct home_fixture *fixture)
{
    shortlist_free(fixture->understand.shortlist);
    reg_close(fixture->understand.registry);
    fixture->understand.shortlist = NULL; /* a home that fails to open leaves nothing to close twice */
    fixture->understand.registry = NULL;
}

void home_fixture_move(struct home_fixture *fixture, const char *home)
{
    struct san_error err;
    leave_home(fixture);
    fixture->understand.registry = reg_open(":memory:", &err);
    assert_non_null(fixture->understand.registry);
    assert_int_equal(home_import(fixture->understand.registry, home, strlen(home), "home", &err), SAN_OK);
    fixture->understand.shortlist = shortlist_new(fixture->understand.registry);
}

int home_fixture_close(void **state)
{
    struct home_fixture *fixture = *state;
    leave_home(fixture);
    phrases_free(fixture->phrases);
    san_arena_free(fixture->arena);
    return 0;
}

struct understood home_fixture_hear(struct home_fixture *fixture, const char *text, const char *area,
    const char *kind, const char *calls, struct understand_request *request)
{
    struct understood understood = {.confidence = 1};
    struct san_error err;
    struct home_call *read;
    cJSON *array = cJSON_Parse(calls);
    assert_int_equal(
        understand_prepare(&fixture->understand, text, area, fixture->arena, request, &err), SAN_OK);
    assert_int_equal(
        calls_from_json(array, "test", fixture->arena, &read, &understood.call_count, &err), SAN_OK);
    cJSON_Delete(array);
    understood.calls = san_arena_alloc(fixture->arena, understood.call_count * sizeof(*understood.calls));
    for (size_t i = 0; i < understood.call_count; i++)
        understood.calls[i] = (struct understood_call){
            .call = read[i], .missing = "", .leftover = "", .unproven = "", .overlooked = "", .kind = kind};
    return understood;
}

void home_fixture_assert_call(const struct understood_call *call, const char *json)
{
    cJSON *object = call_to_json(&call->call);
    char *text = cJSON_PrintUnformatted(object);
    assert_string_equal(text, json);
    cJSON_free(text);
    cJSON_Delete(object);
}
