/* jsonrpc.h - one line <-> one JSON-RPC 2.0 request or answer (docs/rpc.md). No sockets: bytes in, bytes out.
 *
 *     struct jsonrpc_request request;
 *     if (jsonrpc_parse(line, len, &request))
 *         answer = jsonrpc_result(request.id, result);
 *     else
 *         answer = jsonrpc_error(request.id, request.error, request.message, NULL);
 *     jsonrpc_request_clear(&request);
 */
#ifndef HEARTHD_JSONRPC_H
#define HEARTHD_JSONRPC_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

enum { JSONRPC_LINE_MAX = 1 << 20 }; /* bytes of one line: a home file of some 3,000 entities */

enum jsonrpc_error {
    JSONRPC_PARSE_ERROR = -32700,
    JSONRPC_INVALID_REQUEST = -32600,
    JSONRPC_METHOD_NOT_FOUND = -32601,
    JSONRPC_INVALID_PARAMS = -32602,
    JSONRPC_INTERNAL = -32603,
    JSONRPC_REFUSED = -32000,
    JSONRPC_BUSY = -32001,
    JSONRPC_NOT_FOUND = -32002,
};

struct jsonrpc_request {
    cJSON *document;     /* owns all the rest */
    const cJSON *id;     /* string, number or null; NULL in a notification, which gets no answer */
    const char *method;  /* NULL if parsing failed */
    const cJSON *params; /* an object, or NULL */
    int error;           /* when parsing failed: what to answer */
    char message[160];
};

/* Parses line[0..len), which ends before its newline. False: request->error and ->message say why, and id is
 * there if it could be read. Clear the request in both cases. */
bool jsonrpc_parse(const char *line, size_t len, struct jsonrpc_request *request);
void jsonrpc_request_clear(struct jsonrpc_request *request);

/* Answers and notifications: one line with its newline, for free(). `id` is copied, NULL stands for null.
 * result, data and params are consumed in every case; NULL is {} (data: none). NULL if out of memory. */
char *jsonrpc_result(const cJSON *id, cJSON *result);
char *jsonrpc_error(const cJSON *id, int code, const char *message, cJSON *data);
char *jsonrpc_notification(const char *method, cJSON *params);

/* Parses one JSON value that fills text[0..len) but for blanks, within the limits of depth and UTF-8. NULL:
 * why (of size bytes; may be NULL) says what is wrong. */
cJSON *jsonrpc_parse_value(const char *text, size_t len, char *why, size_t size);

/* True if text[0..len) is UTF-8 without NUL: no overlong forms, no surrogates. */
bool jsonrpc_is_utf8(const char *text, size_t len);

#endif
