/* cmd_import.c - hearthctl import and hearthctl export: the registry from a home file or from Home Assistant,
 * and to a home file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/output.h"
#include "cli/rpc_client.h"
#include "cli/watch.h"
#include "devices/home_file.h"

enum {
    TOKEN_MAX = 4096,
    PORTION_BYTES = 65536, /* of rows in one request: hearthd enters them in some 20 ms */
};

/* ---- from Home Assistant ---- */

/* {"url","token"}, or an empty object for what hearthd is configured to; NULL and a message on stderr. */
static cJSON *home_assistant_params(const char *url, const char *token_file)
{
    cJSON *params = cJSON_CreateObject();
    size_t len;
    if (!url)
        return params;
    char *token = cli_read_file(token_file, TOKEN_MAX, &len);
    if (!token) {
        cJSON_Delete(params);
        return NULL;
    }
    token[strcspn(token, "\r\n")] = '\0';
    cJSON_AddStringToObject(params, "url", url);
    cJSON_AddStringToObject(params, "token", token);
    free(token);
    return params;
}

static void print_counts(const cJSON *result, bool lasts)
{
    printf("%.0f floors, %.0f areas, %.0f entities, %.0f more that are on MQTT\n",
        json_number(result, "floors"), json_number(result, "areas"), json_number(result, "entities"),
        json_number(result, "on_mqtt"));
    if (json_number(result, "left_out") > 0)
        printf("%.0f are exposed, but nothing that hearth can use\n", json_number(result, "left_out"));
    if (!lasts)
        puts(
            "hearthd stays connected until it ends; [home_assistant] url and token_file in its configuration "
            "make that last");
}

static int import_home_assistant(struct cli *cli, const char *url, const char *token_file, bool watch)
{
    cJSON *params = home_assistant_params(url, token_file), *result;
    struct rpc *rpc = params ? rpc_open(cli) : NULL;
    if (!rpc) {
        cJSON_Delete(params);
        return params ? CLI_UNREACHABLE : CLI_FAILED;
    }
    int status = rpc_call(rpc, "home_assistant.import", params, &result);
    if (status == CLI_OK)
        print_counts(result, !url);
    cJSON_Delete(result);
    if (status == CLI_OK && watch)
        status = watch_events(cli, rpc);
    rpc_close(rpc);
    return status;
}

/* ---- from a file ---- */

static const char *const lists[] = {"floors", "areas", "entities"};
enum { LISTS = sizeof(lists) / sizeof(*lists) };

/* Enters all of it into a registry of our own first: a mistake is found before hearthd has any of it. */
static bool check_home(const char *text, size_t len, const char *path)
{
    struct san_error error = {.text = ""};
    struct registry *registry = reg_open(":memory:", &error);
    bool ok = registry && home_import(registry, text, len, path, &error) == SAN_OK;
    if (!ok)
        fprintf(stderr, "hearthctl: %s\n", error.text);
    reg_close(registry);
    return ok;
}

static cJSON *read_home(const char *path)
{
    size_t len;
    char *text = cli_read_file(path, HOME_FILE_MAX, &len);
    if (!text)
        return NULL;
    cJSON *home = check_home(text, len, path) ? cJSON_ParseWithLength(text, len) : NULL;
    free(text);
    return home;
}

static size_t printed_bytes(const cJSON *row)
{
    char *text = cJSON_PrintUnformatted(row);
    size_t len = text ? strlen(text) : 0;
    cJSON_free(text);
    return len;
}

/* Moves rows of home to a home of their own, until that is long enough. */
static cJSON *take_portion(cJSON *home)
{
    cJSON *portion = cJSON_CreateObject();
    size_t bytes = 0;
    for (size_t i = 0; i < LISTS; i++) {
        cJSON *from = cJSON_GetObjectItemCaseSensitive(home, lists[i]);
        cJSON *to = cJSON_AddArrayToObject(portion, lists[i]);
        while (from && from->child && bytes < PORTION_BYTES) {
            bytes += printed_bytes(from->child);
            cJSON_AddItemToArray(to, cJSON_DetachItemViaPointer(from, from->child));
        }
    }
    return portion;
}

static bool has_rows(const cJSON *home)
{
    for (size_t i = 0; i < LISTS; i++) {
        const cJSON *list = json_item(home, lists[i]);
        if (list && list->child)
            return true;
    }
    return false;
}

struct home_counts {
    double floors, areas, entities;
};

/* The home may be larger than a line of the socket, and than what hearthd should do at one go. */
static int send_home(struct rpc *rpc, cJSON *home, struct home_counts *in)
{
    int status = CLI_OK;
    do {
        cJSON *params = cJSON_CreateObject(), *result;
        cJSON_AddItemToObject(params, "home", take_portion(home));
        status = rpc_call(rpc, "import", params, &result);
        in->floors += json_number(result, "floors");
        in->areas += json_number(result, "areas");
        in->entities += json_number(result, "entities");
        cJSON_Delete(result);
    } while (status == CLI_OK && has_rows(home));
    return status;
}

static int import_file(struct cli *cli, const char *path)
{
    cJSON *home = read_home(path);
    struct rpc *rpc = home ? rpc_open(cli) : NULL;
    struct home_counts in = {0};
    int status = rpc ? send_home(rpc, home, &in) : home ? CLI_UNREACHABLE : CLI_FAILED;
    if (status == CLI_OK)
        printf("%.0f floors, %.0f areas, %.0f entities\n", in.floors, in.areas, in.entities);
    else if (in.floors + in.areas + in.entities > 0)
        fprintf(stderr,
            "hearthctl: %.0f floors, %.0f areas and %.0f entities of %s are in, the others are not: import "
            "it "
            "again\n",
            in.floors, in.areas, in.entities, path);
    cJSON_Delete(home);
    rpc_close(rpc);
    return status;
}

int cmd_import(struct cli *cli, int argc, char **argv)
{
    int count;
    const char *url = NULL, *token_file = NULL;
    bool watch = false;
    const struct cli_option options[] = {
        {"url", &url, NULL}, {"token-file", &token_file, NULL}, {"watch", NULL, &watch}, {NULL, NULL, NULL}};
    if (cli_options(argc, argv, options, &count) != CLI_OK)
        return CLI_USAGE;
    if (count != 1)
        return cli_usage_error(argv[0], "name one home file, - for standard input, or home-assistant");
    if (!url != !token_file)
        return cli_usage_error(argv[0], "--url and --token-file go together");
    if (strcmp(argv[1], "home-assistant") == 0)
        return import_home_assistant(cli, url, token_file, watch);
    if (url || watch)
        return cli_usage_error(argv[0], "--url, --token-file and --watch are for home-assistant");
    return import_file(cli, argv[1]);
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
