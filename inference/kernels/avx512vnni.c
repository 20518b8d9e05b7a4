/* avx512vnni.c - the x86 set with AVX-512 VNNI: sixteen rows in a register, their numbers unsigned, since
 * that is what the dot product takes first. What is not worth the wider registers is avx2.c's.
 *
 * For each 32 products of a column and sixteen rows there are eight dot products, a conversion and a
 * multiplication-addition; numbers of a column are broadcast from memory, once for two tiles. */
#include <math.h>

#include "inference/kernels/avx512.h"

enum { WIDE_ROWS = 16, WIDE_STEP = WIDE_ROWS * 4, TALL = 4, WEIGHED = 3, MIXED = 3, AT_ONCE = 4 };

static const struct cut wide_cut = {
    .tile_rows = WIDE_ROWS, .columns = COLUMNS_MAX, .wide = 2, .few = 1, .tall = TALL};
static const struct cut wide_cut_rows = {
    .tile_rows = WIDE_ROWS, .columns = COLUMNS_MAX, .wide = 2, .few = COLUMNS_MAX - 1, .tall = TALL};

typedef void wide_load_fn(__m512i w[2], const char *group, size_t i);

static INLINE void wide_load_q8_0(__m512i w[2], const char *group, size_t i)
{
    w[0] = _mm512_loadu_si512(group + 2 * i * WIDE_STEP);
    w[1] = _mm512_loadu_si512(group + (2 * i + 1) * WIDE_STEP);
}

/* 16 times the numbers. */
static INLINE void wide_load_q4_0(__m512i w[2], const char *group, size_t i)
{
    const __m512i high = _mm512_set1_epi32((int)0xf0f0f0f0);
    __m512i both = _mm512_loadu_si512(group + i * WIDE_STEP);
    w[0] = _mm512_and_si512(_mm512_slli_epi32(both, 4), high);
    w[1] = _mm512_and_si512(both, high);
}

static INLINE __m512i wide_four_numbers(const int8_t *q)
{
    int32_t four;
    memcpy(&four, q, sizeof(four));
    return _mm512_set1_epi32(four);
}

/* Adds group b of all columns and tiles. */
static INLINE void wide_add_group(__m512 sum[TALL][COLUMNS_MAX], const struct block *block, size_t b,
    size_t tiles, size_t columns, wide_load_fn *load, size_t group_bytes)
{
    const char *group = block->tile + block->scale_bytes + b * group_bytes;
    __m512i products[TALL][COLUMNS_MAX];
    for (size_t i = 0; i < block->ahead_bytes; i += SAN_MATRIX_ALIGN)
        _mm_prefetch(block->ahead + b * block->ahead_bytes + i, _MM_HINT_T1);
#pragma GCC unroll 6
    for (size_t c = 0; c < columns; c++)
#pragma GCC unroll 4
        for (size_t t = 0; t < tiles; t++)
            products[t][c] = _mm512_set1_epi32(block->offset[c * san_offsets(block->n) + b]);
#pragma GCC unroll 4
    for (size_t i = 0; i < STEP_PAIRS; i++) {
        __m512i w[TALL][2];
#pragma GCC unroll 4
        for (size_t t = 0; t < tiles; t++)
            load(w[t], group + t * block->tile_bytes, i);
#pragma GCC unroll 6
        for (size_t c = 0; c < columns; c++) {
            const int8_t *q = block->q + c * block->n + b * SAN_GROUP + i * 8;
            __m512i first = wide_four_numbers(q), second = wide_four_numbers(q + 4);
#pragma GCC unroll 4
            for (size_t t = 0; t < tiles; t++) {
                products[t][c] = _mm512_dpbusd_epi32(products[t][c], w[t][0], first);
                products[t][c] = _mm512_dpbusd_epi32(products[t][c], w[t][1], second);
            }
        }
    }
#pragma GCC unroll 4
    for (size_t t = 0; t < tiles; t++) {
        const void *scales = block->tile + t * block->tile_bytes + b * WIDE_ROWS * sizeof(uint16_t);
        __m512 scale = _mm512_cvtph_ps(_mm256_loadu_si256(scales));
#pragma GCC unroll 6
        for (size_t c = 0; c < columns; c++)
            sum[t][c] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(products[t][c]), scale, sum[t][c]);
    }
}

