/* said_name.c - see said_name.h. */
#include "said_name.h"

#include <ctype.h>
#include <string.h>

#include "evidence.h"
#include "words.h"

/* The items, each with the words of its text and those that are short for it. */
struct shorts {
    const struct phrases *phrases;
    const struct understand_request *prepared;
    struct san_arena *arena;
    struct san_words name[SAN_ITEMS_MAX];
    struct san_words said[SAN_ITEMS_MAX]; /* a run of the utterance's; count 0: not said in short */
};

static bool is_word(const struct san_word *word, const char *text)
{
    return strcmp(word->text, text) == 0;
}

static const struct san_word *last_of(const struct san_words *words)
{
    return &words->word[words->count - 1];
}

static bool has_words(const struct san_words *name, const struct san_words *said)
{
    for (size_t i = 0; i < said->count; i++) {
        size_t at = 0;
        while (at < name->count && !is_word(&name->word[at], said->word[i].text))
            at++;
        if (at == name->count)
            return false;
    }
    return true;
}

static bool is_said(const struct shorts *shorts, const struct san_words *name)
{
    const struct san_words *words = &shorts->prepared->words;
    return words_find(words, name) < words->count;
}

/* ---- compounds ---- */

/* How many letters of `text` the word is, from `at` on; 0 if it is not. */
static size_t part_of(const char *text, size_t at, const struct san_word *word)
{
    return strncmp(text + at, word->text, word->len) == 0 ? word->len : 0;
}

/* Two words of the utterance that make up this one, the first of them; words->count if there are none. */
static size_t find_split(const struct san_words *words, const struct san_word *whole)
{
    for (size_t at = 0; at + 1 < words->count; at++) {
        size_t len = part_of(whole->text, 0, &words->word[at]);
        if (len && len < whole->len && len + part_of(whole->text, len, &words->word[at + 1]) == whole->len)
            return at;
    }
    return words->count;
}

/* A word of the utterance that these two make up; words->count if there is none. */
static size_t find_joined(const struct san_words *words, const struct san_word pair[2])
{
    for (size_t at = 0; at < words->count; at++) {
        const struct san_word *whole = &words->word[at];
        size_t len = part_of(whole->text, 0, &pair[0]);
        if (len && len < whole->len && len + part_of(whole->text, len, &pair[1]) == whole->len)
            return at;
    }
    return words->count;
}

/* Is the word of the utterance one of some item's, letter by letter? */
static bool is_of_any(const struct shorts *shorts, size_t at)
{
    const struct san_words one = {&shorts->prepared->words.word[at], 1};
    for (size_t i = 0; i < shorts->prepared->request.item_count; i++)
        if (shorts->name[i].count && has_words(&shorts->name[i], &one))
            return true;
    return false;
}

static bool is_exactly_said(const struct san_words *words, const char *text)
{
    for (size_t i = 0; i < words->count; i++)
        if (is_word(&words->word[i], text))
            return true;
    return false;
}

/* "Locked" and "lock" are two words, not one that was misheard. */
static bool begins(const struct san_word *one, const struct san_word *other)
{
    return strncmp(one->text, other->text, one->len < other->len ? one->len : other->len) == 0;
}

/* "The |floer| lamp" of Floor Lamp: a word that sounds like this one of the name, and stands beside what was
 * said of the rest of it; words->count if there is none. */
static size_t find_misheard(const struct shorts *shorts, const struct san_words *name, size_t which)
{
    const struct san_words *words = &shorts->prepared->words;
    const struct san_word *meant = &name->word[which];
    if (is_exactly_said(words, meant->text))
        return words->count;
    for (size_t at = 0; at < words->count; at++) {
        const char *before = at > 0 ? words->word[at - 1].text : "",
                   *behind = at + 1 < words->count ? words->word[at + 1].text : "";
        bool beside = (which > 0 && is_word(&name->word[which - 1], before)) ||
                      (which + 1 < name->count && is_word(&name->word[which + 1], behind));
        if (beside && evidence_word(words->word[at].text, meant->text) && !begins(&words->word[at], meant) &&
            !phrases_has_word(shorts->phrases, "command_words", words->word[at].text) &&
            !phrases_is_noun(shorts->phrases, NULL, words->word[at].text) && !is_of_any(shorts, at))
            return at;
    }
    return words->count;
}

/* Writes the words of a name as they were joined, split or misheard when it was said ("night light",
 * "nightlight"). True if that is another way to write it. Out of memory: false. */
