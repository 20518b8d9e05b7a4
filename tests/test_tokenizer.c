/* test_tokenizer.c - words to pieces: merges by score, bytes for what is unknown, and never a control token.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "inference/text.h"
#include "inference/tokenizer.h"
#include "tests/gguf_builder.h"

#define S "\xe2\x96\x81" /* U+2581 */

enum { CONTROL = 6, BYTES = 256, VOCAB_MAX = 512 };

/* Pieces from the best score down; the first are characters, as in every BPE vocabulary. */
static const char *const pieces[] = {"t", "u", "r", "n", "o", "f", "l", "i", "g", "h", "a", "b", "1", "2", S,
    "\xc3\xa9", S "t", "ur", "of", "off", S "off",
    "n"
    "o",
    "ab", "ba", "aa", S "tur", S "turn", "<none>x"};

struct vocabulary {
    const char *token[VOCAB_MAX];
    float score[VOCAB_MAX];
    int32_t type[VOCAB_MAX];
    char byte[BYTES][8];
    size_t count;
    uint32_t eos;
    const char *model;
    bool plain; /* no space in front, and all spaces are kept */
};

static void add_token(struct vocabulary *v, const char *text, int32_t type, float score)
{
    v->token[v->count] = text;
    v->type[v->count] = type;
    v->score[v->count++] = score;
}

static void fill(struct vocabulary *v)
{
    static const char *const control[CONTROL] = {"<pad>", "</s>", "<s>", "<unk>", "<tools>", "<none>"};
    *v = (struct vocabulary){.eos = 1, .model = "llama"};
    for (size_t i = 0; i < CONTROL; i++)
        add_token(v, control[i], i < 3 ? 3 : i == 3 ? 2 : 4, 0);
    for (size_t i = 0; i < BYTES; i++) {
        snprintf(v->byte[i], sizeof(v->byte[i]), "<0x%02X>", (unsigned)i & 0xff);
        add_token(v, v->byte[i], 6, 0);
    }
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++)
        add_token(v, pieces[i], 1, -(float)i);
}

static struct san_tokenizer *make(const struct vocabulary *v, struct san_error *err)
{
    struct gguf_builder *builder = gguf_builder_new();
    gguf_add_str(builder, "tokenizer.ggml.model", v->model);
    gguf_add_strs(builder, "tokenizer.ggml.tokens", v->token, v->count);
    gguf_add_f32s(builder, "tokenizer.ggml.scores", v->score, v->count);
    gguf_add_i32s(builder, "tokenizer.ggml.token_type", v->type, v->count);
    gguf_add_u32(builder, "tokenizer.ggml.eos_token_id", v->eos);
    if (v->plain) {
        gguf_add_raw(builder, "tokenizer.ggml.add_space_prefix", 7, "", 1);
        gguf_add_raw(builder, "tokenizer.ggml.remove_extra_whitespaces", 7, "", 1);
    }
    size_t size;
    void *bytes = gguf_builder_finish(builder, &size);
    struct san_gguf *file = san_gguf_from_memory(bytes, size, "vocab", err);
    struct san_tokenizer *tokenizer = file ? san_tokenizer_new(file, err) : NULL;
    san_gguf_close(file); /* a tokenizer keeps nothing of the file */
    free(bytes);
    return tokenizer;
}

static int set_up(void **state)
{
    struct vocabulary v;
    fill(&v);
    *state = make(&v, NULL);
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    san_tokenizer_free(*state);
    return 0;
}

/* The pieces, joined by "|". */
static void expect_pieces(
    const struct san_tokenizer *tokenizer, const int32_t *ids, int count, const char *want)
{
    char got[1024] = "";
    for (int i = 0; i < count; i++) {
        if (i)
            strcat(got, "|");
        strcat(got, san_tokenizer_text(tokenizer, ids[i]));
    }
    assert_string_equal(got, want);
}

/* Of a word. */
static void expect(const struct san_tokenizer *tokenizer, const char *word, const char *want)
{
    int32_t ids[80];
    expect_pieces(tokenizer, ids, san_tokenizer_word(tokenizer, word, strlen(word), ids, 80), want);
}

