/* jsonrpc.c - see jsonrpc.h. https://www.jsonrpc.org/specification */
#include "jsonrpc.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DEPTH_MAX = 32,    /* the deepest thing that is asked for is a home file, with 5 levels */
    ID_TEXT_MAX = 128, /* bytes of an id that is text */
    METHOD_MAX = 64,
};

/* ---- UTF-8 ---- */

/* The length of the well-formed sequence at s, or 0 (Unicode 15, table 3-7). */
static size_t sequence_length(const unsigned char *s, size_t left)
{
    if (s[0] < 0x80)
        return s[0] ? 1 : 0;
    size_t length = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    if (s[0] < 0xc2 || s[0] > 0xf4 || left < length)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    bool bad_second = (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
                      (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f);
    return bad_second ? 0 : length;
}

bool jsonrpc_is_utf8(const char *text, size_t len)
{
    const unsigned char *s = (const unsigned char *)text;
    while (len) {
        size_t step = sequence_length(s, len);
        if (!step)
            return false;
        s += step;
        len -= step;
    }
    return true;
}

/* ---- values ---- */

/* cJSON recurses as deep as the text does; the stack is measured here, before. */
static bool too_deep(const char *line, size_t len)
{
    int depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < len; i++) {
        if (in_string && line[i] == '\\')
            i++;
        else if (line[i] == '"')
            in_string = !in_string;
        else if (!in_string && (line[i] == '{' || line[i] == '['))
            depth++;
        else if (!in_string && (line[i] == '}' || line[i] == ']'))
            depth--;
        if (depth > DEPTH_MAX)
            return true;
    }
    return false;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

cJSON *jsonrpc_parse_value(const char *text, size_t len, char *why, size_t size)
{
    const char *reason = NULL, *end = NULL;
    cJSON *value = NULL;
    if (!jsonrpc_is_utf8(text, len))
        reason = "it is not UTF-8";
    else if (too_deep(text, len))
        reason = "the JSON is nested deeper than 32 levels";
    else
        value = cJSON_ParseWithLengthOpts(text, len, &end, false);
    while (value && end < text + len && is_blank(*end))
        end++;
    if (value && end == text + len)
        return value;
    if (!reason)
        reason = value ? "something follows the JSON" : "it is not JSON";
    if (why)
        snprintf(why, size, "%s", reason);
    cJSON_Delete(value);
    return NULL;
}

/* ---- requests ---- */

static bool refuse(struct jsonrpc_request *request, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool refuse(struct jsonrpc_request *request, int code, const char *format, ...)
{
    request->error = code;
    request->method = NULL;
    va_list args;
    va_start(args, format);
    vsnprintf(request->message, sizeof(request->message), format, args);
    va_end(args);
    return false;
}

static bool take_id(struct jsonrpc_request *request)
{
    const cJSON *id = cJSON_GetObjectItemCaseSensitive(request->document, "id");
    if (!id)
        return true;
    if (!cJSON_IsString(id) && !cJSON_IsNumber(id) && !cJSON_IsNull(id))
        return refuse(request, JSONRPC_INVALID_REQUEST, "id must be a string, a number or null");
    if (cJSON_IsString(id) && strlen(id->valuestring) > ID_TEXT_MAX)
        return refuse(request, JSONRPC_INVALID_REQUEST, "id is longer than %d bytes", ID_TEXT_MAX);
    request->id = id;
    return true;
}

static bool take_method(struct jsonrpc_request *request)
{
    const cJSON *method = cJSON_GetObjectItemCaseSensitive(request->document, "method");
    if (!cJSON_IsString(method) || !method->valuestring[0])
        return refuse(request, JSONRPC_INVALID_REQUEST, "method must be a string that is not empty");
    if (strlen(method->valuestring) > METHOD_MAX)
        return refuse(request, JSONRPC_INVALID_REQUEST, "method is longer than %d bytes", METHOD_MAX);
    const cJSON *params = cJSON_GetObjectItemCaseSensitive(request->document, "params");
    if (params && !cJSON_IsObject(params))
        return refuse(request, JSONRPC_INVALID_PARAMS, "params must be an object");
    request->params = params;
    request->method = method->valuestring;
    return true;
}

bool jsonrpc_parse(const char *line, size_t len, struct jsonrpc_request *request)
{
    *request = (struct jsonrpc_request){0};
    if (len > JSONRPC_LINE_MAX)
        return refuse(request, JSONRPC_INVALID_REQUEST, "the line is longer than %d bytes", JSONRPC_LINE_MAX);
    char why[64];
    request->document = jsonrpc_parse_value(line, len, why, sizeof(why));
    if (!request->document)
        return refuse(request, JSONRPC_PARSE_ERROR, "cannot read the line: %s", why);
    if (cJSON_IsArray(request->document))
        return refuse(request, JSONRPC_INVALID_REQUEST, "batches are not taken: send one object a line");
    if (!cJSON_IsObject(request->document))
        return refuse(request, JSONRPC_INVALID_REQUEST, "a request is a JSON object");
    if (!take_id(request))
        return false;
    const cJSON *version = cJSON_GetObjectItemCaseSensitive(request->document, "jsonrpc");
    if (!cJSON_IsString(version) || strcmp(version->valuestring, "2.0") != 0)
        return refuse(request, JSONRPC_INVALID_REQUEST, "\"jsonrpc\" must be \"2.0\"");
    return take_method(request);
}

void jsonrpc_request_clear(struct jsonrpc_request *request)
{
    cJSON_Delete(request->document);
    *request = (struct jsonrpc_request){0};
}

/* ---- answers ---- */

/* Prints the object with its newline, and deletes it. */
static char *to_line(cJSON *object)
{
    char *text = cJSON_PrintUnformatted(object);
    cJSON_Delete(object);
    if (!text)
        return NULL;
    size_t len = strlen(text);
    char *line = realloc(text, len + 2);
    if (!line) {
        free(text);
        return NULL;
    }
    memcpy(line + len, "\n", 2);
    return line;
}

static cJSON *envelope(void)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "jsonrpc", "2.0");
    return object;
}

/* Adds member to object, which may be NULL; consumes member. */
static void add(cJSON *object, const char *name, cJSON *member)
{
    if (!cJSON_AddItemToObject(object, name, member))
        cJSON_Delete(member);
}

char *jsonrpc_result(const cJSON *id, cJSON *result)
{
    cJSON *object = envelope();
    add(object, "id", id ? cJSON_Duplicate(id, true) : cJSON_CreateNull());
    add(object, "result", result ? result : cJSON_CreateObject());
    return to_line(object);
}

char *jsonrpc_error(const cJSON *id, int code, const char *message, cJSON *data)
{
    cJSON *object = envelope();
    add(object, "id", id ? cJSON_Duplicate(id, true) : cJSON_CreateNull());
    cJSON *error = cJSON_AddObjectToObject(object, "error");
    cJSON_AddNumberToObject(error, "code", code);
    cJSON_AddStringToObject(error, "message", message);
    if (data)
        add(error, "data", data);
    return to_line(object);
}

char *jsonrpc_notification(const char *method, cJSON *params)
{
    cJSON *object = envelope();
    cJSON_AddStringToObject(object, "method", method);
    add(object, "params", params ? params : cJSON_CreateObject());
    return to_line(object);
}
