/* render.c - finds the function for a domain and a tool, and what all of them use: messages, expectations,
 * steps. */
#include "devices/render.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "devices/json_text.h"
#include "devices/render_internal.h"

/* ---- publishing ---- */

static enum san_status no_memory(struct rendering *r)
{
    return san_fail(r->err, SAN_ENOMEM, "out of memory for a command to %.100s", r->name);
}

enum san_status cannot(struct rendering *r, const char *what)
{
    return san_fail(r->err, SAN_EUNSUPPORTED, "%.100s cannot %s", r->name, what);
}

static size_t add_list(const struct rendering *r, const char *key, char *text, size_t size)
{
    const cJSON *item, *list = key ? cJSON_GetObjectItemCaseSensitive(r->view->config, key) : NULL;
    size_t len = strlen(text);
    cJSON_ArrayForEach(item, list)
    {
        size_t more = cJSON_IsString(item) ? strlen(item->valuestring) : 0;
        if (more && len + more + 2 < size)
            len += (size_t)snprintf(text + len, size - len, "%s%s", len ? ", " : "", item->valuestring);
    }
    return len;
}

enum san_status has_no(
    struct rendering *r, const char *what, const char *wanted, const char *key, const char *more)
{
    char there[120] = "";
    add_list(r, key, there, sizeof(there));
    bool any = add_list(r, more, there, sizeof(there)) > 0;
    return san_fail(r->err, SAN_EUNSUPPORTED, "%.100s has no %s %.40s%s%s", r->name, what,
        wanted ? wanted : "without a name", any ? "; it has " : "", there);
}

static enum san_status publish(struct rendering *r, const char *topic, const char *payload)
{
    if (!payload)
        return no_memory(r);
    if (r->out->command_count == RENDER_COMMANDS_MAX)
        return san_fail(
            r->err, SAN_ELIMIT, "%.100s needs more than %d messages", r->name, RENDER_COMMANDS_MAX);
    r->out->commands[r->out->command_count++] = (struct command){
        .topic = san_arena_strndup(r->arena, topic, strlen(topic)), .payload = payload, .qos = r->view->qos};
    return r->out->commands[r->out->command_count - 1].topic ? SAN_OK : no_memory(r);
}

static enum san_status send(struct rendering *r, const char *topic_key, const char *template_key,
    const struct template_vars *vars, const char *plain)
{
    const char *topic = view_text(r->view, topic_key, NULL);
    const struct template *template;
    if (!topic)
        return cannot(r, "do that: its configuration has no topic for it");
    if (!template_key || !view_template(r->view, template_key, &template))
        return publish(r, topic, san_arena_strndup(r->arena, plain, strlen(plain)));
    if (!template)
        return san_fail(r->err, SAN_EUNSUPPORTED,
            "%.100s cannot do that: hearth does not know its template: %.150s", r->name, r->view->problem);
    struct san_error why = {.text = ""};
    const char *payload = template_render(template, r->arena, vars, &why);
    if (!payload)
        return san_fail(r->err, SAN_EUNSUPPORTED, "%.100s cannot do that: %.40s fails: %.120s", r->name,
            template_key, why.text);
    return publish(r, topic, payload);
}

enum san_status send_text(struct rendering *r, const char *topic_key, const char *template_key,
    const char *text, const cJSON *extra)
{
    struct template_vars vars = {.value = text, .extra = extra};
    return send(r, topic_key, template_key, &vars, text);
}

enum san_status send_number(
    struct rendering *r, const char *topic_key, const char *template_key, double number, const cJSON *extra)
{
    char text[JSON_NUMBER_MAX];
    json_number_text(text, number, false);
    struct template_vars vars = {.number = number, .is_number = true, .extra = extra};
    return send(r, topic_key, template_key, &vars, text);
}

enum san_status send_word(struct rendering *r, const char *topic_key, const char *template_key,
    const char *payload_key, const char *fallback)
{
    if (view_is_null(r->view, payload_key))
        return cannot(r, "do that");
    return send_text(r, topic_key, template_key, view_text(r->view, payload_key, fallback), NULL);
}

/* ---- expecting ---- */

static void expect(struct rendering *r, struct expectation expectation)
{
    if (r->out->expect_count < RENDER_EXPECT_MAX && view_reports(r->view, expectation.attribute))
        r->out->expect[r->out->expect_count++] = expectation;
}

void expect_text(struct rendering *r, const char *attribute, const char *text)
{
    const char *copy = san_arena_strndup(r->arena, text, strlen(text));
    if (copy)
        expect(r, (struct expectation){.attribute = attribute, .text = copy});
}

void expect_state(struct rendering *r, const char *text)
{
    expect_text(r, "", text);
}

void expect_number(struct rendering *r, const char *attribute, double number, double tolerance)
{
    expect(r, (struct expectation){.attribute = attribute, .number = number, .tolerance = tolerance});
}

