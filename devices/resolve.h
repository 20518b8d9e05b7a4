/* resolve.h - arguments -> concrete entities. Right device or none: a call is never widened. */
#ifndef HEARTH_RESOLVE_H
#define HEARTH_RESOLVE_H

#include "registry.h"

enum resolve_outcome {
    RESOLVE_OK,        /* one or more entities */
    RESOLVE_NONE,      /* nothing of the home fits: .missing says which argument */
    RESOLVE_AMBIGUOUS, /* several of one name: .entities are the candidates; ask */
    RESOLVE_NO_TARGET, /* the tool acts on no entity (timers, lists, time, broadcast ...) */
};

struct resolved {
    enum resolve_outcome outcome;
    struct home_entity *entities; /* in the arena */
    size_t count;
    const char *missing; /* slot whose value does not exist in this home, or "" when the combination is empty */
};

/* Which entities the call means.
 *
 * name (canonical or alias), narrowed by area, floor, domain, device_class; else a group by area/floor/domain/device_class; HassLightSet without name
 * means lights, HassSetPosition covers, HassClimate* climates, HassSetVolume and HassMedia* media players, HassVacuum* vacuums ... A tool that acts on one device
 * (climate, media, vacuum, mower, alarm) and finds several without a name or place takes the speaker's room, else its floor, else the only one; else AMBIGUOUS.
 * Equal names: the speaker's room (context_area) wins, then its floor, then AMBIGUOUS. Only exposed entities.
 * "everything" in an area (HassTurnOn/Off with area or floor alone): light, switch, fan, media_player, input_boolean there; never locks, covers, valves, alarms, climates.
 */
enum san_status resolve_call(struct registry *registry, const struct home_call *call, const char *context_area,
    struct san_arena *arena, struct resolved *out, struct san_error *err);

/* Would it find anything? Does not read all that a question about a kind of thing would be about. */
bool resolve_finds(struct registry *registry, const struct home_call *call, const char *context_area,
    struct san_arena *arena);

#endif
