/* template_parse.c - template text -> syntax tree. Recursive descent in the order of Jinja's own precedences:
 *
 *     choice := or ["if" or ["else" choice]]      compare := sum [("==" | ... | "in" | "not" "in") sum]
 *     or     := and {"or" and}                    sum     := concat {("+" | "-") concat}
 *     and    := not {"and" not}                   concat  := product {"~" product}
 *     not    := "not" not | compare               product := unary {("*" | "/" | "//" | "%") unary}
 *     unary  := ("-" | "+") unary | primary {".name" | ".name(args)" | "[item]" | "[a:b]"} {"|" filter | "is"
 * ["not"] test}
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "devices/json_text.h"
#include "devices/template_internal.h"

enum token_kind { TOKEN_END, TOKEN_NAME, TOKEN_TEXT, TOKEN_NUMBER, TOKEN_OPERATOR, TOKEN_BAD };

struct token {
    enum token_kind kind;
    const char *text; /* name, operator or contents of the string, in the arena */
    double number;
    bool is_float;
    size_t column;
};

struct parser {
    struct san_arena *arena;
    struct san_error *err;
    const char *source;
    size_t len, at;
    const char *close; /* "}}" or "%}": what ends the expression being read */
    int brackets;      /* open ( [ {, within which `close` does not end it */
    int depth;
    bool strip_left;  /* "-" at the end of the last tag: the text behind it loses its leading blanks */
    struct token now; /* the token under the parser */
    const char *sets[TEMPLATE_SETS_MAX];
    size_t set_count;
};

static struct node *parse_choice(struct parser *p);
static bool parse_block(struct parser *p, struct node **out, const char **stopped_by);

static void *fail(struct parser *p, size_t column, const char *what, const char *value)
{
    san_fail(
        p->err, SAN_EUNSUPPORTED, "template, column %zu: %s%s%s", column + 1, what, *value ? " " : "", value);
    return NULL;
}

/* ---- lexer ---- */

static bool at_text(const struct parser *p, const char *text)
{
    size_t len = strlen(text);
    return p->len - p->at >= len && memcmp(p->source + p->at, text, len) == 0;
}

static void read_name(struct parser *p)
{
    size_t begin = p->at;
    while (p->at < p->len && (isalnum((unsigned char)p->source[p->at]) || p->source[p->at] == '_'))
        p->at++;
    p->now.kind = TOKEN_NAME;
    p->now.text = san_arena_strndup(p->arena, p->source + begin, p->at - begin);
}

static void read_number(struct parser *p)
{
    size_t begin = p->at;
    while (p->at < p->len && isdigit((unsigned char)p->source[p->at]))
        p->at++;
    if (p->at + 1 < p->len && p->source[p->at] == '.' && isdigit((unsigned char)p->source[p->at + 1])) {
        p->now.is_float = true;
        for (p->at++; p->at < p->len && isdigit((unsigned char)p->source[p->at]);)
            p->at++;
    }
    char *text = san_arena_strndup(p->arena, p->source + begin, p->at - begin);
    p->now.kind = text && json_text_number(text, &p->now.number) ? TOKEN_NUMBER : TOKEN_BAD;
    p->now.text = text;
}

static char unescape(char c)
{
    switch (c) {
    case 'n':
        return '\n';
    case 't':
        return '\t';
    case 'r':
        return '\r';
    }
    return c;
}

static void read_string(struct parser *p)
{
    char quote = p->source[p->at++];
    size_t begin = p->at;
    while (p->at < p->len && p->source[p->at] != quote)
        p->at += p->source[p->at] == '\\' ? 2 : 1;
    if (p->at >= p->len) {
        p->at = p->len;
        p->now.kind = TOKEN_BAD;
        p->now.text = "string without its end";
        return;
    }
    char *text = san_arena_strndup(p->arena, p->source + begin, p->at - begin);
    p->at++;
    p->now.kind = TOKEN_TEXT;
    p->now.text = text;
    if (!text)
        return;
    char *to = text;
    for (const char *from = text; *from; from++) {
        if (*from == '\\' && from[1])
            *to++ = unescape(*++from);
        else
            *to++ = *from;
    }
    *to = '\0';
}

