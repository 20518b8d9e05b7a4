/* render_values.c - entities that are set to a value: number, select, text; and the installing of updates. */
#include <math.h>
#include <string.h>

#include "devices/json_text.h"
#include "devices/render_internal.h"

#define FIND(rows, tool) find_tool(rows, sizeof(rows) / sizeof(*(rows)), tool)

enum { TEXT_LENGTH_MAX = 255 };

/* The value of a call as text; NULL and an error if there is none. */
static const char *wanted_text(struct rendering *r)
{
    const char *value = home_call_text(r->call, "value");
    if (!value)
        san_fail(r->err, SAN_EINVAL, "%s for %.100s needs a value", r->call->tool, r->name);
    return value;
}

/* ---- number ---- */

/* What it is now is its state, not an attribute. */
static enum san_status number_wanted(struct rendering *r, double low, double high, double *wanted)
{
    double change, now;
    if (number_arg(r, "value", wanted))
        return SAN_OK;
    if (!step_arg(r, "value_step", view_number(r->view, "step", 1), &change))
        return san_fail(r->err, SAN_EINVAL, "%s for %.100s needs a number", r->call->tool, r->name);
    if (!json_text_number(r->now->state, &now))
        return san_fail(r->err, SAN_EINVAL, "the value of %.100s is not known; say a number", r->name);
    *wanted = fmin(fmax(now + change, low), high);
    return SAN_OK;
}

static enum san_status number_set(struct rendering *r)
{
    double wanted, low = view_number(r->view, "min", 1), high = view_number(r->view, "max", 100);
    enum san_status status = number_wanted(r, low, high, &wanted);
    if (status != SAN_OK)
        return status;
    if (wanted < low || wanted > high)
        return san_fail(r->err, SAN_ELIMIT, "%.100s: %g to %g allowed, not %g", r->name, low, high, wanted);
    status = send_number(r, "command_topic", "command_template", wanted, NULL);
    if (status == SAN_OK)
        expect_number(r, "", wanted, view_number(r->view, "step", 1) / 2);
    return status;
}

render_fn number_tool(const char *tool)
{
    static const struct tool_row rows[] = {{"HassSetValue", number_set}};
    return FIND(rows, tool);
}

/* ---- select ---- */

static enum san_status select_set(struct rendering *r)
{
    const char *value = wanted_text(r);
    if (!value)
        return SAN_EINVAL;
    const char *option = view_list_match(r->view, "options", value);
    if (!option)
        return has_no(r, "option", value, "options", NULL);
    enum san_status status = send_text(r, "command_topic", "command_template", option, NULL);
    if (status == SAN_OK)
        expect_state(r, option);
    return status;
}

render_fn select_tool(const char *tool)
{
    static const struct tool_row rows[] = {{"HassSetValue", select_set}};
    return FIND(rows, tool);
}

/* ---- text ---- */

static size_t letters(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

static enum san_status text_set(struct rendering *r)
{
    const char *value = wanted_text(r);
    if (!value)
        return SAN_EINVAL;
    double low = view_number(r->view, "min", 0), high = view_number(r->view, "max", TEXT_LENGTH_MAX);
    double length = (double)letters(value);
    if (length < low || length > high)
        return san_fail(
            r->err, SAN_ELIMIT, "%.100s: %g to %g letters allowed, not %g", r->name, low, high, length);
    enum san_status status = send_text(r, "command_topic", "command_template", value, NULL);
    if (status == SAN_OK)
        expect_state(r, value);
    return status;
}

render_fn text_tool(const char *tool)
{
    static const struct tool_row rows[] = {{"HassSetValue", text_set}};
    return FIND(rows, tool);
}

/* ---- update ---- how long it takes nobody knows: nothing to expect */

static enum san_status update_install(struct rendering *r)
{
    if (!view_has(r->view, "payload_install"))
        return cannot(r, "be updated from here");
    if (now_is(r, "off"))
        return san_fail(r->err, SAN_EINVAL, "%.100s is up to date", r->name);
    return send_word(r, "command_topic", NULL, "payload_install", "");
}

render_fn update_tool(const char *tool)
{
    static const struct tool_row rows[] = {{"HassUpdateInstall", update_install}};
    return FIND(rows, tool);
}
