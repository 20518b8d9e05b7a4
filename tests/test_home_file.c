/* Home files: what comes in goes out again, and broken ones change nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "devices/home_file.h"

static const char home[] =
    "{\"floors\":[{\"name\":\"Ground floor\",\"aliases\":[\"Downstairs\"]}],\n"
    " \"areas\":[{\"name\":\"Kitchen\",\"floor\":\"Ground floor\",\"aliases\":[\"Cookery\"]}],\n"
    " \"entities\":[{\"entity_id\":\"light.ceiling\",\"name\":\"Ceiling\",\"area\":\"Kitchen\",\"domain\":"
    "\"light\",\n"
    "   \"device_class\":null,\"aliases\":[\"Big "
    "light\"],\"state\":\"on\",\"attributes\":{\"brightness\":40}},\n"
    "  "
    "{\"entity_id\":\"cover.blind\",\"name\":\"Blind\",\"area\":null,\"domain\":\"cover\",\"device_class\":"
    "\"blind\"},\n"
    "  "
    "{\"entity_id\":\"sensor.t\",\"name\":\"Temperature\",\"device_class\":\"temperature\",\"state\":21.5}]}";

static struct registry *open_empty(void)
{
    struct san_error err;
    struct registry *registry = reg_open(":memory:", &err);
    assert_non_null(registry);
    return registry;
}

static void export_gives_back_what_import_took(void **state)
{
    (void)state;
    struct san_error err;
    struct registry *first = open_empty(), *second = open_empty();
    assert_int_equal(home_import(first, home, strlen(home), "home.json", &err), SAN_OK);
    char *once = home_export(first, &err);
    assert_non_null(once);
    assert_non_null(strstr(once, "\"Big light\""));
    assert_non_null(strstr(once, "\"21.5\""));
    assert_non_null(strstr(once, "\"Downstairs\""));
    assert_int_equal(home_import(second, once, strlen(once), "once.json", &err), SAN_OK);
    char *twice = home_export(second, &err);
    assert_string_equal(once, twice);
    free(once);
    free(twice);
    reg_close(first);
    reg_close(second);
}

static void importing_twice_changes_nothing(void **state)
{
    (void)state;
    struct san_error err;
    struct registry *registry = open_empty();
    assert_int_equal(home_import(registry, home, strlen(home), "home.json", &err), SAN_OK);
    assert_int_equal(home_import(registry, home, strlen(home), "home.json", &err), SAN_OK);
    assert_int_equal(reg_entity_count(registry), 3);
    reg_close(registry);
}

static void announce(struct registry *registry, const char *area)
{
    struct san_error err;
    const struct reg_entity_in in = {.unique_key = "mqtt:light:0x17",
        .entity_id = "light.ceiling",
        .name = "Ceiling",
        .domain = "light",
        .area = area,
        .config = "{}"};
    assert_int_equal(reg_put_entity(registry, &in, NULL, &err), SAN_OK);
}

static void a_home_is_restored_where_its_devices_are_announced(void **state)
{
    (void)state;
    struct san_error err;
    struct registry *old = open_empty(), *fresh = open_empty();
    announce(old, "Hall");
    assert_int_equal(reg_put_area(old, "Kitchen", 0, NULL, &err), SAN_OK);
    assert_int_equal(reg_set_area(old, "light.ceiling", "Kitchen", &err), SAN_OK);
    assert_int_equal(reg_set_exposed(old, "light.ceiling", false, &err), SAN_OK);
    assert_int_equal(reg_add_alias(old, "entity", "light.ceiling", "Big light", &err), SAN_OK);
    char *text = home_export(old, &err);

    /* into the same registry, and into a new one, before and after the device is announced there */
    assert_int_equal(home_import(old, text, strlen(text), "home.json", &err), SAN_OK);
    assert_int_equal(home_import(fresh, text, strlen(text), "home.json", &err), SAN_OK);
    announce(fresh, "Hall");
    struct registry *both[] = {old, fresh};
    for (size_t i = 0; i < 2; i++) {
        char *again = home_export(both[i], &err);
        assert_int_equal(reg_entity_count(both[i]), 1);
        assert_non_null(strstr(again, "\"area\":\t\"Kitchen\""));
        assert_non_null(strstr(again, "\"Big light\""));
        assert_non_null(strstr(again, "\"exposed\":\tfalse"));
        free(again);
    }
    free(text);
    reg_close(old);
    reg_close(fresh);
}

