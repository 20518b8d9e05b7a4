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

static enum san_status rebuild(struct shortlist *shortlist, struct san_error *err)
{
    struct name_index *index = name_index_new();
    sqlite3_stmt *s = db_statement(shortlist->registry, DB_ALL_NAMES, all_names, err);
    if (s == NULL) {
        name_index_free(index);
        return SAN_EIO;
    }
    bool ok = index != NULL;
    while (ok && sqlite3_step(s) == SQLITE_ROW)
        ok = name_index_add(index, &(struct name_entry){
                                       .kind = (const char *)sqlite3_column_text(s, 0),
                                       .text = (const char *)sqlite3_column_text(s, 1),
                                       .norm = (const char *)sqlite3_column_text(s, 2),
                                       .name = (const char *)sqlite3_column_text(s, 3),
                                       .area_id = sqlite3_column_int64(s, 4),
                                   });
    sqlite3_reset(s);
    if (!ok || !name_index_build(index)) {
        name_index_free(index);
        return san_fail(err, SAN_ENOMEM, "out of memory");
    }
    name_index_free(shortlist->index);
    shortlist->index = index;
    shortlist->generation = reg_generation(shortlist->registry);
    return SAN_OK;
}

static enum san_status refresh(struct shortlist *shortlist, struct san_error *err)
{
    if (shortlist->index != NULL && shortlist->generation == reg_generation(shortlist->registry))
        return SAN_OK;
    return rebuild(shortlist, err);
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
            struct name_match match = {i, similar_text(text, entry->text)};
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
