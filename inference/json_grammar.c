/* json_grammar.c - see json_grammar.h.
 *
 * A stack of frames, one for each thing under way, reads the output byte by byte. A token is offered when a
 * copy of the stack takes all of its bytes. Most tokens fail at their first byte, which is tried once for all
 * that share it. */
#include "json_grammar.h"

#include <string.h>

#include "model.h"

enum {
    DEPTH = 20,
    NEST_MAX = 13,   /* frames below which a value of any type may open an array or object */
    DIGITS_MAX = 15, /* of a number: what a double holds */
};

enum kind { CALLS, ARGS, ARRAY, OBJECT, STRING, NUMBER, VALUE, CHOICE, LITERAL };

/* Where in its thing a frame is; each kind has its own selection. */
enum step {
    OPEN,  /* before the opening bracket or quote */
    BLANK, /* CALLS: before the bracket, behind the space that begins running text */
    FIRST, /* behind it */
    NEXT,  /* behind a comma */
    COLON, /* behind a key */
    AFTER, /* behind a value or call */
    NAMED, /* CALLS: behind the name of a tool */
    CLOSE, /* CALLS: behind the arguments */
    DONE,
    ESCAPE, /* STRING: behind a backslash */
    HEX,    /* STRING: `at` digits are left */
    BYTES,  /* STRING: `at` bytes of a character are left, the next from low to high */
    MINUS,  /* NUMBER */
    ZERO,
    DIGITS, /* NUMBER: low are written */
    POINT,
    FRACTION,
};

enum role { PLAIN, NAME, KEY }; /* of a CHOICE: what the frame below does with the pick */

struct frame {
    enum kind kind;
    enum step step;
    enum role role;
    uint16_t at, low, high; /* CHOICE: the literals [low, high) share the `at` bytes that are written */
    uint16_t pick;          /* CALLS: the tool; ARGS: the key */
    uint64_t used;          /* ARGS, CHOICE of keys: keys that were written */
    union {
        const struct san_json_tool *tool;   /* ARGS */
        const struct san_json_value *value; /* VALUE; ARRAY: its items. NULL: any */
        const struct san_literal *literals; /* CHOICE */
        const char *text;                   /* LITERAL */
    } of;
};

struct state {
    size_t depth;
    unsigned calls;
    struct frame frame[DEPTH];
};

struct san_json_grammar {
    const struct san_json_tools *tools;
    struct state state;
    size_t left; /* tokens that may be written */
    bool ended;
    size_t largest;      /* bytes of the longest call that could be forced */
    uint8_t *is_allowed; /* [vocab] */
    int32_t *ids;        /* [vocab] */
    char *text;
    size_t text_len;
};

static const char before_name[] = "\"name\":", before_args[] = "\"arguments\":{";
static const struct san_literal words[] = {{"false", 5}, {"null", 4}, {"true", 4}};
static const struct san_literal booleans[] = {{"false", 5}, {"true", 4}};

enum verdict { REFUSED, TAKEN, AGAIN /* the stack has changed: the same byte once more */ };

static struct frame *top(struct state *s)
{
    return &s->frame[s->depth - 1];
}

static struct frame *push(struct state *s, enum kind kind)
{
    struct frame *f = &s->frame[s->depth++];
    *f = (struct frame){.kind = kind};
    return f;
}

static enum verdict pop(struct state *s, enum verdict verdict)
{
    s->depth--;
    return verdict;
}

static enum verdict go_to(struct frame *f, enum step step)
{
    f->step = step;
    return TAKEN;
}

static bool is_used(const struct frame *f, size_t i)
{
    return f->role == KEY && (f->used >> i & 1);
}

static void push_choice(
    struct state *s, enum role role, const struct san_literal *literals, size_t count, uint64_t used)
{
    struct frame *f = push(s, CHOICE);
    f->role = role;
    f->of.literals = literals;
    f->high = (uint16_t)count;
    f->used = used;
}

