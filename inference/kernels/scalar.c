/* scalar.c - the contract of kernels.h in plain C: the reference for every other set, and what runs where
 * there is none. */
#include "inference/kernels/kernels.h"

#include <math.h>
#include <string.h>

enum { LANES = 8 };

static float add_lanes(const float lane[LANES])
{
    float s[4];
    for (size_t j = 0; j < 4; j++)
        s[j] = lane[j] + lane[j + 4];
    return (s[0] + s[2]) + (s[1] + s[3]);
}

static float dot(const float *a, const float *b, size_t n)
{
    float lane[LANES] = {0};
    for (size_t i = 0; i < n; i++)
        lane[i % LANES] = fmaf(a[i], b[i], lane[i % LANES]);
    return add_lanes(lane);
}

static void quantize(int8_t *q, float *scale, int32_t *offset, const float *x, size_t n)
{
    float most = 0;
    for (size_t i = 0; i < n; i++)
        most = fabsf(x[i]) > most ? fabsf(x[i]) : most;
    bool zero = most < SAN_QUANTIZE_MIN;
    float inverse = zero ? 0 : 127.0f / most;
    *scale = zero ? 0 : most / 127.0f;
    memset(offset, 0, san_offsets(n) * sizeof(*offset));
    for (size_t i = 0; i < n; i++) {
        q[i] = (int8_t)lrintf(x[i] * inverse);
        offset[i / SAN_GROUP] -= 128 * q[i];
        offset[n / SAN_GROUP] -= 128 * q[i];
    }
}

static const char *row_at(const struct san_matrix *w, size_t row)
{
    return (const char *)w->data + row * w->tile_bytes; /* tiles of one row */
}

static void multiply_f32(float *out, size_t out_stride, const struct san_matrix *w, size_t first, size_t rows,
    const struct san_columns *cols)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < cols->count; c++) {
            const void *row = row_at(w, first + r);
            out[c * out_stride + r] = dot(row, cols->x + c * cols->n, cols->n);
        }
}

static float dot_f16(const uint16_t *w, const float *x, size_t n)
{
    float lane[LANES] = {0};
    for (size_t i = 0; i < n; i++)
        lane[i % LANES] = fmaf(san_half_to_float(w[i]), x[i], lane[i % LANES]);
    return add_lanes(lane);
}

static void multiply_f16(float *out, size_t out_stride, const struct san_matrix *w, size_t first, size_t rows,
    const struct san_columns *cols)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < cols->count; c++) {
            const void *row = row_at(w, first + r);
            out[c * out_stride + r] = dot_f16(row, cols->x + c * cols->n, cols->n);
        }
}

/* Numbers and scales of a quantised row. */
struct row {
    const uint16_t *scale;
    const int8_t *q;
};

static struct row quantised_row(const struct san_matrix *w, size_t row)
{
    const char *tile = row_at(w, row);
    const void *q = tile + san_matrix_scale_bytes(w);
    return (struct row){.scale = san_matrix_scales(w, row), .q = q};
}

static int32_t dot_group(const int8_t *w, const int8_t *q)
{
    int32_t sum = 0;
    for (size_t i = 0; i < SAN_GROUP; i++)
        sum += w[i] * q[i];
    return sum;
}

static float dot_q8_0(struct row w, const int8_t *q, size_t groups)
{
    float sum = 0;
    for (size_t b = 0; b < groups; b++) {
        int32_t products = dot_group(w.q + b * SAN_GROUP, q + b * SAN_GROUP);
        sum = fmaf((float)products, san_half_to_float(w.scale[b]), sum);
    }
    return sum;
}

static void multiply_q8_0(float *out, size_t out_stride, const struct san_matrix *w, size_t first,
    size_t rows, const struct san_columns *cols)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < cols->count; c++)
            out[c * out_stride + r] =
                dot_q8_0(quantised_row(w, first + r), cols->q + c * cols->n, cols->n / SAN_GROUP) *
                cols->scale[c];
}

static int32_t dot_row(const int8_t *w, const int8_t *q, size_t n)
{
    int32_t sum = 0;
    for (size_t i = 0; i < n; i += SAN_GROUP)
        sum += dot_group(w + i, q + i);
    return sum;
}

static void multiply_q8_rows(float *out, size_t out_stride, const struct san_matrix *w, size_t first,
    size_t rows, const struct san_columns *cols)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < cols->count; c++) {
            struct row row = quantised_row(w, first + r);
            float sum = (float)dot_row(row.q, cols->q + c * cols->n, cols->n);
            out[c * out_stride + r] = sum * san_half_to_float(*row.scale) * cols->scale[c];
        }
}

/* Nibbles in two's complement: shifted up they are 16 times the number. */
static int32_t dot_nibbles(const int8_t *w, const int8_t *q)
{
    int32_t sum = 0;
    for (size_t i = 0; i < SAN_GROUP / 2; i++) {
        sum += (int8_t)((uint8_t)w[i] << 4) * q[i];
        sum += (int8_t)(w[i] & 0xf0) * q[SAN_GROUP / 2 + i];
    }
    return sum;
}

static float dot_q4_0(struct row w, const int8_t *q, size_t groups)
{
    float sum = 0;
    for (size_t b = 0; b < groups; b++) {
        int32_t products = dot_nibbles(w.q + b * (SAN_GROUP / 2), q + b * SAN_GROUP);
        sum = fmaf((float)products, san_half_to_float(w.scale[b]), sum);
    }
    return sum;
}

static void multiply_q4_0(float *out, size_t out_stride, const struct san_matrix *w, size_t first,
    size_t rows, const struct san_columns *cols)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < cols->count; c++)
            out[c * out_stride + r] =
                dot_q4_0(quantised_row(w, first + r), cols->q + c * cols->n, cols->n / SAN_GROUP) *
                (cols->scale[c] / 16);
}

