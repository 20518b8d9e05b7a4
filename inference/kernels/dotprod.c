/* dotprod.c - the ARM set with ARMv8.2's dot product, which multiplies a number of four rows with the same
 * four of a column. Everything but the quantised multiplications is neon.c's.
 *
 * For each 32 products of a column and four rows there are eight dot products, a start, a conversion and a
 * multiplication-addition; sixteen numbers of a column stand in a register, and the instruction picks four.
 *
 * There is no set for ARMv8.6's matrix product (SMMLA): none of the boards that this is for has it. */
#include "inference/kernels/neon.h"

enum { ROWS = 8, DEPTH = 4, STEP = ROWS * DEPTH, PER_REGISTER = 16, STEPS = PER_REGISTER / DEPTH };
enum { TALL = 2, COLUMNS = 4 };
static const struct cut cut = {.tile_rows = ROWS, .columns = COLUMNS, .wide = 1, .few = 1, .tall = TALL};
static const struct cut cut_rows = {
    .tile_rows = ROWS, .columns = COLUMNS_MAX, .wide = 1, .few = 1, .tall = TALL};

/* Four rows of a group, from the first of them in its first step on: their first sixteen numbers, or their
 * second. */
typedef void load_fn(int8x16_t step[STEPS], const char *rows, size_t second);

static INLINE void load_q8_0(int8x16_t step[STEPS], const char *rows, size_t second)
{
    const int8_t *numbers = (const int8_t *)rows + second * STEPS * STEP;
#pragma GCC unroll 4
    for (size_t i = 0; i < STEPS; i++)
        step[i] = vld1q_s8(numbers + i * STEP);
}

/* 16 times the numbers. */
static INLINE void load_q4_0(int8x16_t step[STEPS], const char *rows, size_t second)
{
    const int8_t *numbers = (const int8_t *)rows + second * (STEPS / 2) * STEP;
#pragma GCC unroll 2
    for (size_t i = 0; i < STEPS; i += 2) {
        int8x16_t both = vld1q_s8(numbers + i / 2 * STEP);
        step[i] = vshlq_n_s8(both, 4);
        step[i + 1] = vandq_s8(both, vdupq_n_s8((int8_t)0xf0));
    }
}

struct sums {
    float32x4_t low, high;
};

/* Sums of products begin with the bits of 1.5 * 2^23: as a float they are then that number plus the sum,
 * which is below 2^22, and a subtraction is all that is left of the conversion. */
#define BIAS 12582912.0f
static const float biases[HALF] = {BIAS, BIAS, BIAS, BIAS};

/* The same as it must come into a sum: loaded anew each time. A move would take a place of the two pipes that
 * multiply, of which a start, a subtraction and a multiplication a group leave 8 in 11; the pipes that load
 * have places free. */
static INLINE int32x4_t loaded_bias(const float *bias_in_memory)
{
    int32x4_t loaded;
    __asm__ volatile("ldr %q0, [%1]" : "=w"(loaded) : "r"(bias_in_memory));
    return loaded;
}

static INLINE float32x4_t unbiased(int32x4_t products)
{
    return vsubq_f32(vreinterpretq_f32_s32(products), vdupq_n_f32(BIAS));
}

