/* reply.c - see reply.h. One function for each way in which an action can end. */
#include "reply.h"

#include <string.h>

#include "plan.h"
#include "wording.h"

/* The entities of an action's targets with that outcome. */
struct subset {
    struct home_entity **entities;
    size_t count;
};

static struct subset subset_of(struct utterance *utterance, const struct action *action, enum outcome outcome)
{
    struct subset subset = {0};
    subset.entities =
        san_arena_alloc(utterance->arena, (action->target_count + 1) * sizeof(struct home_entity *));
    for (size_t i = 0; subset.entities && i < action->target_count; i++)
        if (outcome == OUTCOME_PENDING || action->targets[i].outcome == outcome)
            subset.entities[subset.count++] = action->targets[i].entity;
    return subset;
}

static const char *common_domain(struct subset subset)
{
    for (size_t i = 1; i < subset.count; i++)
        if (strcmp(subset.entities[i]->domain, subset.entities[0]->domain) != 0)
            return NULL;
    return subset.count ? subset.entities[0]->domain : NULL;
}

static const char *tool_words(const struct phrases *phrases, struct utterance *utterance,
    const struct action *action, struct subset subset, const char *part, const char *target)
{
    if (!target)
        target = wording_target(phrases, utterance->arena, &action->call, subset.entities, subset.count);
    return phrases_of_tool(phrases, &action->call, common_domain(subset), part, utterance->arena, target);
}

const char *reply_deed(
    const struct phrases *phrases, struct utterance *utterance, const struct action *action)
{
    return tool_words(phrases, utterance, action, subset_of(utterance, action, OUTCOME_PENDING), "do", NULL);
}

static const char *outcome_phrase(const struct phrases *phrases, struct utterance *utterance,
    const struct action *action, const char *key, struct subset subset)
{
    const char *target =
        wording_target(phrases, utterance->arena, &action->call, subset.entities, subset.count);
    const struct phrase_var vars[] = {{"target", target}, {"time", action->lasts ? action->lasts : ""},
        {"did", tool_words(phrases, utterance, action, subset, "did", NULL)},
        {"do", tool_words(phrases, utterance, action, subset, "do", NULL)}, {0}};
    return phrases_fill(phrases, "outcomes", key, utterance->arena, vars, NULL);
}

/* Some answered, some did not: "Turned on 2 of 3 lights in Kitchen; Kitchen ceiling did not answer." */
static const char *partly(const struct phrases *phrases, struct utterance *utterance,
    const struct action *action, struct subset done, struct subset silent)
{
    struct subset all = subset_of(utterance, action, OUTCOME_PENDING);
    struct san_arena *arena = utterance->arena;
    const struct phrase_var of[] = {{"done", wording_number(arena, done.count)},
        {"count", wording_number(arena, all.count)},
        {"nouns", wording_noun(phrases, all.entities, all.count)},
        {"place", wording_place(phrases, arena, &action->call)}, {0}};
    const char *target = phrases_fill(phrases, "outcomes", "several_of", arena, of, NULL);
    const char **names = san_arena_alloc(arena, silent.count * sizeof(*names));
    for (size_t i = 0; names && i < silent.count; i++)
        names[i] = silent.entities[i]->name;
    const struct phrase_var vars[] = {{"did", tool_words(phrases, utterance, action, all, "did", target)},
        {"silent", names ? wording_list(phrases, arena, names, silent.count, "a_and_b") : ""}, {0}};
    return phrases_fill(phrases, "outcomes", "partly", arena, vars, NULL);
}

/* The first reason that a target gives, or "". */
static const char *first_problem(const struct action *action)
{
    for (size_t i = 0; i < action->target_count; i++)
        if (action->targets[i].problem)
            return action->targets[i].problem;
    return "";
}

static const char *say_acted(
    const struct phrases *phrases, struct utterance *utterance, const struct action *action)
{
    struct subset done = subset_of(utterance, action, OUTCOME_DONE);
    struct subset silent = subset_of(utterance, action, OUTCOME_SILENT);
    struct subset sent = subset_of(utterance, action, OUTCOME_SENT);
    if (done.count && silent.count)
        return partly(phrases, utterance, action, done, silent);
    if (silent.count)
        return outcome_phrase(phrases, utterance, action, "silent", silent);
    if (sent.count)
        return outcome_phrase(phrases, utterance, action, "sent",
            done.count ? subset_of(utterance, action, OUTCOME_PENDING) : sent);
    return outcome_phrase(phrases, utterance, action, action->lasts ? "done_for" : "done", done);
}

static const char *say_failed(
    const struct phrases *phrases, struct utterance *utterance, const struct action *action)
{
    const struct phrase_var vars[] = {{"do", reply_deed(phrases, utterance, action)},
        {"problem", action->detail ? action->detail : first_problem(action)}, {0}};
    return phrases_fill(phrases, "outcomes", "failed", utterance->arena, vars, NULL);
}

/* ---- refusals ---- */

