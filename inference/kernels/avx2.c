/* avx2.c - the contract of kernels.h with AVX2 and F16C: one 256-bit register is the eight lanes. */
#include <math.h>
#include <string.h>

#include "inference/kernels/avx2.h"

/* ---- quantising ---- */

static __m256 largest(const __m256 x[4])
{
    const __m256 sign = _mm256_set1_ps(-0.0f);
    __m256 a = _mm256_max_ps(_mm256_andnot_ps(sign, x[0]), _mm256_andnot_ps(sign, x[1]));
    __m256 b = _mm256_max_ps(_mm256_andnot_ps(sign, x[2]), _mm256_andnot_ps(sign, x[3]));
    return _mm256_max_ps(a, b);
}

static float max_lane(__m256 x)
{
    __m128 s = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    __m128 t = _mm_max_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_max_ss(t, _mm_shuffle_ps(t, t, 1)));
}

static void quantize_group(int8_t *q, float *scale, const float *from)
{
    __m256 x[4];
    for (size_t i = 0; i < 4; i++)
        x[i] = _mm256_loadu_ps(from + i * LANES);
    float most = max_lane(largest(x));
    if (most < SAN_QUANTIZE_MIN) {
        memset(q, 0, SAN_GROUP);
        *scale = 0;
        return;
    }
    __m256 inverse = _mm256_set1_ps(127.0f / most);
    __m256i n[4];
    for (size_t i = 0; i < 4; i++)
        n[i] = _mm256_cvtps_epi32(_mm256_mul_ps(x[i], inverse));
    /* packing works within halves; the permutation puts the groups of four back in order */
    __m256i packed = _mm256_packs_epi16(_mm256_packs_epi32(n[0], n[1]), _mm256_packs_epi32(n[2], n[3]));
    packed = _mm256_permutevar8x32_epi32(packed, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
    _mm256_storeu_si256((void *)q, packed);
    *scale = most / 127.0f;
}

void san_avx2_quantize(int8_t *q, float *scale, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i += SAN_GROUP)
        quantize_group(q + i, scale + i / SAN_GROUP, x + i);
}

/* ---- one tile: four dot products of rows w[t] with columns x[t] ---- */

static INLINE __m256 add_f32(__m256 sum, const void *w, struct column x, size_t i)
{
    return multiply_add(sum, _mm256_loadu_ps((const float *)w + i), _mm256_loadu_ps(x.x + i));
}

static INLINE __m256 add_f16(__m256 sum, const void *w, struct column x, size_t i)
{
    const void *half = (const uint16_t *)w + i;
    return multiply_add(sum, _mm256_cvtph_ps(_mm_loadu_si128(half)), _mm256_loadu_ps(x.x + i));
}

/* Four neighbouring products in each lane, as floats. |w| goes in unsigned, so that -128 is right too; its
 * sign goes to q, which never is -128. Two products are at most 2 * 128 * 127: no saturation. */
