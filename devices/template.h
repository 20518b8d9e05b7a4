/* template.h - the subset of Jinja that real publishers send as value and command templates. */
#ifndef HEARTH_TEMPLATE_H
#define HEARTH_TEMPLATE_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "inference/arena.h"
#include "inference/status.h"

enum {
    TEMPLATE_SOURCE_MAX = 8192,
    TEMPLATE_OUTPUT_MAX = 65536,
    TEMPLATE_STEPS_MAX = 10000, /* evaluation steps: bounded work whatever the text says */
};

struct template; /* compiled; immutable; in the arena that made it */

/* NULL and *err (naming the construct and its column) if the text uses what is not supported. */
struct template *template_compile(struct san_arena *arena, const char *source, struct san_error *err);

/* Variables of one rendering. `value` is text (NULL: undefined); `value_json` is parsed from it if it is
 * JSON; `extra` is an object of further variables or NULL. */
struct template_vars {
    const char *value;
    double number; /* with is_number: value is this number, not text */
    bool is_number;
    const cJSON *value_json;
    const cJSON *extra;
};

/* Renders into the arena; the result is trimmed. NULL and *err when evaluation fails (as Home Assistant: the
 * message is then ignored). */
const char *template_render(const struct template *compiled, struct san_arena *arena,
    const struct template_vars *vars, struct san_error *err);

#endif
