/* discovery.c - discovery messages in the order in which Home Assistant processes them: topic, JSON,
 * abbreviations, origin, components, `~`, checks. */
#include "devices/discovery.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "devices/abbreviations.h"
#include "devices/discovery_internal.h"
#include "devices/json_text.h"
#include "devices/state.h"
#include "devices/view.h"

#define OWN_ORIGIN "hearth"

/* ---- the topic ---- */

struct topic_parts {
    char component[32];
    bool is_device;
};

static size_t word_length(const char *text, bool dashes)
{
    size_t len = 0;
    while (isalnum((unsigned char)text[len]) || text[len] == '_' || (dashes && text[len] == '-'))
        len++;
    return len;
}

/* <prefix>/<component>/[<node_id>/]<object_id>/config */
static bool split_topic(const char *prefix, const char *topic, struct topic_parts *parts)
{
    size_t len = strlen(prefix);
    if (strncmp(topic, prefix, len) != 0 || topic[len] != '/' || strlen(topic) > DISCOVERY_TOPIC_MAX)
        return false;
    const char *at = topic + len + 1;
    size_t component = word_length(at, false);
    if (component == 0 || component >= sizeof(parts->component) || at[component] != '/')
        return false;
    memcpy(parts->component, at, component);
    parts->component[component] = '\0';
    parts->is_device = strcmp(parts->component, "device") == 0;
    at += component + 1;
    for (int ids = 1; ids <= 2; ids++) {
        size_t id = word_length(at, true);
        if (id == 0 || at[id] != '/')
            return false;
        at += id + 1;
        if (strcmp(at, "config") == 0)
            return true;
    }
    return false;
}

bool discovery_is_topic(const char *prefix, const char *topic)
{
    struct topic_parts parts;
    return split_topic(prefix, topic, &parts);
}

/* ---- expansion ---- */

static enum san_status no_memory(const struct discovery *d)
{
    return san_fail(d->err, SAN_ENOMEM, "%.120s: out of memory", d->where);
}

/* If both forms are there, the short one wins, as in Home Assistant. */
static enum san_status expand_keys(const struct discovery *d, cJSON *object, enum abbreviations table)
{
    for (cJSON *item = object ? object->child : NULL; item; item = item->next) {
        const char *full = abbreviation_expand(table, item->string);
        if (!full)
            continue;
        cJSON *other = cJSON_GetObjectItemCaseSensitive(object, full);
        if (other)
            cJSON_Delete(cJSON_DetachItemViaPointer(object, other));
        char *key = cJSON_malloc(strlen(full) + 1);
        if (!key)
            return no_memory(d);
        strcpy(key, full);
        cJSON_free(item->string);
        item->string = key;
    }
    return SAN_OK;
}

/* A component's configuration, and the entries of its availability. */
static enum san_status expand_component(const struct discovery *d, cJSON *config)
{
    enum san_status status = expand_keys(d, config, ABBREVIATIONS_ENTITY);
    cJSON *list = cJSON_GetObjectItemCaseSensitive(config, "availability");
    if (status == SAN_OK && cJSON_IsObject(list))
        return expand_keys(d, list, ABBREVIATIONS_ENTITY);
    for (cJSON *entry = list ? list->child : NULL; entry && status == SAN_OK; entry = entry->next)
        status = cJSON_IsObject(entry) ? expand_keys(d, entry, ABBREVIATIONS_ENTITY) : SAN_OK;
    return status;
}

static enum san_status expand_base(const struct discovery *d, cJSON *item, const char *base)
{
    const char *topic = cJSON_GetStringValue(item);
    size_t len = topic ? strlen(topic) : 0;
    bool leading = len && topic[0] == '~', trailing = len > 1 && topic[len - 1] == '~';
    if (!leading && !trailing)
        return SAN_OK;
    char full[DISCOVERY_TOPIC_MAX * 3];
    if (len > DISCOVERY_TOPIC_MAX)
        return san_fail(d->err, SAN_ELIMIT, "%.120s: %.40s has %zu bytes; at most %d", d->where, item->string,
            len, DISCOVERY_TOPIC_MAX);
    snprintf(full, sizeof(full), "%s%.*s%s", leading ? base : "", (int)(len - leading - trailing),
        topic + leading, trailing ? base : "");
    return cJSON_SetValuestring(item, full) ? SAN_OK : no_memory(d);
}

