/* lists.c - see lists.h. */
#include "lists.h"

#include "db.h"

static enum san_status count_items(struct registry *registry, size_t *count, struct san_error *err)
{
    sqlite3_stmt *s = db_statement(registry, DB_LIST_COUNT, "SELECT count(*) FROM list_items", err);
    if (!s)
        return SAN_EIO;
    if (sqlite3_step(s) != SQLITE_ROW)
        return db_fail(registry, "counting list items", err);
    *count = (size_t)sqlite3_column_int64(s, 0);
    sqlite3_reset(s);
    return SAN_OK;
}

enum san_status reg_list_items(struct registry *registry, const char *list, struct san_arena *arena,
    struct reg_list_item **out, size_t *count, struct san_error *err)
{
    size_t size = 0;
    *out = NULL;
    *count = 0;
    enum san_status status = count_items(registry, &size, err);
    if (status != SAN_OK)
        return status;
    struct reg_list_item *rows = san_arena_alloc(arena, size * sizeof(*rows));
    sqlite3_stmt *s = db_statement(registry, DB_LIST_ITEMS,
        "SELECT id, list, text FROM list_items WHERE ?1 IS NULL OR list = ?1 ORDER BY list, id", err);
    if (!rows || !s)
        return rows ? SAN_EIO : san_fail(err, SAN_ENOMEM, "out of memory for %zu list items", size);
    sqlite3_bind_text(s, 1, list, -1, SQLITE_STATIC);
    int step = SQLITE_DONE;
    while (*count < size && (step = sqlite3_step(s)) == SQLITE_ROW) {
        struct reg_list_item *row = &rows[(*count)++];
        row->id = sqlite3_column_int64(s, 0);
        row->list = db_text(arena, s, 1);
        row->text = db_text(arena, s, 2);
        if (!row->list || !row->text)
            return san_fail(err, SAN_ENOMEM, "out of memory for %zu list items", size);
    }
    sqlite3_reset(s);
    *out = rows;
    return step == SQLITE_DONE || step == SQLITE_ROW ? SAN_OK : db_fail(registry, "reading lists", err);
}

enum san_status reg_list_add(
    struct registry *registry, const char *list, const char *text, struct san_error *err)
{
    size_t count = 0;
    enum san_status status = count_items(registry, &count, err);
    if (status == SAN_OK && count >= LISTS_ITEMS_MAX)
        status = san_fail(err, SAN_ELIMIT, "the lists are full: %d items", LISTS_ITEMS_MAX);
    if (status != SAN_OK)
        return status;
    sqlite3_stmt *s =
        db_statement(registry, DB_LIST_INSERT, "INSERT INTO list_items(list, text) VALUES (?1,?2)", err);
    if (!s)
        return SAN_EIO;
    sqlite3_bind_text(s, 1, list, -1, SQLITE_STATIC);
    sqlite3_bind_text(s, 2, text, -1, SQLITE_STATIC);
    return db_run(registry, s, err);
}

enum san_status reg_list_remove(struct registry *registry, int64_t id, struct san_error *err)
{
    sqlite3_stmt *s = db_statement(registry, DB_LIST_DELETE, "DELETE FROM list_items WHERE id=?1", err);
    if (!s)
        return SAN_EIO;
    sqlite3_bind_int64(s, 1, id);
    return db_run(registry, s, err);
}
