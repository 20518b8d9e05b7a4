/* inventory.c - see inventory.h.
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
    SCRATCH_BLOCK = 65536,
    SCRATCH_LIMIT = 64 << 20,
    ID_TEXT = 24,
    TOLD_MAX = 10000,
    TROUBLE_MAX = 1280,
};

/* ---- small things ---- */

static const char *id_text(char text[ID_TEXT], int64_t id)
{
    snprintf(text, ID_TEXT, "%" PRId64, id);
    return text;
}

static struct device *find_device(const struct inventory *inventory, int64_t id)
{
    char text[ID_TEXT];
    return hashmap_get(inventory->devices, id_text(text, id));
}

static uint64_t hash_bytes(const char *bytes, size_t len)
{
    uint64_t hash = 1469598103934665603u;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * 1099511628211u;
    return hash;
}

static void tell(struct inventory *inventory, const char *event, const struct device *device)
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

static void open_batch(struct inventory *inventory)
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

static bool set_text(char **member, const char *text)
{
    char *copy = strdup(text);
    if (!copy)
        return false;
    free(*member);
    *member = copy;
    return true;
}

static struct device *add_device(struct inventory *inventory, int64_t id)
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
    if (set_text(&device->entity_id, "") && set_text(&device->name, "") &&
        hashmap_put(inventory->devices, id_text(text, id), device))
        return device;
    free_device(device);
    return NULL;
}

static void remove_device(struct inventory *inventory, struct device *device)
{
    struct san_error error = {0};
    if (device->unique_key &&
        reg_remove_entity(inventory->daemon->registry, device->unique_key, &error) != SAN_OK)
        log_warning("registry: %s not removed: %s", device->entity_id, error.text);
    log_info("inventory: %s is gone", device->entity_id);
    inventory_set_view(inventory, device, NULL, NULL);
    if (device->by)
        device_list_drop(&device->by->announced, device);
    tell(inventory, "removed", device);
    char text[ID_TEXT];
    hashmap_remove(inventory->devices, id_text(text, device->id));
    free_device(device);
}

