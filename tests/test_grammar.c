/* The grammar, walked at random: it always ends, and what it wrote keeps the schemas, as read by a checker of
 * its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "inference/grammar.h"
#include "inference/model.h"
#include "inference/prompt.h"
#include "inference/schema.h"
#include "tests/tiny_model.h"

enum { WALKS = 100000 };

static void *model_bytes;
static struct san_model model; /* the file and its tokenizer alone: the grammar needs no weights */
static cJSON *schemas;
static struct san_tools *home_tools;

static struct san_tools *load_tools(const char *json)
{
    struct san_error err = {0};
    struct san_tools *tools = san_tools_load(&model, json, strlen(json), &err);
    if (!tools)
        fail_msg("%s", err.text);
    return tools;
}

static int setup(void **state)
{
    (void)state;
    size_t len, size;
    struct san_error err;
    char *json = read_source_file("schemas/intents.json", &len);
    if (!json)
        return -1;
    model_bytes = tiny_model_bytes(json, 1, &size);
    model.file = san_gguf_from_memory(model_bytes, size, "tiny", &err);
    model.tokenizer = model.file ? san_tokenizer_new(model.file, &err) : NULL;
    if (!model.tokenizer) {
        fprintf(stderr, "%s\n", err.text);
        return -1;
    }
    model.config.hearth_format = true;
    schemas = cJSON_Parse(json);
    home_tools = load_tools(json);
    free(json);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    san_tools_free(home_tools);
    cJSON_Delete(schemas);
    san_tokenizer_free(model.tokenizer);
    san_gguf_close(model.file);
    free(model_bytes);
    return 0;
}

/* ---- an independent reading of the schemas ---- */

struct walk {
    struct san_arena *arena;
    struct san_request request;
    struct san_prompt prompt;
    struct san_grammar *grammar;
};

static bool lists(const cJSON *array, const char *text)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, array) if (strcmp(item->valuestring, text) == 0) return true;
    return false;
}

static bool item_fits(const struct walk *w, const struct san_phrase *phrase, const cJSON *kinds)
{
    if (phrase->index < 0)
        return w->request.area && strcmp(phrase->text, w->request.area) == 0 && lists(kinds, "area");
    const struct san_item *item = &w->request.items[phrase->index];
    return strcmp(phrase->text, item->text) == 0 && lists(kinds, item->kind);
}

static bool number_fits(int64_t hundredths, const cJSON *form)
{
    const char *type = cJSON_GetObjectItem(form, "type")->valuestring;
    double value = (double)hundredths / 100;
    if (strcmp(type, "integer") == 0 && hundredths % 100)
        return false;
    return (strcmp(type, "integer") == 0 || strcmp(type, "number") == 0) &&
           value >= cJSON_GetObjectItem(form, "minimum")->valuedouble &&
           value <= cJSON_GetObjectItem(form, "maximum")->valuedouble;
}

static bool form_fits(const struct walk *w, const struct san_written_value *value, const cJSON *form)
{
    const cJSON *context = cJSON_GetObjectItem(form, "x-context"), *list = cJSON_GetObjectItem(form, "enum");
    switch (value->type) {
    case SAN_VALUE_ITEM:
        return context && item_fits(w, value->phrase, context);
    case SAN_VALUE_ENUM:
        return list && lists(list, value->phrase->text);
    case SAN_VALUE_NUMBER:
        return cJSON_GetObjectItem(form, "minimum") && number_fits(value->hundredths, form);
    case SAN_VALUE_SPAN:
        return cJSON_GetObjectItem(form, "x-span") && value->first_word <= value->last_word &&
               value->last_word < w->prompt.words.count;
    case SAN_VALUE_NONE:
        return context;
    }
    return false;
}

static bool value_fits(const struct walk *w, const struct san_written_value *value, const cJSON *property)
{
    const cJSON *any = cJSON_GetObjectItem(property, "anyOf"), *form;
    if (!any)
        return form_fits(w, value, property);
    cJSON_ArrayForEach(form, any) if (form_fits(w, value, form)) return true;
    return false;
}

