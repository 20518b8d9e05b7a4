/* neon.c - the contract of kernels.h with ARMv8.0 NEON: two 128-bit registers, low and high, are the eight
 * lanes. */
#include <math.h>

#include "inference/kernels/neon.h"

/* ---- quantising ---- */

static float largest(const float *x, size_t n)
{
    float32x4_t most[2] = {vdupq_n_f32(0), vdupq_n_f32(0)};
    for (size_t i = 0; i < n; i += 2 * HALF)
        for (size_t j = 0; j < 2; j++)
            most[j] = vmaxq_f32(most[j], vabsq_f32(vld1q_f32(x + i + j * HALF)));
    return vmaxvq_f32(vmaxq_f32(most[0], most[1]));
}

/* Returns the sum of the group. */
static int32_t round_group(int8_t *q, const float *x, float32x4_t factor)
{
    int16x8_t sum = vdupq_n_s16(0);
    for (size_t i = 0; i < SAN_GROUP; i += 2 * HALF) {
        int16x4_t low = vqmovn_s32(vcvtnq_s32_f32(vmulq_f32(vld1q_f32(x + i), factor)));
        int16x4_t high = vqmovn_s32(vcvtnq_s32_f32(vmulq_f32(vld1q_f32(x + i + HALF), factor)));
        int16x8_t both = vcombine_s16(low, high);
        sum = vaddq_s16(sum, both);
        vst1_s8(q + i, vqmovn_s16(both));
    }
    return vaddlvq_s16(sum);
}

void san_neon_quantize(int8_t *q, float *scale, int32_t *offset, const float *x, size_t n)
{
    float most = largest(x, n);
    bool zero = most < SAN_QUANTIZE_MIN;
    float32x4_t factor = vdupq_n_f32(zero ? 0 : 127.0f / most);
    *scale = zero ? 0 : most / 127.0f;
    int32_t sum = 0;
    for (size_t i = 0; i < n; i += SAN_GROUP) {
        offset[i / SAN_GROUP] = -128 * round_group(q + i, x + i, factor);
        sum += offset[i / SAN_GROUP];
    }
    offset[n / SAN_GROUP] = sum;
}

/* ---- floats, in tiles: four dot products of rows w[t] with columns x[t] ---- */

static INLINE struct lanes add_f32(struct lanes sum, const void *w, const float *x, size_t i)
{
    return multiply_add_8(sum, (const float *)w + i, x + i);
}

static INLINE struct lanes add_f16(struct lanes sum, const void *w, const float *x, size_t i)
{
    const uint16_t *half = (const uint16_t *)w + i;
    sum.low = vfmaq_f32(sum.low, widen_half(half), vld1q_f32(x + i));
    sum.high = vfmaq_f32(sum.high, widen_half(half + HALF), vld1q_f32(x + i + HALF));
    return sum;
}

static INLINE void tile_f32(float out[TILE], const void *const w[TILE], const float *const x[TILE], size_t n)
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

static INLINE void tile_f16(float out[TILE], const void *const w[TILE], const float *const x[TILE], size_t n)
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

void san_neon_multiply_f32(float *out, size_t out_stride, const struct san_matrix *w, size_t first,
    size_t rows, const struct san_columns *cols)
{
    multiply_rows(out, out_stride, w, first, rows, cols, tile_f32);
}

void san_neon_multiply_f16(float *out, size_t out_stride, const struct san_matrix *w, size_t first,
    size_t rows, const struct san_columns *cols)
{
    multiply_rows(out, out_stride, w, first, rows, cols, tile_f16);
}

/* ---- quantised weights, in tiles of four rows and steps of sixteen numbers: a register is a part of a row
 * ---- */

enum { ROWS = 4, STEP = 16 };
static const struct cut cut = {.tile_rows = ROWS, .columns = COLUMNS_MAX, .wide = 1, .few = 1, .tall = 1};
enum { COLUMNS_OF_ROWS = 4 }; /* whose sums are a register for each row */
static const struct cut cut_rows = {
    .tile_rows = ROWS, .columns = COLUMNS_OF_ROWS, .wide = 1, .few = 1, .tall = 1};

/* A group of four rows. */
struct weights {
    int8x16_t first[ROWS], second[ROWS]; /* steps */
};
typedef struct weights load_fn(const char *group);

static INLINE struct weights load_q8_0(const char *group)
{
    struct weights w;
    const int8_t *numbers = (const int8_t *)group;
#pragma GCC unroll 4
    for (size_t r = 0; r < ROWS; r++) {
        w.first[r] = vld1q_s8(numbers + r * STEP);
        w.second[r] = vld1q_s8(numbers + (ROWS + r) * STEP);
    }
    return w;
}

