/* memory.c - see memory.h. */
#include "memory.h"

#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "daemon/call_domain.h"
#include "plan.h"

enum { ARENA_BLOCK = 4096, ARENA_LIMIT = 4 << 20 };

/* One utterance. */
struct trace {
    struct san_arena *arena; /* holds all that follows; NULL: free */
    const char *dialogue, *area;
    struct recollection what;
    bool did;  /* something that might be undone */
    bool open; /* was it meant? Nobody has said yet */
    uint64_t deadline;
};

struct place {
    struct trace last;
    struct trace before;                /* what was last before that was asked; only while it is open */
    struct trace done[MEMORY_UNDO_MAX]; /* before it, and did something; the latest first */
};

struct memory {
    struct place place[MEMORY_MAX];
};

struct memory *memory_new(void)
{
    return calloc(1, sizeof(struct memory));
}

static void clear_trace(struct trace *trace)
{
    san_arena_free(trace->arena);
    *trace = (struct trace){0};
}

static void clear(struct place *place)
{
    clear_trace(&place->last);
    clear_trace(&place->before);
    for (size_t i = 0; i < MEMORY_UNDO_MAX; i++)
        clear_trace(&place->done[i]);
}

void memory_free(struct memory *memory)
{
    for (size_t i = 0; memory && i < MEMORY_MAX; i++)
        clear(&memory->place[i]);
    free(memory);
}

static bool is_of(const struct trace *trace, const struct utterance *utterance)
{
    return trace->arena && strcmp(trace->dialogue, utterance->dialogue) == 0 &&
           strcmp(trace->area, utterance->asked_area) == 0;
}

static struct place *find(struct memory *memory, const struct utterance *utterance)
{
    for (size_t i = 0; i < MEMORY_MAX; i++) {
        struct place *place = &memory->place[i];
        if (is_of(&place->last, utterance) || is_of(&place->done[0], utterance))
            return place;
    }
    return NULL;
}

/* A free place has deadline 0, so it is the oldest. */
static struct place *oldest(struct memory *memory)
{
    struct place *found = &memory->place[0];
    for (size_t i = 1; i < MEMORY_MAX; i++)
        if (memory->place[i].last.deadline < found->last.deadline)
            found = &memory->place[i];
    return found;
}

/* What was done before the last utterance is kept as long as that one. */
static void push(struct place *place)
{
    if (place->last.did) {
        clear_trace(&place->done[MEMORY_UNDO_MAX - 1]);
        memmove(&place->done[1], &place->done[0], (MEMORY_UNDO_MAX - 1) * sizeof(place->done[0]));
        place->done[0] = place->last;
        place->last = (struct trace){0};
    }
    clear_trace(&place->last);
}

/* A yes is read as the sentence was that it answers, before the same. */
static void put_aside(struct place *place, uint64_t deadline)
{
    place->before = place->last;
    place->last = (struct trace){0};
    if (place->before.arena)
        place->before.deadline = deadline;
}

/* Ends what is open. */
static void answer(struct place *place)
{
    if (!place->last.open)
        return;
    clear_trace(&place->last);
    place->last = place->before;
    place->before = (struct trace){0};
}

/* ---- what is worth remembering ---- */

static bool was_carried_out(const struct action *action)
{
    return action->outcome == OUTCOME_DONE || action->outcome == OUTCOME_SENT ||
           action->outcome == OUTCOME_SILENT || action->outcome == OUTCOME_UNDERSTOOD ||
           action->outcome == OUTCOME_DRY_RUN;
}

static bool asks_whether_meant(const struct action *action)
{
    return action->asks && action->refusal == REFUSAL_QUESTION;
}

/* A question of ours whose answer completes the utterance. */
static bool asks(const struct action *action)
{
    return action->outcome == OUTCOME_REFUSED &&
           (action->refusal == REFUSAL_AMBIGUOUS || action->refusal == REFUSAL_UNMATCHED ||
               asks_whether_meant(action));
}

