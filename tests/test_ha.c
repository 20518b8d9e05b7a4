/* test_ha.c - Home Assistant's own entities: the configuration that is made for each kind, its states, its
 * commands; the lists of its WebSocket API as a home; its messages and its address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/ha_message.h"
#include "daemon/websocket.h"
#include "devices/ha_entity.h"
#include "devices/ha_home.h"
#include "devices/json_text.h"
#include "devices/render.h"

/* ---- one entity: a state of Home Assistant, and what becomes of calls ---- */

struct entity {
    struct san_arena *arena;
    struct entity_view *view;
    struct home_state state;
    char topic[160];
};

static void open_entity(struct entity *e, const char *entity_id, const char *state)
{
    cJSON *json = cJSON_Parse(state);
    assert_non_null(json);
    cJSON *config = ha_entity_config(entity_id, cJSON_GetObjectItem(json, "attributes"), false);
    assert_non_null(config);
    char *text = cJSON_PrintUnformatted(config), domain[64];
    const char *problem = NULL;
    struct san_error error = {.text = ""};
    bool changed;
    snprintf(domain, sizeof(domain), "%.*s", (int)strcspn(entity_id, "."), entity_id);
    snprintf(e->topic, sizeof(e->topic), "%s%s", HA_TOPIC, entity_id);
    e->arena = san_arena_new(0, 0);
    e->view = entity_view_new(domain, text, &problem, &error);
    if (!e->view || problem[0])
        fail_msg("%s: %s%s", entity_id, error.text, problem ? problem : "");
    home_state_init(&e->state);
    entity_view_start(e->view, &e->state);
    assert_int_equal(
        state_apply_bytes(e->view, &e->state, e->topic, state, strlen(state), &changed, &error), SAN_OK);
    free(text);
    cJSON_Delete(config);
    cJSON_Delete(json);
}

static void close_entity(struct entity *e)
{
    home_state_clear(&e->state);
    entity_view_free(e->view);
    san_arena_free(e->arena);
}

/* "HassLightSet brightness=40": a value in digits is a number. */
static struct home_call call_of(struct san_arena *arena, const char *text)
{
    struct home_call call = {.tool = ""};
    char *copy = san_arena_strndup(arena, text, strlen(text)), *rest = NULL;
    call.tool = strtok_r(copy, " ", &rest);
    for (char *word; (word = strtok_r(NULL, " ", &rest));) {
        struct home_arg *arg = &call.args[call.arg_count++];
        char *value = strchr(word, '=');
        *value++ = '\0';
        *arg = (struct home_arg){.slot = word, .text = value};
        arg->is_number = json_text_number(value, &arg->number);
    }
    return call;
}

/* One row: in that state, that call becomes that action ("action entity data"), or that error. */
struct row {
    const char *entity_id, *state, *call, *action, *error;
};

static void check_row(const struct row *row)
{
    struct entity e;
    struct rendered out;
    struct san_error error = {.text = ""};
    open_entity(&e, row->entity_id, row->state);
    const struct home_call call = call_of(e.arena, row->call);
    enum san_status status = render_call(e.view, "It", &e.state, &call, e.arena, &out, &error);
    if (row->error) {
        if (status == SAN_OK || !strstr(error.text, row->error))
            fail_msg("%s, %s: \"%s\", not \"%s\"", row->entity_id, row->call, error.text, row->error);
    } else {
        struct ha_action action;
        char found[512];
        if (status != SAN_OK || out.command_count != 1)
            fail_msg("%s, %s: %s, %zu commands", row->entity_id, row->call, error.text, out.command_count);
        if (!ha_action_parse(out.commands[0].topic, out.commands[0].payload, &action))
            fail_msg("%s, %s: no action: %s", row->entity_id, row->call, out.commands[0].payload);
        char *data = action.data ? cJSON_PrintUnformatted(action.data) : NULL;
        snprintf(found, sizeof(found), "%s.%s %s %s", action.domain, action.service, action.entity_id,
            data ? data : "");
        if (strcmp(found, row->action) != 0)
            fail_msg("%s, %s: \"%s\", not \"%s\"", row->entity_id, row->call, found, row->action);
        free(data);
        cJSON_Delete(action.data);
    }
    close_entity(&e);
}

#define LAMP                                                                                                 \
    "{\"state\":\"on\",\"attributes\":{\"supported_color_modes\":[\"color_temp\",\"hs\"],\"color_mode\":"    \
    "\"hs\","                                                                                                \
    "\"brightness\":128,\"rgb_color\":[255,0,0],\"min_color_temp_kelvin\":2000,\"max_color_temp_kelvin\":"   \
    "6500}}"
