/* context_cache.c - see context_cache.h.
 *
 * Memory is pages of one token each, so that entries of any length fit without gaps. An entry is a chain of
 * pages; its first page carries what concerns the entry, and its number is the entry's name. Entries hang in
 * a hash table. */
#include "inference/context_cache.h"

#include <stdlib.h>
#include <string.h>

enum { PAGES_MAX = 1 << 24 };
static const uint32_t NONE = SAN_NOT_CACHED;

struct page {
    int32_t id;     /* of the token */
    uint32_t next;  /* page of the same entry, or free page; NONE at the end */
    uint32_t entry; /* whose page it is; NONE if free */
    /* of an entry, in its first page */
    uint32_t hash, count;      /* count: tokens */
    uint32_t in_bucket;        /* next entry of the same bucket */
    uint64_t reserved, in_use; /* passes in which the entry was made, and last used */
};

struct san_context_cache {
    struct page *pages; /* [page_count] */
    uint32_t *buckets;  /* [mask + 1] */
    char *records;      /* [page_count][width] */
    san_ids_hash_fn *hash;
    size_t width, page_count;
    uint32_t mask, free;
    uint32_t drawn; /* the last number that was */
    uint64_t pass;
    struct san_context_cache_stats stats;
};

uint32_t san_ids_hash(const int32_t *ids, size_t count)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < count; i++)
        for (unsigned shift = 0; shift < 32; shift += 8)
            h = (h ^ ((uint32_t)ids[i] >> shift & 0xff)) * 16777619u;
    return h;
}

/* ---- life ---- */

/* At most two buckets for each page. */
static size_t bytes_of(size_t pages, size_t width)
{
    return sizeof(struct san_context_cache) + pages * (sizeof(struct page) + 2 * sizeof(uint32_t) + width);
}

static size_t pages_within(size_t bytes, size_t width)
{
    size_t fixed = bytes_of(0, width);
    if (bytes < fixed || width > SIZE_MAX / 64)
        return 0;
    size_t pages = (bytes - fixed) / (bytes_of(1, width) - fixed);
    return pages < PAGES_MAX ? pages : PAGES_MAX;
}

static void start_empty(struct san_context_cache *cache)
{
    memset(cache->buckets, 0xff, (cache->mask + 1) * sizeof(*cache->buckets));
    for (uint32_t p = 0; p < cache->page_count; p++) {
        cache->pages[p].next = p + 1 < cache->page_count ? p + 1 : NONE;
        cache->pages[p].entry = NONE;
    }
    cache->free = 0;
}

struct san_context_cache *san_context_cache_new(size_t bytes, size_t width, san_ids_hash_fn *hash)
{
    size_t pages = pages_within(bytes, width);
    if (!pages || !width)
        return NULL;
    struct san_context_cache *cache = calloc(1, sizeof(*cache));
    if (!cache)
        return NULL;
    uint32_t buckets = 1;
    while (2 * buckets <= 2 * pages)
        buckets *= 2;
    cache->pages = calloc(pages, sizeof(*cache->pages));
    cache->buckets = malloc(buckets * sizeof(*cache->buckets));
    cache->records = malloc(pages * width);
    if (!cache->pages || !cache->buckets || !cache->records) {
        san_context_cache_free(cache);
        return NULL;
    }
    cache->hash = hash;
    cache->width = width;
    cache->page_count = pages;
    cache->mask = buckets - 1;
    cache->stats.bytes = bytes_of(pages, width);
    start_empty(cache);
    return cache;
}

void san_context_cache_free(struct san_context_cache *cache)
{
    if (!cache)
        return;
    free(cache->records);
    free(cache->buckets);
    free(cache->pages);
    free(cache);
}

/* ---- entries ---- */

static bool has_ids(const struct san_context_cache *cache, uint32_t entry, const int32_t *ids, size_t count)
{
    if (cache->pages[entry].count != count)
        return false;
    for (size_t i = 0; i < count; i++, entry = cache->pages[entry].next)
        if (cache->pages[entry].id != ids[i])
            return false;
    return true;
}

static uint32_t look_up(
    const struct san_context_cache *cache, uint32_t hash, const int32_t *ids, size_t count)
{
    uint32_t entry = cache->buckets[hash & cache->mask];
    while (entry != NONE && (cache->pages[entry].hash != hash || !has_ids(cache, entry, ids, count)))
        entry = cache->pages[entry].in_bucket;
    return entry;
}

