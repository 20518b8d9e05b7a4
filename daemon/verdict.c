/* verdict.c - see verdict.h. */
#include "verdict.h"

/* All that was refused was refused for that reason. */
static bool refused_for(const struct utterance *utterance, enum refusal refusal)
{
    for (size_t i = 0; i < utterance->action_count; i++) {
        const struct action *action = &utterance->actions[i];
        if (action->outcome == OUTCOME_REFUSED && action->refusal != refusal)
            return false;
    }
    return utterance->action_count > 0;
}

enum verdict verdict_of(const struct utterance *utterance)
{
    switch (utterance->outcome) {
    case OUTCOME_DRY_RUN:
    case OUTCOME_UNDERSTOOD:
    case OUTCOME_DONE:
    case OUTCOME_SENT:
        return VERDICT_HANDLED;
    case OUTCOME_UNHANDLED:
        return VERDICT_NOT_RECOGNIZED;
    case OUTCOME_REFUSED:
        if (refused_for(utterance, REFUSAL_QUESTION))
            return VERDICT_HANDLED;
        return refused_for(utterance, REFUSAL_UNSURE) ? VERDICT_NOT_RECOGNIZED : VERDICT_FAILED;
    case OUTCOME_PENDING:
    case OUTCOME_SILENT:
    case OUTCOME_FAILED:
        break;
    }
    return VERDICT_FAILED;
}

const char *verdict_name(enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_HANDLED:
        return "handled";
    case VERDICT_NOT_RECOGNIZED:
        return "not_recognized";
    case VERDICT_FAILED:
        break;
    }
    return "failed";
}
