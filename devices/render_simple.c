/* render_simple.c - domains whose commands are words: switch, lock, siren, scene, script, button, vacuum,
 * lawn mower, alarm. */
#include <stdio.h>
#include <string.h>

#include "devices/render_internal.h"

#define FIND(rows, tool) find_tool(rows, sizeof(rows) / sizeof(*(rows)), tool)

static enum san_status then_expect(struct rendering *r, enum san_status status, const char *state)
{
    if (status == SAN_OK)
        expect_state(r, state);
    return status;
}

/* ---- switch, input_boolean, automation ---- */

static enum san_status switch_on(struct rendering *r)
{
    return then_expect(r, send_word(r, "command_topic", "command_template", "payload_on", "ON"), "on");
}

static enum san_status switch_off(struct rendering *r)
{
    return then_expect(r, send_word(r, "command_topic", "command_template", "payload_off", "OFF"), "off");
}

static enum san_status switch_toggle(struct rendering *r)
{
    return now_is(r, "on") ? switch_off(r) : switch_on(r);
}

render_fn switch_tool(const char *tool)
{
    static const struct tool_row rows[] = {
        {"HassTurnOn", switch_on}, {"HassTurnOff", switch_off}, {"HassToggle", switch_toggle}};
    return FIND(rows, tool);
}

/* ---- lock ---- on locks, off unlocks */

static enum san_status lock_send(
    struct rendering *r, const char *payload_key, const char *word, const char *state)
{
    if (view_has(r->view, "code_format"))
        return san_fail(
            r->err, SAN_EUNSUPPORTED, "%.100s asks for a code, and codes are not taken by voice", r->name);
    return then_expect(r, send_word(r, "command_topic", "command_template", payload_key, word), state);
}

static enum san_status lock_lock(struct rendering *r)
{
    return lock_send(r, "payload_lock", "LOCK", "locked");
}

static enum san_status lock_unlock(struct rendering *r)
{
    return lock_send(r, "payload_unlock", "UNLOCK", "unlocked");
}

static enum san_status lock_toggle(struct rendering *r)
{
    if (now_is(r, "locked"))
        return lock_unlock(r);
    if (now_is(r, "unlocked"))
        return lock_lock(r);
    return san_fail(r->err, SAN_EINVAL, "whether %.100s is locked is not known; say lock or unlock", r->name);
}

/* The latch, too: a door without a handle outside. */
static enum san_status lock_open(struct rendering *r)
{
    if (!view_has(r->view, "payload_open"))
        return cannot(r, "be opened; it can be unlocked");
    return lock_send(r, "payload_open", "OPEN", "open");
}

render_fn lock_tool(const char *tool)
{
    static const struct tool_row rows[] = {{"HassTurnOn", lock_lock}, {"HassTurnOff", lock_unlock},
        {"HassToggle", lock_toggle}, {"HassLockOpen", lock_open}};
    return FIND(rows, tool);
}

/* ---- siren ---- without a template: JSON */

static enum san_status siren_no_memory(struct rendering *r, cJSON *message)
{
    cJSON_Delete(message);
    return san_fail(r->err, SAN_ENOMEM, "out of memory for %.100s", r->name);
}

/* Tone, duration and volume (0 to 1), where the call has them and the siren takes them. */
static enum san_status siren_details(struct rendering *r, cJSON *message)
{
    const char *tone = home_call_text(r->call, "tone");
    double duration, volume;
    if (tone && !view_list_has(r->view, "available_tones", tone))
        return has_no(r, "tone", tone, "available_tones", NULL);
    bool lasts = number_arg(r, "duration", &duration), loud = number_arg(r, "volume_level", &volume);
    if (lasts && !view_bool(r->view, "support_duration", true))
        return cannot(r, "be given a duration");
    if (loud && !view_bool(r->view, "support_volume_set", true))
        return cannot(r, "change its volume");
    if (loud && (volume < 0 || volume > 100))
        return san_fail(r->err, SAN_ELIMIT, "a volume is 0 to 100 per cent, not %g", volume);
    bool ok = (!tone || cJSON_AddStringToObject(message, "tone", tone)) &&
              (!lasts || cJSON_AddNumberToObject(message, "duration", duration)) &&
              (!loud || cJSON_AddNumberToObject(message, "volume_level", volume / 100));
    return ok ? SAN_OK : san_fail(r->err, SAN_ENOMEM, "out of memory for %.100s", r->name);
}

static enum san_status siren_send(
    struct rendering *r, const char *payload_key, const char *word, const char *template_key)
{
    const struct template *template;
    const char *text = view_text(r->view, payload_key, word);
    cJSON *state = cJSON_CreateObject();
    if (!state || !cJSON_AddStringToObject(state, "state", text))
        return siren_no_memory(r, state);
    enum san_status status = siren_details(r, state);
    if (status != SAN_OK) {
        cJSON_Delete(state);
        return status;
    }
    if (view_template(r->view, template_key, &template)) {
        status = send_text(r, "command_topic", template_key, text, state);
    } else {
        char *json = cJSON_PrintUnformatted(state);
        status = json ? send_text(r, "command_topic", NULL, json, NULL)
                      : san_fail(r->err, SAN_ENOMEM, "out of memory for %.100s", r->name);
        cJSON_free(json);
    }
    cJSON_Delete(state);
    return status;
}

