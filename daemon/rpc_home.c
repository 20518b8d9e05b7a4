/* rpc_home.c - see rpc_home.h. */
#include <config.h>

#include "rpc_home.h"

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
#include "home_assistant.h"
#include "inventory.h"
#include "phrases.h"
#include "pipeline.h"
#include "rpc_answer.h"
#include "rpc_long.h"

enum {
    NEAREST_MAX = 5,
};

/* ---- the home ---- */

static cJSON *aliases_json(const char *const *aliases, size_t count)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < count; i++)
        rpc_append(list, cJSON_CreateString(aliases[i]));
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
    rpc_add(object, "aliases", aliases_json(entity->aliases, entity->alias_count));
    cJSON_AddStringToObject(object, "state", entity->state);
    rpc_add_json(object, "attributes", entity->attributes);
    cJSON_AddBoolToObject(object, "exposed", entity->exposed);
    cJSON_AddBoolToObject(object, "available", entity->available);
    return object;
}

static void refresh(struct rpc_long *answer, struct home_entity *row)
{
    inventory_refresh(answer->daemon->inventory, row, answer->arena);
}

static void list_entities(struct rpc_long *answer)
{
    cJSON *list = cJSON_AddArrayToObject(answer->result, "entities");
    for (size_t i = 0; i < answer->count; i++)
        rpc_append(list, entity_json(&answer->rows[i]));
}

void rpc_method_devices(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    static const struct rpc_long_steps steps = {
        .read = rpc_long_read_rows, .look = refresh, .make = list_entities};
    struct rpc_long *answer = rpc_long_new(daemon, call);
    if (!answer)
        return;
    answer->filter = (struct reg_filter){
        .name = rpc_long_keep(answer, rpc_text_of(params, "name")),
        .area = rpc_long_keep(answer, rpc_text_of(params, "area")),
        .floor = rpc_long_keep(answer, rpc_text_of(params, "floor")),
        .domain = rpc_long_keep(answer, rpc_text_of(params, "domain")),
        .exposed_only = !rpc_flag_of(params, "all"),
    };
    rpc_long_start(answer, &steps);
}

static size_t entities_in(const struct rpc_long *answer, int64_t area_id)
{
    size_t count = 0;
    for (size_t i = 0; i < answer->count; i++)
        count += answer->rows[i].area_id == area_id;
    return count;
}

static enum san_status read_places(struct rpc_long *answer, struct san_error *err)
{
    struct home_floor *floors = NULL;
    struct home_area *areas = NULL;
    size_t floor_count = 0, area_count = 0;
    enum san_status status = reg_floors(answer->registry, answer->arena, &floors, &floor_count, err);
    if (status == SAN_OK)
        status = reg_areas(answer->registry, answer->arena, &areas, &area_count, err);
    if (status == SAN_OK)
        status = rpc_long_read_rows(answer, err);
    if (status != SAN_OK)
        return status;
    cJSON *list = cJSON_AddArrayToObject(answer->result, "floors");
    for (size_t i = 0; i < floor_count; i++) {
        cJSON *entry = cJSON_CreateObject();
        cJSON_AddStringToObject(entry, "name", floors[i].name);
        rpc_add(entry, "aliases", aliases_json(floors[i].aliases, floors[i].alias_count));
        rpc_append(list, entry);
    }
    list = cJSON_AddArrayToObject(answer->result, "areas");
    for (size_t i = 0; i < area_count; i++) {
        cJSON *entry = cJSON_CreateObject();
        cJSON_AddStringToObject(entry, "name", areas[i].name);
        cJSON_AddStringToObject(entry, "floor", areas[i].floor);
        rpc_add(entry, "aliases", aliases_json(areas[i].aliases, areas[i].alias_count));
        cJSON_AddNumberToObject(entry, "entities", (double)entities_in(answer, areas[i].id));
        rpc_append(list, entry);
    }
    return SAN_OK;
}

void rpc_method_areas(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    static const struct rpc_long_steps steps = {.read = read_places};
    (void)params;
    struct rpc_long *answer = rpc_long_new(daemon, call);
    if (answer)
        rpc_long_start(answer, &steps);
}

static bool is_room(const void *data, const char *words)
{
    const cJSON *room;
    cJSON_ArrayForEach(room, (const cJSON *)data)
    {
        if (cJSON_IsString(room) && strcmp(room->valuestring, words) == 0)
            return true;
    }
    return false;
}

