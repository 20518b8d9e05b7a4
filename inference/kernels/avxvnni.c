/* avxvnni.c - the x86 set with AVX-VNNI, which processors without AVX-512 have: the dot product of unsigned
 * and signed bytes in 256 bits. Everything but the quantised multiplications is avx2.c's. */
#include "inference/kernels/avx2.h"

static INLINE __m256i dot(__m256i sum, __m256i w, __m256i q)
{
    return _mm256_dpbusd_avx_epi32(sum, w, q);
}

static INLINE void block_q8_0(
    float *out, size_t out_stride, const struct block *block, size_t tiles, size_t columns)
{
    (void)tiles;
    const struct way way = {dot, load_q8_0, SAN_GROUP * ROWS, true};
    block_256(out, out_stride, block, columns, &way, 1);
}

static INLINE void block_q8_rows(
    float *out, size_t out_stride, const struct block *block, size_t tiles, size_t columns)
{
    (void)tiles;
    const struct way way = {dot, load_q8_0, SAN_GROUP * ROWS, true};
    block_256_rows(out, out_stride, block, columns, &way);
}

static INLINE void block_q4_0(
    float *out, size_t out_stride, const struct block *block, size_t tiles, size_t columns)
{
    (void)tiles;
    const struct way way = {dot, load_q4_0, SAN_GROUP / 2 * ROWS, true};
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

const struct san_kernels san_kernels_avxvnni = {
    .name = "avxvnni",
    .needs = SAN_CPU_AVX2 | SAN_CPU_AVXVNNI,
    .layout = {.rows = ROWS, .depth = 4, .shifted = true},
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
