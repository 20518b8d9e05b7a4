/* db.h - the registry's SQLite connection: opening, migrating, statements. Internal to devices/. */
#ifndef HEARTH_DB_H
#define HEARTH_DB_H

#include <sqlite3.h>
#include <stdint.h>

#include "inference/arena.h"
#include "inference/status.h"

/* Slots of the statement cache: the 1,024 combinations of filters, once for rows and once for whether there
 * are any, and one for each other query. */
enum db_slot {
    DB_ENTITIES = 0,
    DB_HAS_ENTITIES = 1024,
    DB_BEGIN = 2048,
    DB_COMMIT,
    DB_SAVEPOINT,
    DB_RELEASE,
    DB_FLOOR_INSERT,
    DB_AREA_INSERT,
    DB_AREA_FLOOR,
    DB_PLACE_FIND_FLOOR,
    DB_PLACE_FIND_AREA,
    DB_FLOORS,
    DB_AREAS,
    DB_NAMES_OF_FLOOR,
    DB_NAMES_OF_AREA,
    DB_NAMES_OF_ENTITY,
    DB_NAME_INSERT,
    DB_NAME_RENAME,
    DB_ALIAS_DELETE,
    DB_ENTITY_BY_KEY,
    DB_ENTITY_ID_OF,
    DB_ENTITY_NAMED,
    DB_ENTITY_ADOPT,
    DB_ENTITY_BY_ID,
    DB_ENTITY_INSERT,
    DB_ENTITY_UPDATE,
    DB_ENTITY_DELETE,
    DB_ENTITY_FORGET,
    DB_ENTITY_AREA,
    DB_ENTITY_STATE,
    DB_ENTITY_AVAILABLE,
    DB_ENTITY_EXPOSED,
    DB_ENTITY_USER_AREA,
    DB_ENTITY_COUNT,
    DB_ENTITY_IDS,
    DB_AREA_NAMES,
    DB_ALL_NAMES,
    DB_AUDIT_INSERT,
    DB_AUDIT_UPDATE,
    DB_AUDIT_LIST,
    DB_TIMER_INSERT,
    DB_TIMER_UPDATE,
    DB_TIMER_DELETE,
    DB_TIMER_COUNT,
    DB_TIMERS,
    DB_SATELLITES,
    DB_SATELLITE_COUNT,
    DB_SATELLITE_PUT,
    DB_SATELLITE_REMOVE,
    DB_SATELLITE_ROOM,
    DB_LIST_COUNT,
    DB_LIST_ITEMS,
    DB_LIST_INSERT,
    DB_LIST_DELETE,
    DB_STATEMENTS
};

struct registry {
    sqlite3 *db;
    sqlite3_stmt *cache[DB_STATEMENTS];
    char path[512];
    int depth;                  /* of nested transactions */
    uint64_t generation, begun; /* begun: the generation when the outermost transaction began */
    int journal,
        journal_due; /* pages in the journal; a checkpoint is due from so many on; 0: SQLite sees to it */
};

/* Opens path, checks that it is a registry of this version or older, migrates it. */
enum san_status db_open(struct registry *registry, const char *path, struct san_error *err);
void db_close(struct registry *registry);

/* Another connection to the registry's file, for another thread; flags are of sqlite3_open_v2. The caller
 * closes *db in any case. */
enum san_status db_open_beside(const char *path, int flags, sqlite3 **db, struct san_error *err);

/* The statement of that slot, prepared from sql at its first use, reset and unbound. NULL and *err on
 * failure. */
sqlite3_stmt *db_statement(struct registry *registry, int slot, const char *sql, struct san_error *err);

/* Runs a statement that gives no rows. */
enum san_status db_run(struct registry *registry, sqlite3_stmt *statement, struct san_error *err);

/* Turns SQLite's last error into *err, naming the file and what was being done. */
enum san_status db_fail(struct registry *registry, const char *doing, struct san_error *err);

/* Column text copied to the arena; "" for NULL. NULL if out of memory. */
const char *db_text(struct san_arena *arena, sqlite3_stmt *statement, int column);

#endif
