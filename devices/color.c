/* color.c - see color.h. */
#include "devices/color.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* The names of CSS where it has them; peach, mint, rose, amber and scarlet as they are painted. Order:
 * plainer names first, they win ties. */
static const struct {
    const char *name;
    struct color_rgb rgb;
} names[] = {
    {"white", {255, 255, 255}},
    {"black", {0, 0, 0}},
    {"red", {255, 0, 0}},
    {"orange", {255, 165, 0}},
    {"yellow", {255, 255, 0}},
    {"green", {0, 128, 0}},
    {"blue", {0, 0, 255}},
    {"purple", {128, 0, 128}},
    {"brown", {165, 42, 42}},
    {"pink", {255, 192, 203}},
    {"turquoise", {64, 224, 208}},
    {"cyan", {0, 255, 255}},
    {"magenta", {255, 0, 255}},
    {"violet", {238, 130, 238}},
    {"indigo", {75, 0, 130}},
    {"lime", {0, 255, 0}},
    {"teal", {0, 128, 128}},
    {"navy", {0, 0, 128}},
    {"gold", {255, 215, 0}},
    {"silver", {192, 192, 192}},
    {"gray", {128, 128, 128}},
    {"beige", {245, 245, 220}},
    {"lavender", {230, 230, 250}},
    {"maroon", {128, 0, 0}},
    {"olive", {128, 128, 0}},
    {"coral", {255, 127, 80}},
    {"salmon", {250, 128, 114}},
    {"crimson", {220, 20, 60}},
    {"aqua", {0, 255, 255}},
    {"amber", {255, 191, 0}},
    {"peach", {255, 218, 185}},
    {"mint", {152, 255, 152}},
    {"rose", {255, 0, 127}},
    {"plum", {221, 160, 221}},
    {"tan", {210, 180, 140}},
    {"khaki", {240, 230, 140}},
    {"ivory", {255, 255, 240}},
    {"fuchsia", {255, 0, 255}},
    {"scarlet", {255, 36, 0}},
};

enum { NAME_COUNT = sizeof(names) / sizeof(*names) };

bool color_from_name(const char *name, struct color_rgb *out)
{
    for (size_t i = 0; i < NAME_COUNT; i++) {
        if (strcmp(names[i].name, name) == 0) {
            *out = names[i].rgb;
            return true;
        }
    }
    return false;
}

static int distance(struct color_rgb a, struct color_rgb b)
{
    int red = a.red - b.red, green = a.green - b.green, blue = a.blue - b.blue;
    return red * red + green * green + blue * blue;
}

const char *color_nearest_name(struct color_rgb rgb)
{
    size_t best = 0;
    int best_distance = -1;
    for (size_t i = 0; i < NAME_COUNT; i++) {
        int far = distance(color_full(rgb), color_full(names[i].rgb));
        if (best_distance < 0 || far < best_distance) {
            best = i;
            best_distance = far;
        }
    }
    return names[best].name;
}

static int largest(struct color_rgb rgb)
{
    int most = rgb.red > rgb.green ? rgb.red : rgb.green;
    return most > rgb.blue ? most : rgb.blue;
}

static int smallest(struct color_rgb rgb)
{
    int least = rgb.red < rgb.green ? rgb.red : rgb.green;
    return least < rgb.blue ? least : rgb.blue;
}

static int scaled(double value, double scale)
{
    double rounded = round(value * scale);
    return rounded < 0 ? 0 : rounded > 255 ? 255 : (int)rounded;
}

struct color_rgb color_full(struct color_rgb rgb)
{
    int most = largest(rgb);
    if (most == 0)
        return rgb;
    double scale = 255.0 / most;
    return (struct color_rgb){scaled(rgb.red, scale), scaled(rgb.green, scale), scaled(rgb.blue, scale)};
}

static double places(double value, double unit)
{
    return round(value * unit) / unit;
}

struct color_hs color_to_hs(struct color_rgb rgb)
{
    double most = largest(rgb), range = most - smallest(rgb);
    if (range <= 0)
        return (struct color_hs){0, 0};
    double hue;
    if (rgb.red == (int)most)
        hue = (rgb.green - rgb.blue) / range;
    else if (rgb.green == (int)most)
        hue = 2 + (rgb.blue - rgb.red) / range;
    else
        hue = 4 + (rgb.red - rgb.green) / range;
    hue = hue < 0 ? hue + 6 : hue;
    return (struct color_hs){places(hue * 60, 1000), places(100 * range / most, 1000)};
}

static double linear(int value)
{
    double c = value / 255.0;
    return c > 0.04045 ? pow((c + 0.055) / 1.055, 2.4) : c / 12.92;
}

struct color_xy color_to_xy(struct color_rgb rgb)
{
    double r = linear(rgb.red), g = linear(rgb.green), b = linear(rgb.blue);
    double x = r * 0.664511 + g * 0.154324 + b * 0.162028;
    double y = r * 0.283881 + g * 0.668433 + b * 0.047685;
    double z = r * 0.000088 + g * 0.072310 + b * 0.986039;
    double sum = x + y + z;
    if (sum <= 0)
        return (struct color_xy){0, 0};
    return (struct color_xy){places(x / sum, 1000), places(y / sum, 1000)};
}

struct color_rgb color_from_hs(struct color_hs hs)
{
    double hue = fmod(hs.hue, 360) / 60, saturation = hs.saturation / 100;
    if (hue < 0)
        hue += 6;
    double low = 1 - saturation, part = hue - floor(hue);
    double falling = 1 - saturation * part, rising = 1 - saturation * (1 - part);
    double rgb[6][3] = {{1, rising, low}, {falling, 1, low}, {low, 1, rising}, {low, falling, 1},
        {rising, low, 1}, {1, low, falling}};
    const double *c = rgb[(int)hue % 6];
    return (struct color_rgb){scaled(c[0], 255), scaled(c[1], 255), scaled(c[2], 255)};
}

static double gamma_of(double value)
{
    return value <= 0.0031308 ? 12.92 * value : 1.055 * pow(value, 1 / 2.4) - 0.055;
}

struct color_rgb color_from_xy(struct color_xy xy)
{
    double below = xy.y > 0 ? xy.y : 1e-9;
    double x = xy.x / below, z = (1 - xy.x - xy.y) / below;
    double r = x * 1.656492 - 0.354851 - z * 0.255038;
    double g = -x * 0.707196 + 1.655397 + z * 0.036152;
    double b = x * 0.051713 - 0.121364 + z * 1.011530;
    double most = fmax(fmax(r, g), fmax(b, 1e-9));
    return (struct color_rgb){scaled(gamma_of(fmax(r, 0) / most), 255),
        scaled(gamma_of(fmax(g, 0) / most), 255), scaled(gamma_of(fmax(b, 0) / most), 255)};
}

static int reciprocal(double value)
{
    return value > 0.001 ? (int)floor(1000000 / value) : 0;
}

int color_mired_of_kelvin(double kelvin)
{
    return reciprocal(kelvin);
}

int color_kelvin_of_mired(double mired)
{
    return reciprocal(mired);
}