static INLINE void wide_block(float *out, size_t out_stride, const struct block *block, size_t tiles,
    size_t columns, wide_load_fn *load, size_t group_bytes, float factor)
{
    __m512 sum[TALL][COLUMNS_MAX];
#pragma GCC unroll 4
    for (size_t t = 0; t < tiles; t++)
#pragma GCC unroll 6
        for (size_t c = 0; c < columns; c++)
            sum[t][c] = _mm512_setzero_ps();
    for (size_t b = 0; b < block->groups; b++)
        wide_add_group(sum, block, b, tiles, columns, load, group_bytes);
#pragma GCC unroll 4
    for (size_t t = 0; t < tiles; t++)
#pragma GCC unroll 6
        for (size_t c = 0; c < columns; c++)
            _mm512_storeu_ps(out + c * out_stride + t * WIDE_ROWS,
                _mm512_mul_ps(sum[t][c], _mm512_set1_ps(block->scale[c] * factor)));
}

static INLINE void block_q8_0(
    float *out, size_t out_stride, const struct block *block, size_t tiles, size_t columns)
{
    wide_block(out, out_stride, block, tiles, columns, wide_load_q8_0, SAN_GROUP * WIDE_ROWS, 1);
}

static INLINE void block_q4_0(
    float *out, size_t out_stride, const struct block *block, size_t tiles, size_t columns)
{
    wide_block(out, out_stride, block, tiles, columns, wide_load_q4_0, SAN_GROUP / 2 * WIDE_ROWS, 0.0625f);
}

/* One scale a row: nothing but dot products. Of all six columns, four tiles would have 24 sums, which do not
 * stay in registers, and waiting for them costs most where another program shares the core. Of fewer columns,
 * two tiles have too few sums for products to go on while others are waited for. */
static INLINE void block_q8_rows(
    float *out, size_t out_stride, const struct block *block, size_t tiles, size_t columns)
{
    __m512i sum[TALL][COLUMNS_MAX];
    const char *numbers = block->tile + block->scale_bytes;
    const int8_t *q = block->q;
#pragma GCC unroll 6
    for (size_t c = 0; c < columns; c++)
#pragma GCC unroll 4
        for (size_t t = 0; t < tiles; t++)
            sum[t][c] = _mm512_set1_epi32(block->offset[c * san_offsets(block->n) + block->groups]);
    for (size_t b = 0; b < block->groups; b++, numbers += SAN_GROUP * WIDE_ROWS, q += SAN_GROUP) {
        for (size_t i = 0; i < block->ahead_bytes; i += SAN_MATRIX_ALIGN)
            _mm_prefetch(block->ahead + b * block->ahead_bytes + i, _MM_HINT_T1);
#pragma GCC unroll 8
        for (size_t i = 0; i < 2 * STEP_PAIRS; i++) {
            __m512i w[TALL];
#pragma GCC unroll 4
            for (size_t t = 0; t < tiles; t++)
                w[t] = _mm512_loadu_si512(numbers + t * block->tile_bytes + i * WIDE_STEP);
#pragma GCC unroll 6
            for (size_t c = 0; c < columns; c++) {
                __m512i four = wide_four_numbers(q + c * block->n + 4 * i);
#pragma GCC unroll 4
                for (size_t t = 0; t < tiles; t++)
                    sum[t][c] = _mm512_dpbusd_epi32(sum[t][c], w[t], four);
            }
        }
    }
#pragma GCC unroll 4
    for (size_t t = 0; t < tiles; t++) {
        __m512 scale =
            _mm512_cvtph_ps(_mm256_loadu_si256((const void *)(block->tile + t * block->tile_bytes)));
#pragma GCC unroll 6
        for (size_t c = 0; c < columns; c++) {
            __m512 scaled = _mm512_mul_ps(_mm512_cvtepi32_ps(sum[t][c]), scale);
            _mm512_storeu_ps(
                out + c * out_stride + t * WIDE_ROWS, _mm512_mul_ps(scaled, _mm512_set1_ps(block->scale[c])));
        }
    }
}

