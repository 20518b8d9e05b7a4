/* satellites.c - see satellites.h. */
#include "satellites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/satellite_rooms.h"

struct satellite {
    char id[SATELLITE_ID_MAX + 1], room[SATELLITE_ROOM_MAX + 1];
};

struct satellites {
    struct satellite *satellite;
    size_t count;
    char heard[SATELLITES_HEARD_MAX][SATELLITE_ID_MAX + 1]; /* "" where there is none */
    size_t heard_next;
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

/* ---- who was heard ---- */

static void remember(struct satellites *satellites, const char *id)
{
    if (!id[0] || strlen(id) > SATELLITE_ID_MAX)
        return;
    for (size_t i = 0; i < SATELLITES_HEARD_MAX; i++)
        if (strcmp(satellites->heard[i], id) == 0)
            return;
    snprintf(
        satellites->heard[satellites->heard_next++ % SATELLITES_HEARD_MAX], SATELLITE_ID_MAX + 1, "%s", id);
}

/* ---- the room ---- */

/* Where one of them stands, and who says so. */
static const char *room_of(const struct satellites *satellites, struct registry *registry, const char *id,
    char room[SATELLITE_ROOM_MAX + 1])
{
    const char *found = satellites_find(satellites, id);
    reg_satellite_room(registry, id, room, SATELLITE_ROOM_MAX + 1);
    if (room[0])
        return "hearthctl";
    if (found)
        snprintf(room, SATELLITE_ROOM_MAX + 1, "%s", found);
    return found ? "configuration" : "";
}

void satellites_room(struct satellites *satellites, struct registry *registry, const char *const *ids,
    size_t count, char room[SATELLITE_ROOM_MAX + 1])
{
    bool first = true;
    for (size_t i = 0; i < count; i++) {
        if (!ids[i] || !ids[i][0])
            continue;
        if (first)
            remember(satellites, ids[i]);
        first = false;
        if (room_of(satellites, registry, ids[i], room)[0])
            return;
    }
    for (size_t i = 0; i < count; i++)
        if (ids[i] && is_named_as_area(registry, ids[i], room))
            return;
    room[0] = '\0';
}

/* ---- all of them ---- */

static bool is_listed(const cJSON *list, const char *id)
{
    const cJSON *row;
    cJSON_ArrayForEach(row, list)
    {
        if (strcmp(cJSON_GetObjectItemCaseSensitive(row, "id")->valuestring, id) == 0)
            return true;
    }
    return false;
}

static void list_one(
    cJSON *list, const struct satellites *satellites, struct registry *registry, const char *id)
{
    char room[SATELLITE_ROOM_MAX + 1];
    if (!id[0] || is_listed(list, id))
        return;
    const char *by = room_of(satellites, registry, id, room);
    if (!by[0]) {
        by = is_named_as_area(registry, id, room) ? "name" : "";
        room[by[0] ? strlen(room) : 0] = '\0';
    }
    cJSON *row = cJSON_CreateObject();
    if (cJSON_AddStringToObject(row, "id", id) && cJSON_AddStringToObject(row, "room", room) &&
        cJSON_AddStringToObject(row, "by", by) && cJSON_AddItemToArray(list, row))
        return;
    cJSON_Delete(row);
}

cJSON *satellites_json(const struct satellites *satellites, struct registry *registry)
{
    cJSON *list = cJSON_CreateArray();
    struct san_arena *arena = san_arena_new(0, 0);
    struct reg_satellite *rows;
    size_t count = 0;
    if (arena)
        reg_satellites(registry, arena, &rows, &count, NULL);
    for (size_t i = 0; i < count; i++)
        list_one(list, satellites, registry, rows[i].id);
    for (size_t i = 0; i < satellites->count; i++)
        list_one(list, satellites, registry, satellites->satellite[i].id);
    for (size_t i = 0; i < SATELLITES_HEARD_MAX; i++)
        list_one(list, satellites, registry, satellites->heard[i]);
    san_arena_free(arena);
    return list;
}
