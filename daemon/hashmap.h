/* hashmap.h - text -> pointer, for topics and ids. Keys are copied, values are borrowed. */
#ifndef HEARTHD_HASHMAP_H
#define HEARTHD_HASHMAP_H

#include <stdbool.h>
#include <stddef.h>

struct hashmap;

/* NULL if out of memory. */
struct hashmap *hashmap_new(void);
/* Frees the map and, with a function, each value. NULL is allowed. */
void hashmap_free(struct hashmap *map, void (*free_value)(void *value));

/* How many keys it has. */
size_t hashmap_count(const struct hashmap *map);
/* The value of key, or NULL. */
void *hashmap_get(const struct hashmap *map, const char *key);
/* Sets key to value (not NULL) in place of what was there. False if out of memory. */
bool hashmap_put(struct hashmap *map, const char *key, void *value);
/* Takes key out and returns its value, or NULL. */
void *hashmap_remove(struct hashmap *map, const char *key);

/* Walks the map: start with *cursor = 0; false at the end. The map must not change meanwhile. key and value
 * may be NULL. */
bool hashmap_next(const struct hashmap *map, size_t *cursor, const char **key, void **value);

#endif
