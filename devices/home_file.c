/* home_file.c - import and export of a home as JSON. */
#include "home_file.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct import {
    struct registry *registry;
    const char *file;
    const char *list; /* "floors", "areas", "entities" */
    int index;
    struct san_error *err;
};

static enum san_status complain(const struct import *in, const char *key, const char *problem)
{
    return san_fail(in->err, SAN_EFORMAT, "%s: %s[%d].%s: %s", in->file, in->list, in->index, key, problem);
}

/* The string of that key; *out is NULL where it is absent or null. */
static enum san_status get_string(
    const struct import *in, const cJSON *object, const char *key, bool required, const char **out)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    *out = NULL;
    if (item == NULL || cJSON_IsNull(item))
        return required ? complain(in, key, "missing") : SAN_OK;
    if (!cJSON_IsString(item))
        return complain(in, key, "must be a string");
    *out = item->valuestring;
    return SAN_OK;
}

/* A state may be written as a number or a truth value too. */
static enum san_status get_state(
    const struct import *in, const cJSON *object, char *buf, size_t size, const char **out)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, "state");
    if (cJSON_IsNumber(item)) {
        snprintf(buf, size, "%g", item->valuedouble);
        *out = buf;
        return SAN_OK;
    }
    if (cJSON_IsBool(item)) {
        *out = cJSON_IsTrue(item) ? "on" : "off";
        return SAN_OK;
    }
    return get_string(in, object, "state", false, out);
}

static enum san_status add_aliases(
    const struct import *in, const cJSON *object, const char *kind, const char *of)
{
    const cJSON *aliases = cJSON_GetObjectItemCaseSensitive(object, "aliases"), *alias;
    if (aliases == NULL || cJSON_IsNull(aliases))
        return SAN_OK;
    if (!cJSON_IsArray(aliases))
        return complain(in, "aliases", "must be an array of strings");
    if (cJSON_GetArraySize(aliases) > HOME_ALIASES_MAX)
        return san_fail(in->err, SAN_ELIMIT, "%s: %s[%d].aliases: more than %d", in->file, in->list,
            in->index, HOME_ALIASES_MAX);
    cJSON_ArrayForEach(alias, aliases)
    {
        if (!cJSON_IsString(alias))
            return complain(in, "aliases", "must be an array of strings");
        struct san_error why;
        enum san_status status = reg_add_alias(in->registry, kind, of, alias->valuestring, &why);
        if (status != SAN_OK)
            return san_fail(
                in->err, status, "%s: %s[%d].aliases: %s", in->file, in->list, in->index, why.text);
    }
    return SAN_OK;
}

static enum san_status wrap(const struct import *in, enum san_status status, const struct san_error *why)
{
    if (status == SAN_OK)
        return SAN_OK;
    return san_fail(in->err, status, "%s: %s[%d]: %s", in->file, in->list, in->index, why->text);
}

static enum san_status import_floor(const struct import *in, const cJSON *object)
{
    const char *name;
    struct san_error why;
    enum san_status status = get_string(in, object, "name", true, &name);
    if (status == SAN_OK)
        status = wrap(in, reg_put_floor(in->registry, name, NULL, &why), &why);
    return status == SAN_OK ? add_aliases(in, object, "floor", name) : status;
}

static enum san_status import_area(const struct import *in, const cJSON *object)
{
    const char *name, *floor;
    struct san_error why;
    int64_t floor_id = 0;
    enum san_status status = get_string(in, object, "name", true, &name);
    if (status == SAN_OK)
        status = get_string(in, object, "floor", false, &floor);
    if (status == SAN_OK && floor != NULL && floor[0] != '\0')
        status = wrap(in, reg_put_floor(in->registry, floor, &floor_id, &why), &why);
    if (status == SAN_OK)
        status = wrap(in, reg_put_area(in->registry, name, floor_id, NULL, &why), &why);
    return status == SAN_OK ? add_aliases(in, object, "area", name) : status;
}

/* The network knows no others: a sentence that might mean such a thing could not be read. */
static enum san_status no_domain(const struct import *in, const char *domain)
{
    return san_fail(in->err, SAN_EINVAL,
        "%s: %s[%d].entity_id: hearth knows no domain %.40s; the nearest is %s. Correct it, or leave the "
        "entity out",
        in->file, in->list, in->index, domain, home_domain_nearest(domain));
}

