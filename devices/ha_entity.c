/* ha_entity.c - see ha_entity.h: a table for each domain, of the keys of its configuration and what they
 * need. */
#include "devices/ha_entity.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "devices/json_text.h"
#include "home.h"

enum { ACTION_DEPTH_MAX = 8 };

enum key_kind {
    TOPIC,     /* the entity's own topic */
    TEXT,      /* the text as it is: a word, a template */
    ACTION,    /* the payload that calls this service of the domain */
    ATTRIBUTE, /* the value of this attribute, if it has one */
    TRUTH,
    FEATURE, /* one more word in a list */
};

/* need: bits of supported_features (of a light: of light_features) that must all be there; without: that must
 * not. */
struct key_row {
    const char *key;
    enum key_kind kind;
    const char *text;
    unsigned need, without;
};

#define STATE "{{ 'None' if value_json.state in ['unknown', 'unavailable'] else value_json.state }}"
#define SHOWS(attribute) "{{ value_json.attributes.get('" attribute "') }}"
/* In the middle of a template: the value of a variable, as JSON. */
#define CALLS(action, field, value) "{\"action\":\"" action "\",\"data\":{\"" field "\":" value "}}"

#define READS_STATE                                                                                          \
    {"state_topic", TOPIC, NULL, 0, 0},                                                                      \
    {                                                                                                        \
        "value_template", TEXT, STATE, 0, 0                                                                  \
    }
#define ON_AND_OFF                                                                                           \
    {"command_topic", TOPIC, NULL, 0, 0}, {"payload_on", ACTION, "turn_on", 0, 0},                           \
        {"payload_off", ACTION, "turn_off", 0, 0}, {"state_on", TEXT, "on", 0, 0},                           \
    {                                                                                                        \
        "state_off", TEXT, "off", 0, 0                                                                       \
    }

/* ---- lights ---- */

enum { LIGHT_DIMS = 1, LIGHT_COLOR = 2, LIGHT_WARMS = 4 };

#define COLOR(index)                                                                                         \
    "{{ value_json.attributes.rgb_color[" index                                                              \
    "] if value_json.attributes.get('color_mode') in ['hs', 'xy', 'rgb', 'rgbw', 'rgbww'] else 'None' }}"

static const struct key_row light[] = {
    {"schema", TEXT, "template", 0, 0},
    {"command_topic", TOPIC, NULL, 0, 0},
    {"state_topic", TOPIC, NULL, 0, 0},
    {"state_template", TEXT, STATE, 0, 0},
    {"command_off_template", TEXT, "{\"action\":\"light.turn_off\"}", 0, 0},
    {"command_on_template", TEXT,
        "{\"action\":\"light.turn_on\",\"data\":{ "
        "{% if brightness is defined %}\"brightness\":{{ brightness }}"
        "{% if red is defined or color_temp is defined %},{% endif %}{% endif %}"
        "{% if red is defined %}\"rgb_color\":[{{ red }},{{ green }},{{ blue }}]"
        "{% elif color_temp is defined %}\"color_temp_kelvin\":{{ color_temp }}{% endif %}}}",
        0, 0},
    {"brightness_template", TEXT, SHOWS("brightness"), LIGHT_DIMS, 0},
    {"red_template", TEXT, COLOR("0"), LIGHT_COLOR, 0},
    {"green_template", TEXT, COLOR("1"), LIGHT_COLOR, 0},
    {"blue_template", TEXT, COLOR("2"), LIGHT_COLOR, 0},
    {"color_temp_template", TEXT, SHOWS("color_temp_kelvin"), LIGHT_WARMS, 0},
    {"color_temp_kelvin", TRUTH, NULL, LIGHT_WARMS, 0},
    {"min_kelvin", ATTRIBUTE, "min_color_temp_kelvin", LIGHT_WARMS, 0},
    {"max_kelvin", ATTRIBUTE, "max_color_temp_kelvin", LIGHT_WARMS, 0},
};

