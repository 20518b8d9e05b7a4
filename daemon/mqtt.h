/* mqtt.h - the connection to the broker, on the loop.
 *
 * Connects by itself, again and again with a growing, jittered pause; subscribes again after every connect;
 * keeps hearth/<node>/status retained at online or offline (by last will too). Callbacks run on the loop
 * thread, never from inside a call of this interface, except where said.
 */
#ifndef HEARTHD_MQTT_H
#define HEARTHD_MQTT_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "config.h"
#include "inference/status.h"

struct mqtt;

enum mqtt_state {
    MQTT_STOPPED,
    MQTT_CONNECTING, /* name resolution and TCP, on a worker thread */
    MQTT_GREETING,   /* waiting for the broker's CONNACK */
    MQTT_ONLINE,
    MQTT_WAITING, /* for the next attempt */
};

struct mqtt_handlers {
    void *data;
    /* The connection came or went; why is for people ("" when it came). */
    void (*changed)(void *data, bool online, const char *why);
    /* A message; topic and payload live for the call. payload is not NUL-terminated, and NULL when len is 0.
     */
    void (*message)(void *data, const char *topic, const char *payload, size_t len, bool retained);
};

/* config and handlers.data must outlive it. NULL and *err on failure (password_file unreadable, out of
 * memory). */
struct mqtt *mqtt_new(uv_loop_t *loop, const struct config *config, const struct mqtt_handlers *handlers,
    struct san_error *err);
/* Begins to connect, and tries again until mqtt_stop. */
void mqtt_start(struct mqtt *mqtt);
/* Says offline, disconnects, fails what is unsent; everything is closed when the loop has run out. */
void mqtt_stop(struct mqtt *mqtt);
/* After the loop has run out. */
void mqtt_free(struct mqtt *mqtt);

/* How the connection is, and that in a word: "online". */
enum mqtt_state mqtt_state(const struct mqtt *mqtt);
const char *mqtt_state_name(enum mqtt_state state);
/* The last failure, for status pages: "" if there was none. */
const char *mqtt_trouble(const struct mqtt *mqtt);

/* ---- a message that takes long ----
 *
 * From inside the message callback: no more messages until mqtt_go_on, not even those of another connection.
 * Nothing is lost, and the order stays: what is read already waits here, the rest with the broker. Commands
 * still leave. */
void mqtt_hold(struct mqtt *mqtt);
void mqtt_go_on(struct mqtt *mqtt);

/* ---- subscriptions: kept, and sent again after each connect ---- */

/* Also when subscribed already: the broker then sends retained messages once more. Sent at the end of this
 * turn of the loop, many in one packet. */
void mqtt_subscribe(struct mqtt *mqtt, const char *topic, int qos);
void mqtt_unsubscribe(struct mqtt *mqtt, const char *topic);

/* ---- publishing ---- */

enum mqtt_fate {
    MQTT_ACKED,   /* the broker has it */
    MQTT_EXPIRED, /* never left: no broker within publish_timeout */
    MQTT_LOST, /* left, but the connection broke before the broker's answer: it may or may not have arrived;
                  never sent again */
};

typedef void (*mqtt_published_cb)(void *data, enum mqtt_fate fate);

/* Publishes at QoS 1, never retained; waits at most publish_timeout for a broker. done (may be NULL) is
 * called exactly once, later, unless cancelled. Returns an id for mqtt_cancel, 0 if out of memory or too much
 * waits already (done is then not called). *sent tells whether it is on its way now. */
unsigned mqtt_publish_command(struct mqtt *mqtt, const char *topic, const char *payload, size_t len,
    mqtt_published_cb done, void *data, bool *sent);
/* The message stays published or pending; only done will not be called any more. */
void mqtt_cancel(struct mqtt *mqtt, unsigned id);

/* Publishes now or, without a broker, not at all: results, announcements. */
void mqtt_publish_news(
    struct mqtt *mqtt, const char *topic, const char *payload, size_t len, int qos, bool retain);

#endif
