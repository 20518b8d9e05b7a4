/* neon.c - the contract of kernels.h with ARMv8.0 NEON: two 128-bit registers, low and high, are the eight
 * lanes. */
#include "inference/kernels/kernels.h"

#include <arm_neon.h>
#include <math.h>
#include <string.h>

/* Dot products are made four at a time, so that several additions are under way at once. */
enum { LANES = 8, HALF = 4, TILE = 4, ROW_BLOCK = 16 };

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

/* out[t] = add_lanes(st), by the same additions, four at once. */
static inline void add_lanes_of_four(
    float out[TILE], struct lanes s0, struct lanes s1, struct lanes s2, struct lanes s3)
{
    float32x4_t a = vaddq_f32(s0.low, s0.high), b = vaddq_f32(s1.low, s1.high);
    float32x4_t c = vaddq_f32(s2.low, s2.high), d = vaddq_f32(s3.low, s3.high);
    float32x4_t ab = vaddq_f32(vzip1q_f32(a, b), vzip2q_f32(a, b)); /* a0+a2 b0+b2 a1+a3 b1+b3 */
    float32x4_t cd = vaddq_f32(vzip1q_f32(c, d), vzip2q_f32(c, d));
    float32x4_t even = vcombine_f32(vget_low_f32(ab), vget_low_f32(cd));
    float32x4_t odd = vcombine_f32(vget_high_f32(ab), vget_high_f32(cd));
    vst1q_f32(out, vaddq_f32(even, odd));
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

#define INLINE inline __attribute__((always_inline))

/* Where a column begins: floats, or groups for quantised weights. */
struct column {
    const float *x;
    const int8_t *q;
    const float *scale;
};

typedef void tile_fn(float out[TILE], const void *const w[TILE], const struct column x[TILE], size_t n);

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

/* ---- the matrix in tiles: one row against four columns, or four rows against the only column ----
 *
 * A block of rows stays in the nearest cache while
 * all columns pass. At the edge the last row or column stands in for those that are missing. All of it is
 * inlined for each type, and the four of a tile are spelt out, so that the compiler keeps the sums in
 * registers and sees where rows or columns are one and the same. */

static inline size_t at_most(size_t i, size_t count)
{
    return i < count ? i : count - 1;
}

static INLINE struct column column_at(const struct san_columns *cols, size_t c)
{
    c = at_most(c, cols->count);
    return (struct column){
        .x = cols->x ? cols->x + c * cols->n : NULL,
        .q = cols->q ? cols->q + c * cols->n : NULL,
        .scale = cols->scale ? cols->scale + c * (cols->n / SAN_GROUP) : NULL,
    };
}

static INLINE void multiply_column(
    float *out, const char *w, size_t row_bytes, size_t rows, const struct san_columns *cols, tile_fn *run)
{
    struct column only = column_at(cols, 0);
    const struct column x[TILE] = {only, only, only, only};
    for (size_t r = 0; r < rows; r += TILE) {
        const void *const row[TILE] = {w + r * row_bytes, w + at_most(r + 1, rows) * row_bytes,
            w + at_most(r + 2, rows) * row_bytes, w + at_most(r + 3, rows) * row_bytes};
        float result[TILE];
        run(result, row, x, cols->n);
        for (size_t t = 0; t < TILE; t++)
            out[at_most(r + t, rows)] = result[t];
    }
}

static INLINE void multiply(float *out, size_t out_stride, const void *w, size_t row_bytes, size_t rows,
    const struct san_columns *cols, tile_fn *run)
{
    if (cols->count == 1) {
        multiply_column(out, w, row_bytes, rows, cols, run);
        return;
    }
    for (size_t first = 0; first < rows; first += ROW_BLOCK) {
        size_t end = first + ROW_BLOCK < rows ? first + ROW_BLOCK : rows;
        for (size_t c = 0; c < cols->count; c += TILE) {
            const struct column x[TILE] = {
                column_at(cols, c), column_at(cols, c + 1), column_at(cols, c + 2), column_at(cols, c + 3)};
            float *const to[TILE] = {out + c * out_stride, out + at_most(c + 1, cols->count) * out_stride,
                out + at_most(c + 2, cols->count) * out_stride,
                out + at_most(c + 3, cols->count) * out_stride};
            for (size_t r = first; r < end; r++) {
                const void *one = (const char *)w + r * row_bytes;
                const void *const row[TILE] = {one, one, one, one};
                float result[TILE];
                run(result, row, x, cols->n);
                to[0][r] = result[0], to[1][r] = result[1], to[2][r] = result[2], to[3][r] = result[3];
            }
        }
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

static void attention_mix(float *out, const float *w, const float *v, size_t stride, size_t count, size_t hd)
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
