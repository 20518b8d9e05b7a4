/* cmd_satellite.c - hearthctl satellite: in which room a microphone stands. */
#include <string.h>

#include "cli/output.h"
#include "cli/rpc_client.h"

static void print_satellites(const cJSON *list)
{
    static const char *const headers[] = {"SATELLITE", "ROOM", "BY", NULL};
    struct table *table = table_new(headers);
    const cJSON *row;
    cJSON_ArrayForEach(row, list)
    {
        const char *const texts[] = {json_text(row, "id"), json_text(row, "room"), json_text(row, "by")};
        table_row(table, texts);
    }
    table_print(table, stdout);
    table_free(table);
}

static int list_satellites(struct cli *cli)
{
    cJSON *result;
    int status = rpc_once(cli, "satellites", NULL, &result);
    if (status == CLI_OK && cli->json)
        output_json(result);
    else if (status == CLI_OK && cJSON_GetArraySize(json_item(result, "satellites")) == 0)
        puts("No satellite was heard yet: hearthctl satellite set ID ROOM puts one somewhere beforehand.");
    else if (status == CLI_OK)
        print_satellites(json_item(result, "satellites"));
    cJSON_Delete(result);
    return status;
}

static int change(struct cli *cli, const char *method, const char *id, const char *room)
{
    cJSON *params = cJSON_CreateObject(), *result;
    cJSON_AddStringToObject(params, "id", id);
    if (room)
        cJSON_AddStringToObject(params, "room", room);
    int status = rpc_once(cli, method, params, &result);
    cJSON_Delete(result);
    return status;
}

int cmd_satellite(struct cli *cli, int argc, char **argv)
{
    int count;
    const struct cli_option options[] = {{"json", NULL, &cli->json}, {NULL, NULL, NULL}};
    if (cli_options(argc, argv, options, &count) != CLI_OK)
        return CLI_USAGE;
    const char *word = count > 0 ? argv[1] : "";
    if (count == 1 && strcmp(word, "list") == 0)
        return list_satellites(cli);
    if (count == 3 && strcmp(word, "set") == 0)
        return change(cli, "satellite.set", argv[2], argv[3]);
    if (count == 2 && strcmp(word, "remove") == 0)
        return change(cli, "satellite.remove", argv[2], NULL);
    return cli_usage_error(argv[0],
        "say list, set and the satellite and its room, or remove and the satellite: "
        "set assist_satellite.desk Study");
}
