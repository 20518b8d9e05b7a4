/* carry.c - see carry.h. */
#include "carry.h"

#include <string.h>

#include "call_domain.h"
#include "devices/resolve.h"
#include "evidence.h"
#include "leftover.h"
#include "mention.h"
#include "phrases.h"

struct carrying {
    const struct understand *understand;
    const struct understand_request *prepared;
    struct san_arena *arena;
};

/* ---- "it" ---- */

/* Behind the last of the words that say the name, or words->count. */
static size_t behind_name(const struct carrying *carrying, const char *name)
{
    const struct san_words *words = &carrying->prepared->words;
    uint64_t where = 0;
    for (size_t i = 0; i < carrying->prepared->request.item_count; i++) {
        const struct shortlist_item *item = &carrying->prepared->items[i];
        if (strcmp(item->name, name) == 0)
            where |= evidence_find(words, item->text, carrying->arena).where;
    }
    size_t at = 0;
    for (size_t i = 0; i < words->count; i++)
        if (where >> i & 1)
            at = i + 1;
    return at ? at : words->count;
}

static bool is_in(const struct carrying *carrying, const char *list, size_t i)
{
    return phrases_has_word(carrying->understand->phrases, list, carrying->prepared->words.word[i].text);
}

/* "And set it", "then dim them": not any "it", which may be of the command before, or of the weather. */
static bool has_pronoun(const struct carrying *carrying, size_t from)
{
    enum { NEAR = 2 };
    for (size_t i = from; i < carrying->prepared->words.count; i++)
        for (size_t j = 1; is_in(carrying, "carried", i) && j <= NEAR && from + j <= i; j++)
            if (is_in(carrying, "joints", i - j))
                return true;
    return false;
}

static bool fits_tool(const char *tool, const char *kind)
{
    const char *kinds = mention_kinds(tool);
    const char *at = kinds && kind[0] ? strstr(kinds, kind) : NULL;
    return kinds && (!kinds[0] || (at && at > kinds && at[-1] == ' ' && at[strlen(kind)] == ' '));
}

/* ---- "the right one" ---- */

static bool has_word(const struct san_words *name, const char *word)
{
    for (size_t i = 0; i < name->count; i++)
        if (strcmp(name->word[i].text, word) == 0)
            return true;
    return false;
}

static bool share_word(const struct san_words *a, const struct san_words *b)
{
    for (size_t i = 0; i < a->count; i++)
        if (has_word(b, a->word[i].text))
            return true;
    return false;
}

/* The only other thing of that kind which has the word in its name, and a word of the first one's name. */
static const char *other_one(
    const struct carrying *carrying, const struct understood_call *before, const char *word)
{
    const char *name = home_call_text(&before->call, "name"), *only = NULL;
    struct san_words first, other;
    if (san_normalize(carrying->arena, name, strlen(name), &first, NULL) != SAN_OK)
        return NULL;
    for (size_t i = 0; i < carrying->prepared->request.item_count; i++) {
        const struct shortlist_item *item = &carrying->prepared->items[i];
        bool fits = strcmp(item->kind, before->kind) == 0 && strcmp(item->name, name) != 0 &&
                    san_normalize(carrying->arena, item->text, strlen(item->text), &other, NULL) == SAN_OK &&
                    has_word(&other, word) && share_word(&first, &other);
        if (fits && only && strcmp(only, item->name) != 0)
            return NULL;
        only = fits ? item->name : only;
    }
    return only;
}

/* "The left blind down and |the right one| up": behind the name before it, the word of another like it. */
static const char *said_other(const struct carrying *carrying, const struct understood_call *before)
{
    const struct san_words *words = &carrying->prepared->words;
    const char *name = home_call_text(&before->call, "name");
    for (size_t i = name ? behind_name(carrying, name) : words->count; i < words->count; i++)
        if (leftover_is_pronoun(carrying->understand, carrying->prepared, i) &&
            !is_in(carrying, "determiners", i - 1)) {
            const char *other = other_one(carrying, before, words->word[i - 1].text);
            if (other)
                return other;
        }
    return NULL;
}

