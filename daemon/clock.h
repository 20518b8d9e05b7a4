/* clock.h - a clock time in a sentence: "turn the fan off at 7 am", "at half past ten", "tomorrow at 6:30".
 *
 * The words of times are English here, as the normaliser's number words are (inference/text.c).
 */
#ifndef HEARTHD_CLOCK_H
#define HEARTHD_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "inference/text.h"

struct clock_time {
    size_t begin, end; /* the words that say it, "at" and "tomorrow" among them */
    int hour, minute;
    bool half_known; /* hour is 0..23; else 1..12, before or after noon */
    bool tomorrow;
    bool bare; /* a number after "at" and no more: it may be another number ("at 21") */
};

/* Finds the first clock time in the words. Numbers with a unit ("at 20 percent", "at 21 degrees") are none.
 */
bool clock_find(const struct san_words *words, struct clock_time *out);

/* When it is that time next, after now; Unix milliseconds both, in the local time zone. */
int64_t clock_next(const struct clock_time *time, int64_t now_ms);

#endif
