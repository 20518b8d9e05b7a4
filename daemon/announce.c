/* announce.c - see announce.h. */
#include <config.h>

#include "announce.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "log.h"
#include "mqtt.h"
#include "verdict.h"

enum { TOPIC_MAX = 256, ID_MAX = 128, PROBLEM_TEXT_MAX = 512 };

struct announce {
    struct hearthd *daemon;
    uv_timer_t delay;
    bool stopped;
    bool announced; /* since the start */
    char *last;     /* the states after the last utterance, as JSON; NULL before the first */
    char problem[PROBLEMS][PROBLEM_TEXT_MAX];
};

static bool is_on(const struct announce *announce)
{
    return announce->daemon->config->announce && announce->daemon->config->discovery_prefix[0];
}

static const char *own_topic(const struct announce *announce, const char *leaf, char topic[TOPIC_MAX])
{
    snprintf(topic, TOPIC_MAX, "hearth/%s/%s", announce->daemon->config->node, leaf);
    return topic;
}

static const char *config_topic(const struct announce *announce, char topic[TOPIC_MAX])
{
    const struct config *config = announce->daemon->config;
    snprintf(topic, TOPIC_MAX, "%s/device/hearth_%s/config", config->discovery_prefix, config->node);
    return topic;
}

static const char *birth_topic(const struct announce *announce, char topic[TOPIC_MAX])
{
    snprintf(topic, TOPIC_MAX, "%s/status", announce->daemon->config->discovery_prefix);
    return topic;
}

/* ---- the configuration ---- */

enum { FIELDS_MAX = 7 };

/* One entity: keys of Home Assistant's MQTT integration and their values; a value that begins with ~ is a
 * topic of ours. */
struct entity {
    const char *key, *platform, *name;
    const char *field[FIELDS_MAX][2];
};

static const struct entity entities[] = {
    {"say", "text", "Command", {{"command_topic", "~say"}}},
    {"send", "notify", "Long command", {{"command_topic", "~say"}}},
    {"utterance", "sensor", "Last utterance",
        {{"state_topic", "~last"}, {"value_template", "{{ value_json.text[:255] }}"},
            {"icon", "mdi:text-to-speech"}}},
    {"reply", "sensor", "Last result",
        {{"state_topic", "~last"}, {"value_template", "{{ value_json.reply[:255] }}"},
            {"json_attributes_topic", "~last"}, {"icon", "mdi:message-reply-text"}}},
    {"latency", "sensor", "Latency",
        {{"state_topic", "~last"}, {"value_template", "{{ value_json.ms }}"}, {"unit_of_measurement", "ms"},
            {"device_class", "duration"}, {"state_class", "measurement"}, {"entity_category", "diagnostic"}}},
    {"confidence", "sensor", "Confidence",
        {{"state_topic", "~last"}, {"value_template", "{{ (value_json.confidence * 100) | round(1) }}"},
            {"unit_of_measurement", "%"}, {"state_class", "measurement"}, {"entity_category", "diagnostic"}}},
    {"problem", "binary_sensor", "Problem",
        {{"state_topic", "~problem"}, {"value_template", "{{ value_json.problem }}"},
            {"json_attributes_topic", "~problem"}, {"device_class", "problem"},
            {"entity_category", "diagnostic"}}},
    {"reload", "button", "Reload",
        {{"command_topic", "~reload"}, {"payload_press", "PRESS"}, {"entity_category", "config"}}},
    {"event", "event", "Utterance", {{"state_topic", "~event"}}},
};

static void add_entity(const struct announce *announce, cJSON *components, const struct entity *entity)
{
    char id[ID_MAX], topic[TOPIC_MAX];
    snprintf(id, sizeof(id), "hearth_%s_%s", announce->daemon->config->node, entity->key);
    cJSON *config = cJSON_AddObjectToObject(components, entity->key);
    cJSON_AddStringToObject(config, "platform", entity->platform);
    cJSON_AddStringToObject(config, "unique_id", id);
    cJSON_AddStringToObject(config, "name", entity->name);
    for (size_t i = 0; i < FIELDS_MAX && entity->field[i][0]; i++) {
        const char *value = entity->field[i][1];
        cJSON_AddStringToObject(
            config, entity->field[i][0], value[0] == '~' ? own_topic(announce, value + 1, topic) : value);
    }
    if (strcmp(entity->platform, "event") != 0)
        return;
    cJSON *types = cJSON_AddArrayToObject(config, "event_types");
    for (enum verdict verdict = VERDICT_HANDLED; verdict <= VERDICT_FAILED; verdict++)
        cJSON_AddItemToArray(types, cJSON_CreateString(verdict_name(verdict)));
}

