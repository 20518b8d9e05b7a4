/* score.h - the tally of an evaluation: per intent, tag and size of home; what was taken for what; how long
 * it took. */
#ifndef HEARTHCTL_SCORE_H
#define HEARTHCTL_SCORE_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#include "devices/home.h"

struct score;

/* Ends the program if memory runs out, like all of this file. */
struct score *score_new(void);
void score_free(struct score *score);

/* What one case came to. Borrowed. */
struct score_case {
    const char *text;
    const char *const *tags;
    size_t tag_count;
    size_t home_size; /* entities */
    const struct home_call *expected;
    size_t expected_count;
    const struct home_call *got;
    size_t got_count;
    bool exact;
    bool asked, asked_right; /* it asks whether that was meant; a yes would do what was expected */
    const char *differs;     /* the slot, where one call of the right tool has other arguments; else "" */
    size_t false_actions;
    size_t sensitive; /* of them: those that unlock, open or disarm */
    bool error;       /* could not be parsed at all */
    double ms;
};
void score_add(struct score *score, const struct score_case *one);

/* How many cases there are so far, and how many of them were exact. */
size_t score_count(const struct score *score);
size_t score_exact(const struct score *score);

/* For people, on standard output. */
void score_print(struct score *score);
/* For machines; the caller deletes. */
cJSON *score_json(struct score *score);

#endif
