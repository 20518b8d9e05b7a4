/* lasting.c - see lasting.h. */
#include "lasting.h"

#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "config.h"
#include "evidence.h"
#include "phrases.h"
#include "plan.h"
#include "policy.h"
#include "reply.h"
#include "reread.h"
#include "timers.h"
#include "turn_back.h"
#include "undo.h"
#include "words.h"

enum { TURNS_MAX = 32 }; /* calls of one timer */

/* What is to be done when the time has come. */
struct turning {
    struct hearthd *daemon;
    struct utterance *utterance;
    cJSON *calls;
    struct sentence words;
};

static bool is_one_of(const char *word, const char *list)
{
    size_t len = strlen(word);
    for (const char *p = len ? strstr(list, word) : NULL; p; p = strstr(p + 1, word))
        if (p > list && p[-1] == ' ' && p[len] == ' ')
            return true;
    return false;
}

/* ---- which actions ---- */

/* The last word of the action's names that stands before the duration, counted from 1; 0: none does. */
static size_t last_word(const struct utterance *utterance, const struct action *action)
{
    static const char *const slots[] = {"name", "area", "floor"};
    const struct reading *reading = &utterance->reading;
    uint64_t where = 0;
    for (size_t i = 0; i < sizeof(slots) / sizeof(*slots); i++) {
        const char *text = home_call_text(&action->call, slots[i]);
        where |= text ? evidence_find(&reading->prepared.words, text, utterance->arena).where : 0;
    }
    size_t last = 0;
    for (size_t i = 0; i < reading->lasts_at && i < SAN_WORDS_MAX; i++)
        if (where >> i & 1)
            last = i + 1;
    return last;
}

/* The action that the duration stands behind: of two different ones, only that one lasts. */
static const struct action *nearest(const struct utterance *utterance)
{
    const struct action *found = &utterance->actions[0];
    size_t best = 0, count = plan_count_own(utterance);
    for (size_t i = 0; i < count; i++) {
        size_t last = last_word(utterance, &utterance->actions[i]);
        if (last < best)
            continue;
        best = last;
        found = &utterance->actions[i];
    }
    return best ? found : NULL;
}

static bool lasts(const struct utterance *utterance, const struct action *action)
{
    const struct action *near = nearest(utterance);
    return !near || strcmp(near->call.tool, action->call.tool) == 0;
}

/* ---- turning back ---- */

/* Can it be turned off again, or on? Not a scene, nor a button. */
static bool has_counterpart(const struct home_entity *entity)
{
    return is_one_of(entity->domain,
        " light switch fan input_boolean siren automation media_player climate water_heater humidifier cover "
        "valve vacuum lawn_mower ");
}

/* A lock, an alarm, a door: nobody may be there. */
static bool is_guarded(const struct home_entity *entity)
{
    return is_one_of(entity->domain, " lock alarm_control_panel ") ||
           (strcmp(entity->domain, "cover") == 0 && is_one_of(entity->device_class, " door garage gate "));
}

/* Is it so already? What is not known counts as no. */
static bool is_so(const struct home_entity *entity, const char *tool)
{
    const char *state = entity->state;
    bool off = is_one_of(state, " off closed idle standby docked ");
    if (strcmp(tool, "HassTurnOn") == 0)
        return state[0] && !off;
    return strcmp(tool, "HassTurnOff") == 0 && off;
}

/* What is off already stays off. Of several things those are turned off again that were not on before; if all
 * were, the command is meant for all. */
static bool changes(const struct action *action, const struct home_entity *entity)
{
    const char *tool = action->call.tool;
    if (!is_so(entity, tool))
        return true;
    for (size_t i = 0; i < action->resolved.count; i++)
        if (!is_so(&action->resolved.entities[i], tool))
            return false;
    return strcmp(tool, "HassTurnOff") != 0;
}

