/* render_light_schema.c - the messages of Home Assistant's three kinds of MQTT light: basic, json, template.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "devices/json_text.h"
#include "devices/render_light.h"

static double scaled_brightness(const struct rendering *r, double percent, double usual_scale)
{
    return fmax(1, round(percent * view_number(r->view, "brightness_scale", usual_scale) / 100));
}

static enum san_status no_memory(struct rendering *r)
{
    return san_fail(r->err, SAN_ENOMEM, "out of memory for a command to %.100s", r->name);
}

/* ---- colour with white channels ---- the common part of the three goes to white */

struct color_white {
    int red, green, blue, white;
};

static struct color_white with_white(struct color_rgb rgb)
{
    int most = rgb.red > rgb.green ? rgb.red : rgb.green;
    int white = rgb.red < rgb.green ? rgb.red : rgb.green;
    most = most > rgb.blue ? most : rgb.blue;
    white = white < rgb.blue ? white : rgb.blue;
    double left = most - white > white ? most - white : white;
    double scale = left > 0 ? most / left : 0;
    return (struct color_white){(int)round((rgb.red - white) * scale),
        (int)round((rgb.green - white) * scale), (int)round((rgb.blue - white) * scale),
        (int)round(white * scale)};
}

/* ---- basic ---- */

static bool is_last(const struct rendering *r)
{
    return strcmp(view_text(r->view, "on_command_type", "last"), "last") == 0;
}

static bool is_by_brightness(const struct rendering *r)
{
    return strcmp(view_text(r->view, "on_command_type", "last"), "brightness") == 0;
}

static bool any_rgb(const struct rendering *r)
{
    return view_has(r->view, "rgb_command_topic") || view_has(r->view, "rgbw_command_topic") ||
           view_has(r->view, "rgbww_command_topic");
}

static bool basic_can_color(const struct rendering *r)
{
    return any_rgb(r) || view_has(r->view, "hs_command_topic") || view_has(r->view, "xy_command_topic");
}

/* Without a topic of its own, brightness is multiplied into the colour. */
static bool basic_can_dim(const struct rendering *r)
{
    return view_has(r->view, "brightness_command_topic") || any_rgb(r);
}

static bool basic_can_kelvin(const struct rendering *r)
{
    return view_has(r->view, "color_temp_command_topic");
}

static bool basic_can_effect(const struct rendering *r)
{
    return view_has(r->view, "effect_command_topic");
}

/* Numbers with commas, and as variables of the command template. */
static enum san_status send_channels(struct rendering *r, const char *topic_key, const char *template_key,
    const char *const *names, const double *channels, size_t count, bool is_float)
{
    char text[5 * JSON_NUMBER_MAX] = "";
    size_t len = 0;
    cJSON *extra = cJSON_CreateObject();
    for (size_t i = 0; i < count; i++) {
        char number[JSON_NUMBER_MAX];
        json_number_text(number, channels[i], is_float);
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", i ? "," : "", number);
        cJSON *item = is_float ? json_create_float(channels[i]) : cJSON_CreateNumber(channels[i]);
        if (!extra || !item || !cJSON_AddItemToObject(extra, names[i], item)) {
            cJSON_Delete(item);
            cJSON_Delete(extra);
            return no_memory(r);
        }
    }
    enum san_status status = send_text(r, topic_key, template_key, text, extra);
    cJSON_Delete(extra);
    return status;
}

static enum san_status send_rgb(struct rendering *r, struct color_rgb rgb, double factor)
{
    static const char *const names[] = {"red", "green", "blue"};
    double channels[] = {round(rgb.red * factor), round(rgb.green * factor), round(rgb.blue * factor)};
    return send_channels(r, "rgb_command_topic", "rgb_command_template", names, channels, 3, false);
}

static enum san_status send_rgbw(struct rendering *r, struct color_rgb rgb, double factor)
{
    static const char *const names[] = {"red", "green", "blue", "white"};
    struct color_white c = with_white(rgb);
    double channels[] = {
        round(c.red * factor), round(c.green * factor), round(c.blue * factor), round(c.white * factor)};
    return send_channels(r, "rgbw_command_topic", "rgbw_command_template", names, channels, 4, false);
}

static enum san_status send_rgbww(struct rendering *r, struct color_rgb rgb, double factor)
{
    static const char *const names[] = {"red", "green", "blue", "cold_white", "warm_white"};
    struct color_white c = with_white(rgb);
    double channels[] = {round(c.red * factor), round(c.green * factor), round(c.blue * factor),
        round(c.white * factor), round(c.white * factor)};
    return send_channels(r, "rgbww_command_topic", "rgbww_command_template", names, channels, 5, false);
}

static enum san_status send_hs(struct rendering *r, struct color_rgb rgb)
{
    static const char *const names[] = {"hue", "sat"};
    struct color_hs hs = color_to_hs(rgb);
    double channels[] = {hs.hue, hs.saturation};
    return send_channels(r, "hs_command_topic", "hs_command_template", names, channels, 2, true);
}

