/* fuzz_state.c - first byte: the kind of entity; the rest: its messages, a line each, on every one of its
 * topics. Commands are rendered in between. */
#include <stdint.h>
#include <string.h>

#include "devices/render.h"

static const struct {
    const char *domain, *config, *tool, *slot, *text;
} kinds[] = {
    {"light",
        "{\"schema\":\"json\",\"state_topic\":\"s\",\"command_topic\":\"c\",\"json_attributes_topic\":\"s\","
        "\"supported_color_modes\":"
        "[\"hs\",\"xy\",\"rgb\",\"color_temp\"],\"brightness_scale\":254}",
        "HassLightSet", "brightness_step", "up"},
    {"light",
        "{\"state_topic\":\"s\",\"command_topic\":\"c\",\"brightness_state_topic\":\"s\",\"rgb_command_"
        "topic\":\"r\",\"rgb_state_topic\":\"s\","
        "\"xy_state_topic\":\"s\",\"hs_state_topic\":\"s\",\"color_temp_state_topic\":\"s\"}",
        "HassLightSet", "brightness_step", "down"},
    {"light",
        "{\"schema\":\"template\",\"state_topic\":\"s\",\"command_topic\":\"c\",\"command_on_template\":\"{{ "
        "red }}{{ brightness }}\","
        "\"command_off_template\":\"x\",\"state_template\":\"{{ value.split(',')[0] "
        "}}\",\"brightness_template\":\"{{ value_json.b }}\","
        "\"red_template\":\"{{ value_json.r }}\",\"green_template\":\"1\",\"blue_template\":\"{{ value[0:2] "
        "}}\"}",
        "HassLightSet", "color", "red"},
    {"cover",
        "{\"position_topic\":\"s\",\"tilt_status_topic\":\"s\",\"set_position_topic\":\"p\",\"tilt_min\":5,"
        "\"tilt_max\":5,"
        "\"position_open\":3,\"position_closed\":3}",
        "HassSetPosition", "position_step", "up"},
    {"valve", "{\"state_topic\":\"s\",\"command_topic\":\"c\",\"reports_position\":true}", "HassSetPosition",
        "position_step", "-7"},
    {"fan",
        "{\"state_topic\":\"s\",\"percentage_state_topic\":\"s\",\"preset_mode_state_topic\":\"s\",\"preset_"
        "modes\":[\"a\"],"
        "\"percentage_command_topic\":\"p\",\"command_topic\":\"c\",\"speed_range_max\":3}",
        "HassFanSetSpeed", "percentage_step", "up"},
    {"climate",
        "{\"mode_state_topic\":\"s\",\"temperature_state_topic\":\"s\",\"temperature_state_template\":\"{{ "
        "value_json.t | round(1) }}\","
        "\"temperature_command_topic\":\"t\",\"availability\":[{\"topic\":\"s\",\"value_template\":\"{{ "
        "value_json.a }}\"},{\"topic\":\"s\"}],"
        "\"availability_mode\":\"any\"}",
        "HassClimateSetTemperature", "temperature_step", "up"},
    {"vacuum", "{\"state_topic\":\"s\",\"command_topic\":\"c\"}", "HassVacuumStart", "x", "y"},
    {"media_player",
        "{\"state_topic\":\"s\",\"volume_state_topic\":\"s\",\"mute_state_topic\":\"s\",\"volume_command_"
        "topic\":\"v\",\"volume_scale\":1}",
        "HassSetVolumeRelative", "volume_step", "up"},
    {"siren", "{\"state_topic\":\"s\",\"command_topic\":\"c\"}", "HassToggle", "x", "y"},
    {"number", "{\"state_topic\":\"s\",\"command_topic\":\"c\",\"min\":-5,\"max\":1e9,\"step\":0.5}",
        "HassSetValue", "value_step", "up"},
    {"select", "{\"state_topic\":\"+\",\"command_topic\":\"c\",\"options\":[\"a\",\"B\"]}", "HassSetValue",
        "value", "b"},
    {"event", "{\"state_topic\":\"s\",\"event_types\":[\"a\",\"b\"]}", "HassTurnOn", "x", "y"},
    {"update",
        "{\"state_topic\":\"s\",\"latest_version_topic\":\"s\",\"command_topic\":\"c\",\"payload_install\":"
        "\"i\"}",
        "HassUpdateInstall", "x", "y"},
    {"device_tracker", "{\"state_topic\":\"s\",\"json_attributes_topic\":\"s\"}", "HassTurnOn", "x", "y"},
    {"binary_sensor",
        "{\"state_topic\":\"s\",\"off_delay\":1,\"expire_after\":2,\"availability\":[{\"topic\":\"#\"}]}",
        "HassTurnOn", "x", "y"},
};

static void one_message(
    const struct entity_view *view, struct home_state *state, const uint8_t *data, size_t len)
{
    bool changed;
    struct san_error err;
    state_apply_bytes(view, state, "s", (const char *)data, len, &changed, &err);
    if (len % 7 == 0)
        state_expire(view, state);
    if (len % 5 == 0)
        state_end_delay(view, state);
    if (strlen(state->state) > STATE_TEXT_MAX || !cJSON_IsObject(state->attributes))
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    size_t kind = data[0] % (sizeof(kinds) / sizeof(*kinds));
    struct entity_view *view = entity_view_new(kinds[kind].domain, kinds[kind].config, NULL, NULL);
    struct san_arena *arena = san_arena_new(65536, 64 << 20);
    struct home_state state;
    struct rendered rendered;
    struct home_call call = {.tool = kinds[kind].tool, .arg_count = 1};
    call.args[0] = (struct home_arg){.slot = kinds[kind].slot, .text = kinds[kind].text};
    home_state_init(&state);
    entity_view_start(view, &state);
    for (data++, size--; size > 0;) {
        const uint8_t *line = memchr(data, '\n', size);
        size_t len = line ? (size_t)(line - data) : size;
        one_message(view, &state, data, len);
        if (render_call(view, "Fuzz", &state, &call, arena, &rendered, NULL) == SAN_OK)
            render_confirmed(&rendered, &state);
        data += line ? len + 1 : len;
        size -= line ? len + 1 : len;
    }
    home_state_clear(&state);
    san_arena_free(arena);
    entity_view_free(view);
    return 0;
}
