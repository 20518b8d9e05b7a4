/* state_rows.c - which topics each domain reads, and what their payloads mean. Lights: state_light.c. */
#include <math.h>
#include <string.h>

#include "devices/json_text.h"
#include "devices/view.h"

bool state_is_none(const char *text)
{
    return strcmp(text, "None") == 0 || strcmp(text, "null") == 0;
}

/* ---- what several domains share ---- */

/* The word for on is state_on, or else the command's own word. */
bool apply_on_off(struct applying *a, const struct binding *binding, const char *text)
{
    const char *on = view_text(a->view, "state_on", view_text(a->view, "payload_on", "ON"));
    const char *off = view_text(a->view, "state_off", view_text(a->view, "payload_off", "OFF"));
    if (strcmp(text, on) == 0)
        set_state(a, "on");
    else if (strcmp(text, off) == 0)
        set_state(a, "off");
    else if (state_is_none(text))
        set_state(a, "");
    else
        return meaningless(a, binding, text);
    return true;
}

static bool apply_word(struct applying *a, const struct binding *binding, const char *text)
{
    (void)binding;
    set_state(a, state_is_none(text) ? "" : text);
    return true;
}

bool apply_text_attribute(struct applying *a, const struct binding *binding, const char *text)
{
    if (state_is_none(text))
        unset(a, binding->row->attribute);
    else
        set_text(a, binding->row->attribute, text);
    return true;
}

static bool apply_number_attribute(struct applying *a, const struct binding *binding, const char *text)
{
    double number;
    if (state_is_none(text)) {
        unset(a, binding->row->attribute);
        return true;
    }
    if (!json_text_number(text, &number))
        return meaningless(a, binding, text);
    set_number(a, binding->row->attribute, number);
    return true;
}

/* A configured word -> a word of Home Assistant. */
struct word_row {
    const char *key, *fallback, *state;
};

static const char *word_state(
    const struct applying *a, const struct word_row *rows, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(view_text(a->view, rows[i].key, rows[i].fallback), text) == 0)
            return rows[i].state;
    }
    return NULL;
}

/* ---- lock ---- */

static bool apply_lock(struct applying *a, const struct binding *binding, const char *text)
{
    static const struct word_row words[] = {{"state_locked", "LOCKED", "locked"},
        {"state_unlocked", "UNLOCKED", "unlocked"}, {"state_locking", "LOCKING", "locking"},
        {"state_unlocking", "UNLOCKING", "unlocking"}, {"state_open", "OPEN", "open"},
        {"state_opening", "OPENING", "opening"}, {"state_jammed", "JAMMED", "jammed"}};
    const char *state = word_state(a, words, sizeof(words) / sizeof(*words), text);
    if (!state && strcmp(text, view_text(a->view, "payload_reset", "None")) != 0 && !state_is_none(text))
        return meaningless(a, binding, text);
    set_state(a, state ? state : "");
    return true;
}

/* ---- cover, valve ---- */

static double percent_of(double value, double closed, double open)
{
    double percent = open == closed ? 0 : round((value - closed) * 100 / (open - closed));
    return percent < 0 ? 0 : percent > 100 ? 100 : percent;
}

static double position_percent(const struct applying *a, double value)
{
    return percent_of(
        value, view_number(a->view, "position_closed", 0), view_number(a->view, "position_open", 100));
}

static double tilt_percent(const struct applying *a, double value)
{
    return percent_of(value, view_number(a->view, "tilt_min", 0), view_number(a->view, "tilt_max", 100));
}

/* A stopped cover is closed if its position says so, or if it was closed or closing and has no position. */
static const char *stopped_state(const struct applying *a)
{
    const cJSON *position = cJSON_GetObjectItemCaseSensitive(a->state->attributes, "position");
    if (cJSON_IsNumber(position))
        return position->valuedouble <= 0 ? "closed" : "open";
    bool down = strcmp(a->state->state, "closed") == 0 || strcmp(a->state->state, "closing") == 0;
    return down ? "closed" : "open";
}

static bool apply_cover(struct applying *a, const struct binding *binding, const char *text)
{
    static const struct word_row words[] = {{"state_open", "open", "open"},
        {"state_closed", "closed", "closed"}, {"state_opening", "opening", "opening"},
        {"state_closing", "closing", "closing"}, {"state_stopped", "stopped", "stopped"}};
    const char *state = word_state(a, words, sizeof(words) / sizeof(*words), text);
    if (!state && !state_is_none(text))
        return meaningless(a, binding, text);
    if (state && strcmp(state, "stopped") == 0)
        state = stopped_state(a);
    set_state(a, state ? state : "");
    return true;
}

static void set_position(struct applying *a, double value)
{
    double percent = position_percent(a, value);
    set_number(a, "position", percent);
    if (!view_has(a->view, "state_topic"))
        set_state(a, percent <= 0 ? "closed" : "open");
}

