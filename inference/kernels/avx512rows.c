/* avx512rows.c - what the AVX-512 set does to rows and heads between two multiplications: norms, turns and
 * rounding. One head after the other would be a chain of latencies; so several go through each step together.
 */
#include "inference/kernels/avx512.h"

enum {
    WIDTH = 16, /* floats of a register */
    AT_ONCE = SAN_HEADS_AT_ONCE,
    HEAD_GROUPS = SAN_HEAD_MAX / SAN_GROUP,
};

/* ---- rounding ---- */

/* What rows or groups are divided by, and multiplied with, to become integers. */
struct rounding {
    __m256 scale, inverse;
};

/* By the largest of eight. */
static INLINE struct rounding rounding_of(__m256 most)
{
    const __m256 largest = _mm256_set1_ps(127.0f);
    __mmask8 some = _mm256_cmp_ps_mask(most, _mm256_set1_ps(SAN_QUANTIZE_MIN), _CMP_GE_OQ);
    return (struct rounding){
        _mm256_maskz_div_ps(some, most, largest), _mm256_maskz_div_ps(some, largest, most)};
}

static INLINE __m512i round_sixteen(const float *x, __m512 inverse)
{
    return _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_loadu_ps(x), inverse));
}

/* Two groups. Packing works within quarters; the permutation puts the fours back in order. */
static INLINE __m512i round_two(const float *x, float first, float second)
{
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    __m512 inverse = _mm512_set1_ps(first), other = _mm512_set1_ps(second);
    __m512i a = _mm512_packs_epi32(round_sixteen(x, inverse), round_sixteen(x + WIDTH, inverse));
    x += SAN_GROUP;
    __m512i b = _mm512_packs_epi32(round_sixteen(x, other), round_sixteen(x + WIDTH, other));
    return _mm512_permutexvar_epi32(order, _mm512_packs_epi16(a, b));
}

static INLINE __m256i round_one(const float *x, float inverse)
{
    const __m256i order = _mm256_setr_epi32(0, 2, 4, 6, 1, 3, 5, 7);
    __m512 by = _mm512_set1_ps(inverse);
    __m512i words = _mm512_packs_epi32(round_sixteen(x, by), round_sixteen(x + WIDTH, by));
    return _mm256_permutevar8x32_epi32(_mm512_cvtepi16_epi8(words), order);
}

/* The offsets of the two groups of each, in order. */
static INLINE __m128i offsets_of(__m512i a, __m512i b)
{
    const __m512i ones = _mm512_set1_epi8(1), zero = _mm512_setzero_si512();
    const __m512i first = _mm512_setr_epi32(0, 8, 1, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    a = _mm512_dpbusd_epi32(zero, ones, a);
    b = _mm512_dpbusd_epi32(zero, ones, b);
    __m512i sums = _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
    sums = _mm512_add_epi32(sums, _mm512_shuffle_epi32(sums, _MM_PERM_BADC));
    sums = _mm512_add_epi32(sums, _mm512_shuffle_i32x4(sums, sums, 0xb1)); /* of quarters within a half */
    __m512i offsets = _mm512_slli_epi32(_mm512_sub_epi32(zero, sums), 7);
    return _mm512_castsi512_si128(_mm512_permutexvar_epi32(first, offsets));
}

/* Groups one behind the other; the next one's inverse is `step` behind. Returns the sum of the offsets. */
static INLINE int32_t round_groups(
    int8_t *q, int32_t *offset, const float *x, size_t groups, const float *inverse, size_t step)
{
    size_t g = 0;
    __m128i sum = _mm_setzero_si128();
    for (; g + 4 <= groups; g += 4, x += 4 * SAN_GROUP, q += 4 * SAN_GROUP, inverse += 4 * step) {
        __m512i a = round_two(x, inverse[0], inverse[step]);
        __m512i b = round_two(x + 2 * SAN_GROUP, inverse[2 * step], inverse[3 * step]);
        _mm512_storeu_si512(q, a);
        _mm512_storeu_si512(q + 2 * SAN_GROUP, b);
        __m128i offsets = offsets_of(a, b);
        _mm_storeu_si128((void *)(offset + g), offsets);
        sum = _mm_add_epi32(sum, offsets);
    }
    if (g + 2 <= groups) {
        __m512i two = round_two(x, inverse[0], inverse[step]);
        _mm512_storeu_si512(q, two);
        __m128i offsets = offsets_of(two, _mm512_setzero_si512());
        _mm_storel_epi64((void *)(offset + g), offsets);
        sum = _mm_add_epi32(sum, offsets);
        g += 2, x += 2 * SAN_GROUP, q += 2 * SAN_GROUP, inverse += 2 * step;
    }
    if (g < groups) {
        __m512 by = _mm512_set1_ps(*inverse);
        __m512i sums = _mm512_add_epi32(round_sixteen(x, by), round_sixteen(x + WIDTH, by));
        _mm256_storeu_si256((void *)q, round_one(x, *inverse));
        offset[g] = -128 * _mm512_reduce_add_epi32(sums);
        sum = _mm_add_epi32(sum, _mm_cvtsi32_si128(offset[g]));
    }
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, _MM_SHUFFLE(1, 0, 3, 2)));
    return _mm_cvtsi128_si32(_mm_add_epi32(sum, _mm_shuffle_epi32(sum, _MM_SHUFFLE(2, 3, 0, 1))));
}

