/* avx2.c - the contract of kernels.h with AVX2, FMA and F16C: one 256-bit register is the eight lanes, or
 * eight rows of a quantised matrix. */
#include <math.h>

#include "inference/kernels/avx2.h"

/* ---- quantising ---- */

static float max_lane(__m256 x)
{
    __m128 s = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    __m128 t = _mm_max_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_max_ss(t, _mm_shuffle_ps(t, t, 1)));
}

static float largest(const float *x, size_t n)
{
    const __m256 sign = _mm256_set1_ps(-0.0f);
    __m256 most[2] = {_mm256_setzero_ps(), _mm256_setzero_ps()};
    for (size_t i = 0; i < n; i += 2 * LANES)
        for (size_t j = 0; j < 2; j++)
            most[j] = _mm256_max_ps(most[j], _mm256_andnot_ps(sign, _mm256_loadu_ps(x + i + j * LANES)));
    return max_lane(_mm256_max_ps(most[0], most[1]));
}

static int32_t add_bytes(__m256i q)
{
    const __m256i shift = _mm256_set1_epi8(-128);
    __m256i sums = _mm256_sad_epu8(_mm256_xor_si256(q, shift), _mm256_setzero_si256()); /* of q + 128 */
    __m128i two = _mm_add_epi64(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
    return _mm_cvtsi128_si32(_mm_add_epi64(two, _mm_unpackhi_epi64(two, two))) - 128 * SAN_GROUP;
}

static __m256i round_group(const float *x, __m256 factor)
{
    __m256i n[4];
    for (size_t i = 0; i < 4; i++)
        n[i] = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(x + i * LANES), factor));
    /* packing works within halves; the permutation puts the groups of four back in order */
    __m256i packed = _mm256_packs_epi16(_mm256_packs_epi32(n[0], n[1]), _mm256_packs_epi32(n[2], n[3]));
    return _mm256_permutevar8x32_epi32(packed, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}

void san_avx2_quantize(int8_t *q, float *scale, int32_t *offset, const float *x, size_t n)
{
    float most = largest(x, n);
    bool zero = most < SAN_QUANTIZE_MIN;
    __m256 factor = _mm256_set1_ps(zero ? 0 : 127.0f / most);
    *scale = zero ? 0 : most / 127.0f;
    int32_t sum = 0;
    for (size_t i = 0; i < n; i += SAN_GROUP) {
        __m256i group = round_group(x + i, factor);
        _mm256_storeu_si256((void *)(q + i), group);
        offset[i / SAN_GROUP] = -128 * add_bytes(group);
        sum += offset[i / SAN_GROUP];
    }
    offset[n / SAN_GROUP] = sum;
}

/* ---- floats, in tiles: four dot products of rows w[t] with columns x[t] ---- */

static INLINE __m256 add_f32(__m256 sum, const void *w, const float *x, size_t i)
{
    return _mm256_fmadd_ps(_mm256_loadu_ps((const float *)w + i), _mm256_loadu_ps(x + i), sum);
}

static INLINE __m256 add_f16(__m256 sum, const void *w, const float *x, size_t i)
{
    const void *half = (const uint16_t *)w + i;
    return _mm256_fmadd_ps(_mm256_cvtph_ps(_mm_loadu_si128(half)), _mm256_loadu_ps(x + i), sum);
}

static INLINE void tile_f32(float out[TILE], const void *const w[TILE], const float *const x[TILE], size_t n)
{
    __m256 s0 = _mm256_setzero_ps(), s1 = s0, s2 = s0, s3 = s0;
    for (size_t i = 0; i < n; i += LANES) {
        s0 = add_f32(s0, w[0], x[0], i);
        s1 = add_f32(s1, w[1], x[1], i);
        s2 = add_f32(s2, w[2], x[2], i);
        s3 = add_f32(s3, w[3], x[3], i);
    }
    add_lanes_of_four(out, s0, s1, s2, s3);
}

