/* call_check.c - see call_check.h. */
#include "call_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/similar.h"

enum {
    LIST_MAX = 200,    /* bytes of a list of what there is */
    CHOICES_MAX = 128, /* in such a list */
    NEAREST = 3,       /* names of the home */
    ARENA_BLOCK = 8192,
};

#define NEAR 0.35 /* of similar_text */

/* What renderers take beyond the schema; tools without one take these slots alone. */
static const struct beyond {
    const char *tool, *slots;
} beyond[] = {
    {"HassLightSet", " effect "},
    {"HassSetPosition", " tilt tilt_step "},
    {"HassClimateSetTemperature", " temperature_low temperature_high "},
    {"HassClimateSetMode", " fan_mode swing_mode "},
    {"HassTurnOn", " tone duration volume_level "},
    {"HassFanSetMode", " mode oscillating direction "},
    {"HassSetValue", " value value_step "},
    {"HassVacuumSetSpeed", " fan_speed "},
    {"HassVacuumPause", " "},
    {"HassVacuumStop", " "},
    {"HassVacuumCleanSpot", " "},
    {"HassVacuumLocate", " "},
    {"HassLawnMowerPause", " "},
    {"HassLockOpen", " "},
    {"HassAlarmTrigger", " "},
    {"HassUpdateInstall", " "},
};

static const char *const targets[] = {"name", "area", "floor", "domain", "device_class", "entity_id"};
/* No device has values of these slots of its own. */
static const char closed_slots[] = " domain device_class media_class color ";

static const char *beyond_slots(const char *tool)
{
    for (size_t i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++)
        if (strcmp(beyond[i].tool, tool) == 0)
            return beyond[i].slots;
    return NULL;
}

static bool lists(const char *words, const char *word)
{
    char padded[80];
    int len = snprintf(padded, sizeof(padded), " %s ", word);
    return len > 0 && (size_t)len < sizeof(padded) && strstr(words, padded);
}

static bool is_target(const char *slot)
{
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
        if (strcmp(targets[i], slot) == 0)
            return true;
    return false;
}

/* ---- what there is, the nearest first ---- */

struct choices {
    const char *text[CHOICES_MAX];
    double score[CHOICES_MAX];
    size_t count;
};

/* What nearly all tools begin with makes none of them nearer. */
static const char *own_part(const char *tool)
{
    return strncmp(tool, "Hass", 4) == 0 ? tool + 4 : tool;
}

/* Keeps them sorted; what is not near keeps its order behind. */
static void offer(struct choices *choices, const char *text, const char *wanted)
{
    double score = similar_text(own_part(wanted), own_part(text));
    size_t at = choices->count;
    if (at == CHOICES_MAX)
        return;
    if (score < NEAR)
        score = 0;
    for (; at > 0 && choices->score[at - 1] < score; at--) {
        choices->text[at] = choices->text[at - 1];
        choices->score[at] = choices->score[at - 1];
    }
    choices->text[at] = text;
    choices->score[at] = score;
    choices->count++;
}

static void list(const struct choices *choices, char out[LIST_MAX])
{
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; i < choices->count; i++) {
        size_t more = strlen(choices->text[i]) + 2;
        if (len + more + 4 > LIST_MAX) {
            snprintf(out + len, LIST_MAX - len, " ...");
            return;
        }
        len += (size_t)snprintf(out + len, LIST_MAX - len, "%s%s", i ? ", " : "", choices->text[i]);
    }
}

/* ---- the tool ---- */

static const cJSON *find_tool(const cJSON *tools, const char *name)
{
    const cJSON *tool;
    cJSON_ArrayForEach(tool, tools)
    {
        const char *given = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(tool, "name"));
        if (given && strcmp(given, name) == 0)
            return tool;
    }
    return NULL;
}

static enum san_status no_tool(const cJSON *tools, const char *name, struct san_error *err)
{
    struct choices choices = {0};
    const cJSON *tool;
    cJSON_ArrayForEach(tool, tools)
    {
        const char *given = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(tool, "name"));
        if (given)
            offer(&choices, given, name);
    }
    for (size_t i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++)
        if (!find_tool(tools, beyond[i].tool))
            offer(&choices, beyond[i].tool, name);
    if (!choices.count || choices.score[0] <= 0)
        return san_fail(err, SAN_EINVAL, "there is no tool %.80s: 'hearthctl tools' lists them", name);
    return san_fail(err, SAN_EINVAL, "there is no tool %.80s: did you mean %s? 'hearthctl tools' lists them",
        name, choices.text[0]);
}

/* ---- its slots ---- */

