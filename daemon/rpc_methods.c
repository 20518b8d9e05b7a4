/* rpc_methods.c - see rpc.h: a table of methods, each with the parameters that it takes. */
#include <config.h>

#include "rpc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "call_check.h"
#include "config.h"
#include "devices/registry.h"
#include "doctor.h"
#include "home_assistant.h"
#include "inventory.h"
#include "log.h"
#include "mqtt.h"
#include "phrases.h"
#include "pipeline.h"
#include "replay.h"
#include "rpc_answer.h"
#include "rpc_home.h"
#include "rpc_long.h"
#include "worker.h"

enum {
    LOG_ROWS_MAX = 1000,
    PARAMS_MAX = 6,
    ID_MAX = 64,
};

/* ---- say ---- */

static void on_said(void *data, const struct utterance *utterance)
{
    rpc_answer(data, utterance_result(utterance));
}

static void hear(struct hearthd *daemon, struct rpc_call *call, const struct utterance_in *in)
{
    switch (pipeline_say(daemon->pipeline, in)) {
    case PIPELINE_TAKEN:
        break;
    case PIPELINE_BUSY:
        rpc_answer_error(call, JSONRPC_BUSY, "too many utterances are under way", NULL);
        break;
    case PIPELINE_DUPLICATE:
        rpc_answer_error(call, JSONRPC_REFUSED, "an utterance with this id was heard a moment ago", NULL);
        break;
    case PIPELINE_NO_MEMORY:
        rpc_answer_error(call, JSONRPC_INTERNAL, "out of memory", NULL);
        break;
    }
}

static void method_say(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    const char *source = rpc_text_of(params, "source"), *id = rpc_text_of(params, "id");
    if (id && strlen(id) > ID_MAX) {
        rpc_answer_error(call, JSONRPC_INVALID_PARAMS, "id is longer than 64 bytes", NULL);
        return;
    }
    const struct utterance_in in = {
        .text = rpc_text_of(params, "text"),
        .area = rpc_text_of(params, "area"),
        .source = source ? source : "socket",
        .id = id,
        .dry_run = rpc_flag_of(params, "dry_run"),
        .reply = on_said,
        .reply_data = call,
    };
    hear(daemon, call, &in);
}

/* What was asked, as the log shows it: call [{"name":...}]. */
static char *call_text(const char *calls)
{
    char *text = malloc(strlen(calls) + 6);
    if (text)
        sprintf(text, "call %s", calls);
    return text;
}

static enum san_status check_call(
    struct hearthd *daemon, const char *tool, const cJSON *arguments, struct san_error *err)
{
    const struct call_check check = {worker_tools(daemon->worker), daemon->registry, daemon->shortlist};
    return call_check(&check, tool, arguments, err);
}

static void method_call(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    const cJSON *arguments = cJSON_GetObjectItemCaseSensitive(params, "arguments");
    struct san_error error = {0};
    if (check_call(daemon, rpc_text_of(params, "tool"), arguments, &error) != SAN_OK) {
        rpc_answer_error(call, JSONRPC_INVALID_PARAMS, error.text, NULL);
        return;
    }
    cJSON *array = cJSON_CreateArray(), *one = cJSON_CreateObject();
    cJSON_AddStringToObject(one, "name", rpc_text_of(params, "tool"));
    rpc_add(one, "arguments", arguments ? cJSON_Duplicate(arguments, true) : cJSON_CreateObject());
    rpc_append(array, one);
    char *calls = cJSON_PrintUnformatted(array), *text = calls ? call_text(calls) : NULL;
    const struct utterance_in in = {.text = text,
        .calls = calls,
        .area = rpc_text_of(params, "area"),
        .source = "call",
        .dry_run = rpc_flag_of(params, "dry_run"),
        .reply = on_said,
        .reply_data = call};
    if (!text)
        rpc_answer_error(call, JSONRPC_INTERNAL, "out of memory", NULL);
    else
        hear(daemon, call, &in);
    cJSON_Delete(array);
    free(calls);
    free(text);
}

