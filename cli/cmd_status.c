/* cmd_status.c - hearthctl status, tools, doctor, reload: how hearthd is and what it can do. */
#include <stdio.h>
#include <string.h>

#include "cli/output.h"
#include "cli/rpc_client.h"

/* Takes --json and no argument, calls, and hands out the answer. */
static int simple_call(struct cli *cli, int argc, char **argv, const char *method, cJSON **result)
{
    int count;
    const struct cli_option options[] = {{"json", NULL, &cli->json}, {NULL, NULL, NULL}};
    *result = NULL;
    if (cli_options(argc, argv, options, &count) != CLI_OK)
        return CLI_USAGE;
    if (count > 0)
        return cli_usage_error(argv[0], "no argument is wanted");
    int status = rpc_once(cli, method, NULL, result);
    if (status == CLI_OK && cli->json)
        output_json(*result);
    return status;
}

static void duration_text(char *out, size_t size, double seconds)
{
    long total = (long)seconds;
    if (total >= 86400)
        snprintf(out, size, "%ld days %ld h", total / 86400, total % 86400 / 3600);
    else if (total >= 3600)
        snprintf(out, size, "%ld h %ld min", total / 3600, total % 3600 / 60);
    else
        snprintf(out, size, "%ld min %ld s", total / 60, total % 60);
}

/* Why a connection is not there. */
static void print_trouble(const cJSON *connection)
{
    char safe[1024];
    const char *trouble = json_text(connection, "trouble");
    if (trouble[0])
        printf("            %s\n", output_safe(safe, sizeof(safe), trouble));
}

static void print_status(const cJSON *status)
{
    char uptime[64];
    const cJSON *model = json_item(status, "model"), *mqtt = json_item(status, "mqtt");
    bool connected = strcmp(json_text(mqtt, "state"), "online") == 0;
    duration_text(uptime, sizeof(uptime), json_number(status, "uptime_s"));
    printf(
        "hearthd     %s, node %s, up %s\n", json_text(status, "version"), json_text(status, "node"), uptime);
    printf("broker      %s %s%s%s\n", json_text(mqtt, "broker"),
        output_color(connected ? COLOR_GREEN : COLOR_RED), json_text(mqtt, "state"),
        output_color(COLOR_PLAIN));
    print_trouble(mqtt);
    const cJSON *ha = json_item(status, "home_assistant");
    if (ha)
        printf("assistant   %s %s, %.0f entities\n", json_text(ha, "url"), json_text(ha, "state"),
            json_number(ha, "entities"));
    print_trouble(ha);
    printf("model       %s, %.1f M parameters, %s kernels\n", json_text(model, "name"),
        json_number(model, "parameters") / 1e6, json_text(status, "kernels"));
    printf("home        %.0f entities, %.0f areas\n", json_number(status, "entities"),
        json_number(status, "areas"));
    printf("utterances  %.0f, median %.1f ms\n", json_number(status, "utterances"),
        json_number(status, "median_ms"));
    printf("memory      %.1f MB\n", json_number(status, "rss_kb") / 1024.0);
}

int cmd_status(struct cli *cli, int argc, char **argv)
{
    cJSON *result;
    int status = simple_call(cli, argc, argv, "status", &result);
    if (status == CLI_OK && !cli->json)
        print_status(result);
    cJSON_Delete(result);
    return status;
}

int cmd_tools(struct cli *cli, int argc, char **argv)
{
    static const char *const headers[] = {"TOOL", "WHAT IT DOES", NULL};
    cJSON *result;
    int status = simple_call(cli, argc, argv, "tools", &result);
    if (status == CLI_OK && !cli->json) {
        struct table *table = table_new(headers);
        const cJSON *tool;
        cJSON_ArrayForEach(tool, json_item(result, "tools"))
        {
            const char *const texts[] = {json_text(tool, "name"), json_text(tool, "description")};
            table_row(table, texts);
        }
        table_print(table, stdout);
        table_free(table);
    }
    cJSON_Delete(result);
    return status;
}

/* One line of notes: what it is about, and what is wrong with it. */
static void print_note(const char *of, const char *problem)
{
    char name[256], text[2048];
    output_safe(name, sizeof(name), of);
    output_safe(text, sizeof(text), problem);
    printf("%snote%s %s: %s\n", output_color(COLOR_YELLOW), output_color(COLOR_PLAIN), name, text);
}

static void print_hidden(const char *entity_id)
{
    char problem[320];
    snprintf(problem, sizeof(problem), "voice may not use it: hearthctl expose on %s", entity_id);
    print_note(entity_id, problem);
}

