/* render_cover.c - covers and valves: words, positions and tilts. On opens, off closes. */
#include <math.h>
#include <string.h>

#include "devices/render_internal.h"

#define FIND(rows, tool) find_tool(rows, sizeof(rows) / sizeof(*(rows)), tool)

enum { POSITION_STEP = 20, POSITION_TOLERANCE = 3 };

static double ranged(double percent, double closed, double open)
{
    return round(closed + percent * (open - closed) / 100);
}

static cJSON *number_object(const char *const *keys, const double *numbers, size_t count)
{
    cJSON *object = cJSON_CreateObject();
    for (size_t i = 0; object && i < count; i++) {
        if (!cJSON_AddNumberToObject(object, keys[i], numbers[i])) {
            cJSON_Delete(object);
            return NULL;
        }
    }
    return object;
}

static enum san_status no_memory(struct rendering *r)
{
    return san_fail(r->err, SAN_ENOMEM, "out of memory for a command to %.100s", r->name);
}

/* ---- cover ---- */

static enum san_status cover_position(struct rendering *r, double percent)
{
    static const char *const keys[] = {
        "position", "position_open", "position_closed", "tilt_min", "tilt_max"};
    double open = view_number(r->view, "position_open", 100),
           closed = view_number(r->view, "position_closed", 0);
    double numbers[] = {
        percent, open, closed, view_number(r->view, "tilt_min", 0), view_number(r->view, "tilt_max", 100)};
    cJSON *extra = number_object(keys, numbers, 5);
    if (!extra)
        return no_memory(r);
    enum san_status status =
        send_number(r, "set_position_topic", "set_position_template", ranged(percent, closed, open), extra);
    cJSON_Delete(extra);
    if (status == SAN_OK)
        expect_number(r, "position", percent, POSITION_TOLERANCE);
    return status;
}

static enum san_status cover_tilt_value(struct rendering *r, double percent, double value)
{
    static const char *const keys[] = {
        "tilt_position", "position_open", "position_closed", "tilt_min", "tilt_max"};
    double numbers[] = {percent, view_number(r->view, "position_open", 100),
        view_number(r->view, "position_closed", 0), view_number(r->view, "tilt_min", 0),
        view_number(r->view, "tilt_max", 100)};
    cJSON *extra = number_object(keys, numbers, 5);
    if (!extra)
        return no_memory(r);
    enum san_status status = send_number(r, "tilt_command_topic", "tilt_command_template", value, extra);
    cJSON_Delete(extra);
    if (status == SAN_OK)
        expect_number(r, "tilt_position", percent, POSITION_TOLERANCE);
    return status;
}

static double tilt_percent(const struct rendering *r, double value)
{
    double low = view_number(r->view, "tilt_min", 0), high = view_number(r->view, "tilt_max", 100);
    return high == low ? 0 : round((value - low) * 100 / (high - low));
}

static enum san_status cover_tilt(struct rendering *r, double percent)
{
    double low = view_number(r->view, "tilt_min", 0), high = view_number(r->view, "tilt_max", 100);
    return cover_tilt_value(r, percent, ranged(percent, low, high));
}

/* By word; else by position; else by tilt, for slats that can do nothing else. */
static enum san_status cover_move(struct rendering *r, bool open)
{
    const char *payload_key = open ? "payload_open" : "payload_close";
    if (view_has(r->view, "command_topic") && !view_is_null(r->view, payload_key)) {
        enum san_status status = send_word(r, "command_topic", NULL, payload_key, open ? "OPEN" : "CLOSE");
        if (status == SAN_OK)
            expect_state(r, open ? "open" : "closed");
        return status;
    }
    if (view_has(r->view, "set_position_topic"))
        return cover_position(r, open ? 100 : 0);
    if (!view_has(r->view, "tilt_command_topic"))
        return cannot(r, open ? "be opened" : "be closed");
    double value =
        open ? view_number(r->view, "tilt_opened_value", 100) : view_number(r->view, "tilt_closed_value", 0);
    return cover_tilt_value(r, tilt_percent(r, value), value);
}

static enum san_status cover_open(struct rendering *r)
{
    return cover_move(r, true);
}

static enum san_status cover_close(struct rendering *r)
{
    return cover_move(r, false);
}

static enum san_status toggle_by_state(struct rendering *r, render_fn open, render_fn close)
{
    if (now_is(r, "closed") || now_is(r, "closing"))
        return open(r);
    if (now_is(r, "open") || now_is(r, "opening"))
        return close(r);
    return san_fail(r->err, SAN_EINVAL, "whether %.100s is open is not known; say open or close", r->name);
}

static enum san_status cover_toggle(struct rendering *r)
{
    return toggle_by_state(r, cover_open, cover_close);
}

static enum san_status check_position(struct rendering *r, double percent)
{
    if (percent >= 0 && percent <= 100)
        return SAN_OK;
    return san_fail(r->err, SAN_ELIMIT, "a position is 0 to 100 per cent, not %g", percent);
}

