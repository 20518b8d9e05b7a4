/* lasting.h - commands for so long: "turn on the fan for 10 minutes", "heating on for an hour".
 *
 * The command is for now; a timer on disk turns it back when its time has come. It holds the calls that do
 * so, made from how each thing is now, so nothing has to be understood then; it is asked about, changed and
 * cancelled as any other timer is. What cannot be turned back is not done: half of what was said would last.
 * Locks, alarms and doors are never opened, nor turned back, without somebody there.
 */
#ifndef HEARTHD_LASTING_H
#define HEARTHD_LASTING_H

#include "hearthd.h"
#include "utterance.h"

/* After plan_render, before later_plan: adds the action that starts the timer, if the utterance tells how
 * long (reread.h), and refuses what cannot last. Of what is put off only the latter. */
void lasting_plan(struct hearthd *daemon, struct utterance *utterance);

/* After the timer was to be started: without it, nothing is done. */
void lasting_check(struct utterance *utterance);

/* At the end: a timer for what has failed goes, and one for what was done is told of with that. */
void lasting_settle(struct hearthd *daemon, struct utterance *utterance);

#endif
