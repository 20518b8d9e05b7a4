/* pipeline.c - the one file that names every step of an utterance, in order:
 *
 *     received -> prepare (normalize, shortlist) -> understand (worker) -> validate -> resolve -> render ->
 * audit
 *     -> publish -> confirm -> reply -> ended
 *
 * Everything here runs on the loop thread; the two places where an utterance waits are the worker and
 * confirm.c. An utterance that needs no device (a question, a refusal) goes from where it ends straight to
 * reply.
 */
#include "pipeline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "answer.h"
#include "ask.h"
#include "broadcast.h"
#include "config.h"
#include "confirm.h"
#include "daemon/calls_json.h"
#include "devices/registry.h"
#include "hand_over.h"
#include "inventory.h"
#include "lists.h"
#include "log.h"
#include "phrases.h"
#include "policy.h"
#include "reply.h"
#include "report.h"
#include "timers.h"

enum {
    UNDER_WAY_MAX = 256,
    RECENT_IDS = 64,
    TIMES_KEPT = 256,
    NEAREST_MAX = 3,
    MISSING_MAX = 128,
};

struct pipeline {
    struct hearthd *daemon;
    struct confirm *confirm;
    struct ask *ask;
    struct utterance *under_way;
    size_t under_way_count;
    bool stopping;
    uint64_t recent[RECENT_IDS]; /* hashes of ids that callers gave: nothing is done twice */
    size_t recent_next;
    double times[TIMES_KEPT];
    size_t ended;
};

static void finish(struct utterance *utterance);

/* ---- the end of an action or of the whole ---- */

static void refuse(struct action *action, enum refusal refusal, const char *slot, const char *detail)
{
    action->outcome = OUTCOME_REFUSED;
    action->refusal = refusal;
    action->slot = slot;
    action->detail = detail;
}

static void fail(struct action *action, const char *detail)
{
    action->outcome = OUTCOME_FAILED;
    action->detail = detail;
}

/* Ends the utterance before it has actions, with a sentence of its own. */
static void finish_early(struct utterance *utterance, enum outcome outcome, const char *reply)
{
    utterance->outcome = outcome;
    utterance->reply = reply ? reply : "";
    finish(utterance);
}

/* ---- received ---- */

/* "Lights on" from a room that the home does not have means those of no room: it must not become all of them.
 * False: the utterance has ended. */
static bool step_received(struct pipeline *pipeline, struct utterance *utterance)
{
    struct hearthd *daemon = pipeline->daemon;
    const char *area = utterance->asked_area;
    if (!area[0] || reg_find_area(daemon->registry, area))
        return true;
    const char **names;
    size_t count = 0;
    const struct phrase_var place[] = {{"detail", area}, {0}};
    const char *reply = phrases_fill(daemon->phrases, "refusals", "no_area", utterance->arena, place, NULL);
    if (shortlist_nearest(daemon->shortlist, "area", area, 1, utterance->arena, &names, &count, NULL) ==
            SAN_OK &&
        count > 0) {
        const struct phrase_var nearest[] = {{"names", names[0]}, {0}};
        reply = utterance_print(utterance, "%s%s", reply,
            phrases_fill(daemon->phrases, "refusals", "did_you_mean", utterance->arena, nearest, NULL));
    }
    finish_early(utterance, OUTCOME_REFUSED, reply);
    return false;
}

/* ---- prepare: normalize, shortlist ---- */

static bool step_prepare(struct pipeline *pipeline, struct utterance *utterance, struct san_error *err)
{
    struct hearthd *daemon = pipeline->daemon;
    utterance_enter_state(utterance, UTTERANCE_PREPARE);
    if (understand_prepare(&daemon->understand, utterance->text, utterance->asked_area, utterance->arena,
            &utterance->prepared, err) != SAN_OK)
        return false;
    utterance->area = utterance->prepared.area;
    return true;
}

/* If a question is open there: a yes makes this utterance the one that was asked about, a no ends it. False:
 * it has ended. */
