/* test_template.c - every construct of the template subset, and every text that publishers are known to send.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "devices/json_text.h"
#include "devices/template.h"

static struct san_arena *arena;

/* The text that the template makes of a payload; NULL if it fails. Compiling must succeed. */
static const char *render(const char *source, const char *payload)
{
    struct san_error err = {.text = ""};
    const struct template *compiled = template_compile(arena, source, &err);
    if (!compiled)
        fail_msg("%s: %s", source, err.text);
    cJSON *json = json_parse(payload, strlen(payload), 16, NULL);
    struct template_vars vars = {.value = payload, .value_json = json};
    const char *text = template_render(compiled, arena, &vars, &err);
    cJSON_Delete(json);
    return text;
}

struct example {
    const char *source, *payload, *expected; /* expected NULL: rendering fails */
};

static void check(const struct example *examples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *text = render(examples[i].source, examples[i].payload);
        if (!examples[i].expected ? text != NULL : !text || strcmp(text, examples[i].expected) != 0)
            fail_msg("%s of %s: \"%s\", not \"%s\"", examples[i].source, examples[i].payload,
                text ? text : "(failure)", examples[i].expected ? examples[i].expected : "(failure)");
    }
}

#define CHECK(examples) check(examples, sizeof(examples) / sizeof(*(examples)))

static void prints_values_as_python_does(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {"{{ value_json.x }}", "{\"x\":true}", "True"},
        {"{{ value_json.x }}", "{\"x\":false}", "False"},
        {"{{ value_json.x }}", "{\"x\":null}", "None"},
        {"{{ value_json.x }}", "{\"x\":21}", "21"},
        {"{{ value_json.x }}", "{\"x\":21.0}", "21.0"},
        {"{{ value_json.x }}", "{\"x\":21.37}", "21.37"},
        {"{{ value_json.x }}", "{\"x\":0.1}", "0.1"},
        {"{{ value_json.x }}", "{\"x\":1e3}", "1000.0"},
        {"{{ value_json.x }}", "{\"x\":1e16}", "1e+16"},
        {"{{ value_json.x }}", "{\"x\":0.00001}", "1e-05"},
        {"{{ value_json.x }}", "{\"x\":0.0001}", "0.0001"},
        {"{{ value_json.x }}", "{\"x\":-0.5}", "-0.5"},
        {"{{ value_json.x }}", "{\"s\":\"1.5 and 2\",\"y\":[3.0,\"\\\"4.0\"],\"x\":5}", "5"},
        {"{{ value_json.x }}", "{\"x\":\"a'b\"}", "a'b"},
        {"{{ value_json.x }}", "{\"x\":[1,\"a\",true,null,2.0]}", "[1, 'a', True, None, 2.0]"},
        {"{{ value_json }}", "{\"a\":{\"b\":\"it's\"}}", "{'a': {'b': \"it's\"}}"},
        {"{{ value_json.y }}", "{\"x\":1}", ""},
        {"{{ value_json.y.z }}", "{\"x\":1}", NULL},
        {"{{ value_json.y[0] }}", "{\"x\":1}", NULL},
        {"{{ value_json.x.y }}", "{\"x\":1}", ""},
        {"{{ value_json }}", "not json", ""},
        {"{{ value_json.x }}", "not json", NULL},
        {"{{ value_json }}", "42", "42"},
        {"{{ value }}", "  plain  ", "plain"},
        {"constant", "{}", "constant"},
        {"  constant  ", "{}", "constant"},
        {"{{ \"offline\" }}", "{}", "offline"},
        {"a{# nothing #}b", "{}", "ab"},
    };
    CHECK(examples);
}

