/* test_state.c - what messages mean: words, None, availability in its modes, attributes, and payloads that
 * mean nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "devices/json_text.h"
#include "devices/state.h"
#include "devices/topic.h"

static struct entity_view *view;
static struct home_state now;

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

static bool apply(const char *topic, const char *payload)
{
    bool changed;
    struct san_error err = {.text = ""};
    if (state_apply_bytes(view, &now, topic, payload, strlen(payload), &changed, &err) != SAN_OK)
        fail_msg("%s: %s", payload, err.text);
    return changed;
}

static void ignore(const char *topic, const char *payload)
{
    bool changed = true;
    struct san_error err = {.text = ""};
    assert_int_equal(
        state_apply_bytes(view, &now, topic, payload, strlen(payload), &changed, &err), SAN_EFORMAT);
    assert_false(changed);
    assert_true(strlen(err.text) > 0);
}

static int number(const char *attribute)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(now.attributes, attribute);
    return cJSON_IsNumber(item) ? (int)item->valuedouble : -1;
}

static void follows_words(void **state)
{
    (void)state;
    open_view("switch", "{\"state_topic\":\"s\"}");
    assert_string_equal(now.state, "");
    assert_true(now.available);
    assert_true(apply("s", "ON"));
    assert_string_equal(now.state, "on");
    assert_false(apply("s", "ON"));
    assert_false(apply("other", "OFF"));
    ignore("s", "on");
    assert_false(apply("s", ""));
    assert_string_equal(now.state, "on");
    assert_true(apply("s", "None"));
    assert_string_equal(now.state, "");
}

static void prefers_state_words_to_payload_words(void **state)
{
    (void)state;
    open_view("switch", "{\"state_topic\":\"s\",\"payload_on\":\"do\",\"payload_off\":false,\"state_on\":1}");
    apply("s", "1");
    assert_string_equal(now.state, "on");
    apply("s", "False");
    assert_string_equal(now.state, "off");
    ignore("s", "do");
}

static void ignores_failed_templates(void **state)
{
    (void)state;
    open_view("switch", "{\"state_topic\":\"s\",\"value_template\":\"{{ value_json.a.b }}\"}");
    apply("s", "{\"a\":{\"b\":\"ON\"}}");
    assert_string_equal(now.state, "on");
    ignore("s", "{}");
    ignore("s", "no json");
    ignore("s", "\xff\xfe");
    assert_string_equal(now.state, "on");
    assert_false(apply("s", "{\"a\":{}}")); /* undefined renders as nothing: not a state */
}

static void leaves_state_unknown_without_its_template(void **state)
{
    (void)state;
    const char *problem;
    size_t count;
    struct entity_view *broken = entity_view_new(
        "switch", "{\"state_topic\":\"s\",\"value_template\":\"{{ now() }}\"}", &problem, NULL);
    assert_non_null(broken);
    assert_non_null(strstr(problem, "value_template"));
    entity_view_topics(broken, &count);
    assert_int_equal(count, 0);
    entity_view_free(broken);
    assert_null(entity_view_new("switch", "[]", NULL, NULL));
    assert_null(entity_view_new("switch", "{", NULL, NULL));
}

static void names_each_topic_once(void **state)
{
    (void)state;
    size_t count;
    open_view("cover",
        "{\"state_topic\":\"a\",\"position_topic\":\"a\",\"tilt_status_topic\":\"b\",\"command_topic\":\"c\","
        "\"qos\":2,"
        "\"availability\":[{\"topic\":\"a\"},{\"topic\":\"d\"}],\"json_attributes_topic\":\"e\"}");
    const char *const *topics = entity_view_topics(view, &count);
    assert_int_equal(count, 4);
    assert_string_equal(topics[0], "a");
    assert_int_equal(entity_view_qos(view), 2);
    assert_string_equal(entity_view_domain(view), "cover");
}

static void is_available_by_mode(void **state)
{
    (void)state;
    static const struct {
        const char *mode;
        bool after_first, after_both, after_one_leaves;
    } examples[] = {{"all", false, true, false}, {"any", true, true, true}, {"latest", true, true, false}};
    for (size_t i = 0; i < 3; i++) {
        char config[256];
        snprintf(config, sizeof(config),
            "{\"availability_mode\":\"%s\",\"availability\":[{\"topic\":\"a\"},{\"topic\":\"b\",\"payload_"
            "available\":\"yes\","
            "\"payload_not_available\":\"no\",\"value_template\":\"{{ value_json.x }}\"}]}",
            examples[i].mode);
        open_view("switch", config);
        assert_false(now.available);
        apply("a", "online");
        assert_int_equal(now.available, examples[i].after_first);
        apply("b", "{\"x\":\"yes\"}");
        assert_int_equal(now.available, examples[i].after_both);
        apply("b", "{\"x\":\"perhaps\"}"); /* says nothing */
        assert_int_equal(now.available, examples[i].after_both);
        apply("b", "{\"x\":\"no\"}");
        assert_int_equal(now.available, examples[i].after_one_leaves);
    }
}

