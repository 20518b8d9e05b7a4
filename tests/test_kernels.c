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

enum { N_MAX = 512, ROWS_MAX = 9, COLUMNS_MAX = 9 };

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

static void test_blocks_are_read_as_ggml_lays_them_out(void **state)
{
    (void)state;
    struct san_block_q4_0 q4 = {.scale = 0x3800}; /* 0.5 */
    q4.q[0] = 0xf0;                               /* number 0: 0 - 8; number 16: 15 - 8 */
    q4.q[15] = 0x09;                              /* number 15: 9 - 8; number 31: 0 - 8 */
    struct san_tensor tensor = {.type = SAN_Q4_0, .dims = 2, .ne = {32, 1}, .data = &q4, .bytes = sizeof(q4)};
    float out[32];
    san_row_to_float(out, &tensor, 0, 2.0f);
    assert_true(out[0] == -8.0f && out[16] == 7.0f && out[15] == 1.0f && out[31] == -8.0f);

    struct san_block_q8_0 q8[2] = {{.scale = 0x3c00}, {.scale = 0x4000, .q = {-128, 127}}};
    tensor = (struct san_tensor){.type = SAN_Q8_0, .dims = 2, .ne = {32, 2}, .data = q8, .bytes = sizeof(q8)};
    san_row_to_float(out, &tensor, 1, 1.0f);
    assert_true(out[0] == -256.0f && out[1] == 254.0f && out[2] == 0.0f);
}

static void test_quantize_rounds_to_nearest(void **state)
{
    (void)state;
    float x[64] = {0};
    x[0] = 127.0f, x[1] = -126.4f, x[2] = 0.5f, x[3] = 1.5f; /* ties go to even */
    x[32] = 1e-31f;
    int8_t q[64];
    float scale[2];
    scalar()->quantize(q, scale, x, 64);
    assert_true(scale[0] == 1.0f && scale[1] == 0.0f);
    assert_int_equal(q[0], 127);
    assert_int_equal(q[1], -126);
    assert_int_equal(q[2], 0);
    assert_int_equal(q[3], 2);
    assert_int_equal(q[32], 0);
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
    const float q[8] = {1, 2}, k[24] = {1, 1, [8] = 5, [16] = 0, 3}, w[3] = {0.5f, 0.25f, 1};
    float scores[3];
    scalar()->attention_scores(scores, q, k, 8, 3, 8, 0.5f);
    assert_true(scores[0] == 1.5f && scores[1] == 2.5f && scores[2] == 3.0f);
    scalar()->attention_mix(out, w, k, 8, 3, 8);
    assert_true(out[0] == 1.75f && out[1] == 3.5f && out[7] == 0.0f);
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
    float x[N_MAX], scale[2][N_MAX / 32];
    int8_t q[2][N_MAX];
    fill_widely(x, N_MAX);
    x[130] = 1e-38f;
    for (size_t i = 160; i < 192; i++)
        x[i] = (float)i - 175.5f; /* ties */
    set->quantize(q[0], scale[0], x, N_MAX);
    scalar()->quantize(q[1], scale[1], x, N_MAX);
    assert_memory_equal(q[0], q[1], sizeof(q[0]));
    assert_memory_equal(scale[0], scale[1], sizeof(scale[0]));
}

static void check_multiply(
    const struct san_kernels *set, enum san_type type, size_t n, size_t rows, size_t count)
{
    static float x[COLUMNS_MAX * N_MAX], scale[COLUMNS_MAX * N_MAX / 32], out[2][ROWS_MAX * COLUMNS_MAX];
    static int8_t q[COLUMNS_MAX * N_MAX];
    static float weights[ROWS_MAX * N_MAX];
    fill_widely(x, count * n);
    fill_widely(weights, rows * n);
    size_t size;
    struct gguf_builder *builder = gguf_builder_new();
    gguf_add_tensor(builder, "w", type, 2, n, rows, weights);
    void *bytes = gguf_builder_finish(builder, &size);
    struct san_gguf *file = san_gguf_from_memory(bytes, size, "w", NULL);
    assert_non_null(file);
    scalar()->quantize(q, scale, x, count * n);
    struct san_columns cols = {.n = n, .count = count, .x = x, .q = q, .scale = scale};
    memset(out, 0xff, sizeof(out));
    san_kernels_multiply(set, type)(out[0], rows, san_gguf_tensor(file, "w")->data, rows, &cols);
    san_kernels_multiply(scalar(), type)(out[1], rows, san_gguf_tensor(file, "w")->data, rows, &cols);
    assert_memory_equal(out[0], out[1], sizeof(out[0]));
    for (size_t i = 0; i < rows * count; i++)
        assert_true(isfinite(out[1][i])); /* all of it was written */
    san_gguf_close(file);
    free(bytes);
}