static bool has_all(const struct san_written_call *call, const cJSON *required)
{
    const cJSON *name;
    cJSON_ArrayForEach(name, required)
    {
        bool found = false;
        for (size_t i = 0; i < call->value_count; i++)
            found |= strcmp(call->value[i].slot->name, name->valuestring) == 0;
        if (!found)
            return false;
    }
    return true;
}

static bool is_complete(const struct san_written_call *call, const cJSON *parameters)
{
    const cJSON *any = cJSON_GetObjectItem(parameters, "anyOf"), *one;
    if (!has_all(call, cJSON_GetObjectItem(parameters, "required")))
        return false;
    cJSON_ArrayForEach(one, any) if (has_all(call, cJSON_GetObjectItem(one, "required"))) return true;
    return !any;
}

/* A domain beside a name is a kind of something that is called so. */
static bool domain_fits_name(const struct walk *w, const struct san_written_call *call)
{
    const struct san_written_value *name = NULL, *domain = NULL;
    for (size_t i = 0; i < call->value_count; i++) {
        if (strcmp(call->value[i].slot->name, "name") == 0 && call->value[i].type == SAN_VALUE_ITEM)
            name = &call->value[i];
        if (strcmp(call->value[i].slot->name, "domain") == 0)
            domain = &call->value[i];
    }
    if (!name || !domain)
        return true;
    for (size_t i = 0; i < w->prompt.phrase_count; i++) {
        const struct san_phrase *phrase = &w->prompt.phrases[i];
        if (phrase->index >= 0 && san_phrase_compare(phrase, name->phrase) == 0 &&
            strcmp(w->request.items[phrase->index].kind, domain->phrase->text) == 0)
            return true;
    }
    return false;
}

static void check_call(const struct walk *w, const struct san_written_call *call)
{
    const cJSON *tool, *found = NULL;
    cJSON_ArrayForEach(tool,
        cJSON_GetObjectItem(schemas, "tools")) if (strcmp(cJSON_GetObjectItem(tool, "name")->valuestring,
                                                       call->tool->name) == 0) found = tool;
    assert_non_null(found);
    const cJSON *parameters = cJSON_GetObjectItem(found, "parameters");
    for (size_t i = 0; i < call->value_count; i++) {
        const struct san_written_value *value = &call->value[i];
        const cJSON *property = cJSON_GetObjectItemCaseSensitive(
            cJSON_GetObjectItem(parameters, "properties"), value->slot->name);
        if (!property || !value_fits(w, value, property))
            fail_msg("%s: argument %s breaks its schema", call->tool->name, value->slot->name);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(call->value[j].slot->name, value->slot->name);
    }
    if (!is_complete(call, parameters))
        fail_msg("%s is not complete", call->tool->name);
    if (!domain_fits_name(w, call))
        fail_msg("%s: the domain is none of what the name is", call->tool->name);
}

/* ---- walks ---- */

static uint32_t random_state = 12345;

static uint32_t random_below(uint32_t n)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 8) % n;
}

static void start(struct walk *w, struct san_arena *arena, const struct san_tools *tools,
    const struct san_request *request, size_t max_tokens)
{
    struct san_words words;
    struct san_error err;
    w->arena = arena;
    w->request = *request;
    if (san_normalize(arena, request->text, strlen(request->text), &words, &err) != SAN_OK ||
        san_prompt_build(arena, tools, request, &words, &w->prompt, &err) != SAN_OK)
        fail_msg("%s", err.text);
    w->grammar = san_grammar_new(arena, tools, &w->prompt, max_tokens);
    assert_non_null(w->grammar);
}

/* Picks at random until the end; returns the tokens written. `eager` walks avoid eos where they can, to come
 * near the limits. */
