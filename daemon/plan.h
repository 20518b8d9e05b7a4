/* plan.h - from what was understood to what is to be done: calls become actions, actions find their
 * entities, entities their commands. Nothing is done yet; a question or a mistake in the second call is known
 * before the first acts.
 *
 *     plan_validate   is the network sure, was every name said?
 *     plan_resolve    which entities
 *     plan_render     which commands, and whether the guards let them pass
 */
#ifndef HEARTHD_PLAN_H
#define HEARTHD_PLAN_H

#include "hearthd.h"
#include "utterance.h"

/* As many calls as the network writes, and what undoing the last utterance takes. */
enum { PLAN_ACTIONS_MAX = 32 };

/* Adds an action for that call, which must live as long as the utterance. NULL: for a call that is put
 * together here, and certain; the caller fills in action->call. NULL if there are too many, or out of memory.
 */
struct action *plan_add(struct utterance *utterance, const struct understood_call *said);

/* Why a call as it was understood must not be acted on; REFUSAL_NONE if it may, REFUSAL_QUESTION if it may be
 * asked about. */
enum refusal plan_doubt(const struct hearthd *daemon, const struct understood_call *said);

/* Ends an action without doing anything; slot and detail as in struct action. */
void plan_refuse(struct action *action, enum refusal refusal, const char *slot, const char *detail);
void plan_fail(struct action *action, const char *detail);

/* The calls that the network wrote, as a JSON array in the utterance's arena: what a question is about. */
const char *plan_heard_calls(struct utterance *utterance);

/* Adds an action for each call of utterance->understood, refused where there is doubt. False: out of memory.
 */
bool plan_validate(struct hearthd *daemon, struct utterance *utterance, struct san_error *err);

/* Sets utterance->calls_json to the calls of its actions, without those that name nothing of this home. */
void plan_show_calls(struct utterance *utterance);

/* Finds the entities of all pending actions that want some and have none yet. */
void plan_resolve(struct hearthd *daemon, struct utterance *utterance);

/* Renders the commands of all pending actions. */
void plan_render(struct hearthd *daemon, struct utterance *utterance);

/* Refuses an action that is rendered already: none of its commands will leave. */
void plan_hold_back(struct action *action, enum refusal refusal, const char *why);

/* How many actions are the utterance's own; those that take something back come behind them. */
size_t plan_count_own(const struct utterance *utterance);

/* True if one of the actions wants a yes first, by its guard or because it may not be what was meant. It then
 * holds back all of them: the yes will say the whole utterance again, and nothing is done twice. What is not
 * sure and cannot be done either is refused as unsure: there is nothing to ask about. */
bool plan_hold_for_question(struct utterance *utterance);

#endif
