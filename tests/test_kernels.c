/* test_kernels.c - the scalar set against plain arithmetic, and every other set against the scalar one, bit
 * for bit. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "inference/kernels/kernels.h"
#include "inference/san.h"
#include "tests/gguf_builder.h"
#include "tests/toy_model.h"

enum { N_MAX = 512, ROWS_MAX = 70, COLUMNS_MAX = 19 /* some sets take a dozen otherwise than few */ };

static uint32_t seed = 1;

static void fill(float *x, size_t n, float size)
{
    for (size_t i = 0; i < n; i++)
        x[i] = toy_random(&seed) * size;
}

static const struct san_kernels *scalar(void)
{
    const struct san_kernels *set = NULL;
    for (size_t i = 0; san_kernels_at(i); i++)
        set = san_kernels_at(i);
    assert_string_equal(set->name, "scalar");
    return set;
}

/* Calls check for every set that this processor can run, scalar included. */
static void for_each_set(void (*check)(const struct san_kernels *set))
{
    for (size_t i = 0; san_kernels_at(i); i++)
        if (san_kernels_usable(san_kernels_at(i)))
            check(san_kernels_at(i));
}

/* ---- what the scalar set computes ---- */

static void test_halves(void **state)
{
    (void)state;
    for (uint32_t half = 0; half < 0x10000; half++) {
        float value = san_half_to_float((uint16_t)half);
        if ((half & 0x7c00) == 0x7c00)
            assert_true((half & 0x3ff) ? isnan(value) : isinf(value));
        else
            assert_int_equal(float_to_half(value), half);
    }
    assert_true(san_half_to_float(0x3c00) == 1.0f && san_half_to_float(0xc000) == -2.0f);
    assert_true(san_half_to_float(0x0001) == 0x1p-24f && san_half_to_float(0x7bff) == 65504.0f);
}

static void test_floats_to_halves(void **state)
{
    (void)state;
    for (uint32_t half = 0; half < 0x7c00; half++) {
        float value = san_half_to_float((uint16_t)half);
        assert_int_equal(san_float_to_half(value), half);
        assert_int_equal(san_float_to_half(-value), half | 0x8000);
        if (half + 1 < 0x7c00) { /* half way to the next: to the even one */
            float next = san_half_to_float((uint16_t)(half + 1)), middle = value + (next - value) / 2;
            assert_int_equal(san_float_to_half(middle), half + half % 2);
            assert_int_equal(san_float_to_half(nextafterf(middle, 0)), half);
            assert_int_equal(san_float_to_half(nextafterf(middle, 1e9f)), half + 1);
        }
    }
    assert_int_equal(san_float_to_half(1e-9f), 0);
    assert_int_equal(san_float_to_half(1e9f), 0x7bff); /* never infinite */
    assert_int_equal(san_float_to_half(-65520.0f), 0xfbff);
}

static void test_blocks_are_read_as_ggml_lays_them_out(void **state)
{
    (void)state;
    struct san_block_q4_0 q4 = {.scale = 0x3800}; /* 0.5 */
    q4.q[0] = 0xf0;                               /* number 0: 0 - 8; number 16: 15 - 8 */
    q4.q[15] = 0x09;                              /* number 15: 9 - 8; number 31: 0 - 8 */
    float out[64];
    san_row_to_float(out, SAN_Q4_0, &q4, 32, 2.0f);
    assert_true(out[0] == -8.0f && out[16] == 7.0f && out[15] == 1.0f && out[31] == -8.0f);
    struct san_block_q8_0 q8[2] = {{.scale = 0x3c00}, {.scale = 0x4000, .q = {-128, 127}}};
    san_row_to_float(out, SAN_Q8_0, q8, 64, 1.0f);
    assert_true(out[0] == 0.0f && out[32] == -256.0f && out[33] == 254.0f && out[34] == 0.0f);
}

/* ---- matrices ---- */

static struct san_matrix new_matrix(
    enum san_type type, size_t n, size_t rows, struct san_layout layout, const void *from)
{
    struct san_matrix m = san_one_scale_a_row(type, n, rows, from) ? san_matrix_shape_rows(n, rows, layout)
                                                                   : san_matrix_shape(type, n, rows, layout);
    m.data = aligned_alloc(SAN_MATRIX_ALIGN, san_matrix_bytes(&m));
    assert_non_null(m.data);
    for (size_t row = rows; row-- > 0;) /* in any order */
        san_matrix_put_row(&m, row, (const char *)from + row * san_row_bytes(type, n));
    return m;
}

