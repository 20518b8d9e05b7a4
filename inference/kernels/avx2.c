/* avx2.c - the contract of kernels.h with AVX2 and F16C: one 256-bit register is the eight lanes. */
#include "inference/kernels/kernels.h"

#include <immintrin.h>
#include <math.h>
#include <string.h>

/* Dot products are made four at a time, so that four additions are under way at once. */
enum { LANES = 8, TILE = 4 };

static inline float add_lanes(__m256 lane)
{
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(lane), _mm256_extractf128_ps(lane, 1));
    __m128 t = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(t, _mm_shuffle_ps(t, t, 1)));
}

static inline __m256 multiply_add(__m256 sum, __m256 a, __m256 b)
{
    return _mm256_add_ps(sum, _mm256_mul_ps(a, b)); /* not fused: the contract */
}

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

static void quantize(int8_t *q, float *scale, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i += SAN_GROUP)
        quantize_group(q + i, scale + i / SAN_GROUP, x + i);
}

/* ---- one tile: four dot products of rows w[t] with columns x[t] ---- */

/* Where a tile's rows and columns begin; groups of activations for quantised weights. */
struct tile {
    const void *w[TILE];
    const float *x[TILE];
    const int8_t *q[TILE];
    const float *scale[TILE];
};

typedef void tile_fn(float out[TILE], const struct tile *tile, size_t n);

static inline void finish(float out[TILE], const __m256 sum[TILE])
{
    for (size_t t = 0; t < TILE; t++)
        out[t] = add_lanes(sum[t]);
}

static inline void tile_f32(float out[TILE], const struct tile *tile, size_t n)
{
    __m256 sum[TILE] = {0};
    for (size_t i = 0; i < n; i += LANES)
        for (size_t t = 0; t < TILE; t++)
            sum[t] = multiply_add(
                sum[t], _mm256_loadu_ps((const float *)tile->w[t] + i), _mm256_loadu_ps(tile->x[t] + i));
    finish(out, sum);
}

static inline void tile_f16(float out[TILE], const struct tile *tile, size_t n)
{
    __m256 sum[TILE] = {0};
    for (size_t i = 0; i < n; i += LANES)
        for (size_t t = 0; t < TILE; t++) {
            const void *half = (const uint16_t *)tile->w[t] + i;
            sum[t] =
                multiply_add(sum[t], _mm256_cvtph_ps(_mm_loadu_si128(half)), _mm256_loadu_ps(tile->x[t] + i));
        }
    finish(out, sum);
}

/* Four neighbouring products in each lane, as floats. |w| goes in unsigned, so that -128 is right too; its
 * sign goes to q, which never is -128. Two products are at most 2 * 128 * 127: no saturation. */
