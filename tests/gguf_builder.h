/* gguf_builder.h - writes GGUF v3 in memory, for tests: correct by default, and easy to break on purpose. */
#ifndef GGUF_BUILDER_H
#define GGUF_BUILDER_H

#include <stddef.h>
#include <stdint.h>

#include "inference/gguf.h"

struct gguf_builder;

struct gguf_builder *gguf_builder_new(void);

/* Metadata. Keys are written in the order of the calls; the same key twice is written twice. */
void gguf_add_u32(struct gguf_builder *builder, const char *key, uint32_t value);
void gguf_add_f32(struct gguf_builder *builder, const char *key, float value);
void gguf_add_str(struct gguf_builder *builder, const char *key, const char *value);
void gguf_add_strs(struct gguf_builder *builder, const char *key, const char *const *values, size_t count);
void gguf_add_f32s(struct gguf_builder *builder, const char *key, const float *values, size_t count);
void gguf_add_i32s(struct gguf_builder *builder, const char *key, const int32_t *values, size_t count);
/* A value of any type: its type number and its bytes. */
void gguf_add_raw(
    struct gguf_builder *builder, const char *key, uint32_t type, const void *bytes, size_t size);

/* A tensor of ne1 rows of ne0 numbers, converted to the type; dims 1 or 2. */
void gguf_add_tensor(struct gguf_builder *builder, const char *name, enum san_type type, uint32_t dims,
    uint64_t ne0, uint64_t ne1, const float *values);
/* A matrix of Q8_0, in each row of which all groups have the same scale. */
void gguf_add_q8_rows(
    struct gguf_builder *builder, const char *name, uint64_t ne0, uint64_t ne1, const float *values);

/* The file's bytes, for free(); frees the builder. */
void *gguf_builder_finish(struct gguf_builder *builder, size_t *size);

/* The nearest half float. */
uint16_t float_to_half(float value);

#endif
