/* ha_home.c - see ha_home.h. */
#include "devices/ha_home.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/ha_entity.h"
#include "devices/json_text.h"

static const cJSON *member(const cJSON *object, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(object, key);
}

/* The text of a member if it can be a name: 1 to HOME_NAME_MAX bytes. */
static const char *name_in(const cJSON *object, const char *key)
{
    const char *text = json_member_text(object, key);
    size_t len = text ? strlen(text) : 0;
    return len && len <= HOME_NAME_MAX ? text : NULL;
}

/* ---- an index: rows by a text ---- lists of thousands are looked up thousands of times */

struct entry {
    const char *key;
    const cJSON *item;
};

struct index {
    struct entry *entries;
    size_t count;
};

static int compare_entries(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->key, ((const struct entry *)b)->key);
}

/* By the rows' member, or where that is NULL by the names of list's own members. */
static bool index_rows(struct index *index, const cJSON *list, const char *by, struct san_arena *arena)
{
    size_t room = (size_t)cJSON_GetArraySize(list);
    const cJSON *item;
    index->count = 0;
    index->entries = san_arena_alloc(arena, (room + 1) * sizeof(*index->entries));
    if (!index->entries)
        return false;
    cJSON_ArrayForEach(item, list)
    {
        const char *key = by ? json_member_text(item, by) : item->string;
        if (key)
            index->entries[index->count++] = (struct entry){key, item};
    }
    qsort(index->entries, index->count, sizeof(*index->entries), compare_entries);
    return true;
}

static const cJSON *find(const struct index *index, const char *key)
{
    const struct entry wanted = {key, NULL};
    const struct entry *found =
        key ? bsearch(&wanted, index->entries, index->count, sizeof(wanted), compare_entries) : NULL;
    return found ? found->item : NULL;
}

/* ---- reading ---- */

struct reading {
    const struct ha_answers *answers;
    struct san_arena *arena;
    struct ha_home *home;
    struct index floors, areas, devices, exposed, entries;
    bool fahrenheit;
};

static enum san_status no_memory(struct san_error *err)
{
    return san_fail(err, SAN_ENOMEM, "out of memory for Home Assistant's entities");
}

static const char *copy(struct reading *r, const char *text)
{
    return san_arena_strndup(r->arena, text, strlen(text));
}

/* Newer versions have null in the list, for the entity's own name. */
static bool read_aliases(struct reading *r, const cJSON *object, const char ***aliases, size_t *count)
{
    const cJSON *list = member(object, "aliases"), *item;
    *count = 0;
    *aliases = san_arena_alloc(r->arena, HOME_ALIASES_MAX * sizeof(**aliases));
    if (!*aliases)
        return false;
    if (!cJSON_IsArray(list))
        return true;
    cJSON_ArrayForEach(item, list)
    {
        bool good =
            cJSON_IsString(item) && item->valuestring[0] && strlen(item->valuestring) <= HOME_NAME_MAX;
        if (!good || *count == HOME_ALIASES_MAX)
            continue;
        (*aliases)[*count] = copy(r, item->valuestring);
        if (!(*aliases)[(*count)++])
            return false;
    }
    return true;
}

static bool read_places(struct reading *r, const cJSON *list, struct ha_place **places, size_t *count)
{
    const cJSON *item;
    *places = san_arena_alloc(r->arena, ((size_t)cJSON_GetArraySize(list) + 1) * sizeof(**places));
    if (!*places)
        return false;
    cJSON_ArrayForEach(item, list)
    {
        struct ha_place *place = &(*places)[*count];
        const char *name = name_in(item, "name");
        const char *floor = name_in(find(&r->floors, json_member_text(item, "floor_id")), "name");
        if (!name) {
            r->home->left_out++;
            continue;
        }
        *place = (struct ha_place){.name = copy(r, name), .floor = copy(r, floor ? floor : "")};
        if (!place->name || !place->floor || !read_aliases(r, item, &place->aliases, &place->alias_count))
            return false;
        (*count)++;
    }
    return true;
}

