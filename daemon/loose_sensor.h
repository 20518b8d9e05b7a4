/* loose_sensor.h - "what's the temperature" asks for no "Fridge Temperature".
 *
 * Of a sensor's name the word for what it measures tells little. Where that alone was said, and nothing else
 * in the sentence could stand for the rest of the name, the sensor is not offered to the network: lest a
 * question about a room, or about the home, be answered for the fridge. Sensors of the speaker's room stay.
 */
#ifndef HEARTH_LOOSE_SENSOR_H
#define HEARTH_LOOSE_SENSOR_H

#include "understand.h"

/* Takes such items out of prepared->items. */
void loose_sensor_drop(
    const struct understand *understand, struct understand_request *prepared, struct san_arena *arena);

#endif
