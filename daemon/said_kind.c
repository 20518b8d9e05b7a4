/* said_kind.c - see said_kind.h. Sets of the utterance's words are masks: bit i is word i. */
#include "said_kind.h"

#include <string.h>

#include "call_domain.h"
#include "evidence.h"
#include "phrases.h"
#include "words.h"

static const char domain[] = "media_player";

struct search {
    const struct understand *understand;
    const struct understand_request *prepared;
    const struct understood *understood;
    struct san_arena *arena;
};

/* A call on players that says neither which, nor of what class. */
static bool is_open(const struct understood_call *call)
{
    bool of_players =
        strncmp(call->call.tool, "HassMedia", 9) == 0 || strncmp(call->call.tool, "HassSetVolume", 13) == 0;
    return of_players && !call->missing[0] && !home_call_arg(&call->call, "name") &&
           !home_call_arg(&call->call, "search_query");
}

/* The words that say this text in a row, or what else says some of it. */
static uint64_t words_of(const struct search *search, const char *text)
{
    const struct san_words *words = &search->prepared->words;
    struct san_words name;
    if (san_normalize(search->arena, text, strlen(text), &name, NULL) != SAN_OK)
        return 0;
    uint64_t row = words_mask(words, &name);
    if (row)
        return row;
    struct evidence found = evidence_find(words, text, search->arena);
    return found.said == found.of ? found.where : 0;
}

/* The words that the calls' names and places account for. */
static uint64_t used_words(const struct search *search)
{
    static const char *const slots[] = {"name", "area", "floor"};
    uint64_t mask = 0;
    for (size_t i = 0; i < search->understood->call_count; i++)
        for (size_t s = 0; s < sizeof(slots) / sizeof(*slots); s++) {
            const char *text = home_call_text(&search->understood->calls[i].call, slots[s]);
            for (size_t j = 0; text && j < search->prepared->request.item_count; j++)
                if (strcmp(search->prepared->items[j].name, text) == 0)
                    mask |= words_of(search, search->prepared->items[j].text);
        }
    return mask;
}

/* Is the class that of another call, whose word it is? */
static bool is_taken(const struct search *search, const char *class)
{
    for (size_t i = 0; i < search->understood->call_count; i++) {
        const char *other = home_call_text(&search->understood->calls[i].call, "device_class");
        if (other && strcmp(other, class) == 0)
            return true;
    }
    return false;
}

/* "The speakers" are several. */
static bool is_plural(const struct san_word *word)
{
    return word->text[word->len - 1] == 's';
}

/* The only class of players of which one was said beside the names; false if none or several were. */
static bool class_said(const struct search *search, char out[static 32])
{
    uint64_t used = used_words(search);
    bool found = false;
    for (size_t i = 0; i < search->prepared->words.count; i++) {
        char kind[32], class[32];
        if (phrases_has_word(search->understand->phrases, "music", search->prepared->words.word[i].text))
            return false; /* "turn the music down, I can't hear the TV" */
        if (used >> i & 1 || is_plural(&search->prepared->words.word[i]) ||
            !phrases_kind_of_noun(
                search->understand->phrases, search->prepared->words.word[i].text, kind, class) ||
            strcmp(kind, domain) != 0 || !class[0] || is_taken(search, class))
            continue;
        if (found && strcmp(out, class) != 0)
            return false;
        memcpy(out, class, sizeof(class));
        found = true;
    }
    return found;
}

/* The only one of the class in that room (NULL: in the home), or NULL. */
static const struct home_entity *only_one(const struct search *search, const char *class, const char *area)
{
    const struct reg_filter filter = {
        .domain = domain, .device_class = class, .area = area, .exposed_only = true};
    struct home_entity *rows;
    size_t count;
    enum san_status status =
        reg_entities(search->understand->registry, &filter, search->arena, &rows, &count, NULL);
    return status == SAN_OK && count == 1 ? &rows[0] : NULL;
}

static bool is_said(const struct search *search, const char *area)
{
    for (size_t i = 0; i < search->prepared->request.item_count; i++) {
        const struct shortlist_item *item = &search->prepared->items[i];
        if (strcmp(item->kind, "area") == 0 && strcmp(item->name, area) == 0 && words_of(search, item->text))
            return true;
    }
    return false;
}

static void name_it(const struct search *search, struct understood_call *call)
{
    char class[32];
    const char *area = home_call_text(&call->call, "area"), *here = search->prepared->area;
    bool said = area && is_said(search, area);
    if (home_call_arg(&call->call, "floor") || !class_said(search, class))
        return;
    const struct home_entity *entity = only_one(search, class, area ? area : here[0] ? here : NULL);
    if (!entity && !said)
        entity = only_one(search, class, NULL);
    if (!entity)
        return;
    if (!said)
        call_remove(&call->call, "area");
    if (call_put_text(&call->call, "name", entity->name))
        call->kind = domain;
}

void said_kind_apply(const struct understand *understand, const struct understand_request *prepared,
    struct understood *understood, struct san_arena *arena)
{
    const struct search search = {understand, prepared, understood, arena};
    struct understood_call *open = NULL;
    for (size_t i = 0; understand->phrases && i < understood->call_count; i++) {
        if (!is_open(&understood->calls[i]))
            continue;
        if (open) /* of which of them would the word be? */
            return;
        open = &understood->calls[i];
    }
    if (open)
        name_it(&search, open);
}