/* Each row of the file gets the scale of its first group for all of them. */
static void share_scales(struct san_block_q8_0 *block, size_t n, size_t rows)
{
    for (size_t b = 0; b < rows * n / 32; b++)
        block[b].scale = block[b - b % (n / 32)].scale;
}

static void test_matrices_with_one_scale_a_row_are_found(void **state)
{
    (void)state;
    struct san_block_q8_0 file[6] = {0}; /* two rows of three groups */
    for (size_t b = 0; b < 6; b++)
        file[b].scale = (uint16_t)(b / 3);
    assert_true(san_one_scale_a_row(SAN_Q8_0, 96, 2, file));
    assert_false(san_one_scale_a_row(SAN_Q4_0, 96, 2, file));
    for (size_t b = 0; b < 6; b++) {
        file[b].scale ^= 0x8000; /* another sign is another scale */
        assert_false(san_one_scale_a_row(SAN_Q8_0, 96, 2, file));
        file[b].scale ^= 0x8000;
    }
    struct san_layout layout = {8, 4, false};
    struct san_matrix some = san_matrix_shape(SAN_Q8_0, 96, 20, layout),
                      one = san_matrix_shape_rows(96, 20, layout);
    assert_int_equal(san_matrix_bytes(&some), 3 * (64 + 96 * 8));
    assert_int_equal(san_matrix_bytes(&one), 3 * (64 + 96 * 8));
    some = san_matrix_shape(SAN_Q8_0, 256, 8, layout), one = san_matrix_shape_rows(256, 8, layout);
    assert_int_equal(san_matrix_bytes(&some), 128 + 256 * 8);
    assert_int_equal(san_matrix_bytes(&one), 64 + 256 * 8);
}

static void test_rows_come_out_as_they_went_in(void **state)
{
    (void)state;
    static const struct san_layout layouts[] = {
        {1, 16, false}, {4, 16, false}, {8, 4, false}, {8, 4, true}, {16, 4, true}};
    static const enum san_type types[] = {SAN_F32, SAN_F16, SAN_Q4_0, SAN_Q8_0, SAN_Q8_0};
    enum { N = 96, ROWS = 21 };
    for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]) * 5; i++) {
        enum san_type type = types[i % 5];
        uint8_t file[ROWS * N * sizeof(float)];
        for (size_t b = 0; b < sizeof(file); b++)
            file[b] = (uint8_t)(b * 37 % 120); /* no infinity, no NaN */
        if (i % 5 == 4)
            share_scales((struct san_block_q8_0 *)(void *)file, N, ROWS);
        struct san_matrix m = new_matrix(type, N, ROWS, layouts[i / 5], file);
        assert_int_equal(m.scales, i % 5 == 4 ? 1 : 3);
        for (size_t row = 0; row < ROWS; row++) {
            float got[N], want[N];
            san_matrix_get_row(&m, row, got, 3.0f);
            san_row_to_float(want, type, file + row * san_row_bytes(type, N), N, 3.0f);
            assert_memory_equal(got, want, sizeof(want));
        }
        free(m.data);
    }
}

/* ---- what the scalar set computes, on ---- */

static void test_quantize_rounds_to_nearest(void **state)
{
    (void)state;
    float x[64] = {0};
    x[0] = 127.0f, x[1] = -126.4f, x[2] = 0.5f, x[3] = 1.5f; /* ties go to even */
    x[32] = -3.0f;
    int8_t q[64];
    float scale;
    int32_t offset[3];
    scalar()->quantize(q, &scale, offset, x, 64);
    assert_true(scale == 1.0f);
    assert_int_equal(offset[0], -128 * (127 - 126 + 0 + 2));
    assert_int_equal(offset[1], -128 * -3);
    assert_int_equal(offset[2], -128 * (3 - 3)); /* of all */
    assert_int_equal(q[0], 127);
    assert_int_equal(q[1], -126);
    assert_int_equal(q[2], 0);
    assert_int_equal(q[3], 2);
    float tiny[32] = {1e-31f};
    scalar()->quantize(q, &scale, offset, tiny, 32);
    assert_true(scale == 0 && q[0] == 0 && offset[0] == 0);
}

