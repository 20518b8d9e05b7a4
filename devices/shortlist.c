/* shortlist.c - which names of the home an utterance can mean. */
#include "shortlist.h"

#include <stdlib.h>
#include <string.h>

#include "db.h"
#include "name_index.h"
#include "similar.h"

struct shortlist {
    struct registry *registry;
    struct name_index *index;
    uint64_t generation; /* of the registry when the index was built; 0: never */
    bool left_behind;    /* a large index is renewed by somebody else */
};

/* An index to be. */
struct shortlist_work {
    const char *file; /* of the registry; NULL: the names are read already */
    struct san_arena *arena;
    struct name_entry *entries; /* as read, in the arena */
    size_t count;
    uint64_t generation;
    struct name_index *index; /* NULL: not built */
    struct san_error error;   /* why, if not for want of memory */
};

struct shortlist *shortlist_new(struct registry *registry)
{
    struct shortlist *shortlist = calloc(1, sizeof *shortlist);
    if (shortlist != NULL)
        shortlist->registry = registry;
    return shortlist;
}

void shortlist_free(struct shortlist *shortlist)
{
    if (shortlist == NULL)
        return;
    name_index_free(shortlist->index);
    free(shortlist);
}

/* ---- the index follows the registry ---- */

static const char all_names[] =
    "SELECT coalesce(e.domain, CASE WHEN n.area_id IS NULL THEN 'floor' ELSE 'area' END),"
    " n.text, n.norm, coalesce(e.name, a.name, f.name), coalesce(e.area_id, 0)"
    " FROM names n LEFT JOIN entities e ON e.id = n.entity_id LEFT JOIN areas a ON a.id = n.area_id"
    " LEFT JOIN floors f ON f.id = n.floor_id"
    " WHERE n.entity_id IS NULL OR coalesce(e.exposed_by_user, NOT e.hidden) ORDER BY n.id";

enum { WORK_BLOCK = 1 << 16 };

static void free_work(struct shortlist_work *work)
{
    san_arena_free(work->arena);
    name_index_free(work->index);
    free(work);
}

static const char *copy_column(struct san_arena *arena, sqlite3_stmt *s, int column)
{
    const char *text = (const char *)sqlite3_column_text(s, column);
    return text ? san_arena_strndup(arena, text, strlen(text)) : NULL;
}

static bool read_entry(sqlite3_stmt *s, struct san_arena *arena, struct name_entry *out)
{
    *out = (struct name_entry){
        .kind = copy_column(arena, s, 0),
        .text = copy_column(arena, s, 1),
        .norm = copy_column(arena, s, 2),
        .name = copy_column(arena, s, 3),
        .area_id = sqlite3_column_int64(s, 4),
    };
    return out->kind != NULL && out->text != NULL && out->norm != NULL && out->name != NULL;
}

static bool read_entries(sqlite3_stmt *s, struct shortlist_work *work)
{
    size_t room = 0;
    int step;
    while ((step = sqlite3_step(s)) == SQLITE_ROW) {
        if (work->count == room) {
            room = room == 0 ? 256 : 2 * room;
            struct name_entry *bigger = san_arena_alloc(work->arena, room * sizeof *bigger);
            if (bigger == NULL)
                return false;
            if (work->count > 0)
                memcpy(bigger, work->entries, work->count * sizeof *bigger);
            work->entries = bigger;
        }
        if (!read_entry(s, work->arena, &work->entries[work->count++]))
            return false;
    }
    return step == SQLITE_DONE; /* half of the names would be worse than the old index */
}

static struct shortlist_work *new_work(struct san_error *err)
{
    struct shortlist_work *work = calloc(1, sizeof *work);
    if (work != NULL)
        work->arena = san_arena_new(WORK_BLOCK, 0);
    if (work != NULL && work->arena != NULL)
        return work;
    free(work);
    san_fail(err, SAN_ENOMEM, "out of memory");
    return NULL;
}

/* By the registry's own connection, which also knows what is not committed. */
static struct shortlist_work *begin_here(struct shortlist *shortlist, struct san_error *err)
{
    sqlite3_stmt *s = db_statement(shortlist->registry, DB_ALL_NAMES, all_names, err);
    struct shortlist_work *work = s != NULL ? new_work(err) : NULL;
    if (work == NULL)
        return NULL;
    work->generation = reg_generation(shortlist->registry);
    bool read = read_entries(s, work);
    sqlite3_reset(s);
    if (read)
        return work;
    san_fail(err, SAN_ENOMEM, "out of memory");
    free_work(work);
    return NULL;
}