static size_t wander(struct walk *w, size_t max_tokens, bool eager)
{
    size_t written = 0;
    while (!san_grammar_ended(w->grammar)) {
        const int32_t *ids;
        size_t count = san_grammar_allowed(w->grammar, &ids);
        if (!count || written == max_tokens)
            fail_msg("%s after %zu tokens", count ? "no end" : "a dead end", written);
        for (size_t i = 1; i < count; i++)
            assert_true(ids[i - 1] < ids[i]);
        int32_t token = ids[random_below((uint32_t)count)];
        if (eager && token == home_tools->eos && count > 1)
            token = ids[1 + random_below((uint32_t)count - 1)];
        if (eager && !written)
            token = ids[count - 1];
        san_grammar_write(w->grammar, token, 1);
        written++;
    }
    return written;
}

static const char *const texts[] = {"turn on the kitchen light", "21.5", "a",
    "add oat milk to the shopping list", "set the lamp to minus five per cent", "x y z",
    "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", "zzzzzzzzzzzzzzzzzzzzzzzzzz on"};
static const char *const names[] = {"Kitchen", "Lamp", "Lamp left", "Lamp left two", "Light", "Oat", "5",
    "-5", "Lamp", "\xe6\x97\xa5\xe6\x9c\xac", "A very long name that goes on and on beyond all reason",
    "21.5", "!!!"};
static const char *const kinds[] = {"area", "floor", "light", "lock", "cover", "valve", "climate", "scene",
    "todo", "media_player", "weather", "tool", "fan", "humidifier"};

#define PICK(list) (list)[random_below(sizeof(list) / sizeof *(list))]

static size_t walk_once(struct san_arena *arena, size_t max_tokens)
{
    struct walk w;
    struct san_item items[SAN_ITEMS_MAX];
    struct san_request request = {.text = PICK(texts), .items = items};
    const struct san_written_call *calls;
    request.item_count = random_below(8) ? random_below(8) : SAN_ITEMS_MAX;
    for (size_t i = 0; i < request.item_count; i++)
        items[i] = (struct san_item){PICK(kinds), PICK(names)};
    if (random_below(2))
        request.area = PICK(names);
    start(&w, arena, home_tools, &request, max_tokens);
    size_t written = wander(&w, max_tokens, random_below(4) == 0);
    size_t count = san_grammar_calls(w.grammar, &calls);
    assert_true(count <= SAN_CALLS_MAX);
    for (size_t i = 0; i < count; i++)
        check_call(&w, &calls[i]);
    san_arena_reset(arena);
    return written;
}

static void test_random_walks_end_and_keep_the_schemas(void **state)
{
    (void)state;
    struct san_arena *arena = san_arena_new(1 << 18, 0);
    size_t longest = 0;
    for (int i = 0; i < WALKS; i++) {
        size_t written = walk_once(arena, SAN_OUTPUT_MAX);
        longest = written > longest ? written : longest;
    }
    assert_true(longest == SAN_OUTPUT_MAX); /* the limit itself was walked into */
    san_arena_free(arena);
}

static void test_every_smaller_limit_is_kept(void **state)
{
    (void)state;
    struct san_arena *arena = san_arena_new(1 << 18, 0);
    for (size_t max = 2; max < 40; max++)
        for (int i = 0; i < 200; i++)
            assert_true(walk_once(arena, max) <= max);
    san_arena_free(arena);
}

/* ---- what is offered ---- */

static int32_t named(const char *token)
{
    int32_t id = san_tokenizer_find(model.tokenizer, token);
    assert_true(id >= 0);
    return id;
}

static bool offers(const struct walk *w, int32_t token)
{
    const int32_t *ids;
    size_t count = san_grammar_allowed(w->grammar, &ids);
    for (size_t i = 0; i < count; i++)
        if (ids[i] == token)
            return true;
    return false;
}

static void write_token(struct walk *w, const char *token)
{
    if (!offers(w, named(token)))
        fail_msg("%s is not offered", token);
    san_grammar_write(w->grammar, named(token), 0.5f);
}