#define BULB "{\"state\":\"off\",\"attributes\":{\"supported_color_modes\":[\"onoff\"]}}"
#define BLIND "{\"state\":\"open\",\"attributes\":{\"supported_features\":15,\"current_position\":70}}"
#define DOOR "{\"state\":\"closed\",\"attributes\":{\"supported_features\":3}}"
#define HEATING                                                                                              \
    "{\"state\":\"heat\",\"attributes\":{\"supported_features\":401,\"hvac_modes\":[\"heat\",\"off\"],"      \
    "\"preset_modes\":[\"eco\"],\"temperature\":20.5,\"current_temperature\":19,\"min_temp\":7,\"max_"       \
    "temp\":30}}"
#define PLAYER                                                                                               \
    "{\"state\":\"playing\",\"attributes\":{\"supported_features\":16445,\"volume_level\":0.4,"              \
    "\"is_volume_muted\":false}}"
#define ALARM                                                                                                \
    "{\"state\":\"disarmed\",\"attributes\":{\"supported_features\":3,\"code_format\":null,"                 \
    "\"code_arm_required\":false}}"
#define CODED_ALARM                                                                                          \
    "{\"state\":\"armed_away\",\"attributes\":{\"supported_features\":3,\"code_format\":\"number\","         \
    "\"code_arm_required\":true}}"

