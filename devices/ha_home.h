/* ha_home.h - what Home Assistant answers about its floors, areas and entities, made into a home.
 *
 * Takes parsed answers of its WebSocket API, returns values; touches no registry. Rows that lack what is
 * needed, or have it of another kind than Home Assistant writes, are left out and counted.
 */
#ifndef HEARTH_HA_HOME_H
#define HEARTH_HA_HOME_H

#include <cjson/cJSON.h>

#include "devices/discovery.h"

enum { HA_ENTITIES_MAX = 20000 };

/* The results of: get_config, config/floor_registry/list, config/area_registry/list,
 * config/device_registry/list, homeassistant/expose_entity/list, config/entity_registry/get_entries (of the
 * exposed ones), get_states. Borrowed. */
struct ha_answers {
    const cJSON *config, *floors, *areas, *devices, *exposed, *entries, *states;
};

struct ha_place {
    const char *name;
    const char *floor; /* of an area: its name, or "" */
    const char **aliases;
    size_t alias_count;
};

/* An entity that is exposed to Home Assistant's own assistant. */
struct ha_entity {
    struct discovered found;
    /* Not NULL: it is a device on MQTT, which hearth knows by this unique_key if it sees the same broker; of
     * found, only suggested_area counts. */
    const char *mqtt_key;
    const char **aliases;
    size_t alias_count;
};

struct ha_home {
    struct ha_place *floors, *areas;
    struct ha_entity *entities; /* of domains that hearth uses, in the order of the states */
    size_t floor_count, area_count, entity_count;
    size_t left_out;
};

/* The entity_ids that are exposed, as a JSON array for the caller to delete: what get_entries is to be asked
 * for. NULL if the answer is of the wrong kind, or out of memory. */
cJSON *ha_exposed_ids(const cJSON *exposed);

/* Everything lives in the arena. Errors name the answer that is not what Home Assistant writes. */
enum san_status ha_home_read(
    const struct ha_answers *answers, struct san_arena *arena, struct ha_home *home, struct san_error *err);

#endif
