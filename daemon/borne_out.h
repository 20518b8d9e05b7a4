/* borne_out.h - was a value of a call said?
 *
 * The network chooses among what the shortlist offers, and may choose a thing of which a word was said by
 * chance: "the temperature outside" is no "Fridge Temperature". What the words do not bear out is not acted
 * on (understood_call.unproven).
 */
#ifndef HEARTH_BORNE_OUT_H
#define HEARTH_BORNE_OUT_H

#include "understand.h"

/* Is the argument's value what was said? Values that copy no item are; the speaker's own room needs no
 * words. */
bool borne_out(const struct understand *understand, const struct understand_request *prepared,
    const struct san_call *call, const struct san_arg *arg, struct san_arena *arena);

#endif
