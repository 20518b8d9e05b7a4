/* loose_name.h - names of which no more was said than a word that tells nothing.
 *
 * "What's the temperature" asks for no "Fridge Temperature": of a sensor's name the word for what it measures
 * tells little. Where that alone was said, and nothing else in the sentence could stand for the rest of the
 * name, the sensor is not offered to the network: lest a question about a room, or about the home, be
 * answered for the fridge. Sensors of the speaker's room stay. And "the lamp in the den and the one in the
 * hall" says no "Sonos One".
 */
#ifndef HEARTH_LOOSE_NAME_H
#define HEARTH_LOOSE_NAME_H

#include "understand.h"

/* Takes such items out of prepared->items. */
void loose_name_drop(
    const struct understand *understand, struct understand_request *prepared, struct san_arena *arena);

#endif