/* A number, or {"position": n, "tilt_position": n}. */
static bool apply_position(struct applying *a, const struct binding *binding, const char *text)
{
    double number;
    if (json_text_number(text, &number)) {
        set_position(a, number);
        return true;
    }
    cJSON *object = json_parse(text, strlen(text), VIEW_DEPTH_MAX, NULL);
    const cJSON *position = cJSON_GetObjectItemCaseSensitive(object, "position");
    const cJSON *tilt = cJSON_GetObjectItemCaseSensitive(object, "tilt_position");
    bool ok = cJSON_IsNumber(position);
    if (ok)
        set_position(a, position->valuedouble);
    if (ok && cJSON_IsNumber(tilt))
        set_number(a, "tilt_position", tilt_percent(a, tilt->valuedouble));
    cJSON_Delete(object);
    return ok || state_is_none(text) || meaningless(a, binding, text);
}

static bool apply_tilt(struct applying *a, const struct binding *binding, const char *text)
{
    double number;
    if (!json_text_number(text, &number))
        return state_is_none(text) || meaningless(a, binding, text);
    set_number(a, "tilt_position", tilt_percent(a, number));
    return true;
}

static bool apply_valve_word(struct applying *a, const struct binding *binding, const char *text)
{
    static const struct word_row words[] = {{"state_open", "open", "open"},
        {"state_closed", "closed", "closed"}, {"state_opening", "opening", "opening"},
        {"state_closing", "closing", "closing"}};
    const char *state = word_state(a, words, sizeof(words) / sizeof(*words), text);
    if (!state && !state_is_none(text))
        return meaningless(a, binding, text);
    set_state(a, state ? state : "");
    return true;
}

static void set_valve_position(struct applying *a, double value)
{
    double percent = position_percent(a, value);
    set_number(a, "position", percent);
    set_state(a, percent <= 0 ? "closed" : "open");
}

/* A word, a position, or {"state": word, "position": n}; while it moves the word wins. */
static bool apply_valve(struct applying *a, const struct binding *binding, const char *text)
{
    double number;
    if (json_text_number(text, &number)) {
        set_valve_position(a, number);
        return true;
    }
    cJSON *object = json_parse(text, strlen(text), VIEW_DEPTH_MAX, NULL);
    const cJSON *position = cJSON_GetObjectItemCaseSensitive(object, "position");
    const char *word = json_member_text(object, "state");
    bool ok = true;
    if (cJSON_IsNumber(position))
        set_valve_position(a, position->valuedouble);
    if (word || !cJSON_IsNumber(position))
        ok = apply_valve_word(a, binding, word ? word : text);
    cJSON_Delete(object);
    return ok;
}

/* ---- fan ---- */

static bool apply_percentage(struct applying *a, const struct binding *binding, const char *text)
{
    double number, low = view_number(a->view, "speed_range_min", 1),
                   high = view_number(a->view, "speed_range_max", 100);
    if (state_is_none(text) || strcmp(text, view_text(a->view, "payload_reset_percentage", "None")) == 0) {
        unset(a, "percentage");
        return true;
    }
    if (!json_text_number(text, &number) || number < 0 || number > high)
        return meaningless(a, binding, text);
    set_number(a, "percentage", number < low ? 0 : round((number - low + 1) * 100 / (high - low + 1)));
    return true;
}

static bool apply_preset(struct applying *a, const struct binding *binding, const char *text)
{
    if (state_is_none(text) || strcmp(text, view_text(a->view, "payload_reset_preset_mode", "None")) == 0) {
        unset(a, "preset_mode");
        return true;
    }
    if (strcmp(text, "none") != 0 && view_has(a->view, "preset_modes") &&
        !view_list_has(a->view, "preset_modes", text))
        return meaningless(a, binding, text);
    set_text(a, "preset_mode", text);
    return true;
}

static bool apply_oscillation(struct applying *a, const struct binding *binding, const char *text)
{
    bool on = strcmp(text, view_text(a->view, "payload_oscillation_on", "oscillate_on")) == 0;
    if (!on && strcmp(text, view_text(a->view, "payload_oscillation_off", "oscillate_off")) != 0)
        return meaningless(a, binding, text);
    set_bool(a, "oscillating", on);
    return true;
}

/* ---- vacuum, siren, mower, alarm: words of which only some are known ---- */

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words; words++) {
        if (strcmp(*words, text) == 0)
            return true;
    }
    return false;
}

