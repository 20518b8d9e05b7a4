/* leftover.c - see leftover.h. Sets of the utterance's words are masks: bit i is word i. */
#include "leftover.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "beside.h"
#include "evidence.h"
#include "mention.h"
#include "phrases.h"
#include "words.h"

_Static_assert(SAN_WORDS_MAX <= 64, "a mask holds the words of an utterance");

struct search {
    const struct understand *understand;
    const struct understand_request *prepared;
    const struct san_words *words;
    struct san_arena *arena;
    uint64_t named;   /* words that the names of the calls account for */
    uint64_t known;   /* and their values */
    double trust;     /* how much must speak against the name at hand, in log-odds */
    const char *kind; /* of the thing whose whole name was said, or "" */
    bool only;        /* is the call the only one of the sentence? */
};

static bool has(uint64_t mask, size_t i)
{
    return mask >> i & 1;
}

static bool is_thing(const char *slot)
{
    return strcmp(slot, "name") == 0 || strcmp(slot, "area") == 0 || strcmp(slot, "floor") == 0;
}

static bool is_number(const char *word)
{
    return word[0] && !word[strspn(word, "0123456789")];
}

static uint64_t where(const struct search *search, const char *text)
{
    return evidence_find(search->words, text, search->arena).where;
}

/* ---- what is accounted for ---- */

/* The words of everything that the shortlist has under this name: its aliases too. */
static uint64_t words_of_thing(const struct search *search, const char *slot, const char *name)
{
    uint64_t mask = where(search, name);
    for (size_t i = 0; i < search->prepared->request.item_count; i++) {
        const struct shortlist_item *item = &search->prepared->items[i];
        bool place = strcmp(item->kind, "area") == 0 || strcmp(item->kind, "floor") == 0;
        if (strcmp(item->name, name) == 0 &&
            (place ? strcmp(item->kind, slot) == 0 : strcmp(slot, "name") == 0))
            mask |= where(search, item->text);
    }
    return mask;
}

/* "The kitchen counter light" is the counter light that is in the kitchen. */
static uint64_t words_of_place(const struct search *search, const char *name)
{
    struct home_entity *rows;
    size_t count = 0;
    uint64_t mask = 0;
    const struct reg_filter filter = {.name = name, .exposed_only = true};
    if (reg_entities(search->understand->registry, &filter, search->arena, &rows, &count, NULL) != SAN_OK)
        return 0;
    for (size_t i = 0; i < count; i++) {
        if (rows[i].area[0])
            mask |= words_of_thing(search, "area", rows[i].area);
        if (rows[i].floor[0])
            mask |= words_of_thing(search, "floor", rows[i].floor);
    }
    return mask;
}

/* Of equal numbers one is the value: "lamp 2 to 2 per cent"; the next call has the one before. */
static uint64_t last_of(uint64_t mask)
{
    while (mask & (mask - 1))
        mask &= mask - 1;
    return mask;
}

static uint64_t words_of_arg(const struct search *search, const struct home_arg *arg)
{
    if (is_thing(arg->slot))
        return words_of_thing(search, arg->slot, arg->text);
    uint64_t mask = where(search, arg->text), left = mask & ~search->known;
    return arg->is_number ? last_of(left ? left : mask) : mask; /* "left lamp 20, right lamp 20" */
}

static void know_call(struct search *search, const struct home_call *call)
{
    for (size_t i = 0; i < call->arg_count; i++) {
        const struct home_arg *arg = &call->args[i];
        uint64_t mask = words_of_arg(search, arg);
        if (strcmp(arg->slot, "name") == 0)
            mask |= words_of_place(search, arg->text);
        search->known |= mask;
        if (is_thing(arg->slot))
            search->named |= mask;
    }
}

/* ---- what is not ---- */

static bool listed(const struct search *search, const char *list, size_t i)
{
    return phrases_has_word(search->understand->phrases, list, search->words->word[i].text);
}

/* A number without a unit. */
static bool is_bare_number(const struct search *search, size_t i)
{
    return i < search->words->count && is_number(search->words->word[i].text) &&
           !leftover_is_pronoun(search->understand, search->prepared, i) &&
           !(i + 1 < search->words->count && listed(search, "units", i + 1));
}