/* A tile with `columns` columns, of which group b is added. */
static INLINE void add_group(struct sums *sum, const struct block *block, const char *tile, size_t b,
    size_t columns, load_fn *load, size_t group_bytes)
{
    const char *group = tile + block->scale_bytes + b * group_bytes;
    int32x4_t low[COLUMNS], high[COLUMNS];
#pragma GCC unroll 4
    for (size_t c = 0; c < columns; c++) {
        low[c] = loaded_bias(biases);
        high[c] = loaded_bias(biases);
    }
#pragma GCC unroll 2
    for (size_t half = 0; half < 2; half++) {
        int8x16_t lower[STEPS], higher[STEPS];
        load(lower, group, half);
        load(higher, group + HALF * DEPTH, half);
#pragma GCC unroll 4
        for (size_t c = 0; c < columns; c++) {
            int8x16_t q = vld1q_s8(block->q + c * block->n + b * SAN_GROUP + half * PER_REGISTER);
            low[c] = vdotq_laneq_s32(low[c], lower[0], q, 0);
            high[c] = vdotq_laneq_s32(high[c], higher[0], q, 0);
            low[c] = vdotq_laneq_s32(low[c], lower[1], q, 1);
            high[c] = vdotq_laneq_s32(high[c], higher[1], q, 1);
            low[c] = vdotq_laneq_s32(low[c], lower[2], q, 2);
            high[c] = vdotq_laneq_s32(high[c], higher[2], q, 2);
            low[c] = vdotq_laneq_s32(low[c], lower[3], q, 3);
            high[c] = vdotq_laneq_s32(high[c], higher[3], q, 3);
        }
    }
    const uint16_t *scales = (const uint16_t *)(const void *)tile + b * ROWS;
    float32x4_t scale_low = widen_half(scales), scale_high = widen_half(scales + HALF);
#pragma GCC unroll 4
    for (size_t c = 0; c < columns; c++) {
        sum[c].low = vfmaq_f32(sum[c].low, unbiased(low[c]), scale_low);
        sum[c].high = vfmaq_f32(sum[c].high, unbiased(high[c]), scale_high);
    }
}

static INLINE void block_of_tiles(float *out, size_t out_stride, const struct block *block, size_t tiles,
    size_t columns, load_fn *load, size_t group_bytes, float factor)
{
    struct sums sum[TALL][COLUMNS];
#pragma GCC unroll 2
    for (size_t t = 0; t < tiles; t++)
#pragma GCC unroll 4
        for (size_t c = 0; c < columns; c++)
            sum[t][c] = (struct sums){vdupq_n_f32(0), vdupq_n_f32(0)};
    for (size_t b = 0; b < block->groups; b++)
#pragma GCC unroll 2
        for (size_t t = 0; t < tiles; t++)
            add_group(sum[t], block, block->tile + t * block->tile_bytes, b, columns, load, group_bytes);
#pragma GCC unroll 2
    for (size_t t = 0; t < tiles; t++)
#pragma GCC unroll 4
        for (size_t c = 0; c < columns; c++) {
            float *to = out + c * out_stride + t * ROWS;
            vst1q_f32(to, vmulq_n_f32(sum[t][c].low, block->scale[c] * factor));
            vst1q_f32(to + HALF, vmulq_n_f32(sum[t][c].high, block->scale[c] * factor));
        }
}

static INLINE void block_q8_0(
    float *out, size_t out_stride, const struct block *block, size_t tiles, size_t columns)
{
    block_of_tiles(out, out_stride, block, tiles, columns, load_q8_0, SAN_GROUP * ROWS, 1);
}

static INLINE void block_q4_0(
    float *out, size_t out_stride, const struct block *block, size_t tiles, size_t columns)
{
    block_of_tiles(out, out_stride, block, tiles, columns, load_q4_0, SAN_GROUP / 2 * ROWS, 0.0625f);
}

/* Columns as a prompt's rows mostly come, a dozen at once, go by half a tile: then the registers hold the
 * sums of all twelve, and what a group's numbers and scales take to be ready is done once for them, not
 * thrice. */
enum { WIDE = 12 };