/* ---- the log ---- */

static cJSON *row_json(const struct reg_audit *row)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddNumberToObject(object, "id", (double)row->id);
    cJSON_AddNumberToObject(object, "time_ms", (double)row->time_ms);
    cJSON_AddStringToObject(object, "utterance_id", row->utterance_id);
    cJSON_AddStringToObject(object, "source", row->source);
    cJSON_AddStringToObject(object, "text", row->text);
    rpc_add_json(object, "calls", row->calls);
    cJSON_AddNumberToObject(object, "confidence", row->confidence);
    rpc_add_json(object, "commands", row->commands);
    cJSON_AddStringToObject(object, "outcome", row->outcome);
    cJSON_AddStringToObject(object, "reply", row->reply);
    rpc_add_json(object, "detail", row->detail);
    return object;
}

/* Reads one row, if it is there; false with the call answered. */
static bool read_row(struct hearthd *daemon, struct rpc_call *call, const cJSON *params,
    struct san_arena *arena, struct reg_audit **rows, size_t *count)
{
    const cJSON *id = cJSON_GetObjectItemCaseSensitive(params, "id");
    struct san_error error = {0};
    int64_t wanted = id ? (int64_t)id->valuedouble : 0;
    if (reg_audit_list(daemon->registry, wanted, 1, arena, rows, count, &error) == SAN_OK)
        return true;
    rpc_answer_status(call, &error);
    return false;
}

static enum san_status read_log(struct rpc_long *answer, struct san_error *err)
{
    struct reg_audit *rows;
    size_t count;
    enum san_status status = reg_audit_list(
        answer->registry, answer->id, (size_t)answer->limit, answer->arena, &rows, &count, err);
    if (status != SAN_OK)
        return status;
    cJSON *list = cJSON_AddArrayToObject(answer->result, "rows");
    for (size_t i = 0; i < count; i++)
        rpc_append(list, row_json(&rows[i]));
    return SAN_OK;
}

static void method_log(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    static const struct rpc_long_steps steps = {.read = read_log};
    const cJSON *id = cJSON_GetObjectItemCaseSensitive(params, "id");
    const cJSON *limit = cJSON_GetObjectItemCaseSensitive(params, "limit");
    double wanted = limit ? limit->valuedouble : 20;
    if (wanted < 1 || wanted > LOG_ROWS_MAX) {
        rpc_answer_error(call, JSONRPC_INVALID_PARAMS, "limit must be 1 to 1000", NULL);
        return;
    }
    struct rpc_long *answer = rpc_long_new(daemon, call);
    if (!answer)
        return;
    answer->id = id ? (int64_t)id->valuedouble : 0;
    answer->limit = (int64_t)wanted;
    rpc_long_start(answer, &steps);
}

/* Of a row that was asked for and is not there. */
static void answer_no_row(struct rpc_call *call, const cJSON *params)
{
    bool any = !cJSON_HasObjectItem(params, "id");
    rpc_answer_error(call, JSONRPC_NOT_FOUND,
        any ? "nothing has been heard yet; hearthctl say TEXT is a first sentence"
            : "there is no such row in the log: hearthctl log has the numbers",
        NULL);
}

static void method_explain(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    struct san_arena *arena = rpc_open_arena(call);
    struct reg_audit *rows;
    size_t count = 0;
    if (arena && read_row(daemon, call, params, arena, &rows, &count)) {
        if (count)
            rpc_answer(call, row_json(&rows[0]));
        else
            answer_no_row(call, params);
    }
    san_arena_free(arena);
}

static void on_replayed(void *data, cJSON *result, const struct san_error *error)
{
    if (result)
        rpc_answer(data, result);
    else
        rpc_answer_status(data, error);
}

static void method_replay(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    struct san_arena *arena = rpc_open_arena(call);
    struct reg_audit *rows;
    size_t count = 0;
    if (arena && read_row(daemon, call, params, arena, &rows, &count)) {
        if (count)
            replay_start(daemon, &rows[0], on_replayed, call);
        else
            answer_no_row(call, params);
    }
    san_arena_free(arena);
}

