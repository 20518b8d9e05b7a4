/* replace.c - see replace.h.
 *
 * In the last sentence, words are marked for what the last call took from them: the name, the place, the kind
 * of thing. Marked words with articles and prepositions between them are one stretch: "the lights in the
 * kitchen", "the kitchen lights". The new thing takes the place of the first stretch; a new place only that
 * of the old place.
 */
#include "replace.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "evidence.h"
#include "memory.h"
#include "mention.h"
#include "words.h"

enum mark { MARK_NONE, MARK_NOUN, MARK_MISSING, MARK_NAME, MARK_PLACE };

struct replacing {
    const struct follow_up_in *in;
    const struct replacement *with;
    const struct home_call *call; /* the last one */
    const char *kind;
    struct understand_request old; /* the last sentence */
    enum mark mark[SAN_WORDS_MAX];
};

/* ---- how one speaks of it ---- */

static const char *domain_of(const struct home_call *call, const char *kind)
{
    const char *domain = home_call_text(call, "domain");
    return domain ? domain : kind;
}

/* The only kind of thing that the tool can be for, or "". */
static const char *kind_of_tool(const char *tool, struct san_arena *arena)
{
    const char *kinds = mention_kinds(tool);
    if (!kinds || !kinds[0])
        return "";
    size_t len = strcspn(kinds + 1, " ");
    const char *copy = san_arena_strndup(arena, kinds + 1, len);
    return copy ? copy : "";
}

static const char *nouns_of(
    const struct phrases *phrases, struct san_arena *arena, const struct home_call *call, const char *kind)
{
    const char *domain = domain_of(call, kind), *device_class = home_call_text(call, "device_class");
    if (!domain[0])
        domain = kind_of_tool(call->tool, arena);
    return domain[0] ? phrases_noun(phrases, domain, device_class ? device_class : "", true) : "";
}

static const char *timer_words(
    const struct phrases *phrases, struct san_arena *arena, const struct home_call *call)
{
    static const char *const slots[] = {
        "hours", "minutes", "seconds", "start_hours", "start_minutes", "start_seconds"};
    static const char *const units[] = {"hour", "minute", "second"};
    if (home_call_text(call, "name"))
        return phrases_fill(phrases, "targets", "timer_named", arena, NULL, call);
    struct sentence total = {.len = 0};
    bool started = strcmp(call->tool, "HassStartTimer") == 0;
    for (size_t i = started ? 0 : 3; i < (started ? 3 : 6); i++) {
        const char *amount = home_call_text(call, slots[i]);
        if (!amount)
            continue;
        sentence_add(&total, amount);
        sentence_add(&total, units[i % 3]);
    }
    const struct phrase_var vars[] = {{"total", total.text}, {0}};
    return phrases_fill(phrases, "targets", total.len ? "timer_of" : "timer", arena, vars, NULL);
}

const char *replace_target_words(
    const struct phrases *phrases, struct san_arena *arena, const struct home_call *call, const char *kind)
{
    if (strstr(call->tool, "Timer"))
        return timer_words(phrases, arena, call);
    if (!mention_kinds(call->tool))
        return "";
    const struct phrase_var vars[] = {{"nouns", nouns_of(phrases, arena, call, kind)}, {0}};
    const char *key = home_call_text(call, "name")    ? "name"
                      : home_call_text(call, "area")  ? (vars[0].value[0] ? "area" : "area_all")
                      : home_call_text(call, "floor") ? (vars[0].value[0] ? "floor" : "floor_all")
                                                      : "kind";
    if (strcmp(key, "kind") == 0 && !home_call_text(call, "domain"))
        return "";
    return phrases_fill(phrases, "targets", key, arena, vars, call);
}

/* ---- marking ---- */

static void mark_words(struct replacing *r, size_t begin, size_t end, enum mark mark)
{
    for (size_t i = begin; i < end; i++)
        r->mark[i] = mark;
}

