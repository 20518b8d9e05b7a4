/* turn_back.c - see turn_back.h. */
#include "turn_back.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/calls_json.h"
#include "devices/timers.h"
#include "inventory.h"
#include "log.h"
#include "phrases.h"
#include "wording.h"
#include "words.h"

/* What one utterance takes from the timers. */
struct taking {
    struct hearthd *daemon;
    struct utterance *utterance;
    const struct reg_timer *timer;
};

const char *turn_back_counterpart(const char *tool)
{
    static const char *const pairs[][2] = {{"HassTurnOn", "HassTurnOff"}, {"HassTurnOff", "HassTurnOn"},
        {"HassMediaPause", "HassMediaUnpause"}, {"HassMediaUnpause", "HassMediaPause"},
        {"HassMediaPlayerMute", "HassMediaPlayerUnmute"}, {"HassMediaPlayerUnmute", "HassMediaPlayerMute"},
        {"HassVacuumStart", "HassVacuumReturnToBase"}, {"HassLawnMowerStartMowing", "HassLawnMowerDock"}};
    for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
        if (strcmp(pairs[i][0], tool) == 0)
            return pairs[i][1];
    return NULL;
}

/* ---- the calls ---- */

static const char *text_of(const cJSON *object, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
    return text ? text : "";
}

/* The tool whose work the call takes back; "" in a timer of an older hearth. */
static const char *done_by(const cJSON *call)
{
    return text_of(call, "after");
}

static const char *entity_of(const cJSON *call)
{
    return text_of(cJSON_GetObjectItemCaseSensitive(call, "arguments"), "entity_id");
}

static void add_item(cJSON *array, cJSON *item)
{
    if (!cJSON_AddItemToArray(array, item))
        cJSON_Delete(item);
}

void turn_back_add(
    cJSON *calls, struct home_call *call, const struct home_entity *entity, const struct home_call *done)
{
    if (call->arg_count < HOME_ARGS_MAX)
        call->args[call->arg_count++] = (struct home_arg){.slot = "entity_id", .text = entity->entity_id};
    cJSON *json = call_to_json(call);
    cJSON_AddStringToObject(json, "after", done->tool);
    add_item(calls, json);
}

const char *turn_back_words(const struct phrases *phrases, struct san_arena *arena,
    const struct home_call *done, struct home_entity *const *entities, size_t count,
    const struct home_call *call)
{
    const char *target = wording_target(phrases, arena, done, entities, count);
    const struct phrase_var vars[] = {{"target", target}, {0}};
    if (turn_back_counterpart(done->tool))
        return phrases_of_tool(phrases, call, entities[0]->domain, "do", arena, target);
    return phrases_fill(phrases, "timers", "turn_back", arena, vars, NULL);
}

/* ---- what is pending ---- */

static void drop_target(struct home_call *call)
{
    size_t kept = 0;
    for (size_t i = 0; i < call->arg_count; i++)
        if (strcmp(call->args[i].slot, "entity_id") != 0)
            call->args[kept++] = call->args[i];
    call->arg_count = kept;
}

static bool find_pending(const cJSON *calls, struct san_arena *arena, const char *entity_id, const char *tool,
    struct home_call *out)
{
    struct home_call *read;
    size_t count, at = 0;
    if (calls_from_json(calls, "timers", arena, &read, &count, NULL) != SAN_OK)
        return false;
    const cJSON *call;
    cJSON_ArrayForEach(call, calls)
    {
        if (strcmp(entity_of(call), entity_id) == 0 && strcmp(done_by(call), tool) == 0) {
            *out = read[at];
            drop_target(out);
            return true;
        }
        at++;
    }
    return false;
}

bool turn_back_pending(struct hearthd *daemon, struct san_arena *arena, const struct home_entity *entity,
    const char *tool, struct home_call *out)
{
    struct reg_timer *rows;
    size_t count = 0;
    bool found = false;
    reg_timers(daemon->registry, arena, &rows, &count, NULL);
    for (size_t i = 0; i < count && !found; i++) {
        cJSON *calls = rows[i].calls[0] ? cJSON_Parse(rows[i].calls) : NULL;
        found = calls && find_pending(calls, arena, entity->entity_id, tool, out);
        cJSON_Delete(calls);
    }
    return found;
}