static void commands_are_calls_of_services(void **unused)
{
    (void)unused;
    static const struct row rows[] = {
        {"light.lamp", LAMP, "HassTurnOff", "light.turn_off light.lamp ", NULL},
        {"light.lamp", LAMP, "HassTurnOn", "light.turn_on light.lamp {}", NULL},
        {"light.lamp", LAMP, "HassLightSet brightness=40", "light.turn_on light.lamp {\"brightness\":102}",
            NULL},
        {"light.lamp", LAMP, "HassLightSet color=blue", "light.turn_on light.lamp {\"rgb_color\":[0,0,255]}",
            NULL},
        {"light.lamp", LAMP, "HassLightSet temperature=3000",
            "light.turn_on light.lamp {\"color_temp_kelvin\":3000}", NULL},
        {"light.lamp", LAMP, "HassLightSet brightness=100 color=green",
            "light.turn_on light.lamp {\"brightness\":255,\"rgb_color\":[0,128,0]}", NULL},
        {"light.bulb", BULB, "HassLightSet brightness=40", NULL, "cannot be dimmed"},
        {"light.bulb", BULB, "HassLightSet color=red", NULL, "cannot change colour"},
        {"switch.pump", "{\"state\":\"off\"}", "HassToggle", "switch.turn_on switch.pump ", NULL},
        {"input_boolean.guests", "{\"state\":\"on\"}", "HassTurnOff",
            "input_boolean.turn_off input_boolean.guests ", NULL},
        {"automation.night", "{\"state\":\"on\"}", "HassTurnOff", "automation.turn_off automation.night ",
            NULL},
        {"siren.alarm", "{\"state\":\"off\"}", "HassTurnOn", "siren.turn_on siren.alarm ", NULL},
        {"scene.movie", "{\"state\":\"2026-01-01T00:00:00\"}", "HassTurnOn", "scene.turn_on scene.movie ",
            NULL},
        {"script.leave", "{\"state\":\"off\"}", "HassTurnOn", "script.turn_on script.leave ", NULL},
        {"button.bell", "{\"state\":\"unknown\"}", "HassTurnOn", "button.press button.bell ", NULL},
        {"cover.blind", BLIND, "HassTurnOff", "cover.close_cover cover.blind ", NULL},
        {"cover.blind", BLIND, "HassSetPosition position=30",
            "cover.set_cover_position cover.blind {\"position\":30}", NULL},
        {"cover.blind", BLIND, "HassStopMoving", "cover.stop_cover cover.blind ", NULL},
        {"cover.door", DOOR, "HassTurnOn", "cover.open_cover cover.door ", NULL},
        {"cover.door", DOOR, "HassStopMoving", NULL, "cannot"},
        {"valve.water", "{\"state\":\"closed\",\"attributes\":{\"supported_features\":3}}", "HassTurnOn",
            "valve.open_valve valve.water ", NULL},
        {"valve.water",
            "{\"state\":\"open\",\"attributes\":{\"supported_features\":7,\"current_position\":80}}",
            "HassSetPosition position=20", "valve.set_valve_position valve.water {\"position\":20}", NULL},
        {"lock.front", "{\"state\":\"locked\",\"attributes\":{}}", "HassTurnOff", "lock.unlock lock.front ",
            NULL},
        {"lock.front", "{\"state\":\"locked\",\"attributes\":{\"code_format\":\"^\\\\d+$\"}}", "HassTurnOff",
            NULL, "codes are not taken by voice"},
        {"alarm_control_panel.home", ALARM, "HassAlarmArm mode=away",
            "alarm_control_panel.alarm_arm_away alarm_control_panel.home ", NULL},
        {"alarm_control_panel.home", ALARM, "HassAlarmArm mode=night", NULL, "cannot be armed"},
        {"alarm_control_panel.home", CODED_ALARM, "HassAlarmDisarm", NULL, "codes are not taken by voice"},
        {"climate.hall", HEATING, "HassClimateSetTemperature temperature=22",
            "climate.set_temperature climate.hall {\"temperature\":22}", NULL},
        {"climate.hall", HEATING, "HassClimateSetTemperature temperature_step=up",
            "climate.set_temperature climate.hall {\"temperature\":21.5}", NULL},
        {"climate.hall", HEATING, "HassClimateSetTemperature temperature=31", NULL,
            "7 to 30 degrees allowed"},
        {"climate.hall", HEATING, "HassClimateSetMode mode=off",
            "climate.set_hvac_mode climate.hall {\"hvac_mode\":\"off\"}", NULL},
        {"climate.hall", HEATING, "HassClimateSetMode mode=eco",
            "climate.set_preset_mode climate.hall {\"preset_mode\":\"eco\"}", NULL},
        {"climate.hall", HEATING, "HassTurnOff", "climate.turn_off climate.hall ", NULL},
        {"water_heater.tank",
            "{\"state\":\"eco\",\"attributes\":{\"supported_features\":3,\"operation_list\":[\"eco\",\"off\"]"
            ","
            "\"min_temp\":40,\"max_temp\":60}}",
            "HassClimateSetTemperature temperature=55",
            "water_heater.set_temperature water_heater.tank {\"temperature\":55}", NULL},
        {"humidifier.bed",
            "{\"state\":\"on\",\"attributes\":{\"supported_features\":1,\"available_modes\":[\"sleep\"]}}",
            "HassHumidifierMode mode=sleep", "humidifier.set_mode humidifier.bed {\"mode\":\"sleep\"}", NULL},
        {"fan.attic", "{\"state\":\"on\",\"attributes\":{\"supported_features\":1,\"percentage\":33}}",
            "HassFanSetSpeed percentage=66", "fan.set_percentage fan.attic {\"percentage\":66}", NULL},
        {"media_player.tv", PLAYER, "HassMediaPause", "media_player.media_pause media_player.tv ", NULL},
        {"media_player.tv", PLAYER, "HassTurnOn", NULL, "cannot"},
        {"media_player.tv", PLAYER, "HassSetVolume volume_level=35",
            "media_player.volume_set media_player.tv {\"volume_level\":0.35}", NULL},
        {"media_player.tv", PLAYER, "HassMediaPlayerMute",
            "media_player.volume_mute media_player.tv {\"is_volume_muted\":true}", NULL},
        {"vacuum.robbie", "{\"state\":\"docked\",\"attributes\":{\"supported_features\":8208}}",
            "HassVacuumStart", "vacuum.start vacuum.robbie ", NULL},
        {"lawn_mower.cow", "{\"state\":\"mowing\",\"attributes\":{\"supported_features\":5}}",
            "HassLawnMowerDock", "lawn_mower.dock lawn_mower.cow ", NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check_row(&rows[i]);
}

static void expect_state(const char *entity_id, const char *json, const char *state, const char *attributes)
{
    struct entity e;
    open_entity(&e, entity_id, json);
    char *text = cJSON_PrintUnformatted(e.state.attributes);
    assert_string_equal(e.state.state, state);
    if (!strstr(text, attributes))
        fail_msg("%s: %s has no %s", entity_id, text, attributes);
    free(text);
    close_entity(&e);
}

static void states_are_told_as_those_of_mqtt(void **unused)
{
    (void)unused;
    expect_state("light.lamp", LAMP, "on", "\"brightness\":50");
    expect_state("light.lamp", LAMP, "on", "\"color\":\"red\"");
    expect_state("light.lamp",
        "{\"state\":\"on\",\"attributes\":{\"supported_color_modes\":[\"color_temp\"],\"color_mode\":\"color_"
        "temp\","
        "\"rgb_color\":[255,200,150],\"color_temp_kelvin\":3000,\"brightness\":255}}",
        "on", "\"color_temp_kelvin\":3000");
    expect_state("light.bulb", BULB, "off", "{");
    expect_state("cover.blind", BLIND, "open", "\"position\":70");
    expect_state("lock.front", "{\"state\":\"jammed\",\"attributes\":{}}", "jammed", "{");
    expect_state("climate.hall", HEATING, "heat", "\"current_temperature\":19");
    expect_state("media_player.tv", PLAYER, "playing", "\"volume_level\":40");
    expect_state(
        "sensor.t", "{\"state\":\"21.5\",\"attributes\":{\"unit_of_measurement\":\"°C\"}}", "21.5", "°C");
    expect_state(
        "binary_sensor.door", "{\"state\":\"on\",\"attributes\":{\"device_class\":\"door\"}}", "on", "{");
    expect_state("switch.pump", "{\"state\":\"unknown\",\"attributes\":{}}", "", "{");
}

static void an_unavailable_entity_is_known_to_be(void **unused)
{
    (void)unused;
    static const char gone[] = "{\"state\":\"unavailable\",\"attributes\":{}}";
    struct entity e;
    bool changed = false;
    open_entity(&e, "switch.pump", "{\"state\":\"on\",\"attributes\":{}}");
    assert_true(e.state.available);
    state_apply_bytes(e.view, &e.state, e.topic, gone, sizeof(gone) - 1, &changed, NULL);
    assert_true(changed);
    assert_false(e.state.available);
    close_entity(&e);
}

static void other_domains_and_odd_ids_are_not_used(void **unused)
{
    (void)unused;
    static const char *const odd[] = {"conversation.hearth", "light", "light.", ".x", "light.A", "light.a b",
        "lights.a", "light.a.b", "light.a\"b", ""};
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        assert_false(ha_entity_is_used(odd[i]));
        assert_null(ha_entity_config(odd[i], NULL, false));
    }
}

static void what_is_no_command_of_ours_is_no_action(void **unused)
{
    (void)unused;
    static const char *const bad[][2] = {{"zigbee2mqtt/lamp/set", "{\"action\":\"light.turn_on\"}"},
        {HA_TOPIC "light.lamp", "ON"}, {HA_TOPIC "light.lamp", "{}"},
        {HA_TOPIC "light.lamp", "{\"action\":\"light\"}"}, {HA_TOPIC "light.lamp", "{\"action\":\".x\"}"},
        {HA_TOPIC "light.lamp", "{\"action\":\"light.x\",\"data\":7}"},
        {HA_TOPIC "light.Lamp", "{\"action\":\"light.turn_on\"}"}};
    struct ha_action action;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(ha_action_parse(bad[i][0], bad[i][1], &action));
}

/* ---- lists ---- */

#define ANSWERS                                                                                              \
    "{\"config\":{\"unit_system\":{\"temperature\":\"°F\"}},"                                               \
    "\"floors\":[{\"floor_id\":\"g\",\"name\":\"Ground\",\"aliases\":[\"down\",null,7]},{\"floor_id\":"      \
    "\"x\"}],"                                                                                               \
    "\"areas\":[{\"area_id\":\"k\",\"name\":\"Kitchen\",\"floor_id\":\"g\"},{\"area_id\":\"s\",\"name\":"    \
    "\"Shed\"}],"                                                                                            \
    "\"devices\":[{\"id\":\"d\",\"area_id\":\"k\"}],"                                                        \
    "\"exposed\":{\"exposed_entities\":{\"light.a\":{\"conversation\":true},\"switch.m\":{\"conversation\":" \
    "true},"                                                                                                 \
    "\"climate.c\":{\"conversation\":true},\"light.cloud\":{\"cloud.alexa\":true},\"todo.t\":{"              \
    "\"conversation\":true}}},"                                                                              \
    "\"entries\":{\"light.a\":{\"platform\":\"hue\",\"unique_id\":\"u1\",\"device_id\":\"d\",\"aliases\":["  \
    "\"lamp\"]},"                                                                                            \
    "\"switch.m\":{\"platform\":\"mqtt\",\"unique_id\":\"u2\",\"area_id\":\"s\"},\"climate.c\":null},"       \
    "\"states\":[{\"entity_id\":\"light.a\",\"state\":\"on\",\"attributes\":{\"friendly_name\":\"Lamp "      \
    "A\"}},"                                                                                                 \
    "{\"entity_id\":\"light.hidden\",\"state\":\"on\"},{\"entity_id\":\"light.cloud\",\"state\":\"on\"},"    \
    "{\"entity_id\":\"todo.t\",\"state\":\"1\"},{\"state\":\"x\"},7,{\"entity_id\":\"climate.c\",\"state\":" \
    "\"off\"},"                                                                                              \
    "{\"entity_id\":\"switch.m\",\"state\":\"off\",\"attributes\":{}}]}"

static struct ha_answers answers_of(const cJSON *json)
{
    return (struct ha_answers){.config = cJSON_GetObjectItem(json, "config"),
        .floors = cJSON_GetObjectItem(json, "floors"),
        .areas = cJSON_GetObjectItem(json, "areas"),
        .devices = cJSON_GetObjectItem(json, "devices"),
        .exposed = cJSON_GetObjectItem(json, "exposed"),
        .entries = cJSON_GetObjectItem(json, "entries"),
        .states = cJSON_GetObjectItem(json, "states")};
}

static void the_lists_become_a_home(void **unused)
{
    (void)unused;
    struct san_arena *arena = san_arena_new(0, 0);
    cJSON *json = cJSON_Parse(ANSWERS);
    const struct ha_answers answers = answers_of(json);
    struct ha_home home;
    assert_int_equal(ha_home_read(&answers, arena, &home, NULL), SAN_OK);
    assert_int_equal(home.floor_count, 1); /* the other one has no name */
    assert_string_equal(home.floors[0].name, "Ground");
    assert_int_equal(home.floors[0].alias_count, 1);
    assert_string_equal(home.floors[0].aliases[0], "down");
    assert_int_equal(home.area_count, 2);
    assert_string_equal(home.areas[0].floor, "Ground");
    assert_string_equal(home.areas[1].floor, "");
    assert_int_equal(home.entity_count, 3);
    assert_int_equal(home.left_out, 2); /* the nameless floor, the todo list */
    const struct ha_entity *lamp = &home.entities[0], *climate = &home.entities[1], *pump = &home.entities[2];
    assert_string_equal(lamp->found.unique_key, "home_assistant:light.hue.u1");
    assert_string_equal(lamp->found.name, "Lamp A");
    assert_string_equal(lamp->found.suggested_area, "Kitchen"); /* its device's */
    assert_string_equal(lamp->aliases[0], "lamp");
    assert_null(lamp->mqtt_key);
    assert_string_equal(climate->found.unique_key, "home_assistant:climate.c");
    assert_string_equal(climate->found.name, "c");
    assert_non_null(strstr(climate->found.config, "\"temperature_unit\":\"F\""));
    assert_string_equal(pump->mqtt_key, "mqtt:switch:u2");
    assert_string_equal(pump->found.suggested_area, "Shed");
    cJSON_Delete(json);
    san_arena_free(arena);
}

static void a_list_of_another_kind_is_named(void **unused)
{
    (void)unused;
    static const char *const parts[][2] = {{"config", "get_config"}, {"floors", "floor_registry"},
        {"areas", "area_registry"}, {"devices", "device_registry"}, {"exposed", "expose_entity"},
        {"entries", "get_entries"}, {"states", "get_states"}};
    struct san_arena *arena = san_arena_new(0, 0);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        cJSON *json = cJSON_Parse(ANSWERS);
        cJSON_ReplaceItemInObject(json, parts[i][0], cJSON_CreateString("?"));
        const struct ha_answers answers = answers_of(json);
        struct ha_home home;
        struct san_error error = {.text = ""};
        assert_int_equal(ha_home_read(&answers, arena, &home, &error), SAN_EFORMAT);
        if (!strstr(error.text, parts[i][1]))
            fail_msg("%s does not name %s", error.text, parts[i][1]);
        cJSON_Delete(json);
    }
    san_arena_free(arena);
}

