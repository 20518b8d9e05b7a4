/* Resolving: right device or none; ties go to the speaker's room, then its floor, then a question. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "devices/home_file.h"
#include "devices/resolve.h"

static const char home[] =
    "{\"floors\":[{\"name\":\"Upstairs\"},{\"name\":\"Downstairs\"}],"
    "\"areas\":[{\"name\":\"Kitchen\",\"floor\":\"Downstairs\",\"aliases\":[\"Cookery\"]},{\"name\":\"Hall\","
    "\"floor\":\"Downstairs\"},"
    "{\"name\":\"Bedroom\",\"floor\":\"Upstairs\"},{\"name\":\"Bath\",\"floor\":\"Upstairs\"},{\"name\":"
    "\"Attic\"}],"
    "\"entities\":["
    "{\"entity_id\":\"light.k\",\"name\":\"Ceiling\",\"area\":\"Kitchen\"},"
    "{\"entity_id\":\"light.h\",\"name\":\"Ceiling\",\"area\":\"Hall\"},"
    "{\"entity_id\":\"light.b\",\"name\":\"Ceiling\",\"area\":\"Bedroom\",\"aliases\":[\"Moon\"]},"
    "{\"entity_id\":\"switch.kettle\",\"name\":\"Kettle\",\"area\":\"Kitchen\"},"
    "{\"entity_id\":\"lock.front\",\"name\":\"Front door\",\"area\":\"Hall\"},"
    "{\"entity_id\":\"binary_sensor.front\",\"name\":\"Front "
    "door\",\"area\":\"Hall\",\"device_class\":\"door\"},"
    "{\"entity_id\":\"cover.blind\",\"name\":\"Blind\",\"area\":\"Kitchen\",\"device_class\":\"blind\"},"
    "{\"entity_id\":\"cover.door\",\"name\":\"Garage\",\"area\":\"Kitchen\",\"device_class\":\"garage\"},"
    "{\"entity_id\":\"climate.hall\",\"name\":\"Hall heating\",\"area\":\"Hall\"},"
    "{\"entity_id\":\"climate.bed\",\"name\":\"Bedroom heating\",\"area\":\"Bedroom\"},"
    "{\"entity_id\":\"cover.c\",\"name\":\"Bath Curtains\",\"area\":\"Bath\"},"
    "{\"entity_id\":\"media_player.t\",\"name\":\"Box\",\"aliases\":[\"the telly\"],\"area\":\"Bath\"},"
    "{\"entity_id\":\"binary_sensor.washer\",\"name\":\"Washer\",\"area\":\"Bath\",\"device_class\":"
    "\"running\"},"
    "{\"entity_id\":\"vacuum.v\",\"name\":\"Robbie\",\"area\":\"Hall\"},"
    "{\"entity_id\":\"humidifier.bed\",\"name\":\"Mist\",\"area\":\"Bedroom\"},"
    "{\"entity_id\":\"water_heater.bath\",\"name\":\"Boiler\",\"area\":\"Bath\"},"
    "{\"entity_id\":\"light.secret\",\"name\":\"Secret\",\"area\":\"Attic\",\"exposed\":false}]}";

struct fixture {
    struct registry *registry;
    struct san_arena *arena;
    struct san_error err;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->registry = reg_open(":memory:", &f->err);
    f->arena = san_arena_new(1 << 14, 0);
    *state = f;
    return home_import(f->registry, home, strlen(home), "home", &f->err) == SAN_OK ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    reg_close(f->registry);
    san_arena_free(f->arena);
    free(f);
    return 0;
}

/* "HassTurnOn name=Ceiling area=Hall" -> "ok light.h", "none area", "ambiguous light.b light.h", "no target"
 */
static const char *resolve(struct fixture *f, const char *said, const char *area)
{
    static char out[512];
    char buf[256], *save, *word;
    struct home_call call = {0};
    struct resolved resolved;
    snprintf(buf, sizeof buf, "%s", said);
    call.tool = strtok_r(buf, " ", &save);
    while ((word = strtok_r(NULL, " ", &save)) != NULL) {
        char *value = strchr(word, '=');
        *value++ = '\0';
        for (char *p = value; *p != '\0'; p++)
            *p = *p == '+' ? ' ' : *p;
        call.args[call.arg_count++] = (struct home_arg){.slot = word, .text = value};
    }
    assert_int_equal(resolve_call(f->registry, &call, area, f->arena, &resolved, &f->err), SAN_OK);
    assert_int_equal(resolve_finds(f->registry, &call, area, f->arena), resolved.count > 0);
    static const char *const outcomes[] = {"ok", "none", "ambiguous", "no target"};
    int len = snprintf(out, sizeof out, "%s", outcomes[resolved.outcome]);
    if (resolved.missing[0] != '\0')
        len += snprintf(out + len, sizeof out - (size_t)len, " %s", resolved.missing);
    for (size_t i = 0; i < resolved.count; i++)
        len += snprintf(out + len, sizeof out - (size_t)len, " %s", resolved.entities[i].entity_id);
    return out;
}

