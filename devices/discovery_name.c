/* discovery_name.c - what an announced entity is called, by Home Assistant's rules, and which entity_id it
 * wishes. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <utf8proc.h>

#include "devices/discovery_internal.h"
#include "devices/json_text.h"

static const char *text_of(const cJSON *object, const char *key)
{
    const char *text = json_member_text(object, key);
    return text ? text : "";
}

/* ---- names ---- */

/* "carbon_dioxide" -> "Carbon dioxide", as the class is called where it stands for a name. */
static void class_name(char *buf, size_t size, const char *device_class)
{
    static const struct {
        const char *device_class, *name;
    } special[] = {{"pm1", "PM1"}, {"pm10", "PM10"}, {"pm25", "PM2.5"}, {"aqi", "Air quality index"},
        {"ph", "pH"}, {"volatile_organic_compounds", "Volatile organic compounds"}, {"tv", "TV"}};
    snprintf(buf, size, "%s", device_class);
    for (size_t i = 0; i < sizeof(special) / sizeof(*special); i++) {
        if (strcmp(special[i].device_class, device_class) == 0)
            snprintf(buf, size, "%s", special[i].name);
    }
    for (char *c = buf; *c; c++) {
        if (*c == '_')
            *c = ' ';
    }
    buf[0] = (char)toupper((unsigned char)buf[0]);
}

/* "alarm_control_panel" -> "MQTT Alarm Control Panel" */
static void default_name(char *buf, size_t size, const char *component)
{
    snprintf(buf, size, "MQTT %s", component);
    for (char *c = buf + 5; *c; c++) {
        if (*c == '_')
            *c = ' ';
        else if (c[-1] == ' ')
            *c = (char)toupper((unsigned char)*c);
    }
}

/* The entity's own part of the name; "" where the entity is the device. */
static void own_name(char *buf, size_t size, const struct discovery *d, const cJSON *config)
{
    const cJSON *name = cJSON_GetObjectItemCaseSensitive(config, "name");
    const char *device_class = text_of(config, "device_class");
    if (cJSON_IsString(name))
        snprintf(buf, size, "%s", name->valuestring);
    else if (name)
        buf[0] = '\0';
    else if (*device_class)
        class_name(buf, size, device_class);
    else
        default_name(buf, size, d->component);
}

/* A name that begins with the device's own ("Porch Porch light") is not said twice. */
static bool begins_with_words(const char *name, const char *words)
{
    size_t len = strlen(words);
    return strncasecmp(name, words, len) == 0 && (name[len] == '\0' || name[len] == ' ');
}

static enum san_status make_name(
    const struct discovery *d, const cJSON *config, const char *device, char **out)
{
    char own[HOME_NAME_MAX * 2], full[HOME_NAME_MAX * 4];
    const char *given = text_of(config, "name");
    if (strlen(given) > HOME_NAME_MAX || strlen(device) > HOME_NAME_MAX)
        return san_fail(d->err, SAN_ELIMIT, "%.120s: name of %zu bytes; at most %d: %.40s", d->where,
            strlen(given) > HOME_NAME_MAX ? strlen(given) : strlen(device), HOME_NAME_MAX,
            *given ? given : device);
    own_name(own, sizeof(own), d, config);
    if (!*own && !*device)
        default_name(own, sizeof(own), d->component);
    if (*device && *own && !begins_with_words(own, device))
        snprintf(full, sizeof(full), "%s %s", device, own);
    else
        snprintf(full, sizeof(full), "%s", *own ? own : device);
    if (strlen(full) > HOME_NAME_MAX)
        return san_fail(d->err, SAN_ELIMIT, "%.120s: name of %zu bytes; at most %d: %.40s", d->where,
            strlen(full), HOME_NAME_MAX, full);
    *out = san_arena_strndup(d->arena, full, strlen(full));
    return *out ? SAN_OK : san_fail(d->err, SAN_ENOMEM, "%.120s: out of memory", d->where);
}

/* ---- entity_id ---- */

/* Lower case ASCII letters, digits and single underscores; marks removed ("Küche" -> "kuche"). "" if nothing
 * is left. */
static void slug(char *buf, size_t size, const char *text)
{
    utf8proc_uint8_t *plain = NULL;
    utf8proc_map((const utf8proc_uint8_t *)text, 0, &plain,
        UTF8PROC_NULLTERM | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_STRIPMARK | UTF8PROC_CASEFOLD);
    size_t len = 0;
    for (const char *c = plain ? (const char *)plain : ""; *c && len + 1 < size; c++) {
        if (isalnum((unsigned char)*c) && (unsigned char)*c < 0x80)
            buf[len++] = *c;
        else if (len && buf[len - 1] != '_')
            buf[len++] = '_';
    }
    while (len && buf[len - 1] == '_')
        len--;
    buf[len] = '\0';
    free(plain);
}

static enum san_status make_entity_id(
    const struct discovery *d, const cJSON *config, const char *name, char **out)
{
    char object[HOME_NAME_MAX], id[HOME_NAME_MAX * 2];
    const char *wish = text_of(config, "default_entity_id");
    const char *dot = strchr(wish, '.');
    slug(object, sizeof(object), dot ? dot + 1 : text_of(config, "object_id"));
    if (!*object)
        slug(object, sizeof(object), name);
    if (!*object)
        slug(object, sizeof(object), text_of(config, "unique_id"));
    snprintf(id, sizeof(id), "%s.%s", d->component, *object ? object : "unnamed");
    *out = san_arena_strndup(d->arena, id, strlen(id));
    return *out ? SAN_OK : san_fail(d->err, SAN_ENOMEM, "%.120s: out of memory", d->where);
}

/* ---- all of it ---- */

static const char *keep(const struct discovery *d, const char *text)
{
    const char *copy = san_arena_strndup(d->arena, text, strlen(text));
    return copy ? copy : "";
}

static bool says_false(const cJSON *config, const char *key)
{
    return cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(config, key));
}

enum san_status discovery_name(
    const struct discovery *d, const cJSON *config, const cJSON *device, struct discovered *out)
{
    const char *device_name = text_of(device, "name");
    const char *area = *text_of(config, "area") ? text_of(config, "area") : text_of(device, "suggested_area");
    char *name, *entity_id;
    enum san_status status = make_name(d, config, device_name, &name);
    if (status == SAN_OK)
        status = make_entity_id(d, config, name, &entity_id);
    if (status != SAN_OK)
        return status;
    if (strlen(area) > HOME_NAME_MAX)
        return san_fail(d->err, SAN_ELIMIT, "%.120s: suggested_area of %zu bytes; at most %d", d->where,
            strlen(area), HOME_NAME_MAX);
    out->name = name;
    out->entity_id = entity_id;
    out->device_class = keep(d, text_of(config, "device_class"));
    out->device_name = keep(d, device_name);
    out->suggested_area = keep(d, area);
    out->hidden = *text_of(config, "entity_category") || says_false(config, "enabled_by_default") ||
                  says_false(config, "visible_by_default");
    return SAN_OK;
}
