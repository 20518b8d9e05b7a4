/* announce.h - hearth as a device of Home Assistant's, by its own discovery message, and the states of that
 * device.
 *
 * A text entity to speak through, sensors of the last utterance, a problem sensor, a button that reloads, an
 * event entity (handled, not_recognized, failed). Configuration and states are sent after each connect and,
 * after a random while, when Home Assistant starts; the configuration alone is retained. Switched off, it is
 * taken back.
 */
#ifndef HEARTHD_ANNOUNCE_H
#define HEARTHD_ANNOUNCE_H

#include <stdbool.h>
#include <stddef.h>

#include "hearthd.h"
#include "utterance.h"

enum {
    ANNOUNCE_DELAY_MIN_MS =
        500, /* after Home Assistant's "online": it is busy, and so are all other publishers */
    ANNOUNCE_DELAY_MAX_MS = 5000,
};

struct announce;

/* What can be wrong; each until it is over. */
enum announce_problem { PROBLEM_RELOAD, PROBLEM_UTTERANCE, PROBLEMS };

/* daemon->mqtt must be there. NULL if out of memory. */
struct announce *announce_new(struct hearthd *daemon);
void announce_stop(
    struct announce *announce); /* before the loop has run out; NULL is allowed here and below */
void announce_free(struct announce *announce); /* after it */

/* The broker is there, or the configuration has changed. */
void announce_send(struct announce *announce);
/* Takes Home Assistant's birth, the button, and a hearth's own configuration, which is no device of the home;
 * false if it is another topic. */
bool announce_message(
    struct announce *announce, const char *topic, const char *payload, size_t len, bool retained);

/* An utterance has ended. */
void announce_result(struct announce *announce, const struct utterance *utterance);
/* text says what is wrong; "" when it is over. */
void announce_problem(struct announce *announce, enum announce_problem problem, const char *text);

#endif
