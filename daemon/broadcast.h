/* broadcast.h - "tell everyone that dinner is ready": hearth/<node>/broadcast, for satellites that can speak.
 */
#ifndef HEARTHD_BROADCAST_H
#define HEARTHD_BROADCAST_H

#include "hearthd.h"
#include "utterance.h"

/* Passes the action's message on; sets its answer and outcome: sent, for who listens is not known, or failed
 * without a broker. */
void broadcast_act(struct hearthd *daemon, struct utterance *utterance, struct action *action);

#endif
