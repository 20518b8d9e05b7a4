/* registry.h - the home's memory: an SQLite file with floors, areas, entities, aliases, states, and the audit
 * log.
 *
 * One connection, used from one thread (the loop's, or an offline command's). WAL, foreign keys, migrations
 * by user_version; FTS5 over normalised names and aliases. A file that is corrupt or was written by a newer
 * hearth is refused with the mend; it is never overwritten.
 */
#ifndef HEARTH_REGISTRY_H
#define HEARTH_REGISTRY_H

#include "home.h"
#include "inference/arena.h"
#include "inference/status.h"

struct registry;

/* Opens or makes the registry; path ":memory:" for one that is forgotten. NULL and *err on failure. */
struct registry *reg_open(const char *path, struct san_error *err);
void reg_close(struct registry *registry); /* NULL is allowed */

/* Several writes as one: nested begins count. Every write outside is its own transaction; one that fails
 * within takes back itself alone. reg_rollback takes back all of it. */
enum san_status reg_begin(struct registry *registry, struct san_error *err);
enum san_status reg_commit(struct registry *registry, struct san_error *err);
void reg_rollback(struct registry *registry);

/* Changes with every write to names, areas, floors, aliases or exposure: caches compare it. Not with states.
 */
uint64_t reg_generation(const struct registry *registry);

/* ---- beside the registry's thread ---- what takes long, and reads or writes no more than the file, is done
 * on another thread, over a connection of its own. */

/* The file; NULL for ":memory:", which has none. Lives with the registry. */
const char *reg_file(const struct registry *registry);
/* reg_generation without what is not committed yet: another connection reads at least that. */
uint64_t reg_committed(const struct registry *registry);

/* The registry of that file, only to be read, and as it is at the first read: on any thread, but used from
 * one at a time. NULL and *err on failure; reg_close ends it. */
struct registry *reg_open_beside(const char *file, struct san_error *err);

/* Writes gather in SQLite's journal. Bringing them from there to the file, a checkpoint, waits for the disk,
 * twice; by default the write that fills the journal does. After reg_leave_checkpoints the caller does, on
 * any thread:
 *
 *     if (reg_checkpoint_is_due(registry)) { reg_checkpoint_begins(registry); hand out reg_checkpoint(file);
 * }
 */
void reg_leave_checkpoints(struct registry *registry);
bool reg_checkpoint_is_due(const struct registry *registry);
void reg_checkpoint_begins(struct registry *registry);
/* As much as nobody is reading just now; the rest comes with the next one. SAN_EIO names the file. */
enum san_status reg_checkpoint(const char *file, struct san_error *err);

/* ---- floors and areas ---- names are unique by their normalised words; put updates or inserts, *id may be
 * NULL. */
enum san_status reg_put_floor(
    struct registry *registry, const char *name, int64_t *id, struct san_error *err);
enum san_status reg_put_area(
    struct registry *registry, const char *name, int64_t floor_id, int64_t *id, struct san_error *err);
/* By name or alias, compared as normalised words; 0 if there is none. */
int64_t reg_find_floor(struct registry *registry, const char *name);
int64_t reg_find_area(struct registry *registry, const char *name);
enum san_status reg_floors(struct registry *registry, struct san_arena *arena, struct home_floor **out,
    size_t *count, struct san_error *err);
enum san_status reg_areas(struct registry *registry, struct san_arena *arena, struct home_area **out,
    size_t *count, struct san_error *err);

/* ---- entities ---- */

/* What is written of an entity; NULL fields keep what is there (or are empty in a new row). unique_key
 * identifies it for good: "mqtt:<component>:<unique_id>", or the entity_id. The user's own choices (area,
 * name, aliases, exposure) survive a new discovery message: suggested values fill only what the user has not
 * set. */
struct reg_entity_in {
    const char *unique_key;
    const char *entity_id; /* a wish: made unique by _2, _3 */
    const char *name;
    const char *domain;
    const char *device_class;
    const char *area; /* by name; made if it is not there */
    const char *config;
    const char *state;
    const char *attributes;
    bool hidden; /* entity_category or enabled_by_default say so: not exposed unless the user says */
};
enum san_status reg_put_entity(
    struct registry *registry, const struct reg_entity_in *in, int64_t *id, struct san_error *err);
/* The same out of a home file: the row of that entity_id, else of that unique_key, else a new one. Its area
 * and its being hidden are the user's choices, as they were when the file was written. entity_id is what the
 * row is called. */
