/* inventory.c - see inventory.h. What announces devices is inventory_discovery.c.
 *
 * Maps: id -> device; topic -> the devices that listen to it (inventory_topics.c); discovery topic (or file)
 * -> what it announced, so that an empty payload can take it back. Thousands of retained configurations
 * arrive at once after a connect: they are written in batches, and a repeated one is known by its hash.
 */
#include "inventory_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "devices/ha_entity.h"
#include "log.h"
#include "mqtt.h"

enum {
    BATCH_MS = 50,     /* gathered discovery is committed after this */
    BIRTH_MS = 2000,   /* after connecting: our subscriptions are in place by then */
    FLUSH_MS = 2000,   /* states reach the registry this late */
    FLUSH_NS = 500000, /* of the loop's time; the rest of them waits */
    FLUSH_PAUSE_MS = 5,
    ROWS_BLOCK = 65536,
    ID_TEXT = 24,
};

/* ---- small things ---- */

static const char *id_text(char text[ID_TEXT], int64_t id)
{
    snprintf(text, ID_TEXT, "%" PRId64, id);
    return text;
}

struct device *inventory_find(const struct inventory *inventory, int64_t id)
{
    char text[ID_TEXT];
    return hashmap_get(inventory->devices, id_text(text, id));
}

void inventory_tell(struct inventory *inventory, const char *event, const struct device *device)
{
    struct hearthd *daemon = inventory->daemon;
    if (!daemon->announce)
        return;
    cJSON *params = cJSON_CreateObject();
    cJSON_AddStringToObject(params, "event", event);
    cJSON_AddStringToObject(params, "entity_id", device->entity_id);
    cJSON_AddStringToObject(params, "name", device->name);
    cJSON_AddStringToObject(params, "state", device->state.state);
    cJSON_AddBoolToObject(params, "available", device->state.available);
    daemon->announce(daemon->announce_data, params);
}

/* ---- batches ---- */

void inventory_commit(struct inventory *inventory)
{
    if (!inventory->batch_open)
        return;
    inventory->batch_open = false;
    struct san_error error = {0};
    if (reg_commit(inventory->daemon->registry, &error) == SAN_OK)
        return;
    log_error("registry: %s", error.text);
    reg_rollback(inventory->daemon->registry);
}

static void on_batch_over(uv_timer_t *timer)
{
    inventory_commit(timer->data);
}

void inventory_open_batch(struct inventory *inventory)
{
    if (inventory->batch_open || inventory->stopped)
        return;
    inventory->batch_open = reg_begin(inventory->daemon->registry, NULL) == SAN_OK;
    uv_timer_start(&inventory->batch_timer, on_batch_over, BATCH_MS, 0);
}

static void write_state(struct inventory *inventory, struct device *device)
{
    char *attributes = cJSON_PrintUnformatted(device->state.attributes);
    struct san_error error = {0};
    struct registry *registry = inventory->daemon->registry;
    enum san_status status =
        reg_set_state(registry, device->id, device->state.state, attributes ? attributes : "{}", &error);
    if (status == SAN_OK)
        status = reg_set_available(registry, device->id, device->state.available, &error);
    if (status != SAN_OK)
        log_warning("registry: state of %s not kept: %s", device->entity_id, error.text);
    free(attributes);
    device->dirty = false;
}

/* Writes what is unwritten, from where the last flush ended; false if its time was up before all of it was.
 */
static bool flush_states(struct inventory *inventory, uint64_t until)
{
    bool begun = false, more = true;
    void *value;
    while (
        uv_hrtime() < until && (more = hashmap_next(inventory->devices, &inventory->flushed, NULL, &value))) {
        struct device *device = value;
        if (!device->dirty)
            continue;
        if (!begun)
            begun = reg_begin(inventory->daemon->registry, NULL) == SAN_OK;
        write_state(inventory, device);
    }
    if (begun && reg_commit(inventory->daemon->registry, NULL) != SAN_OK)
        reg_rollback(inventory->daemon->registry);
    if (!more)
        inventory->flushed = 0;
    return !more;
}

static void on_flush(uv_timer_t *timer)
{
    bool all = flush_states(timer->data, uv_hrtime() + FLUSH_NS);
    uv_timer_start(timer, on_flush, all ? FLUSH_MS : FLUSH_PAUSE_MS, 0);
}