struct shortlist_work *shortlist_begin(struct shortlist *shortlist, struct san_error *err)
{
    const char *file = reg_file(shortlist->registry);
    if (file == NULL)
        return begin_here(shortlist, err);
    struct shortlist_work *work = new_work(err);
    if (work == NULL)
        return NULL;
    work->generation = reg_committed(shortlist->registry);
    work->file = san_arena_strndup(work->arena, file, strlen(file));
    if (work->file != NULL)
        return work;
    san_fail(err, SAN_ENOMEM, "out of memory");
    free_work(work);
    return NULL;
}

static bool read_file(struct shortlist_work *work)
{
    sqlite3 *db;
    sqlite3_stmt *s = NULL;
    bool read = db_open_beside(work->file, SQLITE_OPEN_READONLY, &db, &work->error) == SAN_OK;
    if (read && sqlite3_prepare_v2(db, all_names, -1, &s, NULL) != SQLITE_OK) {
        san_fail(&work->error, SAN_EIO, "%s: %s (while reading names)", work->file, sqlite3_errmsg(db));
        read = false;
    }
    if (read && !read_entries(s, work)) {
        san_fail(&work->error, SAN_EIO, "%s: the names cannot be read", work->file);
        read = false;
    }
    sqlite3_finalize(s);
    sqlite3_close(db);
    return read;
}

void shortlist_build(struct shortlist_work *work)
{
    struct name_index *index = work->file == NULL || read_file(work) ? name_index_new() : NULL;
    bool ok = index != NULL;
    for (size_t i = 0; ok && i < work->count; i++)
        ok = name_index_add(index, &work->entries[i]);
    if (ok && name_index_build(index))
        work->index = index;
    else
        name_index_free(index);
}

static bool is_current(const struct shortlist *shortlist)
{
    return shortlist->index != NULL && shortlist->generation == reg_generation(shortlist->registry);
}

enum san_status shortlist_finish(
    struct shortlist *shortlist, struct shortlist_work *work, struct san_error *err)
{
    enum san_status status = SAN_OK;
    if (work->index == NULL) {
        status = work->error.status != SAN_OK ? san_fail(err, work->error.status, "%s", work->error.text)
                                              : san_fail(err, SAN_ENOMEM, "out of memory");
    } else if (!is_current(shortlist)) { /* else a search could not wait for it */
        name_index_free(shortlist->index);
        shortlist->index = work->index;
        shortlist->generation = work->generation;
        work->index = NULL;
    }
    free_work(work);
    return status;
}

void shortlist_leave_behind(struct shortlist *shortlist)
{
    shortlist->left_behind = true;
}

static bool is_large(const struct shortlist *shortlist)
{
    return shortlist->index != NULL && name_index_count(shortlist->index) > SHORTLIST_AT_ONCE;
}

bool shortlist_is_behind(const struct shortlist *shortlist)
{
    return shortlist->left_behind && !is_current(shortlist);
}

/* Renews the index here and now, unless there is one of many names, and others see to the next. */
static enum san_status refresh(struct shortlist *shortlist, struct san_error *err)
{
    if (is_current(shortlist) || (shortlist->left_behind && is_large(shortlist)))
        return SAN_OK;
    struct shortlist_work *work = begin_here(shortlist, err);
    if (work == NULL)
        return SAN_EIO;
    shortlist_build(work);
    return shortlist_finish(shortlist, work, err);
}

/* ---- the best of each kind ---- */

enum group { AREAS, FLOORS, ENTITIES, GROUPS };

struct best {
    struct name_match match[SHORTLIST_ENTITIES];
    size_t count;
};

static enum group group_of(const char *kind)
{
    if (strcmp(kind, "area") == 0)
        return AREAS;
    return strcmp(kind, "floor") == 0 ? FLOORS : ENTITIES;
}

/* Equal scores: the one registered first, so that the same registry gives the same list. */
static bool better(const struct name_match *a, const struct name_match *b)
{
    return a->score > b->score || (a->score == b->score && a->entry < b->entry);
}