/* most: sixteen numbers, of which one is the largest of the row. */
static INLINE void round_row(int8_t *q, float *scale, int32_t *offset, const float *x, size_t n, __m512 most)
{
    float m = _mm512_reduce_max_ps(most);
    bool zero = m < SAN_QUANTIZE_MIN;
    float inverse = zero ? 0 : 127.0f / m;
    *scale = zero ? 0 : m / 127.0f;
    offset[n / SAN_GROUP] = round_groups(q, offset, x, n / SAN_GROUP, &inverse, 0);
}

void san_avx512_quantize(int8_t *q, float *scale, int32_t *offset, const float *x, size_t n)
{
    __m512 most[2] = {_mm512_setzero_ps(), _mm512_setzero_ps()};
    for (size_t i = 0; i < n; i += SAN_GROUP)
#pragma GCC unroll 2
        for (size_t j = 0; j < 2; j++)
            most[j] = _mm512_max_ps(most[j], _mm512_abs_ps(_mm512_loadu_ps(x + i + j * WIDTH)));
    round_row(q, scale, offset, x, n, _mm512_max_ps(most[0], most[1]));
}

/* ---- rows ---- */

static INLINE __m512 normalised(const float *x, const float *g, __m512 factor)
{
    __m512 gain = _mm512_add_ps(_mm512_set1_ps(1.0f), _mm512_loadu_ps(g));
    return _mm512_mul_ps(_mm512_mul_ps(_mm512_loadu_ps(x), factor), gain);
}

/* x += gate * y for some rows; returns the sums of squares that their norms come from. All are loaded before
 * one is stored: rows may lie a multiple of a page apart, which a load would take for the one just stored. */
static INLINE void add_rows(float *squares, const struct san_rows *rows, size_t row, size_t count)
{
    const __m512 gate = _mm512_set1_ps(rows->gate);
    size_t n = rows->n;
    float *x = rows->x + row * n;
    const float *y = rows->y + row * n;
    __m256 sum[TILE] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps()};
    for (size_t i = 0; i < n; i += WIDTH) {
        __m512 v[TILE];
#pragma GCC unroll 4
        for (size_t r = 0; r < count; r++)
            v[r] = _mm512_loadu_ps(x + r * n + i);
        if (rows->gate != 0) {
#pragma GCC unroll 4
            for (size_t r = 0; r < count; r++)
                v[r] = _mm512_fmadd_ps(gate, _mm512_loadu_ps(y + r * n + i), v[r]);
#pragma GCC unroll 4
            for (size_t r = 0; r < count; r++)
                _mm512_storeu_ps(x + r * n + i, v[r]);
        }
#pragma GCC unroll 4
        for (size_t r = 0; r < count; r++) {
            __m256 low = _mm512_castps512_ps256(v[r]), high = upper_half(v[r]);
            sum[r] = _mm256_fmadd_ps(high, high, _mm256_fmadd_ps(low, low, sum[r]));
        }
    }
    add_lanes_of_four(squares, sum[0], sum[1], sum[2], sum[3]);
}

/* Returns sixteen numbers, of which one is the largest of the row. */
static INLINE __m512 normalise_row(const struct san_rows *rows, size_t row, float squares)
{
    size_t n = rows->n;
    __m128 root = _mm_sqrt_ss(_mm_set_ss(squares / (float)n + rows->epsilon));
    __m512 factor = _mm512_set1_ps(1.0f / _mm_cvtss_f32(root));
    __m512 most[2] = {_mm512_setzero_ps(), _mm512_setzero_ps()};
    const float *x = rows->x + row * n;
    float *out = rows->out + row * n;
    for (size_t i = 0; i < n; i += SAN_GROUP)
#pragma GCC unroll 2
        for (size_t j = 0; j < 2; j++) {
            __m512 v = normalised(x + i + j * WIDTH, rows->g + i + j * WIDTH, factor);
            _mm512_storeu_ps(out + i + j * WIDTH, v);
            most[j] = _mm512_max_ps(most[j], _mm512_abs_ps(v));
        }
    return _mm512_max_ps(most[0], most[1]);
}

