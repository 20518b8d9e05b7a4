/* whole_name.c - see whole_name.h. Sets of the utterance's words are masks: bit i is word i. */
#include "whole_name.h"

#include <string.h>

#include "call_domain.h"
#include "evidence.h"
#include "mention.h"

enum { WHOLE_MIN = 2 }; /* words: one alone ("lamp") may be a kind */

struct mending {
    const struct understand_request *prepared;
    const struct understood *understood;
    struct san_arena *arena;
};

/* At least `count` words in a row: "light" alone says no "night light". */
static bool is_in_a_row(uint64_t mask, size_t count)
{
    while (mask && !(mask & 1))
        mask >>= 1;
    size_t length = 0;
    for (; mask & 1; mask >>= 1)
        length++;
    return !mask && length >= count;
}

/* Things that are turned on and off alike: which of them it is, the name tells. */
static bool is_same_sort(const char *kind, const char *other)
{
    static const char *const sort[] = {"light", "switch", "fan", "media_player", "input_boolean"};
    bool is_one = false, is_other = false;
    for (size_t i = 0; i < sizeof(sort) / sizeof(*sort); i++) {
        is_one = is_one || strcmp(kind, sort[i]) == 0;
        is_other = is_other || strcmp(other, sort[i]) == 0;
    }
    return strcmp(kind, other) == 0 || (is_one && is_other);
}

static bool is_named(const struct mending *mending, const char *name)
{
    for (size_t i = 0; i < mending->understood->call_count; i++) {
        const char *other = home_call_text(&mending->understood->calls[i].call, "name");
        if (other && strcmp(other, name) == 0)
            return true;
    }
    return false;
}

static bool is_said_whole(
    const struct mending *mending, const struct understood_call *call, const struct shortlist_item *item)
{
    const char *kinds = mention_kinds(call->call.tool);
    if (!kinds || !(kinds[0] ? strcmp(call->kind, item->kind) == 0 : is_same_sort(call->kind, item->kind)))
        return false;
    struct evidence found = evidence_find(&mending->prepared->words, item->text, mending->arena);
    return found.of >= WHOLE_MIN && found.said == found.of && is_in_a_row(found.where, found.of);
}

/* The only thing of the call's kind that was said in full, or NULL. */
static const struct shortlist_item *said_whole(
    const struct mending *mending, const struct understood_call *call)
{
    const struct shortlist_item *only = NULL;
    for (size_t i = 0; i < mending->prepared->request.item_count; i++) {
        const struct shortlist_item *item = &mending->prepared->items[i];
        if (!is_said_whole(mending, call, item) || is_named(mending, item->name))
            continue;
        if (only && strcmp(only->name, item->name) != 0)
            return NULL;
        only = item;
    }
    return only;
}

static bool mend(const struct mending *mending, struct understood_call *call)
{
    if (!call->leftover[0] || strcmp(call->missing, "name") != 0 || !home_call_arg(&call->call, "name"))
        return false;
    const struct shortlist_item *item = said_whole(mending, call);
    struct home_call mended = call->call;
    if (!item)
        return false;
    call_remove(&mended, "name");
    if (!call_put_text(&mended, "name", item->name) || !call_fit_domain(&mended, item->kind))
        return false;
    call->call = mended;
    call->kind = item->kind;
    call->leftover = call->missing = call->unproven = "";
    return true;
}

bool whole_name_apply(
    const struct understand_request *prepared, struct understood *understood, struct san_arena *arena)
{
    const struct mending mending = {.prepared = prepared, .understood = understood, .arena = arena};
    bool mended = false;
    for (size_t i = 0; i < understood->call_count; i++)
        mended = mend(&mending, &understood->calls[i]) || mended;
    return mended;
}

/* ---- rooms ---- */

/* The only room that was said, outside other names; NULL if there is none, or several. */
static const struct shortlist_item *only_room(const struct mention *mentions, size_t count)
{
    const struct shortlist_item *only = NULL;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < mentions[i].item_count; j++) {
            const struct shortlist_item *item = mentions[i].items[j];
            if (strcmp(item->kind, "area") != 0)
                continue;
            if (only && strcmp(only->name, item->name) != 0)
                return NULL;
            only = item;
        }
    return only;
}

/* Has the room one of several things of that name? */
static bool is_one_of(struct registry *registry, const struct understood_call *call, const char *name,
    const char *area, struct san_arena *arena)
{
    const struct reg_filter filter = {.name = name, .domain = call->kind, .exposed_only = true};
    struct home_entity *rows;
    size_t count, there = 0;
    if (reg_entities(registry, &filter, arena, &rows, &count, NULL) != SAN_OK)
        return false;
    for (size_t i = 0; i < count; i++)
        there += strcmp(rows[i].area, area) == 0;
    return there == 1 && count > 1;
}

/* With another call in that room, and a speaker elsewhere, the thing may be the one beside the speaker. */
static bool is_elsewhere(
    const struct understand_request *prepared, const struct understood *understood, const char *area)
{
    bool used = false;
    for (size_t i = 0; i < understood->call_count; i++) {
        const char *other = home_call_text(&understood->calls[i].call, "area");
        used = used || (other && strcmp(other, area) == 0);
    }
    return used && prepared->area[0] && strcmp(prepared->area, area) != 0;
}

enum san_status whole_name_place(struct registry *registry, const struct understand_request *prepared,
    struct understood *understood, struct san_arena *arena, struct san_error *err)
{
    struct mention mentions[MENTIONS_MAX];
    const struct shortlist_item *room = only_room(mentions, mention_find(prepared, arena, mentions));
    if (!room || is_elsewhere(prepared, understood, room->name))
        return SAN_OK;
    for (size_t i = 0; i < understood->call_count; i++) {
        struct understood_call *call = &understood->calls[i];
        const char *name = home_call_text(&call->call, "name");
        if (!name || home_call_arg(&call->call, "area") || home_call_arg(&call->call, "floor") ||
            !is_one_of(registry, call, name, room->name, arena))
            continue;
        if (!call_put_text(&call->call, "area", room->name))
            return san_fail(err, SAN_ELIMIT, "%s has more than %d arguments", call->call.tool, HOME_ARGS_MAX);
    }
    return SAN_OK;
}