static bool step_question(struct pipeline *pipeline, struct utterance *utterance, struct san_error *err)
{
    struct hearthd *daemon = pipeline->daemon;
    char *asked = ask_take(pipeline->ask, utterance->dialogue, utterance->asked_area, uv_now(daemon->loop));
    if (!asked)
        return true;
    bool go_on = true;
    if (phrases_has_word(daemon->phrases, "yes", utterance->prepared.normalized)) {
        utterance->text = utterance_print(utterance, "%s", asked);
        utterance->confirmed = true;
        go_on = step_prepare(pipeline, utterance, err);
    } else if (phrases_has_word(daemon->phrases, "no", utterance->prepared.normalized)) {
        finish_early(utterance, OUTCOME_DONE, phrases_get(daemon->phrases, "outcomes", "dropped"));
        go_on = false;
    }
    free(asked);
    return go_on;
}

/* ---- understand ---- */

static void on_understood(struct worker_job *job);

static bool step_understand(struct pipeline *pipeline, struct utterance *utterance, struct san_error *err)
{
    utterance_enter_state(utterance, UTTERANCE_UNDERSTAND);
    utterance->job = (struct worker_job){
        .request = utterance->prepared.request,
        .arena = utterance->arena,
        .done = on_understood,
        .data = utterance,
    };
    utterance->job.request.trace = true;
    if (!worker_submit(pipeline->daemon->worker, &utterance->job))
        return san_fail(err, SAN_ELIMIT, "too many utterances at once: say it again") == SAN_OK;
    return true;
}

/* ---- validate ---- */

/* What was said but is nothing of this home: the words that are neither words of command nor numbers. */
static const char *missing_words(struct pipeline *pipeline, struct utterance *utterance)
{
    char text[MISSING_MAX] = "";
    size_t len = 0;
    for (size_t i = 0; i < utterance->prepared.words.count; i++) {
        const struct san_word *word = &utterance->prepared.words.word[i];
        if (phrases_has_word(pipeline->daemon->phrases, "command_words", word->text) ||
            !word->text[strspn(word->text, "-.:0123456789")] || len + word->len + 2 > sizeof(text))
            continue;
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", len ? " " : "", word->text);
    }
    return utterance_print(utterance, "%s", text);
}

static void add_nearest(struct pipeline *pipeline, struct utterance *utterance, struct action *action)
{
    const char *slot = action->slot ? action->slot : "name";
    const char *kind = strcmp(slot, "name") == 0 ? "entity" : slot;
    const char **names;
    size_t count;
    if (!action->detail[0] || shortlist_nearest(pipeline->daemon->shortlist, kind, action->detail,
                                  NEAREST_MAX, utterance->arena, &names, &count, NULL) != SAN_OK)
        return;
    for (size_t i = 0; i < count && i < ACTION_NAMES_MAX; i++)
        action->names[action->name_count++] = names[i];
}

static void refuse_unmatched(
    struct pipeline *pipeline, struct utterance *utterance, struct action *action, const char *slot)
{
    refuse(action, REFUSAL_UNMATCHED, slot, missing_words(pipeline, utterance));
    add_nearest(pipeline, utterance, action);
}

static void validate(struct pipeline *pipeline, struct utterance *utterance, struct action *action)
{
    const struct understood_call *said = action->said;
    if (said->missing[0])
        refuse_unmatched(pipeline, utterance, action, said->missing);
    else if (policy_confidence(pipeline->daemon->config, action->call.tool, said->confidence) != POLICY_ALLOW)
        refuse(action, REFUSAL_UNSURE, NULL, "the network is not sure enough");
    else if (said->unproven[0])
        refuse(action, REFUSAL_EVIDENCE, said->unproven, home_call_text(&action->call, said->unproven));
    else if (said->overlooked[0])
        refuse(action, REFUSAL_UNSURE, NULL, said->overlooked);
}

