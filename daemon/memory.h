/* memory.h - what each conversation was last about: "turn it off again", "and the kitchen too", "no, the
 * bedroom", "undo that".
 *
 * A conversation is who speaks and from where (source or dialogue, and area), as in ask.h. It remembers one
 * utterance, and what was done before it, and that for a short while only. What it asks "did you mean" about
 * comes in front until that is answered: "no, the bedroom" corrects the question, and undoes nothing; but a
 * yes is read as what was asked about was.
 */
#ifndef HEARTHD_MEMORY_H
#define HEARTHD_MEMORY_H

#include <stdint.h>

#include "utterance.h"

enum {
    MEMORY_MAX = 32,     /* conversations at once; one more drops the oldest */
    MEMORY_UNDO_MAX = 4, /* utterances before the last one that can be undone, one after the other */
};

struct memory;

/* An entity that was commanded, and how it was before. */
struct deed {
    int64_t entity_id; /* the registry's id */
    size_t call;       /* the one that commanded it */
    const char *state;
    const char *attributes; /* a JSON object */
};

/* The last utterance of a conversation that was about the home. */
struct recollection {
    const char *text; /* normalised, as the network read it */
    const struct home_call *calls;
    const char *const *kinds; /* of each call: what its name was chosen as, or "" */
    size_t call_count;
    struct home_call put_off; /* what HassStartTimer's command comes to; tool NULL: nothing is put off */
    const char *except;       /* "except the kitchen", or "" */
    const char *missing;      /* the words that the home has nothing for, or "" */
    bool asked;               /* it was answered by "which one" or "did you mean" */
    const struct deed *deeds;
    size_t deed_count;
    const int64_t *timers; /* the ids of those that it started */
    size_t timer_count;
    const struct reg_timer *superseded; /* what it took from others */
    size_t superseded_count;
};

/* NULL if out of memory. */
struct memory *memory_new(void);
void memory_free(struct memory *memory);

/* Remembers an utterance that has ended, by the sentence as it was read in the end, until the deadline (in
 * uv_now's milliseconds), in the place of what its conversation remembered. One that was about nothing of the
 * home leaves that as it is. */
void memory_put(
    struct memory *memory, const struct utterance *utterance, const char *sentence, uint64_t deadline);

/* What the utterance's conversation remembers, or NULL. It lives until the next put or undone. */
const struct recollection *memory_get(struct memory *memory, const struct utterance *utterance, uint64_t now);

/* Forgets what the utterance's conversation asks about; what it was about before is there again. */
void memory_answered(struct memory *memory, const struct utterance *utterance);

/* The last utterance of the conversation that did something, be there questions and refusals behind it; NULL:
 * none did. It lives as long. */
const struct recollection *memory_done(
    struct memory *memory, const struct utterance *utterance, uint64_t now);

/* Forgets that one, and what was said since: the one before it may be undone next. */
void memory_undone(struct memory *memory, const struct utterance *utterance);

#endif