static unsigned light_features(const cJSON *attributes)
{
    unsigned features = 0;
    const cJSON *mode;
    cJSON_ArrayForEach(mode, cJSON_GetObjectItemCaseSensitive(attributes, "supported_color_modes"))
    {
        const char *name = cJSON_IsString(mode) ? mode->valuestring : "onoff";
        if (strcmp(name, "onoff") != 0 && strcmp(name, "unknown") != 0)
            features |= LIGHT_DIMS;
        if (strcmp(name, "hs") == 0 || strcmp(name, "xy") == 0 || strncmp(name, "rgb", 3) == 0)
            features |= LIGHT_COLOR;
        if (strcmp(name, "color_temp") == 0)
            features |= LIGHT_WARMS;
    }
    return features;
}

/* ---- words: on and off, run, press ---- */

static const struct key_row on_and_off[] = {READS_STATE, ON_AND_OFF};
static const struct key_row siren[] = {
    READS_STATE, ON_AND_OFF, {"command_template", TEXT, "{{ value }}", 0, 0}};
static const struct key_row runs[] = {
    {"command_topic", TOPIC, NULL, 0, 0}, {"payload_on", ACTION, "turn_on", 0, 0}};
static const struct key_row button[] = {
    {"command_topic", TOPIC, NULL, 0, 0}, {"payload_press", ACTION, "press", 0, 0}};
static const struct key_row shows[] = {
    READS_STATE, {"unit_of_measurement", ATTRIBUTE, "unit_of_measurement", 0, 0}};
static const struct key_row binary_sensor[] = {
    READS_STATE, {"payload_on", TEXT, "on", 0, 0}, {"payload_off", TEXT, "off", 0, 0}};

/* ---- what opens and locks ---- */

enum { OPENS = 1, CLOSES = 2, POSITION = 4, STOPS = 8, TILT_POSITION = 128 };

static const struct key_row cover[] = {
    READS_STATE,
    {"command_topic", TOPIC, NULL, 0, 0},
    {"payload_open", ACTION, "open_cover", OPENS, 0},
    {"payload_close", ACTION, "close_cover", CLOSES, 0},
    {"payload_stop", ACTION, "stop_cover", STOPS, 0},
    {"position_topic", TOPIC, NULL, 0, 0},
    {"position_template", TEXT, SHOWS("current_position"), 0, 0},
    {"set_position_topic", TOPIC, NULL, POSITION, 0},
    {"set_position_template", TEXT, CALLS("cover.set_cover_position", "position", "{{ position }}"), POSITION,
        0},
    {"tilt_status_topic", TOPIC, NULL, TILT_POSITION, 0},
    {"tilt_status_template", TEXT, SHOWS("current_tilt_position"), TILT_POSITION, 0},
    {"tilt_command_topic", TOPIC, NULL, TILT_POSITION, 0},
    {"tilt_command_template", TEXT,
        CALLS("cover.set_cover_tilt_position", "tilt_position", "{{ tilt_position }}"), TILT_POSITION, 0},
};
static const struct key_row valve[] = {
    {"state_topic", TOPIC, NULL, 0, 0},
    {"command_topic", TOPIC, NULL, 0, 0},
    {"value_template", TEXT, STATE, 0, POSITION},
    {"payload_open", ACTION, "open_valve", OPENS, POSITION},
    {"payload_close", ACTION, "close_valve", CLOSES, POSITION},
    {"payload_stop", ACTION, "stop_valve", STOPS, POSITION},
    {"reports_position", TRUTH, NULL, POSITION, 0},
    {"value_template", TEXT,
        "{\"state\":\"" STATE "\",\"position\":{{ value_json.attributes.get('current_position') | tojson }}}",
        POSITION, 0},
    {"command_template", TEXT, CALLS("valve.set_valve_position", "position", "{{ value }}"), POSITION, 0},
};
static const struct key_row lock[] = {
    READS_STATE,
    {"command_topic", TOPIC, NULL, 0, 0},
    {"payload_lock", ACTION, "lock", 0, 0},
    {"payload_unlock", ACTION, "unlock", 0, 0},
    {"code_format", ATTRIBUTE, "code_format", 0, 0},
    {"state_locked", TEXT, "locked", 0, 0},
    {"state_unlocked", TEXT, "unlocked", 0, 0},
    {"state_locking", TEXT, "locking", 0, 0},
    {"state_unlocking", TEXT, "unlocking", 0, 0},
    {"state_open", TEXT, "open", 0, 0},
    {"state_opening", TEXT, "opening", 0, 0},
    {"state_jammed", TEXT, "jammed", 0, 0},
};

