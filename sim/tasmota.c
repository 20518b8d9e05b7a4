/* tasmota.c - things that run Tasmota with SetOption19 (Home Assistant discovery): commands on
 * cmnd/<topic>/<word>. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sim/sim.h"

static void tasmota_subscribe(struct sim *sim, const struct thing *thing)
{
    char filter[SIM_TOPIC_MAX];
    snprintf(filter, sizeof(filter), "cmnd/%s/+", thing_text(thing, "topic"));
    sim_subscribe(sim, filter);
}

static bool set_dimmer(struct thing *thing, const char *payload)
{
    char *end;
    long value = strtol(payload, &end, 10);
    if (end == payload || *end || value < 0 || value > 100)
        return false;
    state_set_text(thing, "POWER", value > 0 ? "ON" : "OFF");
    return value == 0 || state_set_number(thing, "Dimmer", (double)value);
}

/* "hue,saturation" or "hue,saturation,brightness" */
static bool set_hsb(struct thing *thing, const char *payload)
{
    double hue, saturation, brightness = state_number(thing, "Dimmer");
    char text[48];
    if (sscanf(payload, "%lf,%lf,%lf", &hue, &saturation, &brightness) < 2)
        return false;
    snprintf(text, sizeof(text), "%.0f,%.0f,%.0f", hue, saturation, brightness);
    state_set_text(thing, "POWER", "ON");
    state_set_number(thing, "Dimmer", brightness);
    return state_set_text(thing, "HSBColor", text);
}

static bool obey(struct thing *thing, const char *word, const char *payload)
{
    if (strcasecmp(word, "POWER") == 0 || strcasecmp(word, "POWER1") == 0)
        return state_switch(thing, "POWER", payload);
    if (strcasecmp(word, "Dimmer") == 0)
        return set_dimmer(thing, payload);
    if (strcasecmp(word, "HSBColor") == 0)
        return set_hsb(thing, payload);
    if (strcasecmp(word, "Scheme") == 0)
        return state_set_number(thing, "Scheme", atoi(payload));
    return false;
}

static bool tasmota_command(
    struct sim *sim, struct thing *thing, const char *topic, const char *payload, bool *report)
{
    (void)sim;
    char prefix[SIM_TOPIC_MAX];
    int len = snprintf(prefix, sizeof(prefix), "cmnd/%s/", thing_text(thing, "topic"));
    if (strncmp(topic, prefix, (size_t)len) != 0)
        return false;
    const char *word = topic + len;
    /* A word with an empty payload asks, and changes nothing. */
    *report = payload[0] == '\0' || strcasecmp(word, "STATE") == 0 || obey(thing, word, payload);
    return true;
}

static void tasmota_report(struct sim *sim, const struct thing *thing)
{
    char topic[SIM_TOPIC_MAX];
    snprintf(topic, sizeof(topic), "stat/%s/RESULT", thing_text(thing, "topic"));
    sim_publish_json(sim, topic, thing->state, false);
    snprintf(topic, sizeof(topic), "tele/%s/STATE", thing_text(thing, "topic"));
    sim_publish_json(sim, topic, thing->state, false);
}

static void tasmota_available(struct sim *sim, const struct thing *thing, bool online)
{
    char topic[SIM_TOPIC_MAX];
    snprintf(topic, sizeof(topic), "tele/%s/LWT", thing_text(thing, "topic"));
    sim_publish(sim, topic, online ? "Online" : "Offline", true);
}

const struct publisher publisher_tasmota = {
    .name = "tasmota",
    .subscribe = tasmota_subscribe,
    .command = tasmota_command,
    .report = tasmota_report,
    .available = tasmota_available,
};
