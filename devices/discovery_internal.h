/* discovery_internal.h - shared by the parts of discovery. Not for others. */
#ifndef HEARTH_DISCOVERY_INTERNAL_H
#define HEARTH_DISCOVERY_INTERNAL_H

#include <cjson/cJSON.h>

#include "devices/discovery.h"

enum {
    DISCOVERY_TOPIC_MAX = 1024,     /* bytes of any topic; real ones have some 100 */
    DISCOVERY_COMPONENTS_MAX = 512, /* of one device message or file */
    DISCOVERY_UNUSED_MAX = 256,     /* bytes of the list of components without a use */
};

/* Where a configuration stands, for errors. */
struct discovery {
    const char *where;     /* the topic or the file */
    const char *component; /* "light" */
    struct san_arena *arena;
    char *unused; /* DISCOVERY_UNUSED_MAX bytes, or NULL: the list so far */
    struct san_error *err;
};

/* ---- discovery_check.c ---- */

/* True if hearth has a use for that component; in_file: also those that only devices.d knows. */
bool component_is_known(const char *component, bool in_file);
/* Types, topics and required keys of one expanded configuration. Drops keys that nobody reads. */
enum san_status discovery_check(const struct discovery *d, cJSON *config);

/* ---- discovery_name.c ---- */

/* Fills entity_id, name, device_class, device_name, suggested_area and hidden; device may be NULL. */
enum san_status discovery_name(
    const struct discovery *d, const cJSON *config, const cJSON *device, struct discovered *out);

#endif
