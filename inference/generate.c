/* generate.c - the greedy loop.
 *
 * At each open decision the softmax runs over the allowed tokens alone: what the grammar excludes takes no
 * part of the probability. Ties go to the lower id, so that every kernel that gives equal logits gives equal
 * calls.
 */
#include "generate.h"

#include <math.h>
#include <string.h>

#include "model.h"

/* One decision: which of the allowed, how likely, and the runner-up. */
struct choice {
    size_t best, second;
    float probability, second_probability;
};

struct generator {
    struct san_network *network;
    const struct san_tokenizer *tokenizer;
    struct san_grammar *grammar;
    struct san_arena *arena;
    float *logits;   /* [vocabulary] */
    int32_t *queued; /* written, but not yet through the decoder */
    size_t queued_count;
    struct san_step *steps; /* NULL unless traced */
    size_t tokens;
    float probability;
};

static struct choice choose(const float *logits, size_t count)
{
    struct choice c = {.best = 0, .second = 1};
    float sum = 0;
    for (size_t i = 1; i < count; i++) {
        if (logits[i] > logits[c.best]) {
            c.second = c.best;
            c.best = i;
        } else if (i > 1 && logits[i] > logits[c.second]) {
            c.second = i;
        }
    }
    for (size_t i = 0; i < count; i++)
        sum += expf(logits[i] - logits[c.best]);
    c.probability = 1 / sum;
    c.second_probability = expf(logits[c.second] - logits[c.best]) / sum;
    return c;
}

/* False if out of memory. */
static bool trace_token(struct generator *g, const int32_t *ids, size_t allowed, struct choice choice)
{
    bool open = allowed > 1;
    int32_t *kept = san_arena_alloc(g->arena, allowed * sizeof *kept);
    if (!kept)
        return false;
    memcpy(kept, ids, allowed * sizeof *kept);
    g->steps[g->tokens] = (struct san_step){.token = san_tokenizer_text(g->tokenizer, ids[choice.best]),
        .id = ids[choice.best],
        .probability = choice.probability,
        .allowed = (unsigned)allowed,
        .ids = kept,
        .second = open ? san_tokenizer_text(g->tokenizer, ids[choice.second]) : NULL,
        .second_probability = open ? choice.second_probability : 0};
    return true;
}

static void write_token(struct generator *g, int32_t token, struct choice choice)
{
    g->tokens++;
    g->probability *= choice.probability;
    g->queued[g->queued_count++] = token;
    san_grammar_write(g->grammar, token, choice.probability);
}

/* Writes one token: the only one allowed, or the likeliest. */
static enum san_status write_next(struct generator *g, struct san_error *err)
{
    const int32_t *ids;
    size_t allowed = san_grammar_allowed(g->grammar, &ids);
    struct choice choice = {.probability = 1};
    if (allowed > 1) {
        enum san_status status = san_network_decode(g->network, g->queued, g->queued_count, err);
        if (status != SAN_OK)
            return status;
        g->queued_count = 0;
        san_network_logits(g->network, ids, allowed, g->logits);
        choice = choose(g->logits, allowed);
    }
    if (g->steps && !trace_token(g, ids, allowed, choice))
        return san_fail(err, SAN_ENOMEM, "out of memory for the trace of the calls");
    write_token(g, ids[choice.best], choice);
    return SAN_OK;
}

enum san_status san_generate(struct san_network *network, const struct san_tools *tools,
    const struct san_prompt *prompt, struct san_arena *arena, size_t max_tokens, bool trace,
    struct san_generated *out, struct san_error *err)
{
    const struct san_tokenizer *tokenizer = tools->model->tokenizer;
    if (max_tokens < 2) /* "<none>" eos */
        return san_fail(
            err, SAN_EUNSUPPORTED, "the model writes at most %zu tokens: 2 are needed", max_tokens);
    struct generator g = {.network = network,
        .tokenizer = tokenizer,
        .grammar = san_grammar_new(arena, tools, prompt, max_tokens),
        .arena = arena,
        .logits = san_arena_alloc(arena, san_tokenizer_size(tokenizer) * sizeof *g.logits),
        .queued = san_arena_alloc(arena, (SAN_OUTPUT_MAX + 1) * sizeof *g.queued),
        .steps = trace ? san_arena_alloc(arena, SAN_OUTPUT_MAX * sizeof *g.steps) : NULL,
        .probability = 1};
    if (!g.grammar || !g.logits || !g.queued || (trace && !g.steps))
        return san_fail(err, SAN_ENOMEM, "out of memory for the calls");
    g.queued[g.queued_count++] = tools->eos;
    while (!san_grammar_ended(g.grammar)) {
        enum san_status status = write_next(&g, err);
        if (status != SAN_OK)
            return status;
    }
    *out = (struct san_generated){.grammar = g.grammar,
        .tokens = g.tokens,
        .steps = g.steps,
        .step_count = trace ? g.tokens : 0,
        .probability = g.probability};
    return SAN_OK;
}