static void rms_norm(float *out, const float *x, const float *g, size_t n, float epsilon)
{
    float factor = 1.0f / sqrtf(dot(x, x, n) / (float)n + epsilon);
    for (size_t i = 0; i < n; i++)
        out[i] = (x[i] * factor) * (1.0f + g[i]);
}

static void add(float *x, const float *y, float factor, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] = fmaf(factor, y[i], x[i]);
}

static void rope(float *x, const float *cosine, const float *sine, size_t hd)
{
    size_t half = hd / 2;
    for (size_t i = 0; i < half; i++) {
        float a = x[i], b = x[i + half];
        x[i] = a * cosine[i] - b * sine[i];
        x[i + half] = b * cosine[i] + a * sine[i];
    }
}

/* 2^n for whole n of normal floats. */
static float power_of_two(float n)
{
    uint32_t bits = (uint32_t)((int32_t)n + 127) << 23;
    float power;
    memcpy(&power, &bits, sizeof(power));
    return power;
}

static float exponential(float y)
{
    if (!(y > SAN_EXP_MIN))
        return 0;
    float n = rintf(y * SAN_LOG2E);
    float r = fmaf(n, -SAN_LN2_LOW, fmaf(n, -SAN_LN2_HIGH, y));
    float p = SAN_EXP_C6;
    p = fmaf(r, p, SAN_EXP_C5);
    p = fmaf(r, p, SAN_EXP_C4);
    p = fmaf(r, p, SAN_EXP_C3);
    p = fmaf(r, p, SAN_EXP_C2);
    p = fmaf(r, p, 1.0f);
    p = fmaf(r, p, 1.0f);
    return power_of_two(n) * p;
}

static float largest(const float *x, size_t count)
{
    float most = x[0];
    for (size_t i = 1; i < count; i++)
        most = x[i] > most ? x[i] : most;
    return most;
}

static void softmax(float *x, size_t count)
{
    float most = largest(x, count);
    float lane[LANES] = {0};
    for (size_t i = 0; i < count; i++) {
        x[i] = exponential(x[i] - most);
        lane[i % LANES] += x[i];
    }
    float factor = 1.0f / add_lanes(lane);
    for (size_t i = 0; i < count; i++)
        x[i] *= factor;
    for (size_t i = count; i % LANES; i++)
        x[i] = 0;
}

static void mix(float *out, size_t out_stride, const float *w, size_t w_stride, size_t columns,
    const float *v, size_t count, size_t hd)
{
    for (size_t c = 0; c < columns; c++) {
        float *to = out + c * out_stride;
        memset(to, 0, hd * sizeof(*to));
        for (size_t t = 0; t < count; t++)
            for (size_t i = 0; i < hd; i++)
                to[i] = fmaf(w[c * w_stride + t], v[t * hd + i], to[i]);
    }
}

static float power(float z)
{
    if (!(z > SAN_EXP2_MIN))
        return 0;
    float n = rintf(z), f = z - n;
    float p = fmaf(f, SAN_EXP2_C4, SAN_EXP2_C3);
    p = fmaf(f, p, SAN_EXP2_C2);
    p = fmaf(f, p, SAN_EXP2_C1);
    p = fmaf(f, p, 1.0f);
    return power_of_two(n) * p;
}

static float weigh_column(int16_t *w, const float *x, const float *scale, size_t count)
{
    float most = largest(x, count), most_scale = largest(scale, count);
    float inverse = most_scale > 0 ? SAN_WEIGHT_MAX / most_scale : 0;
    float lane[LANES] = {0};
    for (size_t i = 0; i < count; i++) {
        float e = power(fmaf(x[i], SAN_LOG2E, -(most * SAN_LOG2E)));
        lane[i % LANES] += e;
        w[i] = (int16_t)lrintf(fmaf(e, scale[i] * inverse, san_dither[i % 16]));
    }
    return most_scale / (SAN_WEIGHT_MAX * add_lanes(lane));
}

static void weigh(int16_t *w, float *factor, const float *x, size_t stride, size_t columns,
    const float *scale, size_t count)
{
    for (size_t c = 0; c < columns; c++)
        factor[c] = weigh_column(w + c * stride, x + c * stride, scale, count);
}

static void mix_weighed(float *out, size_t out_stride, const int16_t *w, size_t w_stride, const float *factor,
    size_t columns, const int8_t *v, size_t count, size_t hd)
{
    for (size_t c = 0; c < columns; c++)
        for (size_t i = 0; i < hd; i += LANES) {
            int32_t sum[LANES] = {0};
            for (size_t t = 0; t < count; t++)
                for (size_t j = 0; j < LANES; j++)
                    sum[j] += w[c * w_stride + t] * v[t * hd + i + j];
            for (size_t j = 0; j < LANES; j++)
                out[c * out_stride + i + j] = (float)sum[j] * factor[c];
        }
}

const struct san_kernels san_kernels_scalar = {
    .name = "scalar",
    .needs = 0,
    .layout = {.rows = 1, .depth = 16, .shifted = false},
    .quantize = quantize,
    .multiply_f32 = multiply_f32,
    .multiply_f16 = multiply_f16,
    .multiply_q8_0 = multiply_q8_0,
    .multiply_q8_rows = multiply_q8_rows,
    .multiply_q4_0 = multiply_q4_0,
    .rms_norm = rms_norm,
    .add = add,
    .rope = rope,
    .softmax = softmax,
    .mix = mix,
    .weigh = weigh,
    .mix_weighed = mix_weighed,
};
