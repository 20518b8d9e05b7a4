/* grammar.c - the token automaton.
 *
 * Outside of values the state is where in `call { call } eos` the output stands. Inside of a value it is a
 * set of threads: every form of the value that what was written so far could become. Phrases (enum values,
 * item names) are sorted by their tokens, so that a thread in them is a range [low, high) that agrees in its
 * first `depth` tokens; a thread in the utterance is a word from which it copies and how far it got; numbers
 * are threads of number.h.
 *
 * Each token on offer carries the fewest tokens that must follow it up to and including eos. Tokens that
 * would need more than are left are not offered. By induction there is always one: where n tokens suffice,
 * some token leads to where n - 1 do.
 */
#include "grammar.h"

#include <string.h>

enum {
    THREADS_MAX = SAN_WORDS_MAX + 2 * SAN_FORMS_MAX,
    OPTIONS_MAX = SAN_FORMS_MAX * SAN_ENUM_MAX + SAN_ITEMS_MAX + SAN_WORDS_MAX + SAN_TOOLS_MAX +
                  SAN_TOOL_SLOTS_MAX + 64,
    IMPOSSIBLE = SAN_OUTPUT_MAX + 1, /* a cost that is never left */
};

struct thread {
    const struct san_form *form; /* NULL: "<none>" was written, and that is all */
    union {
        struct {
            const struct san_phrase *all;
            size_t low, high, depth;
            uint64_t kinds;
        } phrase;
        struct {
            size_t first, word, piece;
        } span;
        struct san_number number;
    };
};

enum phase { PHASE_START, PHASE_NONE, PHASE_CALL, PHASE_VALUE, PHASE_END };

struct san_grammar {
    const struct san_tools *tools;
    const struct san_prompt *prompt;
    size_t shortest_word;         /* pieces; 0 without words */
    int tool_cost[SAN_TOOLS_MAX]; /* tokens behind T:tool, eos included */
    int left;                     /* tokens that may still be written */
    enum phase phase;
    struct san_written_call call[SAN_CALLS_MAX];
    size_t call_count;
    size_t slot;         /* of the current call: the one last opened */
    bool fresh;          /* nothing of its value is written yet */
    uint32_t present;    /* the slots that it has */
    uint64_t name_kinds; /* of the items called as its name says; 0 without a name */
    struct thread thread[THREADS_MAX];
    size_t thread_count;
    int32_t option[OPTIONS_MAX];
    size_t option_count;
};

static const struct san_tool *tool_of(const struct san_grammar *g)
{
    return g->call[g->call_count - 1].tool;
}

/* ---- costs ---- */

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Tokens of the shortest phrase of these kinds. */
static int shortest_phrase(const struct san_form *form, uint64_t kinds)
{
    int cost = IMPOSSIBLE;
    for (size_t i = 0; i < form->phrase_count; i++)
        if (form->phrases[i].kinds & kinds)
            cost = least(cost, (int)form->phrases[i].count);
    return cost;
}

static int longest_phrase(const struct san_form *form)
{
    int cost = 0;
    for (size_t i = 0; i < form->phrase_count; i++)
        if (cost < (int)form->phrases[i].count)
            cost = (int)form->phrases[i].count;
    return cost;
}

static int number_cost(
    const struct san_grammar *g, const struct san_form *form, const struct san_number *number)
{
    int cost = san_number_cost(&g->tools->digits, &form->range, number);
    return cost < 0 ? IMPOSSIBLE : cost;
}

/* The fewest tokens of a value of this form. */
static int form_cost(const struct san_grammar *g, const struct san_form *form, uint64_t kinds)
{
    const struct san_number plus = {.negative = false}, minus = {.negative = true};
    switch (form->type) {
    case SAN_FORM_ITEM:
        return 1; /* "<none>" */
    case SAN_FORM_ENUM:
        return shortest_phrase(form, kinds);
    case SAN_FORM_NUMBER:
        return least(number_cost(g, form, &plus), number_cost(g, form, &minus));
    case SAN_FORM_SPAN:
        return g->shortest_word ? (int)g->shortest_word : IMPOSSIBLE;
    }
    return IMPOSSIBLE;
}

static int value_cost(const struct san_grammar *g, const struct san_slot *slot, uint64_t kinds)
{
    int cost = IMPOSSIBLE;
    for (size_t i = 0; i < slot->form_count; i++)
        cost = least(cost, form_cost(g, &slot->form[i], kinds));
    return cost;
}