/* Slats alone: the cover stays where it is. */
static enum san_status cover_set_tilt(struct rendering *r)
{
    double percent;
    if (!view_has(r->view, "tilt_command_topic"))
        return cannot(r, "be tilted");
    enum san_status status =
        wanted_number(r, "tilt", "tilt_step", POSITION_STEP, "tilt_position", 0, 100, &percent);
    if (status == SAN_OK)
        status = check_position(r, percent);
    return status == SAN_OK ? cover_tilt(r, percent) : status;
}

static enum san_status cover_set(struct rendering *r)
{
    if (home_call_arg(r->call, "tilt") || home_call_arg(r->call, "tilt_step"))
        return cover_set_tilt(r);
    bool tilts = !view_has(r->view, "set_position_topic") && view_has(r->view, "tilt_command_topic");
    double percent;
    enum san_status status = wanted_number(r, "position", "position_step", POSITION_STEP,
        tilts ? "tilt_position" : "position", 0, 100, &percent);
    if (status == SAN_OK)
        status = check_position(r, percent);
    if (status != SAN_OK)
        return status;
    if (view_has(r->view, "set_position_topic"))
        return cover_position(r, percent);
    if (percent >= 100 || percent <= 0)
        return cover_move(r, percent > 0);
    return tilts ? cover_tilt(r, percent) : cannot(r, "be set to a position; it can be opened and closed");
}

/* Where it will stop nobody knows: nothing to expect. */
static enum san_status cover_stop(struct rendering *r)
{
    if (view_has(r->view, "command_topic") && !view_is_null(r->view, "payload_stop"))
        return send_word(r, "command_topic", NULL, "payload_stop", "STOP");
    if (view_has(r->view, "tilt_command_topic") && view_has(r->view, "payload_stop_tilt"))
        return send_word(r, "tilt_command_topic", "tilt_command_template", "payload_stop_tilt", "STOP");
    return cannot(r, "be stopped");
}

render_fn cover_tool(const char *tool)
{
    static const struct tool_row rows[] = {{"HassTurnOn", cover_open}, {"HassTurnOff", cover_close},
        {"HassToggle", cover_toggle}, {"HassSetPosition", cover_set}, {"HassStopMoving", cover_stop}};
    return FIND(rows, tool);
}

/* ---- valve ---- one topic for words, or for positions */

static enum san_status valve_position(struct rendering *r, double percent)
{
    static const char *const keys[] = {"position"};
    double open = view_number(r->view, "position_open", 100),
           closed = view_number(r->view, "position_closed", 0);
    cJSON *extra = number_object(keys, &percent, 1);
    if (!extra)
        return no_memory(r);
    enum san_status status =
        send_number(r, "command_topic", "command_template", ranged(percent, closed, open), extra);
    cJSON_Delete(extra);
    if (status == SAN_OK)
        expect_number(r, "position", percent, POSITION_TOLERANCE);
    return status;
}

static enum san_status valve_move(struct rendering *r, bool open)
{
    if (view_bool(r->view, "reports_position", false))
        return valve_position(r, open ? 100 : 0);
    enum san_status status = send_word(r, "command_topic", "command_template",
        open ? "payload_open" : "payload_close", open ? "OPEN" : "CLOSE");
    if (status == SAN_OK)
        expect_state(r, open ? "open" : "closed");
    return status;
}

static enum san_status valve_open(struct rendering *r)
{
    return valve_move(r, true);
}

static enum san_status valve_close(struct rendering *r)
{
    return valve_move(r, false);
}

static enum san_status valve_toggle(struct rendering *r)
{
    return toggle_by_state(r, valve_open, valve_close);
}

static enum san_status valve_set(struct rendering *r)
{
    double percent;
    enum san_status status =
        wanted_number(r, "position", "position_step", POSITION_STEP, "position", 0, 100, &percent);
    if (status == SAN_OK)
        status = check_position(r, percent);
    if (status != SAN_OK)
        return status;
    if (view_bool(r->view, "reports_position", false))
        return valve_position(r, percent);
    if (percent > 0 && percent < 100)
        return cannot(r, "be set to a position; it can be opened and closed");
    return valve_move(r, percent > 0);
}

/* Unlike a cover's, a valve's stop has no usual word. */
static enum san_status valve_stop(struct rendering *r)
{
    if (!view_has(r->view, "payload_stop"))
        return cannot(r, "be stopped");
    return send_word(r, "command_topic", "command_template", "payload_stop", "STOP");
}

render_fn valve_tool(const char *tool)
{
    static const struct tool_row rows[] = {{"HassTurnOn", valve_open}, {"HassTurnOff", valve_close},
        {"HassToggle", valve_toggle}, {"HassSetPosition", valve_set}, {"HassStopMoving", valve_stop}};
    return FIND(rows, tool);
}
