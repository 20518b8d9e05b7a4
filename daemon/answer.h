/* answer.h - tools that send no command: questions about the home, the time, small talk. */
#ifndef HEARTHD_ANSWER_H
#define HEARTHD_ANSWER_H

#include <time.h>

#include "phrases.h"
#include "utterance.h"

/* How a tool is answered. */
enum answer_kind {
    ANSWER_COMMAND, /* not at all: it commands devices */
    ANSWER_STATE,
    ANSWER_TEMPERATURE,
    ANSWER_WEATHER,
    ANSWER_TIME,
    ANSWER_DATE,
    ANSWER_RESPOND,
    ANSWER_NEVERMIND,
    ANSWER_TIMERS,    /* by timers.c */
    ANSWER_LISTS,     /* by lists.c */
    ANSWER_BROADCAST, /* by broadcast.c */
};
enum answer_kind answer_kind(const char *tool);

/* True if the answer needs the entities that the call resolves to. */
bool answer_needs_entities(enum answer_kind kind);

/* Answers action: sets its answer and outcome, and appends to utterance->answers; what this hearth cannot do
 * is refused. The entities of action->resolved carry their live states. now is local time. */
void answer_action(
    const struct phrases *phrases, struct utterance *utterance, struct action *action, const struct tm *now);

#endif
