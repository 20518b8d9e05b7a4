/* hand_over.h - calls for somebody else to act on: Home Assistant, a handler of Hermes. */
#ifndef HEARTHD_HAND_OVER_H
#define HEARTHD_HAND_OVER_H

#include "devices/registry.h"
#include "utterance.h"

/* Adds area and domain to a call that names one device of several of that name. hearth knows by the speaker's
 * room and by the kind of thing which one is meant; the others would have to ask, or find the call ambiguous.
 */
void hand_over_tell_apart(struct registry *registry, struct utterance *utterance, struct action *action);

#endif
