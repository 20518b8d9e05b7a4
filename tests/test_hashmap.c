/* The map from topics: holds against a plain array through ten thousand puts and removes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/hashmap.h"

enum { KEYS = 500, STEPS = 10000 };

static void test_against_an_array(void **state)
{
    (void)state;
    struct hashmap *map = hashmap_new();
    int values[KEYS];
    bool there[KEYS] = {false};
    size_t count = 0;
    srand(1);
    for (int step = 0; step < STEPS; step++) {
        char key[32];
        int i = rand() % KEYS;
        snprintf(key, sizeof(key), "zigbee2mqtt/lamp %d", i);
        assert_ptr_equal(hashmap_get(map, key), there[i] ? &values[i] : NULL);
        if (rand() % 2) {
            count += !there[i];
            assert_true(hashmap_put(map, key, &values[i]));
            there[i] = true;
        } else {
            assert_ptr_equal(hashmap_remove(map, key), there[i] ? &values[i] : NULL);
            count -= there[i];
            there[i] = false;
        }
        assert_int_equal(hashmap_count(map), count);
    }
    size_t cursor = 0, walked = 0;
    const char *key;
    void *value;
    while (hashmap_next(map, &cursor, &key, &value)) {
        assert_true(there[(int *)value - values]);
        walked++;
    }
    assert_int_equal(walked, count);
    hashmap_free(map, NULL);
}

static void test_put_replaces(void **state)
{
    (void)state;
    struct hashmap *map = hashmap_new();
    int a, b;
    assert_true(hashmap_put(map, "x", &a));
    assert_true(hashmap_put(map, "x", &b));
    assert_ptr_equal(hashmap_get(map, "x"), &b);
    assert_int_equal(hashmap_count(map), 1);
    assert_null(hashmap_get(map, ""));
    hashmap_free(map, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_an_array),
        cmocka_unit_test(test_put_replaces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