static void only_what_is_exposed_to_conversation_is_asked_for(void **unused)
{
    (void)unused;
    cJSON *json = cJSON_Parse(ANSWERS), *ids = ha_exposed_ids(cJSON_GetObjectItem(json, "exposed"));
    char *text = cJSON_PrintUnformatted(ids);
    assert_string_equal(text, "[\"light.a\",\"switch.m\",\"climate.c\"]");
    assert_null(ha_exposed_ids(cJSON_GetObjectItem(json, "floors")));
    free(text);
    cJSON_Delete(ids);
    cJSON_Delete(json);
}

/* ---- messages ---- */

static enum san_status parse(const char *text, struct ha_message *message, struct san_error *error)
{
    return ha_message_parse(text, strlen(text), message, error);
}

static void messages_are_read(void **unused)
{
    (void)unused;
    struct ha_message message;
    assert_int_equal(parse("{\"type\":\"auth_invalid\",\"message\":\"no\"}", &message, NULL), SAN_OK);
    assert_int_equal(message.type, HA_AUTH_INVALID);
    assert_string_equal(message.text, "no");
    ha_message_clear(&message);
    assert_int_equal(
        parse("{\"id\":7,\"type\":\"result\",\"success\":true,\"result\":[1]}", &message, NULL), SAN_OK);
    assert_int_equal(message.id, 7);
    assert_true(message.success && cJSON_IsArray(message.content));
    ha_message_clear(&message);
    assert_int_equal(
        parse(
            "{\"id\":8,\"type\":\"result\",\"success\":false,\"error\":{\"code\":\"x\",\"message\":\"why\"}}",
            &message, NULL),
        SAN_OK);
    assert_false(message.success);
    assert_string_equal(message.text, "why");
    ha_message_clear(&message);
    assert_int_equal(parse("{\"type\":\"newer\"}", &message, NULL), SAN_OK);
    assert_int_equal(message.type, HA_OTHER);
    ha_message_clear(&message);
}

