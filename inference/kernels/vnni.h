/* vnni.h - the quantised multiplications with VNNI's dot product of unsigned and signed bytes, 256 bits wide.
 * For the files of the two sets that have it, in two encodings.
 *
 * The instruction adds four neighbouring products: the very lanes of the contract. Its first operand is
 * unsigned. A single column has the sign moved over, as in avx2.c. Several columns are shifted by 128 once,
 * for all rows; 128 times the weights' sums, which the shift adds, is what the sum of a group starts from,
 * less than zero. No step saturates and all is exact: |128 * 128 * 4 + 128 * 127 * 4| < 2^18.
 *
 * Columns go in blocks of eight or four, their groups side by side, and with them the products of the scales:
 * what is left for each 32 products is a dot product, a conversion, a multiplication and an addition. */
#ifndef SAN_VNNI_H
#define SAN_VNNI_H

#include "inference/kernels/avx2.h"

enum { WIDE = 8, NARROW = 4, GROUPS_MAX = SAN_COLUMN_MAX / SAN_GROUP };

/* sum[l] += u[4l] * s[4l] + .. + u[4l + 3] * s[4l + 3], u unsigned. */
typedef __m256i dot_fn(__m256i sum, __m256i u, __m256i s);
typedef struct group load_fn(const void *row, size_t b);

/* ---- one column ---- */

static INLINE __m256 add_products(__m256 sum, struct group group, struct column x, size_t b, dot_fn *dot)
{
    __m256i q = _mm256_loadu_si256((const void *)(x.q + b * SAN_GROUP));
    __m256i products = dot(_mm256_setzero_si256(), _mm256_abs_epi8(group.w), _mm256_sign_epi8(q, group.w));
    __m256 both = _mm256_mul_ps(group.scale, _mm256_broadcast_ss(x.scale + b));
    return multiply_add(sum, _mm256_cvtepi32_ps(products), both);
}

static INLINE void multiply_one(float *out, const char *w, size_t row_bytes, size_t rows,
    const struct san_columns *cols, load_fn *load, dot_fn *dot)
{
    struct column x = column_at(cols, 0);
    for (size_t r = 0; r < rows; r += TILE) {
        prefetch(w, (r + TILE) * row_bytes, TILE * row_bytes);
        const char *w0 = w + r * row_bytes, *w1 = w + at_most(r + 1, rows) * row_bytes;
        const char *w2 = w + at_most(r + 2, rows) * row_bytes, *w3 = w + at_most(r + 3, rows) * row_bytes;
        __m256 s0 = _mm256_setzero_ps(), s1 = s0, s2 = s0, s3 = s0;
        for (size_t b = 0; b < cols->n / SAN_GROUP; b++) {
            s0 = add_products(s0, load(w0, b), x, b, dot);
            s1 = add_products(s1, load(w1, b), x, b, dot);
            s2 = add_products(s2, load(w2, b), x, b, dot);
            s3 = add_products(s3, load(w3, b), x, b, dot);
        }
        float result[TILE];
        add_lanes_of_four(result, s0, s1, s2, s3);
        for (size_t t = 0; t < TILE; t++)
            out[at_most(r + t, rows)] = result[t];
    }
}

/* ---- several columns ---- */

struct block {
    __m256i q[GROUPS_MAX * WIDE]; /* [group][column] + 128 */
    float scale[GROUPS_MAX * WIDE];
    float both[GROUPS_MAX * WIDE]; /* times the scale of the row under way */
};

static INLINE void fill_block(struct block *block, const struct san_columns *cols, size_t first, size_t width)
{
    const __m256i shift = _mm256_set1_epi8(-128);
    for (size_t c = 0; c < width; c++) {
        struct column x = column_at(cols, first + c);
        for (size_t b = 0; b < cols->n / SAN_GROUP; b++) {
            __m256i q = _mm256_loadu_si256((const void *)(x.q + b * SAN_GROUP));
            block->q[b * width + c] = _mm256_xor_si256(q, shift);
            block->scale[b * width + c] = x.scale[b];
        }
    }
}

