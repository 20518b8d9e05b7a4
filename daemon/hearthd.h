/* hearthd.h - the parts of the running daemon: made by main.c in this order, lent to everything that works
 * with them. */
#ifndef HEARTHD_H
#define HEARTHD_H

#include <cjson/cJSON.h>
#include <stdint.h>
#include <uv.h>

#include "daemon/understand.h"

struct config;
struct phrases;
struct worker;
struct mqtt;
struct inventory;
struct pipeline;
struct timers;
struct announce;
struct home_assistant;

struct hearthd {
    uv_loop_t *loop;
    struct config *config;
    const char *config_path;
    struct registry *registry;
    struct shortlist *shortlist;
    struct understand understand; /* the two above, for understand.c */
    struct phrases *phrases;
    struct worker *worker;
    struct mqtt *mqtt;
    struct inventory *inventory;
    struct timers *timers;
    struct pipeline *pipeline;
    struct announce *announcer;
    struct home_assistant *home_assistant;
    uint64_t started_ms; /* uv_now at start */

    /* Tells those who watch (`hearthctl watch`); params is consumed. NULL until the socket is open. */
    void (*announce)(void *data, cJSON *params);
    void *announce_data;
    /* Reads configuration, devices.d, phrases and tools again; on failure everything stays as it was. Set by
     * main.c. */
    int (*reload)(struct hearthd *daemon, char *why, size_t size);
};

#endif
