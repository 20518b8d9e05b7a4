/* area_suggest.h - rooms for entities that have none, from their names: "Kitchen ceiling" may well be in the
 * kitchen. A proposal: somebody else decides. */
#ifndef HEARTH_AREA_SUGGEST_H
#define HEARTH_AREA_SUGGEST_H

#include "registry.h"

struct area_suggestion {
    const char *entity_id, *name;
    const char *area; /* the canonical name of one that there is, or the name for a new one */
    bool is_new;
};

/* Is this what people call a room ("living room", normalised)? */
typedef bool (*area_is_room_fn)(const void *data, const char *words);

/* One for each entity without an area that voice may use and whose name holds a room: the name or alias of an
 * area (the longest wins, then the first), else what is_room knows. All of it lives in the arena. */
enum san_status area_suggest(struct registry *registry, area_is_room_fn is_room, const void *data,
    struct san_arena *arena, struct area_suggestion **out, size_t *count, struct san_error *err);

#endif
