/* inventory_discovery.c - what is announced, by discovery topics, files and Home Assistant: entities into the
 * registry and the maps, and out of them. See inventory_internal.h.
 *
 * A message may announce hundreds. A long one is read on another thread, and they are entered a millisecond
 * at each turn of the loop; messages behind it wait meanwhile (mqtt_hold).
 */
#include "inventory_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "log.h"
#include "mqtt.h"

enum {
    SCRATCH_BLOCK = 65536,
    SCRATCH_LIMIT = 64 << 20,
    TURN_NS = 1000000,
    TOLD_MAX = 10000,
    TROUBLE_MAX = 1280,
};

/* The one discovery message that is being taken. */
struct intake {
    struct inventory *inventory;
    struct san_arena *arena; /* of what was found; while a message is read elsewhere, that thread's */
    struct announcement *announcement;
    uv_work_t work;
    uv_idle_t turn;
    char *topic, *payload; /* copies for the other thread, or NULL */
    size_t len;
    struct discovered *found;
    size_t count, at; /* how many of them are entered */
    const char *unused;
    struct san_error error;
};

static uint64_t hash_bytes(const char *bytes, size_t len)
{
    uint64_t hash = 1469598103934665603u;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * 1099511628211u;
    return hash;
}

struct announcement *inventory_announcement(struct inventory *inventory, const char *origin)
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
    struct device *device = id ? inventory_find(inventory, id) : NULL;
    bool is_new = id && !device;
    if (is_new)
        device = inventory_add(inventory, id);
    if (!device || !inventory_set_text(&device->entity_id, found->entity_id) ||
        !inventory_set_text(&device->name, found->name) ||
        !inventory_set_text(&device->device_name, found->device_name) ||
        !inventory_set_text(&device->unique_key, found->unique_key) ||
        !inventory_set_text(&device->source, found->source) ||
        !inventory_set_text(&device->discovery_problem, found->problem ? found->problem : ""))
        return;
    if (device->by && device->by != announcement)
        device_list_drop(&device->by->announced, device);
    device->by = announcement;
    device_list_add(&announcement->announced, device);
    inventory_compile(inventory, device, found->domain, found->config);
    if (is_new && device->view)
        entity_view_start(device->view, &device->state);
    inventory_replay(inventory, device, inventory_take_state);
    tell_problem(inventory, device);
    log_debug("inventory: %s is \"%s\"", device->entity_id, device->name);
    if (is_new)
        inventory_tell(inventory, "discovered", device);
}

/* Removes what came from that source ("topic:<topic>"), or from one of its components
 * ("topic:<topic>#<component>"). */
static void remove_source(struct inventory *inventory, struct announcement *announcement, const char *source)
{
    size_t len = strlen(source);
    for (size_t i = announcement->announced.count; i-- > 0;) {
        const char *own = announcement->announced.device[i]->source;
        if (strncmp(own, source, len) == 0 && (own[len] == '\0' || own[len] == '#'))
            inventory_remove(inventory, announcement->announced.device[i]);
    }
}

