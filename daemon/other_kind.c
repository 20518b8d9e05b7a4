/* other_kind.c - see other_kind.h. */
#include "other_kind.h"

#include <string.h>

#include "call_domain.h"
#include "devices/resolve.h"
#include "evidence.h"
#include "phrases.h"
#include "words.h"

/* The same fact as one domain and class has it, and as another; the states in which it holds and does not. */
struct telling {
    const char *domain, *device_class, *yes, *no;
};
static const struct telling alike[][2] = {
    {{"binary_sensor", "window", "on", "off"}, {"cover", "window", "open", "closed"}},
    {{"binary_sensor", "door", "on", "off"}, {"cover", "door", "open", "closed"}},
    {{"binary_sensor", "garage_door", "on", "off"}, {"cover", "garage", "open", "closed"}},
    {{"binary_sensor", "lock", "on", "off"}, {"lock", NULL, "unlocked", "locked"}},
    {{"binary_sensor", "update", "on", "off"}, {"update", NULL, "on", "off"}},
};

static bool is_text(const char *text, const char *other)
{
    return other ? text && strcmp(text, other) == 0 : !text;
}

static bool asks(const struct home_call *call, const struct telling *telling)
{
    return is_text(home_call_text(call, "domain"), telling->domain) &&
           is_text(home_call_text(call, "device_class"), telling->device_class);
}

/* Is it about a kind of thing whose facts another may tell? */
static bool has_other_kind(const struct home_call *call)
{
    for (size_t row = 0; row < sizeof(alike) / sizeof(*alike); row++)
        if (asks(call, &alike[row][0]) || asks(call, &alike[row][1]))
            return true;
    return false;
}

/* The same question of the other kind; false if the call asks for a state that it does not have. */
static bool ask_other(
    const struct home_call *call, const struct telling *from, const struct telling *to, struct home_call *out)
{
    const char *state = home_call_text(call, "state");
    *out = *call;
    call_remove(out, "state");
    call_remove(out, "domain");
    call_remove(out, "device_class");
    if (state && !is_text(state, from->yes) && !is_text(state, from->no))
        return false;
    return (!state || call_put_text(out, "state", is_text(state, from->yes) ? to->yes : to->no)) &&
           (!to->device_class || call_put_text(out, "device_class", to->device_class)) &&
           call_put_text(out, "domain", to->domain);
}

/* The call as the home can answer it; false if it stays as it is. */
static bool find_other(const struct understand *understand, const struct understand_request *prepared,
    const struct home_call *call, struct san_arena *arena, struct home_call *out)
{
    for (size_t row = 0; row < sizeof(alike) / sizeof(*alike); row++)
        for (size_t side = 0; side < 2; side++)
            if (asks(call, &alike[row][side]) &&
                ask_other(call, &alike[row][side], &alike[row][1 - side], out) &&
                resolve_finds(understand->registry, out, prepared->area, arena))
                return true;
    return false;
}

/* ---- of one thing ---- */

/* What a question is about, and how much of it was said. */
struct search {
    const struct phrases *phrases;
    const struct understand_request *prepared;
    struct san_arena *arena;
};

static struct evidence said(const struct search *search, const char *name)
{
    return evidence_find(&search->prepared->words, name, search->arena);
}

/* "Is there motion at the front door" says all of "Front Door Motion", and "Front Door" is a part of that.
 * The only such thing, or NULL. */
static const struct shortlist_item *said_more_fully(const struct search *search, const char *name)
{
    const struct shortlist_item *only = NULL;
    uint64_t part = said(search, name).where;
    for (size_t i = 0; part && i < search->prepared->request.item_count; i++) {
        const struct shortlist_item *item = &search->prepared->items[i];
        bool place = strcmp(item->kind, "area") == 0 || strcmp(item->kind, "floor") == 0;
        struct evidence found = said(search, item->text);
        if (place || strcmp(item->name, name) == 0 || found.said < found.of || found.where == part ||
            (part & ~found.where))
            continue;
        if (only && strcmp(only->name, item->name) != 0)
            return NULL;
        only = item;
    }
    return only;
}

/* All that was said of a thing by its name and its aliases; *whole: all of one of them was. */
static uint64_t said_of_thing(const struct search *search, const char *name, bool *whole)
{
    uint64_t where = 0;
    for (size_t i = 0; i < search->prepared->request.item_count; i++) {
        const struct shortlist_item *item = &search->prepared->items[i];
        struct evidence found = said(search, item->text);
        if (strcmp(item->name, name) != 0)
            continue;
        *whole = *whole || found.said == found.of;
        where |= found.where;
    }
    return where;
}

static bool says_word(const struct search *search, const char *text)
{
    const struct san_words *words = &search->prepared->words;
    for (size_t i = 0; i < words->count; i++)
        if (strcmp(words->word[i].text, text) == 0)
            return true;
    return false;
}

/* "Is the heater at grandpa's on" tells what is asked, if not by its name: a word for a kind of thing that
 * stands in no other call's name. */
