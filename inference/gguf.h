/* gguf.h - a GGUF v3 file, mapped and checked (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md).
 *
 * Every count, length, offset, type and alignment is checked against the mapping before use; nothing is
 * copied. Pointers that come out point into the mapping and live as long as the file, but for the data of
 * tensors (san_gguf_let_go_all). Strings in GGUF are not NUL-terminated: they come out with their length.
 */
#ifndef SAN_GGUF_H
#define SAN_GGUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "status.h"

struct san_gguf;

enum san_type { /* values are ggml's */
    SAN_F32 = 0,
    SAN_F16 = 1,
    SAN_Q4_0 = 2,
    SAN_Q8_0 = 8,
};

struct san_str {
    const char *ptr;
    size_t len;
};

struct san_tensor {
    struct san_str name;
    enum san_type type;
    uint32_t dims;  /* 1 or 2 */
    uint64_t ne[2]; /* ne[0] varies fastest; ne[1] is 1 for a vector */
    const void *data;
    size_t bytes;
};

/* Maps and checks a file. NULL and *err on failure. */
struct san_gguf *san_gguf_open(const char *path, struct san_error *err);
/* The same over memory, aligned to 8 bytes, that the caller keeps alive (tests, fuzzing); name is used in
 * errors. NULL and *err on failure. */
struct san_gguf *san_gguf_from_memory(const void *data, size_t size, const char *name, struct san_error *err);
void san_gguf_close(struct san_gguf *file);

/* For who has copied a tensor: its pages may leave memory. They come back if they are read again. */
void san_gguf_let_go(const struct san_gguf *file, const struct san_tensor *tensor);
/* For who has copied all that is needed of the tensors: what lies before them is copied, and the mapping
 * ends, so that a file that shrinks cannot be felt any more. Afterwards no tensor's data may be read.
 * SAN_ENOMEM. */
enum san_status san_gguf_let_go_all(struct san_gguf *file, struct san_error *err);

/* Its bytes; its path, which lives as long as the file. */
size_t san_gguf_size(const struct san_gguf *file);
const char *san_gguf_name(const struct san_gguf *file);

/* Metadata. SAN_EINVAL if the key is missing or of another type; *err names file, key and the type wanted. */
enum san_status san_gguf_u32(
    const struct san_gguf *file, const char *key, uint32_t *out, struct san_error *err);
enum san_status san_gguf_f32(const struct san_gguf *file, const char *key, float *out, struct san_error *err);
enum san_status san_gguf_bool(const struct san_gguf *file, const char *key, bool *out, struct san_error *err);
enum san_status san_gguf_str(
    const struct san_gguf *file, const char *key, struct san_str *out, struct san_error *err);
bool san_gguf_has(const struct san_gguf *file, const char *key);
/* Arrays. Strings are reached one after the other: start with *cursor = 0, call count times. */
enum san_status san_gguf_array_len(
    const struct san_gguf *file, const char *key, size_t *out, struct san_error *err);
enum san_status san_gguf_array_str(const struct san_gguf *file, const char *key, uint64_t *cursor,
    struct san_str *out, struct san_error *err);
/* Copies the whole f32 or i32 array of `count` elements into out. */
enum san_status san_gguf_array_f32(
    const struct san_gguf *file, const char *key, float *out, size_t count, struct san_error *err);
enum san_status san_gguf_array_i32(
    const struct san_gguf *file, const char *key, int32_t *out, size_t count, struct san_error *err);

/* The tensor of that name, or NULL. */
const struct san_tensor *san_gguf_tensor(const struct san_gguf *file, const char *name);
/* All of them, sorted by name. */
size_t san_gguf_tensor_count(const struct san_gguf *file);
const struct san_tensor *san_gguf_tensor_at(const struct san_gguf *file, size_t index);

#endif
