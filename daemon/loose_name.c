/* loose_name.c - see loose_name.h. */
#include "loose_name.h"

#include <string.h>

#include "evidence.h"
#include "leftover.h"
#include "phrases.h"
#include "words.h"

struct question {
    const struct understand *understand;
    const struct understand_request *prepared;
    struct san_arena *arena;
};

/* The words of rooms and floors that were said whole. */
static uint64_t words_of_places(const struct question *question)
{
    const struct understand_request *prepared = question->prepared;
    uint64_t mask = 0;
    for (size_t i = 0; i < prepared->request.item_count; i++) {
        const struct shortlist_item *item = &prepared->items[i];
        struct san_words name;
        if ((strcmp(item->kind, "area") != 0 && strcmp(item->kind, "floor") != 0) ||
            san_normalize(question->arena, item->text, strlen(item->text), &name, NULL) != SAN_OK)
            continue;
        mask |= words_mask(&prepared->words, &name);
    }
    return mask;
}

/* Is every word one of a question about what is measured, in places that were said? */
static bool asks_in_general(const struct question *question)
{
    static const char *const lists[] = {"measures", "asking", "verbs", "fillers", "command_words"};
    const struct san_words *words = &question->prepared->words;
    uint64_t places = words_of_places(question);
    for (size_t i = 0; i < words->count; i++) {
        bool known = places >> i & 1;
        for (size_t l = 0; !known && l < sizeof(lists) / sizeof(*lists); l++)
            known = phrases_has_word(question->understand->phrases, lists[l], words->word[i].text);
        if (!known)
            return false;
    }
    return true;
}

/* Was nothing said of the name but what the thing measures? */
static bool is_measure(const struct question *question, const struct shortlist_item *item)
{
    const struct san_words *words = &question->prepared->words;
    struct evidence found = evidence_find(words, item->text, question->arena);
    if (strcmp(item->kind, "sensor") != 0 || found.said == found.of)
        return false;
    for (size_t i = 0; i < words->count; i++)
        if ((found.where >> i & 1) &&
            !phrases_has_word(question->understand->phrases, "measures", words->word[i].text))
            return false;
    return true;
}

static bool is_here(const struct question *question, const struct shortlist_item *item)
{
    const struct reg_filter filter = {
        .name = item->name, .domain = item->kind, .area = question->prepared->area, .exposed_only = true};
    return filter.area[0] && reg_has_entities(question->understand->registry, &filter);
}

static bool has_pronoun(const struct question *question)
{
    for (size_t i = 0; i < question->prepared->words.count; i++)
        if (leftover_is_pronoun(question->understand, question->prepared, i))
            return true;
    return false;
}

/* Was nothing said of the name but "one", where that stands for a thing? */
static bool is_pronoun(const struct question *question, const struct shortlist_item *item)
{
    const struct san_words *words = &question->prepared->words;
    struct evidence found = evidence_find(words, item->text, question->arena);
    if (!found.where || found.said == found.of)
        return false;
    for (size_t i = 0; i < words->count; i++)
        if ((found.where >> i & 1) && !leftover_is_pronoun(question->understand, question->prepared, i))
            return false;
    return true;
}

void loose_name_drop(
    const struct understand *understand, struct understand_request *prepared, struct san_arena *arena)
{
    const struct question question = {.understand = understand, .prepared = prepared, .arena = arena};
    size_t kept = 0;
    bool general = understand->phrases && asks_in_general(&question);
    bool pronoun = understand->phrases && has_pronoun(&question);
    for (size_t i = 0; (general || pronoun) && i < prepared->request.item_count; i++) {
        const struct shortlist_item item = prepared->items[i];
        bool measure = general && is_measure(&question, &item) && !is_here(&question, &item);
        if (!measure && !(pronoun && is_pronoun(&question, &item)))
            prepared->items[kept++] = item;
    }
    if (general || pronoun)
        prepared->request.item_count = kept;
}