static void write_words(struct walk *w, const char *text)
{
    char copy[128], *save = NULL;
    snprintf(copy, sizeof copy, "%s", text);
    for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        int32_t ids[64];
        int count = san_tokenizer_word(model.tokenizer, word, strlen(word), ids, 64);
        assert_true(count > 0);
        for (int i = 0; i < count; i++) {
            if (!offers(w, ids[i]))
                fail_msg("piece %d of \"%s\" is not offered", i, word);
            san_grammar_write(w->grammar, ids[i], 1);
        }
    }
}

static const struct san_item two_lamps[] = {
    {"light", "Lamp"}, {"light", "Lamp left"}, {"lock", "Door"}, {"light", "Door"}};

static void test_a_name_may_end_or_go_on(void **state)
{
    (void)state;
    struct walk w;
    struct san_arena *arena = san_arena_new(1 << 16, 0);
    struct san_request request = {.text = "lamp on", .items = two_lamps, .item_count = 4};
    const struct san_written_call *calls;
    start(&w, arena, home_tools, &request, SAN_OUTPUT_MAX);
    assert_true(offers(&w, named("<none>")));
    assert_false(offers(&w, named("</s>")));
    write_token(&w, "T:HassTurnOn");
    assert_false(offers(&w, named("</s>"))); /* one of its arguments is needed */
    write_token(&w, "S:name");
    write_words(&w, "lamp");
    assert_true(offers(&w, named("</s>")));
    assert_true(offers(&w, named("T:HassTurnOff")));
    assert_true(offers(&w, named("S:area")));
    write_words(&w, "left");
    write_token(&w, "</s>");
    assert_true(san_grammar_ended(w.grammar));
    assert_int_equal(san_grammar_calls(w.grammar, &calls), 1);
    assert_int_equal(calls[0].value[0].phrase->index, 1);
    assert_true(calls[0].probability == 0.125f); /* tool, slot, eos; the forced words count 1 */
    assert_true(calls[0].value[0].probability == 0.5f);
    san_arena_free(arena);
}

static void test_a_domain_is_one_of_what_the_name_is(void **state)
{
    (void)state;
    struct walk w;
    struct san_arena *arena = san_arena_new(1 << 16, 0);
    struct san_request request = {.text = "lock the door", .items = two_lamps, .item_count = 4};
    start(&w, arena, home_tools, &request, SAN_OUTPUT_MAX);
    write_token(&w, "T:HassTurnOn");
    write_token(&w, "S:name");
    write_words(&w, "door"); /* a lock and a light */
    write_token(&w, "S:domain");
    assert_true(offers(&w, named("\xe2\x96\x81light")));
    assert_true(offers(&w, named("\xe2\x96\x81l"))); /* "lock" */
    assert_false(offers(&w, named("\xe2\x96\x81"))); /* no fan, no valve */
    san_arena_free(arena);
}

static void test_without_items_a_name_is_none(void **state)
{
    (void)state;
    struct walk w;
    struct san_arena *arena = san_arena_new(1 << 16, 0);
    struct san_request request = {.text = "lamp on"};
    const int32_t *ids;
    start(&w, arena, home_tools, &request, SAN_OUTPUT_MAX);
    write_token(&w, "T:HassTurnOn");
    write_token(&w, "S:name");
    assert_int_equal(san_grammar_allowed(w.grammar, &ids), 1);
    write_token(&w, "<none>");
    assert_true(offers(&w, named("</s>")));
    san_arena_free(arena);
}

static void test_numbers_stay_in_range(void **state)
{
    (void)state;
    struct walk w;
    struct san_arena *arena = san_arena_new(1 << 16, 0);
    struct san_request request = {.text = "brighter"};
    start(&w, arena, home_tools, &request, SAN_OUTPUT_MAX);
    write_token(&w, "T:HassLightSet");
    write_token(&w, "S:brightness");
    write_words(&w, "10");
    assert_true(offers(&w, named("0")));  /* 100 */
    assert_false(offers(&w, named("1"))); /* 101 */
    assert_false(offers(&w, named(".")));
    write_token(&w, "S:temperature");
    write_words(&w, "9");
    assert_false(offers(&w, named("</s>"))); /* 1000 to 12000 */
    write_token(&w, "9");
    write_token(&w, "9");
    write_token(&w, "9");
    assert_false(offers(&w, named("9")));
    assert_true(offers(&w, named("</s>")));
    san_arena_free(arena);
}