/* The calls that name things of this home, as docs/rpc.md shows them. */
static const char *calls_json(struct utterance *utterance)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < utterance->understood.call_count; i++) {
        if (utterance->understood.calls[i].missing[0])
            continue;
        cJSON *call = call_to_json(&utterance->understood.calls[i].call);
        if (!cJSON_AddItemToArray(list, call))
            cJSON_Delete(call);
    }
    char *text = cJSON_PrintUnformatted(list);
    const char *copy = utterance_print(utterance, "%s", text ? text : "[]");
    free(text);
    cJSON_Delete(list);
    return copy;
}

/* Calls that were given need no understanding: they are sure, and proven. */
static enum san_status take_calls(struct utterance *utterance, struct san_error *err)
{
    struct understood *understood = &utterance->understood;
    struct home_call *calls;
    cJSON *array = cJSON_Parse(utterance->given_calls);
    enum san_status status =
        calls_from_json(array, "params", utterance->arena, &calls, &understood->call_count, err);
    cJSON_Delete(array);
    if (status != SAN_OK)
        return status;
    understood->confidence = 1;
    understood->calls =
        san_arena_alloc(utterance->arena, (understood->call_count + 1) * sizeof(*understood->calls));
    if (!understood->calls)
        return san_fail(err, SAN_ENOMEM, "out of memory");
    for (size_t i = 0; i < understood->call_count; i++)
        understood->calls[i] = (struct understood_call){
            .call = calls[i], .confidence = 1, .missing = "", .unproven = "", .overlooked = "", .kind = ""};
    return SAN_OK;
}

static bool step_validate(struct pipeline *pipeline, struct utterance *utterance, struct san_error *err)
{
    utterance_enter_state(utterance, UTTERANCE_VALIDATE);
    struct understood *understood = &utterance->understood;
    enum san_status status = utterance->given_calls
                                 ? take_calls(utterance, err)
                                 : understand_finish(&pipeline->daemon->understand, &utterance->prepared,
                                       utterance->network, utterance->arena, understood, err);
    if (status != SAN_OK)
        return false;
    utterance->actions = san_arena_alloc(utterance->arena, understood->call_count * sizeof(struct action));
    if (!utterance->actions)
        return san_fail(err, SAN_ENOMEM, "out of memory") == SAN_OK;
    utterance->calls_json = calls_json(utterance);
    for (size_t i = 0; i < understood->call_count; i++) {
        struct action *action = &utterance->actions[utterance->action_count++];
        action->said = &understood->calls[i];
        action->call = understood->calls[i].call;
        validate(pipeline, utterance, action);
    }
    return true;
}

/* ---- resolve ---- */

/* A light and a switch of one name are told apart by what the network chose. */
static void narrow_to_kind(struct resolved *resolved, const char *kind)
{
    size_t kept = 0;
    for (size_t i = 0; kind && i < resolved->count; i++)
        kept += strcmp(resolved->entities[i].domain, kind) == 0;
    if (kept != 1)
        return;
    for (size_t i = 0; i < resolved->count; i++)
        if (strcmp(resolved->entities[i].domain, kind) == 0)
            resolved->entities[0] = resolved->entities[i];
    resolved->count = 1;
    resolved->outcome = RESOLVE_OK;
}

/* Candidates by name, or by room where their names are the same. */
static void refuse_ambiguous(struct utterance *utterance, struct action *action)
{
    const struct resolved *resolved = &action->resolved;
    refuse(action, REFUSAL_AMBIGUOUS, "name", "several fit");
    for (size_t i = 0; i < resolved->count && i < ACTION_NAMES_MAX; i++) {
        const struct home_entity *entity = &resolved->entities[i];
        action->names[action->name_count++] =
            entity->area[0] ? utterance_print(utterance, "%s (%s)", entity->name, entity->area)
                            : entity->name;
    }
}

