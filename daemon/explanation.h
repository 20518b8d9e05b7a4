/* explanation.h - why an utterance was understood as it was, and what came of it: the detail of its row in
 * the audit log, and of a replay (docs/rpc.md).
 */
#ifndef HEARTHD_EXPLANATION_H
#define HEARTHD_EXPLANATION_H

#include "hearthd.h"
#include "utterance.h"

struct config;

/* Where the confidence of an action lies: "act", "ask" or "refuse". */
const char *explanation_band(const struct config *config, const struct action *action);

/* What the network was given and what it made of that:
 * {"read","normalized","area","items","steps","calls"}, each call with its confidence, the evidence for its
 * names, and what speaks against it. network NULL: it was not asked, and there is no "read". The caller
 * deletes; scratch memory is taken from the arena. */
cJSON *explanation_of_reading(const struct understand_request *prepared, const struct san_result *network,
    const struct understood *understood, struct san_arena *arena);

/* The same and {"confirmed","actions","ms"}: each action with the limit it had to pass, its guard, its
 * entities and what became of them. The caller deletes. */
cJSON *explanation_of(const struct hearthd *daemon, const struct utterance *utterance);

#endif