static void evaluates_expressions(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {"{{ 1 + 2 * 3 }}", "", "7"},
        {"{{ (1 + 2) * 3 }}", "", "9"},
        {"{{ 7 / 2 }} {{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % 3 }} {{ -7 % 3 }}", "", "3.5 3 -4 1 2"},
        {"{{ 4 / 2 }}", "", "2.0"},
        {"{{ 1 / 0 }}", "", NULL},
        {"{{ 'a' ~ 1 ~ 2.0 }}", "", "a12.0"},
        {"{{ 'a' + 'b' }}", "", "ab"},
        {"{{ 'a' + 1 }}", "", NULL},
        {"{{ 1 < 2 and 2 >= 2 }}", "", "True"},
        {"{{ 'a' < 'b' }}", "", "True"},
        {"{{ 'a' < 1 }}", "", NULL},
        {"{{ not true or 'x' }}", "", "x"},
        {"{{ 0 or '' or none }}", "", "None"},
        {"{{ 1 and 'y' }}", "", "y"},
        {"{{ 1 == 1.0 }} {{ True == 1 }} {{ '1' == 1 }} {{ 'a' != 'b' }}", "", "True True False True"},
        {"{{ 'b' in ['a','b'] }} {{ 'b' not in 'abc' }} {{ 'k' in {'k':1} }}", "", "True False True"},
        {"{{ 'x' in value_json }}", "plain", "False"},
        {"{{ 'yes' if value_json.x else 'no' }}", "{\"x\":[]}", "no"},
        {"{{ 'yes' if value_json.x }}", "{\"x\":0}", ""},
        {"{{ value_json.x is defined }} {{ value_json.y is not defined }}", "{\"x\":1}", "True True"},
        {"{{ value_json.x is none }} {{ value_json.y is number }}", "{\"x\":null,\"y\":2}", "True True"},
        {"{{ value_json['a b'] }} {{ value_json[\"c\"][-1] }}", "{\"a b\":1,\"c\":[1,2]}", "1 2"},
        {"{{ value_json.c.1 }} {{ value_json.c[0:2] }} {{ 'hello'[1:3] }} {{ 'hello'[-2:] }}",
            "{\"c\":[1,2,3]}", "2 [1, 2] el lo"},
        {"{{ 'h\xc3\xa9llo'[1:2] }}{{ 'h\xc3\xa9llo'[1] }}", "", "\xc3\xa9\xc3\xa9"},
        {"{{ {0:'off', 1:'low'}[1] }} {{ {1:'a'}[2] }}", "", "low"},
        {"{{ {'a':{'b':3}}['a']['b'] }}", "", "3"},
        {"{{ -value_json.x }}", "{\"x\":2}", "-2"},
        {"{{ -2 | abs }}", "", "2"},
    };
    CHECK(examples);
}

static void runs_statements(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {"{% if value_json.x > 5 %}big{% elif value_json.x > 2 %}middle{% else %}small{% endif %}",
            "{\"x\":9}", "big"},
        {"{% if value_json.x > 5 %}big{% elif value_json.x > 2 %}middle{% else %}small{% endif %}",
            "{\"x\":3}", "middle"},
        {"{% if value_json.x > 5 %}big{% elif value_json.x > 2 %}middle{% else %}small{% endif %}",
            "{\"x\":1}", "small"},
        {"{% if false %}x{% endif %}", "", ""},
        {"{% set a = 1 %}{% set b = a + 1 %}{{ b }}", "", "2"},
        {"{% set value = 'other' %}{{ value }}", "mine", "other"},
        {"{% if true %}{% set a = 1 %}{% endif %}{{ a }}", "", "1"},
        {"{%- if true -%} x {%- endif -%} ", "", "x"},
        {"a  {{- 'b' -}}  c", "", "abc"},
    };
    CHECK(examples);
}

