/* mqtt_inbox.c - see mqtt_inbox.h. */
#include "mqtt_inbox.h"

#include <stdlib.h>
#include <string.h>

bool mqtt_inbox_put(
    struct mqtt_inbox *inbox, const char *topic, const char *payload, size_t len, bool retained)
{
    size_t topic_size = strlen(topic) + 1;
    struct mqtt_letter *letter = malloc(sizeof(*letter) + topic_size + len);
    if (!letter)
        return false;
    *letter = (struct mqtt_letter){.len = len, .retained = retained};
    memcpy(letter->topic, topic, topic_size);
    if (len) {
        letter->payload = letter->topic + topic_size;
        memcpy(letter->payload, payload, len);
    }
    if (inbox->last)
        inbox->last->next = letter;
    else
        inbox->first = letter;
    inbox->last = letter;
    return true;
}

struct mqtt_letter *mqtt_inbox_take(struct mqtt_inbox *inbox)
{
    struct mqtt_letter *letter = inbox->first;
    if (!letter)
        return NULL;
    inbox->first = letter->next;
    if (!inbox->first)
        inbox->last = NULL;
    return letter;
}

void mqtt_inbox_clear(struct mqtt_inbox *inbox)
{
    for (struct mqtt_letter *letter; (letter = mqtt_inbox_take(inbox)) != NULL;)
        free(letter);
}
