/* render_climate.c - thermostats, water heaters, humidifiers, fans: temperatures, modes, speeds. Degrees are
 * the entity's own unit. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "devices/render_internal.h"

#define FIND(rows, tool) find_tool(rows, sizeof(rows) / sizeof(*(rows)), tool)

/* ---- modes ---- */

static const char *const climate_modes[] = {"auto", "off", "cool", "heat", "dry", "fan_only", NULL};
static const char *const heater_modes[] = {
    "eco", "electric", "gas", "heat_pump", "high_demand", "performance", "off", NULL};

static bool is_one_of(const char *text, const char *const *words)
{
    while (*words && strcmp(*words, text) != 0)
        words++;
    return *words;
}

static bool has_mode(const struct rendering *r, const char *const *usual, const char *mode)
{
    return view_has(r->view, "modes") ? view_list_has(r->view, "modes", mode) : is_one_of(mode, usual);
}

static enum san_status send_mode(struct rendering *r, const char *mode)
{
    enum san_status status = send_text(r, "mode_command_topic", "mode_command_template", mode, NULL);
    if (status == SAN_OK)
        expect_state(r, mode);
    return status;
}

/* The first mode of the entity that is not off; auto and heat are preferred, as by Home Assistant. */
static const char *first_mode(const struct rendering *r, const char *const *usual)
{
    static const char *const preferred[] = {"heat_cool", "heat", "cool", "auto"};
    for (size_t i = 0; i < sizeof(preferred) / sizeof(*preferred); i++) {
        if (has_mode(r, usual, preferred[i]))
            return preferred[i];
    }
    const cJSON *item;
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(r->view->config, "modes"))
    {
        if (cJSON_IsString(item) && strcmp(item->valuestring, "off") != 0)
            return item->valuestring;
    }
    return view_has(r->view, "modes") ? NULL : usual[0];
}

static enum san_status turn(struct rendering *r, bool on, const char *const *usual)
{
    if (view_has(r->view, "power_command_topic")) {
        enum san_status status = send_word(r, "power_command_topic", "power_command_template",
            on ? "payload_on" : "payload_off", on ? "ON" : "OFF");
        if (status == SAN_OK && !on)
            expect_state(r, "off");
        return status;
    }
    const char *mode = on ? first_mode(r, usual) : "off";
    if (!mode || !view_has(r->view, "mode_command_topic") || !has_mode(r, usual, mode))
        return cannot(r, on ? "be turned on" : "be turned off");
    return send_mode(r, mode);
}

static bool is_off(const struct rendering *r)
{
    return now_is(r, "off");
}

static enum san_status climate_on(struct rendering *r)
{
    return turn(r, true, climate_modes);
}

static enum san_status climate_off(struct rendering *r)
{
    return turn(r, false, climate_modes);
}

static enum san_status climate_toggle(struct rendering *r)
{
    return turn(r, is_off(r), climate_modes);
}

static enum san_status heater_on(struct rendering *r)
{
    return turn(r, true, heater_modes);
}

static enum san_status heater_off(struct rendering *r)
{
    return turn(r, false, heater_modes);
}

static enum san_status heater_toggle(struct rendering *r)
{
    return turn(r, is_off(r), heater_modes);
}

static enum san_status send_preset(struct rendering *r, const char *preset)
{
    enum san_status status =
        send_text(r, "preset_mode_command_topic", "preset_mode_command_template", preset, NULL);
    if (status == SAN_OK)
        expect_text(r, "preset_mode", preset);
    return status;
}

/* A mode of its own, else one of its presets. No list has the preset "none", which ends all of them. */
static enum san_status set_mode(struct rendering *r, const char *const *usual)
{
    const char *mode = home_call_text(r->call, "mode");
    bool presets = view_has(r->view, "preset_mode_command_topic");
    if (!mode)
        return san_fail(r->err, SAN_EINVAL, "%s for %.100s needs a mode", r->call->tool, r->name);
    if (view_has(r->view, "mode_command_topic") && has_mode(r, usual, mode))
        return send_mode(r, mode);
    const char *preset = view_list_match(r->view, "preset_modes", mode);
    if (presets && (preset || strcmp(mode, "none") == 0))
        return send_preset(r, preset ? preset : mode);
    if (strcmp(mode, "off") == 0)
        return turn(r, false, usual);
    return has_no(r, "mode", mode, "modes", presets ? "preset_modes" : NULL);
}