static void multiply_q8_0(float *out, size_t out_stride, const struct san_matrix *w, size_t first,
    size_t rows, const struct san_columns *cols)
{
    multiply_tiles(out, out_stride, w, first, rows, cols, wide_cut, block_q8_0);
}

static void multiply_q8_rows(float *out, size_t out_stride, const struct san_matrix *w, size_t first,
    size_t rows, const struct san_columns *cols)
{
    multiply_tiles(out, out_stride, w, first, rows, cols, wide_cut_rows, block_q8_rows);
}

static void multiply_q4_0(float *out, size_t out_stride, const struct san_matrix *w, size_t first,
    size_t rows, const struct san_columns *cols)
{
    multiply_tiles(out, out_stride, w, first, rows, cols, wide_cut, block_q4_0);
}

/* ---- attention ---- */

static INLINE __m512 wide_exponential(__m512 y)
{
    const __m512 one = _mm512_set1_ps(1.0f);
    __m512 n = _mm512_roundscale_ps(
        _mm512_mul_ps(y, _mm512_set1_ps(SAN_LOG2E)), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    __m512 r = _mm512_fnmadd_ps(n, _mm512_set1_ps(SAN_LN2_HIGH), y);
    r = _mm512_fnmadd_ps(n, _mm512_set1_ps(SAN_LN2_LOW), r);
    __m512 p = _mm512_set1_ps(SAN_EXP_C6);
    p = _mm512_fmadd_ps(r, p, _mm512_set1_ps(SAN_EXP_C5));
    p = _mm512_fmadd_ps(r, p, _mm512_set1_ps(SAN_EXP_C4));
    p = _mm512_fmadd_ps(r, p, _mm512_set1_ps(SAN_EXP_C3));
    p = _mm512_fmadd_ps(r, p, _mm512_set1_ps(SAN_EXP_C2));
    p = _mm512_fmadd_ps(r, p, one);
    p = _mm512_fmadd_ps(r, p, one);
    __m512i bits = _mm512_slli_epi32(_mm512_add_epi32(_mm512_cvtps_epi32(n), _mm512_set1_epi32(127)), 23);
    __mmask16 above = _mm512_cmp_ps_mask(y, _mm512_set1_ps(SAN_EXP_MIN), _CMP_GT_OQ);
    return _mm512_maskz_mul_ps(above, _mm512_castsi512_ps(bits), p);
}

/* Sixteen numbers are two turns of the eight lanes. */
static void softmax(float *x, size_t count)
{
    size_t padded = (count + LANES - 1) / LANES * LANES;
    for (size_t i = count; i < padded; i++)
        x[i] = -INFINITY; /* exp gives 0, and 0 leaves a lane as it is */
    const __m512 none = _mm512_set1_ps(-INFINITY);
    __m512 most = none;
    __mmask16 last = padded % WIDE_ROWS ? 0xff : 0xffff;
    for (size_t i = 0; i < padded; i += WIDE_ROWS)
        most = _mm512_max_ps(most, _mm512_mask_loadu_ps(none, i + WIDE_ROWS < padded ? 0xffff : last, x + i));
    most = _mm512_set1_ps(_mm512_reduce_max_ps(most));
    __m256 sum = _mm256_setzero_ps();
    for (size_t i = 0; i < padded; i += WIDE_ROWS) {
        __mmask16 mask = i + WIDE_ROWS < padded ? 0xffff : last;
        __m512 e = wide_exponential(_mm512_sub_ps(_mm512_mask_loadu_ps(none, mask, x + i), most));
        _mm512_mask_storeu_ps(x + i, mask, e);
        sum = _mm256_add_ps(_mm256_add_ps(sum, _mm512_castps512_ps256(e)), upper_half(e));
    }
    __m512 factor = _mm512_set1_ps(1.0f / add_lanes(sum));
    for (size_t i = 0; i < padded; i += WIDE_ROWS) {
        __mmask16 mask = i + WIDE_ROWS < padded ? 0xffff : last;
        _mm512_mask_storeu_ps(x + i, mask, _mm512_mul_ps(_mm512_maskz_loadu_ps(mask, x + i), factor));
    }
}

/* `columns` times `width` registers of the output, over all rows. mask: of the last of them. */
static INLINE void mix_block(float *out, size_t out_stride, const float *w, size_t w_stride, const float *v,
    size_t count, size_t hd, size_t columns, size_t width, __mmask16 mask)
{
    __m512 sum[COLUMNS_MAX][4];
#pragma GCC unroll 6
    for (size_t c = 0; c < columns; c++)
#pragma GCC unroll 4
        for (size_t i = 0; i < width; i++)
            sum[c][i] = _mm512_setzero_ps();
    for (size_t t = 0; t < count; t++) {
        __m512 row[4];
#pragma GCC unroll 4
        for (size_t i = 0; i < width; i++)
            row[i] = _mm512_maskz_loadu_ps(i + 1 < width ? 0xffff : mask, v + t * hd + i * WIDE_ROWS);
#pragma GCC unroll 6
        for (size_t c = 0; c < columns; c++) {
            __m512 weight = _mm512_set1_ps(w[c * w_stride + t]);
#pragma GCC unroll 4
            for (size_t i = 0; i < width; i++)
                sum[c][i] = _mm512_fmadd_ps(weight, row[i], sum[c][i]);
        }
    }
#pragma GCC unroll 6
    for (size_t c = 0; c < columns; c++)
#pragma GCC unroll 4
        for (size_t i = 0; i < width; i++)
            _mm512_mask_storeu_ps(
                out + c * out_stride + i * WIDE_ROWS, i + 1 < width ? 0xffff : mask, sum[c][i]);
}

static INLINE void mix_columns(float *out, size_t out_stride, const float *w, size_t w_stride, const float *v,
    size_t count, size_t hd, size_t columns)
{
    size_t i = 0;
    for (; i + 64 <= hd; i += 64)
        mix_block(out + i, out_stride, w, w_stride, v + i, count, hd, columns, 4, 0xffff);
    for (; i + 32 <= hd; i += 32)
        mix_block(out + i, out_stride, w, w_stride, v + i, count, hd, columns, 2, 0xffff);
    for (; i < hd; i += 16)
        mix_block(
            out + i, out_stride, w, w_stride, v + i, count, hd, columns, 1, hd - i < 16 ? 0xff : 0xffff);
}

static void mix(float *out, size_t out_stride, const float *w, size_t w_stride, size_t columns,
    const float *v, size_t count, size_t hd)
{
    size_t c = 0;
    for (; c + COLUMNS_MAX <= columns; c += COLUMNS_MAX)
        mix_columns(out + c * out_stride, out_stride, w + c * w_stride, w_stride, v, count, hd, COLUMNS_MAX);
    for (; c + 2 <= columns; c += 2)
        mix_columns(out + c * out_stride, out_stride, w + c * w_stride, w_stride, v, count, hd, 2);
    if (c < columns)
        mix_columns(out + c * out_stride, out_stride, w + c * w_stride, w_stride, v, count, hd, 1);
}

/* ---- attention to integers ---- */

static INLINE __m512 power(__m512 z)
{
    const __m512 large = _mm512_set1_ps(SAN_ROUNDING);
    __m512 n = _mm512_add_ps(z, large), f = _mm512_sub_ps(z, _mm512_sub_ps(n, large));
    __m512 p = _mm512_fmadd_ps(f, _mm512_set1_ps(SAN_EXP2_C4), _mm512_set1_ps(SAN_EXP2_C3));
    p = _mm512_fmadd_ps(f, p, _mm512_set1_ps(SAN_EXP2_C2));
    p = _mm512_fmadd_ps(f, p, _mm512_set1_ps(SAN_EXP2_C1));
    p = _mm512_fmadd_ps(f, p, _mm512_set1_ps(1.0f));
    __mmask16 above = _mm512_cmp_ps_mask(z, _mm512_set1_ps(SAN_EXP2_MIN), _CMP_GT_OQ);
    __m512i exponent = _mm512_slli_epi32(_mm512_castps_si512(n), 23);
    return _mm512_castsi512_ps(_mm512_maskz_add_epi32(above, _mm512_castps_si512(p), exponent));
}

/* Of the last numbers of `count`, fewer than sixteen, those that are there. */
static INLINE __mmask16 mask_of(size_t count)
{
    return (__mmask16)((1u << count % WIDE_ROWS) - 1);
}

static INLINE __m512 load_scores(const float *x, __mmask16 mask)
{
    return mask == 0xffff ? _mm512_loadu_ps(x) : _mm512_mask_loadu_ps(_mm512_set1_ps(-INFINITY), mask, x);
}

static float largest_scale(const float *scale, size_t count)
{
    __m512 most = _mm512_maskz_loadu_ps(mask_of(count), scale + count / WIDE_ROWS * WIDE_ROWS);
    for (size_t i = 0; i + WIDE_ROWS <= count; i += WIDE_ROWS)
        most = _mm512_max_ps(most, _mm512_loadu_ps(scale + i));
    return _mm512_reduce_max_ps(most);
}

/* Where the exponents of the columns begin. */
static INLINE void find_starts(float *start, const float *x, size_t stride, size_t columns, size_t count)
{
    __m512 most[WEIGHED];
    const float *rest = x + count / WIDE_ROWS * WIDE_ROWS;
#pragma GCC unroll 3
    for (size_t c = 0; c < columns; c++)
        most[c] = load_scores(rest + c * stride, mask_of(count));
    for (size_t i = 0; i + WIDE_ROWS <= count; i += WIDE_ROWS)
#pragma GCC unroll 3
        for (size_t c = 0; c < columns; c++)
            most[c] = _mm512_max_ps(most[c], _mm512_loadu_ps(x + c * stride + i));
#pragma GCC unroll 3
    for (size_t c = 0; c < columns; c++)
        start[c] = -(_mm512_reduce_max_ps(most[c]) * SAN_LOG2E);
}

/* Sixteen weights of each column; the sums gain what the softmax divides by. mask: of the scores. */
static INLINE void weigh_sixteen(uint8_t *w, __m256 *sum, const float *x, size_t stride, size_t columns,
    __m512 scaled, const float *start, __mmask16 mask)
{
#pragma GCC unroll 3
    for (size_t c = 0; c < columns; c++) {
        __m512 z = load_scores(x + c * stride, mask);
        __m512 e = power(_mm512_fmadd_ps(z, _mm512_set1_ps(SAN_LOG2E), _mm512_set1_ps(start[c])));
        __m512i n = _mm512_cvtps_epi32(_mm512_fmadd_ps(e, scaled, _mm512_loadu_ps(san_dither)));
        _mm_storeu_si128((void *)(w + 2 * c * stride), _mm512_cvtepi32_epi8(n));
        sum[c] = _mm256_add_ps(_mm256_add_ps(sum[c], _mm512_castps512_ps256(e)), upper_half(e));
    }
}

/* Some columns at once, which share the scales. */
static INLINE void weigh_columns(uint8_t *w, float *factor, const float *x, size_t stride, size_t columns,
    const float *scale, size_t count, float largest)
{
    float start[WEIGHED];
    find_starts(start, x, stride, columns, count);
    __m512 inverse = _mm512_set1_ps(largest > 0 ? SAN_WEIGHT_MAX / largest : 0);
    __m256 sum[WEIGHED] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps()};
    size_t i = 0;
    for (; i + WIDE_ROWS <= count; i += WIDE_ROWS)
        weigh_sixteen(w + i, sum, x + i, stride, columns, _mm512_mul_ps(_mm512_loadu_ps(scale + i), inverse),
            start, 0xffff);
    if (i < count) {
        __m512 scaled = _mm512_mul_ps(_mm512_maskz_loadu_ps(mask_of(count), scale + i), inverse);
        weigh_sixteen(w + i, sum, x + i, stride, columns, scaled, start, mask_of(count));
    }
#pragma GCC unroll 3
    for (size_t c = 0; c < columns; c++)
        factor[c] = largest / (SAN_WEIGHT_MAX * add_lanes(sum[c]));
}

