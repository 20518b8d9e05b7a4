/* home_assistant.c - see home_assistant.h.
 *
 * One connection goes through: connecting, greeting (the token is shown), reading (all lists are asked for at
 * once), online. An event that says that a list has changed makes it reading again, a moment later; calls are
 * possible all the while.
 */
#include "home_assistant.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "devices/ha_entity.h"
#include "devices/json_text.h"
#include "ha_lists.h"
#include "ha_reader.h"
#include "log.h"
#include "phrases.h"
#include "websocket.h"

enum {
    PAUSE_FIRST_MS = 1000,
    PAUSE_MAX_MS = 60000,
    PATIENCE_MS = 30000, /* for the greeting, and for all lists together */
    SETTLE_MS = 1000,    /* changes of the registries come in swarms */
    WHY_MAX = 320,
};

enum state {
    STATE_OFF,
    STATE_CONNECTING,
    STATE_GREETING,
    STATE_READING,
    STATE_ONLINE,
    STATE_WAITING,
    STATE_REFUSED
};

static const char *const events[] = {"state_changed", "floor_registry_updated", "area_registry_updated",
    "device_registry_updated", "entity_registry_updated"};
enum { EVENTS = sizeof(events) / sizeof(events[0]) }; /* the first one is the states' */

/* A call that Home Assistant has not answered yet. */
struct call {
    struct call *next;
    unsigned id;
    ha_called_fn done;
    void *data;
};

/* Somebody who waits for everything to be read. */
struct waiter {
    struct waiter *next;
    ha_imported_fn done;
    void *data;
};

struct home_assistant {
    struct hearthd *daemon;
    struct websocket *websocket; /* NULL until an address was given */
    struct ha_reader *reader;
    struct websocket_url url;
    char shown[WEBSOCKET_HOST_MAX + 16]; /* host and port, for people */
    char token[HA_TOKEN_MAX + 1];
    bool given; /* url and token by a caller, not by the configuration */
    enum state state;
    bool connected, reconnect, stopped;
    unsigned last_id, subscribed[EVENTS];
    struct ha_lists *lists;
    struct ha_counts counts;
    struct call *calls;
    size_t call_count;
    struct waiter *waiters;
    uv_timer_t pause, patience, settle;
    uint64_t pause_ms;
    char version[32], trouble[WHY_MAX];
};

static void connect_now(struct home_assistant *ha);

/* ---- states ---- */

static const char *state_name(enum state state)
{
    static const char *const names[] = {
        "off", "connecting", "greeting", "reading", "online", "waiting", "refused"};
    return names[state];
}

static void tell(struct home_assistant *ha)
{
    struct hearthd *daemon = ha->daemon;
    if (!daemon->announce)
        return;
    cJSON *params = cJSON_CreateObject();
    cJSON_AddStringToObject(params, "event", "home_assistant");
    cJSON_AddStringToObject(params, "state", state_name(ha->state));
    cJSON_AddStringToObject(params, "why", ha->trouble);
    cJSON_AddNumberToObject(params, "entities", (double)ha->counts.entities);
    daemon->announce(daemon->announce_data, params);
}

static void enter_state(struct home_assistant *ha, enum state state)
{
    log_debug("home assistant: %s -> %s", state_name(ha->state), state_name(state));
    bool news = state == STATE_ONLINE || state == STATE_WAITING || state == STATE_REFUSED;
    ha->state = state;
    if (news)
        tell(ha);
}

static bool is_authenticated(const struct home_assistant *ha)
{
    return ha->connected && (ha->state == STATE_READING || ha->state == STATE_ONLINE);
}

/* ---- who waits ---- */

/* Each callback may ask for more: the list is taken away first. */
static void answer_waiters(struct home_assistant *ha, const struct ha_counts *counts, const char *problem)
{
    struct waiter *waiter = ha->waiters;
    ha->waiters = NULL;
    while (waiter) {
        struct waiter *next = waiter->next;
        waiter->done(waiter->data, counts, problem);
        free(waiter);
        waiter = next;
    }
}

/* Takes the call out of the list before its callback runs, which may call again. */
static void finish_call(struct home_assistant *ha, struct call **at, const char *problem)
{
    struct call *call = *at;
    *at = call->next;
    ha->call_count--;
    if (call->done)
        call->done(call->data, problem);
    free(call);
}