static bool write_as_said(const struct shorts *shorts, const struct san_words *name, struct san_words *out)
{
    const struct san_words *words = &shorts->prepared->words;
    bool changed = false;
    *out = (struct san_words){.word = san_arena_alloc(shorts->arena, 2 * name->count * sizeof(*out->word))};
    for (size_t i = 0; out->word && i < name->count; i++) {
        size_t split = find_split(words, &name->word[i]), joined = words->count, misheard = words->count;
        if (split < words->count) {
            out->word[out->count++] = words->word[split];
            out->word[out->count++] = words->word[split + 1];
        } else if (i + 1 < name->count && (joined = find_joined(words, &name->word[i])) < words->count) {
            out->word[out->count++] = words->word[joined];
            i++;
        } else if ((misheard = find_misheard(shorts, name, i)) < words->count) {
            out->word[out->count++] = words->word[misheard];
        } else {
            out->word[out->count++] = name->word[i];
        }
        changed = changed || split < words->count || joined < words->count || misheard < words->count;
    }
    return out->word && changed;
}

/* ---- rooms ---- */

/* "The |sauna| car charger" is not the white one, the only car charger that there is. */
static bool is_told_apart(const struct shorts *shorts, size_t begin)
{
    const char *before = begin > 0 ? shorts->prepared->words.word[begin - 1].text : NULL;
    if (!before || phrases_has_word(shorts->phrases, "determiners", before))
        return false;
    return phrases_has_word(shorts->phrases, "distinguishing", before) ||
           (!phrases_has_word(shorts->phrases, "command_words", before) &&
               beside_score(phrases_beside(shorts->phrases), before, BESIDE_BEFORE) > 0);
}

/* All of the name but "bedroom" for "room", or its last word alone: "yard". */
static struct san_words short_of_room(const struct shorts *shorts, const struct san_words *name)
{
    const struct san_words *words = &shorts->prepared->words;
    const struct san_words nothing = {NULL, 0};
    const struct san_words head = {name->word + name->count - 1, 1};
    if (is_word(head.word, "room")) {
        const struct san_words before = {name->word, name->count - 1};
        size_t at = words_find(words, &before), end = at + before.count;
        bool bedroom = end < words->count && is_word(&words->word[end], "bedroom");
        return bedroom ? (struct san_words){words->word + at, name->count} : nothing;
    }
    size_t at = words_find(words, &head);
    bool room = at < words->count && phrases_has_word(shorts->phrases, "rooms", head.word->text) &&
                !is_told_apart(shorts, at);
    return room ? (struct san_words){words->word + at, 1} : nothing;
}

/* ---- things ---- */

/* Do the words from `at` on begin a room's or floor's name that was said whole? Returns how many they are. */
static size_t place_at(const struct shorts *shorts, size_t at)
{
    const struct san_words *words = &shorts->prepared->words;
    size_t longest = 0;
    for (size_t i = 0; i < shorts->prepared->request.item_count; i++) {
        const char *kind = shorts->prepared->items[i].kind;
        const struct san_words *name = &shorts->name[i];
        const struct san_words rest = {words->word + at, words->count - at};
        if ((strcmp(kind, "area") == 0 || strcmp(kind, "floor") == 0) && name->count > longest &&
            words_find(&rest, name) == 0)
            longest = name->count;
    }
    return longest;
}

/* "Living |room temperature|": the words begin within a place. */
static bool is_within_place(const struct shorts *shorts, size_t begin)
{
    for (size_t at = 0; at < begin; at++)
        if (at + place_at(shorts, at) > begin)
            return true;
    return false;
}

/* "Kitchen lights" are all the lights of the kitchen, of whatever thing the words may be short. */
static bool is_group(const struct shorts *shorts, size_t begin, size_t count)
{
    size_t own = 0;
    for (size_t at = begin; at < begin + count;) {
        size_t place = place_at(shorts, at);
        own += !place &&
               !phrases_has_word(shorts->phrases, "determiners", shorts->prepared->words.word[at].text);
        at += place ? place : 1;
    }
    return own < 2;
}

/* "The salt lamp's" says "lamp", too; "lamps" are several. */
static bool is_head(const struct shorts *shorts, const struct san_word *said, const struct san_word *head)
{
    if (strncmp(said->text, head->text, head->len) != 0)
        return false;
    size_t behind = said->begin + head->len;
    return said->len == head->len || (strcmp(said->text + head->len, "s") == 0 && behind < said->end &&
                                         !isalpha((unsigned char)shorts->prepared->request.text[behind]));
}

/* How many words of the utterance that end with word `end`, which is the name's last, stand in the name in
 * that order, from its end on. */
static size_t matching(const struct san_words *words, size_t end, const struct san_words *name)
{
    size_t count = 1;
    for (size_t i = name->count - 1; i > 0 && count <= end; i--)
        count += is_word(&words->word[end - count], name->word[i - 1].text);
    return count;
}

/* "A hole in the |blanket|", "asleep on the |blanket|" tell where something is; "turn on the |blanket|" does
 * not. */