static bool is_topic_key(const char *key)
{
    size_t len = strlen(key);
    return len >= 5 && strcmp(key + len - 5, "topic") == 0;
}

static enum san_status expand_bases(const struct discovery *d, cJSON *config)
{
    cJSON *base = cJSON_GetObjectItemCaseSensitive(config, "~");
    if (!base)
        return SAN_OK;
    if (!cJSON_IsString(base) || strlen(base->valuestring) > DISCOVERY_TOPIC_MAX)
        return san_fail(d->err, SAN_EFORMAT, "%.120s: ~ must be a text of at most %d bytes", d->where,
            DISCOVERY_TOPIC_MAX);
    cJSON *list = cJSON_GetObjectItemCaseSensitive(config, "availability");
    enum san_status status = SAN_OK;
    for (cJSON *item = config->child; item && status == SAN_OK; item = item->next) {
        if (is_topic_key(item->string))
            status = expand_base(d, item, base->valuestring);
    }
    cJSON *entry = cJSON_IsArray(list) ? list->child : list;
    for (; entry && status == SAN_OK; entry = cJSON_IsArray(list) ? entry->next : NULL) {
        cJSON *topic = cJSON_GetObjectItemCaseSensitive(entry, "topic");
        status = topic ? expand_base(d, topic, base->valuestring) : SAN_OK;
    }
    return status;
}

/* ---- one entity ---- */

static enum san_status keep_config(const struct discovery *d, const cJSON *config, const char **out)
{
    char *text = cJSON_PrintUnformatted(config);
    size_t len = text ? strlen(text) : 0;
    if (len <= HOME_CONFIG_MAX)
        *out = text ? san_arena_strndup(d->arena, text, len) : NULL;
    cJSON_free(text);
    if (len > HOME_CONFIG_MAX)
        return san_fail(d->err, SAN_ELIMIT, "%.120s: a configuration of %zu bytes; at most %d", d->where, len,
            HOME_CONFIG_MAX);
    return *out ? SAN_OK : no_memory(d);
}

static const char *join(const struct discovery *d, const char *a, const char *b, const char *c, const char *e)
{
    size_t size = strlen(a) + strlen(b) + strlen(c) + strlen(e) + 1;
    char *text = san_arena_alloc(d->arena, size);
    if (text)
        snprintf(text, size, "%s%s%s%s", a, b, c, e);
    return text;
}

/* What hearth cannot use of it: the view's own judgement. */
static enum san_status find_problem(const struct discovery *d, struct discovered *out)
{
    const char *problem;
    struct entity_view *view = entity_view_new(out->domain, out->config, &problem, d->err);
    if (!view)
        return d->err ? d->err->status : SAN_EFORMAT;
    out->problem = san_arena_strndup(d->arena, problem, strlen(problem));
    entity_view_free(view);
    return out->problem ? SAN_OK : no_memory(d);
}

/* out->source is set already. */
static enum san_status make_entity(
    const struct discovery *d, cJSON *config, const cJSON *device, struct discovered *out)
{
    enum san_status status = expand_bases(d, config);
    if (status == SAN_OK)
        status = discovery_check(d, config);
    if (status == SAN_OK && !view_words_to_text(config))
        status = no_memory(d);
    if (status == SAN_OK)
        status = discovery_name(d, config, device, out);
    if (status == SAN_OK)
        status = keep_config(d, config, &out->config);
    if (status != SAN_OK)
        return status;
    const char *unique_id = json_member_text(config, "unique_id");
    out->domain = join(d, d->component, "", "", "");
    out->unique_key = unique_id && *unique_id ? join(d, "mqtt:", d->component, ":", unique_id) : out->source;
    return out->domain && out->unique_key ? find_problem(d, out) : no_memory(d);
}

