/* said_kind.h - "the TV", of a tool that knows no classes.
 *
 * "Turn off the TV" may be a call on the class "tv"; "mute the TV" has no slot for it, and without one would
 * be about every player there. So the one TV where the call is, or else the only one of the home, is named.
 */
#ifndef HEARTH_SAID_KIND_H
#define HEARTH_SAID_KIND_H

#include "understand.h"

/* Names the thing in a call on media players that names none. */
void said_kind_apply(const struct understand *understand, const struct understand_request *prepared,
    struct understood *understood, struct san_arena *arena);

#endif
