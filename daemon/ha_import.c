/* ha_import.c - see ha_import.h. */
#include "ha_import.h"

#include <stdio.h>
#include <string.h>

#include "devices/ha_entity.h"
#include "devices/json_text.h"
#include "devices/registry.h"
#include "inventory.h"
#include "log.h"

enum { ARENA_BLOCK = 65536, ARENA_LIMIT = 256 << 20 };

/* ---- places ---- */

/* An alias that names something else already is no reason to refuse the rest. */
static void add_aliases(
    struct hearthd *daemon, const char *kind, const char *of, const char **aliases, size_t count)
{
    struct san_error error = {.text = ""};
    for (size_t i = 0; i < count; i++)
        if (reg_add_alias(daemon->registry, kind, of, aliases[i], &error) != SAN_OK)
            log_info(
                "home assistant: alias '%s' of %s '%s' is left out: %s", aliases[i], kind, of, error.text);
}

static enum san_status put_floor(struct hearthd *daemon, const struct ha_place *floor, struct san_error *err)
{
    enum san_status status = reg_put_floor(daemon->registry, floor->name, NULL, err);
    if (status == SAN_OK)
        add_aliases(daemon, "floor", floor->name, floor->aliases, floor->alias_count);
    return status;
}

static enum san_status put_area(struct hearthd *daemon, const struct ha_place *area, struct san_error *err)
{
    int64_t floor = area->floor[0] ? reg_find_floor(daemon->registry, area->floor) : 0;
    enum san_status status = reg_put_area(daemon->registry, area->name, floor, NULL, err);
    if (status == SAN_OK)
        add_aliases(daemon, "area", area->name, area->aliases, area->alias_count);
    return status;
}

static enum san_status put_places(struct hearthd *daemon, const struct ha_home *home, struct san_error *err)
{
    struct san_error why = {.text = ""};
    for (size_t i = 0; i < home->floor_count; i++)
        if (put_floor(daemon, &home->floors[i], &why) == SAN_EIO)
            return san_fail(err, SAN_EIO, "%s", why.text);
    for (size_t i = 0; i < home->area_count; i++)
        if (put_area(daemon, &home->areas[i], &why) == SAN_EIO)
            return san_fail(err, SAN_EIO, "%s", why.text);
    return SAN_OK;
}

/* ---- entities ---- */

/* The row of that unique_key; NULL if there is none. */
static const struct home_entity *row_of(
    struct hearthd *daemon, const char *unique_key, struct san_arena *arena)
{
    const struct reg_filter filter = {.id = reg_entity_by_key(daemon->registry, unique_key)};
    struct home_entity *row;
    size_t count = 0;
    bool found =
        filter.id && reg_entities(daemon->registry, &filter, arena, &row, &count, NULL) == SAN_OK && count;
    return found ? row : NULL;
}

/* On MQTT: hearth goes on reaching it there; Home Assistant is where its user says in which room it is. */
static bool take_mqtt_entity(struct hearthd *daemon, const struct ha_entity *entity, struct san_arena *arena)
{
    const struct home_entity *row = row_of(daemon, entity->mqtt_key, arena);
    const char *area = entity->found.suggested_area;
    if (!row)
        return false;
    if (area[0] && strcmp(row->area, area) != 0)
        reg_set_area(daemon->registry, row->entity_id, area, NULL);
    add_aliases(daemon, "entity", row->entity_id, entity->aliases, entity->alias_count);
    return true;
}

