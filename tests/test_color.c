/* test_color.c - colour names and spaces, against values that Home Assistant's formulas give. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "devices/color.h"

static void converts_to_hue_and_saturation(void **state)
{
    (void)state;
    static const struct {
        struct color_rgb rgb;
        double hue, saturation;
    } examples[] = {
        {{255, 0, 0}, 0, 0 + 100},
        {{0, 255, 0}, 120, 100},
        {{0, 0, 255}, 240, 100},
        {{255, 165, 0}, 38.824, 100},
        {{255, 192, 203}, 349.524, 24.706},
        {{255, 255, 255}, 0, 0},
        {{0, 0, 0}, 0, 0},
    };
    for (size_t i = 0; i < sizeof(examples) / sizeof(*examples); i++) {
        struct color_hs hs = color_to_hs(examples[i].rgb);
        assert_float_equal(hs.hue, examples[i].hue, 0.0005);
        assert_float_equal(hs.saturation, examples[i].saturation, 0.0005);
    }
}

static void converts_to_xy(void **state)
{
    (void)state;
    static const struct {
        struct color_rgb rgb;
        double x, y;
    } examples[] = {
        {{255, 0, 0}, 0.701, 0.299},
        {{0, 255, 0}, 0.172, 0.747},
        {{0, 0, 255}, 0.136, 0.040},
        {{255, 255, 255}, 0.323, 0.329},
        {{0, 0, 0}, 0, 0},
    };
    for (size_t i = 0; i < sizeof(examples) / sizeof(*examples); i++) {
        struct color_xy xy = color_to_xy(examples[i].rgb);
        assert_float_equal(xy.x, examples[i].x, 0.0005);
        assert_float_equal(xy.y, examples[i].y, 0.0005);
    }
}

/* What a lamp reports comes back as the colour that it was told. */
static void comes_back(void **state)
{
    (void)state;
    static const char *const names[] = {"red", "orange", "yellow", "green", "blue", "magenta", "cyan"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        struct color_rgb rgb;
        assert_true(color_from_name(names[i], &rgb));
        struct color_hs there = color_to_hs(rgb);
        struct color_hs back = color_to_hs(color_from_xy(color_to_xy(rgb)));
        assert_float_equal(there.hue, back.hue, 8);
        back = color_to_hs(color_from_hs(there));
        assert_float_equal(there.hue, back.hue, 1);
        assert_float_equal(there.saturation, back.saturation, 1);
    }
}

static void names_what_is_nearest(void **state)
{
    (void)state;
    assert_string_equal(color_nearest_name((struct color_rgb){250, 5, 5}), "red");
    assert_string_equal(color_nearest_name((struct color_rgb){0, 0, 250}), "blue");
    assert_string_equal(color_nearest_name((struct color_rgb){255, 160, 10}), "orange");
    assert_string_equal(color_nearest_name((struct color_rgb){200, 200, 200}), "white");
}

static void converts_temperatures(void **state)
{
    (void)state;
    assert_int_equal(color_mired_of_kelvin(2700), 370);
    assert_int_equal(color_mired_of_kelvin(4000), 250);
    assert_int_equal(color_mired_of_kelvin(6500), 153);
    assert_int_equal(color_kelvin_of_mired(370), 2702);
    assert_int_equal(color_kelvin_of_mired(0), 0);
    assert_int_equal(color_mired_of_kelvin(-1), 0);
}

static cJSON *read_tools(void)
{
    const char *source = getenv("HEARTH_SRCDIR");
    char path[512], *text = calloc(1, 1 << 20);
    snprintf(path, sizeof(path), "%s/schemas/intents.json", source ? source : ".");
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(text);
    assert_true(fread(text, 1, (1 << 20) - 1, file) > 0);
    fclose(file);
    cJSON *root = cJSON_Parse(text);
    free(text);
    assert_non_null(root);
    return root;
}

/* Whatever colour the model may say has an rgb. */
static void knows_every_colour_of_the_tools(void **state)
{
    (void)state;
    cJSON *root = read_tools();
    const cJSON *tool, *name;
    size_t count = 0;
    cJSON_ArrayForEach(tool, cJSON_GetObjectItem(root, "tools"))
    {
        const cJSON *properties = cJSON_GetObjectItem(cJSON_GetObjectItem(tool, "parameters"), "properties");
        cJSON_ArrayForEach(name, cJSON_GetObjectItem(cJSON_GetObjectItem(properties, "color"), "enum"))
        {
            struct color_rgb rgb;
            if (!color_from_name(name->valuestring, &rgb))
                fail_msg("no rgb for %s", name->valuestring);
            count++;
        }
    }
    cJSON_Delete(root);
    assert_true(count >= 30);
    struct color_rgb rgb;
    assert_false(color_from_name("octarine", &rgb));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(converts_to_hue_and_saturation),
        cmocka_unit_test(converts_to_xy),
        cmocka_unit_test(comes_back),
        cmocka_unit_test(names_what_is_nearest),
        cmocka_unit_test(converts_temperatures),
        cmocka_unit_test(knows_every_colour_of_the_tools),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
