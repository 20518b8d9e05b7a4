/* compare.h - are two sets of calls the same? How predictions are judged (hearthctl(1), eval; the
 * conventions of docs/model.md, section 4).
 *
 * The order of calls is free. Beside a `name`, `domain` and `device_class` are not counted: the name decides.
 * Names, areas and floors are equal if they stand for the same thing of the home, or have the same normalised
 * words; numbers are compared as numbers, other text without regard to case.
 */
#ifndef HEARTHCTL_COMPARE_H
#define HEARTHCTL_COMPARE_H

#include "devices/registry.h"

/* Scratch memory is taken from the arena. */
bool compare_call(
    struct registry *registry, struct san_arena *arena, const struct home_call *a, const struct home_call *b);
bool compare_calls(struct registry *registry, struct san_arena *arena, const struct home_call *expected,
    size_t expected_count, const struct home_call *got, size_t got_count);

/* Would the call act on the house (and not only answer), and matches none of the expected? */
bool compare_is_false_action(struct registry *registry, struct san_arena *arena,
    const struct home_call *expected, size_t expected_count, const struct home_call *got);

/* Of two calls of one tool: the first slot in which they differ; "" if they are the same. */
const char *compare_differing_slot(
    struct registry *registry, struct san_arena *arena, const struct home_call *a, const struct home_call *b);

#endif
