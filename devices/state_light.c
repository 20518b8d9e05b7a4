/* state_light.c - what lights report, in the three schemas of Home Assistant. Attributes are per cent,
 * kelvin, a colour's name, hue and saturation. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "devices/color.h"
#include "devices/json_text.h"
#include "devices/view.h"

static void set_brightness(struct applying *a, double value, double scale)
{
    double percent = scale > 0 ? round(value * 100 / scale) : 0;
    set_number(a, "brightness", percent < 0 ? 0 : percent > 100 ? 100 : percent);
}

static void set_hs(struct applying *a, struct color_hs hs)
{
    set_text(a, "color", color_nearest_name(color_from_hs(hs)));
    set_number(a, "hue", round(hs.hue));
    set_number(a, "saturation", round(hs.saturation));
    unset(a, "color_temp_kelvin");
}

static void set_rgb(struct applying *a, double red, double green, double blue)
{
    struct color_rgb rgb = {
        (int)fmin(fmax(red, 0), 255), (int)fmin(fmax(green, 0), 255), (int)fmin(fmax(blue, 0), 255)};
    set_hs(a, color_to_hs(rgb));
}

static void set_xy(struct applying *a, double x, double y)
{
    set_hs(a, color_to_hs(color_from_xy((struct color_xy){x, y})));
}

/* In mired, or in kelvin where the configuration says so. */
static void set_temperature(struct applying *a, double value)
{
    bool kelvin = view_bool(a->view, "color_temp_kelvin", false);
    set_number(a, "color_temp_kelvin", kelvin ? round(value) : color_kelvin_of_mired(value));
    unset(a, "color");
    unset(a, "hue");
    unset(a, "saturation");
}

/* ---- basic: a topic for each property ---- */

static bool apply_brightness(struct applying *a, const struct binding *binding, const char *text)
{
    double value;
    if (strcmp(text, "None") == 0) {
        unset(a, "brightness");
        return true;
    }
    if (!json_text_number(text, &value) || value < 0)
        return meaningless(a, binding, text);
    if (value > 0)
        set_brightness(a, value, view_number(a->view, "brightness_scale", 255));
    return true;
}

static bool apply_temperature(struct applying *a, const struct binding *binding, const char *text)
{
    double value;
    if (!json_text_number(text, &value) || value <= 0)
        return strcmp(text, "None") == 0 || meaningless(a, binding, text);
    set_temperature(a, value);
    return true;
}

/* Numbers between commas; the count that was read. */
static size_t read_numbers(const char *text, double *numbers, size_t max)
{
    size_t count = 0;
    while (count < max) {
        char part[32];
        size_t len = strcspn(text, ",");
        if (len >= sizeof(part))
            return 0;
        memcpy(part, text, len);
        part[len] = '\0';
        if (!json_text_number(part, &numbers[count]))
            return 0;
        count++;
        if (!text[len])
            return count;
        text += len + 1;
    }
    return 0;
}

static bool apply_rgb(struct applying *a, const struct binding *binding, const char *text)
{
    double numbers[5];
    size_t count = strcmp(text, "None") ? read_numbers(text, numbers, 5) : 0;
    if (count < 3)
        return strcmp(text, "None") == 0 || meaningless(a, binding, text);
    set_rgb(a, numbers[0], numbers[1], numbers[2]);
    if (!view_has(a->view, "brightness_command_topic"))
        set_brightness(a, fmax(fmax(numbers[0], numbers[1]), numbers[2]), 255);
    return true;
}

static bool apply_hs(struct applying *a, const struct binding *binding, const char *text)
{
    double numbers[2];
    if (read_numbers(text, numbers, 2) != 2 || numbers[0] < 0 || numbers[0] > 360 || numbers[1] < 0 ||
        numbers[1] > 100)
        return strcmp(text, "None") == 0 || meaningless(a, binding, text);
    set_hs(a, (struct color_hs){numbers[0], numbers[1]});
    return true;
}

static bool apply_xy(struct applying *a, const struct binding *binding, const char *text)
{
    double numbers[2];
    if (read_numbers(text, numbers, 2) != 2 || numbers[0] < 0 || numbers[0] > 1 || numbers[1] < 0 ||
        numbers[1] > 1)
        return strcmp(text, "None") == 0 || meaningless(a, binding, text);
    set_xy(a, numbers[0], numbers[1]);
    return true;
}

/* ---- json: one message ---- */

static bool member_number(const cJSON *object, const char *key, double *number)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    *number = cJSON_IsNumber(item) ? item->valuedouble : 0;
    return cJSON_IsNumber(item);
}

static void apply_json_color(struct applying *a, const char *mode, const cJSON *color)
{
    double first, second, third;
    if (strcmp(mode, "xy") == 0) {
        if (member_number(color, "x", &first) && member_number(color, "y", &second))
            set_xy(a, fmin(fmax(first, 0), 1), fmin(fmax(second, 0), 1));
    } else if (strcmp(mode, "hs") == 0) {
        if (member_number(color, "h", &first) && member_number(color, "s", &second))
            set_hs(a, (struct color_hs){fmin(fmax(first, 0), 360), fmin(fmax(second, 0), 100)});
    } else if (strncmp(mode, "rgb", 3) == 0) {
        if (member_number(color, "r", &first) && member_number(color, "g", &second) &&
            member_number(color, "b", &third))
            set_rgb(a, first, second, third);
    }
}

/* Which property the lamp shows now. Old producers send no color_mode: then the colour that is there counts,
 * else the temperature. */