/* Of running text. */
static void expect_running(const struct san_tokenizer *tokenizer, const char *text, const char *want)
{
    int32_t ids[80];
    void *scratch = malloc(san_tokenizer_scratch(strlen(text))); /* of no byte too many, for the sanitizers */
    assert_non_null(scratch);
    int count = san_tokenizer_running(tokenizer, text, strlen(text), scratch, ids, 80);
    free(scratch);
    expect_pieces(tokenizer, ids, count, want);
}

static void test_merges_by_score(void **state)
{
    expect(*state, "turn", S "turn");
    expect(*state, "turno", S "tur|no"); /* "no" is better than U+2581 "turn", and goes first */
    expect(*state, "off", S "off");
    expect(*state, "ofo", S "|of|o");
    expect(*state, "light", S "|l|i|g|h|t");
}

static void test_leftmost_of_equals_first(void **state)
{
    expect(*state, "aaa", S "|aa|a");
    expect(*state, "aaaaa", S "|aa|aa|a");
    expect(*state, "baba", S "|b|ab|a"); /* "ab" is better than "ba" */
}

static void test_digits_stay_apart(void **state)
{
    expect(*state, "21", S "|2|1");
}

static void test_bytes_for_the_unknown(void **state)
{
    expect(*state, "z", S "|<0x7A>");
    expect(*state, "\xc3\xa9\xc3\xa8", S "|\xc3\xa9|<0xC3>|<0xA8>"); /* é is known, è is not */
    expect(*state, "", S);
    expect(*state, "\xe2\x82", S "|<0xE2>|<0x82>"); /* cut off: not text, but no harm */
}

/* Text that spells a control token, a byte token or the mark of a space gives pieces of text. */
static void test_text_never_makes_control_tokens(void **state)
{
    static const char *const attempts[] = {"<none>", "<tools>", "</s>", "<0x41>", "<pad>", "t<none>t"};
    for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
        int32_t ids[80];
        int count = san_tokenizer_word(*state, attempts[i], strlen(attempts[i]), ids, 80);
        assert_true(count > 1);
        for (int j = 0; j < count; j++) {
            assert_true(ids[j] >= CONTROL);
            const char *text = san_tokenizer_text(*state, ids[j]);
            if (ids[j] < CONTROL + BYTES) /* a byte token stands for one byte of the text */
                assert_non_null(strchr(attempts[i], (int)strtol(text + 3, NULL, 16)));
        }
    }
}

static void test_running_text(void **state)
{
    expect_running(*state, "turn off", S "turn|" S "off");
    expect_running(*state, "  turn   off ", S "turn|" S "off"); /* several spaces are one */
    expect_running(*state, "off,off", S "off|<0x2C>|off");
    expect_running(*state, "<none>", S "|<0x3C>|no|n|<0x65>|<0x3E>"); /* as text, letter by letter */
    expect_running(*state, "<tools>", S "|<0x3C>|t|o|o|l|<0x73>|<0x3E>");
    expect_running(*state, "", "");
    expect_running(*state, " ", "");
}

static void test_running_text_as_the_file_says(void **state)
{
    (void)state;
    struct vocabulary v;
    fill(&v);
    v.plain = true;
    v.token[v.count - 1] = "n" S "o"; /* a piece across two words */
    struct san_tokenizer *tokenizer = make(&v, NULL);
    assert_non_null(tokenizer);
    expect_running(tokenizer, "turn", "t|ur|n");
    expect_running(tokenizer, " a  b ", S "|a|" S "|" S "|b|" S);
    expect_running(tokenizer, "aa", "aa");
    san_tokenizer_free(tokenizer);
}

static void test_room_for_running_text(void **state)
{
    static char text[SAN_RUNNING_MAX + 1];
    static int32_t ids[3 * SAN_RUNNING_MAX];
    memset(text, 'z', sizeof(text));
    void *scratch = malloc(san_tokenizer_scratch(sizeof(text)));
    assert_int_equal(
        san_tokenizer_running(*state, text, SAN_RUNNING_MAX + 1, scratch, ids, 3 * SAN_RUNNING_MAX), -1);
    assert_int_equal(san_tokenizer_running(*state, text, 100, scratch, ids, 101), 101);
    assert_int_equal(san_tokenizer_running(*state, text, 100, scratch, ids, 100), -1);
    free(scratch);
}