static bool is_about_home(const struct action *action)
{
    switch (answer_kind(action->call.tool)) {
    case ANSWER_COMMAND:
    case ANSWER_STATE:
    case ANSWER_TEMPERATURE:
    case ANSWER_TIMERS:
    case ANSWER_LISTS:
        return true;
    case ANSWER_WEATHER:
    case ANSWER_TIME:
    case ANSWER_DATE:
    case ANSWER_RESPOND:
    case ANSWER_NEVERMIND:
    case ANSWER_BROADCAST:
        break;
    }
    return false;
}

static bool is_worth(const struct utterance *utterance)
{
    for (size_t i = 0; i < utterance->action_count; i++) {
        const struct action *action = &utterance->actions[i];
        if (is_about_home(action) && (was_carried_out(action) || asks(action)))
            return true;
    }
    return false;
}

/* Questions and refusals leave what was done before them to be undone. */
static bool did_something(const struct utterance *utterance)
{
    for (size_t i = 0; i < utterance->action_count; i++) {
        const struct action *action = &utterance->actions[i];
        enum answer_kind kind = answer_kind(action->call.tool);
        if ((kind == ANSWER_COMMAND || kind == ANSWER_TIMERS || kind == ANSWER_LISTS) &&
            strcmp(action->call.tool, "HassTimerStatus") != 0 && was_carried_out(action) &&
            action->outcome != OUTCOME_DRY_RUN)
            return true;
    }
    return false;
}

static bool is_open(const struct utterance *utterance)
{
    for (size_t i = 0; i < utterance->action_count; i++)
        if (asks_whether_meant(&utterance->actions[i]))
            return true;
    return false;
}

/* ---- copying ---- */

static const char *copy_text(struct san_arena *arena, const char *text)
{
    const char *copy = san_arena_strndup(arena, text ? text : "", text ? strlen(text) : 0);
    return copy ? copy : "";
}

static size_t count_deeds(const struct utterance *utterance)
{
    size_t count = 0;
    for (size_t i = 0; i < utterance->action_count; i++)
        count += utterance->actions[i].target_count;
    return count;
}

static bool was_commanded(const struct target *target)
{
    return target->outcome == OUTCOME_DONE || target->outcome == OUTCOME_SENT ||
           target->outcome == OUTCOME_SILENT;
}

static bool copy_deeds(struct san_arena *arena, struct recollection *out, const struct utterance *utterance)
{
    struct deed *deeds = san_arena_alloc(arena, (count_deeds(utterance) + 1) * sizeof(*deeds));
    if (!deeds)
        return false;
    for (size_t i = 0; i < utterance->action_count && !utterance->actions[i].restores; i++) {
        for (size_t j = 0; j < utterance->actions[i].target_count; j++) {
            const struct target *target = &utterance->actions[i].targets[j];
            if (!was_commanded(target))
                continue;
            deeds[out->deed_count++] = (struct deed){.entity_id = target->entity->id,
                .call = i,
                .state = copy_text(arena, target->before),
                .attributes = copy_text(arena, target->attributes_before)};
        }
    }
    out->deeds = deeds;
    return true;
}

static bool copy_calls(struct san_arena *arena, struct recollection *out, const struct utterance *utterance)
{
    size_t size = plan_count_own(utterance);
    struct home_call *calls = san_arena_alloc(arena, size * sizeof(*calls));
    const char **kinds = san_arena_alloc(arena, size * sizeof(*kinds));
    if (!calls || !kinds)
        return false;
    for (size_t i = 0; i < size; i++) {
        const struct action *action = &utterance->actions[i];
        if (!call_copy(&calls[i], &action->call, arena))
            return false;
        kinds[i] = copy_text(arena, action->said->kind);
        out->asked = out->asked || asks(action);
        if (action->refusal == REFUSAL_UNMATCHED)
            out->missing = copy_text(arena, action->detail);
    }
    const struct home_call *put_off = &utterance->rereading.put_off;
    if (put_off->tool && !call_copy(&out->put_off, put_off, arena))
        return false;
    out->calls = calls;
    out->kinds = kinds;
    out->call_count = size;
    return true;
}

