/* cmd_parse.c - hearthctl parse: what a sentence means in the home of a file; no hearthd, no broker, nothing
 * is done. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/offline.h"
#include "cli/output.h"
#include "cli/result.h"
#include "daemon/calls_json.h"

static cJSON *calls_array(const struct home_call *calls, size_t count)
{
    cJSON *array = cJSON_CreateArray();
    for (size_t i = 0; i < count; i++)
        cJSON_AddItemToArray(array, call_to_json(&calls[i]));
    return array;
}

static cJSON *items_array(const struct understand_request *prepared)
{
    cJSON *array = cJSON_CreateArray();
    for (size_t i = 0; i < prepared->request.item_count; i++) {
        const struct shortlist_item *item = &prepared->items[i];
        cJSON *object = cJSON_CreateObject();
        cJSON_AddStringToObject(object, "kind", item->kind);
        cJSON_AddStringToObject(object, "text", item->text);
        cJSON_AddStringToObject(object, "name", item->name);
        cJSON_AddNumberToObject(object, "score", item->score);
        cJSON_AddItemToArray(array, object);
    }
    return array;
}

/* What it is that is missing, unproven or overlooked; "" where a call is kept back for another reason. */
static const char *what_of(const struct understood_call *call, const char *why)
{
    if (strcmp(why, "missing") == 0)
        return call->missing;
    if (strcmp(why, "unproven") == 0)
        return call->unproven;
    return strcmp(why, "overlooked") == 0 ? call->overlooked : "";
}

/* What was meant but must not be done, or not before a yes: [{"call","why","what","confidence"}]. */
static cJSON *dropped_array(const struct offline_result *result)
{
    cJSON *array = cJSON_CreateArray();
    for (size_t i = 0; i < result->understood.call_count; i++) {
        const struct understood_call *call = &result->understood.calls[i];
        const char *why = result->kept_back[i];
        if (!why[0])
            continue;
        cJSON *object = cJSON_CreateObject();
        cJSON_AddItemToObject(object, "call", call_to_json(&call->call));
        cJSON_AddStringToObject(object, "why", why);
        cJSON_AddStringToObject(object, "what", what_of(call, why));
        cJSON_AddNumberToObject(object, "confidence", call->confidence);
        if (call->leftover[0])
            cJSON_AddStringToObject(object, "leftover", call->leftover);
        cJSON_AddItemToArray(array, object);
    }
    return array;
}

static cJSON *steps_array(const struct san_result *network)
{
    cJSON *array = cJSON_CreateArray();
    for (size_t i = 0; i < network->step_count; i++) {
        const struct san_step *step = &network->steps[i];
        cJSON *object = cJSON_CreateObject();
        cJSON_AddStringToObject(object, "token", step->token);
        cJSON_AddNumberToObject(object, "probability", (double)step->probability);
        cJSON_AddNumberToObject(object, "allowed", step->allowed);
        if (step->second) {
            cJSON_AddStringToObject(object, "second", step->second);
            cJSON_AddNumberToObject(object, "second_probability", (double)step->second_probability);
        }
        cJSON_AddItemToArray(array, object);
    }
    return array;
}

static cJSON *result_json(const char *text, const struct offline_result *result, bool trace)
{
    cJSON *json = cJSON_CreateObject(), *ms = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "text", text);
    cJSON_AddStringToObject(json, "area", result->prepared.area);
    cJSON_AddStringToObject(json, "normalized", result->prepared.normalized);
    if (result->except.text)
        cJSON_AddStringToObject(json, "without", result->except.text);
    cJSON_AddItemToObject(json, "calls", calls_array(result->calls, result->call_count));
    cJSON_AddItemToObject(json, "dropped", dropped_array(result));
    cJSON_AddNumberToObject(json, "confidence", result->understood.confidence);
    cJSON_AddItemToObject(json, "items", items_array(&result->prepared));
    if (trace)
        cJSON_AddItemToObject(json, "steps", steps_array(result->network));
    cJSON_AddItemToObject(json, "ms", ms);
    cJSON_AddNumberToObject(ms, "encode", result->network->timing.encode_ms);
    cJSON_AddNumberToObject(ms, "decode", result->network->timing.decode_ms);
    cJSON_AddNumberToObject(ms, "total", result->ms);
    return json;
}