static void check_multiplies(const struct san_kernels *set)
{
    static const enum san_type types[] = {SAN_F32, SAN_F16, SAN_Q4_0, SAN_Q8_0};
    for (size_t t = 0; t < 4; t++)
        for (size_t rows = 1; rows <= ROWS_MAX; rows++)
            for (size_t count = 1; count <= COLUMNS_MAX; count++) {
                check_multiply(set, types[t], 32, rows, count);
                check_multiply(set, types[t], 160, rows, count);
                check_multiply(set, types[t], N_MAX, rows, count);
            }
}

/* The extremes of 8 bits, where a sum of products in 16 bits would be the first to overflow. */
static void check_extremes(const struct san_kernels *set)
{
    struct san_block_q8_0 w = {.scale = 0x3c00};
    int8_t q[32];
    float out[2], scale = 1;
    static const int8_t signs[] = {-128, 127, 0, -1};
    for (size_t i = 0; i < 16; i++) {
        memset(w.q, signs[i % 4], sizeof(w.q));
        memset(q, i / 4 == 0 ? 127 : i / 4 == 1 ? -127 : i / 4 == 2 ? 0 : 1, sizeof(q));
        struct san_columns cols = {.n = 32, .count = 1, .q = q, .scale = &scale};
        set->multiply_q8_0(&out[0], 1, &w, 1, &cols);
        assert_true(out[0] == 32.0f * (float)w.q[0] * (float)q[0]);
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
    }
    for (size_t count = 1; count <= N_MAX; count++) {
        fill(x[0], N_MAX, count % 3 == 0 ? 200.0f : 5.0f); /* wide enough that some become 0 */
        memcpy(x[1], x[0], sizeof(x[0]));
        set->softmax(x[0], count);
        scalar()->softmax(x[1], count);
        assert_memory_equal(x[0], x[1], (count + 7) / 8 * 8 * sizeof(float));
    }
}

static void check_attention(const struct san_kernels *set)
{
    static float k[20 * 256];
    float q[64], w[20], out[2][64];
    fill(k, 20 * 256, 3.0f);
    for (size_t hd = 8; hd <= 64; hd += 8)
        for (size_t count = 1; count <= 20; count++) {
            fill(q, hd, 2.0f);
            fill(w, count, 1.0f);
            set->attention_scores(out[0], q, k, 256, count, hd, 0.17f);
            scalar()->attention_scores(out[1], q, k, 256, count, hd, 0.17f);
            assert_memory_equal(out[0], out[1], count * sizeof(float));
            set->attention_mix(out[0], w, k, 256, count, hd);
            scalar()->attention_mix(out[1], w, k, 256, count, hd);
            assert_memory_equal(out[0], out[1], hd * sizeof(float));
        }
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
}

static void test_floats_are_the_same(void **state)
{
    (void)state;
    for_each_set(check_floats);
    for_each_set(check_attention);
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
        cmocka_unit_test(test_blocks_are_read_as_ggml_lays_them_out),
        cmocka_unit_test(test_quantize_rounds_to_nearest),
        cmocka_unit_test(test_softmax_is_one),
        cmocka_unit_test(test_norm_rope_and_attention),
        cmocka_unit_test(test_quantize_is_the_same),
        cmocka_unit_test(test_multiplications_are_the_same),
        cmocka_unit_test(test_floats_are_the_same),
        cmocka_unit_test(test_choice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
