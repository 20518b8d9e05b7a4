/* test_render.c - commands where publishers' messages (test_corpus.c) leave gaps: players, codes, steps
 * without a state, expectations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "devices/json_text.h"
#include "devices/render.h"

static struct san_arena *arena;
static struct entity_view *view;
static struct home_state now;
static struct rendered rendered;
static struct san_error error;

static void open_view(const char *domain, const char *config)
{
    struct san_error err = {.text = ""};
    entity_view_free(view);
    home_state_clear(&now);
    view = entity_view_new(domain, config, NULL, &err);
    if (!view)
        fail_msg("%s: %s", config, err.text);
    home_state_init(&now);
    entity_view_start(view, &now);
}

static void apply(const char *topic, const char *payload)
{
    bool changed;
    assert_int_equal(state_apply_bytes(view, &now, topic, payload, strlen(payload), &changed, NULL), SAN_OK);
}

/* slot and text may be NULL: no argument. A text that is a number is given as one. */
static enum san_status call(const char *tool, const char *slot, const char *text)
{
    struct home_call c = {.tool = tool};
    error = (struct san_error){.text = ""};
    if (slot) {
        c.args[0] = (struct home_arg){.slot = slot, .text = text};
        c.args[0].is_number = json_text_number(text, &c.args[0].number);
        c.arg_count = 1;
    }
    return render_call(view, "Thing", &now, &c, arena, &rendered, &error);
}

static void sends(
    const char *tool, const char *slot, const char *text, const char *topic, const char *payload)
{
    if (call(tool, slot, text) != SAN_OK)
        fail_msg("%s: %s", tool, error.text);
    assert_int_equal(rendered.command_count, 1);
    assert_string_equal(rendered.commands[0].topic, topic);
    assert_string_equal(rendered.commands[0].payload, payload);
}

static void refuses(
    const char *tool, const char *slot, const char *text, enum san_status status, const char *told)
{
    assert_int_equal(call(tool, slot, text), status);
    if (!strstr(error.text, told))
        fail_msg("\"%s\", not \"%s\"", error.text, told);
    assert_int_equal(rendered.command_count, 0);
}

static void commands_players(void **state)
{
    (void)state;
    open_view("media_player", "{\"command_topic\":\"tv\",\"payload_pause\":\"pause!\",\"payload_next\":null,"
                              "\"state_topic\":\"tv/s\","
                              "\"volume_command_topic\":\"tv/v\",\"volume_state_topic\":\"tv/"
                              "vs\",\"volume_scale\":50,\"mute_command_topic\":\"tv/m\","
                              "\"mute_state_topic\":\"tv/ms\",\"play_media_command_topic\":\"tv/p\","
                              "\"play_media_command_template\":\"{\\\"q\\\":{{ query|tojson "
                              "}},\\\"kind\\\":\\\"{{ media_class|default('any') }}\\\"}\"}");
    sends("HassTurnOn", NULL, NULL, "tv", "ON");
    sends("HassTurnOff", NULL, NULL, "tv", "OFF");
    sends("HassMediaPause", NULL, NULL, "tv", "pause!");
    apply("tv/s", "paused");
    assert_true(render_confirmed(&rendered, &now));
    sends("HassMediaUnpause", NULL, NULL, "tv", "PLAY");
    sends("HassMediaPrevious", NULL, NULL, "tv", "PREVIOUS");
    refuses("HassMediaNext", NULL, NULL, SAN_EUNSUPPORTED, "Thing cannot do that");
    sends("HassSetVolume", "volume_level", "30", "tv/v", "15");
    refuses("HassSetVolumeRelative", "volume_step", "up", SAN_EINVAL, "volume_level of Thing is not known");
    apply("tv/vs", "15");
    sends("HassSetVolumeRelative", "volume_step", "up", "tv/v", "20");
    sends("HassSetVolumeRelative", "volume_step", "-30", "tv/v", "0");
    sends("HassMediaPlayerMute", NULL, NULL, "tv/m", "MUTE");
    apply("tv/ms", "MUTE");
    assert_true(render_confirmed(&rendered, &now));
    sends("HassMediaPlayerUnmute", NULL, NULL, "tv/m", "UNMUTE");
    assert_false(render_confirmed(&rendered, &now));
    sends("HassMediaSearchAndPlay", "search_query", "Don't \"stop\"", "tv/p",
        "{\"q\":\"Don\\u0027t \\\"stop\\\"\",\"kind\":\"any\"}");
    refuses("HassMediaSearchAndPlay", NULL, NULL, SAN_EINVAL, "needs a search_query");
    refuses("HassSetVolume", "volume_level", "130", SAN_ELIMIT, "0 to 100 per cent");
}

