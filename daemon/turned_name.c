/* turned_name.c - see turned_name.h. */
#include "turned_name.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "words.h"

_Static_assert(SAN_WORDS_MAX <= 64, "a mask holds the words of an utterance");

enum { TURNS_MAX = 4 }; /* names of one sentence */

/* A name's words are [0, before), the place [before, place) and what is there [place, end): "left | bedside |
 * lamp". Behind that there may be a noun for its kind, which goes without saying: "garage | side door |
 * lock".
 */
struct parts {
    size_t before, place, end;
};

/* Where in the utterance it was said: "|left lamp| |on| by the |bed|". */
struct said {
    size_t begin, end; /* of all of it */
    size_t thing;      /* behind "left lamp" */
    size_t lead;       /* "by", behind what may stand between: "the lamp |on| by the sofa" */
};

struct turning {
    const struct phrases *phrases;
    const struct shortlist_item *items;
    size_t item_count;
    struct san_arena *arena;
    const char *text;
    struct san_words words; /* of the text */
    uint64_t leads;         /* bit i: word i leads on to a place, "in the" */
    struct san_words name[SAN_ITEMS_MAX];
};

static bool listed(const struct turning *turning, const char *list, size_t i)
{
    return phrases_has_word(turning->phrases, list, turning->words.word[i].text);
}

/* ---- words ---- */

/* One, or several: "stair", "stairs". */
static bool is_same(const char *a, const char *b)
{
    size_t a_len = strlen(a), b_len = strlen(b), shorter = a_len < b_len ? a_len : b_len;
    return strncmp(a, b, shorter) == 0 &&
           (a_len == b_len || strcmp((a_len > b_len ? a : b) + shorter, "s") == 0);
}

/* "Lamp" and "light" are nouns for the same things; "blind" and "curtain" are not. */
static bool is_same_noun(const struct turning *turning, const char *said, const char *named)
{
    char domain[32], class[32], named_domain[32], named_class[32];
    return is_same(said, named) ||
           (phrases_kind_of_noun(turning->phrases, said, domain, class) &&
               phrases_kind_of_noun(turning->phrases, named, named_domain, named_class) &&
               strcmp(domain, named_domain) == 0 && strcmp(class, named_class) == 0);
}

/* Were the words [from, to) of the name said at `at`? The last of a thing may be another noun for it. */
static bool are_said(
    const struct turning *turning, const struct san_words *name, size_t from, size_t to, size_t at)
{
    if (at + (to - from) > turning->words.count)
        return false;
    for (size_t i = from; i < to; i++, at++) {
        const char *said = turning->words.word[at].text, *named = name->word[i].text;
        bool noun = i + 1 == name->count;
        if (!(noun ? is_same_noun(turning, said, named) : is_same(said, named)))
            return false;
    }
    return true;
}

/* "Beside the |bed|" says "bedside". */
static bool is_side_of(const char *said, const char *named)
{
    size_t len = strlen(said);
    return strncmp(said, named, len) == 0 && strcmp(named + len, "side") == 0;
}

/* ---- where it stands ---- */

/* Does a room's or floor's name, said whole, begin there? */
static bool is_place(const struct turning *turning, size_t at)
{
    const struct san_words rest = {turning->words.word + at, turning->words.count - at};
    for (size_t i = 0; i < turning->item_count; i++) {
        const char *kind = turning->items[i].kind;
        if ((strcmp(kind, "area") == 0 || strcmp(kind, "floor") == 0) && turning->name[i].count &&
            words_find(&rest, &turning->name[i]) == 0)
            return true;
    }
    return false;
}

/* Is the word i, before or behind the name, rather a part of another: "the |ceiling| light in the pantry
 * |cupboard|"? */
static bool is_part_of_another(const struct turning *turning, size_t i, enum beside_place place)
{
    const char *word = turning->words.word[i].text;
    return !listed(turning, "command_words", i) && !listed(turning, "fragments", i) &&
           (listed(turning, "distinguishing", i) ||
               beside_score(phrases_beside(turning->phrases), word, place) > 0);
}

/* "10 percent": no number of a thing. */
static bool is_amount(const struct turning *turning, size_t i)
{
    const char *word = turning->words.word[i].text;
    return !word[strspn(word, "0123456789")] && i + 1 < turning->words.count &&
           listed(turning, "units", i + 1);
}

/* Is the word i written apart from the next one: "the lamp. In the pantry"? */
static bool apart(const struct turning *turning, size_t i)
{
    const struct san_word *word = &turning->words.word[i];
    size_t mark = word->end + strcspn(turning->text + word->end, ",.;:!?");
    return mark < word[1].begin;
}