enum { ARM_HOME = 1, ARM_AWAY = 2, ARM_NIGHT = 4, ARM_CUSTOM = 16, ARM_VACATION = 32 };

static const struct key_row alarm[] = {
    READS_STATE,
    {"command_topic", TOPIC, NULL, 0, 0},
    {"payload_disarm", ACTION, "alarm_disarm", 0, 0},
    {"payload_arm_home", ACTION, "alarm_arm_home", ARM_HOME, 0},
    {"payload_arm_away", ACTION, "alarm_arm_away", ARM_AWAY, 0},
    {"payload_arm_night", ACTION, "alarm_arm_night", ARM_NIGHT, 0},
    {"payload_arm_vacation", ACTION, "alarm_arm_vacation", ARM_VACATION, 0},
    {"payload_arm_custom_bypass", ACTION, "alarm_arm_custom_bypass", ARM_CUSTOM, 0},
    {"supported_features", FEATURE, "arm_home", ARM_HOME, 0},
    {"supported_features", FEATURE, "arm_away", ARM_AWAY, 0},
    {"supported_features", FEATURE, "arm_night", ARM_NIGHT, 0},
    {"supported_features", FEATURE, "arm_vacation", ARM_VACATION, 0},
    {"supported_features", FEATURE, "arm_custom_bypass", ARM_CUSTOM, 0},
    {"code", ATTRIBUTE, "code_format", 0, 0},
    {"code_arm_required", ATTRIBUTE, "code_arm_required", 0, 0},
};

/* ---- temperatures, humidity, air ---- */

enum { CLIMATE_TARGET = 1, CLIMATE_PRESETS = 16, CLIMATE_POWER = 128 | 256 };

static const struct key_row climate[] = {
    {"power_command_topic", TOPIC, NULL, CLIMATE_POWER, 0},
    {"payload_on", ACTION, "turn_on", CLIMATE_POWER, 0},
    {"payload_off", ACTION, "turn_off", CLIMATE_POWER, 0},
    {"modes", ATTRIBUTE, "hvac_modes", 0, 0},
    {"mode_command_topic", TOPIC, NULL, 0, 0},
    {"mode_command_template", TEXT, CALLS("climate.set_hvac_mode", "hvac_mode", "{{ value | tojson }}"), 0,
        0},
    {"mode_state_topic", TOPIC, NULL, 0, 0},
    {"mode_state_template", TEXT, STATE, 0, 0},
    {"temperature_command_topic", TOPIC, NULL, CLIMATE_TARGET, 0},
    {"temperature_command_template", TEXT, CALLS("climate.set_temperature", "temperature", "{{ value }}"),
        CLIMATE_TARGET, 0},
    {"temperature_state_topic", TOPIC, NULL, CLIMATE_TARGET, 0},
    {"temperature_state_template", TEXT, SHOWS("temperature"), CLIMATE_TARGET, 0},
    {"current_temperature_topic", TOPIC, NULL, 0, 0},
    {"current_temperature_template", TEXT, SHOWS("current_temperature"), 0, 0},
    {"current_humidity_topic", TOPIC, NULL, 0, 0},
    {"current_humidity_template", TEXT, SHOWS("current_humidity"), 0, 0},
    {"action_topic", TOPIC, NULL, 0, 0},
    {"action_template", TEXT, SHOWS("hvac_action"), 0, 0},
    {"preset_modes", ATTRIBUTE, "preset_modes", CLIMATE_PRESETS, 0},
    {"preset_mode_command_topic", TOPIC, NULL, CLIMATE_PRESETS, 0},
    {"preset_mode_command_template", TEXT,
        CALLS("climate.set_preset_mode", "preset_mode", "{{ value | tojson }}"), CLIMATE_PRESETS, 0},
    {"preset_mode_state_topic", TOPIC, NULL, CLIMATE_PRESETS, 0},
    {"preset_mode_value_template", TEXT, SHOWS("preset_mode"), CLIMATE_PRESETS, 0},
    {"min_temp", ATTRIBUTE, "min_temp", 0, 0},
    {"max_temp", ATTRIBUTE, "max_temp", 0, 0},
    {"temp_step", ATTRIBUTE, "target_temp_step", 0, 0},
};

