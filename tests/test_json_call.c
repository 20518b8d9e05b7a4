/* test_json_call.c - tools of any kind: reading them, the grammar of their calls, and calls of networks of
 * random weights, which must keep to the tools whatever they want to say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "inference/json_grammar.h"
#include "inference/model.h"
#include "inference/san.h"
#include "tests/toy_model.h"

#define SPACE "\xe2\x96\x81"

/* Every character that JSON and the tools need, and pieces that cross their borders. */
static const char *const texts[] = {SPACE, "[", "]", "{", "}", "\"", ":", ",", ".", "-", "0", "1", "2", "3",
    "4", "5", "6", "7", "8", "9", "_", "\\", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m",
    "n", "o", "p", "q", "r", "s", "t", "u", "v", "w", "x", "y", "z", "[{\"", "name", "\":\"", "\",\"",
    "arguments", "\":{\"", "\"}}]", "}}]", "}},{\"", SPACE "[", "[]", "get", "_weather", "true", "false",
    "null", "celsius", SPACE "Pa", "ris", "\xc3\xa9", "\xe6\x9d\xb1", "\"}},{\"name\":\"", "\":[", "\":"};

static const char tools_json[] =
    "[{\"name\":\"getWeather\",\"description\":\"The weather\",\"parameters\":{"
    "\"location\":{\"type\":\"string\",\"description\":\"City\",\"required\":true},"
    "\"unit\":{\"type\":\"string\",\"enum\":[\"celsius\",\"fahrenheit\"]},"
    "\"days\":{\"enum\":[1,10,14]}}},"
    "{\"name\":\"Set Timer\",\"parameters\":{\"type\":\"object\",\"properties\":{"
    "\"minutes\":{\"type\":\"integer\"},\"ratio\":{\"type\":\"number\"},\"loud\":{\"type\":\"boolean\"},"
    "\"tags\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},\"more\":{\"type\":\"object\"},\"x\":{}},"
    "\"required\":[\"minutes\",\"loud\"]}},"
    "{\"name\":\"stop\"}]";

struct fixture {
    void *bytes;
    struct san_model *model;
    struct san_json_tools *tools;
};

static struct fixture open_fixture(uint32_t seed, uint32_t output_length, const char *json)
{
    struct san_error err = {0};
    struct toy_spec spec = toy_spec_small(SAN_F32, false);
    struct fixture f;
    size_t size, count = sizeof(texts) / sizeof(texts[0]);
    spec.needle = true;
    spec.texts = texts;
    spec.text_count = count;
    spec.pieces = (uint32_t)count + 2;
    spec.context_length = 2048;
    spec.output_length = output_length;
    spec.seed = seed;
    f.bytes = toy_model_bytes(&spec, &size);
    f.model = san_model_from_gguf(san_gguf_from_memory(f.bytes, size, "toy", &err), &err);
    if (!f.model)
        fail_msg("%s", err.text);
    f.tools = json ? san_json_tools_load(f.model, json, strlen(json), &err) : NULL;
    if (json && !f.tools)
        fail_msg("%s", err.text);
    return f;
}

static void close_fixture(struct fixture *f)
{
    san_json_tools_free(f->tools);
    san_model_close(f->model);
    free(f->bytes);
}

/* ---- reading tools ---- */

static void test_names_become_snake_case(void **state)
{
    (void)state;
    static const char *const cases[][2] = {{"getWeather", "get_weather"}, {"GetWeather", "get_weather"},
        {"get-weather now", "get_weather_now"}, {"HTTPServer", "http_server"}, {"play2Songs", "play2_songs"},
        {"already_snake", "already_snake"}, {"__x__", "x"}, {"HassTurnOn", "hass_turn_on"}, {"!", ""}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char out[64];
        san_snake_case(cases[i][0], out);
        assert_string_equal(out, cases[i][1]);
    }
}

static void test_the_prompt_is_compact_json_with_snake_names(void **state)
{
    (void)state;
    struct fixture f =
        open_fixture(0, 64, "{\"tools\": [ {\"name\" : \"getWeather\",\n \"parameters\": {}} ] }");
    assert_string_equal(f.tools->prompt.text, "[{\"name\":\"get_weather\",\"parameters\":{}}]");
    close_fixture(&f);
}

