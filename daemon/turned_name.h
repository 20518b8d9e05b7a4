/* turned_name.h - names that were said the other way round.
 *
 * "The light in the pantry" is "Pantry Light", "the lamp by the sofa" is "Sofa Lamp", "the lamp beside the
 * bed" is "Bedside Lamp", "the side door of the garage" is "Garage Side Door Lock". Bound to rooms and names,
 * the network takes what is said of where such a thing is for a room that the home does not have. So it reads
 * the sentence once more with the name in its own order. What may be two things is none of them, and "the
 * lights in the kitchen" are all of them there.
 */
#ifndef HEARTH_TURNED_NAME_H
#define HEARTH_TURNED_NAME_H

#include "phrases.h"
#include "understand.h"

/* Sets prepared->in_order. Errors: SAN_ENOMEM. */
enum san_status turned_name_apply(const struct phrases *phrases, struct understand_request *prepared,
    struct san_arena *arena, struct san_error *err);

#endif
