/* test_golden.c - the engine against PyTorch: the same pieces, logits and greedy output for the examples of
 * training/golden.py. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "inference/model.h"
#include "inference/network.h"
#include "inference/san.h"
#include "inference/tokenizer.h"

enum { SEGMENTS_MAX = 64, IDS_MAX = 256, VOCAB_MAX = 65536, NAME_TOKENS_MAX = 16, OUTPUT_MAX = 96 };

struct golden {
    char path[512];
    cJSON *json;
    struct san_model *model;
    struct san_network *net;
    float logit_limit;  /* a logit may be off by that much */
    float margin_limit; /* decisions closer than that may fall otherwise */
};

static char *read_text(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("%s cannot be opened", path);
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    char *text = calloc((size_t)size + 1, 1);
    assert_int_equal(fread(text, 1, (size_t)size, file), size);
    fclose(file);
    return text;
}

static void in_tree(char *path, size_t size, const char *name)
{
    const char *root = getenv("HEARTH_SRCDIR");
    snprintf(path, size, "%s/%s", root ? root : "..", name);
}

static void open_golden(struct golden *golden, const char *model, const char *examples)
{
    struct san_error err = {0};
    in_tree(golden->path, sizeof(golden->path), examples);
    char *text = read_text(golden->path);
    golden->json = cJSON_Parse(text);
    free(text);
    assert_non_null(golden->json);
    char path[512];
    in_tree(path, sizeof(path), model);
    golden->model = san_model_open(path, &err);
    golden->net = golden->model ? san_network_new(golden->model, 1, 0, &err) : NULL;
    if (!golden->net)
        fail_msg("%s", err.text);
}

static void close_golden(struct golden *golden)
{
    san_network_free(golden->net);
    san_model_close(golden->model);
    cJSON_Delete(golden->json);
}

static const cJSON *member(const cJSON *object, const char *name)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, name);
    if (!value)
        fail_msg("an example lacks \"%s\"", name);
    return value;
}

static size_t read_ids(const cJSON *array, int32_t *ids, size_t max)
{
    size_t count = 0;
    const cJSON *id;
    cJSON_ArrayForEach(id, array)
    {
        assert_true(count < max);
        ids[count++] = id->valueint;
    }
    return count;
}

/* ---- pieces ---- */

static size_t add_words(const struct san_tokenizer *tokenizer, const cJSON *words, int32_t *ids, size_t count)
{
    const cJSON *word;
    cJSON_ArrayForEach(word, words)
    {
        int added = san_tokenizer_word(
            tokenizer, word->valuestring, strlen(word->valuestring), ids + count, (int)(4 * IDS_MAX - count));
        assert_true(added > 0);
        count += (size_t)added;
    }
    return count;
}

static void expect_segment(const int32_t *ids, size_t count, const cJSON *segment)
{
    assert_int_equal(count, cJSON_GetArraySize(segment));
    for (size_t i = 0; i < count; i++)
        assert_int_equal(ids[i], cJSON_GetArrayItem(segment, (int)i)->valueint);
}

/* Words to segments by docs/model.md, section 3. */
static void check_pieces(const struct golden *golden, const cJSON *example)
{
    const struct san_tokenizer *tokenizer = golden->model->tokenizer;
    const cJSON *segment = member(example, "segments")->child, *area = member(example, "area"), *item;
    int32_t ids[4 * IDS_MAX];
    size_t count = add_words(tokenizer, member(example, "words"), ids, 0);
    ids[count++] = san_tokenizer_find(tokenizer, "<tools>");
    expect_segment(ids, count, segment);
    if (!cJSON_IsNull(area)) {
        segment = segment->next;
        ids[0] = san_tokenizer_find(tokenizer, "<in>");
        expect_segment(ids, add_words(tokenizer, area, ids, 1), segment);
    }
    cJSON_ArrayForEach(item, member(example, "items"))
    {
        segment = segment->next;
        ids[0] = san_tokenizer_find(tokenizer, cJSON_GetArrayItem(item, 0)->valuestring);
        count = add_words(tokenizer, cJSON_GetArrayItem(item, 1), ids, 1);
        expect_segment(ids, count < NAME_TOKENS_MAX ? count : NAME_TOKENS_MAX, segment);
    }
    assert_null(segment->next);
}

/* ---- logits and output ---- */