static INLINE void tile_f16(float out[TILE], const void *const w[TILE], const float *const x[TILE], size_t n)
{
    __m256 s0 = _mm256_setzero_ps(), s1 = s0, s2 = s0, s3 = s0;
    for (size_t i = 0; i < n; i += LANES) {
        s0 = add_f16(s0, w[0], x[0], i);
        s1 = add_f16(s1, w[1], x[1], i);
        s2 = add_f16(s2, w[2], x[2], i);
        s3 = add_f16(s3, w[3], x[3], i);
    }
    add_lanes_of_four(out, s0, s1, s2, s3);
}

void san_avx2_multiply_f32(float *out, size_t out_stride, const struct san_matrix *w, size_t first,
    size_t rows, const struct san_columns *cols)
{
    multiply_rows(out, out_stride, w, first, rows, cols, tile_f32);
}

void san_avx2_multiply_f16(float *out, size_t out_stride, const struct san_matrix *w, size_t first,
    size_t rows, const struct san_columns *cols)
{
    multiply_rows(out, out_stride, w, first, rows, cols, tile_f16);
}

/* ---- quantised weights ---- */

/* |w| goes in unsigned, so that -128 is right too; its sign goes to q, which never is -128. Two products are
 * at most 2 * 128 * 127: no saturation. */
static INLINE __m256i dot_pairs(__m256i sum, __m256i w, __m256i q)
{
    __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(q, w));
    return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

static INLINE void block_q8_0(
    float *out, size_t out_stride, const struct block *block, size_t tiles, size_t columns)
{
    (void)tiles;
    const struct way way = {dot_pairs, load_q8_0, SAN_GROUP * ROWS, false};
    block_256(out, out_stride, block, columns, &way, 1);
}

static INLINE void block_q8_rows(
    float *out, size_t out_stride, const struct block *block, size_t tiles, size_t columns)
{
    (void)tiles;
    const struct way way = {dot_pairs, load_q8_0, SAN_GROUP * ROWS, false};
    block_256_rows(out, out_stride, block, columns, &way);
}

static INLINE void block_q4_0(
    float *out, size_t out_stride, const struct block *block, size_t tiles, size_t columns)
{
    (void)tiles;
    const struct way way = {dot_pairs, load_q4_0, SAN_GROUP / 2 * ROWS, false};
    block_256(out, out_stride, block, columns, &way, 0.0625f);
}

static void multiply_q8_0(float *out, size_t out_stride, const struct san_matrix *w, size_t first,
    size_t rows, const struct san_columns *cols)
{
    multiply_tiles(out, out_stride, w, first, rows, cols, cut, block_q8_0);
}

static void multiply_q8_rows(float *out, size_t out_stride, const struct san_matrix *w, size_t first,
    size_t rows, const struct san_columns *cols)
{
    multiply_tiles(out, out_stride, w, first, rows, cols, cut, block_q8_rows);
}

static void multiply_q4_0(float *out, size_t out_stride, const struct san_matrix *w, size_t first,
    size_t rows, const struct san_columns *cols)
{
    multiply_tiles(out, out_stride, w, first, rows, cols, cut, block_q4_0);
}

/* ---- norm, rope, attention ---- */

static float dot(const float *a, const float *b, size_t n)
{
    __m256 sum = _mm256_setzero_ps();
    for (size_t i = 0; i < n; i += LANES)
        sum = _mm256_fmadd_ps(_mm256_loadu_ps(a + i), _mm256_loadu_ps(b + i), sum);
    return add_lanes(sum);
}

void san_avx2_rms_norm(float *out, const float *x, const float *g, size_t n, float epsilon)
{
    __m256 factor = _mm256_set1_ps(1.0f / sqrtf(dot(x, x, n) / (float)n + epsilon));
    const __m256 one = _mm256_set1_ps(1.0f);
    for (size_t i = 0; i < n; i += LANES) {
        __m256 gain = _mm256_add_ps(one, _mm256_loadu_ps(g + i));
        _mm256_storeu_ps(out + i, _mm256_mul_ps(_mm256_mul_ps(_mm256_loadu_ps(x + i), factor), gain));
    }
}

void san_avx2_add(float *x, const float *y, float factor, size_t n)
{
    __m256 f = _mm256_set1_ps(factor);
    for (size_t i = 0; i < n; i += LANES)
        _mm256_storeu_ps(x + i, _mm256_fmadd_ps(f, _mm256_loadu_ps(y + i), _mm256_loadu_ps(x + i)));
}

