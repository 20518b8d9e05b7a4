/* cmd_areas.c - hearthctl areas, and hearthctl area put|set. */
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

int cmd_areas(struct cli *cli, int argc, char **argv)
{
    int count;
    const struct cli_option options[] = {{"json", NULL, &cli->json}, {NULL, NULL, NULL}};
    if (cli_options(argc, argv, options, &count) != CLI_OK)
        return CLI_USAGE;
    if (count > 0)
        return cli_usage_error(argv[0], "no argument is wanted; to change one: hearthctl area");
    cJSON *result;
    int status = rpc_once(cli, "areas", NULL, &result);
    if (status != CLI_OK)
        return status;
    if (cli->json)
        output_json(result);
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
        return cli_usage_error(argv[0], "say put NAME, or set ENTITY_ID AREA (\"\" for none)");

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