static void commands_words_of_other_domains(void **state)
{
    (void)state;
    open_view("input_boolean",
        "{\"command_topic\":\"a\",\"command_template\":\"{\\\"v\\\":\\\"{{ value }}\\\"}\"}");
    sends("HassTurnOn", NULL, NULL, "a", "{\"v\":\"ON\"}");
    assert_int_equal(rendered.expect_count, 0);
    assert_false(rendered.already);
    open_view("script", "{\"command_topic\":\"s\",\"payload_on\":\"run\"}");
    sends("HassTurnOn", NULL, NULL, "s", "run");
    open_view("siren", "{\"command_topic\":\"s\"}");
    sends("HassTurnOn", NULL, NULL, "s", "{\"state\":\"ON\"}");
    sends("HassTurnOff", NULL, NULL, "s", "{\"state\":\"OFF\"}");
    open_view("button",
        "{\"command_topic\":\"b\",\"payload_press\":\"now\",\"command_template\":\"{{ value|upper }}\"}");
    sends("HassTurnOn", NULL, NULL, "b", "NOW");
}

static void takes_no_codes_by_voice(void **state)
{
    (void)state;
    open_view("lock", "{\"command_topic\":\"l\",\"code_format\":\"^\\\\d{4}$\"}");
    refuses("HassTurnOff", NULL, NULL, SAN_EUNSUPPORTED, "codes are not taken by voice");
    open_view("alarm_control_panel", "{\"command_topic\":\"a\",\"state_topic\":\"s\",\"code\":\"1234\"}");
    refuses("HassAlarmArm", "mode", "home", SAN_EUNSUPPORTED, "codes are not taken by voice");
}

/* Where a wrong guess would open a door, nothing is guessed. */
static void toggles_only_what_it_knows(void **state)
{
    (void)state;
    open_view("lock", "{\"command_topic\":\"l\",\"state_topic\":\"s\"}");
    refuses("HassToggle", NULL, NULL, SAN_EINVAL, "not known");
    open_view("cover", "{\"command_topic\":\"c\",\"state_topic\":\"s\"}");
    refuses("HassToggle", NULL, NULL, SAN_EINVAL, "not known");
    refuses("HassSetPosition", "position", "40", SAN_EUNSUPPORTED, "cannot be set to a position");
    sends("HassSetPosition", "position", "100", "c", "OPEN");
    sends("HassSetPosition", "position", "0", "c", "CLOSE");
    open_view("light", "{\"command_topic\":\"l\",\"state_topic\":\"s\"}");
    sends("HassToggle", NULL, NULL, "l", "ON");
}

static void tells_what_is_so_already(void **state)
{
    (void)state;
    open_view("switch", "{\"command_topic\":\"c\",\"state_topic\":\"s\",\"qos\":1}");
    apply("s", "ON");
    sends("HassTurnOn", NULL, NULL, "c", "ON");
    assert_true(rendered.already);
    assert_int_equal(rendered.commands[0].qos, 1);
    sends("HassTurnOff", NULL, NULL, "c", "OFF");
    assert_false(rendered.already);
    assert_int_equal(rendered.expect_count, 1);
    assert_string_equal(rendered.expect[0].attribute, "");
    assert_string_equal(rendered.expect[0].text, "off");
}

static void expects_brightness_within_one_per_cent(void **state)
{
    (void)state;
    open_view("light", "{\"schema\":\"json\",\"command_topic\":\"c\",\"state_topic\":\"s\",\"supported_color_"
                       "modes\":[\"brightness\"],"
                       "\"brightness_scale\":254}");
    sends("HassLightSet", "brightness", "50", "c", "{\"state\":\"ON\",\"brightness\":127}");
    assert_int_equal(rendered.expect_count, 2);
    assert_string_equal(rendered.expect[1].attribute, "brightness");
    apply("s", "{\"state\":\"ON\",\"brightness\":129}");
    assert_true(render_confirmed(&rendered, &now));
    apply("s", "{\"state\":\"ON\",\"brightness\":140}");
    assert_false(render_confirmed(&rendered, &now));
    refuses("HassLightSet", "brightness", "150", SAN_ELIMIT, "0 to 100 per cent");
}