/* ---- one byte: what each kind of frame does with it ---- */

static enum verdict in_literal(struct state *s, unsigned char c)
{
    struct frame *f = top(s);
    if (c != (unsigned char)f->of.text[f->at])
        return REFUSED;
    return f->of.text[++f->at] ? TAKEN : pop(s, TAKEN);
}

/* The choice is made: the frame below may want to know. */
static enum verdict picked(struct state *s, size_t i)
{
    enum role role = top(s)->role;
    pop(s, AGAIN);
    if (role != PLAIN)
        top(s)->pick = (uint16_t)i;
    if (role == KEY)
        top(s)->used |= (uint64_t)1 << i;
    return AGAIN;
}

/* A literal that is complete may be the beginning of another (1 and 10): it is picked when a byte continues
 * none. */
static enum verdict in_choice(struct state *s, unsigned char c)
{
    struct frame *f = top(s);
    const struct san_literal *l = f->of.literals;
    uint16_t low = f->low, high = f->high;
    while (low < high && (l[low].len <= f->at || (unsigned char)l[low].text[f->at] < c))
        low++;
    while (high > low && (unsigned char)l[high - 1].text[f->at] > c)
        high--;
    bool open = false;
    for (uint16_t i = low; i < high; i++)
        open |= !is_used(f, i);
    if (open) {
        f->low = low;
        f->high = high;
        f->at++;
        return TAKEN;
    }
    for (uint16_t i = f->low; i < f->high; i++)
        if (l[i].len == f->at && !is_used(f, i))
            return picked(s, i);
    return REFUSED;
}

static enum verdict in_utf8(struct frame *f, unsigned char c)
{
    f->low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
    f->high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
    f->at = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
    return c >= 0xc2 && c <= 0xf4 ? go_to(f, BYTES) : REFUSED;
}

