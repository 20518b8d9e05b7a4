/* cmd_call.c - hearthctl call: a tool by its name and arguments, without a sentence; also those that the
 * network does not speak. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/output.h"
#include "cli/result.h"
#include "cli/rpc_client.h"

/* slot=value; a value that is a number is sent as one. False if there is no =. */
static bool add_argument(cJSON *arguments, const char *text)
{
    char slot[64];
    const char *value = strchr(text, '=');
    size_t len = value ? (size_t)(value - text) : 0;
    char *end;
    if (!len || len >= sizeof(slot))
        return false;
    memcpy(slot, text, len);
    slot[len] = '\0';
    double number = strtod(value + 1, &end);
    if (end > value + 1 && !*end && isfinite(number))
        cJSON_AddNumberToObject(arguments, slot, number);
    else
        cJSON_AddStringToObject(arguments, slot, value + 1);
    return true;
}

int cmd_call(struct cli *cli, int argc, char **argv)
{
    int count;
    bool dry_run = false;
    const struct cli_option options[] = {
        {"dry-run", NULL, &dry_run}, {"json", NULL, &cli->json}, {NULL, NULL, NULL}};
    if (cli_options(argc, argv, options, &count) != CLI_OK)
        return CLI_USAGE;
    if (count < 1)
        return cli_usage_error(argv[0], "say the tool, and its arguments: HassTurnOn entity_id=light.hall");
    cJSON *params = cJSON_CreateObject(), *result;
    cJSON_AddStringToObject(params, "tool", argv[1]);
    cJSON *arguments = cJSON_AddObjectToObject(params, "arguments");
    if (dry_run)
        cJSON_AddTrueToObject(params, "dry_run");
    for (int i = 2; i <= count; i++) {
        if (add_argument(arguments, argv[i]))
            continue;
        cJSON_Delete(params);
        return cli_usage_error(argv[0], "%s is no SLOT=VALUE", argv[i]);
    }
    int status = rpc_once(cli, "call", params, &result);
    if (status == CLI_OK) {
        status = result_status(result);
        if (cli->json)
            output_json(result);
        else
            result_print(result);
    }
    cJSON_Delete(result);
    return status;
}
