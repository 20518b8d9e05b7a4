/* registry.c - opening, transactions, floors, areas, and the names of everything. */
#include "registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db.h"
#include "inference/text.h"
#include "registry_rows.h"
#include "similar.h"

struct registry *reg_open(const char *path, struct san_error *err)
{
    struct registry *registry = calloc(1, sizeof *registry);
    if (registry == NULL) {
        san_fail(err, SAN_ENOMEM, "%s: out of memory", path);
        return NULL;
    }
    registry->generation = 1;
    if (db_open(registry, path, err) != SAN_OK) {
        reg_close(registry);
        return NULL;
    }
    return registry;
}

void reg_close(struct registry *registry)
{
    if (registry == NULL)
        return;
    db_close(registry);
    free(registry);
}

uint64_t reg_generation(const struct registry *registry)
{
    return registry->generation;
}

/* ---- transactions ---- */

/* Statements of transactions, outermost and within: a write that fails takes back itself, not its batch. */
static enum san_status control(struct registry *registry, int slot, const char *sql, struct san_error *err)
{
    sqlite3_stmt *statement = db_statement(registry, slot, sql, err);
    return statement != NULL ? db_run(registry, statement, err) : SAN_EIO;
}

enum san_status reg_begin(struct registry *registry, struct san_error *err)
{
    enum san_status status = registry->depth > 0 ? control(registry, DB_SAVEPOINT, "SAVEPOINT nested", err)
                                                 : control(registry, DB_BEGIN, "BEGIN IMMEDIATE", err);
    if (status != SAN_OK)
        return status;
    if (registry->depth++ == 0)
        registry->begun = registry->generation;
    return SAN_OK;
}