/* Prints the checks; false if one failed. */
static bool print_checks(const cJSON *result)
{
    bool all_ok = true;
    char name[256], text[1024];
    const cJSON *row;
    cJSON_ArrayForEach(row, json_item(result, "checks"))
    {
        bool ok = cJSON_IsTrue(json_item(row, "ok"));
        all_ok &= ok;
        output_safe(name, sizeof(name), json_text(row, "name"));
        output_safe(text, sizeof(text), json_text(row, "text"));
        printf("%s%-4s%s %s: %s\n", output_color(ok ? COLOR_GREEN : COLOR_RED), ok ? "ok" : "BAD",
            output_color(COLOR_PLAIN), name, text);
    }
    cJSON_ArrayForEach(row, json_item(result, "devices"))
    {
        print_note(json_text(row, "entity_id"), json_text(row, "problem"));
    }
    cJSON_ArrayForEach(row, json_item(result, "announcements"))
    {
        print_note(json_text(row, "topic"), json_text(row, "problem"));
    }
    cJSON_ArrayForEach(row, json_item(result, "hidden"))
    {
        if (cJSON_IsString(row))
            print_hidden(row->valuestring);
    }
    return all_ok;
}

static bool checks_ok(const cJSON *result)
{
    const cJSON *row;
    cJSON_ArrayForEach(row, json_item(result, "checks"))
    {
        if (!cJSON_IsTrue(json_item(row, "ok")))
            return false;
    }
    return true;
}

static void print_row(const char *what, const char *first, const char *second)
{
    char a[256], b[2048];
    output_safe(a, sizeof(a), first);
    output_safe(b, sizeof(b), second);
    printf("  %-10s %s%s%s\n", what, a, second[0] ? "  " : "", b);
}

/* What hearth reads of an entity, and from where; how it can be told something; what it does not understand.
 */
static void print_understood(const cJSON *entity)
{
    const cJSON *row;
    char name[256], id[256];
    output_safe(id, sizeof(id), json_text(entity, "entity_id"));
    output_safe(name, sizeof(name), json_text(entity, "name"));
    printf("%s  %s\n", id, name);
    if (json_text(entity, "device")[0])
        print_row("device", json_text(entity, "device"), "");
    print_row("from", json_text(entity, "source"), "");
    cJSON_ArrayForEach(row, json_item(entity, "reads"))
    {
        print_row("reads", json_text(row, "what"), json_text(row, "topic"));
    }
    cJSON_ArrayForEach(row, json_item(entity, "availability"))
    {
        print_row("available", json_text(entity, "availability_mode"), cJSON_GetStringValue(row));
    }
    cJSON_ArrayForEach(row, json_item(entity, "commands"))
    {
        print_row("tells", json_text(row, "key"), json_text(row, "topic"));
    }
    cJSON_ArrayForEach(row, json_item(entity, "problems"))
    {
        print_row("problem", "", cJSON_GetStringValue(row));
    }
}

static int doctor_of_entities(struct cli *cli, const char *entity_id)
{
    cJSON *params = cJSON_CreateObject(), *result;
    if (entity_id)
        cJSON_AddStringToObject(params, "entity_id", entity_id);
    int status = rpc_once(cli, "understood", params, &result);
    const cJSON *entity, *list = status == CLI_OK && !cli->json ? json_item(result, "entities") : NULL;
    if (status == CLI_OK && cli->json)
        output_json(result);
    cJSON_ArrayForEach(entity, list)
    {
        print_understood(entity);
    }
    cJSON_Delete(result);
    return status;
}

int cmd_doctor(struct cli *cli, int argc, char **argv)
{
    cJSON *result;
    int count;
    bool all = false;
    const struct cli_option options[] = {{"all", NULL, &all}, {"json", NULL, &cli->json}, {NULL, NULL, NULL}};
    if (cli_options(argc, argv, options, &count) != CLI_OK)
        return CLI_USAGE;
    if (count > 1 || (all && count))
        return cli_usage_error(argv[0], "give one entity_id, or --all, or neither");
    if (all || count)
        return doctor_of_entities(cli, count ? argv[1] : NULL);
    int status = rpc_once(cli, "doctor", NULL, &result);
    if (status == CLI_OK) {
        if (cli->json)
            output_json(result);
        bool ok = cli->json ? checks_ok(result) : print_checks(result);
        status = ok ? CLI_OK : CLI_FAILED;
    }
    cJSON_Delete(result);
    return status;
}

int cmd_reload(struct cli *cli, int argc, char **argv)
{
    cJSON *result;
    int status = simple_call(cli, argc, argv, "reload", &result);
    cJSON_Delete(result);
    return status;
}