static enum san_status send_xy(struct rendering *r, struct color_rgb rgb)
{
    static const char *const names[] = {"x", "y"};
    struct color_xy xy = color_to_xy(rgb);
    double channels[] = {xy.x, xy.y};
    return send_channels(r, "xy_command_topic", "xy_command_template", names, channels, 2, true);
}

/* In the order in which Home Assistant prefers the spaces for a colour that was named. */
static enum san_status basic_color(struct rendering *r, struct color_rgb rgb, double factor)
{
    if (view_has(r->view, "rgb_command_topic"))
        return send_rgb(r, rgb, factor);
    if (view_has(r->view, "rgbw_command_topic"))
        return send_rgbw(r, rgb, factor);
    if (view_has(r->view, "rgbww_command_topic"))
        return send_rgbww(r, rgb, factor);
    return view_has(r->view, "hs_command_topic") ? send_hs(r, rgb) : send_xy(r, rgb);
}

static struct color_rgb shown_color(const struct rendering *r)
{
    struct color_hs hs;
    if (!now_number(r, "hue", &hs.hue) || !now_number(r, "saturation", &hs.saturation))
        return (struct color_rgb){255, 255, 255};
    return color_from_hs(hs);
}

static enum san_status basic_styles(struct rendering *r, const struct light_wish *wish)
{
    bool own_brightness = view_has(r->view, "brightness_command_topic");
    bool into_color = wish->has_brightness && !own_brightness;
    enum san_status status = SAN_OK;
    if (wish->has_color || into_color)
        status = basic_color(
            r, wish->has_color ? wish->color : shown_color(r), into_color ? wish->brightness / 100 : 1);
    if (status == SAN_OK && wish->has_brightness && own_brightness)
        status = send_number(r, "brightness_command_topic", "brightness_command_template",
            scaled_brightness(r, wish->brightness, 255), NULL);
    if (status == SAN_OK && wish->has_kelvin)
        status = send_number(r, "color_temp_command_topic", "color_temp_command_template",
            light_temperature(r, wish->kelvin), NULL);
    if (status == SAN_OK && wish->effect)
        status = send_text(r, "effect_command_topic", "effect_command_template", wish->effect, NULL);
    return status;
}

static enum san_status basic_payload_on(struct rendering *r)
{
    return send_word(r, "command_topic", NULL, "payload_on", "ON");
}

/* last: styles, then on; first: on, then styles; brightness: always a brightness, never on. */
static enum san_status basic_on(struct rendering *r, const struct light_wish *wish)
{
    struct light_wish all = *wish;
    bool by_brightness = is_by_brightness(r) && view_has(r->view, "brightness_command_topic");
    if (by_brightness && !all.has_brightness) {
        all.has_brightness = true;
        if (!now_number(r, "brightness", &all.brightness) || all.brightness <= 0)
            all.brightness = 100;
    }
    enum san_status status = by_brightness || is_last(r) ? SAN_OK : basic_payload_on(r);
    if (status == SAN_OK)
        status = basic_styles(r, &all);
    return status == SAN_OK && is_last(r) ? basic_payload_on(r) : status;
}

static enum san_status basic_off(struct rendering *r)
{
    return send_word(r, "command_topic", NULL, "payload_off", "OFF");
}

/* ---- json ---- */

static bool any_mode(const struct rendering *r, const char *const *modes)
{
    for (; *modes; modes++) {
        if (view_list_has(r->view, "supported_color_modes", *modes))
            return true;
    }
    return false;
}

/* Producers from before supported_color_modes say it with a boolean for each. */
static bool json_mode(const struct rendering *r, const char *mode)
{
    if (view_has(r->view, "supported_color_modes"))
        return view_list_has(r->view, "supported_color_modes", mode);
    return view_bool(r->view, mode, false);
}

static bool json_can_color(const struct rendering *r)
{
    return json_mode(r, "rgb") || json_mode(r, "rgbw") || json_mode(r, "rgbww") || json_mode(r, "hs") ||
           json_mode(r, "xy");
}

static bool json_can_kelvin(const struct rendering *r)
{
    return json_mode(r, "color_temp");
}

static bool json_can_effect(const struct rendering *r)
{
    return view_bool(r->view, "effect", false);
}

static bool json_can_dim(const struct rendering *r)
{
    static const char *const dimmable[] = {
        "brightness", "color_temp", "hs", "xy", "rgb", "rgbw", "rgbww", "white", NULL};
    return any_mode(r, dimmable) || view_bool(r->view, "brightness", false);
}

static bool add_numbers(cJSON *object, const char *const *names, const double *numbers, size_t count)
{
    bool ok = object;
    for (size_t i = 0; ok && i < count; i++)
        ok = cJSON_AddNumberToObject(object, names[i], numbers[i]);
    return ok;
}