static void resolve(struct pipeline *pipeline, struct utterance *utterance, struct action *action)
{
    struct hearthd *daemon = pipeline->daemon;
    struct san_error error = {0};
    struct resolved *resolved = &action->resolved;
    const char *area = utterance->area[0] ? utterance->area : NULL;
    if (resolve_call(daemon->registry, &action->call, area, utterance->arena, resolved, &error) != SAN_OK) {
        fail(action, utterance_print(utterance, "%s", error.text));
        return;
    }
    if (resolved->outcome == RESOLVE_NO_TARGET && answer_kind(action->call.tool) == ANSWER_COMMAND) {
        refuse(action, REFUSAL_NO_SKILL, NULL, action->call.tool);
        return;
    }
    if (resolved->outcome == RESOLVE_AMBIGUOUS)
        narrow_to_kind(resolved, action->said->kind);
    for (size_t i = 0; i < resolved->count; i++)
        inventory_refresh(daemon->inventory, &resolved->entities[i], utterance->arena);
    if (resolved->outcome == RESOLVE_AMBIGUOUS && answer_kind(action->call.tool) == ANSWER_COMMAND)
        refuse_ambiguous(utterance, action);
    else if (resolved->outcome == RESOLVE_NONE && resolved->missing && resolved->missing[0])
        refuse_unmatched(pipeline, utterance, action, resolved->missing);
    else if (resolved->outcome == RESOLVE_NONE)
        refuse(action, REFUSAL_EMPTY, NULL, "no such things there");
    else if (resolved->count > ACTION_TARGETS_MAX)
        refuse(action, REFUSAL_DEVICE, NULL, "that would be too many devices at once");
}

/* "How warm is it in the kitchen" where no thermostat is: a thermometer will do. */
static void resolve_thermometer(struct pipeline *pipeline, struct utterance *utterance, struct action *action)
{
    struct home_call sensors = {.tool = "HassGetState"};
    for (size_t i = 0; i < action->call.arg_count; i++)
        sensors.args[sensors.arg_count++] = action->call.args[i];
    if (sensors.arg_count + 2 > HOME_ARGS_MAX)
        return;
    sensors.args[sensors.arg_count++] = (struct home_arg){.slot = "domain", .text = "sensor"};
    sensors.args[sensors.arg_count++] = (struct home_arg){.slot = "device_class", .text = "temperature"};
    if (!home_call_text(&action->call, "area") && !home_call_text(&action->call, "floor") &&
        utterance->area[0] && sensors.arg_count < HOME_ARGS_MAX)
        sensors.args[sensors.arg_count++] = (struct home_arg){.slot = "area", .text = utterance->area};
    struct action other = {.said = action->said, .call = sensors};
    resolve(pipeline, utterance, &other);
    if (other.outcome != OUTCOME_PENDING)
        return;
    action->resolved = other.resolved;
    action->outcome = OUTCOME_PENDING;
    action->refusal = REFUSAL_NONE;
}

static void step_resolve(struct pipeline *pipeline, struct utterance *utterance)
{
    utterance_enter_state(utterance, UTTERANCE_RESOLVE);
    for (size_t i = 0; i < utterance->action_count; i++) {
        struct action *action = &utterance->actions[i];
        enum answer_kind kind = answer_kind(action->call.tool);
        if (action->outcome == OUTCOME_PENDING && (kind == ANSWER_COMMAND || answer_needs_entities(kind)))
            resolve(pipeline, utterance, action);
        if (kind == ANSWER_TEMPERATURE && action->outcome == OUTCOME_REFUSED)
            resolve_thermometer(pipeline, utterance, action);
        if (utterance->understand_only && action->outcome == OUTCOME_PENDING)
            hand_over_tell_apart(pipeline->daemon->registry, utterance, action);
    }
}

/* ---- render ---- */

