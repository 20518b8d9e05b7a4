/* gguf_builder.c - see gguf_builder.h. Out of memory ends the test. */
#include "tests/gguf_builder.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 32, GROUP = 32 };

struct bytes {
    uint8_t *data;
    size_t size, room;
};

struct gguf_builder {
    struct bytes keys, tensors, data;
    uint64_t key_count, tensor_count;
};

static void put(struct bytes *out, const void *from, size_t size)
{
    if (out->size + size > out->room) {
        out->room = 2 * (out->size + size) + 64;
        out->data = realloc(out->data, out->room);
        if (!out->data)
            abort();
    }
    if (size)
        memcpy(out->data + out->size, from, size);
    out->size += size;
}

static void put_u32(struct bytes *out, uint32_t value)
{
    put(out, &value, sizeof(value));
}

static void put_u64(struct bytes *out, uint64_t value)
{
    put(out, &value, sizeof(value));
}

static void put_text(struct bytes *out, const char *text)
{
    put_u64(out, strlen(text));
    put(out, text, strlen(text));
}

static void pad(struct bytes *out)
{
    while (out->size % ALIGNMENT)
        put(out, "", 1);
}

struct gguf_builder *gguf_builder_new(void)
{
    struct gguf_builder *builder = calloc(1, sizeof(*builder));
    if (!builder)
        abort();
    return builder;
}

void gguf_add_raw(
    struct gguf_builder *builder, const char *key, uint32_t type, const void *bytes, size_t size)
{
    put_text(&builder->keys, key);
    put_u32(&builder->keys, type);
    put(&builder->keys, bytes, size);
    builder->key_count++;
}

void gguf_add_u32(struct gguf_builder *builder, const char *key, uint32_t value)
{
    gguf_add_raw(builder, key, 4, &value, sizeof(value));
}

void gguf_add_f32(struct gguf_builder *builder, const char *key, float value)
{
    gguf_add_raw(builder, key, 6, &value, sizeof(value));
}

void gguf_add_str(struct gguf_builder *builder, const char *key, const char *value)
{
    gguf_add_raw(builder, key, 8, NULL, 0);
    put_text(&builder->keys, value);
}

static void add_array(struct gguf_builder *builder, const char *key, uint32_t element, size_t count)
{
    gguf_add_raw(builder, key, 9, NULL, 0);
    put_u32(&builder->keys, element);
    put_u64(&builder->keys, count);
}

void gguf_add_strs(struct gguf_builder *builder, const char *key, const char *const *values, size_t count)
{
    add_array(builder, key, 8, count);
    for (size_t i = 0; i < count; i++)
        put_text(&builder->keys, values[i]);
}

void gguf_add_f32s(struct gguf_builder *builder, const char *key, const float *values, size_t count)
{
    add_array(builder, key, 6, count);
    put(&builder->keys, values, count * sizeof(*values));
}

void gguf_add_i32s(struct gguf_builder *builder, const char *key, const int32_t *values, size_t count)
{
    add_array(builder, key, 5, count);
    put(&builder->keys, values, count * sizeof(*values));
}

/* ---- tensors ---- */

uint16_t float_to_half(float value)
{
    _Static_assert(sizeof(float) == 4, "IEEE single");
    uint16_t sign = signbit(value) ? 0x8000 : 0;
    double magnitude = fabs((double)value);
    if (magnitude >= 65520)
        return (uint16_t)(sign | 0x7c00);
    int exponent;
    frexp(magnitude, &exponent); /* magnitude = 0.5..1 * 2^exponent */
    if (magnitude == 0 ||
        exponent < -13) /* a subnormal: a multiple of 2^-24; the carry into the exponent is right */
        return (uint16_t)(sign | (uint16_t)lrint(ldexp(magnitude, 24)));
    long mantissa = lrint(ldexp(magnitude, 11 - exponent)); /* 1024..2048 */
    return (uint16_t)(sign | (uint16_t)(((long)(exponent + 13) << 10) + mantissa));
}