/* ---- devices ---- */

static void free_device(void *value)
{
    struct device *device = value;
    entity_view_free(device->view);
    home_state_clear(&device->state);
    free(device->entity_id);
    free(device->name);
    free(device->unique_key);
    free(device->source);
    free(device->device_name);
    free(device->discovery_problem);
    free(device->retained_command);
    free(device);
}

bool inventory_set_text(char **member, const char *text)
{
    char *copy = strdup(text);
    if (!copy)
        return false;
    free(*member);
    *member = copy;
    return true;
}

struct device *inventory_add(struct inventory *inventory, int64_t id)
{
    char text[ID_TEXT];
    struct device *device =
        hashmap_count(inventory->devices) < INVENTORY_ENTITIES_MAX ? calloc(1, sizeof(*device)) : NULL;
    if (!device) {
        log_error("inventory: no room for another entity (%d at most)", INVENTORY_ENTITIES_MAX);
        return NULL;
    }
    device->id = id;
    home_state_init(&device->state);
    if (inventory_set_text(&device->entity_id, "") && inventory_set_text(&device->name, "") &&
        hashmap_put(inventory->devices, id_text(text, id), device))
        return device;
    free_device(device);
    return NULL;
}

void inventory_remove(struct inventory *inventory, struct device *device)
{
    struct san_error error = {0};
    if (device->unique_key &&
        reg_remove_entity(inventory->daemon->registry, device->unique_key, &error) != SAN_OK)
        log_warning("registry: %s not removed: %s", device->entity_id, error.text);
    log_info("inventory: %s is gone", device->entity_id);
    inventory_set_view(inventory, device, NULL, NULL);
    if (device->by)
        device_list_drop(&device->by->announced, device);
    inventory_tell(inventory, "removed", device);
    char text[ID_TEXT];
    hashmap_remove(inventory->devices, id_text(text, device->id));
    free_device(device);
}

/* Compiles the configuration; the device keeps its old view if the new one cannot be. */
void inventory_compile(
    struct inventory *inventory, struct device *device, const char *domain, const char *config)
{
    struct san_error error = {0};
    const char *problem = "";
    struct entity_view *view = entity_view_new(domain, config, &problem, &error);
    if (!view) {
        log_warning("inventory: %s: %s", device->entity_id, error.text);
        return;
    }
    if (device->view)
        entity_view_replace(device->view, view, &device->state);
    inventory_set_view(inventory, device, view, problem);
}

/* ---- states ---- */

void inventory_state_changed(struct inventory *inventory, struct device *device)
{
    device->dirty = true;
    log_debug("state: %s is %s%s", device->entity_id, device->state.state,
        device->state.available ? "" : " (unavailable)");
    if (inventory->changed)
        inventory->changed(inventory->changed_data, device->id);
    inventory_tell(inventory, "state", device);
}

void inventory_take_state(
    struct inventory *inventory, struct device *device, const struct state_message *message)
{
    bool changed = false;
    struct san_error error = {0};
    unsigned reports = device->state.reports;
    if (message->retained && entity_view_ignores_retained(device->view))
        return;
    if (state_apply(device->view, &device->state, message->topic, message->read, &changed, &error) != SAN_OK)
        log_debug("state: %s: %s", device->entity_id, error.text);
    if (device->state.reports != reports)
        inventory_restart_clock(inventory, device);
    if (changed)
        inventory_state_changed(inventory, device);
}

/* A message for everybody who listens. */
static void deliver(struct inventory *inventory, struct state_message *message)
{
    struct san_error error = {0};
    struct state_payload *read = state_payload_read(message->topic, message->payload, message->len, &error);
    message->read = read;
    if (read)
        inventory_deliver(inventory, message, inventory_take_state);
    else
        log_debug("state: %s", error.text);
    state_payload_free(read);
}

bool inventory_message(
    struct inventory *inventory, const char *topic, const char *payload, size_t len, bool retained)
{
    const char *prefix = inventory->daemon->config->discovery_prefix;
    struct state_message message = {
        .topic = topic, .payload = len ? payload : "", .len = len, .retained = retained};
    if (prefix[0] && discovery_is_topic(prefix, topic)) {
        inventory_take_discovery(inventory, topic, message.payload, len);
        return true;
    }
    if (ha_topic_is(topic)) /* nothing of the broker passes for Home Assistant */
        return false;
    bool probed = inventory_take_probe(inventory, topic, len, retained);
    if (!inventory_listens(inventory, topic))
        return probed;
    if (len > INVENTORY_READ_HERE_MAX)
        inventory_take_long_state(inventory, &message);
    else
        deliver(inventory, &message);
    return true;
}