/* ---- what is replaced ---- */

/* Tools that change how a thing is on, not whether it is. */
static bool only_adjusts(const char *tool)
{
    static const char *const tools[] = {"HassLightSet", "HassFanSetSpeed", "HassClimateSetTemperature",
        "HassHumidifierSetpoint", "HassHumidifierMode", "HassSetVolume", "HassSetVolumeRelative",
        "HassMediaNext", "HassMediaPrevious", "HassMediaPause", "HassMediaUnpause", "HassMediaPlayerMute",
        "HassMediaPlayerUnmute", "HassMediaSearchAndPlay"};
    for (size_t i = 0; i < sizeof(tools) / sizeof(*tools); i++)
        if (strcmp(tools[i], tool) == 0)
            return true;
    return false;
}

/* The volume can be set and stepped. */
static bool same_kind(const char *a, const char *b)
{
    static const char volume[] = "HassSetVolume";
    size_t len = strlen(volume);
    return strcmp(a, b) == 0 || (strncmp(a, volume, len) == 0 && strncmp(b, volume, len) == 0);
}

static bool replaces(const char *tool, const cJSON *call)
{
    return !only_adjusts(tool) || same_kind(tool, done_by(call)) || same_kind(tool, text_of(call, "name"));
}

/* "On for an hour", and meanwhile "off for 5 minutes": it goes on afterwards, and off in the end. */
static bool is_within(const struct taking *taking, const struct action *action, const cJSON *call)
{
    int64_t end_ms = taking->utterance->time_ms + taking->utterance->reading.lasts_s * 1000;
    return action->lasts && strcmp(action->call.tool, text_of(call, "name")) == 0 &&
           strcmp(action->call.tool, done_by(call)) != 0 && taking->timer->end_ms > end_ms;
}

static bool was_commanded(const struct target *target)
{
    return target->outcome == OUTCOME_DONE || target->outcome == OUTCOME_SENT ||
           target->outcome == OUTCOME_SILENT;
}

static bool is_replaced_by(const struct taking *taking, const struct action *action, const cJSON *call)
{
    if (!replaces(action->call.tool, call) || is_within(taking, action, call))
        return false;
    for (size_t i = 0; i < action->target_count; i++)
        if (was_commanded(&action->targets[i]) &&
            strcmp(action->targets[i].entity->entity_id, entity_of(call)) == 0)
            return true;
    return false;
}

static bool is_replaced(const struct taking *taking, const cJSON *call)
{
    for (size_t i = 0; i < taking->utterance->action_count; i++)
        if (is_replaced_by(taking, &taking->utterance->actions[i], call))
            return true;
    return false;
}

/* ---- a part of a timer ---- */

/* How many calls from this one on are of one kind, and their entities; those of them that are gone are left
 * out. */
static size_t gather(struct taking *taking, const cJSON *first, struct home_entity **entities, size_t *count)
{
    size_t taken = 0;
    for (const cJSON *call = first; call; call = call->next, taken++) {
        struct home_entity *found;
        size_t rows = 0;
        if (strcmp(text_of(call, "name"), text_of(first, "name")) != 0 ||
            strcmp(done_by(call), done_by(first)) != 0)
            break;
        const struct reg_filter filter = {.entity_id = entity_of(call)};
        reg_entities(taking->daemon->registry, &filter, taking->utterance->arena, &found, &rows, NULL);
        if (rows)
            entities[(*count)++] = found;
    }
    return taken;
}