/* ---- entities ---- */

/* The entity's own room, else its device's. */
static const char *area_of(struct reading *r, const cJSON *entry)
{
    const char *id = json_member_text(entry, "area_id");
    if (!id)
        id = json_member_text(find(&r->devices, json_member_text(entry, "device_id")), "area_id");
    const char *name = name_in(find(&r->areas, id), "name");
    return name ? name : "";
}

static const char *join(struct reading *r, const char *a, const char *b, const char *c, const char *d)
{
    size_t size = strlen(a) + strlen(b) + strlen(c) + strlen(d) + 3;
    char *text = san_arena_alloc(r->arena, size);
    if (text)
        snprintf(text, size, "%s%s%s%s%s%s", a, b, c[0] ? "." : "", c, d[0] ? "." : "", d);
    return text;
}

/* A key that survives a new entity_id, where Home Assistant has one. */
static const char *key_of(struct reading *r, const char *entity_id, const cJSON *entry)
{
    const char *platform = json_member_text(entry, "platform"),
               *unique_id = json_member_text(entry, "unique_id");
    if (!platform || !unique_id)
        return join(r, "home_assistant:", entity_id, "", "");
    char domain[HA_WORD_MAX + 1];
    snprintf(domain, sizeof(domain), "%.*s", (int)strcspn(entity_id, "."), entity_id);
    return join(r, "home_assistant:", domain, platform, unique_id);
}

static const char *mqtt_key_of(struct reading *r, const char *entity_id, const cJSON *entry)
{
    char prefix[HA_WORD_MAX + 8];
    snprintf(prefix, sizeof(prefix), "mqtt:%.*s:", (int)strcspn(entity_id, "."), entity_id);
    return join(r, prefix, json_member_text(entry, "unique_id"), "", "");
}

static bool is_on_mqtt(const cJSON *entry)
{
    const char *platform = json_member_text(entry, "platform"),
               *unique_id = json_member_text(entry, "unique_id");
    return platform && unique_id && strcmp(platform, "mqtt") == 0;
}

/* What the user calls it; else "kitchen lamp" of light.kitchen_lamp. */
static const char *name_of(struct reading *r, const char *entity_id, const cJSON *attributes)
{
    const char *friendly = name_in(attributes, "friendly_name");
    if (friendly)
        return copy(r, friendly);
    const char *object = strchr(entity_id, '.') + 1;
    char *name = san_arena_strndup(r->arena, object, strlen(object));
    for (char *c = name; c && *c; c++)
        *c = *c == '_' ? ' ' : *c;
    return name;
}

static const char *config_of(struct reading *r, const char *entity_id, const cJSON *attributes)
{
    cJSON *config = ha_entity_config(entity_id, attributes, r->fahrenheit);
    char *text = config ? cJSON_PrintUnformatted(config) : NULL;
    const char *kept = text ? copy(r, text) : NULL;
    cJSON_free(text);
    cJSON_Delete(config);
    return kept;
}

/* False if out of memory. */
static bool read_entity(struct reading *r, const cJSON *state, const char *entity_id)
{
    struct ha_entity *entity = &r->home->entities[r->home->entity_count];
    const cJSON *entry = find(&r->entries, entity_id), *attributes = member(state, "attributes");
    const char *class = name_in(attributes, "device_class");
    *entity = (struct ha_entity){.found = {.source = "home_assistant", .device_name = "", .problem = ""}};
    struct discovered *found = &entity->found;
    found->suggested_area = copy(r, area_of(r, entry));
    found->unique_key = key_of(r, entity_id, entry);
    found->entity_id = copy(r, entity_id);
    found->name = name_of(r, entity_id, attributes);
    found->domain = san_arena_strndup(r->arena, entity_id, strcspn(entity_id, "."));
    found->device_class = copy(r, class ? class : "");
    found->config = config_of(r, entity_id, attributes);
    entity->mqtt_key = is_on_mqtt(entry) ? mqtt_key_of(r, entity_id, entry) : NULL;
    r->home->entity_count++;
    return found->suggested_area && found->unique_key && found->entity_id && found->name && found->domain &&
           found->device_class && found->config && (entity->mqtt_key || !is_on_mqtt(entry)) &&
           read_aliases(r, entry, &entity->aliases, &entity->alias_count);
}

