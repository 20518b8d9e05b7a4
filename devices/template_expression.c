/* template_expression.c - tokens -> the tree of an expression. Recursive descent in the order of Jinja's own
 * precedences:
 *
 *     choice := or ["if" or ["else" choice]]      compare := sum [("==" | ... | "in" | "not" "in") sum]
 *     or     := and {"or" and}                    sum     := concat {("+" | "-") concat}
 *     and    := not {"and" not}                   concat  := product {"~" product}
 *     not    := "not" not | compare               product := unary {("*" | "/" | "//" | "%") unary}
 *     unary  := ("-" | "+") unary | primary {".name" | ".name(args)" | "[item]" | "[a:b]"} {"|" filter | "is"
 * ["not"] test}
 */
#include <string.h>

#include "devices/template_parser.h"

/* ---- tree ---- */

static int deeper(int depth, const struct node *node)
{
    return node && node->depth > depth ? node->depth : depth;
}

/* The evaluator recurses as deep as the tree is; so the depth is limited here, once. */
struct node *parser_node(
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
        return parser_fail(p, p->now.column, "expression nested too deep", "");
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
    parser_fail(p, p->now.column, "expression nested too deep or list too long", "");
    return false;
}

static struct node *literal(struct parser *p, struct value value)
{
    struct node *node = parser_node(p, NODE_LITERAL, NULL, NULL, NULL);
    if (node)
        node->literal = value;
    return node;
}

/* ---- expressions ---- */

static struct node *parse_dict(struct parser *p)
{
    struct node *dict = parser_node(p, NODE_DICT, NULL, NULL, NULL);
    while (dict && !parser_accept(p, "}")) {
        if (dict->args && !parser_expect(p, ","))
            return NULL;
        if (dict->args && parser_accept(p, "}"))
            break;
        if (!append(p, dict, parse_expression(p)) || !parser_expect(p, ":") ||
            !append(p, dict, parse_expression(p)))
            return NULL;
    }
    return dict;
}

/* Items up to `close`: a list, or the arguments of a call. */
static struct node *parse_items(struct parser *p, struct node *list, const char *close)
{
    while (list && !parser_accept(p, close)) {
        if (list->args && !parser_expect(p, ","))
            return NULL;
        if (list->args && parser_accept(p, close))
            break;
        if (!append(p, list, parse_expression(p)))
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
    parser_next(p);
    for (size_t i = 0; i < sizeof(constants) / sizeof(*constants); i++) {
        if (strcmp(token.text, constants[i].word) == 0)
            return literal(p, (struct value){.kind = constants[i].kind, .number = constants[i].number});
    }
    if (parser_is_operator(p, "("))
        return parse_function(p, &token);
    if (is_foreign(p, token.text))
        return parser_fail(p, token.column, "unsupported variable", token.text);
    struct node *node = parser_node(p, NODE_NAME, NULL, NULL, NULL);
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
        parser_next(p);
        return literal(p, value_text(token.text));
    }
    if (token.kind == TOKEN_NUMBER) {
        parser_next(p);
        return literal(p, token.is_float ? value_float(token.number) : value_int(token.number));
    }
    if (parser_accept(p, "["))
        return parse_items(p, parser_node(p, NODE_LIST, NULL, NULL, NULL), "]");
    if (parser_accept(p, "(")) {
        struct node *inner = parse_expression(p);
        return inner && parser_expect(p, ")") ? inner : NULL;
    }
    if (parser_accept(p, "{"))
        return parse_dict(p);
    return parser_fail(
        p, token.column, token.kind == TOKEN_END ? "expression ends too early" : "unexpected", token.text);
}

/* If a name and = are next, reads them: the argument that follows has that name. */
static bool accept_keyword(struct parser *p, struct token *name)
{
    struct parser before = *p;
    *name = p->now;
    if (name->kind != TOKEN_NAME)
        return false;
    parser_next(p);
    if (parser_accept(p, "="))
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
        return parser_fail(p, name->column, "unsupported argument", name->text);
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
        return parser_fail(p, name->column, "given twice:", name->text);
    value->next = old->next;
    *old = *value;
    call->depth = deeper(call->depth, value) + (value->depth >= call->depth);
    return call->depth <= TEMPLATE_DEPTH_MAX ||
           parser_fail(p, name->column, "expression nested too deep", "");
}