static void print_dropped(const cJSON *row)
{
    char text[2048], safe[2048];
    const char *why = json_text(row, "why"), *what = json_text(row, "what");
    bool asked = strcmp(why, "asked") == 0;
    result_call_text(text, sizeof(text), json_item(row, "call"));
    printf("  %s %s: ", asked ? "asked  " : "dropped", output_safe(safe, sizeof(safe), text));
    if (asked)
        printf("hearthd asks first, at %.0f %%", json_number(row, "confidence") * 100.0);
    else if (strcmp(why, "unsure") == 0)
        printf("unsure, at %.0f %%", json_number(row, "confidence") * 100.0);
    else
        printf("%s%s%s", why, what[0] ? " " : "", output_safe(safe, sizeof(safe), what));
    if (json_text(row, "leftover")[0])
        printf(", for \"%s\" was said", output_safe(safe, sizeof(safe), json_text(row, "leftover")));
    putchar('\n');
}

static void print_result(const cJSON *json)
{
    char safe[2048];
    result_print_calls(json_item(json, "calls"), json_number(json, "confidence"));
    const cJSON *row;
    cJSON_ArrayForEach(row, json_item(json, "dropped")) print_dropped(row);
    if (json_item(json, "without"))
        printf("  without \"%s\"\n", output_safe(safe, sizeof(safe), json_text(json, "without")));
    const char *separator = "  from    ";
    cJSON_ArrayForEach(row, json_item(json, "items"))
    {
        output_safe(safe, sizeof(safe), json_text(row, "text"));
        printf("%s@%s %s", separator, json_text(row, "kind"), safe);
        separator = ", ";
    }
    if (json_item(json, "items")->child)
        putchar('\n');
    cJSON_ArrayForEach(row, json_item(json, "steps"))
    {
        printf("  step    %-22s %6.2f %% of %.0f", output_safe(safe, sizeof(safe), json_text(row, "token")),
            json_number(row, "probability") * 100.0, json_number(row, "allowed"));
        const char *second = json_text(row, "second");
        if (second[0])
            printf(", else %s %.2f %%", output_safe(safe, sizeof(safe), second),
                json_number(row, "second_probability") * 100.0);
        putchar('\n');
    }
    const cJSON *ms = json_item(json, "ms");
    printf("  took    %.2f ms (encoder %.2f, decoder %.2f)\n", json_number(ms, "total"),
        json_number(ms, "encode"), json_number(ms, "decode"));
}

static int parse_text(
    struct offline *offline, const char *home, const char *text, const char *area, bool trace, bool json)
{
    struct san_error err;
    struct offline_result result;
    if (offline_use_file(offline, home, &err) != SAN_OK ||
        offline_parse(offline, text, area, trace, &result, &err) != SAN_OK) {
        fprintf(stderr, "hearthctl: %s\n", err.text);
        return CLI_FAILED;
    }
    cJSON *answer = result_json(text, &result, trace);
    if (json)
        output_json(answer);
    else
        print_result(answer);
    cJSON_Delete(answer);
    return result.call_count > 0 ? CLI_OK : CLI_FAILED;
}

int cmd_parse(struct cli *cli, int argc, char **argv)
{
    struct offline_options models = {0};
    const char *home = NULL, *area = NULL;
    bool trace = false;
    int count;
    const struct cli_option options[] = {{"home", &home, NULL}, {"area", &area, NULL},
        {"model", &models.model, NULL}, {"tools", &models.tools, NULL}, {"trace", NULL, &trace},
        {"json", NULL, &cli->json}, {NULL, NULL, NULL}};
    if (cli_options(argc, argv, options, &count) != CLI_OK)
        return CLI_USAGE;
    if (!home || count == 0)
        return cli_usage_error(argv[0], "--home FILE and a sentence are wanted");

    char text[4096];
    size_t used = 0;
    text[0] = '\0';
    for (int i = 1; i <= count && used < sizeof(text); i++)
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", i > 1 ? " " : "", argv[i]);
    struct san_error err;
    struct offline *offline = offline_open(&models, &err);
    if (!offline) {
        fprintf(stderr, "hearthctl: %s\n", err.text);
        return CLI_FAILED;
    }
    int status = parse_text(offline, home, text, area, trace, cli->json);
    offline_close(offline);
    return status;
}
