/* inventory_topics.c - what the inventory subscribes to: the topics of views, some of them with wildcards,
 * and for a moment the topics of their commands. See inventory_internal.h. */
#include "inventory_internal.h"

#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "devices/ha_entity.h"
#include "devices/topic.h"
#include "log.h"
#include "mqtt.h"

enum {
    LISTENERS_MAX = INVENTORY_ENTITIES_MAX, /* one bridge may have them all on its availability topic */
    PROBE_MS = 5000,                        /* retained messages come at once after a subscription */
    LEAVE_NS = 500000,                      /* of the loop's time */
    LEAVE_PAUSE_MS = 5,
    LAST_MAX = 128, /* bytes of a message that is remembered: online, {"state":"online"} */
};

/* ---- lists of devices ---- */

bool device_list_add(struct listeners *list, struct device *device)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->device[i] == device)
            return true;
    if ((list->count & (list->count - 1)) == 0) { /* grow at each power of two */
        struct device **bigger =
            realloc(list->device, (list->count ? list->count * 2 : 1) * sizeof(struct device *));
        if (!bigger)
            return false;
        list->device = bigger;
    }
    list->device[list->count++] = device;
    return true;
}

void device_list_drop(struct listeners *list, const struct device *device)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++)
        if (list->device[i] != device)
            list->device[kept++] = list->device[i];
    list->count = kept;
}

void inventory_free_listeners(void *value)
{
    struct listeners *listeners = value;
    free(listeners->device);
    free(listeners->last);
    free(listeners);
}

/* ---- maps of them ---- */

static struct hashmap *map_of(const struct inventory *inventory, const char *topic)
{
    return topic_has_wildcard(topic) ? inventory->filters : inventory->topics;
}

static struct listeners *listeners_of(struct hashmap *map, const char *topic)
{
    struct listeners *listeners = hashmap_get(map, topic);
    if (listeners)
        return listeners;
    listeners = calloc(1, sizeof(*listeners));
    if (listeners && hashmap_put(map, topic, listeners))
        return listeners;
    free(listeners);
    return NULL;
}

/* True if nobody listens any more. */
static bool drop_from(struct hashmap *map, const char *topic, const struct device *device)
{
    struct listeners *listeners = hashmap_get(map, topic);
    if (!listeners)
        return false;
    device_list_drop(listeners, device);
    if (listeners->count)
        return false;
    hashmap_remove(map, topic);
    inventory_free_listeners(listeners);
    return true;
}

/* Home Assistant's own entities have topics that no broker knows. */
static void subscribe(struct inventory *inventory, const char *topic, int qos)
{
    if (!ha_topic_is(topic))
        mqtt_subscribe(inventory->daemon->mqtt, topic, qos);
}

static void unsubscribe(struct inventory *inventory, const char *topic)
{
    if (!ha_topic_is(topic))
        mqtt_unsubscribe(inventory->daemon->mqtt, topic);
}

static void listen_to(struct inventory *inventory, struct device *device, const char *topic)
{
    struct listeners *listeners = listeners_of(map_of(inventory, topic), topic);
    if (!listeners || listeners->count >= LISTENERS_MAX)
        return;
    device_list_add(listeners, device);
    if (listeners->last)
        return; /* inventory_replay tells it */
    /* Subscribing again makes the broker repeat the retained message, which a new listener needs, and a new
     * template of an old one. */
    subscribe(inventory, topic, entity_view_qos(device->view));
}

static void listen_no_more(struct inventory *inventory, struct device *device, const char *topic)
{
    if (drop_from(map_of(inventory, topic), topic, device) && !hashmap_get(inventory->probes, topic))
        unsubscribe(inventory, topic);
}

/* Keeps the message for those who will listen later, if it is short; forgets the one before in any case. */
static void remember(struct listeners *listeners, const struct state_message *message)
{
    free(listeners->last);
    listeners->last =
        message->len && message->len <= LAST_MAX ? strndup(message->payload, message->len) : NULL;
}

bool inventory_listens(const struct inventory *inventory, const char *topic)
{
    size_t cursor = 0;
    const char *filter;
    bool any = hashmap_get(inventory->topics, topic);
    while (!any && hashmap_next(inventory->filters, &cursor, &filter, NULL))
        any = topic_matches(filter, topic);
    return any;
}

void inventory_deliver(struct inventory *inventory, const struct state_message *message, take_fn take)
{
    struct listeners *listeners = hashmap_get(inventory->topics, message->topic);
    if (listeners)
        remember(listeners, message);
    for (size_t i = 0; listeners && i < listeners->count; i++)
        take(inventory, listeners->device[i], message);
    size_t cursor = 0;
    const char *filter;
    void *value;
    while (hashmap_next(inventory->filters, &cursor, &filter, &value)) {
        if (!topic_matches(filter, message->topic))
            continue;
        listeners = value;
        for (size_t i = 0; i < listeners->count; i++)
            take(inventory, listeners->device[i], message);
    }
}