/* Two rows of one group against plain sums. */
static void test_quantised_products(void **state)
{
    (void)state;
    struct san_block_q8_0 rows[2] = {{.scale = 0x4000}, {.scale = 0x3800}}; /* 2, 0.5 */
    int8_t q[32];
    int32_t offset[2] = {0}, sum[2] = {0};
    float scale = 0.25f, out[2];
    for (int i = 0; i < 32; i++) {
        q[i] = (int8_t)(4 * i - 50);
        rows[0].q[i] = (int8_t)(i - 128), rows[1].q[i] = (int8_t)(7 * i % 100);
        sum[0] += rows[0].q[i] * q[i], sum[1] += rows[1].q[i] * q[i];
    }
    struct san_matrix m = new_matrix(SAN_Q8_0, 32, 2, scalar()->layout, rows);
    struct san_columns cols = {.n = 32, .count = 1, .q = q, .scale = &scale, .offset = offset};
    scalar()->multiply_q8_0(out, 2, &m, 0, 2, &cols);
    assert_true(out[0] == 0.5f * (float)sum[0] && out[1] == 0.125f * (float)sum[1]);
    scalar()->multiply_q8_rows(out, 2, &m, 0, 2, &cols);
    assert_true(out[0] == 0.5f * (float)sum[0] && out[1] == 0.125f * (float)sum[1]);
    free(m.data);
}

static void test_softmax_is_one(void **state)
{
    (void)state;
    for (size_t count = 1; count <= 40; count++) {
        float x[48], before[48];
        double sum = 0;
        fill(x, 48, 30.0f);
        memcpy(before, x, sizeof(x));
        scalar()->softmax(x, count);
        for (size_t i = 0; i < count; i++)
            sum += exp((double)before[i]);
        for (size_t i = 0; i < count; i++) {
            double want = exp((double)before[i]) / sum;
            assert_true(fabs((double)x[i] - want) <= 5e-6 * want + 1e-30);
        }
    }
}

/* What comes out is the mean by softmax of the values, but for the rounding of weights. */
static void test_weighed_values_are_a_softmax(void **state)
{
    (void)state;
    for (size_t count = 1; count <= 40; count++) {
        float x[48], scale[48], out[8], want[8];
        int16_t w[48];
        int8_t v[48 * 8];
        fill(x, 48, 6.0f);
        fill(scale, 48, 0.5f);
        for (size_t i = 0; i < sizeof(v); i++)
            v[i] = (int8_t)(i * 89 % 255 - 127);
        for (size_t t = 0; t < 48; t++)
            scale[t] = fabsf(scale[t]) + 0.1f;
        float factor;
        scalar()->weigh(w, &factor, x, 48, 1, scale, count);
        scalar()->mix_weighed(out, 8, w, 48, &factor, 1, v, count, 8);
        scalar()->softmax(x, count);
        memset(want, 0, sizeof(want));
        for (size_t i = 0; i < 8 * count; i++)
            want[i % 8] += x[i / 8] * scale[i / 8] * (float)v[i];
        for (size_t i = 0; i < 8; i++) /* of values up to 76, each weight off by less than a 255th */
            assert_true(fabsf(out[i] - want[i]) < 76.0f / SAN_WEIGHT_MAX * (float)count);
    }
}

/* One token has most of the attention and a thousand others have the rest, each less than half a 255th. */
static void test_small_weights_are_not_lost(void **state)
{
    (void)state;
    enum { COUNT = 1008 };
    float x[COUNT] = {0}, scale[COUNT], out[8], factor;
    static int16_t w[COUNT];
    static int8_t v[COUNT * 8];
    x[0] = logf(1000.0f);
    memset(v, 100, sizeof(v));
    memset(v, 0, 8);
    for (size_t t = 0; t < COUNT; t++)
        scale[t] = 1;
    scalar()->weigh(w, &factor, x, COUNT, 1, scale, COUNT);
    scalar()->mix_weighed(out, 8, w, COUNT, &factor, 1, v, COUNT, 8);
    for (size_t i = 0; i < 8; i++)
        assert_true(fabsf(out[i] - 50.0f) < 0.15f * 50.0f);
}

static void test_norm_rope_and_attention(void **state)
{
    (void)state;
    float x[8] = {3, 0, 0, 0, 4, 0, 0, 0}, g[8] = {1}, out[8];
    scalar()->rms_norm(out, x, g, 8, 0.0f);
    double root = sqrt(25.0 / 8);
    assert_true(fabs((double)out[0] - 2 * 3 / root) < 1e-6 && fabs((double)out[4] - 4 / root) < 1e-6);
    const float cosine[4] = {0, 1, 1, 1}, sine[4] = {1, 0, 0, 0}; /* a quarter turn of element 0 */
    scalar()->rope(x, cosine, sine, 8);
    assert_true(x[0] == -4.0f && x[4] == 3.0f);
    const float v[24] = {1, 1, [8] = 5, [16] = 0, 3}, w[6] = {0.5f, 0.25f, 1, 0, 0, 2};
    float mixed[16];
    scalar()->mix(mixed, 8, w, 3, 2, v, 3, 8);
    assert_true(mixed[0] == 1.75f && mixed[1] == 3.5f && mixed[7] == 0.0f && mixed[8 + 1] == 6.0f);
    scalar()->add(mixed, v, 2.0f, 8);
    assert_true(mixed[0] == 3.75f && mixed[1] == 5.5f && mixed[7] == 0.0f);
}