static void offer(struct best *best, size_t room, struct name_match match)
{
    size_t at = best->count;
    if (at == room && !better(&match, &best->match[at - 1]))
        return;
    if (at == room)
        at--;
    else
        best->count++;
    for (; at > 0 && better(&match, &best->match[at - 1]); at--)
        best->match[at] = best->match[at - 1];
    best->match[at] = match;
}

/* What shares a word with the sentence, but little of its name, and by far less than another thing does ("3"
 * with wing 3) is no candidate. In a home of thousands such things would fill the list every time. */
#define WEAK_SCORE 0.1 /* of the best one's */
#define WEAK_SHARE 0.5

static void drop_weak(struct best *best)
{
    size_t kept = 0;
    for (size_t i = 0; i < best->count; i++)
        if (best->match[i].score >= WEAK_SCORE * best->match[0].score || best->match[i].share >= WEAK_SHARE)
            best->match[kept++] = best->match[i];
    best->count = kept;
}

enum san_status shortlist_find(struct shortlist *shortlist, const struct san_words *words, const char *area,
    struct san_arena *arena, struct shortlist_item **out, size_t *count, struct san_error *err)
{
    static const size_t rooms[GROUPS] = {SHORTLIST_AREAS, SHORTLIST_FLOORS, SHORTLIST_ENTITIES};
    struct best best[GROUPS] = {0};
    *out = NULL;
    *count = 0;
    enum san_status status = refresh(shortlist, err);
    if (status != SAN_OK)
        return status;
    int64_t here = area != NULL && area[0] != '\0' ? reg_find_area(shortlist->registry, area) : 0;
    size_t found;
    const struct name_match *matches = name_index_search(shortlist->index, words, &found);
    for (size_t i = 0; i < found; i++) {
        const struct name_entry *entry = name_index_entry(shortlist->index, matches[i].entry);
        struct name_match match = matches[i];
        if (here != 0 && (entry->area_id == here || entry->area_id == -1))
            match.score *= 1.1; /* enough to win a tie */
        enum group group = group_of(entry->kind);
        offer(&best[group], rooms[group], match);
    }
    drop_weak(&best[ENTITIES]);
    *out = san_arena_alloc(arena, (SHORTLIST_ENTITIES + SHORTLIST_AREAS + SHORTLIST_FLOORS) * sizeof **out);
    if (*out == NULL)
        return san_fail(err, SAN_ENOMEM, "out of memory");
    for (int group = 0; group < GROUPS; group++)
        for (size_t i = 0; i < best[group].count; i++) {
            const struct name_entry *entry = name_index_entry(shortlist->index, best[group].match[i].entry);
            struct shortlist_item *item = &(*out)[(*count)++];
            *item = (struct shortlist_item){
                .kind = san_arena_strndup(arena, entry->kind, strlen(entry->kind)),
                .text = san_arena_strndup(arena, entry->text, strlen(entry->text)),
                .name = san_arena_strndup(arena, entry->name, strlen(entry->name)),
                .score = best[group].match[i].score,
            };
            if (item->kind == NULL || item->text == NULL || item->name == NULL)
                return san_fail(err, SAN_ENOMEM, "out of memory");
        }
    return SAN_OK;
}

enum san_status shortlist_nearest(struct shortlist *shortlist, const char *kind, const char *text, size_t max,
    struct san_arena *arena, const char ***out, size_t *count, struct san_error *err)
{
    enum { NEAREST_MAX = 8 };
    struct best best = {0};
    *out = NULL;
    *count = 0;
    enum san_status status = refresh(shortlist, err);
    if (status != SAN_OK)
        return status;
    enum group wanted = group_of(kind);
    if (max > NEAREST_MAX)
        max = NEAREST_MAX;
    for (uint32_t i = 0; max > 0 && i < name_index_count(shortlist->index); i++) {
        const struct name_entry *entry = name_index_entry(shortlist->index, i);
        if (group_of(entry->kind) == wanted) {
            struct name_match match = {.entry = i, .score = similar_text(text, entry->text)};
            if (match.score > 0.3)
                offer(&best, max, match);
        }
    }
    *out = san_arena_alloc(arena, (NEAREST_MAX + 1) * sizeof **out);
    if (*out == NULL)
        return san_fail(err, SAN_ENOMEM, "out of memory");
    for (size_t i = 0; i < best.count; i++) {
        const char *name = name_index_entry(shortlist->index, best.match[i].entry)->text;
        (*out)[(*count)++] = san_arena_strndup(arena, name, strlen(name));
    }
    return SAN_OK;
}