static void wrong_messages_are_refused(void **unused)
{
    (void)unused;
    static const char *const rows[][2] = {{"", "not to be read"}, {"[]", "no object"},
        {"{}", "without a type"}, {"{\"type\":7}", "without a type"},
        {"{\"type\":\"result\"}", "id is no number"}, {"{\"type\":\"event\",\"id\":0}", "id is no number"},
        {"{\"type\":\"event\",\"id\":1e300}", "id is no number"},
        {"{\"type\":\"event\",\"id\":1}x", "not to be read"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ha_message message;
        struct san_error error = {.text = ""};
        assert_int_not_equal(parse(rows[i][0], &message, &error), SAN_OK);
        assert_null(message.root);
        if (!strstr(error.text, rows[i][1]))
            fail_msg("%s: \"%s\", not \"%s\"", rows[i][0], error.text, rows[i][1]);
    }
}

/* ---- addresses ---- */

static void addresses_are_read(void **unused)
{
    (void)unused;
    struct websocket_url url;
    assert_int_equal(websocket_url_parse("http://ha.local:8123", &url, NULL), SAN_OK);
    assert_string_equal(url.host, "ha.local");
    assert_int_equal(url.port, 8123);
    assert_false(url.tls);
    assert_string_equal(url.path, "");
    assert_int_equal(websocket_url_parse("https://[::1]/behind/a/proxy/", &url, NULL), SAN_OK);
    assert_string_equal(url.host, "::1");
    assert_int_equal(url.port, 443);
    assert_true(url.tls);
    assert_string_equal(url.path, "/behind/a/proxy");
}

static void addresses_that_are_none_are_refused(void **unused)
{
    (void)unused;
    static const char *const bad[] = {"", "ha.local:8123", "ftp://x", "http://", "http://:8123", "http://x:0",
        "http://x:65536", "http://x:12x", "http://user@x", "http://x?y", "http://x/#y", "http://x y",
        "http://[::1", "http://x\r\nEvil: 1"};
    struct websocket_url url;
    struct san_error error;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (websocket_url_parse(bad[i], &url, &error) == SAN_OK)
            fail_msg("%s is taken", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_are_calls_of_services),
        cmocka_unit_test(states_are_told_as_those_of_mqtt),
        cmocka_unit_test(an_unavailable_entity_is_known_to_be),
        cmocka_unit_test(other_domains_and_odd_ids_are_not_used),
        cmocka_unit_test(what_is_no_command_of_ours_is_no_action),
        cmocka_unit_test(the_lists_become_a_home),
        cmocka_unit_test(a_list_of_another_kind_is_named),
        cmocka_unit_test(only_what_is_exposed_to_conversation_is_asked_for),
        cmocka_unit_test(messages_are_read),
        cmocka_unit_test(wrong_messages_are_refused),
        cmocka_unit_test(addresses_are_read),
        cmocka_unit_test(addresses_that_are_none_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
