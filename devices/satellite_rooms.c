/* satellite_rooms.c - see satellite_rooms.h. */
#include "satellite_rooms.h"

#include <stdio.h>
#include <string.h>

#include "db.h"
#include "registry_rows.h"

static size_t count_rows(struct registry *registry)
{
    sqlite3_stmt *s = db_statement(registry, DB_SATELLITE_COUNT, "SELECT count(*) FROM satellites", NULL);
    size_t count = s && sqlite3_step(s) == SQLITE_ROW ? (size_t)sqlite3_column_int64(s, 0) : 0;
    if (s)
        sqlite3_reset(s);
    return count;
}

enum san_status reg_satellite_put(
    struct registry *registry, const char *id, const char *room, struct san_error *err)
{
    int64_t area = reg_find_area(registry, room);
    if (!area)
        return reg_no_such(registry, REG_AREA, room, err);
    if (!id[0] || strlen(id) > SATELLITE_ROW_ID_MAX)
        return san_fail(
            err, SAN_ELIMIT, "'%.40s': a satellite's id has 1 to %d bytes", id, SATELLITE_ROW_ID_MAX);
    if (count_rows(registry) >= SATELLITE_ROWS_MAX)
        return san_fail(
            err, SAN_ELIMIT, "there are %d satellites already: remove one first", SATELLITE_ROWS_MAX);
    sqlite3_stmt *s = db_statement(
        registry, DB_SATELLITE_PUT, "INSERT OR REPLACE INTO satellites(id, area_id) VALUES (?1, ?2)", err);
    if (!s)
        return SAN_EIO;
    sqlite3_bind_text(s, 1, id, -1, SQLITE_STATIC);
    sqlite3_bind_int64(s, 2, area);
    return db_run(registry, s, err);
}

enum san_status reg_satellite_remove(struct registry *registry, const char *id, struct san_error *err)
{
    sqlite3_stmt *s = db_statement(registry, DB_SATELLITE_REMOVE, "DELETE FROM satellites WHERE id = ?", err);
    if (!s)
        return SAN_EIO;
    sqlite3_bind_text(s, 1, id, -1, SQLITE_STATIC);
    enum san_status status = db_run(registry, s, err);
    if (status == SAN_OK && sqlite3_changes(registry->db) == 0)
        return san_fail(err, SAN_EINVAL,
            "hearthctl has put no satellite '%.80s' into a room: 'hearthctl satellite list' lists them", id);
    return status;
}

enum san_status reg_satellites(struct registry *registry, struct san_arena *arena, struct reg_satellite **out,
    size_t *count, struct san_error *err)
{
    *count = 0;
    *out = san_arena_alloc(arena, SATELLITE_ROWS_MAX * sizeof(**out));
    sqlite3_stmt *s = db_statement(registry, DB_SATELLITES,
        "SELECT s.id, a.name FROM satellites s JOIN areas a ON a.id = s.area_id ORDER BY s.id", err);
    if (!*out || !s)
        return *out ? SAN_EIO : san_fail(err, SAN_ENOMEM, "out of memory");
    while (*count < SATELLITE_ROWS_MAX && sqlite3_step(s) == SQLITE_ROW) {
        struct reg_satellite *row = &(*out)[*count];
        *row = (struct reg_satellite){db_text(arena, s, 0), db_text(arena, s, 1)};
        if (!row->id || !row->room)
            break;
        (*count)++;
    }
    sqlite3_reset(s);
    return SAN_OK;
}

void reg_satellite_room(struct registry *registry, const char *id, char *room, size_t size)
{
    sqlite3_stmt *s = db_statement(registry, DB_SATELLITE_ROOM,
        "SELECT a.name FROM satellites s JOIN areas a ON a.id = s.area_id WHERE s.id = ?", NULL);
    room[0] = '\0';
    if (!s)
        return;
    sqlite3_bind_text(s, 1, id, -1, SQLITE_STATIC);
    if (sqlite3_step(s) == SQLITE_ROW)
        snprintf(room, size, "%s", (const char *)sqlite3_column_text(s, 0));
    sqlite3_reset(s);
}
