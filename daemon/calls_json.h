/* calls_json.h - calls as JSON and back: [{"name":"HassTurnOn","arguments":{"name":"Hall lamp"}}]. */
#ifndef HEARTH_CALLS_JSON_H
#define HEARTH_CALLS_JSON_H

#include <cjson/cJSON.h>

#include "devices/home.h"
#include "inference/arena.h"
#include "inference/status.h"

/* One call as an object; the caller deletes. NULL if out of memory. */
cJSON *call_to_json(const struct home_call *call);

/* A JSON array of calls; strings live in the arena. Arguments may be strings, numbers or booleans. `where` (a
 * file and line, "params") begins the error's text. */
enum san_status calls_from_json(const cJSON *array, const char *where, struct san_arena *arena,
    struct home_call **out, size_t *count, struct san_error *err);

#endif