static struct call **find_call(struct home_assistant *ha, unsigned id)
{
    struct call **at = &ha->calls;
    while (*at && (*at)->id != id)
        at = &(*at)->next;
    return at;
}

/* ---- requests ---- */

static void give_up(struct home_assistant *ha, const char *why)
{
    ha_reader_drop(ha->reader);
    if (ha->connected || ha->state == STATE_CONNECTING)
        websocket_close(ha->websocket, why);
}

/* Sends a request with the next id, and returns it; 0 and the connection given up if that fails. fields is
 * consumed. */
static unsigned ask(struct home_assistant *ha, const char *type, cJSON *fields)
{
    char *text = ha_request(++ha->last_id, type, fields);
    bool sent = text && websocket_send(ha->websocket, text, strlen(text));
    free(text);
    if (!sent)
        give_up(ha, "it does not take what is sent to it");
    return sent ? ha->last_id : 0;
}

static void on_impatient(uv_timer_t *timer)
{
    give_up(timer->data, "it does not answer");
}

static void read_everything(struct home_assistant *ha)
{
    enter_state(ha, STATE_READING);
    uv_timer_start(&ha->patience, on_impatient, PATIENCE_MS, 0);
    ha_lists_read(ha->lists);
}

static void on_settled(uv_timer_t *timer)
{
    struct home_assistant *ha = timer->data;
    if (ha->state == STATE_ONLINE)
        read_everything(ha);
    else if (ha->state == STATE_READING) /* what comes in may be older than the change */
        uv_timer_start(&ha->settle, on_settled, SETTLE_MS, 0);
}

static void subscribe(struct home_assistant *ha)
{
    for (size_t i = 0; i < EVENTS && ha->connected; i++) {
        cJSON *fields = cJSON_CreateObject();
        cJSON_AddStringToObject(fields, "event_type", events[i]);
        ha->subscribed[i] = ask(ha, "subscribe_events", fields);
    }
}

/* ---- the lists ---- */

static unsigned on_ask(void *data, const char *type, cJSON *fields)
{
    return ask(data, type, fields);
}

static void on_gathered(void *data)
{
    struct home_assistant *ha = data;
    uv_timer_stop(&ha->patience);
}

static void on_lists_done(void *data, const struct ha_counts *counts)
{
    struct home_assistant *ha = data;
    ha->counts = *counts;
    ha->trouble[0] = '\0';
    ha->pause_ms = PAUSE_FIRST_MS;
    log_info("home assistant: %s: %zu entities, %zu more on MQTT, %zu areas, %zu floors", ha->shown,
        counts->entities, counts->on_mqtt, counts->areas, counts->floors);
    enter_state(ha, STATE_ONLINE);
    answer_waiters(ha, counts, NULL);
}

static void on_failed(void *data, const char *why)
{
    give_up(data, why);
}

/* ---- answers ---- */

static void take_call(struct home_assistant *ha, struct call **at, const struct ha_message *message)
{
    char text[WHY_MAX];
    const char *says = phrases_get(ha->daemon->phrases, "outcomes", "ha_refused");
    snprintf(text, sizeof(text), "%s: %.240s", says ? says : "", message->text);
    finish_call(ha, at, message->success ? NULL : text);
}

static void take_result(struct home_assistant *ha, const struct ha_message *message)
{
    struct call **call = find_call(ha, message->id);
    if (*call) {
        take_call(ha, call, message);
        return;
    }
    if (ha_lists_take(ha->lists, message))
        return;
    for (size_t i = 0; i < EVENTS; i++)
        if (ha->subscribed[i] == message->id && !message->success)
            give_up(ha, "it does not let this token hear of changes: is it an administrator's?");
}

static void take_event(struct home_assistant *ha, const struct ha_message *message)
{
    for (size_t i = 1; i < EVENTS; i++)
        if (message->id == ha->subscribed[i])
            uv_timer_start(&ha->settle, on_settled, SETTLE_MS, 0);
    if (message->id != ha->subscribed[0])
        return;
    const cJSON *data = cJSON_GetObjectItemCaseSensitive(message->content, "data");
    const char *entity_id = json_member_text(data, "entity_id");
    const cJSON *state = cJSON_GetObjectItemCaseSensitive(data, "new_state");
    if (entity_id)
        ha_lists_state(ha->lists, entity_id, state);
}

