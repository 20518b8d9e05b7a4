/* whole_name.h - a name that was said in full, where the network took another that was said in part.
 *
 * "The left garage door" is "Garage Door Left", not "Garage Door Right", and "kitchen ceiling light" is the
 * "Ceiling Light" of the kitchen, not "Kitchen Island Pendants". Both are in the words: a call whose name
 * they speak against (leftover.h) takes the one thing of that kind of which every word was said, and nothing
 * if there are two. Of things of one kind that the same words mean ("the TV"), the one in the speaker's room
 * is meant.
 */
#ifndef HEARTH_WHOLE_NAME_H
#define HEARTH_WHOLE_NAME_H

#include "understand.h"

/* Mends the calls that leftover_apply marked; true if there was one: what is beside its new name is to be
 * looked at too then. */
bool whole_name_apply(const struct understand *understand, const struct understand_request *prepared,
    struct understood *understood, struct san_arena *arena);

/* Names what was said in full, and is in no call, in a call behind the first that names nothing, or once more
 * what an earlier one names. */
void whole_name_left(const struct understand *understand, const struct understand_request *prepared,
    struct understood *understood, struct san_arena *arena);

/* Takes the thing in the room that was said, else in the speaker's or that of the command before, where a
 * name was said in part; and takes a room away that is no more than a word of the name, and with it half of
 * the doubt. */
void whole_name_near(struct registry *registry, const struct understand_request *prepared,
    struct understood *understood, struct san_arena *arena);

#endif
