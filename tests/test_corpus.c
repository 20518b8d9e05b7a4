/* test_corpus.c - what publishers announce, one file each in tests/data/discovery/: which entities are
 * registered, is their state followed, and is each command rendered to the exact topic and payload?
 * tests/e2e/43-corpus.sh plays the same files to hearthd.
 *
 *     {"about": what it is,
 *      "discovery": {"topic", "payload"},
 *      "refused"?: part of the error: nothing is registered,
 *      "unused"?: the components that hearth has no use for,
 *      "entities": [{"entity_id", "name", "domain"[, "device_class"][, "area"][, "hidden"][, "unique_key"]
 *                   [, "problem": part of what hearth cannot use]}, ...]: all of them, in order,
 *      "states"?: [{"topic", "payload"[, "retained"] | "seconds": time that passes,
 *                  "expect": {["state"][, "available"][, "attributes"]}[, "entity": entity_id]}, ...],
 *      "commands"?: [{"call": {"tool", "arguments"}[, "entity"], "publish": [{"topic", "payload"}, ...]
 *                    [, "confirm": {"topic", "payload"}: the state that shows it] | ..., "error": part of
 * it}, ...], "then"?: [{"topic", "payload", "entities": [entity_id, ...]: those that are left}, ...]}
 *
 * Payloads that are objects stand for their compact JSON text; an attribute that must not be there is null.
 * States go to every entity of the file; "entity" says whose is meant where that is not the first.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "devices/discovery.h"
#include "devices/json_text.h"
#include "devices/render.h"

enum { FILE_MAX = 65536, FILES_MIN = 150, ENTITIES_MAX = 64 };

struct registered {
    struct discovered found;
    struct entity_view *view;
    struct home_state state;
};

struct fixture {
    const char *file;
    cJSON *json;
    struct san_arena *arena;
    struct registered entities[ENTITIES_MAX];
    size_t count;
    const char *unused;
};

/* ---- reading ---- */

static const cJSON *member(const cJSON *object, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(object, key);
}

static const char *text_of(struct san_arena *arena, const cJSON *item)
{
    if (cJSON_IsString(item))
        return item->valuestring;
    char *text = cJSON_PrintUnformatted(item);
    const char *copy = san_arena_strndup(arena, text, strlen(text));
    cJSON_free(text);
    return copy;
}

static cJSON *read_json(const char *path)
{
    char *text = calloc(1, FILE_MAX);
    FILE *file = fopen(path, "r");
    assert_non_null(text);
    assert_non_null(file);
    size_t len = fread(text, 1, FILE_MAX - 1, file);
    fclose(file);
    struct san_error err = {.text = ""};
    cJSON *root = json_parse(text, len, 32, &err);
    free(text);
    if (!root)
        fail_msg("%s: %s", path, err.text);
    return root;
}

static void equal(const struct fixture *f, const char *what, const char *found, const char *expected)
{
    if (strcmp(found, expected) != 0)
        fail_msg("%s: %s is \"%s\", not \"%s\"", f->file, what, found, expected);
}

/* ---- registering, as the inventory does ---- */

static void drop(struct fixture *f, size_t index)
{
    entity_view_free(f->entities[index].view);
    home_state_clear(&f->entities[index].state);
    f->count--;
    memmove(&f->entities[index], &f->entities[index + 1], (f->count - index) * sizeof(f->entities[0]));
}

/* Those of that source, or of one of its components. */
static void remove_source(struct fixture *f, const char *source)
{
    size_t len = strlen(source);
    for (size_t i = f->count; i-- > 0;) {
        const char *own = f->entities[i].found.source;
        if (strncmp(own, source, len) == 0 && (own[len] == '\0' || own[len] == '#'))
            drop(f, i);
    }
}

static void enter(struct fixture *f, const struct discovered *found)
{
    struct san_error err = {.text = ""};
    size_t at = 0;
    while (at < f->count && strcmp(f->entities[at].found.unique_key, found->unique_key) != 0)
        at++;
    struct registered *entity = &f->entities[at];
    if (at == f->count) {
        assert_true(f->count < ENTITIES_MAX);
        f->count++;
        home_state_init(&entity->state);
    } else {
        entity_view_free(entity->view);
    }
    entity->found = *found;
    entity->view = entity_view_new(found->domain, found->config, NULL, &err);
    if (!entity->view)
        fail_msg("%s: %s", f->file, err.text);
    entity_view_start(entity->view, &entity->state);
}

static enum san_status announce(struct fixture *f, const cJSON *message, struct san_error *err)
{
    const char *payload = text_of(f->arena, member(message, "payload"));
    struct discovered *all;
    size_t count;
    enum san_status status = discovery_parse("homeassistant", json_member_text(message, "topic"), payload,
        strlen(payload), f->arena, &all, &count, &f->unused, err);
    for (size_t i = 0; status == SAN_OK && i < count; i++) {
        if (all[i].config)
            enter(f, &all[i]);
        else
            remove_source(f, all[i].unique_key);
    }
    return status;
}

