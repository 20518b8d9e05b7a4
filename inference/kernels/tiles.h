/* tiles.h - how a set of kernels walks over a matrix: in tiles of four dot products. For the files of the
 * sets alone.
 *
 * A tile is one row against four columns, or four rows against the only column. A block of rows stays in the
 * nearest cache while all columns pass. At the edge the last row or column stands in for those that are
 * missing. All of it is inlined for each type of weight, and the four of a tile are spelt out, so that the
 * compiler keeps the sums in registers and sees where rows or columns are one and the same.
 */
#ifndef SAN_TILES_H
#define SAN_TILES_H

#include "inference/kernels/kernels.h"

#define INLINE inline __attribute__((always_inline))

enum { LANES = 8, TILE = 4, ROW_BLOCK = 16 };

/* Where a column begins: floats, or groups for quantised weights. */
struct column {
    const float *x;
    const int8_t *q;
    const float *scale;
};

/* out[t] = dot product of row w[t] with column x[t], of n numbers. */
typedef void tile_fn(float out[TILE], const void *const w[TILE], const struct column x[TILE], size_t n);

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

/* Asks for weights that come next: a larger model streams through the caches, several rows at a time, which
 * not every processor foresees. Behind the last row it does no harm, and no pointer is made of it. */
static INLINE void prefetch(const char *w, size_t offset, size_t bytes)
{
    enum { CACHE_LINE = 64 };
    for (size_t at = 0; at < bytes; at += CACHE_LINE)
        __builtin_prefetch((const void *)((uintptr_t)w + offset + at));
}

static INLINE void multiply_column(
    float *out, const char *w, size_t row_bytes, size_t rows, const struct san_columns *cols, tile_fn *run)
{
    struct column only = column_at(cols, 0);
    const struct column x[TILE] = {only, only, only, only};
    for (size_t r = 0; r < rows; r += TILE) {
        prefetch(w, (r + TILE) * row_bytes, TILE * row_bytes);
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

#endif
