/* fraction.h - "four fifths", "1/3" as what they are of a hundred.
 *
 * The network writes per cent digit by digit. It knows the usual fractions by heart; of others it copies a
 * number that was said ("4"), or comes close (63 for two thirds).
 */
#ifndef HEARTH_FRACTION_H
#define HEARTH_FRACTION_H

#include "understand.h"

/* Puts right each brightness, position, volume or speed of the calls that can only come from a fraction of
 * the sentence. What was said as a number of its own stays. Texts live in the arena. */
void fraction_apply(
    const struct understand_request *prepared, struct understood *understood, struct san_arena *arena);

#endif
