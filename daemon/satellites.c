/* satellites.c - see satellites.h. */
#include "satellites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/registry.h"

struct satellite {
    char id[SATELLITE_ID_MAX + 1], room[SATELLITE_ROOM_MAX + 1];
};

struct satellites {
    struct satellite *satellite;
    size_t count;
};

struct satellites *satellites_new(void)
{
    return calloc(1, sizeof(struct satellites));
}

void satellites_free(struct satellites *satellites)
{
    if (!satellites)
        return;
    free(satellites->satellite);
    free(satellites);
}

static struct satellite *find(const struct satellites *satellites, const char *id)
{
    for (size_t i = 0; i < satellites->count; i++)
        if (strcmp(satellites->satellite[i].id, id) == 0)
            return &satellites->satellite[i];
    return NULL;
}

/* A table of some dozen lines, read at start: it grows by one at a time. */
static struct satellite *append(struct satellites *satellites)
{
    struct satellite *bigger =
        realloc(satellites->satellite, (satellites->count + 1) * sizeof(*satellites->satellite));
    if (!bigger)
        return NULL;
    satellites->satellite = bigger;
    return &bigger[satellites->count++];
}

enum san_status satellites_put(
    struct satellites *satellites, const char *id, const char *room, struct san_error *err)
{
    if (strlen(id) > SATELLITE_ID_MAX || strlen(room) > SATELLITE_ROOM_MAX || !room[0])
        return san_fail(err, SAN_ELIMIT,
            "%.32s = \"%.32s\": give a satellite's id of at most %d bytes, and its room of 1 to %d", id, room,
            SATELLITE_ID_MAX, SATELLITE_ROOM_MAX);
    struct satellite *satellite = find(satellites, id);
    if (!satellite && satellites->count == SATELLITES_MAX)
        return san_fail(err, SAN_ELIMIT, "more than %d satellites", SATELLITES_MAX);
    if (!satellite)
        satellite = append(satellites);
    if (!satellite)
        return san_fail(err, SAN_ENOMEM, "out of memory");
    snprintf(satellite->id, sizeof(satellite->id), "%s", id);
    snprintf(satellite->room, sizeof(satellite->room), "%s", room);
    return SAN_OK;
}

const char *satellites_find(const struct satellites *satellites, const char *id)
{
    const struct satellite *satellite = find(satellites, id);
    return satellite ? satellite->room : NULL;
}

/* "assist_satellite.living_room" -> "living room", if that is an area. */
static bool is_named_as_area(struct registry *registry, const char *id, char room[SATELLITE_ROOM_MAX + 1])
{
    const char *dot = strchr(id, '.');
    int len = snprintf(room, SATELLITE_ROOM_MAX + 1, "%s", dot ? dot + 1 : id);
    for (char *c = room; *c; c++)
        *c = *c == '_' ? ' ' : *c;
    return len > 0 && len <= SATELLITE_ROOM_MAX && reg_find_area(registry, room);
}

void satellites_room(const struct satellites *satellites, struct registry *registry, const char *const *ids,
    size_t count, char room[SATELLITE_ROOM_MAX + 1])
{
    for (size_t i = 0; i < count; i++) {
        const char *found = ids[i] ? satellites_find(satellites, ids[i]) : NULL;
        if (!found)
            continue;
        snprintf(room, SATELLITE_ROOM_MAX + 1, "%s", found);
        return;
    }
    for (size_t i = 0; i < count; i++)
        if (ids[i] && is_named_as_area(registry, ids[i], room))
            return;
    room[0] = '\0';
}
