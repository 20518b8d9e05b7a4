/* A call that somebody has written: what is wrong with it is named, and what there is instead. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/call_check.h"

static struct call_check home;
static cJSON *document;
static struct san_error err;

static void put(const char *entity_id, const char *name, const char *domain, const char *area)
{
    const struct reg_entity_in in = {
        .unique_key = entity_id, .entity_id = entity_id, .name = name, .domain = domain, .area = area};
    assert_int_equal(reg_put_entity(home.registry, &in, NULL, NULL), SAN_OK);
}

static int set_up(void **state)
{
    (void)state;
    const char *dir = getenv("HEARTH_SRCDIR");
    char path[512], *text = calloc(1, 1 << 17);
    snprintf(path, sizeof(path), "%s/schemas/intents.json", dir ? dir : ".");
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_true(fread(text, 1, (1 << 17) - 1, file) > 0);
    fclose(file);
    document = cJSON_Parse(text);
    free(text);
    home.tools = cJSON_GetObjectItemCaseSensitive(document, "tools");
    home.registry = reg_open(":memory:", NULL);
    home.shortlist = shortlist_new(home.registry);
    put("light.kitchen_ceiling", "Kitchen ceiling", "light", "Kitchen");
    put("light.desk", "Desk lamp", "light", "Study");
    put("number.bell", "Doorbell volume", "number", NULL);
    reg_put_floor(home.registry, "Ground floor", NULL, NULL);
    return home.tools && home.registry && home.shortlist ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    shortlist_free(home.shortlist);
    reg_close(home.registry);
    cJSON_Delete(document);
    return 0;
}

static enum san_status check(const char *tool, const char *arguments)
{
    cJSON *object = cJSON_Parse(arguments);
    assert_non_null(object);
    err = (struct san_error){.text = ""};
    enum san_status status = call_check(&home, tool, object, &err);
    cJSON_Delete(object);
    return status;
}

static void good(const char *tool, const char *arguments)
{
    if (check(tool, arguments) != SAN_OK)
        fail_msg("%s %s: %s", tool, arguments, err.text);
}

static void wrong(const char *tool, const char *arguments, const char *message)
{
    assert_int_equal(check(tool, arguments), SAN_EINVAL);
    assert_string_equal(err.text, message);
}

static void what_is_right_passes(void **state)
{
    (void)state;
    good("HassTurnOn", "{\"name\":\"kitchen CEILING\"}");
    good("HassTurnOn", "{\"entity_id\":\"light.desk\"}");
    good("HassTurnOff", "{\"area\":\"Kitchen\",\"domain\":\"light\"}");
    good("HassTurnOff", "{\"floor\":\"ground floor\",\"domain\":\"light\"}");
    good("HassLightSet", "{\"area\":\"Kitchen\",\"brightness\":40,\"color\":\"red\"}");
    good("HassLightSet", "{\"name\":\"Desk lamp\",\"brightness_step\":\"up\"}");
    good("HassLightSet", "{\"name\":\"Desk lamp\",\"brightness_step\":-10}");
    good("HassClimateSetMode", "{\"mode\":\"a mode of its own\"}");
    good("HassStartTimer", "{\"name\":\"eggs\",\"minutes\":5}"); /* a timer's name is anything */
    good("HassGetCurrentTime", "{}");
}

/* What the network does not speak, and slots beyond what it does. */
static void what_only_renderers_know_passes(void **state)
{
    (void)state;
    good("HassSetValue", "{\"entity_id\":\"number.bell\",\"value\":5}");
    good("HassLightSet", "{\"name\":\"Desk lamp\",\"effect\":\"rainbow\"}");
    good("HassSetPosition", "{\"area\":\"Study\",\"tilt\":50}");
}

static void a_tool_that_is_not_there(void **state)
{
    (void)state;
    wrong("HassTrunOn", "{}",
        "there is no tool HassTrunOn: did you mean HassTurnOn? 'hearthctl tools' lists them");
    wrong("HassDance", "{}", "there is no tool HassDance: 'hearthctl tools' lists them");
    wrong("HassVacumLocate", "{}",
        "there is no tool HassVacumLocate: did you mean HassVacuumLocate? 'hearthctl tools' lists them");
}

