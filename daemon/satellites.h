/* satellites.h - in which room a microphone stands: what the user said with hearthctl
 * (devices/satellite_rooms.h), else the table [satellites] of the configuration, id = room.
 *
 * The id is what a transport calls it: Wyoming's satellite_id or device_id, Hermes' siteId. The room is the
 * name or an alias of an area.
 */
#ifndef HEARTHD_SATELLITES_H
#define HEARTHD_SATELLITES_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#include "inference/status.h"

enum { SATELLITES_MAX = 256, SATELLITE_ID_MAX = 128, SATELLITE_ROOM_MAX = 128, SATELLITES_HEARD_MAX = 32 };

struct registry;
struct satellites;

/* NULL if out of memory. */
struct satellites *satellites_new(void);
void satellites_free(struct satellites *satellites);

/* Adds a line of the table; the last one of an id wins. Texts are copied. */
enum san_status satellites_put(
    struct satellites *satellites, const char *id, const char *room, struct san_error *err);

/* The room of that id as the table has it, or NULL. */
const char *satellites_find(const struct satellites *satellites, const char *id);

/* The room of the first of ids (NULL and "" are passed over) that hearthctl has put into one, else that the
 * table has; else of the first that is itself the name of an area: "kitchen", "assist_satellite.living_room".
 * Writes it to room; "" if none is known. The first id is remembered for satellites_json. */
void satellites_room(struct satellites *satellites, struct registry *registry, const char *const *ids,
    size_t count, char room[SATELLITE_ROOM_MAX + 1]);

/* [{"id","room","by"}] for the caller to delete; by is "hearthctl", "configuration", "name" or, of those that
 * were heard since the configuration was read and stand nowhere, "". */
cJSON *satellites_json(const struct satellites *satellites, struct registry *registry);

#endif
