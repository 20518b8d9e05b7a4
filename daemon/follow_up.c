/* follow_up.c - see follow_up.h. */
#include "follow_up.h"

#include <string.h>

#include "clock.h"
#include "memory.h"
#include "mention.h"
#include "replace.h"
#include "words.h"

enum { FRAGMENT_WORDS_MAX = 5, ITEM_WORDS_MAX = 4 };

/* The sentence without the words that only tie it to the last one: "and", "no, i meant", "too". */
struct body {
    const struct follow_up_in *in;
    const struct san_words *words;
    size_t begin, end;
    bool and, no;
};

/* ---- taking off what ties it ---- */

static bool strip(struct body *body, const char *list, bool at_end, bool *mark)
{
    size_t count = (at_end ? words_end_with : words_begin_with)(
        body->in->phrases, list, body->words, body->begin, body->end);
    if (!count)
        return false;
    if (at_end)
        body->end -= count;
    else
        body->begin += count;
    if (mark)
        *mark = true;
    return true;
}

static struct body body_of(const struct follow_up_in *in)
{
    struct body body = {.in = in, .words = &in->prepared->words, .end = in->prepared->words.count};
    while (strip(&body, "polite", false, NULL) || strip(&body, "no_first", false, &body.no) ||
           strip(&body, "and_first", false, &body.and))
        continue;
    while (strip(&body, "no_last", true, &body.no) || strip(&body, "and_last", true, &body.and) ||
           strip(&body, "polite", true, NULL))
        continue;
    return body;
}

/* ---- replace ---- */

static bool is_number(const char *text)
{
    return text[0] && !text[strspn(text, "-.:0123456789")];
}

static const struct shortlist_item *place_in(const struct mention *mention)
{
    for (size_t i = 0; i < mention->item_count; i++)
        if (strcmp(mention->items[i]->kind, "area") == 0 || strcmp(mention->items[i]->kind, "floor") == 0)
            return mention->items[i];
    return NULL;
}

/* The mention that covers a word, or NULL. */
static const struct mention *mention_at(const struct mention *mentions, size_t count, size_t at)
{
    for (size_t i = 0; i < count; i++)
        if (mentions[i].begin <= at && at < mentions[i].end)
            return &mentions[i];
    return NULL;
}

/* Is the body a place or a thing and no more? */
static bool read_thing(const struct body *body, struct replacement *out)
{
    const struct follow_up_in *in = body->in;
    struct mention mentions[MENTIONS_MAX];
    size_t count = mention_find(in->prepared, in->arena, mentions), things = 0, nouns = 0;
    for (size_t i = body->begin; i < body->end; i++) {
        const struct mention *mention = mention_at(mentions, count, i);
        if (mention) {
            things++;
            out->place = place_in(mention);
        } else if (phrases_is_noun(in->phrases, NULL, body->words->word[i].text)) {
            nouns++;
        } else if (!words_has(in->phrases, "fillers", body->words, i)) {
            return false;
        }
    }
    if (nouns)
        out->place = NULL;
    size_t begin = body->begin;
    begin += words_begin_with(in->phrases, "prepositions", body->words, begin, body->end);
    out->text = words_join(body->words, begin, body->end, in->arena);
    return things + nouns > 0;
}

/* "30 percent", "to 30": a number and its unit. */
static bool read_number(const struct body *body, struct replacement *out)
{
    const struct follow_up_in *in = body->in;
    for (size_t i = body->begin; i < body->end; i++) {
        const char *text = body->words->word[i].text;
        if (is_number(text) && !out->number)
            out->number = text;
        else if (is_number(text) || (!words_has(in->phrases, "fragments", body->words, i) &&
                                        !words_has(in->phrases, "fillers", body->words, i)))
            return false;
    }
    return out->number != NULL;
}

/* Whoever speaks to the house begins with a verb or a question; "thanks for that" does not. */
static bool begins_as_command(const struct body *body)
{
    return words_has(body->in->phrases, "verbs", body->words, body->begin);
}

