/* test_publishers.c - real publishers' messages, one file each in tests/data/discovery/: is the entity
 * registered, is its state followed, and is each command rendered to the exact topic and payload?
 *
 *     {"topic", "payload", "entity": {"entity_id", "name", "domain"[, "unique_key"]},
 *      "states": [{"topic", "payload", "state"[, "attributes"][, "available"]}, ...],
 *      "calls": [{"tool", "arguments", "commands": [[topic, payload], ...], "confirmed_by"?: [topic,
 * payload]} |
 *                {"tool", "arguments", "error": "part of the text"}, ...]}
 *
 * Payloads that are objects stand for their JSON text. The states are applied in order, then the calls are
 * rendered. "component" makes a device message choose one of its entities.
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

enum { FILE_MAX = 65536, FILES_MIN = 40 };

struct fixture {
    const char *file;
    cJSON *json;
    struct san_arena *arena;
    struct entity_view *view;
    struct home_state state;
    struct discovered *entity;
};

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

static void check_entity(struct fixture *f)
{
    const char *topic = json_member_text(f->json, "topic");
    const char *payload = text_of(f->arena, member(f->json, "payload"));
    struct discovered *all;
    size_t count;
    struct san_error err = {.text = ""};
    if (discovery_parse("homeassistant", topic, payload, strlen(payload), f->arena, &all, &count, &err) !=
        SAN_OK)
        fail_msg("%s: %s", f->file, err.text);
    const char *wanted = json_member_text(member(f->json, "entity"), "entity_id");
    for (size_t i = 0; i < count; i++) {
        if (strcmp(all[i].entity_id, wanted) == 0)
            f->entity = &all[i];
    }
    if (!f->entity)
        fail_msg("%s: no %s among %zu entities (first: %s)", f->file, wanted, count,
            count ? all[0].entity_id : "");
    equal(f, "name", f->entity->name, json_member_text(member(f->json, "entity"), "name"));
    equal(f, "domain", f->entity->domain, json_member_text(member(f->json, "entity"), "domain"));
    equal(f, "problem", f->entity->problem, "");
    const char *key = json_member_text(member(f->json, "entity"), "unique_key");
    if (key)
        equal(f, "unique_key", f->entity->unique_key, key);
}

static void apply(struct fixture *f, const char *topic, const char *payload)
{
    bool changed;
    struct san_error err = {.text = ""};
    if (state_apply(f->view, &f->state, topic, payload, strlen(payload), &changed, &err) != SAN_OK)
        fail_msg("%s: %s", f->file, err.text);
}

static void check_state(struct fixture *f, const cJSON *row)
{
    const cJSON *attribute;
    apply(f, json_member_text(row, "topic"), text_of(f->arena, member(row, "payload")));
    if (json_member_text(row, "state"))
        equal(f, "state", f->state.state, json_member_text(row, "state"));
    if (member(row, "available"))
        assert_int_equal(f->state.available, cJSON_IsTrue(member(row, "available")));
    cJSON_ArrayForEach(attribute, member(row, "attributes"))
    {
        const cJSON *found = member(f->state.attributes, attribute->string);
        if (!found || !cJSON_Compare(found, attribute, 1))
            fail_msg("%s: %s is %s, not %s", f->file, attribute->string,
                found ? text_of(f->arena, found) : "missing", text_of(f->arena, attribute));
    }
}

static void fill_call(struct fixture *f, const cJSON *row, struct home_call *call)
{
    const cJSON *argument;
    *call = (struct home_call){.tool = json_member_text(row, "tool")};
    cJSON_ArrayForEach(argument, member(row, "arguments"))
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
    cJSON_ArrayForEach(command, member(row, "commands"))
    {
        if (i == rendered->command_count)
            fail_msg("%s: %s: only %zu messages", f->file, json_member_text(row, "tool"), i);
        equal(f, "topic", rendered->commands[i].topic, cJSON_GetArrayItem(command, 0)->valuestring);
        equal(f, "payload", rendered->commands[i].payload, text_of(f->arena, cJSON_GetArrayItem(command, 1)));
        i++;
    }
    assert_int_equal(i, rendered->command_count);
}

static void check_call(struct fixture *f, const cJSON *row)
{
    struct home_call call;
    struct rendered rendered;
    struct san_error err = {.text = ""};
    const char *error = json_member_text(row, "error");
    fill_call(f, row, &call);
    enum san_status status =
        render_call(f->view, f->entity->name, &f->state, &call, f->arena, &rendered, &err);
    if (error) {
        if (status == SAN_OK || !strstr(err.text, error))
            fail_msg("%s: %s: \"%s\", not \"%s\"", f->file, call.tool, err.text, error);
        return;
    }
    if (status != SAN_OK)
        fail_msg("%s: %s: %s", f->file, call.tool, err.text);
    check_commands(f, row, &rendered);
    const cJSON *by = member(row, "confirmed_by");
    if (!by)
        return;
    if (rendered.expect_count == 0 || (!rendered.already && render_confirmed(&rendered, &f->state)))
        fail_msg("%s: %s: nothing to confirm", f->file, call.tool);
    apply(f, cJSON_GetArrayItem(by, 0)->valuestring, text_of(f->arena, cJSON_GetArrayItem(by, 1)));
    if (!render_confirmed(&rendered, &f->state))
        fail_msg("%s: %s is not confirmed", f->file, call.tool);
}

static void check_file(const char *folder, const char *name)
{
    char path[1024];
    const cJSON *row;
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    struct fixture f = {.file = name, .json = read_json(path), .arena = san_arena_new(65536, 0)};
    struct san_error err = {.text = ""};
    home_state_init(&f.state);
    check_entity(&f);
    f.view = entity_view_new(f.entity->domain, f.entity->config, NULL, &err);
    assert_non_null(f.view);
    entity_view_start(f.view, &f.state);
    cJSON_ArrayForEach(row, member(f.json, "states"))
    {
        check_state(&f, row);
    }
    cJSON_ArrayForEach(row, member(f.json, "calls"))
    {
        check_call(&f, row);
    }
    home_state_clear(&f.state);
    entity_view_free(f.view);
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