static bool is_exposed(struct reading *r, const char *entity_id)
{
    return cJSON_IsTrue(member(find(&r->exposed, entity_id), "conversation"));
}

static enum san_status read_entities(struct reading *r, struct san_error *err)
{
    const cJSON *state;
    size_t room = r->exposed.count < HA_ENTITIES_MAX ? r->exposed.count : HA_ENTITIES_MAX;
    r->home->entities = san_arena_alloc(r->arena, (room + 1) * sizeof(*r->home->entities));
    if (!r->home->entities)
        return no_memory(err);
    cJSON_ArrayForEach(state, r->answers->states)
    {
        const char *entity_id = json_member_text(state, "entity_id");
        if (!entity_id || !is_exposed(r, entity_id))
            continue;
        if (!ha_entity_is_used(entity_id) || r->home->entity_count == room)
            r->home->left_out++;
        else if (!read_entity(r, state, entity_id))
            return no_memory(err);
    }
    return SAN_OK;
}

/* ---- the answers ---- */

static const cJSON *exposed_object(const cJSON *exposed)
{
    const cJSON *object = member(exposed, "exposed_entities");
    return cJSON_IsObject(object) ? object : NULL;
}

cJSON *ha_exposed_ids(const cJSON *exposed)
{
    const cJSON *object = exposed_object(exposed), *item;
    cJSON *ids = object ? cJSON_CreateArray() : NULL;
    cJSON_ArrayForEach(item, object)
    {
        if (ids && ha_entity_is_used(item->string) && cJSON_IsTrue(member(item, "conversation")))
            cJSON_AddItemToArray(ids, cJSON_CreateString(item->string));
    }
    return ids;
}

static enum san_status check(const struct ha_answers *answers, struct san_error *err)
{
    const struct {
        const char *name;
        bool ok;
    } rows[] = {{"get_config", cJSON_IsObject(answers->config)},
        {"config/floor_registry/list", cJSON_IsArray(answers->floors)},
        {"config/area_registry/list", cJSON_IsArray(answers->areas)},
        {"config/device_registry/list", cJSON_IsArray(answers->devices)},
        {"homeassistant/expose_entity/list", exposed_object(answers->exposed)},
        {"config/entity_registry/get_entries", cJSON_IsObject(answers->entries)},
        {"get_states", cJSON_IsArray(answers->states)}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        if (!rows[i].ok)
            return san_fail(err, SAN_EFORMAT,
                "Home Assistant's answer to %s is of a kind that hearth does not know", rows[i].name);
    return SAN_OK;
}

enum san_status ha_home_read(
    const struct ha_answers *answers, struct san_arena *arena, struct ha_home *home, struct san_error *err)
{
    *home = (struct ha_home){.left_out = 0};
    enum san_status status = check(answers, err);
    if (status != SAN_OK)
        return status;
    struct reading r = {.answers = answers, .arena = arena, .home = home};
    const char *unit = json_member_text(member(answers->config, "unit_system"), "temperature");
    r.fahrenheit = unit && strstr(unit, "F");
    if (!index_rows(&r.floors, answers->floors, "floor_id", arena) ||
        !index_rows(&r.areas, answers->areas, "area_id", arena) ||
        !index_rows(&r.devices, answers->devices, "id", arena) ||
        !index_rows(&r.exposed, exposed_object(answers->exposed), NULL, arena) ||
        !index_rows(&r.entries, answers->entries, NULL, arena) ||
        !read_places(&r, answers->floors, &home->floors, &home->floor_count) ||
        !read_places(&r, answers->areas, &home->areas, &home->area_count))
        return no_memory(err);
    return read_entities(&r, err);
}
