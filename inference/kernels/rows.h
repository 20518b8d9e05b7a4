/* rows.h - how a set of kernels walks over a matrix of floats: in tiles of four dot products. For the files
 * of the sets alone.
 *
 * A tile is one row against four columns, or four rows against the only column. A block of rows stays in the
 * nearest cache while all columns pass. At the edge the last row or column stands in for those that are
 * missing. All of it is inlined for each type of weight, and the four of a tile are spelt out, so that the
 * compiler keeps the sums in registers and sees where rows or columns are one and the same.
 */
#ifndef SAN_ROWS_H
#define SAN_ROWS_H

#include "inference/kernels/kernels.h"

#define INLINE inline __attribute__((always_inline))

enum { LANES = 8, TILE = 4, ROW_BLOCK = 16 };

/* out[t] = dot product of row w[t] with column x[t], of n numbers. */
typedef void tile_fn(float out[TILE], const void *const w[TILE], const float *const x[TILE], size_t n);

static inline size_t at_most(size_t i, size_t count)
{
    return i < count ? i : count - 1;
}

static INLINE void multiply_column(
    float *out, const char *w, size_t row_bytes, size_t rows, const struct san_columns *cols, tile_fn *run)
{
    const float *const x[TILE] = {cols->x, cols->x, cols->x, cols->x};
    for (size_t r = 0; r < rows; r += TILE) {
        const void *const row[TILE] = {w + r * row_bytes, w + at_most(r + 1, rows) * row_bytes,
            w + at_most(r + 2, rows) * row_bytes, w + at_most(r + 3, rows) * row_bytes};
        float result[TILE];
        run(result, row, x, cols->n);
        for (size_t t = 0; t < TILE; t++)
            out[at_most(r + t, rows)] = result[t];
    }
}

static INLINE void multiply_four(float *out, size_t out_stride, const char *w, size_t row_bytes, size_t rows,
    const struct san_columns *cols, size_t c, tile_fn *run)
{
    const size_t at[TILE] = {
        c, at_most(c + 1, cols->count), at_most(c + 2, cols->count), at_most(c + 3, cols->count)};
    const float *const x[TILE] = {cols->x + at[0] * cols->n, cols->x + at[1] * cols->n,
        cols->x + at[2] * cols->n, cols->x + at[3] * cols->n};
    for (size_t r = 0; r < rows; r++) {
        const void *one = w + r * row_bytes;
        const void *const row[TILE] = {one, one, one, one};
        float result[TILE];
        run(result, row, x, cols->n);
        for (size_t t = 0; t < TILE; t++)
            out[at[t] * out_stride + r] = result[t];
    }
}

static INLINE void multiply_rows(float *out, size_t out_stride, const struct san_matrix *w, size_t first,
    size_t rows, const struct san_columns *cols, tile_fn *run)
{
    const char *from = (const char *)w->data + first * w->tile_bytes;
    if (cols->count == 1) {
        multiply_column(out, from, w->tile_bytes, rows, cols, run);
        return;
    }
    for (size_t r = 0; r < rows; r += ROW_BLOCK) {
        size_t block = rows - r < ROW_BLOCK ? rows - r : ROW_BLOCK;
        for (size_t c = 0; c < cols->count; c += TILE)
            multiply_four(out + r, out_stride, from + r * w->tile_bytes, w->tile_bytes, block, cols, c, run);
    }
}

#endif