static bool copy_timers(struct san_arena *arena, struct recollection *out, const struct utterance *utterance)
{
    int64_t *timers = san_arena_alloc(arena, (utterance->action_count + 1) * sizeof(*timers));
    for (size_t i = 0; timers && i < utterance->action_count; i++) {
        const struct action *action = &utterance->actions[i];
        if (action->timer_id && strcmp(action->call.tool, "HassStartTimer") == 0)
            timers[out->timer_count++] = action->timer_id;
    }
    out->timers = timers;
    return timers;
}

static bool copy_superseded(
    struct san_arena *arena, struct recollection *out, const struct utterance *utterance)
{
    size_t count = utterance->superseded_count;
    struct reg_timer *timers = san_arena_alloc(arena, (count + 1) * sizeof(*timers));
    for (size_t i = 0; timers && i < count; i++) {
        timers[i] = utterance->superseded[i];
        timers[i].name = copy_text(arena, timers[i].name);
        timers[i].area = copy_text(arena, timers[i].area);
        timers[i].command = copy_text(arena, timers[i].command);
        timers[i].calls = copy_text(arena, timers[i].calls);
    }
    out->superseded = timers;
    out->superseded_count = count;
    return timers;
}

static bool fill(struct trace *trace, const struct utterance *utterance, const char *sentence)
{
    trace->dialogue = copy_text(trace->arena, utterance->dialogue);
    trace->area = copy_text(trace->arena, utterance->asked_area);
    trace->did = did_something(utterance);
    trace->what = (struct recollection){.text = copy_text(trace->arena, sentence),
        .except = copy_text(trace->arena, utterance->reading.except.text),
        .missing = ""};
    return copy_calls(trace->arena, &trace->what, utterance) &&
           copy_deeds(trace->arena, &trace->what, utterance) &&
           copy_timers(trace->arena, &trace->what, utterance) &&
           copy_superseded(trace->arena, &trace->what, utterance);
}

void memory_put(
    struct memory *memory, const struct utterance *utterance, const char *sentence, uint64_t deadline)
{
    if (!is_worth(utterance))
        return;
    struct place *place = find(memory, utterance);
    bool open = is_open(utterance);
    if (place)
        answer(place);
    else
        clear(place = oldest(memory));
    if (open)
        put_aside(place, deadline);
    else
        push(place);
    place->last.arena = san_arena_new(ARENA_BLOCK, ARENA_LIMIT);
    place->last.deadline = deadline;
    place->last.open = open;
    if (!place->last.arena || !fill(&place->last, utterance, sentence))
        clear(place);
}

const struct recollection *memory_get(struct memory *memory, const struct utterance *utterance, uint64_t now)
{
    const struct place *place = find(memory, utterance);
    return place && place->last.arena && place->last.deadline > now ? &place->last.what : NULL;
}

void memory_answered(struct memory *memory, const struct utterance *utterance)
{
    struct place *place = find(memory, utterance);
    if (place)
        answer(place);
}

static struct trace *last_done(struct place *place)
{
    if (place->before.did)
        return &place->before;
    return place->last.did ? &place->last : &place->done[0];
}

const struct recollection *memory_done(struct memory *memory, const struct utterance *utterance, uint64_t now)
{
    struct place *place = find(memory, utterance);
    const struct trace *trace = place ? last_done(place) : NULL;
    return trace && trace->arena && trace->deadline > now ? &trace->what : NULL;
}

void memory_undone(struct memory *memory, const struct utterance *utterance)
{
    struct place *place = find(memory, utterance);
    if (!place)
        return;
    answer(place);
    struct trace *trace = last_done(place);
    clear_trace(trace);
    if (trace == &place->last)
        return;
    memmove(&place->done[0], &place->done[1], (MEMORY_UNDO_MAX - 1) * sizeof(place->done[0]));
    place->done[MEMORY_UNDO_MAX - 1] = (struct trace){0};
    clear_trace(&place->last);
}