/* Rows are rounded when the next ones are normalised: what was just stored is not there yet to be loaded. */
static INLINE void advance_rows(const struct san_rows *rows, size_t row, size_t count)
{
    size_t n = rows->n;
    float squares[TILE];
    __m512 most[TILE];
    add_rows(squares, rows, row, count);
    for (size_t r = 0; r < count; r++)
        most[r] = normalise_row(rows, row + r, squares[r]);
    for (size_t r = row; r < row + count; r++)
        round_row(rows->q + r * n, rows->scale + r, rows->offset + r * san_offsets(n), rows->out + r * n, n,
            most[r - row]);
}

void san_avx512_advance(const struct san_rows *rows)
{
    size_t row = 0;
    for (; row + TILE <= rows->count; row += TILE)
        advance_rows(rows, row, TILE);
    for (; row < rows->count; row++)
        advance_rows(rows, row, 1);
}

/* ---- heads ---- */

/* Up to AT_ONCE of them on their way, one behind the other, and the largest numbers of each group. */
struct heads {
    float x[AT_ONCE * SAN_HEAD_MAX];
    __m512 most[AT_ONCE * HEAD_GROUPS];
};

/* What each is multiplied with for its norm to be 1. */
static INLINE __m256 norm_factors(const struct san_head *head, size_t count, const struct san_head_norm *norm)
{
    __m256 sum[AT_ONCE];
    for (size_t h = 0; h < AT_ONCE; h++)
        sum[h] = _mm256_setzero_ps();
    for (size_t h = 0; h < count; h++)
        for (size_t i = 0; i < norm->n; i += LANES) {
            __m256 x = _mm256_loadu_ps(head[h].x + i);
            sum[h] = _mm256_fmadd_ps(x, x, sum[h]);
        }
    float squares[AT_ONCE];
    add_lanes_of_four(squares, sum[0], sum[1], sum[2], sum[3]);
    add_lanes_of_four(squares + TILE, sum[4], sum[5], sum[6], sum[7]);
    __m256 mean = _mm256_div_ps(_mm256_loadu_ps(squares), _mm256_set1_ps((float)norm->n));
    __m256 root = _mm256_sqrt_ps(_mm256_add_ps(mean, _mm256_set1_ps(norm->epsilon)));
    return _mm256_div_ps(_mm256_set1_ps(1.0f), root);
}

static INLINE void turn(__m512 *a, __m512 *b, const float *cosine, const float *sine)
{
    __m512 x = *a, y = *b, c = _mm512_loadu_ps(cosine), s = _mm512_loadu_ps(sine);
    *a = _mm512_sub_ps(_mm512_mul_ps(x, c), _mm512_mul_ps(y, s));
    *b = _mm512_add_ps(_mm512_mul_ps(y, c), _mm512_mul_ps(x, s));
}

/* count: registers of the head. */
static INLINE void prepare_head(
    float *out, __m512 *most, const struct san_head *head, const float *g, __m512 factor, size_t count)
{
    __m512 v[SAN_HEAD_MAX / WIDTH];
#pragma GCC unroll 8
    for (size_t i = 0; i < count; i++)
        v[i] = normalised(head->x + i * WIDTH, g + i * WIDTH, factor);
    if (head->cosine)
#pragma GCC unroll 4
        for (size_t i = 0; i < count / 2; i++)
            turn(&v[i], &v[i + count / 2], head->cosine + i * WIDTH, head->sine + i * WIDTH);
#pragma GCC unroll 8
    for (size_t i = 0; i < count; i++)
        _mm512_storeu_ps(out + i * WIDTH, v[i]);
#pragma GCC unroll 4
    for (size_t i = 0; i < count; i += 2)
        most[i / 2] = _mm512_max_ps(_mm512_abs_ps(v[i]), _mm512_abs_ps(v[i + 1]));
}