/* Rows row .. row + 3 of a tile with WIDE columns, of which group b is added. */
static INLINE void add_wide_group(
    float32x4_t sum[WIDE], const struct block *block, size_t row, size_t b, load_fn *load, size_t group_bytes)
{
    const char *rows = block->tile + block->scale_bytes + b * group_bytes + row * DEPTH;
    const uint16_t *scales = (const uint16_t *)(const void *)block->tile + b * ROWS + row;
    int32x4_t products[WIDE];
#pragma GCC unroll 12
    for (size_t c = 0; c < WIDE; c++)
        products[c] = loaded_bias(biases);
#pragma GCC unroll 2
    for (size_t half = 0; half < 2; half++) {
        int8x16_t step[STEPS];
        load(step, rows, half);
#pragma GCC unroll 12
        for (size_t c = 0; c < WIDE; c++) {
            int8x16_t q = vld1q_s8(block->q + c * block->n + b * SAN_GROUP + half * PER_REGISTER);
            products[c] = vdotq_laneq_s32(products[c], step[0], q, 0);
            products[c] = vdotq_laneq_s32(products[c], step[1], q, 1);
            products[c] = vdotq_laneq_s32(products[c], step[2], q, 2);
            products[c] = vdotq_laneq_s32(products[c], step[3], q, 3);
        }
    }
    float32x4_t scale = widen_half(scales);
#pragma GCC unroll 12
    for (size_t c = 0; c < WIDE; c++)
        sum[c] = vfmaq_f32(sum[c], unbiased(products[c]), scale);
}

static INLINE void wide_block(
    float *out, size_t out_stride, const struct block *block, load_fn *load, size_t group_bytes, float factor)
{
    for (size_t row = 0; row < ROWS; row += HALF) {
        float32x4_t sum[WIDE];
#pragma GCC unroll 12
        for (size_t c = 0; c < WIDE; c++)
            sum[c] = vdupq_n_f32(0);
        for (size_t b = 0; b < block->groups; b++)
            add_wide_group(sum, block, row, b, load, group_bytes);
#pragma GCC unroll 12
        for (size_t c = 0; c < WIDE; c++)
            vst1q_f32(out + c * out_stride + row, vmulq_n_f32(sum[c], block->scale[c] * factor));
    }
}

static INLINE void wide_block_q8_0(
    float *out, size_t out_stride, const struct block *block, size_t tiles, size_t columns)
{
    (void)tiles, (void)columns;
    wide_block(out, out_stride, block, load_q8_0, SAN_GROUP * ROWS, 1);
}

static INLINE void wide_block_q4_0(
    float *out, size_t out_stride, const struct block *block, size_t tiles, size_t columns)
{
    (void)tiles, (void)columns;
    wide_block(out, out_stride, block, load_q4_0, SAN_GROUP / 2 * ROWS, 0.0625f);
}

/* A step of a tile. */
struct step {
    int8x16_t low, high; /* rows 0..3, 4..7 */
};

struct products {
    int32x4_t low, high; /* of rows 0..3, 4..7 */
};

/* Sixteen numbers of a tile. */
static INLINE void add_sixteen(
    struct products *sum, const int8_t *numbers, const int8_t *q, size_t n, size_t columns)
{
    struct step step[4];
#pragma GCC unroll 4
    for (size_t i = 0; i < 4; i++)
        step[i] = (struct step){vld1q_s8(numbers + i * STEP), vld1q_s8(numbers + i * STEP + 16)};
#pragma GCC unroll 6
    for (size_t c = 0; c < columns; c++) {
        int8x16_t sixteen = vld1q_s8(q + c * n);
        sum[c].low = vdotq_laneq_s32(sum[c].low, step[0].low, sixteen, 0);
        sum[c].high = vdotq_laneq_s32(sum[c].high, step[0].high, sixteen, 0);
        sum[c].low = vdotq_laneq_s32(sum[c].low, step[1].low, sixteen, 1);
        sum[c].high = vdotq_laneq_s32(sum[c].high, step[1].high, sixteen, 1);
        sum[c].low = vdotq_laneq_s32(sum[c].low, step[2].low, sixteen, 2);
        sum[c].high = vdotq_laneq_s32(sum[c].high, step[2].high, sixteen, 2);
        sum[c].low = vdotq_laneq_s32(sum[c].low, step[3].low, sixteen, 3);
        sum[c].high = vdotq_laneq_s32(sum[c].high, step[3].high, sixteen, 3);
    }
}