static void takes_arguments_by_name(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {"{{ 'ff' | int(base=16) }} {{ '0x1A' | int(0, 16) }} {{ '101' | int(base=2) }}", "", "255 26 5"},
        {"{{ 'zz' | int(base=16) }}", "", NULL},
        {"{{ 'zz' | int(-1, base=16) }} {{ 'zz' | int(base=16, default=7) }}", "", "-1 7"},
        {"{{ '9' | int(base=99) }}", "", NULL},
        {"{{ 21.55 | round(precision=1) }} {{ 2.1 | round(method='ceil') }}", "", "21.6 3"},
        {"{{ 2.1 | round(method='ceil', precision=0) }}", "", "3"},
        {"{{ '' | default('d', boolean=true) }} {{ value_json.x | default(default_value='e') }}", "{}",
            "d e"},
        {"{{ 'x' | float(default=1.5) }}", "", "1.5"},
        {"{{ ['a','b'] | join(d='-') }}", "", "a-b"},
    };
    CHECK(examples);
}

static void calls_filters_as_functions(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {"{{ float(value) * 3.6 | round(2) }}", "2.5", "9.0"},
        {"{{ ((float(value) * 99) | round(0)) + 1 }}", "1", "100"},
        {"{{ int(value_json.n) + 1 }} {{ int('x', 3) }} {{ float('x', default=0.5) }}", "{\"n\":\"4\"}",
            "5 3 0.5"},
        {"{{ float(value_json.y) }}", "{}", NULL},
        {"{{ iif(value_json.on, 'ON', 'OFF') }} {{ value_json.off | iif('ON', 'OFF') }}",
            "{\"on\":true,\"off\":0}", "ON OFF"},
        {"{{ iif(value_json.x) }} {{ none | iif(1, 2, 3) }}", "{\"x\":1}", "True 3"},
        {"{{ value_json.x | is_defined }}", "{\"x\":21.5}", "21.5"},
        {"{{ value_json.y | is_defined }}", "{\"x\":21.5}", NULL},
    };
    CHECK(examples);
}

static void formats_as_python_does(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {"{{ '#%02x%02X%02x' | format(255, 160, 7) }}", "", "#ffA007"},
        {"{{ '%s is %.1f%%' | format('it', 12.345) }}", "", "it is 12.3%"},
        {"{{ '%d|%5d|%-3d|%+i' | format(7.9, 42, 1, 3) }}", "", "7|   42|1  |+3"},
        {"{{ '%x' | format('a') }}", "", NULL},
        {"{{ '%d %d' | format(1) }}", "", NULL},
        {"{{ '%n' | format(1) }}", "", NULL},
        {"{{ '%*d' | format(1) }}", "", NULL},
        {"{{ '%999d' | format(1) }}", "", NULL},
        {"{{ '%d' | format(value_json) }}", "1e300", NULL},
        {"{{ '100%' | format(1) }}", "", NULL},
        {"{{value[1:3]|int(base=16)}},{{value[3:5]|int(base=16)}},{{value[5:7]|int(base=16)}}", "#FF8000",
            "255,128,0"},
    };
    CHECK(examples);
}

