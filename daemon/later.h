/* later.h - commands for later: "turn the fan off in 10 minutes", "at 7 am".
 *
 * What is put off is planned as if it were for now, so that what could not be done is refused at once; then
 * a timer with the command takes its place.
 */
#ifndef HEARTHD_LATER_H
#define HEARTHD_LATER_H

#include "hearthd.h"
#include "utterance.h"

/* After plan_render: if the utterance is for later (reread.h), its actions give way to one that starts the
 * timer. Refused actions stay, and nothing is put off. */
void later_plan(struct hearthd *daemon, struct utterance *utterance);

#endif
