/* mqtt_outbox.c - see mqtt_outbox.h. */
#include "mqtt_outbox.h"

#include <stdlib.h>
#include <string.h>

#include "log.h"

enum { COMMANDS_MAX = 512 };

/* ---- the list ---- */

static size_t count(const struct mqtt_outbox *outbox)
{
    size_t n = 0;
    for (const struct mqtt_command *command = outbox->first; command; command = command->next)
        n++;
    return n;
}

struct mqtt_command *mqtt_outbox_put(struct mqtt_outbox *outbox, const char *topic, const char *payload,
    size_t len, uint64_t deadline, mqtt_published_cb done, void *data)
{
    size_t topic_size = strlen(topic) + 1;
    struct mqtt_command *command =
        count(outbox) < COMMANDS_MAX ? malloc(sizeof(*command) + topic_size + len) : NULL;
    if (!command)
        return NULL;
    *command = (struct mqtt_command){
        .id = ++outbox->last_id, .deadline = deadline, .done = done, .data = data, .len = len};
    memcpy(command->topic, topic, topic_size);
    command->payload = command->topic + topic_size;
    if (len)
        memcpy(command->payload, payload, len);
    struct mqtt_command **tail = &outbox->first; /* in order: what came first leaves first */
    while (*tail)
        tail = &(*tail)->next;
    *tail = command;
    return command;
}

void mqtt_outbox_cancel(struct mqtt_outbox *outbox, unsigned id)
{
    for (struct mqtt_command *command = outbox->first; command; command = command->next)
        if (command->id == id)
            command->done = NULL;
}

/* ---- leaving ---- */

bool mqtt_outbox_hand_over(struct mqtt_command *command, struct mosquitto *client)
{
    int rc = mosquitto_publish(
        client, &command->mid, command->topic, (int)command->len, command->payload, 1, false);
    if (rc == MOSQ_ERR_SUCCESS)
        return true;
    command->mid = 0;
    log_warning("mqtt: %s not published: %s", command->topic, mosquitto_strerror(rc));
    return false;
}

void mqtt_outbox_hand_over_waiting(struct mqtt_outbox *outbox, struct mosquitto *client)
{
    for (struct mqtt_command *command = outbox->first; command; command = command->next)
        if (!command->mid)
            mqtt_outbox_hand_over(command, client);
}

/* ---- ending ---- */

static void finish(struct mqtt_command **at, enum mqtt_fate fate)
{
    struct mqtt_command *command = *at;
    *at = command->next;
    if (command->done)
        command->done(command->data, fate);
    free(command);
}

/* Ends every command for which `over` holds. Each callback may change the list: start again after each. */
static void finish_where(struct mqtt_outbox *outbox, bool (*over)(const struct mqtt_command *, uint64_t),
    uint64_t arg, enum mqtt_fate fate)
{
    struct mqtt_command **at = &outbox->first;
    while (*at) {
        if (!over(*at, arg)) {
            at = &(*at)->next;
            continue;
        }
        finish(at, fate);
        at = &outbox->first;
    }
}

static bool has_mid(const struct mqtt_command *command, uint64_t mid)
{
    return command->mid == (int)mid;
}

static bool was_handed_over(const struct mqtt_command *command, uint64_t unused)
{
    (void)unused;
    return command->mid != 0;
}

static bool waited_until(const struct mqtt_command *command, uint64_t now)
{
    return command->mid == 0 && command->deadline <= now;
}

static bool is_any(const struct mqtt_command *command, uint64_t unused)
{
    (void)command;
    (void)unused;
    return true;
}

void mqtt_outbox_acked(struct mqtt_outbox *outbox, int mid)
{
    finish_where(outbox, has_mid, (uint64_t)mid, MQTT_ACKED);
}

void mqtt_outbox_lost(struct mqtt_outbox *outbox)
{
    finish_where(outbox, was_handed_over, 0, MQTT_LOST);
}

void mqtt_outbox_expire(struct mqtt_outbox *outbox, uint64_t now)
{
    finish_where(outbox, waited_until, now, MQTT_EXPIRED);
}

void mqtt_outbox_clear(struct mqtt_outbox *outbox)
{
    finish_where(outbox, is_any, 0, MQTT_LOST);
}