/* A timer's or a list's name is anything. */
static bool names_a_device(const cJSON *properties)
{
    const cJSON *name = cJSON_GetObjectItemCaseSensitive(properties, "name");
    return !properties || (name && !cJSON_HasObjectItem(name, "x-span"));
}

static enum san_status no_slot(
    const cJSON *properties, const char *more, const char *tool, const char *slot, struct san_error *err)
{
    struct choices choices = {0};
    char words[96], text[LIST_MAX], *rest = words;
    const cJSON *property;
    bool has_targets = names_a_device(properties);
    cJSON_ArrayForEach(property, properties) offer(&choices, property->string, slot);
    for (size_t i = 0; has_targets && i < sizeof(targets) / sizeof(targets[0]); i++)
        if (!cJSON_HasObjectItem(properties, targets[i]))
            offer(&choices, targets[i], slot);
    snprintf(words, sizeof(words), "%s", more ? more : "");
    for (char *word; (word = strtok_r(rest, " ", &rest));)
        offer(&choices, word, slot);
    list(&choices, text);
    return choices.count ? san_fail(err, SAN_EINVAL, "%s has no slot %.40s; it takes %s", tool, slot, text)
                         : san_fail(err, SAN_EINVAL, "%s takes no slots, and so no %.40s", tool, slot);
}

/* ---- its values ---- */

static bool is_number(const cJSON *value)
{
    char *end = NULL;
    const char *text = cJSON_GetStringValue(value);
    if (!text)
        return cJSON_IsNumber(value);
    strtod(text, &end);
    return end != text && !*end;
}

static bool in_enum(const cJSON *list, const char *text)
{
    const cJSON *item;
    cJSON_ArrayForEach(
        item, list) if (cJSON_IsString(item) && strcmp(item->valuestring, text) == 0) return true;
    return false;
}

static bool fits(const cJSON *form, const cJSON *value, bool closed)
{
    const char *type = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(form, "type"));
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(form, "enum"), *one;
    const cJSON *forms = cJSON_GetObjectItemCaseSensitive(form, "anyOf");
    cJSON_ArrayForEach(one, forms) if (fits(one, value, true)) return true;
    if (forms)
        return false;
    if (type && (strcmp(type, "integer") == 0 || strcmp(type, "number") == 0))
        return is_number(value);
    return !list || !closed || (cJSON_IsString(value) && in_enum(list, value->valuestring));
}

static void offer_form(struct choices *choices, const cJSON *form, const char *wanted, char number[64])
{
    const cJSON *item, *least = cJSON_GetObjectItemCaseSensitive(form, "minimum"),
                       *most = cJSON_GetObjectItemCaseSensitive(form, "maximum");
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(form, "enum")) if (cJSON_IsString(item))
        offer(choices, item->valuestring, wanted);
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(form, "anyOf"))
        offer_form(choices, item, wanted, number);
    if (!cJSON_IsNumber(least) || !cJSON_IsNumber(most))
        return;
    snprintf(number, 64, "a number from %g to %g", least->valuedouble, most->valuedouble);
    offer(choices, number, wanted);
}

static enum san_status wrong_value(
    const cJSON *form, const char *tool, const cJSON *value, struct san_error *err)
{
    struct choices choices = {0};
    char number[64], text[LIST_MAX];
    const char *given = cJSON_GetStringValue(value);
    offer_form(&choices, form, given ? given : "", number);
    list(&choices, text);
    if (given)
        return san_fail(err, SAN_EINVAL, "%s: %s=%.60s: it takes %s", tool, value->string, given, text);
    return san_fail(err, SAN_EINVAL, "%s: %s takes %s", tool, value->string, text);
}

/* ---- what they name ---- */

static bool is_there(
    const struct call_check *check, const char *slot, const char *text, struct san_arena *arena)
{
    struct reg_filter filter = {0};
    struct home_entity *rows;
    size_t count = 0;
    if (strcmp(slot, "area") == 0)
        return reg_find_area(check->registry, text) != 0;
    if (strcmp(slot, "floor") == 0)
        return reg_find_floor(check->registry, text) != 0;
    if (strcmp(slot, "entity_id") == 0)
        filter.entity_id = text;
    else
        filter.name = text;
    return reg_entities(check->registry, &filter, arena, &rows, &count, NULL) != SAN_OK || count > 0;
}