enum { HEATER_TARGET = 1, HEATER_MODES = 2, HEATER_POWER = 8 };

static const struct key_row water_heater[] = {
    {"power_command_topic", TOPIC, NULL, HEATER_POWER, 0},
    {"payload_on", ACTION, "turn_on", HEATER_POWER, 0},
    {"payload_off", ACTION, "turn_off", HEATER_POWER, 0},
    {"modes", ATTRIBUTE, "operation_list", HEATER_MODES, 0},
    {"mode_command_topic", TOPIC, NULL, HEATER_MODES, 0},
    {"mode_command_template", TEXT,
        CALLS("water_heater.set_operation_mode", "operation_mode", "{{ value | tojson }}"), HEATER_MODES, 0},
    {"mode_state_topic", TOPIC, NULL, 0, 0},
    {"mode_state_template", TEXT, STATE, 0, 0},
    {"temperature_command_topic", TOPIC, NULL, HEATER_TARGET, 0},
    {"temperature_command_template", TEXT,
        CALLS("water_heater.set_temperature", "temperature", "{{ value }}"), HEATER_TARGET, 0},
    {"temperature_state_topic", TOPIC, NULL, HEATER_TARGET, 0},
    {"temperature_state_template", TEXT, SHOWS("temperature"), HEATER_TARGET, 0},
    {"current_temperature_topic", TOPIC, NULL, 0, 0},
    {"current_temperature_template", TEXT, SHOWS("current_temperature"), 0, 0},
    {"min_temp", ATTRIBUTE, "min_temp", 0, 0},
    {"max_temp", ATTRIBUTE, "max_temp", 0, 0},
};

enum { HUMIDIFIER_MODES = 1 };

static const struct key_row humidifier[] = {
    READS_STATE,
    ON_AND_OFF,
    {"target_humidity_command_topic", TOPIC, NULL, 0, 0},
    {"target_humidity_command_template", TEXT, CALLS("humidifier.set_humidity", "humidity", "{{ value }}"), 0,
        0},
    {"target_humidity_state_topic", TOPIC, NULL, 0, 0},
    {"target_humidity_state_template", TEXT, SHOWS("humidity"), 0, 0},
    {"current_humidity_topic", TOPIC, NULL, 0, 0},
    {"current_humidity_template", TEXT, SHOWS("current_humidity"), 0, 0},
    {"min_humidity", ATTRIBUTE, "min_humidity", 0, 0},
    {"max_humidity", ATTRIBUTE, "max_humidity", 0, 0},
    {"modes", ATTRIBUTE, "available_modes", HUMIDIFIER_MODES, 0},
    {"mode_command_topic", TOPIC, NULL, HUMIDIFIER_MODES, 0},
    {"mode_command_template", TEXT, CALLS("humidifier.set_mode", "mode", "{{ value | tojson }}"),
        HUMIDIFIER_MODES, 0},
    {"mode_state_topic", TOPIC, NULL, HUMIDIFIER_MODES, 0},
    {"mode_state_template", TEXT, SHOWS("mode"), HUMIDIFIER_MODES, 0},
};

