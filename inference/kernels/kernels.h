/* kernels.h - the arithmetic of the network: one contract, one table of functions for each instruction set.
 *
 * Every set gives the same bits for the same input, so that an utterance means the same on every processor.
 * What makes that so:
 *
 * - Sums of products of 8-bit integers are exact, in 32 bits.
 * - fma() below is one rounding, as IEEE has it, and stands only where it is written: each file is compiled
 * with -ffp-contract=off, so that other products and sums are rounded separately.
 * - A sum over i of a[i] * b[i] called lanes() is kept in 8 lanes, lane[i % 8] = fma(a[i], b[i], lane[i % 8])
 * in the order of i, from 0; a sum of single numbers likewise, by additions. The lanes are then added as s[j]
 * = lane[j] + lane[j + 4] (j < 4);  total = (s[0] + s[2]) + (s[1] + s[3]). Operands of an addition may trade
 * places; nothing else may.
 * - Division and square root are IEEE's; rounding to integer is to nearest, ties to even.
 *
 * Lengths n, hd are multiples of 8; n of a quantised row is a multiple of 32. Pointers need the alignment of
 * their type only, but for matrices (matrix.h).
 */
#ifndef SAN_KERNELS_H
#define SAN_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inference/cpu.h"
#include "inference/kernels/matrix.h"
#include "inference/status.h"

/* Columns that a matrix is multiplied with, one behind the other: floats for F32 and F16 weights, integers
 * with a scale each for Q8_0 and Q4_0. */
struct san_columns {
    size_t n;              /* numbers in a column */
    size_t count;          /* columns */
    const float *x;        /* [count][n] */
    const int8_t *q;       /* [count][n], -127..127 */
    const float *scale;    /* [count] */
    const int32_t *offset; /* [count][san_offsets(n)] -128 times the sum of each group of q, and of all: what
                            * weights that are stored with 128 added to them bring too much */
};

/* A head on its way to attention, and what heads of a kind share. */
struct san_head {
    const float *x;
    const float *cosine, *sine; /* [n / 2]; NULL: it is not turned */
    struct san_block_q8_0 *key; /* [n / 32] of round_keys: all with the same scale */
};
struct san_head_norm {
    const float *g; /* [n] */
    size_t n;
    float epsilon;
};
/* Rows of the residual stream on their way to a multiplication, one behind the other. */
struct san_rows {
    size_t n, count;
    float *x;       /* [count][n] */
    const float *y; /* [count][n], which gate times is added first; unless gate is 0 */
    float gate;
    const float *g; /* [n] */
    float epsilon;
    float *out;      /* [count][n] */
    int8_t *q;       /* the same as integers */
    float *scale;    /* [count] */
    int32_t *offset; /* [count][san_offsets(n)] */
};

enum {
    SAN_HEADS_AT_ONCE = 8, /* of round_queries and round_keys, */
    SAN_HEAD_MAX = 128,    /* and numbers of such a head */
};

/* out[c * out_stride + r] = row first + r of w times column c, for r < rows and c < cols->count. first is a
 * multiple of w->tile_rows.
 *
 * F32, F16:  lanes(w[i] * x[i]), a half float widened first.
 * Q8_0, Q4_0:  sum = fma((float)(sum over i < 32 of wq[i] * q[i]), w_scale[b], sum) for each group b in turn,
 * from 0; then sum * scale[c]. Q4_0 counts in sixteenths: wq is 16 times the number, and the scale of the
 * column scale[c] / 16.
 * Q8_0 with one scale a row:  (float)(sum over i < n of wq[i] * q[i]) * w_scale * scale[c], multiplied from
 * left to right; the sum is below 2^27, by SAN_COLUMN_MAX. With a single group that is the same. */
typedef void san_multiply_fn(float *out, size_t out_stride, const struct san_matrix *w, size_t first,
    size_t rows, const struct san_columns *cols);

struct san_kernels {
    const char *name;
    unsigned needs;           /* enum san_cpu_feature bits */
    struct san_layout layout; /* in which its multiplications want quantised weights */

    /* One column of n numbers: m = max |x|. *scale = m / 127 and q = round(x * (127 / m)); both 0 where m <
     * 1e-30. offset as in san_columns. */
    void (*quantize)(int8_t *q, float *scale, int32_t *offset, const float *x, size_t n);

    san_multiply_fn *multiply_f32, *multiply_f16, *multiply_q8_0, *multiply_q8_rows, *multiply_q4_0;

    /* out[i] = x[i] * (1 / sqrt(lanes(x[i] * x[i]) / n + epsilon)) * (1 + g[i]), multiplied from left to
     * right. out may be x. */
    void (*rms_norm)(float *out, const float *x, const float *g, size_t n, float epsilon);

    /* x[i] = fma(factor, y[i], x[i]) */
    void (*add)(float *x, const float *y, float factor, size_t n);

    /* NULL where a set has nothing quicker than one step after the other: add, then out is rms_norm(x, g),
     * and q that, quantized. n is a multiple of 32. */
    void (*advance)(const struct san_rows *rows);

    /* Both NULL likewise: each head becomes rms_norm(x, g),
     * turned by rope; then it is quantized: queries one behind the other; a key to the blocks of a row, its
     * scale rounded as by san_float_to_half. n is a multiple of 32. */
    void (*round_queries)(int8_t *q, float *scale, int32_t *offset, const struct san_head *head, size_t count,
        const struct san_head_norm *norm);
    void (*round_keys)(const struct san_head *head, size_t count, const struct san_head_norm *norm);

