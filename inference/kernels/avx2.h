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

static INLINE __m256 multiply_add(__m256 sum, __m256 a, __m256 b)
{
    return _mm256_add_ps(sum, _mm256_mul_ps(a, b)); /* not fused: the contract */
}

/* One group of weights: its numbers in order, its scale in every lane. */
struct group {
    __m256i w;
    __m256 scale;
};

static INLINE __m256 half_scale(uint16_t half)
{
    return _mm256_cvtph_ps(_mm_set1_epi16((short)half));
}

/* Group b of a row. */
static INLINE struct group load_q8_0(const void *row, size_t b)
{
    const struct san_block_q8_0 *block = (const struct san_block_q8_0 *)row + b;
    return (struct group){_mm256_loadu_si256((const void *)block->q), half_scale(block->scale)};
}

static INLINE struct group load_q4_0(const void *row, size_t b)
{
    const struct san_block_q4_0 *block = (const struct san_block_q4_0 *)row + b;
    __m128i both = _mm_loadu_si128((const void *)block->q);
    __m256i nibbles =
        _mm256_and_si256(_mm256_set_m128i(_mm_srli_epi16(both, 4), both), _mm256_set1_epi8(0xf));
    return (struct group){_mm256_sub_epi8(nibbles, _mm256_set1_epi8(8)), half_scale(block->scale)};
}

/* What the sets with further instructions take over from avx2.c. */
void san_avx2_quantize(int8_t *q, float *scale, const float *x, size_t n);
san_multiply_fn san_avx2_multiply_f32, san_avx2_multiply_f16;
void san_avx2_rms_norm(float *out, const float *x, const float *g, size_t n, float epsilon);
void san_avx2_rope(float *x, const float *cosine, const float *sine, size_t hd);
void san_avx2_attention_scores(
    float *scores, const float *q, const float *k, size_t stride, size_t count, size_t hd, float scale);
void san_avx2_softmax(float *x, size_t count);
void san_avx2_attention_mix(
    float *out, const float *w, const float *v, size_t stride, size_t count, size_t hd);

#endif