static enum san_status siren_on(struct rendering *r)
{
    return then_expect(r, siren_send(r, "payload_on", "ON", "command_template"), "on");
}

static enum san_status siren_off(struct rendering *r)
{
    bool own = view_has(r->view, "command_off_template");
    return then_expect(
        r, siren_send(r, "payload_off", "OFF", own ? "command_off_template" : "command_template"), "off");
}

static enum san_status siren_toggle(struct rendering *r)
{
    return now_is(r, "on") ? siren_off(r) : siren_on(r);
}

render_fn siren_tool(const char *tool)
{
    static const struct tool_row rows[] = {
        {"HassTurnOn", siren_on}, {"HassTurnOff", siren_off}, {"HassToggle", siren_toggle}};
    return FIND(rows, tool);
}

/* ---- scene, script, button ---- on only; they have no state that could confirm it */

static enum san_status scene_activate(struct rendering *r)
{
    return send_word(r, "command_topic", "command_template", "payload_on", "ON");
}

static enum san_status button_press(struct rendering *r)
{
    return send_word(r, "command_topic", "command_template", "payload_press", "PRESS");
}

static enum san_status on_only(struct rendering *r)
{
    return cannot(r, "be turned off");
}

render_fn scene_tool(const char *tool)
{
    static const struct tool_row rows[] = {{"HassTurnOn", scene_activate}, {"HassTurnOff", on_only}};
    return FIND(rows, tool);
}

render_fn button_tool(const char *tool)
{
    static const struct tool_row rows[] = {{"HassTurnOn", button_press}, {"HassTurnOff", on_only}};
    return FIND(rows, tool);
}

/* ---- vacuum ---- */

static bool vacuum_has(const struct rendering *r, const char *feature)
{
    static const char *const usual[] = {"start", "stop", "return_home", "status", "clean_spot"};
    if (view_has(r->view, "supported_features"))
        return view_list_has(r->view, "supported_features", feature);
    for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++) {
        if (strcmp(usual[i], feature) == 0)
            return true;
    }
    return false;
}

static enum san_status vacuum_start(struct rendering *r)
{
    if (!vacuum_has(r, "start"))
        return cannot(r, "be started");
    return then_expect(r, send_word(r, "command_topic", NULL, "payload_start", "start"), "cleaning");
}

/* On its way it is returning; one that stands there stays docked. */
static enum san_status vacuum_return(struct rendering *r)
{
    if (!vacuum_has(r, "return_home"))
        return cannot(r, "return to its base");
    const char *state = now_is(r, "docked") ? "docked" : "returning";
    return then_expect(
        r, send_word(r, "command_topic", NULL, "payload_return_to_base", "return_to_base"), state);
}

static enum san_status vacuum_word(
    struct rendering *r, const char *feature, const char *payload_key, const char *word, const char *state)
{
    if (!vacuum_has(r, feature))
        return cannot(r, "do that");
    enum san_status status = send_word(r, "command_topic", NULL, payload_key, word);
    return state ? then_expect(r, status, state) : status;
}

static enum san_status vacuum_pause(struct rendering *r)
{
    return vacuum_word(r, "pause", "payload_pause", "pause", "paused");
}

static enum san_status vacuum_stop(struct rendering *r)
{
    return vacuum_word(r, "stop", "payload_stop", "stop", "idle");
}

static enum san_status vacuum_clean_spot(struct rendering *r)
{
    return vacuum_word(r, "clean_spot", "payload_clean_spot", "clean_spot", "cleaning");
}

static enum san_status vacuum_locate(struct rendering *r)
{
    return vacuum_word(r, "locate", "payload_locate", "locate", NULL);
}

static enum san_status vacuum_speed(struct rendering *r)
{
    const char *speed = home_call_text(r->call, "fan_speed");
    if (!vacuum_has(r, "fan_speed") || !view_has(r->view, "set_fan_speed_topic"))
        return cannot(r, "change its speed");
    if (!speed || !view_list_has(r->view, "fan_speed_list", speed))
        return has_no(r, "speed", speed, "fan_speed_list", NULL);
    enum san_status status = send_text(r, "set_fan_speed_topic", NULL, speed, NULL);
    if (status == SAN_OK)
        expect_text(r, "fan_speed", speed);
    return status;
}

static enum san_status vacuum_toggle(struct rendering *r)
{
    return now_is(r, "cleaning") ? vacuum_return(r) : vacuum_start(r);
}

