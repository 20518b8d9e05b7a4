/* cmd_alias.c - hearthctl alias, expose and forget: how people may call a thing, whether they may, and that
 * it is gone. */
#include <string.h>

#include "cli/rpc_client.h"

int cmd_alias(struct cli *cli, int argc, char **argv)
{
    int count;
    const struct cli_option options[] = {{NULL, NULL, NULL}};
    if (cli_options(argc, argv, options, &count) != CLI_OK)
        return CLI_USAGE;
    bool add = count == 4 && strcmp(argv[1], "add") == 0;
    if (!add && !(count == 4 && strcmp(argv[1], "remove") == 0))
        return cli_usage_error(
            argv[0], "say add or remove, the kind, of what, and the alias: add area Kitchen \"the galley\"");
    cJSON *params = cJSON_CreateObject(), *result;
    cJSON_AddStringToObject(params, "kind", argv[2]);
    cJSON_AddStringToObject(params, "of", argv[3]);
    cJSON_AddStringToObject(params, "alias", argv[4]);
    int status = rpc_once(cli, add ? "alias.add" : "alias.remove", params, &result);
    cJSON_Delete(result);
    return status;
}

int cmd_expose(struct cli *cli, int argc, char **argv)
{
    int count;
    const struct cli_option options[] = {{NULL, NULL, NULL}};
    if (cli_options(argc, argv, options, &count) != CLI_OK)
        return CLI_USAGE;
    bool on = count == 2 && strcmp(argv[1], "on") == 0;
    if (!on && !(count == 2 && strcmp(argv[1], "off") == 0))
        return cli_usage_error(argv[0], "say on or off, and the entity: off lock.front_door");
    cJSON *params = cJSON_CreateObject(), *result;
    cJSON_AddStringToObject(params, "entity_id", argv[2]);
    cJSON_AddBoolToObject(params, "exposed", on);
    int status = rpc_once(cli, "expose", params, &result);
    cJSON_Delete(result);
    return status;
}

int cmd_forget(struct cli *cli, int argc, char **argv)
{
    int count;
    const struct cli_option options[] = {{NULL, NULL, NULL}};
    if (cli_options(argc, argv, options, &count) != CLI_OK)
        return CLI_USAGE;
    if (count != 1)
        return cli_usage_error(argv[0], "say the entity: light.old_lamp");
    cJSON *params = cJSON_CreateObject(), *result;
    cJSON_AddStringToObject(params, "entity_id", argv[1]);
    int status = rpc_once(cli, "forget", params, &result);
    cJSON_Delete(result);
    return status;
}
