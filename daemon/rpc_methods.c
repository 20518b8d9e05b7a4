/* rpc_methods.c - see rpc.h: a table of methods, each with the parameters that it takes. */
#include <config.h>

#include "rpc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "daemon/alias_learn.h"
#include "devices/area_suggest.h"
#include "devices/home_file.h"
#include "devices/registry.h"
#include "devices/satellite_rooms.h"
#include "devices/shortlist.h"
#include "doctor.h"
#include "home_assistant.h"
#include "inventory.h"
#include "log.h"
#include "mqtt.h"
#include "phrases.h"
#include "pipeline.h"
#include "replay.h"
#include "worker.h"

enum {
    ARENA_BLOCK = 65536,
    ARENA_LIMIT = 256 << 20, /* all rows of a registry of 20,000 entities */
    LOG_ROWS_MAX = 1000,
    PARAMS_MAX = 6,
    NEAREST_MAX = 5,
    ID_MAX = 64,
};

/* ---- answering ---- */

static void answer(struct rpc_call *call, cJSON *result)
{
    char *line = call->id ? jsonrpc_result(call->id, result) : NULL;
    if (!call->id)
        cJSON_Delete(result);
    call->done(call, line);
}

static void answer_error(struct rpc_call *call, int code, const char *message, cJSON *data)
{
    char *line = call->id ? jsonrpc_error(call->id, code, message, data) : NULL;
    if (!call->id)
        cJSON_Delete(data);
    call->done(call, line);
}

/* A failed status from below: what the caller got wrong is refused, the rest is ours. */
static void answer_status(struct rpc_call *call, const struct san_error *error)
{
    bool ours = error->status == SAN_ENOMEM || error->status == SAN_EIO;
    answer_error(call, ours ? JSONRPC_INTERNAL : JSONRPC_REFUSED, error->text, NULL);
}

static void add(cJSON *object, const char *name, cJSON *member)
{
    if (!cJSON_AddItemToObject(object, name, member))
        cJSON_Delete(member);
}

static void append(cJSON *array, cJSON *member)
{
    if (!cJSON_AddItemToArray(array, member))
        cJSON_Delete(member);
}

/* Text that was JSON when it was stored; null if it is not any more. */
static void add_json(cJSON *object, const char *name, const char *text)
{
    cJSON *value = cJSON_Parse(text);
    add(object, name, value ? value : cJSON_CreateNull());
}

static const char *text_of(const cJSON *params, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(params, name));
}

static bool flag_of(const cJSON *params, const char *name)
{
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(params, name));
}

/* An arena for one method, or NULL with the call answered. */
static struct san_arena *open_arena(struct rpc_call *call)
{
    struct san_arena *arena = san_arena_new(ARENA_BLOCK, ARENA_LIMIT);
    if (!arena)
        answer_error(call, JSONRPC_INTERNAL, "out of memory", NULL);
    return arena;
}

/* ---- say ---- */

static void on_said(void *data, const struct utterance *utterance)
{
    answer(data, utterance_result(utterance));
}

static void hear(struct hearthd *daemon, struct rpc_call *call, const struct utterance_in *in)
{
    switch (pipeline_say(daemon->pipeline, in)) {
    case PIPELINE_TAKEN:
        break;
    case PIPELINE_BUSY:
        answer_error(call, JSONRPC_BUSY, "too many utterances are under way", NULL);
        break;
    case PIPELINE_DUPLICATE:
        answer_error(call, JSONRPC_REFUSED, "an utterance with this id was heard a moment ago", NULL);
        break;
    case PIPELINE_NO_MEMORY:
        answer_error(call, JSONRPC_INTERNAL, "out of memory", NULL);
        break;
    }
}

static void method_say(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    const char *source = text_of(params, "source"), *id = text_of(params, "id");
    if (id && strlen(id) > ID_MAX) {
        answer_error(call, JSONRPC_INVALID_PARAMS, "id is longer than 64 bytes", NULL);
        return;
    }
    const struct utterance_in in = {
        .text = text_of(params, "text"),
        .area = text_of(params, "area"),
        .source = source ? source : "socket",
        .id = id,
        .dry_run = flag_of(params, "dry_run"),
        .reply = on_said,
        .reply_data = call,
    };
    hear(daemon, call, &in);
}