/* ---- the greeting ---- */

static void show_token(struct home_assistant *ha, const struct ha_message *message)
{
    const char *version = json_member_text(message->root, "ha_version");
    char *text = ha_auth_request(ha->token);
    snprintf(ha->version, sizeof(ha->version), "%s", version ? version : "");
    if (!text || !websocket_send(ha->websocket, text, strlen(text)))
        give_up(ha, "it does not take the token");
    free(text);
}

static void take_greeting(struct home_assistant *ha, const struct ha_message *message)
{
    if (message->type == HA_AUTH_REQUIRED)
        show_token(ha, message);
    else if (message->type == HA_AUTH_OK) {
        subscribe(ha);
        read_everything(ha);
    } else if (message->type == HA_AUTH_INVALID) {
        char why[WHY_MAX];
        snprintf(
            why, sizeof(why), "it refuses the token (%.160s): make a new one, and reload", message->text);
        enter_state(ha, STATE_REFUSED);
        give_up(ha, why);
    }
}

static void on_read(void *data, const struct ha_message *message)
{
    struct home_assistant *ha = data;
    if (is_authenticated(ha) && message->type == HA_RESULT)
        take_result(ha, message);
    else if (is_authenticated(ha) && message->type == HA_EVENT)
        take_event(ha, message);
    else if (ha->state == STATE_GREETING)
        take_greeting(ha, message);
}

static void on_message(void *data, char *text, size_t len)
{
    struct home_assistant *ha = data;
    ha_reader_take(ha->reader, text, len);
}

/* ---- coming and going ---- */

static void on_opened(void *data)
{
    struct home_assistant *ha = data;
    ha->connected = true;
    enter_state(ha, STATE_GREETING);
}

static void on_pause_over(uv_timer_t *timer)
{
    connect_now(timer->data);
}

/* Half of the pause is certain, the other half is chance. */
static void pause_first(struct home_assistant *ha)
{
    uint64_t half = ha->pause_ms / 2;
    enter_state(ha, STATE_WAITING);
    uv_timer_start(&ha->pause, on_pause_over, half + (uint64_t)rand() % (half + 1), 0);
    ha->pause_ms = ha->pause_ms * 2 > PAUSE_MAX_MS ? PAUSE_MAX_MS : ha->pause_ms * 2;
}

static void on_closed(void *data, const char *why)
{
    struct home_assistant *ha = data;
    const char *lost = phrases_get(ha->daemon->phrases, "outcomes", "ha_lost");
    snprintf(ha->trouble, sizeof(ha->trouble), "%s: %s", ha->shown, why);
    ha->connected = false;
    uv_timer_stop(&ha->patience);
    uv_timer_stop(&ha->settle);
    ha_reader_drop(ha->reader);
    ha_lists_lose(ha->lists);
    while (ha->calls)
        finish_call(ha, &ha->calls, lost ? lost : "");
    if (ha->reconnect) {
        ha->reconnect = false;
        connect_now(ha);
        return;
    }
    log_warning("home assistant: %s", ha->trouble);
    if (ha->state == STATE_REFUSED)
        enter_state(ha, STATE_REFUSED);
    else
        pause_first(ha);
    answer_waiters(ha, NULL, ha->trouble);
}

static void connect_now(struct home_assistant *ha)
{
    enter_state(ha, STATE_CONNECTING);
    ha->last_id = 0;
    memset(ha->subscribed, 0, sizeof(ha->subscribed));
    uv_timer_stop(&ha->pause);
    uv_timer_start(&ha->patience, on_impatient, PATIENCE_MS, 0);
    websocket_connect(ha->websocket, &ha->url, "/api/websocket");
}

/* To where url says now, whatever the state is. */
static void connect_again(struct home_assistant *ha)
{
    ha->pause_ms = PAUSE_FIRST_MS;
    if (ha->state == STATE_OFF || ha->state == STATE_WAITING ||
        (ha->state == STATE_REFUSED && !ha->connected)) {
        connect_now(ha);
        return;
    }
    ha->reconnect = true;
    websocket_close(ha->websocket, "another connection is wanted");
}

