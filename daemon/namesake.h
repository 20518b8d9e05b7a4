/* namesake.h - the room of one of several things of a name.
 *
 * "Ceiling Light" may be a thing in four rooms. Where the network wrote no room beside such a name, it is
 * the only room that was said; of several, the only one that no other call has; or the room of the command
 * before, where the words said that room too ("the kitchen lamp to 20 and the ceiling light in there off").
 * Otherwise the name stands alone: the speaker's room tells, or a question.
 */
#ifndef HEARTHD_NAMESAKE_H
#define HEARTHD_NAMESAKE_H

#include "understand.h"

/* Puts such rooms into the calls. Errors: SAN_ELIMIT where a call is full. */
enum san_status namesake_apply(struct registry *registry, const struct understand_request *prepared,
    struct understood *understood, struct san_arena *arena, struct san_error *err);

#endif
