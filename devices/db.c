/* db.c - the registry's SQLite connection: opening, migrating, statements. */
#include "db.h"

#include <stdio.h>
#include <string.h>

/* Every name and alias is one row of `names`, whatever it names: one index serves look-ups, the shortlist and
 * search. `norm` holds the normalised words, so that speech and registry meet. */
static const char *const migrations[] = {
    "CREATE TABLE floors(id INTEGER PRIMARY KEY, name TEXT NOT NULL, norm TEXT NOT NULL UNIQUE);"
    "CREATE TABLE areas(id INTEGER PRIMARY KEY, name TEXT NOT NULL, norm TEXT NOT NULL UNIQUE,"
    "  floor_id INTEGER REFERENCES floors(id) ON DELETE SET NULL);"
    "CREATE TABLE entities(id INTEGER PRIMARY KEY, unique_key TEXT NOT NULL UNIQUE,"
    "  entity_id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, domain TEXT NOT NULL,"
    "  device_class TEXT NOT NULL DEFAULT '',"
    "  area_id INTEGER REFERENCES areas(id) ON DELETE SET NULL,"
    "  area_by_user INTEGER NOT NULL DEFAULT 0,"
    "  hidden INTEGER NOT NULL DEFAULT 0,"
    "  exposed_by_user INTEGER," /* NULL: the user has not said */
    "  config TEXT NOT NULL DEFAULT '', state TEXT NOT NULL DEFAULT '',"
    "  attributes TEXT NOT NULL DEFAULT '{}', available INTEGER NOT NULL DEFAULT 1);"
    "CREATE INDEX entities_area ON entities(area_id);"
    "CREATE INDEX entities_domain ON entities(domain, device_class);"
    "CREATE TABLE names(id INTEGER PRIMARY KEY, text TEXT NOT NULL, norm TEXT NOT NULL,"
    "  is_alias INTEGER NOT NULL,"
    "  floor_id INTEGER REFERENCES floors(id) ON DELETE CASCADE,"
    "  area_id INTEGER REFERENCES areas(id) ON DELETE CASCADE,"
    "  entity_id INTEGER REFERENCES entities(id) ON DELETE CASCADE,"
    "  CHECK ((floor_id IS NOT NULL) + (area_id IS NOT NULL) + (entity_id IS NOT NULL) = 1));"
    "CREATE INDEX names_norm ON names(norm);"
    "CREATE INDEX names_floor ON names(floor_id) WHERE floor_id IS NOT NULL;"
    "CREATE INDEX names_area ON names(area_id) WHERE area_id IS NOT NULL;"
    "CREATE INDEX names_entity ON names(entity_id) WHERE entity_id IS NOT NULL;"
    "CREATE VIRTUAL TABLE search USING fts5(norm, content='names', content_rowid='id', tokenize='unicode61');"
    "CREATE TRIGGER names_ai AFTER INSERT ON names BEGIN"
    "  INSERT INTO search(rowid, norm) VALUES (new.id, new.norm); END;"
    "CREATE TRIGGER names_ad AFTER DELETE ON names BEGIN"
    "  INSERT INTO search(search, rowid, norm) VALUES ('delete', old.id, old.norm); END;"
    "CREATE TRIGGER names_au AFTER UPDATE ON names BEGIN"
    "  INSERT INTO search(search, rowid, norm) VALUES ('delete', old.id, old.norm);"
    "  INSERT INTO search(rowid, norm) VALUES (new.id, new.norm); END;"
    "CREATE TABLE audit(id INTEGER PRIMARY KEY, time_ms INTEGER NOT NULL, utterance_id TEXT NOT NULL,"
    "  source TEXT NOT NULL, text TEXT NOT NULL, calls TEXT NOT NULL, confidence REAL NOT NULL,"
    "  commands TEXT NOT NULL, outcome TEXT NOT NULL, reply TEXT NOT NULL, detail TEXT NOT NULL);",
    "CREATE TABLE timers(id INTEGER PRIMARY KEY, name TEXT NOT NULL, area TEXT NOT NULL,"
    "  command TEXT NOT NULL, total_ms INTEGER NOT NULL, end_ms INTEGER NOT NULL, left_ms INTEGER NOT NULL);",
    "CREATE TABLE list_items(id INTEGER PRIMARY KEY, list TEXT NOT NULL, text TEXT NOT NULL);",
    "CREATE TABLE satellites(id TEXT PRIMARY KEY, area_id INTEGER NOT NULL REFERENCES areas(id) ON DELETE "
    "CASCADE);",
    "ALTER TABLE timers ADD COLUMN calls TEXT NOT NULL DEFAULT '';",
};

enum {
    APPLICATION_ID = 0x48524854, /* "HRHT": tells a registry from any other SQLite file */
    VERSION = (int)(sizeof migrations / sizeof migrations[0]),
    BUSY_MS = 2000,
};

enum san_status db_fail(struct registry *registry, const char *doing, struct san_error *err)
{
    int code = sqlite3_errcode(registry->db);
    if (code == SQLITE_NOMEM)
        return san_fail(err, SAN_ENOMEM, "%s: out of memory while %s", registry->path, doing);
    if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB)
        return san_fail(err, SAN_EFORMAT,
            "%s: not a sound registry (%s, while %s): move it away and start again, or restore a copy; "
            "'sqlite3 FILE .recover' may save its rows",
            registry->path, sqlite3_errmsg(registry->db), doing);
    return san_fail(err, SAN_EIO, "%s: %s (while %s)", registry->path, sqlite3_errmsg(registry->db), doing);
}

