/* timers.c - see timers.h. */
#include "timers.h"

#include "db.h"

static void bind_timer(sqlite3_stmt *s, const struct reg_timer *timer)
{
    sqlite3_bind_text(s, 2, timer->name, -1, SQLITE_STATIC);
    sqlite3_bind_text(s, 3, timer->area, -1, SQLITE_STATIC);
    sqlite3_bind_text(s, 4, timer->command, -1, SQLITE_STATIC);
    sqlite3_bind_int64(s, 5, timer->total_ms);
    sqlite3_bind_int64(s, 6, timer->end_ms);
    sqlite3_bind_int64(s, 7, timer->left_ms);
    sqlite3_bind_text(s, 8, timer->calls, -1, SQLITE_STATIC);
}

enum san_status reg_timer_put(struct registry *registry, struct reg_timer *timer, struct san_error *err)
{
    sqlite3_stmt *s = timer->id == 0
                          ? db_statement(registry, DB_TIMER_INSERT,
                                "INSERT INTO timers(name, area, command, total_ms, end_ms, left_ms, calls)"
                                " VALUES (?2,?3,?4,?5,?6,?7,?8)",
                                err)
                          : db_statement(registry, DB_TIMER_UPDATE,
                                "UPDATE timers SET name=?2, area=?3, command=?4, total_ms=?5, end_ms=?6,"
                                " left_ms=?7, calls=?8 WHERE id=?1",
                                err);
    if (!s)
        return SAN_EIO;
    bind_timer(s, timer);
    if (timer->id != 0)
        sqlite3_bind_int64(s, 1, timer->id);
    enum san_status status = db_run(registry, s, err);
    if (status == SAN_OK && timer->id == 0)
        timer->id = sqlite3_last_insert_rowid(registry->db);
    return status;
}

enum san_status reg_timer_remove(struct registry *registry, int64_t id, struct san_error *err)
{
    sqlite3_stmt *s = db_statement(registry, DB_TIMER_DELETE, "DELETE FROM timers WHERE id=?1", err);
    if (!s)
        return SAN_EIO;
    sqlite3_bind_int64(s, 1, id);
    return db_run(registry, s, err);
}

static enum san_status count_timers(struct registry *registry, size_t *count, struct san_error *err)
{
    sqlite3_stmt *s = db_statement(registry, DB_TIMER_COUNT, "SELECT count(*) FROM timers", err);
    if (!s)
        return SAN_EIO;
    if (sqlite3_step(s) != SQLITE_ROW)
        return db_fail(registry, "counting timers", err);
    *count = (size_t)sqlite3_column_int64(s, 0);
    sqlite3_reset(s);
    return SAN_OK;
}

static bool read_timer(sqlite3_stmt *s, struct san_arena *arena, struct reg_timer *out)
{
    *out = (struct reg_timer){
        .id = sqlite3_column_int64(s, 0),
        .name = db_text(arena, s, 1),
        .area = db_text(arena, s, 2),
        .command = db_text(arena, s, 3),
        .total_ms = sqlite3_column_int64(s, 4),
        .end_ms = sqlite3_column_int64(s, 5),
        .left_ms = sqlite3_column_int64(s, 6),
        .calls = db_text(arena, s, 7),
    };
    return out->name && out->area && out->command && out->calls;
}

enum san_status reg_timers(struct registry *registry, struct san_arena *arena, struct reg_timer **out,
    size_t *count, struct san_error *err)
{
    size_t size = 0;
    *out = NULL;
    *count = 0;
    enum san_status status = count_timers(registry, &size, err);
    if (status != SAN_OK)
        return status;
    struct reg_timer *rows = san_arena_alloc(arena, size * sizeof(*rows));
    sqlite3_stmt *s = db_statement(registry, DB_TIMERS,
        "SELECT id, name, area, command, total_ms, end_ms, left_ms, calls FROM timers ORDER BY id", err);
    if (!rows || !s)
        return rows ? SAN_EIO : san_fail(err, SAN_ENOMEM, "out of memory for %zu timers", size);
    int step = SQLITE_DONE;
    while (*count < size && (step = sqlite3_step(s)) == SQLITE_ROW) {
        if (!read_timer(s, arena, &rows[*count]))
            return san_fail(err, SAN_ENOMEM, "out of memory for %zu timers", size);
        (*count)++;
    }
    sqlite3_reset(s);
    *out = rows;
    return step == SQLITE_DONE || step == SQLITE_ROW ? SAN_OK : db_fail(registry, "reading timers", err);
}