/* ---- every set against the scalar one ---- */

/* Magnitudes from 2^-16 (a subnormal half) to 2^8, zeros, and groups that are all zero. */
static void fill_widely(float *x, size_t n)
{
    fill(x, n, 1.0f);
    for (size_t i = 0; i < n; i++)
        x[i] = ldexpf(x[i], (int)(i / 32 % 7) * 4 - 16);
    for (size_t i = 0; i < n; i += 37)
        x[i] = 0;
    for (size_t i = 64; i + 32 <= n && i < 96; i++)
        x[i] = 0;
}

static void check_quantize(const struct san_kernels *set)
{
    float x[N_MAX], scale[2];
    int8_t q[2][N_MAX];
    int32_t offset[2][N_MAX / 32 + 1];
    for (size_t n = 32; n <= N_MAX; n += 32) {
        fill_widely(x, n);
        x[n - 30] = 1e-38f;
        for (size_t i = 0; i < 32; i++)
            x[i] = (float)i - 15.5f; /* ties */
        set->quantize(q[0], &scale[0], offset[0], x, n);
        scalar()->quantize(q[1], &scale[1], offset[1], x, n);
        assert_memory_equal(q[0], q[1], n);
        assert_memory_equal(&scale[0], &scale[1], sizeof(scale[0]));
        assert_memory_equal(offset[0], offset[1], san_offsets(n) * sizeof(int32_t));
    }
}

/* A matrix as a file has it, columns, and what the scalar set makes of them. */
struct product {
    enum san_type type;
    size_t n;
    uint8_t file[ROWS_MAX * N_MAX * sizeof(float)];
    struct san_columns cols;
    float x[COLUMNS_MAX * N_MAX], scale[COLUMNS_MAX];
    int8_t q[COLUMNS_MAX * N_MAX];
    int32_t offset[COLUMNS_MAX * (N_MAX / 32 + 1)];
    float want[COLUMNS_MAX][ROWS_MAX];
};

static void make_product(struct product *p, enum san_type type, bool one_scale, size_t n)
{
    static float weights[ROWS_MAX * N_MAX];
    size_t size;
    struct gguf_builder *builder = gguf_builder_new();
    fill_widely(p->x, COLUMNS_MAX * n);
    fill_widely(weights, ROWS_MAX * n);
    gguf_add_tensor(builder, "w", type, 2, n, ROWS_MAX, weights);
    void *bytes = gguf_builder_finish(builder, &size);
    struct san_gguf *file = san_gguf_from_memory(bytes, size, "w", NULL);
    assert_non_null(file);
    memcpy(p->file, san_gguf_tensor(file, "w")->data, ROWS_MAX * san_row_bytes(type, n));
    san_gguf_close(file);
    free(bytes);
    if (one_scale)
        share_scales((struct san_block_q8_0 *)(void *)p->file, n, ROWS_MAX);
    p->type = type, p->n = n;
    for (size_t c = 0; c < COLUMNS_MAX; c++)
        scalar()->quantize(p->q + c * n, p->scale + c, p->offset + c * san_offsets(n), p->x + c * n, n);
    p->cols = (struct san_columns){n, COLUMNS_MAX, p->x, p->q, p->scale, p->offset};
    struct san_matrix m = new_matrix(type, n, ROWS_MAX, scalar()->layout, p->file);
    san_kernels_multiply(scalar(), &m)(p->want[0], ROWS_MAX, &m, 0, ROWS_MAX, &p->cols);
    free(m.data);
}

/* `rows` rows from the first of a tile on, with the first `count` columns; nothing else is written. */
static void check_part(const struct san_kernels *set, const struct product *p, const struct san_matrix *m,
    size_t first, size_t rows, size_t count)
{
    float out[COLUMNS_MAX][ROWS_MAX];
    struct san_columns cols = p->cols;
    cols.count = count;
    memset(out, 0xff, sizeof(out));
    san_kernels_multiply(set, m)(out[0], ROWS_MAX, m, first, rows, &cols);
    for (size_t c = 0; c < COLUMNS_MAX; c++) {
        size_t written = c < count ? rows : 0;
        assert_memory_equal(out[c], &p->want[c][first], written * sizeof(float));
        for (size_t r = written; r < ROWS_MAX; r++)
            assert_true(isnan(out[c][r]));
    }
}