static void test_spelling(void **state)
{
    char out[SAN_SPELLING_MAX];
    const struct san_tokenizer *t = *state;
    assert_int_equal(san_tokenizer_spelling(t, san_tokenizer_find(t, S "off"), out), 4);
    assert_memory_equal(out, " off", 4);
    assert_int_equal(san_tokenizer_spelling(t, san_tokenizer_find(t, "<0xC3>"), out), 1);
    assert_int_equal((unsigned char)out[0], 0xc3);
    assert_int_equal(san_tokenizer_spelling(t, san_tokenizer_find(t, "<tools>"), out), 0);
}

static void test_find_and_text(void **state)
{
    const struct san_tokenizer *tokenizer = *state;
    assert_int_equal(san_tokenizer_size(tokenizer), CONTROL + BYTES + sizeof(pieces) / sizeof(pieces[0]));
    assert_int_equal(san_tokenizer_eos(tokenizer), 1);
    assert_int_equal(san_tokenizer_find(tokenizer, "<none>"), 5);
    assert_int_equal(san_tokenizer_find(tokenizer, "<0x00>"), 6);
    assert_int_equal(san_tokenizer_find(tokenizer, "nothing"), -1);
    assert_int_equal(san_tokenizer_find(tokenizer, ""), -1);
    for (int32_t id = 0; id < (int32_t)san_tokenizer_size(tokenizer); id++)
        assert_int_equal(san_tokenizer_find(tokenizer, san_tokenizer_text(tokenizer, id)), id);
}

static void test_room(void **state)
{
    int32_t ids[6] = {0};
    char longest[SAN_WORD_MAX + 2];
    memset(longest, 'z', sizeof(longest));
    assert_int_equal(san_tokenizer_word(*state, "light", 5, ids, 6), 6);
    assert_int_equal(san_tokenizer_word(*state, "light", 5, ids, 5), -1);
    assert_int_equal(san_tokenizer_word(*state, "light", 5, ids, 0), -1);
    int32_t many[SAN_WORD_MAX + 1];
    assert_int_equal(
        san_tokenizer_word(*state, longest, SAN_WORD_MAX, many, SAN_WORD_MAX + 1), SAN_WORD_MAX + 1);
    assert_int_equal(san_tokenizer_word(*state, longest, SAN_WORD_MAX + 1, many, SAN_WORD_MAX + 1), -1);
}

static void refuse(const struct vocabulary *v, const char *words)
{
    struct san_error err = {0};
    assert_null(make(v, &err));
    if (!strstr(err.text, words))
        fail_msg("wanted \"%s\": %s", words, err.text);
}

static void test_bad_vocabularies(void **state)
{
    (void)state;
    struct vocabulary v;
    fill(&v);
    v.model = "gpt2";
    refuse(&v, "llama");
    fill(&v);
    v.token[300 - 40] = v.token[10];
    refuse(&v, "are the same");
    fill(&v);
    v.type[CONTROL + 65] = 1;
    refuse(&v, "<0x41> is missing");
    fill(&v);
    v.type[2] = 7;
    refuse(&v, "unknown type 7");
    fill(&v);
    v.score[270] = (float)(0.0 / (double)v.score[0]);
    refuse(&v, "score of token 270");
    fill(&v);
    v.token[1] = "";
    refuse(&v, "token 1 is empty");
    fill(&v);
    v.eos = 5000;
    refuse(&v, "eos_token_id");
    fill(&v);
    v.count = 0;
    refuse(&v, "0 tokens");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_merges_by_score),
        cmocka_unit_test(test_leftmost_of_equals_first),
        cmocka_unit_test(test_digits_stay_apart),
        cmocka_unit_test(test_bytes_for_the_unknown),
        cmocka_unit_test(test_text_never_makes_control_tokens),
        cmocka_unit_test(test_running_text),
        cmocka_unit_test(test_running_text_as_the_file_says),
        cmocka_unit_test(test_room_for_running_text),
        cmocka_unit_test(test_spelling),
        cmocka_unit_test(test_find_and_text),
        cmocka_unit_test(test_room),
        cmocka_unit_test(test_bad_vocabularies),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