/* What was asked, as the log shows it: call [{"name":...}]. */
static char *call_text(const char *calls)
{
    char *text = malloc(strlen(calls) + 6);
    if (text)
        sprintf(text, "call %s", calls);
    return text;
}

static void method_call(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    const cJSON *arguments = cJSON_GetObjectItemCaseSensitive(params, "arguments");
    cJSON *array = cJSON_CreateArray(), *one = cJSON_CreateObject();
    cJSON_AddStringToObject(one, "name", text_of(params, "tool"));
    add(one, "arguments", arguments ? cJSON_Duplicate(arguments, true) : cJSON_CreateObject());
    append(array, one);
    char *calls = cJSON_PrintUnformatted(array), *text = calls ? call_text(calls) : NULL;
    const struct utterance_in in = {.text = text,
        .calls = calls,
        .area = text_of(params, "area"),
        .source = "call",
        .dry_run = flag_of(params, "dry_run"),
        .reply = on_said,
        .reply_data = call};
    if (!text)
        answer_error(call, JSONRPC_INTERNAL, "out of memory", NULL);
    else
        hear(daemon, call, &in);
    cJSON_Delete(array);
    free(calls);
    free(text);
}

/* ---- the home ---- */

static cJSON *aliases_json(const char *const *aliases, size_t count)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < count; i++)
        append(list, cJSON_CreateString(aliases[i]));
    return list;
}

static cJSON *entity_json(const struct home_entity *entity)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "entity_id", entity->entity_id);
    cJSON_AddStringToObject(object, "origin", reg_origin_name(reg_origin(entity->unique_key)));
    cJSON_AddStringToObject(object, "name", entity->name);
    cJSON_AddStringToObject(object, "area", entity->area);
    cJSON_AddStringToObject(object, "floor", entity->floor);
    cJSON_AddStringToObject(object, "domain", entity->domain);
    cJSON_AddStringToObject(object, "device_class", entity->device_class);
    add(object, "aliases", aliases_json(entity->aliases, entity->alias_count));
    cJSON_AddStringToObject(object, "state", entity->state);
    add_json(object, "attributes", entity->attributes);
    cJSON_AddBoolToObject(object, "exposed", entity->exposed);
    cJSON_AddBoolToObject(object, "available", entity->available);
    return object;
}

static void method_devices(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    struct san_arena *arena = open_arena(call);
    if (!arena)
        return;
    const struct reg_filter filter = {
        .name = text_of(params, "name"),
        .area = text_of(params, "area"),
        .floor = text_of(params, "floor"),
        .domain = text_of(params, "domain"),
        .exposed_only = !flag_of(params, "all"),
    };
    struct home_entity *rows;
    size_t count = 0;
    struct san_error error = {0};
    if (reg_entities(daemon->registry, &filter, arena, &rows, &count, &error) != SAN_OK) {
        answer_status(call, &error);
    } else {
        cJSON *result = cJSON_CreateObject();
        cJSON *list = cJSON_AddArrayToObject(result, "entities");
        for (size_t i = 0; i < count; i++) {
            inventory_refresh(daemon->inventory, &rows[i], arena);
            append(list, entity_json(&rows[i]));
        }
        answer(call, result);
    }
    san_arena_free(arena);
}

static size_t entities_in(struct hearthd *daemon, const char *area, struct san_arena *arena)
{
    struct home_entity *rows;
    size_t count = 0;
    reg_entities(daemon->registry, &(struct reg_filter){.area = area}, arena, &rows, &count, NULL);
    return count;
}