static void weigh(int16_t *w, float *factor, const float *x, size_t stride, size_t columns,
    const float *scale, size_t count)
{
    float largest = largest_scale(scale, count);
    size_t c = 0;
    for (; c + WEIGHED <= columns; c += WEIGHED)
        weigh_columns(
            (uint8_t *)(w + c * stride), factor + c, x + c * stride, stride, WEIGHED, scale, count, largest);
    if (c + 2 == columns)
        weigh_columns(
            (uint8_t *)(w + c * stride), factor + c, x + c * stride, stride, 2, scale, count, largest);
    else if (c < columns)
        weigh_columns(
            (uint8_t *)(w + c * stride), factor + c, x + c * stride, stride, 1, scale, count, largest);
}

/* The part of the output that a register of each row is for. */
struct part {
    size_t width;   /* numbers, at most sixty-four */
    __mmask64 mask; /* those that are there */
    bool halves;    /* at most thirty-two: another four rows go with the upper half */
};

static INLINE __m512i load_row(const int8_t *v, size_t hd, size_t row, size_t last, const struct part *part)
{
    const int8_t *first = v + (row < last ? row : last) * hd;
    if (!part->halves)
        return _mm512_maskz_loadu_epi8(part->mask, first);
    const int8_t *second = v + (row + AT_ONCE < last ? row + AT_ONCE : last) * hd;
    __m256i low = _mm256_maskz_loadu_epi8((__mmask32)part->mask, first);
    return _mm512_inserti64x4(
        _mm512_castsi256_si512(low), _mm256_maskz_loadu_epi8((__mmask32)part->mask, second), 1);
}