static void a_slot_that_is_not_there(void **state)
{
    (void)state;
    wrong("HassLightSet", "{\"area\":\"Kitchen\",\"brigthness\":50}",
        "HassLightSet has no slot brigthness; it takes brightness, brightness_step, name, area, floor, "
        "color, temperature, domain, device_class, entity_id, effect");
    wrong("HassSetValue", "{\"entity_id\":\"number.bell\",\"valeu\":5}",
        "HassSetValue has no slot valeu; it takes value, value_step, name, area, floor, domain, "
        "device_class, entity_id");
    wrong("HassGetCurrentTime", "{\"zone\":\"here\"}", "HassGetCurrentTime takes no slots, and so no zone");
}

static void a_value_that_is_not_there(void **state)
{
    (void)state;
    wrong("HassLightSet", "{\"area\":\"Kitchen\",\"brightness\":\"wrong\"}",
        "HassLightSet: brightness=wrong: it takes a number from 0 to 100");
    wrong("HassLightSet", "{\"area\":\"Kitchen\",\"brightness_step\":\"upp\"}",
        "HassLightSet: brightness_step=upp: it takes up, down, a number from -100 to 100");
    wrong("HassMediaSearchAndPlay", "{\"search_query\":\"x\",\"media_class\":\"albun\"}",
        "HassMediaSearchAndPlay: media_class=albun: it takes album, artist, track, playlist, podcast, movie, "
        "tv_show");
    assert_int_equal(check("HassTurnOn", "{\"area\":\"Kitchen\",\"domain\":\"lights\"}"), SAN_EINVAL);
    assert_non_null(strstr(err.text, "HassTurnOn: domain=lights: it takes light, "));
    assert_int_equal(check("HassLightSet", "{\"area\":\"Kitchen\",\"color\":\"blurple\"}"), SAN_EINVAL);
    assert_non_null(strstr(err.text, "HassLightSet: color=blurple: it takes purple, "));
}

static void what_is_named_must_be_there(void **state)
{
    (void)state;
    wrong("HassTurnOn", "{\"name\":\"Kichen ceiling\"}",
        "there is no device Kichen ceiling; the nearest: Kitchen ceiling; 'hearthctl devices' lists them");
    wrong("HassTurnOn", "{\"name\":\"Zzz\"}", "there is no device Zzz; 'hearthctl devices' lists them");
    wrong("HassTurnOn", "{\"area\":\"Kitchn\"}",
        "there is no area Kitchn; the nearest: Kitchen; 'hearthctl areas' lists them");
    wrong("HassTurnOn", "{\"entity_id\":\"light.desc\"}",
        "there is no entity 'light.desc': did you mean 'light.desk'?");
    wrong("HassTurnOn", "{\"entity_id\":\"Desk lamp\"}",
        "Desk lamp is a name and no entity_id: say name=Desk lamp");
}

static void what_it_cannot_do_without(void **state)
{
    (void)state;
    wrong("HassTurnOn", "{}", "HassTurnOn needs one of name, area, floor, domain, device_class");
    wrong("HassLightSet", "{\"area\":\"Kitchen\"}",
        "HassLightSet needs one of brightness, brightness_step, color, temperature");
    wrong("HassListAddItem", "{\"item\":\"milk\"}", "HassListAddItem needs item, name");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_right_passes),
        cmocka_unit_test(what_only_renderers_know_passes),
        cmocka_unit_test(a_tool_that_is_not_there),
        cmocka_unit_test(a_slot_that_is_not_there),
        cmocka_unit_test(a_value_that_is_not_there),
        cmocka_unit_test(what_is_named_must_be_there),
        cmocka_unit_test(what_it_cannot_do_without),
    };
    return cmocka_run_group_tests_name("call_check", tests, set_up, tear_down);
}