/* One scale a row: nothing but dot products, and with no other sums more columns at once. */
static INLINE void block_q8_rows(
    float *out, size_t out_stride, const struct block *block, size_t tiles, size_t columns)
{
    struct products sum[TALL][COLUMNS_MAX];
    const int8_t *numbers = (const int8_t *)block->tile + block->scale_bytes;
#pragma GCC unroll 2
    for (size_t t = 0; t < tiles; t++)
#pragma GCC unroll 6
        for (size_t c = 0; c < columns; c++)
            sum[t][c] = (struct products){vdupq_n_s32(0), vdupq_n_s32(0)};
    for (size_t i = 0; i < block->n; i += PER_REGISTER, numbers += 4 * STEP)
#pragma GCC unroll 2
        for (size_t t = 0; t < tiles; t++)
            add_sixteen(sum[t], numbers + t * block->tile_bytes, block->q + i, block->n, columns);
#pragma GCC unroll 2
    for (size_t t = 0; t < tiles; t++) {
        const uint16_t *scales = (const uint16_t *)(const void *)(block->tile + t * block->tile_bytes);
        float32x4_t low = widen_half(scales), high = widen_half(scales + HALF);
#pragma GCC unroll 6
        for (size_t c = 0; c < columns; c++) {
            float *to = out + c * out_stride + t * ROWS;
            float32x4_t scaled_low = vmulq_f32(vcvtq_f32_s32(sum[t][c].low), low);
            float32x4_t scaled_high = vmulq_f32(vcvtq_f32_s32(sum[t][c].high), high);
            vst1q_f32(to, vmulq_n_f32(scaled_low, block->scale[c]));
            vst1q_f32(to + HALF, vmulq_n_f32(scaled_high, block->scale[c]));
        }
    }
}

/* By blocks of WIDE columns; those that are left go by cut, and all do if the last tile is not whole. */
static INLINE void multiply_groups(float *out, size_t out_stride, const struct san_matrix *w, size_t first,
    size_t rows, const struct san_columns *cols, block_fn *run_wide, block_fn *run)
{
    size_t many = rows % ROWS ? 0 : cols->count - cols->count % WIDE;
    for (size_t r = 0; many && r < rows; r += ROWS)
        for (size_t c = 0; c < many; c += WIDE)
            run_block(out + r, out_stride, w, (first + r) / ROWS, cols, c, 1, WIDE, nothing_ahead, run_wide);
    const struct san_columns left = {.n = cols->n,
        .count = cols->count - many,
        .q = cols->q + many * cols->n,
        .scale = cols->scale + many,
        .offset = cols->offset + many * san_offsets(cols->n)};
    if (left.count)
        multiply_tiles(out + many * out_stride, out_stride, w, first, rows, &left, cut, run);
}

static void multiply_q8_0(float *out, size_t out_stride, const struct san_matrix *w, size_t first,
    size_t rows, const struct san_columns *cols)
{
    multiply_groups(out, out_stride, w, first, rows, cols, wide_block_q8_0, block_q8_0);
}

static void multiply_q8_rows(float *out, size_t out_stride, const struct san_matrix *w, size_t first,
    size_t rows, const struct san_columns *cols)
{
    multiply_tiles(out, out_stride, w, first, rows, cols, cut_rows, block_q8_rows);
}

static void multiply_q4_0(float *out, size_t out_stride, const struct san_matrix *w, size_t first,
    size_t rows, const struct san_columns *cols)
{
    multiply_groups(out, out_stride, w, first, rows, cols, wide_block_q4_0, block_q4_0);
}

/* ---- attention to integers ---- */

enum { MIXED = 6, AT_ONCE = 4 }; /* columns and rows that are mixed together */