/* Arguments by their places, then by their names. */
static bool parse_arguments(struct parser *p, struct node *call)
{
    struct token name;
    size_t count = 0;
    while (!parser_accept(p, ")")) {
        if (count++ && !parser_expect(p, ","))
            return false;
        if (accept_keyword(p, &name) ? !place_argument(p, call, &name, parse_expression(p))
                                     : !append(p, call, parse_expression(p)))
            return false;
    }
    return true;
}

/* Behind the name of a filter or method: its arguments, if there are any. */
static struct node *parse_call(
    struct parser *p, enum node_kind kind, struct node *of, const struct token *name)
{
    struct node *call = parser_node(p, kind, of, NULL, NULL);
    if (!call)
        return NULL;
    call->name = name->text;
    if (parser_accept(p, "(") && !parse_arguments(p, call))
        return NULL;
    bool filter = kind == NODE_FILTER;
    call->callable =
        filter ? filter_find(name->text, call->arg_count) : method_find(name->text, call->arg_count);
    if (call->callable < 0)
        return parser_fail(p, name->column, filter ? "unsupported filter" : "unsupported method", name->text);
    return call;
}

/* float(x, default): the filter of that name, and what it would stand behind. */
static struct node *parse_function(struct parser *p, const struct token *name)
{
    if (!filter_is_function(name->text))
        return parser_fail(p, name->column, "unsupported function", name->text);
    parser_next(p);
    struct node *of = parse_expression(p), *call = of ? parser_node(p, NODE_FILTER, of, NULL, NULL) : NULL;
    if (!call)
        return NULL;
    call->name = name->text;
    if (parser_accept(p, ",") ? !parse_arguments(p, call) : !parser_expect(p, ")"))
        return NULL;
    call->callable = filter_find(name->text, call->arg_count);
    return call->callable < 0 ? parser_fail(p, name->column, "unsupported function", name->text) : call;
}

static struct node *parse_attribute(struct parser *p, struct node *of)
{
    struct token token = p->now;
    if (token.kind != TOKEN_NAME && token.kind != TOKEN_NUMBER)
        return parser_fail(p, token.column, "expected a name behind the dot, not", token.text);
    parser_next(p);
    if (token.kind == TOKEN_NUMBER)
        return parser_node(p, NODE_ITEM, of, literal(p, value_int(token.number)), NULL);
    if (parser_is_operator(p, "("))
        return parse_call(p, NODE_METHOD, of, &token);
    return parser_node(p, NODE_ITEM, of, literal(p, value_text(token.text)), NULL);
}

static struct node *parse_subscript(struct parser *p, struct node *of)
{
    struct node *begin = NULL, *end = NULL;
    if (!parser_is_operator(p, ":") && !(begin = parse_expression(p)))
        return NULL;
    if (parser_accept(p, "]"))
        return parser_node(p, NODE_ITEM, of, begin, NULL);
    if (!parser_expect(p, ":"))
        return NULL;
    if (!parser_is_operator(p, "]") && !(end = parse_expression(p)))
        return NULL;
    return parser_expect(p, "]") ? parser_node(p, NODE_SLICE, of, begin, end) : NULL;
}

static struct node *parse_test(struct parser *p, struct node *of)
{
    bool negated = parser_accept_word(p, "not");
    struct token token = p->now;
    if (token.kind != TOKEN_NAME || !test_is_known(token.text))
        return parser_fail(p, token.column, "unsupported test", token.text);
    parser_next(p);
    struct node *test = parser_node(p, NODE_TEST, of, NULL, NULL);
    if (!test)
        return NULL;
    test->name = token.text;
    return negated ? parser_node(p, NODE_NOT, test, NULL, NULL) : test;
}

