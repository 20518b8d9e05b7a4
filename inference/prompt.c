/* prompt.c - a request as the network reads it: segments of token ids. */
#include "prompt.h"

#include <string.h>

#include "model.h"

/* The prompt while it grows. */
struct builder {
    struct san_arena *arena;
    const struct san_tools *tools;
    const struct san_tokenizer *tokenizer;
    struct san_segment *segments;
    struct san_phrase *phrases;
    struct san_prompt *prompt;
    struct san_error *err;
};

static enum san_status no_memory(const struct builder *b)
{
    return san_fail(b->err, SAN_ENOMEM, "out of memory for a prompt");
}

static void add_segment(struct builder *b, const int32_t *ids, size_t count)
{
    b->segments[b->prompt->segment_count++] = (struct san_segment){ids, count};
    b->prompt->tokens += count;
}

static enum san_status build_query(struct builder *b)
{
    const struct san_words *words = &b->prompt->words;
    int32_t *ids = san_arena_alloc(b->arena, SAN_QUERY_MAX * sizeof *ids);
    struct san_pieces *pieces = san_arena_alloc(b->arena, (words->count + 1) * sizeof *pieces);
    size_t count = 0;
    if (!ids || !pieces)
        return no_memory(b);
    for (size_t i = 0; i < words->count; i++) {
        const struct san_word *word = &words->word[i];
        int n = san_tokenizer_word(
            b->tokenizer, word->text, word->len, ids + count, (int)(SAN_QUERY_MAX - 1 - count));
        if (n < 0)
            return san_fail(b->err, SAN_ELIMIT,
                "the utterance is longer than %d tokens at word %zu; say less at once", SAN_QUERY_MAX - 1,
                i + 1);
        pieces[i] = (struct san_pieces){ids + count, (size_t)n};
        count += (size_t)n;
    }
    ids[count++] = b->tools->end_of_query;
    b->prompt->pieces = pieces;
    add_segment(b, ids, count);
    return SAN_OK;
}

/* The pieces of words, as many as fit max. */
static size_t cut_pieces(const struct builder *b, const struct san_words *words, int32_t *ids, size_t max)
{
    enum { WORD_TOKENS = 2 * SAN_WORD_MAX }; /* a byte each, and the mark of a space */
    int32_t word[WORD_TOKENS];
    size_t count = 0;
    for (size_t i = 0; i < words->count && count < max; i++) {
        int n = san_tokenizer_word(b->tokenizer, words->word[i].text, words->word[i].len, word, WORD_TOKENS);
        size_t take = n < 0 ? 0 : (size_t)n < max - count ? (size_t)n : max - count;
        memcpy(ids + count, word, take * sizeof *ids);
        count += take;
    }
    return count;
}

/* One segment: head, then the pieces of text. It can be written as a value of the kinds given. */
static enum san_status build_named(
    struct builder *b, int32_t head, const char *text, uint64_t kinds, int index)
{
    struct san_words words;
    struct san_error why;
    enum san_status status = san_normalize(b->arena, text, strlen(text), &words, &why);
    if (status != SAN_OK && index < 0)
        return san_fail(b->err, status, "the speaker's area: %s", why.text);
    if (status != SAN_OK)
        return san_fail(b->err, status, "item %d: %s", index, why.text);
    int32_t *ids = san_arena_alloc(b->arena, SAN_ITEM_TOKENS_MAX * sizeof *ids);
    if (!ids)
        return no_memory(b);
    ids[0] = head;
    size_t count = cut_pieces(b, &words, ids + 1, SAN_ITEM_TOKENS_MAX - 1);
    char *kept = san_arena_strndup(b->arena, text, strlen(text));
    if (!kept)
        return no_memory(b);
    if (!count)
        return SAN_OK;
    add_segment(b, ids, count + 1);
    b->phrases[b->prompt->phrase_count++] =
        (struct san_phrase){.ids = ids + 1, .count = count, .kinds = kinds, .index = index, .text = kept};
    return SAN_OK;
}

static enum san_status build_area(struct builder *b, const char *area)
{
    int32_t kind = san_token_named(b->tokenizer, "@", "area");
    return build_named(b, b->tools->in, area, kind < 0 ? 0 : san_tools_kind_bit(b->tools, kind), -1);
}

static enum san_status build_item(struct builder *b, const struct san_item *item, int index)
{
    if (!item->kind || !item->text)
        return san_fail(b->err, SAN_EINVAL, "item %d has no kind or no text", index);
    int32_t kind = san_token_named(b->tokenizer, "@", item->kind);
    if (kind < 0)
        return san_fail(b->err, SAN_EINVAL, "item %d: the model knows no kind \"%.40s\"", index, item->kind);
    return build_named(b, kind, item->text, san_tools_kind_bit(b->tools, kind), index);
}

enum san_status san_prompt_build(struct san_arena *arena, const struct san_tools *tools,
    const struct san_request *request, const struct san_words *words, struct san_prompt *out,
    struct san_error *err)
{
    if (request->item_count > SAN_ITEMS_MAX)
        return san_fail(err, SAN_ELIMIT, "%zu items: at most %d", request->item_count, SAN_ITEMS_MAX);
    *out = (struct san_prompt){.words = *words};
    struct builder b = {.arena = arena,
        .tools = tools,
        .tokenizer = tools->model->tokenizer,
        .segments = san_arena_alloc(arena, (request->item_count + 2) * sizeof *b.segments),
        .phrases = san_arena_alloc(arena, (request->item_count + 1) * sizeof *b.phrases),
        .prompt = out,
        .err = err};
    if (!b.segments || !b.phrases)
        return no_memory(&b);
    out->segments = b.segments;
    out->phrases = b.phrases;
    enum san_status status = build_query(&b);
    if (status == SAN_OK && request->area)
        status = build_area(&b, request->area);
    for (size_t i = 0; i < request->item_count && status == SAN_OK; i++)
        status = build_item(&b, &request->items[i], (int)i);
    san_phrases_sort(b.phrases, out->phrase_count);
    return status;
}