static bool turn_entity(struct turning *turning, const struct action *action,
    const struct home_entity *entity, struct home_call *call)
{
    const char *tool = turn_back_counterpart(action->call.tool);
    if (tool) {
        *call = (struct home_call){.tool = tool};
        return has_counterpart(entity);
    }
    return undo_entity(entity, &action->call, turning->utterance->arena, call);
}

static void add_words(struct turning *turning, const struct action *action, struct home_entity **entities,
    size_t count, const struct home_call *call)
{
    const struct phrases *phrases = turning->daemon->phrases;
    if (turning->words.len)
        sentence_add(&turning->words, phrases_get(phrases, "words", "and"));
    sentence_add(&turning->words,
        turn_back_words(phrases, turning->utterance->arena, &action->call, entities, count, call));
}

/* What is for so long already goes back to how it was before that: a colour beside the brightness, too. */
static void keep_older(struct home_call *call, const struct home_call *older)
{
    if (strcmp(call->tool, older->tool) != 0) {
        *call = *older;
        return;
    }
    for (size_t i = 0; i < older->arg_count; i++) {
        size_t at = 0;
        while (at < call->arg_count && strcmp(call->args[at].slot, older->args[i].slot) != 0)
            at++;
        if (at == HOME_ARGS_MAX)
            continue;
        call->args[at] = older->args[i];
        call->arg_count += at == call->arg_count;
    }
}

/* NULL, or the key of the phrase that says why it cannot be for a time. */
static const char *turn_back(struct turning *turning, const struct action *action)
{
    struct hearthd *daemon = turning->daemon;
    size_t count = 0;
    struct home_call call = {.tool = ""};
    struct home_entity **turned = san_arena_alloc(
        turning->utterance->arena, (action->resolved.count + 1) * sizeof(struct home_entity *));
    for (size_t i = 0; turned && i < action->resolved.count; i++) {
        struct home_entity *entity = &action->resolved.entities[i];
        if (is_guarded(entity))
            return "lasting_guarded";
        struct home_call older;
        bool lasts_already =
            turn_back_pending(daemon, turning->utterance->arena, entity, action->call.tool, &older);
        if (!lasts_already && !changes(action, entity))
            continue;
        if (!turn_entity(turning, action, entity, &call))
            return "lasting_unknown";
        if (lasts_already)
            keep_older(&call, &older);
        if (policy_check(daemon->config, &call, entity, 1, false) != POLICY_ALLOW)
            return "lasting_guarded";
        turn_back_add(turning->calls, &call, entity, &action->call);
        turned[count++] = entity;
    }
    if (cJSON_GetArraySize(turning->calls) > TURNS_MAX)
        return "lasting_many";
    if (count)
        add_words(turning, action, turned, count, &call);
    return NULL;
}

/* ---- the timer ---- */

static bool put_amount(struct utterance *utterance, struct home_call *call, const char *slot, int64_t amount)
{
    const char *text = utterance_print(utterance, "%lld", (long long)amount);
    if (amount)
        call->args[call->arg_count++] =
            (struct home_arg){.slot = slot, .text = text, .number = (double)amount, .is_number = true};
    return text[0];
}

static bool add_timer(struct turning *turning)
{
    struct utterance *utterance = turning->utterance;
    int64_t seconds = utterance->reading.lasts_s;
    struct action *action = plan_add(utterance, NULL);
    char *calls = action ? cJSON_PrintUnformatted(turning->calls) : NULL;
    if (!calls)
        return false;
    action->restores = true;
    action->call = (struct home_call){.tool = "HassStartTimer"};
    action->turned_back = utterance_print(utterance, "%s", calls);
    free(calls);
    if (!put_amount(utterance, &action->call, "hours", seconds / 3600) ||
        !put_amount(utterance, &action->call, "minutes", seconds / 60 % 60) ||
        !put_amount(utterance, &action->call, "seconds", seconds % 60))
        return false;
    action->call.args[action->call.arg_count++] = (struct home_arg){
        .slot = "conversation_command", .text = utterance_print(utterance, "%s", turning->words.text)};
    plan_show_calls(utterance);
    return action->turned_back[0];
}