static const char *refusal_key(const struct action *action)
{
    switch (action->refusal) {
    case REFUSAL_NONE:
    case REFUSAL_UNSURE:
        return "unsure";
    case REFUSAL_UNMATCHED:
        return action->detail && action->detail[0] ? "unmatched" : "unmatched_unnamed";
    case REFUSAL_EVIDENCE:
        return "evidence";
    case REFUSAL_EMPTY:
        return home_call_text(&action->call, "domain") ? "empty" : "empty_other";
    case REFUSAL_AMBIGUOUS:
        return action->name_count ? "ambiguous" : "ambiguous_same";
    case REFUSAL_POLICY:
        return "policy";
    case REFUSAL_QUESTION:
        return action->target_count ? "question" : "question_other";
    case REFUSAL_DEVICE:
        return "device";
    case REFUSAL_NO_SKILL:
        return "no_skill";
    }
    return "unsure";
}

static const char *noun_of_call(const struct phrases *phrases, const struct home_call *call)
{
    const char *domain = home_call_text(call, "domain"), *device_class = home_call_text(call, "device_class");
    return phrases_noun(phrases, domain ? domain : "*", device_class ? device_class : "", false);
}

static const char *say_refused(
    const struct phrases *phrases, struct utterance *utterance, const struct action *action)
{
    struct san_arena *arena = utterance->arena;
    const char *detail = action->detail ? action->detail : first_problem(action);
    struct phrase_var vars[] = {{"detail", detail}, {"noun", noun_of_call(phrases, &action->call)},
        {"place", wording_place(phrases, arena, &action->call)},
        {"names", wording_list(phrases, arena, action->names, action->name_count, "a_or_b")},
        {"count", wording_number(arena, action->resolved.count)},
        {"do", action->target_count ? reply_deed(phrases, utterance, action) : ""}, {0}};
    const char *text = phrases_fill(phrases, "refusals", refusal_key(action), arena, vars, &action->call);
    if (action->name_count && action->refusal == REFUSAL_UNMATCHED)
        text = utterance_print(
            utterance, "%s%s", text, phrases_fill(phrases, "refusals", "did_you_mean", arena, vars, NULL));
    return text;
}

/* ---- what may not have been meant ---- */

static bool waits_for_yes(const struct action *action)
{
    return action->outcome == OUTCOME_REFUSED && action->refusal == REFUSAL_QUESTION;
}

static bool asks_whether_meant(const struct utterance *utterance)
{
    for (size_t i = 0; i < utterance->action_count; i++)
        if (utterance->actions[i].asks && waits_for_yes(&utterance->actions[i]))
            return true;
    return false;
}

/* One question for all that a yes would do; what it would answer need not be asked about. */
static const char *say_whether_meant(const struct phrases *phrases, struct utterance *utterance)
{
    const char *deeds[PLAN_ACTIONS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < utterance->action_count; i++) {
        const struct action *action = &utterance->actions[i];
        if (waits_for_yes(action) && !understand_is_question(action->call.tool))
            deeds[count++] = reply_deed(phrases, utterance, action);
    }
    const struct phrase_var vars[] = {{"do", wording_all(phrases, utterance->arena, deeds, count)}, {0}};
    return phrases_fill(phrases, "refusals", "meant", utterance->arena, vars, NULL);
}

/* ---- the whole ---- */

/* What is to be said once those who asked have done it. */
static const char *say_understood(
    const struct phrases *phrases, struct utterance *utterance, const struct action *action)
{
    if (!action->target_count)
        return phrases_fill(phrases, "outcomes", "understood", utterance->arena, NULL, NULL);
    return outcome_phrase(
        phrases, utterance, action, "done", subset_of(utterance, action, OUTCOME_UNDERSTOOD));
}

static const char *say_action(
    const struct phrases *phrases, struct utterance *utterance, const struct action *action)
{
    if (action->answer)
        return action->answer;
    switch (action->outcome) {
    case OUTCOME_DRY_RUN:
        return outcome_phrase(phrases, utterance, action, action->lasts ? "dry_run_for" : "dry_run",
            subset_of(utterance, action, OUTCOME_DRY_RUN));
    case OUTCOME_UNDERSTOOD:
        return say_understood(phrases, utterance, action);
    case OUTCOME_DONE:
    case OUTCOME_SENT:
    case OUTCOME_SILENT:
        return say_acted(phrases, utterance, action);
    case OUTCOME_FAILED:
        return say_failed(phrases, utterance, action);
    case OUTCOME_REFUSED:
        return say_refused(phrases, utterance, action);
    case OUTCOME_PENDING:
    case OUTCOME_UNHANDLED:
        break;
    }
    return "";
}

const char *reply_compose(const struct phrases *phrases, struct utterance *utterance)
{
    if (utterance->reply[0])
        return utterance->reply; /* said where the utterance ended early */
    if (utterance->outcome == OUTCOME_UNHANDLED)
        return phrases_fill(phrases, "outcomes", "unhandled", utterance->arena, NULL, NULL);
    const char *text = "";
    bool asks = asks_whether_meant(utterance), asked = false;
    for (size_t i = 0; i < utterance->action_count; i++) {
        struct action *action = &utterance->actions[i];
        action->sentence = "";
        if (asks && asked && waits_for_yes(action))
            continue;
        asked = asked || waits_for_yes(action);
        action->sentence = wording_sentence(utterance->arena, asks && waits_for_yes(action)
                                                                  ? say_whether_meant(phrases, utterance)
                                                                  : say_action(phrases, utterance, action));
        const char *space = text[0] && action->sentence[0] ? " " : "";
        text = utterance_print(utterance, "%s%s%s", text, space, action->sentence);
    }
    return text;
}
