/* ask.h - questions that wait for a yes: "Shall I unlock Front door?"
 *
 * A question belongs to who asked and where (source and area). Any other utterance from there drops it, and
 * so does time.
 */
#ifndef HEARTHD_ASK_H
#define HEARTHD_ASK_H

#include <stdint.h>

enum { ASK_MAX = 16 }; /* questions open at once; one more drops the oldest */

struct ask;

/* NULL if out of memory. */
struct ask *ask_new(void);
void ask_free(struct ask *ask);

/* Remembers the utterance that wants a yes, until the deadline (in uv_now's milliseconds). */
void ask_put(struct ask *ask, const char *source, const char *area, const char *text, uint64_t deadline);
/* Takes the open question from there: its utterance, for free(); NULL if there is none. */
char *ask_take(struct ask *ask, const char *source, const char *area, uint64_t now);

#endif