/* ---- the daemon ---- */

static cJSON *model_json(const struct hearthd *daemon)
{
    struct san_model_info info;
    worker_model_info(daemon->worker, &info);
    cJSON *model = cJSON_CreateObject();
    cJSON_AddStringToObject(model, "name", info.name);
    cJSON_AddStringToObject(model, "prompt_format", info.prompt_format);
    cJSON_AddStringToObject(model, "context_mask", info.context_mask);
    cJSON_AddNumberToObject(model, "parameters", (double)info.parameters);
    cJSON_AddNumberToObject(model, "file_bytes", (double)info.file_bytes);
    cJSON_AddStringToObject(model, "path", daemon->config->model);
    return model;
}

static cJSON *mqtt_json(const struct hearthd *daemon)
{
    char broker[256];
    snprintf(broker, sizeof(broker), "%s:%d", daemon->config->host, daemon->config->port);
    cJSON *mqtt = cJSON_CreateObject();
    cJSON_AddStringToObject(mqtt, "state", mqtt_state_name(mqtt_state(daemon->mqtt)));
    cJSON_AddStringToObject(mqtt, "broker", broker);
    if (mqtt_trouble(daemon->mqtt)[0])
        cJSON_AddStringToObject(mqtt, "trouble", mqtt_trouble(daemon->mqtt));
    return mqtt;
}

static size_t area_count(struct hearthd *daemon)
{
    struct san_arena *arena = san_arena_new(0, 0);
    struct home_area *areas;
    size_t count = 0;
    if (arena)
        reg_areas(daemon->registry, arena, &areas, &count, NULL);
    san_arena_free(arena);
    return count;
}

static void method_status(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    (void)params;
    size_t rss = 0;
    uv_resident_set_memory(&rss);
    cJSON *status = cJSON_CreateObject();
    cJSON_AddStringToObject(status, "version", PACKAGE_VERSION);
    cJSON_AddStringToObject(status, "node", daemon->config->node);
    rpc_add(status, "model", model_json(daemon));
    cJSON_AddStringToObject(status, "kernels", san_kernels_name());
    rpc_add(status, "mqtt", mqtt_json(daemon));
    cJSON *home_assistant = home_assistant_status(daemon->home_assistant);
    if (home_assistant)
        rpc_add(status, "home_assistant", home_assistant);
    cJSON_AddNumberToObject(status, "entities", (double)reg_entity_count(daemon->registry));
    cJSON_AddNumberToObject(status, "areas", (double)area_count(daemon));
    cJSON_AddNumberToObject(status, "uptime_s", (double)((uv_now(daemon->loop) - daemon->started_ms) / 1000));
    cJSON_AddNumberToObject(status, "utterances", (double)pipeline_count(daemon->pipeline));
    cJSON_AddNumberToObject(status, "median_ms", pipeline_median_ms(daemon->pipeline));
    cJSON_AddNumberToObject(status, "rss_kb", (double)(rss / 1024));
    rpc_answer(call, status);
}

static void method_tools(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    (void)params;
    cJSON *result = cJSON_CreateObject();
    rpc_add(result, "tools", cJSON_Duplicate(worker_tools(daemon->worker), true));
    rpc_answer(call, result);
}

static void method_doctor(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    (void)params;
    doctor_examine(daemon, call);
}

static void describe(struct rpc_long *answer, struct home_entity *row)
{
    cJSON *list = cJSON_GetObjectItemCaseSensitive(answer->result, "entities");
    cJSON *entry = inventory_describe(answer->daemon->inventory, row->id);
    if (!entry)
        return;
    cJSON_AddStringToObject(entry, "entity_id", row->entity_id);
    cJSON_AddStringToObject(entry, "name", row->name);
    rpc_append(list, entry);
}

