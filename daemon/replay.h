/* replay.h - the words of a row of the audit log once more, against today's registry and model. Nothing is
 * done, nothing is remembered.
 */
#ifndef HEARTHD_REPLAY_H
#define HEARTHD_REPLAY_H

#include "devices/registry.h"
#include "hearthd.h"

/* Called once, on the loop thread, with {"id","same","then","now"}: then and now as in explanation.h, same if
 * both have the same calls, for the same reasons refused or not, to the same entities. result is the
 * callee's; NULL: *error says why. */
typedef void (*replay_fn)(void *data, cJSON *result, const struct san_error *error);

/* The row is read before this returns. */
void replay_start(struct hearthd *daemon, const struct reg_audit *row, replay_fn done, void *data);

#endif