static void is_available_by_one_topic(void **state)
{
    (void)state;
    open_view("switch", "{\"availability_topic\":\"a\",\"payload_available\":\"Online\",\"payload_not_"
                        "available\":\"Offline\"}");
    assert_false(now.available);
    assert_true(apply("a", "Online"));
    assert_true(now.available);
    assert_false(apply("a", "online"));
    assert_true(apply("a", "Offline"));
    assert_false(now.available);
}

static void reads_json_lights(void **state)
{
    (void)state;
    open_view("light", "{\"schema\":\"json\",\"state_topic\":\"s\",\"supported_color_modes\":[\"color_temp\","
                       "\"hs\"],\"brightness_scale\":100}");
    apply("s", "{\"state\":\"ON\",\"brightness\":40,\"color_mode\":\"color_temp\",\"color_temp\":250,"
               "\"color\":{\"h\":1,\"s\":2}}");
    assert_string_equal(now.state, "on");
    assert_int_equal(number("brightness"), 40);
    assert_int_equal(number("color_temp_kelvin"), 4000);
    assert_int_equal(number("hue"), -1);
    apply("s", "{\"state\":\"ON\",\"brightness\":0,\"color_mode\":\"hs\",\"color\":{\"h\":240,\"s\":100}}");
    assert_int_equal(number("brightness"), 40); /* 0 is noise */
    assert_int_equal(number("hue"), 240);
    assert_int_equal(number("color_temp_kelvin"), -1);
    assert_string_equal(json_member_text(now.attributes, "color"), "blue");
    assert_false(apply("s", "{\"linkquality\":5}"));
    ignore("s", "{\"state\":\"SOMETIMES\"}");
    ignore("s", "ON");
    apply("s", "{\"state\":null}");
    assert_string_equal(now.state, "");
    apply("s", "{\"state\":\"ON\",\"color_mode\":\"xy\",\"color\":{\"x\":0.7,\"y\":0.3}}"); /* not one of its
                                                                                               modes */
    assert_int_equal(number("hue"), 240);
}

static void reads_stopped_covers(void **state)
{
    (void)state;
    open_view("cover", "{\"state_topic\":\"s\"}");
    apply("s", "closing");
    apply("s", "stopped");
    assert_string_equal(now.state, "closed");
    apply("s", "opening");
    apply("s", "stopped");
    assert_string_equal(now.state, "open");
    ignore("s", "ajar");
}

static void reads_fans_with_offsets(void **state)
{
    (void)state;
    open_view("fan", "{\"percentage_state_topic\":\"p\",\"speed_range_min\":4,\"speed_range_max\":10}");
    apply("p", "4");
    assert_int_equal(number("percentage"), 14);
    apply("p", "10");
    assert_int_equal(number("percentage"), 100);
    apply("p", "3");
    assert_int_equal(number("percentage"), 0);
    ignore("p", "11");
    apply("p", "None");
    assert_int_equal(number("percentage"), -1);
}

static void reads_players(void **state)
{
    (void)state;
    open_view("media_player",
        "{\"state_topic\":\"s\",\"state_playing\":\"play\",\"volume_state_topic\":\"v\",\"volume_scale\":50,"
        "\"mute_state_topic\":\"m\"}");
    apply("s", "play");
    assert_string_equal(now.state, "playing");
    apply("v", "25");
    assert_int_equal(number("volume_level"), 50);
    ignore("v", "51");
    apply("m", "MUTE");
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(now.attributes, "is_volume_muted")));
}

/* Z2M sends the raw state as attributes, too: its brightness of 0 to 254 must not pass for per cent. */
static void keeps_its_own_attributes(void **state)
{
    (void)state;
    open_view("light", "{\"schema\":\"json\",\"state_topic\":\"s\",\"supported_color_modes\":[\"brightness\"]"
                       ",\"brightness_scale\":254,"
                       "\"json_attributes_topic\":\"s\"}");
    apply("s", "{\"state\":\"ON\",\"brightness\":127,\"linkquality\":88,\"update\":{\"x\":1}}");
    assert_int_equal(number("brightness"), 50);
    assert_int_equal(number("linkquality"), 88);
    assert_null(cJSON_GetObjectItem(now.attributes, "update"));
}

static void cuts_long_states_and_counts_attributes(void **state)
{
    (void)state;
    char payload[4096] = "{";
    open_view("sensor", "{\"state_topic\":\"s\",\"json_attributes_topic\":\"j\"}");
    memset(payload, 'a', 300);
    payload[300] = '\0';
    apply("s", payload);
    assert_int_equal(strlen(now.state), STATE_TEXT_MAX);
    size_t len = 0;
    for (int i = 0; i < 200; i++)
        len += (size_t)snprintf(payload + len, sizeof(payload) - len, "%c\"a%d\":%d", i ? ',' : '{', i, i);
    snprintf(payload + len, sizeof(payload) - len, "}");
    apply("j", payload);
    assert_in_range(cJSON_GetArraySize(now.attributes), 32, 64);
}