/* What a slot that is still to come takes at most: a name may yet leave only the longest of the domains. */
static int slot_cost(const struct san_grammar *g, const struct san_slot *slot)
{
    int cost = value_cost(g, slot, UINT64_MAX);
    for (size_t i = 0; i < slot->form_count && slot->role == SAN_ROLE_DOMAIN; i++)
        if (cost < longest_phrase(&slot->form[i]))
            cost = longest_phrase(&slot->form[i]);
    return 1 + cost;
}

/* The tokens that complete a call of tool by slots from `from` on, eos included. */
static int completion_cost(
    const struct san_grammar *g, const struct san_tool *tool, uint32_t present, size_t from)
{
    int best = IMPOSSIBLE;
    for (size_t i = 0; i < tool->need_count; i++) {
        uint32_t missing = tool->need[i] & ~present;
        int cost = 1;
        for (size_t s = 0; s < tool->slot_count && cost < IMPOSSIBLE; s++)
            if (missing >> s & 1)
                cost += s < from ? IMPOSSIBLE : slot_cost(g, &tool->slot[s]);
        best = least(best, cost);
    }
    return best;
}

/* ---- options ---- */

/* Offers a token behind which `cost` more are needed, if so many are left. The options stay sorted and
 * different. */
static void offer(struct san_grammar *g, int32_t token, int cost)
{
    size_t low = 0, high = g->option_count;
    if (cost > g->left - 1)
        return;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (g->option[middle] < token)
            low = middle + 1;
        else
            high = middle;
    }
    if ((low < g->option_count && g->option[low] == token) || g->option_count == OPTIONS_MAX)
        return;
    memmove(&g->option[low + 1], &g->option[low], (g->option_count - low) * sizeof *g->option);
    g->option[low] = token;
    g->option_count++;
}

static void offer_tools(struct san_grammar *g)
{
    for (size_t i = 0; i < g->tools->count && g->call_count < SAN_CALLS_MAX; i++)
        offer(g, g->tools->tool[i].token, g->tool_cost[i]);
}

/* The kinds to which the values of a slot are held. A domain that no value could have beside this name is
 * held to nothing. */
static uint64_t kinds_for(const struct san_grammar *g, const struct san_slot *slot)
{
    if (slot->role != SAN_ROLE_DOMAIN || !g->name_kinds || value_cost(g, slot, g->name_kinds) >= IMPOSSIBLE)
        return UINT64_MAX;
    return g->name_kinds;
}

/* A domain that contradicts the name is offered only where the call could not be completed without it. */
static bool is_idle(const struct san_grammar *g, size_t slot)
{
    const struct san_tool *tool = tool_of(g);
    const struct san_slot *s = &tool->slot[slot];
    return s->role == SAN_ROLE_DOMAIN && g->name_kinds && kinds_for(g, s) == UINT64_MAX &&
           completion_cost(g, tool, g->present, slot + 1) < IMPOSSIBLE;
}

/* What may follow when no value is open: later slots, and where the call is complete the next call or the
 * end. */
static void offer_next(struct san_grammar *g, size_t from)
{
    const struct san_tool *tool = tool_of(g);
    for (size_t i = from; i < tool->slot_count; i++) {
        const struct san_slot *slot = &tool->slot[i];
        if (is_idle(g, i))
            continue;
        int value = value_cost(g, slot, kinds_for(g, slot));
        offer(g, slot->token, value + completion_cost(g, tool, g->present | UINT32_C(1) << i, i + 1));
    }
    if (completion_cost(g, tool, g->present, tool->slot_count) >= IMPOSSIBLE)
        return;
    offer_tools(g);
    offer(g, g->tools->eos, 0);
}

/* The tokens by which one thread can go on; rest is what must follow the value. */
static void offer_phrase(struct san_grammar *g, const struct thread *t, int rest)
{
    for (size_t i = t->phrase.low; i < t->phrase.high; i++) {
        const struct san_phrase *phrase = &t->phrase.all[i];
        if ((phrase->kinds & t->phrase.kinds) && phrase->count > t->phrase.depth)
            offer(g, phrase->ids[t->phrase.depth], (int)(phrase->count - t->phrase.depth) - 1 + rest);
    }
}

