/* neon.c - the contract of kernels.h with ARMv8.0 NEON: two 128-bit registers, low and high, are the eight
 * lanes. */
#include "inference/kernels/kernels.h"

#include <arm_neon.h>
#include <math.h>
#include <string.h>

/* Dot products are made four at a time, so that several additions are under way at once. */
enum { LANES = 8, HALF = 4, TILE = 4 };

struct lanes {
    float32x4_t low, high;
};

static inline struct lanes no_lanes(void)
{
    return (struct lanes){vdupq_n_f32(0), vdupq_n_f32(0)};
}

static inline float add_lanes(struct lanes lane)
{
    float32x4_t s = vaddq_f32(lane.low, lane.high);
    float32x2_t t = vadd_f32(vget_low_f32(s), vget_high_f32(s));
    return vget_lane_f32(t, 0) + vget_lane_f32(t, 1);
}

static inline float32x4_t multiply_add(float32x4_t sum, float32x4_t a, float32x4_t b)
{
    return vaddq_f32(sum, vmulq_f32(a, b)); /* not fused: the contract */
}

static inline struct lanes multiply_add_8(struct lanes sum, const float *a, const float *b)
{
    sum.low = multiply_add(sum.low, vld1q_f32(a), vld1q_f32(b));
    sum.high = multiply_add(sum.high, vld1q_f32(a + HALF), vld1q_f32(b + HALF));
    return sum;
}

static inline float32x4_t widen_half(const uint16_t *half)
{
    return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(half)));
}

static inline float half_scale(uint16_t half)
{
    return vgetq_lane_f32(vcvt_f32_f16(vreinterpret_f16_u16(vdup_n_u16(half))), 0);
}

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

static inline void tile_f32(float out[TILE], const struct tile *tile, size_t n)
{
    struct lanes sum[TILE] = {no_lanes(), no_lanes(), no_lanes(), no_lanes()};
    for (size_t i = 0; i < n; i += LANES)
        for (size_t t = 0; t < TILE; t++)
            sum[t] = multiply_add_8(sum[t], (const float *)tile->w[t] + i, tile->x[t] + i);
    for (size_t t = 0; t < TILE; t++)
        out[t] = add_lanes(sum[t]);
}

static inline void tile_f16(float out[TILE], const struct tile *tile, size_t n)
{
    struct lanes sum[TILE] = {no_lanes(), no_lanes(), no_lanes(), no_lanes()};
    for (size_t i = 0; i < n; i += LANES)
        for (size_t t = 0; t < TILE; t++) {
            const uint16_t *w = (const uint16_t *)tile->w[t] + i;
            const float *x = tile->x[t] + i;
            sum[t].low = multiply_add(sum[t].low, widen_half(w), vld1q_f32(x));
            sum[t].high = multiply_add(sum[t].high, widen_half(w + HALF), vld1q_f32(x + HALF));
        }
    for (size_t t = 0; t < TILE; t++)
        out[t] = add_lanes(sum[t]);
}

/* Sixteen products, four neighbours summed in each lane: at most 2 * 128 * 127 in 16 bits. */
static inline float32x4_t products(int8x16_t w, int8x16_t q)
{
    int32x4_t low = vpaddlq_s16(vmull_s8(vget_low_s8(w), vget_low_s8(q)));
    int32x4_t high = vpaddlq_s16(vmull_high_s8(w, q));
    return vcvtq_f32_s32(vpaddq_s32(low, high));
}

static inline struct lanes add_group(
    struct lanes sum, int8x16_t w_low, int8x16_t w_high, const int8_t *q, float scale)
{
    float32x4_t both = vdupq_n_f32(scale);
    sum.low = multiply_add(sum.low, products(w_low, vld1q_s8(q)), both);
    sum.high = multiply_add(sum.high, products(w_high, vld1q_s8(q + 16)), both);
    return sum;
}

