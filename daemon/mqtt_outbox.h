/* mqtt_outbox.h - the commands under way: those that wait for a broker, and those that wait for its answer.
 *
 * In the order in which they came. Each ends once, with a fate, and is taken out of the list before its
 * callback runs, which may publish again. What was handed over is never sent twice.
 */
#ifndef HEARTHD_MQTT_OUTBOX_H
#define HEARTHD_MQTT_OUTBOX_H

#include <mosquitto.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mqtt.h"

struct mqtt_command {
    struct mqtt_command *next;
    unsigned id;       /* for mqtt_outbox_cancel; never 0 */
    int mid;           /* of libmosquitto; 0: not handed over yet */
    uint64_t deadline; /* in the loop's milliseconds, for one that is not handed over */
    mqtt_published_cb done;
    void *data;
    size_t len;
    char *payload; /* behind topic */
    char topic[];
};

/* All zero: empty. */
struct mqtt_outbox {
    struct mqtt_command *first;
    unsigned last_id;
};

/* Copies the command behind the others; done may be NULL. It stays the outbox's. NULL if out of memory, or
 * too many are under way. */
struct mqtt_command *mqtt_outbox_put(struct mqtt_outbox *outbox, const char *topic, const char *payload,
    size_t len, uint64_t deadline, mqtt_published_cb done, void *data);
/* Its done is not called any more; nothing else changes. */
void mqtt_outbox_cancel(struct mqtt_outbox *outbox, unsigned id);

/* Publishes at QoS 1, not retained. False, with a line in the log: it waits still. */
bool mqtt_outbox_hand_over(struct mqtt_command *command, struct mosquitto *client);
void mqtt_outbox_hand_over_waiting(struct mqtt_outbox *outbox, struct mosquitto *client);

/* ---- how they end ---- */

/* MQTT_ACKED, for the one with that number of libmosquitto's. */
void mqtt_outbox_acked(struct mqtt_outbox *outbox, int mid);
/* MQTT_LOST, for all that were handed over: their connection is gone. */
void mqtt_outbox_lost(struct mqtt_outbox *outbox);
/* MQTT_EXPIRED, for those that have waited until their deadline. */
void mqtt_outbox_expire(struct mqtt_outbox *outbox, uint64_t now);
/* MQTT_LOST, for every one. */
void mqtt_outbox_clear(struct mqtt_outbox *outbox);

#endif
