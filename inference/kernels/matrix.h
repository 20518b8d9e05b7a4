/* matrix.h - weights in memory, in the order in which a set of kernels reads them.
 *
 * Quantised rows go in tiles of layout.rows rows: first the scales of the tile, [group][row] half floats,
 * padded to 64 bytes (one for each row, where all groups of each row have the same); then its numbers, group
 * by group. A group is 32 / depth steps; a step is `depth`
 * neighbouring numbers of every row, row by row: what one instruction, or a few of them, multiplies at once.
 * Q8_0 has a byte for each number; Q4_0 has steps 2i and 2i + 1 in the low and high halves of the same bytes.
 * The rows that the last tile lacks are zeros. F32 and F16 rows stay as they are in the file, one behind the
 * other.
 */
#ifndef SAN_MATRIX_H
#define SAN_MATRIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inference/gguf.h"

enum {
    SAN_GROUP = 32,        /* numbers of a row that share a scale */
    SAN_COLUMN_MAX = 4096, /* numbers in a row */
    SAN_MATRIX_ALIGN = 64, /* of data, and of the size of a tile */
};

/* Blocks as ggml lays them out in the file; scales are half floats. */
struct san_block_q8_0 {
    uint16_t scale;
    int8_t q[SAN_GROUP];
};
struct san_block_q4_0 {
    uint16_t scale;
    uint8_t q[SAN_GROUP / 2]; /* low nibbles: numbers 0..15, high nibbles: 16..31; the number is nibble - 8 */
};
_Static_assert(
    sizeof(struct san_block_q8_0) == 34 && sizeof(struct san_block_q4_0) == 18, "blocks as in the file");

struct san_layout {
    unsigned rows;  /* of a tile */
    unsigned depth; /* of a step: 4 or 16 */
    bool shifted; /* numbers are stored unsigned, with 128 (Q8_0) or 8 (Q4_0) added; else in two's complement
                   */
};

struct san_matrix {
    enum san_type type;
    size_t n, rows;
    size_t scales;            /* of a row: one for each group, or a single one */
    struct san_layout layout; /* rows and depth are 1 for F32 and F16 */
    size_t tile_bytes;
    void *data;
};

/* A matrix without memory: of that type and shape, in that layout if it is quantised. */
struct san_matrix san_matrix_shape(enum san_type type, size_t n, size_t rows, struct san_layout layout);
/* The same of Q8_0, with one scale for all groups of a row. No larger than that. */
struct san_matrix san_matrix_shape_rows(size_t n, size_t rows, struct san_layout layout);
/* Whether that will do: in each of `rows` rows as the file has them, all groups have the same scale. */
bool san_one_scale_a_row(enum san_type type, size_t n, size_t rows, const void *from);
/* That data must have, aligned to SAN_MATRIX_ALIGN. */
size_t san_matrix_bytes(const struct san_matrix *m);
/* Stores row `row`, as the file has it. Rows of a tile can come in any order. */
void san_matrix_put_row(const struct san_matrix *m, size_t row, const void *from);
/* Row `row` as floats, each times factor. */
void san_matrix_get_row(const struct san_matrix *m, size_t row, float *out, float factor);

/* Numbers that go with the n of a column, beside its scale: see san_columns. */
static inline size_t san_offsets(size_t n)
{
    return n / SAN_GROUP + 1;
}

/* Where the scales and the numbers of the tile begin that has row `row`. */
static inline const uint16_t *san_matrix_scales(const struct san_matrix *m, size_t row)
{
    return (const uint16_t *)((const char *)m->data + row / m->layout.rows * m->tile_bytes);
}
size_t san_matrix_scale_bytes(const struct san_matrix *m);

/* A half float, exactly; and the half float that is nearest, ties to even, never infinite: what lies beyond
 * becomes the largest. x is not NaN. */
float san_half_to_float(uint16_t half);
uint16_t san_float_to_half(float x);
/* A row as the file has it, to floats, each times factor. */
void san_row_to_float(float *out, enum san_type type, const void *row, size_t n, float factor);
/* Bytes of a row of n numbers in the file. */
size_t san_row_bytes(enum san_type type, size_t n);

#endif