static enum mark mark_of(const struct replacing *r, const struct mention *mention)
{
    static const char *const slots[] = {"area", "floor", "name"};
    for (size_t i = 0; i < mention->item_count; i++) {
        for (size_t s = 0; s < 3; s++) {
            const char *value = home_call_text(r->call, slots[s]);
            if (value && strcmp(value, mention->items[i]->name) == 0)
                return s < 2 ? MARK_PLACE : MARK_NAME;
        }
    }
    return MARK_NONE;
}

/* A name that was not said as it is written: the words that bear it out. */
static void mark_evidence(struct replacing *r, const char *slot, enum mark mark)
{
    const char *value = home_call_text(r->call, slot);
    struct san_words name;
    if (!value || san_normalize(r->in->arena, value, strlen(value), &name, NULL) != SAN_OK)
        return;
    for (size_t i = 0; i < r->old.words.count; i++)
        if (r->mark[i] == mark)
            return;
    for (size_t i = 0; i < r->old.words.count; i++)
        for (size_t j = 0; j < name.count; j++)
            if (evidence_word(r->old.words.word[i].text, name.word[j].text))
                r->mark[i] = mark;
}

static bool is_noun(const struct replacing *r, const char *text)
{
    const char *domain = domain_of(r->call, r->kind);
    if (!domain[0])
        domain = kind_of_tool(r->call->tool, r->in->arena);
    return phrases_is_noun(r->in->phrases, domain[0] ? domain : NULL, text);
}

static void mark_missing(struct replacing *r)
{
    struct san_words missing;
    const char *text = r->in->last->missing;
    if (san_normalize(r->in->arena, text, strlen(text), &missing, NULL) != SAN_OK)
        return;
    for (size_t i = 0; i < r->old.words.count; i++)
        for (size_t j = 0; j < missing.count; j++)
            if (r->mark[i] == MARK_NONE && strcmp(r->old.words.word[i].text, missing.word[j].text) == 0)
                r->mark[i] = MARK_MISSING;
}

static bool mark_all(struct replacing *r)
{
    const struct follow_up_in *in = r->in;
    if (understand_prepare(in->understand, in->last->text, in->prepared->area, in->arena, &r->old, NULL) !=
        SAN_OK)
        return false;
    struct mention mentions[MENTIONS_MAX];
    size_t count = mention_find(&r->old, in->arena, mentions);
    for (size_t i = 0; i < count; i++)
        mark_words(r, mentions[i].begin, mentions[i].end, mark_of(r, &mentions[i]));
    mark_evidence(r, "name", MARK_NAME);
    mark_evidence(r, "area", MARK_PLACE);
    for (size_t i = 0; i < r->old.words.count; i++)
        if (r->mark[i] == MARK_NONE && is_noun(r, r->old.words.word[i].text))
            r->mark[i] = MARK_NOUN;
    mark_missing(r);
    return true;
}

static bool has_mark(const struct replacing *r, enum mark mark)
{
    for (size_t i = 0; i < r->old.words.count; i++)
        if (r->mark[i] == mark)
            return true;
    return false;
}

/* ---- stretches ---- */

/* [begin, end) of the sentence. */
struct stretch {
    size_t begin, end;
};

static bool is_wanted(const struct replacing *r, size_t at, enum mark least, enum mark most)
{
    return r->mark[at] >= least && r->mark[at] <= most;
}

/* "On" ties two words only before an article: "the lights on the first floor", but "lights on upstairs". */
static bool is_tie(const struct replacing *r, size_t at)
{
    const struct san_words *words = &r->old.words;
    const struct phrases *phrases = r->in->phrases;
    bool article = at + 1 < words->count && words_has(phrases, "determiners", words, at + 1);
    return words_has(phrases, "fillers", words, at) &&
           (article || !words_has(phrases, "fragments", words, at));
}