/* "And eggs": a few words behind something that was put on a list. */
static bool read_item(const struct body *body, struct replacement *out)
{
    const struct follow_up_in *in = body->in;
    size_t count = body->end - body->begin, calls = in->last->call_count;
    if (in->clear || count > ITEM_WORDS_MAX || begins_as_command(body) || !calls ||
        !home_call_arg(&in->last->calls[calls - 1], "item"))
        return false;
    *out = (struct replacement){
        .text = words_join(body->words, body->begin, body->end, in->arena), .item = true};
    return true;
}

/* "At ten" and no more. */
static bool read_time(const struct body *body, struct replacement *out)
{
    struct clock_time time;
    if (!body->no || !clock_find(body->words, &time) || time.begin != body->begin || time.end != body->end)
        return false;
    *out = (struct replacement){
        .text = words_join(body->words, body->begin, body->end, body->in->arena), .time = true};
    return true;
}

static const char *replaced(const struct body *body, const char **place)
{
    struct replacement with = {0};
    bool tied = body->no || body->and || body->in->last->asked;
    if (!tied)
        return NULL;
    if (read_item(body, &with))
        return replace_in_last(body->in, &with);
    if (read_time(body, &with))
        return replace_in_last(body->in, &with);
    if (read_thing(body, &with)) {
        *place = with.place ? with.place->name : NULL;
        return replace_in_last(body->in, &with);
    }
    with = (struct replacement){0};
    return body->no && read_number(body, &with) ? replace_in_last(body->in, &with) : NULL;
}

/* ---- refer ---- */

static const char *target_words(const struct follow_up_in *in, size_t call)
{
    const struct recollection *last = in->last;
    return replace_target_words(in->phrases, in->arena, &last->calls[call], last->kinds[call]);
}

/* The thing, or all things, that the last sentence was about. */
static const char *referred(const struct follow_up_in *in, bool several)
{
    const struct recollection *last = in->last;
    if (!last->call_count || last->asked)
        return "";
    struct sentence sentence = {.len = 0};
    for (size_t i = several ? 0 : last->call_count - 1; i < last->call_count; i++) {
        const char *target = target_words(in, i);
        if (target[0] && sentence.len)
            sentence_add(&sentence, "and");
        sentence_add(&sentence, target);
    }
    const char *copy = san_arena_strndup(in->arena, sentence.text, sentence.len);
    return copy ? copy : "";
}

/* "turn that light off": the noun goes with the pronoun. */
static size_t with_noun(const struct body *body, size_t at)
{
    return at < body->end && phrases_is_noun(body->in->phrases, NULL, body->words->word[at].text) ? 1 : 0;
}

static const char *without_pronoun(const struct body *body)
{
    const struct follow_up_in *in = body->in;
    if (!begins_as_command(body))
        return NULL;
    for (size_t i = body->begin + 1; i < body->end; i++) {
        size_t count = words_begin_with(in->phrases, "pronouns", body->words, i, body->end);
        if (!count)
            continue;
        const char *target = referred(in, words_has(in->phrases, "plurals", body->words, i));
        if (!target[0])
            return NULL;
        struct sentence sentence = {.len = 0};
        sentence_add_words(&sentence, body->words, body->begin, i);
        sentence_add(&sentence, target);
        sentence_add_words(&sentence, body->words, i + count + with_noun(body, i + count), body->end);
        sentence_add(&sentence, in->last->except);
        return san_arena_strndup(in->arena, sentence.text, sentence.len);
    }
    return NULL;
}

/* "brighter", "off again", "a bit warmer please": words that only make sense of something. */
static bool is_fragment(const struct body *body)
{
    if (body->end - body->begin > FRAGMENT_WORDS_MAX)
        return false;
    for (size_t i = body->begin; i < body->end; i++)
        if (!words_has(body->in->phrases, "fragments", body->words, i) &&
            !is_number(body->words->word[i].text))
            return false;
    return true;
}

static const char *with_target(const struct body *body)
{
    const char *target = referred(body->in, false);
    if (!target[0])
        return NULL;
    struct sentence sentence = {.len = 0};
    sentence_add(&sentence, target);
    sentence_add_words(&sentence, body->words, body->begin, body->end);
    sentence_add(&sentence, body->in->last->except);
    return san_arena_strndup(body->in->arena, sentence.text, sentence.len);
}