static void read_operator(struct parser *p)
{
    static const char *const pairs[] = {"==", "!=", "<=", ">=", "//", "**"};
    size_t len = 1;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
        if (at_text(p, pairs[i]))
            len = 2;
    }
    char c = p->source[p->at];
    p->now.text = san_arena_strndup(p->arena, p->source + p->at, len);
    p->now.kind = strchr("()[]{}.,:|+-*/%~<>=!", c) ? TOKEN_OPERATOR : TOKEN_BAD;
    if (strchr("([{", c))
        p->brackets++;
    else if (strchr(")]}", c) && p->brackets > 0)
        p->brackets--;
    p->at += len;
}

static void next(struct parser *p)
{
    while (p->at < p->len && isspace((unsigned char)p->source[p->at]))
        p->at++;
    p->now = (struct token){.column = p->at, .kind = TOKEN_END, .text = ""};
    if (p->at >= p->len || (p->brackets == 0 && at_text(p, p->close)))
        return;
    if (p->brackets == 0 && p->source[p->at] == '-' && p->len - p->at >= 3 &&
        memcmp(p->source + p->at + 1, p->close, 2) == 0)
        return;
    char c = p->source[p->at];
    if (isalpha((unsigned char)c) || c == '_')
        read_name(p);
    else if (isdigit((unsigned char)c))
        read_number(p);
    else if (c == '\'' || c == '"')
        read_string(p);
    else
        read_operator(p);
    if (!p->now.text) {
        p->now.kind = TOKEN_BAD;
        p->now.text = "";
    }
}

static bool is_operator(const struct parser *p, const char *text)
{
    return p->now.kind == TOKEN_OPERATOR && strcmp(p->now.text, text) == 0;
}

static bool is_word(const struct parser *p, const char *text)
{
    return p->now.kind == TOKEN_NAME && strcmp(p->now.text, text) == 0;
}

static bool accept_operator(struct parser *p, const char *text)
{
    if (!is_operator(p, text))
        return false;
    next(p);
    return true;
}

static bool accept_word(struct parser *p, const char *text)
{
    if (!is_word(p, text))
        return false;
    next(p);
    return true;
}

static bool expect_operator(struct parser *p, const char *text)
{
    if (accept_operator(p, text))
        return true;
    fail(p, p->now.column, "expected", text);
    return false;
}

/* ---- tree ---- */

static int deeper(int depth, const struct node *node)
{
    return node && node->depth > depth ? node->depth : depth;
}

/* The evaluator recurses as deep as the tree is; so the depth is limited here, once. */
static struct node *make(
    struct parser *p, enum node_kind kind, struct node *a, struct node *b, struct node *c)
{
    struct node *node = san_arena_alloc(p->arena, sizeof(*node));
    if (!node) {
        san_fail(p->err, SAN_ENOMEM, "out of memory for a template");
        return NULL;
    }
    *node = (struct node){.kind = kind, .a = a, .b = b, .c = c};
    node->depth = 1 + deeper(deeper(deeper(0, a), b), c);
    if (node->depth > TEMPLATE_DEPTH_MAX)
        return fail(p, p->now.column, "expression nested too deep", "");
    return node;
}

static bool append(struct parser *p, struct node *list, struct node *item)
{
    if (!item)
        return false;
    struct node **end = &list->args;
    while (*end)
        end = &(*end)->next;
    *end = item;
    list->arg_count++;
    if (item->depth >= list->depth)
        list->depth = item->depth + 1;
    if (list->depth <= TEMPLATE_DEPTH_MAX && list->arg_count <= 1024)
        return true;
    fail(p, p->now.column, "expression nested too deep or list too long", "");
    return false;
}

static struct node *literal(struct parser *p, struct value value)
{
    struct node *node = make(p, NODE_LITERAL, NULL, NULL, NULL);
    if (node)
        node->literal = value;
    return node;
}

/* ---- expressions ---- */

