/* cmd_devices.c - hearthctl devices: what is there, where, and how it is. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "cli/output.h"
#include "cli/rpc_client.h"
#include "devices/home.h"

static bool contains(const char *text, const char *search)
{
    size_t len = strlen(search);
    for (; *text; text++) {
        if (strncasecmp(text, search, len) == 0)
            return true;
    }
    return len == 0;
}

/* Does the search appear in one of the entity's names or its place? */
static bool matches(const cJSON *entity, const char *search)
{
    static const char *const fields[] = {"name", "entity_id", "area", "domain", "device_class", "state"};
    for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
        if (contains(json_text(entity, fields[i]), search))
            return true;
    }
    const cJSON *alias;
    cJSON_ArrayForEach(alias, json_item(entity, "aliases"))
    {
        if (cJSON_IsString(alias) && contains(alias->valuestring, search))
            return true;
    }
    return false;
}

/* Drops the entities that do not match. */
static void filter(cJSON *entities, const char *search)
{
    cJSON *entity = entities ? entities->child : NULL;
    while (entity) {
        cJSON *next = entity->next;
        if (!matches(entity, search))
            cJSON_Delete(cJSON_DetachItemViaPointer(entities, entity));
        entity = next;
    }
}

static void state_text(char *out, size_t size, const cJSON *entity)
{
    const char *state = json_text(entity, "state");
    const cJSON *attributes = json_item(entity, "attributes");
    const cJSON *brightness = json_item(attributes, "brightness"),
                *position = json_item(attributes, "position");
    const char *unit = json_text(attributes, "unit_of_measurement");
    if (cJSON_IsFalse(json_item(entity, "available")))
        snprintf(out, size, "unavailable");
    else if (cJSON_IsNumber(brightness) && strcmp(state, "on") == 0)
        snprintf(out, size, "on, %.0f %%", brightness->valuedouble);
    else if (cJSON_IsNumber(position))
        snprintf(out, size, "%s, %.0f %%", state, position->valuedouble);
    else
        snprintf(out, size, "%s%s%s", state[0] ? state : "unknown", state[0] && unit[0] ? " " : "",
            state[0] ? unit : "");
}

static void print_devices(const cJSON *entities)
{
    static const char *const headers[] = {"NAME", "STATE", "AREA", "FLOOR", "ENTITY", "", NULL};
    struct table *table = table_new(headers);
    const cJSON *entity;
    cJSON_ArrayForEach(entity, entities)
    {
        char state[160];
        state_text(state, sizeof(state), entity);
        bool hidden = cJSON_IsFalse(json_item(entity, "exposed"));
        const char *const row[] = {json_text(entity, "name"), state, json_text(entity, "area"),
            json_text(entity, "floor"), json_text(entity, "entity_id"), hidden ? "hidden" : ""};
        table_row(table, row);
    }
    table_print(table, stdout);
    printf("%s%zu device%s%s\n", output_color(COLOR_DIM), table_rows(table),
        table_rows(table) == 1 ? "" : "s", output_color(COLOR_PLAIN));
    table_free(table);
}

int cmd_devices(struct cli *cli, int argc, char **argv)
{
    const char *area = NULL, *floor = NULL, *domain = NULL;
    bool all = false;
    int count;
    const struct cli_option options[] = {{"area", &area, NULL}, {"floor", &floor, NULL},
        {"domain", &domain, NULL}, {"all", NULL, &all}, {"json", NULL, &cli->json}, {NULL, NULL, NULL}};
    if (cli_options(argc, argv, options, &count) != CLI_OK)
        return CLI_USAGE;
    if (count > 1)
        return cli_usage_error(argv[0], "one word or quoted text to search for, not %d", count);

    if (domain && !home_domain_is_known(domain))
        return cli_usage_error(
            argv[0], "hearth knows no domain %s; the nearest is %s", domain, home_domain_nearest(domain));

    cJSON *params = cJSON_CreateObject();
    if (area)
        cJSON_AddStringToObject(params, "area", area);
    if (floor)
        cJSON_AddStringToObject(params, "floor", floor);
    if (domain)
        cJSON_AddStringToObject(params, "domain", domain);
    if (all)
        cJSON_AddTrueToObject(params, "all");
    cJSON *result;
    int status = rpc_once(cli, "devices", params, &result);
    if (status != CLI_OK)
        return status;
    cJSON *entities = cJSON_GetObjectItemCaseSensitive(result, "entities");
    if (count == 1)
        filter(entities, argv[1]);
    if (cli->json)
        output_json(entities);
    else if (cJSON_GetArraySize(entities) > 0)
        print_devices(entities);
    else if (area || floor)
        puts("No device fits: hearthctl areas lists the areas and floors and how many devices are in them, "
             "--all shows those too that voice may not use.");
    else if (count || domain)
        puts("No device fits: hearthctl devices shows them all, --all those too that voice may not use.");
    else
        puts("No device is known yet. What announces itself on the broker comes by itself; hearthctl doctor "
             "tells what is in the way.");
    cJSON_Delete(result);
    return CLI_OK;
}