static void offer_span(struct san_grammar *g, const struct thread *t, int rest)
{
    const struct san_pieces *word = &g->prompt->pieces[t->span.word];
    size_t piece = t->span.piece;
    if (piece == word->count) {
        if (t->span.word + 1 == g->prompt->words.count)
            return;
        word++;
        piece = 0;
    }
    offer(g, word->ids[piece], (int)(word->count - piece) - 1 + rest);
}

static void offer_number(struct san_grammar *g, const struct thread *t, int rest)
{
    struct san_number_option next[SAN_NUMBER_OPTIONS_MAX];
    size_t count = san_number_next(&g->tools->digits, &t->form->range, &t->number, next);
    for (size_t i = 0; i < count; i++)
        offer(g, next[i].token, next[i].cost + rest);
}

static void offer_thread(struct san_grammar *g, const struct thread *t, int rest)
{
    if (!t->form)
        return;
    switch (t->form->type) {
    case SAN_FORM_ITEM:
    case SAN_FORM_ENUM:
        offer_phrase(g, t, rest);
        return;
    case SAN_FORM_NUMBER:
        offer_number(g, t, rest);
        return;
    case SAN_FORM_SPAN:
        offer_span(g, t, rest);
        return;
    }
}

/* ---- threads ---- */

static void add_thread(struct san_grammar *g, struct thread thread)
{
    if (g->thread_count < THREADS_MAX)
        g->thread[g->thread_count++] = thread;
}

static void start_phrases(struct san_grammar *g, const struct san_form *form, const struct san_phrase *all,
    size_t count, uint64_t kinds)
{
    add_thread(g, (struct thread){.form = form, .phrase = {.all = all, .high = count, .kinds = kinds}});
}

static void start_form(struct san_grammar *g, const struct san_form *form, uint64_t kinds)
{
    switch (form->type) {
    case SAN_FORM_ITEM:
        start_phrases(g, form, g->prompt->phrases, g->prompt->phrase_count, form->kinds);
        return;
    case SAN_FORM_ENUM:
        start_phrases(g, form, form->phrases, form->phrase_count, kinds);
        return;
    case SAN_FORM_NUMBER:
        add_thread(g, (struct thread){.form = form, .number = {.negative = false}});
        add_thread(g, (struct thread){.form = form, .number = {.negative = true}});
        return;
    case SAN_FORM_SPAN:
        for (size_t i = 0; i < g->prompt->words.count; i++)
            add_thread(g, (struct thread){.form = form, .span = {.first = i, .word = i}});
        return;
    }
}

/* Whether what the thread has written is a value, and which. */
static bool accept_phrase(const struct thread *t, struct san_written_value *out)
{
    for (size_t i = t->phrase.low; i < t->phrase.high; i++) {
        const struct san_phrase *phrase = &t->phrase.all[i];
        if (!(phrase->kinds & t->phrase.kinds) || phrase->count != t->phrase.depth)
            continue;
        out->type = t->form->type == SAN_FORM_ITEM ? SAN_VALUE_ITEM : SAN_VALUE_ENUM;
        out->phrase = phrase;
        return true;
    }
    return false;
}

static bool accept(const struct san_grammar *g, const struct thread *t, struct san_written_value *out)
{
    if (!t->form) {
        out->type = SAN_VALUE_NONE;
        return true;
    }
    switch (t->form->type) {
    case SAN_FORM_ITEM:
    case SAN_FORM_ENUM:
        return accept_phrase(t, out);
    case SAN_FORM_NUMBER:
        out->type = SAN_VALUE_NUMBER;
        out->hundredths = san_number_hundredths(&t->number);
        return san_number_cost(&g->tools->digits, &t->form->range, &t->number) == 0;
    case SAN_FORM_SPAN:
        out->type = SAN_VALUE_SPAN;
        out->first_word = t->span.first;
        out->last_word = t->span.word;
        return t->span.piece == g->prompt->pieces[t->span.word].count;
    }
    return false;
}

/* The value that the threads have written: the first form that accepts it, and of spans the first in the
 * utterance. */
static bool accept_any(const struct san_grammar *g, struct san_written_value *out)
{
    for (size_t i = 0; i < g->thread_count; i++)
        if (accept(g, &g->thread[i], out))
            return true;
    return false;
}

