/* neon.c - the contract of kernels.h with ARMv8.0 NEON: two 128-bit registers, low and high, are the eight
 * lanes. */
#include <math.h>
#include <string.h>

#include "inference/kernels/kernels.h"
#include "inference/kernels/neon.h"
#include "inference/kernels/tiles.h"

/* ---- quantising ---- */

static float largest(const float32x4_t x[8])
{
    float32x4_t most = vabsq_f32(x[0]);
    for (size_t i = 1; i < 8; i++)
        most = vmaxq_f32(most, vabsq_f32(x[i]));
    return vmaxvq_f32(most);
}

static void quantize_group(int8_t *q, float *scale, const float *from)
{
    float32x4_t x[8];
    for (size_t i = 0; i < 8; i++)
        x[i] = vld1q_f32(from + i * HALF);
    float most = largest(x);
    if (most < SAN_QUANTIZE_MIN) {
        memset(q, 0, SAN_GROUP);
        *scale = 0;
        return;
    }
    float32x4_t inverse = vdupq_n_f32(127.0f / most);
    int16x4_t n[8];
    for (size_t i = 0; i < 8; i++)
        n[i] = vqmovn_s32(vcvtnq_s32_f32(vmulq_f32(x[i], inverse)));
    for (size_t i = 0; i < 4; i++)
        vst1_s8(q + i * LANES, vqmovn_s16(vcombine_s16(n[2 * i], n[2 * i + 1])));
    *scale = most / 127.0f;
}

void san_neon_quantize(int8_t *q, float *scale, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i += SAN_GROUP)
        quantize_group(q + i, scale + i / SAN_GROUP, x + i);
}

/* ---- one tile: four dot products of rows w[t] with columns x[t] ---- */

static INLINE struct lanes add_f32(struct lanes sum, const void *w, struct column x, size_t i)
{
    return multiply_add_8(sum, (const float *)w + i, x.x + i);
}

static INLINE struct lanes add_f16(struct lanes sum, const void *w, struct column x, size_t i)
{
    const uint16_t *half = (const uint16_t *)w + i;
    sum.low = multiply_add(sum.low, widen_half(half), vld1q_f32(x.x + i));
    sum.high = multiply_add(sum.high, widen_half(half + HALF), vld1q_f32(x.x + i + HALF));
    return sum;
}

