/* satellite_rooms.h - in which room a microphone stands, as the user has said with hearthctl; on disk. */
#ifndef HEARTH_SATELLITE_ROOMS_H
#define HEARTH_SATELLITE_ROOMS_H

#include "registry.h"

enum { SATELLITE_ROWS_MAX = 256, SATELLITE_ROW_ID_MAX = 128 };

struct reg_satellite {
    const char *id;   /* what a transport calls it */
    const char *room; /* the name of an area */
};

/* The room must be an area's name or alias; what is kept is its name. SAN_EINVAL with the nearest areas if
 * there is none, SAN_ELIMIT for an id that is empty or too long, or one too many. */
enum san_status reg_satellite_put(
    struct registry *registry, const char *id, const char *room, struct san_error *err);
/* SAN_EINVAL if it is not there. */
enum san_status reg_satellite_remove(struct registry *registry, const char *id, struct san_error *err);
/* By id. Texts live in the arena. */
enum san_status reg_satellites(struct registry *registry, struct san_arena *arena, struct reg_satellite **out,
    size_t *count, struct san_error *err);
/* Writes its room, or "" if there is none: size bytes at most, NUL included. */
void reg_satellite_room(struct registry *registry, const char *id, char *room, size_t size);

#endif