static void check_multiplies(const struct san_kernels *set)
{
    static const enum san_type types[] = {SAN_F32, SAN_F16, SAN_Q4_0, SAN_Q8_0, SAN_Q8_0};
    static const size_t lengths[] = {32, 160, N_MAX},
                        rows[] = {1, 3, 4, 8, 15, 16, 17, 32, 33, 48, 64, 65, 70};
    static struct product p;
    for (size_t i = 0; i < 15; i++) {
        make_product(&p, types[i % 5], i % 5 == 4, lengths[i / 5]);
        struct san_matrix m = new_matrix(p.type, p.n, ROWS_MAX, set->layout, p.file);
        for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++)
            for (size_t count = 1; count <= COLUMNS_MAX; count += i < 10 ? 1 : 3)
                check_part(set, &p, &m, rows[r] <= ROWS_MAX - 48 ? 48 : 0, rows[r], count);
        free(m.data);
    }
}

/* The extremes of 8 bits, where a sum of products in 16 bits would be the first to overflow. */
static void check_extremes(const struct san_kernels *set)
{
    static const int8_t signs[] = {-128, 127, 0, -1};
    for (size_t i = 0; i < 16; i++) {
        struct san_block_q8_0 w = {.scale = 0x3c00};
        int8_t q[32];
        float out, scale = 1;
        memset(w.q, signs[i % 4], sizeof(w.q));
        memset(q, i / 4 == 0 ? 127 : i / 4 == 1 ? -127 : i / 4 == 2 ? 0 : 1, sizeof(q));
        int32_t offset[2] = {-128 * 32 * q[0], -128 * 32 * q[0]};
        struct san_columns cols = {.n = 32, .count = 1, .q = q, .scale = &scale, .offset = offset};
        struct san_matrix m = new_matrix(SAN_Q8_0, 32, 1, set->layout, &w);
        set->multiply_q8_0(&out, 1, &m, 0, 1, &cols);
        assert_true(out == 32.0f * (float)w.q[0] * (float)q[0]);
        free(m.data);
    }
}

/* The longest row that a model can have, where a sum over all of it is the first to overflow. */
static void check_longest(const struct san_kernels *set)
{
    static struct san_block_q8_0 w[SAN_COLUMN_MAX / 32];
    static int8_t q[SAN_COLUMN_MAX];
    static int32_t offset[SAN_COLUMN_MAX / 32 + 1];
    static const int8_t signs[] = {-128, 127};
    for (size_t i = 0; i < 4; i++) {
        float out, scale = 1, sum = (float)SAN_COLUMN_MAX * signs[i % 2] * (i / 2 ? -127.0f : 127.0f);
        for (size_t b = 0; b < SAN_COLUMN_MAX / 32; b++) {
            w[b].scale = 0x3c00;
            memset(w[b].q, signs[i % 2], sizeof(w[b].q));
        }
        memset(q, i / 2 ? -127 : 127, sizeof(q));
        offset[SAN_COLUMN_MAX / 32] = -128 * SAN_COLUMN_MAX * q[0];
        struct san_columns cols = {
            .n = SAN_COLUMN_MAX, .count = 1, .q = q, .scale = &scale, .offset = offset};
        struct san_matrix m = new_matrix(SAN_Q8_0, SAN_COLUMN_MAX, 1, set->layout, w);
        set->multiply_q8_rows(&out, 1, &m, 0, 1, &cols);
        assert_true(out == sum);
        free(m.data);
    }
}

static void check_floats(const struct san_kernels *set)
{
    float x[2][N_MAX + 8], g[N_MAX], out[2][N_MAX];
    for (size_t n = 8; n <= N_MAX; n += 8) {
        fill_widely(x[0], n);
        fill(g, n, 1.0f);
        set->rms_norm(out[0], x[0], g, n, 1e-6f);
        scalar()->rms_norm(out[1], x[0], g, n, 1e-6f);
        assert_memory_equal(out[0], out[1], n * sizeof(float));
        memcpy(x[1], x[0], n * sizeof(float));
        set->rope(x[0], g, out[0], n);
        scalar()->rope(x[1], g, out[0], n);
        assert_memory_equal(x[0], x[1], n * sizeof(float));
        set->add(x[0], g, 0.3f, n);
        scalar()->add(x[1], g, 0.3f, n);
        assert_memory_equal(x[0], x[1], n * sizeof(float));
    }
    for (size_t count = 1; count <= N_MAX; count++) {
        fill(x[0], N_MAX, count % 3 == 0 ? 200.0f : 5.0f); /* wide enough that some become 0 */
        memcpy(x[1], x[0], sizeof(x[0]));
        set->softmax(x[0], count);
        scalar()->softmax(x[1], count);
        assert_memory_equal(x[0], x[1], (count + 7) / 8 * 8 * sizeof(float));
    }
}

