/* state.c - a message on one of an entity's topics -> its state, attributes and availability. The tables of
 * state_rows.c and state_light.c say what each topic means; here is what they have in common. */
#include "devices/state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "devices/json_text.h"
#include "devices/topic.h"
#include "devices/view.h"

enum {
    ARENA_BLOCK = 4096,
    ARENA_LIMIT = 4 << 20,
    STATE_DEPTH_MAX = 16,
    ATTRIBUTES_MAX = 64,          /* of one entity */
    ATTRIBUTE_TEXT_MAX = 1024,    /* bytes of one */
    CLOCK_SECONDS_MAX = 10000000, /* some months: what is longer never happens */
};

void home_state_init(struct home_state *state)
{
    *state = (struct home_state){.attributes = cJSON_CreateObject(), .available = true, .online_now = true};
}

void home_state_clear(struct home_state *state)
{
    cJSON_Delete(state->attributes);
    *state = (struct home_state){.available = false};
}

/* ---- changes ---- */

void set_state(struct applying *a, const char *text)
{
    size_t len = strlen(text);
    if (len > STATE_TEXT_MAX)
        len = STATE_TEXT_MAX;
    while (len > 0 && len == STATE_TEXT_MAX && ((unsigned char)text[len] & 0xc0) == 0x80)
        len--;
    if (strlen(a->state->state) == len && memcmp(a->state->state, text, len) == 0)
        return;
    memcpy(a->state->state, text, len);
    a->state->state[len] = '\0';
    a->changed = true;
}

/* Takes item over. */
static void put(struct applying *a, const char *attribute, cJSON *item)
{
    cJSON *old = cJSON_GetObjectItemCaseSensitive(a->state->attributes, attribute);
    if (!item || (old && cJSON_Compare(old, item, 1)) ||
        (!old && cJSON_GetArraySize(a->state->attributes) >= ATTRIBUTES_MAX)) {
        cJSON_Delete(item);
        return;
    }
    bool done = old ? cJSON_ReplaceItemInObjectCaseSensitive(a->state->attributes, attribute, item)
                    : cJSON_AddItemToObject(a->state->attributes, attribute, item);
    if (!done)
        cJSON_Delete(item);
    a->changed = a->changed || done;
}

void set_number(struct applying *a, const char *attribute, double number)
{
    if (isfinite(number))
        put(a, attribute, cJSON_CreateNumber(number));
}

void set_text(struct applying *a, const char *attribute, const char *text)
{
    if (strlen(text) <= ATTRIBUTE_TEXT_MAX)
        put(a, attribute, cJSON_CreateString(text));
}

void set_bool(struct applying *a, const char *attribute, bool truth)
{
    put(a, attribute, cJSON_CreateBool(truth));
}

void unset(struct applying *a, const char *attribute)
{
    if (!cJSON_GetObjectItemCaseSensitive(a->state->attributes, attribute))
        return;
    cJSON_DeleteItemFromObjectCaseSensitive(a->state->attributes, attribute);
    a->changed = true;
}

bool meaningless(struct applying *a, const struct binding *binding, const char *text)
{
    san_fail(a->err, SAN_EFORMAT, "%s: \"%.60s\" means nothing for a %s (%s)", binding->topic, text,
        a->view->domain, binding->row->topic_key);
    return false;
}

/* ---- availability ---- */

static bool is_available(const struct entity_view *view, uint32_t online, size_t latest)
{
    uint32_t every =
        view->availability_count == 32 ? UINT32_MAX : (UINT32_C(1) << view->availability_count) - 1;
    switch (view->availability_mode) {
    case AVAILABLE_ALL:
        return (online & every) == every;
    case AVAILABLE_ANY:
        return online & every;
    case AVAILABLE_LATEST:
        return online & (UINT32_C(1) << latest);
    }
    return false;
}

/* Available is what the availability topics say, while nothing has expired. */
static void settle_available(struct applying *a, bool online)
{
    bool available = online && !a->state->expired;
    a->changed = a->changed || available != a->state->available;
    a->state->online_now = online;
    a->state->available = available;
}

/* The state itself was reported: an old one has not expired any more. */
static void note_report(struct applying *a)
{
    a->state->reports++;
    a->state->expired = false;
    settle_available(a, a->state->online_now);
}