static void test_spans_are_words_that_follow_one_another(void **state)
{
    (void)state;
    struct walk w;
    struct san_arena *arena = san_arena_new(1 << 16, 0);
    struct san_request request = {.text = "add Oat, Milk on oat ham"};
    const struct san_written_call *calls;
    start(&w, arena, home_tools, &request, SAN_OUTPUT_MAX);
    write_token(&w, "T:HassShoppingListAddItem");
    write_token(&w, "S:item");
    write_words(&w, "oat ham");
    assert_true(offers(&w, named("</s>")));
    write_token(&w, "</s>");
    assert_int_equal(san_grammar_calls(w.grammar, &calls), 1);
    assert_int_equal(calls[0].value[0].first_word, 4);
    assert_int_equal(calls[0].value[0].last_word, 5);
    san_arena_free(arena);
}

static void test_tools_of_ones_own_are_called_by_name(void **state)
{
    (void)state;
    static const struct san_item items[] = {{"tool", "Feed the cat"}, {"light", "Lamp"}};
    struct walk w;
    struct san_arena *arena = san_arena_new(1 << 16, 0);
    struct san_request request = {.text = "give kitty something", .items = items, .item_count = 2};
    const struct san_written_call *calls;
    struct san_tools *tools =
        load_tools("{\"tools\":[{\"name\":\"custom\",\"parameters\":{\"properties\":{\"name\":"
                   "{\"x-context\":[\"tool\"]}},\"required\":[\"name\"]}}]}");
    start(&w, arena, tools, &request, SAN_OUTPUT_MAX);
    write_token(&w, "T:custom");
    write_token(&w, "S:name");
    write_words(&w, "feed the cat");
    write_token(&w, "</s>");
    assert_int_equal(san_grammar_calls(w.grammar, &calls), 1);
    assert_int_equal(calls[0].value[0].phrase->index, 0);
    san_arena_free(arena);
    san_tools_free(tools);
}

/* A schema may need a domain beside a name that has none of its domains: the call is still completed. */
static void test_a_domain_that_is_needed_is_always_found(void **state)
{
    (void)state;
    struct walk w;
    struct san_arena *arena = san_arena_new(1 << 16, 0);
    struct san_request request = {.text = "lamp", .items = two_lamps, .item_count = 2};
    struct san_tools *tools =
        load_tools("{\"tools\":[{\"name\":\"HassTurnOn\",\"parameters\":{\"properties\":{"
                   "\"name\":{\"x-context\":[\"light\"]},\"domain\":{\"enum\":[\"fan\"]}},"
                   "\"required\":[\"name\",\"domain\"]}}]}");
    start(&w, arena, tools, &request, SAN_OUTPUT_MAX);
    write_token(&w, "T:HassTurnOn");
    write_token(&w, "S:name");
    write_words(&w, "lamp");
    assert_false(offers(&w, named("</s>")));
    write_token(&w, "S:domain");
    write_words(&w, "fan");
    write_token(&w, "</s>");
    san_arena_free(arena);
    san_tools_free(tools);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_name_may_end_or_go_on),
        cmocka_unit_test(test_a_domain_is_one_of_what_the_name_is),
        cmocka_unit_test(test_without_items_a_name_is_none),
        cmocka_unit_test(test_numbers_stay_in_range),
        cmocka_unit_test(test_spans_are_words_that_follow_one_another),
        cmocka_unit_test(test_tools_of_ones_own_are_called_by_name),
        cmocka_unit_test(test_a_domain_that_is_needed_is_always_found),
        cmocka_unit_test(test_random_walks_end_and_keep_the_schemas),
        cmocka_unit_test(test_every_smaller_limit_is_kept),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