/* What some sets do in one go is what the scalar set does step by step. */
static void check_advance(const struct san_kernels *set)
{
    enum { ROWS = 6, ALL = ROWS * N_MAX };
    static float x[2][ALL], y[ALL], g[N_MAX], out[2][ALL];
    static int8_t q[2][ALL];
    float scale[2][ROWS];
    int32_t offset[2][ALL / 32 + ROWS];
    for (size_t i = 0; set->advance && i < 5 * 2 * ROWS; i++) {
        const size_t lengths[] = {32, 64, 96, 160, N_MAX}, n = lengths[i % 5], count = 1 + i / 10;
        float gate = i / 5 % 2 ? 0.3f : 0;
        fill_widely(x[0], count * n);
        fill(y, count * n, 1.0f);
        fill(g, n, 1.0f);
        memset(x[0] + (count - 1) * n, 0, gate != 0 ? 0 : n * sizeof(float)); /* a row of zeros */
        memcpy(x[1], x[0], sizeof(x[0]));
        const struct san_rows rows = {.n = n,
            .count = count,
            .x = x[0],
            .y = y,
            .gate = gate,
            .g = g,
            .epsilon = 1e-6f,
            .out = out[0],
            .q = q[0],
            .scale = scale[0],
            .offset = offset[0]};
        set->advance(&rows);
        for (size_t r = 0; r < count; r++) {
            if (gate != 0)
                scalar()->add(x[1] + r * n, y + r * n, gate, n);
            scalar()->rms_norm(out[1] + r * n, x[1] + r * n, g, n, 1e-6f);
            scalar()->quantize(q[1] + r * n, &scale[1][r], offset[1] + r * san_offsets(n), out[1] + r * n, n);
        }
        assert_memory_equal(x[0], x[1], count * n * sizeof(float));
        assert_memory_equal(out[0], out[1], count * n * sizeof(float));
        assert_memory_equal(q[0], q[1], count * n);
        assert_memory_equal(scale[0], scale[1], count * sizeof(float));
        assert_memory_equal(offset[0], offset[1], count * san_offsets(n) * sizeof(int32_t));
    }
}

/* Some heads, and what the scalar set makes of them. */
struct some_heads {
    size_t n, count;
    float x[SAN_HEADS_AT_ONCE * SAN_HEAD_MAX], g[SAN_HEAD_MAX], cosine[SAN_HEAD_MAX], sine[SAN_HEAD_MAX];
    struct san_head head[SAN_HEADS_AT_ONCE];
    struct san_block_q8_0 key[SAN_HEADS_AT_ONCE][SAN_HEAD_MAX / 32];
    float want[SAN_HEADS_AT_ONCE * SAN_HEAD_MAX]; /* normalised and turned */
};

/* size: of the gains, which go from what is nothing as a half float to what is too much for one. */
static void make_heads(struct some_heads *h, size_t n, size_t count, bool turned, float size)
{
    h->n = n, h->count = count;
    fill_widely(h->x, count * n);
    fill(h->cosine, n, 1.0f);
    fill(h->sine, n, 1.0f);
    for (size_t i = 0; i < n; i++)
        h->g[i] = size * toy_random(&seed) - 1.0f;
    memset(h->key, 0xff, sizeof(h->key));
    for (size_t i = 0; i < count; i++) {
        h->head[i] = (struct san_head){h->x + i * n, turned ? h->cosine + i : NULL, h->sine + i, h->key[i]};
        scalar()->rms_norm(h->want + i * n, h->x + i * n, h->g, n, 1e-6f);
        if (turned)
            scalar()->rope(h->want + i * n, h->cosine + i, h->sine + i, n);
    }
}

