/* turn_back.h - what a timer holds for a command that lasts so long (lasting.h): the calls that turn it back.
 *
 * One call for each entity, and with it the tool that it turns back. A later command for the same entity
 * takes its place: what was turned on "for 10 minutes" and then turned on, or off, once more stays as it was
 * told last. What only adjusts (brighter, louder, the next song) leaves the turning back of anything else
 * alone.
 */
#ifndef HEARTHD_TURN_BACK_H
#define HEARTHD_TURN_BACK_H

#include "hearthd.h"
#include "utterance.h"

/* The tool that does the opposite; NULL: none does. */
const char *turn_back_counterpart(const char *tool);

/* Adds the call for that entity, to be made when what `done` did is over. */
void turn_back_add(
    cJSON *calls, struct home_call *call, const struct home_entity *entity, const struct home_call *done);

/* "turn off Ceiling fan", "change Bedroom radiator back": what call does to these entities, of one domain. */
const char *turn_back_words(const struct phrases *phrases, struct san_arena *arena,
    const struct home_call *done, struct home_entity *const *entities, size_t count,
    const struct home_call *call);

/* Is what the same tool did to the entity to be turned back already? Then gives the call that does so,
 * without a target: it tells how the entity was before. Its texts live in the arena. */
bool turn_back_pending(struct hearthd *daemon, struct san_arena *arena, const struct home_entity *entity,
    const char *tool, struct home_call *out);

/* At the end of an utterance: takes from the timers what its commands have replaced, without a word. What was
 * taken stays with the utterance, to be put back when it is undone. */
void turn_back_supersede(struct hearthd *daemon, struct utterance *utterance);

#endif
