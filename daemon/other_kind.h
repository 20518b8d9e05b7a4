/* other_kind.h - what a home tells by another kind of thing than the network asked.
 *
 * An open window may be told by a contact (binary_sensor, class window) or by the window's motor (cover,
 * class window), a locked door by a lock or by a contact of its bolt, an update by an "update" or a
 * binary_sensor. A question about all of a kind of which the home has none, but of whose like it has some, is
 * for those.
 */
#ifndef HEARTH_OTHER_KIND_H
#define HEARTH_OTHER_KIND_H

#include "understand.h"

void other_kind_apply(const struct understand *understand, const struct understand_request *prepared,
    struct understood *understood, struct san_arena *arena);

#endif
