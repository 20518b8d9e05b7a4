/* avx512.h - what the files of the AVX-512 set share. */
#ifndef SAN_AVX512_H
#define SAN_AVX512_H

#include "inference/kernels/avx2.h"

static INLINE __m256 upper_half(__m512 x)
{
    return _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(x), 1));
}

void san_avx512_quantize(int8_t *q, float *scale, int32_t *offset, const float *x, size_t n);
void san_avx512_advance(const struct san_rows *rows);
void san_avx512_round_queries(int8_t *q, float *scale, int32_t *offset, const struct san_head *head,
    size_t count, const struct san_head_norm *norm);
void san_avx512_round_keys(const struct san_head *head, size_t count, const struct san_head_norm *norm);

#endif
