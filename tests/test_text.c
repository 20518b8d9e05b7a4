/* The normaliser, held to the golden file that the trainer is held to, and to its limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "inference/text.h"

static struct san_words words_of(struct san_arena *arena, const char *text)
{
    struct san_words words;
    struct san_error err;
    assert_int_equal(san_normalize(arena, text, strlen(text), &words, &err), SAN_OK);
    return words;
}

static void assert_normal(const char *text, const char *want)
{
    char got[4 * SAN_TEXT_MAX];
    struct san_error err;
    if (san_normalize_to(got, sizeof got, text, strlen(text), &err) != SAN_OK)
        fail_msg("\"%s\": %s", text, err.text);
    if (strcmp(got, want) != 0)
        fail_msg("\"%s\": want \"%s\", got \"%s\"", text, want, got);
}

static void test_every_line_of_the_golden_file(void **state)
{
    (void)state;
    const char *root = getenv("HEARTH_SRCDIR");
    char path[4096], line[8192];
    snprintf(path, sizeof path, "%s/tests/data/normalize.tsv", root ? root : ".");
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    int lines = 0;
    for (; fgets(line, sizeof line, file); lines++) {
        line[strcspn(line, "\n")] = '\0';
        char *tab = strchr(line, '\t');
        assert_non_null(tab);
        *tab = '\0';
        assert_normal(line, tab + 1);
        assert_normal(tab + 1, tab + 1); /* what is normal stays as it is */
    }
    fclose(file);
    assert_true(lines > 300);
}

static void test_words_know_the_bytes_they_came_from(void **state)
{
    (void)state;
    struct san_arena *arena = san_arena_new(4096, 0);
    const char *text = "Add Caf\xc3\xa9 Milk, twenty-one per cent at 7:30pm";
    struct san_words words = words_of(arena, text);
    static const char *const want[] = {
        "Add", "Caf\xc3\xa9", "Milk", "twenty-one", "per cent", "at", "7:30", "pm"};
    assert_int_equal(words.count, sizeof want / sizeof *want);
    for (size_t i = 0; i < words.count; i++) {
        assert_int_equal(words.word[i].end - words.word[i].begin, strlen(want[i]));
        assert_memory_equal(text + words.word[i].begin, want[i], strlen(want[i]));
        assert_int_equal(words.word[i].len, strlen(words.word[i].text));
    }
    san_arena_free(arena);
}

static void test_nothing_to_read_is_no_error(void **state)
{
    (void)state;
    struct san_arena *arena = san_arena_new(4096, 0);
    assert_int_equal(words_of(arena, "").count, 0);
    assert_int_equal(words_of(arena, " ... !? \xf0\x9f\x92\xa1").count, 0);
    san_arena_free(arena);
}

static void refuse(const char *text, size_t len, enum san_status want, const char *reason)
{
    struct san_arena *arena = san_arena_new(4096, 0);
    struct san_words words;
    struct san_error err = {0};
    assert_int_equal(san_normalize(arena, text, len, &words, &err), want);
    assert_int_equal(err.status, want);
    assert_non_null(strstr(err.text, reason));
    san_arena_free(arena);
}

static void test_what_is_not_utf8_is_refused_at_its_byte(void **state)
{
    (void)state;
    refuse("lamp \xff on", 8, SAN_EFORMAT, "byte 5");
    refuse("\xc0\x80", 2, SAN_EFORMAT, "byte 0");         /* overlong */
    refuse("ab\xed\xa0\x80", 5, SAN_EFORMAT, "byte 2");   /* a surrogate */
    refuse("\xf4\x90\x80\x80", 4, SAN_EFORMAT, "byte 0"); /* past U+10FFFF */
    refuse("caf\xc3", 4, SAN_EFORMAT, "byte 3");          /* cut short */
}

static void test_limits_hold_at_their_edge(void **state)
{
    (void)state;
    char text[SAN_TEXT_MAX + 2], want[SAN_TEXT_MAX];
    memset(text, ' ', sizeof text);
    assert_normal("", "");
    refuse(text, SAN_TEXT_MAX + 1, SAN_ELIMIT, "1025 bytes");

    memset(text, 'a', SAN_WORD_MAX);
    memset(want, 'a', SAN_WORD_MAX);
    text[SAN_WORD_MAX] = want[SAN_WORD_MAX] = '\0';
    assert_normal(text, want);
    memset(text, 'a', SAN_WORD_MAX + 1);
    refuse(text, SAN_WORD_MAX + 1, SAN_ELIMIT, "65 bytes");

    for (size_t i = 0; i <= SAN_WORDS_MAX; i++)
        memcpy(text + 2 * i, "b ", 2);
    struct san_arena *arena = san_arena_new(4096, 0);
    struct san_words words;
    assert_int_equal(san_normalize(arena, text, 2 * SAN_WORDS_MAX, &words, NULL), SAN_OK);
    assert_int_equal(words.count, SAN_WORDS_MAX);
    san_arena_free(arena);
    refuse(text, 2 * SAN_WORDS_MAX + 1, SAN_ELIMIT, "65 words");
}

static void test_number_words_count_as_the_words_they_become(void **state)
{
    (void)state;
    char text[SAN_TEXT_MAX + 1] = "zero point";
    for (int i = 0; i < 62; i++)
        strcat(text, " five");
    char got[128];
    assert_int_equal(san_normalize_to(got, sizeof got, text, strlen(text), NULL), SAN_OK);
    assert_int_equal(strlen(got), 64); /* 0. and 62 fives: one word, as long as a word may be */
}

static void test_a_buffer_too_small_says_so(void **state)
{
    (void)state;
    char buf[8];
    struct san_error err;
    assert_int_equal(san_normalize_to(buf, sizeof buf, "kitchen", 7, &err), SAN_OK);
    assert_string_equal(buf, "kitchen");
    assert_int_equal(san_normalize_to(buf, sizeof buf, "kitchens", 8, &err), SAN_ELIMIT);
    assert_int_equal(san_normalize_to(buf, 0, "kitchens", 8, &err), SAN_ELIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_line_of_the_golden_file),
        cmocka_unit_test(test_words_know_the_bytes_they_came_from),
        cmocka_unit_test(test_nothing_to_read_is_no_error),
        cmocka_unit_test(test_what_is_not_utf8_is_refused_at_its_byte),
        cmocka_unit_test(test_limits_hold_at_their_edge),
        cmocka_unit_test(test_number_words_count_as_the_words_they_become),
        cmocka_unit_test(test_a_buffer_too_small_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