/* The name before it, where "it" was said behind that. */
static void carry_name(
    const struct carrying *carrying, const struct understood_call *before, struct understood_call *call)
{
    const char *name = home_call_text(&before->call, "name");
    bool open = strcmp(call->missing, "name") == 0 && !home_call_arg(&call->call, "area");
    if (!open || !name || before->missing[0] || !fits_tool(call->call.tool, before->kind))
        return;
    const char *other = said_other(carrying, before);
    if (!other && !has_pronoun(carrying, behind_name(carrying, name)))
        return;
    name = other ? other : name;
    struct home_call carried = call->call;
    const char *area = home_call_text(&before->call, "area");
    call_remove(&carried, "name");
    call_remove(&carried, "domain");
    call_remove(&carried, "device_class");
    if ((area && !call_put_text(&carried, "area", area)) || !call_put_text(&carried, "name", name) ||
        !call_fit_domain(&carried, before->kind))
        return;
    call->call = carried;
    call->kind = before->kind;
    call->missing = call->leftover = call->unproven = "";
}

/* ---- "it" on a list ---- */

/* The item before it, where the item is "it". */
static bool carry_item(
    const struct carrying *carrying, const struct understood_call *before, struct understood_call *call)
{
    const char *item = home_call_text(&before->call, "item");
    for (size_t i = 0; item && i < call->call.arg_count; i++) {
        struct home_arg *arg = &call->call.args[i];
        if (strcmp(arg->slot, "item") != 0 ||
            !phrases_has_word(carrying->understand->phrases, "carried", arg->text))
            continue;
        arg->text = item;
        return true;
    }
    return false;
}

/* Is the call one of those before it? */
static bool repeats(const struct understood *understood, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (call_equal(&understood->calls[i].call, &understood->calls[at].call))
            return true;
    return false;
}

static void drop(struct understood *understood, size_t at)
{
    understood->call_count--;
    for (size_t i = at; i < understood->call_count; i++)
        understood->calls[i] = understood->calls[i + 1];
}

/* ---- rooms ---- */

static bool is_said(const struct carrying *carrying, const char *area)
{
    for (size_t i = 0; i < carrying->prepared->request.item_count; i++) {
        const struct shortlist_item *item = &carrying->prepared->items[i];
        if (strcmp(item->kind, "area") == 0 && strcmp(item->name, area) == 0 &&
            evidence_of(&carrying->prepared->words, item->text, carrying->arena))
            return true;
    }
    return false;
}

/* Is there what the call wants, in the room that it names? */
static bool is_there(const struct carrying *carrying, const struct home_call *call)
{
    return resolve_finds(carrying->understand->registry, call, NULL, carrying->arena);
}

const char *carry_room_of(
    struct registry *registry, const struct understood_call *call, struct san_arena *arena)
{
    const char *area = home_call_text(&call->call, "area");
    struct resolved resolved;
    if (strcmp(call->missing, "area") == 0)
        return NULL;
    if (area || call->missing[0] || !home_call_arg(&call->call, "name"))
        return area;
    if (resolve_call(registry, &call->call, NULL, arena, &resolved, NULL) != SAN_OK || resolved.count != 1 ||
        !resolved.entities[0].area[0])
        return NULL;
    return resolved.entities[0].area;
}

const char *carry_room_before(struct registry *registry, const struct understand_request *prepared,
    const struct understood *understood, size_t at, struct san_arena *arena)
{
    if (!at || prepared->area[0])
        return NULL;
    const char *room = carry_room_of(registry, &understood->calls[at - 1], arena);
    return room && evidence_of(&prepared->words, room, arena) ? room : NULL;
}

static void carry_room(
    const struct carrying *carrying, const struct understood_call *before, struct understood_call *call)
{
    const char *area = home_call_text(&call->call, "area");
    bool open = area && strcmp(area, carrying->prepared->area) == 0 && mention_kinds(call->call.tool) &&
                !home_call_arg(&call->call, "name") && !call->missing[0];
    if (!open || is_said(carrying, area) || is_there(carrying, &call->call))
        return;
    const char *room = carry_room_of(carrying->understand->registry, before, carrying->arena);
    struct home_call carried = call->call;
    call_remove(&carried, "area");
    if (room && call_put_text(&carried, "area", room) && is_there(carrying, &carried))
        call->call = carried;
}

void carry_apply(const struct understand *understand, const struct understand_request *prepared,
    struct understood *understood, struct san_arena *arena)
{
    const struct carrying carrying = {.understand = understand, .prepared = prepared, .arena = arena};
    for (size_t i = 1; understand->phrases && i < understood->call_count; i++) {
        const struct understood_call *before = &understood->calls[i - 1];
        carry_name(&carrying, before, &understood->calls[i]);
        carry_room(&carrying, before, &understood->calls[i]);
        if (carry_item(&carrying, before, &understood->calls[i]) && repeats(understood, i))
            drop(understood, i--);
    }
}
