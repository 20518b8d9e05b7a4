/* ha_import.c - see ha_import.h. */
#include "ha_import.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/ha_entity.h"
#include "devices/json_text.h"
#include "devices/registry.h"
#include "inventory.h"
#include "log.h"

enum {
    ARENA_BLOCK = 65536,
    ARENA_LIMIT = 256 << 20,
    TURN_NS = 1000000, /* of the loop's time, at each of its turns */
};

/* What is entered, in this order. */
enum step { STEP_FLOORS, STEP_AREAS, STEP_GONE, STEP_ENTITIES, STEP_STATES, STEP_OVER };

struct ha_import {
    struct hearthd *daemon;
    struct ha_answers answers; /* owned */
    struct ha_import_to to;
    uv_work_t work;
    uv_idle_t turn;
    bool cancelled;
    /* What the other thread makes of the answers. */
    struct san_arena *arena;
    struct ha_home home;
    struct hashmap *known, *keys; /* entity_ids and unique_keys of what is not on MQTT */
    struct san_error error;       /* its status is SAN_OK while all is well */
    /* How far it is. */
    enum step step;
    size_t at;          /* of the step's list */
    size_t left;        /* of the entities that were announced before, to be looked at */
    const cJSON *state; /* the next one */
    struct ha_counts counts;
};

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

static void take_own_entity(struct hearthd *daemon, const struct ha_entity *entity, struct san_arena *arena)
{
    const struct discovered *found = &entity->found;
    inventory_announce_one(daemon->inventory, INVENTORY_HOME_ASSISTANT, found);
    const struct home_entity *row = entity->alias_count ? row_of(daemon, found->unique_key, arena) : NULL;
    if (row)
        add_aliases(daemon, "entity", row->entity_id, entity->aliases, entity->alias_count);
}