static bool is_where(const struct shorts *shorts, size_t at)
{
    const struct san_words *words = &shorts->prepared->words;
    if (at > 0 && phrases_has_word(shorts->phrases, "determiners", words->word[at - 1].text))
        at--;
    if (at == 0 || !phrases_has_word(shorts->phrases, "prepositions", words->word[at - 1].text))
        return false;
    return at == 1 || !beside_leads(phrases_beside(shorts->phrases), words->word[at - 2].text);
}

/* "The |blanket|", but no "lights", "switch" or "room", which are many things; nor "coffee blanket". */
static bool is_noun_alone(const struct shorts *shorts, size_t at)
{
    enum { SHORTEST = 4 }; /* shorter words are seldom nouns, and often misheard */
    static const char *const lists[] = {
        "rooms", "verbs", "fragments", "command_words", "measures", "asking", "music"};
    const struct san_words *words = &shorts->prepared->words;
    const char *before = at > 0 ? words->word[at - 1].text : NULL, *word = words->word[at].text;
    if (words->word[at].len < SHORTEST || phrases_is_noun(shorts->phrases, NULL, word) ||
        is_where(shorts, at))
        return false;
    for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
        if (phrases_has_word(shorts->phrases, lists[i], word))
            return false;
    return !before || phrases_has_word(shorts->phrases, "determiners", before) ||
           phrases_has_word(shorts->phrases, "command_words", before);
}

static bool is_device(const struct shortlist_item *item)
{
    static const char kinds[] = " sensor binary_sensor person scene script automation todo ";
    return !strstr(kinds, item->kind);
}

/* Words of the name, the last one among them: "nana's blanket" for "Nana's Heated Blanket". */
static struct san_words short_of_thing(const struct shorts *shorts, size_t which)
{
    const struct san_words *words = &shorts->prepared->words, *name = &shorts->name[which];
    struct san_words longest = {NULL, 0};
    for (size_t end = 0; end < words->count; end++) {
        if (!is_head(shorts, &words->word[end], last_of(name)))
            continue;
        size_t count = matching(words, end, name), begin = end + 1 - count;
        bool alone = count == 1 && is_device(&shorts->prepared->items[which]) && is_noun_alone(shorts, end);
        if (count > longest.count && !is_within_place(shorts, begin) &&
            (alone || !is_group(shorts, begin, count)) && !is_told_apart(shorts, begin))
            longest = (struct san_words){words->word + begin, count};
    }
    return longest;
}

/* ---- which of them tell ---- */

/* May the words be another item too, or a part of one that was said whole? */
static bool means_another(const struct shorts *shorts, size_t which)
{
    const struct understand_request *prepared = shorts->prepared;
    const struct shortlist_item *items = prepared->items, *item = &items[which];
    const struct san_words *said = &shorts->said[which];
    bool room = strcmp(item->kind, "area") == 0, here = room && strcmp(item->name, prepared->area) == 0;
    for (size_t i = 0; i < prepared->request.item_count; i++) {
        const struct san_words *name = &shorts->name[i];
        if (!name->count || (room && strcmp(items[i].kind, "area") != 0) || !has_words(name, said))
            continue;
        if (is_said(shorts, name))
            return true;
        bool same = strcmp(items[i].kind, item->kind) == 0 && strcmp(items[i].name, item->name) == 0;
        if (!same && !here)
            return true;
    }
    return false;
}

enum san_status said_name_apply(const struct phrases *phrases, struct understand_request *prepared,
    struct san_arena *arena, struct san_error *err)
{
    struct shorts shorts = {.phrases = phrases, .prepared = prepared, .arena = arena};
    size_t count = prepared->request.item_count;
    for (size_t i = 0; i < count; i++) {
        const char *text = prepared->items[i].text;
        enum san_status status = san_normalize(arena, text, strlen(text), &shorts.name[i], err);
        if (status != SAN_OK)
            return status;
    }
    for (size_t i = 0; i < count; i++) {
        struct san_words said;
        if (shorts.name[i].count && write_as_said(&shorts, &shorts.name[i], &said)) {
            shorts.name[i] = said;
            prepared->items[i].text = words_join(&said, 0, said.count, arena);
        }
    }
    for (size_t i = 0; i < count; i++) {
        const struct shortlist_item *item = &prepared->items[i];
        const struct san_words *name = &shorts.name[i];
        if (name->count < 2 || has_words(&prepared->words, name) || strcmp(item->kind, "floor") == 0)
            continue;
        bool room = strcmp(item->kind, "area") == 0;
        shorts.said[i] = room ? short_of_room(&shorts, name) : short_of_thing(&shorts, i);
    }
    for (size_t i = 0; i < count; i++) {
        const struct san_words *said = &shorts.said[i];
        if (said->count && !means_another(&shorts, i))
            prepared->items[i].text = words_join(said, 0, said->count, arena);
    }
    return SAN_OK;
}