static void test_wrong_tools_are_refused_with_the_reason(void **state)
{
    (void)state;
    static const char *const cases[][2] = {{"nonsense", "not JSON"}, {"{\"a\":1}", "JSON array"},
        {"[{\"description\":\"x\"}]", "no name"}, {"[{\"name\":\"...\"}]", "letter or digit"},
        {"[{\"name\":\"a\",\"parameters\":[]}]", "no object"},
        {"[{\"name\":\"a\",\"parameters\":{\"b\":3}}]", "tool a, b"},
        {"[{\"name\":\"a\",\"parameters\":{\"b\":{\"type\":\"colour\"}}}]", "colour"},
        {"[{\"name\":\"a\",\"parameters\":{\"b\":{\"enum\":[]}}}]", "enum"},
        {"[{\"name\":\"a\",\"parameters\":{\"b\":{\"enum\":[[1]]}}}]", "lists"},
        {"[{\"name\":\"getX\"},{\"name\":\"get_x\"}]", "both"}, {"[{\"name\":\"\xff\"}]", "UTF-8"}};
    struct fixture f = open_fixture(0, 64, NULL);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct san_error err = {0};
        assert_null(san_json_tools_load(f.model, cases[i][0], strlen(cases[i][0]), &err));
        if (!strstr(err.text, cases[i][1]))
            fail_msg("%s: %s", cases[i][0], err.text);
    }
    close_fixture(&f);
}

/* ---- the grammar ---- */

/* The byte token of c, among those allowed; whether it was. */
static bool write_byte(const struct fixture *f, struct san_json_grammar *g, char c)
{
    char name[8];
    const int32_t *ids;
    snprintf(name, sizeof(name), "<0x%02X>", (unsigned)(unsigned char)c);
    int32_t id = san_tokenizer_find(f->model->tokenizer, name);
    size_t count = san_json_grammar_allowed(g, &ids);
    for (size_t i = 0; i < count; i++)
        if (ids[i] == id) {
            san_json_grammar_write(g, id);
            return true;
        }
    return false;
}

/* How many bytes of text the grammar takes; one more if it then may end. */
static size_t taken(const struct fixture *f, const char *text, size_t max_tokens)
{
    struct san_arena *arena = san_arena_new(65536, 0);
    struct san_json_grammar *g = san_json_grammar_new(arena, f->tools, max_tokens);
    const int32_t *ids;
    size_t count = 0;
    while (text[count] && write_byte(f, g, text[count]))
        count++;
    if (!text[count] && san_json_grammar_allowed(g, &ids) == 1 && ids[0] == f->tools->eos)
        count++;
    san_arena_free(arena);
    return count;
}

#define WEATHER "[{\"name\":\"get_weather\",\"arguments\":{"
#define TIMER "[{\"name\":\"set_timer\",\"arguments\":{"

static void test_what_the_tools_allow_can_be_written(void **state)
{
    (void)state;
    static const char *const cases[] = {"[]", " []", WEATHER "\"location\":\"Paris\"}}]",
        WEATHER "\"unit\":\"celsius\",\"days\":1,\"location\":\"\"}}]",
        WEATHER "\"days\":10,\"location\":\"a\"}}]",
        WEATHER "\"location\":\"caf\xc3\xa9 \xe6\x9d\xb1 \xf0\x9f\x8c\x8d \\\" \\u00e9 \\n\"}}]",
        TIMER "\"minutes\":5,\"loud\":true}}]", TIMER "\"minutes\":-12,\"loud\":false,\"ratio\":0.25}}]",
        TIMER "\"loud\":true,\"tags\":[],\"minutes\":0}}]",
        TIMER "\"loud\":true,\"tags\":[\"a\",\"b\"],\"minutes\":0}}]",
        TIMER "\"x\":{\"a\":[1,null,{}],\"b\":-0.5},\"minutes\":1,\"loud\":true,\"more\":{}}}]",
        "[{\"name\":\"stop\",\"arguments\":{}}]",
        "[{\"name\":\"stop\",\"arguments\":{}},{\"name\":\"stop\",\"arguments\":{}}]"};
    struct fixture f = open_fixture(0, 64, tools_json);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t count = taken(&f, cases[i], 400);
        if (count != strlen(cases[i]) + 1)
            fail_msg("stopped at byte %zu of %s", count, cases[i]);
    }
    close_fixture(&f);
}