static bool stands_alone(const struct turning *turning, const struct said *said)
{
    size_t begin = said->begin, end = said->end;
    for (size_t i = begin; i + 1 < end; i++)
        if (apart(turning, i))
            return false;
    return (begin == 0 || apart(turning, begin - 1) ||
               !is_part_of_another(turning, begin - 1, BESIDE_BEFORE)) &&
           (end == turning->words.count || apart(turning, end - 1) || is_amount(turning, end) ||
               !is_part_of_another(turning, end, BESIDE_AFTER));
}

/* The words that lead from `at` on to a place: "in the", "next to my", "by". *beside: they tell that it is
 * beside that; others do so with an article alone ("at night"). 0: none do. */
static size_t lead_at(const struct turning *turning, size_t at, bool *beside)
{
    const struct san_words *words = &turning->words;
    size_t count = words_begin_with(turning->phrases, "beside", words, at, words->count);
    *beside = count > 0;
    if (!count)
        count = words_begin_with(turning->phrases, "prepositions", words, at, words->count);
    if (count && !listed(turning, "determiners", at + count - 1) && at + count < words->count &&
        listed(turning, "determiners", at + count))
        count++;
    return *beside || (count && listed(turning, "determiners", at + count - 1)) ? count : 0;
}

static void find_leads(struct turning *turning)
{
    bool beside;
    turning->leads = 0;
    for (size_t i = 1; i < turning->words.count; i++)
        turning->leads |= (uint64_t)(lead_at(turning, i, &beside) > 0) << i;
}

/* The place of the name behind what leads to it; "the lights in the house" are no "House Lights". */
static bool find_place(
    const struct turning *turning, const struct san_words *name, const struct parts *parts, struct said *said)
{
    bool beside;
    size_t lead = lead_at(turning, said->lead, &beside), at = said->lead + lead,
           count = parts->place - parts->before;
    if (!lead || at >= turning->words.count || listed(turning, "asking", at) ||
        (said->thing - said->begin < 2 && is_place(turning, at)))
        return false;
    said->end = at + count;
    return are_said(turning, name, parts->before, parts->place, at) ||
           (beside && count == 1 && is_side_of(turning->words.word[at].text, name->word[parts->before].text));
}

/* Does a place follow at `at`, or behind one word there: "the lamp |on| by the sofa"? */
static bool leads_on(const struct turning *turning, size_t at)
{
    return at + 1 < turning->words.count && turning->leads >> at & 3;
}

static bool find_said_at(const struct turning *turning, const struct san_words *name,
    const struct parts *parts, size_t begin, struct said *said)
{
    size_t thing = begin + parts->before, behind = thing + parts->end - parts->place;
    if (!leads_on(turning, behind) || !are_said(turning, name, 0, parts->before, begin) ||
        !are_said(turning, name, parts->place, parts->end, thing))
        return false;
    *said = (struct said){.begin = begin, .thing = behind};
    for (said->lead = behind; said->lead <= behind + 1; said->lead++)
        if ((said->lead == behind || listed(turning, "fragments", behind)) &&
            find_place(turning, name, parts, said) && stands_alone(turning, said))
            return true;
    return false;
}

static bool find_said(
    const struct turning *turning, const struct san_words *name, struct parts *parts, struct said *said)
{
    for (parts->before = 0; parts->before + 1 < parts->end; parts->before++)
        for (parts->place = parts->before + 1; parts->place < parts->end; parts->place++)
            for (size_t begin = 0; begin < turning->words.count; begin++)
                if (find_said_at(turning, name, parts, begin, said))
                    return true;
    return false;
}

/* ---- which of them ---- */

static bool is_said_in_order(const struct turning *turning, const struct san_words *name, size_t end)
{
    const struct san_words row = {name->word, end};
    return words_find(&turning->words, &row) < turning->words.count;
}

static bool has_word(const struct san_words *name, const char *word)
{
    for (size_t i = 0; i < name->count; i++)
        if (is_same(name->word[i].text, word))
            return true;
    return false;
}

static bool has_words(const struct san_words *name, const struct san_words *row)
{
    for (size_t i = 0; i < row->count; i++)
        if (!has_word(name, row->word[i].text))
            return false;
    return true;
}

/* "The lights in the cellar" are the cellar light and the cellar strip light, where the home has both; "the
 * strip light in the cellar" is one of them.
 */