void entity_view_start(const struct entity_view *view, struct home_state *state)
{
    state->online_now = view->availability_count == 0;
    state->expired = entity_view_expire_after(view) > 0;
    state->available = state->online_now && !state->expired;
    state->online = 0;
    const char *unit = view_text(view, "unit_of_measurement", NULL);
    struct applying a = {.view = view, .state = state};
    if (unit)
        set_text(&a, "unit_of_measurement", unit);
}

static bool same_availability(const struct entity_view *a, const struct entity_view *b)
{
    bool same =
        a->availability_count == b->availability_count && a->availability_mode == b->availability_mode;
    for (size_t i = 0; same && i < a->availability_count; i++)
        same = strcmp(a->availability[i].topic, b->availability[i].topic) == 0;
    return same;
}

void entity_view_replace(
    const struct entity_view *old, const struct entity_view *view, struct home_state *state)
{
    if (!same_availability(old, view)) {
        state->online = 0;
        state->online_now = view->availability_count == 0;
    }
    state->expired = state->expired && entity_view_expire_after(view) > 0;
    state->available = state->online_now && !state->expired;
}

/* ---- time ---- */

/* A named component, or 0: other components have no such key, whatever they send. */
static double seconds_of(const struct entity_view *view, const char *key)
{
    double seconds = view_number(view, key, 0);
    return seconds > 0 && seconds < CLOCK_SECONDS_MAX ? seconds : 0;
}

double entity_view_expire_after(const struct entity_view *view)
{
    bool expires = strcmp(view->domain, "sensor") == 0 || strcmp(view->domain, "binary_sensor") == 0;
    return expires ? seconds_of(view, "expire_after") : 0;
}

double entity_view_off_delay(const struct entity_view *view)
{
    return strcmp(view->domain, "binary_sensor") == 0 ? seconds_of(view, "off_delay") : 0;
}

bool entity_view_ignores_retained(const struct entity_view *view)
{
    return strcmp(view->domain, "event") == 0;
}

bool state_expire(const struct entity_view *view, struct home_state *state)
{
    struct applying a = {.view = view, .state = state};
    state->expired = true;
    settle_available(&a, state->online_now);
    return a.changed;
}

bool state_end_delay(const struct entity_view *view, struct home_state *state)
{
    struct applying a = {.view = view, .state = state};
    if (strcmp(state->state, "on") == 0)
        set_state(&a, "off");
    return a.changed;
}

/* ---- one message ---- */

/* The payload as the template reads it; NULL and err if it fails. */
static const char *render(struct applying *a, const struct template *template)
{
    if (!template)
        return a->payload;
    struct template_vars vars = {.value = a->payload, .value_json = a->json};
    return template_render(template, a->arena, &vars, a->err);
}

static bool apply_availability(struct applying *a, size_t index)
{
    const struct availability *row = &a->view->availability[index];
    const char *text = render(a, row->template);
    if (!text)
        return false;
    uint32_t bit = UINT32_C(1) << index;
    if (strcmp(text, row->online) == 0)
        a->state->online |= bit;
    else if (strcmp(text, row->offline) == 0)
        a->state->online &= ~bit;
    else
        return true;
    settle_available(a, is_available(a->view, a->state->online, index));
    return true;
}

/* What hearth itself keeps in attributes, in its own units: a raw value of that name must not take its place.
 */
static bool is_reserved(const char *name)
{
    static const char *const names[] = {"brightness", "color", "color_mode", "color_temp",
        "color_temp_kelvin", "hue", "saturation", "position", "tilt_position", "temperature",
        "current_temperature", "percentage", "volume_level", "mode", "preset_mode", "fan_mode", "swing_mode",
        "humidity", "current_humidity", "hvac_action", "effect", "fan_speed", "unit_of_measurement",
        "is_volume_muted", "target_temp_low", "target_temp_high", "oscillating", "direction",
        "installed_version", "latest_version"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return false;
}

void set_members(struct applying *a, const cJSON *object)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, object)
    {
        if (is_reserved(item->string) || strlen(item->string) > HOME_NAME_MAX)
            continue;
        if (cJSON_IsString(item))
            set_text(a, item->string, item->valuestring);
        else if (cJSON_IsNumber(item))
            set_number(a, item->string, item->valuedouble);
        else if (cJSON_IsBool(item))
            set_bool(a, item->string, cJSON_IsTrue(item));
    }
}

