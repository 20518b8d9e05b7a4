/* dotprod.c - the ARM set with ARMv8.2's dot product, which adds four neighbouring products at once: the very
 * lanes of the contract. Everything but the quantised multiplications is neon.c's.
 *
 * There is no set for ARMv8.6's matrix product (SMMLA): it adds eight neighbours, so that half of its inputs
 * would have to be zeros to keep the lanes of four, and what is left is as much as SDOT does. */
#include "inference/kernels/kernels.h"
#include "inference/kernels/neon.h"
#include "inference/kernels/tiles.h"

static INLINE float32x4_t products(int8x16_t w, int8x16_t q)
{
    return vcvtq_f32_s32(vdotq_s32(vdupq_n_s32(0), w, q));
}

static INLINE struct lanes add_group(
    struct lanes sum, int8x16_t w_low, int8x16_t w_high, uint16_t w_scale, struct column x, size_t b)
{
    const int8_t *q = x.q + b * SAN_GROUP;
    float32x4_t both = vdupq_n_f32(half_scale(w_scale) * x.scale[b]);
    sum.low = multiply_add(sum.low, products(w_low, vld1q_s8(q)), both);
    sum.high = multiply_add(sum.high, products(w_high, vld1q_s8(q + 16)), both);
    return sum;
}

static INLINE struct lanes add_q8_0(struct lanes sum, const void *w, struct column x, size_t b)
{
    const struct san_block_q8_0 *block = (const struct san_block_q8_0 *)w + b;
    return add_group(sum, vld1q_s8(block->q), vld1q_s8(block->q + 16), block->scale, x, b);
}

static INLINE struct lanes add_q4_0(struct lanes sum, const void *w, struct column x, size_t b)
{
    const struct san_block_q4_0 *block = (const struct san_block_q4_0 *)w + b;
    const int8x16_t eight = vdupq_n_s8(8);
    uint8x16_t both = vld1q_u8(block->q);
    int8x16_t low = vsubq_s8(vreinterpretq_s8_u8(vandq_u8(both, vdupq_n_u8(0xf))), eight);
    int8x16_t high = vsubq_s8(vreinterpretq_s8_u8(vshrq_n_u8(both, 4)), eight);
    return add_group(sum, low, high, block->scale, x, b);
}

static INLINE void tile_q8_0(
    float out[TILE], const void *const w[TILE], const struct column x[TILE], size_t n)
{
    struct lanes s0 = no_lanes(), s1 = s0, s2 = s0, s3 = s0;
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
    struct lanes s0 = no_lanes(), s1 = s0, s2 = s0, s3 = s0;
    for (size_t i = 0; i < n / SAN_GROUP; i++) {
        s0 = add_q4_0(s0, w[0], x[0], i);
        s1 = add_q4_0(s1, w[1], x[1], i);
        s2 = add_q4_0(s2, w[2], x[2], i);
        s3 = add_q4_0(s3, w[3], x[3], i);
    }
    add_lanes_of_four(out, s0, s1, s2, s3);
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

const struct san_kernels san_kernels_dotprod = {
    .name = "dotprod",
    .needs = SAN_CPU_NEON | SAN_CPU_DOTPROD,
    .quantize = san_neon_quantize,
    .multiply_f32 = san_neon_multiply_f32,
    .multiply_f16 = san_neon_multiply_f16,
    .multiply_q8_0 = multiply_q8_0,
    .multiply_q4_0 = multiply_q4_0,
    .rms_norm = san_neon_rms_norm,
    .rope = san_neon_rope,
    .attention_scores = san_neon_attention_scores,
    .softmax = san_neon_softmax,
    .attention_mix = san_neon_attention_mix,
};
