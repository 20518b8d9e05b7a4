/* matrix.c - see matrix.h. */
#include "inference/kernels/matrix.h"

#include <string.h>

enum { WORD = 4, WORDS = SAN_GROUP / WORD };

/* ---- half floats ---- */

float san_half_to_float(uint16_t half)
{
    uint32_t sign = (uint32_t)(half >> 15) << 31;
    uint32_t exponent = (half >> 10) & 0x1f;
    uint32_t mantissa = half & 0x3ff;
    if (exponent == 0) { /* zero or subnormal: mantissa * 2^-24, exact in a float */
        float value = (float)mantissa * 0x1p-24f;
        return sign ? -value : value;
    }
    uint32_t bits = exponent == 0x1f ? 0x7f800000u | mantissa << 13 : (exponent + 112) << 23 | mantissa << 13;
    bits |= sign;
    float value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

uint16_t san_float_to_half(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof(bits));
    uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
    bits &= 0x7fffffff;
    if (bits >= 0x477ff000) /* rounds to 2^16 or more */
        return sign | 0x7bff;
    if (bits < 0x38800000) { /* below 2^-14: steps of 2^-24, and adding 0.5 rounds to them */
        float small;
        memcpy(&small, &bits, sizeof(small));
        small += 0.5f;
        memcpy(&bits, &small, sizeof(bits));
        return (uint16_t)(sign | (bits - 0x3f000000));
    }
    bits += 0xfff + (bits >> 13 & 1);
    return (uint16_t)(sign | (bits - 0x38000000) >> 13);
}

/* ---- rows as the file has them ---- */

size_t san_row_bytes(enum san_type type, size_t n)
{
    switch (type) {
    case SAN_F32:
        return n * sizeof(float);
    case SAN_F16:
        return n * sizeof(uint16_t);
    case SAN_Q8_0:
        return n / SAN_GROUP * sizeof(struct san_block_q8_0);
    case SAN_Q4_0:
        return n / SAN_GROUP * sizeof(struct san_block_q4_0);
    }
    return 0;
}

static void q8_0_to_float(float *out, const struct san_block_q8_0 *block, float factor)
{
    float scale = san_half_to_float(block->scale) * factor;
    for (size_t i = 0; i < SAN_GROUP; i++)
        out[i] = (float)block->q[i] * scale;
}

static void q4_0_to_float(float *out, const struct san_block_q4_0 *block, float factor)
{
    float scale = san_half_to_float(block->scale) * factor;
    for (size_t i = 0; i < SAN_GROUP / 2; i++) {
        out[i] = (float)((block->q[i] & 0xf) - 8) * scale;
        out[SAN_GROUP / 2 + i] = (float)((block->q[i] >> 4) - 8) * scale;
    }
}

void san_row_to_float(float *out, enum san_type type, const void *row, size_t n, float factor)
{
    switch (type) {
    case SAN_F32:
        for (size_t i = 0; i < n; i++)
            out[i] = ((const float *)row)[i] * factor;
        break;
    case SAN_F16:
        for (size_t i = 0; i < n; i++)
            out[i] = san_half_to_float(((const uint16_t *)row)[i]) * factor;
        break;
    case SAN_Q8_0:
        for (size_t b = 0; b < n / SAN_GROUP; b++)
            q8_0_to_float(out + b * SAN_GROUP, (const struct san_block_q8_0 *)row + b, factor);
        break;
    case SAN_Q4_0:
        for (size_t b = 0; b < n / SAN_GROUP; b++)
            q4_0_to_float(out + b * SAN_GROUP, (const struct san_block_q4_0 *)row + b, factor);
        break;
    }
}

/* ---- matrices ---- */

static bool is_tiled(const struct san_matrix *m)
{
    return m->type == SAN_Q8_0 || m->type == SAN_Q4_0;
}

static size_t align_up(size_t size)
{
    return (size + SAN_MATRIX_ALIGN - 1) / SAN_MATRIX_ALIGN * SAN_MATRIX_ALIGN;
}

