/* cmd_areas.c - hearthctl areas, hearthctl areas suggest, and hearthctl area put|set. */
#include <stdio.h>
#include <string.h>

#include "cli/output.h"
#include "cli/rpc_client.h"

static void join_aliases(char *out, size_t size, const cJSON *object)
{
    out[0] = '\0';
    const cJSON *alias;
    cJSON_ArrayForEach(alias, json_item(object, "aliases"))
    {
        size_t used = strlen(out);
        if (cJSON_IsString(alias))
            snprintf(out + used, size - used, "%s%s", used ? ", " : "", alias->valuestring);
    }
}

static void print_areas(const cJSON *result)
{
    static const char *const headers[] = {"AREA", "FLOOR", ">DEVICES", "ALIASES", NULL};
    struct table *table = table_new(headers);
    char aliases[1024], count[24];
    const cJSON *row;
    cJSON_ArrayForEach(row, json_item(result, "areas"))
    {
        join_aliases(aliases, sizeof(aliases), row);
        snprintf(count, sizeof(count), "%.0f", json_number(row, "entities"));
        const char *const texts[] = {json_text(row, "name"), json_text(row, "floor"), count, aliases};
        table_row(table, texts);
    }
    table_print(table, stdout);
    table_free(table);
    cJSON_ArrayForEach(row, json_item(result, "floors"))
    {
        char name[256];
        join_aliases(aliases, sizeof(aliases), row);
        output_safe(name, sizeof(name), json_text(row, "name"));
        if (aliases[0])
            printf("floor %s: also %s\n", name, aliases);
    }
}

static void print_suggestions(const cJSON *list)
{
    if (cJSON_GetArraySize(list) == 0) {
        puts("Nothing to suggest: no device without a room has a name that tells one.");
        return;
    }
    static const char *const headers[] = {"ENTITY", "NAME", "AREA", "", NULL};
    struct table *table = table_new(headers);
    const cJSON *row;
    cJSON_ArrayForEach(row, list)
    {
        const char *const texts[] = {json_text(row, "entity_id"), json_text(row, "name"),
            json_text(row, "area"), cJSON_IsTrue(json_item(row, "new")) ? "(new)" : ""};
        table_row(table, texts);
    }
    table_print(table, stdout);
    table_free(table);
}

/* Does what one row proposes. */
static int apply_suggestion(struct cli *cli, const cJSON *row)
{
    cJSON *params = cJSON_CreateObject(), *result;
    int status = CLI_OK;
    if (cJSON_IsTrue(json_item(row, "new"))) {
        cJSON *area = cJSON_CreateObject();
        cJSON_AddStringToObject(area, "name", json_text(row, "area"));
        status = rpc_once(cli, "area.put", area, &result);
        cJSON_Delete(result);
    }
    cJSON_AddStringToObject(params, "entity_id", json_text(row, "entity_id"));
    cJSON_AddStringToObject(params, "area", json_text(row, "area"));
    if (status != CLI_OK) {
        cJSON_Delete(params);
        return status;
    }
    status = rpc_once(cli, "area.set", params, &result);
    cJSON_Delete(result);
    return status;
}

static int suggest_areas(struct cli *cli, bool apply)
{
    cJSON *result;
    int status = rpc_once(cli, "areas.suggest", NULL, &result);
    const cJSON *row, *list = status == CLI_OK ? json_item(result, "suggestions") : NULL;
    if (status == CLI_OK && cli->json)
        output_json(result);
    else if (status == CLI_OK)
        print_suggestions(list);
    if (apply) {
        cJSON_ArrayForEach(row, list)
        {
            if (status == CLI_OK)
                status = apply_suggestion(cli, row);
        }
    } else if (cJSON_GetArraySize(list) > 0 && !cli->json) {
        puts("To have it so: hearthctl areas suggest --apply; to have one so: hearthctl area put NAME, "
             "hearthctl area set ENTITY NAME");
    }
    cJSON_Delete(result);
    return status;
}

int cmd_areas(struct cli *cli, int argc, char **argv)
{
    int count;
    bool apply = false;
    const struct cli_option options[] = {
        {"json", NULL, &cli->json}, {"apply", NULL, &apply}, {NULL, NULL, NULL}};
    if (cli_options(argc, argv, options, &count) != CLI_OK)
        return CLI_USAGE;
    bool suggest = count == 1 && strcmp(argv[1], "suggest") == 0;
    if ((count > 0 || apply) && !suggest)
        return cli_usage_error(argv[0], "only suggest can follow; to change an area: hearthctl area");
    if (suggest)
        return suggest_areas(cli, apply);
    cJSON *result;
    int status = rpc_once(cli, "areas", NULL, &result);
    if (status != CLI_OK)
        return status;
    if (cli->json)
        output_json(result);
    else if (cJSON_GetArraySize(json_item(result, "areas")) == 0)
        puts("No area is known yet: hearthctl area put NAME makes one, hearthctl areas suggest finds some.");
    else
        print_areas(result);
    cJSON_Delete(result);
    return CLI_OK;
}

int cmd_area(struct cli *cli, int argc, char **argv)
{
    const char *floor = NULL;
    int count;
    const struct cli_option options[] = {{"floor", &floor, NULL}, {NULL, NULL, NULL}};
    if (cli_options(argc, argv, options, &count) != CLI_OK)
        return CLI_USAGE;
    bool put = count == 2 && strcmp(argv[1], "put") == 0;
    bool set = count == 3 && strcmp(argv[1], "set") == 0;
    if (!put && !set)
        return cli_usage_error(argv[0], "say put NAME, or set ENTITY AREA (\"\" for none)");

    cJSON *params = cJSON_CreateObject(), *result;
    if (put) {
        cJSON_AddStringToObject(params, "name", argv[2]);
        if (floor)
            cJSON_AddStringToObject(params, "floor", floor);
    } else {
        cJSON_AddStringToObject(params, "entity_id", argv[2]);
        cJSON_AddStringToObject(params, "area", argv[3]);
    }
    int status = rpc_once(cli, put ? "area.put" : "area.set", params, &result);
    cJSON_Delete(result);
    return status;
}
