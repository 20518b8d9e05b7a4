/* replace.h - the last sentence once more, with another place, thing or number in it: "and the kitchen too",
 * "no, the bedside lamp", "i meant 30 percent".
 */
#ifndef HEARTHD_REPLACE_H
#define HEARTHD_REPLACE_H

#include "follow_up.h"

/* What is new. */
struct replacement {
    const char *text;                   /* its words */
    const struct shortlist_item *place; /* set if it is a room or floor and no more */
    const char *number;                 /* set if it is a number and no more */
    bool item;                          /* it is for a list */
    bool time;                          /* it is a time of the clock */
};

/* The completed sentence in in->arena, or NULL if the last sentence has no place for it (or out of memory).
 */
const char *replace_in_last(const struct follow_up_in *in, const struct replacement *with);

/* How one speaks of what the call was for: "the bedroom lights", "the pizza timer"; "" if it was for nothing
 * that can be named. kind is what the call's name was chosen as, or "". */
const char *replace_target_words(
    const struct phrases *phrases, struct san_arena *arena, const struct home_call *call, const char *kind);

#endif