static void encode_example(const struct golden *golden, const cJSON *example)
{
    static int32_t ids[SEGMENTS_MAX][IDS_MAX];
    struct san_segment segments[SEGMENTS_MAX];
    struct san_error err = {0};
    size_t count = 0;
    const cJSON *segment;
    cJSON_ArrayForEach(segment, member(example, "segments"))
    {
        assert_true(count < SEGMENTS_MAX);
        segments[count].ids = ids[count];
        segments[count].count = read_ids(segment, ids[count], IDS_MAX);
        count++;
    }
    if (san_network_encode(golden->net, segments, count, &err))
        fail_msg("%s", err.text);
}

static void next_logits(const struct golden *golden, int32_t id, float *logits)
{
    static int32_t ids[VOCAB_MAX];
    struct san_error err = {0};
    size_t vocab = san_tokenizer_size(golden->model->tokenizer);
    for (size_t i = 0; i < vocab; i++)
        ids[i] = (int32_t)i;
    if (san_network_decode(golden->net, &id, 1, &err))
        fail_msg("%s", err.text);
    san_network_logits(golden->net, ids, vocab, logits);
}

static void expect_near(
    const struct golden *golden, float got, const cJSON *want, const char *what, size_t index)
{
    if (!(fabs((double)got - want->valuedouble) <= (double)golden->logit_limit))
        fail_msg("%s: %s %zu is %g where PyTorch has %g", golden->path, what, index, (double)got,
            want->valuedouble);
}

static void check_first_logits(const struct golden *golden, const cJSON *example, const float *logits)
{
    const cJSON *pair;
    cJSON_ArrayForEach(pair, member(member(example, "logits"), "top"))
    {
        int id = pair->child->valueint;
        expect_near(golden, logits[id], pair->child->next, "logit", (size_t)id);
    }
    const cJSON *all = cJSON_GetObjectItemCaseSensitive(example, "first_logits");
    const cJSON *row = cJSON_GetObjectItemCaseSensitive(example, "encoder_row0"), *value;
    size_t i = 0, tokens;
    cJSON_ArrayForEach(value, all) expect_near(golden, logits[i], value, "logit", i), i++;
    i = 0;
    cJSON_ArrayForEach(value, row)
        expect_near(golden, san_network_encoded(golden->net, &tokens)[i], value, "encoder output", i),
        i++;
}

static int32_t largest(const float *logits, size_t count)
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        if (logits[i] > logits[best])
            best = i;
    return (int32_t)best;
}

/* Whether greedy decoding writes the example's output. */
static bool check_example(const struct golden *golden, const cJSON *example)
{
    static float logits[VOCAB_MAX];
    int32_t want[OUTPUT_MAX], previous = san_tokenizer_eos(golden->model->tokenizer);
    size_t vocab = san_tokenizer_size(golden->model->tokenizer);
    size_t count = read_ids(member(example, "output"), want, OUTPUT_MAX);
    encode_example(golden, example);
    for (size_t i = 0; i < count; i++) {
        next_logits(golden, previous, logits);
        if (i == 0)
            check_first_logits(golden, example, logits);
        previous = largest(logits, vocab);
        if (previous != want[i])
            return false;
    }
    return true;
}

static void check_file(struct golden *golden, const char *model, const char *examples)
{
    open_golden(golden, model, examples);
    const cJSON *example;
    size_t number = 0;
    cJSON_ArrayForEach(example, member(golden->json, "examples"))
    {
        check_pieces(golden, example);
        double margin = member(example, "margin")->valuedouble;
        if (!check_example(golden, example) && margin > (double)golden->margin_limit)
            fail_msg("%s: example %zu is written otherwise, by a margin of %g", golden->path, number, margin);
        number++;
    }
    assert_true(number > 0);
    close_golden(golden);
}

/* Floats against float64: rounding alone. */
static void test_tiny_models(void **state)
{
    (void)state;
    struct golden golden = {.logit_limit = 2e-4f, .margin_limit = 1e-3f};
    check_file(&golden, "tests/data/tiny.gguf", "tests/data/tiny.json");
    check_file(&golden, "tests/data/tiny-joint.gguf", "tests/data/tiny-joint.json");
}

/* PyTorch computes with the file's weights in float64, the engine with activations in 8 bits: the largest
 * error of these examples is 0.27, of logits of some 13. That nothing but the rounding does it is
 * training/agree.py's to show. */
static void test_shipped_model(void **state)
{
    (void)state;
    struct golden golden = {.logit_limit = 0.4f, .margin_limit = 0.4f};
    check_file(&golden, "models/hearth-s.gguf", "tests/data/golden/hearth-s.json");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tiny_models),
        cmocka_unit_test(test_shipped_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
