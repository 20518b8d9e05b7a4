/* The configuration: defaults, bounds, and errors that name file, line, key, value and the mend. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/config.h"

static struct config *parsed(const char *text, struct san_error *err)
{
    struct config *config = config_new();
    assert_non_null(config);
    if (config_parse(config, "test.conf", text, strlen(text), err) == SAN_OK)
        return config;
    config_free(config);
    return NULL;
}

/* The text is refused, with an error that says this. */
static void refused(const char *text, const char *part)
{
    struct san_error error = {0};
    assert_null(parsed(text, &error));
    if (!strstr(error.text, part))
        fail_msg("\"%s\" does not say \"%s\"", error.text, part);
}

static void test_every_key_has_a_default(void **state)
{
    (void)state;
    struct config *config = parsed("", NULL);
    assert_string_equal(config->node, "hearth");
    assert_string_equal(config->host, "localhost");
    assert_int_equal(config->port, 1883);
    assert_true(config->say);
    assert_true(config->ask_confidence == 0.4);
    assert_true(config->min_confidence == 0.7);
    assert_true(config->sensitive_confidence == 0.85);
    assert_int_equal(config->unlock, GUARD_ALLOW);
    assert_int_equal(config->publish_timeout, 10);
    config_free(config);
}

static void test_values_are_read(void **state)
{
    (void)state;
    struct config *config = parsed(
        "; a comment\n# another\n\n[mqtt]\n  host = broker.lan\nport=8883\nsay = no\n"
        "[policy]\nunlock = refuse\nmin_confidence = 0.75\nask_confidence = 0.5\n[hearth]\nnode = kitchen",
        NULL);
    assert_non_null(config);
    assert_string_equal(config->host, "broker.lan");
    assert_int_equal(config->port, 8883);
    assert_false(config->say);
    assert_int_equal(config->unlock, GUARD_REFUSE);
    assert_true(config->min_confidence == 0.75);
    assert_true(config->ask_confidence == 0.5);
    assert_string_equal(config->node, "kitchen");
    config_free(config);
}

static void test_an_error_names_line_key_value_and_mend(void **state)
{
    (void)state;
    refused("[mqtt]\nprot = 1884\n",
        "test.conf:2: unknown key prot in [mqtt] (value \"1884\"); the nearest is port in [mqtt]");
    refused("[mqt]\nport = 1884\n", "the nearest is port in [mqtt]");
    refused("port = 1884\n", "test.conf:1: unknown key port in []");
    refused("[wyoming]\nport = 10750\n", "; [wyoming] has enabled, uri, unix, ");
    refused("[mqttt]\nfrobnicate = 1\n", "; the sections are hearth, mqtt, ");
    refused("[mqtt]\nport = 0\n", "port is 0: give 1 to 65535");
    refused("[mqtt]\nport = 1.5\n", "give a whole number");
    refused("[mqtt]\nport = 99999999999999999999999\n", "port is");
    refused("[mqtt]\nport =\n", "port is \"\"");
    refused("[policy]\nmin_confidence = nan\n", "give a number");
    refused("[policy]\nunlock = maybe\n", "give one of: allow confirm refuse");
    refused("[mqtt]\nsay = perhaps\n", "give yes or no");
    refused("[hearth]\nnode = a/b\n", "none of +#/ may be in it");
    refused("[hearth]\nnode =\n", "give 1 to 64 bytes");
    refused("[mqtt]\nthis is no setting\n", "test.conf:2");
    refused("[mqtt\n", "test.conf:1");
}

static void test_an_indented_line_is_a_line(void **state)
{
    (void)state;
    refused("[mqtt]\nhost = a\n    port = none\n", "test.conf:3: port is \"none\"");
}

static void test_limits(void **state)
{
    (void)state;
    char line[400];
    memset(line, 'x', sizeof(line));
    memcpy(line, "[mqtt]\nhost = ", 14);
    line[sizeof(line) - 1] = '\0';
    refused(line, "test.conf:2: the line is longer than 198 bytes");
    struct config *config = config_new();
    struct san_error error = {0};
    assert_int_equal(config_parse(config, "nul", "[mqtt]\nho\0st", 12, &error), SAN_EINVAL);
    assert_non_null(strstr(error.text, "NUL"));
    char *big = calloc(1, CONFIG_FILE_MAX + 1);
    assert_int_equal(config_parse(config, "big", big, CONFIG_FILE_MAX + 1, &error), SAN_ELIMIT);
    free(big);
    config_free(config);
}

static void test_a_reload_takes_what_may_change(void **state)
{
    (void)state;
    struct config *config = parsed("", NULL);
    struct config *fresh = parsed("[policy]\nunlock = confirm\n[hearth]\ntools = /other.json\n", NULL);
    assert_null(config_reload(config, fresh));
    assert_int_equal(config->unlock, GUARD_CONFIRM);
    assert_string_equal(config->tools, "/other.json");
    config_free(fresh);
    fresh = parsed("[mqtt]\nport = 1999\n", NULL);
    const struct config_key *kept = config_reload(config, fresh);
    assert_string_equal(kept->name, "port");
    assert_int_equal(config->port, 1883);
    config_free(fresh);
    config_free(config);
}

static void test_satellites_have_names_of_their_own(void **state)
{
    (void)state;
    struct config *config =
        parsed("[satellites]\nassist_satellite.desk = Study\nmic one = Kitchen ; upstairs\n", NULL);
    assert_string_equal(satellites_find(config->satellites, "assist_satellite.desk"), "Study");
    assert_string_equal(satellites_find(config->satellites, "mic one"), "Kitchen");
    struct config *fresh = parsed("[satellites]\nmic one = Hall\n", NULL);
    assert_null(config_reload(config, fresh));
    config_free(fresh);
    assert_string_equal(satellites_find(config->satellites, "mic one"), "Hall");
    assert_null(satellites_find(config->satellites, "assist_satellite.desk"));
    config_free(config);
    refused("[satellites]\nmic =\n", "test.conf:2: mic = \"\": give a satellite's id");
}

/* True if the file has the text. */
static bool file_has(const char *name, const char *text)
{
    char path[1024];
    const char *dir = getenv("HEARTH_SRCDIR");
    snprintf(path, sizeof(path), "%s/%s", dir ? dir : ".", name);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    static char content[131072];
    content[fread(content, 1, sizeof(content) - 1, file)] = '\0';
    fclose(file);
    return strstr(content, text) != NULL;
}

static void test_the_manual_and_the_sample_have_every_key(void **state)
{
    (void)state;
    size_t count;
    const struct config_key *keys = config_keys(&count);
    for (size_t i = 0; i < count; i++) {
        char text[128];
        snprintf(text, sizeof(text), "\n.BR %s ", keys[i].name);
        if (!file_has("docs/hearthd.conf.5", text))
            fail_msg("hearthd.conf(5) does not tell of %s", keys[i].name);
        snprintf(text, sizeof(text), "\n#%s =", keys[i].name);
        if (!file_has("etc/hearthd.conf", text))
            fail_msg("etc/hearthd.conf does not have %s", keys[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_key_has_a_default),
        cmocka_unit_test(test_values_are_read),
        cmocka_unit_test(test_an_error_names_line_key_value_and_mend),
        cmocka_unit_test(test_an_indented_line_is_a_line),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_a_reload_takes_what_may_change),
        cmocka_unit_test(test_satellites_have_names_of_their_own),
        cmocka_unit_test(test_the_manual_and_the_sample_have_every_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
