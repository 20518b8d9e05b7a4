/* report.c - see report.h. */
#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "announce.h"
#include "config.h"
#include "devices/registry.h"
#include "explanation.h"
#include "inventory.h"
#include "log.h"
#include "mqtt.h"

bool report_audit(struct hearthd *daemon, struct utterance *utterance, bool complete, struct san_error *err)
{
    cJSON *commands = utterance_commands(utterance);
    cJSON *explanation = explanation_of(daemon, utterance);
    char *commands_text = cJSON_PrintUnformatted(commands);
    char *detail = cJSON_PrintUnformatted(explanation);
    struct reg_audit row = {
        .id = utterance->audit_id,
        .time_ms = utterance->time_ms,
        .utterance_id = utterance->id,
        .source = utterance->source,
        .text = utterance->text,
        .calls = utterance->calls_json,
        .confidence = utterance->reading.understood.confidence,
        .commands = commands_text ? commands_text : "[]",
        .outcome = complete ? outcome_name(utterance->outcome) : "pending",
        .reply = utterance->reply,
        .detail = detail ? detail : "{}",
    };
    inventory_commit(daemon->inventory);
    bool written = reg_audit_put(daemon->registry, &row, err) == SAN_OK;
    if (written)
        utterance->audit_id = row.id;
    free(commands_text);
    free(detail);
    cJSON_Delete(commands);
    cJSON_Delete(explanation);
    return written;
}

void report_published(struct hearthd *daemon, const struct utterance *utterance)
{
    if (!daemon->announce)
        return;
    cJSON *params = cJSON_CreateObject();
    cJSON_AddStringToObject(params, "event", "published");
    cJSON_AddStringToObject(params, "id", utterance->id);
    cJSON *commands = utterance_commands(utterance);
    if (!cJSON_AddItemToObject(params, "commands", commands))
        cJSON_Delete(commands);
    daemon->announce(daemon->announce_data, params);
}

static void publish_result(struct hearthd *daemon, const struct utterance *utterance, const cJSON *result)
{
    char topic[160];
    char *text = cJSON_PrintUnformatted(result);
    if (!text)
        return;
    snprintf(topic, sizeof(topic), "hearth/%s/result", daemon->config->node);
    mqtt_publish_news(daemon->mqtt, topic, text, strlen(text), 0, false);
    if (utterance->outcome == OUTCOME_UNHANDLED) {
        snprintf(topic, sizeof(topic), "hearth/%s/unhandled", daemon->config->node);
        mqtt_publish_news(daemon->mqtt, topic, text, strlen(text), 0, false);
    }
    free(text);
}

void report_result(struct hearthd *daemon, const struct utterance *utterance)
{
    cJSON *result = utterance_result(utterance);
    announce_result(daemon->announcer, utterance);
    publish_result(daemon, utterance, result);
    if (!daemon->announce || !cJSON_AddStringToObject(result, "event", "result")) {
        cJSON_Delete(result);
        return;
    }
    daemon->announce(daemon->announce_data, result);
}

/* Of the least sure of its calls; "" if there is none. */
static const char *band_of(const struct hearthd *daemon, const struct utterance *utterance)
{
    const struct action *least = NULL;
    for (size_t i = 0; i < utterance->action_count; i++)
        if (!least || utterance->actions[i].said->confidence < least->said->confidence)
            least = &utterance->actions[i];
    return least ? explanation_band(daemon->config, least) : "";
}

void report_log(const struct hearthd *daemon, const struct utterance *utterance)
{
    uint64_t begin = utterance->entered[UTTERANCE_RECEIVED];
    double publish = utterance->published_at ? (double)(utterance->published_at - begin) / 1e6 : 0;
    log_info("utterance id=%s source=%s area=\"%s\" text=\"%s\" calls=%s confidence=%.3f band=%s outcome=%s "
             "reply=\"%s\" "
             "publish_ms=%.1f total_ms=%.1f",
        utterance->id, utterance->source, utterance->area, utterance->text, utterance->calls_json,
        utterance->reading.understood.confidence, band_of(daemon, utterance),
        outcome_name(utterance->outcome), utterance->reply, publish, (double)(uv_hrtime() - begin) / 1e6);
}
