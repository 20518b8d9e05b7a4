/* contrary.h - "open the front door" locks nothing, and neither "lock it" nor "nobody gets in" unlocks
 * anything, whatever the network takes them for.
 */
#ifndef HEARTH_CONTRARY_H
#define HEARTH_CONTRARY_H

#include "understand.h"

/* Does the call turn a lock the other way round than every word for it says, or open it where no word does
 * and something is denied? Without phrases none does. */
bool contrary(
    const struct phrases *phrases, const struct san_words *words, const struct understood_call *call);

#endif