enum san_status reg_commit(struct registry *registry, struct san_error *err)
{
    if (--registry->depth > 0)
        return control(registry, DB_RELEASE, "RELEASE nested", err);
    enum san_status status = control(registry, DB_COMMIT, "COMMIT", err);
    if (status != SAN_OK)
        sqlite3_exec(registry->db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

void reg_rollback(struct registry *registry)
{
    if (registry->depth == 0)
        return;
    registry->depth = 0;
    registry->generation++;
    sqlite3_exec(registry->db, "ROLLBACK", NULL, NULL, NULL);
}

enum san_status reg_end(struct registry *registry, enum san_status status, struct san_error *err)
{
    if (status == SAN_OK)
        return reg_commit(registry, err);
    if (registry->depth > 1) {
        registry->depth--;
        registry->generation++;
        sqlite3_exec(registry->db, "ROLLBACK TO nested; RELEASE nested", NULL, NULL, NULL);
    } else {
        reg_rollback(registry);
    }
    return status;
}

/* ---- beside the registry's thread ---- */

enum { JOURNAL_PAGES = 1000 }; /* four megabytes; SQLite's own measure */

const char *reg_file(const struct registry *registry)
{
    return strcmp(registry->path, ":memory:") != 0 ? registry->path : NULL;
}

struct registry *reg_open_beside(const char *file, struct san_error *err)
{
    struct registry *registry = calloc(1, sizeof *registry);
    if (registry == NULL) {
        san_fail(err, SAN_ENOMEM, "%s: out of memory", file);
        return NULL;
    }
    snprintf(registry->path, sizeof registry->path, "%s", file);
    enum san_status status = db_open_beside(file, SQLITE_OPEN_READONLY, &registry->db, err);
    if (status == SAN_OK && sqlite3_exec(registry->db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK)
        status = db_fail(registry, "beginning to read", err);
    if (status == SAN_OK)
        return registry;
    reg_close(registry);
    return NULL;
}

uint64_t reg_committed(const struct registry *registry)
{
    return registry->depth > 0 ? registry->begun : registry->generation;
}

/* After each commit, with what the journal holds by now. It begins anew behind a checkpoint that got all of
 * it. */
static int on_commit(void *data, sqlite3 *db, const char *schema, int pages)
{
    struct registry *registry = data;
    (void)db;
    (void)schema;
    if (pages < registry->journal)
        registry->journal_due = JOURNAL_PAGES;
    registry->journal = pages;
    return SQLITE_OK;
}

void reg_leave_checkpoints(struct registry *registry)
{
    registry->journal_due = JOURNAL_PAGES;
    sqlite3_wal_hook(registry->db, on_commit, registry);
}

bool reg_checkpoint_is_due(const struct registry *registry)
{
    return registry->journal_due > 0 && registry->journal >= registry->journal_due;
}

void reg_checkpoint_begins(struct registry *registry)
{
    registry->journal_due = registry->journal + JOURNAL_PAGES;
}

enum san_status reg_checkpoint(const char *file, struct san_error *err)
{
    sqlite3 *db;
    enum san_status status = db_open_beside(file, SQLITE_OPEN_READWRITE, &db, err);
    /* A connection looks for a journal when it first reads. */
    if (status == SAN_OK &&
        (sqlite3_exec(db, "SELECT 1 FROM sqlite_master", NULL, NULL, NULL) != SQLITE_OK ||
            sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL) != SQLITE_OK))
        status = san_fail(err, SAN_EIO, "%s: %s (while writing the journal back)", file, sqlite3_errmsg(db));
    sqlite3_close(db);
    return status;
}

/* ---- names ---- */

enum san_status reg_norm(
    const char *what, const char *name, bool may_be_empty, char norm[REG_NORM_MAX], struct san_error *err)
{
    size_t len = strlen(name);
    if (len > HOME_NAME_MAX)
        return san_fail(err, SAN_ELIMIT, "%s '%.40s...': longer than %d bytes", what, name, HOME_NAME_MAX);
    struct san_error why;
    enum san_status status = san_normalize_to(norm, REG_NORM_MAX, name, len, &why);
    if (status != SAN_OK)
        return san_fail(err, status, "%s '%.80s': %s", what, name, why.text);
    if (norm[0] == '\0' && !may_be_empty)
        return san_fail(err, SAN_EINVAL, "%s '%s': has no letter or digit that could be said", what, name);
    return SAN_OK;
}

static const char *owner_column(enum reg_owner owner)
{
    static const char *const columns[] = {"floor_id", "area_id", "entity_id"};
    return columns[owner];
}

enum san_status reg_name_insert(struct registry *registry, enum reg_owner owner, int64_t id, const char *text,
    const char *norm, bool is_alias, struct san_error *err)
{
    sqlite3_stmt *s = db_statement(registry, DB_NAME_INSERT,
        "INSERT INTO names(text, norm, is_alias, floor_id, area_id, entity_id) VALUES (?,?,?,?,?,?)", err);
    if (s == NULL)
        return SAN_EIO;
    sqlite3_bind_text(s, 1, text, -1, SQLITE_STATIC);
    sqlite3_bind_text(s, 2, norm, -1, SQLITE_STATIC);
    sqlite3_bind_int(s, 3, is_alias);
    sqlite3_bind_int64(s, 4 + (int)owner, id);
    registry->generation++;
    return db_run(registry, s, err);
}

enum san_status reg_aliases(struct registry *registry, enum reg_owner owner, int64_t id,
    struct san_arena *arena, const char *const **out, size_t *count, struct san_error *err)
{
    char sql[128];
    snprintf(sql, sizeof sql, "SELECT text FROM names WHERE %s = ? AND is_alias = 1 ORDER BY id LIMIT %d",
        owner_column(owner), HOME_ALIASES_MAX);
    *count = 0;
    *out = NULL;
    sqlite3_stmt *s = db_statement(registry, DB_NAMES_OF_FLOOR + (int)owner, sql, err);
    if (s == NULL)
        return SAN_EIO;
    sqlite3_bind_int64(s, 1, id);
    const char **aliases = NULL;
    while (sqlite3_step(s) == SQLITE_ROW) {
        if (aliases == NULL)
            aliases = san_arena_alloc(arena, HOME_ALIASES_MAX * sizeof *aliases);
        const char *text = aliases != NULL ? db_text(arena, s, 0) : NULL;
        if (text == NULL) {
            sqlite3_reset(s);
            return san_fail(err, SAN_ENOMEM, "out of memory");
        }
        aliases[(*count)++] = text;
    }
    sqlite3_reset(s);
    *out = aliases;
    return SAN_OK;
}

/* ---- floors and areas ---- */

static int64_t find_place(struct registry *registry, enum reg_owner owner, const char *name)
{
    char norm[REG_NORM_MAX], sql[160];
    if (name == NULL || reg_norm("name", name, false, norm, NULL) != SAN_OK)
        return 0;
    snprintf(sql, sizeof sql,
        "SELECT %s FROM names WHERE norm = ? AND %s IS NOT NULL ORDER BY is_alias LIMIT 1",
        owner_column(owner), owner_column(owner));
    sqlite3_stmt *s = db_statement(registry, DB_PLACE_FIND_FLOOR + (int)owner, sql, NULL);
    if (s == NULL)
        return 0;
    sqlite3_bind_text(s, 1, norm, -1, SQLITE_STATIC);
    int64_t id = sqlite3_step(s) == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
    sqlite3_reset(s);
    return id;
}

int64_t reg_find_floor(struct registry *registry, const char *name)
{
    return find_place(registry, REG_FLOOR, name);
}

int64_t reg_find_area(struct registry *registry, const char *name)
{
    return find_place(registry, REG_AREA, name);
}

static enum san_status insert_place(struct registry *registry, enum reg_owner owner, const char *name,
    const char *norm, int64_t floor_id, int64_t *id, struct san_error *err)
{
    sqlite3_stmt *s = owner == REG_FLOOR ? db_statement(registry, DB_FLOOR_INSERT,
                                               "INSERT INTO floors(name, norm) VALUES (?,?)", err)
                                         : db_statement(registry, DB_AREA_INSERT,
                                               "INSERT INTO areas(name, norm, floor_id) VALUES (?,?,?)", err);
    if (s == NULL)
        return SAN_EIO;
    sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
    sqlite3_bind_text(s, 2, norm, -1, SQLITE_STATIC);
    if (owner == REG_AREA && floor_id != 0)
        sqlite3_bind_int64(s, 3, floor_id);
    enum san_status status = db_run(registry, s, err);
    if (status != SAN_OK)
        return status;
    *id = sqlite3_last_insert_rowid(registry->db);
    return reg_name_insert(registry, owner, *id, name, norm, false, err);
}

static enum san_status set_floor_of_area(
    struct registry *registry, int64_t area, int64_t floor, struct san_error *err)
{
    sqlite3_stmt *s =
        db_statement(registry, DB_AREA_FLOOR, "UPDATE areas SET floor_id = ? WHERE id = ?", err);
    if (s == NULL)
        return SAN_EIO;
    sqlite3_bind_int64(s, 1, floor);
    sqlite3_bind_int64(s, 2, area);
    registry->generation++;
    return db_run(registry, s, err);
}

static enum san_status put_place(struct registry *registry, enum reg_owner owner, const char *name,
    int64_t floor_id, int64_t *out, struct san_error *err)
{
    char norm[REG_NORM_MAX];
    enum san_status status = reg_norm(owner == REG_FLOOR ? "floor" : "area", name, false, norm, err);
    if (status != SAN_OK)
        return status;
    status = reg_begin(registry, err);
    if (status != SAN_OK)
        return status;
    int64_t id = find_place(registry, owner, name);
    if (id == 0)
        status = insert_place(registry, owner, name, norm, floor_id, &id, err);
    else if (owner == REG_AREA && floor_id != 0)
        status = set_floor_of_area(registry, id, floor_id, err);
    if (out != NULL)
        *out = id;
    return reg_end(registry, status, err);
}

enum san_status reg_put_floor(struct registry *registry, const char *name, int64_t *id, struct san_error *err)
{
    return put_place(registry, REG_FLOOR, name, 0, id, err);
}

enum san_status reg_put_area(
    struct registry *registry, const char *name, int64_t floor_id, int64_t *id, struct san_error *err)
{
    return put_place(registry, REG_AREA, name, floor_id, id, err);
}

/* Room for one more element in an array of the arena that doubles; returns the array, or NULL. */
void *reg_grow(struct san_arena *arena, void *array, size_t count, size_t size)
{
    if (count != 0 && (count & (count - 1)) != 0)
        return array;
    void *bigger = san_arena_alloc(arena, (count == 0 ? 1 : 2 * count) * size);
    if (bigger != NULL && count > 0)
        memcpy(bigger, array, count * size);
    return bigger;
}

enum san_status reg_floors(struct registry *registry, struct san_arena *arena, struct home_floor **out,
    size_t *count, struct san_error *err)
{
    *out = NULL;
    *count = 0;
    sqlite3_stmt *s = db_statement(registry, DB_FLOORS, "SELECT id, name FROM floors ORDER BY id", err);
    if (s == NULL)
        return SAN_EIO;
    enum san_status status = SAN_OK;
    while (status == SAN_OK && sqlite3_step(s) == SQLITE_ROW) {
        struct home_floor *floors = reg_grow(arena, *out, *count, sizeof **out);
        const char *name = floors != NULL ? db_text(arena, s, 1) : NULL;
        if (name == NULL) {
            status = san_fail(err, SAN_ENOMEM, "out of memory");
            break;
        }
        *out = floors;
        struct home_floor *floor = &floors[(*count)++];
        *floor = (struct home_floor){.id = sqlite3_column_int64(s, 0), .name = name};
        status =
            reg_aliases(registry, REG_FLOOR, floor->id, arena, &floor->aliases, &floor->alias_count, err);
    }
    sqlite3_reset(s);
    return status;
}

enum san_status reg_areas(struct registry *registry, struct san_arena *arena, struct home_area **out,
    size_t *count, struct san_error *err)
{
    *out = NULL;
    *count = 0;
    sqlite3_stmt *s = db_statement(registry, DB_AREAS,
        "SELECT a.id, a.name, a.floor_id, f.name FROM areas a LEFT JOIN floors f ON f.id = a.floor_id "
        "ORDER BY a.id",
        err);
    if (s == NULL)
        return SAN_EIO;
    enum san_status status = SAN_OK;
    while (status == SAN_OK && sqlite3_step(s) == SQLITE_ROW) {
        struct home_area *areas = reg_grow(arena, *out, *count, sizeof **out);
        const char *name = areas != NULL ? db_text(arena, s, 1) : NULL;
        const char *floor = name != NULL ? db_text(arena, s, 3) : NULL;
        if (floor == NULL) {
            status = san_fail(err, SAN_ENOMEM, "out of memory");
            break;
        }
        *out = areas;
        struct home_area *area = &areas[(*count)++];
        *area = (struct home_area){.id = sqlite3_column_int64(s, 0),
            .name = name,
            .floor_id = sqlite3_column_int64(s, 2),
            .floor = floor};
        status = reg_aliases(registry, REG_AREA, area->id, arena, &area->aliases, &area->alias_count, err);
    }
    sqlite3_reset(s);
    return status;
}

/* ---- aliases ---- */

struct nearest {
    double score;
    char name[HOME_NAME_MAX + 1];
};

/* The most similar text that the query gives in its first column. */
static void find_nearest(
    struct registry *registry, int slot, const char *sql, const char *text, struct nearest *best)
{
    sqlite3_stmt *s = db_statement(registry, slot, sql, NULL);
    best->score = 0.35; /* below that a suggestion confuses more than it helps */
    best->name[0] = '\0';
    while (s != NULL && sqlite3_step(s) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(s, 0);
        double score = similar_text(text, name);
        if (score > best->score) {
            best->score = score;
            snprintf(best->name, sizeof best->name, "%s", name);
        }
    }
    if (s != NULL)
        sqlite3_reset(s);
}

enum san_status reg_no_such(
    struct registry *registry, enum reg_owner owner, const char *name, struct san_error *err)
{
    static const char *const words[] = {"floor", "area", "entity"};
    static const char *const lists[] = {"areas", "areas", "devices"};
    struct nearest best;
    if (owner == REG_ENTITY)
        find_nearest(registry, DB_ENTITY_IDS, "SELECT entity_id FROM entities", name, &best);
    else
        find_nearest(registry, DB_AREA_NAMES, "SELECT text FROM names WHERE entity_id IS NULL", name, &best);
    if (best.name[0] != '\0')
        return san_fail(
            err, SAN_EINVAL, "there is no %s '%.80s': did you mean '%s'?", words[owner], name, best.name);
    return san_fail(err, SAN_EINVAL, "there is no %s '%.80s': 'hearthctl %s' lists them", words[owner], name,
        lists[owner]);
}

/* "entity" by entity_id or a name of its own, "area" and "floor" by name. */
static enum san_status find_owner(struct registry *registry, const char *kind, const char *of,
    enum reg_owner *owner, int64_t *id, struct san_error *err)
{
    static const char *const kinds[] = {"floor", "area", "entity"};
    for (int i = 0; i < 3; i++)
        if (strcmp(kind, kinds[i]) == 0) {
            *owner = (enum reg_owner)i;
            if (i == REG_ENTITY)
                return reg_entity_meant(registry, of, id, err);
            *id = find_place(registry, *owner, of);
            return *id != 0 ? SAN_OK : reg_no_such(registry, *owner, of, err);
        }
    return san_fail(err, SAN_EINVAL, "'%.40s' has no aliases: say entity, area or floor", kind);
}

static bool has_name(struct registry *registry, enum reg_owner owner, int64_t id, const char *norm)
{
    char sql[128];
    snprintf(sql, sizeof sql, "SELECT 1 FROM names WHERE %s = ? AND norm = ?", owner_column(owner));
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(registry->db, sql, -1, &s, NULL) != SQLITE_OK)
        return false;
    sqlite3_bind_int64(s, 1, id);
    sqlite3_bind_text(s, 2, norm, -1, SQLITE_STATIC);
    bool found = sqlite3_step(s) == SQLITE_ROW;
    sqlite3_finalize(s);
    return found;
}

enum san_status reg_add_alias(
    struct registry *registry, const char *kind, const char *of, const char *alias, struct san_error *err)
{
    char norm[REG_NORM_MAX];
    enum reg_owner owner;
    int64_t id;
    enum san_status status = find_owner(registry, kind, of, &owner, &id, err);
    if (status == SAN_OK)
        status = reg_norm("alias", alias, false, norm, err);
    if (status != SAN_OK)
        return status;
    if (has_name(registry, owner, id, norm))
        return SAN_OK;
    int64_t other = owner != REG_ENTITY ? find_place(registry, owner, alias) : 0;
    if (other != 0 && other != id)
        return san_fail(err, SAN_EINVAL, "'%s' already names another %s: choose another alias", alias, kind);
    return reg_name_insert(registry, owner, id, alias, norm, true, err);
}

enum san_status reg_remove_alias(
    struct registry *registry, const char *kind, const char *of, const char *alias, struct san_error *err)
{
    char norm[REG_NORM_MAX], sql[128];
    enum reg_owner owner;
    int64_t id;
    enum san_status status = find_owner(registry, kind, of, &owner, &id, err);
    if (status == SAN_OK)
        status = reg_norm("alias", alias, false, norm, err);
    if (status != SAN_OK)
        return status;
    snprintf(
        sql, sizeof sql, "DELETE FROM names WHERE is_alias = 1 AND norm = ? AND %s = ?", owner_column(owner));
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(registry->db, sql, -1, &s, NULL) != SQLITE_OK)
        return db_fail(registry, "removing an alias", err);
    sqlite3_bind_text(s, 1, norm, -1, SQLITE_STATIC);
    sqlite3_bind_int64(s, 2, id);
    status = db_run(registry, s, err);
    sqlite3_finalize(s);
    if (status == SAN_OK && sqlite3_changes(registry->db) == 0)
        return san_fail(err, SAN_EINVAL, "'%s' is no alias of %s '%s': 'hearthctl alias list' lists them",
            alias, kind, of);
    registry->generation++;
    return status;
}
