/* render_light.c - what is asked of a lamp, checked against what it can do. */
#include "devices/render_light.h"

#include <math.h>
#include <string.h>

#define FIND(rows, tool) find_tool(rows, sizeof(rows) / sizeof(*(rows)), tool)

enum { BRIGHTNESS_STEP = 20, HUE_TOLERANCE = 20, SATURATION_TOLERANCE = 25 };

/* ---- colour temperature ---- kelvin keys win over mired keys; mireds are the reciprocal, so low and high
 * change places */

struct kelvin_range light_kelvin_range(const struct rendering *r)
{
    struct kelvin_range range = {2000, 6535};
    if (view_has(r->view, "max_mireds"))
        range.low = 1000000 / view_number(r->view, "max_mireds", 500);
    if (view_has(r->view, "min_mireds"))
        range.high = 1000000 / view_number(r->view, "min_mireds", 153);
    range.low = view_number(r->view, "min_kelvin", range.low);
    range.high = view_number(r->view, "max_kelvin", range.high);
    return range;
}

double light_temperature(const struct rendering *r, double kelvin)
{
    if (view_bool(r->view, "color_temp_kelvin", false))
        return round(kelvin);
    double mired = color_mired_of_kelvin(kelvin);
    mired = fmax(mired, view_number(r->view, "min_mireds", 0));
    return fmin(mired, view_number(r->view, "max_mireds", 1000));
}

/* ---- expectations ---- */

static void expect_wish(struct rendering *r, const struct light_wish *wish)
{
    expect_state(r, "on");
    double scale = view_number(r->view, "brightness_scale", 255);
    if (wish->has_brightness)
        expect_number(r, "brightness", wish->brightness, fmax(1, 50 / scale));
    if (wish->has_kelvin)
        expect_number(r, "color_temp_kelvin", wish->kelvin, fmax(50, wish->kelvin * 0.05));
    if (wish->effect)
        expect_text(r, "effect", wish->effect);
    if (!wish->has_color)
        return;
    struct color_hs hs = color_to_hs(wish->color);
    if (hs.saturation > 2 * SATURATION_TOLERANCE)
        expect_number(r, "hue", hs.hue, HUE_TOLERANCE);
    else
        expect_number(r, "saturation", hs.saturation, SATURATION_TOLERANCE);
}

static enum san_status light_send(struct rendering *r, const struct light_wish *wish)
{
    enum san_status status = light_schema(r)->on(r, wish);
    if (status == SAN_OK)
        expect_wish(r, wish);
    return status;
}

/* ---- on and off ---- */

static enum san_status light_on(struct rendering *r)
{
    return light_send(r, &(struct light_wish){.has_brightness = false});
}

static enum san_status light_off(struct rendering *r)
{
    enum san_status status = light_schema(r)->off(r);
    if (status == SAN_OK)
        expect_state(r, "off");
    return status;
}

static enum san_status light_toggle(struct rendering *r)
{
    return now_is(r, "on") ? light_off(r) : light_on(r);
}

/* ---- HassLightSet ---- */

/* A lamp that is off has brightness 0, whatever it reported last. */
static enum san_status wish_brightness(struct rendering *r, struct light_wish *wish)
{
    double change, percent;
    if (!home_call_arg(r->call, "brightness") && step_arg(r, "brightness_step", BRIGHTNESS_STEP, &change) &&
        now_is(r, "off"))
        percent = fmax(change, 0);
    else {
        enum san_status status = wanted_number(
            r, "brightness", "brightness_step", BRIGHTNESS_STEP, "brightness", 1, 100, &percent);
        if (status != SAN_OK)
            return status;
    }
    if (percent < 0 || percent > 100)
        return san_fail(r->err, SAN_ELIMIT, "a brightness is 0 to 100 per cent, not %g", percent);
    if (!light_schema(r)->can_dim(r) && percent > 0 && percent < 100)
        return cannot(r, "be dimmed");
    wish->has_brightness = light_schema(r)->can_dim(r);
    wish->brightness = percent;
    return SAN_OK;
}

static enum san_status wish_color(struct rendering *r, const char *name, struct light_wish *wish)
{
    if (!color_from_name(name, &wish->color))
        return san_fail(r->err, SAN_EINVAL, "%.40s is no colour that hearth knows", name);
    if (!light_schema(r)->can_color(r))
        return cannot(r, "change colour");
    if (wish->color.red + wish->color.green + wish->color.blue == 0)
        return san_fail(r->err, SAN_EINVAL, "%.100s cannot shine black; turn it off", r->name);
    wish->has_color = true;
    return SAN_OK;
}

static enum san_status wish_kelvin(struct rendering *r, double kelvin, struct light_wish *wish)
{
    if (!light_schema(r)->can_kelvin(r))
        return cannot(r, "change its colour temperature");
    struct kelvin_range range = light_kelvin_range(r);
    wish->has_kelvin = true;
    wish->kelvin = fmin(fmax(kelvin, range.low), range.high);
    return SAN_OK;
}

static enum san_status wish_effect(struct rendering *r, const char *name, struct light_wish *wish)
{
    if (!light_schema(r)->can_effect(r))
        return cannot(r, "show effects");
    wish->effect = view_list_match(r->view, "effect_list", name);
    return wish->effect ? SAN_OK : has_no(r, "effect", name, "effect_list", NULL);
}

static enum san_status light_set(struct rendering *r)
{
    struct light_wish wish = {.has_brightness = false};
    const char *color = home_call_text(r->call, "color"), *effect = home_call_text(r->call, "effect");
    bool dims = home_call_arg(r->call, "brightness") || home_call_arg(r->call, "brightness_step");
    double kelvin = 0;
    bool warms = number_arg(r, "temperature", &kelvin);
    if (color && warms)
        return san_fail(
            r->err, SAN_EINVAL, "%.100s takes a colour or a colour temperature, not both", r->name);
    enum san_status status = dims ? wish_brightness(r, &wish) : SAN_OK;
    if (status == SAN_OK && dims && wish.brightness <= 0)
        return light_off(r);
    if (status == SAN_OK && color)
        status = wish_color(r, color, &wish);
    if (status == SAN_OK && warms)
        status = wish_kelvin(r, kelvin, &wish);
    if (status == SAN_OK && effect)
        status = wish_effect(r, effect, &wish);
    return status == SAN_OK ? light_send(r, &wish) : status;
}

render_fn light_tool(const char *tool)
{
    static const struct tool_row rows[] = {{"HassTurnOn", light_on}, {"HassTurnOff", light_off},
        {"HassToggle", light_toggle}, {"HassLightSet", light_set}};
    return FIND(rows, tool);
}