static inline void tile_q8_0(float out[TILE], const struct tile *tile, size_t n)
{
    struct lanes sum[TILE] = {no_lanes(), no_lanes(), no_lanes(), no_lanes()};
    for (size_t b = 0; b < n / SAN_GROUP; b++)
        for (size_t t = 0; t < TILE; t++) {
            const struct san_block_q8_0 *w = (const struct san_block_q8_0 *)tile->w[t] + b;
            float scale = half_scale(w->scale) * tile->scale[t][b];
            sum[t] =
                add_group(sum[t], vld1q_s8(w->q), vld1q_s8(w->q + 16), tile->q[t] + b * SAN_GROUP, scale);
        }
    for (size_t t = 0; t < TILE; t++)
        out[t] = add_lanes(sum[t]);
}

static inline void tile_q4_0(float out[TILE], const struct tile *tile, size_t n)
{
    struct lanes sum[TILE] = {no_lanes(), no_lanes(), no_lanes(), no_lanes()};
    const int8x16_t eight = vdupq_n_s8(8);
    for (size_t b = 0; b < n / SAN_GROUP; b++)
        for (size_t t = 0; t < TILE; t++) {
            const struct san_block_q4_0 *w = (const struct san_block_q4_0 *)tile->w[t] + b;
            uint8x16_t both = vld1q_u8(w->q);
            int8x16_t low = vsubq_s8(vreinterpretq_s8_u8(vandq_u8(both, vdupq_n_u8(0xf))), eight);
            int8x16_t high = vsubq_s8(vreinterpretq_s8_u8(vshrq_n_u8(both, 4)), eight);
            float scale = half_scale(w->scale) * tile->scale[t][b];
            sum[t] = add_group(sum[t], low, high, tile->q[t] + b * SAN_GROUP, scale);
        }
    for (size_t t = 0; t < TILE; t++)
        out[t] = add_lanes(sum[t]);
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
    struct lanes sum = no_lanes();
    for (size_t i = 0; i < n; i += LANES)
        sum = multiply_add_8(sum, a + i, b + i);
    return add_lanes(sum);
}

static void rms_norm(float *out, const float *x, const float *g, size_t n, float epsilon)
{
    float32x4_t factor = vdupq_n_f32(1.0f / sqrtf(dot(x, x, n) / (float)n + epsilon));
    const float32x4_t one = vdupq_n_f32(1.0f);
    for (size_t i = 0; i < n; i += HALF)
        vst1q_f32(out + i, vmulq_f32(vmulq_f32(vld1q_f32(x + i), factor), vaddq_f32(one, vld1q_f32(g + i))));
}

static void rope(float *x, const float *cosine, const float *sine, size_t hd)
{
    size_t half = hd / 2; /* a multiple of 4 */
    for (size_t i = 0; i < half; i += HALF) {
        float32x4_t a = vld1q_f32(x + i), b = vld1q_f32(x + half + i);
        float32x4_t c = vld1q_f32(cosine + i), s = vld1q_f32(sine + i);
        vst1q_f32(x + i, vsubq_f32(vmulq_f32(a, c), vmulq_f32(b, s)));
        vst1q_f32(x + half + i, vaddq_f32(vmulq_f32(b, c), vmulq_f32(a, s)));
    }
}

static void attention_scores(
    float *scores, const float *q, const float *k, size_t stride, size_t count, size_t hd, float scale)
{
    for (size_t t = 0; t < count; t++)
        scores[t] = dot(q, k + t * stride, hd) * scale;
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

static void softmax(float *x, size_t count)
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

static void attention_mix(float *out, const float *w, const float *v, size_t stride, size_t count, size_t hd)
{
    for (size_t i = 0; i < hd; i += LANES) {
        struct lanes sum = no_lanes();
        for (size_t t = 0; t < count; t++) {
            float32x4_t weight = vdupq_n_f32(w[t]);
            sum.low = multiply_add(sum.low, weight, vld1q_f32(v + t * stride + i));
            sum.high = multiply_add(sum.high, weight, vld1q_f32(v + t * stride + i + HALF));
        }
        vst1q_f32(out + i, sum.low);
        vst1q_f32(out + i + HALF, sum.high);
    }
}

const struct san_kernels san_kernels_neon = {
    .name = "neon",
    .needs = SAN_CPU_NEON,
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
