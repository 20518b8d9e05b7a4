/* except.c - see except.h. */
#include "except.h"

#include <string.h>

#include "evidence.h"
#include "mention.h"
#include "words.h"

bool except_may_be_copied(const struct understood *understood)
{
    static const char *const slots[] = {"item", "message", "search_query"};
    for (size_t i = 0; i < understood->call_count; i++)
        for (size_t s = 0; s < sizeof(slots) / sizeof(*slots); s++)
            if (home_call_arg(&understood->calls[i].call, slots[s]))
                return true;
    return false;
}

/* "but" is an exception behind "all" or "everything" alone. */
static bool is_but(const struct phrases *phrases, const struct san_words *words, size_t at)
{
    if (!words_has(phrases, "but", words, at))
        return false;
    for (size_t i = 0; i < at; i++)
        if (words_has(phrases, "all", words, i))
            return true;
    return false;
}

/* Words that name nothing: "the", "please", "alone" in "but leave the lamp alone". */
static bool is_small(const struct phrases *phrases, const struct san_words *words, size_t at)
{
    static const char *const lists[] = {"fillers", "pronouns", "determiners", "left_alone"};
    for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
        if (words_has(phrases, lists[i], words, at))
            return true;
    return false;
}

/* "Turn the fan on and leave it on" excepts nothing. */
static bool names_nothing(const struct phrases *phrases, const struct san_words *words, size_t at)
{
    while (at < words->count && is_small(phrases, words, at))
        at++;
    return at == words->count;
}

static size_t except_word(const struct phrases *phrases, const struct san_words *words, size_t at)
{
    size_t count = words_begin_with(phrases, "leave", words, at, words->count);
    if (count)
        return names_nothing(phrases, words, at + count) ? 0 : count;
    count = words_begin_with(phrases, "except", words, at, words->count);
    return count ? count : is_but(phrases, words, at);
}

size_t except_find(const struct phrases *phrases, const struct san_words *words)
{
    for (size_t at = 1; at + 1 < words->count; at++)
        if (except_word(phrases, words, at))
            return at;
    return words->count;
}

/* ---- what it names ---- */

/* What reading goes by: the exception on its own, and which of its words are accounted for. */
struct reading {
    const struct phrases *phrases;
    const struct understand_request *own; /* the exception's words and what they can mean */
    const struct san_words *words;        /* own's */
    struct san_arena *arena;
    struct mention mentions[MENTIONS_MAX];
    size_t mention_count;
    struct except *out;
    struct sentence unknown;
};

static bool is_place(const struct shortlist_item *item)
{
    return strcmp(item->kind, "area") == 0 || strcmp(item->kind, "floor") == 0;
}

static void take_item(struct except_part *part, const struct shortlist_item *item)
{
    if (strcmp(item->kind, "area") == 0)
        part->area = item->name;
    else if (strcmp(item->kind, "floor") == 0)
        part->floor = item->name;
    else
        part->name = item->name;
}

/* A room and a scene may have one name: the room is meant. */
static const struct shortlist_item *place_or_first(const struct mention *mention)
{
    for (size_t i = 0; i < mention->item_count; i++)
        if (strcmp(mention->items[i]->kind, "area") == 0)
            return mention->items[i];
    return mention->items[0];
}

static bool is_empty(const struct except_part *part)
{
    return !part->name && !part->area && !part->floor && !part->noun;
}

static void end_part(struct reading *reading, const struct except_part *part)
{
    struct except *out = reading->out;
    if (!is_empty(part) && out->part_count < EXCEPT_PARTS_MAX)
        out->parts[out->part_count++] = *part;
    else if (!is_empty(part))
        sentence_add(&reading->unknown, "..."); /* more than can be kept: nothing may be done */
}

/* "The kitchen, living room": a second room without an "and" is another part. */
static bool is_another(const struct except_part *part, const struct shortlist_item *item)
{
    if (strcmp(item->kind, "area") == 0)
        return part->area;
    return strcmp(item->kind, "floor") == 0 ? part->floor != NULL : part->name != NULL;
}

/* Takes the words from `at` on into the part; returns how many, 0 if they mean nothing. */
static size_t take_words(struct reading *reading, size_t at, struct except_part *part)
{
    for (size_t i = 0; i < reading->mention_count; i++) {
        const struct mention *mention = &reading->mentions[i];
        if (mention->begin != at)
            continue;
        if (is_another(part, place_or_first(mention))) {
            end_part(reading, part);
            *part = (struct except_part){0};
        }
        take_item(part, place_or_first(mention));
        return mention->end - at;
    }
    if (is_small(reading->phrases, reading->words, at))
        return 1;
    if (!phrases_is_noun(reading->phrases, NULL, reading->words->word[at].text))
        return 0;
    part->noun = reading->words->word[at].text;
    return 1;
}

static bool is_plural_of(const struct san_word *many, const struct san_word *one)
{
    return many->len == one->len + 1 && many->text[one->len] == 's' &&
           strncmp(many->text, one->text, one->len) == 0;
}

