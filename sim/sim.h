/* sim.h - the simulated home: things, and the publishers that speak for them.
 *
 * A thing's state is a JSON object in its publisher's own words; a command changes it, and the publisher
 * reports it. One thread, no locks.
 */
#ifndef HEARTH_SIM_H
#define HEARTH_SIM_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

enum {
    SIM_TOPIC_MAX = 256,
    SIM_PAYLOAD_MAX = 65536, /* bytes of a command; longer ones are ignored */
};

enum fault {
    FAULT_NONE,
    FAULT_SILENT,  /* obeys, but never reports */
    FAULT_SLOW,    /* reports SIM_SLOW_S after a command */
    FAULT_OFFLINE, /* says so on its availability topic, and obeys nothing */
};

struct publisher;

struct thing {
    const struct publisher *publisher;
    const cJSON *spec; /* its entry in home.json; owned by the home, like the strings below */
    const char *name, *area, *kind;
    cJSON *state; /* owned by spec; publishers change it */
    enum fault fault;
    double report_at; /* when a delayed report is due; 0: none */
    double target;    /* where a cover or valve is going */
    bool moving;
};

struct home {
    cJSON *data;       /* home.json */
    cJSON *publishers; /* publishers.json */
    struct thing *things;
    size_t count;
};

/* One entity as it is announced. The callback takes config over. */
struct announced {
    const char *component;
    const char *topic;
    const char *name;  /* friendly name, by Home Assistant's rules */
    const cJSON *spec; /* its entry in publishers.json; NULL for things that announce nothing */
    cJSON *config;
};
typedef void announce_fn(const struct thing *thing, struct announced *entity, void *data);

struct sim; /* the connection: main.c */

/* What a publisher does; all functions may be called for its own things only. */
struct publisher {
    const char *name;
    void (*subscribe)(struct sim *sim, const struct thing *thing);
    /* True if the topic belongs to the thing; *report tells whether its state is to be published. */
    bool (*command)(
        struct sim *sim, struct thing *thing, const char *topic, const char *payload, bool *report);
    void (*report)(struct sim *sim, const struct thing *thing);
    void (*available)(struct sim *sim, const struct thing *thing, bool online);
};
extern const struct publisher publisher_zigbee2mqtt, publisher_tasmota, publisher_esphome, publisher_custom;

/* ---- home.c ---- */

/* Reads home.json and publishers.json in dir. False, and a message on stderr. */
bool home_load(struct home *home, const char *dir);
void home_free(struct home *home);
/* By name, or by name in lower case with underscores; NULL if there is none. */
struct thing *home_find(const struct home *home, const char *name);
/* Calls fn for each entity that the thing announces (or, of a custom thing, would be described by in
 * devices.d). */
void home_announce(const struct home *home, const struct thing *thing, announce_fn *fn, void *data);
/* A string field of the thing's entry, or "". */
const char *thing_text(const struct thing *thing, const char *key);

/* ---- home_file.c ---- */

/* The home as hearth's home file; and what devices.d must say of the things that announce nothing. The caller
 * deletes. */
cJSON *home_file(const struct home *home);
cJSON *home_descriptions(const struct home *home);

/* ---- state.c: what publishers have in common ---- */

/* Sets a key that exists already in the state; false if there is none of that name. */
bool state_set(struct thing *thing, const char *key, cJSON *value);
bool state_set_text(struct thing *thing, const char *key, const char *text);
bool state_set_number(struct thing *thing, const char *key, double number);
const char *state_text(const struct thing *thing, const char *key);
double state_number(const struct thing *thing, const char *key);
/* ON, OFF or TOGGLE (any case) on a key that is "ON" or "OFF". */
bool state_switch(struct thing *thing, const char *key, const char *word);
/* OPEN, CLOSE, STOP or a number 0..100, for a thing with "position". */
bool state_move(struct thing *thing, const char *word);

/* ---- net.c ---- */
void sim_publish(struct sim *sim, const char *topic, const char *payload, bool retain);
void sim_publish_json(struct sim *sim, const char *topic, const cJSON *payload, bool retain);
void sim_subscribe(struct sim *sim, const char *filter);
/* The thing of that name and its report, for scenes. */
struct thing *sim_thing(struct sim *sim, const char *name);
void sim_report(struct sim *sim, struct thing *thing);

#endif
