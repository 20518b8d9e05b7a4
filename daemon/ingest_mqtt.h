/* ingest_mqtt.h - the door for voice satellites and automations: hearth/<node>/say.
 *
 * A message is plain text, or {"text","area"?,"source"?,"id"?}. A retained, oversized or malformed one is
 * refused, and said so on hearth/<node>/unhandled. Results go to hearth/<node>/result (pipeline.c).
 */
#ifndef HEARTHD_INGEST_MQTT_H
#define HEARTHD_INGEST_MQTT_H

#include <stdbool.h>
#include <stddef.h>

#include "hearthd.h"

enum { INGEST_MQTT_PAYLOAD_MAX = 4096 }; /* bytes: the longest text, with its envelope */

/* Subscribes, if the configuration wants this door. */
void ingest_mqtt_start(struct hearthd *daemon);
/* Takes a message on the say topic; false if it is another topic. */
bool ingest_mqtt_message(
    struct hearthd *daemon, const char *topic, const char *payload, size_t len, bool retained);

#endif
