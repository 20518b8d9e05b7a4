/* cmd_import.c - hearthctl import and hearthctl export: the registry from and to a home file. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/output.h"
#include "cli/rpc_client.h"

enum { HOME_MAX = 64 << 20 };

int cmd_import(struct cli *cli, int argc, char **argv)
{
    int count;
    const struct cli_option options[] = {{NULL, NULL, NULL}};
    if (cli_options(argc, argv, options, &count) != CLI_OK)
        return CLI_USAGE;
    if (count != 1)
        return cli_usage_error(argv[0], "name one home file, or - for standard input");
    size_t len;
    char *text = cli_read_file(argv[1], HOME_MAX, &len);
    if (!text)
        return CLI_FAILED;
    cJSON *home = cJSON_ParseWithLength(text, len);
    if (!home)
        fprintf(stderr, "hearthctl: %s: not JSON near \"%.40s\"\n", argv[1], cJSON_GetErrorPtr());
    free(text);
    if (!home)
        return CLI_FAILED;

    cJSON *params = cJSON_CreateObject(), *result;
    cJSON_AddItemToObject(params, "home", home);
    int status = rpc_once(cli, "import", params, &result);
    if (status == CLI_OK)
        printf("%.0f floors, %.0f areas, %.0f entities\n", json_number(result, "floors"),
            json_number(result, "areas"), json_number(result, "entities"));
    cJSON_Delete(result);
    return status;
}

int cmd_export(struct cli *cli, int argc, char **argv)
{
    int count;
    const struct cli_option options[] = {{NULL, NULL, NULL}};
    if (cli_options(argc, argv, options, &count) != CLI_OK)
        return CLI_USAGE;
    if (count != 0)
        return cli_usage_error(argv[0], "no argument is wanted; the file goes to standard output");
    cJSON *result;
    int status = rpc_once(cli, "export", NULL, &result);
    if (status == CLI_OK)
        output_json(result);
    cJSON_Delete(result);
    return status;
}
