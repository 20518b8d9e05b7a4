/* ask.h - questions that wait for a yes: "Shall I unlock Front door?", "Did you mean: turn on Fan?"
 *
 * A question belongs to who asked and where (source and area). Any other utterance from there drops it, and
 * so does time. A yes has the utterance understood once more, and is a yes to the calls that were asked
 * about, not to what it may mean by then.
 */
#ifndef HEARTHD_ASK_H
#define HEARTHD_ASK_H

#include <stdbool.h>
#include <stdint.h>

enum { ASK_MAX = 16 }; /* questions open at once; one more drops the oldest */

struct ask;

/* NULL if out of memory. */
struct ask *ask_new(void);
void ask_free(struct ask *ask);

/* The utterance that a question is about. */
struct asked {
    const char *text, *calls; /* calls: as the network wrote them, a JSON array */
    bool dry_run;             /* then the yes is one, too */
};

/* Remembers the utterance that wants a yes, until the deadline (in uv_now's milliseconds). Copies. */
void ask_put(
    struct ask *ask, const char *source, const char *area, const struct asked *asked, uint64_t deadline);
/* Takes the open question from there, for asked_free; text is NULL if there is none. */
struct asked ask_take(struct ask *ask, const char *source, const char *area, uint64_t now);
void asked_free(struct asked *asked);

#endif