static cJSON *device_config(const struct announce *announce)
{
    const char *node = announce->daemon->config->node;
    char id[ID_MAX], name[ID_MAX], topic[TOPIC_MAX];
    snprintf(id, sizeof(id), "hearth_%s", node);
    snprintf(name, sizeof(name), "Hearth %s", node);
    cJSON *config = cJSON_CreateObject();
    cJSON *device = cJSON_AddObjectToObject(config, "device");
    cJSON_AddStringToObject(device, "identifiers", id);
    cJSON_AddStringToObject(device, "name", name);
    cJSON_AddStringToObject(device, "manufacturer", "hearth");
    cJSON_AddStringToObject(device, "model", "hearthd");
    cJSON_AddStringToObject(device, "sw_version", PACKAGE_VERSION);
    cJSON *origin = cJSON_AddObjectToObject(config, "origin");
    cJSON_AddStringToObject(origin, "name", "hearth");
    cJSON_AddStringToObject(origin, "sw_version", PACKAGE_VERSION);
    cJSON_AddStringToObject(config, "availability_topic", own_topic(announce, "status", topic));
    cJSON_AddNumberToObject(config, "qos", 1);
    cJSON *components = cJSON_AddObjectToObject(config, "components");
    for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++) {
        bool speaks = strcmp(entities[i].field[0][1], "~say") == 0;
        if (!speaks || announce->daemon->config->say) /* else nobody listens */
            add_entity(announce, components, &entities[i]);
    }
    return config;
}

/* ---- sending ---- */

/* Consumes message. */
static void publish(struct announce *announce, const char *topic, cJSON *message, int qos, bool retain)
{
    char *text = cJSON_PrintUnformatted(message);
    cJSON_Delete(message);
    if (text)
        mqtt_publish_news(announce->daemon->mqtt, topic, text, strlen(text), qos, retain);
    free(text);
}

static void send_problem(struct announce *announce)
{
    char topic[TOPIC_MAX];
    const char *text = "";
    for (size_t i = 0; i < PROBLEMS && !text[0]; i++)
        text = announce->problem[i];
    cJSON *message = cJSON_CreateObject();
    cJSON_AddStringToObject(message, "problem", text[0] ? "ON" : "OFF");
    cJSON_AddStringToObject(message, "text", text);
    publish(announce, own_topic(announce, "problem", topic), message, 0, false);
}

static void send_last(struct announce *announce)
{
    char topic[TOPIC_MAX];
    if (announce->last)
        mqtt_publish_news(announce->daemon->mqtt, own_topic(announce, "last", topic), announce->last,
            strlen(announce->last), 0, false);
}

static void subscribe(struct announce *announce)
{
    char topic[TOPIC_MAX];
    if (announce->announced)
        return; /* mqtt.c subscribes again after each connect */
    announce->announced = true;
    mqtt_subscribe(announce->daemon->mqtt, birth_topic(announce, topic), 0);
    mqtt_subscribe(announce->daemon->mqtt, own_topic(announce, "reload", topic), 1);
}

static void take_back(struct announce *announce)
{
    char topic[TOPIC_MAX];
    if (announce->daemon->config->discovery_prefix[0])
        mqtt_publish_news(announce->daemon->mqtt, config_topic(announce, topic), "", 0, 1, true);
    if (!announce->announced)
        return;
    announce->announced = false;
    mqtt_unsubscribe(announce->daemon->mqtt, birth_topic(announce, topic));
    mqtt_unsubscribe(announce->daemon->mqtt, own_topic(announce, "reload", topic));
}

void announce_send(struct announce *announce)
{
    char topic[TOPIC_MAX];
    if (!announce || announce->stopped)
        return;
    if (!is_on(announce)) {
        take_back(announce);
        return;
    }
    subscribe(announce);
    publish(announce, config_topic(announce, topic), device_config(announce), 1, true);
    send_problem(announce);
    send_last(announce);
}

/* ---- Home Assistant starts, somebody presses the button ---- */

static void on_delay_over(uv_timer_t *timer)
{
    announce_send(timer->data);
}

static void take_birth(struct announce *announce, const char *payload, size_t len)
{
    if (announce->stopped || len != 6 || memcmp(payload, "online", 6) != 0)
        return;
    uint64_t spread = ANNOUNCE_DELAY_MAX_MS - ANNOUNCE_DELAY_MIN_MS;
    uv_timer_start(&announce->delay, on_delay_over, ANNOUNCE_DELAY_MIN_MS + (uint64_t)rand() % spread, 0);
}

static void take_button(struct announce *announce, bool retained)
{
    char why[512];
    if (retained)
        log_warning("announce: a retained press of the button is an old one");
    else
        announce->daemon->reload(announce->daemon, why, sizeof(why));
}