static void applies_filters_and_methods(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {"{{ value_json.y | default('d') }} {{ value_json.x | default('d') }}", "{\"x\":1}", "d 1"},
        {"{{ value_json.x | default('d') }} {{ value_json.x | default('d', true) }}", "{\"x\":\"\"}", "d"},
        {"{{ value_json.x | lower }} {{ 'aB' | upper }}", "{\"x\":true}", "true AB"},
        {"{{ '21.7' | int(0) }} {{ 21.7 | int }} {{ 'x' | int(3) }} {{ -1.5 | int }}", "", "21 21 3 -1"},
        {"{{ 'x' | int }}", "", NULL},
        {"{{ value_json.y | int(0) }}", "{}", NULL},
        {"{{ '21' | float }} {{ 'x' | float(0) }}", "", "21.0 0"},
        {"{{ 21.45 | round(1) }} {{ 2.5 | round }} {{ 3.5 | round }} {{ 2.1 | round(0, 'ceil') }}", "",
            "21.4 2 4 3"},
        {"{{ 1.234 | round(2, 'floor') }} {{ 127 | round(1) }}", "", "1.23 127.0"},
        {"{{ [1, 'a', none] | join(', ') }}", "", "1, a, None"},
        {"{{ value_json.x | tojson }}", "{\"x\":{\"a\":[1,2.0,true,null,\"q\\\"\"]}}",
            "{\"a\": [1, 2.0, true, null, \"q\\\"\"]}"},
        {"{{ 'hello wide world' | truncate(9) }}", "", "hello..."},
        {"{{ 'hello wide world' | truncate(9, True, '', 0) }}", "", "hello wid"},
        {"{{ 'short' | truncate(3, True) }}", "", "short"},
        {"{{ ' x ' | trim }}|{{ 'aXb' | replace('X', '-') }}|{{ 'abc' | length }}", "", "x|a-b|3"},
        {"{{ [3,4] | first }}{{ [3,4] | last }}", "", "34"},
        {"{{ 'abc' | first }}{{ 'abc' | last }}{{ '' | first }}{{ value_json.y | first }}", "{}", "ac"},
        {"{{ 5 | first }}", "", NULL},
        {"{{ 'a,b,c'.split(',') | join('-') }} {{ ' a  b '.split() }}", "", "a-b-c ['a', 'b']"},
        {"{{ {'a':1,'b':2}.keys() | join(',') }} {{ value_json.get('q', 7) }}", "{}", "a,b 7"},
        {"{{ 'On'.lower() }}{{ 'On'.startswith('O') }}", "", "onTrue"},
        {"{{ 1 | float + 1 }}", "", "2.0"},
    };
    CHECK(examples);
}

#define RUNNING                                                                                              \
    "{% if \"running\" in value_json and value_json[\"running\"] %} {% if value_json[\"position\"] > 0 %} "  \
    "closing "                                                                                               \
    "{% else %} opening {% endif %} {% else %} stopped {% endif %}"
#define MOTOR                                                                                                \
    "{% if \"motor_state\" in value_json and value_json[\"motor_state\"] %} {{ value_json[\"motor_state\"] " \
    "}} "                                                                                                    \
    "{% else %} stopped {% endif %}"
#define ACTION                                                                                               \
    "{% set values = {None:None,'idle':'idle','heat':'heating','cool':'cooling','fan_only':'fan'} %}{{ "     \
    "values[value_json[\"running_state\"]] }}"
#define MODE                                                                                                 \
    "{% set values = {'schedule':'auto','manual':'heat','pause':'off'} %}{% set value = "                    \
    "value_json.operating_mode "                                                                             \
    "%}{{ values[value] if value in values.keys() else 'off' }}"
#define PRESET                                                                                               \
    "{{ value_json[\"fan_mode\"] if value_json[\"fan_mode\"] in ['on', 'auto'] else 'None' | "               \
    "default('None') }}"
#define SPEED "{{ {'off':0, 'low':1, 'medium':2, 'high':3}[value_json[\"fan_mode\"]] | default('None') }}"

