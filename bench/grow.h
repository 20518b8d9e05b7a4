/* grow.h - entities with made-up names, to measure a big home with. */
#ifndef BENCH_GROW_H
#define BENCH_GROW_H

#include "devices/registry.h"

/* Adds `count` entities, named from ordinary words as those of a big house or an office are; always the same
 * ones. */
enum san_status grow_home(struct registry *registry, int count, struct san_error *err);

#endif
