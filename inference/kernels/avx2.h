/* avx2.h - the eight lanes of kernels.h in one 256-bit register; for the files of the x86 sets alone. */
#ifndef SAN_AVX2_H
#define SAN_AVX2_H

#include <immintrin.h>

#include "inference/kernels/kernels.h"
#include "inference/kernels/tiles.h"

static INLINE float add_lanes(__m256 lane)
{
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(lane), _mm256_extractf128_ps(lane, 1));
    __m128 t = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(t, _mm_shuffle_ps(t, t, 1)));
}

/* out[t] = add_lanes(st), by the same additions, four at once. */
static INLINE void add_lanes_of_four(float out[TILE], __m256 s0, __m256 s1, __m256 s2, __m256 s3)
{
    __m128 a = _mm_add_ps(_mm256_castps256_ps128(s0), _mm256_extractf128_ps(s0, 1));
    __m128 b = _mm_add_ps(_mm256_castps256_ps128(s1), _mm256_extractf128_ps(s1, 1));
    __m128 c = _mm_add_ps(_mm256_castps256_ps128(s2), _mm256_extractf128_ps(s2, 1));
    __m128 d = _mm_add_ps(_mm256_castps256_ps128(s3), _mm256_extractf128_ps(s3, 1));
    __m128 ab = _mm_add_ps(_mm_unpacklo_ps(a, b), _mm_unpackhi_ps(a, b)); /* a0+a2 b0+b2 a1+a3 b1+b3 */
    __m128 cd = _mm_add_ps(_mm_unpacklo_ps(c, d), _mm_unpackhi_ps(c, d));
    _mm_storeu_ps(out, _mm_add_ps(_mm_movelh_ps(ab, cd), _mm_movehl_ps(cd, ab)));
}

/* ---- quantised weights, in tiles of eight rows and steps of four numbers ---- */

enum { ROWS = 8, STEP = ROWS * 4, STEP_PAIRS = SAN_GROUP / 8 };
static const struct cut cut = {.tile_rows = ROWS, .columns = COLUMNS_MAX, .wide = 1, .few = 1, .tall = 1};

/* sum[l] += w[4l] * q[4l] + .. + w[4l + 3] * q[4l + 3] */
typedef __m256i dot_fn(__m256i sum, __m256i w, __m256i q);
/* Steps 2i and 2i + 1 of a group. */
typedef void load_fn(__m256i w[2], const char *group, size_t i);

static INLINE void load_q8_0(__m256i w[2], const char *group, size_t i)
{
    w[0] = _mm256_loadu_si256((const void *)(group + 2 * i * STEP));
    w[1] = _mm256_loadu_si256((const void *)(group + (2 * i + 1) * STEP));
}

/* 16 times the numbers. */
static INLINE void load_q4_0(__m256i w[2], const char *group, size_t i)
{
    const __m256i high = _mm256_set1_epi8((char)0xf0);
    __m256i both = _mm256_loadu_si256((const void *)(group + i * STEP));
    w[0] = _mm256_and_si256(_mm256_slli_epi16(both, 4), high);
    w[1] = _mm256_and_si256(both, high);
}

static INLINE __m256i four_numbers(const int8_t *q)
{
    int32_t four;
    memcpy(&four, q, sizeof(four));
    return _mm256_set1_epi32(four);
}

/* What is unlike in the sets of these registers. */
struct way {
    dot_fn *dot;
    load_fn *load;
    size_t group_bytes; /* of a tile */
    bool shifted;       /* weights are unsigned, and sums start from the offset */
};

/* Adds the products of group b of all columns. */
static INLINE void add_products(__m256i *sum, const struct block *block, const char *group, size_t b,
    size_t columns, const struct way *way)
{
#pragma GCC unroll 4
    for (size_t i = 0; i < STEP_PAIRS; i++) {
        __m256i w[2];
        way->load(w, group, i);
#pragma GCC unroll 6
        for (size_t c = 0; c < columns; c++) {
            const int8_t *q = block->q + c * block->n + b * SAN_GROUP + i * 8;
            sum[c] = way->dot(sum[c], w[0], four_numbers(q));
            sum[c] = way->dot(sum[c], w[1], four_numbers(q + 4));
        }
    }
}

