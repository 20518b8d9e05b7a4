/* arena.h - a bump allocator for the life of one utterance.
 *
 * Everything that one utterance needs is taken from one arena and given back at once by san_arena_reset,
 * which keeps the blocks: after the first few utterances nothing is allocated any more. Not thread safe: one
 * arena, one thread.
 */
#ifndef SAN_ARENA_H
#define SAN_ARENA_H

#include <stddef.h>

struct san_arena;

/* A new, empty arena whose blocks hold at least block_size bytes; at most limit bytes in all (0: no limit).
 * NULL if out of memory. */
struct san_arena *san_arena_new(size_t block_size, size_t limit);
void san_arena_free(struct san_arena *arena);

/* Zeroed memory of size bytes, aligned to 64, that lives until reset or free; NULL if out of memory or past
 * the limit. */
void *san_arena_alloc(struct san_arena *arena, size_t size);
/* A NUL-terminated copy of text[0..len), or NULL likewise. */
char *san_arena_strndup(struct san_arena *arena, const char *text, size_t len);

/* Forgets everything that was allocated; keeps the memory for the next utterance. */
void san_arena_reset(struct san_arena *arena);
/* Bytes held from the system. */
size_t san_arena_held(const struct san_arena *arena);

#endif
