/* utterance.c - see utterance.h. */
#include "utterance.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/calls_json.h"
#include "log.h"

enum {
    ARENA_BLOCK = 16384,
    ARENA_LIMIT = 32 << 20, /* a group of ACTION_TARGETS_MAX devices with large configurations, eight times */
};

const char *utterance_state_name(enum utterance_state state)
{
    static const char *const names[UTTERANCE_STATES] = {"received", "prepare", "understand", "validate",
        "resolve", "render", "audit", "publish", "confirm", "reply", "ended"};
    return state < UTTERANCE_STATES ? names[state] : "?";
}

const char *outcome_name(enum outcome outcome)
{
    switch (outcome) {
    case OUTCOME_PENDING:
        return "pending";
    case OUTCOME_DRY_RUN:
        return "dry_run";
    case OUTCOME_UNDERSTOOD:
        return "understood";
    case OUTCOME_DONE:
        return "done";
    case OUTCOME_SENT:
        return "sent";
    case OUTCOME_SILENT:
        return "silent";
    case OUTCOME_REFUSED:
        return "refused";
    case OUTCOME_UNHANDLED:
        return "unhandled";
    case OUTCOME_FAILED:
        return "failed";
    }
    return "?";
}

void utterance_enter_state(struct utterance *utterance, enum utterance_state state)
{
    log_debug("utterance %s: %s -> %s", utterance->id, utterance_state_name(utterance->state),
        utterance_state_name(state));
    utterance->state = state;
    utterance->entered[state] = uv_hrtime();
}

/* ---- life ---- */

/* Ids sort by time and do not repeat within a run: milliseconds and a counter. */
static const char *make_id(struct utterance *utterance)
{
    static unsigned counter;
    return utterance_print(
        utterance, "%08llx-%04x", (unsigned long long)utterance->time_ms, ++counter & 0xffff);
}

static const char *copy_text(struct san_arena *arena, const char *text)
{
    return san_arena_strndup(arena, text ? text : "", text ? strlen(text) : 0);
}

struct utterance *utterance_new(const struct utterance_in *in)
{
    struct utterance *utterance = calloc(1, sizeof(*utterance));
    if (!utterance)
        return NULL;
    utterance->arena = san_arena_new(ARENA_BLOCK, ARENA_LIMIT);
    if (!utterance->arena)
        goto failed;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    utterance->time_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    utterance->text = copy_text(utterance->arena, in->text);
    utterance->source = copy_text(utterance->arena, in->source);
    utterance->asked_area = copy_text(utterance->arena, in->area);
    utterance->id = in->id && in->id[0] ? copy_text(utterance->arena, in->id) : make_id(utterance);
    utterance->dialogue =
        copy_text(utterance->arena, in->dialogue && in->dialogue[0] ? in->dialogue : in->source);
    utterance->given_calls = in->calls ? copy_text(utterance->arena, in->calls) : NULL;
    if (!utterance->text || !utterance->source || (in->calls && !utterance->given_calls) ||
        !utterance->dialogue || !utterance->asked_area || !utterance->id)
        goto failed;
    utterance->area = "";
    utterance->reading.prepared = (struct understand_request){.normalized = "", .area = ""};
    utterance->calls_json = "[]";
    utterance->reply = "";
    utterance->dry_run = in->dry_run;
    utterance->understand_only = in->understand_only;
    utterance->reply_fn = in->reply;
    utterance->reply_data = in->reply_data;
    utterance->entered[UTTERANCE_RECEIVED] = uv_hrtime();
    return utterance;
failed:
    utterance_free(utterance);
    return NULL;
}

void utterance_free(struct utterance *utterance)
{
    if (!utterance)
        return;
    cJSON_Delete(utterance->answers);
    san_arena_free(utterance->arena);
    free(utterance);
}

const char *utterance_print(struct utterance *utterance, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = len < 0 ? NULL : san_arena_alloc(utterance->arena, (size_t)len + 1);
    if (text)
        vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    return text ? text : "";
}

double utterance_ms(const struct utterance *utterance, enum utterance_state from, enum utterance_state to)
{
    uint64_t begin = utterance->entered[from], end = utterance->entered[to];
    return begin && end > begin ? (double)(end - begin) / 1e6 : 0;
}

bool utterance_wants_yes(const struct utterance *utterance)
{
    for (size_t i = 0; i < utterance->action_count; i++)
        if (utterance->actions[i].refusal == REFUSAL_QUESTION)
            return true;
    return false;
}

/* ---- JSON ---- */