static bool step_phrase(struct thread *t, int32_t token)
{
    size_t depth = t->phrase.depth, low = t->phrase.low, high = t->phrase.high;
    while (low < high && (t->phrase.all[low].count <= depth || t->phrase.all[low].ids[depth] != token))
        low++;
    size_t end = low;
    while (end < high && t->phrase.all[end].ids[depth] == token)
        end++;
    t->phrase.low = low;
    t->phrase.high = end;
    t->phrase.depth++;
    return low < end;
}

static bool step_span(const struct san_grammar *g, struct thread *t, int32_t token)
{
    const struct san_pieces *pieces = g->prompt->pieces;
    if (t->span.piece == pieces[t->span.word].count) {
        if (++t->span.word == g->prompt->words.count)
            return false;
        t->span.piece = 0;
    }
    return pieces[t->span.word].ids[t->span.piece++] == token;
}

static bool step_number(const struct san_grammar *g, struct thread *t, int32_t token)
{
    struct san_number_option next[SAN_NUMBER_OPTIONS_MAX];
    size_t count = san_number_next(&g->tools->digits, &t->form->range, &t->number, next);
    for (size_t i = 0; i < count; i++) {
        if (next[i].token != token)
            continue;
        t->number = next[i].after;
        return true;
    }
    return false;
}

/* Moves a thread over a token; false if it ends there. */
static bool step(const struct san_grammar *g, struct thread *t, int32_t token)
{
    if (!t->form)
        return false;
    switch (t->form->type) {
    case SAN_FORM_ITEM:
    case SAN_FORM_ENUM:
        return step_phrase(t, token);
    case SAN_FORM_NUMBER:
        return step_number(g, t, token);
    case SAN_FORM_SPAN:
        return step_span(g, t, token);
    }
    return false;
}

/* ---- values ---- */

static struct san_written_call *current_call(struct san_grammar *g)
{
    return &g->call[g->call_count - 1];
}

static const struct san_slot *current_slot(const struct san_grammar *g)
{
    return &tool_of(g)->slot[g->slot];
}

static bool takes_none(const struct san_slot *slot)
{
    for (size_t i = 0; i < slot->form_count; i++)
        if (slot->form[i].type == SAN_FORM_ITEM)
            return true;
    return false;
}

/* The kinds of all items that are called by these words and that the slot may name. */
static uint64_t kinds_of_name(const struct san_grammar *g, const struct san_written_value *value)
{
    uint64_t kinds = 0;
    if (value->type != SAN_VALUE_ITEM)
        return 0;
    for (size_t f = 0; f < value->slot->form_count; f++)
        for (size_t i = 0; i < g->prompt->phrase_count; i++)
            if (san_phrase_compare(&g->prompt->phrases[i], value->phrase) == 0)
                kinds |= g->prompt->phrases[i].kinds & value->slot->form[f].kinds;
    return kinds;
}

static void offer_value(struct san_grammar *g)
{
    struct san_written_value value = {.slot = current_slot(g)};
    int rest = completion_cost(g, tool_of(g), g->present, g->slot + 1);
    bool complete = accept_any(g, &value);
    if (value.slot->role == SAN_ROLE_NAME)
        g->name_kinds = complete ? kinds_of_name(g, &value) : 0;
    for (size_t i = 0; i < g->thread_count; i++)
        offer_thread(g, &g->thread[i], rest);
    if (g->fresh && takes_none(value.slot))
        offer(g, g->tools->none, rest);
    if (complete)
        offer_next(g, g->slot + 1);
}

static void open_value(struct san_grammar *g, size_t slot)
{
    struct san_written_call *call = current_call(g);
    const struct san_slot *s = &call->tool->slot[slot];
    uint64_t kinds = kinds_for(g, s);
    g->phase = PHASE_VALUE;
    g->slot = slot;
    g->fresh = true;
    g->present |= UINT32_C(1) << slot;
    g->thread_count = 0;
    call->value[call->value_count++] = (struct san_written_value){.slot = s, .probability = 1};
    for (size_t i = 0; i < s->form_count; i++)
        start_form(g, &s->form[i], kinds);
}

static void write_value(struct san_grammar *g, int32_t token)
{
    size_t kept = 0;
    bool fresh = g->fresh;
    g->fresh = false;
    if (fresh && token == g->tools->none) {
        g->thread_count = 0;
        add_thread(g, (struct thread){.form = NULL});
        return;
    }
    for (size_t i = 0; i < g->thread_count; i++) {
        struct thread moved = g->thread[i];
        if (step(g, &moved, token))
            g->thread[kept++] = moved;
    }
    g->thread_count = kept;
}