void inventory_replay(struct inventory *inventory, struct device *device, take_fn take)
{
    size_t count = 0;
    const char *const *topics = device->view ? entity_view_topics(device->view, &count) : NULL;
    if (!device->view || entity_view_ignores_retained(device->view))
        return;
    for (size_t i = 0; i < count; i++) {
        const struct listeners *listeners = hashmap_get(inventory->topics, topics[i]);
        if (!listeners || !listeners->last)
            continue;
        size_t len = strlen(listeners->last);
        struct state_payload *read = state_payload_read(topics[i], listeners->last, len, NULL);
        const struct state_message message = {
            .topic = topics[i], .payload = listeners->last, .len = len, .read = read};
        if (read)
            take(inventory, device, &message);
        state_payload_free(read);
    }
}

/* ---- retained commands ---- */

/* From where the last walk ended; false if its time was up before all were left. */
static bool leave_probed(struct inventory *inventory)
{
    const char *topic;
    for (uint64_t until = uv_hrtime() + LEAVE_NS; uv_hrtime() < until;) {
        if (!hashmap_next(inventory->probed, &inventory->probed_at, &topic, NULL))
            return true;
        if (!hashmap_get(inventory->topics, topic) && !hashmap_get(inventory->probes, topic))
            unsubscribe(inventory, topic);
    }
    return false;
}

/* Thousands of packets, a few at a time. */
static void on_probe_over(uv_timer_t *timer)
{
    struct inventory *inventory = timer->data;
    struct hashmap *none = inventory->probed ? NULL : hashmap_new();
    if (none) {
        inventory->probed = inventory->probes;
        inventory->probed_at = 0;
        inventory->probes = none;
    }
    if (inventory->probed && !leave_probed(inventory)) {
        uv_timer_start(timer, on_probe_over, LEAVE_PAUSE_MS, 0);
        return;
    }
    hashmap_free(inventory->probed, inventory_free_listeners);
    inventory->probed = NULL;
    if (hashmap_count(inventory->probes)) /* meanwhile */
        uv_timer_start(timer, on_probe_over, PROBE_MS, 0);
}

static void probe(struct inventory *inventory, struct device *device)
{
    size_t count = 0;
    const char *const *topics = device->view ? entity_view_command_topics(device->view, &count) : NULL;
    if (!inventory->daemon->config->check_commands || inventory->stopped)
        return;
    for (size_t i = 0; i < count; i++) {
        struct listeners *listeners =
            ha_topic_is(topics[i]) ? NULL : listeners_of(inventory->probes, topics[i]);
        if (!listeners || !device_list_add(listeners, device))
            continue;
        subscribe(inventory, topics[i], 0);
        uv_timer_start(&inventory->probe_timer, on_probe_over, PROBE_MS, 0);
    }
}

void inventory_probe_all(struct inventory *inventory)
{
    size_t cursor = 0;
    void *value;
    while (hashmap_next(inventory->devices, &cursor, NULL, &value)) {
        ((struct device *)value)->has_retained_command = false;
        probe(inventory, value);
    }
}

bool inventory_take_probe(struct inventory *inventory, const char *topic, size_t len, bool retained)
{
    const struct listeners *listeners = hashmap_get(inventory->probes, topic);
    if (!listeners)
        return false;
    for (size_t i = 0; retained && len && i < listeners->count; i++) {
        struct device *device = listeners->device[i];
        device->has_retained_command = true;
        if (device->retained_command) /* told already */
            continue;
        device->retained_command = strdup(topic);
        log_warning("mqtt: %s, on which %s takes commands, has a retained message: the device will carry it "
                    "out again "
                    "at each reconnect; clear it with mosquitto_pub -r -n -t '%s'",
            topic, device->entity_id, topic);
    }
    return true;
}

/* ---- views ---- */

static bool is_in(const char *const *topics, size_t count, const char *topic)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(topics[i], topic) == 0)
            return true;
    return false;
}

static void leave_probes(struct inventory *inventory, struct device *device, const struct entity_view *view)
{
    size_t count = 0;
    const char *const *topics = view ? entity_view_command_topics(view, &count) : NULL;
    for (size_t i = 0; i < count; i++)
        if (drop_from(inventory->probes, topics[i], device) && !hashmap_get(inventory->topics, topics[i]))
            unsubscribe(inventory, topics[i]);
}

void inventory_set_view(
    struct inventory *inventory, struct device *device, struct entity_view *view, const char *problem)
{
    struct entity_view *old = device->view;
    size_t old_count = 0, count = 0;
    const char *const *old_topics = old ? entity_view_topics(old, &old_count) : NULL;
    const char *const *topics = view ? entity_view_topics(view, &count) : NULL;
    device->view = view;
    device->problem = problem;
    leave_probes(inventory, device, old);
    for (size_t i = 0; i < old_count; i++)
        if (!is_in(topics, count, old_topics[i]))
            listen_no_more(inventory, device, old_topics[i]);
    for (size_t i = 0; i < count; i++)
        listen_to(inventory, device, topics[i]);
    if (view)
        probe(inventory, device);
    entity_view_free(old);
}
