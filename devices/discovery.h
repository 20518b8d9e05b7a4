/* discovery.h - Home Assistant MQTT discovery: topic + payload -> entities to register.
 *
 * https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery : single-component topics with and without
 * node id, device-based messages, abbreviations, `~`, `device`, `suggested_area`, availability, removal by an
 * empty payload. Takes bytes, returns values, touches no registry.
 */
#ifndef HEARTH_DISCOVERY_H
#define HEARTH_DISCOVERY_H

#include "home.h"
#include "inference/arena.h"
#include "inference/status.h"

enum {
    DISCOVERY_PAYLOAD_MAX = 262144, /* device messages of big bridges come to some 100 KB */
    DISCOVERY_DEPTH_MAX = 16,
};

/* One entity that the message announces or takes away. Strings live in the arena. */
struct discovered {
    const char *unique_key; /* for reg_entity_in: "mqtt:<component>:<unique_id>", or source */
    const char
        *source; /* who announced it: "topic:<topic>", "topic:<topic>#<component>" or "file:<file>#<n>" */
    const char *entity_id; /* the wish: default_entity_id, else object_id, else made from the name */
    const char *name;      /* friendly name, by Home Assistant's rules for device and entity name */
    const char *domain;
    const char *device_class;
    const char *suggested_area;
    const char *device_name;
    const char *config; /* expanded: long keys, no `~`; a JSON object. NULL: remove this entity */
    bool hidden;        /* entity_category, enabled_by_default: false */
    const char
        *problem; /* "", or what hearth cannot use of it (an unsupported template), for `hearthctl doctor` */
};

/* True if the topic is a discovery topic under prefix ("homeassistant"). */
bool discovery_is_topic(const char *prefix, const char *topic);

/* Parses one message. *unused (may be NULL) names the components of it that hearth has no use for: "" or
 * "camera, image". *count 0 and SAN_OK: all of them are such, or it is hearth's own message. len 0 (or
 * migrate_discovery) removes: then *out is one entry with config NULL and unique_key "topic:<topic>"; the
 * caller remembers which unique_keys each source announced, and removes those whose source is that text, or
 * that text and a #component. A device message may take away single components in the same way. Errors name
 * topic, key and value; they concern this message alone. */
enum san_status discovery_parse(const char *prefix, const char *topic, const char *payload, size_t len,
    struct san_arena *arena, struct discovered **out, size_t *count, const char **unused,
    struct san_error *err);

/* A devices.d file: the same keys plus "component" (and "name", "area"), one object or an array of objects:
 * things that announce nothing. */
enum san_status discovery_parse_file(const char *json, size_t len, const char *file_name,
    struct san_arena *arena, struct discovered **out, size_t *count, struct san_error *err);

#endif