/* How many words before `begin` are the preposition and the article of what begins there. */
static size_t lead_of(const struct replacing *r, size_t from, size_t begin, bool preposition)
{
    const struct san_words *words = &r->old.words;
    size_t lead = words_end_with(r->in->phrases, "determiners", words, from, begin);
    if (preposition && begin - lead > from && is_tie(r, begin - lead - 1))
        lead += words_end_with(r->in->phrases, "prepositions", words, from, begin - lead);
    return lead;
}

/* The next stretch of words with these marks from `from` on, with the little words between them, its article,
 * and its preposition if that is wanted; begin == end: there is none. */
static struct stretch next_stretch(
    const struct replacing *r, size_t from, enum mark least, enum mark most, bool preposition)
{
    const struct san_words *words = &r->old.words;
    struct stretch found = {words->count, words->count};
    size_t at = from;
    while (at < words->count && !is_wanted(r, at, least, most))
        at++;
    if (at == words->count)
        return found;
    found = (struct stretch){at, at + 1};
    for (at = found.end; at < words->count; at++) {
        if (is_wanted(r, at, least, most))
            found.end = at + 1;
        else if (r->mark[at] != MARK_NONE || !is_tie(r, at))
            break;
    }
    found.begin -= lead_of(r, from, found.begin, preposition);
    return found;
}

/* ---- replacing ---- */

/* The place as one adds it to a sentence: "in the kitchen", "on the first floor", "upstairs". */
static const char *place_phrase(const struct replacing *r)
{
    const struct shortlist_item *place = r->with->place;
    bool floor = strcmp(place->kind, "floor") == 0;
    if (floor && strcmp(place->text, place->name) != 0)
        return place->text;
    const struct phrase_var vars[] = {{"area", place->text}, {"floor", place->text}, {0}};
    return phrases_fill(r->in->phrases, "targets", floor ? "on_floor" : "in_area", r->in->arena, vars, NULL);
}

/* The things of that kind there: "the bedroom lights". */
static const char *things_there(const struct replacing *r)
{
    const struct shortlist_item *place = r->with->place;
    struct home_call there = {.tool = r->call->tool};
    there.args[there.arg_count++] = (struct home_arg){.slot = place->kind, .text = place->text};
    const char *domain = domain_of(r->call, r->kind);
    if (domain[0])
        there.args[there.arg_count++] = (struct home_arg){.slot = "domain", .text = domain};
    return replace_target_words(r->in->phrases, r->in->arena, &there, "");
}

static const char *with_stretch(const struct replacing *r, struct stretch old, const char *text)
{
    struct sentence sentence = {.len = 0};
    sentence_add_words(&sentence, &r->old.words, 0, old.begin);
    sentence_add(&sentence, text);
    sentence_add_words(&sentence, &r->old.words, old.end, r->old.words.count);
    return san_arena_strndup(r->in->arena, sentence.text, sentence.len);
}

/* "kitchen" in "the kitchen lights" gives way to the word alone, "in the kitchen" to the whole phrase. */
static const char *replace_place(const struct replacing *r, enum mark mark)
{
    struct stretch old = next_stretch(r, 0, mark, mark, true);
    const struct san_words *words = &r->old.words;
    bool attribute = old.end < words->count && r->mark[old.end] == MARK_NOUN;
    if (attribute)
        old = next_stretch(r, 0, mark, mark, false);
    bool preposition =
        !attribute && words_begin_with(r->in->phrases, "prepositions", words, old.begin, old.end);
    bool adverb = !attribute && home_call_text(r->call, "floor"); /* "upstairs" */
    if (preposition || adverb)
        return with_stretch(r, old, place_phrase(r));
    return with_stretch(r, old, r->with->place->text);
}

static const char *add_place(const struct replacing *r)
{
    struct stretch end = {r->old.words.count, r->old.words.count};
    return with_stretch(r, end, place_phrase(r));
}

