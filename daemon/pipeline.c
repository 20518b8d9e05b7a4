/* pipeline.c - the one file that names every step of an utterance, in order:
 *
 *     received -> prepare (normalize, shortlist) -> understand (worker) -> validate -> resolve -> render ->
 * audit
 *     -> publish -> confirm -> reply -> ended
 *
 * Prepare and understand come again where the network has to read other words (reread.h).
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
#include "lasting.h"
#include "later.h"
#include "lists.h"
#include "log.h"
#include "memory.h"
#include "phrases.h"
#include "plan.h"
#include "reply.h"
#include "report.h"
#include "reread.h"
#include "timers.h"
#include "turn_back.h"
#include "undo.h"
#include "words.h"

enum {
    UNDER_WAY_MAX = 256,
    RECENT_IDS = 64,
    TIMES_KEPT = 256,
};

struct pipeline {
    struct hearthd *daemon;
    struct confirm *confirm;
    struct ask *ask;
    struct memory *memory;
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

static bool step_prepare(
    struct pipeline *pipeline, struct utterance *utterance, const char *text, struct san_error *err)
{
    struct hearthd *daemon = pipeline->daemon;
    utterance_enter_state(utterance, UTTERANCE_PREPARE);
    if (understand_prepare(&daemon->understand, text, utterance->asked_area, utterance->arena,
            &utterance->reading.prepared, err) != SAN_OK)
        return false;
    utterance->area = utterance->reading.prepared.area;
    return true;
}

/* Is it that answer and no more: "yes", "yeah go ahead please"? */
static bool answers(const struct hearthd *daemon, const struct san_words *words, const char *answer)
{
    bool said = false;
    for (size_t at = 0, count; at < words->count; at += count) {
        count = words_begin_with(daemon->phrases, answer, words, at, words->count);
        said = said || count;
        if (!count)
            count = words_begin_with(daemon->phrases, "polite", words, at, words->count);
        if (!count)
            return false;
    }
    return said;
}

/* The utterance becomes the one that was asked about. */
static bool take_yes(
    struct pipeline *pipeline, struct utterance *utterance, const struct asked *asked, struct san_error *err)
{
    memory_answered(pipeline->memory, utterance);
    utterance->text = utterance_print(utterance, "%s", asked->text);
    utterance->asked_calls = utterance_print(utterance, "%s", asked->calls);
    utterance->dry_run = utterance->dry_run || asked->dry_run;
    utterance->confirmed = true;
    return step_prepare(pipeline, utterance, utterance->text, err);
}

/* If a question is open there, a yes or a no answers it; anything else is an utterance like any other. False:
 * it has ended, or the error says why. */
static bool step_question(struct pipeline *pipeline, struct utterance *utterance, struct san_error *err)
{
    struct hearthd *daemon = pipeline->daemon;
    struct asked asked =
        ask_take(pipeline->ask, utterance->dialogue, utterance->asked_area, uv_now(daemon->loop));
    if (!asked.text)
        return true;
    bool go_on = true;
    if (answers(daemon, &utterance->reading.prepared.words, "yes")) {
        go_on = take_yes(pipeline, utterance, &asked, err);
    } else if (answers(daemon, &utterance->reading.prepared.words, "no")) {
        memory_answered(pipeline->memory, utterance);
        finish_early(utterance, OUTCOME_DONE, phrases_get(daemon->phrases, "outcomes", "dropped"));
        go_on = false;
    }
    asked_free(&asked);
    return go_on;
}

/* ---- understand ---- */

static void on_understood(struct worker_job *job);

