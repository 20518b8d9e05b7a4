/* tiny_model.h - a complete model file, made in memory: the real tools, slots and kinds, a small vocabulary,
 * random weights.
 *
 * What such a network says means nothing, and that is its use: the grammar must keep every schema whatever
 * the network wants.
 */
#ifndef TESTS_TINY_MODEL_H
#define TESTS_TINY_MODEL_H

#include <stddef.h>
#include <stdint.h>

/* $HEARTH_SRCDIR/relative as one NUL-terminated text; the caller frees it. NULL if it cannot be read. */
char *read_source_file(const char *relative, size_t *len);

/* The bytes of a GGUF file whose tools are those of the JSON (NUL-terminated); weights follow from seed. The
 * caller frees them. */
void *tiny_model_bytes(const char *tools_json, uint32_t seed, size_t *size);

/* The same as a new temporary file; path has room for 64 bytes. The caller unlinks it. Returns 0, or -1. */
int tiny_model_file(const char *tools_json, uint32_t seed, char *path);

#endif