/* "Kitchen, please" and "the lamp. It is dark": what is written apart belongs to something else. */
static bool apart(const struct search *search, size_t i)
{
    const struct san_word *word = &search->words->word[i];
    const char *between = search->prepared->request.text + word->end;
    size_t len = word[1].begin > word->end ? word[1].begin - word->end : 0;
    for (size_t j = 0; j < len; j++)
        if (strchr(",.;:!?", between[j]))
            return true;
    return false;
}

/* How much the word i is a part of another name where it stands, in log-odds. */
static double strangeness(const struct search *search, size_t i, enum beside_place place)
{
    const struct beside *beside = phrases_beside(search->understand->phrases);
    double score = beside_score(beside, search->words->word[i].text, place);
    bool article = i > 0 && listed(search, "determiners", i - 1);
    return article ? score + (double)beside_weights(beside)->article[place] : score;
}

/* Does the word i, which stands before or after a name, belong to no more than the command? */
static bool is_harmless(const struct search *search, size_t i, bool before)
{
    if (has(search->known, i) || apart(search, before ? i : i - 1))
        return true;
    if (is_number(search->words->word[i].text))
        return !is_bare_number(search, i);
    if (before && listed(search, "distinguishing", i))
        return false;
    if (before && listed(search, "determiners", i)) /* "run me |a| bath" */
        return true;
    if (!before && search->kind[0] &&
        phrases_is_noun(search->understand->phrases, search->kind, search->words->word[i].text))
        return true; /* "the kitchen ceiling |light|" is the light called Kitchen ceiling */
    double trust = listed(search, "rooms", i) ? fmin(search->trust, 0) : search->trust; /* "garden |shed|" */
    return strangeness(search, i, before ? BESIDE_BEFORE : BESIDE_AFTER) <= trust;
}

/* ---- where a name stands ---- */

/* "In the" of "ceiling in the garden" does not. */
static bool tells(const struct search *search, size_t i)
{
    return !listed(search, "command_words", i);
}

/* Words in a row, the first and the last of which tell something: [begin, end). */
struct run {
    size_t begin, end;
};

static const struct run nothing;

/* The next run of words of the mask from `from` on; empty at the end. */
static struct run next_run(const struct search *search, uint64_t mask, size_t from)
{
    struct run run = {from, from};
    while (run.begin < search->words->count && !(has(mask, run.begin) && tells(search, run.begin)))
        run.begin++;
    run.end = run.begin;
    for (size_t i = run.begin; i < search->words->count && has(mask, i); i++)
        if (tells(search, i))
            run.end = i + 1;
    return run;
}

static size_t telling(const struct search *search, struct run run)
{
    size_t count = 0;
    for (size_t i = run.begin; i < run.end; i++)
        count += tells(search, i);
    return count;
}

/* "Night light 2 red": nobody means two per cent. */
static bool is_numbered(const struct search *search, size_t i)
{
    return is_bare_number(search, i) && strlen(search->words->word[i].text) == 1 && !has(search->named, i);
}

static bool is_noun(const struct search *search, size_t i)
{
    return i < search->words->count && !has(search->named, i) &&
           phrases_is_noun(search->understand->phrases, NULL, search->words->word[i].text);
}

/* What was meant instead of what stands there, or nothing. */
static struct run against_run(const struct search *search, struct run run)
{
    if (run.begin > 0 && !is_harmless(search, run.begin - 1, true))
        return (struct run){run.begin - 1, run.end};
    if (run.end < search->words->count &&
        (is_numbered(search, run.end) || !is_harmless(search, run.end, false)))
        return (struct run){run.begin, run.end + 1};
    size_t noun = run.end;
    while (noun < search->words->count && has(search->known, noun))
        noun++;
    if (is_noun(search, noun) && is_numbered(search, noun + 1)) /* "|dining| room |shutter 3|" */
        return (struct run){run.begin, noun + 2};
    return nothing;
}

/* The same of the place where the name is said most fully; of several such, of the first. */
static struct run meant_instead(const struct search *search, uint64_t mask)
{
    size_t most = 1;
    struct run against = nothing;
    for (struct run run = next_run(search, mask, 0); run.begin < search->words->count;
         run = next_run(search, mask, run.end)) {
        size_t weight = telling(search, run);
        if (weight < most)
            continue;
        if (weight > most || !against.end)
            against = against_run(search, run);
        most = weight;
    }
    return against;
}

/* ---- the phrase around a name ---- */

