/* ingest_hermes.c - see ingest_hermes.h. */
#include <config.h>

#include "ingest_hermes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config.h"
#include "jsonrpc.h"
#include "log.h"
#include "mqtt.h"
#include "phrases.h"
#include "pipeline.h"
#include "satellites.h"
#include "verdict.h"

#define TEXT_CAPTURED "hermes/asr/textCaptured"
#define NLU_QUERY "hermes/nlu/query"

enum { TOPIC_MAX = 192 };

/* What is echoed in the answer; for free(). */
struct asked {
    struct hearthd *daemon;
    int role; /* enum config_hermes */
    cJSON *message;
    char site[HERMES_ID_MAX + 1];
};

static const char *listens_to(const struct hearthd *daemon)
{
    switch ((enum config_hermes)daemon->config->hermes_role) {
    case CONFIG_HERMES_OFF:
        break;
    case CONFIG_HERMES_LISTENER:
        return TEXT_CAPTURED;
    case CONFIG_HERMES_NLU:
    case CONFIG_HERMES_HANDLER:
        return NLU_QUERY;
    }
    return NULL;
}

/* ---- answering ---- */

static const char *text_in(const cJSON *object, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
    return text && text[0] ? text : NULL;
}

/* Consumes message. */
static void publish(const struct asked *asked, const char *topic, cJSON *message)
{
    char *text = cJSON_PrintUnformatted(message);
    cJSON_Delete(message);
    if (text)
        mqtt_publish_news(asked->daemon->mqtt, topic, text, strlen(text), 0, false);
    free(text);
}

/* Copies a member of the question, if it is there. */
static void echo(cJSON *to, const struct asked *asked, const char *name)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(asked->message, name);
    cJSON *copy = value ? cJSON_Duplicate(value, true) : NULL;
    if (copy && !cJSON_AddItemToObject(to, name, copy))
        cJSON_Delete(copy);
}

static cJSON *new_answer(const struct asked *asked)
{
    cJSON *answer = cJSON_CreateObject();
    cJSON_AddStringToObject(answer, "siteId", asked->site);
    echo(answer, asked, "sessionId");
    return answer;
}

static void say(const struct asked *asked, const char *text)
{
    cJSON *message = new_answer(asked);
    cJSON_AddStringToObject(message, "text", text);
    echo(message, asked, "lang");
    publish(asked, "hermes/tts/say", message);
}

/* The dialogue manager speaks the reply; behind a question it listens on for the yes. */
static void answer_session(const struct asked *asked, const struct utterance *utterance)
{
    cJSON *message = cJSON_CreateObject();
    echo(message, asked, "sessionId");
    cJSON_AddStringToObject(message, "text", utterance->reply);
    echo(message, asked, "customData");
    publish(asked,
        utterance_wants_yes(utterance) ? "hermes/dialogueManager/continueSession"
                                       : "hermes/dialogueManager/endSession",
        message);
}

static void not_recognized(const struct asked *asked, const struct utterance *utterance)
{
    cJSON *message = new_answer(asked);
    cJSON_AddStringToObject(message, "input", utterance->text);
    echo(message, asked, "id");
    echo(message, asked, "customData");
    publish(asked, "hermes/nlu/intentNotRecognized", message);
}

static void add(cJSON *object, const char *name, cJSON *member)
{
    if (!cJSON_AddItemToObject(object, name, member))
        cJSON_Delete(member);
}

/* Where the words of a value are in the input; an area that came from the satellite's room is nowhere: 0 to
 * 0. */
static cJSON *range_json(const char *input, const char *value)
{
    const char *at = strcasestr(input, value);
    double start = at ? (double)(at - input) : 0, end = at ? start + (double)strlen(value) : 0;
    cJSON *range = cJSON_CreateObject();
    cJSON_AddNumberToObject(range, "start", start);
    cJSON_AddNumberToObject(range, "end", end);
    cJSON_AddNumberToObject(range, "rawStart", start);
    cJSON_AddNumberToObject(range, "rawEnd", end);
    return range;
}

static cJSON *slot_json(const char *input, const struct home_arg *arg)
{
    cJSON *slot = cJSON_CreateObject();
    cJSON_AddStringToObject(slot, "entity", arg->slot);
    cJSON_AddStringToObject(slot, "slotName", arg->slot);
    cJSON_AddStringToObject(slot, "rawValue", arg->text);
    cJSON *value = cJSON_AddObjectToObject(slot, "value");
    cJSON_AddStringToObject(value, "kind", arg->is_number ? "Number" : "Unknown");
    add(value, "value", arg->is_number ? cJSON_CreateNumber(arg->number) : cJSON_CreateString(arg->text));
    cJSON_AddNumberToObject(slot, "confidence", 1);
    add(slot, "range", range_json(input, arg->text));
    return slot;
}