/* ---- where, and with which token ---- */

static enum san_status set_token(
    struct home_assistant *ha, const char *token, const char *of, struct san_error *err)
{
    size_t len = strlen(token);
    for (size_t i = 0; i < len; i++)
        if (token[i] <= ' ' || token[i] > '~')
            return san_fail(
                err, SAN_EINVAL, "%s: no token of Home Assistant: it has blanks or foreign letters", of);
    if (!len || len > HA_TOKEN_MAX)
        return san_fail(
            err, SAN_EINVAL, "%s: a token of Home Assistant has 1 to %d letters", of, HA_TOKEN_MAX);
    snprintf(ha->token, sizeof(ha->token), "%s", token);
    return SAN_OK;
}

static enum san_status read_token(struct home_assistant *ha, struct san_error *err)
{
    const char *path = ha->daemon->config->ha_token_file;
    char line[HA_TOKEN_MAX + 3] = "";
    FILE *file = fopen(path, "re");
    bool got = file && fgets(line, sizeof(line), file);
    if (file)
        fclose(file);
    if (!got)
        return san_fail(err, SAN_EIO, "[home_assistant] token_file %s cannot be read, or is empty", path);
    line[strcspn(line, "\r\n")] = '\0';
    return set_token(ha, line, path, err);
}

static enum san_status set_url(struct home_assistant *ha, const char *text, struct san_error *err)
{
    const struct websocket_handlers handlers = {
        .data = ha, .opened = on_opened, .message = on_message, .closed = on_closed};
    struct websocket_url url;
    enum san_status status = websocket_url_parse(text, &url, err);
    if (status != SAN_OK)
        return status;
    if (!ha->websocket)
        ha->websocket = websocket_new(ha->daemon->loop, ha->daemon->config->ha_ca_file, &handlers, err);
    if (!ha->websocket)
        return err ? err->status : SAN_EUNSUPPORTED;
    ha->url = url;
    snprintf(ha->shown, sizeof(ha->shown), "%s:%d", url.host, url.port);
    return SAN_OK;
}

enum san_status home_assistant_start(struct home_assistant *ha, struct san_error *err)
{
    const struct config *config = ha->daemon->config;
    if (!config->ha_url[0])
        return SAN_OK;
    enum san_status status = read_token(ha, err);
    if (status == SAN_OK)
        status = set_url(ha, config->ha_url, err);
    if (status == SAN_OK)
        connect_now(ha);
    return status;
}

void home_assistant_reload(struct home_assistant *ha)
{
    struct san_error error = {.text = ""};
    if (ha->given || !ha->daemon->config->ha_url[0] || ha->state != STATE_REFUSED)
        return;
    if (read_token(ha, &error) == SAN_OK)
        connect_again(ha);
    else
        log_error("%s", error.text);
}

/* ---- calls ---- */

static cJSON *call_fields(struct ha_action *action)
{
    cJSON *fields = cJSON_CreateObject(), *target = cJSON_AddObjectToObject(fields, "target");
    cJSON_AddStringToObject(fields, "domain", action->domain);
    cJSON_AddStringToObject(fields, "service", action->service);
    cJSON_AddStringToObject(target, "entity_id", action->entity_id);
    if (action->data && cJSON_AddItemToObject(fields, "service_data", action->data))
        action->data = NULL;
    cJSON_Delete(action->data);
    return fields;
}

unsigned home_assistant_call(
    struct home_assistant *ha, const char *topic, const char *payload, ha_called_fn done, void *data)
{
    struct ha_action action;
    if (!is_authenticated(ha) || ha->call_count >= HA_CALLS_MAX || strlen(payload) > HA_CALL_BYTES_MAX)
        return 0;
    struct call *call = calloc(1, sizeof(*call));
    if (!call || !ha_action_parse(topic, payload, &action)) {
        free(call);
        return 0;
    }
    *call = (struct call){
        .next = ha->calls, .id = ask(ha, "call_service", call_fields(&action)), .done = done, .data = data};
    if (!call->id) {
        free(call);
        return 0;
    }
    ha->calls = call;
    ha->call_count++;
    return call->id;
}

void home_assistant_cancel(struct home_assistant *ha, unsigned id)
{
    struct call **at = find_call(ha, id);
    if (!*at)
        return;
    (*at)->done = NULL;
    finish_call(ha, at, NULL);
}

