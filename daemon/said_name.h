/* said_name.h - names that were said in short.
 *
 * "The bedroom" is "Master Bedroom" in a home of one bedroom, "the kids bedroom" is "Kids Room", "the desk
 * lamp" is "LIFX Desk Lamp". The network is given such a name by the words that were said: what it has to
 * tell apart then are things, not the ways to shorten what they are called. Words that may be short for two
 * things are short for none, but for the speaker's own room.
 */
#ifndef HEARTH_SAID_NAME_H
#define HEARTH_SAID_NAME_H

#include "phrases.h"
#include "understand.h"

/* Sets the text of such items to what was said; their names stay. Errors: SAN_ENOMEM. */
enum san_status said_name_apply(const struct phrases *phrases, struct understand_request *prepared,
    struct san_arena *arena, struct san_error *err);

#endif
