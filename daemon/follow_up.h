/* follow_up.h - sentences that lean on the one before: "turn it off again", "brighter", "and the kitchen
 * too", "no, the bedroom", "the floor lamp" to a question of which one.
 *
 * The network reads one sentence at a time. What is short is therefore completed here, from what the
 * conversation was last about, and the network reads the whole: it alone says what that means. There are
 * three ways to complete:
 *
 *     refer    a pronoun gives way to the thing itself, or the thing is put in front of a bare "brighter"
 *     replace  the new place, name or number takes the place of the old one in the last sentence
 *     repeat   the last sentence once more
 *
 * The words by which such sentences are known are in the phrase file: words.and_first, no_first, pronouns ...
 */
#ifndef HEARTHD_FOLLOW_UP_H
#define HEARTHD_FOLLOW_UP_H

#include "daemon/understand.h"
#include "phrases.h"

struct recollection; /* memory.h */

enum follow_up_kind {
    FOLLOW_UP_NONE,
    FOLLOW_UP_REFER,
    FOLLOW_UP_REPLACE,
    FOLLOW_UP_CORRECT, /* replace, and what was done before was wrong */
    FOLLOW_UP_REPEAT,
};

/* Borrowed. */
struct follow_up_in {
    const struct phrases *phrases;
    const struct understand *understand;
    const struct recollection *last;
    const struct understand_request *prepared; /* the short sentence */
    const struct understood *understood;       /* what the network made of it on its own */
    bool clear;                                /* all of that could be acted on */
    struct san_arena *arena;
};

struct follow_up {
    enum follow_up_kind kind;
    const char *text;  /* the completed sentence, in the arena */
    const char *place; /* a call must be for this area or floor, or NULL */
    const char *tool;  /* the call must be of this tool, or NULL: it was clear without the rest */
};

/* Completes the sentence if it has the form of a follow-up; else (or out of memory) out->kind is
 * FOLLOW_UP_NONE. */
void follow_up_complete(const struct follow_up_in *in, struct follow_up *out);

/* True if the call leaves open what it is for: a command without name, place and kind ("brighter"), save for
 * the speaker's own room where that was not said. */
bool follow_up_is_open(const struct understand_request *prepared, const struct home_call *call);

/* True if the call is for what the recollection's last call was for: the test of a sentence that was
 * completed by reference. */
bool follow_up_refers(const struct recollection *last, const struct home_call *call);

#endif