static struct node *parse_dict(struct parser *p)
{
    struct node *dict = make(p, NODE_DICT, NULL, NULL, NULL);
    while (dict && !accept_operator(p, "}")) {
        if (dict->args && !expect_operator(p, ","))
            return NULL;
        if (dict->args && accept_operator(p, "}"))
            break;
        if (!append(p, dict, parse_choice(p)) || !expect_operator(p, ":") ||
            !append(p, dict, parse_choice(p)))
            return NULL;
    }
    return dict;
}

/* Items up to `close`: a list, or the arguments of a call. */
static struct node *parse_items(struct parser *p, struct node *list, const char *close)
{
    while (list && !accept_operator(p, close)) {
        if (list->args && !expect_operator(p, ","))
            return NULL;
        if (list->args && accept_operator(p, close))
            break;
        if (!append(p, list, parse_choice(p)))
            return NULL;
    }
    return list;
}

static bool is_set(const struct parser *p, const char *name)
{
    for (size_t i = 0; i < p->set_count; i++) {
        if (strcmp(p->sets[i], name) == 0)
            return true;
    }
    return false;
}

/* Home Assistant knows its own entity; we would render nothing where it renders something. */
static bool is_foreign(const struct parser *p, const char *name)
{
    static const char *const foreign[] = {"this", "entity_id", "name"};
    for (size_t i = 0; i < sizeof(foreign) / sizeof(*foreign); i++) {
        if (strcmp(name, foreign[i]) == 0)
            return !is_set(p, name);
    }
    return false;
}

static struct node *parse_function(struct parser *p, const struct token *name);

static struct node *parse_name(struct parser *p)
{
    static const struct {
        const char *word;
        enum value_kind kind;
        double number;
    } constants[] = {
        {"True", VALUE_BOOL, 1},
        {"true", VALUE_BOOL, 1},
        {"False", VALUE_BOOL, 0},
        {"false", VALUE_BOOL, 0},
        {"None", VALUE_NONE, 0},
        {"none", VALUE_NONE, 0},
    };
    struct token token = p->now;
    next(p);
    for (size_t i = 0; i < sizeof(constants) / sizeof(*constants); i++) {
        if (strcmp(token.text, constants[i].word) == 0)
            return literal(p, (struct value){.kind = constants[i].kind, .number = constants[i].number});
    }
    if (is_operator(p, "("))
        return parse_function(p, &token);
    if (is_foreign(p, token.text))
        return fail(p, token.column, "unsupported variable", token.text);
    struct node *node = make(p, NODE_NAME, NULL, NULL, NULL);
    if (node)
        node->name = token.text;
    return node;
}

static struct node *parse_primary(struct parser *p)
{
    struct token token = p->now;
    if (token.kind == TOKEN_NAME)
        return parse_name(p);
    if (token.kind == TOKEN_TEXT) {
        next(p);
        return literal(p, value_text(token.text));
    }
    if (token.kind == TOKEN_NUMBER) {
        next(p);
        return literal(p, token.is_float ? value_float(token.number) : value_int(token.number));
    }
    if (accept_operator(p, "["))
        return parse_items(p, make(p, NODE_LIST, NULL, NULL, NULL), "]");
    if (accept_operator(p, "(")) {
        struct node *inner = parse_choice(p);
        return inner && expect_operator(p, ")") ? inner : NULL;
    }
    if (accept_operator(p, "{"))
        return parse_dict(p);
    return fail(
        p, token.column, token.kind == TOKEN_END ? "expression ends too early" : "unexpected", token.text);
}

/* If a name and = are next, reads them: the argument that follows has that name. */
static bool accept_keyword(struct parser *p, struct token *name)
{
    struct parser before = *p;
    *name = p->now;
    if (name->kind != TOKEN_NAME)
        return false;
    next(p);
    if (accept_operator(p, "="))
        return true;
    *p = before;
    return false;
}

