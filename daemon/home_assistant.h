/* home_assistant.h - the connection to Home Assistant's WebSocket API: what it knows of the home comes in,
 * what is said to entities that are not on MQTT goes out as calls of its services.
 *
 * Connects by itself, again and again with a growing, jittered pause, except after a token that was refused:
 * Home Assistant locks out who tries again and again. Callbacks run on the loop thread, never from inside a
 * call of this interface.
 */
#ifndef HEARTHD_HOME_ASSISTANT_H
#define HEARTHD_HOME_ASSISTANT_H

#include "ha_import.h"
#include "hearthd.h"

enum {
    HA_TOKEN_MAX = 1024,
    HA_CALLS_MAX = 256, /* calls under way */
    HA_CALL_BYTES_MAX = 65536,
};

struct home_assistant;

/* NULL if out of memory. daemon's registry, inventory and config must be there. */
struct home_assistant *home_assistant_new(struct hearthd *daemon);
/* Connects, if the configuration says where. Errors: an address or a token file that is none, no
 * libwebsockets. */
enum san_status home_assistant_start(struct home_assistant *ha, struct san_error *err);
/* The token file may have changed: tries again, if it was refused. */
void home_assistant_reload(struct home_assistant *ha);
/* Before the loop has run out; NULL is allowed, as below. What is under way goes unanswered. */
void home_assistant_stop(struct home_assistant *ha);
/* After the loop has run out. */
void home_assistant_free(struct home_assistant *ha);

/* {"state","url","version","entities","on_mqtt"[,"trouble"]} for the caller to delete; NULL if no address was
 * ever given. */
cJSON *home_assistant_status(const struct home_assistant *ha);

/* ---- calls ---- */

/* problem is NULL if it was done, else for people; lives for the call. */
typedef void (*ha_called_fn)(void *data, const char *problem);

/* Has Home Assistant carry out a command that was rendered for one of its entities (devices/ha_entity.h).
 * done is called once, unless cancelled. 0: there is no connection, or too much is under way; done is then
 * not called. */
unsigned home_assistant_call(
    struct home_assistant *ha, const char *topic, const char *payload, ha_called_fn done, void *data);
void home_assistant_cancel(struct home_assistant *ha, unsigned id);

/* ---- import ---- */

/* counts is NULL where it failed, for which problem says why. */
typedef void (*ha_imported_fn)(void *data, const struct ha_counts *counts, const char *problem);

/* Reads everything anew; with url and token (both or neither) from there, until hearthd ends. done is called
 * once, at home_assistant_stop at the latest. False and *err if that cannot even begin; done is then not
 * called. */
bool home_assistant_import(struct home_assistant *ha, const char *url, const char *token, ha_imported_fn done,
    void *data, struct san_error *err);

#endif