static void close_value(struct san_grammar *g)
{
    struct san_written_call *call = current_call(g);
    accept_any(g, &call->value[call->value_count - 1]);
    g->phase = PHASE_CALL;
}

/* ---- the automaton ---- */

static void find_options(struct san_grammar *g)
{
    g->option_count = 0;
    switch (g->phase) {
    case PHASE_START:
        offer_tools(g);
        offer(g, g->tools->none, 1);
        return;
    case PHASE_NONE:
        offer(g, g->tools->eos, 0);
        return;
    case PHASE_CALL:
        offer_next(g, 0);
        return;
    case PHASE_VALUE:
        offer_value(g);
        return;
    case PHASE_END:
        return;
    }
}

struct san_grammar *san_grammar_new(struct san_arena *arena, const struct san_tools *tools,
    const struct san_prompt *prompt, size_t max_tokens)
{
    struct san_grammar *g = san_arena_alloc(arena, sizeof *g);
    if (!g)
        return NULL;
    g->tools = tools;
    g->prompt = prompt;
    g->left = max_tokens < SAN_OUTPUT_MAX ? (int)max_tokens : SAN_OUTPUT_MAX;
    for (size_t i = 0; i < prompt->words.count; i++)
        if (!g->shortest_word || prompt->pieces[i].count < g->shortest_word)
            g->shortest_word = prompt->pieces[i].count;
    for (size_t i = 0; i < tools->count; i++)
        g->tool_cost[i] = completion_cost(g, &tools->tool[i], 0, 0);
    find_options(g);
    return g;
}

size_t san_grammar_allowed(const struct san_grammar *grammar, const int32_t **ids)
{
    *ids = grammar->option;
    return grammar->option_count;
}

static void open_call(struct san_grammar *g, const struct san_tool *tool)
{
    struct san_written_call *call = &g->call[g->call_count++];
    call->tool = tool;
    call->probability = 1;
    g->phase = PHASE_CALL;
    g->present = 0;
    g->name_kinds = 0;
}

/* A token that is no part of a value: a tool, a slot of the current call, "<none>", eos. */
static void write_control(struct san_grammar *g, int32_t token)
{
    if (token == g->tools->eos) {
        g->phase = PHASE_END;
        return;
    }
    if (token == g->tools->none) {
        g->phase = PHASE_NONE;
        return;
    }
    for (size_t i = 0; i < g->tools->count; i++) {
        if (g->tools->tool[i].token == token) {
            open_call(g, &g->tools->tool[i]);
            return;
        }
    }
    const struct san_tool *tool = tool_of(g);
    for (size_t i = 0; i < tool->slot_count; i++)
        if (tool->slot[i].token == token)
            open_value(g, i);
}

/* Tokens of tools, slots and eos are never pieces: whether one continues a value is plain from its id. */
static bool ends_value(const struct san_grammar *g, int32_t token)
{
    if (token == g->tools->eos)
        return true;
    for (size_t i = 0; i < g->tools->count; i++)
        if (g->tools->tool[i].token == token)
            return true;
    const struct san_tool *tool = tool_of(g);
    for (size_t i = 0; i < tool->slot_count; i++)
        if (tool->slot[i].token == token)
            return true;
    return false;
}

static void count_probability(struct san_grammar *g, float probability)
{
    if (!g->call_count)
        return;
    struct san_written_call *call = current_call(g);
    call->probability *= probability;
    if (g->phase == PHASE_VALUE)
        call->value[call->value_count - 1].probability *= probability;
}

void san_grammar_write(struct san_grammar *grammar, int32_t token, float probability)
{
    if (grammar->phase == PHASE_VALUE && !ends_value(grammar, token)) {
        write_value(grammar, token);
    } else {
        if (grammar->phase == PHASE_VALUE)
            close_value(grammar);
        write_control(grammar, token);
    }
    grammar->left--;
    count_probability(grammar, probability);
    find_options(grammar);
}

bool san_grammar_ended(const struct san_grammar *grammar)
{
    return grammar->phase == PHASE_END;
}

size_t san_grammar_calls(const struct san_grammar *grammar, const struct san_written_call **calls)
{
    *calls = grammar->call;
    return grammar->call_count;
}
