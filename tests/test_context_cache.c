/* test_context_cache.c - the cache alone, and that the network's results do not depend on it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "inference/run_state.h"
#include "inference/san.h"
#include "tests/toy_model.h"

enum { FLOATS = 6, WIDTH = FLOATS * sizeof(float) };

static const int32_t kitchen[] = {5, 9, 2}, hall[] = {5, 9, 3}, attic[] = {5, 9}, garden[] = {7};

/* A hash under which all collide. */
static uint32_t same_for_all(const int32_t *ids, size_t count)
{
    (void)ids, (void)count;
    return 42;
}

/* The least bound that gives room for so many tokens. */
static size_t bytes_for(size_t tokens)
{
    struct san_context_cache *one = NULL, *two = NULL;
    size_t size = 1;
    while (!(one = san_context_cache_new(size, WIDTH, san_ids_hash)))
        size++;
    size_t first = size;
    san_context_cache_free(one);
    for (;; size++) {
        two = san_context_cache_new(size, WIDTH, san_ids_hash);
        size_t held = san_context_cache_stats(two).bytes;
        san_context_cache_free(two);
        if (held > first)
            return first + (tokens - 1) * (held - first);
    }
}

/* A pass that keeps these ids, with `mark` in their records. Whether there was room. */
static bool keep(struct san_context_cache *cache, const int32_t *ids, size_t count, float mark)
{
    float rows[3 * FLOATS];
    san_context_cache_begin(cache);
    san_cached entry = san_context_cache_reserve(cache, ids, count);
    if (entry == SAN_NOT_CACHED)
        return false;
    for (size_t i = 0; i < count * FLOATS; i++)
        rows[i] = mark + (float)i;
    san_context_cache_write(cache, entry, 0, WIDTH, rows);
    return true;
}

/* The mark of what a new pass finds; -1 if it finds nothing. */
static float mark_of(struct san_context_cache *cache, const int32_t *ids, size_t count)
{
    float rows[3 * 2];
    san_context_cache_begin(cache);
    san_cached entry = san_context_cache_find(cache, ids, count);
    if (entry == SAN_NOT_CACHED)
        return -1;
    san_context_cache_read(cache, entry, 4 * sizeof(float), 2 * sizeof(float), rows);
    for (size_t i = 0; i < count; i++) /* each token has its own record */
        assert_true(rows[2 * i + 1] == rows[0] + (float)(i * FLOATS) + 1);
    return rows[0] - 4;
}

static void test_what_was_kept_is_found(void **state)
{
    (void)state;
    struct san_context_cache *cache = san_context_cache_new(bytes_for(8), WIDTH, san_ids_hash);
    assert_true(mark_of(cache, kitchen, 3) == -1);
    assert_true(keep(cache, kitchen, 3, 100) && keep(cache, hall, 3, 200) && keep(cache, attic, 2, 300));
    assert_true(mark_of(cache, kitchen, 3) == 100);
    assert_true(mark_of(cache, hall, 3) == 200);
    assert_true(mark_of(cache, attic, 2) == 300); /* the beginning of another is not the other */
    assert_true(mark_of(cache, kitchen, 1) == -1);
    struct san_context_cache_stats stats = san_context_cache_stats(cache);
    assert_int_equal(stats.entries, 3);
    assert_int_equal(stats.tokens, 8);
    assert_int_equal(stats.hits, 3);
    assert_int_equal(stats.misses, 2);
    san_context_cache_free(cache);
}

static void test_collisions_are_told_apart(void **state)
{
    (void)state;
    struct san_context_cache *cache = san_context_cache_new(bytes_for(6), WIDTH, same_for_all);
    assert_true(keep(cache, kitchen, 3, 100) && keep(cache, attic, 2, 300));
    assert_true(mark_of(cache, hall, 3) == -1);
    assert_true(mark_of(cache, kitchen, 3) == 100);
    assert_true(mark_of(cache, attic, 2) == 300);
    san_context_cache_begin(
        cache); /* which uses the attic: the kitchen goes, out of the middle of the bucket */
    assert_true(san_context_cache_find(cache, attic, 2) != SAN_NOT_CACHED);
    san_cached entry = san_context_cache_reserve(cache, hall, 3);
    assert_true(entry != SAN_NOT_CACHED);
    float rows[3 * FLOATS];
    for (size_t i = 0; i < 3 * FLOATS; i++)
        rows[i] = 200 + (float)i;
    san_context_cache_write(cache, entry, 0, WIDTH, rows);
    assert_true(mark_of(cache, kitchen, 3) == -1);
    assert_true(mark_of(cache, attic, 2) == 300);
    assert_true(mark_of(cache, hall, 3) == 200);
    san_context_cache_free(cache);
}

/* The marks of `count` names of a token each, in turn, `rounds` times; those not found are kept. Returns how
 * many were found. */