static void render_target(struct pipeline *pipeline, struct action *action, struct target *target)
{
    struct hearthd *daemon = pipeline->daemon;
    struct utterance *utterance = target->utterance;
    const struct entity_view *view = inventory_view(daemon->inventory, target->entity->id);
    struct san_error error = {0};
    if (utterance->understand_only) {
        target->outcome = OUTCOME_UNDERSTOOD; /* how to reach the device is theirs to know */
        return;
    }
    if (!view) {
        const struct phrase_var vars[] = {{"target", target->entity->name}, {0}};
        target->problem =
            phrases_fill(daemon->phrases, "refusals", "no_config", utterance->arena, vars, NULL);
    } else if (render_call(view, target->entity->name, inventory_state(daemon->inventory, target->entity->id),
                   &action->call, utterance->arena, &target->rendered, &error) != SAN_OK) {
        target->rendered = (struct rendered){0};
        target->problem = utterance_print(utterance, "%s", error.text);
    }
    if (target->problem)
        target->outcome = OUTCOME_REFUSED;
    else if (utterance->dry_run)
        target->outcome = OUTCOME_DRY_RUN;
}

/* The strictest verdict over all targets. */
static enum policy_verdict guard(const struct config *config, const struct action *action, bool confirmed)
{
    enum policy_verdict worst = POLICY_ALLOW;
    for (size_t i = 0; i < action->target_count; i++) {
        enum policy_verdict verdict = policy_check(
            config, &action->call, action->targets[i].entity, action->said->confidence, confirmed);
        worst = verdict > worst ? verdict : worst;
    }
    return worst;
}

/* Refuses an action that is rendered already: none of its commands will leave. */
static void hold_back(struct action *action, enum refusal refusal, const char *why)
{
    refuse(action, refusal, NULL, why);
    for (size_t i = 0; i < action->target_count; i++) {
        action->targets[i].outcome = OUTCOME_REFUSED;
        action->targets[i].rendered = (struct rendered){0};
    }
}

static void take_verdict(struct utterance *utterance, struct action *action, enum policy_verdict verdict)
{
    switch (verdict) {
    case POLICY_ALLOW:
        break;
    case POLICY_UNSURE:
        hold_back(action, REFUSAL_UNSURE, "not sure enough for something sensitive");
        break;
    case POLICY_CONFIRM:
        if (!utterance->dry_run)
            hold_back(action, REFUSAL_QUESTION, "wants a yes");
        break;
    case POLICY_REFUSE:
        hold_back(action, REFUSAL_POLICY, "forbidden by the configuration");
        break;
    }
}

static void render(struct pipeline *pipeline, struct utterance *utterance, struct action *action)
{
    action->targets = san_arena_alloc(utterance->arena, action->resolved.count * sizeof(struct target));
    if (!action->targets) {
        fail(action, "out of memory");
        return;
    }
    action->target_count = action->resolved.count;
    size_t able = 0;
    for (size_t i = 0; i < action->target_count; i++) {
        action->targets[i].utterance = utterance;
        action->targets[i].entity = &action->resolved.entities[i];
        render_target(pipeline, action, &action->targets[i]);
        able += action->targets[i].outcome != OUTCOME_REFUSED;
    }
    if (!able)
        refuse(action, REFUSAL_DEVICE, NULL, action->targets[0].problem);
    else
        take_verdict(utterance, action, guard(pipeline->daemon->config, action, utterance->confirmed));
}

/* Renders everything before anything is done: a question or a mistake in the second call is known before the
 * first acts. */
static void step_render(struct pipeline *pipeline, struct utterance *utterance)
{
    utterance_enter_state(utterance, UTTERANCE_RENDER);
    for (size_t i = 0; i < utterance->action_count; i++) {
        struct action *action = &utterance->actions[i];
        if (action->outcome == OUTCOME_PENDING && answer_kind(action->call.tool) == ANSWER_COMMAND)
            render(pipeline, utterance, action);
    }
}

/* A question holds back everything: its yes will say the whole utterance again, and nothing is done twice. */
static bool hold_for_question(struct utterance *utterance)
{
    bool asked = false;
    for (size_t i = 0; i < utterance->action_count; i++)
        asked = asked || utterance->actions[i].refusal == REFUSAL_QUESTION;
    for (size_t i = 0; asked && i < utterance->action_count; i++)
        if (utterance->actions[i].outcome == OUTCOME_PENDING)
            hold_back(&utterance->actions[i], REFUSAL_QUESTION, "waits for the yes of another call");
    return asked;
}

