/* reread.h - sentences that the network reads a second time, in other words.
 *
 * The network reads one sentence at a time, and its calls have no place for a clock or an exception. After it
 * has read an utterance, this decides whether it is to read other words instead:
 *
 *     names in their own order        "the light in the pantry", which is Pantry Light (turned_name.h)
 *     without what no call can say    "turn off all lights | except the floor lamp", "fan off | at 7 am",
 *                                     "fan on | for 10 minutes" (lasting.h)
 *     completed by the conversation   "turn it off", "and the kitchen too"           (follow_up.h)
 *     the command of a timer          "turn the fan off | in 10 minutes": nothing is put off that could not
 *                                     be done now
 *
 * What the words mean is the network's to say each time; a completed sentence that it does not understand is
 * dropped, and the utterance stands as it was.
 */
#ifndef HEARTHD_REREAD_H
#define HEARTHD_REREAD_H

#include "hearthd.h"
#include "memory.h"

/* Before the first reading. */
void reread_start(struct utterance *utterance);

/* After each reading, utterance->understood being its result: *text is what is to be read next, or NULL if
 * the reading (which then may be an earlier one) counts. last is what the conversation remembers, or NULL.
 * Errors: SAN_ENOMEM, and those of understand_prepare. */
enum san_status reread_next(struct hearthd *daemon, const struct recollection *last,
    struct utterance *utterance, const char **text, struct san_error *err);

/* The call by which the utterance is put off (HassStartTimer), or NULL if it is for now. */
const struct home_call *reread_later(const struct utterance *utterance);

/* The sentence that was read in the end, exception and time included: what the conversation remembers. */
const char *reread_sentence(struct utterance *utterance);

#endif