static const char *replace_by_place(const struct replacing *r)
{
    if (has_mark(r, MARK_PLACE))
        return replace_place(r, MARK_PLACE);
    if (has_mark(r, MARK_NAME))
        return with_stretch(r, next_stretch(r, 0, MARK_NOUN, MARK_NAME, false), things_there(r));
    if (has_mark(r, MARK_MISSING))
        return replace_place(r, MARK_MISSING);
    return add_place(r);
}

/* Puts the thing into the first stretch, and drops the others: "turn the lights on in the kitchen". */
static const char *replace_by_thing(const struct replacing *r)
{
    const struct san_words *words = &r->old.words;
    struct stretch old = next_stretch(r, 0, MARK_NOUN, MARK_PLACE, false);
    if (old.begin == old.end)
        return NULL;
    struct sentence sentence = {.len = 0};
    sentence_add_words(&sentence, words, 0, old.begin);
    sentence_add(&sentence, r->with->text);
    while (old.end < words->count) {
        struct stretch next = next_stretch(r, old.end, MARK_NOUN, MARK_PLACE, true);
        sentence_add_words(&sentence, words, old.end, next.begin);
        old = next;
    }
    return san_arena_strndup(r->in->arena, sentence.text, sentence.len);
}

/* The thing where a pronoun or nothing stood: "make it warmer", "warmer". */
static const char *put_thing(const struct replacing *r)
{
    const struct san_words *words = &r->old.words;
    for (size_t i = 0; i < words->count; i++) {
        size_t count = words_begin_with(r->in->phrases, "pronouns", words, i, words->count);
        if (count)
            return with_stretch(r, (struct stretch){i, i + count}, r->with->text);
    }
    if (!follow_up_is_open(&r->old, r->call))
        return NULL;
    return with_stretch(r, (struct stretch){0, 0}, r->with->text);
}

static bool is_number(const char *text)
{
    return text[0] && !text[strspn(text, "-.:0123456789")];
}

/* The only number of the sentence. */
static const char *replace_number(const struct replacing *r)
{
    const struct san_words *words = &r->old.words;
    struct stretch old = {0, 0};
    for (size_t i = 0; i < words->count; i++) {
        if (r->mark[i] != MARK_NONE || !is_number(words->word[i].text))
            continue;
        if (old.end)
            return NULL;
        old = (struct stretch){i, i + 1};
    }
    return old.end ? with_stretch(r, old, r->with->number) : NULL;
}

static const char *replace_time(const struct replacing *r)
{
    struct clock_time old;
    if (!clock_find(&r->old.words, &old))
        return NULL;
    return with_stretch(r, (struct stretch){old.begin, old.end}, r->with->text);
}

/* Where the entry of a list stood. */
static const char *replace_item(const struct replacing *r)
{
    const struct san_words *words = &r->old.words;
    const char *item = home_call_text(r->call, "item");
    struct san_words old;
    if (!item || san_normalize(r->in->arena, item, strlen(item), &old, NULL) != SAN_OK || !old.count)
        return NULL;
    size_t at = words_find(words, &old);
    return at < words->count ? with_stretch(r, (struct stretch){at, at + old.count}, r->with->text) : NULL;
}

const char *replace_in_last(const struct follow_up_in *in, const struct replacement *with)
{
    const struct recollection *last = in->last;
    if (!last->call_count)
        return NULL;
    struct replacing replacing = {.in = in,
        .with = with,
        .call = last->put_off.tool ? &last->put_off : &last->calls[last->call_count - 1],
        .kind = last->kinds[last->call_count - 1]};
    if (!mark_all(&replacing))
        return NULL;
    if (with->item)
        return replace_item(&replacing);
    if (with->time)
        return replace_time(&replacing);
    if (with->number)
        return replace_number(&replacing);
    if (with->place)
        return replace_by_place(&replacing);
    const char *text = replace_by_thing(&replacing);
    return text ? text : put_thing(&replacing);
}