/* The fan and the vanes of an air conditioner: modes with lists and topics of their own. */
static enum san_status climate_part(struct rendering *r, const char *slot, const char *const *usual)
{
    char topic[48], template[48], modes[24];
    const char *mode = home_call_text(r->call, slot);
    snprintf(topic, sizeof(topic), "%s_command_topic", slot);
    snprintf(template, sizeof(template), "%s_command_template", slot);
    snprintf(modes, sizeof(modes), "%ss", slot);
    bool known = view_has(r->view, modes) ? view_list_has(r->view, modes, mode) : is_one_of(mode, usual);
    if (!view_has(r->view, topic) || !known)
        return has_no(r, "mode", mode, modes, NULL);
    enum san_status status = send_text(r, topic, template, mode, NULL);
    if (status == SAN_OK)
        expect_text(r, slot, mode);
    return status;
}

static enum san_status climate_mode(struct rendering *r)
{
    static const char *const fan_modes[] = {"auto", "low", "medium", "high", NULL};
    static const char *const swing_modes[] = {"on", "off", NULL};
    if (home_call_text(r->call, "fan_mode"))
        return climate_part(r, "fan_mode", fan_modes);
    if (home_call_text(r->call, "swing_mode"))
        return climate_part(r, "swing_mode", swing_modes);
    return set_mode(r, climate_modes);
}

static enum san_status heater_mode(struct rendering *r)
{
    return set_mode(r, heater_modes);
}

/* ---- temperatures ---- */

struct degrees {
    double low, high;
};

static bool is_fahrenheit(const struct rendering *r)
{
    return strcmp(view_text(r->view, "temperature_unit", "C"), "F") == 0;
}

static struct degrees allowed(const struct rendering *r, struct degrees celsius, struct degrees fahrenheit)
{
    struct degrees usual = is_fahrenheit(r) ? fahrenheit : celsius;
    return (struct degrees){
        view_number(r->view, "min_temp", usual.low), view_number(r->view, "max_temp", usual.high)};
}

static enum san_status out_of_range(struct rendering *r, struct degrees range, double wanted)
{
    return san_fail(r->err, SAN_ELIMIT, "%.100s: %g to %g degrees allowed, not %g", r->name, range.low,
        range.high, wanted);
}

static enum san_status set_temperature(struct rendering *r, struct degrees range)
{
    double wanted, step = fmax(1, view_number(r->view, "temp_step", 1));
    enum san_status status = wanted_number(
        r, "temperature", "temperature_step", step, "temperature", range.low, range.high, &wanted);
    if (status != SAN_OK)
        return status;
    if (wanted < range.low || wanted > range.high)
        return out_of_range(r, range, wanted);
    if (!view_has(r->view, "temperature_command_topic"))
        return cannot(r, "be set to a temperature");
    status = send_number(r, "temperature_command_topic", "temperature_command_template", wanted, NULL);
    if (status == SAN_OK)
        expect_number(r, "temperature", wanted, 0.1);
    return status;
}

/* One of the two ends between which an air conditioner keeps a room. */
static enum san_status set_end(struct rendering *r, const char *slot, struct degrees range)
{
    bool high = strcmp(slot, "temperature_high") == 0;
    double wanted;
    if (!number_arg(r, slot, &wanted))
        return SAN_OK;
    if (wanted < range.low || wanted > range.high)
        return out_of_range(r, range, wanted);
    enum san_status status =
        send_number(r, high ? "temperature_high_command_topic" : "temperature_low_command_topic",
            high ? "temperature_high_command_template" : "temperature_low_command_template", wanted, NULL);
    if (status == SAN_OK)
        expect_number(r, high ? "target_temp_high" : "target_temp_low", wanted, 0.1);
    return status;
}