static bool is_known(const struct search *search, size_t i)
{
    return has(search->known, i) || is_number(search->words->word[i].text);
}

/* Is the word i a thing that nobody speaks of beside things of a home? */
static bool is_unknown(const struct search *search, size_t i)
{
    const struct beside *beside = phrases_beside(search->understand->phrases);
    return i < search->words->count && !is_known(search, i) && !listed(search, "command_words", i) &&
           beside_score(beside, search->words->word[i].text, BESIDE_THING) > search->trust;
}

/* "It's like |a| cinema in here", "we have |a| guest" speak of no cinema and guest that one could go to. */
static bool is_indefinite(const struct search *search, size_t i)
{
    const char *word = search->words->word[i].text;
    return strcmp(word, "a") == 0 || strcmp(word, "an") == 0;
}

/* "On the mezzanine", "lock the safe": what a command leads up to, and is nothing of the home. With
 * `definite`, one that the speaker takes for known. */
static struct run unknown_thing(const struct search *search, bool definite)
{
    const struct beside *beside = phrases_beside(search->understand->phrases);
    size_t begin = 2, end;
    while (begin < search->words->count &&
           !(beside_leads(beside, search->words->word[begin - 2].text) &&
               listed(search, "determiners", begin - 1) && !(definite && is_indefinite(search, begin - 1)) &&
               is_unknown(search, begin)))
        begin++;
    for (end = begin; is_unknown(search, end); end++)
        ;
    return begin < end ? (struct run){begin, end} : nothing;
}

/* "The piano lamp in the bedroom" is not all the lights there; "we have a guest. Lights on" has no guest
 * lights. */
static struct run special_noun(const struct search *search, const struct home_call *call)
{
    const char *domain = home_call_text(call, "domain");
    for (size_t i = 1; domain && i < search->words->count; i++)
        if (phrases_is_noun(search->understand->phrases, domain, search->words->word[i].text) &&
            !is_known(search, i - 1) && !apart(search, i - 1) &&
            (strangeness(search, i - 1, BESIDE_KIND) > search->trust ||
                listed(search, "distinguishing", i - 1)))
            return (struct run){i - 1, i + 1};
    return nothing;
}

/* "Bathroom blind" is not the bathroom fan; but what may be a verb ("switch it off") tells nothing. */
static struct run noun_of_another_kind(const struct search *search, uint64_t mask, const char *kind)
{
    const struct phrases *phrases = search->understand->phrases;
    for (size_t i = 0; kind[0] && i < search->words->count; i++) {
        bool after = i > 0 && has(mask, i - 1), before = has(mask >> 1, i);
        const char *word = search->words->word[i].text;
        if ((after || before) && !has(search->known, i) && !listed(search, "command_words", i) &&
            phrases_is_noun(phrases, NULL, word) && !phrases_is_noun(phrases, kind, word))
            return (struct run){after ? i - 1 : i, before ? i + 2 : i + 1};
    }
    return nothing;
}

/* "Pause |the vacuum|" pauses no player: what the sentence begins with is of another kind than the tool acts
 * on.
 */
static struct run noun_of_command(const struct search *search, const struct home_call *call)
{
    enum { FIRST = 3 }; /* "please stop the fan" */
    const char *kinds = mention_kinds(call->tool);
    for (size_t i = 1; kinds[0] && i <= FIRST && i < search->words->count; i++) {
        char kind[32], class[32], padded[sizeof(kind) + 2];
        if (!listed(search, "determiners", i - 1) || is_noun(search, i + 1) ||
            !phrases_kind_of_noun(search->understand->phrases, search->words->word[i].text, kind, class))
            continue;
        snprintf(padded, sizeof(padded), " %s ", kind);
        if (!strstr(kinds, padded))
            return (struct run){i, i + 1};
    }
    return nothing;
}

/* "The kitchen radio" is neither everything in the kitchen nor the lights there. */
static struct run noun_beside_place(const struct search *search, const struct home_call *call, uint64_t mask)
{
    const char *domain = home_call_text(call, "domain"), *kinds = mention_kinds(call->tool);
    if (domain)
        return noun_of_another_kind(search, mask, domain);
    if (!kinds[0])
        return noun_of_another_kind(search, mask, "everything");
    char kind[64];
    size_t len = strcspn(kinds + 1, " ");
    if (len >= sizeof(kind) || kinds[1 + len + 1]) /* several kinds: "set it to half" */
        return nothing;
    memcpy(kind, kinds + 1, len);
    kind[len] = '\0';
    return noun_of_another_kind(search, mask, kind);
}

