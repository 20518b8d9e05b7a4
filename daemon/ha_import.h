/* ha_import.h - Home Assistant's home into the registry and the inventory.
 *
 * The lists are made into a home on another thread; it is entered on the loop's, a millisecond at a turn, so
 * that a home of thousands holds up nothing else.
 */
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

/* counts is NULL where it failed, for which problem says why. */
typedef void (*ha_import_done_fn)(void *data, const struct ha_counts *counts, const char *problem);

/* What the home is entered for. */
struct ha_import_to {
    struct hashmap **known; /* keys: entity_ids; replaced once the lists are read */
    const struct hashmap
        *newer; /* entity_id -> its state (cJSON), where one is newer than in the lists; may be NULL */
    ha_import_done_fn done; /* on the loop thread, once, unless cancelled */
    void *data;
};

struct ha_import;

/* Floors, areas and their aliases are made or completed; entities that are not on MQTT are entered, and those
 * that Home Assistant does not name any more are removed; all of them get their states. What hearth's own
 * user has chosen stays. The answers are the import's from now on, also where it cannot begin: NULL, if out
 * of memory. It frees itself after done or a cancel. */
struct ha_import *ha_import_begin(
    struct hearthd *daemon, const struct ha_answers *answers, const struct ha_import_to *to);
/* Leaves it where it is: what was entered stays. NULL is allowed. */
void ha_import_cancel(struct ha_import *import);

/* Gives the entity of that state object its state, if it is known. */
void ha_import_state(
    struct hearthd *daemon, const struct hashmap *known, const char *entity_id, const cJSON *state);
/* Nothing is known of any of them while there is no connection: tells some of them, for a millisecond.
 * *cursor begins with 0; false when all are told. */
bool ha_import_unavailable(struct hearthd *daemon, const struct hashmap *known, size_t *cursor);

#endif