/* Give or take an "s": "the roller's". */
static bool same_word(const struct san_word *said, const struct san_word *named)
{
    return strcmp(said->text, named->text) == 0 || is_plural_of(said, named) || is_plural_of(named, said);
}

static bool has_words(
    const struct reading *reading, const struct shortlist_item *item, size_t begin, size_t end)
{
    struct san_words name;
    if (san_normalize(reading->arena, item->text, strlen(item->text), &name, NULL) != SAN_OK)
        return false;
    for (size_t at = begin; at < end; at++) {
        bool has = is_small(reading->phrases, reading->words, at);
        for (size_t i = 0; i < name.count && !has; i++)
            has = same_word(&reading->words->word[at], &name.word[i]);
        if (!has)
            return false;
    }
    return true;
}

/* May one of the words be said of a room or floor, misheard or in part? */
static bool may_be_place(const struct reading *reading, size_t begin, size_t end)
{
    const struct san_words part = {.word = reading->words->word + begin, .count = end - begin};
    for (size_t i = 0; i < reading->own->request.item_count; i++) {
        const struct shortlist_item *item = &reading->own->items[i];
        if (is_place(item) && evidence_find(&part, item->text, reading->arena).said)
            return true;
    }
    return false;
}

/* "Biscuit's" is "Biscuit's Tank Light" where nothing else bears all of these words. */
static const char *only_named(const struct reading *reading, size_t begin, size_t end)
{
    const char *only = NULL;
    for (size_t i = 0; !may_be_place(reading, begin, end) && i < reading->own->request.item_count; i++) {
        const struct shortlist_item *item = &reading->own->items[i];
        if (is_place(item) || !has_words(reading, item, begin, end))
            continue;
        if (only && strcmp(only, item->name) != 0)
            return NULL;
        only = item->name;
    }
    return only;
}

/* One of several things: "the floor lamp" in "the floor lamp and the kitchen". */
static void read_part(struct reading *reading, size_t begin, size_t end)
{
    struct except_part part = {0};
    bool known = true;
    for (size_t at = begin; at < end;) {
        size_t taken = take_words(reading, at, &part);
        known = known && taken;
        at += taken ? taken : 1;
    }
    if (known) {
        end_part(reading, &part);
        return;
    }
    part = (struct except_part){.name = only_named(reading, begin, end)};
    if (part.name) {
        end_part(reading, &part);
        return;
    }
    for (size_t at = begin; at < end; at++)
        if (!is_small(reading->phrases, reading->words, at))
            sentence_add(&reading->unknown, reading->words->word[at].text);
}

static void read_parts(struct reading *reading, size_t begin)
{
    const struct san_words *words = reading->words;
    for (size_t end = begin; end <= words->count; end++) {
        if (end < words->count && strcmp(words->word[end].text, "and") != 0)
            continue;
        read_part(reading, begin, end);
        begin = end + 1;
    }
}

/* How many words begin the exception, which is on its own now. */
static size_t except_head(const struct phrases *phrases, const struct san_words *words)
{
    size_t leave = words_begin_with(phrases, "leave", words, 0, words->count);
    size_t except = words_begin_with(phrases, "except", words, 0, words->count);
    return leave ? leave : except ? except : 1; /* "but" */
}

enum san_status except_read(const struct phrases *phrases, const struct understand *understand,
    const struct understand_request *prepared, size_t begin, struct san_arena *arena, struct except *out,
    struct san_error *err)
{
    *out = (struct except){.text = words_join(&prepared->words, begin, prepared->words.count, arena)};
    struct understand_request own;
    enum san_status status = understand_prepare(understand, out->text, prepared->area, arena, &own, err);
    if (status != SAN_OK)
        return status;
    struct reading reading = {
        .phrases = phrases, .own = &own, .words = &own.words, .arena = arena, .out = out};
    reading.mention_count = mention_find(&own, arena, reading.mentions);
    read_parts(&reading, except_head(phrases, &own.words));
    if (!out->part_count && !reading.unknown.len)
        sentence_add(&reading.unknown, out->text);
    if (reading.unknown.len)
        out->unknown = san_arena_strndup(arena, reading.unknown.text, reading.unknown.len);
    return SAN_OK;
}

/* ---- taking away ---- */

static bool is_excepted(
    const struct phrases *phrases, const struct except_part *part, const struct home_entity *entity)
{
    return (!part->name || strcmp(part->name, entity->name) == 0) &&
           (!part->area || strcmp(part->area, entity->area) == 0) &&
           (!part->floor || strcmp(part->floor, entity->floor) == 0) &&
           (!part->noun || phrases_is_kind(phrases, entity->domain, entity->device_class, part->noun));
}

void except_apply(const struct phrases *phrases, const struct except *except, struct resolved *resolved)
{
    size_t kept = 0;
    for (size_t i = 0; i < resolved->count; i++) {
        bool excepted = false;
        for (size_t p = 0; p < except->part_count; p++)
            excepted = excepted || is_excepted(phrases, &except->parts[p], &resolved->entities[i]);
        if (!excepted)
            resolved->entities[kept++] = resolved->entities[i];
    }
    resolved->count = kept;
}
