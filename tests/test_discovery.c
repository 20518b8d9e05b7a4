/* test_discovery.c - discovery by its rules: topics, abbreviations, `~`, names, device messages, removal, and
 * what is refused. Whole publishers' messages: test_corpus.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "devices/discovery.h"
#include "devices/json_text.h"

static struct san_arena *arena;
static struct discovered *found;
static size_t found_count;
static const char *unused;
static struct san_error error;

static enum san_status parse(const char *topic, const char *payload)
{
    error = (struct san_error){.text = ""};
    return discovery_parse(
        "homeassistant", topic, payload, strlen(payload), arena, &found, &found_count, &unused, &error);
}

static void accept(const char *topic, const char *payload)
{
    if (parse(topic, payload) != SAN_OK)
        fail_msg("%s: %s", payload, error.text);
}

static void refuse(const char *topic, const char *payload, enum san_status status, const char *told)
{
    enum san_status got = parse(topic, payload);
    if (got != status || !strstr(error.text, told))
        fail_msg("%.200s: status %d, \"%s\"", payload, (int)got, error.text);
    assert_int_equal(found_count, 0);
}

static const char *config_text(const char *key)
{
    static char text[512];
    cJSON *config = cJSON_Parse(found[0].config);
    const char *value = json_member_text(config, key);
    snprintf(text, sizeof(text), "%s", value ? value : "(none)");
    cJSON_Delete(config);
    return text;
}

#define SWITCH "homeassistant/switch/x/config"

static void knows_discovery_topics(void **state)
{
    (void)state;
    assert_true(discovery_is_topic("homeassistant", "homeassistant/light/a/config"));
    assert_true(discovery_is_topic("homeassistant", "homeassistant/light/node-1/a_b/config"));
    assert_true(discovery_is_topic("my/prefix", "my/prefix/device/a/config"));
    assert_false(discovery_is_topic("homeassistant", "homeassistant/light/config"));
    assert_false(discovery_is_topic("homeassistant", "homeassistant/light/a/b/c/config"));
    assert_false(discovery_is_topic("homeassistant", "homeassistant/light/a/state"));
    assert_false(discovery_is_topic("homeassistant", "homeassistant/light/a b/config"));
    assert_false(discovery_is_topic("homeassistant", "homeassistant/status"));
    assert_false(discovery_is_topic("homeassistant", "homeassistantx/light/a/config"));
    assert_false(discovery_is_topic("homeassistant", "homeassistant//a/config"));
}

static void expands_short_keys_and_bases(void **state)
{
    (void)state;
    accept(SWITCH, "{\"~\":\"home/pump\",\"cmd_t\":\"~/set\",\"stat_t\":\"state/~\",\"val_tpl\":\"{{ "
                   "value_json['~'] }}\","
                   "\"avty\":[{\"t\":\"~/lwt\",\"pl_avail\":\"1\"}],\"name\":\"~\"}");
    assert_string_equal(config_text("command_topic"), "home/pump/set");
    assert_string_equal(config_text("state_topic"), "state/home/pump");
    assert_string_equal(config_text("value_template"), "{{ value_json['~'] }}");
    assert_string_equal(config_text("~"), "(none)");
    assert_non_null(strstr(found[0].config, "{\"topic\":\"home/pump/lwt\",\"payload_available\":\"1\"}"));
    /* both forms: the short one wins; what nobody reads is dropped */
    accept(SWITCH, "{\"command_topic\":\"long\",\"cmd_t\":\"short\",\"cmdt\":\"x\",\"colour\":1}");
    assert_string_equal(found[0].config, "{\"command_topic\":\"short\"}");
}

static void makes_texts_of_payload_words(void **state)
{
    (void)state;
    accept(SWITCH, "{\"cmd_t\":\"a\",\"pl_on\":true,\"pl_off\":0,\"stat_on\":1.0}");
    assert_string_equal(config_text("payload_on"), "True");
    assert_string_equal(config_text("payload_off"), "0");
    assert_string_equal(config_text("state_on"), "1.0");
}

