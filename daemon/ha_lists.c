/* ha_lists.c - see ha_lists.h. */
#include "ha_lists.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WHY_MAX = 320 };

/* What is read, in the order in which it is asked for; the entries once it is known of which entities. */
enum part { CONFIG, FLOORS, AREAS, DEVICES, EXPOSED, STATES, ENTRIES, PARTS };

static const char *const part_types[PARTS] = {
    [CONFIG] = "get_config",
    [FLOORS] = "config/floor_registry/list",
    [AREAS] = "config/area_registry/list",
    [DEVICES] = "config/device_registry/list",
    [EXPOSED] = "homeassistant/expose_entity/list",
    [STATES] = "get_states",
    [ENTRIES] = "config/entity_registry/get_entries",
};

struct ha_lists {
    struct hearthd *daemon;
    struct ha_lists_to to;
    unsigned asked[PARTS]; /* ids of requests; 0: answered, or not asked */
    cJSON *answers[PARTS];
    struct ha_import *import; /* under way, or NULL */
    struct hashmap *newer;    /* states that changed since the list of them came in: entity_id -> cJSON */
    struct hashmap *known;    /* entity_ids that are entered; NULL before the first reading */
    uv_idle_t losing;         /* after the end of a connection: they become unavailable */
    size_t lost;              /* cursor of those */
};

static void free_state(void *state)
{
    cJSON_Delete(state);
}

static void forget_newer(struct ha_lists *lists)
{
    hashmap_free(lists->newer, free_state);
    lists->newer = NULL;
}

static void forget_answers(struct ha_lists *lists)
{
    forget_newer(lists);
    for (size_t i = 0; i < PARTS; i++) {
        cJSON_Delete(lists->answers[i]);
        lists->answers[i] = NULL;
        lists->asked[i] = 0;
    }
}

void ha_lists_read(struct ha_lists *lists)
{
    forget_answers(lists);
    for (enum part part = CONFIG; part < ENTRIES; part++) {
        lists->asked[part] = lists->to.ask(lists->to.data, part_types[part], NULL);
        if (!lists->asked[part])
            return; /* the connection is given up */
    }
}

/* ---- answers ---- */

static void on_imported(void *data, const struct ha_counts *counts, const char *problem)
{
    struct ha_lists *lists = data;
    lists->import = NULL;
    forget_newer(lists);
    if (counts)
        lists->to.done(lists->to.data, counts);
    else
        lists->to.failed(lists->to.data, problem);
}

static void import(struct ha_lists *lists)
{
    const struct ha_answers answers = {.config = lists->answers[CONFIG],
        .floors = lists->answers[FLOORS],
        .areas = lists->answers[AREAS],
        .devices = lists->answers[DEVICES],
        .exposed = lists->answers[EXPOSED],
        .entries = lists->answers[ENTRIES],
        .states = lists->answers[STATES]};
    const struct ha_import_to to = {
        .known = &lists->known, .newer = lists->newer, .done = on_imported, .data = lists};
    memset(lists->answers, 0, sizeof(lists->answers));
    lists->to.gathered(lists->to.data);
    uv_idle_stop(&lists->losing); /* all of them get their states anew */
    lists->import = ha_import_begin(lists->daemon, &answers, &to);
    if (!lists->import)
        lists->to.failed(lists->to.data, "out of memory");
}

/* False if that is the end of the reading; so below. */
static bool ask_for_entries(struct ha_lists *lists)
{
    cJSON *ids = ha_exposed_ids(lists->answers[EXPOSED]), *fields = cJSON_CreateObject();
    if (!ids || !fields || !cJSON_AddItemToObject(fields, "entity_ids", ids)) {
        cJSON_Delete(ids);
        cJSON_Delete(fields);
        lists->to.failed(
            lists->to.data, "its list of exposed entities is of a kind that hearth does not know");
        return false;
    }
    lists->asked[ENTRIES] = lists->to.ask(lists->to.data, part_types[ENTRIES], fields);
    return lists->asked[ENTRIES];
}

/* The lists need an administrator's token: that is the usual reason of a refusal. */
static void refuse_part(struct ha_lists *lists, enum part part, const char *text)
{
    char why[WHY_MAX];
    snprintf(
        why, sizeof(why), "it refuses %s (%.120s): is the token an administrator's?", part_types[part], text);
    lists->to.failed(lists->to.data, why);
}

/* From now on what is heard of a state is newer than the list. */
static bool begin_newer(struct ha_lists *lists)
{
    forget_newer(lists);
    lists->newer = hashmap_new();
    if (!lists->newer)
        lists->to.failed(lists->to.data, "out of memory");
    return lists->newer;
}

static void take_part(struct ha_lists *lists, enum part part, const struct ha_message *message)
{
    lists->asked[part] = 0;
    if (!message->success) {
        refuse_part(lists, part, message->text);
        return;
    }
    cJSON_Delete(lists->answers[part]);
    lists->answers[part] =
        message->content ? cJSON_DetachItemViaPointer(message->root, (cJSON *)(uintptr_t)message->content)
                         : NULL;
    if ((part == EXPOSED && !ask_for_entries(lists)) || (part == STATES && !begin_newer(lists)))
        return;
    for (size_t i = 0; i < PARTS; i++)
        if (lists->asked[i])
            return;
    import(lists);
}

bool ha_lists_take(struct ha_lists *lists, const struct ha_message *message)
{
    for (enum part part = CONFIG; part < PARTS; part++)
        if (lists->asked[part] && lists->asked[part] == message->id) {
            take_part(lists, part, message);
            return true;
        }
    return false;
}

/* ---- states ---- */

static void note_newer(struct ha_lists *lists, const char *entity_id, const cJSON *state)
{
    cJSON *before = hashmap_get(lists->newer, entity_id);
    bool room = before || hashmap_count(lists->newer) < HA_ENTITIES_MAX;
    cJSON *copy = !room ? NULL : state ? cJSON_Duplicate(state, true) : cJSON_CreateNull();
    if (copy && hashmap_put(lists->newer, entity_id, copy))
        cJSON_Delete(before);
    else
        cJSON_Delete(copy);
}

void ha_lists_state(struct ha_lists *lists, const char *entity_id, const cJSON *state)
{
    if (lists->newer)
        note_newer(lists, entity_id, state);
    ha_import_state(lists->daemon, lists->known, entity_id, state);
}

static void on_losing(uv_idle_t *losing)
{
    struct ha_lists *lists = losing->data;
    if (!ha_import_unavailable(lists->daemon, lists->known, &lists->lost))
        uv_idle_stop(losing);
}

/* ---- life ---- */

static void forget_all(struct ha_lists *lists)
{
    ha_import_cancel(lists->import);
    lists->import = NULL;
    forget_answers(lists);
}

void ha_lists_lose(struct ha_lists *lists)
{
    forget_all(lists);
    lists->lost = 0;
    uv_idle_start(&lists->losing, on_losing);
}

struct ha_lists *ha_lists_new(struct hearthd *daemon, const struct ha_lists_to *to)
{
    struct ha_lists *lists = calloc(1, sizeof(*lists));
    if (!lists)
        return NULL;
    lists->daemon = daemon;
    lists->to = *to;
    uv_idle_init(daemon->loop, &lists->losing);
    lists->losing.data = lists;
    return lists;
}

void ha_lists_stop(struct ha_lists *lists)
{
    forget_all(lists);
    uv_close((uv_handle_t *)&lists->losing, NULL);
}

void ha_lists_free(struct ha_lists *lists)
{
    if (!lists)
        return;
    hashmap_free(lists->known, NULL);
    free(lists);
}
