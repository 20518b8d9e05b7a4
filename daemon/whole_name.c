/* whole_name.c - see whole_name.h. Sets of the utterance's words are masks: bit i is word i. */
#include "whole_name.h"

#include <string.h>

#include "call_domain.h"
#include "carry.h"
#include "evidence.h"
#include "mention.h"
#include "phrases.h"

enum { WHOLE_MIN = 2 }; /* words: one alone ("lamp") may be a kind */

struct mending {
    const struct understand *understand;
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

/* The room of "kitchen lights", whose last word is cut off: the words before it, all of them; or NULL. */
static const char *room_before_noun(const struct mending *mending, const struct san_words *words)
{
    for (size_t i = 0; i < mending->prepared->request.item_count; i++) {
        const struct shortlist_item *item = &mending->prepared->items[i];
        struct san_words room;
        if (strcmp(item->kind, "area") != 0 ||
            san_normalize(mending->arena, item->text, strlen(item->text), &room, NULL) != SAN_OK ||
            room.count + 1 != words->count)
            continue;
        size_t same = 0;
        while (same < room.count && strcmp(room.word[same].text, words->word[same].text) == 0)
            same++;
        if (same == room.count)
            return item->name;
    }
    return NULL;
}

/* What was meant instead of the name is all of a kind in a room: the call becomes one for those. */
static bool mend_group(const struct mending *mending, struct understood_call *call)
{
    const char *kinds = mention_kinds(call->call.tool), *room;
    char domain[32], device_class[32];
    struct san_words words;
    if (!mending->understand->phrases || !kinds ||
        san_normalize(mending->arena, call->leftover, strlen(call->leftover), &words, NULL) != SAN_OK ||
        words.count < 2 || !(room = room_before_noun(mending, &words)) ||
        !phrases_kind_of_noun(
            mending->understand->phrases, words.word[words.count - 1].text, domain, device_class))
        return false;
    struct home_call mended = call->call;
    static const char *const slots[] = {"name", "area", "floor", "domain", "device_class"};
    for (size_t i = 0; i < sizeof(slots) / sizeof(*slots); i++)
        call_remove(&mended, slots[i]);
    const char *kind = san_arena_strndup(mending->arena, domain, strlen(domain));
    const char *class = san_arena_strndup(mending->arena, device_class, strlen(device_class));
    if (!kind || !class || (kinds[0] && strcmp(call->kind, kind) != 0) ||
        (!kinds[0] && class[0] && !call_put_text(&mended, "device_class", class)) ||
        (!kinds[0] && !call_put_text(&mended, "domain", kind)) || !call_put_text(&mended, "area", room))
        return false;
    call->call = mended;
    call->kind = call->leftover = call->missing = call->unproven = "";
    return true;
}

static bool mend(const struct mending *mending, struct understood_call *call)
{
    if (!call->leftover[0] || strcmp(call->missing, "name") != 0 || !home_call_arg(&call->call, "name"))
        return false;
    const struct shortlist_item *item = said_whole(mending, call);
    struct home_call mended = call->call;
    if (!item)
        return mend_group(mending, call);
    call_remove(&mended, "name");
    if (!call_put_text(&mended, "name", item->name) || !call_fit_domain(&mended, item->kind))
        return false;
    call->call = mended;
    call->kind = item->kind;
    call->leftover = call->missing = call->unproven = "";
    return true;
}

bool whole_name_apply(const struct understand *understand, const struct understand_request *prepared,
    struct understood *understood, struct san_arena *arena)
{
    const struct mending mending = {
        .understand = understand, .prepared = prepared, .understood = understood, .arena = arena};
    bool mended = false;
    for (size_t i = 0; i < understood->call_count; i++)
        mended = mend(&mending, &understood->calls[i]) || mended;
    return mended;
}

/* ---- said, and in no call ---- */

/* Does one of the words tell more than what to do? */
static bool tells(const struct mending *mending, uint64_t mask)
{
    const struct san_words *words = &mending->prepared->words;
    for (size_t i = 0; i < words->count; i++)
        if ((mask >> i & 1) &&
            !phrases_has_word(mending->understand->phrases, "command_words", words->word[i].text))
            return true;
    return false;
}

/* Was all of it said, sharing words with the names that the calls have, and more words in a row? */
static bool is_said_apart(const struct mending *mending, const struct shortlist_item *item)
{
    struct evidence found = evidence_find(&mending->prepared->words, item->text, mending->arena);
    uint64_t named = 0;
    for (size_t i = 0; i < mending->understood->call_count; i++) {
        const char *name = home_call_text(&mending->understood->calls[i].call, "name");
        if (name)
            named |= evidence_find(&mending->prepared->words, name, mending->arena).where;
    }
    return found.of >= WHOLE_MIN && found.said == found.of && (found.where & named) &&
           is_in_a_row(found.where & ~named, 1) && tells(mending, found.where & ~named);
}

static bool fits_tool(const char *tool, const char *kind)
{
    const char *kinds = mention_kinds(tool);
    const char *at = kinds && kinds[0] ? strstr(kinds, kind) : NULL;
    return kinds && (!kinds[0] || (at && at[-1] == ' ' && at[strlen(kind)] == ' '));
}

/* The only thing that fits the tool, of whose name every word was said, and that no call has; or NULL. */
static const struct shortlist_item *only_left(
    const struct mending *mending, const char *tool, const char *kind)
{
    const struct shortlist_item *only = NULL;
    for (size_t i = 0; i < mending->prepared->request.item_count; i++) {
        const struct shortlist_item *item = &mending->prepared->items[i];
        if (!fits_tool(tool, item->kind) || (kind && strcmp(kind, item->kind) != 0) ||
            is_named(mending, item->name) || !is_said_apart(mending, item))
            continue;
        if (only && strcmp(only->name, item->name) != 0)
            return NULL;
        only = item;
    }
    return only;
}

static void put_name(struct understood_call *call, const struct shortlist_item *item)
{
    struct home_call named = call->call;
    call_remove(&named, "name");
    call_remove(&named, "device_class");
    if (!call_put_text(&named, "name", item->name) || !call_fit_domain(&named, item->kind))
        return;
    call->call = named;
    call->kind = item->kind;
    call->leftover = call->missing = call->unproven = "";
}

/* "Waiting room TV off and radio off": the second call's name is missing, and "Waiting Room Radio" was said.
 */
static bool is_open(const struct understood_call *call)
{
    return strcmp(call->missing, "name") == 0 && !call->leftover[0] && !home_call_arg(&call->call, "name") &&
           !home_call_arg(&call->call, "area") && !home_call_arg(&call->call, "floor");
}

/* "Surgery 1 air con to 20 and surgery 2 air con to 22": both calls are on the first. */
static bool repeats(const struct understood *understood, size_t at)
{
    const struct home_call *call = &understood->calls[at].call;
    const char *name = home_call_text(call, "name");
    bool whole = name && !home_call_arg(call, "area") && !understood->calls[at].missing[0];
    for (size_t i = 0; whole && i < at; i++) {
        const struct home_call *before = &understood->calls[i].call;
        const char *other = home_call_text(before, "name");
        if (other && strcmp(other, name) == 0 && strcmp(before->tool, call->tool) == 0)
            return true;
    }
    return false;
}

void whole_name_left(const struct understand *understand, const struct understand_request *prepared,
    struct understood *understood, struct san_arena *arena)
{
    const struct mending mending = {
        .understand = understand, .prepared = prepared, .understood = understood, .arena = arena};
    for (size_t i = 1; understand->phrases && i < understood->call_count; i++) {
        struct understood_call *call = &understood->calls[i];
        bool again = repeats(understood, i);
        const struct shortlist_item *item =
            again || is_open(call) ? only_left(&mending, call->call.tool, again ? call->kind : NULL) : NULL;
        if (item)
            put_name(call, item);
    }
}

/* ---- rooms ---- */

/* How many things of that name and kind the room has; "" counts all. */
static size_t count_in(
    struct registry *registry, const char *name, const char *kind, const char *area, struct san_arena *arena)
{
    const struct reg_filter filter = {.name = name, .domain = kind, .exposed_only = true};
    struct home_entity *rows;
    size_t count, there = 0;
    if (reg_entities(registry, &filter, arena, &rows, &count, NULL) != SAN_OK)
        return 0;
    for (size_t i = 0; i < count; i++)
        there += !area[0] || strcmp(rows[i].area, area) == 0;
    return there;
}

static uint64_t words_of(const struct mending *mending, const char *name)
{
    return evidence_find(&mending->prepared->words, name, mending->arena).where;
}

/* The words that say the name, its aliases counted in; *whole: all of one of them was said. */
static uint64_t words_of_thing(const struct mending *mending, const char *name, const char *kind, bool *whole)
{
    uint64_t mask = 0;
    for (size_t i = 0; i < mending->prepared->request.item_count; i++) {
        const struct shortlist_item *item = &mending->prepared->items[i];
        if (strcmp(item->name, name) != 0 || strcmp(item->kind, kind) != 0)
            continue;
        struct evidence found = evidence_find(&mending->prepared->words, item->text, mending->arena);
        *whole = *whole || found.said == found.of;
        mask |= found.where;
    }
    return mask;
}

/* The only thing of the kind in the room that all these words mean too, or NULL. */
static const struct shortlist_item *near_one(struct registry *registry, const struct mending *mending,
    const char *kind, const char *area, uint64_t said)
{
    const struct shortlist_item *only = NULL;
    for (size_t i = 0; i < mending->prepared->request.item_count; i++) {
        const struct shortlist_item *item = &mending->prepared->items[i];
        if (strcmp(item->kind, kind) != 0 || (words_of(mending, item->text) & said) != said ||
            count_in(registry, item->name, kind, area, mending->arena) != 1)
            continue;
        if (only && strcmp(only->name, item->name) != 0)
            return NULL;
        only = item;
    }
    return only;
}

static size_t count_words(uint64_t mask)
{
    size_t count = 0;
    for (; mask; mask &= mask - 1)
        count++;
    return count;
}

/* "The hallway light" says nothing of a hallway beyond the name; "the hallway light in the hallway" does. */
static void drop_room_of_name(
    struct registry *registry, const struct mending *mending, struct understood_call *call)
{
    const char *name = home_call_text(&call->call, "name"), *area = home_call_text(&call->call, "area");
    bool whole = false;
    if (!name || !area || count_in(registry, name, call->kind, "", mending->arena) != 1)
        return;
    struct evidence room = evidence_find(&mending->prepared->words, area, mending->arena);
    uint64_t thing = words_of_thing(mending, name, call->kind, &whole);
    if (room.where && !(room.where & ~thing) && count_words(room.where) <= room.of && is_in_a_row(thing, 1))
        call_remove(&call->call, "area");
}

/* "The kitchen light" may be the lights of the kitchen, or the one that is called so: the network's doubt
 * between the two is half of all its doubt, and comes to the same. What guards something has no such
 * allowance. */
static void trust_name_with_room(
    struct registry *registry, const struct mending *mending, struct understood_call *call)
{
    const char *name = home_call_text(&call->call, "name");
    bool whole = false;
    if (!name || home_call_arg(&call->call, "area") || !is_same_sort(call->kind, "light") ||
        count_in(registry, name, call->kind, "", mending->arena) != 1)
        return;
    uint64_t thing = words_of_thing(mending, name, call->kind, &whole), room = 0;
    for (size_t i = 0; i < mending->prepared->request.item_count; i++) {
        const struct shortlist_item *item = &mending->prepared->items[i];
        struct evidence found = evidence_find(&mending->prepared->words, item->text, mending->arena);
        if (strcmp(item->kind, "area") == 0 && found.said == found.of)
            room |= found.where;
    }
    if (whole && is_in_a_row(thing, WHOLE_MIN) && (room & thing) && !(room & ~thing))
        call->confidence = (1 + call->confidence) / 2;
}

/* The room of what is meant: the one that was said, else the speaker's, else that of the command before. */
static const char *room_of(
    struct registry *registry, const struct mending *mending, const struct understood_call *call)
{
    const char *said = home_call_text(&call->call, "area"), *here = mending->prepared->area;
    if (said || here[0])
        return said ? said : here;
    size_t at = (size_t)(call - mending->understood->calls);
    return carry_room_before(registry, mending->prepared, mending->understood, at, mending->arena);
}

static void take_near(struct registry *registry, const struct mending *mending, struct understood_call *call)
{
    const char *name = home_call_text(&call->call, "name"), *said_area = home_call_text(&call->call, "area");
    const char *area = room_of(registry, mending, call);
    bool whole = false;
    if (!name || !area || home_call_arg(&call->call, "floor") ||
        count_in(registry, name, call->kind, area, mending->arena) > 0)
        return;
    uint64_t said = words_of_thing(mending, name, call->kind, &whole);
    const struct shortlist_item *item =
        (whole && !said_area) || !said ? NULL : near_one(registry, mending, call->kind, area, said);
    if (!item || is_named(mending, item->name))
        return;
    for (size_t i = 0; i < call->call.arg_count; i++)
        if (strcmp(call->call.args[i].slot, "name") == 0)
            call->call.args[i].text = item->name;
}

void whole_name_near(struct registry *registry, const struct understand_request *prepared,
    struct understood *understood, struct san_arena *arena)
{
    const struct mending mending = {.prepared = prepared, .understood = understood, .arena = arena};
    for (size_t i = 0; i < understood->call_count; i++) {
        take_near(registry, &mending, &understood->calls[i]);
        drop_room_of_name(registry, &mending, &understood->calls[i]);
        trust_name_with_room(registry, &mending, &understood->calls[i]);
    }
}