/* Hues are an angle: 359 is near 1. */
static bool number_holds(const struct expectation *wanted, double number)
{
    double off = fabs(number - wanted->number);
    if (strcmp(wanted->attribute, "hue") == 0 && off > 180)
        off = 360 - off;
    return off <= wanted->tolerance + 1e-9;
}

static bool holds(const struct expectation *wanted, const struct home_state *state)
{
    double number;
    if (!*wanted->attribute && wanted->text)
        return strcmp(state->state, wanted->text) == 0;
    if (!*wanted->attribute)
        return json_text_number(state->state, &number) && number_holds(wanted, number);
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(state->attributes, wanted->attribute);
    if (wanted->text && cJSON_IsBool(item))
        return strcmp(wanted->text, cJSON_IsTrue(item) ? "true" : "false") == 0;
    if (wanted->text)
        return cJSON_IsString(item) && strcmp(item->valuestring, wanted->text) == 0;
    return cJSON_IsNumber(item) && number_holds(wanted, item->valuedouble);
}

bool render_confirmed(const struct rendered *rendered, const struct home_state *state)
{
    for (size_t i = 0; i < rendered->expect_count; i++) {
        if (!holds(&rendered->expect[i], state))
            return false;
    }
    return true;
}

/* ---- arguments and state ---- */

bool number_arg(const struct rendering *r, const char *slot, double *number)
{
    const struct home_arg *arg = home_call_arg(r->call, slot);
    if (!arg)
        return false;
    *number = arg->number;
    return arg->is_number || json_text_number(arg->text, number);
}

bool step_arg(const struct rendering *r, const char *slot, double step, double *change)
{
    const char *text = home_call_text(r->call, slot);
    if (!text)
        return false;
    *change = step;
    if (strcmp(text, "up") == 0)
        return true;
    *change = -step;
    return strcmp(text, "down") == 0 || number_arg(r, slot, change);
}

bool now_number(const struct rendering *r, const char *attribute, double *number)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(r->now->attributes, attribute);
    if (cJSON_IsNumber(item))
        *number = item->valuedouble;
    return cJSON_IsNumber(item);
}

bool now_is(const struct rendering *r, const char *state)
{
    return strcmp(r->now->state, state) == 0;
}

enum san_status wanted_number(struct rendering *r, const char *slot, const char *step_slot, double step,
    const char *attribute, double low, double high, double *number)
{
    double change = 0, current = 0;
    if (number_arg(r, slot, number))
        return SAN_OK;
    if (!step_slot || !step_arg(r, step_slot, step, &change))
        return san_fail(
            r->err, SAN_EINVAL, "%s for %.100s needs a number for %s", r->call->tool, r->name, slot);
    if (!now_number(r, attribute, &current))
        return san_fail(
            r->err, SAN_EINVAL, "the %s of %.100s is not known; say a number", attribute, r->name);
    *number = fmin(fmax(current + change, low), high);
    return SAN_OK;
}

/* ---- domains and tools ---- */

render_fn find_tool(const struct tool_row *rows, size_t count, const char *tool)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(rows[i].tool, tool) == 0)
            return rows[i].render;
    }
    return NULL;
}

static const struct {
    const char *domain;
    render_fn (*find)(const char *tool);
} domains[] = {
    {"light", light_tool},
    {"cover", cover_tool},
    {"valve", valve_tool},
    {"climate", climate_tool},
    {"water_heater", water_heater_tool},
    {"humidifier", humidifier_tool},
    {"fan", fan_tool},
    {"media_player", player_tool},
    {"switch", switch_tool},
    {"input_boolean", switch_tool},
    {"automation", switch_tool},
    {"lock", lock_tool},
    {"siren", siren_tool},
    {"scene", scene_tool},
    {"script", scene_tool},
    {"button", button_tool},
    {"vacuum", vacuum_tool},
    {"lawn_mower", mower_tool},
    {"alarm_control_panel", alarm_tool},
    {"number", number_tool},
    {"select", select_tool},
    {"text", text_tool},
    {"update", update_tool},
};

static render_fn find_render(const char *domain, const char *tool)
{
    for (size_t i = 0; i < sizeof(domains) / sizeof(*domains); i++) {
        if (strcmp(domains[i].domain, domain) == 0)
            return domains[i].find(tool);
    }
    return NULL;
}

enum san_status render_call(const struct entity_view *view, const char *name, const struct home_state *now,
    const struct home_call *call, struct san_arena *arena, struct rendered *out, struct san_error *err)
{
    *out = (struct rendered){.command_count = 0};
    struct rendering r = {
        .view = view, .name = name, .now = now, .call = call, .arena = arena, .out = out, .err = err};
    render_fn render = find_render(view->domain, call->tool);
    if (!render)
        return san_fail(
            err, SAN_EUNSUPPORTED, "%.100s is a %s: %s does nothing with it", name, view->domain, call->tool);
    enum san_status status = render(&r);
    if (status != SAN_OK) {
        *out = (struct rendered){.command_count = 0};
        return status;
    }
    out->already = out->expect_count > 0 && render_confirmed(out, now);
    return SAN_OK;
}