static void names_entities_as_home_assistant_does(void **state)
{
    (void)state;
    static const struct {
        const char *component, *payload, *name, *entity_id;
    } examples[] = {
        {"switch", "\"name\":\"Pump\"", "Pump", "switch.pump"},
        {"switch", "\"name\":\"Relay\",\"dev\":{\"ids\":\"1\",\"name\":\"Pump\"}", "Pump Relay",
            "switch.pump_relay"},
        {"switch", "\"name\":null,\"dev\":{\"ids\":\"1\",\"name\":\"Pump\"}", "Pump", "switch.pump"},
        {"switch", "\"name\":\"\",\"dev\":{\"ids\":\"1\",\"name\":\"Pump\"}", "Pump", "switch.pump"},
        {"switch", "\"name\":\"Pump relay\",\"dev\":{\"ids\":\"1\",\"name\":\"Pump\"}", "Pump relay",
            "switch.pump_relay"},
        {"switch", "\"dev\":{\"ids\":\"1\",\"name\":\"Pump\"}", "Pump MQTT Switch",
            "switch.pump_mqtt_switch"},
        {"switch", "\"dev_cla\":\"outlet\",\"dev\":{\"ids\":\"1\",\"name\":\"Pump\"}", "Pump Outlet",
            "switch.pump_outlet"},
        {"binary_sensor", "\"dev_cla\":\"carbon_monoxide\"", "Carbon monoxide",
            "binary_sensor.carbon_monoxide"},
        {"sensor", "\"dev_cla\":\"pm25\"", "PM2.5", "sensor.pm2_5"},
        {"binary_sensor", "\"x\":1", "MQTT Binary Sensor", "binary_sensor.mqtt_binary_sensor"},
        {"switch",
            "\"name\":\"K\xc3\xbc"
            "che 2\"",
            "K\xc3\xbc"
            "che 2",
            "switch.kuche_2"},
        {"switch", "\"name\":\"Pump\",\"obj_id\":\"old_id\"", "Pump", "switch.old_id"},
        {"switch", "\"name\":\"Pump\",\"obj_id\":\"old\",\"def_ent_id\":\"switch.new\"", "Pump",
            "switch.new"},
    };
    for (size_t i = 0; i < sizeof(examples) / sizeof(*examples); i++) {
        char topic[128], payload[512];
        snprintf(topic, sizeof(topic), "homeassistant/%s/x/config", examples[i].component);
        snprintf(payload, sizeof(payload), "{\"cmd_t\":\"a\",\"stat_t\":\"b\",%s}", examples[i].payload);
        accept(topic, payload);
        assert_string_equal(found[0].name, examples[i].name);
        assert_string_equal(found[0].entity_id, examples[i].entity_id);
    }
}

static void tells_keys_areas_and_what_is_hidden(void **state)
{
    (void)state;
    accept(SWITCH, "{\"cmd_t\":\"a\",\"uniq_id\":\"u1\",\"dev\":{\"name\":\"Pump\",\"sa\":\"Cellar\"}}");
    assert_string_equal(found[0].unique_key, "mqtt:switch:u1");
    assert_string_equal(found[0].source, "topic:" SWITCH);
    assert_string_equal(found[0].suggested_area, "Cellar");
    assert_string_equal(found[0].device_name, "Pump");
    assert_false(found[0].hidden);
    accept(SWITCH, "{\"cmd_t\":\"a\"}");
    assert_string_equal(found[0].unique_key, "topic:" SWITCH);
    accept(SWITCH, "{\"cmd_t\":\"a\",\"ent_cat\":\"config\"}");
    assert_true(found[0].hidden);
    accept(SWITCH, "{\"cmd_t\":\"a\",\"en\":false}");
    assert_true(found[0].hidden);
}

static void removes(void **state)
{
    (void)state;
    accept(SWITCH, "");
    assert_int_equal(found_count, 1);
    assert_null(found[0].config);
    assert_string_equal(found[0].unique_key, "topic:" SWITCH);
    accept(SWITCH, "{\"migr_discvry\":true}");
    assert_int_equal(found_count, 1);
    assert_null(found[0].config);
    accept("homeassistant/device/d/config", "");
    assert_string_equal(found[0].unique_key, "topic:homeassistant/device/d/config");
    assert_null(found[0].config);
}