static void remove_all(struct inventory *inventory, struct announcement *announcement)
{
    while (announcement->announced.count) {
        struct device *device = announcement->announced.device[--announcement->announced.count];
        device->by = NULL;
        inventory_remove(inventory, device);
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

static void refuse(struct announcement *announcement, const char *topic, const char *why)
{
    size_t prefix = strlen(topic);
    bool named = strncmp(why, topic, prefix) == 0 && strncmp(why + prefix, ": ", 2) == 0;
    log_warning("discovery: %s", why);
    set_trouble(announcement, named ? why + prefix + 2 : why);
}

/* False if its time was up before all of what was found is entered. */
static bool enter(struct intake *intake)
{
    struct inventory *inventory = intake->inventory;
    inventory_open_batch(inventory);
    for (uint64_t until = uv_hrtime() + TURN_NS; intake->at < intake->count && uv_hrtime() < until;) {
        const struct discovered *found = &intake->found[intake->at++];
        if (found->config)
            take_entity(inventory, intake->announcement, found);
        else
            remove_source(inventory, intake->announcement, found->unique_key);
    }
    return intake->at == intake->count;
}

static void on_turn(uv_idle_t *turn)
{
    struct intake *intake = turn->data;
    if (!enter(intake))
        return;
    uv_idle_stop(turn);
    mqtt_go_on(intake->inventory->daemon->mqtt);
}

/* Any thread. */
static void parse(struct intake *intake, const char *topic, const char *payload, size_t len)
{
    san_arena_reset(intake->arena);
    intake->at = 0;
    intake->error = (struct san_error){.text = ""};
    discovery_parse(intake->inventory->daemon->config->discovery_prefix, topic, payload, len, intake->arena,
        &intake->found, &intake->count, &intake->unused, &intake->error);
}

/* True if it is taken: refused, or all of it entered. */
static bool take_parsed(struct intake *intake, const char *topic)
{
    if (intake->error.status != SAN_OK) {
        refuse(intake->announcement, topic, intake->error.text);
        return true;
    }
    note_unused(intake->announcement, intake->unused);
    return enter(intake);
}

static void parse_there(uv_work_t *work)
{
    struct intake *intake = work->data;
    parse(intake, intake->topic, intake->payload, intake->len);
}

static void free_copies(struct intake *intake)
{
    free(intake->topic);
    free(intake->payload);
    intake->topic = intake->payload = NULL;
}

static void after_parse(uv_work_t *work, int status)
{
    struct intake *intake = work->data;
    (void)status; /* such a job is never cancelled */
    bool stopped = intake->inventory->stopped;
    bool taken = stopped || take_parsed(intake, intake->topic);
    free_copies(intake);
    if (stopped)
        return;
    if (taken)
        mqtt_go_on(intake->inventory->daemon->mqtt);
    else
        uv_idle_start(&intake->turn, on_turn);
}

static void hand_out(struct intake *intake, const char *topic, const char *payload, size_t len)
{
    intake->topic = strdup(topic);
    intake->payload = malloc(len);
    intake->len = len;
    if (!intake->topic || !intake->payload) {
        free_copies(intake);
        refuse(intake->announcement, topic, "out of memory");
        return;
    }
    memcpy(intake->payload, payload, len);
    mqtt_hold(intake->inventory->daemon->mqtt);
    uv_queue_work(intake->inventory->daemon->loop, &intake->work, parse_there, after_parse);
}

static void take_here(struct intake *intake, const char *topic, const char *payload, size_t len)
{
    parse(intake, topic, payload, len);
    if (take_parsed(intake, topic))
        return;
    mqtt_hold(intake->inventory->daemon->mqtt);
    uv_idle_start(&intake->turn, on_turn);
}

void inventory_take_discovery(struct inventory *inventory, const char *topic, const char *payload, size_t len)
{
    struct intake *intake = inventory->intake;
    if (!len && !hashmap_get(inventory->announcements, topic))
        return;
    intake->announcement = inventory_announcement(inventory, topic);
    uint64_t hash = len ? hash_bytes(payload, len) : 0;
    if (!intake->announcement || (len && intake->announcement->hash == hash))
        return;
    intake->announcement->hash = hash;
    if (len > INVENTORY_READ_HERE_MAX && len <= DISCOVERY_PAYLOAD_MAX)
        hand_out(intake, topic, payload, len);
    else
        take_here(intake, topic, payload, len);
}

struct intake *inventory_intake_new(struct inventory *inventory)
{
    struct intake *intake = calloc(1, sizeof(*intake));
    if (!intake)
        return NULL;
    intake->inventory = inventory;
    intake->arena = san_arena_new(SCRATCH_BLOCK, SCRATCH_LIMIT);
    if (!intake->arena) {
        free(intake);
        return NULL;
    }
    uv_idle_init(inventory->daemon->loop, &intake->turn);
    intake->turn.data = intake->work.data = intake;
    return intake;
}

void inventory_intake_stop(struct intake *intake)
{
    uv_close((uv_handle_t *)&intake->turn, NULL);
}

void inventory_intake_free(struct intake *intake)
{
    if (!intake)
        return;
    san_arena_free(intake->arena);
    free(intake);
}

/* ---- files ---- */

void inventory_announce_one(struct inventory *inventory, const char *origin, const struct discovered *found)
{
    struct announcement *announcement = inventory_announcement(inventory, origin);
    inventory_open_batch(inventory);
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
    inventory_open_batch(inventory);
    if (!hashmap_get(keys, device->unique_key))
        inventory_remove(inventory, device);
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

void inventory_free_announcement(void *value)
{
    free(((struct announcement *)value)->announced.device);
    free(((struct announcement *)value)->trouble);
    free(value);
}