static bool fits_any(struct hearthd *daemon, const struct reg_filter *filter, struct san_arena *arena)
{
    struct home_entity *rows;
    size_t count = 0;
    return reg_entities(daemon->registry, filter, arena, &rows, &count, NULL) == SAN_OK && count;
}

/* What was understood of each entity, or of those with that entity_id, else with that name. */
static void method_understood(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    static const struct rpc_long_steps steps = {.read = rpc_long_read_rows, .look = describe};
    const char *entity_id = rpc_text_of(params, "entity_id");
    struct san_error error = {0};
    struct rpc_long *answer = rpc_long_new(daemon, call);
    if (!answer)
        return;
    answer->filter.entity_id = rpc_long_keep(answer, entity_id);
    if (entity_id && !fits_any(daemon, &answer->filter, answer->arena))
        answer->filter = (struct reg_filter){.name = answer->filter.entity_id};
    if (entity_id && answer->filter.name && !fits_any(daemon, &answer->filter, answer->arena)) {
        san_fail(&error, SAN_EINVAL, "there is no entity '%.100s': 'hearthctl devices --all' lists them",
            entity_id);
        rpc_answer_change(daemon, call, error.status, &error, "entity", entity_id);
        rpc_long_free(answer);
        return;
    }
    cJSON_AddArrayToObject(answer->result, "entities");
    rpc_long_start(answer, &steps);
}

static void method_reload(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    (void)params;
    char why[512] = "";
    if (daemon->reload(daemon, why, sizeof(why)) == 0)
        rpc_answer(call, NULL);
    else
        rpc_answer_error(call, JSONRPC_REFUSED, why, NULL);
}

static void method_watch(struct hearthd *daemon, struct rpc_call *call, const cJSON *params)
{
    (void)daemon;
    (void)params;
    call->watch(call);
    rpc_answer(call, NULL);
}

/* ---- the table ---- */

enum param_type { PARAM_TEXT, PARAM_FLAG, PARAM_NUMBER, PARAM_OBJECT };

static const struct method {
    const char *name;
    void (*run)(struct hearthd *daemon, struct rpc_call *call, const cJSON *params);
    struct param {
        const char *name;
        enum param_type type;
        bool required;
    } params[PARAMS_MAX];
} methods[] = {
    {"say", method_say,
        {{"text", PARAM_TEXT, true}, {"area", PARAM_TEXT, false}, {"source", PARAM_TEXT, false},
            {"id", PARAM_TEXT, false}, {"dry_run", PARAM_FLAG, false}}},
    {"call", method_call,
        {{"tool", PARAM_TEXT, true}, {"arguments", PARAM_OBJECT, false}, {"area", PARAM_TEXT, false},
            {"dry_run", PARAM_FLAG, false}}},
    {"devices", rpc_method_devices,
        {{"name", PARAM_TEXT, false}, {"area", PARAM_TEXT, false}, {"floor", PARAM_TEXT, false},
            {"domain", PARAM_TEXT, false}, {"all", PARAM_FLAG, false}}},
    {"areas", rpc_method_areas, {{0}}},
    {"areas.suggest", rpc_method_areas_suggest, {{0}}},
    {"area.set", rpc_method_area_set, {{"entity_id", PARAM_TEXT, true}, {"area", PARAM_TEXT, true}}},
    {"area.put", rpc_method_area_put, {{"name", PARAM_TEXT, true}, {"floor", PARAM_TEXT, false}}},
    {"alias.add", rpc_method_alias_add,
        {{"kind", PARAM_TEXT, true}, {"of", PARAM_TEXT, true}, {"alias", PARAM_TEXT, true}}},
    {"alias.remove", rpc_method_alias_remove,
        {{"kind", PARAM_TEXT, true}, {"of", PARAM_TEXT, true}, {"alias", PARAM_TEXT, true}}},
    {"alias.suggest", rpc_method_alias_suggest, {{0}}},
    {"expose", rpc_method_expose, {{"entity_id", PARAM_TEXT, true}, {"exposed", PARAM_FLAG, true}}},
    {"satellites", rpc_method_satellites, {{0}}},
    {"satellite.set", rpc_method_satellite_set, {{"id", PARAM_TEXT, true}, {"room", PARAM_TEXT, true}}},
    {"satellite.remove", rpc_method_satellite_remove, {{"id", PARAM_TEXT, true}}},
    {"forget", rpc_method_forget, {{"entity_id", PARAM_TEXT, true}}},
    {"import", rpc_method_import, {{"home", PARAM_OBJECT, true}}},
    {"home_assistant.import", rpc_method_ha_import,
        {{"url", PARAM_TEXT, false}, {"token", PARAM_TEXT, false}}},
    {"export", rpc_method_export, {{0}}},
    {"log", method_log, {{"limit", PARAM_NUMBER, false}, {"id", PARAM_NUMBER, false}}},
    {"explain", method_explain, {{"id", PARAM_NUMBER, false}}},
    {"replay", method_replay, {{"id", PARAM_NUMBER, false}}},
    {"status", method_status, {{0}}},
    {"tools", method_tools, {{0}}},
    {"doctor", method_doctor, {{0}}},
    {"understood", method_understood, {{"entity_id", PARAM_TEXT, false}}},
    {"reload", method_reload, {{0}}},
    {"watch", method_watch, {{0}}},
};