/* Four rows, the numbers of a place together: of each quarter of the registers, four places in each. What
 * lies behind the last row has no weight. */
static INLINE void load_rows(__m512i to[4], const int8_t *v, size_t hd, size_t last, const struct part *part)
{
    __m512i a = load_row(v, hd, 0, last, part), b = load_row(v, hd, 1, last, part);
    __m512i c = load_row(v, hd, 2, last, part), d = load_row(v, hd, 3, last, part);
    __m512i ab_low = _mm512_unpacklo_epi8(a, b), ab_high = _mm512_unpackhi_epi8(a, b);
    __m512i cd_low = _mm512_unpacklo_epi8(c, d), cd_high = _mm512_unpackhi_epi8(c, d);
    to[0] = _mm512_unpacklo_epi16(ab_low, cd_low);
    to[1] = _mm512_unpackhi_epi16(ab_low, cd_low);
    to[2] = _mm512_unpacklo_epi16(ab_high, cd_high);
    to[3] = _mm512_unpackhi_epi16(ab_high, cd_high);
}

static INLINE void add_rows(__m512i sum[][4], const int8_t *w, size_t w_stride, const int8_t *v, size_t hd,
    size_t last, size_t columns, const struct part *part)
{
    __m512i rows[4];
    load_rows(rows, v, hd, last, part);
#pragma GCC unroll 3
    for (size_t c = 0; c < columns; c++) {
        __m512i weights = wide_four_numbers(w + c * w_stride);
        if (part->halves) {
            int32_t upper;
            memcpy(&upper, w + c * w_stride + AT_ONCE, sizeof(upper));
            weights = _mm512_mask_set1_epi32(weights, 0xff00, upper);
        }
#pragma GCC unroll 4
        for (size_t i = 0; i < 4; i++)
            sum[c][i] = _mm512_dpbusd_epi32(sum[c][i], weights, rows[i]);
    }
}