enum { FAN_SPEED = 1, FAN_PRESETS = 8 };

static const struct key_row fan[] = {
    READS_STATE,
    ON_AND_OFF,
    {"percentage_command_topic", TOPIC, NULL, FAN_SPEED, 0},
    {"percentage_command_template", TEXT, CALLS("fan.set_percentage", "percentage", "{{ value }}"), FAN_SPEED,
        0},
    {"percentage_state_topic", TOPIC, NULL, FAN_SPEED, 0},
    {"percentage_value_template", TEXT, SHOWS("percentage"), FAN_SPEED, 0},
    {"preset_modes", ATTRIBUTE, "preset_modes", FAN_PRESETS, 0},
    {"preset_mode_command_topic", TOPIC, NULL, FAN_PRESETS, 0},
    {"preset_mode_command_template", TEXT,
        CALLS("fan.set_preset_mode", "preset_mode", "{{ value | tojson }}"), FAN_PRESETS, 0},
    {"preset_mode_state_topic", TOPIC, NULL, FAN_PRESETS, 0},
    {"preset_mode_value_template", TEXT, SHOWS("preset_mode"), FAN_PRESETS, 0},
};

/* ---- players, robots ---- */

enum {
    PLAYER_PAUSES = 1,
    PLAYER_VOLUME = 4,
    PLAYER_MUTES = 8,
    PLAYER_PREVIOUS = 16,
    PLAYER_NEXT = 32,
    PLAYER_ON = 128,
    PLAYER_OFF = 256,
    PLAYER_PLAYS = 16384,
};

static const struct key_row media_player[] = {
    READS_STATE,
    {"command_topic", TOPIC, NULL, 0, 0},
    {"payload_on", ACTION, "turn_on", PLAYER_ON, 0},
    {"payload_off", ACTION, "turn_off", PLAYER_OFF, 0},
    {"payload_play", ACTION, "media_play", PLAYER_PLAYS, 0},
    {"payload_pause", ACTION, "media_pause", PLAYER_PAUSES, 0},
    {"payload_next", ACTION, "media_next_track", PLAYER_NEXT, 0},
    {"payload_previous", ACTION, "media_previous_track", PLAYER_PREVIOUS, 0},
    {"volume_command_topic", TOPIC, NULL, PLAYER_VOLUME, 0},
    {"volume_command_template", TEXT, CALLS("media_player.volume_set", "volume_level", "{{ value / 100 }}"),
        PLAYER_VOLUME, 0},
    {"volume_state_topic", TOPIC, NULL, PLAYER_VOLUME, 0},
    {"volume_value_template", TEXT, "{{ value_json.attributes.volume_level * 100 }}", PLAYER_VOLUME, 0},
    {"mute_command_topic", TOPIC, NULL, PLAYER_MUTES, 0},
    {"payload_mute", TEXT, CALLS("media_player.volume_mute", "is_volume_muted", "true"), PLAYER_MUTES, 0},
    {"payload_unmute", TEXT, CALLS("media_player.volume_mute", "is_volume_muted", "false"), PLAYER_MUTES, 0},
    {"mute_state_topic", TOPIC, NULL, PLAYER_MUTES, 0},
    {"mute_value_template", TEXT, SHOWS("is_volume_muted"), PLAYER_MUTES, 0},
};

enum { VACUUM_RETURNS = 16, VACUUM_STARTS = 8192, MOWER_STARTS = 1, MOWER_DOCKS = 4 };