static enum san_status import_entity(const struct import *in, const cJSON *object)
{
    struct reg_entity_in entity = {0};
    struct san_error why;
    char number[32], entity_id[HOME_NAME_MAX + 1];
    const struct {
        const char *key;
        bool required;
        const char **out;
    } fields[] = {{"entity_id", true, &entity.entity_id}, {"name", true, &entity.name},
        {"domain", false, &entity.domain}, {"device_class", false, &entity.device_class},
        {"area", false, &entity.area}, {"unique_key", false, &entity.unique_key}};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        enum san_status status = get_string(in, object, fields[i].key, fields[i].required, fields[i].out);
        if (status != SAN_OK)
            return status;
    }
    const char *dot = strchr(entity.entity_id, '.');
    if (dot == NULL || dot == entity.entity_id || dot - entity.entity_id > 40)
        return complain(in, "entity_id", "must look like light.kitchen_ceiling");
    char domain[48];
    snprintf(domain, sizeof domain, "%.*s", (int)(dot - entity.entity_id), entity.entity_id);
    if (entity.domain == NULL)
        entity.domain = domain;
    if (!home_domain_is_known(entity.domain))
        return no_domain(in, entity.domain);
    enum san_status status = get_state(in, object, number, sizeof number, &entity.state);
    if (status != SAN_OK)
        return status;
    const cJSON *attributes = cJSON_GetObjectItemCaseSensitive(object, "attributes");
    if (attributes != NULL && !cJSON_IsNull(attributes) && !cJSON_IsObject(attributes))
        return complain(in, "attributes", "must be an object");
    char *text = cJSON_IsObject(attributes) ? cJSON_PrintUnformatted(attributes) : NULL;
    entity.attributes = text;
    if (entity.unique_key == NULL)
        entity.unique_key = entity.entity_id;
    entity.hidden = cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(object, "exposed"));
    status = wrap(in, reg_restore_entity(in->registry, &entity, entity_id, &why), &why);
    cJSON_free(text);
    return status == SAN_OK ? add_aliases(in, object, "entity", entity_id) : status;
}

static enum san_status import_list(struct import *in, const cJSON *root, const char *list,
    enum san_status (*one)(const struct import *, const cJSON *))
{
    const cJSON *array = cJSON_GetObjectItemCaseSensitive(root, list), *object;
    in->list = list;
    in->index = 0;
    if (array == NULL || cJSON_IsNull(array))
        return SAN_OK;
    if (!cJSON_IsArray(array))
        return san_fail(in->err, SAN_EFORMAT, "%s: %s: must be an array", in->file, list);
    cJSON_ArrayForEach(object, array)
    {
        if (!cJSON_IsObject(object))
            return san_fail(in->err, SAN_EFORMAT, "%s: %s[%d]: must be an object", in->file, list, in->index);
        enum san_status status = one(in, object);
        if (status != SAN_OK)
            return status;
        in->index++;
    }
    return SAN_OK;
}

static unsigned line_of(const char *json, size_t len, const char *at)
{
    unsigned line = 1;
    for (const char *p = json; p < json + len && at != NULL && p < at; p++)
        line += *p == '\n';
    return line;
}

enum san_status home_import(
    struct registry *registry, const char *json, size_t len, const char *file_name, struct san_error *err)
{
    if (len > HOME_FILE_MAX)
        return san_fail(err, SAN_ELIMIT, "%s: larger than %d bytes", file_name, HOME_FILE_MAX);
    const char *end = NULL;
    cJSON *root = cJSON_ParseWithLengthOpts(json, len, &end, 0);
    if (root == NULL)
        return san_fail(err, SAN_EFORMAT, "%s:%u: not JSON", file_name, line_of(json, len, end));
    struct import in = {.registry = registry, .file = file_name, .err = err};
    enum san_status status =
        cJSON_IsObject(root)
            ? reg_begin(registry, err)
            : san_fail(err, SAN_EFORMAT, "%s: must be an object with floors, areas, entities", file_name);
    if (status == SAN_OK) {
        status = import_list(&in, root, "floors", import_floor);
        if (status == SAN_OK)
            status = import_list(&in, root, "areas", import_area);
        if (status == SAN_OK)
            status = import_list(&in, root, "entities", import_entity);
        if (status == SAN_OK)
            status = reg_commit(registry, err);
        else
            reg_rollback(registry);
    }
    cJSON_Delete(root);
    return status;
}