static void renders_what_publishers_send(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {"{{ value_json[\"state_right\"] }}", "{\"state_right\":\"ON\"}", "ON"},
        {"{{ value_json.state }}", "{\"state\":\"online\"}", "online"},
        {"{{ value_json.permit_join | lower }}", "{\"permit_join\":false}", "false"},
        {"{{ value_json.coordinator.meta.revision }}", "{\"coordinator\":{\"meta\":{\"revision\":20230507}}}",
            "20230507"},
        {"{% if value_json[\"child_lock\"] %}true{% else %}false{% endif %}", "{\"child_lock\":true}",
            "true"},
        {"{% if value_json[\"child_lock\"] %}true{% else %}false{% endif %}", "{}", "false"},
        {ACTION, "{\"running_state\":\"heat\"}", "heating"},
        {ACTION, "{\"running_state\":null}", "None"},
        {ACTION, "{}", ""},
        {MODE, "{\"operating_mode\":\"manual\"}", "heat"},
        {MODE, "{\"operating_mode\":\"odd\"}", "off"},
        {RUNNING, "{\"running\":true,\"position\":30}", "closing"},
        {RUNNING, "{\"running\":true,\"position\":0}", "opening"},
        {RUNNING, "{\"position\":30}", "stopped"},
        {MOTOR, "{\"motor_state\":\"opening\"}", "opening"},
        {MOTOR, "{\"motor_state\":null}", "stopped"},
        {SPEED, "{\"fan_mode\":\"medium\"}", "2"},
        {SPEED, "{\"fan_mode\":\"smart\"}", "None"},
        {"{{ value_json[\"speed\"] | default('None') }}", "{\"speed\":3}", "3"},
        {PRESET, "{\"fan_mode\":\"auto\"}", "auto"},
        {PRESET, "{\"fan_mode\":\"low\"}", "None"},
        {"{{ value_json[\"x\"] | default('',True) | string | truncate(254, True, '', 0) }}", "{\"x\":null}",
            ""},
        {"{{ value_json[\"x\"] | default('',True) | string | truncate(254, True, '', 0) }}", "{\"x\":[1]}",
            "[1]"},
        {"{{value_json.POWER2}}", "{\"POWER2\":\"OFF\"}", "OFF"},
        {"{{value_json.HSBColor.split(',')[0:2]|join(',')}}", "{\"HSBColor\":\"30,100,60\"}", "30,100"},
        {"{%if value_json.White%}color_temp{%else%}hs{%endif %}", "{\"White\":50}", "color_temp"},
        {"{%if value_json.White%}color_temp{%else%}hs{%endif %}", "{\"White\":0}", "hs"},
        {"{{value_json['ENERGY']['Power']}}", "{\"ENERGY\":{\"Power\":12.0}}", "12.0"},
        {"{{value_json['ENERGY']['Power'][0]}}", "{\"ENERGY\":{\"Power\":[3,4]}}", "3"},
    };
    CHECK(examples);
}

static const char *command(const char *source, const struct template_vars *vars)
{
    struct san_error err = {.text = ""};
    const struct template *compiled = template_compile(arena, source, &err);
    if (!compiled)
        fail_msg("%s: %s", source, err.text);
    return template_render(compiled, arena, vars, &err);
}

static void renders_command_templates(void **state)
{
    (void)state;
    static const char mode[] =
        "{% set values = {'auto':'schedule','heat':'manual','off':'pause'} %}{\"operating_mode\": "
        "\"{{ values[value] if value in values.keys() else 'pause' }}\"}";
    static const char speed[] = "{{ {0:'off', 1:'low', 2:'medium', 3:'high'}[value] | default('') }}";
    static const char siren[] =
        "{\"mode\": \"{{ tone | default('emergency') }}\"{% if volume_level is defined %}, "
        "\"level\": \"{% if volume_level | float <= 0.33 %}low{% elif volume_level | float <= "
        "0.66 %}medium{% else %}high{% endif %}\"{% endif %}, \"duration\": {{ duration | "
        "default(10) }}}";
    assert_string_equal(
        command(mode, &(struct template_vars){.value = "heat"}), "{\"operating_mode\": \"manual\"}");
    assert_string_equal(command(speed, &(struct template_vars){.number = 2, .is_number = true}), "medium");
    assert_string_equal(command(speed, &(struct template_vars){.number = 7, .is_number = true}), "");
    assert_string_equal(
        command("{{ value }}", &(struct template_vars){.number = 21.5, .is_number = true}), "21.5");
    assert_string_equal(command(siren, &(struct template_vars){.value = "ON"}),
        "{\"mode\": \"emergency\", \"duration\": 10}");
    cJSON *extra = cJSON_Parse("{\"volume_level\":0.5,\"position\":35}");
    assert_string_equal(command(siren, &(struct template_vars){.value = "ON", .extra = extra}),
        "{\"mode\": \"emergency\", \"level\": \"medium\", \"duration\": 10}");
    assert_string_equal(command("{ \"position\": {{ position }} }", &(struct template_vars){.extra = extra}),
        "{ \"position\": 35 }");
    cJSON_Delete(extra);
}