static bool apply_json_attributes(struct applying *a, const struct binding *binding, const char *text)
{
    cJSON *object = json_parse(text, strlen(text), STATE_DEPTH_MAX, NULL);
    bool ok = cJSON_IsObject(object);
    if (ok)
        set_members(a, object);
    cJSON_Delete(object);
    return ok || meaningless(a, binding, text);
}

/* An empty text after a template says nothing; a JSON light may well send an object that a template would
 * not. */
static bool apply_binding(struct applying *a, const struct binding *binding)
{
    const char *text = render(a, binding->template);
    if (!text)
        return false;
    if (!*text)
        return true;
    if (!binding->row->apply)
        return apply_json_attributes(a, binding, text);
    if (!binding->row->apply(a, binding, text))
        return false;
    if (!*binding->row->attribute)
        note_report(a);
    return true;
}

static bool apply_all(struct applying *a, const char *topic)
{
    bool ok = true;
    for (size_t i = 0; i < a->view->availability_count; i++) {
        if (topic_matches(a->view->availability[i].topic, topic))
            ok = apply_availability(a, i) && ok;
    }
    for (size_t i = 0; i < a->view->binding_count; i++) {
        if (topic_matches(a->view->bindings[i].topic, topic))
            ok = apply_binding(a, &a->view->bindings[i]) && ok;
    }
    return ok;
}

static bool listens_to(const struct entity_view *view, const char *topic)
{
    for (size_t i = 0; i < view->topic_count; i++) {
        if (topic_matches(view->topics[i], topic))
            return true;
    }
    return false;
}

struct state_payload {
    cJSON *json; /* NULL: it is none */
    size_t len;
    char text[]; /* NUL-terminated */
};

struct state_payload *state_payload_read(
    const char *topic, const char *payload, size_t len, struct san_error *err)
{
    if (len > STATE_PAYLOAD_MAX) {
        san_fail(err, SAN_ELIMIT, "%s: a state of %zu bytes; at most %d", topic, len, STATE_PAYLOAD_MAX);
        return NULL;
    }
    if (!json_text_is_utf8(payload, len)) {
        san_fail(err, SAN_EFORMAT, "%s: the state is not UTF-8 text", topic);
        return NULL;
    }
    struct state_payload *read = malloc(sizeof(*read) + len + 1);
    if (!read) {
        san_fail(err, SAN_ENOMEM, "%s: out of memory for a state of %zu bytes", topic, len);
        return NULL;
    }
    memcpy(read->text, payload, len);
    read->text[len] = '\0';
    read->len = len;
    read->json = len ? json_parse(payload, len, STATE_DEPTH_MAX, NULL) : NULL;
    return read;
}

void state_payload_free(struct state_payload *payload)
{
    if (!payload)
        return;
    cJSON_Delete(payload->json);
    free(payload);
}

enum san_status state_apply(const struct entity_view *view, struct home_state *state, const char *topic,
    const struct state_payload *payload, bool *changed, struct san_error *err)
{
    *changed = false;
    if (!listens_to(view, topic))
        return SAN_OK;
    struct applying a = {.view = view,
        .state = state,
        .payload = payload->text,
        .len = payload->len,
        .json = payload->json,
        .arena = san_arena_new(ARENA_BLOCK, ARENA_LIMIT),
        .err = err};
    if (!a.arena)
        return san_fail(err, SAN_ENOMEM, "%s: out of memory", topic);
    bool ok = apply_all(&a, topic);
    *changed = a.changed;
    san_arena_free(a.arena);
    return ok ? SAN_OK : SAN_EFORMAT;
}

enum san_status state_apply_bytes(const struct entity_view *view, struct home_state *state, const char *topic,
    const char *payload, size_t len, bool *changed, struct san_error *err)
{
    struct san_error why = {0};
    struct state_payload *read = state_payload_read(topic, payload, len, &why);
    *changed = false;
    if (!read)
        return san_fail(err, why.status, "%s", why.text);
    enum san_status status = state_apply(view, state, topic, read, changed, err);
    state_payload_free(read);
    return status;
}