/* Compiles the configuration; the device keeps its old view if the new one cannot be. */
static void compile_view(
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

static struct announcement *announcement_of(struct inventory *inventory, const char *origin)
{
    struct announcement *announcement = hashmap_get(inventory->announcements, origin);
    if (announcement)
        return announcement;
    if (hashmap_count(inventory->announcements) >= INVENTORY_ENTITIES_MAX) {
        log_error("inventory: no room for %s: %d others announce already", origin, INVENTORY_ENTITIES_MAX);
        return NULL;
    }
    announcement = calloc(1, sizeof(*announcement));
    if (announcement && hashmap_put(inventory->announcements, origin, announcement))
        return announcement;
    free(announcement);
    return NULL;
}

static int64_t register_entity(struct inventory *inventory, const struct discovered *found)
{
    const struct reg_entity_in in = {
        .unique_key = found->unique_key,
        .entity_id = found->entity_id,
        .name = found->name,
        .domain = found->domain,
        .device_class = found->device_class,
        .area = found->suggested_area && found->suggested_area[0] ? found->suggested_area : NULL,
        .config = found->config,
        .hidden = found->hidden,
    };
    struct san_error error = {0};
    int64_t id = 0;
    reg_adopt_entity(inventory->daemon->registry, found->entity_id, found->unique_key); /* of a home file */
    if (reg_put_entity(inventory->daemon->registry, &in, &id, &error) == SAN_OK)
        return id;
    log_warning("inventory: %s not registered: %s", found->entity_id, error.text);
    return 0;
}

static void take_state(
    struct inventory *inventory, struct device *device, const struct state_message *message);

/* Logs a text once in the life of the daemon. */
static void warn_once(struct inventory *inventory, const char *text)
{
    if (hashmap_get(inventory->told, text) || hashmap_count(inventory->told) >= TOLD_MAX)
        return;
    hashmap_put(inventory->told, text, inventory);
    log_warning("discovery: %s", text);
}

/* What is not understood of an announcement: once for a device, however many of its entities share it. */
static void tell_problem(struct inventory *inventory, const struct device *device)
{
    char text[TROUBLE_MAX];
    const char *of = device->device_name[0] ? device->device_name : device->entity_id;
    if (!device->discovery_problem[0])
        return;
    snprintf(text, sizeof(text), "%s: not understood, and left out: %s", of, device->discovery_problem);
    warn_once(inventory, text);
}

/* Enters one announced entity into the registry and the maps. */
static void take_entity(
    struct inventory *inventory, struct announcement *announcement, const struct discovered *found)
{
    int64_t id = register_entity(inventory, found);
    struct device *device = id ? find_device(inventory, id) : NULL;
    bool is_new = id && !device;
    if (is_new)
        device = add_device(inventory, id);
    if (!device || !set_text(&device->entity_id, found->entity_id) || !set_text(&device->name, found->name) ||
        !set_text(&device->device_name, found->device_name) ||
        !set_text(&device->unique_key, found->unique_key) || !set_text(&device->source, found->source) ||
        !set_text(&device->discovery_problem, found->problem ? found->problem : ""))
        return;
    if (device->by && device->by != announcement)
        device_list_drop(&device->by->announced, device);
    device->by = announcement;
    device_list_add(&announcement->announced, device);
    compile_view(inventory, device, found->domain, found->config);
    if (is_new && device->view)
        entity_view_start(device->view, &device->state);
    inventory_replay(inventory, device, take_state);
    tell_problem(inventory, device);
    log_debug("inventory: %s is \"%s\"", device->entity_id, device->name);
    if (is_new)
        tell(inventory, "discovered", device);
}

/* Removes what came from that source ("topic:<topic>"), or from one of its components
 * ("topic:<topic>#<component>"). */
static void remove_source(struct inventory *inventory, struct announcement *announcement, const char *source)
{
    size_t len = strlen(source);
    for (size_t i = announcement->announced.count; i-- > 0;) {
        const char *own = announcement->announced.device[i]->source;
        if (strncmp(own, source, len) == 0 && (own[len] == '\0' || own[len] == '#'))
            remove_device(inventory, announcement->announced.device[i]);
    }
}

static void remove_all(struct inventory *inventory, struct announcement *announcement)
{
    while (announcement->announced.count) {
        struct device *device = announcement->announced.device[--announcement->announced.count];
        device->by = NULL;
        remove_device(inventory, device);
    }
}

/* ---- discovery ---- */

static void set_trouble(struct announcement *announcement, const char *trouble)
{
    free(announcement->trouble);
    announcement->trouble = trouble[0] ? strdup(trouble) : NULL;
}

static void note_unused(struct announcement *announcement, const char *unused)
{
    char text[TROUBLE_MAX];
    snprintf(text, sizeof(text), "hearth has no use for: %s", unused);
    set_trouble(announcement, unused[0] ? text : "");
}

static void parse_discovery(struct inventory *inventory, struct announcement *announcement, const char *topic,
    const char *payload, size_t len)
{
    struct discovered *found;
    size_t count;
    const char *unused;
    struct san_error error = {0};
    san_arena_reset(inventory->scratch);
    enum san_status status = discovery_parse(inventory->daemon->config->discovery_prefix, topic, payload, len,
        inventory->scratch, &found, &count, &unused, &error);
    if (status != SAN_OK) {
        size_t prefix = strlen(topic);
        bool named = strncmp(error.text, topic, prefix) == 0 && strncmp(error.text + prefix, ": ", 2) == 0;
        log_warning("discovery: %s", error.text);
        set_trouble(announcement, named ? error.text + prefix + 2 : error.text);
        return;
    }
    note_unused(announcement, unused);
    for (size_t i = 0; i < count; i++) {
        if (found[i].config)
            take_entity(inventory, announcement, &found[i]);
        else
            remove_source(inventory, announcement, found[i].unique_key);
    }
}

static void take_discovery(struct inventory *inventory, const char *topic, const char *payload, size_t len)
{
    if (!len && !hashmap_get(inventory->announcements, topic))
        return;
    struct announcement *announcement = announcement_of(inventory, topic);
    uint64_t hash = hash_bytes(payload, len);
    if (!announcement || (len && announcement->hash == hash))
        return;
    announcement->hash = len ? hash : 0;
    open_batch(inventory);
    parse_discovery(inventory, announcement, topic, payload, len);
}

/* ---- states ---- */

void inventory_state_changed(struct inventory *inventory, struct device *device)
{
    device->dirty = true;
    log_debug("state: %s is %s%s", device->entity_id, device->state.state,
        device->state.available ? "" : " (unavailable)");
    if (inventory->changed)
        inventory->changed(inventory->changed_data, device->id);
    tell(inventory, "state", device);
}

static void take_state(
    struct inventory *inventory, struct device *device, const struct state_message *message)
{
    bool changed = false;
    struct san_error error = {0};
    unsigned reports = device->state.reports;
    if (message->retained && entity_view_ignores_retained(device->view))
        return;
    if (state_apply(device->view, &device->state, message->topic, message->payload, message->len, &changed,
            &error) != SAN_OK)
        log_debug("state: %s: %s", device->entity_id, error.text);
    if (device->state.reports != reports)
        inventory_restart_clock(inventory, device);
    if (changed)
        inventory_state_changed(inventory, device);
}

static void take_announcement(struct inventory *inventory, const char *topic, const char *payload, size_t len)
{
    if (len > DISCOVERY_PAYLOAD_MAX)
        log_warning(
            "discovery: %s: %zu bytes are more than the %d allowed", topic, len, DISCOVERY_PAYLOAD_MAX);
    else
        take_discovery(inventory, topic, payload, len);
}

bool inventory_message(
    struct inventory *inventory, const char *topic, const char *payload, size_t len, bool retained)
{
    const char *prefix = inventory->daemon->config->discovery_prefix;
    struct state_message message = {topic, len ? payload : "", len, retained};
    if (prefix[0] && discovery_is_topic(prefix, topic)) {
        take_announcement(inventory, topic, message.payload, len);
        return true;
    }
    if (ha_topic_is(topic)) /* nothing of the broker passes for Home Assistant */
        return false;
    bool probed = inventory_take_probe(inventory, topic, len, retained);
    if (len > STATE_PAYLOAD_MAX) {
        log_debug("state: %s: %zu bytes are more than the %d allowed", topic, len, STATE_PAYLOAD_MAX);
        return true;
    }
    return inventory_deliver(inventory, &message, take_state) || probed;
}

void inventory_ha_state(struct inventory *inventory, const char *topic, const char *state, size_t len)
{
    struct state_message message = {topic, state, len, false};
    if (len <= STATE_PAYLOAD_MAX)
        inventory_deliver(inventory, &message, take_state);
}

/* ---- files ---- */

void inventory_announce_one(struct inventory *inventory, const char *origin, const struct discovered *found)
{
    struct announcement *announcement = announcement_of(inventory, origin);
    open_batch(inventory);
    if (announcement && found->config)
        take_entity(inventory, announcement, found);
}

bool inventory_retain(
    struct inventory *inventory, const char *origin, const struct hashmap *keys, size_t *left)
{
    const struct announcement *announcement = hashmap_get(inventory->announcements, origin);
    if (announcement && *left > announcement->announced.count)
        *left = announcement->announced.count;
    if (!announcement || !*left)
        return false;
    struct device *device = announcement->announced.device[--*left];
    open_batch(inventory);
    if (!hashmap_get(keys, device->unique_key))
        remove_device(inventory, device);
    return true;
}

void inventory_announce(
    struct inventory *inventory, const char *origin, const struct discovered *found, size_t count)
{
    struct hashmap *keys = hashmap_new();
    bool ok = keys;
    for (size_t i = 0; ok && i < count; i++)
        ok = hashmap_put(keys, found[i].unique_key, inventory);
    for (size_t left = SIZE_MAX; ok && inventory_retain(inventory, origin, keys, &left);)
        continue;
    hashmap_free(keys, NULL);
    for (size_t i = 0; i < count; i++)
        inventory_announce_one(inventory, origin, &found[i]);
}

void inventory_forget_files(struct inventory *inventory, const char *dir)
{
    size_t cursor = 0, len = strlen(dir);
    const char *origin;
    void *value;
    while (hashmap_next(inventory->announcements, &cursor, &origin, &value)) {
        bool from_file = strncmp(origin, dir, len) == 0 && origin[len] == '/';
        if (from_file && access(origin, F_OK) != 0)
            remove_all(inventory, value);
    }
}

/* ---- the rest ---- */

const char *inventory_source(const struct inventory *inventory, int64_t id)
{
    const struct device *device = find_device(inventory, id);
    return device && device->unique_key ? device->source : NULL;
}

void inventory_drop(struct inventory *inventory, int64_t id)
{
    struct device *device = find_device(inventory, id);
    if (device)
        remove_device(inventory, device);
}

const struct entity_view *inventory_view(const struct inventory *inventory, int64_t id)
{
    const struct device *device = find_device(inventory, id);
    return device ? device->view : NULL;
}

const struct home_state *inventory_state(const struct inventory *inventory, int64_t id)
{
    const struct device *device = find_device(inventory, id);
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
    device->by = announcement_of(inventory, INVENTORY_HOME_ASSISTANT);
    if (device->by && set_text(&device->unique_key, row->unique_key))
        device_list_add(&device->by->announced, device);
}

/* A row of the registry becomes a device that can be commanded before it has announced itself again. */
static void restore_entity(struct inventory *inventory, const struct home_entity *row)
{
    if (!row->config[0])
        return;
    struct device *device = add_device(inventory, row->id);
    if (!device || !set_text(&device->entity_id, row->entity_id) || !set_text(&device->name, row->name))
        return;
    if (reg_origin(row->unique_key) == REG_ORIGIN_HOME_ASSISTANT)
        restore_announcement(inventory, device, row);
    compile_view(inventory, device, row->domain, row->config);
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
    struct san_arena *arena = san_arena_new(SCRATCH_BLOCK, 0); /* all rows at once, given back below */
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
    inventory->scratch = san_arena_new(SCRATCH_BLOCK, SCRATCH_LIMIT);
    if (!inventory->devices || !inventory->topics || !inventory->filters || !inventory->probes ||
        !inventory->told || !inventory->announcements || !inventory->scratch) {
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
    uv_close((uv_handle_t *)&inventory->batch_timer, NULL);
    uv_close((uv_handle_t *)&inventory->flush_timer, NULL);
    uv_close((uv_handle_t *)&inventory->birth_timer, NULL);
    uv_close((uv_handle_t *)&inventory->probe_timer, NULL);
    uv_close((uv_handle_t *)&inventory->clock_timer, NULL);
}

static void free_announcement(void *value)
{
    free(((struct announcement *)value)->announced.device);
    free(((struct announcement *)value)->trouble);
    free(value);
}

void inventory_free(struct inventory *inventory)
{
    if (!inventory)
        return;
    hashmap_free(inventory->devices, free_device);
    hashmap_free(inventory->topics, inventory_free_listeners);
    hashmap_free(inventory->filters, inventory_free_listeners);
    hashmap_free(inventory->probes, inventory_free_listeners);
    hashmap_free(inventory->told, NULL);
    hashmap_free(inventory->announcements, free_announcement);
    san_arena_free(inventory->scratch);
    free(inventory);
}
