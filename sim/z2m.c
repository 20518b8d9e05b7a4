/* z2m.c - things behind Zigbee2MQTT: one JSON state a thing, commands on <name>/set, not retained. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "sim/sim.h"

#define BASE "zigbee2mqtt"

static void z2m_subscribe(struct sim *sim, const struct thing *thing)
{
    static const char *const endings[] = {"set", "set/+", "get", "get/+"};
    char filter[SIM_TOPIC_MAX];
    for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++) {
        snprintf(filter, sizeof(filter), BASE "/%s/%s", thing->name, endings[i]);
        sim_subscribe(sim, filter);
    }
}

/* ---- colours ---- */

static double linear(double v)
{
    v /= 255.0;
    return v > 0.04045 ? pow((v + 0.055) / 1.055, 2.4) : v / 12.92;
}

static cJSON *xy_from_rgb(double r, double g, double b)
{
    r = linear(r), g = linear(g), b = linear(b);
    double x = 0.664511 * r + 0.154324 * g + 0.162028 * b;
    double y = 0.283881 * r + 0.668433 * g + 0.047685 * b;
    double sum = x + y + 0.000088 * r + 0.072310 * g + 0.986039 * b;
    cJSON *color = cJSON_CreateObject();
    cJSON_AddNumberToObject(color, "x", sum > 0 ? round(x / sum * 1e4) / 1e4 : 0.3127);
    cJSON_AddNumberToObject(color, "y", sum > 0 ? round(y / sum * 1e4) / 1e4 : 0.329);
    return color;
}

static cJSON *xy_from_hs(double hue, double saturation)
{
    double rgb[3];
    for (int i = 0; i < 3; i++) {
        double k = fmod(5.0 - 2.0 * i + hue / 60.0, 6.0);
        double part = fmax(0.0, fmin(fmin(k, 4.0 - k), 1.0));
        rgb[i] = 255.0 * (1.0 - saturation / 100.0 * part);
    }
    return xy_from_rgb(rgb[0], rgb[1], rgb[2]);
}

static double field(const cJSON *object, const char *name, const char *other)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    if (!item)
        item = cJSON_GetObjectItemCaseSensitive(object, other);
    return cJSON_IsNumber(item) ? item->valuedouble : 0.0;
}

static bool set_color(struct thing *thing, const cJSON *color)
{
    cJSON *xy = NULL;
    if (cJSON_HasObjectItem(color, "x"))
        xy = cJSON_Duplicate(color, true);
    else if (cJSON_HasObjectItem(color, "r"))
        xy = xy_from_rgb(field(color, "r", "r"), field(color, "g", "g"), field(color, "b", "b"));
    else if (cJSON_HasObjectItem(color, "h") || cJSON_HasObjectItem(color, "hue"))
        xy = xy_from_hs(field(color, "h", "hue"), field(color, "s", "saturation"));
    return state_set(thing, "color", xy) && state_set_text(thing, "color_mode", "xy");
}

/* ---- commands ---- */

static void recall_scene(struct sim *sim, struct thing *scene);

static bool set_lock(struct thing *thing, const char *word)
{
    bool lock = strcasecmp(word, "LOCK") == 0;
    if (!lock && strcasecmp(word, "UNLOCK") != 0)
        return false;
    return state_set_text(thing, "state", lock ? "LOCK" : "UNLOCK") &&
           state_set_text(thing, "lock_state", lock ? "locked" : "unlocked");
}

static bool set_state_word(struct thing *thing, const char *word)
{
    if (cJSON_HasObjectItem(thing->state, "position"))
        return state_move(thing, word);
    if (cJSON_HasObjectItem(thing->state, "lock_state"))
        return set_lock(thing, word);
    if (!state_switch(thing, "state", word))
        return false;
    if (cJSON_HasObjectItem(thing->state, "power"))
        state_set_number(thing, "power", strcmp(state_text(thing, "state"), "ON") == 0 ? 42 : 0);
    return true;
}

static bool set_brightness(struct thing *thing, double value)
{
    if (value < 0 || value > 254)
        return false;
    state_set_text(thing, "state", value > 0 ? "ON" : "OFF");
    return value <= 0 || state_set_number(thing, "brightness", value);
}

static bool set_fan_mode(struct thing *thing, const char *mode)
{
    state_set_text(thing, "fan_state", strcmp(mode, "off") == 0 ? "OFF" : "ON");
    return state_set_text(thing, "fan_mode", mode);
}

