/* mention.c - see mention.h. */
#include "mention.h"

#include <string.h>
#include <strings.h>

#include "call_domain.h"
#include "words.h"

/* Which kinds a tool can act on, by the beginning of its name; "" = any. Tools that are not here act on no
 * device. */
static const struct {
    const char *prefix;
    const char *kinds;
} acting_tools[] = {
    {"HassTurnOn", ""},
    {"HassTurnOff", ""},
    {"HassToggle", ""},
    {"HassGetState", ""},
    {"HassLightSet", " light "},
    {"HassSetPosition", " cover valve "},
    {"HassStopMoving", " cover valve "},
    {"HassClimate", " climate water_heater "},
    {"HassHumidifier", " humidifier "},
    {"HassFanSetSpeed", " fan "},
    {"HassSetVolume", " media_player "},
    {"HassMedia", " media_player "},
    {"HassVacuum", " vacuum "},
    {"HassLawnMower", " lawn_mower "},
    {"HassAlarm", " alarm_control_panel "},
};

/* Slots that copy words: what stands in them is no mention of a thing. */
static const char *const span_slots[] = {"item", "message", "search_query", "conversation_command"};

/* ---- finding ---- */

static bool is_place(const char *kind)
{
    return strcmp(kind, "area") == 0 || strcmp(kind, "floor") == 0;
}

static bool item_mention(const struct understand_request *prepared, const struct shortlist_item *item,
    struct san_arena *arena, struct mention *out)
{
    struct san_words name;
    if (san_normalize(arena, item->text, strlen(item->text), &name, NULL) != SAN_OK || name.count == 0)
        return false;
    size_t begin = words_find(&prepared->words, &name);
    *out = (struct mention){.begin = begin, .end = begin + name.count, .items = {item}, .item_count = 1};
    return begin < prepared->words.count;
}

static bool overlap(const struct mention *a, const struct mention *b)
{
    return a->begin < b->end && b->begin < a->end;
}

/* Keeps the longer of two that overlap; of equal words, both items. */
static size_t add_mention(struct mention *mentions, size_t count, const struct mention *added)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        struct mention *old = &mentions[i];
        bool same = old->begin == added->begin && old->end == added->end;
        if (same && old->item_count < sizeof(old->items) / sizeof(*old->items)) {
            old->items[old->item_count++] = added->items[0];
            return count;
        }
        if (overlap(old, added) && old->end - old->begin >= added->end - added->begin)
            return count;
    }
    for (size_t i = 0; i < count; i++) {
        if (!overlap(&mentions[i], added))
            mentions[kept++] = mentions[i];
    }
    if (kept < MENTIONS_MAX)
        mentions[kept++] = *added;
    return kept;
}

size_t mention_find(const struct understand_request *prepared, struct san_arena *arena, struct mention *out)
{
    size_t count = 0;
    for (size_t i = 0; i < prepared->request.item_count; i++) {
        struct mention added;
        if (item_mention(prepared, &prepared->items[i], arena, &added))
            count = add_mention(out, count, &added);
    }
    return count;
}

/* ---- what the calls use ---- */

static const char *slot_of(const struct shortlist_item *item)
{
    return is_place(item->kind) ? item->kind : "name";
}

static bool call_uses(const struct home_call *call, const struct mention *mention)
{
    for (size_t i = 0; i < mention->item_count; i++) {
        const char *value = home_call_text(call, slot_of(mention->items[i]));
        if (value && strcmp(value, mention->items[i]->name) == 0)
            return true;
    }
    return false;
}

static bool is_used(const struct understood *understood, const struct mention *mention)
{
    for (size_t i = 0; i < understood->call_count; i++) {
        if (call_uses(&understood->calls[i].call, mention))
            return true;
    }
    return false;
}

