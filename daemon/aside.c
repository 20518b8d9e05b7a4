/* aside.c - see aside.h. Sets of the utterance's words are masks: bit i is word i. */
#include "aside.h"

#include <string.h>

#include "carry.h"
#include "evidence.h"
#include "mention.h"
#include "phrases.h"

struct hearing {
    const struct understand *understand;
    const struct understand_request *prepared;
    struct san_arena *arena;
};

static bool is_same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool is_target(const char *slot)
{
    static const char *const slots[] = {"name", "area", "floor", "domain", "device_class"};
    for (size_t i = 0; i < sizeof(slots) / sizeof(*slots); i++)
        if (strcmp(slot, slots[i]) == 0)
            return true;
    return false;
}

static bool is_clear(const struct understood_call *call)
{
    return !call->missing[0] && !call->unproven[0] && !call->overlooked[0];
}

/* ---- a step and a value ---- */

static bool has_same_target(const struct home_call *a, const struct home_call *b)
{
    static const char *const slots[] = {"name", "area", "floor", "domain", "device_class"};
    for (size_t i = 0; i < sizeof(slots) / sizeof(*slots); i++)
        if (!is_same_text(home_call_text(a, slots[i]), home_call_text(b, slots[i])))
            return false;
    return true;
}

/* The only argument beside what the call is on, or NULL. */
static const struct home_arg *only_value(const struct home_call *call)
{
    const struct home_arg *only = NULL;
    for (size_t i = 0; i < call->arg_count; i++) {
        if (is_target(call->args[i].slot))
            continue;
        if (only)
            return NULL;
        only = &call->args[i];
    }
    return only;
}

/* The part of "brightness_step" before "_step", as a length; 0: it is no step, or one that is counted. */
static size_t stepped(const struct home_arg *arg)
{
    static const char step[] = "_step";
    size_t len = strlen(arg->slot), end = sizeof(step) - 1;
    bool is_step = !arg->is_number && len > end && strcmp(arg->slot + len - end, step) == 0;
    return is_step ? len - end : 0;
}

/* HassSetVolume and HassSetVolumeRelative are; a warmer room and 2700 K are of two. */
static bool is_same_sort(const char *a, const char *b)
{
    size_t left = strlen(a), right = strlen(b);
    return strncmp(a, b, left < right ? left : right) == 0;
}

/* "Brighter" beside "to 70": is the call a step of what the other one sets, of the same things? */
static bool is_step_to(const struct home_call *call, const struct home_call *other)
{
    const struct home_arg *step = only_value(call), *value = only_value(other);
    size_t len = step && value && value->is_number ? stepped(step) : 0;
    return len && is_same_sort(call->tool, other->tool) && strncmp(value->slot, step->slot, len) == 0 &&
           (value->slot[len] == '\0' || value->slot[len] == '_') &&
           !strstr(value->slot, "_step") && /* volume_level, not volume_step */
           has_same_target(call, other);
}

/* ---- one thing, and all of its room ---- */

/* Does the call do with all things of that kind in a room what the other does with one of them? */
static bool covers(
    const struct hearing *hearing, const struct understood_call *call, const struct understood_call *other)
{
    const char *area = home_call_text(&call->call, "area"), *domain = home_call_text(&call->call, "domain");
    bool group = area && domain && !home_call_arg(&call->call, "name") && !only_value(&call->call);
    bool one = home_call_arg(&other->call, "name") && !only_value(&other->call);
    if (!group || !one || strcmp(call->call.tool, other->call.tool) != 0 ||
        strcmp(domain, other->kind) != 0 || !mention_kinds(call->call.tool))
        return false;
    return is_same_text(carry_room_of(hearing->understand->registry, other, hearing->arena), area);
}

/* The words that say the thing's name, in full or in part. */
static uint64_t words_of(const struct hearing *hearing, const struct understood_call *call)
{
    const char *name = home_call_text(&call->call, "name");
    uint64_t mask = 0;
    for (size_t i = 0; i < hearing->prepared->request.item_count; i++) {
        const struct shortlist_item *item = &hearing->prepared->items[i];
        if (strcmp(item->name, name) == 0 && strcmp(item->kind, call->kind) == 0)
            mask |= evidence_find(&hearing->prepared->words, item->text, hearing->arena).where;
    }
    return mask;
}

static bool is_place(const struct hearing *hearing, const char *area, size_t at)
{
    return evidence_find(&hearing->prepared->words, area, hearing->arena).where >> at & 1;
}

/* "|And| the rest", "|all| of them", "the |lights|", "in the |kitchen|": does the word add to a command? */
static bool tells(const struct hearing *hearing, const char *area, size_t at)
{
    static const char *const lists[] = {"joints", "and_last", "all", "determiners"};
    const struct phrases *phrases = hearing->understand->phrases;
    const char *word = hearing->prepared->words.word[at].text;
    for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
        if (phrases_has_word(phrases, lists[i], word))
            return true;
    return phrases_is_noun(phrases, NULL, word) || is_place(hearing, area, at);
}

/* Do the words behind the name, or those before it, tell nothing that the room's call could be about? */
static bool is_empty_side(
    const struct hearing *hearing, const struct understood_call *one, const char *area, bool behind)
{
    const struct san_words *words = &hearing->prepared->words;
    uint64_t name = words_of(hearing, one);
    size_t begin = 0, end = words->count;
    if (!name)
        return false;
    while (!(name >> begin & 1))
        begin++;
    while (!(name >> (end - 1) & 1))
        end--;
    if (!behind && begin > 0 &&
        phrases_has_word(hearing->understand->phrases, "determiners", words->word[begin - 1].text))
        begin--; /* the name's own */
    for (size_t i = behind ? end : 0; i < (behind ? words->count : begin); i++)
        if (tells(hearing, area, i))
            return false;
    return true;
}

/* ---- calls ---- */

static bool is_aside(
    const struct hearing *hearing, const struct understood *understood, size_t at, size_t beside)
{
    const struct understood_call *call = &understood->calls[at], *other = &understood->calls[beside];
    if (!is_clear(call) || !is_clear(other))
        return false;
    if (is_step_to(&call->call, &other->call))
        return true;
    return covers(hearing, call, other) &&
           is_empty_side(hearing, other, home_call_text(&call->call, "area"), at > beside);
}

static void take_out(struct understood *understood, size_t at)
{
    understood->call_count--;
    memmove(&understood->calls[at], &understood->calls[at + 1],
        (understood->call_count - at) * sizeof(*understood->calls));
}

void aside_apply(const struct understand *understand, const struct understand_request *prepared,
    struct understood *understood, struct san_arena *arena)
{
    const struct hearing hearing = {.understand = understand, .prepared = prepared, .arena = arena};
    for (size_t i = 1; understand->phrases && i < understood->call_count;) {
        if (is_aside(&hearing, understood, i, i - 1))
            take_out(understood, i);
        else if (is_aside(&hearing, understood, i - 1, i))
            take_out(understood, i - 1);
        else
            i++;
    }
}
