/* timers.h - "set a timer for five minutes", "in ten minutes turn off the heater".
 *
 * A timer is on disk before it is confirmed, and goes on after a restart; one that ended meanwhile is told of
 * at once. Its end goes to hearth/<node>/timer, to those who watch, and, if it has a command, to the
 * pipeline.
 */
#ifndef HEARTHD_TIMERS_H
#define HEARTHD_TIMERS_H

#include "hearthd.h"
#include "phrases.h"
#include "utterance.h"

enum {
    TIMERS_MAX = 100,
    TIMERS_LONGEST_S = 100 * 3600, /* the schema's 100 hours */
};

struct timers;

/* NULL if out of memory. */
struct timers *timers_new(struct hearthd *daemon);
/* Begins to watch the clock. daemon's pipeline must be there. */
void timers_start(struct timers *timers);
/* Before the loop has run out. */
void timers_stop(struct timers *timers);
/* After the loop has run out. */
void timers_free(struct timers *timers);

/* Does what the action's tool says with the timers; sets its answer and outcome. */
void timers_act(struct timers *timers, struct utterance *utterance, struct action *action);

/* Takes a timer away that was started for nothing; without a word. */
void timers_drop(struct timers *timers, int64_t id);

/* "1 hour, 5 minutes and 30 seconds"; in the arena. */
const char *timers_duration(const struct phrases *phrases, struct san_arena *arena, int64_t ms);

#endif
