/* duration.h - how long something is to last: "turn on the fan for 10 minutes", "heating on for an hour and a
 * half", "for the next 2 hours"; and what tells no more than that it need not be for ever: "for a while",
 * "for tonight".
 *
 * The words are English here, as those of clock times are (clock.h).
 */
#ifndef HEARTHD_DURATION_H
#define HEARTHD_DURATION_H

#include <stdbool.h>
#include <stdint.h>

#include "inference/text.h"

struct duration {
    size_t begin, end; /* the words that say it, "for" among them */
    int64_t seconds;   /* 0: no length is told */
};

/* Finds the first duration behind a "for". A sentence about a timer or a reminder has none, nor one that goes
 * on with "then": there the length tells when. */
bool duration_find(const struct san_words *words, struct duration *out);

#endif
