/* later.c - see later.h. */
#include "later.h"

#include "answer.h"
#include "phrases.h"
#include "plan.h"
#include "reread.h"

/* Questions are answered now or never. */
static bool can_wait(const struct action *action)
{
    enum answer_kind kind = answer_kind(action->call.tool);
    return kind == ANSWER_COMMAND || kind == ANSWER_LISTS || kind == ANSWER_BROADCAST;
}

/* Nobody will be there to say yes. */
static void refuse_waiting(struct hearthd *daemon, struct action *action)
{
    bool guarded = action->refusal == REFUSAL_QUESTION;
    action->outcome = OUTCOME_REFUSED;
    action->refusal = REFUSAL_POLICY;
    action->answer = phrases_get(daemon->phrases, "timers", guarded ? "later_guarded" : "later_question");
}

/* Keeps the refused actions alone: half of what was said is not put off either. */
static void keep_refused(struct utterance *utterance)
{
    size_t kept = 0;
    for (size_t i = 0; i < utterance->action_count; i++)
        if (utterance->actions[i].outcome != OUTCOME_PENDING)
            utterance->actions[kept++] = utterance->actions[i];
    utterance->action_count = kept;
}

void later_plan(struct hearthd *daemon, struct utterance *utterance)
{
    const struct home_call *timer = reread_later(utterance);
    if (!timer || !utterance->action_count)
        return;
    bool refused = false;
    size_t count = plan_count_own(utterance);
    for (size_t i = 0; i < count; i++) {
        struct action *action = &utterance->actions[i];
        if (!can_wait(action) || action->refusal == REFUSAL_QUESTION)
            refuse_waiting(daemon, action);
        refused = refused || action->outcome != OUTCOME_PENDING;
    }
    if (refused) {
        keep_refused(utterance);
        return;
    }
    struct action *actions = utterance->actions;
    actions[0] = (struct action){.said = actions[0].said, .call = *timer};
    for (size_t i = count; i < utterance->action_count; i++)
        actions[i - count + 1] = actions[i];
    utterance->action_count -= count - 1;
    plan_show_calls(utterance);
}
