/* ha_import.h - Home Assistant's home into the registry and the inventory. */
#ifndef HEARTHD_HA_IMPORT_H
#define HEARTHD_HA_IMPORT_H

#include "devices/ha_home.h"
#include "hashmap.h"
#include "hearthd.h"

struct ha_counts {
    size_t floors, areas;
    size_t entities; /* that Home Assistant alone can reach */
    size_t on_mqtt;  /* that hearth knows from the broker: they got their rooms and aliases */
    size_t left_out; /* exposed, but of no use here */
};

/* Floors, areas and their aliases are made or completed; entities that are not on MQTT are entered, and those
 * that Home Assistant does not name any more are removed; all of them get their states. What hearth's own
 * user has chosen stays. *known (keys: entity_ids) is replaced. */
enum san_status ha_import(struct hearthd *daemon, const struct ha_answers *answers, struct hashmap **known,
    struct ha_counts *counts, struct san_error *err);

/* Gives the entity of that state object its state, if it is known. */
void ha_import_state(
    struct hearthd *daemon, const struct hashmap *known, const char *entity_id, const cJSON *state);
/* Nothing is known of any of them, while there is no connection. */
void ha_import_unavailable(struct hearthd *daemon, const struct hashmap *known);

#endif
