/* tiles.h - how a set of kernels walks over a quantised matrix: by blocks of some tiles times some columns,
 * whose sums stay in registers. For the files of the sets alone.
 *
 * A set gives the innermost block (block_fn) and how many tiles and columns fit its registers; all of it is
 * inlined for each number of columns, so that the compiler sees constants. The tiles of a block stay in the
 * nearest cache while all columns pass.
 */
#ifndef SAN_TILES_H
#define SAN_TILES_H

#include <string.h>

#include "inference/kernels/rows.h"

enum { COLUMNS_MAX = 6, TILE_ROWS_MAX = 16, AHEAD_MIN = 256 /* numbers of a row */ };

/* How a set cuts a matrix into blocks: constants of the set. */
struct cut {
    size_t tile_rows; /* as in its layout */
    size_t columns;   /* of a block, at most */
    size_t wide;      /* tiles in a block */
    size_t few;       /* so many columns and less have blocks of more tiles: */
    size_t tall;
};

/* Some tiles, one behind the other, and some columns. */
struct block {
    const char *tile; /* the first; its scales come first */
    size_t tile_bytes, scale_bytes, groups;
    const int8_t *q; /* [columns][n] */
    size_t n;
    const float *scale;    /* [columns] */
    const int32_t *offset; /* [columns][san_offsets(n)] */
    const char *ahead;     /* of the tiles that come next; each group asks for so many bytes of them: */
    size_t ahead_bytes;
};

/* out[c * out_stride + r] for all rows of `tiles` tiles, and `columns` columns: both constants when inlined.
 */
typedef void block_fn(float *out, size_t out_stride, const struct block *block, size_t tiles, size_t columns);

/* While columns pass, what comes next is brought nearer: it is farther away than the processor looks by
 * itself, which begins anew with each tile. */
struct ahead {
    const char *from;
    size_t bytes; /* for each group of a block */
    size_t left;
};

static const struct ahead nothing_ahead;

/* All columns ask for the tiles behind these. Short rows are near as it is. */
static INLINE struct ahead look_ahead(
    const struct san_matrix *w, size_t tile, size_t count, size_t tiles, size_t columns)
{
    size_t blocks = (count + columns - 1) / columns, size = tiles * w->tile_bytes;
    const char *next = (const char *)w->data + (tile + tiles) * w->tile_bytes;
    if (w->n < AHEAD_MIN || (tile + 2 * tiles) * w->layout.rows > w->rows)
        return (struct ahead){next, 0, 0};
    size_t lines = size / SAN_MATRIX_ALIGN / (blocks * (w->n / SAN_GROUP));
    return (struct ahead){next, (lines ? lines : 1) * SAN_MATRIX_ALIGN, size};
}

/* When a block has asked for its share. */
static INLINE void move_ahead(struct ahead *ahead, size_t groups)
{
    size_t share = ahead->bytes * groups;
    ahead->from += share;
    ahead->left -= share;
    if (ahead->left < share)
        ahead->bytes = 0;
}

static INLINE void run_block(float *out, size_t out_stride, const struct san_matrix *w, size_t tile,
    const struct san_columns *cols, size_t c, size_t tiles, size_t columns, struct ahead ahead, block_fn *run)
{
    size_t groups = w->n / SAN_GROUP;
    const struct block block = {
        .tile = (const char *)w->data + tile * w->tile_bytes,
        .tile_bytes = w->tile_bytes,
        .scale_bytes = (w->scales * w->layout.rows * sizeof(uint16_t) + SAN_MATRIX_ALIGN - 1) /
                       SAN_MATRIX_ALIGN * SAN_MATRIX_ALIGN,
        .groups = groups,
        .q = cols->q + c * w->n,
        .n = w->n,
        .scale = cols->scale + c,
        .offset = cols->offset + c * san_offsets(w->n),
        .ahead = ahead.from,
        .ahead_bytes = ahead.bytes,
    };
    run(out + c * out_stride, out_stride, &block, tiles, columns);
}

/* The last columns, fewer than a block has: `left` of them, if it is `this_many`. */
static INLINE void run_rest(float *out, size_t out_stride, const struct san_matrix *w, size_t tile,
    const struct san_columns *cols, size_t tiles, size_t columns, size_t this_many, block_fn *run)
{
    size_t left = cols->count % columns;
    if (this_many < columns && left == this_many) /* the first is known when compiling */
        run_block(out, out_stride, w, tile, cols, cols->count - left, tiles, this_many, nothing_ahead, run);
}

/* The last columns, however many they are. */
static INLINE void run_rests(float *out, size_t out_stride, const struct san_matrix *w, size_t tile,
    const struct san_columns *cols, size_t tiles, size_t columns, block_fn *run)
{
    run_rest(out, out_stride, w, tile, cols, tiles, columns, 1, run);
    run_rest(out, out_stride, w, tile, cols, tiles, columns, 2, run);
    run_rest(out, out_stride, w, tile, cols, tiles, columns, 3, run);
    run_rest(out, out_stride, w, tile, cols, tiles, columns, 4, run);
    run_rest(out, out_stride, w, tile, cols, tiles, columns, 5, run);
}

/* All columns. */
static INLINE void run_columns(float *out, size_t out_stride, const struct san_matrix *w, size_t tile,
    const struct san_columns *cols, size_t tiles, size_t columns, block_fn *run)
{
    struct ahead ahead = look_ahead(w, tile, cols->count, tiles, columns);
    for (size_t c = 0; c + columns <= cols->count; c += columns) {
        run_block(out, out_stride, w, tile, cols, c, tiles, columns, ahead, run);
        move_ahead(&ahead, w->n / SAN_GROUP);
    }
    run_rests(out, out_stride, w, tile, cols, tiles, columns, run);
}

/* A tile of which not all rows are wanted. */
static INLINE void run_part(float *out, size_t out_stride, const struct san_matrix *w, size_t tile,
    size_t rows, const struct san_columns *cols, block_fn *run)
{
    for (size_t c = 0; c < cols->count; c++) {
        float result[TILE_ROWS_MAX];
        struct san_columns one = {.n = cols->n,
            .count = 1,
            .q = cols->q + c * cols->n,
            .scale = cols->scale + c,
            .offset = cols->offset + c * san_offsets(cols->n)};
        run_block(result, 0, w, tile, &one, 0, 1, 1, nothing_ahead, run);
        memcpy(out + c * out_stride, result, rows * sizeof(*out));
    }
}

static INLINE void multiply_tiles(float *out, size_t out_stride, const struct san_matrix *w, size_t first,
    size_t rows, const struct san_columns *cols, struct cut cut, block_fn *run)
{
    size_t tile = first / cut.tile_rows, whole = rows / cut.tile_rows, t = 0;
    if (cols->count <= cut.few)
        for (; t + cut.tall <= whole; t += cut.tall)
            run_rests(out + t * cut.tile_rows, out_stride, w, tile + t, cols, cut.tall, cut.few + 1, run);
    else
        for (; t + cut.wide <= whole; t += cut.wide)
            run_columns(out + t * cut.tile_rows, out_stride, w, tile + t, cols, cut.wide, cut.columns, run);
    for (; t < whole; t++)
        run_columns(out + t * cut.tile_rows, out_stride, w, tile + t, cols, 1, cut.columns, run);
    if (rows % cut.tile_rows)
        run_part(out + t * cut.tile_rows, out_stride, w, tile + t, rows % cut.tile_rows, cols, run);
}

#endif
