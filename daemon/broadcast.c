/* broadcast.c - see broadcast.h. */
#include "broadcast.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "mqtt.h"
#include "phrases.h"

static void publish(struct hearthd *daemon, const struct utterance *utterance, const char *message)
{
    char topic[160];
    cJSON *event = cJSON_CreateObject();
    cJSON_AddStringToObject(event, "message", message);
    cJSON_AddStringToObject(event, "area", utterance->area);
    cJSON_AddStringToObject(event, "source", utterance->source);
    cJSON_AddStringToObject(event, "id", utterance->id);
    char *text = cJSON_PrintUnformatted(event);
    cJSON_Delete(event);
    snprintf(topic, sizeof(topic), "hearth/%s/broadcast", daemon->config->node);
    if (text)
        mqtt_publish_news(daemon->mqtt, topic, text, strlen(text), 1, false);
    free(text);
}

void broadcast_act(struct hearthd *daemon, struct utterance *utterance, struct action *action)
{
    const char *message = home_call_text(&action->call, "message");
    bool online = mqtt_state(daemon->mqtt) == MQTT_ONLINE;
    if (utterance->dry_run) {
        action->outcome = OUTCOME_DRY_RUN;
    } else if (online && message) {
        publish(daemon, utterance, message);
        action->outcome = OUTCOME_SENT;
    } else {
        action->outcome = OUTCOME_FAILED;
    }
    const char *key = utterance->dry_run ? "broadcast_dry_run" : online ? "broadcast" : "broadcast_failed";
    action->answer = phrases_fill(daemon->phrases, "answers", key, utterance->arena, NULL, &action->call);
}
