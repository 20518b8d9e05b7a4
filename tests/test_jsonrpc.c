/* One line <-> one request: what is taken, what is refused, and with which code. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/jsonrpc.h"

static void refused(const char *line, int code)
{
    struct jsonrpc_request request;
    assert_false(jsonrpc_parse(line, strlen(line), &request));
    assert_int_equal(request.error, code);
    assert_true(request.message[0] != '\0');
    assert_null(request.method);
    jsonrpc_request_clear(&request);
}

static void test_a_request(void **state)
{
    (void)state;
    const char *line =
        "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"say\",\"params\":{\"text\":\"caf\u00e9\"}} \r";
    struct jsonrpc_request request;
    assert_true(jsonrpc_parse(line, strlen(line), &request));
    assert_string_equal(request.method, "say");
    assert_int_equal(request.id->valueint, 7);
    assert_string_equal(cJSON_GetObjectItem(request.params, "text")->valuestring, "caf\u00e9");
    jsonrpc_request_clear(&request);
}

static void test_a_notification_has_no_id(void **state)
{
    (void)state;
    const char *line = "{\"jsonrpc\":\"2.0\",\"method\":\"status\"}";
    struct jsonrpc_request request;
    assert_true(jsonrpc_parse(line, strlen(line), &request));
    assert_null(request.id);
    assert_null(request.params);
    jsonrpc_request_clear(&request);
}

static void test_what_is_refused(void **state)
{
    (void)state;
    refused("", JSONRPC_PARSE_ERROR);
    refused("turn on the light", JSONRPC_PARSE_ERROR);
    refused("{\"jsonrpc\":\"2.0\",", JSONRPC_PARSE_ERROR);
    refused("{} {}", JSONRPC_PARSE_ERROR);
    refused("{\"a\":\"\xff\"}", JSONRPC_PARSE_ERROR);
    refused("[]", JSONRPC_INVALID_REQUEST);
    refused("7", JSONRPC_INVALID_REQUEST);
    refused("{\"method\":\"status\"}", JSONRPC_INVALID_REQUEST);
    refused("{\"jsonrpc\":\"1.0\",\"method\":\"status\"}", JSONRPC_INVALID_REQUEST);
    refused("{\"jsonrpc\":\"2.0\",\"method\":\"\"}", JSONRPC_INVALID_REQUEST);
    refused("{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"status\"}", JSONRPC_INVALID_REQUEST);
    refused("{\"jsonrpc\":\"2.0\",\"method\":\"status\",\"params\":[]}", JSONRPC_INVALID_PARAMS);
}

static void test_a_refused_request_keeps_its_id(void **state)
{
    (void)state;
    const char *line = "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"method\":7}";
    struct jsonrpc_request request;
    assert_false(jsonrpc_parse(line, strlen(line), &request));
    assert_string_equal(request.id->valuestring, "x");
    jsonrpc_request_clear(&request);
}

static void test_depth_is_limited_but_not_inside_strings(void **state)
{
    (void)state;
    char deep[201] = {0};
    memset(deep, '[', 100);
    memset(deep + 100, ']', 100);
    char why[64];
    assert_null(jsonrpc_parse_value(deep, 200, why, sizeof(why)));
    assert_non_null(strstr(why, "nested"));
    char text[204] = "\"";
    memcpy(text + 1, deep, 200);
    memcpy(text + 201, "\"", 2);
    cJSON *value = jsonrpc_parse_value(text, 202, NULL, 0);
    assert_non_null(value);
    cJSON_Delete(value);
}

static void test_utf8(void **state)
{
    (void)state;
    assert_true(jsonrpc_is_utf8("", 0));
    assert_true(jsonrpc_is_utf8("a\u00e9\u20ac\U0001F600", 10));
    assert_false(jsonrpc_is_utf8("a\0b", 3));
    assert_false(jsonrpc_is_utf8("\xc0\x80", 2));         /* overlong */
    assert_false(jsonrpc_is_utf8("\xed\xa0\x80", 3));     /* a surrogate */
    assert_false(jsonrpc_is_utf8("\xf4\x90\x80\x80", 4)); /* beyond U+10FFFF */
    assert_false(jsonrpc_is_utf8("\xe2\x82", 2));         /* cut short */
}

static void answers(char *line, const char *expected)
{
    assert_string_equal(line, expected);
    free(line);
}

static void test_answers_are_lines(void **state)
{
    (void)state;
    cJSON *id = cJSON_CreateString("q\"1");
    answers(jsonrpc_result(id, NULL), "{\"jsonrpc\":\"2.0\",\"id\":\"q\\\"1\",\"result\":{}}\n");
    answers(jsonrpc_error(NULL, JSONRPC_BUSY, "busy\n", NULL),
        "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32001,\"message\":\"busy\\n\"}}\n");
    answers(
        jsonrpc_notification("event", NULL), "{\"jsonrpc\":\"2.0\",\"method\":\"event\",\"params\":{}}\n");
    cJSON_Delete(id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_request),
        cmocka_unit_test(test_a_notification_has_no_id),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_a_refused_request_keeps_its_id),
        cmocka_unit_test(test_depth_is_limited_but_not_inside_strings),
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_answers_are_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