/* Groups that all have the scale of the largest of their numbers. */
static void put_q8_0(struct bytes *out, const float *x, size_t count)
{
    float most = 0;
    for (size_t i = 0; i < count; i++)
        most = fmaxf(most, fabsf(x[i]));
    float scale = most / 127.0f;
    uint16_t half = float_to_half(scale);
    for (size_t i = 0; i < count; i++) {
        int8_t q = scale > 0 ? (int8_t)lrintf(x[i] / scale) : 0;
        if (i % GROUP == 0)
            put(out, &half, sizeof(half));
        put(out, &q, 1);
    }
}

static uint8_t nibble(float x, float scale)
{
    long q = scale > 0 ? lrintf(x / scale) + 8 : 8;
    return (uint8_t)(q < 0 ? 0 : q > 15 ? 15 : q);
}

static void put_q4_0(struct bytes *out, const float *x)
{
    float most = 0;
    for (int i = 0; i < GROUP; i++)
        most = fmaxf(most, fabsf(x[i]));
    float scale = most / 7.0f;
    uint16_t half = float_to_half(scale);
    put(out, &half, sizeof(half));
    for (int i = 0; i < GROUP / 2; i++) {
        uint8_t both = (uint8_t)(nibble(x[i], scale) | nibble(x[i + GROUP / 2], scale) << 4);
        put(out, &both, 1);
    }
}

static void put_values(struct bytes *out, enum san_type type, const float *values, size_t count)
{
    switch (type) {
    case SAN_F32:
        put(out, values, count * sizeof(*values));
        break;
    case SAN_F16:
        for (size_t i = 0; i < count; i++) {
            uint16_t half = float_to_half(values[i]);
            put(out, &half, sizeof(half));
        }
        break;
    case SAN_Q8_0:
        for (size_t i = 0; i < count; i += GROUP)
            put_q8_0(out, values + i, GROUP);
        break;
    case SAN_Q4_0:
        for (size_t i = 0; i < count; i += GROUP)
            put_q4_0(out, values + i);
        break;
    }
}

static void describe_tensor(struct gguf_builder *builder, const char *name, enum san_type type, uint32_t dims,
    uint64_t ne0, uint64_t ne1)
{
    pad(&builder->data);
    put_text(&builder->tensors, name);
    put_u32(&builder->tensors, dims);
    put_u64(&builder->tensors, ne0);
    if (dims > 1)
        put_u64(&builder->tensors, ne1);
    put_u32(&builder->tensors, (uint32_t)type);
    put_u64(&builder->tensors, builder->data.size);
    builder->tensor_count++;
}

void gguf_add_tensor(struct gguf_builder *builder, const char *name, enum san_type type, uint32_t dims,
    uint64_t ne0, uint64_t ne1, const float *values)
{
    describe_tensor(builder, name, type, dims, ne0, ne1);
    put_values(&builder->data, type, values, (size_t)(ne0 * ne1));
}

void gguf_add_q8_rows(
    struct gguf_builder *builder, const char *name, uint64_t ne0, uint64_t ne1, const float *values)
{
    describe_tensor(builder, name, SAN_Q8_0, 2, ne0, ne1);
    for (size_t row = 0; row < ne1; row++)
        put_q8_0(&builder->data, values + row * ne0, (size_t)ne0);
}

void *gguf_builder_finish(struct gguf_builder *builder, size_t *size)
{
    struct bytes out = {0};
    put(&out, "GGUF", 4);
    put_u32(&out, 3);
    put_u64(&out, builder->tensor_count);
    put_u64(&out, builder->key_count);
    put(&out, builder->keys.data, builder->keys.size);
    put(&out, builder->tensors.data, builder->tensors.size);
    if (builder->tensor_count)
        pad(&out);
    put(&out, builder->data.data, builder->data.size);
    free(builder->keys.data);
    free(builder->tensors.data);
    free(builder->data.data);
    free(builder);
    *size = out.size;
    return out.data;
}