/* Puts the value at its place among the arguments; those before it that were not given are undefined. */
static bool place_argument(struct parser *p, struct node *call, const struct token *name, struct node *value)
{
    int place = filter_argument(call->name, name->text);
    if (!value)
        return false;
    if (place < 0)
        return fail(p, name->column, "unsupported argument", name->text);
    while (call->arg_count < (size_t)place) {
        if (!append(p, call, literal(p, (struct value){.kind = VALUE_UNDEFINED})))
            return false;
    }
    if (call->arg_count == (size_t)place)
        return append(p, call, value);
    struct node *old = call->args;
    while (place-- > 0)
        old = old->next;
    if (old->kind != NODE_LITERAL || old->literal.kind != VALUE_UNDEFINED)
        return fail(p, name->column, "given twice:", name->text);
    value->next = old->next;
    *old = *value;
    call->depth = deeper(call->depth, value) + (value->depth >= call->depth);
    return call->depth <= TEMPLATE_DEPTH_MAX || fail(p, name->column, "expression nested too deep", "");
}

/* Arguments by their places, then by their names. */
static bool parse_arguments(struct parser *p, struct node *call)
{
    struct token name;
    size_t count = 0;
    while (!accept_operator(p, ")")) {
        if (count++ && !expect_operator(p, ","))
            return false;
        if (accept_keyword(p, &name) ? !place_argument(p, call, &name, parse_choice(p))
                                     : !append(p, call, parse_choice(p)))
            return false;
    }
    return true;
}

/* Behind the name of a filter or method: its arguments, if there are any. */
static struct node *parse_call(
    struct parser *p, enum node_kind kind, struct node *of, const struct token *name)
{
    struct node *call = make(p, kind, of, NULL, NULL);
    if (!call)
        return NULL;
    call->name = name->text;
    if (accept_operator(p, "(") && !parse_arguments(p, call))
        return NULL;
    bool filter = kind == NODE_FILTER;
    call->callable =
        filter ? filter_find(name->text, call->arg_count) : method_find(name->text, call->arg_count);
    if (call->callable < 0)
        return fail(p, name->column, filter ? "unsupported filter" : "unsupported method", name->text);
    return call;
}

/* float(x, default): the filter of that name, and what it would stand behind. */
static struct node *parse_function(struct parser *p, const struct token *name)
{
    if (!filter_is_function(name->text))
        return fail(p, name->column, "unsupported function", name->text);
    next(p);
    struct node *of = parse_choice(p), *call = of ? make(p, NODE_FILTER, of, NULL, NULL) : NULL;
    if (!call)
        return NULL;
    call->name = name->text;
    if (accept_operator(p, ",") ? !parse_arguments(p, call) : !expect_operator(p, ")"))
        return NULL;
    call->callable = filter_find(name->text, call->arg_count);
    return call->callable < 0 ? fail(p, name->column, "unsupported function", name->text) : call;
}

static struct node *parse_attribute(struct parser *p, struct node *of)
{
    struct token token = p->now;
    if (token.kind != TOKEN_NAME && token.kind != TOKEN_NUMBER)
        return fail(p, token.column, "expected a name behind the dot, not", token.text);
    next(p);
    if (token.kind == TOKEN_NUMBER)
        return make(p, NODE_ITEM, of, literal(p, value_int(token.number)), NULL);
    if (is_operator(p, "("))
        return parse_call(p, NODE_METHOD, of, &token);
    return make(p, NODE_ITEM, of, literal(p, value_text(token.text)), NULL);
}

static struct node *parse_subscript(struct parser *p, struct node *of)
{
    struct node *begin = NULL, *end = NULL;
    if (!is_operator(p, ":") && !(begin = parse_choice(p)))
        return NULL;
    if (accept_operator(p, "]"))
        return make(p, NODE_ITEM, of, begin, NULL);
    if (!expect_operator(p, ":"))
        return NULL;
    if (!is_operator(p, "]") && !(end = parse_choice(p)))
        return NULL;
    return expect_operator(p, "]") ? make(p, NODE_SLICE, of, begin, end) : NULL;
}

static struct node *parse_test(struct parser *p, struct node *of)
{
    bool negated = accept_word(p, "not");
    struct token token = p->now;
    if (token.kind != TOKEN_NAME || !test_is_known(token.text))
        return fail(p, token.column, "unsupported test", token.text);
    next(p);
    struct node *test = make(p, NODE_TEST, of, NULL, NULL);
    if (!test)
        return NULL;
    test->name = token.text;
    return negated ? make(p, NODE_NOT, test, NULL, NULL) : test;
}

