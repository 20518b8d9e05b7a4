/* registry_audit.c - the audit log: what was heard, understood, sent, and what came of it. */
#include "registry.h"

#include "db.h"
#include "registry_rows.h"

enum { AUDIT_KEEP = 10000 }; /* rows; older ones go as new ones come */

static void bind_row(sqlite3_stmt *s, const struct reg_audit *row)
{
    const char *const texts[] = {row->utterance_id, row->source, row->text, row->calls, row->commands,
        row->outcome, row->reply, row->detail};
    for (int i = 0; i < 8; i++)
        sqlite3_bind_text(s, 3 + i, texts[i] != NULL ? texts[i] : "", -1, SQLITE_STATIC);
    sqlite3_bind_int64(s, 2, row->time_ms);
    sqlite3_bind_double(s, 11, row->confidence);
}

static enum san_status forget_old(struct registry *registry, int64_t newest, struct san_error *err)
{
    if (newest % 256 != 0) /* now and then is enough */
        return SAN_OK;
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(registry->db, "DELETE FROM audit WHERE id <= ?", -1, &s, NULL) != SQLITE_OK)
        return db_fail(registry, "trimming the audit log", err);
    sqlite3_bind_int64(s, 1, newest - AUDIT_KEEP);
    enum san_status status = db_run(registry, s, err);
    sqlite3_finalize(s);
    return status;
}

enum san_status reg_audit_put(struct registry *registry, struct reg_audit *row, struct san_error *err)
{
    sqlite3_stmt *s =
        row->id == 0
            ? db_statement(registry, DB_AUDIT_INSERT,
                  "INSERT INTO audit(time_ms, utterance_id, source, text, calls, commands, outcome, reply, "
                  "detail,"
                  " confidence) VALUES (?2,?3,?4,?5,?6,?7,?8,?9,?10,?11)",
                  err)
            : db_statement(registry, DB_AUDIT_UPDATE,
                  "UPDATE audit SET time_ms=?2, utterance_id=?3, source=?4, text=?5, calls=?6, commands=?7,"
                  " outcome=?8, reply=?9, detail=?10, confidence=?11 WHERE id=?1",
                  err);
    if (s == NULL)
        return SAN_EIO;
    bind_row(s, row);
    if (row->id != 0)
        sqlite3_bind_int64(s, 1, row->id);
    enum san_status status = db_run(registry, s, err);
    if (status != SAN_OK || row->id != 0)
        return status;
    row->id = sqlite3_last_insert_rowid(registry->db);
    return forget_old(registry, row->id, err);
}

enum san_status reg_audit_list(struct registry *registry, int64_t id, size_t limit, struct san_arena *arena,
    struct reg_audit **out, size_t *count, struct san_error *err)
{
    *out = NULL;
    *count = 0;
    sqlite3_stmt *s = db_statement(registry, DB_AUDIT_LIST,
        "SELECT id, time_ms, utterance_id, source, text, calls, commands, outcome, reply, detail, confidence"
        " FROM audit WHERE ?1 = 0 OR id = ?1 ORDER BY id DESC LIMIT ?2",
        err);
    if (s == NULL)
        return SAN_EIO;
    sqlite3_bind_int64(s, 1, id);
    sqlite3_bind_int64(s, 2, (sqlite3_int64)limit);
    enum san_status status = SAN_OK;
    while (sqlite3_step(s) == SQLITE_ROW) {
        struct reg_audit *rows = reg_grow(arena, *out, *count, sizeof **out);
        if (rows == NULL) {
            status = san_fail(err, SAN_ENOMEM, "out of memory");
            break;
        }
        *out = rows;
        rows[(*count)++] = (struct reg_audit){
            .id = sqlite3_column_int64(s, 0),
            .time_ms = sqlite3_column_int64(s, 1),
            .utterance_id = db_text(arena, s, 2),
            .source = db_text(arena, s, 3),
            .text = db_text(arena, s, 4),
            .calls = db_text(arena, s, 5),
            .commands = db_text(arena, s, 6),
            .outcome = db_text(arena, s, 7),
            .reply = db_text(arena, s, 8),
            .detail = db_text(arena, s, 9),
            .confidence = sqlite3_column_double(s, 10),
        };
    }
    sqlite3_reset(s);
    return status;
}
