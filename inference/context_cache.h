/* context_cache.h - what the network remembers of context items between utterances.
 *
 * Under the item mask, what the encoder makes of an item depends on nothing but its token ids: the keys and
 * values that the query reads in every encoder layer, and those that the decoder reads in every
 * cross-attention. The cache keeps them, a record of bytes for each token, under the ids themselves. So an
 * entry never goes stale and nothing invalidates it: a renamed device has other ids. Where room is needed,
 * two entries are drawn and the longer unused is evicted: what is said often stays, and a round of a few more
 * names than there is room for loses a few of them, not all as it would if always the longest unused went.
 * All memory is allocated at the start, and never more than the bound.
 *
 * One pass of the encoder:  begin; then for each segment find, or reserve if that fails; then read what was
 * found and write what was reserved, layer by layer. What a pass has found or reserved stays until it ends.
 * An entry is found by later passes than the one that reserved it, which must fill all of it.
 *
 * One owner, one thread.
 */
#ifndef SAN_CONTEXT_CACHE_H
#define SAN_CONTEXT_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct san_context_cache;

typedef uint32_t san_ids_hash_fn(const int32_t *ids, size_t count);
san_ids_hash_fn san_ids_hash; /* FNV-1a, over the bytes */

/* A cache of at most `bytes` in all, with records of `width` bytes. A hash of one's own is for tests: ids
 * are always compared in full. NULL if the bound does not suffice for one token, or out of memory. */
struct san_context_cache *san_context_cache_new(size_t bytes, size_t width, san_ids_hash_fn *hash);
/* NULL is allowed. */
void san_context_cache_free(struct san_context_cache *cache);

/* A new pass: what earlier ones found or reserved may be evicted again. */
void san_context_cache_begin(struct san_context_cache *cache);

/* An entry; valid within the pass in which it was found or reserved. */
typedef uint32_t san_cached;
#define SAN_NOT_CACHED UINT32_MAX

/* The entry of these ids, or SAN_NOT_CACHED. */
san_cached san_context_cache_find(struct san_context_cache *cache, const int32_t *ids, size_t count);
/* A new entry for ids that were not found, for which others may be evicted; SAN_NOT_CACHED if there is no
 * room, or if this pass has reserved the same ids before. */
san_cached san_context_cache_reserve(struct san_context_cache *cache, const int32_t *ids, size_t count);

/* Copies `size` bytes from position `at` of each token's record to rows of `to`, or from rows into it. The
 * rows are `size` bytes, one behind the other. */
void san_context_cache_read(
    const struct san_context_cache *cache, san_cached entry, size_t at, size_t size, void *to);
void san_context_cache_write(
    struct san_context_cache *cache, san_cached entry, size_t at, size_t size, const void *from);

struct san_context_cache_stats {
    size_t bytes;           /* held, whether in use or not */
    size_t entries, tokens; /* in use */
    uint64_t hits, misses, evictions;
};
struct san_context_cache_stats san_context_cache_stats(const struct san_context_cache *cache);

#endif