static const struct key_row vacuum[] = {
    {"state_topic", TOPIC, NULL, 0, 0},
    {"command_topic", TOPIC, NULL, 0, 0},
    {"payload_start", ACTION, "start", 0, 0},
    {"payload_return_to_base", ACTION, "return_to_base", 0, 0},
    {"supported_features", FEATURE, "start", VACUUM_STARTS, 0},
    {"supported_features", FEATURE, "return_home", VACUUM_RETURNS, 0},
};
static const struct key_row lawn_mower[] = {
    {"activity_state_topic", TOPIC, NULL, 0, 0},
    {"activity_value_template", TEXT, STATE, 0, 0},
    {"start_mowing_command_topic", TOPIC, NULL, MOWER_STARTS, 0},
    {"start_mowing_command_template", TEXT, "{\"action\":\"lawn_mower.start_mowing\"}", MOWER_STARTS, 0},
    {"dock_command_topic", TOPIC, NULL, MOWER_DOCKS, 0},
    {"dock_command_template", TEXT, "{\"action\":\"lawn_mower.dock\"}", MOWER_DOCKS, 0},
};

/* ---- the domains ---- */

#define ROWS(table) table, sizeof(table) / sizeof(*(table))

static const struct domain {
    const char *name;
    const struct key_row *rows;
    size_t count;
} domains[] = {
    {"light", ROWS(light)},
    {"switch", ROWS(on_and_off)},
    {"input_boolean", ROWS(on_and_off)},
    {"automation", ROWS(on_and_off)},
    {"siren", ROWS(siren)},
    {"scene", ROWS(runs)},
    {"script", ROWS(runs)},
    {"button", ROWS(button)},
    {"cover", ROWS(cover)},
    {"valve", ROWS(valve)},
    {"lock", ROWS(lock)},
    {"alarm_control_panel", ROWS(alarm)},
    {"climate", ROWS(climate)},
    {"water_heater", ROWS(water_heater)},
    {"humidifier", ROWS(humidifier)},
    {"fan", ROWS(fan)},
    {"media_player", ROWS(media_player)},
    {"vacuum", ROWS(vacuum)},
    {"lawn_mower", ROWS(lawn_mower)},
    {"sensor", ROWS(shows)},
    {"binary_sensor", ROWS(binary_sensor)},
    {"select", ROWS(shows)},
    {"number", ROWS(shows)},
    {"text", ROWS(shows)},
};

static const struct domain *domain_of(const char *entity_id)
{
    size_t len = strcspn(entity_id, ".");
    for (size_t i = 0; i < sizeof(domains) / sizeof(*domains); i++)
        if (strlen(domains[i].name) == len && strncmp(domains[i].name, entity_id, len) == 0)
            return &domains[i];
    return NULL;
}

/* Lower case, digits and underscores around one dot. */
static bool is_entity_id(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
    size_t domain = strspn(text, letters),
           object = text[domain] == '.' ? strspn(text + domain + 1, letters) : 0;
    return domain && object && !text[domain + 1 + object] && domain + 1 + object <= HOME_NAME_MAX;
}

bool ha_topic_is(const char *topic)
{
    return strncmp(topic, HA_TOPIC, sizeof(HA_TOPIC) - 1) == 0;
}

bool ha_entity_is_used(const char *entity_id)
{
    return is_entity_id(entity_id) && domain_of(entity_id);
}

/* ---- the configuration ---- */

static unsigned features_of(const struct domain *domain, const cJSON *attributes)
{
    if (domain->rows == light)
        return light_features(attributes);
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(attributes, "supported_features");
    bool good = cJSON_IsNumber(item) && item->valuedouble >= 0 && item->valuedouble <= 0x7fffffff;
    return good ? (unsigned)item->valuedouble : 0;
}

static cJSON *action_payload(const struct domain *domain, const char *service)
{
    char payload[2 * HA_WORD_MAX + 32];
    snprintf(payload, sizeof(payload), "{\"action\":\"%s.%s\"}", domain->name, service);
    return cJSON_CreateString(payload);
}

