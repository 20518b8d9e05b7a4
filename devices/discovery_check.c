/* discovery_check.c - is this configuration one that can be used? By tables: what each component requires,
 * what kind each key is. */
#include <string.h>

#include "devices/abbreviations.h"
#include "devices/discovery_internal.h"
#include "devices/ha_entity.h"
#include "devices/json_text.h"
#include "devices/topic.h"

enum { REQUIRED_MAX = 3 };

static const struct {
    const char *component;
    bool file_only; /* devices.d alone: Home Assistant has no such MQTT component */
    const char *required[REQUIRED_MAX];
} components[] = {
    {"light", false, {"command_topic"}},
    {"switch", false, {"command_topic"}},
    {"cover", false, {NULL}},
    {"lock", false, {"command_topic"}},
    {"fan", false, {"command_topic"}},
    {"climate", false, {NULL}},
    {"sensor", false, {"state_topic"}},
    {"binary_sensor", false, {"state_topic"}},
    {"scene", false, {"command_topic"}},
    {"button", false, {"command_topic"}},
    {"valve", false, {NULL}},
    {"vacuum", false, {NULL}},
    {"humidifier", false, {"command_topic", "target_humidity_command_topic"}},
    {"water_heater", false, {NULL}},
    {"siren", false, {"command_topic"}},
    {"select", false, {"command_topic", "options"}},
    {"number", false, {"command_topic"}},
    {"lawn_mower", false, {NULL}},
    {"alarm_control_panel", false, {"state_topic", "command_topic"}},
    {"text", false, {"command_topic"}},
    {"device_tracker", false, {NULL}},
    {"event", false, {"state_topic", "event_types"}},
    {"update", false, {NULL}},
    {"media_player", true, {NULL}},
    {"script", true, {"command_topic"}},
    {"automation", true, {"command_topic"}},
    {"input_boolean", true, {"command_topic"}},
};

static const char *const number_keys[] = {"brightness_scale", "white_scale", "min", "max", "step", "min_temp",
    "max_temp", "temp_step", "precision", "min_mireds", "max_mireds", "min_kelvin", "max_kelvin",
    "min_humidity", "max_humidity", "position_open", "position_closed", "tilt_min", "tilt_max",
    "tilt_opened_value", "tilt_closed_value", "speed_range_min", "speed_range_max", "volume_scale",
    "expire_after", "off_delay", "qos", NULL};

static const char *const list_keys[] = {"modes", "fan_modes", "swing_modes", "preset_modes", "options",
    "effect_list", "supported_color_modes", "supported_features", "available_tones", "fan_speed_list",
    "event_types", "group", NULL};

static const char *const text_keys[] = {"unique_id", "object_id", "default_entity_id", "device_class",
    "schema", "unit_of_measurement", "entity_category", "availability_mode", "on_command_type",
    "suggested_area", NULL};

/* Read before the checks, and of no use behind them. */
static const char *const used_up[] = {
    "~", "origin", "device", "components", "platform", "migrate_discovery", NULL};

static bool is_in(const char *const *list, const char *key)
{
    for (; *list; list++) {
        if (strcmp(*list, key) == 0)
            return true;
    }
    return false;
}

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);
    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

bool component_is_known(const char *component, bool in_file)
{
    for (size_t i = 0; i < sizeof(components) / sizeof(*components); i++) {
        if (strcmp(components[i].component, component) == 0)
            return in_file || !components[i].file_only;
    }
    return false;
}

/* ---- one key ---- */

static enum san_status wrong(const struct discovery *d, const cJSON *item, const char *wanted)
{
    char *value = cJSON_PrintUnformatted(item);
    enum san_status status = san_fail(d->err, SAN_EFORMAT, "%.120s: %.40s must be %s, not %.40s", d->where,
        item->string, wanted, value ? value : "this");
    cJSON_free(value);
    return status;
}

static enum san_status check_topic(const struct discovery *d, const cJSON *item)
{
    if (!cJSON_IsString(item) || !*item->valuestring)
        return wrong(d, item, "a topic");
    if (strlen(item->valuestring) > DISCOVERY_TOPIC_MAX)
        return san_fail(d->err, SAN_ELIMIT, "%.120s: %.40s has %zu bytes; at most %d", d->where, item->string,
            strlen(item->valuestring), DISCOVERY_TOPIC_MAX);
    if (ha_topic_is(item->valuestring))
        return wrong(d, item, "a topic of MQTT: this one means an entity of Home Assistant");
    if (topic_key_is_command(item->string) && topic_has_wildcard(item->valuestring))
        return wrong(d, item, "a topic without wildcards");
    return topic_filter_is_valid(item->valuestring)
               ? SAN_OK
               : wrong(d, item, "a topic in which + and # are whole levels");
}

static enum san_status check_list(const struct discovery *d, const cJSON *item)
{
    const cJSON *entry;
    if (!cJSON_IsArray(item))
        return wrong(d, item, "a list");
    cJSON_ArrayForEach(entry, item)
    {
        if (cJSON_IsArray(entry) || cJSON_IsObject(entry))
            return wrong(d, item, "a list of words");
    }
    return SAN_OK;
}

static bool is_number(const cJSON *item)
{
    double number;
    return cJSON_IsNumber(item) || (cJSON_IsString(item) && json_text_number(item->valuestring, &number));
}

