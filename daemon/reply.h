/* reply.h - the sentence that is spoken at the end. True: "turned on" only when the state topic showed it. */
#ifndef HEARTHD_REPLY_H
#define HEARTHD_REPLY_H

#include "phrases.h"
#include "utterance.h"

/* Composes the reply from the utterance's actions and outcome; in the utterance's arena. */
const char *reply_compose(const struct phrases *phrases, struct utterance *utterance);

/* "turn on 3 lights in Kitchen": what an action does or would do. */
const char *reply_deed(
    const struct phrases *phrases, struct utterance *utterance, const struct action *action);

#endif
