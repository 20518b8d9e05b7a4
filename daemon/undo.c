/* undo.c - see undo.h. */
#include "undo.h"

#include <stdio.h>
#include <string.h>

#include "daemon/call_domain.h"
#include "devices/registry.h"
#include "devices/timers.h"
#include "inventory.h"
#include "plan.h"
#include "words.h"

bool undo_is_said(const struct phrases *phrases, const struct san_words *words, struct san_arena *arena)
{
    size_t begin = 0, end = words->count, lead;
    while ((lead = words_begin_with(phrases, "no_first", words, begin, end)) ||
           (lead = words_begin_with(phrases, "polite", words, begin, end)))
        begin += lead;
    while ((lead = words_end_with(phrases, "polite", words, begin, end)))
        end -= lead;
    return begin < end && phrases_has_word(phrases, "undo", words_join(words, begin, end, arena));
}

/* ---- one entity's call ---- */

static bool add_text(struct home_call *call, const char *slot, const char *text)
{
    if (!text || call->arg_count == HOME_ARGS_MAX)
        return false;
    call->args[call->arg_count++] = (struct home_arg){.slot = slot, .text = text};
    return true;
}

static bool add_number(struct home_call *call, const char *slot, const cJSON *attributes, const char *key,
    struct san_arena *arena)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(attributes, key);
    if (!cJSON_IsNumber(value))
        return false;
    char text[64];
    snprintf(text, sizeof(text), "%.10g", value->valuedouble);
    if (!add_text(call, slot, san_arena_strndup(arena, text, strlen(text))))
        return false;
    call->args[call->arg_count - 1].number = value->valuedouble;
    call->args[call->arg_count - 1].is_number = true;
    return true;
}

static const char *text_of(const cJSON *attributes, const char *key, struct san_arena *arena)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(attributes, key));
    return text ? san_arena_strndup(arena, text, strlen(text)) : NULL;
}

/* What restoring works with. */
struct restoring {
    const char *state;
    const cJSON *attributes;
    const struct home_call *done; /* the call that is undone */
    struct san_arena *arena;
    struct home_call *call; /* out */
};

static bool is_state(const struct restoring *r, const char *state)
{
    return strcmp(r->state, state) == 0;
}

static bool by_switch(struct restoring *r)
{
    bool off = is_state(r, "off");
    r->call->tool = off ? "HassTurnOff" : "HassTurnOn";
    return off || is_state(r, "on");
}

static bool light(struct restoring *r)
{
    if (!is_state(r, "on") || strcmp(r->done->tool, "HassLightSet") != 0)
        return by_switch(r);
    r->call->tool = "HassLightSet";
    bool told = add_number(r->call, "brightness", r->attributes, "brightness", r->arena);
    if (home_call_arg(r->done, "color") || home_call_arg(r->done, "temperature"))
        told = add_text(r->call, "color", text_of(r->attributes, "color", r->arena)) ||
               add_number(r->call, "temperature", r->attributes, "color_temp_kelvin", r->arena);
    return told;
}

static bool fan(struct restoring *r)
{
    if (!is_state(r, "on") || strcmp(r->done->tool, "HassFanSetSpeed") != 0)
        return by_switch(r);
    r->call->tool = "HassFanSetSpeed";
    return add_number(r->call, "percentage", r->attributes, "percentage", r->arena);
}

static bool cover(struct restoring *r)
{
    bool moved_to = home_call_arg(r->done, "position") || home_call_arg(r->done, "position_step");
    r->call->tool = "HassSetPosition";
    if (moved_to && add_number(r->call, "position", r->attributes, "position", r->arena))
        return true;
    bool closed = is_state(r, "closed") || is_state(r, "closing");
    r->call->tool = closed ? "HassTurnOff" : "HassTurnOn";
    return closed || is_state(r, "open") || is_state(r, "opening");
}

static bool lock(struct restoring *r)
{
    r->call->tool = is_state(r, "locked") ? "HassTurnOn" : "HassTurnOff";
    return is_state(r, "locked") || is_state(r, "unlocked");
}

static bool climate(struct restoring *r)
{
    if (strcmp(r->done->tool, "HassClimateSetMode") == 0) {
        r->call->tool = "HassClimateSetMode";
        return r->state[0] && add_text(r->call, "mode", r->state);
    }
    r->call->tool = "HassClimateSetTemperature";
    return strcmp(r->done->tool, "HassClimateSetTemperature") == 0 &&
           add_number(r->call, "temperature", r->attributes, "temperature", r->arena);
}

