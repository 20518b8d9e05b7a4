/* ingest_mqtt.c - see ingest_mqtt.h. */
#include "ingest_mqtt.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "jsonrpc.h"
#include "log.h"
#include "mqtt.h"
#include "pipeline.h"

enum { TOPIC_MAX = 160, QUOTE_MAX = 200, FIELD_MAX = 128 };

static const char *topic_of(const struct hearthd *daemon, const char *leaf, char topic[TOPIC_MAX])
{
    snprintf(topic, TOPIC_MAX, "hearth/%s/%s", daemon->config->node, leaf);
    return topic;
}

/* Says on hearth/<node>/unhandled and in the log why a message was not taken. */
static void refuse(struct hearthd *daemon, const char *payload, size_t len, const char *why)
{
    char quote[QUOTE_MAX + 1] = "", topic[TOPIC_MAX];
    if (len <= QUOTE_MAX && jsonrpc_is_utf8(payload, len))
        snprintf(quote, sizeof(quote), "%.*s", (int)len, payload);
    log_warning("say: %s: \"%s\" (%zu bytes)", why, quote, len);
    cJSON *report = cJSON_CreateObject();
    cJSON_AddStringToObject(report, "text", quote);
    cJSON_AddStringToObject(report, "source", "mqtt");
    cJSON_AddStringToObject(report, "outcome", "refused");
    cJSON_AddStringToObject(report, "reply", why);
    char *text = cJSON_PrintUnformatted(report);
    cJSON_Delete(report);
    if (text)
        mqtt_publish_news(daemon->mqtt, topic_of(daemon, "unhandled", topic), text, strlen(text), 0, false);
    free(text);
}

/* The member as text; NULL if it is absent. *bad is set if it is something else, or too long. */
static const char *field(const cJSON *object, const char *name, size_t most, const char **bad)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, name);
    if (!value || cJSON_IsNull(value))
        return NULL;
    if (!cJSON_IsString(value) || strlen(value->valuestring) > most)
        *bad = name;
    return cJSON_GetStringValue(value);
}

/* Returns why it was not taken, or NULL. */
static const char *say(struct hearthd *daemon, const struct utterance_in *in)
{
    switch (pipeline_say(daemon->pipeline, in)) {
    case PIPELINE_TAKEN:
        return NULL;
    case PIPELINE_BUSY:
        return "too many utterances are under way";
    case PIPELINE_DUPLICATE:
        return "an utterance with this id was heard a moment ago";
    case PIPELINE_NO_MEMORY:
        return "out of memory";
    }
    return NULL;
}

static const char *say_object(struct hearthd *daemon, const cJSON *object)
{
    const char *bad = NULL;
    const struct utterance_in in = {
        .text = field(object, "text", INGEST_MQTT_PAYLOAD_MAX, &bad),
        .area = field(object, "area", FIELD_MAX, &bad),
        .source = field(object, "source", FIELD_MAX, &bad),
        .id = field(object, "id", FIELD_MAX, &bad),
    };
    if (bad || !in.text)
        return "a JSON message needs \"text\", and may have \"area\", \"source\" and \"id\", all of them "
               "text";
    struct utterance_in named = in;
    named.source = in.source ? in.source : "mqtt";
    return say(daemon, &named);
}

static const char *say_plain(struct hearthd *daemon, const char *payload, size_t len)
{
    char text[INGEST_MQTT_PAYLOAD_MAX + 1];
    memcpy(text, payload, len);
    text[len] = '\0';
    return say(daemon, &(struct utterance_in){.text = text, .source = "mqtt"});
}

static const char *take(struct hearthd *daemon, const char *payload, size_t len, bool retained)
{
    if (retained)
        return "a retained utterance is an old one: publish it without the retain flag";
    if (len > INGEST_MQTT_PAYLOAD_MAX)
        return "the message is longer than 4096 bytes";
    if (!jsonrpc_is_utf8(payload, len))
        return "the message is not UTF-8";
    size_t start = 0;
    while (start < len && isspace((unsigned char)payload[start]))
        start++;
    if (start == len || payload[start] != '{')
        return say_plain(daemon, payload, len);
    cJSON *object = jsonrpc_parse_value(payload, len, NULL, 0);
    const char *why = object ? say_object(daemon, object) : "the message begins like JSON, but is none";
    cJSON_Delete(object);
    return why;
}

bool ingest_mqtt_message(
    struct hearthd *daemon, const char *topic, const char *payload, size_t len, bool retained)
{
    char say_topic[TOPIC_MAX];
    if (!daemon->config->say || strcmp(topic, topic_of(daemon, "say", say_topic)) != 0)
        return false;
    const char *why = len ? take(daemon, payload, len, retained) : NULL; /* an emptied retained message */
    if (why)
        refuse(daemon, payload, len, why);
    return true;
}

void ingest_mqtt_start(struct hearthd *daemon)
{
    char topic[TOPIC_MAX];
    if (daemon->config->say)
        mqtt_subscribe(daemon->mqtt, topic_of(daemon, "say", topic), 1);
}