size_t san_matrix_scale_bytes(const struct san_matrix *m)
{
    return align_up(m->scales * m->layout.rows * sizeof(uint16_t));
}

/* Bytes of the numbers of a group of a tile. */
static size_t group_bytes(const struct san_matrix *m)
{
    return (m->type == SAN_Q8_0 ? SAN_GROUP : SAN_GROUP / 2) * m->layout.rows;
}

static struct san_matrix shape(
    enum san_type type, size_t n, size_t rows, size_t scales, struct san_layout layout)
{
    struct san_matrix m = {.type = type, .n = n, .rows = rows, .scales = scales, .layout = layout};
    if (is_tiled(&m)) {
        m.tile_bytes = align_up(san_matrix_scale_bytes(&m) + n / SAN_GROUP * group_bytes(&m));
    } else {
        m.layout = (struct san_layout){1, 1, false};
        m.tile_bytes = san_row_bytes(type, n);
    }
    return m;
}

struct san_matrix san_matrix_shape(enum san_type type, size_t n, size_t rows, struct san_layout layout)
{
    return shape(type, n, rows, n / SAN_GROUP, layout);
}

struct san_matrix san_matrix_shape_rows(size_t n, size_t rows, struct san_layout layout)
{
    return shape(SAN_Q8_0, n, rows, 1, layout);
}

bool san_one_scale_a_row(enum san_type type, size_t n, size_t rows, const void *from)
{
    const struct san_block_q8_0 *block = from;
    if (type != SAN_Q8_0)
        return false;
    for (size_t row = 0; row < rows; row++, block += n / SAN_GROUP)
        for (size_t b = 1; b < n / SAN_GROUP; b++)
            if (block[b].scale != block->scale)
                return false;
    return true;
}

size_t san_matrix_bytes(const struct san_matrix *m)
{
    size_t tiles = (m->rows + m->layout.rows - 1) / m->layout.rows;
    return align_up(tiles * m->tile_bytes);
}

/* The place of a row's group in its tile. */
struct place {
    uint16_t *scale;
    unsigned char *numbers; /* of the row's part of the first step */
    size_t step;            /* bytes from a step to the next */
    size_t words;           /* of four numbers, in a step */
};

/* Of the first group. */
static struct place place_of(const struct san_matrix *m, size_t row)
{
    uint32_t at = (uint32_t)row, lane = at % m->layout.rows; /* quicker than in 64 bits */
    char *tile = (char *)m->data + at / m->layout.rows * m->tile_bytes;
    return (struct place){
        .scale = (uint16_t *)(void *)tile + lane,
        .numbers = (unsigned char *)tile + san_matrix_scale_bytes(m) + lane * m->layout.depth,
        .step = (size_t)m->layout.rows * m->layout.depth,
        .words = m->layout.depth / WORD,
    };
}

static void next_group(const struct san_matrix *m, struct place *place)
{
    if (m->scales > 1)
        place->scale += m->layout.rows;
    place->numbers += group_bytes(m);
}

static uint32_t read_word(const void *from)
{
    uint32_t word;
    memcpy(&word, from, WORD);
    return word;
}

/* Moves the words of a group between a block, where they follow each other, and its place. */
static inline void put_words(
    unsigned char *to, size_t step, size_t words, const struct san_block_q8_0 *block, uint32_t flip)
{
#pragma GCC unroll 8
    for (size_t i = 0; i < WORDS; i += words, to += step)
        for (size_t w = 0; w < words; w++) {
            uint32_t word = read_word(block->q + (i + w) * WORD) ^ flip;
            memcpy(to + w * WORD, &word, WORD);
        }
}

static void put_q8_0(const struct place *to, const struct san_block_q8_0 *block, uint32_t flip)
{
    *to->scale = block->scale;
    if (to->words == 1) /* for every key of a prompt on most processors */
        put_words(to->numbers, to->step, 1, block, flip);
    else
        put_words(to->numbers, to->step, to->words, block, flip);
}