static bool says_kind(
    const struct search *search, const struct understood *understood, const struct understood_call *call)
{
    const struct san_words *words = &search->prepared->words;
    uint64_t others = 0;
    bool whole = false;
    for (size_t i = 0; i < understood->call_count; i++) {
        const char *name = home_call_text(&understood->calls[i].call, "name");
        if (name && &understood->calls[i] != call)
            others |= said_of_thing(search, name, &whole);
    }
    for (size_t i = 0; i < words->count; i++)
        if (!(others >> i & 1) && phrases_is_noun(search->phrases, NULL, words->word[i].text))
            return true;
    return false;
}

/* "Where has Camila got to" says no more of "Camila's Window" than whose it is, and all of "Camila": the
 * person whose name, letter by letter, is all that was said of the thing; or NULL. "Camila's" asks for a
 * thing of hers. */
static const struct shortlist_item *person_meant(const struct search *search, const char *name)
{
    bool whole = false;
    uint64_t part = said_of_thing(search, name, &whole);
    for (size_t i = 0; part && !whole && i < search->prepared->request.item_count; i++) {
        const struct shortlist_item *item = &search->prepared->items[i];
        struct san_words person;
        if (strcmp(item->kind, "person") != 0 ||
            san_normalize(search->arena, item->text, strlen(item->text), &person, NULL) != SAN_OK)
            continue;
        if ((part & ~words_mask(&search->prepared->words, &person)) == 0)
            return item;
    }
    return NULL;
}

/* Asks where the person is. Of a state that is neither of theirs, the answer tells enough. */
static void ask_person(
    const struct search *search, const struct understood *understood, struct understood_call *call)
{
    const char *name = home_call_text(&call->call, "name"), *state = home_call_text(&call->call, "state");
    bool placed = home_call_arg(&call->call, "area") || home_call_arg(&call->call, "floor");
    if (!name || placed || strcmp(call->kind, "person") == 0 || says_kind(search, understood, call))
        return;
    const struct shortlist_item *person = person_meant(search, name);
    if (!person)
        return;
    struct home_call other = call->call;
    static const char *const slots[] = {"name", "domain", "device_class", "state"};
    for (size_t i = 0; i < sizeof(slots) / sizeof(*slots); i++)
        call_remove(&other, slots[i]);
    const char *now = says_word(search, "away") ? "not_home" : says_word(search, "home") ? "home" : NULL;
    if ((state && now && !call_put_text(&other, "state", now)) ||
        !call_put_text(&other, "name", person->name))
        return;
    call->call = other;
    call->kind = person->kind;
    call->unproven = "";
}

/* A state as things of that kind have it; NULL: they are asked for their value. */
static const char *state_of_kind(const char *kind, const char *state)
{
    static const char *const no[] = {"off", "closed", "locked"};
    bool is_no = false;
    for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++)
        is_no = is_no || strcmp(state, no[i]) == 0;
    if (strcmp(kind, "lock") == 0)
        return is_no ? "locked" : "unlocked";
    if (strcmp(kind, "cover") == 0 || strcmp(kind, "valve") == 0)
        return is_no ? "closed" : "open";
    return strcmp(kind, "sensor") == 0 ? NULL : is_no ? "off" : "on";
}

/* Asks that thing instead. */
static void ask_more_fully(const struct search *search, struct understood_call *call)
{
    const char *name = home_call_text(&call->call, "name"), *state = home_call_text(&call->call, "state");
    const struct shortlist_item *item = name ? said_more_fully(search, name) : NULL;
    if (!item || strcmp(item->kind, call->kind) == 0)
        return;
    struct home_call other = call->call;
    static const char *const slots[] = {"name", "domain", "device_class", "state"};
    for (size_t i = 0; i < sizeof(slots) / sizeof(*slots); i++)
        call_remove(&other, slots[i]);
    const char *now = state ? state_of_kind(item->kind, state) : NULL;
    if ((now && !call_put_text(&other, "state", now)) || !call_put_text(&other, "name", item->name) ||
        !call_fit_domain(&other, item->kind))
        return;
    call->call = other;
    call->kind = item->kind;
    call->unproven = "";
}

void other_kind_apply(const struct understand *understand, const struct understand_request *prepared,
    struct understood *understood, struct san_arena *arena)
{
    const struct search search = {.phrases = understand->phrases, .prepared = prepared, .arena = arena};
    for (size_t i = 0; i < understood->call_count; i++) {
        struct home_call *call = &understood->calls[i].call, other;
        bool asks = strcmp(call->tool, "HassGetState") == 0 && !understood->calls[i].missing[0];
        if (asks)
            ask_more_fully(&search, &understood->calls[i]);
        if (asks && understand->phrases)
            ask_person(&search, understood, &understood->calls[i]);
        bool group = strcmp(call->tool, "HassGetState") == 0 && !home_call_arg(call, "name");
        if (group && has_other_kind(call) &&
            !resolve_finds(understand->registry, call, prepared->area, arena) &&
            find_other(understand, prepared, call, arena, &other))
            *call = other;
    }
}
