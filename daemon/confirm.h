/* confirm.h - publishes the commands of an utterance, and waits until the state topics show their effect.
 *
 * Each target ends as one of: done (its state shows it), sent (the broker has it, nothing can show it),
 * silent (no sign in time), failed (the broker did not get it).
 */
#ifndef HEARTHD_CONFIRM_H
#define HEARTHD_CONFIRM_H

#include "hearthd.h"
#include "utterance.h"

struct confirm;

/* done is called once for each utterance, with every target ended; from inside confirm_wait at the earliest.
 * NULL if out of memory. */
struct confirm *confirm_new(
    struct hearthd *daemon, void (*done)(void *data, struct utterance *utterance), void *data);
/* Ends every wait at once. Before the loop has run out. */
void confirm_stop(struct confirm *confirm);
/* After the loop has run out. */
void confirm_free(struct confirm *confirm);

/* Hands the commands of all targets that are still pending to MQTT, in order. */
void confirm_publish(struct confirm *confirm, struct utterance *utterance);
/* Begins to wait for the effects: at most confirm_timeout, longer while there is no broker. */
void confirm_wait(struct confirm *confirm, struct utterance *utterance);

#endif
