/* mqtt_subscriptions.c - see mqtt_subscriptions.h. */
#include "mqtt_subscriptions.h"

#include <stdint.h>
#include <stdlib.h>

#include "log.h"

enum { BATCH = 50 }; /* topics in one SUBSCRIBE packet */

struct subscription {
    int qos;
    bool wanted; /* still to be sent on this connection */
};

bool mqtt_subscriptions_init(struct mqtt_subscriptions *subscriptions)
{
    *subscriptions = (struct mqtt_subscriptions){.topics = hashmap_new()};
    return subscriptions->topics != NULL;
}

void mqtt_subscriptions_free(struct mqtt_subscriptions *subscriptions)
{
    hashmap_free(subscriptions->topics, free);
    subscriptions->topics = NULL;
}

bool mqtt_subscriptions_add(struct mqtt_subscriptions *subscriptions, const char *topic, int qos)
{
    struct subscription *subscription = hashmap_get(subscriptions->topics, topic);
    if (!subscription) {
        subscription = calloc(1, sizeof(*subscription));
        if (!subscription || !hashmap_put(subscriptions->topics, topic, subscription)) {
            free(subscription);
            return false;
        }
    }
    subscription->qos = qos > subscription->qos ? qos : subscription->qos;
    subscription->wanted = true;
    subscriptions->wanted = true;
    return true;
}

void mqtt_subscriptions_remove(struct mqtt_subscriptions *subscriptions, const char *topic)
{
    free(hashmap_remove(subscriptions->topics, topic));
}

void mqtt_subscriptions_want_all(struct mqtt_subscriptions *subscriptions)
{
    size_t cursor = 0;
    void *value;
    while (hashmap_next(subscriptions->topics, &cursor, NULL, &value))
        ((struct subscription *)value)->wanted = true;
    subscriptions->wanted = true;
}

static void send_batch(struct mosquitto *client, char **topics, int count, int qos)
{
    if (!count)
        return;
    int rc = mosquitto_subscribe_multiple(client, NULL, count, topics, qos, 0, NULL);
    if (rc != MOSQ_ERR_SUCCESS)
        log_warning(
            "mqtt: cannot subscribe to %s and %d more: %s", topics[0], count - 1, mosquitto_strerror(rc));
}

/* One packet carries one quality of service with libmosquitto: a round for each. */
void mqtt_subscriptions_send(struct mqtt_subscriptions *subscriptions, struct mosquitto *client)
{
    subscriptions->wanted = false;
    for (int qos = 0; qos <= 2; qos++) {
        char *topics[BATCH];
        int count = 0;
        size_t cursor = 0;
        const char *topic;
        void *value;
        while (hashmap_next(subscriptions->topics, &cursor, &topic, &value)) {
            struct subscription *subscription = value;
            if (!subscription->wanted || subscription->qos != qos)
                continue;
            subscription->wanted = false;
            topics[count++] = (char *)(uintptr_t)topic; /* libmosquitto only reads it */
            if (count < BATCH)
                continue;
            send_batch(client, topics, count, qos);
            count = 0;
        }
        send_batch(client, topics, count, qos);
    }
}