/* 16 times the numbers. */
static INLINE struct weights load_q4_0(const char *group)
{
    struct weights w;
#pragma GCC unroll 4
    for (size_t r = 0; r < ROWS; r++) {
        int8x16_t both = vld1q_s8((const int8_t *)group + r * STEP);
        w.first[r] = vshlq_n_s8(both, 4);
        w.second[r] = vandq_s8(both, vdupq_n_s8((int8_t)0xf0));
    }
    return w;
}

/* Two products are at most 2 * 128 * 127, in 16 bits. */
static INLINE int16x8_t pairs_of_products(int8x16_t w, int8x16_t q)
{
    return vmlal_high_s8(vmull_s8(vget_low_s8(w), vget_low_s8(q)), w, q);
}

static INLINE int32x4_t products(int8x16_t w0, int8x16_t w1, int8x16_t q0, int8x16_t q1)
{
    return vpadalq_s16(vpaddlq_s16(pairs_of_products(w0, q0)), pairs_of_products(w1, q1));
}

static INLINE int32x4_t products_of_rows(const struct weights *w, int8x16_t q0, int8x16_t q1)
{
    int32x4_t a = products(w->first[0], w->second[0], q0, q1);
    int32x4_t b = products(w->first[1], w->second[1], q0, q1);
    int32x4_t c = products(w->first[2], w->second[2], q0, q1);
    int32x4_t d = products(w->first[3], w->second[3], q0, q1);
    return vpaddq_s32(vpaddq_s32(a, b), vpaddq_s32(c, d));
}

static INLINE void block_of_rows(float *out, size_t out_stride, const struct block *block, size_t columns,
    load_fn *load, size_t group_bytes, float factor)
{
    float32x4_t sum[COLUMNS_MAX];
#pragma GCC unroll 6
    for (size_t c = 0; c < columns; c++)
        sum[c] = vdupq_n_f32(0);
    for (size_t b = 0; b < block->groups; b++) {
        struct weights w = load(block->tile + block->scale_bytes + b * group_bytes);
        float32x4_t scale = widen_half((const uint16_t *)(const void *)block->tile + b * ROWS);
#pragma GCC unroll 6
        for (size_t c = 0; c < columns; c++) {
            const int8_t *q = block->q + c * block->n + b * SAN_GROUP;
            int32x4_t whole = products_of_rows(&w, vld1q_s8(q), vld1q_s8(q + STEP));
            sum[c] = vfmaq_f32(sum[c], vcvtq_f32_s32(whole), scale);
        }
    }
#pragma GCC unroll 6
    for (size_t c = 0; c < columns; c++)
        vst1q_f32(out + c * out_stride, vmulq_n_f32(sum[c], block->scale[c] * factor));
}

static INLINE void block_q8_0(
    float *out, size_t out_stride, const struct block *block, size_t tiles, size_t columns)
{
    (void)tiles;
    block_of_rows(out, out_stride, block, columns, load_q8_0, SAN_GROUP * ROWS, 1);
}

static INLINE void block_q4_0(
    float *out, size_t out_stride, const struct block *block, size_t tiles, size_t columns)
{
    (void)tiles;
    block_of_rows(out, out_stride, block, columns, load_q4_0, SAN_GROUP / 2 * ROWS, 0.0625f);
}

/* Sixteen numbers of a tile. */
static INLINE void add_step(
    int32x4_t sum[][ROWS], const int8_t *numbers, const int8_t *q, size_t n, size_t columns)
{
    int8x16_t w[ROWS];
#pragma GCC unroll 4
    for (size_t r = 0; r < ROWS; r++)
        w[r] = vld1q_s8(numbers + r * STEP);
#pragma GCC unroll 4
    for (size_t c = 0; c < columns; c++) {
        int8x16_t sixteen = vld1q_s8(q + c * n);
#pragma GCC unroll 4
        for (size_t r = 0; r < ROWS; r++)
            sum[c][r] = vpadalq_s16(sum[c][r], pairs_of_products(w[r], sixteen));
    }
}