static enum san_status not_there(const struct call_check *check, const char *slot, const char *text,
    struct san_arena *arena, struct san_error *err)
{
    bool entity = strcmp(slot, "area") != 0 && strcmp(slot, "floor") != 0;
    if (strcmp(slot, "entity_id") == 0) {
        int64_t id;
        enum san_status status = reg_entity_meant(check->registry, text, &id, err);
        return status != SAN_OK ? status
                                : san_fail(err, SAN_EINVAL,
                                      "%.80s is a name and no entity_id: say name=%.80s", text, text);
    }
    struct choices choices = {0};
    char near[LIST_MAX];
    const char **names;
    size_t count = 0;
    if (shortlist_nearest(
            check->shortlist, entity ? "entity" : slot, text, NEAREST, arena, &names, &count, NULL) == SAN_OK)
        for (size_t i = 0; i < count; i++)
            offer(&choices, names[i], text);
    list(&choices, near);
    return san_fail(err, SAN_EINVAL, "there is no %s %.80s%s%s; 'hearthctl %s' lists them",
        entity ? "device" : slot, text, near[0] ? "; the nearest: " : "", near, entity ? "devices" : "areas");
}

static bool names_something(const char *slot)
{
    return lists(" name area floor entity_id ", slot);
}

/* ---- all of it ---- */

static enum san_status check_argument(const struct call_check *check, const char *tool,
    const cJSON *properties, const char *more, const cJSON *value, struct san_arena *arena,
    struct san_error *err)
{
    const char *slot = value->string, *text = cJSON_GetStringValue(value);
    const cJSON *form = cJSON_GetObjectItemCaseSensitive(properties, slot);
    bool has_targets = names_a_device(properties);
    if (!form && !(has_targets && is_target(slot)) && !(more && lists(more, slot)))
        return no_slot(properties, more, tool, slot, err);
    if (form && !fits(form, value, lists(closed_slots, slot)))
        return wrong_value(form, tool, value, err);
    if (text && names_something(slot) && (has_targets || strcmp(slot, "name") != 0) &&
        !is_there(check, slot, text, arena))
        return not_there(check, slot, text, arena, err);
    return SAN_OK;
}

static bool has_all(const cJSON *required, const cJSON *arguments)
{
    const cJSON *name;
    cJSON_ArrayForEach(name, required)
    {
        bool by_id = cJSON_IsString(name) && strcmp(name->valuestring, "name") == 0 &&
                     cJSON_HasObjectItem(arguments, "entity_id");
        if (cJSON_IsString(name) && !by_id && !cJSON_HasObjectItem(arguments, name->valuestring))
            return false;
    }
    return true;
}

/* What it cannot do without: all of "required", and one line of "anyOf". */
static enum san_status check_required(
    const cJSON *parameters, const char *tool, const cJSON *arguments, struct san_error *err)
{
    const cJSON *required = cJSON_GetObjectItemCaseSensitive(parameters, "required"), *one;
    const cJSON *any = cJSON_GetObjectItemCaseSensitive(parameters, "anyOf");
    struct choices choices = {0};
    char text[LIST_MAX];
    bool ok = !any && has_all(required, arguments);
    if (!any)
        cJSON_ArrayForEach(one, required) offer(&choices, one->valuestring, "");
    cJSON_ArrayForEach(one, any)
    {
        const cJSON *names = cJSON_GetObjectItemCaseSensitive(one, "required"), *name;
        ok = ok || has_all(names, arguments);
        cJSON_ArrayForEach(name, names) offer(&choices, name->valuestring, "");
    }
    list(&choices, text);
    return ok ? SAN_OK : san_fail(err, SAN_EINVAL, "%s needs %s%s", tool, any ? "one of " : "", text);
}

enum san_status call_check(
    const struct call_check *check, const char *tool, const cJSON *arguments, struct san_error *err)
{
    const cJSON *spoken = find_tool(check->tools, tool), *value;
    const char *more = beyond_slots(tool);
    if (!spoken && !more)
        return no_tool(check->tools, tool, err);
    const cJSON *parameters = cJSON_GetObjectItemCaseSensitive(spoken, "parameters");
    const cJSON *properties = cJSON_GetObjectItemCaseSensitive(parameters, "properties");
    struct san_arena *arena = san_arena_new(ARENA_BLOCK, 0);
    if (!arena)
        return san_fail(err, SAN_ENOMEM, "out of memory");
    enum san_status status = SAN_OK;
    bool goes_beyond = false;
    cJSON_ArrayForEach(value, arguments)
    {
        if (status == SAN_OK)
            status = check_argument(check, tool, properties, more, value, arena, err);
        goes_beyond = goes_beyond || (more && lists(more, value->string));
    }
    if (status == SAN_OK && parameters && !goes_beyond)
        status = check_required(parameters, tool, arguments, err);
    san_arena_free(arena);
    return status;
}