static void calls_mean_these_entities(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *call, *area, *means;
    } cases[] = {
        /* one by name */
        {"HassTurnOn name=kettle", NULL, "ok switch.kettle"},
        {"HassTurnOn name=Moon", NULL, "ok light.b"},
        {"HassTurnOn name=Ceiling area=Hall", NULL, "ok light.h"},
        {"HassTurnOn name=Ceiling area=cookery", NULL, "ok light.k"},
        {"HassTurnOn name=Sauna", NULL, "none name"},
        {"HassTurnOn name=Kettle area=Bath", NULL, "none name"},
        {"HassTurnOn name=Kettle area=Sauna", NULL, "none area"},
        {"HassTurnOn name=Secret", NULL, "none name"},
        {"HassLightSet name=Kettle", NULL, "none name"},
        /* equal names, different kinds: the tool and the domain tell */
        {"HassTurnOn name=Front+door", NULL, "ok lock.front"},
        {"HassGetState name=Front+door domain=binary_sensor", NULL, "ok binary_sensor.front"},
        {"HassGetState name=Front+door domain=lock", NULL, "ok lock.front"},
        /* ties: the room, its floor, a question */
        {"HassTurnOn name=Ceiling", "Kitchen", "ok light.k"},
        {"HassTurnOn name=Ceiling", "Bath", "ok light.b"},
        {"HassTurnOn name=Ceiling", "Attic", "ambiguous light.b light.h light.k"},
        {"HassTurnOn name=Ceiling", NULL, "ambiguous light.b light.h light.k"},
        /* groups */
        {"HassTurnOff area=Kitchen domain=light", NULL, "ok light.k"},
        {"HassTurnOff floor=Downstairs domain=light", NULL, "ok light.h light.k"},
        {"HassTurnOff domain=light", "Kitchen", "ok light.b light.h light.k"},
        {"HassTurnOn area=Kitchen device_class=blind", NULL, "ok cover.blind"},
        /* questions about a kind of thing; what voice may not use is not there */
        {"HassGetState area=Kitchen domain=cover", NULL, "ok cover.blind cover.door"},
        {"HassGetState area=Bath domain=cover device_class=curtain", NULL, "ok cover.c"},
        {"HassGetState device_class=door", NULL, "ok binary_sensor.front"},
        {"HassGetState domain=light area=Attic", NULL, "none"},
        {"HassGetState domain=light area=Sauna", NULL, "none area"},
        {"HassGetState area=Attic", NULL, "none"},
        {"HassGetState entity_id=light.secret domain=lock", NULL, "ok light.secret"},
        /* a state alone: of what is left on, or stands open */
        {"HassGetState area=Kitchen state=on", NULL, "ok light.k switch.kettle"},
        {"HassGetState area=Bath state=off", NULL, "ok binary_sensor.washer media_player.t"},
        {"HassGetState floor=Downstairs state=open", NULL,
            "ok binary_sensor.front cover.blind cover.door lock.front"},
        {"HassGetState state=closed", NULL,
            "ok binary_sensor.front cover.blind cover.c cover.door lock.front"},
        {"HassGetState state=unlocked", "Kitchen", "ok lock.front"},
        {"HassGetState area=Attic state=on", NULL, "none"},
        {"HassGetState area=Kitchen state=jammed", NULL, "none"},
        {"HassGetState area=Sauna state=on", NULL, "none area"},
        /* a cover or a player without a class is what it is called, and nothing else */
        {"HassTurnOff area=Bath domain=cover device_class=curtain", NULL, "ok cover.c"},
        {"HassTurnOff area=Bath domain=cover device_class=blind", NULL, "none"},
        {"HassTurnOff area=Bath domain=media_player device_class=tv", NULL, "ok media_player.t"},
        {"HassTurnOff area=Bath domain=media_player device_class=speaker", NULL, "none"},
        {"HassTurnOn area=Bath domain=light", NULL, "none"},
        {"HassTurnOn area=Sauna domain=light", NULL, "none area"},
        {"HassTurnOn floor=Cellar domain=light", NULL, "none floor"},
        {"HassLightSet area=Kitchen", NULL, "ok light.k"},
        {"HassTurnOff area=Attic domain=light", NULL, "none"},
        /* everything in a room leaves the guards alone */
        {"HassTurnOff area=Kitchen", NULL, "ok light.k switch.kettle"},
        {"HassTurnOff area=Hall", NULL, "ok light.h"},
        {"HassTurnOff", NULL, "none name"},
        /* tools that mean one device */
        {"HassClimateSetTemperature", "Hall", "ok climate.hall"},
        {"HassClimateSetTemperature", "Kitchen", "ok climate.hall"},
        {"HassClimateSetTemperature", "Bath", "ok climate.bed"},
        {"HassClimateSetTemperature", "Attic", "ambiguous climate.bed climate.hall"},
        {"HassClimateSetTemperature area=Bedroom", NULL, "ok climate.bed"},
        /* of several kinds that a tool can set, the first, wherever the speaker is; the next where there is
           none */
        {"HassHumidifierSetpoint", NULL, "ok humidifier.bed"},
        {"HassHumidifierSetpoint", "Hall", "ok humidifier.bed"},
        {"HassHumidifierSetpoint area=Bedroom", NULL, "ok humidifier.bed"},
        {"HassHumidifierSetpoint area=Hall", NULL, "ok climate.hall"},
        {"HassHumidifierSetpoint area=Bedroom domain=climate", NULL, "ok climate.bed"},
        {"HassHumidifierSetpoint name=Bedroom+heating", NULL, "ok climate.bed"},
        {"HassClimateSetTemperature area=Bath", NULL, "ok water_heater.bath"},
        {"HassVacuumStart", NULL, "ok vacuum.v"},
        {"HassVacuumStart area=Bath", NULL, "none"},
        {"HassVacuumStart name=Robbie area=Bath", NULL, "ok vacuum.v"},
        {"HassLawnMowerDock", NULL, "none"},
        /* tools that mean no device */
        {"HassStartTimer minutes=5", NULL, "no target"},
        {"HassGetCurrentTime", NULL, "no target"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *means = resolve(f, cases[i].call, cases[i].area);
        if (strcmp(means, cases[i].means) != 0)
            fail_msg("%s (in %s): '%s', not '%s'", cases[i].call, cases[i].area != NULL ? cases[i].area : "?",
                means, cases[i].means);
    }
}

