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

static bool find_both(struct pair *pair)
{
    const struct san_words *words = &pair->prepared->words;
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

/* The only word of the name that was not said, or name->count. */
static size_t only_unsaid(const struct pair *pair, const struct san_words *name)
{
    size_t only = name->count;
    for (size_t i = 0; i < name->count; i++) {
        if (is_said(pair, name->word[i].text))
            continue;
        if (only < name->count)
            return name->count;
        only = i;
    }
    return name->count > 1 ? only : name->count;
}

/* Are they the same but for the word at `but`, which was not said of either? */
static bool is_like(const struct pair *pair, const struct san_words *a, const struct san_words *b, size_t but)
{
    if (a->count != b->count || strcmp(a->word[but].text, b->word[but].text) == 0)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (i != but && strcmp(a->word[i].text, b->word[i].text) != 0)
            return false;
    return only_unsaid(pair, b) == but;
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
    struct home_entity *rows;
    size_t count;
    return reg_entities(pair->understand->registry, &filter, pair->arena, &rows, &count, NULL) == SAN_OK &&
           count > 0;
}

/* The other one of the two, or NULL: there is none, there are more, or a call has it. */
static const struct shortlist_item *other_one(const struct pair *pair, const struct understood_call *call)
{
    const char *text = home_call_text(&call->call, "name");
    const struct shortlist_item *only = NULL;
    struct san_words name, other;
    if (!text || call->missing[0] || !mention_kinds(call->call.tool) ||
        san_normalize(pair->arena, text, strlen(text), &name, NULL) != SAN_OK)
        return NULL;
    size_t unsaid = is_plural(pair) ? only_unsaid(pair, &name) : name.count;
    for (size_t i = 0; unsaid < name.count && i < pair->prepared->request.item_count; i++) {
        const struct shortlist_item *item = &pair->prepared->items[i];
        if (strcmp(item->kind, call->kind) != 0 ||
            san_normalize(pair->arena, item->name, strlen(item->name), &other, NULL) != SAN_OK ||
            !is_like(pair, &name, &other, unsaid) || !is_there(pair, &call->call, item))
            continue;
        if (is_named(pair, item->name) || (only && strcmp(only->name, item->name) != 0))
            return NULL;
        only = item;
    }
    return only;
}

/* Puts a copy of the call at `at`, on the other thing, behind it. */
static enum san_status add_other(struct understood *understood, size_t at, const struct shortlist_item *other,
    struct san_arena *arena, struct san_error *err)
{
    size_t count = understood->call_count + 1;
    struct understood_call *calls = san_arena_alloc(arena, count * sizeof(*calls));
    if (!calls)
        return san_fail(err, SAN_ENOMEM, "out of memory for %zu calls", count);
    memcpy(calls, understood->calls, (at + 1) * sizeof(*calls));
    memcpy(calls + at + 2, understood->calls + at + 1, (count - at - 2) * sizeof(*calls));
    calls[at + 1] = calls[at];
    for (size_t i = 0; i < calls[at + 1].call.arg_count; i++)
        if (strcmp(calls[at + 1].call.args[i].slot, "name") == 0)
            calls[at + 1].call.args[i].text = other->name;
    understood->calls = calls;
    understood->call_count = count;
    return SAN_OK;
}

enum san_status both_apply(const struct understand *understand, const struct understand_request *prepared,
    struct understood *understood, struct san_arena *arena, struct san_error *err)
{
    struct pair pair = {
        .understand = understand, .prepared = prepared, .understood = understood, .arena = arena};
    if (!understand->phrases || !find_both(&pair))
        return SAN_OK;
    for (size_t i = 0; i < understood->call_count; i++) {
        const struct shortlist_item *other = other_one(&pair, &understood->calls[i]);
        if (other)
            return add_other(understood, i, other, arena, err);
    }
    return SAN_OK;
}