/* A red lamp may report a hue of 358: that is near 0. */
static void compares_hues_as_angles(void **state)
{
    (void)state;
    open_view("light", "{\"schema\":\"json\",\"command_topic\":\"c\",\"state_topic\":\"s\",\"supported_color_"
                       "modes\":[\"hs\"]}");
    sends("HassLightSet", "color", "red", "c", "{\"state\":\"ON\",\"color\":{\"h\":0,\"s\":100}}");
    apply("s", "{\"state\":\"ON\",\"color_mode\":\"hs\",\"color\":{\"h\":358,\"s\":98}}");
    assert_true(render_confirmed(&rendered, &now));
    apply("s", "{\"state\":\"ON\",\"color_mode\":\"hs\",\"color\":{\"h\":120,\"s\":98}}");
    assert_false(render_confirmed(&rendered, &now));
    refuses("HassLightSet", "color", "octarine", SAN_EINVAL, "octarine is no colour");
}

static void speaks_kelvin_where_asked(void **state)
{
    (void)state;
    open_view("light", "{\"schema\":\"json\",\"command_topic\":\"c\",\"supported_color_modes\":[\"color_"
                       "temp\"],\"color_temp_kelvin\":true,"
                       "\"min_kelvin\":2200,\"max_kelvin\":4000}");
    sends("HassLightSet", "temperature", "2700", "c", "{\"state\":\"ON\",\"color_temp\":2700}");
    sends("HassLightSet", "temperature", "6500", "c", "{\"state\":\"ON\",\"color_temp\":4000}");
    sends("HassLightSet", "temperature", "1000", "c", "{\"state\":\"ON\",\"color_temp\":2200}");
}

static void gives_white_channels_their_share(void **state)
{
    (void)state;
    open_view(
        "light", "{\"command_topic\":\"c\",\"rgbw_command_topic\":\"w\",\"on_command_type\":\"first\"}");
    assert_int_equal(call("HassLightSet", "color", "white"), SAN_OK);
    assert_int_equal(rendered.command_count, 2);
    assert_string_equal(rendered.commands[0].payload, "ON");
    assert_string_equal(rendered.commands[1].payload, "0,0,0,255");
    assert_int_equal(call("HassLightSet", "color", "red"), SAN_OK);
    assert_string_equal(rendered.commands[1].payload, "255,0,0,0");
    open_view("light", "{\"command_topic\":\"c\",\"rgb_command_topic\":\"r\",\"rgb_command_template\":\"#{{ "
                       "red }}.{{ green }}.{{ blue }}\"}");
    assert_int_equal(call("HassLightSet", "color", "orange"), SAN_OK);
    assert_string_equal(rendered.commands[0].payload, "#255.165.0");
}

static void refuses_what_its_template_hides(void **state)
{
    (void)state;
    open_view("switch", "{\"command_topic\":\"c\",\"command_template\":\"{{ now() }}\"}");
    refuses("HassTurnOn", NULL, NULL, SAN_EUNSUPPORTED, "hearth does not know its template");
    open_view("switch", "{\"command_topic\":\"c\",\"command_template\":\"{{ value.a.b }}\"}");
    refuses("HassTurnOn", NULL, NULL, SAN_EUNSUPPORTED, "command_template fails");
    open_view("sensor", "{\"state_topic\":\"s\"}");
    refuses("HassTurnOn", NULL, NULL, SAN_EUNSUPPORTED, "Thing is a sensor");
    open_view("climate", "{\"mode_state_topic\":\"s\"}");
    refuses(
        "HassClimateSetTemperature", "temperature", "20", SAN_EUNSUPPORTED, "cannot be set to a temperature");
    refuses("HassClimateSetTemperature", NULL, NULL, SAN_EINVAL, "needs a number");
    refuses("HassTurnOn", NULL, NULL, SAN_EUNSUPPORTED, "cannot be turned on");
}

static int make_arena(void **state)
{
    (void)state;
    arena = san_arena_new(65536, 0);
    return arena ? 0 : -1;
}

static int close_all(void **state)
{
    (void)state;
    entity_view_free(view);
    home_state_clear(&now);
    san_arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_players),
        cmocka_unit_test(commands_words_of_other_domains),
        cmocka_unit_test(takes_no_codes_by_voice),
        cmocka_unit_test(toggles_only_what_it_knows),
        cmocka_unit_test(tells_what_is_so_already),
        cmocka_unit_test(expects_brightness_within_one_per_cent),
        cmocka_unit_test(compares_hues_as_angles),
        cmocka_unit_test(speaks_kelvin_where_asked),
        cmocka_unit_test(gives_white_channels_their_share),
        cmocka_unit_test(refuses_what_its_template_hides),
    };
    return cmocka_run_group_tests(tests, make_arena, close_all);
}