static void intent(const struct asked *asked, const struct utterance *utterance, const struct action *action)
{
    const char *input = utterance->reading.prepared.normalized;
    cJSON *message = new_answer(asked);
    cJSON_AddStringToObject(message, "input", input);
    cJSON_AddStringToObject(message, "rawInput", utterance->text);
    cJSON *named = cJSON_AddObjectToObject(message, "intent");
    cJSON_AddStringToObject(named, "intentName", action->call.tool);
    cJSON_AddNumberToObject(named, "confidenceScore", action->said->confidence);
    cJSON *slots = cJSON_AddArrayToObject(message, "slots");
    for (size_t i = 0; i < action->call.arg_count; i++) {
        cJSON *slot = slot_json(input, &action->call.args[i]);
        if (!cJSON_AddItemToArray(slots, slot))
            cJSON_Delete(slot);
    }
    static const char *const echoed[] = {
        "id", "customData", "asrTokens", "asrConfidence", "wakewordId", "lang"};
    for (size_t i = 0; i < sizeof(echoed) / sizeof(echoed[0]); i++)
        echo(message, asked, echoed[i]);
    char topic[TOPIC_MAX];
    snprintf(topic, sizeof(topic), "hermes/intent/%s", action->call.tool);
    for (char *c = topic + strlen("hermes/intent/"); *c; c++)
        *c = strchr("+#/", *c) ? '_' : *c; /* a tool of the user's may be called anything */
    publish(asked, topic, message);
}

/* An NLU speaks of calls only; what hearth itself can answer or must refuse ends the session with a sentence,
 * what it must ask continues it.
 */
static void answer_as_nlu(const struct asked *asked, const struct utterance *utterance)
{
    bool any = false;
    for (size_t i = 0; i < utterance->action_count; i++) {
        if (utterance->actions[i].outcome != OUTCOME_UNDERSTOOD)
            continue;
        intent(asked, utterance, &utterance->actions[i]);
        any = true;
    }
    if (any)
        return;
    if (verdict_of(utterance) == VERDICT_NOT_RECOGNIZED)
        not_recognized(asked, utterance);
    else if (text_in(asked->message, "sessionId"))
        answer_session(asked, utterance);
    else
        say(asked, utterance->reply);
}

static void answer_as_handler(const struct asked *asked, const struct utterance *utterance)
{
    if (verdict_of(utterance) == VERDICT_NOT_RECOGNIZED)
        not_recognized(asked, utterance);
    else if (text_in(asked->message, "sessionId"))
        answer_session(asked, utterance);
    else
        say(asked, utterance->reply);
}

static void free_asked(struct asked *asked)
{
    cJSON_Delete(asked->message);
    free(asked);
}

static void on_reply(void *data, const struct utterance *utterance)
{
    struct asked *asked = data;
    switch ((enum config_hermes)asked->role) {
    case CONFIG_HERMES_OFF:
        break;
    case CONFIG_HERMES_LISTENER:
        say(asked, utterance->reply);
        break;
    case CONFIG_HERMES_NLU:
        answer_as_nlu(asked, utterance);
        break;
    case CONFIG_HERMES_HANDLER:
        answer_as_handler(asked, utterance);
        break;
    }
    free_asked(asked);
}

/* ---- asking ---- */

/* Returns why it was not taken, or NULL. */
static const char *ask(struct hearthd *daemon, struct asked *asked)
{
    const char *text = text_in(asked->message, asked->role == CONFIG_HERMES_LISTENER ? "text" : "input");
    const char *site = text_in(asked->message, "siteId");
    if (!text)
        return "a message needs its text: \"text\" of textCaptured, \"input\" of query";
    if (site && strlen(site) > HERMES_ID_MAX)
        return "the siteId is longer than 128 bytes";
    snprintf(asked->site, sizeof(asked->site), "%s", site ? site : "default");
    char room[SATELLITE_ROOM_MAX + 1];
    satellites_room(
        daemon->config->satellites, daemon->registry, (const char *const[]){asked->site}, 1, room);
    const struct utterance_in in = {
        .text = text,
        .area = room,
        .source = "hermes",
        .dialogue = asked->site,
        .understand_only = asked->role == CONFIG_HERMES_NLU,
        .reply = on_reply,
        .reply_data = asked,
    };
    return pipeline_say(daemon->pipeline, &in) == PIPELINE_TAKEN ? NULL : "too many utterances are under way";
}

static const char *take(struct hearthd *daemon, const char *payload, size_t len, bool retained)
{
    if (retained)
        return "a retained utterance is an old one";
    if (len > HERMES_PAYLOAD_MAX)
        return "the message is longer than 65536 bytes";
    struct asked *asked = calloc(1, sizeof(*asked));
    if (!asked)
        return "out of memory";
    asked->daemon = daemon;
    asked->role = daemon->config->hermes_role;
    asked->message = jsonrpc_parse_value(payload, len, NULL, 0);
    const char *why = cJSON_IsObject(asked->message) ? ask(daemon, asked) : "the message is no JSON object";
    if (why)
        free_asked(asked);
    return why;
}

bool ingest_hermes_message(
    struct hearthd *daemon, const char *topic, const char *payload, size_t len, bool retained)
{
    const char *mine = listens_to(daemon);
    if (!mine || strcmp(topic, mine) != 0)
        return false;
    const char *why = len ? take(daemon, payload, len, retained) : NULL; /* an emptied retained message */
    if (why)
        log_warning("hermes: %s: %s", topic, why);
    return true;
}

void ingest_hermes_start(struct hearthd *daemon)
{
    const char *mine = listens_to(daemon);
    if (mine)
        mqtt_subscribe(daemon->mqtt, mine, 0);
}
