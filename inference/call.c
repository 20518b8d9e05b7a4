/* call.c - a query and tools of any kind, for models of the "needle" prompt format (docs/model.md, section
 * 7). */
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "json_grammar.h"
#include "json_tools.h"
#include "model.h"
#include "san.h"
#include "session.h"
#include "text.h"

enum { QUERY_BYTES = 4096, SHORTEST_OUTPUT = 4 /* <tool_call> [ ] eos */ };

struct call {
    struct san_session *session;
    const struct san_json_tools *tools;
    struct san_error *err;
};

static enum san_status no_memory(const struct call *c)
{
    return san_fail(c->err, SAN_ENOMEM, "out of memory for a query");
}

/* ---- in ---- */

/* Pieces of text behind ids[*count]; `room` is what ids has in all. */
static enum san_status add_text(
    const struct call *c, struct san_literal text, int32_t *ids, size_t *count, size_t room)
{
    void *scratch = san_arena_alloc(c->session->arena, san_tokenizer_scratch(text.len));
    if (!scratch)
        return no_memory(c);
    int n = san_tokenizer_running(
        c->session->model->tokenizer, text.text, text.len, scratch, ids + *count, (int)(room - *count));
    if (n < 0)
        return san_fail(c->err, SAN_ELIMIT,
            "query and tools are more than the model's %zu tokens: give fewer tools", room);
    *count += (size_t)n;
    return SAN_OK;
}

static enum san_status encode(const struct call *c, struct san_literal query)
{
    size_t room = c->session->model->config.context_length, count = 0;
    int32_t *ids = san_arena_alloc(c->session->arena, (room + 1) * sizeof *ids);
    if (!ids)
        return no_memory(c);
    enum san_status status = add_text(c, query, ids, &count, room);
    if (status == SAN_OK) {
        ids[count++] = c->tools->tools;
        status = add_text(c, c->tools->prompt, ids, &count, room > count ? room : count);
    }
    struct san_segment segment = {ids, count};
    return status == SAN_OK ? san_network_encode(c->session->network, &segment, 1, c->err) : status;
}

/* ---- out ---- */

/* Of equal logits the first: every kernel that gives equal logits gives equal calls. */
static int32_t best_of(const int32_t *ids, const float *logits, size_t count)
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        best = logits[i] > logits[best] ? i : best;
    return ids[best];
}

static enum san_status generate(const struct call *c, const struct san_json_grammar **out)
{
    struct san_session *s = c->session;
    size_t room = s->model->config.output_length, queued = 2;
    if (room < SHORTEST_OUTPUT)
        return san_fail(c->err, SAN_EUNSUPPORTED, "the model writes at most %zu tokens: %d are needed", room,
            SHORTEST_OUTPUT);
    struct san_json_grammar *grammar = san_json_grammar_new(s->arena, c->tools, room - 1);
    int32_t *queue = san_arena_alloc(s->arena, (room + 1) * sizeof *queue); /* written, not yet decoded */
    float *logits = san_arena_alloc(s->arena, s->model->config.vocab * sizeof *logits);
    if (!grammar || !queue || !logits)
        return no_memory(c);
    queue[0] = c->tools->eos;
    queue[1] = c->tools->call;
    while (!san_json_grammar_ended(grammar)) {
        const int32_t *ids;
        size_t allowed = san_json_grammar_allowed(grammar, &ids);
        int32_t token = ids[0];
        if (allowed > 1) {
            enum san_status status = san_network_decode(s->network, queue, queued, c->err);
            if (status != SAN_OK)
                return status;
            queued = 0;
            san_network_logits(s->network, ids, allowed, logits);
            token = best_of(ids, logits, allowed);
        }
        queue[queued++] = token;
        san_json_grammar_write(grammar, token);
    }
    *out = grammar;
    return SAN_OK;
}

/* ---- names as the tools' file has them ---- */

static const char *given_name(const struct san_json_tools *tools, const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < tools->count; i++)
        if (tools->names[i].len == len + 2 && memcmp(tools->names[i].text + 1, name, len) == 0)
            return tools->tool[i].given;
    return name;
}

static bool restore_names(const struct call *c, cJSON *calls)
{
    cJSON *call;
    cJSON_ArrayForEach(call, calls)
    {
        const cJSON *name = cJSON_GetObjectItemCaseSensitive(call, "name");
        cJSON *given = cJSON_CreateString(given_name(c->tools, name->valuestring));
        if (!given || !cJSON_ReplaceItemInObjectCaseSensitive(call, "name", given)) {
            cJSON_Delete(given);
            return false;
        }
    }
    return true;
}

static enum san_status print_calls(const struct call *c, const char *text, const char **out)
{
    cJSON *calls = cJSON_Parse(text); /* the grammar lets nothing else than JSON out */
    char *printed = calls && restore_names(c, calls) ? cJSON_PrintUnformatted(calls) : NULL;
    if (printed)
        *out = san_arena_strndup(c->session->arena, printed, strlen(printed));
    cJSON_free(printed);
    cJSON_Delete(calls);
    return *out ? SAN_OK : no_memory(c);
}

enum san_status san_call(struct san_session *session, const struct san_json_tools *tools, const char *query,
    const char **calls, struct san_error *err)
{
    struct call c = {session, tools, err};
    const struct san_json_grammar *grammar = NULL;
    *calls = NULL;
    if (tools->model != session->model)
        return san_fail(err, SAN_EINVAL, "the tools were loaded for another model; load them with this one");
    size_t len = strnlen(query, QUERY_BYTES + 1);
    if (len > QUERY_BYTES)
        return san_fail(err, SAN_ELIMIT, "a query of more than %d bytes", QUERY_BYTES);
    if (!san_is_utf8(query, len))
        return san_fail(err, SAN_EFORMAT, "the query is not UTF-8");
    san_arena_reset(session->arena);
    enum san_status status = encode(&c, (struct san_literal){query, len});
    if (status == SAN_OK)
        status = generate(&c, &grammar);
    return status == SAN_OK ? print_calls(&c, san_json_grammar_text(grammar), calls) : status;
}