static enum san_status climate_temperature(struct rendering *r)
{
    struct degrees range = allowed(r, (struct degrees){7, 35}, (struct degrees){44.6, 95});
    if (!home_call_arg(r->call, "temperature_low") && !home_call_arg(r->call, "temperature_high"))
        return set_temperature(r, range);
    enum san_status status = set_end(r, "temperature_low", range);
    return status == SAN_OK ? set_end(r, "temperature_high", range) : status;
}

static enum san_status heater_temperature(struct rendering *r)
{
    return set_temperature(r, allowed(r, (struct degrees){43.3, 60}, (struct degrees){110, 140}));
}

/* ---- humidity ---- */

static enum san_status set_humidity(struct rendering *r, double usual_low, double usual_high)
{
    double wanted, low = view_number(r->view, "min_humidity", usual_low),
                   high = view_number(r->view, "max_humidity", usual_high);
    if (!number_arg(r, "humidity", &wanted))
        return san_fail(r->err, SAN_EINVAL, "%s for %.100s needs a humidity", r->call->tool, r->name);
    if (wanted < low || wanted > high)
        return san_fail(
            r->err, SAN_ELIMIT, "%.100s: %g to %g per cent allowed, not %g", r->name, low, high, wanted);
    wanted = round(wanted);
    enum san_status status =
        send_number(r, "target_humidity_command_topic", "target_humidity_command_template", wanted, NULL);
    if (status == SAN_OK)
        expect_number(r, "humidity", wanted, 1);
    return status;
}

static enum san_status climate_humidity(struct rendering *r)
{
    return set_humidity(r, 30, 99);
}

render_fn climate_tool(const char *tool)
{
    static const struct tool_row rows[] = {{"HassTurnOn", climate_on}, {"HassTurnOff", climate_off},
        {"HassToggle", climate_toggle}, {"HassClimateSetTemperature", climate_temperature},
        {"HassClimateSetMode", climate_mode}, {"HassHumidifierSetpoint", climate_humidity}};
    return FIND(rows, tool);
}

render_fn water_heater_tool(const char *tool)
{
    static const struct tool_row rows[] = {{"HassTurnOn", heater_on}, {"HassTurnOff", heater_off},
        {"HassToggle", heater_toggle}, {"HassClimateSetTemperature", heater_temperature},
        {"HassClimateSetMode", heater_mode}};
    return FIND(rows, tool);
}

/* ---- on and off by a word: humidifier, fan ---- */

static enum san_status power(struct rendering *r, bool on)
{
    enum san_status status = send_word(
        r, "command_topic", "command_template", on ? "payload_on" : "payload_off", on ? "ON" : "OFF");
    if (status == SAN_OK)
        expect_state(r, on ? "on" : "off");
    return status;
}

static enum san_status power_on(struct rendering *r)
{
    return power(r, true);
}

static enum san_status power_off(struct rendering *r)
{
    return power(r, false);
}

static enum san_status power_toggle(struct rendering *r)
{
    return power(r, !now_is(r, "on"));
}

/* ---- humidifier ---- */

static enum san_status humidifier_setpoint(struct rendering *r)
{
    return set_humidity(r, 0, 100);
}

static enum san_status humidifier_mode(struct rendering *r)
{
    const char *wanted = home_call_text(r->call, "mode");
    const char *mode = wanted ? view_list_match(r->view, "modes", wanted) : NULL;
    if (!mode)
        return has_no(r, "mode", wanted, "modes", NULL);
    enum san_status status = send_text(r, "mode_command_topic", "mode_command_template", mode, NULL);
    if (status == SAN_OK)
        expect_text(r, "mode", mode);
    return status;
}

render_fn humidifier_tool(const char *tool)
{
    static const struct tool_row rows[] = {{"HassTurnOn", power_on}, {"HassTurnOff", power_off},
        {"HassToggle", power_toggle}, {"HassHumidifierSetpoint", humidifier_setpoint},
        {"HassHumidifierMode", humidifier_mode}};
    return FIND(rows, tool);
}

/* ---- fan ---- */

enum { FAN_STEP_MIN = 10 };