static void get_q8_0(struct san_block_q8_0 *block, struct place from, uint32_t flip)
{
    block->scale = *from.scale;
    for (size_t i = 0; i < WORDS; i += from.words, from.numbers += from.step)
        for (size_t w = 0; w < from.words; w++) {
            uint32_t word = read_word(from.numbers + w * WORD) ^ flip;
            memcpy(block->q + (i + w) * WORD, &word, WORD);
        }
}

/* Of the numbers of a Q4_0 block, each in a byte: word i. */
static uint32_t nibbles(const struct san_block_q4_0 *block, size_t i)
{
    uint32_t both = read_word(block->q + i % (WORDS / 2) * WORD);
    return (i < WORDS / 2 ? both : both >> 4) & 0x0f0f0f0f;
}

static void put_q4_0(struct place to, const struct san_block_q4_0 *block, uint32_t flip)
{
    *to.scale = block->scale;
    for (size_t i = 0; i < WORDS; i += 2 * to.words, to.numbers += to.step)
        for (size_t w = 0; w < to.words; w++) {
            uint32_t low = nibbles(block, i + w), high = nibbles(block, i + to.words + w);
            uint32_t word = (low | high << 4) ^ flip;
            memcpy(to.numbers + w * WORD, &word, WORD);
        }
}

static void get_q4_0(struct san_block_q4_0 *block, struct place from, uint32_t flip)
{
    uint32_t number[WORDS];
    block->scale = *from.scale;
    for (size_t i = 0; i < WORDS; i += 2 * from.words, from.numbers += from.step)
        for (size_t w = 0; w < from.words; w++) {
            uint32_t word = read_word(from.numbers + w * WORD) ^ flip;
            number[i + w] = word & 0x0f0f0f0f;
            number[i + from.words + w] = word >> 4 & 0x0f0f0f0f;
        }
    for (size_t i = 0; i < WORDS / 2; i++) {
        uint32_t both = number[i] | number[i + WORDS / 2] << 4;
        memcpy(block->q + i * WORD, &both, WORD);
    }
}

/* Between the file's numbers and those in memory. */
static uint32_t flip_of(const struct san_matrix *m)
{
    if (m->type == SAN_Q8_0)
        return m->layout.shifted ? 0x80808080 : 0;
    return m->layout.shifted ? 0 : 0x88888888;
}

void san_matrix_put_row(const struct san_matrix *m, size_t row, const void *from)
{
    if (!is_tiled(m)) {
        memcpy((char *)m->data + row * m->tile_bytes, from, m->tile_bytes);
        return;
    }
    struct place to = place_of(m, row);
    uint32_t flip = flip_of(m);
    for (size_t b = 0; b < m->n / SAN_GROUP; b++, next_group(m, &to)) {
        if (m->type == SAN_Q8_0)
            put_q8_0(&to, (const struct san_block_q8_0 *)from + b, flip);
        else
            put_q4_0(to, (const struct san_block_q4_0 *)from + b, flip);
    }
}

void san_matrix_get_row(const struct san_matrix *m, size_t row, float *out, float factor)
{
    if (!is_tiled(m)) {
        san_row_to_float(out, m->type, (const char *)m->data + row * m->tile_bytes, m->n, factor);
        return;
    }
    struct place from = place_of(m, row);
    for (size_t b = 0; b < m->n / SAN_GROUP; b++, out += SAN_GROUP, next_group(m, &from)) {
        if (m->type == SAN_Q8_0) {
            struct san_block_q8_0 block;
            get_q8_0(&block, from, flip_of(m));
            q8_0_to_float(out, &block, factor);
        } else {
            struct san_block_q4_0 block;
            get_q4_0(&block, from, flip_of(m));
            q4_0_to_float(out, &block, factor);
        }
    }
}