/* One scale a row: what is alike in all sums of a row is added up at the end. */
static INLINE void block_q8_rows(
    float *out, size_t out_stride, const struct block *block, size_t tiles, size_t columns)
{
    (void)tiles;
    int32x4_t sum[COLUMNS_OF_ROWS][ROWS];
    const int8_t *numbers = (const int8_t *)block->tile + block->scale_bytes;
#pragma GCC unroll 4
    for (size_t c = 0; c < columns; c++)
#pragma GCC unroll 4
        for (size_t r = 0; r < ROWS; r++)
            sum[c][r] = vdupq_n_s32(0);
    for (size_t i = 0; i < block->n; i += STEP, numbers += ROWS * STEP)
        add_step(sum, numbers, block->q + i, block->n, columns);
    float32x4_t scale = widen_half((const uint16_t *)(const void *)block->tile);
#pragma GCC unroll 4
    for (size_t c = 0; c < columns; c++) {
        int32x4_t whole = vpaddq_s32(vpaddq_s32(sum[c][0], sum[c][1]), vpaddq_s32(sum[c][2], sum[c][3]));
        float32x4_t scaled = vmulq_f32(vcvtq_f32_s32(whole), scale);
        vst1q_f32(out + c * out_stride, vmulq_n_f32(scaled, block->scale[c]));
    }
}

static void multiply_q8_0(float *out, size_t out_stride, const struct san_matrix *w, size_t first,
    size_t rows, const struct san_columns *cols)
{
    multiply_tiles(out, out_stride, w, first, rows, cols, cut, block_q8_0);
}

static void multiply_q8_rows(float *out, size_t out_stride, const struct san_matrix *w, size_t first,
    size_t rows, const struct san_columns *cols)
{
    multiply_tiles(out, out_stride, w, first, rows, cols, cut_rows, block_q8_rows);
}