static enum san_status fan_percentage(struct rendering *r, double percent)
{
    double low = view_number(r->view, "speed_range_min", 1),
           high = view_number(r->view, "speed_range_max", 100);
    double value = ceil(low - 1 + percent * (high - low + 1) / 100);
    enum san_status status =
        send_number(r, "percentage_command_topic", "percentage_command_template", value, NULL);
    if (status == SAN_OK)
        expect_number(r, "percentage", round((value - low + 1) * 100 / (high - low + 1)), 1);
    return status;
}

/* A fan that knows only presets: its slow, middle and fast one, if they bear the usual names. */
static const char *speed_preset(const struct rendering *r, double percent)
{
    static const char *const names[3][4] = {
        {"low", "Low", "slow", "1"}, {"medium", "Medium", "mid", "2"}, {"high", "High", "fast", "3"}};
    size_t speed = percent <= 34 ? 0 : percent <= 67 ? 1 : 2;
    for (size_t i = 0; i < 4; i++) {
        if (view_list_has(r->view, "preset_modes", names[speed][i]))
            return names[speed][i];
    }
    return NULL;
}

static enum san_status fan_preset(struct rendering *r, double percent)
{
    const char *preset = speed_preset(r, percent);
    if (!preset || !view_has(r->view, "preset_mode_command_topic"))
        return cannot(r, "change its speed");
    return send_preset(r, preset);
}

static enum san_status fan_speed(struct rendering *r)
{
    double speeds =
        view_number(r->view, "speed_range_max", 100) - view_number(r->view, "speed_range_min", 1) + 1;
    double percent, step = fmax(FAN_STEP_MIN, 100 / fmax(speeds, 1));
    enum san_status status =
        wanted_number(r, "percentage", "percentage_step", step, "percentage", 0, 100, &percent);
    if (status != SAN_OK)
        return status;
    if (percent < 0 || percent > 100)
        return san_fail(r->err, SAN_ELIMIT, "a speed is 0 to 100 per cent, not %g", percent);
    if (percent <= 0)
        return power_off(r);
    return view_has(r->view, "percentage_command_topic") ? fan_percentage(r, percent)
                                                         : fan_preset(r, percent);
}

static enum san_status fan_oscillate(struct rendering *r, const char *wanted)
{
    bool on = strcmp(wanted, "on") == 0;
    if (!on && strcmp(wanted, "off") != 0)
        return san_fail(r->err, SAN_EINVAL, "%.100s oscillates on or off, not %.40s", r->name, wanted);
    if (!view_has(r->view, "oscillation_command_topic"))
        return cannot(r, "oscillate");
    enum san_status status = send_word(r, "oscillation_command_topic", "oscillation_command_template",
        on ? "payload_oscillation_on" : "payload_oscillation_off", on ? "oscillate_on" : "oscillate_off");
    if (status == SAN_OK)
        expect_text(r, "oscillating", on ? "true" : "false");
    return status;
}

static enum san_status fan_direction(struct rendering *r, const char *wanted)
{
    if (strcmp(wanted, "forward") != 0 && strcmp(wanted, "reverse") != 0)
        return san_fail(r->err, SAN_EINVAL, "%.100s turns forward or reverse, not %.40s", r->name, wanted);
    if (!view_has(r->view, "direction_command_topic"))
        return cannot(r, "change its direction");
    enum san_status status =
        send_text(r, "direction_command_topic", "direction_command_template", wanted, NULL);
    if (status == SAN_OK)
        expect_text(r, "direction", wanted);
    return status;
}

static enum san_status fan_mode(struct rendering *r)
{
    const char *mode = home_call_text(r->call, "mode");
    if (home_call_text(r->call, "oscillating"))
        return fan_oscillate(r, home_call_text(r->call, "oscillating"));
    if (home_call_text(r->call, "direction"))
        return fan_direction(r, home_call_text(r->call, "direction"));
    const char *preset = mode ? view_list_match(r->view, "preset_modes", mode) : NULL;
    return preset ? send_preset(r, preset) : has_no(r, "mode", mode, "preset_modes", NULL);
}

render_fn fan_tool(const char *tool)
{
    static const struct tool_row rows[] = {{"HassTurnOn", power_on}, {"HassTurnOff", power_off},
        {"HassToggle", power_toggle}, {"HassFanSetSpeed", fan_speed}, {"HassFanSetMode", fan_mode}};
    return FIND(rows, tool);
}