static bool apply_vacuum(struct applying *a, const struct binding *binding, const char *text)
{
    static const char *const words[] = {"cleaning", "docked", "paused", "idle", "returning", "error", NULL};
    cJSON *object = json_parse(text, strlen(text), VIEW_DEPTH_MAX, NULL);
    const char *word = json_member_text(object, "state");
    const char *speed = json_member_text(object, "fan_speed");
    bool null = cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(object, "state"));
    bool ok = word ? is_one_of(word, words) : null;
    if (ok)
        set_state(a, word ? word : "");
    if (speed)
        set_text(a, "fan_speed", speed);
    cJSON_Delete(object);
    return ok || speed || meaningless(a, binding, text);
}

static bool apply_siren(struct applying *a, const struct binding *binding, const char *text)
{
    cJSON *object = *text == '{' ? json_parse(text, strlen(text), VIEW_DEPTH_MAX, NULL) : NULL;
    const char *word = json_member_text(object, "state");
    bool ok = apply_on_off(a, binding, word ? word : text);
    cJSON_Delete(object);
    return ok;
}

static bool apply_mower(struct applying *a, const struct binding *binding, const char *text)
{
    static const char *const words[] = {"mowing", "paused", "docked", "returning", "error", NULL};
    bool none = state_is_none(text) || strcmp(text, "none") == 0;
    if (!none && !is_one_of(text, words))
        return meaningless(a, binding, text);
    set_state(a, none ? "" : text);
    return true;
}

static bool apply_alarm(struct applying *a, const struct binding *binding, const char *text)
{
    static const char *const words[] = {"disarmed", "armed_home", "armed_away", "armed_night",
        "armed_vacation", "armed_custom_bypass", "pending", "triggered", "arming", "disarming", NULL};
    if (!state_is_none(text) && !is_one_of(text, words))
        return meaningless(a, binding, text);
    set_state(a, state_is_none(text) ? "" : text);
    return true;
}

/* ---- media player ---- */

static bool apply_player(struct applying *a, const struct binding *binding, const char *text)
{
    static const struct word_row words[] = {{"state_playing", "playing", "playing"},
        {"state_paused", "paused", "paused"}, {"state_idle", "idle", "idle"}, {"state_on", "on", "on"},
        {"state_off", "off", "off"}};
    const char *state = word_state(a, words, sizeof(words) / sizeof(*words), text);
    if (!state && !state_is_none(text))
        return meaningless(a, binding, text);
    set_state(a, state ? state : "");
    return true;
}

static bool apply_volume(struct applying *a, const struct binding *binding, const char *text)
{
    double number, scale = view_number(a->view, "volume_scale", 100);
    if (!json_text_number(text, &number) || number < 0 || number > scale)
        return state_is_none(text) || meaningless(a, binding, text);
    set_number(a, "volume_level", round(number * 100 / scale));
    return true;
}

static bool apply_mute(struct applying *a, const struct binding *binding, const char *text)
{
    bool muted = strcmp(text, view_text(a->view, "payload_mute", "MUTE")) == 0 || strcmp(text, "True") == 0;
    if (!muted && strcmp(text, view_text(a->view, "payload_unmute", "UNMUTE")) != 0 &&
        strcmp(text, "False") != 0)
        return meaningless(a, binding, text);
    set_bool(a, "is_volume_muted", muted);
    return true;
}

/* ---- the tables ---- */

static const struct state_row switch_rows[] = {
    {"state_topic", "value_template", NULL, apply_on_off, "", false}};
static const struct state_row word_rows[] = {{"state_topic", "value_template", NULL, apply_word, "", false}};
static const struct state_row number_rows[] = {
    {"state_topic", "value_template", NULL, apply_number, "", false}};
static const struct state_row select_rows[] = {
    {"state_topic", "value_template", NULL, apply_option, "", false}};
static const struct state_row tracker_rows[] = {
    {"state_topic", "value_template", NULL, apply_tracker, "", false}};
static const struct state_row event_rows[] = {
    {"state_topic", "value_template", NULL, apply_event, "", false}};
static const struct state_row update_rows[] = {
    {"state_topic", "value_template", NULL, apply_update, "*", false},
    {"latest_version_topic", "latest_version_template", NULL, apply_latest_version, "*", false},
};
static const struct state_row lock_rows[] = {{"state_topic", "value_template", NULL, apply_lock, "", false}};
static const struct state_row alarm_rows[] = {
    {"state_topic", "value_template", NULL, apply_alarm, "", false}};
static const struct state_row vacuum_rows[] = {
    {"state_topic", "value_template", NULL, apply_vacuum, "*", false}};
static const struct state_row valve_rows[] = {
    {"state_topic", "value_template", NULL, apply_valve, "*", false}};
static const struct state_row mower_rows[] = {
    {"activity_state_topic", "activity_value_template", NULL, apply_mower, "", false}};
static const struct state_row siren_rows[] = {
    {"state_topic", "state_value_template", "value_template", apply_siren, "", false}};
