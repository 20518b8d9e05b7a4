/* json_text.c - see json_text.h. */
#include "devices/json_text.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

bool json_text_is_utf8(const char *text, size_t len)
{
    size_t at = 0;
    while (at < len) {
        utf8proc_int32_t point;
        utf8proc_ssize_t used =
            utf8proc_iterate((const utf8proc_uint8_t *)text + at, (utf8proc_ssize_t)(len - at), &point);
        if (used <= 0 || point == 0)
            return false;
        at += (size_t)used;
    }
    return true;
}

/* The byte after a string that begins at text[at] == '"'. */
static size_t skip_string(const char *text, size_t len, size_t at, bool *has_nul)
{
    for (at++; at < len && text[at] != '"'; at++) {
        if (text[at] != '\\')
            continue;
        if (len - at >= 6 && memcmp(text + at, "\\u0000", 6) == 0)
            *has_nul = true;
        at++;
    }
    return at < len ? at + 1 : len;
}

/* Depth and NUL escapes, before cJSON recurses or cuts a string. */
static enum san_status check_shape(const char *text, size_t len, int depth_max, struct san_error *err)
{
    int depth = 0;
    bool has_nul = false;
    size_t at = 0;
    while (at < len) {
        if (text[at] == '"') {
            at = skip_string(text, len, at, &has_nul);
            continue;
        }
        if (text[at] == '{' || text[at] == '[')
            depth++;
        else if (text[at] == '}' || text[at] == ']')
            depth--;
        if (depth > depth_max)
            return san_fail(err, SAN_ELIMIT, "JSON is nested more than %d levels deep", depth_max);
        at++;
    }
    if (has_nul)
        return san_fail(err, SAN_EFORMAT, "JSON holds a NUL character (\\u0000)");
    return SAN_OK;
}

static bool is_number_char(char c)
{
    return isdigit((unsigned char)c) || c == '+' || c == '-' || c == '.' || c == 'e' || c == 'E';
}

struct float_scan {
    const char *text;
    size_t len, at;
};

/* The next number of the text, in document order; false if there is none. */
static bool next_number(struct float_scan *scan, const char **number, size_t *len)
{
    bool ignored;
    while (scan->at < scan->len) {
        char c = scan->text[scan->at];
        if (c == '"') {
            scan->at = skip_string(scan->text, scan->len, scan->at, &ignored);
        } else if (c == '-' || isdigit((unsigned char)c)) {
            *number = scan->text + scan->at;
            while (scan->at < scan->len && is_number_char(scan->text[scan->at]))
                scan->at++;
            *len = (size_t)(scan->text + scan->at - *number);
            return true;
        } else {
            scan->at++;
        }
    }
    return false;
}

static bool keep_text(cJSON *item, const char *number, size_t len)
{
    item->valuestring = cJSON_malloc(len + 1);
    if (!item->valuestring)
        return false;
    memcpy(item->valuestring, number, len);
    item->valuestring[len] = '\0';
    return true;
}

/* Number nodes come in the same order as the numbers of the text. */
static bool mark_floats(cJSON *item, struct float_scan *scan)
{
    if (cJSON_IsNumber(item)) {
        const char *number;
        size_t len;
        if (!next_number(scan, &number, &len))
            return true;
        bool is_float = memchr(number, '.', len) || memchr(number, 'e', len) || memchr(number, 'E', len);
        return !is_float || keep_text(item, number, len);
    }
    for (cJSON *child = item->child; child; child = child->next) {
        if (!mark_floats(child, scan))
            return false;
    }
    return true;
}

static size_t line_of(const char *text, size_t at)
{
    size_t line = 1;
    for (size_t i = 0; i < at; i++)
        line += text[i] == '\n';
    return line;
}

cJSON *json_parse(const char *text, size_t len, int depth_max, struct san_error *err)
{
    if (!json_text_is_utf8(text, len)) {
        san_fail(err, SAN_EFORMAT, "not UTF-8 text");
        return NULL;
    }
    if (check_shape(text, len, depth_max, err) != SAN_OK)
        return NULL;
    const char *end = NULL;
    cJSON *root = cJSON_ParseWithLengthOpts(text, len, &end, 0);
    while (root && end < text + len && isspace((unsigned char)*end))
        end++;
    if (!root || end != text + len) {
        cJSON_Delete(root);
        size_t at = end ? (size_t)(end - text) : 0;
        san_fail(err, SAN_EFORMAT, "not JSON at byte %zu of %zu, in line %zu", at < len ? at + 1 : len, len,
            line_of(text, at < len ? at : len));
        return NULL;
    }
    struct float_scan scan = {.text = text, .len = len};
    if (!mark_floats(root, &scan)) {
        cJSON_Delete(root);
        san_fail(err, SAN_ENOMEM, "out of memory for JSON of %zu bytes", len);
        return NULL;
    }
    return root;
}

bool json_is_float(const cJSON *item)
{
    if (!cJSON_IsNumber(item))
        return false;
    return item->valuestring || item->valuedouble != floor(item->valuedouble) ||
           fabs(item->valuedouble) > 1e18;
}

cJSON *json_create_float(double number)
{
    char text[JSON_NUMBER_MAX];
    json_number_text(text, number, true);
    cJSON *item = cJSON_CreateNumber(number);
    if (item && !keep_text(item, text, strlen(text))) {
        cJSON_Delete(item);
        return NULL;
    }
    return item;
}

/* Python's repr: the shortest digits that read back as the same number. */
static void float_text(char buf[static JSON_NUMBER_MAX], double number)
{
    char digits[JSON_NUMBER_MAX];
    int precision = 0;
    do {
        snprintf(digits, sizeof(digits), "%.*e", precision, number);
    } while (strtod(digits, NULL) != number && ++precision < 17);
    int exponent = atoi(strchr(digits, 'e') + 1);
    if (exponent < -4 || exponent >= 16) {
        memcpy(buf, digits, sizeof(digits));
        return;
    }
    int decimals = precision - exponent;
    snprintf(buf, JSON_NUMBER_MAX, "%.*f", decimals > 0 ? decimals : 1, number);
}

void json_number_text(char buf[static JSON_NUMBER_MAX], double number, bool is_float)
{
    if (!isfinite(number)) {
        snprintf(buf, JSON_NUMBER_MAX, "%s", isnan(number) ? "nan" : number > 0 ? "inf" : "-inf");
        return;
    }
    if (is_float || number != floor(number) || fabs(number) > 1e18)
        float_text(buf, number);
    else
        snprintf(buf, JSON_NUMBER_MAX, "%.0f", number == 0 ? 0.0 : number);
}

bool json_text_number(const char *text, double *number)
{
    while (isspace((unsigned char)*text))
        text++;
    size_t len = 0;
    while (is_number_char(text[len]))
        len++;
    if (len == 0 || len >= 64)
        return false;
    char *end;
    *number = strtod(text, &end);
    if (end != text + len || !isfinite(*number))
        return false;
    while (isspace((unsigned char)*end))
        end++;
    return *end == '\0';
}

const char *json_member_text(const cJSON *object, const char *key)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
}
