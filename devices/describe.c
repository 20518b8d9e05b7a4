/* describe.c - a compiled configuration, for people: what it reads from where, and what it can be told. */
#include <string.h>

#include "devices/topic.h"
#include "devices/view.h"

static void append(cJSON *list, cJSON *item)
{
    if (!cJSON_AddItemToArray(list, item))
        cJSON_Delete(item);
}

static void add_reading(cJSON *list, const struct binding *binding)
{
    const char *sets = binding->row->attribute;
    cJSON *entry = cJSON_CreateObject();
    cJSON_AddStringToObject(entry, "what", !*sets ? "state" : strcmp(sets, "*") == 0 ? "everything" : sets);
    cJSON_AddStringToObject(entry, "key", binding->row->topic_key);
    cJSON_AddStringToObject(entry, "topic", binding->topic);
    append(list, entry);
}

static bool is_command(const cJSON *item)
{
    size_t len = strlen(item->string);
    return cJSON_IsString(item) && len > 6 && strcmp(item->string + len - 6, "_topic") == 0 &&
           topic_key_is_command(item->string);
}

cJSON *entity_view_describe(const struct entity_view *view)
{
    static const char *const modes[] = {
        [AVAILABLE_LATEST] = "latest", [AVAILABLE_ALL] = "all", [AVAILABLE_ANY] = "any"};
    cJSON *object = cJSON_CreateObject();
    cJSON *reads = cJSON_AddArrayToObject(object, "reads");
    for (size_t i = 0; i < view->binding_count; i++)
        add_reading(reads, &view->bindings[i]);
    cJSON *availability = cJSON_AddArrayToObject(object, "availability");
    for (size_t i = 0; i < view->availability_count; i++)
        append(availability, cJSON_CreateString(view->availability[i].topic));
    cJSON_AddStringToObject(object, "availability_mode", modes[view->availability_mode]);
    cJSON *commands = cJSON_AddArrayToObject(object, "commands");
    const cJSON *item;
    cJSON_ArrayForEach(item, view->config)
    {
        if (!is_command(item))
            continue;
        cJSON *entry = cJSON_CreateObject();
        cJSON_AddStringToObject(entry, "key", item->string);
        cJSON_AddStringToObject(entry, "topic", item->valuestring);
        append(commands, entry);
    }
    return object;
}