/* ---- import ---- */

bool home_assistant_import(struct home_assistant *ha, const char *url, const char *token, ha_imported_fn done,
    void *data, struct san_error *err)
{
    if (!url != !token)
        return san_fail(err, SAN_EINVAL, "give an address and a token, or neither") == SAN_OK;
    if (!url && !ha->websocket)
        return san_fail(err, SAN_EINVAL,
                   "no Home Assistant is configured: give an address and a token, or set url and token_file "
                   "in "
                   "[home_assistant]") == SAN_OK;
    if (url && (set_token(ha, token, "token", err) != SAN_OK || set_url(ha, url, err) != SAN_OK))
        return false;
    struct waiter *waiter = calloc(1, sizeof(*waiter));
    if (!waiter)
        return san_fail(err, SAN_ENOMEM, "out of memory") == SAN_OK;
    *waiter = (struct waiter){.next = ha->waiters, .done = done, .data = data};
    ha->waiters = waiter;
    ha->given = ha->given || url;
    if (url || ha->state == STATE_WAITING || ha->state == STATE_REFUSED)
        connect_again(ha);
    else if (ha->state == STATE_ONLINE)
        read_everything(ha);
    return true;
}

/* ---- life ---- */

cJSON *home_assistant_status(const struct home_assistant *ha)
{
    char url[WEBSOCKET_HOST_MAX + WEBSOCKET_PATH_MAX + 24];
    if (!ha->websocket)
        return NULL;
    snprintf(url, sizeof(url), "%s://%s%s", ha->url.tls ? "https" : "http", ha->shown, ha->url.path);
    cJSON *status = cJSON_CreateObject();
    cJSON_AddStringToObject(status, "state", state_name(ha->state));
    cJSON_AddStringToObject(status, "url", url);
    cJSON_AddStringToObject(status, "version", ha->version);
    cJSON_AddNumberToObject(status, "entities", (double)ha->counts.entities);
    cJSON_AddNumberToObject(status, "on_mqtt", (double)ha->counts.on_mqtt);
    if (ha->trouble[0])
        cJSON_AddStringToObject(status, "trouble", ha->trouble);
    return status;
}

struct home_assistant *home_assistant_new(struct hearthd *daemon)
{
    struct home_assistant *ha = calloc(1, sizeof(*ha));
    if (!ha)
        return NULL;
    const struct ha_reader_handlers handlers = {.data = ha, .message = on_read, .failed = on_failed};
    const struct ha_lists_to to = {
        .data = ha, .ask = on_ask, .gathered = on_gathered, .done = on_lists_done, .failed = on_failed};
    ha->reader = ha_reader_new(daemon->loop, &handlers);
    ha->lists = ha->reader ? ha_lists_new(daemon, &to) : NULL;
    if (!ha->lists) {
        ha_reader_free(ha->reader);
        free(ha);
        return NULL;
    }
    ha->daemon = daemon;
    ha->pause_ms = PAUSE_FIRST_MS;
    uv_timer_init(daemon->loop, &ha->pause);
    uv_timer_init(daemon->loop, &ha->patience);
    uv_timer_init(daemon->loop, &ha->settle);
    ha->pause.data = ha->patience.data = ha->settle.data = ha;
    return ha;
}

void home_assistant_stop(struct home_assistant *ha)
{
    if (!ha || ha->stopped)
        return;
    ha->stopped = true;
    ha->connected = false;
    answer_waiters(ha, NULL, "hearthd is stopping");
    ha_reader_drop(ha->reader);
    ha_lists_stop(ha->lists);
    websocket_stop(ha->websocket);
    uv_close((uv_handle_t *)&ha->pause, NULL);
    uv_close((uv_handle_t *)&ha->patience, NULL);
    uv_close((uv_handle_t *)&ha->settle, NULL);
}

void home_assistant_free(struct home_assistant *ha)
{
    if (!ha)
        return;
    while (ha->calls) {
        ha->calls->done = NULL;
        finish_call(ha, &ha->calls, NULL);
    }
    ha_lists_free(ha->lists);
    websocket_free(ha->websocket);
    ha_reader_free(ha->reader);
    free(ha);
}
