/* cmd_log.c - hearthctl log: rows of the audit. */
#include <stdio.h>
#include <string.h>

#include "cli/audit_row.h"
#include "cli/output.h"
#include "cli/result.h"
#include "cli/rpc_client.h"

static void calls_text(char *out, size_t size, const cJSON *row)
{
    out[0] = '\0';
    const cJSON *call;
    cJSON_ArrayForEach(call, json_item(row, "calls"))
    {
        char text[512];
        size_t used = strlen(out);
        result_call_text(text, sizeof(text), call);
        snprintf(out + used, size - used, "%s%s", used ? "; " : "", text);
    }
}

/* What waits for a yes is refused only until then. */
static const char *outcome_text(const cJSON *row)
{
    const cJSON *action;
    cJSON_ArrayForEach(action, json_item(json_item(row, "detail"), "actions"))
    {
        if (strcmp(json_text(action, "refusal"), "question") == 0)
            return "asked";
    }
    return json_text(row, "outcome");
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
        audit_time_text(when, sizeof(when), json_number(row, "time_ms"));
        calls_text(calls, sizeof(calls), row);
        const char *const texts[] = {
            id, when, json_text(row, "source"), json_text(row, "text"), outcome_text(row), calls};
        table_row(table, texts);
    }
    table_print(table, stdout);
    table_free(table);
}

int cmd_log(struct cli *cli, int argc, char **argv)
{
    const char *limit = "20";
    double rows;
    int count;
    const struct cli_option options[] = {{"n", &limit, NULL}, {"json", NULL, &cli->json}, {NULL, NULL, NULL}};
    if (cli_options(argc, argv, options, &count) != CLI_OK)
        return CLI_USAGE;
    if (count > 0 || !audit_parse_count(limit, &rows))
        return cli_usage_error(argv[0], "-n wants a number of rows; there is no other argument");
    cJSON *params = cJSON_CreateObject(), *result;
    cJSON_AddNumberToObject(params, "limit", rows);
    int status = rpc_once(cli, "log", params, &result);
    if (status != CLI_OK)
        return status;
    if (cli->json)
        output_json(json_item(result, "rows"));
    else if (cJSON_GetArraySize(json_item(result, "rows")) == 0)
        fputs("hearthctl: nothing has been heard yet; hearthctl say TEXT is a first sentence\n", stderr);
    else
        print_rows(json_item(result, "rows"));
    cJSON_Delete(result);
    return CLI_OK;
}