static void method_areas(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    (void)params;
    struct san_arena *arena = open_arena(call);
    if (!arena)
        return;
    struct home_floor *floors = NULL;
    struct home_area *areas = NULL;
    size_t floor_count = 0, area_count = 0;
    struct san_error error = {0};
    if (reg_floors(daemon->registry, arena, &floors, &floor_count, &error) != SAN_OK ||
        reg_areas(daemon->registry, arena, &areas, &area_count, &error) != SAN_OK) {
        answer_status(call, &error);
        san_arena_free(arena);
        return;
    }
    cJSON *result = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(result, "floors");
    for (size_t i = 0; i < floor_count; i++) {
        cJSON *entry = cJSON_CreateObject();
        cJSON_AddStringToObject(entry, "name", floors[i].name);
        add(entry, "aliases", aliases_json(floors[i].aliases, floors[i].alias_count));
        append(list, entry);
    }
    list = cJSON_AddArrayToObject(result, "areas");
    for (size_t i = 0; i < area_count; i++) {
        cJSON *entry = cJSON_CreateObject();
        cJSON_AddStringToObject(entry, "name", areas[i].name);
        cJSON_AddStringToObject(entry, "floor", areas[i].floor);
        add(entry, "aliases", aliases_json(areas[i].aliases, areas[i].alias_count));
        cJSON_AddNumberToObject(entry, "entities", (double)entities_in(daemon, areas[i].name, arena));
        append(list, entry);
    }
    answer(call, result);
    san_arena_free(arena);
}

static bool is_room(const void *data, const char *words)
{
    return phrases_has_word(data, "rooms", words);
}

static void method_areas_suggest(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    (void)params;
    struct san_arena *arena = open_arena(call);
    struct area_suggestion *found;
    size_t count = 0;
    struct san_error error = {0};
    if (!arena)
        return;
    if (area_suggest(daemon->registry, is_room, daemon->phrases, arena, &found, &count, &error) != SAN_OK) {
        answer_status(call, &error);
        san_arena_free(arena);
        return;
    }
    cJSON *result = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(result, "suggestions");
    for (size_t i = 0; i < count; i++) {
        cJSON *entry = cJSON_CreateObject();
        cJSON_AddStringToObject(entry, "entity_id", found[i].entity_id);
        cJSON_AddStringToObject(entry, "name", found[i].name);
        cJSON_AddStringToObject(entry, "area", found[i].area);
        cJSON_AddBoolToObject(entry, "new", found[i].is_new);
        append(list, entry);
    }
    answer(call, result);
    san_arena_free(arena);
}

/* {} or the error; with data.nearest where a name is not known. kind "" : no names to offer. */
static void answer_change(struct hearthd *daemon, struct rpc_call *call, enum san_status status,
    const struct san_error *error, const char *kind, const char *text)
{
    if (status == SAN_OK) {
        answer(call, NULL);
        return;
    }
    struct san_arena *arena = status == SAN_EINVAL && kind[0] ? san_arena_new(0, 0) : NULL;
    const char **names;
    size_t count = 0;
    cJSON *data = NULL;
    if (arena && shortlist_nearest(daemon->shortlist, kind, text, NEAREST_MAX, arena, &names, &count, NULL) ==
                     SAN_OK) {
        data = cJSON_CreateObject();
        cJSON *nearest = cJSON_AddArrayToObject(data, "nearest");
        for (size_t i = 0; i < count; i++)
            append(nearest, cJSON_CreateString(names[i]));
    }
    if (status == SAN_EINVAL)
        answer_error(call, JSONRPC_NOT_FOUND, error->text, data);
    else
        answer_status(call, error);
    san_arena_free(arena);
}

static void method_area_set(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    struct san_error error = {0};
    const char *entity_id = text_of(params, "entity_id");
    enum san_status status = reg_set_area(daemon->registry, entity_id, text_of(params, "area"), &error);
    answer_change(daemon, call, status, &error, "entity", entity_id);
}

static void method_area_put(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    struct san_error error = {0};
    const char *floor = text_of(params, "floor");
    int64_t floor_id = 0;
    enum san_status status = SAN_OK;
    if (floor && floor[0])
        floor_id = reg_find_floor(daemon->registry, floor);
    if (floor && floor[0] && !floor_id)
        status = reg_put_floor(daemon->registry, floor, &floor_id, &error);
    if (status == SAN_OK)
        status = reg_put_area(daemon->registry, text_of(params, "name"), floor_id, NULL, &error);
    answer_change(daemon, call, status, &error, "", "");
}