static enum san_status check_key(const struct discovery *d, const cJSON *item)
{
    const char *key = item->string;
    if (ends_with(key, "_topic") || strcmp(key, "topic") == 0)
        return check_topic(d, item);
    if (ends_with(key, "_template"))
        return cJSON_IsString(item) ? SAN_OK : wrong(d, item, "a template");
    if (is_in(number_keys, key))
        return is_number(item) ? SAN_OK : wrong(d, item, "a number");
    if (is_in(list_keys, key))
        return check_list(d, item);
    if (is_in(text_keys, key) && !cJSON_IsString(item))
        return wrong(d, item, "a text");
    if (strncmp(key, "payload_", 8) == 0 && (cJSON_IsArray(item) || cJSON_IsObject(item)))
        return wrong(d, item, "a text");
    return SAN_OK;
}

/* ---- the whole ---- */

/* null stays where it says something: no name of its own, a command that the device lacks. */
static bool null_means_something(const char *key)
{
    return strcmp(key, "name") == 0 || strncmp(key, "payload_", 8) == 0;
}

static enum san_status check_keys(const struct discovery *d, cJSON *config)
{
    for (cJSON *item = config->child, *next; item; item = next) {
        next = item->next;
        bool unused = !abbreviation_is_key(item->string) || is_in(used_up, item->string);
        if (unused || (cJSON_IsNull(item) && !null_means_something(item->string))) {
            cJSON_Delete(cJSON_DetachItemViaPointer(config, item));
            continue;
        }
        enum san_status status = cJSON_IsNull(item) ? SAN_OK : check_key(d, item);
        if (status != SAN_OK)
            return status;
    }
    return SAN_OK;
}

static enum san_status check_required(const struct discovery *d, const cJSON *config)
{
    for (size_t i = 0; i < sizeof(components) / sizeof(*components); i++) {
        if (strcmp(components[i].component, d->component) != 0)
            continue;
        for (size_t k = 0; k < REQUIRED_MAX && components[i].required[k]; k++) {
            if (!cJSON_GetObjectItemCaseSensitive(config, components[i].required[k]))
                return san_fail(d->err, SAN_EFORMAT, "%.120s: a %s needs %s", d->where, d->component,
                    components[i].required[k]);
        }
    }
    return SAN_OK;
}

static enum san_status check_light(const struct discovery *d, const cJSON *config)
{
    static const char *const schemas[] = {"basic", "default", "json", "template", NULL};
    const char *schema = json_member_text(config, "schema");
    if (!schema)
        return SAN_OK;
    if (!is_in(schemas, schema))
        return san_fail(d->err, SAN_EUNSUPPORTED, "%.120s: schema must be basic, json or template, not %.40s",
            d->where, schema);
    if (strcmp(schema, "template") == 0 && (!json_member_text(config, "command_on_template") ||
                                               !json_member_text(config, "command_off_template")))
        return san_fail(d->err, SAN_EFORMAT,
            "%.120s: a light of schema template needs command_on_template and command_off_template",
            d->where);
    return SAN_OK;
}

static enum san_status check_availability(const struct discovery *d, const cJSON *config)
{
    static const char *const modes[] = {"all", "any", "latest", NULL};
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(config, "availability");
    const char *mode = json_member_text(config, "availability_mode");
    if (mode && !is_in(modes, mode))
        return san_fail(d->err, SAN_EFORMAT,
            "%.120s: availability_mode must be all, any or latest, not %.40s", d->where, mode);
    if (!list)
        return SAN_OK;
    if (cJSON_GetObjectItemCaseSensitive(config, "availability_topic"))
        return san_fail(
            d->err, SAN_EFORMAT, "%.120s: availability and availability_topic exclude each other", d->where);
    if (!cJSON_IsArray(list) && !cJSON_IsObject(list))
        return wrong(d, list, "a list");
    const cJSON *entry = cJSON_IsArray(list) ? list->child : list;
    for (; entry; entry = cJSON_IsArray(list) ? entry->next : NULL) {
        const cJSON *topic = cJSON_GetObjectItemCaseSensitive(entry, "topic");
        if (!topic)
            return san_fail(d->err, SAN_EFORMAT, "%.120s: an entry of availability needs a topic", d->where);
        enum san_status status = check_topic(d, topic);
        if (status != SAN_OK)
            return status;
    }
    return SAN_OK;
}

static enum san_status check_ranges(const struct discovery *d, const cJSON *config)
{
    static const char *const positive[] = {"brightness_scale", "white_scale", "volume_scale", "min_mireds",
        "max_mireds", "min_kelvin", "max_kelvin", "speed_range_max", NULL};
    for (const char *const *key = positive; *key; key++) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(config, *key);
        double number = cJSON_IsNumber(item) ? item->valuedouble : 1;
        if (number <= 0 || number > 1e6)
            return wrong(d, item, "above 0 and at most 1000000");
    }
    return SAN_OK;
}

enum san_status discovery_check(const struct discovery *d, cJSON *config)
{
    enum san_status status = check_keys(d, config);
    if (status == SAN_OK)
        status = check_required(d, config);
    if (status == SAN_OK)
        status = check_availability(d, config);
    if (status == SAN_OK)
        status = check_ranges(d, config);
    if (status == SAN_OK && strcmp(d->component, "light") == 0)
        status = check_light(d, config);
    return status;
}