/* ---- calls ---- */

/* The words of the run as one text; "?" if out of memory. */
static const char *run_text(const struct search *search, struct run run)
{
    size_t size = 2;
    for (size_t i = run.begin; i < run.end; i++)
        size += search->words->word[i].len + 1;
    char *text = san_arena_alloc(search->arena, size);
    if (!text)
        return "?";
    text[0] = '\0';
    for (size_t i = run.begin; i < run.end; i++)
        strcat(strcat(text, i > run.begin ? " " : ""), search->words->word[i].text);
    return text;
}

static void mark(
    const struct search *search, struct understood_call *call, const char *slot, struct run against)
{
    if (against.begin == against.end || call->leftover[0])
        return;
    call->leftover = run_text(search, against);
    call->missing = slot;
}

static bool is_whole(const struct search *search, const char *text)
{
    struct evidence found = evidence_find(search->words, text, search->arena);
    return found.said == found.of;
}

/* By its name or by an alias. */
static bool is_said_whole(const struct search *search, const char *name)
{
    bool whole = is_whole(search, name);
    for (size_t i = 0; i < search->prepared->request.item_count && !whole; i++)
        whole = strcmp(search->prepared->items[i].name, name) == 0 &&
                is_whole(search, search->prepared->items[i].text);
    return whole;
}

static bool is_half(const struct search *search, const char *text)
{
    struct evidence found = evidence_find(search->words, text, search->arena);
    return found.said * 2 >= found.of;
}

/* Less than half of its name and of its aliases: "movie" of "Living Room Movie Night". */
static bool is_hardly_said(const struct search *search, const char *name)
{
    bool half = is_half(search, name);
    for (size_t i = 0; i < search->prepared->request.item_count && !half; i++)
        half = strcmp(search->prepared->items[i].name, name) == 0 &&
               is_half(search, search->prepared->items[i].text);
    return !half;
}

/* How much must speak against what the network chose: more where it is sure. */
static double trust_in(const struct search *search, const struct understood_call *call)
{
    const struct beside_weights *weights = beside_weights(phrases_beside(search->understand->phrases));
    double sure = fmin(fmax(call->confidence, 0.5), 0.999);
    return weights->sure * (log(sure / (1 - sure)) - weights->usual);
}

/* And where all of the name was said, but not where hardly any of it was. Rooms and floors say half of that
 * of themselves: most things are in one. */
static double trust_in_arg(
    const struct search *search, const struct understood_call *call, const struct home_arg *arg)
{
    bool whole = is_said_whole(search, arg->text);
    double trust = trust_in(search, call),
           more = beside_weights(phrases_beside(search->understand->phrases))->whole;
    if (strcmp(arg->slot, "name") != 0)
        return whole ? fmax(trust + more / 2, 0) : 0;
    if (!whole && is_hardly_said(search, arg->text))
        return fmin(trust, 0);
    return whole ? trust + more : trust;
}

/* A name that was said in part. Two parts of one name must not prove each other: "bathroom blind" is not the
 * bathroom fan and the bedroom blind. */
static void check_part(const struct search *all, struct understood_call *call, const char *name)
{
    struct search alone = *all;
    alone.known = alone.named = 0;
    know_call(&alone, &call->call);
    alone.trust = is_hardly_said(all, name) ? fmin(trust_in(all, call), 0) : trust_in(all, call);
    alone.kind = "";
    const struct search *search = &alone;
    uint64_t mask = words_of_thing(search, "name", name);
    /* what these are called says nothing of what they are */
    static const char *const any[] = {"switch", "input_boolean", "scene", "script", "automation", "button"};
    const char *kind = call->kind;
    for (size_t i = 0; i < sizeof(any) / sizeof(*any); i++)
        if (strcmp(kind, any[i]) == 0)
            kind = "";
    mark(search, call, "name", meant_instead(search, mask));
    mark(search, call, "name", noun_of_another_kind(search, mask, kind));
    mark(search, call, "name", unknown_thing(all, false)); /* what stands apart may be another call's */
}

/* All of a kind in the speaker's room, which a word for the kind asks for: "it's like a cave in here.
 * |Lights| please", but not "turn on a sauna" for the heating. */