static void method_alias_add(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    struct san_error error = {0};
    const char *kind = text_of(params, "kind"), *of = text_of(params, "of");
    enum san_status status = reg_add_alias(daemon->registry, kind, of, text_of(params, "alias"), &error);
    answer_change(daemon, call, status, &error, kind, of);
}

static void method_alias_remove(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    struct san_error error = {0};
    const char *kind = text_of(params, "kind"), *of = text_of(params, "of");
    enum san_status status = reg_remove_alias(daemon->registry, kind, of, text_of(params, "alias"), &error);
    answer_change(daemon, call, status, &error, kind, of);
}

static void method_alias_suggest(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    (void)params;
    struct san_arena *arena = open_arena(call);
    struct reg_audit *rows;
    struct alias_suggestion *found;
    size_t row_count, count;
    struct san_error error = {0};
    if (!arena)
        return;
    if (reg_audit_list(daemon->registry, 0, ALIAS_LEARN_ROWS, arena, &rows, &row_count, &error) != SAN_OK ||
        alias_learn(daemon->registry, rows, row_count, arena, &found, &count, &error) != SAN_OK) {
        answer_status(call, &error);
        san_arena_free(arena);
        return;
    }
    cJSON *result = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(result, "suggestions");
    for (size_t i = 0; i < count; i++) {
        cJSON *entry = cJSON_CreateObject();
        cJSON_AddStringToObject(entry, "kind", found[i].kind);
        cJSON_AddStringToObject(entry, "of", found[i].of);
        cJSON_AddStringToObject(entry, "name", found[i].name);
        cJSON_AddStringToObject(entry, "alias", found[i].alias);
        cJSON_AddStringToObject(entry, "heard", found[i].heard);
        cJSON_AddStringToObject(entry, "then", found[i].then);
        cJSON_AddNumberToObject(entry, "count", (double)found[i].count);
        append(list, entry);
    }
    answer(call, result);
    san_arena_free(arena);
}

static void method_expose(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    struct san_error error = {0};
    const char *entity_id = text_of(params, "entity_id");
    enum san_status status = reg_set_exposed(daemon->registry, entity_id, flag_of(params, "exposed"), &error);
    answer_change(daemon, call, status, &error, "entity", entity_id);
}

/* For what is there no more. What is announced would come back: its announcement is to be taken back instead.
 */
static void method_forget(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    struct san_error error = {0};
    const char *entity_id = text_of(params, "entity_id");
    struct san_arena *arena = open_arena(call);
    struct home_entity *row;
    size_t count = 0;
    if (!arena)
        return;
    inventory_commit(daemon->inventory);
    const struct reg_filter filter = {.entity_id = entity_id};
    enum san_status status = reg_entities(daemon->registry, &filter, arena, &row, &count, &error);
    const char *source = status == SAN_OK && count ? inventory_source(daemon->inventory, row[0].id) : NULL;
    if (source)
        status = san_fail(&error, SAN_EUNSUPPORTED,
            "%.80s is announced by %.120s, and would come back: take that back, or hide it with expose off",
            entity_id, source);
    if (status == SAN_OK)
        status = reg_forget_entity(daemon->registry, entity_id, &error);
    if (status == SAN_OK)
        inventory_drop(daemon->inventory, row[0].id);
    answer_change(daemon, call, status, &error, "entity", entity_id);
    san_arena_free(arena);
}

/* ---- satellites ---- */

static void method_satellites(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    (void)params;
    cJSON *result = cJSON_CreateObject();
    add(result, "satellites", satellites_json(daemon->config->satellites, daemon->registry));
    answer(call, result);
}

static void method_satellite_set(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    struct san_error error = {0};
    const char *room = text_of(params, "room");
    enum san_status status = reg_satellite_put(daemon->registry, text_of(params, "id"), room, &error);
    answer_change(daemon, call, status, &error, "area", room);
}

static void method_satellite_remove(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    struct san_error error = {0};
    if (reg_satellite_remove(daemon->registry, text_of(params, "id"), &error) == SAN_OK)
        answer(call, NULL);
    else
        answer_status(call, &error);
}

/* ---- the whole home ---- */

