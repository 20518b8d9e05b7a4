/* call_domain.h - changing calls: the domain beside a name (docs/model.md, section 4), copies. */
#ifndef HEARTH_CALL_DOMAIN_H
#define HEARTH_CALL_DOMAIN_H

#include "devices/home.h"
#include "inference/arena.h"

/* Takes every argument of that slot out of the call. */
void call_remove(struct home_call *call, const char *slot);

/* Puts an argument of text before all others, behind the name if there is one. False if the call is full. The
 * texts are borrowed. */
bool call_put_text(struct home_call *call, const char *slot, const char *text);

/* Makes the domain fit a call whose name is of that kind: one that contradicts it goes, and the one that the
 * convention wants beside a cover, valve, lock, scene or script that is turned on or off is put behind name,
 * area and floor. `kind` is borrowed. False if the call is full. */
bool call_fit_domain(struct home_call *call, const char *kind);

/* A copy whose texts live in the arena. False if out of memory. */
bool call_copy(struct home_call *out, const struct home_call *call, struct san_arena *arena);

/* True if both are of one tool, with the same arguments in any order. */
bool call_equal(const struct home_call *a, const struct home_call *b);

#endif
