/* render_light.h - what is wanted of a lamp, between render_light.c (which decides) and render_light_schema.c
 * (which writes it down). */
#ifndef HEARTH_RENDER_LIGHT_H
#define HEARTH_RENDER_LIGHT_H

#include "devices/color.h"
#include "devices/render_internal.h"

/* All on: brightness, colour and temperature where they are set. */
struct light_wish {
    bool has_brightness, has_color, has_kelvin;
    double brightness; /* per cent, above 0 */
    struct color_rgb color;
    double kelvin;      /* within the lamp's range */
    const char *effect; /* one of effect_list, or NULL */
};

struct light_schema {
    enum san_status (*on)(struct rendering *r, const struct light_wish *wish);
    enum san_status (*off)(struct rendering *r);
    bool (*can_dim)(const struct rendering *r);
    bool (*can_color)(const struct rendering *r);
    bool (*can_kelvin)(const struct rendering *r);
    bool (*can_effect)(const struct rendering *r);
};

/* By the entity's schema. */
const struct light_schema *light_schema(const struct rendering *r);
/* Kelvin -> what this lamp calls a colour temperature: mired, or kelvin where its configuration says so;
 * within its range. */
double light_temperature(const struct rendering *r, double kelvin);
struct kelvin_range {
    double low, high;
};
struct kelvin_range light_kelvin_range(const struct rendering *r);

#endif