enum san_status reg_restore_entity(struct registry *registry, const struct reg_entity_in *in,
    char entity_id[HOME_NAME_MAX + 1], struct san_error *err);
/* Where an entity comes from, by its unique_key: discovery, devices.d, Home Assistant's own API, a home file.
 */
enum reg_origin { REG_ORIGIN_MQTT, REG_ORIGIN_FILE, REG_ORIGIN_HOME_ASSISTANT, REG_ORIGIN_IMPORT };
enum reg_origin reg_origin(const char *unique_key);
const char *reg_origin_name(enum reg_origin origin); /* "mqtt", "file", "home_assistant", "import" */
/* An entity that was known by the first key is known by the second from now on, with all that the user chose;
 * nothing happens if the first is not there, or the second is. */
void reg_adopt_entity(struct registry *registry, const char *old_key, const char *unique_key);
/* The id of the row with that unique_key; 0 if there is none. */
int64_t reg_entity_by_key(struct registry *registry, const char *unique_key);
/* SAN_OK also when there is none. */
enum san_status reg_remove_entity(struct registry *registry, const char *unique_key, struct san_error *err);
/* The same by its entity_id; SAN_EINVAL with the nearest entity_ids when there is none. */
enum san_status reg_forget_entity(struct registry *registry, const char *entity_id, struct san_error *err);
enum san_status reg_set_state(struct registry *registry, int64_t entity_id, const char *state,
    const char *attributes, struct san_error *err);
enum san_status reg_set_available(
    struct registry *registry, int64_t entity_id, bool available, struct san_error *err);
/* The row of that entity_id, else of that name or alias, if one alone has it. SAN_EINVAL with the nearest
 * entity_id if there is none. */
enum san_status reg_entity_meant(
    struct registry *registry, const char *text, int64_t *id, struct san_error *err);
/* The user's choices. entity: an entity_id, or a name that one alone has. SAN_EINVAL with the nearest
 * entity_ids or areas when there is no such thing. */
enum san_status reg_set_exposed(
    struct registry *registry, const char *entity, bool exposed, struct san_error *err);
enum san_status reg_set_area(
    struct registry *registry, const char *entity, const char *area, struct san_error *err);

/* Which rows; NULL or 0 = any. Names are canonical names, compared as normalised words (aliases too where
 * said). */
struct reg_filter {
    int64_t id;
    const char *entity_id;
    const char *name; /* name or alias */
    const char *area; /* name or alias */
    const char *floor;
    const char *domain;
    const char *domains; /* any of them: a JSON array */
    const char *device_class;
    const char *search; /* words that begin words of its name or aliases (FTS5) */
    bool exposed_only;
};
/* Rows in the order of entity_id. */
enum san_status reg_entities(struct registry *registry, const struct reg_filter *filter,
    struct san_arena *arena, struct home_entity **out, size_t *count, struct san_error *err);
/* Are there any such rows? False also where they cannot be read. */
bool reg_has_entities(struct registry *registry, const struct reg_filter *filter);
size_t reg_entity_count(struct registry *registry);

/* ---- aliases ---- kind "entity" (as above), "area" or "floor" (by name) */
enum san_status reg_add_alias(
    struct registry *registry, const char *kind, const char *of, const char *alias, struct san_error *err);
enum san_status reg_remove_alias(
    struct registry *registry, const char *kind, const char *of, const char *alias, struct san_error *err);

/* ---- audit: a row before anything is published, completed afterwards ---- */
struct reg_audit {
    int64_t id;
    int64_t time_ms; /* Unix time */
    const char *utterance_id;
    const char *source; /* socket, mqtt, wyoming, ... */
    const char *text;   /* as heard */
    const char *calls;  /* JSON array */
    double confidence;
    const char *commands; /* JSON array of {"entity_id","topic","payload"} */
    const char *outcome;  /* "pending", "done", "silent", "refused", "unhandled", "failed" */
    const char *reply;
    const char *detail; /* JSON object: steps, timings, evidence */
};
/* Inserts (id 0) and gives the id, or updates the row of that id. */
enum san_status reg_audit_put(struct registry *registry, struct reg_audit *row, struct san_error *err);
/* Newest first; id 0 = any, else that row alone. */
enum san_status reg_audit_list(struct registry *registry, int64_t id, size_t limit, struct san_arena *arena,
    struct reg_audit **out, size_t *count, struct san_error *err);

#endif
