/* test_pool.c - every part of a loop is done once, by one worker, whatever the pool is doing otherwise. */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "inference/pool.h"

enum { COUNT_MAX = 1000 };

struct record {
    atomic_int done[COUNT_MAX];
    atomic_uint workers; /* bits */
};

static void mark(void *data, unsigned worker, size_t begin, size_t end)
{
    struct record *record = data;
    for (size_t i = begin; i < end; i++)
        atomic_fetch_add(&record->done[i], 1);
    atomic_fetch_or(&record->workers, 1u << worker);
}

static unsigned run_and_check(struct san_pool *pool, size_t count, size_t grain)
{
    static struct record record;
    memset(&record, 0, sizeof(record));
    san_pool_run(pool, mark, &record, count, grain);
    for (size_t i = 0; i < COUNT_MAX; i++)
        assert_int_equal(atomic_load(&record.done[i]), i < count ? 1 : 0);
    return atomic_load(&record.workers);
}

static void test_every_index_once(void **state)
{
    (void)state;
    for (unsigned threads = 2; threads <= 5; threads++) {
        struct san_pool *pool = san_pool_new(threads);
        assert_non_null(pool);
        for (size_t count = 0; count <= 40; count++)
            for (size_t grain = 1; grain <= 9; grain += 4)
                run_and_check(pool, count, grain);
        assert_int_equal(run_and_check(pool, COUNT_MAX, 1) >> threads, 0); /* no other worker than these */
        san_pool_free(pool);
    }
}

static void test_without_pool_the_caller_does_all(void **state)
{
    (void)state;
    assert_int_equal(run_and_check(NULL, 17, 1), 1);
    assert_int_equal(run_and_check(NULL, 0, 1), 0);
}

static void test_small_loops_stay_with_the_caller(void **state)
{
    (void)state;
    struct san_pool *pool = san_pool_new(4);
    assert_int_equal(run_and_check(pool, 100, 100), 1);
    assert_int_equal(run_and_check(pool, 100, 200), 1);
    san_pool_free(pool);
}

/* Parts that wait for each other: they end only if as many threads do them at once. */
struct meeting {
    atomic_uint arrived, workers;
    unsigned wanted;
};

static void meet(void *data, unsigned worker, size_t begin, size_t end)
{
    struct meeting *meeting = data;
    if (begin >= meeting->wanted)
        return;
    assert_int_equal(end, begin + 1);
    atomic_fetch_or(&meeting->workers, 1u << worker);
    atomic_fetch_add(&meeting->arrived, 1);
    while (atomic_load(&meeting->arrived) < meeting->wanted)
        sched_yield();
}

static void run_meeting(struct san_pool *pool, unsigned threads)
{
    struct meeting meeting = {.wanted = threads};
    san_pool_run(pool, meet, &meeting, threads, 1);
    assert_int_equal(atomic_load(&meeting.workers), (1u << threads) - 1);
}

static void test_threads_work_at_once(void **state)
{
    (void)state;
    for (unsigned threads = 2; threads <= 5; threads++) {
        struct san_pool *pool = san_pool_new(threads);
        for (int i = 0; i < 50; i++)
            run_meeting(pool, threads);
        san_pool_free(pool);
    }
}

static void test_sleeping_workers_wake(void **state)
{
    (void)state;
    struct san_pool *pool = san_pool_new(3);
    for (int i = 0; i < 5; i++) {
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL); /* far longer than they spin */
        run_meeting(pool, 3);
    }
    san_pool_free(pool);
}

static void test_many_jobs_in_a_row(void **state)
{
    (void)state;
    struct san_pool *pool = san_pool_new(3);
    for (int i = 0; i < 2000; i++)
        run_and_check(pool, 3, 1);
    san_pool_free(pool);
}

static void test_sizes_out_of_range(void **state)
{
    (void)state;
    assert_null(san_pool_new(1));
    assert_null(san_pool_new(SAN_THREADS_MAX + 1));
    san_pool_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_index_once),
        cmocka_unit_test(test_without_pool_the_caller_does_all),
        cmocka_unit_test(test_small_loops_stay_with_the_caller),
        cmocka_unit_test(test_threads_work_at_once),
        cmocka_unit_test(test_sleeping_workers_wake),
        cmocka_unit_test(test_many_jobs_in_a_row),
        cmocka_unit_test(test_sizes_out_of_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