enum san_status home_import_file(struct registry *registry, const char *path, struct san_error *err)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return san_fail(err, SAN_EIO, "%s: %s", path, strerror(errno));
    char *text = NULL;
    size_t len = 0, room = 0, got;
    enum san_status status = SAN_OK;
    do {
        if (len == room) {
            room = room == 0 ? 65536 : 2 * room;
            char *bigger = room <= 2 * (size_t)HOME_FILE_MAX ? realloc(text, room) : NULL;
            if (bigger == NULL) {
                status = san_fail(err, SAN_ELIMIT, "%s: larger than %d bytes", path, HOME_FILE_MAX);
                break;
            }
            text = bigger;
        }
        got = fread(text + len, 1, room - len, file);
        len += got;
    } while (got > 0);
    if (status == SAN_OK && ferror(file))
        status = san_fail(err, SAN_EIO, "%s: %s", path, strerror(errno));
    fclose(file);
    if (status == SAN_OK)
        status = home_import(registry, text, len, path, err);
    free(text);
    return status;
}

/* ---- export ---- */

static void add_names(cJSON *object, const char *const *aliases, size_t count)
{
    cJSON *array = cJSON_AddArrayToObject(object, "aliases");
    for (size_t i = 0; i < count; i++)
        cJSON_AddItemToArray(array, cJSON_CreateString(aliases[i]));
}

static void add_text_or_null(cJSON *object, const char *key, const char *text)
{
    cJSON_AddItemToObject(object, key, text[0] != '\0' ? cJSON_CreateString(text) : cJSON_CreateNull());
}

static void add_entity(cJSON *array, const struct home_entity *e)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "entity_id", e->entity_id);
    cJSON_AddStringToObject(object, "name", e->name);
    add_text_or_null(object, "area", e->area);
    cJSON_AddStringToObject(object, "domain", e->domain);
    add_text_or_null(object, "device_class", e->device_class);
    add_names(object, e->aliases, e->alias_count);
    cJSON_AddStringToObject(object, "state", e->state);
    cJSON *attributes = cJSON_Parse(e->attributes);
    cJSON_AddItemToObject(object, "attributes", attributes != NULL ? attributes : cJSON_CreateObject());
    if (!e->exposed)
        cJSON_AddFalseToObject(object, "exposed");
    if (strcmp(e->unique_key, e->entity_id) != 0) /* so that its publisher finds it where it is imported */
        cJSON_AddStringToObject(object, "unique_key", e->unique_key);
    cJSON_AddItemToArray(array, object);
}

char *home_export(struct registry *registry, struct san_error *err)
{
    struct san_arena *arena = san_arena_new(1 << 16, 0);
    struct home_floor *floors;
    struct home_area *areas;
    struct home_entity *entities;
    size_t floor_count, area_count, entity_count;
    char *text = NULL;
    if (arena == NULL) {
        san_fail(err, SAN_ENOMEM, "out of memory");
        return NULL;
    }
    if (reg_floors(registry, arena, &floors, &floor_count, err) == SAN_OK &&
        reg_areas(registry, arena, &areas, &area_count, err) == SAN_OK &&
        reg_entities(registry, &(struct reg_filter){0}, arena, &entities, &entity_count, err) == SAN_OK) {
        cJSON *root = cJSON_CreateObject(), *list = cJSON_AddArrayToObject(root, "floors");
        for (size_t i = 0; i < floor_count; i++) {
            cJSON *object = cJSON_CreateObject();
            cJSON_AddStringToObject(object, "name", floors[i].name);
            add_names(object, floors[i].aliases, floors[i].alias_count);
            cJSON_AddItemToArray(list, object);
        }
        list = cJSON_AddArrayToObject(root, "areas");
        for (size_t i = 0; i < area_count; i++) {
            cJSON *object = cJSON_CreateObject();
            cJSON_AddStringToObject(object, "name", areas[i].name);
            add_text_or_null(object, "floor", areas[i].floor);
            add_names(object, areas[i].aliases, areas[i].alias_count);
            cJSON_AddItemToArray(list, object);
        }
        list = cJSON_AddArrayToObject(root, "entities");
        for (size_t i = 0; i < entity_count; i++)
            add_entity(list, &entities[i]);
        text = cJSON_Print(root);
        cJSON_Delete(root);
        if (text == NULL)
            san_fail(err, SAN_ENOMEM, "out of memory");
    }
    san_arena_free(arena);
    return text;
}