static void test_what_they_do_not_allow_cannot(void **state)
{
    (void)state;
    /* the text, and how many of its bytes may be written */
    static const struct {
        const char *text;
        size_t taken;
    } cases[] = {{"{", 0}, {"  ", 1}, {"[ ", 1}, {"[{\"name\":\"getW", 13},
        {"[{\"name\":\"stop\",\"arguments\":{\"", 29},
        {WEATHER "}", sizeof(WEATHER) - 1}, /* location is required */
        {WEATHER "\"location\":1", sizeof(WEATHER) - 1 + 11}, {WEATHER "\"locat\"", sizeof(WEATHER) - 1 + 6},
        {WEATHER "\"unit\":\"kelvin", sizeof(WEATHER) - 1 + 8},
        {WEATHER "\"days\":11", sizeof(WEATHER) - 1 + 8},
        {WEATHER "\"days\":1,\"days", sizeof(WEATHER) - 1 + 10}, /* once is enough */
        {WEATHER "\"days\":1}", sizeof(WEATHER) - 1 + 8},
        {WEATHER "\"location\":\"\n", sizeof(WEATHER) - 1 + 12},
        {WEATHER "\"location\":\"\xc3\"", sizeof(WEATHER) - 1 + 13},
        {WEATHER "\"location\":\"\xc0", sizeof(WEATHER) - 1 + 12},
        {WEATHER "\"location\":\"\xed\xa0", sizeof(WEATHER) - 1 + 13},
        {WEATHER "\"location\":\"\\u0000", sizeof(WEATHER) - 1 + 17},
        {WEATHER "\"location\":\"\\ud8", sizeof(WEATHER) - 1 + 15},
        {WEATHER "\"location\":\"\\x", sizeof(WEATHER) - 1 + 13},
        {TIMER "\"minutes\":1.", sizeof(TIMER) - 1 + 11}, {TIMER "\"minutes\":01", sizeof(TIMER) - 1 + 11},
        {TIMER "\"minutes\":-,", sizeof(TIMER) - 1 + 11}, {TIMER "\"loud\":null", sizeof(TIMER) - 1 + 7},
        {TIMER "\"tags\":[,", sizeof(TIMER) - 1 + 8}, {TIMER "\"tags\":[1", sizeof(TIMER) - 1 + 8},
        {TIMER "\"tags\":[\"\",]", sizeof(TIMER) - 1 + 11}, {"[],", 2}};
    struct fixture f = open_fixture(0, 64, tools_json);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t count = taken(&f, cases[i].text, 400);
        if (count != cases[i].taken)
            fail_msg("%zu bytes instead of %zu of %s", count, cases[i].taken, cases[i].text);
    }
    close_fixture(&f);
}

/* At each byte no more tokens are left than the way to the end needs: none of another way is offered. */
static void test_the_end_is_always_within_reach(void **state)
{
    (void)state;
    static const char shortest[] = WEATHER "\"location\":\"\"}}]";
    struct fixture f = open_fixture(0, 64, tools_json);
    size_t needed = strlen(shortest) + 1;
    assert_int_equal(taken(&f, shortest, needed), needed);
    assert_int_equal(taken(&f, shortest, needed - 1) < needed - 1, true);
    assert_int_equal(taken(&f, WEATHER "\"location\":\"a\"}}]", needed), sizeof(WEATHER) - 1 + 12);
    assert_int_equal(taken(&f, WEATHER "\"days\"", needed), sizeof(WEATHER) - 1 + 1);
    assert_int_equal(taken(&f, "[{", 3), 1);
    close_fixture(&f);
}

/* ---- calls of random networks ---- */

static bool is_enum_value(const cJSON *values, const cJSON *value)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, values)
    {
        if (cJSON_Compare(item, value, true))
            return true;
    }
    return false;
}

static bool has_type(const cJSON *spec, const cJSON *value)
{
    const cJSON *type = cJSON_GetObjectItem(spec, "type"), *values = cJSON_GetObjectItem(spec, "enum");
    const char *name = type ? type->valuestring : "any";
    if (values)
        return is_enum_value(values, value);
    if (strcmp(name, "integer") == 0)
        return cJSON_IsNumber(value) && value->valuedouble == (double)(long long)value->valuedouble;
    return strcmp(name, "any") == 0 || (strcmp(name, "string") == 0 && cJSON_IsString(value)) ||
           (strcmp(name, "number") == 0 && cJSON_IsNumber(value)) ||
           (strcmp(name, "boolean") == 0 && cJSON_IsBool(value)) ||
           (strcmp(name, "array") == 0 && cJSON_IsArray(value)) ||
           (strcmp(name, "object") == 0 && cJSON_IsObject(value));
}

