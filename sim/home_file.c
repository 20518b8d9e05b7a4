/* home_file.c - what the simulation is, in hearth's own words: the home file, and devices.d for what
 * announces nothing. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/sim.h"

/* ---- state and attributes as hearth knows them ---- */

static bool is_on(const struct thing *thing)
{
    static const char *const keys[] = {"state", "POWER", "fan_state"};
    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
        if (strcmp(state_text(thing, keys[i]), "ON") == 0)
            return true;
    }
    return false;
}

static void sensor_state(const struct thing *thing, const struct announced *entity, char *out, size_t size)
{
    const char *key = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(entity->spec, "value"));
    const cJSON *value = key ? cJSON_GetObjectItemCaseSensitive(thing->state, key) : NULL;
    const cJSON *on = cJSON_GetObjectItemCaseSensitive(entity->spec, "on");
    if (cJSON_IsBool(on))
        snprintf(out, size, "%s", cJSON_IsTrue(value) == cJSON_IsTrue(on) ? "on" : "off");
    else
        snprintf(out, size, "%g", cJSON_IsNumber(value) ? value->valuedouble : 0.0);
}

static void entity_state(const struct thing *thing, const struct announced *entity, char *out, size_t size)
{
    const char *domain = entity->component;
    if (strcmp(domain, "sensor") == 0 || strcmp(domain, "binary_sensor") == 0)
        sensor_state(thing, entity, out, size);
    else if (strcmp(domain, "cover") == 0 || strcmp(domain, "valve") == 0)
        snprintf(out, size, "%s", state_number(thing, "position") > 0 ? "open" : "closed");
    else if (strcmp(domain, "lock") == 0)
        snprintf(out, size, "%s", state_text(thing, "lock_state"));
    else if (strcmp(domain, "climate") == 0)
        snprintf(out, size, "%s", state_text(thing, "system_mode"));
    else if (strcmp(domain, "scene") == 0)
        snprintf(out, size, "%s", "");
    else if (strcmp(domain, "media_player") == 0)
        snprintf(out, size, "%s", "paused");
    else
        snprintf(out, size, "%s", is_on(thing) ? "on" : "off");
}

static void copy_number(
    cJSON *attributes, const char *name, const struct thing *thing, const char *key, double scale)
{
    if (cJSON_HasObjectItem(thing->state, key))
        cJSON_AddNumberToObject(attributes, name, round(state_number(thing, key) * scale * 10.0) / 10.0);
}

static cJSON *entity_attributes(const struct thing *thing, const struct announced *entity)
{
    cJSON *attributes = cJSON_CreateObject();
    const char *domain = entity->component;
    if (strcmp(domain, "light") == 0) {
        copy_number(attributes, "brightness", thing, "brightness", 100.0 / 254.0);
        copy_number(attributes, "brightness", thing, "Dimmer", 1.0);
    } else if (strcmp(domain, "cover") == 0) {
        copy_number(attributes, "position", thing, "position", 1.0);
    } else if (strcmp(domain, "climate") == 0) {
        copy_number(attributes, "temperature", thing, "occupied_heating_setpoint", 1.0);
        copy_number(attributes, "current_temperature", thing, "local_temperature", 1.0);
    }
    const cJSON *unit = cJSON_GetObjectItemCaseSensitive(entity->config, "unit_of_measurement");
    if (!unit)
        unit = cJSON_GetObjectItemCaseSensitive(entity->config, "unit_of_meas");
    if (unit)
        cJSON_AddStringToObject(attributes, "unit_of_measurement", unit->valuestring);
    return attributes;
}

/* ---- the home file ---- */

static void add_entity_id(cJSON *object, const struct announced *entity)
{
    char id[256];
    int used = snprintf(id, sizeof(id), "%s.", entity->component);
    for (const char *c = entity->name; *c && (size_t)used + 1 < sizeof(id); c++)
        id[used++] = isalnum((unsigned char)*c) ? (char)tolower((unsigned char)*c) : '_';
    id[used] = '\0';
    cJSON_AddStringToObject(object, "entity_id", id);
}

static void add_device_class(cJSON *object, const struct announced *entity)
{
    const cJSON *class = cJSON_GetObjectItemCaseSensitive(entity->config, "device_class");
    if (!class)
        class = cJSON_GetObjectItemCaseSensitive(entity->config, "dev_cla");
    if (class)
        cJSON_AddStringToObject(object, "device_class", class->valuestring);
    else
        cJSON_AddNullToObject(object, "device_class");
}

static void add_entity(const struct thing *thing, struct announced *entity, void *data)
{
    char state[64];
    cJSON *object = cJSON_CreateObject();
    add_entity_id(object, entity);
    cJSON_AddStringToObject(object, "name", entity->name);
    cJSON_AddStringToObject(object, "area", thing->area);
    cJSON_AddStringToObject(object, "domain", entity->component);
    add_device_class(object, entity);
    cJSON_AddArrayToObject(object, "aliases");
    entity_state(thing, entity, state, sizeof(state));
    cJSON_AddStringToObject(object, "state", state);
    cJSON_AddItemToObject(object, "attributes", entity_attributes(thing, entity));
    cJSON_AddItemToArray(data, object);
    cJSON_Delete(entity->config);
}

static bool has_name(const cJSON *array, const char *name)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, array)
    {
        if (strcmp(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "name")), name) == 0)
            return true;
    }
    return false;
}

static void add_place(cJSON *array, const char *name, const char *floor)
{
    if (has_name(array, name))
        return;
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "name", name);
    if (floor)
        cJSON_AddStringToObject(object, "floor", floor);
    cJSON_AddArrayToObject(object, "aliases");
    cJSON_AddItemToArray(array, object);
}

cJSON *home_file(const struct home *home)
{
    cJSON *file = cJSON_CreateObject();
    cJSON *floors = cJSON_AddArrayToObject(file, "floors");
    cJSON *areas = cJSON_AddArrayToObject(file, "areas");
    cJSON *entities = cJSON_AddArrayToObject(file, "entities");
    const cJSON *area;
    cJSON_ArrayForEach(area, cJSON_GetObjectItemCaseSensitive(home->data, "areas"))
    {
        const char *floor = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(area, "floor"));
        add_place(floors, floor, NULL);
        add_place(areas, cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(area, "name")), floor);
    }
    for (size_t i = 0; i < home->count; i++)
        home_announce(home, &home->things[i], add_entity, entities);
    return file;
}

/* ---- devices.d ---- */

static void add_description(const struct thing *thing, struct announced *entity, void *data)
{
    cJSON *config = entity->config;
    cJSON_AddStringToObject(config, "component", entity->component);
    cJSON_AddStringToObject(config, "name", thing->name);
    cJSON_AddStringToObject(config, "area", thing->area);
    cJSON_AddItemToArray(data, config);
}

cJSON *home_descriptions(const struct home *home)
{
    cJSON *array = cJSON_CreateArray();
    for (size_t i = 0; i < home->count; i++) {
        if (home->things[i].publisher == &publisher_custom)
            home_announce(home, &home->things[i], add_description, array);
    }
    return array;
}