static size_t go_round(struct san_context_cache *cache, int32_t count, size_t rounds)
{
    size_t found = 0;
    for (size_t i = 0; i < rounds * (size_t)count; i++) {
        const int32_t id = 100 + (int32_t)(i % (size_t)count);
        float mark = mark_of(cache, &id, 1);
        assert_true(mark == -1 || mark == (float)id);
        found += mark != -1;
        if (mark == -1)
            assert_true(keep(cache, &id, 1, (float)id));
    }
    return found;
}

static void test_what_is_said_often_stays(void **state)
{
    (void)state;
    struct san_context_cache *cache = san_context_cache_new(bytes_for(30), WIDTH, san_ids_hash);
    size_t lost = 0;
    for (int32_t id = 100; id < 400;
         id++) { /* names that pass by once, ten times as many as there is room for */
        if (mark_of(cache, kitchen, 3) == -1) {
            assert_true(keep(cache, kitchen, 3, 100));
            lost++;
        }
        assert_true(keep(cache, &id, 1, (float)id));
    }
    assert_true(lost < 15); /* at random alone it would be 27, of the 270 times that one goes */
    assert_true(san_context_cache_stats(cache).evictions >= 270);
    san_context_cache_free(cache);
}

/* If always the longest unused went, none would be found. */
static void test_a_round_of_too_many_names_loses_few(void **state)
{
    (void)state;
    struct san_context_cache *cache = san_context_cache_new(bytes_for(20), WIDTH, san_ids_hash);
    size_t found = go_round(cache, 22, 50);
    assert_true(found > 22 * 50 / 2);
    san_context_cache_free(cache);
}

/* What a pass has found must be there when it reads it, in its last layer as in its first. */
static void test_a_pass_evicts_nothing_of_its_own(void **state)
{
    (void)state;
    struct san_context_cache *cache = san_context_cache_new(bytes_for(4), WIDTH, san_ids_hash);
    assert_true(keep(cache, kitchen, 3, 100));
    san_context_cache_begin(cache);
    assert_true(san_context_cache_find(cache, kitchen, 3) != SAN_NOT_CACHED);
    assert_true(san_context_cache_reserve(cache, attic, 2) == SAN_NOT_CACHED);
    assert_true(san_context_cache_reserve(cache, garden, 1) != SAN_NOT_CACHED);
    assert_true(san_context_cache_find(cache, garden, 1) == SAN_NOT_CACHED); /* reserved, not filled */
    assert_true(san_context_cache_reserve(cache, garden, 1) == SAN_NOT_CACHED);
    assert_true(keep(cache, attic, 2, 300)); /* another pass may */
    assert_true(mark_of(cache, kitchen, 3) == -1);
    san_context_cache_free(cache);
}

static void test_the_bound_holds(void **state)
{
    (void)state;
    assert_null(san_context_cache_new(0, WIDTH, san_ids_hash));
    assert_null(san_context_cache_new(100, WIDTH, san_ids_hash));
    assert_null(san_context_cache_new(1 << 20, 0, san_ids_hash));
    for (size_t tokens = 1; tokens < 40; tokens++) {
        size_t bound = bytes_for(tokens);
        struct san_context_cache *cache = san_context_cache_new(bound, WIDTH, san_ids_hash);
        assert_true(san_context_cache_stats(cache).bytes <= bound);
        for (int32_t i = 0; i < 100; i++) {
            const int32_t ids[] = {i, i + 1, i + 2};
            assert_int_equal(keep(cache, ids, 3, (float)i), tokens >= 3);
            assert_true(san_context_cache_stats(cache).tokens <= tokens);
        }
        assert_int_equal(san_context_cache_stats(cache).entries, tokens / 3);
        san_context_cache_free(cache);
    }
}

/* ---- in the network ---- */

enum { ITEMS = 12, LOGITS = 300, RECORD_BYTES = 1600 /* room for three tokens */ };

struct pair {
    void *bytes;
    struct san_model *model;
    struct san_network *plain, *cached;
};

static struct pair new_pair(enum san_type type, bool item_mask, size_t cache_bytes, unsigned threads)
{
    struct toy_spec spec = toy_spec_small(type, item_mask);
    struct pair p;
    size_t size;
    p.bytes = toy_model_bytes(&spec, &size);
    p.model = san_model_from_gguf(san_gguf_from_memory(p.bytes, size, "toy", NULL), NULL);
    assert_non_null(p.model);
    p.plain = san_network_new(p.model, threads, 0, NULL);
    p.cached = san_network_new(p.model, threads, cache_bytes, NULL);
    assert_non_null(p.plain);
    assert_non_null(p.cached);
    return p;
}

static void free_pair(struct pair *p)
{
    san_network_free(p->plain);
    san_network_free(p->cached);
    san_model_close(p->model);
    free(p->bytes);
}

static size_t pick(uint32_t *seed, size_t below)
{
    return (size_t)((toy_random(seed) + 1) / 2 * (float)below) % below;
}