static void check_queries(const struct san_kernels *set, const struct some_heads *h)
{
    enum { ALL = SAN_HEADS_AT_ONCE * SAN_HEAD_MAX };
    int8_t q[2][ALL];
    float scale[2][SAN_HEADS_AT_ONCE + 1];
    int32_t offset[2][ALL / 32 + SAN_HEADS_AT_ONCE];
    memset(scale, 0xff, sizeof(scale)); /* what lies behind stays */
    set->round_queries(
        q[0], scale[0], offset[0], h->head, h->count, &(struct san_head_norm){h->g, h->n, 1e-6f});
    for (size_t i = 0; i < h->count; i++)
        scalar()->quantize(
            q[1] + i * h->n, &scale[1][i], offset[1] + i * san_offsets(h->n), h->want + i * h->n, h->n);
    assert_memory_equal(q[0], q[1], h->count * h->n);
    assert_memory_equal(scale[0], scale[1], sizeof(scale[0]));
    assert_memory_equal(offset[0], offset[1], h->count * san_offsets(h->n) * sizeof(int32_t));
}

static void check_keys(const struct san_kernels *set, const struct some_heads *h)
{
    set->round_keys(h->head, h->count, &(struct san_head_norm){h->g, h->n, 1e-6f});
    for (size_t i = 0; i < h->count; i++) {
        float scale;
        int8_t q[SAN_HEAD_MAX];
        int32_t offset[SAN_HEAD_MAX / 32 + 1];
        scalar()->quantize(q, &scale, offset, h->want + i * h->n, h->n);
        for (size_t b = 0; b < h->n / 32; b++) {
            assert_int_equal(h->key[i][b].scale, san_float_to_half(scale));
            assert_memory_equal(h->key[i][b].q, q + b * 32, 32);
        }
    }
}

static void check_heads(const struct san_kernels *set)
{
    static const float sizes[] = {1.0f, 1e-4f, 1e8f};
    static struct some_heads heads;
    for (size_t i = 0; set->round_queries && i < 3 * 2 * SAN_HEADS_AT_ONCE; i++)
        for (size_t n = 32; n <= SAN_HEAD_MAX; n += 32) {
            make_heads(&heads, n, 1 + i / 6, i / 3 % 2, sizes[i % 3]);
            check_queries(set, &heads);
            check_keys(set, &heads);
        }
}

static void check_mix(const struct san_kernels *set)
{
    enum { TOKENS = 20, WIDTH = 136, STRIDE = 23, COLUMNS = 9 };
    static float v[TOKENS * WIDTH], w[COLUMNS * STRIDE], out[2][COLUMNS * WIDTH];
    fill(v, TOKENS * WIDTH, 3.0f);
    fill(w, COLUMNS * STRIDE, 1.0f);
    for (size_t hd = 8; hd <= WIDTH; hd += 8)
        for (size_t columns = 1; columns <= COLUMNS; columns++)
            for (size_t count = 1; count <= TOKENS; count += 6) {
                memset(out, 0xff, sizeof(out)); /* what lies between columns stays */
                set->mix(out[0], WIDTH, w, STRIDE, columns, v, count, hd);
                scalar()->mix(out[1], WIDTH, w, STRIDE, columns, v, count, hd);
                assert_memory_equal(out[0], out[1], sizeof(out[0]));
            }
}

/* Weights and values of integers, through to the output; scales and scores that leave most weights 0, and no
 * values at all. */
static void check_weighed(const struct san_kernels *set)
{
    enum { TOKENS = 37, WIDTH = 136, STRIDE = 48, COLUMNS = 9 };
    static const struct san_kernels *sets[2];
    static float x[COLUMNS * STRIDE], scale[STRIDE], factor[2][COLUMNS], out[2][COLUMNS * WIDTH];
    static int16_t w[COLUMNS * STRIDE];
    static int8_t v[TOKENS * WIDTH];
    sets[0] = set, sets[1] = scalar();
    for (size_t i = 0; i < sizeof(v); i++)
        v[i] = (int8_t)(i * 89 % 255 - 127);
    for (size_t hd = 8; hd <= WIDTH; hd += 8)
        for (size_t columns = 1; columns <= COLUMNS; columns++)
            for (size_t count = 1; count <= TOKENS; count += 3) {
                fill(x, COLUMNS * STRIDE, count % 2 ? 100.0f : 4.0f);
                fill(scale, STRIDE, 1.0f);
                for (size_t t = 0; t < STRIDE; t++)
                    scale[t] = count % 5 ? fabsf(scale[t]) : 0;
                memset(out, 0xff, sizeof(out)); /* what lies between columns stays */
                for (size_t i = 0; i < 2; i++) {
                    memset(w, 0xff, sizeof(w)); /* what lies behind becomes 0 */
                    sets[i]->weigh(w, factor[i], x, STRIDE, columns, scale, count);
                    sets[i]->mix_weighed(out[i], WIDTH, w, STRIDE, factor[i], columns, v, count, hd);
                }
                assert_memory_equal(factor[0], factor[1], columns * sizeof(float));
                assert_memory_equal(out[0], out[1], sizeof(out[0]));
            }
}