static const char *json_mode(const cJSON *object)
{
    const char *mode = json_member_text(object, "color_mode");
    if (mode)
        return mode;
    const cJSON *color = cJSON_GetObjectItemCaseSensitive(object, "color");
    if (cJSON_GetObjectItemCaseSensitive(color, "r"))
        return "rgb";
    if (cJSON_GetObjectItemCaseSensitive(color, "x"))
        return "xy";
    return cJSON_GetObjectItemCaseSensitive(color, "h") ? "hs" : "color_temp";
}

static bool mode_is_supported(const struct entity_view *view, const char *mode)
{
    return !view_has(view, "supported_color_modes") || view_list_has(view, "supported_color_modes", mode);
}

static bool apply_json_state(struct applying *a, const struct binding *binding, const cJSON *object)
{
    const cJSON *state = cJSON_GetObjectItemCaseSensitive(object, "state");
    if (!state)
        return true;
    if (cJSON_IsNull(state))
        set_state(a, "");
    else if (cJSON_IsString(state) && strcmp(state->valuestring, "ON") == 0)
        set_state(a, "on");
    else if (cJSON_IsString(state) && strcmp(state->valuestring, "OFF") == 0)
        set_state(a, "off");
    else
        return meaningless(a, binding, a->payload);
    return true;
}

static bool apply_json(struct applying *a, const struct binding *binding, const char *text)
{
    const cJSON *object = a->json;
    if (!cJSON_IsObject(object))
        return meaningless(a, binding, text);
    double value;
    if (member_number(object, "brightness", &value) && value > 0)
        set_brightness(a, value, view_number(a->view, "brightness_scale", 255));
    const char *mode = json_mode(object);
    if (mode_is_supported(a->view, mode)) {
        if (strcmp(mode, "color_temp") != 0)
            apply_json_color(a, mode, cJSON_GetObjectItemCaseSensitive(object, "color"));
        else if (member_number(object, "color_temp", &value) && value > 0)
            set_temperature(a, value);
    }
    const char *effect = json_member_text(object, "effect");
    if (effect)
        set_text(a, "effect", effect);
    return apply_json_state(a, binding, object);
}

/* ---- template: a template for each property, all on one topic ---- */

static bool apply_template_state(struct applying *a, const struct binding *binding, const char *text)
{
    if (strcmp(text, "on") != 0 && strcmp(text, "off") != 0 && strcmp(text, "None") != 0)
        return meaningless(a, binding, text);
    set_state(a, strcmp(text, "None") == 0 ? "" : text);
    return true;
}

static bool apply_template_brightness(struct applying *a, const struct binding *binding, const char *text)
{
    double value;
    if (!json_text_number(text, &value) || value < 0)
        return strcmp(text, "None") == 0 || meaningless(a, binding, text);
    set_brightness(a, value, 255);
    return true;
}

static bool template_number(struct applying *a, const char *key, double *number)
{
    const struct template *template;
    struct template_vars vars = {.value = a->payload, .value_json = a->json};
    if (!view_template(a->view, key, &template) || !template)
        return false;
    const char *text = template_render(template, a->arena, &vars, NULL);
    return text && json_text_number(text, number);
}

/* Bound to red_template; green and blue are read from the same message. */
static bool apply_template_rgb(struct applying *a, const struct binding *binding, const char *text)
{
    double red, green, blue;
    if (!json_text_number(text, &red))
        return strcmp(text, "None") == 0 || meaningless(a, binding, text);
    if (template_number(a, "green_template", &green) && template_number(a, "blue_template", &blue))
        set_rgb(a, red, green, blue);
    return true;
}

static const struct state_row basic_rows[] = {
    {"state_topic", "state_value_template", "value_template", apply_on_off, "", false},
    {"brightness_state_topic", "brightness_value_template", NULL, apply_brightness, "brightness", false},
    {"color_temp_state_topic", "color_temp_value_template", NULL, apply_temperature, "color_temp_kelvin",
        false},
    {"rgb_state_topic", "rgb_value_template", NULL, apply_rgb, "hue", false},
    {"rgbw_state_topic", "rgbw_value_template", NULL, apply_rgb, "hue", false},
    {"rgbww_state_topic", "rgbww_value_template", NULL, apply_rgb, "hue", false},
    {"hs_state_topic", "hs_value_template", NULL, apply_hs, "hue", false},
    {"xy_state_topic", "xy_value_template", NULL, apply_xy, "hue", false},
    {"effect_state_topic", "effect_value_template", NULL, apply_text_attribute, "effect", false},
};
static const struct state_row json_rows[] = {{"state_topic", NULL, NULL, apply_json, "*", false}};
static const struct state_row template_rows[] = {
    {"state_topic", "state_template", NULL, apply_template_state, "", true},
    {"state_topic", "brightness_template", NULL, apply_template_brightness, "brightness", true},
    {"state_topic", "color_temp_template", NULL, apply_temperature, "color_temp_kelvin", true},
    {"state_topic", "red_template", NULL, apply_template_rgb, "hue", true},
    {"state_topic", "effect_template", NULL, apply_text_attribute, "effect", true},
};

const struct state_row *light_rows(const char *schema, size_t *count)
{
    if (strcmp(schema, "json") == 0) {
        *count = sizeof(json_rows) / sizeof(*json_rows);
        return json_rows;
    }
    if (strcmp(schema, "template") == 0) {
        *count = sizeof(template_rows) / sizeof(*template_rows);
        return template_rows;
    }
    *count = sizeof(basic_rows) / sizeof(*basic_rows);
    return basic_rows;
}
