/* The map from a call's probabilities to its confidence: read from a model file, checked, applied. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "inference/confidence.h"
#include "tests/gguf_builder.h"

enum { KNOTS = 40 };

/* What reading says of a file with these knots; NULL leaves a key out. */
static enum san_status read_map(const float *from, size_t from_count, const float *to, size_t to_count,
    struct san_confidence *map, struct san_error *err)
{
    struct gguf_builder *builder = gguf_builder_new();
    size_t size;
    gguf_add_str(builder, "general.architecture", "san");
    if (from)
        gguf_add_f32s(builder, "san.confidence.from", from, from_count);
    if (to)
        gguf_add_f32s(builder, "san.confidence.to", to, to_count);
    void *bytes = gguf_builder_finish(builder, &size);
    struct san_gguf *file = san_gguf_from_memory(bytes, size, "map", err);
    assert_non_null(file);
    enum san_status status = san_confidence_read(file, map, err);
    san_gguf_close(file);
    free(bytes);
    return status;
}

static void test_without_a_map_nothing_changes(void **state)
{
    (void)state;
    struct san_confidence map;
    assert_int_equal(read_map(NULL, 0, NULL, 0, &map, NULL), SAN_OK);
    assert_true(san_confidence_of(&map, 0) == 0);
    assert_true(san_confidence_of(&map, 0.25F) == 0.25F);
    assert_true(san_confidence_of(&map, 1) == 1);
}

static void test_straight_lines_between_knots(void **state)
{
    (void)state;
    static const float from[] = {0, 0.5F, 0.9F, 1}, to[] = {0.1F, 0.2F, 0.8F, 0.99F};
    struct san_confidence map;
    assert_int_equal(read_map(from, 4, to, 4, &map, NULL), SAN_OK);
    for (size_t i = 0; i < 4; i++)
        assert_float_equal(san_confidence_of(&map, from[i]), to[i], 1e-6);
    assert_float_equal(san_confidence_of(&map, 0.25F), 0.15, 1e-6);
    assert_float_equal(san_confidence_of(&map, 0.7F), 0.5, 1e-6);
    assert_float_equal(san_confidence_of(&map, 0.95F), 0.895, 1e-6);
}

static void test_more_probable_is_never_less_sure(void **state)
{
    (void)state;
    static const float from[] = {0, 0.3F, 0.30001F, 0.999F, 1}, to[] = {0, 0.5F, 0.9F, 0.9F, 0.95F};
    struct san_confidence map;
    assert_int_equal(read_map(from, 5, to, 5, &map, NULL), SAN_OK);
    float last = 0;
    for (int i = 0; i <= 100000; i++) {
        float now = san_confidence_of(&map, (float)i / 100000);
        assert_true(now >= last && now <= 1);
        last = now;
    }
}

static void test_broken_maps_are_refused(void **state)
{
    (void)state;
    static const float fine[] = {0, 0.5F, 1}, short_of_one[] = {0, 0.5F, 0.9F}, late[] = {0.1F, 0.5F, 1};
    static const float falling[] = {0, 0.8F, 0.7F}, equal[] = {0, 0, 1}, above[] = {0, 0.5F, 1.5F};
    static const float odd[] = {0, NAN, 1};
    float many[KNOTS];
    for (int i = 0; i < KNOTS; i++)
        many[i] = (float)i / (KNOTS - 1);
    struct san_confidence map;
    struct san_error err;
    assert_int_equal(read_map(fine, 3, NULL, 0, &map, &err), SAN_EINVAL);
    assert_non_null(strstr(err.text, "san.confidence.to"));
    assert_int_equal(read_map(NULL, 0, fine, 3, &map, &err), SAN_EINVAL);
    assert_int_equal(read_map(fine, 3, fine, 2, &map, &err), SAN_EFORMAT);
    assert_int_equal(read_map(fine, 1, fine, 1, &map, &err), SAN_ELIMIT);
    assert_int_equal(read_map(many, KNOTS, many, KNOTS, &map, &err), SAN_ELIMIT);
    assert_int_equal(read_map(short_of_one, 3, fine, 3, &map, &err), SAN_EFORMAT);
    assert_int_equal(read_map(late, 3, fine, 3, &map, &err), SAN_EFORMAT);
    assert_int_equal(read_map(equal, 3, fine, 3, &map, &err), SAN_EFORMAT);
    assert_int_equal(read_map(fine, 3, falling, 3, &map, &err), SAN_EFORMAT);
    assert_int_equal(read_map(fine, 3, above, 3, &map, &err), SAN_EFORMAT);
    assert_int_equal(read_map(odd, 3, fine, 3, &map, &err), SAN_EFORMAT);
    assert_int_equal(read_map(fine, 3, odd, 3, &map, &err), SAN_EFORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_a_map_nothing_changes),
        cmocka_unit_test(test_straight_lines_between_knots),
        cmocka_unit_test(test_more_probable_is_never_less_sure),
        cmocka_unit_test(test_broken_maps_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