static enum san_status execute(
    struct registry *registry, const char *sql, const char *doing, struct san_error *err)
{
    if (sqlite3_exec(registry->db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return db_fail(registry, doing, err);
    return SAN_OK;
}

static enum san_status pragma_int(struct registry *registry, const char *sql, int *out, struct san_error *err)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(registry->db, sql, -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW) {
        enum san_status status = db_fail(registry, "reading its version", err);
        sqlite3_finalize(statement);
        return status;
    }
    *out = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return SAN_OK;
}

/* A file that is no registry is left as it is: an empty database is fine, somebody else's tables are not. */
static enum san_status check_owner(struct registry *registry, int version, struct san_error *err)
{
    int application = 0, tables = 0;
    enum san_status status = pragma_int(registry, "PRAGMA application_id", &application, err);
    if (status == SAN_OK)
        status = pragma_int(registry, "SELECT count(*) FROM sqlite_master", &tables, err);
    if (status != SAN_OK)
        return status;
    if (application != APPLICATION_ID && (application != 0 || version != 0 || tables != 0))
        return san_fail(err, SAN_EFORMAT,
            "%s: an SQLite file, but no hearth registry: name another file as 'registry' in the "
            "configuration",
            registry->path);
    return SAN_OK;
}

static enum san_status migrate(struct registry *registry, struct san_error *err)
{
    int version = 0;
    enum san_status status = pragma_int(registry, "PRAGMA user_version", &version, err);
    if (status == SAN_OK)
        status = check_owner(registry, version, err);
    if (status != SAN_OK)
        return status;
    if (version > VERSION)
        return san_fail(err, SAN_EUNSUPPORTED,
            "%s: written by a newer hearth (registry version %d, this build knows %d): update hearth, or "
            "name "
            "another file",
            registry->path, version, VERSION);
    for (int i = version; i < VERSION; i++) {
        char pragmas[96];
        snprintf(pragmas, sizeof pragmas, "PRAGMA user_version=%d; PRAGMA application_id=%d", i + 1,
            APPLICATION_ID);
        status = execute(registry, "BEGIN IMMEDIATE", "migrating", err);
        if (status == SAN_OK)
            status = execute(registry, migrations[i], "migrating", err);
        if (status == SAN_OK)
            status = execute(registry, pragmas, "migrating", err);
        if (status == SAN_OK)
            status = execute(registry, "COMMIT", "migrating", err);
        if (status != SAN_OK) {
            sqlite3_exec(registry->db, "ROLLBACK", NULL, NULL, NULL);
            return status;
        }
    }
    return SAN_OK;
}

enum san_status db_open(struct registry *registry, const char *path, struct san_error *err)
{
    if (strlen(path) >= sizeof registry->path)
        return san_fail(err, SAN_ELIMIT, "registry path longer than %zu bytes: %.80s...",
            sizeof registry->path - 1, path);
    strcpy(registry->path, path);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(path, &registry->db, flags, NULL) != SQLITE_OK) {
        if (registry->db == NULL)
            return san_fail(err, SAN_ENOMEM, "%s: out of memory", path);
        return san_fail(err, SAN_EIO, "%s: %s: is the folder there, and may this user write in it?", path,
            sqlite3_errmsg(registry->db));
    }
    sqlite3_busy_timeout(registry->db, BUSY_MS);
    /* The version is read before anything is written: a foreign or newer file stays untouched. NORMAL is safe
     * under WAL: a power cut may lose the last commits, never the file. */
    enum san_status status = migrate(registry, err);
    if (status == SAN_OK)
        status = execute(registry,
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; PRAGMA "
            "cache_size=-1024",
            "opening", err);
    return status;
}

enum san_status db_open_beside(const char *path, int flags, sqlite3 **db, struct san_error *err)
{
    *db = NULL;
    if (sqlite3_open_v2(path, db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        return san_fail(err, SAN_EIO, "%s: %s", path, *db != NULL ? sqlite3_errmsg(*db) : "out of memory");
    sqlite3_busy_timeout(*db, BUSY_MS);
    return SAN_OK;
}

void db_close(struct registry *registry)
{
    for (int i = 0; i < DB_STATEMENTS; i++)
        sqlite3_finalize(registry->cache[i]);
    sqlite3_close(registry->db);
}

sqlite3_stmt *db_statement(struct registry *registry, int slot, const char *sql, struct san_error *err)
{
    sqlite3_stmt **statement = &registry->cache[slot];
    if (*statement == NULL &&
        sqlite3_prepare_v3(registry->db, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL) != SQLITE_OK) {
        db_fail(registry, "preparing a query", err);
        return NULL;
    }
    sqlite3_reset(*statement);
    sqlite3_clear_bindings(*statement);
    return *statement;
}

enum san_status db_run(struct registry *registry, sqlite3_stmt *statement, struct san_error *err)
{
    if (sqlite3_step(statement) == SQLITE_DONE) {
        sqlite3_reset(statement);
        return SAN_OK;
    }
    enum san_status status = db_fail(registry, "writing", err);
    sqlite3_reset(statement);
    return status;
}

const char *db_text(struct san_arena *arena, sqlite3_stmt *statement, int column)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);
    int len = sqlite3_column_bytes(statement, column);
    return san_arena_strndup(arena, text != NULL ? text : "", text != NULL ? (size_t)len : 0);
}