/* "turn off Ceiling fan and turn on 2 lights": what these calls do. */
static const char *words_of(struct taking *taking, const cJSON *calls)
{
    const struct phrases *phrases = taking->daemon->phrases;
    struct san_arena *arena = taking->utterance->arena;
    struct sentence words = {.len = 0};
    struct home_entity **entities =
        san_arena_alloc(arena, (size_t)cJSON_GetArraySize(calls) * sizeof(struct home_entity *));
    const cJSON *first = entities ? calls->child : NULL;
    while (first) {
        size_t count = 0, taken = gather(taking, first, entities, &count);
        const struct home_call done = {.tool = done_by(first)}, call = {.tool = text_of(first, "name")};
        if (count && words.len)
            sentence_add(&words, phrases_get(phrases, "words", "and"));
        if (count)
            sentence_add(&words, turn_back_words(phrases, arena, &done, entities, count, &call));
        while (taken--)
            first = first->next;
    }
    return words.len ? utterance_print(taking->utterance, "%s", words.text) : taking->timer->command;
}

/* The timer with these of its calls alone; command "": out of memory. */
static struct reg_timer part_of(struct taking *taking, const cJSON *calls)
{
    struct reg_timer part = *taking->timer;
    char *text = cJSON_PrintUnformatted(calls);
    part.calls = utterance_print(taking->utterance, "%s", text ? text : "");
    part.command = part.calls[0] ? words_of(taking, calls) : "";
    free(text);
    return part;
}

static enum san_status write_part(struct taking *taking, const cJSON *kept, struct san_error *err)
{
    struct registry *registry = taking->daemon->registry;
    struct reg_timer part = part_of(taking, kept);
    if (!cJSON_GetArraySize(kept))
        return reg_timer_remove(registry, part.id, err);
    return part.command[0] ? reg_timer_put(registry, &part, err) : san_fail(err, SAN_ENOMEM, "out of memory");
}

static void remember(struct taking *taking, const cJSON *taken, bool whole)
{
    struct utterance *utterance = taking->utterance;
    struct reg_timer part = part_of(taking, taken);
    part.id = 0;
    if (whole)
        part.command = taking->timer->command;
    if (part.calls[0] && utterance->superseded)
        utterance->superseded[utterance->superseded_count++] = part;
}

static void take_from(struct taking *taking)
{
    struct san_error error = {0};
    cJSON *calls = cJSON_Parse(taking->timer->calls), *kept = cJSON_CreateArray(),
          *taken = cJSON_CreateArray();
    cJSON *call;
    while (kept && taken && (call = cJSON_DetachItemFromArray(calls, 0)))
        add_item(is_replaced(taking, call) ? taken : kept, call);
    if (cJSON_GetArraySize(taken)) {
        if (write_part(taking, kept, &error) == SAN_OK)
            remember(taking, taken, !cJSON_GetArraySize(kept));
        else
            log_error("timer: %s", error.text);
    }
    cJSON_Delete(calls);
    cJSON_Delete(kept);
    cJSON_Delete(taken);
}

static bool any_commanded(const struct utterance *utterance)
{
    for (size_t i = 0; i < utterance->action_count; i++)
        for (size_t j = 0; j < utterance->actions[i].target_count; j++)
            if (was_commanded(&utterance->actions[i].targets[j]))
                return true;
    return false;
}

static bool started_here(const struct utterance *utterance, int64_t id)
{
    for (size_t i = 0; i < utterance->action_count; i++)
        if (utterance->actions[i].timer_id == id)
            return true;
    return false;
}

/* One timer's turning back replaces no other's. */
static bool is_turning_back(const struct utterance *utterance)
{
    return utterance->given_calls && strcmp(utterance->source, "timer") == 0;
}

void turn_back_supersede(struct hearthd *daemon, struct utterance *utterance)
{
    struct reg_timer *rows;
    size_t count = 0;
    if (!any_commanded(utterance) || is_turning_back(utterance))
        return;
    reg_timers(daemon->registry, utterance->arena, &rows, &count, NULL);
    if (!count)
        return;
    inventory_commit(daemon->inventory); /* then each timer is on disk at once */
    utterance->superseded = san_arena_alloc(utterance->arena, count * sizeof(*utterance->superseded));
    for (size_t i = 0; i < count; i++) {
        struct taking taking = {.daemon = daemon, .utterance = utterance, .timer = &rows[i]};
        if (rows[i].calls[0] && !started_here(utterance, rows[i].id))
            take_from(&taking);
    }
}