/* Adds group b of all columns. */
static INLINE void add_group(
    __m256 *sum, const struct block *block, const char *tile, size_t b, size_t columns, const struct way *way)
{
    const char *group = tile + block->scale_bytes + b * way->group_bytes;
    __m256i products[COLUMNS_MAX];
#pragma GCC unroll 6
    for (size_t c = 0; c < columns; c++)
        products[c] = _mm256_set1_epi32(way->shifted ? block->offset[c * san_offsets(block->n) + b] : 0);
    add_products(products, block, group, b, columns, way);
    const void *scales = tile + b * ROWS * sizeof(uint16_t);
    __m256 scale = _mm256_cvtph_ps(_mm_loadu_si128(scales));
#pragma GCC unroll 6
    for (size_t c = 0; c < columns; c++)
        sum[c] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(products[c]), scale, sum[c]);
}

/* A block_fn, for tiles of 1, once `way` and the factor of the scales are given. */
static INLINE void block_256(float *out, size_t out_stride, const struct block *block, size_t columns,
    const struct way *way, float factor)
{
    __m256 sum[COLUMNS_MAX];
#pragma GCC unroll 6
    for (size_t c = 0; c < columns; c++)
        sum[c] = _mm256_setzero_ps();
    for (size_t b = 0; b < block->groups; b++)
        add_group(sum, block, block->tile, b, columns, way);
#pragma GCC unroll 6
    for (size_t c = 0; c < columns; c++)
        _mm256_storeu_ps(
            out + c * out_stride, _mm256_mul_ps(sum[c], _mm256_set1_ps(block->scale[c] * factor)));
}

/* The same of weights with one scale a row. */
static INLINE void block_256_rows(
    float *out, size_t out_stride, const struct block *block, size_t columns, const struct way *way)
{
    const char *numbers = block->tile + block->scale_bytes;
    __m256i sum[COLUMNS_MAX];
#pragma GCC unroll 6
    for (size_t c = 0; c < columns; c++)
        sum[c] =
            _mm256_set1_epi32(way->shifted ? block->offset[c * san_offsets(block->n) + block->groups] : 0);
    for (size_t b = 0; b < block->groups; b++, numbers += way->group_bytes)
        add_products(sum, block, numbers, b, columns, way);
    __m256 scale = _mm256_cvtph_ps(_mm_loadu_si128((const void *)block->tile));
#pragma GCC unroll 6
    for (size_t c = 0; c < columns; c++) {
        __m256 scaled = _mm256_mul_ps(_mm256_cvtepi32_ps(sum[c]), scale);
        _mm256_storeu_ps(out + c * out_stride, _mm256_mul_ps(scaled, _mm256_set1_ps(block->scale[c])));
    }
}

/* ---- rows of 8-bit values, two at a time ---- */

/* Eight numbers of both, in pairs, as 16-bit numbers. */
static INLINE __m256i two_rows(const int8_t *first, const int8_t *second)
{
    __m128i a = _mm_loadl_epi64((const void *)first), b = _mm_loadl_epi64((const void *)second);
    return _mm256_cvtepi8_epi16(_mm_unpacklo_epi8(a, b));
}

static INLINE __m256i two_weights(const int16_t *w)
{
    int32_t two;
    memcpy(&two, w, sizeof(two));
    return _mm256_set1_epi32(two);
}

/* What the sets with further instructions take over from avx2.c. */
void san_avx2_quantize(int8_t *q, float *scale, int32_t *offset, const float *x, size_t n);
san_multiply_fn san_avx2_multiply_f32, san_avx2_multiply_f16;
void san_avx2_rms_norm(float *out, const float *x, const float *g, size_t n, float epsilon);
void san_avx2_add(float *x, const float *y, float factor, size_t n);
void san_avx2_rope(float *x, const float *cosine, const float *sine, size_t hd);
void san_avx2_softmax(float *x, size_t count);
void san_avx2_mix(float *out, size_t out_stride, const float *w, size_t w_stride, size_t columns,
    const float *v, size_t count, size_t hd);
void san_avx2_weigh(int16_t *w, float *factor, const float *x, size_t stride, size_t columns,
    const float *scale, size_t count);
void san_avx2_mix_weighed(float *out, size_t out_stride, const int16_t *w, size_t w_stride,
    const float *factor, size_t columns, const int8_t *v, size_t count, size_t hd);

#endif