void inventory_ha_state(struct inventory *inventory, const char *topic, const char *state, size_t len)
{
    struct state_message message = {.topic = topic, .payload = state, .len = len};
    if (inventory_listens(inventory, topic))
        deliver(inventory, &message);
}

/* ---- the rest ---- */

const char *inventory_source(const struct inventory *inventory, int64_t id)
{
    const struct device *device = inventory_find(inventory, id);
    return device && device->unique_key ? device->source : NULL;
}

void inventory_drop(struct inventory *inventory, int64_t id)
{
    struct device *device = inventory_find(inventory, id);
    if (device)
        inventory_remove(inventory, device);
}

const struct entity_view *inventory_view(const struct inventory *inventory, int64_t id)
{
    const struct device *device = inventory_find(inventory, id);
    return device ? device->view : NULL;
}

const struct home_state *inventory_state(const struct inventory *inventory, int64_t id)
{
    const struct device *device = inventory_find(inventory, id);
    return device && device->view ? &device->state : NULL;
}

void inventory_refresh(const struct inventory *inventory, struct home_entity *entity, struct san_arena *arena)
{
    const struct home_state *state = inventory_state(inventory, entity->id);
    if (!state)
        return;
    char *attributes = cJSON_PrintUnformatted(state->attributes);
    const char *text = attributes ? attributes : "{}";
    const char *state_copy = san_arena_strndup(arena, state->state, strlen(state->state));
    const char *attributes_copy = san_arena_strndup(arena, text, strlen(text));
    free(attributes);
    entity->state = state_copy ? state_copy : "";
    entity->attributes = attributes_copy ? attributes_copy : "{}";
    entity->available = state->available;
}

void inventory_watch(struct inventory *inventory, void (*changed)(void *data, int64_t id), void *data)
{
    inventory->changed = changed;
    inventory->changed_data = data;
}

/* Home Assistant tells all of its entities at once: what it does not name any more is known to be gone. Until
 * then nobody has announced them (no source), so that they can be forgotten where it is not used any more. */
static void restore_announcement(
    struct inventory *inventory, struct device *device, const struct home_entity *row)
{
    device->by = inventory_announcement(inventory, INVENTORY_HOME_ASSISTANT);
    if (device->by && inventory_set_text(&device->unique_key, row->unique_key))
        device_list_add(&device->by->announced, device);
}

/* A row of the registry becomes a device that can be commanded before it has announced itself again. */
static void restore_entity(struct inventory *inventory, const struct home_entity *row)
{
    if (!row->config[0])
        return;
    struct device *device = inventory_add(inventory, row->id);
    if (!device || !inventory_set_text(&device->entity_id, row->entity_id) ||
        !inventory_set_text(&device->name, row->name))
        return;
    if (reg_origin(row->unique_key) == REG_ORIGIN_HOME_ASSISTANT)
        restore_announcement(inventory, device, row);
    inventory_compile(inventory, device, row->domain, row->config);
    if (device->view)
        entity_view_start(device->view, &device->state);
    snprintf(device->state.state, sizeof(device->state.state), "%s", row->state);
    cJSON *attributes = cJSON_Parse(row->attributes);
    if (cJSON_IsObject(attributes)) {
        cJSON_Delete(device->state.attributes);
        device->state.attributes = attributes;
    } else {
        cJSON_Delete(attributes);
    }
}

static enum san_status restore(struct inventory *inventory, struct san_error *err)
{
    struct san_arena *arena = san_arena_new(ROWS_BLOCK, 0); /* all rows at once, given back below */
    struct home_entity *rows = NULL;
    size_t count = 0;
    if (!arena)
        return san_fail(err, SAN_ENOMEM, "out of memory");
    enum san_status status =
        reg_entities(inventory->daemon->registry, &(struct reg_filter){0}, arena, &rows, &count, err);
    for (size_t i = 0; status == SAN_OK && i < count; i++)
        restore_entity(inventory, &rows[i]);
    san_arena_free(arena);
    return status;
}