/* The call against its tool as the file describes it, which shares no code with the grammar. */
static void check_call(const cJSON *tools, const cJSON *call)
{
    const cJSON *tool, *arg, *args = cJSON_GetObjectItem(call, "arguments");
    const char *name = cJSON_GetObjectItem(call, "name")->valuestring;
    cJSON_ArrayForEach(tool, tools)
    {
        if (strcmp(cJSON_GetObjectItem(tool, "name")->valuestring, name) == 0)
            break;
    }
    assert_non_null(tool);
    const cJSON *params = cJSON_GetObjectItem(tool, "parameters");
    const cJSON *specs =
        cJSON_GetObjectItem(params, "properties") ? cJSON_GetObjectItem(params, "properties") : params;
    cJSON_ArrayForEach(arg, args)
    {
        const cJSON *spec = cJSON_GetObjectItem(specs, arg->string);
        if (!spec || !has_type(spec, arg))
            fail_msg("%s: %s", name, arg->string);
    }
    if (strcmp(name, "getWeather") == 0)
        assert_non_null(cJSON_GetObjectItem(args, "location"));
    if (strcmp(name, "Set Timer") == 0)
        assert_true(cJSON_GetObjectItem(args, "minutes") && cJSON_GetObjectItem(args, "loud"));
}

static void test_random_networks_keep_to_the_tools(void **state)
{
    (void)state;
    cJSON *tools = cJSON_Parse(tools_json);
    size_t made = 0, texts_made = 0;
    for (uint32_t seed = 1; seed <= 12; seed++) {
        struct fixture f = open_fixture(seed, 24 + seed * 16, tools_json);
        struct san_session *session = san_session_new(f.model, NULL, NULL);
        for (unsigned q = 0; q < 2; q++) {
            struct san_error err = {0};
            const char *text;
            char query[32];
            snprintf(query, sizeof(query), "query %u", q);
            if (san_call(session, f.tools, query, &text, &err) != SAN_OK)
                fail_msg("seed %u: %s", seed, err.text);
            cJSON *calls = cJSON_Parse(text);
            assert_true(cJSON_IsArray(calls));
            const cJSON *call;
            cJSON_ArrayForEach(call, calls) check_call(tools, call);
            assert_true(cJSON_GetArraySize(calls) <= SAN_CALLS_MAX);
            made += (size_t)cJSON_GetArraySize(calls);
            texts_made++;
            cJSON_Delete(calls);
        }
        san_session_free(session);
        close_fixture(&f);
    }
    assert_int_equal(texts_made, 24);
    assert_true(made > 3); /* not all of them said [] */
    cJSON_Delete(tools);
}

static void test_the_same_query_gives_the_same_calls(void **state)
{
    (void)state;
    struct fixture f = open_fixture(5, 200, tools_json);
    struct san_session *session = san_session_new(f.model, NULL, NULL);
    const char *text;
    assert_int_equal(san_call(session, f.tools, "one", &text, NULL), SAN_OK);
    char *first = strdup(text);
    assert_int_equal(san_call(session, f.tools, "something else", &text, NULL), SAN_OK);
    assert_int_equal(san_call(session, f.tools, "one", &text, NULL), SAN_OK);
    assert_string_equal(text, first);
    free(first);
    san_session_free(session);
    close_fixture(&f);
}

static void test_limits_are_errors(void **state)
{
    (void)state;
    struct fixture f = open_fixture(5, 3, tools_json), other = open_fixture(6, 64, NULL);
    struct san_session *session = san_session_new(f.model, NULL, NULL),
                       *another = san_session_new(other.model, NULL, NULL);
    struct san_error err = {0};
    const char *text;
    char *large = calloc(1, 5001);
    memset(large, 'x', 5000);
    assert_int_equal(san_call(session, f.tools, large, &text, &err), SAN_ELIMIT);
    large[3000] = '\0';
    assert_int_equal(
        san_call(session, f.tools, large, &text, &err), SAN_ELIMIT); /* more tokens than the model reads */
    assert_int_equal(san_call(session, f.tools, "\xff", &text, &err), SAN_EFORMAT);
    assert_int_equal(san_call(session, f.tools, "x", &text, &err), SAN_EUNSUPPORTED); /* 3 tokens of output */
    assert_null(text);
    assert_int_equal(san_call(another, f.tools, "x", &text, &err), SAN_EINVAL);
    assert_null(san_tools_load(f.model, "{\"tools\":[]}", 12, &err));
    free(large);
    san_session_free(session);
    san_session_free(another);
    close_fixture(&f);
    close_fixture(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_become_snake_case),
        cmocka_unit_test(test_the_prompt_is_compact_json_with_snake_names),
        cmocka_unit_test(test_wrong_tools_are_refused_with_the_reason),
        cmocka_unit_test(test_what_the_tools_allow_can_be_written),
        cmocka_unit_test(test_what_they_do_not_allow_cannot),
        cmocka_unit_test(test_the_end_is_always_within_reach),
        cmocka_unit_test(test_random_networks_keep_to_the_tools),
        cmocka_unit_test(test_the_same_query_gives_the_same_calls),
        cmocka_unit_test(test_limits_are_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