/* "Front door" is said in "lock the front door", which is "Front Door Lock". */
static bool is_part_of_used(const struct understood *understood, const struct understand_request *prepared,
    const struct mention *mention, struct san_arena *arena)
{
    const struct san_words said = {
        .word = prepared->words.word + mention->begin, .count = mention->end - mention->begin};
    for (size_t i = 0; i < understood->call_count; i++) {
        const char *name = home_call_text(&understood->calls[i].call, "name");
        struct san_words words;
        if (name && san_normalize(arena, name, strlen(name), &words, NULL) == SAN_OK &&
            words_find(&words, &said) < words.count)
            return true;
    }
    return false;
}

static bool copies_words(const struct understood *understood)
{
    for (size_t i = 0; i < understood->call_count; i++) {
        for (size_t s = 0; s < sizeof(span_slots) / sizeof(*span_slots); s++) {
            if (home_call_arg(&understood->calls[i].call, span_slots[s]))
                return true;
        }
    }
    return false;
}

const char *mention_kinds(const char *tool)
{
    for (size_t i = 0; i < sizeof(acting_tools) / sizeof(*acting_tools); i++) {
        if (strncmp(tool, acting_tools[i].prefix, strlen(acting_tools[i].prefix)) == 0)
            return acting_tools[i].kinds;
    }
    return NULL;
}

static bool has_word(const char *list, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = strstr(list, word); at; at = strstr(at + 1, word)) {
        if (at > list && at[-1] == ' ' && at[len] == ' ')
            return true;
    }
    return false;
}

/* A call on devices that names none of them. */
static bool is_group(const struct home_call *call)
{
    return mention_kinds(call->tool) && !home_call_arg(call, "name");
}

/* ---- narrowing ---- */

/* What applying works on. */
struct apply {
    struct registry *registry;
    struct understood *understood;
    struct san_arena *arena;
    struct mention mentions[MENTIONS_MAX];
    size_t count;
};

/* Is the call's area or floor said on its own, outside other names? */
static bool place_is_said(const struct apply *apply, const struct home_call *call, const char *slot)
{
    const char *value = home_call_text(call, slot);
    for (size_t i = 0; value && i < apply->count; i++) {
        const struct shortlist_item *item = apply->mentions[i].items[0];
        if (strcmp(item->kind, slot) == 0 && strcmp(item->name, value) == 0)
            return true;
    }
    return false;
}

/* Is there such a thing where the call wants it? One word ("fan") may be a kind as well as a name: it is a
 * name only in the call's own room. */
static bool is_there(const struct apply *apply, const struct home_call *call, const struct mention *mention,
    const struct shortlist_item *item)
{
    bool one_word = mention->end - mention->begin == 1;
    struct reg_filter filter = {.name = item->name, .domain = item->kind, .exposed_only = true};
    if (one_word || place_is_said(apply, call, "area"))
        filter.area = home_call_text(call, "area");
    if (one_word || place_is_said(apply, call, "floor"))
        filter.floor = home_call_text(call, "floor");
    return reg_has_entities(apply->registry, &filter);
}

static bool fits(const struct apply *apply, const struct home_call *call, const struct mention *mention,
    const struct shortlist_item *item)
{
    if (is_place(item->kind))
        return !home_call_arg(call, "area") && !home_call_arg(call, "floor");
    const char *kinds = mention_kinds(call->tool), *domain = home_call_text(call, "domain");
    if (domain ? strcmp(domain, item->kind) != 0 : kinds[0] && !has_word(kinds, item->kind))
        return false;
    return is_there(apply, call, mention, item);
}

/* The item of the mention to which the group call can be narrowed, or NULL. */
static const struct shortlist_item *fitting_item(
    const struct apply *apply, const struct home_call *call, const struct mention *mention)
{
    for (size_t i = 0; is_group(call) && i < mention->item_count; i++) {
        if (fits(apply, call, mention, mention->items[i]))
            return mention->items[i];
    }
    return NULL;
}

