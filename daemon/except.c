/* except.c - see except.h. */
#include "except.h"

#include <string.h>

#include "mention.h"
#include "words.h"

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

static size_t except_word(const struct phrases *phrases, const struct san_words *words, size_t at)
{
    size_t count = words_begin_with(phrases, "except", words, at, words->count);
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
    const struct san_words *words;
    struct mention mentions[MENTIONS_MAX];
    size_t mention_count;
    struct except *out;
    struct sentence unknown;
};

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

/* Takes the words from `at` on into the part; returns how many, 0 if they mean nothing. */
static size_t take_words(struct reading *reading, size_t at, struct except_part *part)
{
    for (size_t i = 0; i < reading->mention_count; i++) {
        const struct mention *mention = &reading->mentions[i];
        if (mention->begin != at)
            continue;
        take_item(part, place_or_first(mention));
        return mention->end - at;
    }
    if (words_has(reading->phrases, "fillers", reading->words, at) ||
        words_has(reading->phrases, "pronouns", reading->words, at))
        return 1;
    if (!phrases_is_noun(reading->phrases, NULL, reading->words->word[at].text))
        return 0;
    part->noun = reading->words->word[at].text;
    return 1;
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
    for (size_t at = begin; at < end; at++)
        if (!words_has(reading->phrases, "fillers", reading->words, at))
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

enum san_status except_read(const struct phrases *phrases, const struct understand *understand,
    const struct understand_request *prepared, size_t begin, struct san_arena *arena, struct except *out,
    struct san_error *err)
{
    *out = (struct except){.text = words_join(&prepared->words, begin, prepared->words.count, arena)};
    struct understand_request own;
    enum san_status status = understand_prepare(understand, out->text, prepared->area, arena, &own, err);
    if (status != SAN_OK)
        return status;
    struct reading reading = {.phrases = phrases, .words = &own.words, .out = out};
    reading.mention_count = mention_find(&own, arena, reading.mentions);
    size_t head = words_begin_with(phrases, "except", &own.words, 0, own.words.count);
    read_parts(&reading, head ? head : 1);
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
