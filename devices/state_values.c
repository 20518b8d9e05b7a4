/* state_values.c - what entities report that hold a value rather than do something: number, select, text,
 * tracker, event, update. */
#include <string.h>
#include <strings.h>

#include "devices/json_text.h"
#include "devices/view.h"

static bool is_reset(const struct applying *a, const char *text)
{
    return strcmp(text, view_text(a->view, "payload_reset", "None")) == 0 || state_is_none(text);
}

/* ---- number, select, text ---- */

bool apply_number(struct applying *a, const struct binding *binding, const char *text)
{
    double number;
    if (is_reset(a, text)) {
        set_state(a, "");
        return true;
    }
    if (!json_text_number(text, &number) || number < view_number(a->view, "min", 1) ||
        number > view_number(a->view, "max", 100))
        return meaningless(a, binding, text);
    set_state(a, text);
    return true;
}

bool apply_option(struct applying *a, const struct binding *binding, const char *text)
{
    if (strcasecmp(text, "none") == 0) {
        set_state(a, "");
        return true;
    }
    if (!view_list_has(a->view, "options", text))
        return meaningless(a, binding, text);
    set_state(a, text);
    return true;
}

/* ---- device_tracker ---- at home, away, or in a zone by its name */

bool apply_tracker(struct applying *a, const struct binding *binding, const char *text)
{
    (void)binding;
    if (is_reset(a, text))
        set_state(a, "");
    else if (strcmp(text, view_text(a->view, "payload_home", "home")) == 0)
        set_state(a, "home");
    else if (strcmp(text, view_text(a->view, "payload_not_home", "not_home")) == 0)
        set_state(a, "not_home");
    else
        set_state(a, text);
    return true;
}

/* ---- event ---- {"event_type": one of event_types, ...}: the state is what happened last */

bool apply_event(struct applying *a, const struct binding *binding, const char *text)
{
    cJSON *object = json_parse(text, strlen(text), VIEW_DEPTH_MAX, NULL);
    const char *type = json_member_text(object, "event_type");
    bool ok = type && view_list_has(a->view, "event_types", type);
    if (ok) {
        set_state(a, type);
        set_members(a, object);
    }
    cJSON_Delete(object);
    return ok || meaningless(a, binding, text);
}

/* ---- update ---- on: a newer version is there */

static void compare_versions(struct applying *a)
{
    const char *installed = json_member_text(a->state->attributes, "installed_version");
    const char *latest = json_member_text(a->state->attributes, "latest_version");
    set_state(a, !installed || !latest ? "" : strcmp(installed, latest) == 0 ? "off" : "on");
}

static void set_version(struct applying *a, const char *attribute, const cJSON *item)
{
    char number[JSON_NUMBER_MAX];
    if (cJSON_IsString(item))
        set_text(a, attribute, item->valuestring);
    if (!cJSON_IsNumber(item))
        return;
    json_number_text(number, item->valuedouble, json_is_float(item));
    set_text(a, attribute, number);
}

/* A version alone, or an object that may tell more. */
bool apply_update(struct applying *a, const struct binding *binding, const char *text)
{
    (void)binding;
    cJSON *object = json_parse(text, strlen(text), VIEW_DEPTH_MAX, NULL);
    if (cJSON_IsObject(object)) {
        const cJSON *progress = cJSON_GetObjectItemCaseSensitive(object, "in_progress");
        const char *title = json_member_text(object, "title");
        set_version(a, "installed_version", cJSON_GetObjectItemCaseSensitive(object, "installed_version"));
        set_version(a, "latest_version", cJSON_GetObjectItemCaseSensitive(object, "latest_version"));
        if (cJSON_IsBool(progress))
            set_bool(a, "in_progress", cJSON_IsTrue(progress));
        if (title)
            set_text(a, "title", title);
    } else {
        set_text(a, "installed_version", text);
    }
    cJSON_Delete(object);
    compare_versions(a);
    return true;
}

bool apply_latest_version(struct applying *a, const struct binding *binding, const char *text)
{
    (void)binding;
    set_text(a, "latest_version", text);
    compare_versions(a);
    return true;
}