/* What is not supported is refused when it is compiled, and the message says where. */
static void refuses_what_it_does_not_know(void **state)
{
    (void)state;
    static const struct {
        const char *source, *told;
    } examples[] = {
        {"{{ value | regex_findall('x') }}", "column 12: unsupported filter regex_findall"},
        {"{{ now() }}", "column 4: unsupported function now"},
        {"{{ states('sensor.x') }}", "unsupported function states"},
        {"{% for x in value_json %}{% endfor %}", "column 4: unsupported statement for"},
        {"{{ this.state }}", "unsupported variable this"},
        {"{{ value.nope() }}", "unsupported method nope"},
        {"{{ value is odd }}", "unsupported test odd"},
        {"{{ value", "missing }}"},
        {"{{ }}", "ends too early"},
        {"{{ 'abc }}", "string without its end"},
        {"{% if value %}x", "missing endif"},
        {"{% endif %}", "no if before endif"},
        {"{{ 1 < 2 < 3 }}", "chain of comparisons"},
        {"{# never", "comment without its end"},
        {"{{ value[1 }}", "expected"},
        {"{{ value ** 2 }}", "unexpected"},
    };
    for (size_t i = 0; i < sizeof(examples) / sizeof(*examples); i++) {
        struct san_error err = {.text = ""};
        assert_null(template_compile(arena, examples[i].source, &err));
        if (!strstr(err.text, examples[i].told))
            fail_msg("%s: %s", examples[i].source, err.text);
        assert_int_equal(err.status, SAN_EUNSUPPORTED);
    }
}

static void keeps_work_within_bounds(void **state)
{
    (void)state;
    struct san_error err = {.text = ""};
    char source[TEMPLATE_SOURCE_MAX + 64];
    memset(source, '(', sizeof(source));
    memcpy(source, "{{ ", 3);
    source[4000] = '\0';
    assert_null(template_compile(arena, source, &err));
    assert_non_null(strstr(err.text, "nested too deep"));

    memset(source, 'x', sizeof(source));
    source[TEMPLATE_SOURCE_MAX + 1] = '\0';
    assert_null(template_compile(arena, source, &err));
    assert_int_equal(err.status, SAN_ELIMIT);

    /* each set doubles the text: 2^14 * 16 bytes would be more than a rendering may hold */
    size_t len = (size_t)snprintf(source, sizeof(source), "{%% set a = '0123456789abcdef' %%}");
    for (int i = 0; i < 14; i++)
        len += (size_t)snprintf(source + len, sizeof(source) - len, "{%% set a = a ~ a %%}");
    snprintf(source + len, sizeof(source) - len, "{{ a | length }}");
    const struct template *compiled = template_compile(arena, source, &err);
    assert_non_null(compiled);
    assert_null(template_render(compiled, arena, &(struct template_vars){.value = ""}, &err));
    assert_non_null(strstr(err.text, "more than"));
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
        cmocka_unit_test(prints_values_as_python_does),
        cmocka_unit_test(evaluates_expressions),
        cmocka_unit_test(runs_statements),
        cmocka_unit_test(takes_arguments_by_name),
        cmocka_unit_test(calls_filters_as_functions),
        cmocka_unit_test(formats_as_python_does),
        cmocka_unit_test(applies_filters_and_methods),
        cmocka_unit_test(renders_what_publishers_send),
        cmocka_unit_test(renders_command_templates),
        cmocka_unit_test(refuses_what_it_does_not_know),
        cmocka_unit_test(keeps_work_within_bounds),
    };
    return cmocka_run_group_tests(tests, make_arena, free_arena);
}
