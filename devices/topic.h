/* topic.h - MQTT topic filters: state topics may have wildcards, as OpenMQTTGateway's do. */
#ifndef HEARTH_TOPIC_H
#define HEARTH_TOPIC_H

#include <stdbool.h>

/* True if the text has + or #. */
bool topic_has_wildcard(const char *topic);
/* True if each + is a whole level, and # the whole last one. */
bool topic_filter_is_valid(const char *filter);
/* True if a message on that topic is meant by the filter (MQTT 3.1.1, 4.7); a filter without wildcards means
 * itself. */
bool topic_matches(const char *filter, const char *topic);

/* True if the topic under that configuration key is one that commands are published to. */
bool topic_key_is_command(const char *key);

#endif
