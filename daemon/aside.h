/* aside.h - what is said beside a command, read as a second command.
 *
 * "Too bright for my eyes, can you bring the lights down to forty" asks for 40 per cent: that it is too
 * bright is why, and no step of its own. "Get the kitchen light for me please, it's pitch dark in here" asks
 * for one light, not for all that there are.
 */
#ifndef HEARTH_ASIDE_H
#define HEARTH_ASIDE_H

#include "understand.h"

/* Takes out the calls that are no more than the reason for the one beside them: a step up or down where a
 * value is set of the same; and what would be done with all of a room, where just that is asked of one thing
 * there, and the words on that side of its name tell neither what to do nor with what. */
void aside_apply(const struct understand *understand, const struct understand_request *prepared,
    struct understood *understood, struct san_arena *arena);

#endif
