/* leftover.h - words beside a name that make it the name of something else.
 *
 * "Garden shed", "lamp 5", "guest bathroom", "coffee grinder": each holds the name of a thing of the home, or
 * a part of one, and means a thing that the home may not have. The network is bound to choose among what is
 * there. So the words next to those that bear out a name, area or floor must themselves be accounted for:
 * they belong to a name or a value of the calls, tell where the thing is, or are words that people put beside
 * names ("the", "bedroom lights |up|"; learnt, beside.h). A number or a noun that is none of these speaks
 * against the match, and the thing is taken as missing. Where the whole name was said, and the network is
 * sure, more must speak against it.
 */
#ifndef HEARTH_LEFTOVER_H
#define HEARTH_LEFTOVER_H

#include "understand.h"

/* Marks calls that would act on the house: .missing is the slot and .leftover what was meant instead.
 * Questions stay: their answers name what they are about. Without phrases nothing is marked. */
void leftover_apply(const struct understand *understand, const struct understand_request *prepared,
    struct understood *understood, struct san_arena *arena);

/* Is the word i the "one" of "the right one", and no number? It is spelt out, behind what tells a thing
 * apart; "lamp one" is lamp 1. */
bool leftover_is_pronoun(
    const struct understand *understand, const struct understand_request *prepared, size_t i);

#endif