static enum san_status make_removal(const struct discovery *d, const char *source, struct discovered *out)
{
    *out = (struct discovered){.unique_key = source,
        .source = source,
        .entity_id = "",
        .name = "",
        .device_class = "",
        .suggested_area = "",
        .device_name = "",
        .problem = ""};
    out->domain = join(d, d->component, "", "", "");
    return source && out->domain ? SAN_OK : no_memory(d);
}

/* ---- one message ---- */

/* The device block and the configuration do not stay together: what is needed of the device is in the entity.
 */
static cJSON *take(cJSON *config, const char *key)
{
    return cJSON_DetachItemFromObjectCaseSensitive(config, key);
}

static enum san_status single_entity(
    const struct discovery *d, cJSON *root, struct discovered **out, size_t *count)
{
    struct discovered *entity = san_arena_alloc(d->arena, sizeof(*entity));
    if (!entity || !(entity->source = join(d, "topic:", d->where, "", "")))
        return no_memory(d);
    cJSON *device = take(root, "device");
    enum san_status status = make_entity(d, root, device, entity);
    cJSON_Delete(device);
    if (status == SAN_OK) {
        *out = entity;
        *count = 1;
    }
    return status;
}

/* What a component takes from the root of a device message when it has none of its own. */
static enum san_status inherit(const struct discovery *d, const cJSON *root, cJSON *config)
{
    static const char *const shared[] = {"availability", "availability_mode", "availability_template",
        "availability_topic", "payload_available", "payload_not_available", "command_topic", "state_topic",
        "qos", "encoding", "message_expiry_interval"};
    bool own_availability = cJSON_GetObjectItemCaseSensitive(config, "availability") ||
                            cJSON_GetObjectItemCaseSensitive(config, "availability_topic");
    for (size_t i = 0; i < sizeof(shared) / sizeof(*shared); i++) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(root, shared[i]);
        bool kept = own_availability && strncmp(shared[i], "availability", 12) == 0;
        if (!item || kept || cJSON_GetObjectItemCaseSensitive(config, shared[i]))
            continue;
        cJSON *copy = cJSON_Duplicate(item, 1);
        if (!copy || !cJSON_AddItemToObject(config, shared[i], copy)) {
            cJSON_Delete(copy);
            return no_memory(d);
        }
    }
    return SAN_OK;
}

/* Adds a component to the list of those without a use, once. */
static void note_unused(const struct discovery *d, const char *component)
{
    size_t len = d->unused ? strlen(d->unused) : 0;
    const char *there = len ? strstr(d->unused, component) : NULL;
    bool listed = there && (there == d->unused || there[-1] == ' ') &&
                  !isalnum((unsigned char)there[strlen(component)]);
    if (!d->unused || listed || len + strlen(component) + 3 > DISCOVERY_UNUSED_MAX)
        return;
    snprintf(d->unused + len, DISCOVERY_UNUSED_MAX - len, "%s%s", len ? ", " : "", component);
}

static enum san_status device_component(
    const struct discovery *d, const cJSON *root, cJSON *config, struct discovered *out, bool *used)
{
    *used = false;
    if (!cJSON_IsObject(config))
        return san_fail(
            d->err, SAN_EFORMAT, "%.120s: components.%.40s is not an object", d->where, config->string);
    enum san_status status = expand_component(d, config);
    if (status != SAN_OK)
        return status;
    const char *platform = json_member_text(config, "platform");
    if (!platform || strlen(platform) > 31)
        return san_fail(
            d->err, SAN_EFORMAT, "%.120s: components.%.40s needs a platform", d->where, config->string);
    if (!component_is_known(platform, false)) {
        note_unused(d, platform);
        return SAN_OK;
    }
    *used = true;
    struct discovery part = *d;
    part.component = platform;
    const char *source = join(d, "topic:", d->where, "#", config->string);
    if (cJSON_GetArraySize(config) == 1)
        return make_removal(&part, source, out);
    const char *unique_id = json_member_text(config, "unique_id");
    if (!unique_id || !*unique_id)
        return san_fail(
            d->err, SAN_EFORMAT, "%.120s: components.%.40s needs a unique_id", d->where, config->string);
    out->source = source;
    char *kind = san_arena_strndup(d->arena, platform, strlen(platform));
    if (!source || !kind)
        return no_memory(d);
    part.component = kind; /* the platform key itself is dropped by the checks */
    status = inherit(d, root, config);
    return status == SAN_OK
               ? make_entity(&part, config, cJSON_GetObjectItemCaseSensitive(root, "device"), out)
               : status;
}