static void refuse(struct hearthd *daemon, struct action *action, const char *key)
{
    plan_hold_back(action, REFUSAL_POLICY, "for a time only");
    action->answer = phrases_get(daemon->phrases, "timers", key);
}

static const char *impossible(const struct utterance *utterance)
{
    if (utterance->understand_only)
        return "lasting_not_here"; /* who asked knows of no such thing */
    return utterance->reading.lasts_s > TIMERS_LONGEST_S ? "bad_length" : NULL;
}

static void plan_action(struct turning *turning, struct action *action, const char *words)
{
    bool planned = action->outcome == OUTCOME_PENDING || action->refusal == REFUSAL_QUESTION;
    if (!planned || answer_kind(action->call.tool) != ANSWER_COMMAND || !lasts(turning->utterance, action))
        return;
    int before = cJSON_GetArraySize(turning->calls);
    const char *why = impossible(turning->utterance);
    if (!why)
        why = turn_back(turning, action);
    if (why)
        refuse(turning->daemon, action, why);
    else if (cJSON_GetArraySize(turning->calls) > before)
        action->lasts = words;
}

void lasting_plan(struct hearthd *daemon, struct utterance *utterance)
{
    if (!utterance->reading.lasts_s || !utterance->action_count)
        return;
    struct turning turning = {.daemon = daemon, .utterance = utterance, .calls = cJSON_CreateArray()};
    const char *words = timers_duration(daemon->phrases, utterance->arena, utterance->reading.lasts_s * 1000);
    size_t count = plan_count_own(utterance);
    for (size_t i = 0; i < count; i++)
        plan_action(&turning, &utterance->actions[i], words);
    bool good = reread_later(utterance) || !turning.words.len || add_timer(&turning);
    for (size_t i = 0; !good && i < count; i++)
        if (utterance->actions[i].lasts)
            plan_fail(&utterance->actions[i], "out of memory");
    cJSON_Delete(turning.calls);
}

/* ---- what came of it ---- */

static struct action *timer_of(struct utterance *utterance)
{
    for (size_t i = 0; i < utterance->action_count; i++)
        if (utterance->actions[i].turned_back)
            return &utterance->actions[i];
    return NULL;
}

void lasting_check(struct utterance *utterance)
{
    const struct action *timer = timer_of(utterance);
    if (!timer || timer->outcome == OUTCOME_DONE || timer->outcome == OUTCOME_DRY_RUN)
        return;
    for (size_t i = 0; i < utterance->action_count; i++) {
        if (!utterance->actions[i].lasts || utterance->actions[i].outcome != OUTCOME_PENDING)
            continue;
        plan_hold_back(&utterance->actions[i], REFUSAL_DEVICE, "the timer could not be started");
        utterance->actions[i].answer = ""; /* the timer says why */
    }
}

void lasting_settle(struct hearthd *daemon, struct utterance *utterance)
{
    struct action *timer = timer_of(utterance);
    bool all_done = true, any_done = false;
    for (size_t i = 0; timer && i < utterance->action_count; i++) {
        const struct action *action = &utterance->actions[i];
        if (!action->lasts)
            continue;
        all_done = all_done && (action->outcome == OUTCOME_DONE || action->outcome == OUTCOME_DRY_RUN);
        any_done = any_done || (action->outcome != OUTCOME_REFUSED && action->outcome != OUTCOME_FAILED);
    }
    if (!timer || timer->outcome == OUTCOME_REFUSED || timer->outcome == OUTCOME_FAILED)
        return;
    if (!any_done && timer->timer_id)
        timers_drop(daemon->timers, timer->timer_id);
    if (all_done || !any_done)
        timer->answer = "";
}
