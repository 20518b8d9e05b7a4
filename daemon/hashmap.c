/* hashmap.c - see hashmap.h. Open addressing with linear probing; removal shifts the followers back, so that
 * no tombstones pile up. The hash is seeded: topics come from whoever may publish. */
#include "hashmap.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { SLOTS_MIN = 64 };

struct slot {
    char *key; /* NULL: free */
    void *value;
    uint64_t hash;
};

struct hashmap {
    struct slot *slots;
    size_t size; /* a power of two */
    size_t count;
    uint64_t seed;
};

/* FNV-1a, started from a secret. */
static uint64_t hash_of(const struct hashmap *map, const char *key)
{
    uint64_t hash = 1469598103934665603u ^ map->seed;
    for (const unsigned char *c = (const unsigned char *)key; *c; c++)
        hash = (hash ^ *c) * 1099511628211u;
    return hash ^ (hash >> 29);
}

struct hashmap *hashmap_new(void)
{
    struct hashmap *map = calloc(1, sizeof(*map));
    if (!map)
        return NULL;
    map->size = SLOTS_MIN;
    map->slots = calloc(map->size, sizeof(*map->slots));
    if (!map->slots) {
        free(map);
        return NULL;
    }
    if (getrandom(&map->seed, sizeof(map->seed), GRND_NONBLOCK) != (ssize_t)sizeof(map->seed))
        map->seed = (uint64_t)(uintptr_t)map; /* early in a boot: the address will do */
    return map;
}

void hashmap_free(struct hashmap *map, void (*free_value)(void *value))
{
    if (!map)
        return;
    for (size_t i = 0; i < map->size; i++) {
        if (!map->slots[i].key)
            continue;
        free(map->slots[i].key);
        if (free_value)
            free_value(map->slots[i].value);
    }
    free(map->slots);
    free(map);
}

size_t hashmap_count(const struct hashmap *map)
{
    return map->count;
}

/* The slot that holds key, or the free one where it belongs. */
static struct slot *find_slot(const struct hashmap *map, const char *key, uint64_t hash)
{
    size_t i = (size_t)hash & (map->size - 1);
    while (map->slots[i].key && (map->slots[i].hash != hash || strcmp(map->slots[i].key, key) != 0))
        i = (i + 1) & (map->size - 1);
    return &map->slots[i];
}

void *hashmap_get(const struct hashmap *map, const char *key)
{
    const struct slot *slot = find_slot(map, key, hash_of(map, key));
    return slot->key ? slot->value : NULL;
}

static bool grow(struct hashmap *map)
{
    struct hashmap bigger = {.size = map->size * 2, .seed = map->seed};
    bigger.slots = calloc(bigger.size, sizeof(*bigger.slots));
    if (!bigger.slots)
        return false;
    for (size_t i = 0; i < map->size; i++)
        if (map->slots[i].key)
            *find_slot(&bigger, map->slots[i].key, map->slots[i].hash) = map->slots[i];
    free(map->slots);
    map->slots = bigger.slots;
    map->size = bigger.size;
    return true;
}

bool hashmap_put(struct hashmap *map, const char *key, void *value)
{
    uint64_t hash = hash_of(map, key);
    struct slot *slot = find_slot(map, key, hash);
    if (slot->key) {
        slot->value = value;
        return true;
    }
    if (map->count * 4 >= map->size * 3) {
        if (!grow(map))
            return false;
        slot = find_slot(map, key, hash);
    }
    char *copy = strdup(key);
    if (!copy)
        return false;
    *slot = (struct slot){.key = copy, .value = value, .hash = hash};
    map->count++;
    return true;
}

/* True if the entry at `at`, whose home is `home`, may move back to the hole: the hole lies between the two.
 */
static bool may_move(const struct hashmap *map, size_t home, size_t hole, size_t at)
{
    size_t mask = map->size - 1;
    return ((at - home) & mask) >= ((at - hole) & mask);
}

void *hashmap_remove(struct hashmap *map, const char *key)
{
    struct slot *slot = find_slot(map, key, hash_of(map, key));
    if (!slot->key)
        return NULL;
    void *value = slot->value;
    free(slot->key);
    map->count--;
    size_t hole = (size_t)(slot - map->slots);
    for (size_t i = (hole + 1) & (map->size - 1); map->slots[i].key; i = (i + 1) & (map->size - 1)) {
        if (!may_move(map, (size_t)map->slots[i].hash & (map->size - 1), hole, i))
            continue;
        map->slots[hole] = map->slots[i];
        hole = i;
    }
    map->slots[hole] = (struct slot){0};
    return value;
}

bool hashmap_next(const struct hashmap *map, size_t *cursor, const char **key, void **value)
{
    for (; *cursor < map->size; (*cursor)++) {
        const struct slot *slot = &map->slots[*cursor];
        if (!slot->key)
            continue;
        if (key)
            *key = slot->key;
        if (value)
            *value = slot->value;
        (*cursor)++;
        return true;
    }
    return false;
}