static bool step_understand(struct pipeline *pipeline, struct utterance *utterance, struct san_error *err)
{
    utterance_enter_state(utterance, UTTERANCE_UNDERSTAND);
    utterance->job = (struct worker_job){
        .request = utterance->reading.prepared.request,
        .arena = utterance->arena,
        .done = on_understood,
        .data = utterance,
    };
    utterance->job.request.trace = true;
    if (!worker_submit(pipeline->daemon->worker, &utterance->job))
        return san_fail(err, SAN_ELIMIT, "too many utterances at once: say it again") == SAN_OK;
    return true;
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
            plan_fail(action, why);
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

/* "No, the bedroom": what was done before was wrong, if this can be done. */
static void take_back(struct pipeline *pipeline, struct utterance *utterance)
{
    struct hearthd *daemon = pipeline->daemon;
    const struct recollection *last = memory_get(pipeline->memory, utterance, uv_now(daemon->loop));
    bool good = last && utterance->rereading.follow_up.kind == FOLLOW_UP_CORRECT;
    for (size_t i = 0; i < utterance->action_count; i++)
        good = good && utterance->actions[i].outcome == OUTCOME_PENDING;
    size_t lost;
    if (good)
        undo_plan(daemon, utterance, last, &lost);
}

/* What was understood is planned and done, or answered. */
static void act(struct pipeline *pipeline, struct utterance *utterance)
{
    plan_resolve(pipeline->daemon, utterance);
    take_back(pipeline, utterance);
    plan_render(pipeline->daemon, utterance);
    lasting_plan(pipeline->daemon, utterance);
    later_plan(pipeline->daemon, utterance);
    if (!plan_hold_for_question(utterance))
        step_answer(pipeline, utterance);
    lasting_check(utterance);
    if (count_commands(utterance) && !utterance->dry_run)
        run_commands(pipeline, utterance);
    else
        finish(utterance);
}

/* Undoes what the conversation remembers, if the utterance says so; true: it has ended, or will by itself. */
static bool step_undo(struct pipeline *pipeline, struct utterance *utterance)
{
    struct hearthd *daemon = pipeline->daemon;
    if (!undo_is_said(daemon->phrases, &utterance->reading.prepared.words, utterance->arena))
        return false;
    const struct recollection *last = memory_done(pipeline->memory, utterance, uv_now(daemon->loop));
    size_t lost = 0;
    if (last && undo_plan(daemon, utterance, last, &lost)) {
        utterance->undoes = true;
        plan_show_calls(utterance);
        utterance->reading.understood.confidence = 1;
        act(pipeline, utterance);
    } else {
        finish_early(utterance, OUTCOME_REFUSED,
            phrases_get(daemon->phrases, "outcomes", lost ? "undo_lost" : "undo_nothing"));
    }
    return true;
}

/* Keeps what the network wrote: its job may go out once more. */
static bool keep_result(struct utterance *utterance, struct san_error *err)
{
    struct san_result *network = san_arena_alloc(utterance->arena, sizeof(*network));
    if (!network)
        return san_fail(err, SAN_ENOMEM, "out of memory") == SAN_OK;
    *network = utterance->job.result;
    utterance->reading.network = network;
    return true;
}

/* What the network has read counts, or it reads other words once more. False: nothing to act on yet, or the
 * error says why. */
static bool step_reread(struct pipeline *pipeline, struct utterance *utterance, struct san_error *err)
{
    struct hearthd *daemon = pipeline->daemon;
    const struct recollection *last = memory_get(pipeline->memory, utterance, uv_now(daemon->loop));
    const char *text;
    if (reread_next(daemon, last, utterance, &text, err) != SAN_OK)
        return false;
    if (!text)
        return true;
    if (step_prepare(pipeline, utterance, text, err))
        step_understand(pipeline, utterance, err);
    return false;
}

/* Calls that were given need no understanding: they are sure, and proven. */
static enum san_status take_calls(struct utterance *utterance, struct san_error *err)
{
    struct understood *understood = &utterance->reading.understood;
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
        understood->calls[i] = (struct understood_call){.call = calls[i],
            .confidence = 1,
            .missing = "",
            .leftover = "",
            .unproven = "",
            .overlooked = "",
            .kind = ""};
    return SAN_OK;
}

/* Names and devices may have changed between a question and its yes. */
static bool is_what_was_asked(struct utterance *utterance)
{
    return !utterance->asked_calls || strcmp(utterance->asked_calls, plan_heard_calls(utterance)) == 0;
}

/* "Cancel it": the timer that was started a moment ago, however the network has read its length. */
static void name_timer(struct pipeline *pipeline, struct utterance *utterance)
{
    const struct recollection *last = memory_get(pipeline->memory, utterance, uv_now(pipeline->daemon->loop));
    if (!last || !last->timer_count || utterance->rereading.follow_up.kind != FOLLOW_UP_REFER)
        return;
    for (size_t i = 0; i < utterance->action_count; i++)
        if (answer_kind(utterance->actions[i].call.tool) == ANSWER_TIMERS)
            utterance->actions[i].timer_id = last->timers[last->timer_count - 1];
}

static void act_on_reading(struct pipeline *pipeline, struct utterance *utterance)
{
    struct san_error error = {0};
    utterance_enter_state(utterance, UTTERANCE_VALIDATE);
    if (utterance->given_calls && take_calls(utterance, &error) != SAN_OK) {
        finish_early(utterance, OUTCOME_FAILED, utterance_print(utterance, "%s", error.text));
        return;
    }
    if (!is_what_was_asked(utterance)) {
        finish_early(
            utterance, OUTCOME_REFUSED, phrases_get(pipeline->daemon->phrases, "refusals", "unsure"));
        return;
    }
    if (!utterance->reading.understood.call_count) {
        finish_early(utterance, OUTCOME_UNHANDLED, NULL);
        return;
    }
    if (!plan_validate(pipeline->daemon, utterance, &error)) {
        finish_early(utterance, OUTCOME_FAILED, utterance_print(utterance, "%s", error.text));
        return;
    }
    name_timer(pipeline, utterance);
    act(pipeline, utterance);
}

/* Everything between the worker and the reply. */
static void on_understood(struct worker_job *job)
{
    struct utterance *utterance = job->data;
    struct pipeline *pipeline = utterance->pipeline;
    struct san_error error = job->error;
    if (pipeline->stopping || utterance->abandoned) {
        finish_early(
            utterance, OUTCOME_FAILED, utterance->abandoned ? "who asked has left" : "hearthd is stopping");
        return;
    }
    bool good =
        job->status == SAN_OK && keep_result(utterance, &error) &&
        understand_finish(&pipeline->daemon->understand, &utterance->reading.prepared,
            utterance->reading.network, utterance->arena, &utterance->reading.understood, &error) == SAN_OK &&
        step_reread(pipeline, utterance, &error);
    if (good)
        act_on_reading(pipeline, utterance);
    else if (error.status != SAN_OK)
        finish_early(utterance, OUTCOME_FAILED, utterance_print(utterance, "%s", error.text));
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

static void remember_question(struct pipeline *pipeline, struct utterance *utterance)
{
    if (!utterance_wants_yes(utterance))
        return;
    uint64_t deadline =
        uv_now(pipeline->daemon->loop) + (uint64_t)pipeline->daemon->config->question_timeout * 1000;
    const struct asked asked = {
        .text = utterance->text, .calls = plan_heard_calls(utterance), .dry_run = utterance->dry_run};
    ask_put(pipeline->ask, utterance->dialogue, utterance->asked_area, &asked, deadline);
}

/* What the next sentence may lean on. Nothing is undone twice. */
static void remember(struct pipeline *pipeline, struct utterance *utterance)
{
    uint64_t span = (uint64_t)pipeline->daemon->config->follow_up_timeout * 1000;
    if (utterance->dry_run && utterance->undoes)
        return;
    if (utterance->undoes && utterance->outcome != OUTCOME_REFUSED)
        memory_undone(pipeline->memory, utterance);
    else if (!utterance->undoes)
        memory_put(
            pipeline->memory, utterance, reread_sentence(utterance), uv_now(pipeline->daemon->loop) + span);
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
    lasting_settle(pipeline->daemon, utterance);
    turn_back_supersede(pipeline->daemon, utterance);
    utterance_enter_state(utterance, UTTERANCE_REPLY);
    utterance->reply = reply_compose(pipeline->daemon->phrases, utterance);
    remember_question(pipeline, utterance);
    remember(pipeline, utterance);
    keep_time(pipeline, utterance);
    if (utterance->reply_fn)
        utterance->reply_fn(utterance->reply_data, utterance);
    struct san_error error = {0};
    if (!utterance->dry_run && !report_audit(pipeline->daemon, utterance, true, &error))
        log_error("audit: %s", error.text);
    report_result(pipeline->daemon, utterance);
    report_log(pipeline->daemon, utterance);
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
        act_on_reading(pipeline, utterance);
        return;
    }
    bool good = step_prepare(pipeline, utterance, utterance->text, &error);
    if (good && !utterance->reading.prepared.words.count) {
        finish_early(
            utterance, OUTCOME_UNHANDLED, phrases_get(pipeline->daemon->phrases, "outcomes", "blank"));
        return;
    }
    if (good && !step_question(pipeline, utterance, &error)) {
        if (error.status == SAN_OK)
            return;
        good = false;
    }
    if (good && step_undo(pipeline, utterance))
        return;
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
    pipeline->memory = memory_new();
    pipeline->confirm = confirm_new(daemon, on_confirmed, pipeline);
    if (pipeline->ask && pipeline->memory && pipeline->confirm)
        return pipeline;
    confirm_stop(pipeline->confirm);
    memory_free(pipeline->memory);
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
    memory_free(pipeline->memory);
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