static struct node *parse_filter(struct parser *p, struct node *of)
{
    struct token token = p->now;
    if (token.kind != TOKEN_NAME)
        return fail(p, token.column, "expected the name of a filter, not", token.text);
    next(p);
    return parse_call(p, NODE_FILTER, of, &token);
}

static struct node *parse_postfix(struct parser *p, struct node *node)
{
    while (node) {
        if (accept_operator(p, "."))
            node = parse_attribute(p, node);
        else if (accept_operator(p, "["))
            node = parse_subscript(p, node);
        else
            return node;
    }
    return NULL;
}

/* Signs and what they stand before; filters follow outside: -2 | abs is 2. */
static struct node *parse_signed(struct parser *p)
{
    if (!is_operator(p, "-") && !is_operator(p, "+"))
        return parse_postfix(p, parse_primary(p));
    if (p->depth >= TEMPLATE_DEPTH_MAX)
        return fail(p, p->now.column, "expression nested too deep", "");
    bool minus = is_operator(p, "-");
    p->depth++;
    next(p);
    struct node *node = parse_signed(p);
    p->depth--;
    return node && minus ? make(p, NODE_MINUS, node, NULL, NULL) : node;
}

static struct node *parse_unary(struct parser *p)
{
    struct node *node = parse_signed(p);
    while (node) {
        if (accept_operator(p, "|"))
            node = parse_filter(p, node);
        else if (accept_word(p, "is"))
            node = parse_test(p, node);
        else
            return node;
    }
    return NULL;
}

struct operator_row {
    const char *text;
    enum binary_op op;
};

typedef struct node *(*parse_fn)(struct parser *p);

/* A left-associative level: operand {operator operand}. */
static struct node *parse_level(
    struct parser *p, parse_fn operand, const struct operator_row *rows, size_t row_count)
{
    struct node *left = operand(p);
    while (left) {
        size_t i = 0;
        while (i < row_count && !is_operator(p, rows[i].text))
            i++;
        if (i == row_count)
            return left;
        next(p);
        struct node *right = operand(p);
        left = right ? make(p, NODE_BINARY, left, right, NULL) : NULL;
        if (left)
            left->op = rows[i].op;
    }
    return NULL;
}

static struct node *parse_product(struct parser *p)
{
    static const struct operator_row rows[] = {{"*", OP_MUL}, {"/", OP_DIV}, {"//", OP_FLOOR}, {"%", OP_MOD}};
    return parse_level(p, parse_unary, rows, sizeof(rows) / sizeof(*rows));
}

static struct node *parse_concat(struct parser *p)
{
    static const struct operator_row rows[] = {{"~", OP_CONCAT}};
    return parse_level(p, parse_product, rows, 1);
}

static struct node *parse_sum(struct parser *p)
{
    static const struct operator_row rows[] = {{"+", OP_ADD}, {"-", OP_SUB}};
    return parse_level(p, parse_concat, rows, 2);
}

/* Reads a comparison operator; false if there is none here. */
static bool accept_comparison(struct parser *p, enum binary_op *op)
{
    static const struct operator_row rows[] = {
        {"==", OP_EQ}, {"!=", OP_NE}, {"<", OP_LT}, {"<=", OP_LE}, {">", OP_GT}, {">=", OP_GE}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        *op = rows[i].op;
        if (accept_operator(p, rows[i].text))
            return true;
    }
    *op = OP_IN;
    if (accept_word(p, "in"))
        return true;
    *op = OP_NOT_IN;
    return accept_word(p, "not") && accept_word(p, "in");
}

static struct node *parse_compare(struct parser *p)
{
    struct node *left = parse_sum(p);
    enum binary_op op;
    if (!left || !accept_comparison(p, &op))
        return left;
    struct node *right = parse_sum(p);
    struct node *node = right ? make(p, NODE_BINARY, left, right, NULL) : NULL;
    if (!node)
        return NULL;
    node->op = op;
    size_t column = p->now.column;
    return accept_comparison(p, &op) ? fail(p, column, "unsupported: a chain of comparisons", "") : node;
}