/* What is for others to do where they asked for the calls alone: Home Assistant keeps lists and timers of its
 * own. */
static bool others_act(const struct utterance *utterance, const struct action *action, enum answer_kind kind)
{
    return utterance->understand_only && strcmp(action->call.tool, "HassTimerStatus") != 0 &&
           (kind == ANSWER_TIMERS || kind == ANSWER_LISTS || kind == ANSWER_BROADCAST);
}

/* Tools without devices: questions, timers, the clock. */
static void step_answer(struct pipeline *pipeline, struct utterance *utterance)
{
    time_t seconds = (time_t)(utterance->time_ms / 1000);
    struct tm now;
    localtime_r(&seconds, &now);
    for (size_t i = 0; i < utterance->action_count; i++) {
        struct action *action = &utterance->actions[i];
        enum answer_kind kind = answer_kind(action->call.tool);
        if (action->outcome != OUTCOME_PENDING || kind == ANSWER_COMMAND)
            continue;
        if (others_act(utterance, action, kind))
            action->outcome = OUTCOME_UNDERSTOOD;
        else if (kind == ANSWER_TIMERS)
            timers_act(pipeline->daemon->timers, utterance, action);
        else if (kind == ANSWER_LISTS)
            lists_act(pipeline->daemon, utterance, action);
        else if (kind == ANSWER_BROADCAST)
            broadcast_act(pipeline->daemon, utterance, action);
        else
            answer_action(pipeline->daemon->phrases, utterance, action, &now);
    }
}

static size_t count_commands(const struct utterance *utterance)
{
    size_t commands = 0;
    for (size_t i = 0; i < utterance->action_count; i++)
        for (size_t j = 0; j < utterance->actions[i].target_count; j++)
            commands += utterance->actions[i].targets[j].rendered.command_count;
    return commands;
}

/* ---- audit ---- */

static void fail_all(struct utterance *utterance, const char *why)
{
    for (size_t i = 0; i < utterance->action_count; i++) {
        struct action *action = &utterance->actions[i];
        if (action->outcome == OUTCOME_PENDING)
            fail(action, why);
    }
}

/* ---- publish, confirm ---- */

/* Better than refused only if nothing is: some targets that cannot do it do not spoil those that did. */
static enum outcome outcome_of_targets(const struct action *action)
{
    enum outcome worst = OUTCOME_PENDING;
    for (size_t i = 0; i < action->target_count; i++) {
        enum outcome outcome = action->targets[i].outcome;
        if (outcome != OUTCOME_REFUSED && outcome > worst)
            worst = outcome;
    }
    return worst == OUTCOME_PENDING ? OUTCOME_REFUSED : worst;
}

static void on_confirmed(void *data, struct utterance *utterance)
{
    (void)data;
    finish(utterance);
}

static void run_commands(struct pipeline *pipeline, struct utterance *utterance)
{
    struct san_error error = {0};
    utterance_enter_state(utterance, UTTERANCE_AUDIT);
    if (!report_audit(pipeline->daemon, utterance, false, &error)) {
        log_error("audit: %s", error.text);
        fail_all(utterance, utterance_print(utterance, "the log cannot be written (%s)", error.text));
        finish(utterance);
        return;
    }
    utterance_enter_state(utterance, UTTERANCE_PUBLISH);
    confirm_publish(pipeline->confirm, utterance);
    report_published(pipeline->daemon, utterance);
    utterance_enter_state(utterance, UTTERANCE_CONFIRM);
    confirm_wait(pipeline->confirm, utterance);
}

/* Everything between understanding and the reply. */
static void act(struct pipeline *pipeline, struct utterance *utterance)
{
    struct san_error error = {0};
    if (!step_validate(pipeline, utterance, &error)) {
        finish_early(utterance, OUTCOME_FAILED, utterance_print(utterance, "%s", error.text));
        return;
    }
    step_resolve(pipeline, utterance);
    step_render(pipeline, utterance);
    if (!hold_for_question(utterance))
        step_answer(pipeline, utterance);
    if (count_commands(utterance) && !utterance->dry_run)
        run_commands(pipeline, utterance);
    else
        finish(utterance);
}

