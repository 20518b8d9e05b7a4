/* template_lex.c - template text -> tokens: names, numbers, texts and operators inside of a tag. */
#include <ctype.h>
#include <string.h>

#include "devices/json_text.h"
#include "devices/template_parser.h"

void *parser_fail(struct parser *p, size_t column, const char *what, const char *value)
{
    san_fail(
        p->err, SAN_EUNSUPPORTED, "template, column %zu: %s%s%s", column + 1, what, *value ? " " : "", value);
    return NULL;
}

bool parser_at(const struct parser *p, const char *text)
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
        if (parser_at(p, pairs[i]))
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

void parser_next(struct parser *p)
{
    while (p->at < p->len && isspace((unsigned char)p->source[p->at]))
        p->at++;
    p->now = (struct token){.column = p->at, .kind = TOKEN_END, .text = ""};
    if (p->at >= p->len || (p->brackets == 0 && parser_at(p, p->close)))
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

bool parser_is_operator(const struct parser *p, const char *text)
{
    return p->now.kind == TOKEN_OPERATOR && strcmp(p->now.text, text) == 0;
}

bool parser_is_word(const struct parser *p, const char *text)
{
    return p->now.kind == TOKEN_NAME && strcmp(p->now.text, text) == 0;
}

bool parser_accept(struct parser *p, const char *text)
{
    if (!parser_is_operator(p, text))
        return false;
    parser_next(p);
    return true;
}

bool parser_accept_word(struct parser *p, const char *text)
{
    if (!parser_is_word(p, text))
        return false;
    parser_next(p);
    return true;
}

bool parser_expect(struct parser *p, const char *text)
{
    if (parser_accept(p, text))
        return true;
    parser_fail(p, p->now.column, "expected", text);
    return false;
}