/* The four registers of a column in the order of the output, of which there are `width` numbers. */
static INLINE void store_weighed(float *out, const __m512i sum[4], float factor, size_t width)
{
    __m512 x[4];
#pragma GCC unroll 4
    for (size_t i = 0; i < 4; i++)
        x[i] = _mm512_mul_ps(_mm512_cvtepi32_ps(sum[i]), _mm512_set1_ps(factor));
    __m512 even = _mm512_shuffle_f32x4(x[0], x[1], 0x88), odd = _mm512_shuffle_f32x4(x[0], x[1], 0xdd);
    __m512 even_high = _mm512_shuffle_f32x4(x[2], x[3], 0x88);
    __m512 odd_high = _mm512_shuffle_f32x4(x[2], x[3], 0xdd);
    const __m512 quarter[4] = {_mm512_shuffle_f32x4(even, even_high, 0x88),
        _mm512_shuffle_f32x4(odd, odd_high, 0x88), _mm512_shuffle_f32x4(even, even_high, 0xdd),
        _mm512_shuffle_f32x4(odd, odd_high, 0xdd)};
#pragma GCC unroll 4
    for (size_t i = 0; i < 4; i++)
        if (width > i * WIDE_ROWS)
            _mm512_mask_storeu_ps(
                out + i * WIDE_ROWS, width < (i + 1) * WIDE_ROWS ? mask_of(width) : 0xffff, quarter[i]);
}