static void add_number(cJSON *object, const char *name, double value)
{
    /* three decimals: microseconds, or thousandths of a probability */
    char text[64];
    snprintf(text, sizeof(text), "%.3f", value);
    cJSON_AddRawToObject(object, name, text);
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

static void append_commands(cJSON *list, const struct target *target)
{
    for (size_t i = 0; i < target->rendered.command_count; i++) {
        const struct command *command = &target->rendered.commands[i];
        cJSON *entry = cJSON_CreateObject();
        cJSON_AddStringToObject(entry, "entity_id", target->entity->entity_id);
        cJSON_AddStringToObject(entry, "topic", command->topic);
        cJSON_AddStringToObject(entry, "payload", command->payload);
        append(list, entry);
    }
}

cJSON *utterance_commands(const struct utterance *utterance)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < utterance->action_count; i++)
        for (size_t j = 0; j < utterance->actions[i].target_count; j++)
            append_commands(list, &utterance->actions[i].targets[j]);
    return list;
}

static cJSON *changes(const struct utterance *utterance)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < utterance->action_count; i++) {
        for (size_t j = 0; j < utterance->actions[i].target_count; j++) {
            const struct target *target = &utterance->actions[i].targets[j];
            if (target->outcome != OUTCOME_DONE)
                continue;
            cJSON *entry = cJSON_CreateObject();
            cJSON_AddStringToObject(entry, "entity_id", target->entity->entity_id);
            cJSON_AddStringToObject(entry, "name", target->entity->name);
            cJSON_AddStringToObject(entry, "from", target->before);
            cJSON_AddStringToObject(entry, "to", target->entity->state);
            append(list, entry);
        }
    }
    return list;
}

/* What a yes would do. */
static cJSON *question(const struct utterance *utterance)
{
    cJSON *object = cJSON_CreateObject(), *calls = cJSON_AddArrayToObject(object, "calls");
    for (size_t i = 0; i < utterance->action_count; i++)
        if (utterance->actions[i].refusal == REFUSAL_QUESTION)
            append(calls, call_to_json(&utterance->actions[i].call));
    return object;
}

cJSON *utterance_timings(const struct utterance *utterance)
{
    const struct san_timing timing =
        utterance->reading.network ? utterance->reading.network->timing : (struct san_timing){0};
    uint64_t begin = utterance->entered[UTTERANCE_RECEIVED], now = uv_hrtime();
    bool published = utterance->published_at != 0;
    cJSON *ms = cJSON_CreateObject();
    add_number(ms, "queue", utterance->reading.network ? utterance->job.queue_ms : 0);
    add_number(ms, "normalize", timing.normalize_ms);
    add_number(ms, "shortlist", utterance_ms(utterance, UTTERANCE_PREPARE, UTTERANCE_UNDERSTAND));
    add_number(ms, "encode", timing.encode_ms);
    add_number(ms, "decode", timing.decode_ms);
    add_number(ms, "resolve", utterance_ms(utterance, UTTERANCE_VALIDATE, UTTERANCE_AUDIT));
    add_number(ms, "audit", utterance_ms(utterance, UTTERANCE_AUDIT, UTTERANCE_PUBLISH));
    add_number(ms, "publish", published ? (double)(utterance->published_at - begin) / 1e6 : 0);
    add_number(ms, "confirm", utterance_ms(utterance, UTTERANCE_CONFIRM, UTTERANCE_REPLY));
    add_number(ms, "total", (double)(now - begin) / 1e6);
    return ms;
}

cJSON *utterance_result(const struct utterance *utterance)
{
    cJSON *result = cJSON_CreateObject();
    cJSON_AddStringToObject(result, "id", utterance->id);
    cJSON_AddStringToObject(result, "text", utterance->text);
    cJSON_AddStringToObject(result, "source", utterance->source);
    cJSON_AddStringToObject(result, "area", utterance->area);
    cJSON_AddStringToObject(result, "normalized", utterance->reading.prepared.normalized);
    cJSON_AddRawToObject(result, "calls", utterance->calls_json);
    add_number(result, "confidence", utterance->reading.understood.confidence);
    if (utterance_wants_yes(utterance))
        add(result, "question", question(utterance));
    cJSON_AddStringToObject(result, "outcome", outcome_name(utterance->outcome));
    cJSON_AddStringToObject(result, "reply", utterance->reply);
    add(result, "commands", utterance_commands(utterance));
    add(result, "changes", changes(utterance));
    if (utterance->answers)
        add(result, "answers", cJSON_Duplicate(utterance->answers, true));
    add(result, "ms", utterance_timings(utterance));
    return result;
}
