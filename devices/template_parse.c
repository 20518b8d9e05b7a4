/* template_parse.c - template text -> syntax tree: plain text, prints and the statements if and set. */
#include <ctype.h>
#include <string.h>

#include "devices/template_parser.h"

static bool parse_block(struct parser *p, struct node **out, const char **stopped_by);

static void begin_tag(struct parser *p, const char *close)
{
    p->at += 2;
    if (p->at < p->len && p->source[p->at] == '-')
        p->at++;
    p->close = close;
    p->brackets = 0;
    parser_next(p);
}

static bool end_tag(struct parser *p)
{
    if (p->now.kind != TOKEN_END || p->at >= p->len) {
        parser_fail(p, p->now.column, p->at >= p->len ? "missing" : "unexpected",
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
    while (p->at < p->len && !parser_at(p, "{{") && !parser_at(p, "{%") && !parser_at(p, "{#"))
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
    *out = text ? parser_node(p, NODE_TEXT, NULL, NULL, NULL) : NULL;
    if (*out)
        (*out)->literal = value_text(text);
    return *out;
}

static bool skip_comment(struct parser *p)
{
    size_t column = p->at;
    while (p->at < p->len && !parser_at(p, "#}"))
        p->at++;
    if (p->at >= p->len) {
        parser_fail(p, column, "comment without its end", "");
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
        parser_fail(p, name.column, name.kind == TOKEN_NAME ? "too many variables:" : "expected a name, not",
            name.text);
        return false;
    }
    parser_next(p);
    if (!parser_expect(p, "="))
        return false;
    struct node *value = parse_expression(p);
    *out = value ? parser_node(p, NODE_SET, value, NULL, NULL) : NULL;
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
        parser_fail(p, p->now.column, "blocks nested too deep", "");
        return false;
    }
    p->depth++;
    struct node *condition = parse_expression(p), *then = NULL, *other = NULL;
    const char *stop = NULL;
    bool ok = condition && end_tag(p) && parse_block(p, &then, &stop);
    if (ok && strcmp(stop, "elif") == 0) {
        ok = parse_if(p, &other);
    } else if (ok && strcmp(stop, "else") == 0) {
        ok = end_tag(p) && parse_block(p, &other, &stop);
        if (ok && strcmp(stop, "endif") != 0) {
            parser_fail(p, p->at, "expected endif, not", *stop ? stop : "the end");
            ok = false;
        }
        ok = ok && end_tag(p);
    } else if (ok && strcmp(stop, "endif") == 0) {
        ok = end_tag(p);
    } else if (ok) {
        parser_fail(p, p->at, "missing endif", "");
        ok = false;
    }
    p->depth--;
    *out = ok ? parser_node(p, NODE_IF, condition, then, other) : NULL;
    return *out;
}

/* One {% %}. *stopped_by is set for the tags that end a block; their name is already read. */
static bool parse_statement(struct parser *p, struct node **out, const char **stopped_by)
{
    begin_tag(p, "%}");
    struct token word = p->now;
    if (word.kind != TOKEN_NAME) {
        parser_fail(p, word.column, "expected a statement, not", word.text);
        return false;
    }
    parser_next(p);
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
        parser_fail(p, word.column, "unsupported statement", word.text);
    return **stopped_by;
}

static bool parse_print(struct parser *p, struct node **out)
{
    begin_tag(p, "}}");
    struct node *expression = parse_expression(p);
    *out = expression ? parser_node(p, NODE_PRINT, expression, NULL, NULL) : NULL;
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
            bool ok = parser_at(p, "{{")   ? parse_print(p, &node)
                      : parser_at(p, "{%") ? parse_statement(p, &node, stopped_by)
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
        return parser_fail(&parser, parser.now.column, "no if before", stopped_by);
    compiled->body = body;
    return compiled;
}