static struct node *parse_filter(struct parser *p, struct node *of)
{
    struct token token = p->now;
    if (token.kind != TOKEN_NAME)
        return parser_fail(p, token.column, "expected the name of a filter, not", token.text);
    parser_next(p);
    return parse_call(p, NODE_FILTER, of, &token);
}

static struct node *parse_postfix(struct parser *p, struct node *node)
{
    while (node) {
        if (parser_accept(p, "."))
            node = parse_attribute(p, node);
        else if (parser_accept(p, "["))
            node = parse_subscript(p, node);
        else
            return node;
    }
    return NULL;
}

/* Signs and what they stand before; filters follow outside: -2 | abs is 2. */
static struct node *parse_signed(struct parser *p)
{
    if (!parser_is_operator(p, "-") && !parser_is_operator(p, "+"))
        return parse_postfix(p, parse_primary(p));
    if (p->depth >= TEMPLATE_DEPTH_MAX)
        return parser_fail(p, p->now.column, "expression nested too deep", "");
    bool minus = parser_is_operator(p, "-");
    p->depth++;
    parser_next(p);
    struct node *node = parse_signed(p);
    p->depth--;
    return node && minus ? parser_node(p, NODE_MINUS, node, NULL, NULL) : node;
}

static struct node *parse_unary(struct parser *p)
{
    struct node *node = parse_signed(p);
    while (node) {
        if (parser_accept(p, "|"))
            node = parse_filter(p, node);
        else if (parser_accept_word(p, "is"))
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
        while (i < row_count && !parser_is_operator(p, rows[i].text))
            i++;
        if (i == row_count)
            return left;
        parser_next(p);
        struct node *right = operand(p);
        left = right ? parser_node(p, NODE_BINARY, left, right, NULL) : NULL;
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
        if (parser_accept(p, rows[i].text))
            return true;
    }
    *op = OP_IN;
    if (parser_accept_word(p, "in"))
        return true;
    *op = OP_NOT_IN;
    return parser_accept_word(p, "not") && parser_accept_word(p, "in");
}

static struct node *parse_compare(struct parser *p)
{
    struct node *left = parse_sum(p);
    enum binary_op op;
    if (!left || !accept_comparison(p, &op))
        return left;
    struct node *right = parse_sum(p);
    struct node *node = right ? parser_node(p, NODE_BINARY, left, right, NULL) : NULL;
    if (!node)
        return NULL;
    node->op = op;
    size_t column = p->now.column;
    return accept_comparison(p, &op) ? parser_fail(p, column, "unsupported: a chain of comparisons", "")
                                     : node;
}

static struct node *parse_not(struct parser *p)
{
    if (!parser_is_word(p, "not"))
        return parse_compare(p);
    if (p->depth >= TEMPLATE_DEPTH_MAX)
        return parser_fail(p, p->now.column, "expression nested too deep", "");
    p->depth++;
    parser_next(p);
    struct node *of = parse_not(p);
    p->depth--;
    return of ? parser_node(p, NODE_NOT, of, NULL, NULL) : NULL;
}

static struct node *parse_words(struct parser *p, const char *word, enum binary_op op, parse_fn operand)
{
    struct node *left = operand(p);
    while (left && parser_accept_word(p, word)) {
        struct node *right = operand(p);
        left = right ? parser_node(p, NODE_BINARY, left, right, NULL) : NULL;
        if (left)
            left->op = op;
    }
    return left;
}

static struct node *parse_and(struct parser *p)
{
    return parse_words(p, "and", OP_AND, parse_not);
}

struct node *parse_expression(struct parser *p)
{
    if (p->depth >= TEMPLATE_DEPTH_MAX)
        return parser_fail(p, p->now.column, "expression nested too deep", "");
    p->depth++;
    struct node *node = parse_words(p, "or", OP_OR, parse_and);
    while (node && parser_accept_word(p, "if")) {
        struct node *condition = parse_words(p, "or", OP_OR, parse_and);
        struct node *other = NULL;
        if (!condition || (parser_accept_word(p, "else") && !(other = parse_expression(p))))
            node = NULL;
        else
            node = parser_node(p, NODE_CHOICE, node, condition, other);
    }
    p->depth--;
    return node;
}