static void leave_bucket(struct san_context_cache *cache, uint32_t entry)
{
    uint32_t *link = &cache->buckets[cache->pages[entry].hash & cache->mask];
    while (*link != entry)
        link = &cache->pages[*link].in_bucket;
    *link = cache->pages[entry].in_bucket;
}

static void evict(struct san_context_cache *cache, uint32_t entry)
{
    leave_bucket(cache, entry);
    cache->stats.entries--;
    cache->stats.tokens -= cache->pages[entry].count;
    cache->stats.evictions++;
    uint32_t last = entry;
    for (uint32_t p = entry; p != NONE; p = cache->pages[p].next) {
        cache->pages[p].entry = NONE;
        last = p;
    }
    cache->pages[last].next = cache->free;
    cache->free = entry;
}

/* An entry that this pass does not use, or NONE: that of a page drawn at random, or of the next behind it. */
static uint32_t draw(struct san_context_cache *cache)
{
    cache->drawn = cache->drawn * 1664525u + 1013904223u;
    size_t p = (size_t)((uint64_t)cache->drawn * cache->page_count >> 32);
    for (size_t i = 0; i < cache->page_count; i++, p = p + 1 < cache->page_count ? p + 1 : 0) {
        uint32_t entry = cache->pages[p].entry;
        if (entry != NONE && cache->pages[entry].in_use != cache->pass)
            return entry;
    }
    return NONE;
}

/* Frees pages until count are, by evicting what this pass does not use. */
static bool make_room(struct san_context_cache *cache, size_t count)
{
    while (cache->page_count - cache->stats.tokens < count) {
        uint32_t one = draw(cache), other = draw(cache);
        if (one == NONE)
            return false;
        evict(cache, cache->pages[one].in_use <= cache->pages[other].in_use ? one : other);
    }
    return true;
}

static uint32_t take_pages(struct san_context_cache *cache, const int32_t *ids, size_t count)
{
    uint32_t first = cache->free, last = first;
    for (size_t i = 0; i < count; i++) {
        last = i ? cache->pages[last].next : first;
        cache->pages[last].id = ids[i];
        cache->pages[last].entry = first;
    }
    cache->free = cache->pages[last].next;
    cache->pages[last].next = NONE;
    return first;
}

void san_context_cache_begin(struct san_context_cache *cache)
{
    cache->pass++;
}

san_cached san_context_cache_find(struct san_context_cache *cache, const int32_t *ids, size_t count)
{
    uint32_t entry = look_up(cache, cache->hash(ids, count), ids, count);
    if (entry == NONE || cache->pages[entry].reserved == cache->pass) { /* the latter is not filled yet */
        cache->stats.misses++;
        return SAN_NOT_CACHED;
    }
    cache->pages[entry].in_use = cache->pass;
    cache->stats.hits++;
    return entry;
}

san_cached san_context_cache_reserve(struct san_context_cache *cache, const int32_t *ids, size_t count)
{
    uint32_t hash = cache->hash(ids, count);
    if (!count || count > cache->page_count || look_up(cache, hash, ids, count) != NONE)
        return SAN_NOT_CACHED;
    if (!make_room(cache, count))
        return SAN_NOT_CACHED;
    uint32_t entry = take_pages(cache, ids, count);
    struct page *p = &cache->pages[entry];
    p->hash = hash;
    p->count = (uint32_t)count;
    p->reserved = p->in_use = cache->pass;
    p->in_bucket = cache->buckets[hash & cache->mask];
    cache->buckets[hash & cache->mask] = entry;
    cache->stats.entries++;
    cache->stats.tokens += count;
    return entry;
}

/* ---- records ---- */

void san_context_cache_read(
    const struct san_context_cache *cache, san_cached entry, size_t at, size_t size, void *to)
{
    char *row = to;
    for (uint32_t p = entry; p != NONE; p = cache->pages[p].next, row += size)
        memcpy(row, cache->records + p * cache->width + at, size);
}

void san_context_cache_write(
    struct san_context_cache *cache, san_cached entry, size_t at, size_t size, const void *from)
{
    const char *row = from;
    for (uint32_t p = entry; p != NONE; p = cache->pages[p].next, row += size)
        memcpy(cache->records + p * cache->width + at, row, size);
}

struct san_context_cache_stats san_context_cache_stats(const struct san_context_cache *cache)
{
    return cache->stats;
}
