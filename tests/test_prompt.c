/* Prompts, held to the segments that the trainer wrote for the same words and items. */
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
#include "tests/tiny_model.h"

struct fixture {
    struct san_model *model;
    struct san_tools *tools;
    struct san_arena *arena;
    cJSON *golden;
};

static void fixture_close(struct fixture *f)
{
    san_arena_free(f->arena);
    san_tools_free(f->tools);
    san_model_close(f->model);
    cJSON_Delete(f->golden);
}

static void fixture_open(struct fixture *f, const char *model, const char *golden)
{
    struct san_error err = {0};
    const char *root = getenv("HEARTH_SRCDIR");
    char path[4096];
    size_t len;
    snprintf(path, sizeof path, "%s/%s", root ? root : ".", model);
    char *json = read_source_file("schemas/intents.json", &len), *text = read_source_file(golden, &len);
    assert_true(json && text);
    f->model = san_model_open(path, &err);
    f->tools = f->model ? san_tools_load(f->model, json, strlen(json), &err) : NULL;
    if (!f->tools)
        fail_msg("%s", err.text);
    f->golden = cJSON_Parse(text);
    f->arena = san_arena_new(1 << 16, 0);
    assert_true(f->golden && f->arena);
    free(json);
    free(text);
}

static int setup(void **state)
{
    static struct fixture f;
    fixture_open(&f, "tests/data/tiny.gguf", "tests/data/tiny.json");
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    fixture_close(*state);
    return 0;
}

/* The words of an array as a text. */
static char *join(struct san_arena *arena, const cJSON *words)
{
    char text[SAN_TEXT_MAX] = "";
    const cJSON *word;
    cJSON_ArrayForEach(word, words)
    {
        strcat(text, word->valuestring);
        strcat(text, " ");
    }
    return san_arena_strndup(arena, text, strlen(text));
}

/* The request of an example, in the fixture's arena. */
static struct san_request request_of(struct fixture *f, const cJSON *example)
{
    struct san_item *items = san_arena_alloc(f->arena, SAN_ITEMS_MAX * sizeof(*items));
    struct san_request request = {
        .text = join(f->arena, cJSON_GetObjectItem(example, "words")), .items = items};
    const cJSON *area = cJSON_GetObjectItem(example, "area"), *item;
    if (cJSON_GetArraySize(area))
        request.area = join(f->arena, area);
    cJSON_ArrayForEach(item, cJSON_GetObjectItem(example, "items")) items[request.item_count++] =
        (struct san_item){
            cJSON_GetArrayItem(item, 0)->valuestring + 1, join(f->arena, cJSON_GetArrayItem(item, 1))};
    return request;
}

static enum san_status try_build(struct fixture *f, const struct san_request *request, struct san_prompt *out)
{
    struct san_words words;
    enum san_status status = san_normalize(f->arena, request->text, strlen(request->text), &words, NULL);
    return status == SAN_OK ? san_prompt_build(f->arena, f->tools, request, &words, out, NULL) : status;
}

static struct san_prompt build(struct fixture *f, const struct san_request *request)
{
    struct san_prompt prompt;
    assert_int_equal(try_build(f, request, &prompt), SAN_OK);
    return prompt;
}

static void check_example(struct fixture *f, const cJSON *example)
{
    struct san_request request = request_of(f, example);
    const cJSON *segment, *id;
    const cJSON *segments = cJSON_GetObjectItem(example, "segments");
    struct san_prompt prompt;
    enum san_status status = try_build(f, &request, &prompt);
    if (cJSON_GetArraySize(cJSON_GetArrayItem(segments, 0)) > SAN_QUERY_MAX) {
        assert_int_equal(status, SAN_ELIMIT);
        return;
    }
    assert_int_equal(status, SAN_OK);
    assert_int_equal(prompt.segment_count, cJSON_GetArraySize(segments));
    size_t s = 0, tokens = 0;
    cJSON_ArrayForEach(segment, segments)
    {
        const struct san_segment *got = &prompt.segments[s++];
        size_t i = 0;
        assert_int_equal(got->count, cJSON_GetArraySize(segment));
        cJSON_ArrayForEach(id, segment) assert_int_equal(got->ids[i++], id->valueint);
        tokens += got->count;
    }
    assert_int_equal(prompt.tokens, tokens);
}

