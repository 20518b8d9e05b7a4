/* both.h - "both bedside lamps", where the network named one.
 *
 * Two things whose names (or aliases) differ in a single word ("Bedside Lamp Left", "Bedside Lamp Right") are
 * meant by the words that they share, and so are two of one name in two rooms. A call on one of them gets its
 * like beside it, where the home has just those two.
 */
#ifndef HEARTH_BOTH_H
#define HEARTH_BOTH_H

#include "understand.h"

/* Adds the call on the other one. Errors: SAN_ENOMEM, SAN_ELIMIT where a call is
 * full. */
enum san_status both_apply(const struct understand *understand, const struct understand_request *prepared,
    struct understood *understood, struct san_arena *arena, struct san_error *err);

#endif
