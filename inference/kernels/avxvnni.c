/* avxvnni.c - the x86 set with AVX-VNNI, which processors without AVX-512 have. Everything but the
 * quantised multiplications is avx2.c's. */
#include "inference/kernels/vnni.h"

static INLINE __m256i dot(__m256i sum, __m256i u, __m256i s)
{
    return _mm256_dpbusd_avx_epi32(sum, u, s);
}

static void multiply_q8_0(
    float *out, size_t out_stride, const void *w, size_t rows, const struct san_columns *cols)
{
    multiply_quantised(out, out_stride, w, sizeof(struct san_block_q8_0), rows, cols, load_q8_0, dot);
}

static void multiply_q4_0(
    float *out, size_t out_stride, const void *w, size_t rows, const struct san_columns *cols)
{
    multiply_quantised(out, out_stride, w, sizeof(struct san_block_q4_0), rows, cols, load_q4_0, dot);
}

const struct san_kernels san_kernels_avxvnni = {
    .name = "avxvnni",
    .needs = SAN_CPU_AVX2 | SAN_CPU_AVXVNNI,
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