static void a_file_by_hand_is_about_what_is_there(void **state)
{
    (void)state;
    struct san_error err;
    struct registry *registry = open_empty();
    announce(registry, NULL);
    assert_int_equal(home_import(registry, home, strlen(home), "home.json", &err), SAN_OK);
    assert_int_equal(reg_entity_count(registry), 3);
    announce(registry, "Hall");
    char *text = home_export(registry, &err);
    assert_int_equal(reg_entity_count(registry), 3);
    assert_non_null(strstr(text, "\"unique_key\":\t\"mqtt:light:0x17\""));
    assert_non_null(strstr(text, "\"Big light\""));
    free(text);
    reg_close(registry);
}

static void broken_files_are_refused_whole(void **state)
{
    (void)state;
    static const struct {
        const char *json, *says;
    } broken[] = {
        {"", "home.json:1: not JSON"},
        {"{\"entities\":\n[}", "home.json:2: not JSON"},
        {"[]", "must be an object"},
        {"{\"areas\":{}}", "areas: must be an array"},
        {"{\"areas\":[{\"name\":\"Kitchen\"},7]}", "areas[1]: must be an object"},
        {"{\"areas\":[{\"name\":7}]}", "areas[0].name: must be a string"},
        {"{\"areas\":[{\"name\":\"Kitchen\",\"aliases\":\"Cook\"}]}", "areas[0].aliases: must be an array"},
        {"{\"entities\":[{\"name\":\"Lamp\"}]}", "entities[0].entity_id: missing"},
        {"{\"entities\":[{\"entity_id\":\"lamp\",\"name\":\"Lamp\"}]}", "must look like"},
        {"{\"entities\":[{\"entity_id\":\"lihgt.a\",\"name\":\"A\"}]}",
            "entities[0].entity_id: hearth knows no domain lihgt; the nearest is light"},
        {"{\"areas\":[{\"name\":\"Kitchen\"}],\"entities\":[{\"entity_id\":\"light.a\",\"name\":\"A\","
         "\"area\":\"!!\"}]}",
            "entities[0]: area '!!'"},
        {"{\"entities\":[{\"entity_id\":\"light.a\",\"name\":\"A\",\"attributes\":[]}]}",
            "must be an object"},
        {"{\"entities\":[{\"entity_id\":\"light.a\",\"name\":\"A\",\"unique_key\":7}]}",
            "entities[0].unique_key: must be a string"},
        {"{\"entities\":[{\"entity_id\":\"light.a\",\"name\":\"A\",\"unique_key\":\"\"}]}",
            "unique_key is empty"},
    };
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        struct san_error err = {0};
        struct registry *registry = open_empty();
        assert_int_not_equal(
            home_import(registry, broken[i].json, strlen(broken[i].json), "home.json", &err), SAN_OK);
        if (strstr(err.text, broken[i].says) == NULL)
            fail_msg("'%s' does not say '%s'", err.text, broken[i].says);
        assert_int_equal(reg_find_area(registry, "kitchen"), 0);
        assert_int_equal(reg_entity_count(registry), 0);
        reg_close(registry);
    }
}

static void deep_nesting_is_refused(void **state)
{
    (void)state;
    size_t len = 100000;
    char *json = malloc(len);
    memset(json, '[', len);
    struct san_error err = {0};
    struct registry *registry = open_empty();
    assert_int_equal(home_import(registry, json, len, "deep.json", &err), SAN_EFORMAT);
    reg_close(registry);
    free(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(export_gives_back_what_import_took),
        cmocka_unit_test(importing_twice_changes_nothing),
        cmocka_unit_test(a_home_is_restored_where_its_devices_are_announced),
        cmocka_unit_test(a_file_by_hand_is_about_what_is_there),
        cmocka_unit_test(broken_files_are_refused_whole),
        cmocka_unit_test(deep_nesting_is_refused),
    };
    return cmocka_run_group_tests_name("home file", tests, NULL, NULL);
}