/* Zigbee2MQTT and others do not retain states, but send all of them when Home Assistant says that it has come
 * up. */
static void on_birth(uv_timer_t *timer)
{
    struct inventory *inventory = timer->data;
    char topic[96];
    snprintf(topic, sizeof(topic), "%s/status", inventory->daemon->config->discovery_prefix);
    mqtt_publish_news(inventory->daemon->mqtt, topic, "online", 6, 0, false);
}

void inventory_online(struct inventory *inventory)
{
    const struct config *config = inventory->daemon->config;
    if (config->ask_states && config->discovery_prefix[0])
        uv_timer_start(&inventory->birth_timer, on_birth, BIRTH_MS + (uint64_t)rand() % BIRTH_MS, 0);
    inventory_probe_all(inventory);
}

static void subscribe_discovery(struct inventory *inventory)
{
    const char *prefix = inventory->daemon->config->discovery_prefix;
    char topic[128];
    if (!prefix[0])
        return;
    snprintf(topic, sizeof(topic), "%s/+/+/config", prefix);
    mqtt_subscribe(inventory->daemon->mqtt, topic, 1);
    snprintf(topic, sizeof(topic), "%s/+/+/+/config", prefix);
    mqtt_subscribe(inventory->daemon->mqtt, topic, 1);
}

struct inventory *inventory_new(struct hearthd *daemon)
{
    struct inventory *inventory = calloc(1, sizeof(*inventory));
    if (!inventory)
        return NULL;
    inventory->daemon = daemon;
    inventory->devices = hashmap_new();
    inventory->topics = hashmap_new();
    inventory->filters = hashmap_new();
    inventory->probes = hashmap_new();
    inventory->told = hashmap_new();
    inventory->announcements = hashmap_new();
    inventory->intake = inventory_intake_new(inventory);
    if (!inventory->devices || !inventory->topics || !inventory->filters || !inventory->probes ||
        !inventory->told || !inventory->announcements || !inventory->intake) {
        inventory_free(inventory);
        return NULL;
    }
    uv_timer_init(daemon->loop, &inventory->batch_timer);
    uv_timer_init(daemon->loop, &inventory->flush_timer);
    uv_timer_init(daemon->loop, &inventory->birth_timer);
    uv_timer_init(daemon->loop, &inventory->probe_timer);
    uv_timer_init(daemon->loop, &inventory->clock_timer);
    inventory->batch_timer.data = inventory->flush_timer.data = inventory->birth_timer.data = inventory;
    inventory->probe_timer.data = inventory->clock_timer.data = inventory;
    return inventory;
}

enum san_status inventory_start(struct inventory *inventory, struct san_error *err)
{
    enum san_status status = restore(inventory, err);
    if (status != SAN_OK)
        return status;
    uv_timer_start(&inventory->flush_timer, on_flush, FLUSH_MS, 0);
    subscribe_discovery(inventory);
    return SAN_OK;
}

void inventory_stop(struct inventory *inventory)
{
    if (!inventory || inventory->stopped)
        return;
    inventory_commit(inventory);
    inventory->flushed = 0;
    flush_states(inventory, UINT64_MAX);
    inventory->stopped = true;
    inventory_intake_stop(inventory->intake);
    uv_close((uv_handle_t *)&inventory->batch_timer, NULL);
    uv_close((uv_handle_t *)&inventory->flush_timer, NULL);
    uv_close((uv_handle_t *)&inventory->birth_timer, NULL);
    uv_close((uv_handle_t *)&inventory->probe_timer, NULL);
    uv_close((uv_handle_t *)&inventory->clock_timer, NULL);
}

void inventory_free(struct inventory *inventory)
{
    if (!inventory)
        return;
    hashmap_free(inventory->devices, free_device);
    hashmap_free(inventory->topics, inventory_free_listeners);
    hashmap_free(inventory->filters, inventory_free_listeners);
    hashmap_free(inventory->probes, inventory_free_listeners);
    hashmap_free(inventory->probed, inventory_free_listeners);
    hashmap_free(inventory->told, NULL);
    hashmap_free(inventory->announcements, inventory_free_announcement);
    inventory_intake_free(inventory->intake);
    free(inventory);
}