/* A part of the output, over all rows. */
static INLINE void mix_weighed_part(float *out, size_t out_stride, const int16_t *w, size_t w_stride,
    const float *factor, const int8_t *v, size_t count, size_t hd, size_t columns, struct part part)
{
    const int8_t *weights = (const int8_t *)w;
    size_t rows = part.halves ? 2 * AT_ONCE : AT_ONCE, t = 0;
    __m512i sum[MIXED][4];
#pragma GCC unroll 3
    for (size_t c = 0; c < columns; c++)
#pragma GCC unroll 4
        for (size_t i = 0; i < 4; i++)
            sum[c][i] = _mm512_setzero_si512();
    for (; t + rows <= count; t += rows)
        add_rows(sum, weights + t, 2 * w_stride, v + t * hd, hd, rows - 1, columns, &part);
    if (t < count)
        add_rows(sum, weights + t, 2 * w_stride, v + t * hd, hd, count - t - 1, columns, &part);
#pragma GCC unroll 3
    for (size_t c = 0; c < columns; c++) {
#pragma GCC unroll 4
        for (size_t i = 0; i < 4; i++)
            if (part.halves)
                sum[c][i] = _mm512_add_epi32(sum[c][i], _mm512_shuffle_i64x2(sum[c][i], sum[c][i], 0xee));
        store_weighed(out + c * out_stride, sum[c], factor[c], part.width);
    }
}

static INLINE void mix_weighed_columns(float *out, size_t out_stride, const int16_t *w, size_t w_stride,
    const float *factor, const int8_t *v, size_t count, size_t hd, size_t columns)
{
    const struct part whole = {64, UINT64_MAX, false}, half = {32, UINT32_MAX, true};
    size_t i = 0;
    for (; i + 64 <= hd; i += 64)
        mix_weighed_part(out + i, out_stride, w, w_stride, factor, v + i, count, hd, columns, whole);
    for (; i + 32 <= hd; i += 32)
        mix_weighed_part(out + i, out_stride, w, w_stride, factor, v + i, count, hd, columns, half);
    const struct part rest = {hd - i, (UINT64_C(1) << (hd - i)) - 1, true};
    if (i < hd)
        mix_weighed_part(out + i, out_stride, w, w_stride, factor, v + i, count, hd, columns, rest);
}

static void mix_weighed(float *out, size_t out_stride, const int16_t *w, size_t w_stride, const float *factor,
    size_t columns, const int8_t *v, size_t count, size_t hd)
{
    size_t c = 0;
    for (; c + MIXED <= columns; c += MIXED)
        mix_weighed_columns(
            out + c * out_stride, out_stride, w + c * w_stride, w_stride, factor + c, v, count, hd, MIXED);
    if (c + 2 == columns)
        mix_weighed_columns(
            out + c * out_stride, out_stride, w + c * w_stride, w_stride, factor + c, v, count, hd, 2);
    else if (c < columns)
        mix_weighed_columns(
            out + c * out_stride, out_stride, w + c * w_stride, w_stride, factor + c, v, count, hd, 1);
}

const struct san_kernels san_kernels_avx512vnni = {
    .name = "avx512vnni",
    .needs = SAN_CPU_AVX2 | SAN_CPU_AVX512VNNI,
    .layout = {.rows = WIDE_ROWS, .depth = 4, .shifted = true},
    .quantize = san_avx512_quantize,
    .multiply_f32 = san_avx2_multiply_f32,
    .multiply_f16 = san_avx2_multiply_f16,
    .multiply_q8_0 = multiply_q8_0,
    .multiply_q8_rows = multiply_q8_rows,
    .multiply_q4_0 = multiply_q4_0,
    .rms_norm = san_avx2_rms_norm,
    .add = san_avx2_add,
    .advance = san_avx512_advance,
    .round_queries = san_avx512_round_queries,
    .round_keys = san_avx512_round_keys,
    .rope = san_avx2_rope,
    .softmax = softmax,
    .mix = mix,
    .weigh = weigh,
    .mix_weighed = mix_weighed,
};