static INLINE void multiply_scales(
    struct block *block, const void *row, size_t groups, size_t width, load_fn *load)
{
    for (size_t b = 0; b < groups; b++) {
        __m256 scale = load(row, b).scale;
        const float *from = block->scale + b * width;
        float *to = block->both + b * width;
        if (width == WIDE)
            _mm256_storeu_ps(to, _mm256_mul_ps(scale, _mm256_loadu_ps(from)));
        else
            _mm_storeu_ps(to, _mm_mul_ps(_mm256_castps256_ps128(scale), _mm_loadu_ps(from)));
    }
}

static INLINE __m256 add_shifted(
    __m256 sum, __m256i start, __m256i w, const struct block *block, size_t at, dot_fn *dot)
{
    __m256 products = _mm256_cvtepi32_ps(dot(start, block->q[at], w));
    return multiply_add(sum, products, _mm256_broadcast_ss(block->both + at));
}

/* One row with the columns of a block; the sums of each four go to out[0], out[4]. */
static INLINE void multiply_row(float out[WIDE], struct block *block, const void *row, size_t groups,
    size_t width, load_fn *load, dot_fn *dot)
{
    const __m256i zero = _mm256_setzero_si256(), shift = _mm256_set1_epi8(-128);
    __m256 s0 = _mm256_setzero_ps(), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
    multiply_scales(block, row, groups, width, load);
    for (size_t b = 0; b < groups; b++) {
        __m256i w = load(row, b).w;
        __m256i start = _mm256_sub_epi32(zero, dot(zero, shift, w));
        size_t at = b * width;
        s0 = add_shifted(s0, start, w, block, at, dot);
        s1 = add_shifted(s1, start, w, block, at + 1, dot);
        s2 = add_shifted(s2, start, w, block, at + 2, dot);
        s3 = add_shifted(s3, start, w, block, at + 3, dot);
        if (width == WIDE) {
            s4 = add_shifted(s4, start, w, block, at + 4, dot);
            s5 = add_shifted(s5, start, w, block, at + 5, dot);
            s6 = add_shifted(s6, start, w, block, at + 6, dot);
            s7 = add_shifted(s7, start, w, block, at + 7, dot);
        }
    }
    add_lanes_of_four(out, s0, s1, s2, s3);
    if (width == WIDE)
        add_lanes_of_four(out + TILE, s4, s5, s6, s7);
}

static INLINE void multiply_block(float *out, size_t out_stride, const char *w, size_t row_bytes, size_t rows,
    const struct san_columns *cols, size_t first, size_t width, load_fn *load, dot_fn *dot)
{
    struct block block;
    size_t groups = cols->n / SAN_GROUP, left = cols->count - first;
    size_t used = left < width ? left : width;
    fill_block(&block, cols, first, width);
    for (size_t r = 0; r < rows; r++) {
        float result[WIDE];
        prefetch(w, (r + 1) * row_bytes, row_bytes);
        multiply_row(result, &block, w + r * row_bytes, groups, width, load, dot);
        for (size_t c = 0; c < used; c++)
            out[(first + c) * out_stride + r] = result[c];
    }
}

static INLINE void multiply_quantised(float *out, size_t out_stride, const void *w, size_t block_bytes,
    size_t rows, const struct san_columns *cols, load_fn *load, dot_fn *dot)
{
    size_t row_bytes = cols->n / SAN_GROUP * block_bytes;
    if (cols->count == 1) {
        multiply_one(out, w, row_bytes, rows, cols, load, dot);
        return;
    }
    size_t c = 0;
    for (; c + NARROW < cols->count; c += WIDE)
        multiply_block(out, out_stride, w, row_bytes, rows, cols, c, WIDE, load, dot);
    if (c < cols->count)
        multiply_block(out, out_stride, w, row_bytes, rows, cols, c, NARROW, load, dot);
}

#endif