bool follow_up_is_open(const struct understand_request *prepared, const struct home_call *call)
{
    if (!mention_kinds(call->tool) || understand_is_question(call->tool))
        return false;
    static const char *const slots[] = {"name", "floor", "domain", "device_class"};
    for (size_t i = 0; i < sizeof(slots) / sizeof(*slots); i++)
        if (home_call_arg(call, slots[i]))
            return false;
    const char *area = home_call_text(call, "area");
    if (!area)
        return true;
    if (strcmp(area, prepared->area) != 0)
        return false;
    for (size_t i = 0; i < prepared->request.item_count; i++)
        if (strcmp(prepared->items[i].kind, "area") == 0 && strcmp(prepared->items[i].name, area) == 0)
            return false; /* it was said */
    return true;
}

static bool same_text(const char *a, const char *b)
{
    return (!a && !b) || (a && b && strcmp(a, b) == 0);
}

bool follow_up_refers(const struct recollection *last, const struct home_call *call)
{
    for (size_t i = 0; i < last->call_count; i++) {
        const struct home_call *old = &last->calls[i];
        const char *name = home_call_text(old, "name");
        if (same_text(name, home_call_text(call, "name")) &&
            (name || (same_text(home_call_text(old, "area"), home_call_text(call, "area")) &&
                         same_text(home_call_text(old, "floor"), home_call_text(call, "floor")))))
            return true;
    }
    return false;
}

/* ---- the whole ---- */

static const struct home_call *open_call(const struct follow_up_in *in)
{
    const struct understood *understood = in->understood;
    if (understood->call_count != 1 || understood->calls[0].missing[0] ||
        !follow_up_is_open(in->prepared, &understood->calls[0].call))
        return NULL;
    return &understood->calls[0].call;
}

/* A group of a kind that may have been made up: "turn them all off" as all outlets. */
static bool is_placeless(const struct home_call *call)
{
    return mention_kinds(call->tool) && !understand_is_question(call->tool) && !home_call_arg(call, "name") &&
           !home_call_arg(call, "area") && !home_call_arg(call, "floor");
}

/* "Pause", "cancel it": what the network made of the words alone may stand, but not against the last thing
 * that was spoken of. */
static bool is_loose(const struct follow_up_in *in)
{
    if (!in->clear || open_call(in))
        return true;
    const char *tool = in->understood->calls[0].call.tool;
    return is_placeless(&in->understood->calls[0].call) || strcmp(tool, "HassNevermind") == 0 ||
           strcmp(tool, "HassRespond") == 0 ||
           (strstr(tool, "Timer") && !home_call_arg(&in->understood->calls[0].call, "name") &&
               strcmp(tool, "HassStartTimer") != 0 && strcmp(tool, "HassCancelAllTimers") != 0);
}

static void set(struct follow_up *out, enum follow_up_kind kind, const char *text)
{
    if (text)
        *out = (struct follow_up){.kind = kind, .text = text};
}

void follow_up_complete(const struct follow_up_in *in, struct follow_up *out)
{
    *out = (struct follow_up){.kind = FOLLOW_UP_NONE};
    const struct recollection *last = in->last;
    if (phrases_has_word(in->phrases, "repeat", in->prepared->normalized) && !last->asked) {
        set(out, FOLLOW_UP_REPEAT, last->text);
        return;
    }
    struct body body = body_of(in);
    if (body.begin == body.end)
        return;
    const char *place = NULL;
    set(out, body.no ? FOLLOW_UP_CORRECT : FOLLOW_UP_REPLACE, replaced(&body, &place));
    out->place = place;
    if (out->kind != FOLLOW_UP_NONE || !is_loose(in))
        return;
    set(out, FOLLOW_UP_REFER, without_pronoun(&body));
    if (out->kind != FOLLOW_UP_NONE || !(is_fragment(&body) || open_call(in)))
        return;
    set(out, FOLLOW_UP_REFER, with_target(&body));
    if (open_call(in))
        out->tool = open_call(in)->tool;
}