static enum san_status read_suggestions(struct rpc_long *answer, struct san_error *err)
{
    struct area_suggestion *found;
    size_t count = 0;
    enum san_status status =
        area_suggest(answer->registry, is_room, answer->words, answer->arena, &found, &count, err);
    cJSON *list = status == SAN_OK ? cJSON_AddArrayToObject(answer->result, "suggestions") : NULL;
    for (size_t i = 0; list && i < count; i++) {
        cJSON *entry = cJSON_CreateObject();
        cJSON_AddStringToObject(entry, "entity_id", found[i].entity_id);
        cJSON_AddStringToObject(entry, "name", found[i].name);
        cJSON_AddStringToObject(entry, "area", found[i].area);
        cJSON_AddBoolToObject(entry, "new", found[i].is_new);
        rpc_append(list, entry);
    }
    return status;
}

void rpc_method_areas_suggest(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    static const struct rpc_long_steps steps = {.read = read_suggestions};
    (void)params;
    struct rpc_long *answer = rpc_long_new(daemon, call);
    if (!answer)
        return;
    answer->words = phrases_words(daemon->phrases, "rooms");
    rpc_long_start(answer, &steps);
}

/* {} or the error; with data.nearest where a name is not known. kind "" : no names to offer. */
void rpc_answer_change(struct hearthd *daemon, struct rpc_call *call, enum san_status status,
    const struct san_error *error, const char *kind, const char *text)
{
    if (status == SAN_OK) {
        rpc_answer(call, NULL);
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
            rpc_append(nearest, cJSON_CreateString(names[i]));
    }
    if (status == SAN_EINVAL)
        rpc_answer_error(call, JSONRPC_NOT_FOUND, error->text, data);
    else
        rpc_answer_status(call, error);
    san_arena_free(arena);
}

void rpc_method_area_set(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    struct san_error error = {0};
    const char *entity = rpc_text_of(params, "entity_id"), *area = rpc_text_of(params, "area");
    enum san_status status = reg_set_area(daemon->registry, entity, area, &error);
    bool no_room = area && area[0] && !reg_find_area(daemon->registry, area);
    rpc_answer_change(daemon, call, status, &error, no_room ? "area" : "entity", no_room ? area : entity);
}

void rpc_method_area_put(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    struct san_error error = {0};
    const char *floor = rpc_text_of(params, "floor");
    int64_t floor_id = 0;
    enum san_status status = SAN_OK;
    if (floor && floor[0])
        floor_id = reg_find_floor(daemon->registry, floor);
    if (floor && floor[0] && !floor_id)
        status = reg_put_floor(daemon->registry, floor, &floor_id, &error);
    if (status == SAN_OK)
        status = reg_put_area(daemon->registry, rpc_text_of(params, "name"), floor_id, NULL, &error);
    rpc_answer_change(daemon, call, status, &error, "", "");
}

/* Of another kind no name is near. */
static const char *kind_of_name(const char *kind)
{
    static const char *const kinds[] = {"entity", "area", "floor"};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(kind, kinds[i]) == 0)
            return kind;
    return "";
}

void rpc_method_alias_add(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    struct san_error error = {0};
    const char *kind = rpc_text_of(params, "kind"), *of = rpc_text_of(params, "of");
    enum san_status status = reg_add_alias(daemon->registry, kind, of, rpc_text_of(params, "alias"), &error);
    rpc_answer_change(daemon, call, status, &error, kind_of_name(kind), of);
}

void rpc_method_alias_remove(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    struct san_error error = {0};
    const char *kind = rpc_text_of(params, "kind"), *of = rpc_text_of(params, "of");
    enum san_status status =
        reg_remove_alias(daemon->registry, kind, of, rpc_text_of(params, "alias"), &error);
    rpc_answer_change(daemon, call, status, &error, kind_of_name(kind), of);
}

void rpc_method_alias_suggest(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    (void)params;
    struct san_arena *arena = rpc_open_arena(call);
    struct reg_audit *rows;
    struct alias_suggestion *found;
    size_t row_count, count;
    struct san_error error = {0};
    if (!arena)
        return;
    if (reg_audit_list(daemon->registry, 0, ALIAS_LEARN_ROWS, arena, &rows, &row_count, &error) != SAN_OK ||
        alias_learn(daemon->registry, rows, row_count, arena, &found, &count, &error) != SAN_OK) {
        rpc_answer_status(call, &error);
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
        rpc_append(list, entry);
    }
    rpc_answer(call, result);
    san_arena_free(arena);
}

