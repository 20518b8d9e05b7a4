/* inventory.h - the devices as they are now: discovery messages into the registry, state messages into
 * memory.
 *
 * Names, areas and configurations live in the registry; views (compiled configurations) and live states live
 * here, found by entity or by topic. States reach the registry lazily, a few seconds late: nothing that acts
 * reads them there.
 */
#ifndef HEARTHD_INVENTORY_H
#define HEARTHD_INVENTORY_H

#include "devices/discovery.h"
#include "devices/registry.h"
#include "devices/state.h"
#include "hashmap.h"
#include "hearthd.h"

enum { INVENTORY_ENTITIES_MAX = 20000 }; /* some 200 MB; beyond it a publisher has gone mad */

/* The origin of what Home Assistant itself announces. */
#define INVENTORY_HOME_ASSISTANT "home_assistant"

struct inventory;

/* NULL if out of memory. */
struct inventory *inventory_new(struct hearthd *daemon);
/* Reads the registry, and subscribes to discovery. daemon->registry, mqtt and config must be
 * there. */
enum san_status inventory_start(struct inventory *inventory, struct san_error *err);
/* Writes what is unwritten and stops its timers. Before the loop has run out. */
void inventory_stop(struct inventory *inventory);
/* After the loop has run out. */
void inventory_free(struct inventory *inventory);

/* A connection to the broker has come up: asks publishers for states that are not retained, a moment later.
 */
void inventory_online(struct inventory *inventory);

/* Takes a message if it is discovery or the state of a known entity; false if it is neither. */
bool inventory_message(
    struct inventory *inventory, const char *topic, const char *payload, size_t len, bool retained);

/* What one origin that is no topic (the path of a file) announces now; what it does not say any more is
 * removed. */
void inventory_announce(
    struct inventory *inventory, const char *origin, const struct discovered *found, size_t count);
/* The same bit by bit, for what is announced by thousands: one entity more, */
void inventory_announce_one(struct inventory *inventory, const char *origin, const struct discovered *found);
/* and a look at one of those that the origin announced before: it is removed if its unique_key is not among
 * keys. *left counts down from SIZE_MAX; false if there was none left. */
bool inventory_retain(
    struct inventory *inventory, const char *origin, const struct hashmap *keys, size_t *left);
/* A state object of Home Assistant, as JSON, for the entity of that topic (devices/ha_entity.h). */
void inventory_ha_state(struct inventory *inventory, const char *topic, const char *state, size_t len);
/* Removes what files of that folder announced that are not there any more. */
void inventory_forget_files(struct inventory *inventory, const char *dir);

/* Who announces it now ("topic:<topic>", "file:<file>#<n>"), or NULL. Lives until the loop's next turn. */
const char *inventory_source(const struct inventory *inventory, int64_t id);
/* Drops an entity that nobody announces; its row in the registry is the caller's to remove. */
void inventory_drop(struct inventory *inventory, int64_t id);

/* Writes discovered entities that are still gathered into the registry now: before a row that must be on
 * disk. */
void inventory_commit(struct inventory *inventory);

/* By the registry's id: NULL if no MQTT configuration is known. They live until the loop's next turn. */
const struct entity_view *inventory_view(const struct inventory *inventory, int64_t id);
const struct home_state *inventory_state(const struct inventory *inventory, int64_t id);

/* Puts the live state into a row that came from the registry; texts go to the arena. */
void inventory_refresh(
    const struct inventory *inventory, struct home_entity *entity, struct san_arena *arena);

/* changed is called after each change of an entity's state; one watcher. */
void inventory_watch(struct inventory *inventory, void (*changed)(void *data, int64_t id), void *data);

/* ---- for `hearthctl doctor`; what comes back is for the caller to delete ---- */

/* Adds what is wrong with an entity to an array of texts. */
void inventory_add_problems(const struct inventory *inventory, int64_t id, cJSON *texts);
/* What entity_view_describe says, and {"device","source","problems":[text]}; NULL if no MQTT configuration is
 * known. */
cJSON *inventory_describe(const struct inventory *inventory, int64_t id);
/* Announcements of which something was refused or is of no use: [{"topic","problem"}]. */
cJSON *inventory_troubles(const struct inventory *inventory);

#endif
