/* lists.h - "add oat milk to my shopping list". The lists are in the registry, and retained on
 * hearth/<node>/lists for those who show them. */
#ifndef HEARTHD_LISTS_H
#define HEARTHD_LISTS_H

#include "hearthd.h"
#include "utterance.h"

/* Does what the action's tool says with a list; sets its answer and outcome. */
void lists_act(struct hearthd *daemon, struct utterance *utterance, struct action *action);

/* Publishes {"shopping list":["Oat milk"]}: after each connect and each change. */
void lists_publish(struct hearthd *daemon);

#endif