/* The rest is entered as one announcement, so that what is missing in it goes. */
static enum san_status take_entities(struct hearthd *daemon, const struct ha_home *home,
    struct san_arena *arena, struct ha_counts *counts, struct san_error *err)
{
    struct discovered *found = san_arena_alloc(arena, (home->entity_count + 1) * sizeof(*found));
    if (!found)
        return san_fail(err, SAN_ENOMEM, "out of memory for Home Assistant's entities");
    for (size_t i = 0; i < home->entity_count; i++) {
        const struct ha_entity *entity = &home->entities[i];
        if (!entity->mqtt_key)
            found[counts->entities++] = entity->found;
        else if (take_mqtt_entity(daemon, entity, arena))
            counts->on_mqtt++;
    }
    for (size_t i = 0; i < counts->entities; i++)
        reg_adopt_entity(daemon->registry, found[i].entity_id, found[i].unique_key);
    inventory_announce(daemon->inventory, INVENTORY_HOME_ASSISTANT, found, counts->entities);
    for (size_t i = 0; i < home->entity_count; i++) {
        const struct ha_entity *entity = &home->entities[i];
        const struct home_entity *row =
            entity->mqtt_key || !entity->alias_count ? NULL : row_of(daemon, entity->found.unique_key, arena);
        if (row)
            add_aliases(daemon, "entity", row->entity_id, entity->aliases, entity->alias_count);
    }
    inventory_commit(daemon->inventory);
    return SAN_OK;
}

/* ---- states ---- */

static void give_state(struct hearthd *daemon, const char *entity_id, const char *text, size_t len)
{
    char topic[sizeof(HA_TOPIC) + HOME_NAME_MAX];
    snprintf(topic, sizeof(topic), "%s%s", HA_TOPIC, entity_id);
    inventory_ha_state(daemon->inventory, topic, text, len);
}

void ha_import_state(
    struct hearthd *daemon, const struct hashmap *known, const char *entity_id, const cJSON *state)
{
    static const char gone[] = "{\"state\":\"unavailable\"}";
    if (!known || !hashmap_get(known, entity_id))
        return;
    char *text = cJSON_IsObject(state) ? cJSON_PrintUnformatted(state) : NULL;
    give_state(daemon, entity_id, text ? text : gone, text ? strlen(text) : sizeof(gone) - 1);
    cJSON_free(text);
}

void ha_import_unavailable(struct hearthd *daemon, const struct hashmap *known)
{
    size_t cursor = 0;
    const char *entity_id;
    void *unused;
    while (known && hashmap_next(known, &cursor, &entity_id, &unused))
        ha_import_state(daemon, known, entity_id, NULL);
}

/* ---- all of it ---- */

static struct hashmap *entity_ids(struct hearthd *daemon, const struct ha_home *home)
{
    struct hashmap *known = hashmap_new();
    for (size_t i = 0; known && i < home->entity_count; i++)
        if (!home->entities[i].mqtt_key && !hashmap_put(known, home->entities[i].found.entity_id, daemon)) {
            hashmap_free(known, NULL);
            return NULL;
        }
    return known;
}

static enum san_status apply(struct hearthd *daemon, const struct ha_answers *answers,
    const struct ha_home *home, struct san_arena *arena, struct hashmap **known, struct ha_counts *counts,
    struct san_error *err)
{
    struct hashmap *fresh = entity_ids(daemon, home);
    if (!fresh)
        return san_fail(err, SAN_ENOMEM, "out of memory for Home Assistant's entities");
    inventory_commit(daemon->inventory);
    enum san_status status = put_places(daemon, home, err);
    if (status == SAN_OK)
        status = take_entities(daemon, home, arena, counts, err);
    if (status != SAN_OK) {
        hashmap_free(fresh, NULL);
        return status;
    }
    hashmap_free(*known, NULL);
    *known = fresh;
    const cJSON *state;
    cJSON_ArrayForEach(state, answers->states)
    {
        const char *entity_id = json_member_text(state, "entity_id");
        if (entity_id)
            ha_import_state(daemon, fresh, entity_id, state);
    }
    return SAN_OK;
}

enum san_status ha_import(struct hearthd *daemon, const struct ha_answers *answers, struct hashmap **known,
    struct ha_counts *counts, struct san_error *err)
{
    struct ha_home home;
    struct san_arena *arena = san_arena_new(ARENA_BLOCK, ARENA_LIMIT);
    if (!arena)
        return san_fail(err, SAN_ENOMEM, "out of memory");
    enum san_status status = ha_home_read(answers, arena, &home, err);
    *counts = (struct ha_counts){.left_out = 0};
    if (status == SAN_OK)
        status = apply(daemon, answers, &home, arena, known, counts, err);
    counts->floors = home.floor_count;
    counts->areas = home.area_count;
    counts->left_out = home.left_out;
    san_arena_free(arena);
    return status;
}