static bool set_fan_state(struct thing *thing, const char *word)
{
    if (!state_switch(thing, "fan_state", word))
        return false;
    bool on = strcmp(state_text(thing, "fan_state"), "ON") == 0;
    return state_set_text(thing, "fan_mode", on ? "low" : "off");
}

static bool set_position(struct thing *thing, const cJSON *value)
{
    char number[32];
    snprintf(number, sizeof(number), "%g", value->valuedouble);
    return state_move(thing, number);
}

/* One key of a command. */
static bool set_key(struct sim *sim, struct thing *thing, const char *key, const cJSON *value)
{
    if (!cJSON_HasObjectItem(thing->state, key) && strcmp(key, "scene_recall") != 0)
        return false;
    if (strcmp(key, "state") == 0)
        return cJSON_IsString(value) && set_state_word(thing, value->valuestring);
    if (strcmp(key, "brightness") == 0)
        return cJSON_IsNumber(value) && set_brightness(thing, value->valuedouble);
    if (strcmp(key, "color") == 0)
        return set_color(thing, value);
    if (strcmp(key, "color_temp") == 0)
        return cJSON_IsNumber(value) && state_set_text(thing, "color_mode", "color_temp") &&
               state_set(thing, key, cJSON_Duplicate(value, true));
    if (strcmp(key, "position") == 0)
        return cJSON_IsNumber(value) && set_position(thing, value);
    if (strcmp(key, "fan_mode") == 0)
        return cJSON_IsString(value) && set_fan_mode(thing, value->valuestring);
    if (strcmp(key, "fan_state") == 0)
        return cJSON_IsString(value) && set_fan_state(thing, value->valuestring);
    if (strcmp(key, "scene_recall") == 0) {
        recall_scene(sim, thing);
        return false;
    }
    return state_set(thing, key, cJSON_Duplicate(value, true));
}

static bool set_keys(struct sim *sim, struct thing *thing, const cJSON *keys)
{
    bool changed = false;
    const cJSON *value;
    cJSON_ArrayForEach(value, keys) changed |= set_key(sim, thing, value->string, value);
    return changed;
}

static void recall_scene(struct sim *sim, struct thing *scene)
{
    const cJSON *member;
    cJSON_ArrayForEach(member, cJSON_GetObjectItemCaseSensitive(scene->spec, "recall"))
    {
        struct thing *thing = sim_thing(sim, member->string);
        if (thing && thing->fault != FAULT_OFFLINE && set_keys(sim, thing, member))
            sim_report(sim, thing);
    }
}

static bool handle_set(struct sim *sim, struct thing *thing, const char *key, const char *payload)
{
    cJSON *value = cJSON_Parse(payload);
    if (!value)
        value = cJSON_CreateString(payload);
    bool changed = false;
    if (key[0])
        changed = set_key(sim, thing, key, value);
    else if (cJSON_IsObject(value))
        changed = set_keys(sim, thing, value);
    else
        changed = set_key(sim, thing, "state", value);
    cJSON_Delete(value);
    return changed;
}

static bool z2m_command(
    struct sim *sim, struct thing *thing, const char *topic, const char *payload, bool *report)
{
    char prefix[SIM_TOPIC_MAX];
    int len = snprintf(prefix, sizeof(prefix), BASE "/%s/", thing->name);
    if (strncmp(topic, prefix, (size_t)len) != 0)
        return false;
    const char *verb = topic + len;
    if (strcmp(verb, "get") == 0 || strncmp(verb, "get/", 4) == 0)
        *report = true;
    else if (strcmp(verb, "set") == 0)
        *report = handle_set(sim, thing, "", payload);
    else if (strncmp(verb, "set/", 4) == 0)
        *report = handle_set(sim, thing, verb + 4, payload);
    else
        return false;
    return true;
}

static void z2m_report(struct sim *sim, const struct thing *thing)
{
    if (!thing->state->child)
        return;
    char topic[SIM_TOPIC_MAX];
    snprintf(topic, sizeof(topic), BASE "/%s", thing->name);
    sim_publish_json(sim, topic, thing->state, false);
}

static void z2m_available(struct sim *sim, const struct thing *thing, bool online)
{
    char topic[SIM_TOPIC_MAX];
    snprintf(topic, sizeof(topic), BASE "/%s/availability", thing->name);
    sim_publish(sim, topic, online ? "{\"state\":\"online\"}" : "{\"state\":\"offline\"}", true);
}

const struct publisher publisher_zigbee2mqtt = {
    .name = "zigbee2mqtt",
    .subscribe = z2m_subscribe,
    .command = z2m_command,
    .report = z2m_report,
    .available = z2m_available,
};