/* ---- what was registered ---- */

static void check_text(const struct fixture *f, const cJSON *wanted, const char *key, const char *found)
{
    const char *text = json_member_text(wanted, key);
    if (text)
        equal(f, key, found, text);
}

static void check_problem(const struct fixture *f, const cJSON *wanted, const char *problem)
{
    const char *part = json_member_text(wanted, "problem");
    if (!part)
        equal(f, "problem", problem, "");
    else if (!strstr(problem, part))
        fail_msg("%s: the problem is \"%s\", not \"%s\"", f->file, problem, part);
}

static void check_entity(const struct fixture *f, const struct discovered *found, const cJSON *wanted)
{
    check_text(f, wanted, "entity_id", found->entity_id);
    check_text(f, wanted, "name", found->name);
    check_text(f, wanted, "domain", found->domain);
    check_text(f, wanted, "device_class", found->device_class);
    check_text(f, wanted, "area", found->suggested_area);
    check_text(f, wanted, "unique_key", found->unique_key);
    check_problem(f, wanted, found->problem);
    if (found->hidden != cJSON_IsTrue(member(wanted, "hidden")))
        fail_msg("%s: %s is %s", f->file, found->entity_id, found->hidden ? "hidden" : "not hidden");
}

static void check_entities(struct fixture *f)
{
    const cJSON *wanted;
    size_t i = 0;
    struct san_error err = {.text = ""};
    const char *refused = json_member_text(f->json, "refused");
    enum san_status status = announce(f, member(f->json, "discovery"), &err);
    if (refused ? status == SAN_OK || !strstr(err.text, refused) : status != SAN_OK)
        fail_msg("%s: \"%s\", not \"%s\"", f->file, err.text, refused ? refused : "");
    check_text(f, f->json, "unused", f->unused);
    cJSON_ArrayForEach(wanted, member(f->json, "entities"))
    {
        if (i == f->count)
            fail_msg("%s: there is no %s", f->file, json_member_text(wanted, "entity_id"));
        check_entity(f, &f->entities[i++].found, wanted);
    }
    if (i < f->count)
        fail_msg("%s: there is %s, too", f->file, f->entities[i].found.entity_id);
}

/* The one that a row is about. */
static struct registered *meant(struct fixture *f, const cJSON *row)
{
    const char *entity_id = json_member_text(row, "entity");
    for (size_t i = 0; i < f->count; i++)
        if (!entity_id || strcmp(f->entities[i].found.entity_id, entity_id) == 0)
            return &f->entities[i];
    fail_msg("%s: there is no %s", f->file, entity_id ? entity_id : "entity");
    return NULL;
}

/* ---- states ---- */

static void apply(struct fixture *f, const cJSON *message)
{
    const char *topic = json_member_text(message, "topic");
    const char *payload = text_of(f->arena, member(message, "payload"));
    for (size_t i = 0; i < f->count; i++) {
        struct registered *entity = &f->entities[i];
        bool changed;
        if (cJSON_IsTrue(member(message, "retained")) && entity_view_ignores_retained(entity->view))
            continue;
        state_apply_bytes(entity->view, &entity->state, topic, payload, strlen(payload), &changed, NULL);
    }
}

static void pass_time(struct fixture *f, double seconds)
{
    for (size_t i = 0; i < f->count; i++) {
        struct registered *entity = &f->entities[i];
        double expire = entity_view_expire_after(entity->view), off = entity_view_off_delay(entity->view);
        if (off > 0 && seconds >= off)
            state_end_delay(entity->view, &entity->state);
        if (expire > 0 && seconds >= expire)
            state_expire(entity->view, &entity->state);
    }
}

static void check_attributes(struct fixture *f, const struct home_state *state, const cJSON *wanted)
{
    const cJSON *attribute;
    cJSON_ArrayForEach(attribute, wanted)
    {
        const cJSON *found = member(state->attributes, attribute->string);
        if (found ? !cJSON_Compare(found, attribute, 1) : !cJSON_IsNull(attribute))
            fail_msg("%s: %s is %s, not %s", f->file, attribute->string,
                found ? text_of(f->arena, found) : "missing", text_of(f->arena, attribute));
    }
}

static void check_state(struct fixture *f, const cJSON *row)
{
    const cJSON *seconds = member(row, "seconds"), *expect = member(row, "expect");
    if (seconds)
        pass_time(f, seconds->valuedouble);
    else
        apply(f, row);
    const struct home_state *state = &meant(f, row)->state;
    check_text(f, expect, "state", state->state);
    if (member(expect, "available") && state->available != cJSON_IsTrue(member(expect, "available")))
        fail_msg(
            "%s: after %s it is %savailable", f->file, text_of(f->arena, row), state->available ? "" : "un");
    check_attributes(f, state, member(expect, "attributes"));
}

