/* mqtt_subscriptions.h - the topics that hearthd listens to: gathered here, sent many in one packet, and sent
 * again to each new connection.
 */
#ifndef HEARTHD_MQTT_SUBSCRIPTIONS_H
#define HEARTHD_MQTT_SUBSCRIPTIONS_H

#include <mosquitto.h>
#include <stdbool.h>

#include "hashmap.h"

struct mqtt_subscriptions {
    struct hashmap *topics; /* topic -> struct subscription */
    bool wanted;            /* some are still to be sent on this connection */
};

/* False if out of memory. */
bool mqtt_subscriptions_init(struct mqtt_subscriptions *subscriptions);
void mqtt_subscriptions_free(struct mqtt_subscriptions *subscriptions);

/* Wants the topic, also when it was sent already; of two qualities of service the higher one. False if out of
 * memory. */
bool mqtt_subscriptions_add(struct mqtt_subscriptions *subscriptions, const char *topic, int qos);
void mqtt_subscriptions_remove(struct mqtt_subscriptions *subscriptions, const char *topic);
/* For a new connection. */
void mqtt_subscriptions_want_all(struct mqtt_subscriptions *subscriptions);

/* Sends those that are wanted. What the client does not take is in the log. */
void mqtt_subscriptions_send(struct mqtt_subscriptions *subscriptions, struct mosquitto *client);

#endif