static void take_entity(struct ha_import *import, const struct ha_entity *entity)
{
    if (!entity->mqtt_key) {
        take_own_entity(import->daemon, entity, import->arena);
        import->counts.entities++;
    } else if (take_mqtt_entity(import->daemon, entity, import->arena)) {
        import->counts.on_mqtt++;
    }
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

bool ha_import_unavailable(struct hearthd *daemon, const struct hashmap *known, size_t *cursor)
{
    const char *entity_id;
    void *unused;
    for (uint64_t until = uv_hrtime() + TURN_NS; known && uv_hrtime() < until;) {
        if (!hashmap_next(known, cursor, &entity_id, &unused))
            return false;
        ha_import_state(daemon, known, entity_id, NULL);
    }
    return known;
}

/* A state that was heard of while the lists came in is newer than the one in them. */
static void take_state(struct ha_import *import, const cJSON *state)
{
    const char *entity_id = json_member_text(state, "entity_id");
    const cJSON *newer = entity_id && import->to.newer ? hashmap_get(import->to.newer, entity_id) : NULL;
    if (entity_id)
        ha_import_state(import->daemon, *import->to.known, entity_id, newer ? newer : state);
}

/* ---- on the other thread ---- */

static bool note_entities(struct ha_import *import)
{
    import->known = hashmap_new();
    import->keys = hashmap_new();
    bool ok = import->known && import->keys;
    for (size_t i = 0; ok && i < import->home.entity_count; i++) {
        const struct ha_entity *entity = &import->home.entities[i];
        if (!entity->mqtt_key)
            ok = hashmap_put(import->known, entity->found.entity_id, import) &&
                 hashmap_put(import->keys, entity->found.unique_key, import);
    }
    return ok;
}

static void read_lists(uv_work_t *work)
{
    struct ha_import *import = work->data;
    import->arena = san_arena_new(ARENA_BLOCK, ARENA_LIMIT);
    if (!import->arena) {
        san_fail(&import->error, SAN_ENOMEM, "out of memory");
        return;
    }
    if (ha_home_read(&import->answers, import->arena, &import->home, &import->error) == SAN_OK &&
        !note_entities(import))
        san_fail(&import->error, SAN_ENOMEM, "out of memory for Home Assistant's entities");
}

static void free_answers(struct ha_answers *answers)
{
    const cJSON *all[] = {answers->config, answers->floors, answers->areas, answers->devices,
        answers->exposed, answers->entries, answers->states};
    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
        cJSON_Delete((cJSON *)(uintptr_t)all[i]);
}

static void free_parts(uv_work_t *work)
{
    struct ha_import *import = work->data;
    free_answers(&import->answers);
    hashmap_free(import->known, NULL);
    hashmap_free(import->keys, NULL);
    san_arena_free(import->arena);
}

/* ---- all of it, in turns ---- */

static void after_free(uv_work_t *work, int status)
{
    (void)status; /* such a job is never cancelled */
    free(work->data);
}

static void on_turn_closed(uv_handle_t *turn)
{
    struct ha_import *import = turn->data;
    uv_queue_work(import->daemon->loop, &import->work, free_parts, after_free);
}

static void next_step(struct ha_import *import)
{
    import->step++;
    import->at = 0;
}

/* One row, or the end of a list. */
static void enter_one(struct ha_import *import)
{
    struct hearthd *daemon = import->daemon;
    const struct ha_home *home = &import->home;
    size_t at = import->at++;
    struct san_error why = {.text = ""};
    switch (import->step) {
    case STEP_FLOORS:
        if (at == home->floor_count)
            next_step(import);
        else if (put_floor(daemon, &home->floors[at], &why) == SAN_EIO)
            import->error = why;
        break;
    case STEP_AREAS:
        if (at == home->area_count)
            next_step(import);
        else if (put_area(daemon, &home->areas[at], &why) == SAN_EIO)
            import->error = why;
        break;
    case STEP_GONE:
        if (!inventory_retain(daemon->inventory, INVENTORY_HOME_ASSISTANT, import->keys, &import->left))
            next_step(import);
        break;
    case STEP_ENTITIES:
        if (at == home->entity_count)
            next_step(import);
        else
            take_entity(import, &home->entities[at]);
        break;
    case STEP_STATES:
        if (import->state)
            take_state(import, import->state);
        else
            next_step(import);
        import->state = import->state ? import->state->next : NULL;
        break;
    case STEP_OVER:
        break;
    }
}

static void finish(struct ha_import *import)
{
    bool ok = import->error.status == SAN_OK;
    inventory_commit(import->daemon->inventory);
    import->counts.floors = import->home.floor_count;
    import->counts.areas = import->home.area_count;
    import->counts.left_out = import->home.left_out;
    uv_close((uv_handle_t *)&import->turn, on_turn_closed);
    import->to.done(import->to.data, ok ? &import->counts : NULL, import->error.text);
}

static void on_turn(uv_idle_t *turn)
{
    struct ha_import *import = turn->data;
    uint64_t until = uv_hrtime() + TURN_NS;
    while (import->step != STEP_OVER && import->error.status == SAN_OK && uv_hrtime() < until)
        enter_one(import);
    if (import->step == STEP_OVER || import->error.status != SAN_OK)
        finish(import);
}

static void after_read(uv_work_t *work, int status)
{
    struct ha_import *import = work->data;
    (void)status; /* such a job is never cancelled */
    if (import->cancelled) {
        uv_close((uv_handle_t *)&import->turn, on_turn_closed);
        return;
    }
    if (import->error.status != SAN_OK) {
        finish(import);
        return;
    }
    hashmap_free(*import->to.known, NULL);
    *import->to.known = import->known;
    import->known = NULL;
    import->state = import->answers.states->child;
    uv_idle_start(&import->turn, on_turn);
}

struct ha_import *ha_import_begin(
    struct hearthd *daemon, const struct ha_answers *answers, const struct ha_import_to *to)
{
    struct ha_import *import = calloc(1, sizeof(*import));
    struct ha_answers mine = *answers;
    if (!import) {
        free_answers(&mine);
        return NULL;
    }
    *import = (struct ha_import){.daemon = daemon, .answers = mine, .to = *to, .left = SIZE_MAX};
    uv_idle_init(daemon->loop, &import->turn);
    import->turn.data = import->work.data = import;
    uv_queue_work(daemon->loop, &import->work, read_lists, after_read);
    return import;
}

void ha_import_cancel(struct ha_import *import)
{
    if (!import)
        return;
    import->cancelled = true;
    if (uv_is_active((uv_handle_t *)&import->turn)) /* else the lists are being read */
        uv_close((uv_handle_t *)&import->turn, on_turn_closed);
}
