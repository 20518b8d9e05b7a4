/* namesake.c - see namesake.h. */
#include "namesake.h"

#include <string.h>

#include "call_domain.h"
#include "carry.h"
#include "mention.h"

struct placing {
    struct registry *registry;
    const struct understand_request *prepared;
    const struct understood *understood;
    struct san_arena *arena;
    struct mention mentions[MENTIONS_MAX];
    size_t mention_count;
};

/* Has another call than the one at `at` that room? */
static bool is_taken(const struct placing *placing, size_t at, const char *area)
{
    for (size_t i = 0; i < placing->understood->call_count; i++) {
        const char *other = home_call_text(&placing->understood->calls[i].call, "area");
        if (i != at && other && strcmp(other, area) == 0)
            return true;
    }
    return false;
}

/* The only room that was said outside other names; with `left`, that no call but the one at `at` has. NULL if
 * there is none, or several. */
static const char *only_room(const struct placing *placing, size_t at, bool left)
{
    const char *only = NULL;
    for (size_t i = 0; i < placing->mention_count; i++)
        for (size_t j = 0; j < placing->mentions[i].item_count; j++) {
            const struct shortlist_item *item = placing->mentions[i].items[j];
            if (strcmp(item->kind, "area") != 0 || (left && is_taken(placing, at, item->name)))
                continue;
            if (only && strcmp(only, item->name) != 0)
                return NULL;
            only = item->name;
        }
    return only;
}

/* With another call in that room, and a speaker elsewhere, the thing may be the one beside the speaker. */
static bool is_elsewhere(const struct placing *placing, size_t at, const char *area)
{
    const char *here = placing->prepared->area;
    return here[0] && strcmp(here, area) != 0 && is_taken(placing, at, area);
}

/* Of the things of that name and kind: how many are there, and in the room? */
static bool is_one_of(const struct placing *placing, const struct understood_call *call, const char *area)
{
    const struct reg_filter filter = {
        .name = home_call_text(&call->call, "name"), .domain = call->kind, .exposed_only = true};
    struct home_entity *rows;
    size_t count, there = 0;
    if (reg_entities(placing->registry, &filter, placing->arena, &rows, &count, NULL) != SAN_OK)
        return false;
    for (size_t i = 0; i < count; i++)
        there += strcmp(rows[i].area, area) == 0;
    return there == 1 && count > 1;
}

static const char *room_for(const struct placing *placing, size_t at)
{
    const struct understood_call *call = &placing->understood->calls[at];
    const char *only = only_room(placing, at, false);
    const char *rooms[] = {only && !is_elsewhere(placing, at, only) ? only : NULL,
        only ? NULL : only_room(placing, at, true),
        carry_room_before(placing->registry, placing->prepared, placing->understood, at, placing->arena)};
    for (size_t i = 0; i < sizeof(rooms) / sizeof(*rooms); i++)
        if (rooms[i] && is_one_of(placing, call, rooms[i]))
            return rooms[i];
    return NULL;
}

enum san_status namesake_apply(struct registry *registry, const struct understand_request *prepared,
    struct understood *understood, struct san_arena *arena, struct san_error *err)
{
    struct placing placing = {
        .registry = registry, .prepared = prepared, .understood = understood, .arena = arena};
    placing.mention_count = mention_find(prepared, arena, placing.mentions);
    for (size_t i = 0; i < understood->call_count; i++) {
        struct home_call *call = &understood->calls[i].call;
        if (!home_call_arg(call, "name") || home_call_arg(call, "area") || home_call_arg(call, "floor"))
            continue;
        const char *room = room_for(&placing, i);
        if (room && !call_put_text(call, "area", room))
            return san_fail(err, SAN_ELIMIT, "%s has more than %d arguments", call->tool, HOME_ARGS_MAX);
    }
    return SAN_OK;
}