/* NULL where there is nothing to add, or out of memory. */
static cJSON *make_value(
    const struct domain *domain, const struct key_row *row, const char *topic, const cJSON *attributes)
{
    const cJSON *attribute;
    switch (row->kind) {
    case TOPIC:
        return cJSON_CreateString(topic);
    case TEXT:
        return cJSON_CreateString(row->text);
    case ACTION:
        return action_payload(domain, row->text);
    case ATTRIBUTE:
        attribute = cJSON_GetObjectItemCaseSensitive(attributes, row->text);
        return attribute && !cJSON_IsNull(attribute) && !cJSON_IsObject(attribute)
                   ? cJSON_Duplicate(attribute, 1)
                   : NULL;
    case TRUTH:
        return cJSON_CreateTrue();
    case FEATURE:
        break;
    }
    return NULL;
}

static void add_feature(cJSON *config, const struct key_row *row, bool there)
{
    cJSON *list = cJSON_GetObjectItemCaseSensitive(config, row->key);
    if (!list)
        list = cJSON_AddArrayToObject(config, row->key);
    if (there && list)
        cJSON_AddItemToArray(list, cJSON_CreateString(row->text));
}

static void add_key(cJSON *config, const struct domain *domain, const struct key_row *row, const char *topic,
    const cJSON *attributes)
{
    unsigned features = features_of(domain, attributes);
    bool there = (features & row->need) == row->need && !(features & row->without);
    if (row->kind == FEATURE) {
        add_feature(config, row, there);
        return;
    }
    /* null says that there is no such command, where silence would mean the usual word. */
    cJSON *value = there ? make_value(domain, row, topic, attributes)
                   : strncmp(row->key, "payload_", 8) == 0 && !row->without ? cJSON_CreateNull()
                                                                            : NULL;
    if (value && !cJSON_AddItemToObject(config, row->key, value))
        cJSON_Delete(value);
}

cJSON *ha_entity_config(const char *entity_id, const cJSON *attributes, bool fahrenheit)
{
    const struct domain *domain = domain_of(entity_id);
    char topic[sizeof(HA_TOPIC) + HOME_NAME_MAX];
    cJSON *config = domain && is_entity_id(entity_id) ? cJSON_CreateObject() : NULL;
    if (!config)
        return NULL;
    snprintf(topic, sizeof(topic), "%s%s", HA_TOPIC, entity_id);
    for (size_t i = 0; i < domain->count; i++)
        add_key(config, domain, &domain->rows[i], topic, attributes);
    cJSON_AddStringToObject(config, "availability_topic", topic);
    cJSON_AddStringToObject(config, "availability_template",
        "{{ 'offline' if value_json.state == 'unavailable' else 'online' }}");
    if (domain->rows == climate || domain->rows == water_heater)
        cJSON_AddStringToObject(config, "temperature_unit", fahrenheit ? "F" : "C");
    return config;
}

/* ---- commands ---- */

bool ha_action_parse(const char *topic, const char *payload, struct ha_action *action)
{
    *action = (struct ha_action){.data = NULL};
    if (!ha_topic_is(topic) || !ha_entity_is_used(topic + sizeof(HA_TOPIC) - 1))
        return false;
    action->entity_id = topic + sizeof(HA_TOPIC) - 1;
    cJSON *root = json_parse(payload, strlen(payload), ACTION_DEPTH_MAX, NULL);
    const char *name = json_member_text(root, "action");
    size_t domain = name ? strcspn(name, ".") : 0,
           service = name && name[domain] ? strlen(name + domain + 1) : 0;
    bool ok = domain && domain <= HA_WORD_MAX && service && service <= HA_WORD_MAX;
    if (ok) {
        snprintf(action->domain, sizeof(action->domain), "%.*s", (int)domain, name);
        snprintf(action->service, sizeof(action->service), "%s", name + domain + 1);
        action->data = cJSON_DetachItemFromObjectCaseSensitive(root, "data");
    }
    if (action->data && !cJSON_IsObject(action->data)) {
        cJSON_Delete(action->data);
        action->data = NULL;
        ok = false;
    }
    cJSON_Delete(root);
    return ok;
}