static bool add_json_color(const struct rendering *r, cJSON *message, struct color_rgb rgb)
{
    static const char *const channels[] = {"r", "g", "b", "w"}, *const whites[] = {"r", "g", "b", "c", "w"};
    static const char *const hs_names[] = {"h", "s"}, *const xy_names[] = {"x", "y"};
    cJSON *color = cJSON_AddObjectToObject(message, "color");
    struct color_white w = with_white(rgb);
    struct color_hs hs = color_to_hs(rgb);
    struct color_xy xy = color_to_xy(rgb);
    if (json_mode(r, "rgb"))
        return add_numbers(color, channels, (double[]){rgb.red, rgb.green, rgb.blue}, 3);
    if (json_mode(r, "rgbw"))
        return add_numbers(color, channels, (double[]){w.red, w.green, w.blue, w.white}, 4);
    if (json_mode(r, "rgbww"))
        return add_numbers(color, whites, (double[]){w.red, w.green, w.blue, w.white, w.white}, 5);
    if (json_mode(r, "hs"))
        return add_numbers(color, hs_names, (double[]){hs.hue, hs.saturation}, 2);
    return add_numbers(color, xy_names, (double[]){xy.x, xy.y}, 2);
}

static enum san_status send_json(struct rendering *r, const cJSON *message)
{
    char *text = cJSON_PrintUnformatted(message);
    enum san_status status = text ? send_text(r, "command_topic", NULL, text, NULL) : no_memory(r);
    cJSON_free(text);
    return status;
}

static enum san_status json_on(struct rendering *r, const struct light_wish *wish)
{
    cJSON *message = cJSON_CreateObject();
    bool ok = message && cJSON_AddStringToObject(message, "state", "ON");
    if (ok && wish->has_color)
        ok = add_json_color(r, message, wish->color);
    if (ok && wish->has_brightness)
        ok = cJSON_AddNumberToObject(message, "brightness", scaled_brightness(r, wish->brightness, 255));
    if (ok && wish->has_kelvin)
        ok = cJSON_AddNumberToObject(message, "color_temp", light_temperature(r, wish->kelvin));
    if (ok && wish->effect)
        ok = cJSON_AddStringToObject(message, "effect", wish->effect);
    enum san_status status = ok ? send_json(r, message) : no_memory(r);
    cJSON_Delete(message);
    return status;
}

static enum san_status json_off(struct rendering *r)
{
    return send_text(r, "command_topic", NULL, "{\"state\":\"OFF\"}", NULL);
}

/* ---- template ---- which templates exist tells what the lamp can do */

static bool template_can_dim(const struct rendering *r)
{
    return view_has(r->view, "brightness_template");
}

static bool template_can_color(const struct rendering *r)
{
    return view_has(r->view, "red_template") && view_has(r->view, "green_template") &&
           view_has(r->view, "blue_template");
}

static bool template_can_kelvin(const struct rendering *r)
{
    return view_has(r->view, "color_temp_template");
}

static bool template_can_effect(const struct rendering *r)
{
    return view_has(r->view, "effect_list");
}

static bool add_template_color(cJSON *values, struct color_rgb rgb)
{
    static const char *const names[] = {"red", "green", "blue"};
    struct color_hs hs = color_to_hs(rgb);
    cJSON *hue = json_create_float(hs.hue), *saturation = json_create_float(hs.saturation);
    bool ok = add_numbers(values, names, (double[]){rgb.red, rgb.green, rgb.blue}, 3);
    ok = cJSON_AddItemToObject(values, "hue", hue) && ok;
    return cJSON_AddItemToObject(values, "sat", saturation) && ok;
}

static enum san_status template_on(struct rendering *r, const struct light_wish *wish)
{
    cJSON *values = cJSON_CreateObject();
    bool ok = values && cJSON_AddTrueToObject(values, "state");
    if (ok && wish->has_brightness)
        ok = cJSON_AddNumberToObject(values, "brightness", fmax(1, round(wish->brightness * 255 / 100)));
    if (ok && wish->has_kelvin)
        ok = cJSON_AddNumberToObject(values, "color_temp", light_temperature(r, wish->kelvin));
    if (ok && wish->has_color)
        ok = add_template_color(values, wish->color);
    if (ok && wish->effect)
        ok = cJSON_AddStringToObject(values, "effect", wish->effect);
    enum san_status status =
        ok ? send_text(r, "command_topic", "command_on_template", "ON", values) : no_memory(r);
    cJSON_Delete(values);
    return status;
}

static enum san_status template_off(struct rendering *r)
{
    cJSON *values = cJSON_CreateObject();
    if (!values || !cJSON_AddFalseToObject(values, "state")) {
        cJSON_Delete(values);
        return no_memory(r);
    }
    enum san_status status = send_text(r, "command_topic", "command_off_template", "OFF", values);
    cJSON_Delete(values);
    return status;
}

const struct light_schema *light_schema(const struct rendering *r)
{
    static const struct light_schema basic = {
        basic_on, basic_off, basic_can_dim, basic_can_color, basic_can_kelvin, basic_can_effect};
    static const struct light_schema json = {
        json_on, json_off, json_can_dim, json_can_color, json_can_kelvin, json_can_effect};
    static const struct light_schema template = {template_on, template_off, template_can_dim,
        template_can_color, template_can_kelvin, template_can_effect};
    return strcmp(r->view->variant, "json") == 0       ? &json
           : strcmp(r->view->variant, "template") == 0 ? &template
                                                       : &basic;
}
