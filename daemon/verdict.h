/* verdict.h - how an utterance ended, in the three words that other programs have for it: Wyoming's handled,
 * not-handled and not-recognized, Home Assistant's event entity, Hermes. */
#ifndef HEARTHD_VERDICT_H
#define HEARTHD_VERDICT_H

#include "utterance.h"

enum verdict {
    VERDICT_HANDLED,        /* done, sent, answered, handed over; or hearth asks back */
    VERDICT_NOT_RECOGNIZED, /* not understood: not for the house, no words, not sure enough */
    VERDICT_FAILED,         /* understood, and not done, or not known to be done */
};

/* Of an utterance that is at its end. */
enum verdict verdict_of(const struct utterance *utterance);
/* "handled", "not_recognized", "failed". */
const char *verdict_name(enum verdict verdict);

#endif
