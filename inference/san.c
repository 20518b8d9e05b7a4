/* san.c - sessions, and the way of one utterance through libsan. */
#include "san.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "arena.h"
#include "generate.h"
#include "model.h"
#include "prompt.h"
#include "schema.h"
#include "session.h"
#include "text.h"

enum { SESSION_BLOCK = 262144 }; /* what an ordinary utterance takes */

/* ---- sessions ---- */

struct san_session *san_session_new(
    struct san_model *model, const struct san_options *options, struct san_error *err)
{
    unsigned threads = options && options->threads ? options->threads : 1;
    size_t cache_bytes = options ? options->cache_bytes : SAN_CACHE_BYTES;
    struct san_session *session = calloc(1, sizeof *session);
    if (!session) {
        san_fail(err, SAN_ENOMEM, "out of memory for a session");
        return NULL;
    }
    session->model = model;
    session->arena = san_arena_new(SESSION_BLOCK, 0);
    if (!session->arena) {
        san_fail(err, SAN_ENOMEM, "out of memory for a session");
        goto failed_arena;
    }
    session->network = san_network_new(model, threads, cache_bytes, err);
    if (!session->network)
        goto failed_network;
    return session;

failed_network:
    san_arena_free(session->arena);
failed_arena:
    free(session);
    return NULL;
}

void san_session_free(struct san_session *session)
{
    if (!session)
        return;
    san_network_free(session->network);
    san_arena_free(session->arena);
    free(session);
}

/* ---- results ---- */

/* One utterance on its way. */
struct parse {
    struct san_session *session;
    const struct san_tools *tools;
    const struct san_request *request;
    struct san_prompt prompt;
    struct san_generated generated;
    struct san_result *result;
    struct san_error *err;
};

static enum san_status no_memory(struct san_error *err)
{
    return san_fail(err, SAN_ENOMEM, "out of memory for an utterance");
}

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static char *join_words(struct san_arena *arena, const struct san_words *words)
{
    size_t size = 1;
    for (size_t i = 0; i < words->count; i++)
        size += words->word[i].len + 1;
    char *text = san_arena_alloc(arena, size), *end = text;
    for (size_t i = 0; text && i < words->count; i++) {
        if (i)
            *end++ = ' ';
        memcpy(end, words->word[i].text, words->word[i].len);
        end += words->word[i].len;
    }
    return text;
}

/* The words of a span, as they were said. */
static const char *said(const struct parse *p, const struct san_written_value *value)
{
    const struct san_word *word = p->prompt.words.word;
    size_t begin = word[value->first_word].begin, end = word[value->last_word].end;
    return san_arena_strndup(p->session->arena, p->request->text + begin, end - begin);
}

static const char *printed(struct san_arena *arena, int64_t hundredths)
{
    char text[SAN_NUMBER_TEXT];
    san_number_print(hundredths, text);
    return san_arena_strndup(arena, text, strlen(text));
}

/* False if out of memory. */
static bool fill_arg(const struct parse *p, const struct san_written_value *value, struct san_arg *out)
{
    *out = (struct san_arg){.slot = value->slot->name,
        .type = value->type,
        .item = -1,
        .text = "",
        .probability = value->probability};
    switch (value->type) {
    case SAN_VALUE_ITEM:
        out->item = value->phrase->index;
        out->text = value->phrase->text;
        break;
    case SAN_VALUE_ENUM:
        out->text = value->phrase->text;
        break;
    case SAN_VALUE_NUMBER:
        out->number = (double)value->hundredths / 100;
        out->text = printed(p->session->arena, value->hundredths);
        break;
    case SAN_VALUE_SPAN:
        out->text = said(p, value);
        break;
    case SAN_VALUE_NONE:
        break;
    }
    return out->text;
}

static bool fill_call(const struct parse *p, const struct san_written_call *call, struct san_call *out)
{
    struct san_arg *args = san_arena_alloc(p->session->arena, (call->value_count + 1) * sizeof *args);
    if (!args)
        return false;
    *out = (struct san_call){.tool = call->tool->name,
        .args = args,
        .arg_count = call->value_count,
        .confidence = san_confidence_of(&p->session->model->confidence, call->probability)};
    for (size_t i = 0; i < call->value_count; i++) {
        if (!fill_arg(p, &call->value[i], &args[i]))
            return false;
        out->unmatched |= args[i].type == SAN_VALUE_NONE;
    }
    return true;
}

static bool same_call(const struct san_call *a, const struct san_call *b)
{
    if (a->tool != b->tool || a->arg_count != b->arg_count)
        return false;
    for (size_t i = 0; i < a->arg_count; i++) {
        const struct san_arg *x = &a->args[i], *y = &b->args[i];
        if (x->slot != y->slot || x->type != y->type || x->item != y->item || strcmp(x->text, y->text) != 0)
            return false;
    }
    return true;
}

static bool is_repeated(const struct san_call *calls, size_t count, const struct san_call *call)
{
    for (size_t i = 0; i < count; i++)
        if (same_call(&calls[i], call))
            return true;
    return false;
}