static const struct state_row cover_rows[] = {
    /* the position first: "stopped" on the same topic is read by it */
    {"position_topic", "position_template", NULL, apply_position, "position", false},
    {"tilt_status_topic", "tilt_status_template", NULL, apply_tilt, "tilt_position", false},
    {"state_topic", "value_template", NULL, apply_cover, "", false},
};
static const struct state_row fan_rows[] = {
    {"state_topic", "state_value_template", "value_template", apply_on_off, "", false},
    {"percentage_state_topic", "percentage_value_template", NULL, apply_percentage, "percentage", false},
    {"preset_mode_state_topic", "preset_mode_value_template", NULL, apply_preset, "preset_mode", false},
    {"oscillation_state_topic", "oscillation_value_template", NULL, apply_oscillation, "oscillating", false},
    {"direction_state_topic", "direction_value_template", NULL, apply_text_attribute, "direction", false},
};
static const struct state_row climate_rows[] = {
    {"mode_state_topic", "mode_state_template", "value_template", apply_word, "", false},
    {"temperature_state_topic", "temperature_state_template", "value_template", apply_number_attribute,
        "temperature", false},
    {"temperature_low_state_topic", "temperature_low_state_template", "value_template",
        apply_number_attribute, "target_temp_low", false},
    {"temperature_high_state_topic", "temperature_high_state_template", "value_template",
        apply_number_attribute, "target_temp_high", false},
    {"current_temperature_topic", "current_temperature_template", "value_template", apply_number_attribute,
        "current_temperature", false},
    {"target_humidity_state_topic", "target_humidity_state_template", "value_template",
        apply_number_attribute, "humidity", false},
    {"current_humidity_topic", "current_humidity_template", "value_template", apply_number_attribute,
        "current_humidity", false},
    {"action_topic", "action_template", "value_template", apply_text_attribute, "hvac_action", false},
    {"preset_mode_state_topic", "preset_mode_value_template", "value_template", apply_preset, "preset_mode",
        false},
    {"fan_mode_state_topic", "fan_mode_state_template", "value_template", apply_text_attribute, "fan_mode",
        false},
    {"swing_mode_state_topic", "swing_mode_state_template", "value_template", apply_text_attribute,
        "swing_mode", false},
};
static const struct state_row humidifier_rows[] = {
    {"state_topic", "state_value_template", "value_template", apply_on_off, "", false},
    {"target_humidity_state_topic", "target_humidity_state_template", NULL, apply_number_attribute,
        "humidity", false},
    {"current_humidity_topic", "current_humidity_template", NULL, apply_number_attribute, "current_humidity",
        false},
    {"mode_state_topic", "mode_state_template", NULL, apply_text_attribute, "mode", false},
    {"action_topic", "action_template", NULL, apply_text_attribute, "hvac_action", false},
};
static const struct state_row player_rows[] = {
    {"state_topic", "value_template", NULL, apply_player, "", false},
    {"volume_state_topic", "volume_value_template", NULL, apply_volume, "volume_level", false},
    {"mute_state_topic", "mute_value_template", NULL, apply_mute, "is_volume_muted", false},
};

#define ROWS(table) table, sizeof(table) / sizeof(*(table))

static const struct {
    const char *domain;
    const struct state_row *rows;
    size_t count;
} domains[] = {
    {"switch", ROWS(switch_rows)},
    {"input_boolean", ROWS(switch_rows)},
    {"automation", ROWS(switch_rows)},
    {"binary_sensor", ROWS(switch_rows)},
    {"sensor", ROWS(word_rows)},
    {"select", ROWS(select_rows)},
    {"number", ROWS(number_rows)},
    {"device_tracker", ROWS(tracker_rows)},
    {"event", ROWS(event_rows)},
    {"update", ROWS(update_rows)},
    {"text", ROWS(word_rows)},
    {"lock", ROWS(lock_rows)},
    {"alarm_control_panel", ROWS(alarm_rows)},
    {"vacuum", ROWS(vacuum_rows)},
    {"valve", ROWS(valve_rows)},
    {"lawn_mower", ROWS(mower_rows)},
    {"siren", ROWS(siren_rows)},
    {"cover", ROWS(cover_rows)},
    {"fan", ROWS(fan_rows)},
    {"climate", ROWS(climate_rows)},
    {"water_heater", ROWS(climate_rows)},
    {"humidifier", ROWS(humidifier_rows)},
    {"media_player", ROWS(player_rows)},
};

const struct state_row *state_rows(const char *domain, const char *variant, size_t *count)
{
    *count = 0;
    if (strcmp(domain, "light") == 0)
        return light_rows(variant, count);
    for (size_t i = 0; i < sizeof(domains) / sizeof(*domains); i++) {
        if (strcmp(domains[i].domain, domain) == 0) {
            *count = domains[i].count;
            return domains[i].rows;
        }
    }
    return NULL;
}