/* ---- commands ---- */

static void fill_call(struct fixture *f, const cJSON *row, struct home_call *call)
{
    const cJSON *argument, *said = member(row, "call");
    *call = (struct home_call){.tool = json_member_text(said, "tool")};
    cJSON_ArrayForEach(argument, member(said, "arguments"))
    {
        call->args[call->arg_count++] = (struct home_arg){.slot = argument->string,
            .text = text_of(f->arena, argument),
            .number = argument->valuedouble,
            .is_number = cJSON_IsNumber(argument)};
    }
}

static void check_commands(struct fixture *f, const cJSON *row, const struct rendered *rendered)
{
    const cJSON *command;
    size_t i = 0;
    const char *call = text_of(f->arena, member(row, "call"));
    cJSON_ArrayForEach(command, member(row, "publish"))
    {
        if (i == rendered->command_count)
            fail_msg("%s: %s: only %zu messages", f->file, call, i);
        equal(f, call, rendered->commands[i].topic, json_member_text(command, "topic"));
        equal(f, call, rendered->commands[i].payload, text_of(f->arena, member(command, "payload")));
        i++;
    }
    if (i == 0 || i != rendered->command_count)
        fail_msg("%s: %s: %zu messages, not %zu", f->file, call, rendered->command_count, i);
}

static void check_confirmed(
    struct fixture *f, const cJSON *row, const struct registered *entity, const struct rendered *rendered)
{
    const char *call = text_of(f->arena, member(row, "call"));
    if (rendered->expect_count == 0)
        fail_msg("%s: %s: nothing to confirm", f->file, call);
    apply(f, member(row, "confirm"));
    if (!render_confirmed(rendered, &entity->state))
        fail_msg("%s: %s is not confirmed", f->file, call);
}

static void check_command(struct fixture *f, const cJSON *row)
{
    struct home_call call;
    struct rendered rendered;
    struct san_error err = {.text = ""};
    const struct registered *entity = meant(f, row);
    const char *error = json_member_text(row, "error");
    fill_call(f, row, &call);
    enum san_status status =
        render_call(entity->view, entity->found.name, &entity->state, &call, f->arena, &rendered, &err);
    if (error) {
        if (status == SAN_OK || !strstr(err.text, error))
            fail_msg("%s: %s: \"%s\", not \"%s\"", f->file, text_of(f->arena, member(row, "call")), err.text,
                error);
        return;
    }
    if (status != SAN_OK)
        fail_msg("%s: %s: %s", f->file, text_of(f->arena, member(row, "call")), err.text);
    check_commands(f, row, &rendered);
    if (member(row, "confirm"))
        check_confirmed(f, row, entity, &rendered);
}

/* ---- later announcements ---- */

static void check_later(struct fixture *f, const cJSON *row)
{
    const cJSON *left;
    size_t i = 0;
    struct san_error err = {.text = ""};
    if (announce(f, row, &err) != SAN_OK)
        fail_msg("%s: %s", f->file, err.text);
    cJSON_ArrayForEach(left, member(row, "entities"))
    {
        if (i == f->count)
            fail_msg("%s: %s is not there any more", f->file, left->valuestring);
        equal(f, "entity_id", f->entities[i++].found.entity_id, left->valuestring);
    }
    if (i < f->count)
        fail_msg("%s: %s is still there", f->file, f->entities[i].found.entity_id);
}

/* ---- files ---- */

static void for_each(struct fixture *f, const char *key, void (*check)(struct fixture *, const cJSON *))
{
    const cJSON *row;
    cJSON_ArrayForEach(row, member(f->json, key))
    {
        check(f, row);
    }
}

static void check_file(const char *folder, const char *name)
{
    char path[1024];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    struct fixture f = {.file = name, .json = read_json(path), .arena = san_arena_new(65536, 0)};
    check_entities(&f);
    for_each(&f, "states", check_state);
    for_each(&f, "commands", check_command);
    for_each(&f, "then", check_later);
    while (f.count)
        drop(&f, f.count - 1);
    san_arena_free(f.arena);
    cJSON_Delete(f.json);
}

static void every_file_of_the_folder(void **state)
{
    (void)state;
    char folder[512];
    const char *source = getenv("HEARTH_SRCDIR");
    snprintf(folder, sizeof(folder), "%s/tests/data/discovery", source ? source : ".");
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (!strstr(entry->d_name, ".json"))
            continue;
        check_file(folder, entry->d_name);
        count++;
    }
    closedir(dir);
    print_message("%zu messages\n", count);
    assert_true(count >= FILES_MIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_file_of_the_folder)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
