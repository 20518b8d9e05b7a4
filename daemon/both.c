/* both.c - see both.h. */
#include "both.h"

#include <string.h>

#include "call_domain.h"
#include "evidence.h"
#include "mention.h"
#include "phrases.h"

/* "Both" and how many words may stand before what it is said of: "both of the bedside lamps". */
enum { REACH = 4 };

struct pair {
    const struct understand *understand;
    const struct understand_request *prepared;
    const struct understood *understood;
    struct san_arena *arena;
    size_t both; /* where that word stands */
};

/* The next "both" from `from` on; false if there is none. */
static bool find_both(struct pair *pair, size_t from)
{
    const struct san_words *words = &pair->prepared->words;
    pair->both = from;
    while (pair->both < words->count &&
           !phrases_has_word(pair->understand->phrases, "both", words->word[pair->both].text))
        pair->both++;
    return pair->both < words->count;
}

/* Does the word lead on from "both" to what it is said of? */
static bool leads_on(const struct pair *pair, const char *word)
{
    return phrases_has_word(pair->understand->phrases, "determiners", word) || strcmp(word, "of") == 0 ||
           !phrases_has_word(pair->understand->phrases, "command_words", word);
}

/* Where the word was said behind "both", of that; words->count if it was not. */
static size_t find_said(const struct pair *pair, const char *word)
{
    const struct san_words *words = &pair->prepared->words;
    for (size_t i = pair->both + 1;
         i < words->count && i <= pair->both + REACH && leads_on(pair, words->word[i].text); i++)
        if (evidence_word(words->word[i].text, word))
            return i;
    return words->count;
}

static bool is_said(const struct pair *pair, const char *word)
{
    return find_said(pair, word) < pair->prepared->words.count;
}

/* "Both the lamp and the TV" are not two lamps: one of the words says more than one. */
static bool is_plural(const struct pair *pair)
{
    const struct san_words *words = &pair->prepared->words;
    for (size_t i = pair->both + 1;
         i < words->count && i <= pair->both + REACH && leads_on(pair, words->word[i].text); i++)
        if (words->word[i].text[words->word[i].len - 1] == 's')
            return true;
    return false;
}

/* Are they the same but for one word, which was not said of either, and was another one said? */
static bool is_like(const struct pair *pair, const struct san_words *a, const struct san_words *b)
{
    size_t unlike = 0, said = 0;
    for (size_t i = 0; a->count == b->count && i < a->count; i++) {
        bool same = strcmp(a->word[i].text, b->word[i].text) == 0;
        if (!same && (is_said(pair, a->word[i].text) || is_said(pair, b->word[i].text)))
            return false;
        unlike += !same;
        said += same && is_said(pair, a->word[i].text);
    }
    return unlike == 1 && said > 0;
}

static bool is_named(const struct pair *pair, const char *name)
{
    for (size_t i = 0; i < pair->understood->call_count; i++) {
        const char *other = home_call_text(&pair->understood->calls[i].call, "name");
        if (other && strcmp(other, name) == 0)
            return true;
    }
    return false;
}

/* Is it where the call is? */
static bool is_there(const struct pair *pair, const struct home_call *call, const struct shortlist_item *item)
{
    const struct reg_filter filter = {.name = item->name,
        .domain = item->kind,
        .area = home_call_text(call, "area"),
        .floor = home_call_text(call, "floor"),
        .exposed_only = true};
    return reg_has_entities(pair->understand->registry, &filter);
}

/* Has one of the names of the call's thing its like in this name of another? */
static bool has_like(
    const struct pair *pair, const struct understood_call *call, const struct shortlist_item *item)
{
    const char *name = home_call_text(&call->call, "name");
    struct san_words words, other;
    if (strcmp(item->kind, call->kind) != 0 || strcmp(item->name, name) == 0 ||
        san_normalize(pair->arena, item->text, strlen(item->text), &other, NULL) != SAN_OK)
        return false;
    for (size_t i = 0; i < pair->prepared->request.item_count; i++) {
        const struct shortlist_item *own = &pair->prepared->items[i];
        if (strcmp(own->name, name) == 0 && strcmp(own->kind, call->kind) == 0 &&
            san_normalize(pair->arena, own->text, strlen(own->text), &words, NULL) == SAN_OK &&
            is_like(pair, &words, &other))
            return true;
    }
    return false;
}

