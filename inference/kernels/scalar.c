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
        lane[i % LANES] += a[i] * b[i];
    return add_lanes(lane);
}

static void quantize_group(int8_t *q, float *scale, const float *x)
{
    float most = 0;
    for (size_t i = 0; i < SAN_GROUP; i++)
        most = fabsf(x[i]) > most ? fabsf(x[i]) : most;
    if (most < SAN_QUANTIZE_MIN) {
        memset(q, 0, SAN_GROUP);
        *scale = 0;
        return;
    }
    float inverse = 127.0f / most;
    for (size_t i = 0; i < SAN_GROUP; i++)
        q[i] = (int8_t)lrintf(x[i] * inverse);
    *scale = most / 127.0f;
}

static void quantize(int8_t *q, float *scale, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i += SAN_GROUP)
        quantize_group(q + i, scale + i / SAN_GROUP, x + i);
}

static void multiply_f32(
    float *out, size_t out_stride, const void *w, size_t rows, const struct san_columns *cols)
{
    const float *weights = w;
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < cols->count; c++)
            out[c * out_stride + r] = dot(weights + r * cols->n, cols->x + c * cols->n, cols->n);
}

static float dot_f16(const uint16_t *w, const float *x, size_t n)
{
    float lane[LANES] = {0};
    for (size_t i = 0; i < n; i++)
        lane[i % LANES] += san_half_to_float(w[i]) * x[i];
    return add_lanes(lane);
}

static void multiply_f16(
    float *out, size_t out_stride, const void *w, size_t rows, const struct san_columns *cols)
{
    const uint16_t *weights = w;
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < cols->count; c++)
            out[c * out_stride + r] = dot_f16(weights + r * cols->n, cols->x + c * cols->n, cols->n);
}

/* One group of weights against one of activations, into the lanes. */
static void add_group(float lane[LANES], const int8_t *wq, const int8_t *q, float scale)
{
    for (size_t l = 0; l < LANES; l++) {
        int32_t sum = 0;
        for (size_t j = 0; j < 4; j++)
            sum += wq[4 * l + j] * q[4 * l + j];
        lane[l] += (float)sum * scale;
    }
}

static float dot_q8_0(const struct san_block_q8_0 *w, const int8_t *q, const float *scale, size_t groups)
{
    float lane[LANES] = {0};
    for (size_t b = 0; b < groups; b++)
        add_group(lane, w[b].q, q + b * SAN_GROUP, san_half_to_float(w[b].scale) * scale[b]);
    return add_lanes(lane);
}

static void multiply_q8_0(
    float *out, size_t out_stride, const void *w, size_t rows, const struct san_columns *cols)
{
    const struct san_block_q8_0 *blocks = w;
    size_t groups = cols->n / SAN_GROUP;
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < cols->count; c++)
            out[c * out_stride + r] =
                dot_q8_0(blocks + r * groups, cols->q + c * cols->n, cols->scale + c * groups, groups);
}

static float dot_q4_0(const struct san_block_q4_0 *w, const int8_t *q, const float *scale, size_t groups)
{
    float lane[LANES] = {0};
    for (size_t b = 0; b < groups; b++) {
        int8_t wq[SAN_GROUP];
        for (size_t i = 0; i < SAN_GROUP / 2; i++) {
            wq[i] = (int8_t)((w[b].q[i] & 0xf) - 8);
            wq[i + SAN_GROUP / 2] = (int8_t)((w[b].q[i] >> 4) - 8);
        }
        add_group(lane, wq, q + b * SAN_GROUP, san_half_to_float(w[b].scale) * scale[b]);
    }
    return add_lanes(lane);
}

static void multiply_q4_0(
    float *out, size_t out_stride, const void *w, size_t rows, const struct san_columns *cols)
{
    const struct san_block_q4_0 *blocks = w;
    size_t groups = cols->n / SAN_GROUP;
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < cols->count; c++)
            out[c * out_stride + r] =
                dot_q4_0(blocks + r * groups, cols->q + c * cols->n, cols->scale + c * groups, groups);
}

static void rms_norm(float *out, const float *x, const float *g, size_t n, float epsilon)
{
    float factor = 1.0f / sqrtf(dot(x, x, n) / (float)n + epsilon);
    for (size_t i = 0; i < n; i++)
        out[i] = (x[i] * factor) * (1.0f + g[i]);
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

static void attention_scores(
    float *scores, const float *q, const float *k, size_t stride, size_t count, size_t hd, float scale)
{
    for (size_t t = 0; t < count; t++)
        scores[t] = dot(q, k + t * stride, hd) * scale;
}

static float exponential(float y)
{
    if (!(y > SAN_EXP_MIN))
        return 0;
    float n = rintf(y * SAN_LOG2E);
    float r = (y - n * SAN_LN2_HIGH) - n * SAN_LN2_LOW;
    float p = SAN_EXP_C6;
    p = SAN_EXP_C5 + r * p;
    p = SAN_EXP_C4 + r * p;
    p = SAN_EXP_C3 + r * p;
    p = SAN_EXP_C2 + r * p;
    p = 1.0f + r * p;
    p = 1.0f + r * p;
    uint32_t bits = (uint32_t)((int32_t)n + 127) << 23;
    float power;
    memcpy(&power, &bits, sizeof(power));
    return power * p;
}

static void softmax(float *x, size_t count)
{
    float most = x[0];
    for (size_t i = 1; i < count; i++)
        most = x[i] > most ? x[i] : most;
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

static void attention_mix(float *out, const float *w, const float *v, size_t stride, size_t count, size_t hd)
{
    memset(out, 0, hd * sizeof(*out));
    for (size_t t = 0; t < count; t++)
        for (size_t i = 0; i < hd; i++)
            out[i] += w[t] * v[t * stride + i];
}

const struct san_kernels san_kernels_scalar = {
    .name = "scalar",
    .needs = 0,
    .quantize = quantize,
    .multiply_f32 = multiply_f32,
    .multiply_f16 = multiply_f16,
    .multiply_q8_0 = multiply_q8_0,
    .multiply_q4_0 = multiply_q4_0,
    .rms_norm = rms_norm,
    .rope = rope,
    .attention_scores = attention_scores,
    .softmax = softmax,
    .attention_mix = attention_mix,
};