static const struct method *find_method(const char *name)
{
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        if (strcmp(methods[i].name, name) == 0)
            return &methods[i];
    return NULL;
}

static const char *type_name(enum param_type type)
{
    switch (type) {
    case PARAM_TEXT:
        return "text";
    case PARAM_FLAG:
        return "true or false";
    case PARAM_NUMBER:
        return "a number";
    case PARAM_OBJECT:
        return "an object";
    }
    return "?";
}

static bool has_type(const cJSON *value, enum param_type type)
{
    switch (type) {
    case PARAM_TEXT:
        return cJSON_IsString(value);
    case PARAM_FLAG:
        return cJSON_IsBool(value);
    case PARAM_NUMBER:
        return cJSON_IsNumber(value);
    case PARAM_OBJECT:
        return cJSON_IsObject(value);
    }
    return false;
}

static const struct param *find_param(const struct method *method, const char *name)
{
    for (size_t i = 0; i < PARAMS_MAX && method->params[i].name; i++)
        if (strcmp(method->params[i].name, name) == 0)
            return &method->params[i];
    return NULL;
}

/* False: why says which parameter is wrong. After this, methods need no checks of type or presence. */
static bool check_params(const struct method *method, const cJSON *params, char *why, size_t size)
{
    const cJSON *value;
    cJSON_ArrayForEach(value, params)
    {
        const struct param *param = find_param(method, value->string);
        if (!param)
            snprintf(why, size, "%s takes no parameter \"%.40s\"", method->name, value->string);
        else if (!has_type(value, param->type))
            snprintf(why, size, "%s must be %s", param->name, type_name(param->type));
        else
            continue;
        return false;
    }
    for (size_t i = 0; i < PARAMS_MAX && method->params[i].name; i++) {
        const struct param *param = &method->params[i];
        if (!param->required || cJSON_GetObjectItemCaseSensitive(params, param->name))
            continue;
        snprintf(why, size, "%s needs the parameter \"%s\"", method->name, param->name);
        return false;
    }
    return true;
}

void rpc_handle(struct hearthd *daemon, struct rpc_call *call, const struct jsonrpc_request *request)
{
    char why[160];
    const struct method *method = find_method(request->method);
    if (!method) {
        snprintf(why, sizeof(why), "there is no method \"%s\"", request->method);
        rpc_answer_error(call, JSONRPC_METHOD_NOT_FOUND, why, NULL);
        return;
    }
    if (!check_params(method, request->params, why, sizeof(why))) {
        rpc_answer_error(call, JSONRPC_INVALID_PARAMS, why, NULL);
        return;
    }
    method->run(daemon, call, request->params);
}