static void multiply_q4_0(float *out, size_t out_stride, const struct san_matrix *w, size_t first,
    size_t rows, const struct san_columns *cols)
{
    multiply_tiles(out, out_stride, w, first, rows, cols, cut, block_q4_0);
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

void san_neon_add(float *x, const float *y, float factor, size_t n)
{
    for (size_t i = 0; i < n; i += HALF)
        vst1q_f32(x + i, vfmaq_n_f32(vld1q_f32(x + i), vld1q_f32(y + i), factor));
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

static inline float32x4_t exponential(float32x4_t y)
{
    const float32x4_t one = vdupq_n_f32(1.0f);
    float32x4_t n = vrndnq_f32(vmulq_f32(y, vdupq_n_f32(SAN_LOG2E)));
    float32x4_t r = vfmsq_f32(y, n, vdupq_n_f32(SAN_LN2_HIGH));
    r = vfmsq_f32(r, n, vdupq_n_f32(SAN_LN2_LOW));
    float32x4_t p = vdupq_n_f32(SAN_EXP_C6);
    p = vfmaq_f32(vdupq_n_f32(SAN_EXP_C5), r, p);
    p = vfmaq_f32(vdupq_n_f32(SAN_EXP_C4), r, p);
    p = vfmaq_f32(vdupq_n_f32(SAN_EXP_C3), r, p);
    p = vfmaq_f32(vdupq_n_f32(SAN_EXP_C2), r, p);
    p = vfmaq_f32(one, r, p);
    p = vfmaq_f32(one, r, p);
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

enum { MIXED = 4 }; /* columns that are mixed together, and registers of each */

/* `columns` times `width` registers of the output, over all rows: their sums grow side by side. */
static INLINE void mix_block(float *out, size_t out_stride, const float *w, size_t w_stride, const float *v,
    size_t count, size_t hd, size_t columns, size_t width)
{
    float32x4_t sum[MIXED][MIXED];
#pragma GCC unroll 4
    for (size_t c = 0; c < columns; c++)
#pragma GCC unroll 4
        for (size_t i = 0; i < width; i++)
            sum[c][i] = vdupq_n_f32(0);
    for (size_t t = 0; t < count; t++) {
        float32x4_t row[MIXED];
#pragma GCC unroll 4
        for (size_t i = 0; i < width; i++)
            row[i] = vld1q_f32(v + t * hd + i * HALF);
#pragma GCC unroll 4
        for (size_t c = 0; c < columns; c++)
#pragma GCC unroll 4
            for (size_t i = 0; i < width; i++)
                sum[c][i] = vfmaq_n_f32(sum[c][i], row[i], w[c * w_stride + t]);
    }
#pragma GCC unroll 4
    for (size_t c = 0; c < columns; c++)
#pragma GCC unroll 4
        for (size_t i = 0; i < width; i++)
            vst1q_f32(out + c * out_stride + i * HALF, sum[c][i]);
}

static INLINE void mix_columns(float *out, size_t out_stride, const float *w, size_t w_stride, const float *v,
    size_t count, size_t hd, size_t columns)
{
    size_t i = 0;
    for (; i + MIXED * HALF <= hd; i += MIXED * HALF)
        mix_block(out + i, out_stride, w, w_stride, v + i, count, hd, columns, MIXED);
    for (; i < hd; i += LANES)
        mix_block(out + i, out_stride, w, w_stride, v + i, count, hd, columns, LANES / HALF);
}

void san_neon_mix(float *out, size_t out_stride, const float *w, size_t w_stride, size_t columns,
    const float *v, size_t count, size_t hd)
{
    size_t c = 0;
    for (; c + MIXED <= columns; c += MIXED)
        mix_columns(out + c * out_stride, out_stride, w + c * w_stride, w_stride, v, count, hd, MIXED);
    for (; c < columns; c++)
        mix_columns(out + c * out_stride, out_stride, w + c * w_stride, w_stride, v, count, hd, 1);
}

/* ---- attention to integers ---- */

/* The first `left` of four numbers, the others `fill`. */
static float32x4_t load_up_to(const float *x, size_t left, float fill)
{
    if (left >= HALF)
        return vld1q_f32(x);
    float some[HALF];
    for (size_t i = 0; i < HALF; i++)
        some[i] = i < left ? x[i] : fill;
    return vld1q_f32(some);
}

static size_t left_of(size_t count, size_t i)
{
    return count > i ? count - i : 0;
}

static inline float32x4_t power(float32x4_t z)
{
    const float32x4_t large = vdupq_n_f32(SAN_ROUNDING);
    float32x4_t n = vaddq_f32(z, large), f = vsubq_f32(z, vsubq_f32(n, large));
    float32x4_t p = vfmaq_f32(vdupq_n_f32(SAN_EXP2_C3), f, vdupq_n_f32(SAN_EXP2_C4));
    p = vfmaq_f32(vdupq_n_f32(SAN_EXP2_C2), f, p);
    p = vfmaq_f32(vdupq_n_f32(SAN_EXP2_C1), f, p);
    p = vfmaq_f32(vdupq_n_f32(1.0f), f, p);
    uint32x4_t exponent = vshlq_n_u32(vreinterpretq_u32_f32(n), 23);
    uint32x4_t above = vcgtq_f32(z, vdupq_n_f32(SAN_EXP2_MIN));
    return vreinterpretq_f32_u32(vandq_u32(above, vaddq_u32(vreinterpretq_u32_f32(p), exponent)));
}

static float highest(const float *x, size_t count)
{
    float32x4_t most = vdupq_n_f32(-INFINITY);
    size_t i = 0;
    for (; i + HALF <= count; i += HALF)
        most = vmaxq_f32(most, vld1q_f32(x + i));
    if (i < count)
        most = vmaxq_f32(most, load_up_to(x + i, count - i, -INFINITY));
    return vmaxvq_f32(most);
}

/* What the weights of a column are made with. */
struct weighing {
    float32x4_t start, inverse;
};

static INLINE float32x4_t weigh_four(const struct weighing *s, int16_t *w, const float *dither, float32x4_t x,
    float32x4_t scale, float32x4_t sum)
{
    float32x4_t e = power(vfmaq_f32(s->start, x, vdupq_n_f32(SAN_LOG2E)));
    float32x4_t n = vfmaq_f32(vld1q_f32(dither), e, vmulq_f32(scale, s->inverse));
    vst1_s16(w, vmovn_s32(vcvtnq_s32_f32(n)));
    return vaddq_f32(sum, e);
}

static float weigh_column(int16_t *w, const float *x, const float *scale, size_t count, float largest_scale)
{
    struct weighing s = {
        .start = vdupq_n_f32(-(highest(x, count) * SAN_LOG2E)),
        .inverse = vdupq_n_f32(largest_scale > 0 ? SAN_WEIGHT_MAX / largest_scale : 0),
    };
    struct lanes sum = no_lanes();
    size_t i = 0, padded = (count + 2 * LANES - 1) / (2 * LANES) * (2 * LANES);
    for (; i + LANES <= count; i += LANES) {
        const float *dither = san_dither + i % 16;
        sum.low = weigh_four(&s, w + i, dither, vld1q_f32(x + i), vld1q_f32(scale + i), sum.low);
        sum.high = weigh_four(
            &s, w + i + HALF, dither + HALF, vld1q_f32(x + i + HALF), vld1q_f32(scale + i + HALF), sum.high);
    }
    for (; i < padded; i += LANES) {
        size_t left = left_of(count, i), behind = left_of(count, i + HALF);
        const float *dither = san_dither + i % 16;
        sum.low = weigh_four(
            &s, w + i, dither, load_up_to(x + i, left, -INFINITY), load_up_to(scale + i, left, 0), sum.low);
        sum.high = weigh_four(&s, w + i + HALF, dither + HALF, load_up_to(x + i + HALF, behind, -INFINITY),
            load_up_to(scale + i + HALF, behind, 0), sum.high);
    }
    return largest_scale / (SAN_WEIGHT_MAX * add_lanes(sum));
}

void san_neon_weigh(int16_t *w, float *factor, const float *x, size_t stride, size_t columns,
    const float *scale, size_t count)
{
    float largest_scale = highest(scale, count);
    for (size_t c = 0; c < columns; c++)
        factor[c] = weigh_column(w + c * stride, x + c * stride, scale, count, largest_scale);
}

/* `columns` times `width` times eight numbers of the output, over all rows. */
static INLINE void mix_weighed_block(float *out, size_t out_stride, const int16_t *w, size_t w_stride,
    const float *factor, const int8_t *v, size_t count, size_t hd, size_t columns, size_t width)
{
    int32x4_t low[MIXED][2], high[MIXED][2];
#pragma GCC unroll 4
    for (size_t c = 0; c < columns; c++)
#pragma GCC unroll 2
        for (size_t i = 0; i < width; i++)
            low[c][i] = high[c][i] = vdupq_n_s32(0);
    for (size_t t = 0; t < count; t++) {
        int16x8_t row[2];
#pragma GCC unroll 2
        for (size_t i = 0; i < width; i++)
            row[i] = vmovl_s8(vld1_s8(v + t * hd + i * LANES));
#pragma GCC unroll 4
        for (size_t c = 0; c < columns; c++) {
            int16x8_t weight = vld1q_dup_s16(w + c * w_stride + t);
#pragma GCC unroll 2
            for (size_t i = 0; i < width; i++) {
                low[c][i] = vmlal_s16(low[c][i], vget_low_s16(row[i]), vget_low_s16(weight));
                high[c][i] = vmlal_high_s16(high[c][i], row[i], weight);
            }
        }
    }
#pragma GCC unroll 4
    for (size_t c = 0; c < columns; c++)
#pragma GCC unroll 2
        for (size_t i = 0; i < width; i++) {
            float *to = out + c * out_stride + i * LANES;
            vst1q_f32(to, vmulq_n_f32(vcvtq_f32_s32(low[c][i]), factor[c]));
            vst1q_f32(to + HALF, vmulq_n_f32(vcvtq_f32_s32(high[c][i]), factor[c]));
        }
}

static INLINE void mix_weighed_columns(float *out, size_t out_stride, const int16_t *w, size_t w_stride,
    const float *factor, const int8_t *v, size_t count, size_t hd, size_t columns)
{
    size_t i = 0;
    for (; i + 2 * LANES <= hd; i += 2 * LANES)
        mix_weighed_block(out + i, out_stride, w, w_stride, factor, v + i, count, hd, columns, 2);
    if (i < hd)
        mix_weighed_block(out + i, out_stride, w, w_stride, factor, v + i, count, hd, columns, 1);
}

static void mix_weighed(float *out, size_t out_stride, const int16_t *w, size_t w_stride, const float *factor,
    size_t columns, const int8_t *v, size_t count, size_t hd)
{
    size_t c = 0;
    for (; c + MIXED <= columns; c += MIXED)
        mix_weighed_columns(
            out + c * out_stride, out_stride, w + c * w_stride, w_stride, factor + c, v, count, hd, MIXED);
    for (; c + 2 <= columns; c += 2)
        mix_weighed_columns(
            out + c * out_stride, out_stride, w + c * w_stride, w_stride, factor + c, v, count, hd, 2);
    if (c < columns)
        mix_weighed_columns(
            out + c * out_stride, out_stride, w + c * w_stride, w_stride, factor + c, v, count, hd, 1);
}

const struct san_kernels san_kernels_neon = {
    .name = "neon",
    .needs = SAN_CPU_NEON,
    .layout = {.rows = ROWS, .depth = STEP, .shifted = false},
    .quantize = san_neon_quantize,
    .multiply_f32 = san_neon_multiply_f32,
    .multiply_f16 = san_neon_multiply_f16,
    .multiply_q8_0 = multiply_q8_0,
    .multiply_q8_rows = multiply_q8_rows,
    .multiply_q4_0 = multiply_q4_0,
    .rms_norm = san_neon_rms_norm,
    .add = san_neon_add,
    .rope = san_neon_rope,
    .softmax = san_neon_softmax,
    .mix = san_neon_mix,
    .weigh = san_neon_weigh,
    .mix_weighed = mix_weighed,
};
