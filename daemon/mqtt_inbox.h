/* mqtt_inbox.h - messages that have arrived while nobody could take them, in their order.
 *
 * mqtt.c reads nothing more then, but one read may bring several packets.
 */
#ifndef HEARTHD_MQTT_INBOX_H
#define HEARTHD_MQTT_INBOX_H

#include <stdbool.h>
#include <stddef.h>

struct mqtt_letter {
    struct mqtt_letter *next;
    size_t len;
    bool retained;
    char *payload; /* behind topic; NULL when len is 0 */
    char topic[];
};

/* All zero: empty. */
struct mqtt_inbox {
    struct mqtt_letter *first, *last;
};

/* Copies the message behind the others. False if out of memory. */
bool mqtt_inbox_put(
    struct mqtt_inbox *inbox, const char *topic, const char *payload, size_t len, bool retained);
/* Takes the first one out, for the caller to free; NULL if there is none. */
struct mqtt_letter *mqtt_inbox_take(struct mqtt_inbox *inbox);
void mqtt_inbox_clear(struct mqtt_inbox *inbox);

#endif
