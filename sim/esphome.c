/* esphome.c - ESPHome nodes over MQTT: one topic a property, plain payloads (JSON for lights), states
 * retained. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sim/sim.h"

/* Home Assistant's component for each kind. */
static const struct {
    const char *kind, *component;
} components[] = {
    {"lamp", "light"},
    {"colour_lamp", "light"},
    {"garage_door", "cover"},
    {"curtain", "cover"},
    {"valve", "valve"},
    {"fan", "fan"},
    {"outdoor_sensor", "sensor"},
};

static const char *component_of(const struct thing *thing)
{
    for (size_t i = 0; i < sizeof(components) / sizeof(*components); i++) {
        if (strcmp(components[i].kind, thing->kind) == 0)
            return components[i].component;
    }
    return "switch";
}

/* <node>/<component>/<object> and an ending. */
static void thing_topic(const struct thing *thing, const char *ending, char topic[static SIM_TOPIC_MAX])
{
    snprintf(topic, SIM_TOPIC_MAX, "%s/%s/%s/%s", thing_text(thing, "node"), component_of(thing),
        thing_text(thing, "object"), ending);
}

static void esphome_subscribe(struct sim *sim, const struct thing *thing)
{
    char filter[SIM_TOPIC_MAX];
    thing_topic(thing, "command", filter);
    sim_subscribe(sim, filter);
    thing_topic(thing, "+/command", filter);
    sim_subscribe(sim, filter);
}

static bool command_light(struct thing *thing, const char *payload)
{
    cJSON *command = cJSON_Parse(payload);
    bool changed = false;
    const cJSON *value;
    cJSON_ArrayForEach(value, command)
    {
        if (strcmp(value->string, "state") == 0)
            changed |= cJSON_IsString(value) && state_switch(thing, "state", value->valuestring);
        else
            changed |= state_set(thing, value->string, cJSON_Duplicate(value, true));
    }
    cJSON_Delete(command);
    return changed;
}

static bool command_speed(struct thing *thing, const char *payload)
{
    int level = atoi(payload);
    if (level < 0 || level > 3)
        return false;
    state_set_text(thing, "state", level > 0 ? "ON" : "OFF");
    return level == 0 || state_set_number(thing, "speed_level", level);
}

static bool obey(struct thing *thing, const char *ending, const char *payload)
{
    const char *component = component_of(thing);
    if (strcmp(ending, "speed_level/command") == 0)
        return command_speed(thing, payload);
    if (strcmp(ending, "oscillation/command") == 0)
        return state_set_text(thing, "oscillation", payload);
    if (strcmp(component, "light") == 0)
        return command_light(thing, payload);
    if (strcmp(component, "cover") == 0 || strcmp(component, "valve") == 0)
        return state_move(thing, payload);
    return state_switch(thing, "state", payload);
}

static bool esphome_command(
    struct sim *sim, struct thing *thing, const char *topic, const char *payload, bool *report)
{
    (void)sim;
    char prefix[SIM_TOPIC_MAX];
    thing_topic(thing, "", prefix);
    size_t len = strlen(prefix);
    if (strncmp(topic, prefix, len) != 0)
        return false;
    *report = obey(thing, topic + len, payload);
    return true;
}

static void report_number(struct sim *sim, const struct thing *thing, const char *ending, double number)
{
    char topic[SIM_TOPIC_MAX], text[32];
    thing_topic(thing, ending, topic);
    snprintf(text, sizeof(text), "%g", number);
    sim_publish(sim, topic, text, true);
}

static void report_text(struct sim *sim, const struct thing *thing, const char *ending, const char *text)
{
    char topic[SIM_TOPIC_MAX];
    thing_topic(thing, ending, topic);
    sim_publish(sim, topic, text, true);
}

static void report_position(struct sim *sim, const struct thing *thing)
{
    double position = state_number(thing, "position");
    const char *word = position > 0 ? "open" : "closed";
    if (thing->moving && thing->target != position)
        word = thing->target > position ? "opening" : "closing";
    report_text(sim, thing, "state", word);
    if (strcmp(component_of(thing), "cover") == 0)
        report_number(sim, thing, "position/state", position);
}

static void esphome_report(struct sim *sim, const struct thing *thing)
{
    const char *component = component_of(thing);
    if (strcmp(component, "light") == 0) {
        char topic[SIM_TOPIC_MAX];
        thing_topic(thing, "state", topic);
        sim_publish_json(sim, topic, thing->state, true);
    } else if (cJSON_HasObjectItem(thing->state, "position")) {
        report_position(sim, thing);
    } else if (cJSON_HasObjectItem(thing->state, "value")) {
        report_number(sim, thing, "state", state_number(thing, "value"));
    } else {
        report_text(sim, thing, "state", state_text(thing, "state"));
    }
    if (strcmp(component, "fan") == 0) {
        report_text(sim, thing, "oscillation/state", state_text(thing, "oscillation"));
        report_number(sim, thing, "speed_level/state", state_number(thing, "speed_level"));
    }
}

/* Availability is the node's: all its things share it. */
static void esphome_available(struct sim *sim, const struct thing *thing, bool online)
{
    char topic[SIM_TOPIC_MAX];
    snprintf(topic, sizeof(topic), "%s/status", thing_text(thing, "node"));
    sim_publish(sim, topic, online ? "online" : "offline", true);
}

const struct publisher publisher_esphome = {
    .name = "esphome",
    .subscribe = esphome_subscribe,
    .command = esphome_command,
    .report = esphome_report,
    .available = esphome_available,
};
