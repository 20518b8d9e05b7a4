/* cmd_alias.c - hearthctl alias, expose and forget: how people may call a thing, whether they may, and that
 * it is gone. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/output.h"
#include "cli/rpc_client.h"

/* ---- add, remove ---- */

static int change_alias(
    struct cli *cli, const char *method, const char *kind, const char *of, const char *alias)
{
    cJSON *params = cJSON_CreateObject(), *result;
    cJSON_AddStringToObject(params, "kind", kind);
    cJSON_AddStringToObject(params, "of", of);
    cJSON_AddStringToObject(params, "alias", alias);
    int status = rpc_once(cli, method, params, &result);
    cJSON_Delete(result);
    return status;
}

/* ---- list ---- */

/* One row for each alias of each object: {"kind","of","name","alias"}. */
static void collect(cJSON *list, const char *kind, const char *id, const cJSON *objects)
{
    const cJSON *object, *alias;
    cJSON_ArrayForEach(object, objects)
    {
        cJSON_ArrayForEach(alias, json_item(object, "aliases"))
        {
            cJSON *row = cJSON_CreateObject();
            cJSON_AddStringToObject(row, "kind", kind);
            cJSON_AddStringToObject(row, "of", json_text(object, id));
            cJSON_AddStringToObject(row, "name", json_text(object, "name"));
            cJSON_AddStringToObject(row, "alias", cJSON_GetStringValue(alias));
            cJSON_AddItemToArray(list, row);
        }
    }
}

static void print_aliases(const cJSON *list)
{
    static const char *const headers[] = {"KIND", "OF", "NAME", "ALIAS", NULL};
    struct table *table = table_new(headers);
    const cJSON *row;
    cJSON_ArrayForEach(row, list)
    {
        const char *const texts[] = {
            json_text(row, "kind"), json_text(row, "of"), json_text(row, "name"), json_text(row, "alias")};
        table_row(table, texts);
    }
    table_print(table, stdout);
    table_free(table);
}

static int list_aliases(struct cli *cli)
{
    cJSON *params = cJSON_CreateObject(), *devices, *areas = NULL;
    cJSON_AddTrueToObject(params, "all");
    int status = rpc_once(cli, "devices", params, &devices);
    if (status == CLI_OK)
        status = rpc_once(cli, "areas", NULL, &areas);
    if (status == CLI_OK) {
        cJSON *list = cJSON_CreateArray();
        collect(list, "floor", "name", json_item(areas, "floors"));
        collect(list, "area", "name", json_item(areas, "areas"));
        collect(list, "entity", "entity_id", json_item(devices, "entities"));
        if (cli->json)
            output_json(list);
        else
            print_aliases(list);
        cJSON_Delete(list);
    }
    cJSON_Delete(devices);
    cJSON_Delete(areas);
    return status;
}

/* ---- learn ---- */

static void print_suggestion(const cJSON *row)
{
    char alias[256], name[256], heard[512], then[512];
    output_safe(alias, sizeof(alias), json_text(row, "alias"));
    output_safe(name, sizeof(name), json_text(row, "name"));
    output_safe(heard, sizeof(heard), json_text(row, "heard"));
    output_safe(then, sizeof(then), json_text(row, "then"));
    printf("%s%s%s for the %s %s: \"%s\" was refused, \"%s\" was done (%.0f times)\n",
        output_color(COLOR_BOLD), alias, output_color(COLOR_PLAIN), json_text(row, "kind"), name, heard, then,
        json_number(row, "count"));
}

static bool is_confirmed(void)
{
    char line[64];
    fputs("  Shall it be called so, too? [y/N] ", stdout);
    fflush(stdout);
    return fgets(line, sizeof(line), stdin) && (line[0] == 'y' || line[0] == 'Y');
}

/* Shows each; takes those that are confirmed. */
static int take_suggestions(struct cli *cli, const cJSON *list, bool yes, bool ask)
{
    int status = CLI_OK;
    const cJSON *row;
    cJSON_ArrayForEach(row, list)
    {
        print_suggestion(row);
        if (status == CLI_OK && (yes || (ask && is_confirmed())))
            status = change_alias(
                cli, "alias.add", json_text(row, "kind"), json_text(row, "of"), json_text(row, "alias"));
    }
    if (cJSON_GetArraySize(list) == 0)
        puts("Nothing to learn: no sentence of the log was refused, and said again with another name.");
    else if (!yes && !ask)
        puts("To have them all: hearthctl alias learn --yes; to have one: hearthctl alias add");
    return status;
}

static int learn_aliases(struct cli *cli, bool yes, bool list_only)
{
    cJSON *result;
    int status = rpc_once(cli, "alias.suggest", NULL, &result);
    if (status == CLI_OK && cli->json)
        output_json(result);
    else if (status == CLI_OK)
        status =
            take_suggestions(cli, json_item(result, "suggestions"), yes, !list_only && isatty(STDIN_FILENO));
    cJSON_Delete(result);
    return status;
}

/* ---- the commands ---- */

int cmd_alias(struct cli *cli, int argc, char **argv)
{
    int count;
    bool yes = false, list = false;
    const struct cli_option options[] = {
        {"yes", NULL, &yes}, {"list", NULL, &list}, {"json", NULL, &cli->json}, {NULL, NULL, NULL}};
    if (cli_options(argc, argv, options, &count) != CLI_OK)
        return CLI_USAGE;
    const char *word = count > 0 ? argv[1] : "";
    bool learn = count == 1 && strcmp(word, "learn") == 0;
    if ((yes || list) && !learn)
        return cli_usage_error(argv[0], "--yes and --list belong to learn");
    if (learn && yes && (list || cli->json))
        return cli_usage_error(argv[0], "--yes takes them, --list and --json only show them");
    if (learn)
        return learn_aliases(cli, yes, list);
    if (count == 1 && strcmp(word, "list") == 0)
        return list_aliases(cli);
    if (count == 4 && strcmp(word, "add") == 0)
        return change_alias(cli, "alias.add", argv[2], argv[3], argv[4]);
    if (count == 4 && strcmp(word, "remove") == 0)
        return change_alias(cli, "alias.remove", argv[2], argv[3], argv[4]);
    return cli_usage_error(argv[0], "say list, learn, or add or remove, the kind, of what, and the alias: "
                                    "add area Kitchen \"the galley\"");
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