#define DEVICE "homeassistant/device/d/config"
#define HEAD "\"dev\":{\"ids\":\"d\",\"name\":\"Box\"},\"o\":{\"name\":\"maker\"},"

static void splits_device_messages(void **state)
{
    (void)state;
    accept(DEVICE, "{" HEAD "\"stat_t\":\"box\",\"avty_t\":\"box/lwt\",\"qos\":1,\"~\":\"root\",\"cmps\":{"
                   "\"a\":{\"p\":\"switch\",\"uniq_id\":\"a\",\"cmd_t\":\"~/a\"},"
                   "\"b\":{\"p\":\"sensor\",\"uniq_id\":\"b\",\"stat_t\":\"own\",\"dev_cla\":\"power\"},"
                   "\"gone\":{\"p\":\"sensor\"},\"trigger\":{\"p\":\"device_automation\",\"t\":\"x\"}}}");
    assert_int_equal(found_count, 3);
    assert_string_equal(found[0].source, "topic:" DEVICE "#a");
    assert_string_equal(found[0].name, "Box MQTT Switch");
    assert_string_equal(config_text("command_topic"), "~/a"); /* a root's ~ is not inherited */
    assert_string_equal(config_text("state_topic"), "box");
    assert_string_equal(config_text("availability_topic"), "box/lwt");
    assert_string_equal(found[1].name, "Box Power");
    assert_non_null(strstr(found[1].config, "\"state_topic\":\"own\""));
    assert_null(found[2].config);
    assert_string_equal(found[2].unique_key, "topic:" DEVICE "#gone");
    /* one bad component and the message is refused */
    refuse(DEVICE, "{" HEAD "\"cmps\":{\"a\":{\"p\":\"switch\",\"cmd_t\":\"x\"}}}", SAN_EFORMAT,
        "components.a needs a unique_id");
    refuse(DEVICE, "{" HEAD "\"cmps\":{\"a\":{\"uniq_id\":\"a\"}}}", SAN_EFORMAT,
        "components.a needs a platform");
    refuse(DEVICE, "{\"dev\":{\"ids\":\"d\"},\"cmps\":{}}", SAN_EFORMAT, "needs device, origin");
}

static void skips_what_is_not_for_it(void **state)
{
    (void)state;
    accept("homeassistant/camera/c/config", "{\"topic\":\"x\"}");
    assert_int_equal(found_count, 0);
    assert_string_equal(unused, "camera");
    accept("homeassistant/device/d/config",
        "{\"dev\":{\"ids\":\"d\"},\"o\":{\"name\":\"x\"},\"cmps\":{\"a\":{\"p\":\"camera\"},\"b\":{\"p\":"
        "\"button\","
        "\"cmd_t\":\"x\",\"uniq_id\":\"b\"},\"c\":{\"p\":\"image\"},\"d\":{\"p\":\"camera\"}}}");
    assert_int_equal(found_count, 1);
    assert_string_equal(unused, "camera, image");
    accept("homeassistant/media_player/c/config", "{\"command_topic\":\"x\"}");
    assert_int_equal(found_count, 0);
    accept(SWITCH, "{\"cmd_t\":\"a\",\"o\":{\"name\":\"hearth\"}}");
    assert_int_equal(found_count, 0);
    assert_string_equal(unused, "");
}