static struct node *parse_not(struct parser *p)
{
    if (!is_word(p, "not"))
        return parse_compare(p);
    if (p->depth >= TEMPLATE_DEPTH_MAX)
        return fail(p, p->now.column, "expression nested too deep", "");
    p->depth++;
    next(p);
    struct node *of = parse_not(p);
    p->depth--;
    return of ? make(p, NODE_NOT, of, NULL, NULL) : NULL;
}

static struct node *parse_words(struct parser *p, const char *word, enum binary_op op, parse_fn operand)
{
    struct node *left = operand(p);
    while (left && accept_word(p, word)) {
        struct node *right = operand(p);
        left = right ? make(p, NODE_BINARY, left, right, NULL) : NULL;
        if (left)
            left->op = op;
    }
    return left;
}

static struct node *parse_and(struct parser *p)
{
    return parse_words(p, "and", OP_AND, parse_not);
}

static struct node *parse_choice(struct parser *p)
{
    if (p->depth >= TEMPLATE_DEPTH_MAX)
        return fail(p, p->now.column, "expression nested too deep", "");
    p->depth++;
    struct node *node = parse_words(p, "or", OP_OR, parse_and);
    while (node && accept_word(p, "if")) {
        struct node *condition = parse_words(p, "or", OP_OR, parse_and);
        struct node *other = NULL;
        if (!condition || (accept_word(p, "else") && !(other = parse_choice(p))))
            node = NULL;
        else
            node = make(p, NODE_CHOICE, node, condition, other);
    }
    p->depth--;
    return node;
}

/* ---- statements ---- */

static void begin_tag(struct parser *p, const char *close)
{
    p->at += 2;
    if (p->at < p->len && p->source[p->at] == '-')
        p->at++;
    p->close = close;
    p->brackets = 0;
    next(p);
}

static bool end_tag(struct parser *p)
{
    if (p->now.kind != TOKEN_END || p->at >= p->len) {
        fail(p, p->now.column, p->at >= p->len ? "missing" : "unexpected",
            p->at >= p->len ? p->close : p->now.text);
        return false;
    }
    p->strip_left = p->source[p->at] == '-';
    p->at += p->strip_left ? 3 : 2;
    return true;
}

/* The plain text up to the next tag; NULL and no error if it is empty. */
static bool parse_text(struct parser *p, struct node **out)
{
    *out = NULL;
    size_t begin = p->at;
    while (p->at < p->len && !at_text(p, "{{") && !at_text(p, "{%") && !at_text(p, "{#"))
        p->at++;
    size_t end = p->at;
    if (p->strip_left) {
        while (begin < end && isspace((unsigned char)p->source[begin]))
            begin++;
    }
    p->strip_left = false;
    if (p->len - p->at >= 3 && p->source[p->at + 2] == '-') {
        while (end > begin && isspace((unsigned char)p->source[end - 1]))
            end--;
    }
    if (begin == end)
        return true;
    const char *text = san_arena_strndup(p->arena, p->source + begin, end - begin);
    *out = text ? make(p, NODE_TEXT, NULL, NULL, NULL) : NULL;
    if (*out)
        (*out)->literal = value_text(text);
    return *out;
}

static bool skip_comment(struct parser *p)
{
    size_t column = p->at;
    while (p->at < p->len && !at_text(p, "#}"))
        p->at++;
    if (p->at >= p->len) {
        fail(p, column, "comment without its end", "");
        return false;
    }
    p->strip_left = p->source[p->at - 1] == '-';
    p->at += 2;
    return true;
}

static bool parse_set(struct parser *p, struct node **out)
{
    struct token name = p->now;
    if (name.kind != TOKEN_NAME || p->set_count == TEMPLATE_SETS_MAX) {
        fail(p, name.column, name.kind == TOKEN_NAME ? "too many variables:" : "expected a name, not",
            name.text);
        return false;
    }
    next(p);
    if (!expect_operator(p, "="))
        return false;
    struct node *value = parse_choice(p);
    *out = value ? make(p, NODE_SET, value, NULL, NULL) : NULL;
    if (!*out)
        return false;
    (*out)->name = name.text;
    p->sets[p->set_count++] = name.text;
    return end_tag(p);
}