void san_avx2_rope(float *x, const float *cosine, const float *sine, size_t hd)
{
    size_t half = hd / 2; /* a multiple of 4 */
    for (size_t i = 0; i < half; i += 4) {
        __m128 a = _mm_loadu_ps(x + i), b = _mm_loadu_ps(x + half + i);
        __m128 c = _mm_loadu_ps(cosine + i), s = _mm_loadu_ps(sine + i);
        _mm_storeu_ps(x + i, _mm_sub_ps(_mm_mul_ps(a, c), _mm_mul_ps(b, s)));
        _mm_storeu_ps(x + half + i, _mm_add_ps(_mm_mul_ps(b, c), _mm_mul_ps(a, s)));
    }
}

static inline __m256 exponential(__m256 y)
{
    const __m256 one = _mm256_set1_ps(1.0f);
    __m256 n = _mm256_round_ps(
        _mm256_mul_ps(y, _mm256_set1_ps(SAN_LOG2E)), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    __m256 r = _mm256_fnmadd_ps(n, _mm256_set1_ps(SAN_LN2_HIGH), y);
    r = _mm256_fnmadd_ps(n, _mm256_set1_ps(SAN_LN2_LOW), r);
    __m256 p = _mm256_set1_ps(SAN_EXP_C6);
    p = _mm256_fmadd_ps(r, p, _mm256_set1_ps(SAN_EXP_C5));
    p = _mm256_fmadd_ps(r, p, _mm256_set1_ps(SAN_EXP_C4));
    p = _mm256_fmadd_ps(r, p, _mm256_set1_ps(SAN_EXP_C3));
    p = _mm256_fmadd_ps(r, p, _mm256_set1_ps(SAN_EXP_C2));
    p = _mm256_fmadd_ps(r, p, one);
    p = _mm256_fmadd_ps(r, p, one);
    __m256i bits = _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23);
    __m256 above = _mm256_cmp_ps(y, _mm256_set1_ps(SAN_EXP_MIN), _CMP_GT_OQ);
    return _mm256_and_ps(above, _mm256_mul_ps(_mm256_castsi256_ps(bits), p));
}

void san_avx2_softmax(float *x, size_t count)
{
    size_t padded = (count + LANES - 1) / LANES * LANES;
    for (size_t i = count; i < padded; i++)
        x[i] = -INFINITY; /* exp gives 0, and 0 leaves a lane as it is */
    __m256 most = _mm256_loadu_ps(x);
    for (size_t i = LANES; i < padded; i += LANES)
        most = _mm256_max_ps(most, _mm256_loadu_ps(x + i));
    most = _mm256_set1_ps(max_lane(most));
    __m256 sum = _mm256_setzero_ps();
    for (size_t i = 0; i < padded; i += LANES) {
        __m256 e = exponential(_mm256_sub_ps(_mm256_loadu_ps(x + i), most));
        _mm256_storeu_ps(x + i, e);
        sum = _mm256_add_ps(sum, e);
    }
    __m256 factor = _mm256_set1_ps(1.0f / add_lanes(sum));
    for (size_t i = 0; i < padded; i += LANES)
        _mm256_storeu_ps(x + i, _mm256_mul_ps(_mm256_loadu_ps(x + i), factor));
}

/* `columns` times `width` registers of the output, over all rows: their sums grow side by side. */
static INLINE void mix_block(float *out, size_t out_stride, const float *w, size_t w_stride, const float *v,
    size_t count, size_t hd, size_t columns, size_t width)
{
    __m256 sum[2][4];
    for (size_t c = 0; c < columns; c++)
        for (size_t i = 0; i < width; i++)
            sum[c][i] = _mm256_setzero_ps();
    for (size_t t = 0; t < count; t++)
#pragma GCC unroll 2
        for (size_t c = 0; c < columns; c++)
#pragma GCC unroll 4
            for (size_t i = 0; i < width; i++)
                sum[c][i] = _mm256_fmadd_ps(_mm256_broadcast_ss(w + c * w_stride + t),
                    _mm256_loadu_ps(v + t * hd + i * LANES), sum[c][i]);
    for (size_t c = 0; c < columns; c++)
        for (size_t i = 0; i < width; i++)
            _mm256_storeu_ps(out + c * out_stride + i * LANES, sum[c][i]);
}