static enum san_status device_entities(
    const struct discovery *d, cJSON *root, struct discovered **out, size_t *count)
{
    cJSON *components = cJSON_GetObjectItemCaseSensitive(root, "components");
    if (!cJSON_IsObject(components) || !cJSON_IsObject(cJSON_GetObjectItemCaseSensitive(root, "device")) ||
        !json_member_text(cJSON_GetObjectItemCaseSensitive(root, "origin"), "name"))
        return san_fail(d->err, SAN_EFORMAT,
            "%.120s: a device message needs device, origin with a name, and components", d->where);
    size_t size = (size_t)cJSON_GetArraySize(components), used = 0;
    if (size > DISCOVERY_COMPONENTS_MAX)
        return san_fail(d->err, SAN_ELIMIT, "%.120s: %zu components; at most %d", d->where, size,
            DISCOVERY_COMPONENTS_MAX);
    struct discovered *entities = san_arena_alloc(d->arena, (size + 1) * sizeof(*entities));
    if (!entities)
        return no_memory(d);
    enum san_status status = SAN_OK;
    for (cJSON *config = components->child; config && status == SAN_OK; config = config->next) {
        bool is_used;
        status = device_component(d, root, config, &entities[used], &is_used);
        used += is_used;
    }
    if (status == SAN_OK) {
        *out = entities;
        *count = used;
    }
    return status;
}

static enum san_status expand_root(const struct discovery *d, cJSON *root)
{
    enum san_status status = expand_component(d, root);
    if (status == SAN_OK)
        status = expand_keys(d, cJSON_GetObjectItemCaseSensitive(root, "origin"), ABBREVIATIONS_ORIGIN);
    if (status == SAN_OK)
        status = expand_keys(d, cJSON_GetObjectItemCaseSensitive(root, "device"), ABBREVIATIONS_DEVICE);
    return status;
}

static enum san_status removal(const struct discovery *d, struct discovered **out, size_t *count)
{
    *out = san_arena_alloc(d->arena, sizeof(**out));
    *count = *out ? 1 : 0;
    return *out ? make_removal(d, join(d, "topic:", d->where, "", ""), *out) : no_memory(d);
}

static enum san_status parse_root(
    const struct discovery *d, bool is_device, cJSON *root, struct discovered **out, size_t *count)
{
    if (!cJSON_IsObject(root))
        return san_fail(d->err, SAN_EFORMAT, "%.120s: not a JSON object", d->where);
    enum san_status status = expand_root(d, root);
    if (status != SAN_OK)
        return status;
    if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(root, "migrate_discovery")))
        return removal(d, out, count);
    const cJSON *origin = cJSON_GetObjectItemCaseSensitive(root, "origin");
    const char *maker = json_member_text(origin, "name");
    if (maker && strcmp(maker, OWN_ORIGIN) == 0)
        return SAN_OK;
    if (origin && !maker)
        return san_fail(d->err, SAN_EFORMAT, "%.120s: origin needs a name", d->where);
    return is_device ? device_entities(d, root, out, count) : single_entity(d, root, out, count);
}

/* json_parse names what is wrong; this puts the place before it. */
static cJSON *parse_json(const struct discovery *d, const char *json, size_t len)
{
    struct san_error why = {.text = ""};
    if (len > DISCOVERY_PAYLOAD_MAX) {
        san_fail(d->err, SAN_ELIMIT, "%.120s: %zu bytes; at most %d", d->where, len, DISCOVERY_PAYLOAD_MAX);
        return NULL;
    }
    cJSON *root = json_parse(json, len, DISCOVERY_DEPTH_MAX, &why);
    if (!root)
        san_fail(d->err, why.status, "%.120s: %.180s", d->where, why.text);
    return root;
}

