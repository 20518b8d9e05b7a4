/* registry_rows.h - what the registry's own files share. Internal to devices/. */
#ifndef HEARTH_REGISTRY_ROWS_H
#define HEARTH_REGISTRY_ROWS_H

#include "registry.h"

enum { REG_NORM_MAX = 512 }; /* a name's words: number words and compatibility forms can grow it */

enum reg_owner { REG_FLOOR, REG_AREA, REG_ENTITY };

/* The normalised words of a name, checked for length and UTF-8; `what` begins the error. */
enum san_status reg_norm(
    const char *what, const char *name, bool may_be_empty, char norm[REG_NORM_MAX], struct san_error *err);
enum san_status reg_name_insert(struct registry *registry, enum reg_owner owner, int64_t id, const char *text,
    const char *norm, bool is_alias, struct san_error *err);
enum san_status reg_aliases(struct registry *registry, enum reg_owner owner, int64_t id,
    struct san_arena *arena, const char *const **out, size_t *count, struct san_error *err);
/* The row of that entity_id; 0 if there is none. */
int64_t reg_entity_row(struct registry *registry, const char *entity_id);
/* SAN_EINVAL, with the nearest name. */
enum san_status reg_no_such(
    struct registry *registry, enum reg_owner owner, const char *name, struct san_error *err);
/* Commits if status is SAN_OK, rolls back otherwise; returns the outcome. */
enum san_status reg_end(struct registry *registry, enum san_status status, struct san_error *err);
/* Room for one more element in an array of the arena that doubles; NULL if out of memory. */
void *reg_grow(struct san_arena *arena, void *array, size_t count, size_t size);

#endif