static INLINE __m256 products(__m256i w, __m256i q)
{
    __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(q, w));
    return _mm256_cvtepi32_ps(_mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

static INLINE __m256 add_group(__m256 sum, struct group group, struct column x, size_t b)
{
    __m256 both = _mm256_mul_ps(group.scale, _mm256_broadcast_ss(x.scale + b));
    __m256i q = _mm256_loadu_si256((const void *)(x.q + b * SAN_GROUP));
    return multiply_add(sum, products(group.w, q), both);
}

static INLINE __m256 add_q8_0(__m256 sum, const void *w, struct column x, size_t b)
{
    return add_group(sum, load_q8_0(w, b), x, b);
}

static INLINE __m256 add_q4_0(__m256 sum, const void *w, struct column x, size_t b)
{
    return add_group(sum, load_q4_0(w, b), x, b);
}

static INLINE void tile_f32(float out[TILE], const void *const w[TILE], const struct column x[TILE], size_t n)
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

static INLINE void tile_f16(float out[TILE], const void *const w[TILE], const struct column x[TILE], size_t n)
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

static INLINE void tile_q8_0(
    float out[TILE], const void *const w[TILE], const struct column x[TILE], size_t n)
{
    __m256 s0 = _mm256_setzero_ps(), s1 = s0, s2 = s0, s3 = s0;
    for (size_t i = 0; i < n / SAN_GROUP; i++) {
        s0 = add_q8_0(s0, w[0], x[0], i);
        s1 = add_q8_0(s1, w[1], x[1], i);
        s2 = add_q8_0(s2, w[2], x[2], i);
        s3 = add_q8_0(s3, w[3], x[3], i);
    }
    add_lanes_of_four(out, s0, s1, s2, s3);
}

static INLINE void tile_q4_0(
    float out[TILE], const void *const w[TILE], const struct column x[TILE], size_t n)
{
    __m256 s0 = _mm256_setzero_ps(), s1 = s0, s2 = s0, s3 = s0;
    for (size_t i = 0; i < n / SAN_GROUP; i++) {
        s0 = add_q4_0(s0, w[0], x[0], i);
        s1 = add_q4_0(s1, w[1], x[1], i);
        s2 = add_q4_0(s2, w[2], x[2], i);
        s3 = add_q4_0(s3, w[3], x[3], i);
    }
    add_lanes_of_four(out, s0, s1, s2, s3);
}

/* ---- whole matrices ---- */

void san_avx2_multiply_f32(
    float *out, size_t out_stride, const void *w, size_t rows, const struct san_columns *cols)
{
    multiply(out, out_stride, w, cols->n * sizeof(float), rows, cols, tile_f32);
}

void san_avx2_multiply_f16(
    float *out, size_t out_stride, const void *w, size_t rows, const struct san_columns *cols)
{
    multiply(out, out_stride, w, cols->n * sizeof(uint16_t), rows, cols, tile_f16);
}

static void multiply_q8_0(
    float *out, size_t out_stride, const void *w, size_t rows, const struct san_columns *cols)
{
    multiply(out, out_stride, w, cols->n / SAN_GROUP * sizeof(struct san_block_q8_0), rows, cols, tile_q8_0);
}

static void multiply_q4_0(
    float *out, size_t out_stride, const void *w, size_t rows, const struct san_columns *cols)
{
    multiply(out, out_stride, w, cols->n / SAN_GROUP * sizeof(struct san_block_q4_0), rows, cols, tile_q4_0);
}

/* ---- norm, rope, attention ---- */

static float dot(const float *a, const float *b, size_t n)
{
    __m256 sum = _mm256_setzero_ps();
    for (size_t i = 0; i < n; i += LANES)
        sum = multiply_add(sum, _mm256_loadu_ps(a + i), _mm256_loadu_ps(b + i));
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

void san_avx2_attention_scores(
    float *scores, const float *q, const float *k, size_t stride, size_t count, size_t hd, float scale)
{
    const struct column column = {.x = q};
    const struct column x[TILE] = {column, column, column, column};
    for (size_t t = 0; t < count; t += TILE) {
        const void *const key[TILE] = {k + t * stride, k + at_most(t + 1, count) * stride,
            k + at_most(t + 2, count) * stride, k + at_most(t + 3, count) * stride};
        float result[TILE];
        tile_f32(result, key, x, hd);
        for (size_t i = 0; i < TILE && t + i < count; i++)
            scores[t + i] = result[i] * scale;
    }
}

static inline __m256 exponential(__m256 y)
{
    const __m256 one = _mm256_set1_ps(1.0f);
    __m256 n = _mm256_round_ps(
        _mm256_mul_ps(y, _mm256_set1_ps(SAN_LOG2E)), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    __m256 r = _mm256_sub_ps(y, _mm256_mul_ps(n, _mm256_set1_ps(SAN_LN2_HIGH)));
    r = _mm256_sub_ps(r, _mm256_mul_ps(n, _mm256_set1_ps(SAN_LN2_LOW)));
    __m256 p = _mm256_set1_ps(SAN_EXP_C6);
    p = multiply_add(_mm256_set1_ps(SAN_EXP_C5), r, p);
    p = multiply_add(_mm256_set1_ps(SAN_EXP_C4), r, p);
    p = multiply_add(_mm256_set1_ps(SAN_EXP_C3), r, p);
    p = multiply_add(_mm256_set1_ps(SAN_EXP_C2), r, p);
    p = multiply_add(one, r, p);
    p = multiply_add(one, r, p);
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

/* width registers of the output, over all rows: their sums grow side by side. */
static INLINE void mix(float *out, const float *w, const float *v, size_t stride, size_t count, size_t width)
{
    __m256 sum[TILE] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps()};
    for (size_t t = 0; t < count; t++, v += stride) {
        __m256 weight = _mm256_broadcast_ss(w + t);
        sum[0] = multiply_add(sum[0], weight, _mm256_loadu_ps(v));
        if (width == TILE) {
            sum[1] = multiply_add(sum[1], weight, _mm256_loadu_ps(v + LANES));
            sum[2] = multiply_add(sum[2], weight, _mm256_loadu_ps(v + 2 * LANES));
            sum[3] = multiply_add(sum[3], weight, _mm256_loadu_ps(v + 3 * LANES));
        }
    }
    for (size_t i = 0; i < width; i++)
        _mm256_storeu_ps(out + i * LANES, sum[i]);
}

void san_avx2_attention_mix(
    float *out, const float *w, const float *v, size_t stride, size_t count, size_t hd)
{
    size_t i = 0;
    for (; i + TILE * LANES <= hd; i += TILE * LANES)
        mix(out + i, w, v + i, stride, count, TILE);
    for (; i < hd; i += LANES)
        mix(out + i, w, v + i, stride, count, 1);
}

const struct san_kernels san_kernels_avx2 = {
    .name = "avx2",
    .needs = SAN_CPU_AVX2,
    .quantize = san_avx2_quantize,
    .multiply_f32 = san_avx2_multiply_f32,
    .multiply_f16 = san_avx2_multiply_f16,
    .multiply_q8_0 = multiply_q8_0,
    .multiply_q4_0 = multiply_q4_0,
    .rms_norm = san_avx2_rms_norm,
    .rope = san_avx2_rope,
    .attention_scores = san_avx2_attention_scores,
    .softmax = san_avx2_softmax,
    .attention_mix = san_avx2_attention_mix,
};