static inline __m256 products(__m256i w, __m256i q)
{
    __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(q, w));
    return _mm256_cvtepi32_ps(_mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

static inline __m256 add_group(__m256 sum, __m256i w, const int8_t *q, uint16_t w_scale, const float *scale)
{
    __m256 both = _mm256_mul_ps(_mm256_set1_ps(_cvtsh_ss(w_scale)), _mm256_broadcast_ss(scale));
    return multiply_add(sum, products(w, _mm256_loadu_si256((const void *)q)), both);
}

static inline void tile_q8_0(float out[TILE], const struct tile *tile, size_t n)
{
    __m256 sum[TILE] = {0};
    for (size_t b = 0; b < n / SAN_GROUP; b++)
        for (size_t t = 0; t < TILE; t++) {
            const struct san_block_q8_0 *w = (const struct san_block_q8_0 *)tile->w[t] + b;
            __m256i wq = _mm256_loadu_si256((const void *)w->q);
            sum[t] = add_group(sum[t], wq, tile->q[t] + b * SAN_GROUP, w->scale, tile->scale[t] + b);
        }
    finish(out, sum);
}

static inline __m256i unpack_q4_0(const struct san_block_q4_0 *block)
{
    __m128i both = _mm_loadu_si128((const void *)block->q);
    __m256i nibbles = _mm256_set_m128i(_mm_srli_epi16(both, 4), both);
    return _mm256_sub_epi8(_mm256_and_si256(nibbles, _mm256_set1_epi8(0xf)), _mm256_set1_epi8(8));
}

static inline void tile_q4_0(float out[TILE], const struct tile *tile, size_t n)
{
    __m256 sum[TILE] = {0};
    for (size_t b = 0; b < n / SAN_GROUP; b++)
        for (size_t t = 0; t < TILE; t++) {
            const struct san_block_q4_0 *w = (const struct san_block_q4_0 *)tile->w[t] + b;
            sum[t] =
                add_group(sum[t], unpack_q4_0(w), tile->q[t] + b * SAN_GROUP, w->scale, tile->scale[t] + b);
        }
    finish(out, sum);
}

/* ---- the matrix in tiles: one row against four columns, or four rows against the only column ----
 *
 * At the edge the last row or column stands in for those that are missing. Inlined for each type, so that the
 * compiler sees that the rows or the columns of a tile are one and the same. */

static inline size_t at_most(size_t i, size_t count)
{
    return i < count ? i : count - 1;
}

static inline void set_column(struct tile *tile, size_t t, const struct san_columns *cols, size_t c)
{
    if (cols->x)
        tile->x[t] = cols->x + c * cols->n;
    if (cols->q) {
        tile->q[t] = cols->q + c * cols->n;
        tile->scale[t] = cols->scale + c * (cols->n / SAN_GROUP);
    }
}

static inline __attribute__((always_inline)) void multiply(float *out, size_t out_stride, const void *w,
    size_t row_bytes, size_t rows, const struct san_columns *cols, tile_fn *run)
{
    struct tile tile = {0};
    float result[TILE];
    for (size_t r = 0; cols->count == 1 && r < rows; r += TILE) {
        for (size_t t = 0; t < TILE; t++) {
            tile.w[t] = (const char *)w + at_most(r + t, rows) * row_bytes;
            set_column(&tile, t, cols, 0);
        }
        run(result, &tile, cols->n);
        for (size_t t = 0; t < TILE; t++)
            out[at_most(r + t, rows)] = result[t];
    }
    for (size_t r = 0; cols->count > 1 && r < rows; r++)
        for (size_t c = 0; c < cols->count; c += TILE) {
            for (size_t t = 0; t < TILE; t++) {
                tile.w[t] = (const char *)w + r * row_bytes;
                set_column(&tile, t, cols, at_most(c + t, cols->count));
            }
            run(result, &tile, cols->n);
            for (size_t t = 0; t < TILE; t++)
                out[at_most(c + t, cols->count) * out_stride + r] = result[t];
        }
}

static void multiply_f32(
    float *out, size_t out_stride, const void *w, size_t rows, const struct san_columns *cols)
{
    multiply(out, out_stride, w, cols->n * sizeof(float), rows, cols, tile_f32);
}

static void multiply_f16(
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

static void rms_norm(float *out, const float *x, const float *g, size_t n, float epsilon)
{
    __m256 factor = _mm256_set1_ps(1.0f / sqrtf(dot(x, x, n) / (float)n + epsilon));
    const __m256 one = _mm256_set1_ps(1.0f);
    for (size_t i = 0; i < n; i += LANES) {
        __m256 gain = _mm256_add_ps(one, _mm256_loadu_ps(g + i));
        _mm256_storeu_ps(out + i, _mm256_mul_ps(_mm256_mul_ps(_mm256_loadu_ps(x + i), factor), gain));
    }
}

static void rope(float *x, const float *cosine, const float *sine, size_t hd)
{
    size_t half = hd / 2; /* a multiple of 4 */
    for (size_t i = 0; i < half; i += 4) {
        __m128 a = _mm_loadu_ps(x + i), b = _mm_loadu_ps(x + half + i);
        __m128 c = _mm_loadu_ps(cosine + i), s = _mm_loadu_ps(sine + i);
        _mm_storeu_ps(x + i, _mm_sub_ps(_mm_mul_ps(a, c), _mm_mul_ps(b, s)));
        _mm_storeu_ps(x + half + i, _mm_add_ps(_mm_mul_ps(b, c), _mm_mul_ps(a, s)));
    }
}

static void attention_scores(
    float *scores, const float *q, const float *k, size_t stride, size_t count, size_t hd, float scale)
{
    for (size_t t = 0; t < count; t++)
        scores[t] = dot(q, k + t * stride, hd) * scale;
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

static void softmax(float *x, size_t count)
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

static void attention_mix(float *out, const float *w, const float *v, size_t stride, size_t count, size_t hd)
{
    for (size_t i = 0; i < hd; i += LANES) {
        __m256 sum = _mm256_setzero_ps();
        for (size_t t = 0; t < count; t++)
            sum = multiply_add(sum, _mm256_broadcast_ss(w + t), _mm256_loadu_ps(v + t * stride + i));
        _mm256_storeu_ps(out + i, sum);
    }
}

const struct san_kernels san_kernels_avx2 = {
    .name = "avx2",
    .needs = SAN_CPU_AVX2,
    .quantize = quantize,
    .multiply_f32 = multiply_f32,
    .multiply_f16 = multiply_f16,
    .multiply_q8_0 = multiply_q8_0,
    .multiply_q4_0 = multiply_q4_0,
    .rms_norm = rms_norm,
    .rope = rope,
    .attention_scores = attention_scores,
    .softmax = softmax,
    .attention_mix = attention_mix,
};