static size_t count_of(const cJSON *object, const char *name)
{
    return (size_t)cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(object, name));
}

static void method_import(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    const cJSON *home = cJSON_GetObjectItemCaseSensitive(params, "home");
    char *text = cJSON_PrintUnformatted(home);
    struct san_error error = {0};
    inventory_commit(daemon->inventory);
    if (!text) {
        answer_error(call, JSONRPC_INTERNAL, "out of memory", NULL);
    } else if (home_import(daemon->registry, text, strlen(text), "home", &error) != SAN_OK) {
        answer_status(call, &error);
    } else {
        cJSON *result = cJSON_CreateObject();
        cJSON_AddNumberToObject(result, "floors", (double)count_of(home, "floors"));
        cJSON_AddNumberToObject(result, "areas", (double)count_of(home, "areas"));
        cJSON_AddNumberToObject(result, "entities", (double)count_of(home, "entities"));
        answer(call, result);
    }
    free(text);
}

static void on_ha_imported(void *data, const struct ha_counts *counts, const char *problem)
{
    struct rpc_call *call = data;
    if (!counts) {
        answer_error(call, JSONRPC_REFUSED, problem, NULL);
        return;
    }
    cJSON *result = cJSON_CreateObject();
    cJSON_AddNumberToObject(result, "floors", (double)counts->floors);
    cJSON_AddNumberToObject(result, "areas", (double)counts->areas);
    cJSON_AddNumberToObject(result, "entities", (double)counts->entities);
    cJSON_AddNumberToObject(result, "on_mqtt", (double)counts->on_mqtt);
    cJSON_AddNumberToObject(result, "left_out", (double)counts->left_out);
    answer(call, result);
}

static void method_ha_import(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    struct san_error error = {0};
    if (!home_assistant_import(daemon->home_assistant, text_of(params, "url"), text_of(params, "token"),
            on_ha_imported, call, &error))
        answer_status(call, &error);
}

static void method_export(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    (void)params;
    struct san_error error = {0};
    char *text = home_export(daemon->registry, &error);
    cJSON *home = text ? cJSON_Parse(text) : NULL;
    free(text);
    if (home)
        answer(call, home);
    else
        answer_error(call, JSONRPC_INTERNAL, error.text[0] ? error.text : "out of memory", NULL);
}

/* ---- the log ---- */

static cJSON *row_json(const struct reg_audit *row)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddNumberToObject(object, "id", (double)row->id);
    cJSON_AddNumberToObject(object, "time_ms", (double)row->time_ms);
    cJSON_AddStringToObject(object, "utterance_id", row->utterance_id);
    cJSON_AddStringToObject(object, "source", row->source);
    cJSON_AddStringToObject(object, "text", row->text);
    add_json(object, "calls", row->calls);
    cJSON_AddNumberToObject(object, "confidence", row->confidence);
    add_json(object, "commands", row->commands);
    cJSON_AddStringToObject(object, "outcome", row->outcome);
    cJSON_AddStringToObject(object, "reply", row->reply);
    add_json(object, "detail", row->detail);
    return object;
}

/* Reads rows; false with the call answered. */
static bool read_rows(struct hearthd *daemon, struct rpc_call *call, const cJSON *params, size_t limit,
    struct san_arena *arena, struct reg_audit **rows, size_t *count)
{
    const cJSON *id = cJSON_GetObjectItemCaseSensitive(params, "id");
    struct san_error error = {0};
    int64_t wanted = id ? (int64_t)id->valuedouble : 0;
    if (reg_audit_list(daemon->registry, wanted, limit, arena, rows, count, &error) == SAN_OK)
        return true;
    answer_status(call, &error);
    return false;
}

static void method_log(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    const cJSON *limit = cJSON_GetObjectItemCaseSensitive(params, "limit");
    double wanted = limit ? limit->valuedouble : 20;
    if (wanted < 1 || wanted > LOG_ROWS_MAX) {
        answer_error(call, JSONRPC_INVALID_PARAMS, "limit must be 1 to 1000", NULL);
        return;
    }
    struct san_arena *arena = open_arena(call);
    struct reg_audit *rows;
    size_t count = 0;
    if (arena && read_rows(daemon, call, params, (size_t)wanted, arena, &rows, &count)) {
        cJSON *result = cJSON_CreateObject();
        cJSON *list = cJSON_AddArrayToObject(result, "rows");
        for (size_t i = 0; i < count; i++)
            append(list, row_json(&rows[i]));
        answer(call, result);
    }
    san_arena_free(arena);
}