/* Sixteen products, four neighbours summed in each lane: at most 2 * 128 * 127 in 16 bits. */
static INLINE float32x4_t products(int8x16_t w, int8x16_t q)
{
    int32x4_t low = vpaddlq_s16(vmull_s8(vget_low_s8(w), vget_low_s8(q)));
    int32x4_t high = vpaddlq_s16(vmull_high_s8(w, q));
    return vcvtq_f32_s32(vpaddq_s32(low, high));
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

static INLINE void tile_f32(float out[TILE], const void *const w[TILE], const struct column x[TILE], size_t n)
{
    struct lanes s0 = no_lanes(), s1 = s0, s2 = s0, s3 = s0;
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
    struct lanes s0 = no_lanes(), s1 = s0, s2 = s0, s3 = s0;
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

/* ---- whole matrices ---- */

void san_neon_multiply_f32(
    float *out, size_t out_stride, const void *w, size_t rows, const struct san_columns *cols)
{
    multiply(out, out_stride, w, cols->n * sizeof(float), rows, cols, tile_f32);
}

void san_neon_multiply_f16(
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
    struct lanes sum = no_lanes();
    for (size_t i = 0; i < n; i += LANES)
        sum = multiply_add_8(sum, a + i, b + i);
    return add_lanes(sum);
}

void san_neon_rms_norm(float *out, const float *x, const float *g, size_t n, float epsilon)
{
    float32x4_t factor = vdupq_n_f32(1.0f / sqrtf(dot(x, x, n) / (float)n + epsilon));
    const float32x4_t one = vdupq_n_f32(1.0f);
    for (size_t i = 0; i < n; i += HALF)
        vst1q_f32(out + i, vmulq_f32(vmulq_f32(vld1q_f32(x + i), factor), vaddq_f32(one, vld1q_f32(g + i))));
}

void san_neon_rope(float *x, const float *cosine, const float *sine, size_t hd)
{
    size_t half = hd / 2; /* a multiple of 4 */
    for (size_t i = 0; i < half; i += HALF) {
        float32x4_t a = vld1q_f32(x + i), b = vld1q_f32(x + half + i);
        float32x4_t c = vld1q_f32(cosine + i), s = vld1q_f32(sine + i);
        vst1q_f32(x + i, vsubq_f32(vmulq_f32(a, c), vmulq_f32(b, s)));
        vst1q_f32(x + half + i, vaddq_f32(vmulq_f32(b, c), vmulq_f32(a, s)));
    }
}

void san_neon_attention_scores(
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

static inline float32x4_t exponential(float32x4_t y)
{
    const float32x4_t one = vdupq_n_f32(1.0f);
    float32x4_t n = vrndnq_f32(vmulq_f32(y, vdupq_n_f32(SAN_LOG2E)));
    float32x4_t r = vsubq_f32(y, vmulq_f32(n, vdupq_n_f32(SAN_LN2_HIGH)));
    r = vsubq_f32(r, vmulq_f32(n, vdupq_n_f32(SAN_LN2_LOW)));
    float32x4_t p = vdupq_n_f32(SAN_EXP_C6);
    p = multiply_add(vdupq_n_f32(SAN_EXP_C5), r, p);
    p = multiply_add(vdupq_n_f32(SAN_EXP_C4), r, p);
    p = multiply_add(vdupq_n_f32(SAN_EXP_C3), r, p);
    p = multiply_add(vdupq_n_f32(SAN_EXP_C2), r, p);
    p = multiply_add(one, r, p);
    p = multiply_add(one, r, p);
    int32x4_t bits = vshlq_n_s32(vaddq_s32(vcvtnq_s32_f32(n), vdupq_n_s32(127)), 23);
    uint32x4_t above = vcgtq_f32(y, vdupq_n_f32(SAN_EXP_MIN));
    float32x4_t e = vmulq_f32(vreinterpretq_f32_s32(bits), p);
    return vreinterpretq_f32_u32(vandq_u32(above, vreinterpretq_u32_f32(e)));
}

void san_neon_softmax(float *x, size_t count)
{
    size_t padded = (count + LANES - 1) / LANES * LANES;
    for (size_t i = count; i < padded; i++)
        x[i] = -INFINITY; /* exp gives 0, and 0 leaves a lane as it is */
    float32x4_t most = vld1q_f32(x);
    for (size_t i = HALF; i < padded; i += HALF)
        most = vmaxq_f32(most, vld1q_f32(x + i));
    most = vdupq_n_f32(vmaxvq_f32(most));
    struct lanes sum = no_lanes();
    for (size_t i = 0; i < padded; i += LANES) {
        float32x4_t low = exponential(vsubq_f32(vld1q_f32(x + i), most));
        float32x4_t high = exponential(vsubq_f32(vld1q_f32(x + i + HALF), most));
        vst1q_f32(x + i, low);
        vst1q_f32(x + i + HALF, high);
        sum.low = vaddq_f32(sum.low, low);
        sum.high = vaddq_f32(sum.high, high);
    }
    float32x4_t factor = vdupq_n_f32(1.0f / add_lanes(sum));
    for (size_t i = 0; i < padded; i += HALF)
        vst1q_f32(x + i, vmulq_f32(vld1q_f32(x + i), factor));
}

/* width registers of the output, over all rows: their sums grow side by side. */
static INLINE void mix(float *out, const float *w, const float *v, size_t stride, size_t count, size_t width)
{
    float32x4_t sum[TILE] = {vdupq_n_f32(0), vdupq_n_f32(0), vdupq_n_f32(0), vdupq_n_f32(0)};
    for (size_t t = 0; t < count; t++, v += stride) {
        float32x4_t weight = vdupq_n_f32(w[t]);
        sum[0] = multiply_add(sum[0], weight, vld1q_f32(v));
        sum[1] = multiply_add(sum[1], weight, vld1q_f32(v + HALF));
        if (width == TILE) {
            sum[2] = multiply_add(sum[2], weight, vld1q_f32(v + 2 * HALF));
            sum[3] = multiply_add(sum[3], weight, vld1q_f32(v + 3 * HALF));
        }
    }
    for (size_t i = 0; i < width; i++)
        vst1q_f32(out + i * HALF, sum[i]);
}

void san_neon_attention_mix(
    float *out, const float *w, const float *v, size_t stride, size_t count, size_t hd)
{
    size_t i = 0;
    for (; i + TILE * HALF <= hd; i += TILE * HALF)
        mix(out + i, w, v + i, stride, count, TILE);
    for (; i < hd; i += LANES)
        mix(out + i, w, v + i, stride, count, LANES / HALF);
}

const struct san_kernels san_kernels_neon = {
    .name = "neon",
    .needs = SAN_CPU_NEON,
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
