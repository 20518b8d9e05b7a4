/* test_arena.c - memory of one utterance: zeroed, aligned, kept over a reset, and bounded; and the texts of
 * errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "inference/arena.h"
#include "inference/status.h"

static void test_memory_is_zeroed_and_aligned(void **state)
{
    (void)state;
    struct san_arena *arena = san_arena_new(4096, 0);
    for (int round = 0; round < 3; round++) {
        for (size_t size = 0; size < 6000; size += 97) {
            unsigned char *memory = san_arena_alloc(arena, size);
            assert_int_equal((uintptr_t)memory % 64, 0);
            for (size_t i = 0; i < size; i++)
                assert_int_equal(memory[i], 0);
            memset(memory, 0xff, size);
        }
        san_arena_reset(arena);
    }
    san_arena_free(arena);
}

static void test_allocations_do_not_overlap(void **state)
{
    (void)state;
    enum { COUNT = 200 };
    struct san_arena *arena = san_arena_new(4096, 0);
    unsigned char *memory[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        memory[i] = san_arena_alloc(arena, i * 7 % 300 + 1);
        memset(memory[i], (int)i, i * 7 % 300 + 1);
    }
    for (size_t i = 0; i < COUNT; i++)
        for (size_t j = 0; j < i * 7 % 300 + 1; j++)
            assert_int_equal(memory[i][j], i);
    san_arena_free(arena);
}

static void test_reset_keeps_the_blocks(void **state)
{
    (void)state;
    struct san_arena *arena = san_arena_new(4096, 0);
    size_t held = 0;
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 50; i++)
            assert_non_null(san_arena_alloc(arena, 1000));
        if (round == 0)
            held = san_arena_held(arena);
        assert_int_equal(san_arena_held(arena), held);
        san_arena_reset(arena);
    }
    assert_true(held >= 50 * 1000);
    san_arena_free(arena);
}

static void test_limit(void **state)
{
    (void)state;
    enum { LIMIT = 20000 };
    struct san_arena *arena = san_arena_new(4096, LIMIT);
    size_t given = 0;
    while (san_arena_alloc(arena, 64))
        given += 64;
    assert_true(given > LIMIT - 1000 && given <= LIMIT);
    assert_true(san_arena_held(arena) <= LIMIT);
    san_arena_reset(arena);
    assert_non_null(san_arena_alloc(arena, 64));
    assert_null(san_arena_alloc(arena, LIMIT));
    assert_null(san_arena_alloc(arena, SIZE_MAX));
    assert_null(san_arena_alloc(arena, SIZE_MAX - 63));
    san_arena_free(arena);
    san_arena_free(NULL);
}

static void test_strndup(void **state)
{
    (void)state;
    struct san_arena *arena = san_arena_new(0, 0);
    assert_string_equal(san_arena_strndup(arena, "kitchen", 4), "kitc");
    assert_string_equal(san_arena_strndup(arena, NULL, 0), "");
    assert_null(san_arena_strndup(arena, "", SIZE_MAX));
    san_arena_free(arena);
}

static void test_errors(void **state)
{
    (void)state;
    struct san_error err;
    assert_int_equal(san_fail(&err, SAN_EIO, "%s: %d", "file", 7), SAN_EIO);
    assert_int_equal(err.status, SAN_EIO);
    assert_string_equal(err.text, "file: 7");
    assert_int_equal(san_fail(NULL, SAN_ELIMIT, "dropped"), SAN_ELIMIT);
    san_fail(&err, SAN_EINVAL, "%400s", "x"); /* cut, and ended */
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
    for (int status = SAN_OK; status <= SAN_EINVAL; status++)
        for (int other = SAN_OK; other < status; other++)
            assert_string_not_equal(
                san_strerror((enum san_status)status), san_strerror((enum san_status)other));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_is_zeroed_and_aligned),
        cmocka_unit_test(test_allocations_do_not_overlap),
        cmocka_unit_test(test_reset_keeps_the_blocks),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_strndup),
        cmocka_unit_test(test_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