static INLINE void mix_columns(float *out, size_t out_stride, const float *w, size_t w_stride, const float *v,
    size_t count, size_t hd, size_t columns)
{
    size_t i = 0;
    for (; i + 4 * LANES <= hd; i += 4 * LANES)
        mix_block(out + i, out_stride, w, w_stride, v + i, count, hd, columns, 4);
    for (; i < hd; i += LANES)
        mix_block(out + i, out_stride, w, w_stride, v + i, count, hd, columns, 1);
}

void san_avx2_mix(float *out, size_t out_stride, const float *w, size_t w_stride, size_t columns,
    const float *v, size_t count, size_t hd)
{
    size_t c = 0;
    for (; c + 2 <= columns; c += 2)
        mix_columns(out + c * out_stride, out_stride, w + c * w_stride, w_stride, v, count, hd, 2);
    if (c < columns)
        mix_columns(out + c * out_stride, out_stride, w + c * w_stride, w_stride, v, count, hd, 1);
}

/* ---- attention to integers ---- */

/* The first `left` of eight numbers, the others `fill`. */
static __m256 load_up_to(const float *x, size_t left, float fill)
{
    if (left >= LANES)
        return _mm256_loadu_ps(x);
    float some[LANES];
    for (size_t i = 0; i < LANES; i++)
        some[i] = i < left ? x[i] : fill;
    return _mm256_loadu_ps(some);
}

static size_t left_of(size_t count, size_t i)
{
    return count > i ? count - i : 0;
}

static inline __m256 power(__m256 z)
{
    const __m256 large = _mm256_set1_ps(SAN_ROUNDING);
    __m256 n = _mm256_add_ps(z, large), f = _mm256_sub_ps(z, _mm256_sub_ps(n, large));
    __m256 p = _mm256_fmadd_ps(f, _mm256_set1_ps(SAN_EXP2_C4), _mm256_set1_ps(SAN_EXP2_C3));
    p = _mm256_fmadd_ps(f, p, _mm256_set1_ps(SAN_EXP2_C2));
    p = _mm256_fmadd_ps(f, p, _mm256_set1_ps(SAN_EXP2_C1));
    p = _mm256_fmadd_ps(f, p, _mm256_set1_ps(1.0f));
    __m256i exponent = _mm256_slli_epi32(_mm256_castps_si256(n), 23);
    __m256 above = _mm256_cmp_ps(z, _mm256_set1_ps(SAN_EXP2_MIN), _CMP_GT_OQ);
    return _mm256_and_ps(above, _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(p), exponent)));
}

static float weigh_column(int16_t *w, const float *x, const float *scale, size_t count)
{
    __m256 most = _mm256_set1_ps(-INFINITY), most_scale = _mm256_setzero_ps();
    for (size_t i = 0; i < count; i += LANES) {
        most = _mm256_max_ps(most, load_up_to(x + i, count - i, -INFINITY));
        most_scale = _mm256_max_ps(most_scale, load_up_to(scale + i, count - i, 0));
    }
    __m256 start = _mm256_set1_ps(-(max_lane(most) * SAN_LOG2E));
    float largest_scale = max_lane(most_scale);
    __m256 inverse = _mm256_set1_ps(largest_scale > 0 ? SAN_WEIGHT_MAX / largest_scale : 0);
    __m256 sum = _mm256_setzero_ps();
    for (size_t i = 0; i < (count + 2 * LANES - 1) / (2 * LANES) * (2 * LANES); i += LANES) {
        __m256 z = load_up_to(x + i, left_of(count, i), -INFINITY);
        __m256 e = power(_mm256_fmadd_ps(z, _mm256_set1_ps(SAN_LOG2E), start));
        sum = _mm256_add_ps(sum, e);
        __m256 scaled = _mm256_mul_ps(load_up_to(scale + i, left_of(count, i), 0), inverse);
        __m256i n = _mm256_cvtps_epi32(_mm256_fmadd_ps(e, scaled, _mm256_loadu_ps(san_dither + i % 16)));
        __m128i packed = _mm_packs_epi32(_mm256_castsi256_si128(n), _mm256_extracti128_si256(n, 1));
        _mm_storeu_si128((void *)(w + i), packed);
    }
    return largest_scale / (SAN_WEIGHT_MAX * add_lanes(sum));
}

