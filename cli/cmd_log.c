/* cmd_log.c - hearthctl log and hearthctl explain: rows of the audit. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/output.h"
#include "cli/result.h"
#include "cli/rpc_client.h"

static void time_text(char *out, size_t size, double ms)
{
    time_t seconds = (time_t)(ms / 1000.0);
    struct tm local;
    if (!localtime_r(&seconds, &local) || strftime(out, size, "%F %T", &local) == 0)
        snprintf(out, size, "?");
}

/* A field that may be JSON or JSON in a string. The caller deletes. */
static cJSON *json_field(const cJSON *row, const char *key)
{
    const cJSON *item = json_item(row, key);
    return cJSON_IsString(item) ? cJSON_Parse(item->valuestring) : cJSON_Duplicate(item, true);
}

static void calls_text(char *out, size_t size, const cJSON *row)
{
    cJSON *calls = json_field(row, "calls");
    out[0] = '\0';
    const cJSON *call;
    cJSON_ArrayForEach(call, calls)
    {
        char text[512];
        size_t used = strlen(out);
        result_call_text(text, sizeof(text), call);
        snprintf(out + used, size - used, "%s%s", used ? "; " : "", text);
    }
    cJSON_Delete(calls);
}

static void print_rows(const cJSON *rows)
{
    static const char *const headers[] = {">ID", "TIME", "FROM", "TEXT", "OUTCOME", "CALLS", NULL};
    struct table *table = table_new(headers);
    const cJSON *row;
    cJSON_ArrayForEach(row, rows)
    {
        char id[24], when[32], calls[2048];
        snprintf(id, sizeof(id), "%.0f", json_number(row, "id"));
        time_text(when, sizeof(when), json_number(row, "time_ms"));
        calls_text(calls, sizeof(calls), row);
        const char *const texts[] = {
            id, when, json_text(row, "source"), json_text(row, "text"), json_text(row, "outcome"), calls};
        table_row(table, texts);
    }
    table_print(table, stdout);
    table_free(table);
}

/* A whole number of at least 1; false if the text is none. */
static bool parse_count(const char *text, double *out)
{
    char *end;
    *out = strtod(text, &end);
    return end != text && *end == '\0' && *out >= 1 && *out < 1e15 && *out == (double)(long long)*out;
}

int cmd_log(struct cli *cli, int argc, char **argv)
{
    const char *limit = "20";
    double rows;
    int count;
    const struct cli_option options[] = {{"n", &limit, NULL}, {"json", NULL, &cli->json}, {NULL, NULL, NULL}};
    if (cli_options(argc, argv, options, &count) != CLI_OK)
        return CLI_USAGE;
    if (count > 0 || !parse_count(limit, &rows))
        return cli_usage_error(argv[0], "-n wants a number of rows; there is no other argument");
    cJSON *params = cJSON_CreateObject(), *result;
    cJSON_AddNumberToObject(params, "limit", rows);
    int status = rpc_once(cli, "log", params, &result);
    if (status != CLI_OK)
        return status;
    if (cli->json)
        output_json(json_item(result, "rows"));
    else
        print_rows(json_item(result, "rows"));
    cJSON_Delete(result);
    return CLI_OK;
}

/* ---- explain ---- */

static void print_steps(const cJSON *steps)
{
    static const char *const headers[] = {"  WROTE", ">SURE", ">OF", "ELSE", ">SURE", NULL};
    struct table *table = table_new(headers);
    const cJSON *step;
    cJSON_ArrayForEach(step, steps)
    {
        char token[128], sure[16], of[16], other[16];
        const char *second = json_text(step, "second");
        snprintf(token, sizeof(token), "  %s", json_text(step, "token"));
        snprintf(sure, sizeof(sure), "%.1f %%", json_number(step, "p") * 100.0);
        snprintf(of, sizeof(of), "%.0f", json_number(step, "allowed"));
        snprintf(other, sizeof(other), "%.1f %%", json_number(step, "second_p") * 100.0);
        const char *const texts[] = {token, sure, of, second, second[0] ? other : ""};
        table_row(table, texts);
    }
    if (table_rows(table) > 0)
        table_print(table, stdout);
    table_free(table);
}

/* The names of the home that came into question, best first. */
static void print_items(const cJSON *items)
{
    char text[256];
    const char *separator = "  names   ";
    const cJSON *item;
    cJSON_ArrayForEach(item, items)
    {
        printf("%s@%s %s (%.1f)", separator, json_text(item, "kind"),
            output_safe(text, sizeof(text), json_text(item, "text")), json_number(item, "score"));
        separator = ", ";
    }
    if (cJSON_GetArraySize(items) > 0)
        putchar('\n');
}

static void print_timings(const cJSON *ms)
{
    const char *separator = "  took    ";
    const cJSON *part;
    cJSON_ArrayForEach(part, ms)
    {
        printf("%s%s %.2f ms", separator, part->string, json_number(ms, part->string));
        separator = ", ";
    }
    if (cJSON_GetArraySize(ms) > 0)
        putchar('\n');
}

static void print_detail(const cJSON *detail)
{
    char text[2048];
    const char *area = json_text(detail, "area");
    printf("  heard   %s%s%s\n", output_safe(text, sizeof(text), json_text(detail, "normalized")),
        area[0] ? ", from " : "", area);
    print_items(json_item(detail, "items"));
    print_timings(json_item(detail, "ms"));
    print_steps(json_item(detail, "steps"));
}

static void print_row(const cJSON *row)
{
    char when[32], text[2048];
    time_text(when, sizeof(when), json_number(row, "time_ms"));
    output_safe(text, sizeof(text), json_text(row, "text"));
    printf("%s%s%s\n", output_color(COLOR_BOLD), text, output_color(COLOR_PLAIN));
    printf("  number  %.0f, %s, from %s\n", json_number(row, "id"), when, json_text(row, "source"));
    cJSON *calls = json_field(row, "calls"), *commands = json_field(row, "commands");
    result_print_calls(calls, json_number(row, "confidence"));
    result_print_commands(commands);
    cJSON_Delete(calls);
    cJSON_Delete(commands);
    output_safe(text, sizeof(text), json_text(row, "reply"));
    printf("  outcome %s: %s\n", json_text(row, "outcome"), text);
    cJSON *detail = json_field(row, "detail");
    print_detail(detail);
    cJSON_Delete(detail);
}

int cmd_explain(struct cli *cli, int argc, char **argv)
{
    int count;
    const struct cli_option options[] = {{"json", NULL, &cli->json}, {NULL, NULL, NULL}};
    if (cli_options(argc, argv, options, &count) != CLI_OK)
        return CLI_USAGE;
    double id = 0;
    bool last = count == 0 || (count == 1 && strcmp(argv[1], "last") == 0);
    if (!last && !(count == 1 && parse_count(argv[1], &id)))
        return cli_usage_error(argv[0], "say last, or a number of hearthctl log");
    cJSON *params = cJSON_CreateObject(), *result;
    if (!last)
        cJSON_AddNumberToObject(params, "id", id);
    int status = rpc_once(cli, "explain", params, &result);
    if (status != CLI_OK)
        return status;
    if (cli->json)
        output_json(result);
    else
        print_row(result);
    cJSON_Delete(result);
    return CLI_OK;
}