static bool media_player(struct restoring *r)
{
    if (strncmp(r->done->tool, "HassSetVolume", strlen("HassSetVolume")) == 0) {
        r->call->tool = "HassSetVolume";
        return add_number(r->call, "volume_level", r->attributes, "volume_level", r->arena);
    }
    if (is_state(r, "off") || strcmp(r->done->tool, "HassTurnOff") == 0) {
        r->call->tool = is_state(r, "off") ? "HassTurnOff" : "HassTurnOn";
        return r->state[0] != '\0';
    }
    r->call->tool = is_state(r, "playing") ? "HassMediaUnpause" : "HassMediaPause";
    return is_state(r, "playing") || is_state(r, "paused");
}

static const struct {
    const char *domain;
    bool (*restore)(struct restoring *restoring);
} table[] = {
    {"light", light},
    {"switch", by_switch},
    {"input_boolean", by_switch},
    {"automation", by_switch},
    {"siren", by_switch},
    {"fan", fan},
    {"cover", cover},
    {"valve", cover},
    {"lock", lock},
    {"climate", climate},
    {"media_player", media_player},
};

typedef bool restore_fn(struct restoring *restoring);

/* NULL: what was done to such things cannot be undone. */
static restore_fn *restorer_of(const char *domain)
{
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
        if (strcmp(table[i].domain, domain) == 0)
            return table[i].restore;
    return NULL;
}

/* ---- groups ---- */

/* The action among those from `first` on that does this, a new one, or NULL: calls that differ in nothing are
 * one action for several entities. */
static struct action *action_for(
    struct utterance *utterance, size_t first, const struct home_call *call, const char *domain, size_t room)
{
    for (size_t i = first; i < utterance->action_count; i++) {
        struct action *action = &utterance->actions[i];
        if (action->resolved.count && call_equal(&action->call, call) &&
            strcmp(action->resolved.entities[0].domain, domain) == 0)
            return action;
    }
    struct action *action = plan_add(utterance, NULL);
    if (!action)
        return NULL;
    action->call = *call;
    action->restores = true;
    action->resolved = (struct resolved){.outcome = RESOLVE_OK, .missing = ""};
    action->resolved.entities = san_arena_alloc(utterance->arena, room * sizeof(struct home_entity));
    return action->resolved.entities ? action : NULL;
}

static bool is_commanded(const struct utterance *utterance, size_t actions, int64_t id)
{
    for (size_t i = 0; i < actions; i++)
        for (size_t j = 0; j < utterance->actions[i].resolved.count; j++)
            if (utterance->actions[i].resolved.entities[j].id == id)
                return true;
    return false;
}

/* Names what it was for, as the call did that is undone: for the reply and the log. */
static bool name_target(struct home_call *call, const struct home_call *done, struct san_arena *arena)
{
    static const char *const slots[] = {"name", "area", "floor", "domain", "device_class"};
    for (size_t i = 0; i < sizeof(slots) / sizeof(*slots); i++) {
        const char *text = home_call_text(done, slots[i]);
        if (text && !add_text(call, slots[i], san_arena_strndup(arena, text, strlen(text))))
            return false;
    }
    return true;
}

static bool is_as_before(const struct deed *deed, const struct home_entity *entity)
{
    return strcmp(deed->state, entity->state) == 0 && strcmp(deed->attributes, entity->attributes) == 0;
}

bool undo_entity(const struct home_entity *entity, const struct home_call *done, struct san_arena *arena,
    struct home_call *out)
{
    restore_fn *restore = restorer_of(entity->domain);
    *out = (struct home_call){.tool = ""};
    if (!restore)
        return false;
    cJSON *attributes = cJSON_Parse(entity->attributes);
    struct restoring restoring = {
        .state = entity->state, .attributes = attributes, .done = done, .arena = arena, .call = out};
    bool told = restore(&restoring);
    cJSON_Delete(attributes);
    return told;
}