/* The only call that can be narrowed to the mention, or NULL. */
static struct understood_call *only_fitting(
    const struct apply *apply, const struct mention *mention, const struct shortlist_item **item)
{
    struct understood_call *only = NULL;
    for (size_t i = 0; i < apply->understood->call_count; i++) {
        struct understood_call *call = &apply->understood->calls[i];
        const struct shortlist_item *found = fitting_item(apply, &call->call, mention);
        if (found && only)
            return NULL;
        if (found) {
            only = call;
            *item = found;
        }
    }
    return only;
}

static bool narrow(
    const struct apply *apply, struct understood_call *understood, const struct shortlist_item *item)
{
    struct home_call *call = &understood->call;
    if (!is_place(item->kind)) {
        if (!place_is_said(apply, call, "area"))
            call_remove(call, "area");
        if (!place_is_said(apply, call, "floor"))
            call_remove(call, "floor");
        call_remove(call, "domain");
        call_remove(call, "device_class");
        understood->kind = item->kind;
    }
    if (strcmp(understood->missing, slot_of(item)) == 0)
        understood->missing = "";
    understood->unproven = "";
    if (!call_put_text(call, slot_of(item), item->name))
        return false;
    return is_place(item->kind) || call_fit_domain(call, item->kind);
}

/* "The garage" in "is the garage open" is what the call asks for, "device_class garage". */
static bool is_class_of(const struct home_call *call, const struct mention *mention)
{
    const char *class = home_call_text(call, "device_class");
    return class && strcasecmp(class, mention->items[0]->text) == 0;
}

/* Is it said no more often than calls ask for that class? "The garage lights off and close the garage" says
 * it once more. */
static bool is_all_class(const struct understood *understood, const struct understand_request *prepared,
    const struct mention *mention)
{
    const struct san_words *words = &prepared->words;
    struct san_words rest = *words, said = {words->word + mention->begin, mention->end - mention->begin};
    size_t times = 0, calls = 0;
    for (size_t at = words_find(&rest, &said); at < rest.count; at = words_find(&rest, &said)) {
        times++;
        rest = (struct san_words){rest.word + at + said.count, rest.count - at - said.count};
    }
    for (size_t i = 0; i < understood->call_count; i++)
        calls += is_class_of(&understood->calls[i].call, mention);
    return calls >= times;
}

/* No group call can be acted on that may have meant this. One word alone proves too little. */
static void distrust(const struct apply *apply, const struct mention *mention)
{
    bool place = is_place(mention->items[0]->kind);
    if (!place && mention->end - mention->begin == 1)
        return;
    for (size_t i = 0; i < apply->understood->call_count; i++) {
        struct understood_call *call = &apply->understood->calls[i];
        bool placed = home_call_arg(&call->call, "area") || home_call_arg(&call->call, "floor");
        if (is_group(&call->call) && !(place && placed) && !is_class_of(&call->call, mention))
            call->overlooked = mention->items[0]->name;
    }
}

enum san_status mention_apply(struct registry *registry, const struct understand_request *prepared,
    struct understood *understood, struct san_arena *arena, struct san_error *err)
{
    struct apply apply = {.registry = registry, .understood = understood, .arena = arena};
    if (copies_words(understood))
        return SAN_OK;
    apply.count = mention_find(prepared, arena, apply.mentions);
    for (size_t i = 0; i < apply.count; i++) {
        const struct mention *mention = &apply.mentions[i];
        if (is_used(understood, mention) || is_all_class(understood, prepared, mention))
            continue;
        const struct shortlist_item *item;
        struct understood_call *call = only_fitting(&apply, mention, &item);
        if (!call && !is_part_of_used(understood, prepared, mention, arena))
            distrust(&apply, mention);
        else if (call && !narrow(&apply, call, item))
            return san_fail(err, SAN_ELIMIT, "%s has more than %d arguments", call->call.tool, HOME_ARGS_MAX);
    }
    return SAN_OK;
}