static void method_explain(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    struct san_arena *arena = open_arena(call);
    struct reg_audit *rows;
    size_t count = 0;
    if (arena && read_rows(daemon, call, params, 1, arena, &rows, &count)) {
        if (count)
            answer(call, row_json(&rows[0]));
        else
            answer_error(call, JSONRPC_NOT_FOUND, "there is no such row in the log", NULL);
    }
    san_arena_free(arena);
}

static void on_replayed(void *data, cJSON *result, const struct san_error *error)
{
    if (result)
        answer(data, result);
    else
        answer_status(data, error);
}

static void method_replay(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    struct san_arena *arena = open_arena(call);
    struct reg_audit *rows;
    size_t count = 0;
    if (arena && read_rows(daemon, call, params, 1, arena, &rows, &count)) {
        if (count)
            replay_start(daemon, &rows[0], on_replayed, call);
        else
            answer_error(call, JSONRPC_NOT_FOUND, "there is no such row in the log", NULL);
    }
    san_arena_free(arena);
}

/* ---- the daemon ---- */

static cJSON *model_json(const struct hearthd *daemon)
{
    struct san_model_info info;
    worker_model_info(daemon->worker, &info);
    cJSON *model = cJSON_CreateObject();
    cJSON_AddStringToObject(model, "name", info.name);
    cJSON_AddStringToObject(model, "prompt_format", info.prompt_format);
    cJSON_AddStringToObject(model, "context_mask", info.context_mask);
    cJSON_AddNumberToObject(model, "parameters", (double)info.parameters);
    cJSON_AddNumberToObject(model, "file_bytes", (double)info.file_bytes);
    cJSON_AddStringToObject(model, "path", daemon->config->model);
    return model;
}

static cJSON *mqtt_json(const struct hearthd *daemon)
{
    char broker[256];
    snprintf(broker, sizeof(broker), "%s:%d", daemon->config->host, daemon->config->port);
    cJSON *mqtt = cJSON_CreateObject();
    cJSON_AddStringToObject(mqtt, "state", mqtt_state_name(mqtt_state(daemon->mqtt)));
    cJSON_AddStringToObject(mqtt, "broker", broker);
    if (mqtt_trouble(daemon->mqtt)[0])
        cJSON_AddStringToObject(mqtt, "trouble", mqtt_trouble(daemon->mqtt));
    return mqtt;
}

static size_t area_count(struct hearthd *daemon)
{
    struct san_arena *arena = san_arena_new(0, 0);
    struct home_area *areas;
    size_t count = 0;
    if (arena)
        reg_areas(daemon->registry, arena, &areas, &count, NULL);
    san_arena_free(arena);
    return count;
}

static void method_status(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    (void)params;
    size_t rss = 0;
    uv_resident_set_memory(&rss);
    cJSON *status = cJSON_CreateObject();
    cJSON_AddStringToObject(status, "version", PACKAGE_VERSION);
    cJSON_AddStringToObject(status, "node", daemon->config->node);
    add(status, "model", model_json(daemon));
    cJSON_AddStringToObject(status, "kernels", san_kernels_name());
    add(status, "mqtt", mqtt_json(daemon));
    cJSON *home_assistant = home_assistant_status(daemon->home_assistant);
    if (home_assistant)
        add(status, "home_assistant", home_assistant);
    cJSON_AddNumberToObject(status, "entities", (double)reg_entity_count(daemon->registry));
    cJSON_AddNumberToObject(status, "areas", (double)area_count(daemon));
    cJSON_AddNumberToObject(status, "uptime_s", (double)((uv_now(daemon->loop) - daemon->started_ms) / 1000));
    cJSON_AddNumberToObject(status, "utterances", (double)pipeline_count(daemon->pipeline));
    cJSON_AddNumberToObject(status, "median_ms", pipeline_median_ms(daemon->pipeline));
    cJSON_AddNumberToObject(status, "rss_kb", (double)(rss / 1024));
    answer(call, status);
}