/* The written calls as the caller sees them; what was said twice is meant once. */
static enum san_status fill_calls(struct parse *p)
{
    const struct san_written_call *written;
    size_t count = san_grammar_calls(p->generated.grammar, &written);
    struct san_call *calls = san_arena_alloc(p->session->arena, (count + 1) * sizeof *calls);
    struct san_result *result = p->result;
    if (!calls)
        return no_memory(p->err);
    result->calls = calls;
    result->confidence =
        count ? 1 : san_confidence_of(&p->session->model->confidence, p->generated.probability);
    for (size_t i = 0; i < count; i++) {
        struct san_call *call = &calls[result->call_count];
        if (!fill_call(p, &written[i], call))
            return no_memory(p->err);
        if (is_repeated(calls, result->call_count, call))
            continue;
        if (call->confidence < result->confidence)
            result->confidence = call->confidence;
        result->call_count++;
    }
    result->output_tokens = (unsigned)p->generated.tokens;
    result->steps = p->generated.steps;
    result->step_count = p->generated.step_count;
    return SAN_OK;
}

/* ---- parsing ---- */

/* The length of text, or limit + 1 if it is longer: a megabyte need not be read to be refused. */
static size_t length_up_to(const char *text, size_t limit)
{
    return strnlen(text, limit + 1);
}

static enum san_status run_network(struct parse *p)
{
    struct san_session *s = p->session;
    struct san_timing *timing = &p->result->timing;
    double start = now_ms();
    enum san_status status =
        san_network_encode(s->network, p->prompt.segments, p->prompt.segment_count, p->err);
    double encoded = now_ms();
    timing->encode_ms = encoded - start;
    if (status == SAN_OK)
        status = san_generate(s->network, p->tools, &p->prompt, s->arena, s->model->config.output_length,
            p->request->trace, &p->generated, p->err);
    if (status == SAN_OK)
        status = fill_calls(p);
    timing->decode_ms = now_ms() - encoded;
    return status;
}

static enum san_status parse(struct parse *p)
{
    struct san_session *s = p->session;
    struct san_words words;
    double start = now_ms();
    p->result = san_arena_alloc(s->arena, sizeof *p->result);
    if (!p->result)
        return no_memory(p->err);
    const char *text = p->request->text;
    enum san_status status = san_normalize(s->arena, text, length_up_to(text, SAN_TEXT_MAX), &words, p->err);
    if (status != SAN_OK)
        return status;
    p->result->normalized = join_words(s->arena, &words);
    if (!p->result->normalized)
        return no_memory(p->err);
    status = san_prompt_build(s->arena, p->tools, p->request, &words, &p->prompt, p->err);
    p->result->timing.normalize_ms = now_ms() - start;
    p->result->prompt_tokens = (unsigned)p->prompt.tokens;
    p->result->confidence = 1;
    if (status == SAN_OK && words.count)
        status = run_network(p);
    p->result->timing.total_ms = now_ms() - start;
    return status;
}

enum san_status san_parse(struct san_session *session, const struct san_tools *tools,
    const struct san_request *request, const struct san_result **out, struct san_error *err)
{
    *out = NULL;
    if (!request->text)
        return san_fail(err, SAN_EINVAL, "a request without text");
    if (tools->model != session->model)
        return san_fail(
            err, SAN_EINVAL, "the tools were compiled for another model; load them with this one");
    if (request->item_count && !request->items)
        return san_fail(err, SAN_EINVAL, "%zu items, but no pointer to them", request->item_count);
    san_arena_reset(session->arena);
    struct parse p = {.session = session, .tools = tools, .request = request, .err = err};
    enum san_status status = parse(&p);
    if (status == SAN_OK)
        *out = p.result;
    return status;
}

/* ---- JSON ---- */

/* Text that grows to its right end; counts alone while there is no memory. */
struct writer {
    char *text; /* NULL: count */
    size_t length;
};

static void put(struct writer *w, const char *text, size_t count)
{
    if (w->text)
        memcpy(w->text + w->length, text, count);
    w->length += count;
}

static void put_text(struct writer *w, const char *text)
{
    put(w, text, strlen(text));
}

static void put_string(struct writer *w, const char *text)
{
    static const char hex[] = "0123456789abcdef";
    put_text(w, "\"");
    for (const char *p = text; *p; p++) {
        unsigned char c = (unsigned char)*p;
        if (c == '"' || c == '\\') {
            put(w, (char[]){'\\', *p}, 2);
        } else if (c < 0x20) {
            put(w, (char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]}, 6);
        } else {
            put(w, p, 1);
        }
    }
    put_text(w, "\"");
}

static void put_call(struct writer *w, const struct san_call *call)
{
    put_text(w, "{\"name\":");
    put_string(w, call->tool);
    put_text(w, ",\"arguments\":{");
    for (size_t i = 0; i < call->arg_count; i++) {
        const struct san_arg *arg = &call->args[i];
        if (i)
            put_text(w, ",");
        put_string(w, arg->slot);
        put_text(w, ":");
        if (arg->type == SAN_VALUE_NUMBER)
            put_text(w, arg->text);
        else
            put_string(w, arg->text);
    }
    put_text(w, "}}");
}

static void put_calls(struct writer *w, const struct san_result *result)
{
    bool first = true;
    put_text(w, "[");
    for (size_t i = 0; i < result->call_count; i++) {
        if (result->calls[i].unmatched)
            continue;
        if (!first)
            put_text(w, ",");
        first = false;
        put_call(w, &result->calls[i]);
    }
    put(w, "]", 2); /* with its NUL */
}

const char *san_result_json(struct san_session *session, const struct san_result *result)
{
    struct writer w = {0};
    put_calls(&w, result);
    w.text = san_arena_alloc(session->arena, w.length);
    if (!w.text)
        return NULL;
    w.length = 0;
    put_calls(&w, result);
    return w.text;
}