void rpc_method_expose(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    struct san_error error = {0};
    const char *entity_id = rpc_text_of(params, "entity_id");
    enum san_status status =
        reg_set_exposed(daemon->registry, entity_id, rpc_flag_of(params, "exposed"), &error);
    rpc_answer_change(daemon, call, status, &error, "entity", entity_id);
}

/* For what is there no more. What is announced would come back: its announcement is to be taken back instead.
 */
void rpc_method_forget(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    struct san_error error = {0};
    const char *entity_id = rpc_text_of(params, "entity_id");
    struct san_arena *arena = rpc_open_arena(call);
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
    rpc_answer_change(daemon, call, status, &error, "entity", entity_id);
    san_arena_free(arena);
}

/* ---- satellites ---- */

void rpc_method_satellites(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    (void)params;
    cJSON *result = cJSON_CreateObject();
    rpc_add(result, "satellites", satellites_json(daemon->config->satellites, daemon->registry));
    rpc_answer(call, result);
}

void rpc_method_satellite_set(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    struct san_error error = {0};
    const char *room = rpc_text_of(params, "room");
    enum san_status status = reg_satellite_put(daemon->registry, rpc_text_of(params, "id"), room, &error);
    rpc_answer_change(daemon, call, status, &error, "area", room);
}

void rpc_method_satellite_remove(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    struct san_error error = {0};
    if (reg_satellite_remove(daemon->registry, rpc_text_of(params, "id"), &error) == SAN_OK)
        rpc_answer(call, NULL);
    else
        rpc_answer_status(call, &error);
}

/* ---- the whole home ---- */

static size_t count_of(const cJSON *object, const char *name)
{
    return (size_t)cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(object, name));
}

void rpc_method_import(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    const cJSON *home = cJSON_GetObjectItemCaseSensitive(params, "home");
    char *text = cJSON_PrintUnformatted(home);
    struct san_error error = {0};
    inventory_commit(daemon->inventory);
    if (!text) {
        rpc_answer_error(call, JSONRPC_INTERNAL, "out of memory", NULL);
    } else if (home_import(daemon->registry, text, strlen(text), "home", &error) != SAN_OK) {
        rpc_answer_status(call, &error);
    } else {
        cJSON *result = cJSON_CreateObject();
        cJSON_AddNumberToObject(result, "floors", (double)count_of(home, "floors"));
        cJSON_AddNumberToObject(result, "areas", (double)count_of(home, "areas"));
        cJSON_AddNumberToObject(result, "entities", (double)count_of(home, "entities"));
        rpc_answer(call, result);
    }
    free(text);
}

static void on_ha_imported(void *data, const struct ha_counts *counts, const char *problem)
{
    struct rpc_call *call = data;
    if (!counts) {
        rpc_answer_error(call, JSONRPC_REFUSED, problem, NULL);
        return;
    }
    cJSON *result = cJSON_CreateObject();
    cJSON_AddNumberToObject(result, "floors", (double)counts->floors);
    cJSON_AddNumberToObject(result, "areas", (double)counts->areas);
    cJSON_AddNumberToObject(result, "entities", (double)counts->entities);
    cJSON_AddNumberToObject(result, "on_mqtt", (double)counts->on_mqtt);
    cJSON_AddNumberToObject(result, "left_out", (double)counts->left_out);
    rpc_answer(call, result);
}

void rpc_method_ha_import(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    struct san_error error = {0};
    if (!home_assistant_import(daemon->home_assistant, rpc_text_of(params, "url"),
            rpc_text_of(params, "token"), on_ha_imported, call, &error))
        rpc_answer_status(call, &error);
}

static enum san_status read_home(struct rpc_long *answer, struct san_error *err)
{
    char *text = home_export(answer->registry, err);
    cJSON *home = text ? cJSON_Parse(text) : NULL;
    free(text);
    if (!home)
        return err->status != SAN_OK ? err->status : san_fail(err, SAN_ENOMEM, "out of memory");
    cJSON_Delete(answer->result);
    answer->result = home;
    return SAN_OK;
}

void rpc_method_export(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    static const struct rpc_long_steps steps = {.read = read_home};
    (void)params;
    struct rpc_long *answer = rpc_long_new(daemon, call);
    if (answer)
        rpc_long_start(answer, &steps);
}