/* Behind "if" or "elif". */
static bool parse_if(struct parser *p, struct node **out)
{
    if (p->depth >= TEMPLATE_DEPTH_MAX) {
        fail(p, p->now.column, "blocks nested too deep", "");
        return false;
    }
    p->depth++;
    struct node *condition = parse_choice(p), *then = NULL, *other = NULL;
    const char *stop = NULL;
    bool ok = condition && end_tag(p) && parse_block(p, &then, &stop);
    if (ok && strcmp(stop, "elif") == 0) {
        ok = parse_if(p, &other);
    } else if (ok && strcmp(stop, "else") == 0) {
        ok = end_tag(p) && parse_block(p, &other, &stop);
        if (ok && strcmp(stop, "endif") != 0) {
            fail(p, p->at, "expected endif, not", *stop ? stop : "the end");
            ok = false;
        }
        ok = ok && end_tag(p);
    } else if (ok && strcmp(stop, "endif") == 0) {
        ok = end_tag(p);
    } else if (ok) {
        fail(p, p->at, "missing endif", "");
        ok = false;
    }
    p->depth--;
    *out = ok ? make(p, NODE_IF, condition, then, other) : NULL;
    return *out;
}

/* One {% %}. *stopped_by is set for the tags that end a block; their name is already read. */
static bool parse_statement(struct parser *p, struct node **out, const char **stopped_by)
{
    begin_tag(p, "%}");
    struct token word = p->now;
    if (word.kind != TOKEN_NAME) {
        fail(p, word.column, "expected a statement, not", word.text);
        return false;
    }
    next(p);
    if (strcmp(word.text, "if") == 0)
        return parse_if(p, out);
    if (strcmp(word.text, "set") == 0)
        return parse_set(p, out);
    static const char *const ends[] = {"elif", "else", "endif"};
    for (size_t i = 0; i < 3; i++) {
        if (strcmp(word.text, ends[i]) == 0)
            *stopped_by = ends[i];
    }
    if (!**stopped_by)
        fail(p, word.column, "unsupported statement", word.text);
    return **stopped_by;
}

static bool parse_print(struct parser *p, struct node **out)
{
    begin_tag(p, "}}");
    struct node *expression = parse_choice(p);
    *out = expression ? make(p, NODE_PRINT, expression, NULL, NULL) : NULL;
    return *out && end_tag(p);
}

/* Statements up to the end of the text (*stopped_by "") or up to elif, else, endif. */
static bool parse_block(struct parser *p, struct node **out, const char **stopped_by)
{
    *stopped_by = "";
    while (p->at < p->len) {
        struct node *node = NULL;
        if (!parse_text(p, &node))
            return false;
        if (!node && p->at < p->len) {
            bool ok = at_text(p, "{{")   ? parse_print(p, &node)
                      : at_text(p, "{%") ? parse_statement(p, &node, stopped_by)
                                         : skip_comment(p);
            if (!ok)
                return false;
        }
        if (**stopped_by)
            return true;
        if (node) {
            *out = node;
            out = &node->next;
        }
    }
    return true;
}

/* A text without tags is a constant; blanks around it do not count. */
struct template *template_compile(struct san_arena *arena, const char *source, struct san_error *err)
{
    size_t len = strlen(source);
    if (len > TEMPLATE_SOURCE_MAX) {
        san_fail(err, SAN_ELIMIT, "template of %zu bytes; at most %d", len, TEMPLATE_SOURCE_MAX);
        return NULL;
    }
    struct parser parser = {.arena = arena, .err = err, .source = source, .len = len, .close = ""};
    struct template *compiled = san_arena_alloc(arena, sizeof(*compiled));
    struct node *body = NULL;
    const char *stopped_by;
    if (!compiled) {
        san_fail(err, SAN_ENOMEM, "out of memory for a template");
        return NULL;
    }
    if (!parse_block(&parser, &body, &stopped_by))
        return NULL;
    if (*stopped_by)
        return fail(&parser, parser.now.column, "no if before", stopped_by);
    compiled->body = body;
    return compiled;
}