    /* In place, for i < hd / 2, with a = x[i], b = x[i + hd / 2]: x[i] = a * cos[i] - b * sin[i]; x[i + hd /
     * 2] = b * cos[i] + a * sin[i]. */
    void (*rope)(float *x, const float *cosine, const float *sine, size_t hd);

    /* In place: e[i] = exp(x[i] - max x) by the polynomial below; x[i] = e[i] * (1 / lanes(e[i])). count >= 1
     * of any value; x has room for the next multiple of 8, and what lies behind count becomes 0. */
    void (*softmax)(float *x, size_t count);

    /* out[c * out_stride + i] = fma(w[c * w_stride + t], v[t * hd + i], ..) for t = 0 .. count - 1 in order,
     * from 0: rows of v, weighted, for each of `columns` columns of weights. count, columns >= 1. */
    void (*mix)(float *out, size_t out_stride, const float *w, size_t w_stride, size_t columns,
        const float *v, size_t count, size_t hd);

    /* The softmax of each of `columns` x, which lie `stride` apart, as integers, to weigh rows of integers
     * with, of which row t is to be multiplied with scale[t] >= 0. With e[i] = exp2 by the polynomial below
     * of fma(x[i], SAN_LOG2E, -(max x * SAN_LOG2E)), and the largest of the scales: weight i =
     * round(fma(e[i], scale[i] * (SAN_WEIGHT_MAX / largest), san_dither[i % 16])), 0 in place of that scale
     * where the largest is 0. What they stand for: the weight times factor[c], largest / (SAN_WEIGHT_MAX *
     * lanes(e)). w has room for the next multiple of 16; in which way weights lie there, with zeros behind
     * them, is between this and the set's mix_weighed. count, columns >= 1; stride is a multiple of 16. */
    void (*weigh)(int16_t *w, float *factor, const float *x, size_t stride, size_t columns,
        const float *scale, size_t count);

    /* out[c * out_stride + i] = (sum over t < count of weight t of row c of w * v[t * hd + i]) * factor[c],
     * the sum exact and then rounded to a float. w_stride is a multiple of 16. count, columns >= 1; count <=
     * SAN_WEIGHED_MAX. */
    void (*mix_weighed)(float *out, size_t out_stride, const int16_t *w, size_t w_stride, const float *factor,
        size_t columns, const int8_t *v, size_t count, size_t hd);
};

/* The sets; each exists where its instruction set does. */
extern const struct san_kernels san_kernels_scalar;
extern const struct san_kernels san_kernels_avx2, san_kernels_avxvnni, san_kernels_avx512vnni;
extern const struct san_kernels san_kernels_neon, san_kernels_dotprod;

/* exp(y) for y <= 0, 0 below SAN_EXP_MIN: n = round(y * SAN_LOG2E), r = (y - n * SAN_LN2_HIGH) - n *
 * SAN_LN2_LOW, then 2^n * (1 + r * (1 + r * (c2 + r * (c3 + r * (c4 + r * (c5 + r * c6)))))), each product
 * and the sum or difference that it goes into by one fma; within 2 units in the last place. */
#define SAN_EXP_MIN (-87.0f)
#define SAN_LOG2E 1.44269504f
#define SAN_LN2_HIGH 0.693359375f
#define SAN_LN2_LOW (-2.12194440e-4f)
#define SAN_EXP_C2 0.5f
#define SAN_EXP_C3 0.16666667f
#define SAN_EXP_C4 0.041666668f
#define SAN_EXP_C5 0.0083333338f
#define SAN_EXP_C6 0.0013888889f

/* exp2(z) for z <= 1, 0 where it is not above SAN_EXP2_MIN: n = round(z), f = z - n, then 2^n * (1 + f * (c1
 * + f * (c2 + f * (c3 + f * c4)))), each product and the sum that it goes into by one fma; within 3 in a
 * million, a hundredth of what the rounding to a weight leaves. */
#define SAN_EXP2_MIN (-100.0f)
#define SAN_EXP2_C1 0.69312419f
#define SAN_EXP2_C2 0.24024099f
#define SAN_EXP2_C3 0.055906446f
#define SAN_EXP2_C4 0.0095828562f

/* 1.5 * 2^23: with it a float of less than 2^22 becomes a whole number, which stands in its lowest bits. */
#define SAN_ROUNDING 12582912.0f

/* As many weights of the largest times -127 fit 32 bits, and times 255, too. */
#define SAN_WEIGHT_MAX 255
#define SAN_WEIGHED_MAX 4096

/* What weights are rounded with, each sixteenth from -15/32 to 15/32 once: so that many small ones become 1
 * now and then, as often as they should, instead of never. */
extern const float san_dither[16];

#define SAN_QUANTIZE_MIN 1e-30f /* below it 127 / m could overflow */

/* The table in use: the best that the processor has, or the one that SAN_CPU names. Chosen once. NULL, and
 * always so, if SAN_CPU names none or one that this processor cannot run. */
const struct san_kernels *san_kernels_get(struct san_error *err);
/* Every set of this build, best first; NULL at the end of the list. For tests. */
const struct san_kernels *san_kernels_at(size_t index);
bool san_kernels_usable(const struct san_kernels *kernels);

/* The multiplication for that matrix. */
san_multiply_fn *san_kernels_multiply(const struct san_kernels *kernels, const struct san_matrix *matrix);

#endif