static void refuses_huge_payloads(void **state)
{
    (void)state;
    bool changed;
    struct san_error err;
    open_view("sensor", "{\"state_topic\":\"s\"}");
    char *payload = calloc(1, STATE_PAYLOAD_MAX + 1);
    assert_non_null(payload);
    assert_int_equal(
        state_apply_bytes(view, &now, "s", payload, STATE_PAYLOAD_MAX + 1, &changed, &err), SAN_ELIMIT);
    free(payload);
}

static int close_view(void **state)
{
    (void)state;
    entity_view_free(view);
    home_state_clear(&now);
    return 0;
}

static void matches_topics_with_wildcards(void **state)
{
    (void)state;
    static const struct {
        const char *filter, *topic;
        bool matches;
    } examples[] = {{"a/b", "a/b", true}, {"a/b", "a/bc", false}, {"a/b", "a", false}, {"a", "a/b", false},
        {"+/b", "a/b", true}, {"+/+/c/d", "home/gateway/c/d", true}, {"+/b", "a/x/b", false},
        {"a/+", "a", false}, {"a/+", "a/", true}, {"a/#", "a/b/c", true}, {"a/#", "a", true},
        {"#", "a/b", true}, {"a/#", "ab", false}, {"#", "$SYS/uptime", false},
        {"+/uptime", "$SYS/uptime", false}, {"$SYS/#", "$SYS/uptime", true}};
    for (size_t i = 0; i < sizeof(examples) / sizeof(*examples); i++) {
        if (topic_matches(examples[i].filter, examples[i].topic) != examples[i].matches)
            fail_msg("%s and %s", examples[i].filter, examples[i].topic);
    }
    assert_true(topic_filter_is_valid("+/a/+/#"));
    assert_false(topic_filter_is_valid("a+/b"));
    assert_false(topic_filter_is_valid("a/+b"));
    assert_false(topic_filter_is_valid("a/#/b"));
    assert_false(topic_filter_is_valid("a#"));
    assert_false(topic_filter_is_valid(""));
    open_view(
        "sensor", "{\"state_topic\":\"+/+/BT/A4\",\"value_template\":\"{{ value_json.t | is_defined }}\"}");
    assert_true(apply("home/gw1/BT/A4", "{\"t\":21}"));
    assert_true(apply("home/gw2/BT/A4", "{\"t\":22}"));
    assert_string_equal(now.state, "22");
    ignore("home/gw2/BT/A4", "{\"battery\":80}");
}

static void expires_what_is_not_reported(void **state)
{
    (void)state;
    open_view("sensor", "{\"state_topic\":\"s\",\"expire_after\":60,\"availability_topic\":\"a\"}");
    assert_true(entity_view_expire_after(view) == 60);
    assert_false(now.available);
    assert_false(apply("a", "online")); /* nothing reported yet */
    unsigned reports = now.reports;
    assert_true(apply("s", "21"));
    assert_true(now.available);
    assert_int_not_equal(now.reports, reports);
    reports = now.reports;
    assert_false(apply("s", "21")); /* the same again counts, too */
    assert_int_not_equal(now.reports, reports);
    assert_true(state_expire(view, &now));
    assert_false(now.available);
    assert_string_equal(now.state, "21");
    assert_false(state_expire(view, &now));
    assert_true(apply("s", "21"));
    assert_true(now.available);
    assert_true(apply("a", "offline"));
    assert_false(apply("s", "21"));
    assert_false(now.available);
    open_view("switch", "{\"state_topic\":\"s\",\"expire_after\":60}"); /* no key of a switch */
    assert_true(entity_view_expire_after(view) == 0);
    assert_true(now.available);
}

static void ends_motion_after_its_delay(void **state)
{
    (void)state;
    open_view("binary_sensor", "{\"state_topic\":\"s\",\"off_delay\":\"30\"}");
    assert_true(entity_view_off_delay(view) == 30);
    apply("s", "ON");
    assert_true(state_end_delay(view, &now));
    assert_string_equal(now.state, "off");
    assert_false(state_end_delay(view, &now));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_words),
        cmocka_unit_test(prefers_state_words_to_payload_words),
        cmocka_unit_test(ignores_failed_templates),
        cmocka_unit_test(leaves_state_unknown_without_its_template),
        cmocka_unit_test(names_each_topic_once),
        cmocka_unit_test(matches_topics_with_wildcards),
        cmocka_unit_test(expires_what_is_not_reported),
        cmocka_unit_test(ends_motion_after_its_delay),
        cmocka_unit_test(is_available_by_mode),
        cmocka_unit_test(is_available_by_one_topic),
        cmocka_unit_test(reads_json_lights),
        cmocka_unit_test(reads_stopped_covers),
        cmocka_unit_test(reads_fans_with_offsets),
        cmocka_unit_test(reads_players),
        cmocka_unit_test(keeps_its_own_attributes),
        cmocka_unit_test(cuts_long_states_and_counts_attributes),
        cmocka_unit_test(refuses_huge_payloads),
    };
    return cmocka_run_group_tests(tests, NULL, close_view);
}