static void method_tools(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    (void)params;
    cJSON *result = cJSON_CreateObject();
    add(result, "tools", worker_tools(daemon->worker));
    answer(call, result);
}

static void method_doctor(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    (void)params;
    struct san_error error = {0};
    struct san_arena *arena = open_arena(call);
    if (!arena)
        return;
    cJSON *result = doctor_examine(daemon, arena, &error);
    if (result)
        answer(call, result);
    else
        answer_status(call, &error);
    san_arena_free(arena);
}

/* What was understood of each entity, or of one. */
static void method_understood(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    struct san_arena *arena = open_arena(call);
    struct home_entity *rows;
    size_t count = 0;
    struct san_error error = {0};
    const char *entity_id = text_of(params, "entity_id");
    const struct reg_filter filter = {.entity_id = entity_id};
    if (!arena)
        return;
    enum san_status status = reg_entities(daemon->registry, &filter, arena, &rows, &count, &error);
    if (status == SAN_OK && entity_id && !count)
        status = san_fail(&error, SAN_EINVAL, "there is no entity %.100s", entity_id);
    if (status != SAN_OK) {
        answer_change(daemon, call, status, &error, "entity", entity_id ? entity_id : "");
        san_arena_free(arena);
        return;
    }
    cJSON *result = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(result, "entities");
    for (size_t i = 0; i < count; i++) {
        cJSON *entry = inventory_describe(daemon->inventory, rows[i].id);
        if (!entry)
            continue;
        cJSON_AddStringToObject(entry, "entity_id", rows[i].entity_id);
        cJSON_AddStringToObject(entry, "name", rows[i].name);
        append(list, entry);
    }
    answer(call, result);
    san_arena_free(arena);
}

static void method_reload(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    (void)params;
    char why[512] = "";
    if (daemon->reload(daemon, why, sizeof(why)) == 0)
        answer(call, NULL);
    else
        answer_error(call, JSONRPC_REFUSED, why, NULL);
}

static void method_watch(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    (void)daemon;
    (void)params;
    call->watch(call);
    answer(call, NULL);
}

/* ---- the table ---- */

enum param_type { PARAM_TEXT, PARAM_FLAG, PARAM_NUMBER, PARAM_OBJECT };

static const struct method {
    const char *name;
    void (*run)(struct hearthd *daemon, struct rpc_call *call, const cJSON *params);
    struct param {
        const char *name;
        enum param_type type;
        bool required;
    } params[PARAMS_MAX];
} methods[] = {
    {"say", method_say,
        {{"text", PARAM_TEXT, true}, {"area", PARAM_TEXT, false}, {"source", PARAM_TEXT, false},
            {"id", PARAM_TEXT, false}, {"dry_run", PARAM_FLAG, false}}},
    {"call", method_call,
        {{"tool", PARAM_TEXT, true}, {"arguments", PARAM_OBJECT, false}, {"area", PARAM_TEXT, false},
            {"dry_run", PARAM_FLAG, false}}},
    {"devices", method_devices,
        {{"name", PARAM_TEXT, false}, {"area", PARAM_TEXT, false}, {"floor", PARAM_TEXT, false},
            {"domain", PARAM_TEXT, false}, {"all", PARAM_FLAG, false}}},
    {"areas", method_areas, {{0}}},
    {"areas.suggest", method_areas_suggest, {{0}}},
    {"area.set", method_area_set, {{"entity_id", PARAM_TEXT, true}, {"area", PARAM_TEXT, true}}},
    {"area.put", method_area_put, {{"name", PARAM_TEXT, true}, {"floor", PARAM_TEXT, false}}},
    {"alias.add", method_alias_add,
        {{"kind", PARAM_TEXT, true}, {"of", PARAM_TEXT, true}, {"alias", PARAM_TEXT, true}}},
    {"alias.remove", method_alias_remove,
        {{"kind", PARAM_TEXT, true}, {"of", PARAM_TEXT, true}, {"alias", PARAM_TEXT, true}}},
    {"alias.suggest", method_alias_suggest, {{0}}},
    {"expose", method_expose, {{"entity_id", PARAM_TEXT, true}, {"exposed", PARAM_FLAG, true}}},
    {"satellites", method_satellites, {{0}}},
    {"satellite.set", method_satellite_set, {{"id", PARAM_TEXT, true}, {"room", PARAM_TEXT, true}}},
    {"satellite.remove", method_satellite_remove, {{"id", PARAM_TEXT, true}}},
    {"forget", method_forget, {{"entity_id", PARAM_TEXT, true}}},
    {"import", method_import, {{"home", PARAM_OBJECT, true}}},
    {"home_assistant.import", method_ha_import, {{"url", PARAM_TEXT, false}, {"token", PARAM_TEXT, false}}},
    {"export", method_export, {{0}}},
    {"log", method_log, {{"limit", PARAM_NUMBER, false}, {"id", PARAM_NUMBER, false}}},
    {"explain", method_explain, {{"id", PARAM_NUMBER, false}}},
    {"replay", method_replay, {{"id", PARAM_NUMBER, false}}},
    {"status", method_status, {{0}}},
    {"tools", method_tools, {{0}}},
    {"doctor", method_doctor, {{0}}},
    {"understood", method_understood, {{"entity_id", PARAM_TEXT, false}}},
    {"reload", method_reload, {{0}}},
    {"watch", method_watch, {{0}}},
};

