/* color.h - colours: names <-> rgb, and the spaces in which lamps want them. Formulas: Home Assistant's own.
 */
#ifndef HEARTH_COLOR_H
#define HEARTH_COLOR_H

#include <stdbool.h>

struct color_rgb {
    int red, green, blue; /* 0..255 */
};

struct color_hs {
    double hue, saturation; /* 0..360, 0..100 */
};

struct color_xy {
    double x, y; /* CIE 1931 */
};

/* The rgb of a colour name of schemas/intents.json; false if there is no such name. */
bool color_from_name(const char *name, struct color_rgb *out);
/* The name that is nearest to rgb, compared at full brightness; "white" for greys. */
const char *color_nearest_name(struct color_rgb rgb);

/* The same hue and saturation at full brightness: brightness is a lamp's own quantity. Black gives black. */
struct color_rgb color_full(struct color_rgb rgb);
/* Hue and saturation rounded to three places; xy likewise. */
struct color_hs color_to_hs(struct color_rgb rgb);
struct color_xy color_to_xy(struct color_rgb rgb);
struct color_rgb color_from_hs(struct color_hs hs);
/* At full brightness; out of gamut is cut. */
struct color_rgb color_from_xy(struct color_xy xy);

/* Reciprocal, rounded down: kelvin <-> mired. 0 for 0 or less. */
int color_mired_of_kelvin(double kelvin);
int color_kelvin_of_mired(double mired);

#endif