static void prepare(
    struct heads *to, const struct san_head *head, size_t count, const struct san_head_norm *norm)
{
    float factor[AT_ONCE];
    _mm256_storeu_ps(factor, norm_factors(head, count, norm));
    size_t groups = norm->n / SAN_GROUP;
    for (size_t h = 0; h < count; h++) {
        float *out = to->x + h * norm->n;
        __m512 *most = to->most + h * groups, by = _mm512_set1_ps(factor[h]);
        switch (groups) {
        case 1:
            prepare_head(out, most, &head[h], norm->g, by, 2);
            break;
        case 2:
            prepare_head(out, most, &head[h], norm->g, by, 4);
            break;
        case 3:
            prepare_head(out, most, &head[h], norm->g, by, 6);
            break;
        default:
            prepare_head(out, most, &head[h], norm->g, by, 8);
        }
    }
}

static INLINE __m512 larger_of_pairs(__m512 a, __m512 b)
{
    return _mm512_max_ps(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
}

static INLINE __m512 larger_of_fours(__m512 a, __m512 b, __m512 c, __m512 d)
{
    __m512d ab = _mm512_castps_pd(larger_of_pairs(a, b)), cd = _mm512_castps_pd(larger_of_pairs(c, d));
    __m512 low = _mm512_castpd_ps(_mm512_unpacklo_pd(ab, cd));
    return _mm512_max_ps(low, _mm512_castpd_ps(_mm512_unpackhi_pd(ab, cd))); /* a b c d, of each quarter */
}

/* The largest number of each of eight registers. */
static INLINE __m256 largest_of_eight(const __m512 *x)
{
    __m512 low = larger_of_fours(x[0], x[1], x[2], x[3]), high = larger_of_fours(x[4], x[5], x[6], x[7]);
    __m512 halves =
        _mm512_max_ps(_mm512_shuffle_f32x4(low, high, 0x88), _mm512_shuffle_f32x4(low, high, 0xdd));
    __m512 all = _mm512_max_ps(halves, _mm512_shuffle_f32x4(halves, halves, 0xb1));
    return _mm512_castps512_ps256(_mm512_shuffle_f32x4(all, all, 0x08));
}

static struct rounding rounding_of_heads(const struct heads *heads, size_t count, size_t groups)
{
    __m512 most[AT_ONCE];
    for (size_t h = 0; h < count; h++) {
        most[h] = heads->most[h * groups];
        for (size_t g = 1; g < groups; g++)
            most[h] = _mm512_max_ps(most[h], heads->most[h * groups + g]);
    }
    for (size_t h = count; h < AT_ONCE; h++)
        most[h] = most[0];
    return rounding_of(largest_of_eight(most));
}

void san_avx512_round_queries(int8_t *q, float *scale, int32_t *offset, const struct san_head *head,
    size_t count, const struct san_head_norm *norm)
{
    struct heads heads;
    prepare(&heads, head, count, norm);
    size_t groups = norm->n / SAN_GROUP;
    struct rounding r = rounding_of_heads(&heads, count, groups);
    _mm256_mask_storeu_ps(scale, (__mmask8)((1u << count) - 1), r.scale);
    float by_head[AT_ONCE], inverse[AT_ONCE * HEAD_GROUPS];
    _mm256_storeu_ps(by_head, r.inverse);
    for (size_t h = 0; h < count; h++)
        for (size_t g = 0; g < groups; g++)
            inverse[h * groups + g] = by_head[h];
    int32_t by_group[AT_ONCE * HEAD_GROUPS];
    round_groups(q, by_group, heads.x, count * groups, inverse, 1);
    for (size_t h = 0; h < count; h++, offset += san_offsets(norm->n)) {
        offset[groups] = 0;
        for (size_t g = 0; g < groups; g++) {
            offset[g] = by_group[h * groups + g];
            offset[groups] += offset[g];
        }
    }
}

/* As san_float_to_half. */
static INLINE __m128i halves_of(__m256 scale)
{
    return _mm256_cvtps_ph(_mm256_min_ps(scale, _mm256_set1_ps(65504.0f)), 0);
}

void san_avx512_round_keys(const struct san_head *head, size_t count, const struct san_head_norm *norm)
{
    struct heads heads;
    prepare(&heads, head, count, norm);
    size_t groups = norm->n / SAN_GROUP;
    struct rounding r = rounding_of_heads(&heads, count, groups);
    uint16_t scale[AT_ONCE];
    float inverse[AT_ONCE];
    _mm_storeu_si128((void *)scale, halves_of(r.scale));
    _mm256_storeu_ps(inverse, r.inverse);
    for (size_t h = 0; h < count; h++)
        for (size_t g = 0; g < groups; g++) {
            struct san_block_q8_0 *block = head[h].key + g;
            block->scale = scale[h];
            _mm256_storeu_si256(
                (void *)block->q, round_one(heads.x + (h * groups + g) * SAN_GROUP, inverse[h]));
        }
}