static void on_understood(struct worker_job *job)
{
    struct utterance *utterance = job->data;
    struct pipeline *pipeline = utterance->pipeline;
    if (job->status != SAN_OK) {
        finish_early(utterance, OUTCOME_FAILED, utterance_print(utterance, "%s", job->error.text));
        return;
    }
    utterance->network = &job->result;
    utterance->understood.confidence = (double)job->result.confidence;
    if (pipeline->stopping || utterance->abandoned) {
        finish_early(
            utterance, OUTCOME_FAILED, utterance->abandoned ? "who asked has left" : "hearthd is stopping");
        return;
    }
    if (!job->result.call_count) {
        finish_early(utterance, OUTCOME_UNHANDLED, NULL);
        return;
    }
    act(pipeline, utterance);
}

/* ---- reply ---- */

/* Worse is later in the enum, except that the house's own "done" is not worse than a dry run. */
static enum outcome outcome_of_all(const struct utterance *utterance)
{
    enum outcome worst = OUTCOME_PENDING;
    for (size_t i = 0; i < utterance->action_count; i++)
        if (utterance->actions[i].outcome > worst)
            worst = utterance->actions[i].outcome;
    return worst;
}

static void settle_outcomes(struct utterance *utterance)
{
    for (size_t i = 0; i < utterance->action_count; i++) {
        struct action *action = &utterance->actions[i];
        if (action->outcome == OUTCOME_PENDING)
            action->outcome = outcome_of_targets(action);
    }
    if (utterance->outcome == OUTCOME_PENDING)
        utterance->outcome = outcome_of_all(utterance);
}

static void remember_question(struct pipeline *pipeline, const struct utterance *utterance)
{
    for (size_t i = 0; i < utterance->action_count; i++) {
        if (utterance->actions[i].refusal != REFUSAL_QUESTION)
            continue;
        uint64_t deadline =
            uv_now(pipeline->daemon->loop) + (uint64_t)pipeline->daemon->config->question_timeout * 1000;
        ask_put(pipeline->ask, utterance->dialogue, utterance->asked_area, utterance->text, deadline);
    }
}

static void keep_time(struct pipeline *pipeline, const struct utterance *utterance)
{
    uint64_t end = utterance->published_at ? utterance->published_at : utterance->entered[UTTERANCE_REPLY];
    pipeline->times[pipeline->ended++ % TIMES_KEPT] =
        (double)(end - utterance->entered[UTTERANCE_RECEIVED]) / 1e6;
}

static void forget(struct pipeline *pipeline, struct utterance *utterance)
{
    struct utterance **at = &pipeline->under_way;
    while (*at != utterance)
        at = &(*at)->next;
    *at = utterance->next;
    pipeline->under_way_count--;
    utterance_free(utterance);
}

/* Every utterance ends here, exactly once. */
static void finish(struct utterance *utterance)
{
    struct pipeline *pipeline = utterance->pipeline;
    settle_outcomes(utterance);
    utterance_enter_state(utterance, UTTERANCE_REPLY);
    utterance->reply = reply_compose(pipeline->daemon->phrases, utterance);
    remember_question(pipeline, utterance);
    keep_time(pipeline, utterance);
    if (utterance->reply_fn)
        utterance->reply_fn(utterance->reply_data, utterance);
    struct san_error error = {0};
    if (!utterance->dry_run && !report_audit(pipeline->daemon, utterance, true, &error))
        log_error("audit: %s", error.text);
    report_result(pipeline->daemon, utterance);
    report_log(utterance);
    utterance_enter_state(utterance, UTTERANCE_ENDED);
    forget(pipeline, utterance);
}

/* ---- the door ---- */

static uint64_t hash_text(const char *text)
{
    uint64_t hash = 1469598103934665603u;
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 1099511628211u;
    return hash;
}

