/* result.c - see result.h. */
#include "cli/result.h"

#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/output.h"

int result_status(const cJSON *result)
{
    static const char *const good[] = {"done", "sent", "silent", "dry_run", "understood"};
    const char *outcome = json_text(result, "outcome");
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
        if (strcmp(outcome, good[i]) == 0)
            return CLI_OK;
    }
    return CLI_FAILED;
}

static enum output_color outcome_color(const char *outcome)
{
    if (strcmp(outcome, "done") == 0)
        return COLOR_GREEN;
    if (strcmp(outcome, "refused") == 0 || strcmp(outcome, "failed") == 0)
        return COLOR_RED;
    return COLOR_YELLOW;
}

static void append(char *out, size_t size, const char *text)
{
    size_t used = strlen(out);
    snprintf(out + used, size - used, "%s", text);
}

/* A value as it stands in a call: names with spaces in quotes. */
static void append_value(char *out, size_t size, const cJSON *value)
{
    char number[32];
    const char *text = cJSON_GetStringValue(value);
    bool quote = text && (strchr(text, ' ') || text[0] == '\0');
    if (!text) {
        snprintf(number, sizeof(number), "%g", value->valuedouble);
        text = number;
    }
    append(out, size, quote ? "\"" : "");
    append(out, size, text);
    append(out, size, quote ? "\"" : "");
}

char *result_call_text(char *out, size_t size, const cJSON *call)
{
    snprintf(out, size, "%s", json_text(call, "name"));
    const cJSON *argument;
    cJSON_ArrayForEach(argument, json_item(call, "arguments"))
    {
        append(out, size, " ");
        append(out, size, argument->string);
        append(out, size, "=");
        append_value(out, size, argument);
    }
    return out;
}

void result_print_reply(const cJSON *result)
{
    char reply[4096];
    const char *outcome = json_text(result, "outcome");
    output_safe(reply, sizeof(reply), json_text(result, "reply"));
    printf("%s%s%s\n", output_color(outcome_color(outcome)), reply[0] ? reply : outcome,
        output_color(COLOR_PLAIN));
}

void result_print_calls(const cJSON *calls, double confidence)
{
    char text[2048], safe[2048];
    const cJSON *call;
    cJSON_ArrayForEach(call, calls)
        printf("  call    %s\n", output_safe(safe, sizeof(safe), result_call_text(text, sizeof(text), call)));
    if (cJSON_GetArraySize(calls) == 0)
        printf("  call    none\n");
    printf("%s  sure    %.0f %%%s\n", output_color(COLOR_DIM), confidence * 100.0, output_color(COLOR_PLAIN));
}

void result_print_commands(const cJSON *commands)
{
    char topic[1024], payload[4096];
    const cJSON *command;
    cJSON_ArrayForEach(command, commands)
    {
        output_safe(topic, sizeof(topic), json_text(command, "topic"));
        output_safe(payload, sizeof(payload), json_text(command, "payload"));
        printf("  publish %s %s\n", topic, payload);
    }
}

static void print_changes(const cJSON *changes)
{
    char name[256], from[256], to[256];
    const cJSON *change;
    cJSON_ArrayForEach(change, changes)
    {
        output_safe(name, sizeof(name), json_text(change, "name"));
        output_safe(from, sizeof(from), json_text(change, "from"));
        output_safe(to, sizeof(to), json_text(change, "to"));
        if (strcmp(from, to) == 0)
            continue;
        printf("  changed %s: %s -> %s\n", name, from[0] ? from : "unknown", to);
    }
}

void result_print(const cJSON *result)
{
    result_print_reply(result);
    result_print_calls(json_item(result, "calls"), json_number(result, "confidence"));
    result_print_commands(json_item(result, "commands"));
    print_changes(json_item(result, "changes"));
    const cJSON *ms = json_item(result, "ms");
    if (!ms)
        return;
    double total = json_number(ms, "total");
    printf("%s  took    %.1f ms (%.1f ms of it waiting for the devices)%s\n", output_color(COLOR_DIM), total,
        json_number(ms, "confirm"), output_color(COLOR_PLAIN));
}
