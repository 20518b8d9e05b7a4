/* carry.h - what one command of a sentence takes from the one before it.
 *
 * "Turn the piano lamp on and set it to blue": it is the piano lamp, which the network, bound to names that
 * were said, leaves open. "Bedroom lights to 20 and close the blinds": a group for which no room was said is
 * that of the room before it, where the speaker's own room has no such thing. "Remind me of milk and put it
 * on the list" is about milk, once.
 */
#ifndef HEARTH_CARRY_H
#define HEARTH_CARRY_H

#include "understand.h"

/* Completes calls from those before them. A call that says a name, room or item of its own stays as it is;
 * one that repeats an item goes. */
void carry_apply(const struct understand *understand, const struct understand_request *prepared,
    struct understood *understood, struct san_arena *arena);

/* The room of the call: the one that it names, or that of the only thing it names. NULL if there is none, or
 * where something else was meant than the call says (its .missing). */
const char *carry_room_of(
    struct registry *registry, const struct understood_call *call, struct san_arena *arena);
/* The room of the command before the call at `at`, where the words said that room too and none is known of
 * the speaker. NULL if there is none. */
const char *carry_room_before(struct registry *registry, const struct understand_request *prepared,
    const struct understood *understood, size_t at, struct san_arena *arena);

#endif