static const struct method *find_method(const char *name)
{
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        if (strcmp(methods[i].name, name) == 0)
            return &methods[i];
    return NULL;
}

static const char *type_name(enum param_type type)
{
    switch (type) {
    case PARAM_TEXT:
        return "text";
    case PARAM_FLAG:
        return "true or false";
    case PARAM_NUMBER:
        return "a number";
    case PARAM_OBJECT:
        return "an object";
    }
    return "?";
}

static bool has_type(const cJSON *value, enum param_type type)
{
    switch (type) {
    case PARAM_TEXT:
        return cJSON_IsString(value);
    case PARAM_FLAG:
        return cJSON_IsBool(value);
    case PARAM_NUMBER:
        return cJSON_IsNumber(value);
    case PARAM_OBJECT:
        return cJSON_IsObject(value);
    }
    return false;
}

static const struct param *find_param(const struct method *method, const char *name)
{
    for (size_t i = 0; i < PARAMS_MAX && method->params[i].name; i++)
        if (strcmp(method->params[i].name, name) == 0)
            return &method->params[i];
    return NULL;
}

/* False: why says which parameter is wrong. After this, methods need no checks of type or presence. */
static bool check_params(const struct method *method, const cJSON *params, char *why, size_t size)
{
    const cJSON *value;
    cJSON_ArrayForEach(value, params)
    {
        const struct param *param = find_param(method, value->string);
        if (!param)
            snprintf(why, size, "%s takes no parameter \"%.40s\"", method->name, value->string);
        else if (!has_type(value, param->type))
            snprintf(why, size, "%s must be %s", param->name, type_name(param->type));
        else
            continue;
        return false;
    }
    for (size_t i = 0; i < PARAMS_MAX && method->params[i].name; i++) {
        const struct param *param = &method->params[i];
        if (!param->required || cJSON_GetObjectItemCaseSensitive(params, param->name))
            continue;
        snprintf(why, size, "%s needs the parameter \"%s\"", method->name, param->name);
        return false;
    }
    return true;
}

void rpc_handle(struct hearthd *daemon, struct rpc_call *call, const struct jsonrpc_request *request)
{
    char why[160];
    const struct method *method = find_method(request->method);
    if (!method) {
        snprintf(why, sizeof(why), "there is no method \"%s\"", request->method);
        answer_error(call, JSONRPC_METHOD_NOT_FOUND, why, NULL);
        return;
    }
    if (!check_params(method, request->params, why, sizeof(why))) {
        answer_error(call, JSONRPC_INVALID_PARAMS, why, NULL);
        return;
    }
    method->run(daemon, call, request->params);
}