/* Weights are bytes here, in the first half of their place. */
static void weigh(int16_t *w, float *factor, const float *x, size_t stride, size_t columns,
    const float *scale, size_t count)
{
    san_neon_weigh(w, factor, x, stride, columns, scale, count);
    for (size_t c = 0; c < columns; c++, w += stride)
        for (size_t i = 0; i < count; i += PER_REGISTER) {
            uint8x8_t low = vmovn_u16(vreinterpretq_u16_s16(vld1q_s16(w + i)));
            uint8x8_t high = vmovn_u16(vreinterpretq_u16_s16(vld1q_s16(w + i + LANES)));
            vst1q_u8((uint8_t *)w + i, vcombine_u8(low, high));
        }
}

/* What values with 128 added to them bring too much: so they are unsigned, as the weights are. */
static int32_t surplus(const uint8_t *w, size_t count)
{
    uint32x4_t sum = vdupq_n_u32(0);
    for (size_t i = 0; i < count; i += PER_REGISTER)
        sum = vdotq_u32(sum, vld1q_u8(w + i), vdupq_n_u8(1));
    return (int32_t)vaddvq_u32(sum) * 128;
}

static INLINE uint8x16_t shifted_row(const int8_t *row)
{
    return veorq_u8(vreinterpretq_u8_s8(vld1q_s8(row)), vdupq_n_u8(0x80));
}

/* Sixteen numbers of four rows, those of a column together. */
static INLINE void four_rows(uint8x16_t to[4], const int8_t *const row[AT_ONCE])
{
    uint8x16_t a = shifted_row(row[0]), b = shifted_row(row[1]), c = shifted_row(row[2]),
               d = shifted_row(row[3]);
    uint16x8_t ab_low = vreinterpretq_u16_u8(vzip1q_u8(a, b)),
               ab_high = vreinterpretq_u16_u8(vzip2q_u8(a, b));
    uint16x8_t cd_low = vreinterpretq_u16_u8(vzip1q_u8(c, d)),
               cd_high = vreinterpretq_u16_u8(vzip2q_u8(c, d));
    to[0] = vreinterpretq_u8_u16(vzip1q_u16(ab_low, cd_low));
    to[1] = vreinterpretq_u8_u16(vzip2q_u16(ab_low, cd_low));
    to[2] = vreinterpretq_u8_u16(vzip1q_u16(ab_high, cd_high));
    to[3] = vreinterpretq_u8_u16(vzip2q_u16(ab_high, cd_high));
}

static INLINE void add_four_rows(
    uint32x4_t sum[][4], const uint8_t *w, size_t w_stride, const int8_t *const row[AT_ONCE], size_t columns)
{
    uint8x16_t rows[4];
    four_rows(rows, row);
#pragma GCC unroll 6
    for (size_t c = 0; c < columns; c++) {
        uint32_t four;
        memcpy(&four, w + c * w_stride, sizeof(four));
        uint8x8_t weights = vreinterpret_u8_u32(vdup_n_u32(four));
#pragma GCC unroll 4
        for (size_t i = 0; i < 4; i++)
            sum[c][i] = vdotq_lane_u32(sum[c][i], rows[i], weights, 0);
    }
}

/* A call of mix_weighed, with the surplus of some columns. */
struct weighed {
    const uint8_t *w;
    size_t w_stride; /* bytes */
    const float *factor;
    size_t count, hd;
    int32_t surplus[MIXED];
};