enum san_status discovery_parse(const char *prefix, const char *topic, const char *payload, size_t len,
    struct san_arena *arena, struct discovered **out, size_t *count, const char **unused,
    struct san_error *err)
{
    struct san_error local;
    struct topic_parts parts;
    char *list = unused ? san_arena_alloc(arena, DISCOVERY_UNUSED_MAX) : NULL;
    *out = NULL;
    *count = 0;
    if (list)
        *list = '\0';
    if (unused)
        *unused = list ? list : "";
    if (!split_topic(prefix, topic, &parts))
        return san_fail(err, SAN_EINVAL, "%.200s: not a discovery topic under %.40s", topic, prefix);
    struct discovery d = {.where = topic,
        .component = parts.component,
        .arena = arena,
        .unused = list,
        .err = err ? err : &local};
    if (!parts.is_device && !component_is_known(parts.component, false)) {
        if (len)
            note_unused(&d, parts.component);
        return SAN_OK;
    }
    if (len == 0)
        return removal(&d, out, count);
    cJSON *root = parse_json(&d, payload, len);
    if (!root)
        return d.err->status;
    enum san_status status = parse_root(&d, parts.is_device, root, out, count);
    cJSON_Delete(root);
    return status;
}

/* ---- devices.d ---- */

static enum san_status file_entity(
    const struct discovery *d, cJSON *config, size_t index, struct discovered *out)
{
    char number[24];
    snprintf(number, sizeof(number), "%zu", index);
    if (!cJSON_IsObject(config))
        return san_fail(d->err, SAN_EFORMAT, "%.120s: entry %s is not an object", d->where, number);
    enum san_status status = expand_component(d, config);
    if (status != SAN_OK)
        return status;
    const char *component = json_member_text(config, "component");
    const char *name = json_member_text(config, "name");
    if (!component || !component_is_known(component, true))
        return san_fail(d->err, SAN_EFORMAT,
            "%.120s: entry %s: component must be light, switch, media_player ..., not %.40s", d->where,
            number, component ? component : "missing");
    if (!name || !*name)
        return san_fail(
            d->err, SAN_EFORMAT, "%.120s: entry %s: a %s needs a name", d->where, number, component);
    struct discovery part = *d;
    part.component = san_arena_strndup(d->arena, component, strlen(component));
    part.where = join(d, d->where, ", entry ", number, "");
    out->source = join(d, "file:", d->where, "#", number);
    cJSON *device = take(config, "device");
    status =
        part.component && part.where && out->source ? make_entity(&part, config, device, out) : no_memory(d);
    cJSON_Delete(device);
    return status;
}

static enum san_status file_entities(
    const struct discovery *d, cJSON *root, struct discovered **out, size_t *count)
{
    bool list = cJSON_IsArray(root);
    size_t size = list ? (size_t)cJSON_GetArraySize(root) : 1;
    if (size > DISCOVERY_COMPONENTS_MAX)
        return san_fail(
            d->err, SAN_ELIMIT, "%.120s: %zu entries; at most %d", d->where, size, DISCOVERY_COMPONENTS_MAX);
    struct discovered *entities = san_arena_alloc(d->arena, (size + 1) * sizeof(*entities));
    if (!entities)
        return no_memory(d);
    size_t index = 0;
    for (cJSON *config = list ? root->child : root; config; config = list ? config->next : NULL) {
        enum san_status status = file_entity(d, config, index + 1, &entities[index]);
        if (status != SAN_OK)
            return status;
        index++;
    }
    *out = entities;
    *count = index;
    return SAN_OK;
}

enum san_status discovery_parse_file(const char *json, size_t len, const char *file_name,
    struct san_arena *arena, struct discovered **out, size_t *count, struct san_error *err)
{
    struct san_error local;
    struct discovery d = {.where = file_name, .component = "", .arena = arena, .err = err ? err : &local};
    *out = NULL;
    *count = 0;
    cJSON *root = parse_json(&d, json, len);
    if (!root)
        return d.err->status;
    enum san_status status = file_entities(&d, root, out, count);
    cJSON_Delete(root);
    return status;
}