static bool is_hex(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* \uXXXX but for halves of pairs and for zero: low remembers that the first digit was d, high that all were
 * 0. */
static enum verdict in_hex(struct frame *f, unsigned char c)
{
    if (!is_hex(c) || (f->at == 3 && f->low && c > '7') || (f->at == 1 && f->high && c == '0'))
        return REFUSED;
    f->high = f->high && c == '0';
    f->low = f->at == 4 && (c == 'd' || c == 'D');
    return go_to(f, --f->at ? HEX : FIRST);
}

static enum verdict in_string(struct state *s, unsigned char c)
{
    struct frame *f = top(s);
    switch ((int)f->step) {
    case OPEN:
        return c == '"' ? go_to(f, FIRST) : REFUSED;
    case ESCAPE:
        if (c == 'u') {
            f->at = 4;
            f->low = 0;
            f->high = 1;
            return go_to(f, HEX);
        }
        return c && strchr("\"\\/bfnrt", c) ? go_to(f, FIRST) : REFUSED;
    case HEX:
        return in_hex(f, c);
    case BYTES:
        if (c < f->low || c > f->high)
            return REFUSED;
        f->low = 0x80;
        f->high = 0xbf;
        return go_to(f, --f->at ? BYTES : FIRST);
    default:
        break;
    }
    if (c == '"')
        return pop(s, TAKEN);
    if (c == '\\')
        return go_to(f, ESCAPE);
    return c < 0x20 ? REFUSED : c < 0x80 ? TAKEN : in_utf8(f, c);
}

/* high: integers alone. */
static enum verdict in_number(struct state *s, unsigned char c)
{
    struct frame *f = top(s);
    bool digit = c >= '0' && c <= '9';
    bool begins = f->step == OPEN || f->step == MINUS;
    if (begins && digit) {
        f->low = 1;
        return go_to(f, c == '0' ? ZERO : DIGITS);
    }
    if (begins)
        return f->step == OPEN && c == '-' ? go_to(f, MINUS) : REFUSED;
    if (digit && f->step != ZERO) {
        if (f->step == POINT)
            f->step = FRACTION;
        return f->low++ < DIGITS_MAX ? TAKEN : REFUSED;
    }
    if (f->step == POINT)
        return REFUSED;
    if (c == '.' && f->step != FRACTION && !f->high)
        return f->low < DIGITS_MAX ? go_to(f, POINT) : REFUSED;
    return digit ? REFUSED : pop(s, AGAIN);
}

static enum verdict become(struct state *s, enum kind kind, const struct san_json_value *item)
{
    pop(s, AGAIN);
    push(s, kind)->of.value = item;
    return AGAIN;
}

static enum verdict become_choice(struct state *s, const struct san_literal *literals, size_t count)
{
    pop(s, AGAIN);
    push_choice(s, PLAIN, literals, count, 0);
    return AGAIN;
}

static enum verdict in_any(struct state *s, unsigned char c)
{
    if (c == '"')
        return become(s, STRING, NULL);
    if (c == '-' || (c >= '0' && c <= '9'))
        return become(s, NUMBER, NULL);
    if (c == '[' && s->depth <= NEST_MAX)
        return become(s, ARRAY, NULL);
    if (c == '{' && s->depth <= NEST_MAX)
        return become(s, OBJECT, NULL);
    return become_choice(s, words, sizeof words / sizeof *words);
}

static enum verdict in_value(struct state *s, unsigned char c)
{
    const struct san_json_value *value = top(s)->of.value;
    switch (value ? value->type : SAN_JSON_ANY) {
    case SAN_JSON_ANY:
        return in_any(s, c);
    case SAN_JSON_STRING:
        return become(s, STRING, NULL);
    case SAN_JSON_INTEGER:
        become(s, NUMBER, NULL);
        top(s)->high = 1;
        return AGAIN;
    case SAN_JSON_NUMBER:
        return become(s, NUMBER, NULL);
    case SAN_JSON_BOOLEAN:
        return become_choice(s, booleans, sizeof booleans / sizeof *booleans);
    case SAN_JSON_ENUM:
        return become_choice(s, value->values, value->value_count);
    case SAN_JSON_ARRAY:
        return become(s, ARRAY, value->item);
    case SAN_JSON_OBJECT:
        return become(s, OBJECT, NULL);
    }
    return REFUSED;
}

static enum verdict in_array(struct state *s, unsigned char c)
{
    struct frame *f = top(s);
    if (f->step == OPEN)
        return c == '[' ? go_to(f, FIRST) : REFUSED;
    if (c == ']' && f->step != NEXT)
        return pop(s, TAKEN);
    if (f->step == AFTER)
        return c == ',' ? go_to(f, NEXT) : REFUSED;
    f->step = AFTER;
    push(s, VALUE)->of.value = f->of.value;
    return AGAIN;
}

static enum verdict in_object(struct state *s, unsigned char c)
{
    struct frame *f = top(s);
    if (f->step == OPEN)
        return c == '{' ? go_to(f, FIRST) : REFUSED;
    if (f->step == COLON) {
        if (c != ':')
            return REFUSED;
        f->step = AFTER;
        push(s, VALUE);
        return TAKEN;
    }
    if (c == '}' && f->step != NEXT)
        return pop(s, TAKEN);
    if (f->step == AFTER)
        return c == ',' ? go_to(f, NEXT) : REFUSED;
    f->step = COLON;
    push(s, STRING);
    return AGAIN;
}

static uint64_t unused_keys(const struct frame *f)
{
    size_t count = f->of.tool->key_count;
    uint64_t all = count == SAN_JSON_PARAMS_MAX ? ~(uint64_t)0 : ((uint64_t)1 << count) - 1;
    return all & ~f->used;
}

static enum verdict in_args(struct state *s, unsigned char c)
{
    struct frame *f = top(s);
    if (f->step == COLON) {
        if (c != ':')
            return REFUSED;
        f->step = AFTER;
        push(s, VALUE)->of.value = &f->of.tool->of[f->pick];
        return TAKEN;
    }
    if (c == '}' && f->step != NEXT)
        return f->of.tool->required & ~f->used ? REFUSED : pop(s, TAKEN);
    if (!unused_keys(f))
        return REFUSED;
    if (f->step == AFTER)
        return c == ',' ? go_to(f, NEXT) : REFUSED;
    f->step = COLON;
    push_choice(s, KEY, f->of.tool->keys, f->of.tool->key_count, f->used);
    return AGAIN;
}

static enum verdict begin_call(struct state *s, const struct san_json_tools *tools)
{
    if (!tools->count)
        return REFUSED;
    top(s)->step = NAMED;
    push_choice(s, NAME, tools->names, tools->count, 0);
    push(s, LITERAL)->of.text = before_name;
    return TAKEN;
}

static enum verdict in_calls(struct state *s, const struct san_json_tools *tools, unsigned char c)
{
    struct frame *f = top(s);
    switch ((int)f->step) {
    case OPEN:
        if (c == ' ')
            return go_to(f, BLANK);
        return c == '[' ? go_to(f, FIRST) : REFUSED;
    case BLANK:
        return c == '[' ? go_to(f, FIRST) : REFUSED;
    case FIRST:
        return c == '{' ? begin_call(s, tools) : c == ']' ? go_to(f, DONE) : REFUSED;
    case NEXT:
        return c == '{' ? begin_call(s, tools) : REFUSED;
    case NAMED:
        if (c != ',')
            return REFUSED;
        f->step = CLOSE;
        push(s, ARGS)->of.tool = &tools->tool[f->pick];
        top(s)->step = FIRST;
        push(s, LITERAL)->of.text = before_args;
        return TAKEN;
    case CLOSE:
        s->calls++;
        return c == '}' ? go_to(f, AFTER) : REFUSED;
    case AFTER:
        if (c == ',' && s->calls < SAN_CALLS_MAX)
            return go_to(f, NEXT);
        return c == ']' ? go_to(f, DONE) : REFUSED;
    default:
        return REFUSED;
    }
}

/* Whether the byte may follow; if not, the state is of no further use. */
static bool take(struct state *s, const struct san_json_tools *tools, unsigned char c)
{
    for (;;) {
        enum verdict verdict = REFUSED;
        switch (top(s)->kind) {
        case CALLS:
            verdict = in_calls(s, tools, c);
            break;
        case ARGS:
            verdict = in_args(s, c);
            break;
        case ARRAY:
            verdict = in_array(s, c);
            break;
        case OBJECT:
            verdict = in_object(s, c);
            break;
        case STRING:
            verdict = in_string(s, c);
            break;
        case NUMBER:
            verdict = in_number(s, c);
            break;
        case VALUE:
            verdict = in_value(s, c);
            break;
        case CHOICE:
            verdict = in_choice(s, c);
            break;
        case LITERAL:
            verdict = in_literal(s, c);
            break;
        }
        if (verdict != AGAIN)
            return verdict == TAKEN;
    }
}

/* ---- bytes to the end: the least that completes what is under way ---- */

static size_t least(const struct san_json_value *value)
{
    return value ? value->least : 1;
}

/* From behind an argument to behind the closing brace. */
static size_t args_left(const struct san_json_tool *tool, uint64_t used)
{
    size_t bytes = 1;
    for (size_t i = 0; i < tool->key_count; i++)
        if (tool->required >> i & ~used >> i & 1)
            bytes += 1 + tool->keys[i].len + 1 + least(&tool->of[i]);
    return bytes;
}

/* The same where the next comma is written, or none is needed. */
static size_t args_left_first(const struct san_json_tool *tool, uint64_t used)
{
    return args_left(tool, used) - (tool->required & ~used ? 1 : 0);
}

static size_t key_left(const struct san_json_tool *tool, uint64_t used, size_t i)
{
    return 1 + least(&tool->of[i]) + args_left(tool, used | (uint64_t)1 << i);
}

static size_t args_left_key(const struct san_json_tool *tool, uint64_t used)
{
    if (tool->required & ~used)
        return args_left_first(tool, used);
    size_t fewest = SIZE_MAX;
    for (size_t i = 0; i < tool->key_count; i++)
        if (!(used >> i & 1)) {
            size_t bytes = tool->keys[i].len + key_left(tool, used, i);
            fewest = bytes < fewest ? bytes : fewest;
        }
    return fewest;
}

/* From behind a tool's name to the end. */
static size_t call_left(const struct san_json_tools *tools, size_t i)
{
    return 1 + strlen(before_args) + args_left_first(&tools->tool[i], 0) + 2;
}

/* From the name of a tool to the end, by the shortest or the longest call. */
static size_t any_call_left(const struct san_json_tools *tools, bool longest)
{
    size_t best = longest ? 0 : SIZE_MAX;
    for (size_t i = 0; i < tools->count; i++) {
        size_t bytes = tools->names[i].len + call_left(tools, i);
        best = (bytes > best) == longest ? bytes : best;
    }
    return best;
}

/* A choice together with the frame below it, whose rest depends on the pick. */
static size_t choice_left(
    const struct frame *f, const struct san_json_tools *tools, const struct frame *below)
{
    size_t fewest = SIZE_MAX;
    for (size_t i = f->low; i < f->high; i++) {
        if (f->of.literals[i].len < f->at || is_used(f, i))
            continue;
        size_t bytes = f->of.literals[i].len - f->at;
        if (f->role == NAME)
            bytes += call_left(tools, i);
        else if (f->role == KEY)
            bytes += key_left(below->of.tool, below->used, i);
        fewest = bytes < fewest ? bytes : fewest;
    }
    return fewest;
}

static size_t calls_left(const struct frame *f, const struct san_json_tools *tools)
{
    switch ((int)f->step) {
    case OPEN:
    case BLANK:
    case CLOSE:
        return 2;
    case NEXT:
        return 1 + strlen(before_name) + any_call_left(tools, false);
    case NAMED:
        return call_left(tools, f->pick);
    case DONE:
        return 0;
    default:
        return 1;
    }
}

static size_t args_frame_left(const struct frame *f)
{
    const struct san_json_tool *tool = f->of.tool;
    switch ((int)f->step) {
    case FIRST:
        return args_left_first(tool, f->used);
    case NEXT:
        return args_left_key(tool, f->used);
    case COLON:
        return key_left(tool, f->used, f->pick);
    default:
        return args_left(tool, f->used);
    }
}

static size_t string_left(const struct frame *f)
{
    switch ((int)f->step) {
    case OPEN:
    case ESCAPE:
        return 2;
    case HEX:
    case BYTES:
        return (size_t)f->at + 1;
    default:
        return 1;
    }
}

static size_t frame_left(const struct frame *f, const struct san_json_tools *tools)
{
    switch (f->kind) {
    case CALLS:
        return calls_left(f, tools);
    case ARGS:
        return args_frame_left(f);
    case ARRAY:
        return f->step == OPEN ? 2 : f->step == NEXT ? least(f->of.value) + 1 : 1;
    case OBJECT:
        return f->step == OPEN ? 2 : f->step == COLON ? 3 : f->step == NEXT ? 5 : 1;
    case STRING:
        return string_left(f);
    case NUMBER:
        return f->step == OPEN || f->step == MINUS || f->step == POINT;
    case VALUE:
        return least(f->of.value);
    case LITERAL:
        return strlen(f->of.text) - f->at;
    case CHOICE:
        break;
    }
    return choice_left(f, tools, f - 1);
}

static size_t bytes_left(const struct state *s, const struct san_json_tools *tools)
{
    size_t bytes = 0;
    for (size_t i = s->depth; i-- > 0;) {
        const struct frame *f = &s->frame[i];
        bytes += frame_left(f, tools);
        if (f->kind == CHOICE && f->role != PLAIN)
            i--; /* counted with it */
    }
    return bytes;
}

/* ---- tokens ---- */

struct san_json_grammar *san_json_grammar_new(
    struct san_arena *arena, const struct san_json_tools *tools, size_t max_tokens)
{
    size_t vocab = tools->model->config.vocab;
    struct san_json_grammar *g = san_arena_alloc(arena, sizeof *g);
    if (!g)
        return NULL;
    g->tools = tools;
    g->left = max_tokens;
    g->largest = any_call_left(tools, true);
    g->is_allowed = san_arena_alloc(arena, vocab);
    g->ids = san_arena_alloc(arena, vocab * sizeof *g->ids);
    g->text = san_arena_alloc(arena, max_tokens * SAN_SPELLING_MAX + 1);
    push(&g->state, CALLS);
    return g->is_allowed && g->ids && g->text ? g : NULL;
}

static void copy_state(struct state *to, const struct state *from)
{
    to->depth = from->depth;
    to->calls = from->calls;
    memcpy(to->frame, from->frame, from->depth * sizeof *from->frame);
}

/* Whether the token's bytes from `from` on may follow, and leave a way to the end. A byte adds five to what
 * is left at most, but where it begins a call: only near the limit must it be counted. */
static bool fits(
    const struct san_json_grammar *g, const struct state *state, size_t now, int32_t id, size_t from)
{
    struct state s;
    const char *bytes = g->tools->bytes + g->tools->spelling[id];
    size_t len = g->tools->spelling[id + 1] - g->tools->spelling[id];
    copy_state(&s, state);
    for (size_t i = from; i < len; i++)
        if (!take(&s, g->tools, (unsigned char)bytes[i]))
            return false;
    if (now + 5 * len + g->largest + 2 <= g->left)
        return true;
    return bytes_left(&s, g->tools) + 2 <= g->left; /* this one, and eos */
}

static void mark_tokens(struct san_json_grammar *g)
{
    const struct san_json_tools *tools = g->tools;
    size_t now = bytes_left(&g->state, tools);
    memset(g->is_allowed, 0, tools->model->config.vocab);
    for (unsigned byte = 0; byte < 256; byte++) {
        struct state s;
        copy_state(&s, &g->state);
        if (tools->first[byte] == tools->first[byte + 1] || !take(&s, tools, (unsigned char)byte))
            continue;
        for (uint32_t i = tools->first[byte]; i < tools->first[byte + 1]; i++)
            g->is_allowed[tools->ids[i]] = fits(g, &s, now, tools->ids[i], 1);
    }
}

size_t san_json_grammar_allowed(struct san_json_grammar *g, const int32_t **ids)
{
    size_t count = 0;
    *ids = g->ids;
    if (g->ended)
        return 0;
    if (g->state.frame[0].step == DONE) {
        g->ids[0] = g->tools->eos;
        return 1;
    }
    mark_tokens(g);
    for (uint32_t id = 0; id < g->tools->model->config.vocab; id++)
        if (g->is_allowed[id])
            g->ids[count++] = (int32_t)id;
    return count;
}

void san_json_grammar_write(struct san_json_grammar *g, int32_t id)
{
    g->left--;
    if (id == g->tools->eos) {
        g->ended = true;
        return;
    }
    for (uint32_t i = g->tools->spelling[id]; i < g->tools->spelling[id + 1]; i++) {
        char c = g->tools->bytes[i];
        take(&g->state, g->tools, (unsigned char)c);
        if (g->text_len || c != ' ')
            g->text[g->text_len++] = c;
    }
}

bool san_json_grammar_ended(const struct san_json_grammar *g)
{
    return g->ended;
}

const char *san_json_grammar_text(const struct san_json_grammar *g)
{
    return g->text;
}