render_fn vacuum_tool(const char *tool)
{
    static const struct tool_row rows[] = {{"HassTurnOn", vacuum_start}, {"HassTurnOff", vacuum_return},
        {"HassToggle", vacuum_toggle}, {"HassVacuumStart", vacuum_start},
        {"HassVacuumReturnToBase", vacuum_return}, {"HassVacuumPause", vacuum_pause},
        {"HassVacuumStop", vacuum_stop}, {"HassVacuumCleanSpot", vacuum_clean_spot},
        {"HassVacuumLocate", vacuum_locate}, {"HassVacuumSetSpeed", vacuum_speed}};
    return FIND(rows, tool);
}

/* ---- lawn mower ---- */

static enum san_status mower_start(struct rendering *r)
{
    return then_expect(r,
        send_text(r, "start_mowing_command_topic", "start_mowing_command_template", "start_mowing", NULL),
        "mowing");
}

static enum san_status mower_dock(struct rendering *r)
{
    const char *state = now_is(r, "docked") ? "docked" : "returning";
    return then_expect(r, send_text(r, "dock_command_topic", "dock_command_template", "dock", NULL), state);
}

static enum san_status mower_pause(struct rendering *r)
{
    return then_expect(
        r, send_text(r, "pause_command_topic", "pause_command_template", "pause", NULL), "paused");
}

static enum san_status mower_toggle(struct rendering *r)
{
    return now_is(r, "mowing") ? mower_dock(r) : mower_start(r);
}

render_fn mower_tool(const char *tool)
{
    static const struct tool_row rows[] = {{"HassTurnOn", mower_start}, {"HassTurnOff", mower_dock},
        {"HassToggle", mower_toggle}, {"HassLawnMowerStartMowing", mower_start},
        {"HassLawnMowerDock", mower_dock}, {"HassLawnMowerPause", mower_pause}};
    return FIND(rows, tool);
}

/* ---- alarm control panel ---- */

static enum san_status alarm_send(
    struct rendering *r, const char *payload_key, const char *action, const char *code_key)
{
    const struct template *template;
    if (view_has(r->view, "code") && view_bool(r->view, code_key, true))
        return san_fail(
            r->err, SAN_EUNSUPPORTED, "%.100s asks for a code, and codes are not taken by voice", r->name);
    const char *word = view_text(r->view, payload_key, action);
    if (!view_template(r->view, "command_template", &template))
        return send_text(r, "command_topic", NULL, word, NULL);
    cJSON *extra = cJSON_CreateObject();
    if (!extra || !cJSON_AddStringToObject(extra, "action", word) || !cJSON_AddNullToObject(extra, "code")) {
        cJSON_Delete(extra);
        return san_fail(r->err, SAN_ENOMEM, "out of memory for %.100s", r->name);
    }
    enum san_status status = send_text(r, "command_topic", "command_template", word, extra);
    cJSON_Delete(extra);
    return status;
}

static const struct arm_row {
    const char *mode, *feature, *payload_key, *action, *state;
} arm_rows[] = {
    {"home", "arm_home", "payload_arm_home", "ARM_HOME", "armed_home"},
    {"away", "arm_away", "payload_arm_away", "ARM_AWAY", "armed_away"},
    {"night", "arm_night", "payload_arm_night", "ARM_NIGHT", "armed_night"},
    {"vacation", "arm_vacation", "payload_arm_vacation", "ARM_VACATION", "armed_vacation"},
    {"custom", "arm_custom_bypass", "payload_arm_custom_bypass", "ARM_CUSTOM_BYPASS", "armed_custom_bypass"},
};

static enum san_status alarm_arm(struct rendering *r)
{
    const char *mode = home_call_text(r->call, "mode");
    for (size_t i = 0; i < sizeof(arm_rows) / sizeof(*arm_rows); i++) {
        const struct arm_row *row = &arm_rows[i];
        if (strcmp(mode ? mode : "away", row->mode) != 0)
            continue;
        if (view_has(r->view, "supported_features") &&
            !view_list_has(r->view, "supported_features", row->feature))
            return cannot(r, "be armed in that way");
        return then_expect(r, alarm_send(r, row->payload_key, row->action, "code_arm_required"), row->state);
    }
    return cannot(r, "be armed in that way");
}

static enum san_status alarm_disarm(struct rendering *r)
{
    return then_expect(r, alarm_send(r, "payload_disarm", "DISARM", "code_disarm_required"), "disarmed");
}

static enum san_status alarm_trigger(struct rendering *r)
{
    if (view_has(r->view, "supported_features") && !view_list_has(r->view, "supported_features", "trigger"))
        return cannot(r, "be triggered");
    return then_expect(r, alarm_send(r, "payload_trigger", "TRIGGER", "code_trigger_required"), "triggered");
}

render_fn alarm_tool(const char *tool)
{
    static const struct tool_row rows[] = {
        {"HassAlarmArm", alarm_arm}, {"HassAlarmDisarm", alarm_disarm}, {"HassAlarmTrigger", alarm_trigger}};
    return FIND(rows, tool);
}