/* The announcement of another hearth on the same broker. */
static bool is_of_a_hearth(
    const struct announce *announce, const char *topic, const char *payload, size_t len)
{
    static const char origin[] = "\"origin\":{\"name\":\"hearth\",";
    char prefix[TOPIC_MAX];
    int size =
        snprintf(prefix, sizeof(prefix), "%s/device/hearth_", announce->daemon->config->discovery_prefix);
    return strncmp(topic, prefix, (size_t)size) == 0 && len && memmem(payload, len, origin, strlen(origin));
}

bool announce_message(
    struct announce *announce, const char *topic, const char *payload, size_t len, bool retained)
{
    char mine[TOPIC_MAX];
    if (strcmp(topic, config_topic(announce, mine)) == 0 || is_of_a_hearth(announce, topic, payload, len))
        return true;
    if (!is_on(announce))
        return false;
    if (strcmp(topic, birth_topic(announce, mine)) == 0)
        take_birth(announce, payload, len);
    else if (strcmp(topic, own_topic(announce, "reload", mine)) == 0)
        take_button(announce, retained);
    else
        return false;
    return true;
}

/* ---- states ---- */

static void add_rounded(cJSON *object, const char *name, double value)
{
    char text[64];
    snprintf(text, sizeof(text), "%.3f", value);
    cJSON_AddRawToObject(object, name, text);
}

static void keep_last(struct announce *announce, const struct utterance *utterance)
{
    uint64_t begin = utterance->entered[UTTERANCE_RECEIVED];
    uint64_t end = utterance->published_at ? utterance->published_at : utterance->entered[UTTERANCE_REPLY];
    cJSON *last = cJSON_CreateObject();
    cJSON_AddStringToObject(last, "id", utterance->id);
    cJSON_AddStringToObject(last, "text", utterance->text);
    cJSON_AddStringToObject(last, "source", utterance->source);
    cJSON_AddStringToObject(last, "area", utterance->area);
    cJSON_AddRawToObject(last, "calls", utterance->calls_json);
    cJSON_AddStringToObject(last, "outcome", outcome_name(utterance->outcome));
    cJSON_AddStringToObject(last, "reply", utterance->reply);
    add_rounded(last, "confidence", utterance->reading.understood.confidence);
    add_rounded(last, "ms", end > begin ? (double)(end - begin) / 1e6 : 0);
    free(announce->last);
    announce->last = cJSON_PrintUnformatted(last);
    cJSON_Delete(last);
}

static void send_event(struct announce *announce, const struct utterance *utterance)
{
    char topic[TOPIC_MAX];
    cJSON *event = cJSON_CreateObject();
    cJSON_AddStringToObject(event, "event_type", verdict_name(verdict_of(utterance)));
    cJSON_AddStringToObject(event, "text", utterance->text);
    cJSON_AddStringToObject(event, "area", utterance->area);
    cJSON_AddStringToObject(event, "outcome", outcome_name(utterance->outcome));
    cJSON_AddStringToObject(event, "reply", utterance->reply);
    publish(announce, own_topic(announce, "event", topic), event, 1, false);
}

void announce_result(struct announce *announce, const struct utterance *utterance)
{
    if (!announce || announce->stopped || utterance->dry_run)
        return;
    bool failed = utterance->outcome == OUTCOME_FAILED;
    announce_problem(announce, PROBLEM_UTTERANCE, failed ? utterance->reply : "");
    keep_last(announce, utterance);
    if (!is_on(announce))
        return;
    send_last(announce);
    send_event(announce, utterance);
}

void announce_problem(struct announce *announce, enum announce_problem problem, const char *text)
{
    if (!announce || announce->stopped ||
        strncmp(announce->problem[problem], text, PROBLEM_TEXT_MAX - 1) == 0)
        return;
    snprintf(announce->problem[problem], PROBLEM_TEXT_MAX, "%s", text);
    if (is_on(announce))
        send_problem(announce);
}

/* ---- life ---- */

struct announce *announce_new(struct hearthd *daemon)
{
    struct announce *announce = calloc(1, sizeof(*announce));
    if (!announce)
        return NULL;
    announce->daemon = daemon;
    uv_timer_init(daemon->loop, &announce->delay);
    announce->delay.data = announce;
    return announce;
}

void announce_stop(struct announce *announce)
{
    if (!announce || announce->stopped)
        return;
    announce->stopped = true;
    uv_close((uv_handle_t *)&announce->delay, NULL);
}

void announce_free(struct announce *announce)
{
    if (!announce)
        return;
    free(announce->last);
    free(announce);
}
