/* doctor.h - what is wrong with this home and its daemon, and the mend. */
#ifndef HEARTHD_DOCTOR_H
#define HEARTHD_DOCTOR_H

#include "hearthd.h"
#include "inference/arena.h"

/* The result of the method doctor (docs/rpc.md): {"checks","devices","announcements","hidden"}. The caller
 * deletes; rows are taken from the arena. NULL and *err on failure. */
cJSON *doctor_examine(struct hearthd *daemon, struct san_arena *arena, struct san_error *err);

#endif