static bool seen_before(struct pipeline *pipeline, const char *id)
{
    if (!id || !id[0])
        return false;
    uint64_t hash = hash_text(id);
    for (size_t i = 0; i < RECENT_IDS; i++)
        if (pipeline->recent[i] == hash)
            return true;
    pipeline->recent[pipeline->recent_next++ % RECENT_IDS] = hash;
    return false;
}

static void begin(struct pipeline *pipeline, struct utterance *utterance)
{
    struct san_error error = {0};
    if (!step_received(pipeline, utterance))
        return;
    if (utterance->given_calls) {
        utterance->confirmed = true; /* nothing was misheard: who gives a call means it */
        utterance->area = utterance->asked_area;
        act(pipeline, utterance);
        return;
    }
    bool good = step_prepare(pipeline, utterance, &error);
    if (good && !utterance->prepared.words.count) {
        finish_early(
            utterance, OUTCOME_UNHANDLED, phrases_get(pipeline->daemon->phrases, "outcomes", "blank"));
        return;
    }
    if (good && !step_question(pipeline, utterance, &error)) {
        if (error.status == SAN_OK)
            return;
        good = false;
    }
    if (!good || !step_understand(pipeline, utterance, &error))
        finish_early(utterance, OUTCOME_FAILED, utterance_print(utterance, "%s", error.text));
}

enum pipeline_verdict pipeline_say(struct pipeline *pipeline, const struct utterance_in *in)
{
    if (pipeline->stopping || pipeline->under_way_count >= UNDER_WAY_MAX)
        return PIPELINE_BUSY;
    if (seen_before(pipeline, in->id))
        return PIPELINE_DUPLICATE;
    struct utterance *utterance = utterance_new(in);
    if (!utterance)
        return PIPELINE_NO_MEMORY;
    utterance->pipeline = pipeline;
    utterance->next = pipeline->under_way;
    pipeline->under_way = utterance;
    pipeline->under_way_count++;
    begin(pipeline, utterance);
    return PIPELINE_TAKEN;
}

void pipeline_abandon(struct pipeline *pipeline, const void *reply_data)
{
    for (struct utterance *utterance = pipeline->under_way; utterance; utterance = utterance->next) {
        if (!utterance->reply_fn || utterance->reply_data != reply_data)
            continue;
        utterance->reply_fn = NULL;
        utterance->abandoned = true;
    }
}

/* ---- life ---- */

struct pipeline *pipeline_new(struct hearthd *daemon)
{
    struct pipeline *pipeline = calloc(1, sizeof(*pipeline));
    if (!pipeline)
        return NULL;
    pipeline->daemon = daemon;
    pipeline->ask = ask_new();
    pipeline->confirm = confirm_new(daemon, on_confirmed, pipeline);
    if (pipeline->ask && pipeline->confirm)
        return pipeline;
    confirm_stop(pipeline->confirm);
    ask_free(pipeline->ask);
    free(pipeline);
    return NULL;
}

void pipeline_stop(struct pipeline *pipeline)
{
    if (!pipeline)
        return;
    pipeline->stopping = true;
    confirm_stop(pipeline->confirm);
}

void pipeline_free(struct pipeline *pipeline)
{
    if (!pipeline)
        return;
    while (pipeline->under_way)
        forget(pipeline, pipeline->under_way);
    confirm_free(pipeline->confirm);
    ask_free(pipeline->ask);
    free(pipeline);
}

size_t pipeline_count(const struct pipeline *pipeline)
{
    return pipeline->ended;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double pipeline_median_ms(const struct pipeline *pipeline)
{
    size_t count = pipeline->ended < TIMES_KEPT ? pipeline->ended : TIMES_KEPT;
    double sorted[TIMES_KEPT];
    memcpy(sorted, pipeline->times, sizeof(sorted));
    qsort(sorted, count, sizeof(*sorted), compare_doubles);
    return count ? sorted[count / 2] : 0;
}