/* The other one of the two, or NULL: there is none, there are more, or a call has it. */
static const char *other_one(const struct pair *pair, const struct understood_call *call)
{
    const char *only = NULL;
    for (size_t i = 0; i < pair->prepared->request.item_count; i++) {
        const struct shortlist_item *item = &pair->prepared->items[i];
        if (!has_like(pair, call, item) || !is_there(pair, &call->call, item))
            continue;
        if (is_named(pair, item->name) || (only && strcmp(only, item->name) != 0))
            return NULL;
        only = item->name;
    }
    return only;
}

/* Was a word of it said of both? */
static bool is_of_both(const struct pair *pair, const char *name)
{
    struct san_words words;
    if (san_normalize(pair->arena, name, strlen(name), &words, NULL) != SAN_OK)
        return false;
    for (size_t i = 0; i < words.count; i++)
        if (is_said(pair, words.word[i].text))
            return true;
    return false;
}

/* The rooms of the two things of that very name; false where they are not two, in two rooms. */
static bool rooms_of_two(const struct pair *pair, const struct understood_call *call, const char *rooms[2])
{
    const struct reg_filter filter = {
        .name = home_call_text(&call->call, "name"), .domain = call->kind, .exposed_only = true};
    struct home_entity *rows;
    size_t count;
    if (home_call_arg(&call->call, "area") || home_call_arg(&call->call, "floor") ||
        !is_of_both(pair, filter.name) ||
        reg_entities(pair->understand->registry, &filter, pair->arena, &rows, &count, NULL) != SAN_OK ||
        count != 2 || !rows[0].area[0] || !rows[1].area[0])
        return false;
    rooms[0] = rows[0].area;
    rooms[1] = rows[1].area;
    return strcmp(rooms[0], rooms[1]) != 0;
}

/* Puts a copy of the call at `at` behind it. */
static enum san_status add_copy(
    struct understood *understood, size_t at, struct san_arena *arena, struct san_error *err)
{
    size_t count = understood->call_count + 1;
    struct understood_call *calls = san_arena_alloc(arena, count * sizeof(*calls));
    if (!calls)
        return san_fail(err, SAN_ENOMEM, "out of memory for %zu calls", count);
    memcpy(calls, understood->calls, (at + 1) * sizeof(*calls));
    memcpy(calls + at + 1, understood->calls + at, (count - at - 1) * sizeof(*calls));
    understood->calls = calls;
    understood->call_count = count;
    return SAN_OK;
}

static void put_name(struct home_call *call, const char *name)
{
    for (size_t i = 0; i < call->arg_count; i++)
        if (strcmp(call->args[i].slot, "name") == 0)
            call->args[i].text = name;
}

/* Makes two of the call, if it is on one of the two that "both" is said of; *done tells. */
static enum san_status double_call(
    const struct pair *pair, struct understood *understood, size_t at, bool *done, struct san_error *err)
{
    const struct understood_call *call = &understood->calls[at];
    const char *rooms[2] = {NULL, NULL};
    if (!home_call_arg(&call->call, "name") || call->missing[0] || !mention_kinds(call->call.tool))
        return SAN_OK;
    const char *other = other_one(pair, call);
    *done = other || rooms_of_two(pair, call, rooms);
    if (!*done)
        return SAN_OK;
    enum san_status status = add_copy(understood, at, pair->arena, err);
    if (status == SAN_OK && other)
        put_name(&understood->calls[at + 1].call, other);
    for (size_t i = 0; status == SAN_OK && !other && i < 2; i++)
        if (!call_put_text(&understood->calls[at + i].call, "area", rooms[i]))
            status = san_fail(err, SAN_ELIMIT, "%s has more than %d arguments",
                understood->calls[at].call.tool, HOME_ARGS_MAX);
    return status;
}

enum san_status both_apply(const struct understand *understand, const struct understand_request *prepared,
    struct understood *understood, struct san_arena *arena, struct san_error *err)
{
    struct pair pair = {
        .understand = understand, .prepared = prepared, .understood = understood, .arena = arena};
    for (size_t from = 0; understand->phrases && find_both(&pair, from); from = pair.both + 1) {
        bool done = !is_plural(&pair);
        for (size_t i = 0; !done && i < understood->call_count; i++) {
            enum san_status status = double_call(&pair, understood, i, &done, err);
            if (status != SAN_OK)
                return status;
        }
    }
    return SAN_OK;
}