static void refuses_bad_configurations(void **state)
{
    (void)state;
    refuse(SWITCH, "{", SAN_EFORMAT, SWITCH ": not JSON at byte");
    refuse(SWITCH, "[]", SAN_EFORMAT, "not a JSON object");
    refuse(SWITCH, "{\"cmd_t\":\"a\"} x", SAN_EFORMAT, "not JSON at byte");
    refuse(SWITCH, "{\"cmd_t\":\n\n\"a\"} x", SAN_EFORMAT, "in line 3");
    refuse(SWITCH, "{\"name\":\"\xff\"}", SAN_EFORMAT, "not UTF-8");
    refuse(SWITCH, "{\"name\":\"x\"}", SAN_EFORMAT, "a switch needs command_topic");
    refuse(SWITCH, "{\"cmd_t\":7}", SAN_EFORMAT, "command_topic must be a topic, not 7");
    refuse(SWITCH, "{\"cmd_t\":\"\"}", SAN_EFORMAT, "command_topic must be a topic");
    refuse(SWITCH, "{\"cmd_t\":\"a/#\"}", SAN_EFORMAT, "without wildcards, not \"a/#\"");
    refuse(
        SWITCH, "{\"cmd_t\":\"a\",\"stat_t\":\"a+/b\"}", SAN_EFORMAT, "state_topic must be a topic in which");
    refuse(SWITCH, "{\"cmd_t\":\"a\\u0000b\"}", SAN_EFORMAT, "NUL");
    refuse(SWITCH, "{\"cmd_t\":\"a\",\"val_tpl\":{}}", SAN_EFORMAT, "value_template must be a template");
    refuse(SWITCH, "{\"cmd_t\":\"a\",\"qos\":\"high\"}", SAN_EFORMAT, "qos must be a number");
    refuse(SWITCH, "{\"cmd_t\":\"a\",\"avty_t\":\"b\",\"avty\":{\"t\":\"c\"}}", SAN_EFORMAT,
        "exclude each other");
    refuse(SWITCH, "{\"cmd_t\":\"a\",\"avty\":[{\"x\":1}]}", SAN_EFORMAT, "needs a topic");
    refuse(SWITCH, "{\"cmd_t\":\"a\",\"avty_mode\":\"some\"}", SAN_EFORMAT, "all, any or latest, not some");
    refuse(SWITCH, "{\"cmd_t\":\"a\",\"o\":{}}", SAN_EFORMAT, "origin needs a name");
    refuse(
        "homeassistant/light/x/config", "{\"cmd_t\":\"a\",\"schema\":\"odd\"}", SAN_EUNSUPPORTED, "not odd");
    refuse("homeassistant/light/x/config", "{\"cmd_t\":\"a\",\"schema\":\"template\"}", SAN_EFORMAT,
        "command_on_template");
    refuse(
        "homeassistant/light/x/config", "{\"cmd_t\":\"a\",\"bri_scl\":0}", SAN_EFORMAT, "brightness_scale");
    refuse("homeassistant/select/x/config", "{\"cmd_t\":\"a\",\"ops\":\"b\"}", SAN_EFORMAT,
        "options must be a list");
    refuse("homeassistant/switch", "{}", SAN_EINVAL, "not a discovery topic");
}

static void refuses_what_is_too_large(void **state)
{
    (void)state;
    size_t size = DISCOVERY_PAYLOAD_MAX + 2;
    char *payload = malloc(size);
    assert_non_null(payload);
    memset(payload, ' ', size);
    payload[0] = '{';
    payload[size - 1] = '\0';
    refuse(SWITCH, payload, SAN_ELIMIT, "at most 262144");
    memset(payload, '[', 40);
    payload[40] = '\0';
    refuse(SWITCH, payload, SAN_ELIMIT, "more than 16 levels");
    snprintf(payload, size, "{\"cmd_t\":\"a\",\"name\":\"%0200d\"}", 1);
    refuse(SWITCH, payload, SAN_ELIMIT, "name of 200 bytes; at most 128");
    snprintf(payload, size, "{\"cmd_t\":\"%02000d\"}", 1);
    refuse(SWITCH, payload, SAN_ELIMIT, "command_topic has 2000 bytes");
    snprintf(payload, size, "{\"cmd_t\":\"a\",\"effect\":\"%070000d\"}", 1);
    refuse(SWITCH, payload, SAN_ELIMIT, "at most 65536");
    free(payload);
}

/* The entity can still be commanded; doctor tells why its state is unknown. */
static void reports_templates_that_it_does_not_know(void **state)
{
    (void)state;
    accept(SWITCH, "{\"cmd_t\":\"a\",\"stat_t\":\"b\",\"val_tpl\":\"{{ states('x') }}\"}");
    assert_int_equal(found_count, 1);
    assert_non_null(
        strstr(found[0].problem, "value_template: template, column 4: unsupported function states"));
}