void san_avx2_weigh(int16_t *w, float *factor, const float *x, size_t stride, size_t columns,
    const float *scale, size_t count)
{
    for (size_t c = 0; c < columns; c++)
        factor[c] = weigh_column(w + c * stride, x + c * stride, scale, count);
}

/* As mix_block, two rows at a time: each product of 16-bit numbers has a neighbour that it is added to. */
static INLINE void mix_weighed_block(float *out, size_t out_stride, const int16_t *w, size_t w_stride,
    const float *factor, const int8_t *v, size_t count, size_t hd, size_t columns, size_t width)
{
    __m256i sum[2][4];
    for (size_t c = 0; c < columns; c++)
        for (size_t i = 0; i < width; i++)
            sum[c][i] = _mm256_setzero_si256();
    for (size_t t = 0; t < count; t += 2) {
        const int8_t *first = v + t * hd, *second = t + 1 < count ? first + hd : first; /* by 0, then */
        __m256i rows[4];
#pragma GCC unroll 4
        for (size_t i = 0; i < width; i++)
            rows[i] = two_rows(first + i * LANES, second + i * LANES);
#pragma GCC unroll 2
        for (size_t c = 0; c < columns; c++) {
            __m256i weights = two_weights(w + c * w_stride + t);
#pragma GCC unroll 4
            for (size_t i = 0; i < width; i++)
                sum[c][i] = _mm256_add_epi32(sum[c][i], _mm256_madd_epi16(rows[i], weights));
        }
    }
    for (size_t c = 0; c < columns; c++)
        for (size_t i = 0; i < width; i++)
            _mm256_storeu_ps(out + c * out_stride + i * LANES,
                _mm256_mul_ps(_mm256_cvtepi32_ps(sum[c][i]), _mm256_set1_ps(factor[c])));
}

static INLINE void mix_weighed_columns(float *out, size_t out_stride, const int16_t *w, size_t w_stride,
    const float *factor, const int8_t *v, size_t count, size_t hd, size_t columns)
{
    size_t i = 0;
    for (; i + 4 * LANES <= hd; i += 4 * LANES)
        mix_weighed_block(out + i, out_stride, w, w_stride, factor, v + i, count, hd, columns, 4);
    for (; i < hd; i += LANES)
        mix_weighed_block(out + i, out_stride, w, w_stride, factor, v + i, count, hd, columns, 1);
}

void san_avx2_mix_weighed(float *out, size_t out_stride, const int16_t *w, size_t w_stride,
    const float *factor, size_t columns, const int8_t *v, size_t count, size_t hd)
{
    size_t c = 0;
    for (; c + 2 <= columns; c += 2)
        mix_weighed_columns(
            out + c * out_stride, out_stride, w + c * w_stride, w_stride, factor + c, v, count, hd, 2);
    if (c < columns)
        mix_weighed_columns(
            out + c * out_stride, out_stride, w + c * w_stride, w_stride, factor + c, v, count, hd, 1);
}

const struct san_kernels san_kernels_avx2 = {
    .name = "avx2",
    .needs = SAN_CPU_AVX2,
    .layout = {.rows = ROWS, .depth = 4, .shifted = false},
    .quantize = san_avx2_quantize,
    .multiply_f32 = san_avx2_multiply_f32,
    .multiply_f16 = san_avx2_multiply_f16,
    .multiply_q8_0 = multiply_q8_0,
    .multiply_q8_rows = multiply_q8_rows,
    .multiply_q4_0 = multiply_q4_0,
    .rms_norm = san_avx2_rms_norm,
    .add = san_avx2_add,
    .rope = san_avx2_rope,
    .softmax = san_avx2_softmax,
    .mix = san_avx2_mix,
    .weigh = san_avx2_weigh,
    .mix_weighed = san_avx2_mix_weighed,
};