static bool has_rival(const struct turning *turning, size_t which, const struct parts *parts)
{
    const struct shortlist_item *items = turning->items, *item = &items[which];
    const struct san_words *name = &turning->name[which];
    const struct san_words apart = {name->word, parts->end - 1}; /* "left mirror", "cellar strip" */
    const char *noun = name->word[parts->end - 1].text;
    for (size_t i = 0; i < turning->item_count; i++) {
        const struct san_words *other = &turning->name[i];
        bool alike = strcmp(items[i].kind, item->kind) == 0 && strcmp(items[i].name, item->name) != 0 &&
                     has_words(other, &apart);
        if (alike && (phrases_is_noun(turning->phrases, item->kind, noun) || has_word(other, noun)))
            return true;
    }
    return false;
}

/* Nobody speaks of a scene as of a thing that stands somewhere. */
static bool can_stand(const struct shortlist_item *item)
{
    static const char *const nowhere[] = {"area", "floor", "person", "scene", "script", "automation", "todo"};
    for (size_t i = 0; i < sizeof(nowhere) / sizeof(*nowhere); i++)
        if (strcmp(item->kind, nowhere[i]) == 0)
            return false;
    return true;
}

/* ---- putting it in order ---- */

/* "The lamp on by the sofa" becomes "the Sofa Lamp on". */
static enum san_status put_in_order(struct turning *turning, const char *name, size_t name_len,
    const struct said *said, struct san_error *err)
{
    const struct san_word *word = turning->words.word;
    size_t begin = word[said->begin].begin, thing = word[said->thing - 1].end,
           lead = word[said->lead - 1].end, end = word[said->end - 1].end;
    size_t size = strlen(turning->text) + name_len + 1;
    if (size > SAN_TEXT_MAX) /* it stays as it was said */
        return SAN_OK;
    char *text = san_arena_alloc(turning->arena, size);
    if (!text)
        return san_fail(err, SAN_ENOMEM, "out of memory for a sentence");
    snprintf(text, size, "%.*s%.*s%.*s%s", (int)begin, turning->text, (int)name_len, name,
        (int)(lead - thing), turning->text + thing, turning->text + end);
    turning->text = text;
    enum san_status status = san_normalize(turning->arena, text, strlen(text), &turning->words, err);
    if (status == SAN_OK)
        find_leads(turning);
    return status;
}

/* Puts the name of the item in order, if it was said the other way round: all of it, or all but the noun for
 * its kind. */
static enum san_status turn(struct turning *turning, size_t which, bool all, struct san_error *err)
{
    const struct shortlist_item *item = &turning->items[which];
    const struct san_words *name = &turning->name[which];
    struct parts parts = {.end = name->count - !all};
    struct said said;
    if (!name->count || !can_stand(item) ||
        (!all && !phrases_is_noun(turning->phrases, item->kind, name->word[parts.end].text)) ||
        is_said_in_order(turning, name, parts.end) || !find_said(turning, name, &parts, &said) ||
        has_rival(turning, which, &parts))
        return SAN_OK;
    return put_in_order(turning, item->text, name->word[parts.end - 1].end, &said, err);
}

/* Puts one name in order, if there is one. */
static enum san_status turn_one(struct turning *turning, struct san_error *err)
{
    const char *before = turning->text;
    enum san_status status = SAN_OK;
    for (size_t i = 0; status == SAN_OK && turning->text == before && i < 2 * turning->item_count; i++)
        status = turn(turning, i % turning->item_count, i < turning->item_count, err);
    return status;
}

enum san_status turned_name_apply(const struct phrases *phrases, struct understand_request *prepared,
    struct san_arena *arena, struct san_error *err)
{
    struct turning turning = {.phrases = phrases,
        .items = prepared->items,
        .item_count = prepared->request.item_count,
        .arena = arena,
        .text = prepared->request.text,
        .words = prepared->words};
    enum san_status status = SAN_OK;
    find_leads(&turning);
    prepared->in_order = NULL;
    if (!turning.leads)
        return SAN_OK;
    for (size_t i = 0; status == SAN_OK && i < turning.item_count; i++) {
        const char *text = turning.items[i].text;
        status = san_normalize(arena, text, strlen(text), &turning.name[i], err);
    }
    for (size_t i = 0; status == SAN_OK && i < TURNS_MAX; i++) {
        const char *before = turning.text;
        status = turn_one(&turning, err);
        if (turning.text == before)
            break;
    }
    if (turning.text != prepared->request.text)
        prepared->in_order = turning.text;
    return status;
}
