/* inventory_doctor.c - what was understood of each device and what was not, for `hearthctl doctor`. See
 * inventory.h. */
#include "inventory_internal.h"

#include <stdio.h>

enum { TEXT_MAX = 1536 };

static void append(cJSON *list, cJSON *item)
{
    if (!cJSON_AddItemToArray(list, item))
        cJSON_Delete(item);
}

static void add_problem(cJSON *texts, const char *text)
{
    append(texts, cJSON_CreateString(text));
}

void inventory_add_problems(const struct inventory *inventory, int64_t id, cJSON *texts)
{
    const struct device *device = inventory_find(inventory, id);
    char text[TEXT_MAX];
    if (!device)
        return;
    if (device->problem && device->problem[0]) {
        snprintf(text, sizeof(text), "not understood, and left out: %s", device->problem);
        add_problem(texts, text);
    }
    if (device->has_retained_command) {
        snprintf(text, sizeof(text),
            "a retained message lies on its command topic %s: the device carries it out again at each "
            "reconnect; "
            "clear it with mosquitto_pub -r -n -t '%s'",
            device->retained_command, device->retained_command);
        add_problem(texts, text);
    }
    if (!device->unique_key)
        add_problem(texts, "not announced since hearthd started; if it is there no more: hearthctl forget");
    else if (device->state.expired && device->state.online_now)
        add_problem(texts, "has not reported for longer than it promises (expire_after)");
    else if (!device->state.available)
        add_problem(texts, "unavailable");
}

cJSON *inventory_describe(const struct inventory *inventory, int64_t id)
{
    const struct device *device = inventory_find(inventory, id);
    cJSON *object = device && device->view ? entity_view_describe(device->view) : NULL;
    if (!object)
        return NULL;
    cJSON_AddStringToObject(object, "device", device->device_name ? device->device_name : "");
    cJSON_AddStringToObject(object, "source", device->source ? device->source : "");
    cJSON *texts = cJSON_AddArrayToObject(object, "problems");
    inventory_add_problems(inventory, id, texts);
    return object;
}

cJSON *inventory_troubles(const struct inventory *inventory)
{
    cJSON *list = cJSON_CreateArray();
    size_t cursor = 0;
    const char *origin;
    void *value;
    while (hashmap_next(inventory->announcements, &cursor, &origin, &value)) {
        const struct announcement *announcement = value;
        if (!announcement->trouble)
            continue;
        cJSON *entry = cJSON_CreateObject();
        cJSON_AddStringToObject(entry, "topic", origin);
        cJSON_AddStringToObject(entry, "problem", announcement->trouble);
        append(list, entry);
    }
    return list;
}