/* As many of the largest weights as there may be, with the largest values of one sign. */
static void check_weighed_extremes(const struct san_kernels *set)
{
    enum { HD = 40 };
    static float x[SAN_WEIGHED_MAX], scale[SAN_WEIGHED_MAX], out[HD];
    static int16_t w[SAN_WEIGHED_MAX];
    static int8_t v[SAN_WEIGHED_MAX * HD];
    for (size_t t = 0; t < SAN_WEIGHED_MAX; t++)
        scale[t] = 1;
    memset(v, -127, sizeof(v));
    float factor;
    set->weigh(w, &factor, x, SAN_WEIGHED_MAX, 1, scale, SAN_WEIGHED_MAX);
    set->mix_weighed(out, HD, w, SAN_WEIGHED_MAX, &factor, 1, v, SAN_WEIGHED_MAX, HD);
    for (size_t i = 0; i < HD; i++)
        assert_true(fabsf(out[i] + 127) < 1e-4f);
}

static void test_quantize_is_the_same(void **state)
{
    (void)state;
    for_each_set(check_quantize);
}

static void test_multiplications_are_the_same(void **state)
{
    (void)state;
    for_each_set(check_multiplies);
    for_each_set(check_extremes);
    for_each_set(check_longest);
}

static void test_floats_are_the_same(void **state)
{
    (void)state;
    for_each_set(check_floats);
    for_each_set(check_advance);
    for_each_set(check_heads);
    for_each_set(check_mix);
    for_each_set(check_weighed);
    for_each_set(check_weighed_extremes);
}

/* ---- the choice ---- */

/* The choice is made once a process: each try has one of its own. The child ends with 0 if SAN_CPU=name runs
 * that set, 1 if it is an error that names it, 2 otherwise. */
static int try_forced(const char *name)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct san_error err = {0};
        setenv("SAN_CPU", name, 1);
        const struct san_kernels *set = san_kernels_get(&err);
        struct san_model *model = san_model_open("/no/such/model", &err);
        bool refused = !set && !model && err.status == SAN_EUNSUPPORTED && strstr(err.text, name);
        _exit(set && strcmp(set->name, name) == 0 ? 0 : refused ? 1 : 2);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void test_forced_choice(void **state)
{
    (void)state;
    for (size_t i = 0; san_kernels_at(i); i++)
        assert_int_equal(try_forced(san_kernels_at(i)->name), san_kernels_usable(san_kernels_at(i)) ? 0 : 1);
    assert_int_equal(try_forced("abacus"), 1);
}

static void test_choice(void **state)
{
    (void)state;
    struct san_error err = {0};
    const char *forced = getenv("SAN_CPU");
    const struct san_kernels *set = san_kernels_get(&err);
    if (!set)
        fail_msg("%s", err.text);
    assert_true(san_kernels_usable(set));
    size_t best = 0;
    while (!san_kernels_usable(san_kernels_at(best)))
        best++;
    assert_string_equal(san_kernels_name(), forced && *forced ? forced : san_kernels_at(best)->name);
    print_message("kernels in use: %s\n", san_kernels_name()); /* read by kernels_by_cpu.sh */
}

/* What the other tests did not run. */
static void name_unusable_sets(void)
{
    for (size_t i = 0; san_kernels_at(i); i++)
        if (!san_kernels_usable(san_kernels_at(i)))
            print_message("skipped: this processor cannot run the %s kernels\n", san_kernels_at(i)->name);
}

int main(void)
{
    name_unusable_sets();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forced_choice), /* first: before this process has chosen */
        cmocka_unit_test(test_halves),
        cmocka_unit_test(test_floats_to_halves),
        cmocka_unit_test(test_blocks_are_read_as_ggml_lays_them_out),
        cmocka_unit_test(test_matrices_with_one_scale_a_row_are_found),
        cmocka_unit_test(test_rows_come_out_as_they_went_in),
        cmocka_unit_test(test_quantize_rounds_to_nearest),
        cmocka_unit_test(test_quantised_products),
        cmocka_unit_test(test_softmax_is_one),
        cmocka_unit_test(test_weighed_values_are_a_softmax),
        cmocka_unit_test(test_small_weights_are_not_lost),
        cmocka_unit_test(test_norm_rope_and_attention),
        cmocka_unit_test(test_quantize_is_the_same),
        cmocka_unit_test(test_multiplications_are_the_same),
        cmocka_unit_test(test_floats_are_the_same),
        cmocka_unit_test(test_choice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