/* True if the entity is as it was before, or an action will see to that. */
static bool undo_deed(struct hearthd *daemon, struct utterance *utterance, const struct recollection *last,
    const struct deed *deed, size_t first)
{
    struct home_entity *entity;
    size_t count;
    const struct reg_filter filter = {.id = deed->entity_id, .exposed_only = true};
    if (reg_entities(daemon->registry, &filter, utterance->arena, &entity, &count, NULL) != SAN_OK || !count)
        return false;
    inventory_refresh(daemon->inventory, entity, utterance->arena);
    if (is_as_before(deed, entity))
        return restorer_of(entity->domain) != NULL;
    const char *state = san_arena_strndup(utterance->arena, deed->state, strlen(deed->state));
    const struct home_entity before = {
        .domain = entity->domain, .state = state ? state : "", .attributes = deed->attributes};
    const struct home_call *done = &last->calls[deed->call];
    struct home_call call;
    bool told =
        undo_entity(&before, done, utterance->arena, &call) && name_target(&call, done, utterance->arena);
    struct action *action =
        told ? action_for(utterance, first, &call, entity->domain, last->deed_count) : NULL;
    if (!action)
        return false;
    action->resolved.entities[action->resolved.count++] = *entity;
    return true;
}

/* ---- timers, lists ---- */

static bool is_running(struct hearthd *daemon, struct utterance *utterance, int64_t id)
{
    struct reg_timer *rows;
    size_t count = 0;
    reg_timers(daemon->registry, utterance->arena, &rows, &count, NULL);
    for (size_t i = 0; i < count; i++)
        if (rows[i].id == id)
            return true;
    return false;
}

/* One that has ended meanwhile is over. */
static void undo_timer(struct hearthd *daemon, struct utterance *utterance, int64_t id)
{
    struct action *action = is_running(daemon, utterance, id) ? plan_add(utterance, NULL) : NULL;
    if (!action)
        return;
    action->call = (struct home_call){.tool = "HassCancelTimer"};
    action->timer_id = id;
    action->restores = true;
}

/* What its commands took from a timer is a timer of its own then, due when that was. */
static void undo_superseding(struct utterance *utterance, const struct reg_timer *timer)
{
    struct action *action = plan_add(utterance, NULL);
    struct reg_timer *copy = action ? san_arena_alloc(utterance->arena, sizeof(*copy)) : NULL;
    if (!action)
        return;
    action->restores = true;
    if (!copy) {
        plan_fail(action, "out of memory");
        return;
    }
    *copy = *timer;
    copy->name = utterance_print(utterance, "%s", timer->name);
    copy->area = utterance_print(utterance, "%s", timer->area);
    copy->command = utterance_print(utterance, "%s", timer->command);
    copy->calls = utterance_print(utterance, "%s", timer->calls);
    action->revives = copy;
    action->call = (struct home_call){.tool = "HassStartTimer", .arg_count = 1};
    action->call.args[0] = (struct home_arg){.slot = "conversation_command", .text = copy->command};
}

/* A call without entities that is undone by another one. */
static bool undo_call(struct utterance *utterance, const struct home_call *done)
{
    static const char *const pairs[][2] = {
        {"HassPauseTimer", "HassUnpauseTimer"},
        {"HassUnpauseTimer", "HassPauseTimer"},
        {"HassIncreaseTimer", "HassDecreaseTimer"},
        {"HassDecreaseTimer", "HassIncreaseTimer"},
        {"HassListAddItem", "HassListCompleteItem"},
        {"HassListCompleteItem", "HassListAddItem"},
        {"HassShoppingListAddItem", "HassShoppingListCompleteItem"},
        {"HassShoppingListCompleteItem", "HassShoppingListAddItem"},
    };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
        if (strcmp(pairs[i][0], done->tool) != 0)
            continue;
        struct action *action = plan_add(utterance, NULL);
        if (!action || !call_copy(&action->call, done, utterance->arena))
            return false;
        action->restores = true;
        action->call.tool = pairs[i][1];
        return true;
    }
    return false;
}

bool undo_plan(
    struct hearthd *daemon, struct utterance *utterance, const struct recollection *last, size_t *lost)
{
    size_t first = utterance->action_count;
    *lost = 0;
    for (size_t i = 0; i < last->call_count; i++)
        undo_call(utterance, &last->calls[i]);
    for (size_t i = 0; i < last->timer_count; i++)
        undo_timer(daemon, utterance, last->timers[i]);
    for (size_t i = 0; i < last->superseded_count; i++)
        undo_superseding(utterance, &last->superseded[i]);
    for (size_t i = 0; i < last->deed_count; i++) {
        if (is_commanded(utterance, first, last->deeds[i].entity_id))
            continue;
        *lost += !undo_deed(daemon, utterance, last, &last->deeds[i], first);
    }
    return utterance->action_count > first;
}