static void check_golden(struct fixture *f)
{
    const cJSON *example;
    int count = 0;
    cJSON_ArrayForEach(example, cJSON_GetObjectItem(f->golden, "examples"))
    {
        check_example(f, example);
        san_arena_reset(f->arena);
        count++;
    }
    assert_true(count >= 10);
}

static void test_segments_are_the_trainers(void **state)
{
    struct fixture hearth;
    check_golden(*state);
    fixture_open(&hearth, "models/hearth-s.gguf", "tests/data/golden/hearth-s.json");
    check_golden(&hearth);
    fixture_close(&hearth);
}

/* Writes one token; false if the grammar does not offer it. */
static bool try_token(struct san_grammar *grammar, int32_t token)
{
    const int32_t *ids;
    size_t count = san_grammar_allowed(grammar, &ids);
    for (size_t i = 0; i < count; i++) {
        if (ids[i] == token) {
            san_grammar_write(grammar, token, 1);
            return true;
        }
    }
    return false;
}

/* Writes a control token, or the pieces of a word. */
static bool try_word(const struct fixture *f, struct san_grammar *grammar, const char *word)
{
    int32_t ids[2 * SAN_WORD_MAX];
    int32_t control = strchr("TS<", *word) ? san_tokenizer_find(f->model->tokenizer, word) : -1;
    if (control >= 0)
        return try_token(grammar, control);
    int count = san_tokenizer_word(f->model->tokenizer, word, strlen(word), ids, 2 * SAN_WORD_MAX);
    for (int i = 0; i < count; i++)
        if (!try_token(grammar, ids[i]))
            return false;
    return count > 0;
}

/* What the trainer teaches for an utterance is among what the grammar lets the network write. */
static void test_what_is_taught_can_be_written(void **state)
{
    (void)state;
    struct fixture f;
    const cJSON *example, *word;
    fixture_open(&f, "models/hearth-s.gguf", "tests/data/golden/hearth-s.json");
    cJSON_ArrayForEach(example, cJSON_GetObjectItem(f.golden, "examples"))
    {
        struct san_request request = request_of(&f, example);
        struct san_prompt prompt = build(&f, &request);
        struct san_grammar *grammar = san_grammar_new(f.arena, f.tools, &prompt, SAN_OUTPUT_MAX);
        assert_non_null(grammar);
        cJSON_ArrayForEach(
            word, cJSON_GetObjectItem(example, "expected")) if (!try_word(&f, grammar, word->valuestring))
            fail_msg("\"%s\": %s cannot be written", request.text, word->valuestring);
        if (!try_token(grammar, f.tools->eos))
            fail_msg("\"%s\": cannot end", request.text);
        san_arena_reset(f.arena);
    }
    fixture_close(&f);
}

static void test_equal_words_name_the_first_item(void **state)
{
    struct fixture *f = *state;
    const struct san_item items[] = {
        {"light", "Desk lamp"}, {"switch", "desk LAMP!"}, {"light", "A"}, {"light", "..."}};
    struct san_request request = {.text = "on", .area = "desk lamp", .items = items, .item_count = 4};
    struct san_prompt prompt = build(f, &request);
    assert_int_equal(prompt.segment_count, 5); /* the item without a word is left out */
    assert_int_equal(prompt.phrase_count, 4);
    size_t i = 0;
    while (prompt.phrases[i].index != 0)
        i++;
    assert_true(i + 2 < prompt.phrase_count);
    assert_int_equal(prompt.phrases[i + 1].index, 1);
    assert_int_equal(prompt.phrases[i + 2].index, -1); /* the speaker's area comes last */
    assert_int_equal(san_phrase_compare(&prompt.phrases[i], &prompt.phrases[i + 2]), 0);
    san_arena_reset(f->arena);
}

static void test_a_long_name_is_cut(void **state)
{
    struct fixture *f = *state;
    const struct san_item items[] = {{"light", "zq zq zq zq zq zq zq zq zq zq zq zq zq zq zq zq zq zq"}};
    struct san_request request = {.text = "on", .items = items, .item_count = 1};
    struct san_prompt prompt = build(f, &request);
    assert_int_equal(prompt.segments[1].count, SAN_ITEM_TOKENS_MAX);
    assert_int_equal(prompt.phrases[0].count, SAN_ITEM_TOKENS_MAX - 1);
    san_arena_reset(f->arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_segments_are_the_trainers),
        cmocka_unit_test(test_what_is_taught_can_be_written),
        cmocka_unit_test(test_equal_words_name_the_first_item),
        cmocka_unit_test(test_a_long_name_is_cut),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
