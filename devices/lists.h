/* lists.h - the shopping list and its sisters, on disk. A list is there when something is on it. */
#ifndef HEARTH_LISTS_H
#define HEARTH_LISTS_H

#include "registry.h"

enum { LISTS_ITEMS_MAX = 1000 }; /* of all lists */

struct reg_list_item {
    int64_t id;
    const char *list; /* "shopping list" */
    const char *text; /* "Oat milk", as it was said */
};

/* What is on the lists and not checked off, by list and age; list NULL: all. Texts live in the arena. */
enum san_status reg_list_items(struct registry *registry, const char *list, struct san_arena *arena,
    struct reg_list_item **out, size_t *count, struct san_error *err);
/* On disk when it returns. SAN_ELIMIT when the lists are full. */
enum san_status reg_list_add(
    struct registry *registry, const char *list, const char *text, struct san_error *err);
/* Takes an item off; SAN_OK also when there is none. */
enum san_status reg_list_remove(struct registry *registry, int64_t id, struct san_error *err);

#endif