static bool is_kind_here(const struct search *search, const struct home_call *call)
{
    const char *area = home_call_text(call, "area"), *domain = home_call_text(call, "domain");
    if (!area || !domain || home_call_arg(call, "name") || strcmp(area, search->prepared->area) != 0)
        return false;
    for (size_t i = 0; i < search->words->count; i++)
        if (phrases_is_noun(search->understand->phrases, domain, search->words->word[i].text))
            return true;
    return false;
}

static void check_call(struct search *search, struct understood_call *call)
{
    bool placed = false;
    for (size_t i = 0; i < call->call.arg_count; i++) {
        const struct home_arg *arg = &call->call.args[i];
        uint64_t mask = is_thing(arg->slot) ? words_of_arg(search, arg) : 0;
        placed = placed || mask;
        bool named = strcmp(arg->slot, "name") == 0;
        search->trust = trust_in_arg(search, call, arg);
        search->kind = named && is_said_whole(search, arg->text) ? call->kind : "";
        mark(search, call, arg->slot, meant_instead(search, mask));
        if (mask && !home_call_arg(&call->call, "name"))
            mark(search, call, arg->slot, noun_beside_place(search, &call->call, mask));
    }
    search->trust = fmax(trust_in(search, call), 0);
    const char *name = home_call_text(&call->call, "name");
    if (name && !is_said_whole(search, name))
        check_part(search, call, name);
    if (!name)
        mark(search, call, "name", special_noun(search, &call->call));
    if (search->only && !name)
        mark(search, call, "name", noun_of_command(search, &call->call));
    if (!placed)
        mark(search, call, "name", unknown_thing(search, is_kind_here(search, &call->call)));
}

static bool may_be_wrong(const struct understood_call *call)
{
    return !call->missing[0] && mention_kinds(call->call.tool) && !understand_is_question(call->call.tool);
}

/* Does the sentence go on at the word i: "|and| just the lamp", "there |is| no light", "because |I| only
 * ..."? */
static bool goes_on(const struct search *search, size_t i)
{
    bool settled = !listed(search, "command_words", i - 1) || listed(search, "fragments", i - 1);
    return listed(search, "joints", i - 1) || (!settled && !apart(search, i - 1));
}

/* "The kitchen lights, no sorry, |the dining room lights|": what was taken back names nothing. */
static uint64_t words_taken_back(const struct search *search)
{
    const struct phrases *phrases = search->understand->phrases;
    const struct san_words *words = search->words;
    for (size_t i = words->count; i-- > 1;) {
        size_t count = words_begin_with(phrases, "no_first", words, i, words->count);
        uint64_t before = (1ULL << i) - 1;
        if (count && !goes_on(search, i) && !listed(search, "polite", i) && search->named &&
            !(search->named & before))
            return before;
    }
    return 0;
}

/* Checks the calls that are left. True if one of them was marked: its words are not accounted for any more.
 */
static bool check_calls(struct search *search, struct understood *understood)
{
    bool marked = false;
    search->named = search->known = 0;
    for (size_t i = 0; i < understood->call_count; i++)
        if (!understood->calls[i].leftover[0])
            know_call(search, &understood->calls[i].call);
    search->known |= words_taken_back(search);
    for (size_t i = 0; i < understood->call_count; i++) {
        struct understood_call *call = &understood->calls[i];
        if (!may_be_wrong(call))
            continue;
        check_call(search, call);
        marked = marked || call->leftover[0];
    }
    return marked;
}

bool leftover_is_pronoun(
    const struct understand *understand, const struct understand_request *prepared, size_t i)
{
    const struct san_word *word = &prepared->words.word[i];
    return i > 0 && strcmp(word->text, "1") == 0 && word->end - word->begin == 3 &&
           strncasecmp(prepared->request.text + word->begin, "one", 3) == 0 &&
           !phrases_is_noun(understand->phrases, NULL, word[-1].text);
}

void leftover_apply(const struct understand *understand, const struct understand_request *prepared,
    struct understood *understood, struct san_arena *arena)
{
    struct search search = {.understand = understand,
        .prepared = prepared,
        .words = &prepared->words,
        .arena = arena,
        .kind = "",
        .only = understood->call_count == 1};
    while (understand->phrases && check_calls(&search, understood))
        ;
}
