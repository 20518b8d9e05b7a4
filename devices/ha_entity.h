/* ha_entity.h - an entity of Home Assistant as if it had announced itself over MQTT.
 *
 * For each of them a discovery configuration is made whose topics are all one: HA_TOPIC and the entity_id. A
 * state object of Home Assistant, taken as a message on that topic, gives the entity's state; what
 * render_call makes for it is {"action": "light.turn_on", "data": {...}}, which ha_action_parse reads. So
 * whatever hearth can do with a device on MQTT it can do with these, by the same code.
 */
#ifndef HEARTH_HA_ENTITY_H
#define HEARTH_HA_ENTITY_H

#include <cjson/cJSON.h>
#include <stdbool.h>

/* '#' is in no topic that is published or announced: nothing of the broker passes for one of these. */
#define HA_TOPIC "home_assistant:"

enum { HA_WORD_MAX = 63 }; /* bytes of a domain or a service */

/* True if a command to this topic is a call of a service of Home Assistant. */
bool ha_topic_is(const char *topic);

/* True if hearth can do something with entities of this domain; entity_id as Home Assistant writes it, at
 * most 128 bytes. */
bool ha_entity_is_used(const char *entity_id);

/* The configuration, a JSON object for the caller to delete; attributes (may be NULL) as they are in a state.
 * NULL if it is not used, or out of memory. fahrenheit: Home Assistant's unit of temperatures. */
cJSON *ha_entity_config(const char *entity_id, const cJSON *attributes, bool fahrenheit);

/* What a command asks Home Assistant to do. */
struct ha_action {
    const char *entity_id; /* in the topic */
    char domain[HA_WORD_MAX + 1], service[HA_WORD_MAX + 1];
    cJSON *data; /* owned, or NULL */
};
/* False if these are no command that was rendered for such an entity. The caller deletes data. */
bool ha_action_parse(const char *topic, const char *payload, struct ha_action *action);

#endif