/* `columns` times sixteen numbers of the output, over all rows. */
static INLINE void mix_weighed_block(
    float *out, size_t out_stride, const struct weighed *s, const int8_t *v, size_t columns)
{
    uint32x4_t sum[MIXED][4];
    size_t hd = s->hd, t = 0;
#pragma GCC unroll 6
    for (size_t c = 0; c < columns; c++)
#pragma GCC unroll 4
        for (size_t i = 0; i < 4; i++)
            sum[c][i] = vdupq_n_u32(0);
    for (; t + AT_ONCE <= s->count; t += AT_ONCE, v += AT_ONCE * hd) {
        const int8_t *const row[AT_ONCE] = {v, v + hd, v + 2 * hd, v + 3 * hd};
        add_four_rows(sum, s->w + t, s->w_stride, row, columns);
    }
    if (t < s->count) { /* rows that are not there have no weight */
        size_t left = s->count - t;
        const int8_t *const row[AT_ONCE] = {v, left > 1 ? v + hd : v, left > 2 ? v + 2 * hd : v, v};
        add_four_rows(sum, s->w + t, s->w_stride, row, columns);
    }
#pragma GCC unroll 6
    for (size_t c = 0; c < columns; c++)
#pragma GCC unroll 4
        for (size_t i = 0; i < 4; i++) {
            int32x4_t whole = vsubq_s32(vreinterpretq_s32_u32(sum[c][i]), vdupq_n_s32(s->surplus[c]));
            vst1q_f32(out + c * out_stride + i * HALF, vmulq_n_f32(vcvtq_f32_s32(whole), s->factor[c]));
        }
}

/* The last eight numbers, if their count is no multiple of sixteen. */
static void mix_weighed_eight(float *out, const struct weighed *s, const int8_t *v, size_t column)
{
    int32x4_t sum[2] = {vdupq_n_s32(0), vdupq_n_s32(0)};
    for (size_t t = 0; t < s->count; t++) {
        int16_t weight = s->w[column * s->w_stride + t];
        int16x8_t row = vmovl_s8(vld1_s8(v + t * s->hd));
        sum[0] = vmlal_n_s16(sum[0], vget_low_s16(row), weight);
        sum[1] = vmlal_high_n_s16(sum[1], row, weight);
    }
    for (size_t i = 0; i < 2; i++)
        vst1q_f32(out + i * HALF, vmulq_n_f32(vcvtq_f32_s32(sum[i]), s->factor[column]));
}

static INLINE void mix_weighed_columns(
    float *out, size_t out_stride, struct weighed *s, const int8_t *v, size_t columns)
{
    for (size_t c = 0; c < columns; c++)
        s->surplus[c] = surplus(s->w + c * s->w_stride, s->count);
    size_t i = 0;
    for (; i + PER_REGISTER <= s->hd; i += PER_REGISTER)
        mix_weighed_block(out + i, out_stride, s, v + i, columns);
    for (size_t c = 0; i < s->hd && c < columns; c++)
        mix_weighed_eight(out + c * out_stride + i, s, v + i, c);
}

static void mix_weighed(float *out, size_t out_stride, const int16_t *w, size_t w_stride, const float *factor,
    size_t columns, const int8_t *v, size_t count, size_t hd)
{
    size_t left = columns;
    while (left) {
        size_t c = columns - left;
        struct weighed s = {
            (const uint8_t *)(w + c * w_stride), w_stride * sizeof(*w), factor + c, count, hd, {0}};
        float *to = out + c * out_stride;
        if (left >= MIXED) {
            mix_weighed_columns(to, out_stride, &s, v, MIXED);
            left -= MIXED;
        } else if (left >= 3) {
            mix_weighed_columns(to, out_stride, &s, v, 3);
            left -= 3;
        } else if (left == 2) {
            mix_weighed_columns(to, out_stride, &s, v, 2);
            left = 0;
        } else {
            mix_weighed_columns(to, out_stride, &s, v, 1);
            left = 0;
        }
    }
}

const struct san_kernels san_kernels_dotprod = {
    .name = "dotprod",
    .needs = SAN_CPU_NEON | SAN_CPU_DOTPROD,
    .layout = {.rows = ROWS, .depth = DEPTH, .shifted = false},
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
    .weigh = weigh,
    .mix_weighed = mix_weighed,
};