static enum san_status parse_file(const char *json)
{
    error = (struct san_error){.text = ""};
    return discovery_parse_file(json, strlen(json), "tv.json", arena, &found, &found_count, &error);
}

static void reads_files(void **state)
{
    (void)state;
    assert_int_equal(
        parse_file("[{\"component\":\"media_player\",\"name\":\"TV\",\"area\":\"Living "
                   "room\",\"command_topic\":\"tv\","
                   "\"volume_command_topic\":\"tv/vol\",\"volume_scale\":50},"
                   "{\"component\":\"script\",\"name\":\"Movie night\",\"cmd_t\":\"m\",\"uniq_id\":\"m1\"}]"),
        SAN_OK);
    assert_int_equal(found_count, 2);
    assert_string_equal(found[0].entity_id, "media_player.tv");
    assert_string_equal(found[0].suggested_area, "Living room");
    assert_string_equal(found[0].unique_key, "file:tv.json#1");
    assert_string_equal(found[1].unique_key, "mqtt:script:m1");
    assert_string_equal(config_text("volume_command_topic"), "tv/vol");
    assert_int_equal(
        parse_file("{\"component\":\"switch\",\"name\":\"One\",\"command_topic\":\"x\"}"), SAN_OK);
    assert_int_equal(found_count, 1);
    assert_int_equal(parse_file("{\"name\":\"One\"}"), SAN_EFORMAT);
    assert_non_null(strstr(error.text, "tv.json: entry 1: component must be"));
    assert_int_equal(parse_file("[{\"component\":\"switch\",\"command_topic\":\"x\"}]"), SAN_EFORMAT);
    assert_non_null(strstr(error.text, "needs a name"));
    assert_int_equal(parse_file("[{\"component\":\"switch\",\"name\":\"x\"}]"), SAN_EFORMAT);
    assert_non_null(strstr(error.text, "tv.json, entry 1: a switch needs command_topic"));
    assert_int_equal(parse_file("[7]"), SAN_EFORMAT);
    assert_int_equal(parse_file("nonsense"), SAN_EFORMAT);
}

/* The examples that are installed are right. */
static void reads_its_own_examples(void **state)
{
    (void)state;
    static const char *const names[] = {"living-room-tv", "workshop"};
    static char json[8192];
    const char *source = getenv("HEARTH_SRCDIR");
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        char path[512];
        snprintf(path, sizeof(path), "%s/etc/devices.d/%s.json.example", source ? source : ".", names[i]);
        FILE *file = fopen(path, "r");
        assert_non_null(file);
        json[fread(json, 1, sizeof(json) - 1, file)] = '\0';
        fclose(file);
        if (parse_file(json) != SAN_OK)
            fail_msg("%s: %s", path, error.text);
        for (size_t k = 0; k < found_count; k++)
            assert_string_equal(found[k].problem, "");
    }
    assert_int_equal(found_count, 3);
}

static int make_arena(void **state)
{
    (void)state;
    arena = san_arena_new(65536, 0);
    return arena ? 0 : -1;
}

static int free_arena(void **state)
{
    (void)state;
    san_arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_discovery_topics),
        cmocka_unit_test(expands_short_keys_and_bases),
        cmocka_unit_test(makes_texts_of_payload_words),
        cmocka_unit_test(names_entities_as_home_assistant_does),
        cmocka_unit_test(tells_keys_areas_and_what_is_hidden),
        cmocka_unit_test(removes),
        cmocka_unit_test(splits_device_messages),
        cmocka_unit_test(skips_what_is_not_for_it),
        cmocka_unit_test(refuses_bad_configurations),
        cmocka_unit_test(refuses_what_is_too_large),
        cmocka_unit_test(reports_templates_that_it_does_not_know),
        cmocka_unit_test(reads_files),
        cmocka_unit_test(reads_its_own_examples),
    };
    return cmocka_run_group_tests(tests, make_arena, free_arena);
}