/* Three lamps, one of them hidden from voice, and groups of them, as a bridge announces them. */
static void put(
    struct fixture *f, const char *entity_id, const char *unique_id, const char *group, bool hidden)
{
    char config[256];
    snprintf(
        config, sizeof config, "{\"unique_id\":\"%s\"%s%s}", unique_id, group[0] ? ",\"group\":" : "", group);
    const struct reg_entity_in in = {.unique_key = unique_id,
        .entity_id = entity_id,
        .name = entity_id + 6,
        .domain = "light",
        .area = "Saloon",
        .config = config,
        .hidden = hidden};
    assert_int_equal(reg_put_entity(f->registry, &in, NULL, &f->err), SAN_OK);
}

static void groups_stand_for_their_members(void **state)
{
    struct fixture *f = *state;
    const char *on = "HassTurnOn area=Saloon domain=light", *ask = "HassGetState area=Saloon domain=light";
    put(f, "light.one", "1_light", "", false);
    put(f, "light.two", "2_light", "", false);
    assert_string_equal(resolve(f, on, NULL), "ok light.one light.two");
    put(f, "light.pair", "g_light", "[\"1_light\",\"2_light\"]", false);
    assert_string_equal(resolve(f, on, NULL), "ok light.pair"); /* one message instead of three */
    assert_string_equal(resolve(f, ask, NULL), "ok light.one light.two");
    assert_string_equal(resolve(f, "HassTurnOn name=one", NULL), "ok light.one");
    assert_string_equal(resolve(f, "HassTurnOn name=pair", NULL), "ok light.pair");
    put(f, "light.quair", "i_light", "[\"1_light\",\"2_light\"]", false);
    assert_string_equal(resolve(f, on, NULL), "ok light.pair"); /* nothing twice by two groups */
    put(f, "light.three", "3_light", "", true); /* voice may not use it: nor a group with it */
    put(f, "light.all", "h_light", "[\"1_light\",\"2_light\",\"3_light\"]", false);
    assert_string_equal(resolve(f, on, NULL), "ok light.pair");
    assert_int_equal(reg_remove_entity(f->registry, "g_light", &f->err), SAN_OK);
    assert_int_equal(reg_remove_entity(f->registry, "i_light", &f->err), SAN_OK);
    assert_string_equal(resolve(f, on, NULL), "ok light.one light.two");
    put(f, "light.far", "k_light", "[\"8_light\"]", false); /* its members are not known here */
    assert_string_equal(resolve(f, on, NULL), "ok light.far light.one light.two");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(calls_mean_these_entities, setup, teardown),
        cmocka_unit_test_setup_teardown(groups_stand_for_their_members, setup, teardown),
    };
    return cmocka_run_group_tests_name("resolve", tests, NULL, NULL);
}