/* A query that is new each time, and items of a home of few, some of them alike: 1 to 7 tokens each. */
static size_t make_prompt(uint32_t *seed, struct san_segment *segments, int32_t ids[ITEMS + 1][8])
{
    size_t count = 1 + pick(seed, ITEMS);
    for (size_t s = 0; s <= count; s++) {
        size_t which = pick(seed, 16);
        segments[s] = (struct san_segment){ids[s], s ? 1 + which % 7 : 1 + pick(seed, 8)};
        for (size_t i = 0; i < segments[s].count; i++)
            ids[s][i] = s ? (int32_t)(260 + (which * 7 + i) % 40) : (int32_t)(260 + pick(seed, 40));
    }
    return count + 1;
}

static void assert_same(const struct pair *p, const struct san_segment *segments, size_t count)
{
    int32_t ids[LOGITS];
    float logits[2][LOGITS];
    size_t tokens[2];
    static const int32_t written[] = {1, 262, 270};
    for (int32_t i = 0; i < LOGITS; i++)
        ids[i] = i;
    struct san_network *const nets[] = {p->plain, p->cached};
    for (size_t n = 0; n < 2; n++) {
        assert_int_equal(san_network_encode(nets[n], segments, count, NULL), SAN_OK);
        assert_int_equal(san_network_decode(nets[n], written, 3, NULL), SAN_OK);
        san_network_logits(nets[n], ids, LOGITS, logits[n]);
    }
    assert_memory_equal(logits[0], logits[1], sizeof(logits[0]));
    const float *plain = san_network_encoded(p->plain, &tokens[0]);
    const float *cached = san_network_encoded(p->cached, &tokens[1]);
    assert_int_equal(tokens[0], tokens[1]);
    assert_memory_equal(plain, cached, segments[0].count * p->model->config.d * sizeof(float));
}

static void check_prompts(const struct pair *p, size_t rounds)
{
    uint32_t seed = 7;
    for (size_t round = 0; round < rounds; round++) {
        struct san_segment segments[ITEMS + 1];
        int32_t ids[ITEMS + 1][8];
        size_t count = make_prompt(&seed, segments, ids);
        assert_same(p, segments, count);
    }
}

static void test_results_are_the_same_bit_for_bit(void **state)
{
    (void)state;
    static const enum san_type types[] = {SAN_F32, SAN_F16, SAN_Q4_0, SAN_Q8_0};
    for (size_t i = 0; i < 4; i++) {
        struct pair p = new_pair(types[i], true, 1 << 20, i == 3 ? 2 : 1);
        check_prompts(&p, 60);
        struct san_context_cache_stats stats = san_network_cache_stats(p.cached);
        assert_int_equal(stats.entries, 16); /* the home's items, alike or not */
        assert_true(stats.hits > 10 * stats.entries);
        assert_int_equal(stats.evictions, 0);
        free_pair(&p);
    }
}

static void test_results_are_the_same_when_the_cache_is_too_small(void **state)
{
    (void)state;
    for (size_t bytes = RECORD_BYTES; bytes <= 16 * RECORD_BYTES; bytes *= 2) {
        struct pair p = new_pair(SAN_Q8_0, true, bytes, 1);
        check_prompts(&p, 60);
        struct san_context_cache_stats stats = san_network_cache_stats(p.cached);
        assert_true(stats.bytes <= bytes);
        assert_true(stats.evictions > 0);
        free_pair(&p);
    }
}

static void test_results_are_the_same_when_all_collide(void **state)
{
    (void)state;
    struct pair p = new_pair(SAN_Q8_0, true, 1 << 20, 1);
    san_context_cache_free(p.cached->cache);
    p.cached->cache = san_context_cache_new(1 << 17, san_network_record(p.cached), same_for_all);
    check_prompts(&p, 60);
    assert_true(san_network_cache_stats(p.cached).hits > 50);
    free_pair(&p);
}

static void test_items_without_a_query(void **state)
{
    (void)state;
    struct pair p = new_pair(SAN_Q8_0, true, 1 << 20, 1);
    const struct san_segment items[] = {{NULL, 0}, {kitchen, 3}, {garden, 1}, {kitchen, 3}};
    assert_same(&p, items, 4);
    assert_same(&p, items, 4); /* nothing is left to encode */
    assert_int_equal(san_network_cache_stats(p.cached).hits, 3);
    free_pair(&p);
}

static void test_a_joint_context_is_never_kept(void **state)
{
    (void)state;
    struct pair p = new_pair(SAN_Q8_0, false, 1 << 20, 1);
    check_prompts(&p, 10);
    assert_int_equal(san_network_cache_stats(p.cached).bytes, 0);
    free_pair(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_kept_is_found),
        cmocka_unit_test(test_collisions_are_told_apart),
        cmocka_unit_test(test_what_is_said_often_stays),
        cmocka_unit_test(test_a_round_of_too_many_names_loses_few),
        cmocka_unit_test(test_a_pass_evicts_nothing_of_its_own),
        cmocka_unit_test(test_the_bound_holds),
        cmocka_unit_test(test_results_are_the_same_bit_for_bit),
        cmocka_unit_test(test_results_are_the_same_when_the_cache_is_too_small),
        cmocka_unit_test(test_results_are_the_same_when_all_collide),
        cmocka_unit_test(test_items_without_a_query),
        cmocka_unit_test(test_a_joint_context_is_never_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
