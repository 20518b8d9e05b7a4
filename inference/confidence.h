/* confidence.h - from the product of a call's probabilities to how often such a call is right: the model's
 * map san.confidence.* (docs/model.md, section 6). Internal to libsan. */
#ifndef SAN_CONFIDENCE_H
#define SAN_CONFIDENCE_H

#include "gguf.h"

enum { SAN_KNOTS_MAX = 32 };

/* Straight lines between knots; none: what comes in goes out. */
struct san_confidence {
    size_t count;
    float from[SAN_KNOTS_MAX]; /* ascending, from 0 to 1 */
    float to[SAN_KNOTS_MAX];   /* never falling, within 0..1 */
};

/* Reads and checks the map of a file; a file without one is fine. SAN_EFORMAT or SAN_ELIMIT, naming the key.
 */
enum san_status san_confidence_read(
    const struct san_gguf *file, struct san_confidence *out, struct san_error *err);

/* The confidence of a call whose probabilities multiply to `product`, 0..1. */
float san_confidence_of(const struct san_confidence *map, float product);

#endif
