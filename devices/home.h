/* home.h - plain data of a home: floors, areas, entities, calls, commands. Open structs; no functions with a
 * life of their own.
 *
 * Ownership: rows that come out of the registry live in the arena that was passed in; strings are
 * NUL-terminated, "" where there is nothing (never NULL, unless said).
 */
#ifndef HEARTH_HOME_H
#define HEARTH_HOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HOME_NAME_MAX = 128,     /* bytes of a name or an alias */
    HOME_ALIASES_MAX = 32,   /* of one area, floor or entity */
    HOME_ARGS_MAX = 16,      /* arguments of one call */
    HOME_CONFIG_MAX = 65536, /* bytes of one expanded discovery payload */
    HOME_KEY_MAX = 66560,    /* bytes of a unique_key: the longest topic, and a component */
};

struct home_floor {
    int64_t id;
    const char *name;
    const char *const *aliases;
    size_t alias_count;
};

struct home_area {
    int64_t id;
    const char *name;
    int64_t floor_id;  /* 0: none */
    const char *floor; /* its name, or "" */
    const char *const *aliases;
    size_t alias_count;
};

struct home_entity {
    int64_t id;
    const char *unique_key; /* for good, and where it comes from: see reg_origin */
    const char *entity_id;  /* light.kitchen_ceiling */
    const char *name;
    const char *domain;
    const char *device_class; /* or "" */
    int64_t area_id;          /* 0: none */
    const char *area;         /* its name, or "" */
    const char *floor;        /* of its area, or "" */
    const char *const *aliases;
    size_t alias_count;
    const char *state;      /* "on", "open", "21.5", "" = unknown */
    const char *attributes; /* a JSON object: brightness (per cent), color, color_temp_kelvin, position,
                               temperature, current_temperature, percentage, volume_level (per cent), mode,
                               unit_of_measurement ... */
    const char
        *config;  /* expanded discovery configuration, a JSON object; "" for entities from a home file */
    bool exposed; /* voice may use it */
    bool available;
};

/* One argument of a tool call: text always, number too where it is one. */
struct home_arg {
    const char *slot;
    const char *text;
    double number;
    bool is_number;
};

struct home_call {
    const char *tool;
    struct home_arg args[HOME_ARGS_MAX];
    size_t arg_count;
};

/* The domains that hearth and its network know ("light"); the one that is spelt most like another. */
bool home_domain_is_known(const char *domain);
const char *home_domain_nearest(const char *domain);

/* The argument of that slot, or NULL. */
const struct home_arg *home_call_arg(const struct home_call *call, const char *slot);
/* Its text, or NULL. */
const char *home_call_text(const struct home_call *call, const char *slot);
/* True if the call asks for a state and names neither a device nor a kind: "is anything on downstairs". */
bool home_call_asks_of_everything(const struct home_call *call);

#endif
