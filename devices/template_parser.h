/* template_parser.h - between the lexer (template_lex.c), expressions (template_expression.c) and statements
 * (template_parse.c) of templates. Not for others. */
#ifndef HEARTH_TEMPLATE_PARSER_H
#define HEARTH_TEMPLATE_PARSER_H

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

/* ---- template_lex.c ---- */

/* Reports what is wrong at a column, and its text; always NULL, and so false. */
void *parser_fail(struct parser *p, size_t column, const char *what, const char *value);
/* True if the source goes on with that text. */
bool parser_at(const struct parser *p, const char *text);
/* Reads the next token into p->now. */
void parser_next(struct parser *p);
bool parser_is_operator(const struct parser *p, const char *text);
bool parser_is_word(const struct parser *p, const char *text);
/* Reads on if that is next. */
bool parser_accept(struct parser *p, const char *text);
bool parser_accept_word(struct parser *p, const char *text);
/* The same, and reports if it is not. */
bool parser_expect(struct parser *p, const char *text);

/* ---- template_expression.c ---- */

/* A node over its operands (NULL: none); NULL if it would be too deep, or out of memory. */
struct node *parser_node(
    struct parser *p, enum node_kind kind, struct node *a, struct node *b, struct node *c);
/* A whole expression; NULL with p->err. */
struct node *parse_expression(struct parser *p);

#endif
