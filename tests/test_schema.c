/* Tools as JSON Schema: what is compiled, and what is refused, with the tool and the argument in the error.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "inference/model.h"
#include "inference/schema.h"
#include "tests/tiny_model.h"

static void *model_bytes;
static struct san_model model;
static char *home_json;

static int setup(void **state)
{
    (void)state;
    size_t len, size;
    struct san_error err;
    home_json = read_source_file("schemas/intents.json", &len);
    if (!home_json)
        return -1;
    model_bytes = tiny_model_bytes(home_json, 1, &size);
    model.file = san_gguf_from_memory(model_bytes, size, "tiny", &err);
    model.tokenizer = model.file ? san_tokenizer_new(model.file, &err) : NULL;
    model.config.hearth_format = true;
    return model.tokenizer ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    san_tokenizer_free(model.tokenizer);
    san_gguf_close(model.file);
    free(model_bytes);
    free(home_json);
    return 0;
}

static struct san_tools *load(const char *json)
{
    struct san_error err = {0};
    struct san_tools *tools = san_tools_load(&model, json, strlen(json), &err);
    if (!tools)
        fail_msg("%s", err.text);
    return tools;
}

static void refuse_bytes(const char *json, size_t len, enum san_status status, const char *reason)
{
    struct san_error err = {0};
    assert_null(san_tools_load(&model, json, len, &err));
    if (err.status != status || !strstr(err.text, reason))
        fail_msg("want status %d and \"%s\"; got %d: %s", (int)status, reason, (int)err.status, err.text);
}

/* Refuses a whole text, in which ' stands for ". */
static void refuse(const char *text, enum san_status status, const char *reason)
{
    char json[4096];
    snprintf(json, sizeof json, "%s", text);
    for (char *p = json; *p; p++)
        if (*p == '\'')
            *p = '"';
    refuse_bytes(json, strlen(json), status, reason);
}

/* Refuses one property of HassTurnOn. */
static void refuse_property(
    const char *slot, const char *property, enum san_status status, const char *reason)
{
    char text[2048];
    snprintf(text, sizeof text, "{'tools':[{'name':'HassTurnOn','parameters':{'properties':{'%s':%s}}}]}",
        slot, property);
    refuse(text, status, reason);
}

static const struct san_tool *tool_named(const struct san_tools *tools, const char *name)
{
    for (size_t i = 0; i < tools->count; i++)
        if (strcmp(tools->tool[i].name, name) == 0)
            return &tools->tool[i];
    return NULL;
}

static const struct san_slot *slot_named(const struct san_tool *tool, const char *name)
{
    for (size_t i = 0; tool && i < tool->slot_count; i++)
        if (strcmp(tool->slot[i].name, name) == 0)
            return &tool->slot[i];
    return NULL;
}

static void test_the_tools_of_a_home_compile(void **state)
{
    (void)state;
    struct san_tools *tools = load(home_json);
    assert_true(san_tools_count(tools) > 40);
    assert_string_equal(san_tools_name(tools, 0), "HassTurnOn");
    assert_null(san_tools_name(tools, san_tools_count(tools)));
    const struct san_tool *light = tool_named(tools, "HassLightSet");
    for (size_t i = 1; i < light->slot_count; i++)
        assert_true(light->slot[i - 1].token < light->slot[i].token);
    const struct san_slot *brightness = slot_named(light, "brightness");
    assert_int_equal(brightness->form[0].type, SAN_FORM_NUMBER);
    assert_true(brightness->form[0].range.integer);
    assert_int_equal(brightness->form[0].range.max, 10000); /* hundredths */
    const struct san_slot *step = slot_named(light, "brightness_step");
    assert_int_equal(step->form_count, 2);
    assert_int_equal(step->form[0].type, SAN_FORM_ENUM);
    assert_int_equal(step->form[1].range.min, -10000);
    assert_int_equal(light->need_count, 4);
    assert_int_equal(tool_named(tools, "HassNevermind")->slot_count, 0);
    assert_int_equal(tool_named(tools, "HassListAddItem")->need_count, 1);
    assert_int_equal(tool_named(tools, "HassListAddItem")->need[0], 3);
    san_tools_free(tools);
    san_tools_free(NULL);
}

static void test_enums_are_written_as_they_are_spoken(void **state)
{
    (void)state;
    struct san_tools *tools = load("{\"tools\":[{\"name\":\"HassTurnOn\",\"parameters\":{\"properties\":{"
                                   "\"domain\":{\"enum\":[\"media_player\"]}}}}]}");
    const struct san_phrase *phrase = &tools->tool[0].slot[0].form[0].phrases[0];
    int32_t ids[64];
    int first = san_tokenizer_word(model.tokenizer, "media", 5, ids, 64);
    int second = san_tokenizer_word(model.tokenizer, "player", 6, ids + first, 64 - first);
    assert_int_equal(phrase->count, first + second);
    assert_memory_equal(phrase->ids, ids, phrase->count * sizeof *ids);
    assert_string_equal(phrase->text, "media_player");
    san_tools_free(tools);
}

static void test_what_is_not_json_is_refused(void **state)
{
    (void)state;
    refuse("", SAN_EFORMAT, "not JSON");
    refuse("{'tools':[}", SAN_EFORMAT, "at byte 10");
    refuse("{'tools':[{'name':'HassNevermind'}]} x", SAN_EFORMAT, "follows the JSON");
    refuse("[]", SAN_EINVAL, "object");
    refuse("{}", SAN_EINVAL, "at least one tool");
    refuse("{'tools':[]}", SAN_EINVAL, "at least one tool");
    refuse("{'tools':{}}", SAN_EINVAL, "at least one tool");
    refuse("{'tools':[1]}", SAN_EINVAL, "no \"name\"");
    size_t size = SAN_SCHEMA_BYTES + 1;
    char *big = malloc(size);
    memset(big, ' ', size);
    refuse_bytes(big, size, SAN_ELIMIT, "1048577 bytes");
    memset(big, '[', 100000);
    refuse_bytes(big, 100000, SAN_EFORMAT, "not JSON"); /* nested beyond the parser's limit */
    free(big);
}

static void test_what_the_model_does_not_know_is_refused(void **state)
{
    (void)state;
    refuse("{'tools':[{'name':'MakeCoffee'}]}", SAN_EUNSUPPORTED, "tool MakeCoffee");
    refuse_property("sweetness", "{'enum':['a']}", SAN_EUNSUPPORTED, "argument sweetness");
    refuse_property("name", "{'x-context':['toaster']}", SAN_EUNSUPPORTED, "no kind \"toaster\"");
}

static void test_what_the_grammar_would_not_keep_is_refused(void **state)
{
    (void)state;
    refuse_property("name", "{'type':'string'}", SAN_EINVAL, "say what its values are");
    refuse_property("name", "{'x-span':true,'enum':['a']}", SAN_EINVAL, "one of");
    refuse_property("name", "{'x-span':true,'maxLength':5}", SAN_EUNSUPPORTED, "maxLength");
    refuse_property("name", "{'x-span':false}", SAN_EINVAL, "only be true");
    refuse_property("name", "{'type':'boolean'}", SAN_EUNSUPPORTED, "type");
    refuse_property("name", "7", SAN_EINVAL, "object");
    refuse_property("name", "{'anyOf':[]}", SAN_EINVAL, "anyOf");
    refuse_property("name", "{'anyOf':[{'anyOf':[]}]}", SAN_EUNSUPPORTED, "inside");
    refuse_property("name", "{'anyOf':[{'x-span':true},{'x-span':true}]}", SAN_EINVAL, "twice");
    refuse_property("name", "{'x-context':[]}", SAN_EINVAL, "list of kinds");
    refuse_property("name", "{'x-span':true},'name':{'x-span':true}", SAN_EINVAL, "twice");
    refuse("{'tools':[{'name':'HassTurnOn'},{'name':'HassTurnOn'}]}", SAN_EINVAL, "twice");
    refuse("{'tools':[{'name':'HassTurnOn','parameters':{'additionalProperties':true}}]}", SAN_EUNSUPPORTED,
        "additional");
    refuse(
        "{'tools':[{'name':'HassTurnOn','parameters':{'required':['name']}}]}", SAN_EINVAL, "names \"name\"");
    refuse("{'tools':[{'name':'HassTurnOn','parameters':{'oneOf':[]}}]}", SAN_EUNSUPPORTED, "oneOf");
}

static void test_enums_and_numbers_are_checked(void **state)
{
    (void)state;
    refuse_property("state", "{'enum':[]}", SAN_EINVAL, "enum");
    refuse_property("state", "{'enum':[1]}", SAN_EUNSUPPORTED, "strings");
    refuse_property("state", "{'enum':['!!']}", SAN_EINVAL, "no word");
    refuse_property("state", "{'enum':['not_home','Not home']}", SAN_EINVAL, "spoken alike");
    refuse_property("state", "{'enum':['a b c d e f g h i j k l m n o p q r s t']}", SAN_ELIMIT, "too long");
    refuse_property("brightness", "{'type':'integer'}", SAN_EINVAL, "minimum");
    refuse_property("brightness", "{'type':'integer','minimum':0}", SAN_EINVAL, "maximum");
    refuse_property("brightness", "{'type':'integer','minimum':5,'maximum':0}", SAN_EINVAL, "swap");
    refuse_property(
        "brightness", "{'type':'integer','minimum':0,'maximum':0.5}", SAN_EUNSUPPORTED, "decimals");
    refuse_property(
        "brightness", "{'type':'number','minimum':0,'maximum':0.125}", SAN_EUNSUPPORTED, "decimals");
    refuse_property("brightness", "{'type':'number','minimum':0,'maximum':1e300}", SAN_ELIMIT, "beyond");
    refuse_property("brightness", "{'type':'string','enum':['a'],'maximum':3}", SAN_EINVAL, "minimum");
}

static void test_numbers_are_printed_as_json_writes_them(void **state)
{
    (void)state;
    static const struct {
        int64_t hundredths;
        const char *want;
    } cases[] = {{0, "0"}, {2100, "21"}, {2150, "21.5"}, {2155, "21.55"}, {-5, "-0.05"}, {-500, "-5"},
        {5, "0.05"}, {-999999999, "-9999999.99"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[SAN_NUMBER_TEXT];
        san_number_print(cases[i].hundredths, text);
        assert_string_equal(text, cases[i].want);
    }
}

/* Whether the automaton can write a number, digit by digit. */
static bool can_write(const struct san_digits *digits, const struct san_range *range, const char *text)
{
    struct san_number number = {.negative = *text == '-'};
    int32_t ids[64];
    int count = san_tokenizer_word(model.tokenizer, text, strlen(text), ids, 64);
    for (int i = 0; i < count; i++) {
        struct san_number_option next[SAN_NUMBER_OPTIONS_MAX];
        size_t options = san_number_next(digits, range, &number, next), k = 0;
        while (k < options && next[k].token != ids[i])
            k++;
        if (k == options)
            return false;
        number = next[k].after;
    }
    return san_number_cost(digits, range, &number) == 0;
}

static void test_every_number_of_a_range_and_no_other_can_be_written(void **state)
{
    (void)state;
    static const struct san_range ranges[] = {{0, 10000, true}, {-3000, 3000, false}, {100000, 1200000, true},
        {55, 62, false}, {-700, -300, true}, {700, 700, true}, {0, 0, false}, {-5, 5, false}};
    struct san_digits digits;
    assert_int_equal(san_digits_init(&digits, model.tokenizer, NULL), SAN_OK);
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        for (int64_t value = -4000; value <= 1201000; value += value < 11000 ? 1 : 100) {
            char text[SAN_NUMBER_TEXT];
            bool fits =
                value >= ranges[i].min && value <= ranges[i].max && (!ranges[i].integer || value % 100 == 0);
            san_number_print(value, text);
            if (can_write(&digits, &ranges[i], text) != fits)
                fail_msg("range %zu: %s %s be written", i, text, fits ? "cannot" : "can");
        }
        assert_false(can_write(&digits, &ranges[i], "007"));
        assert_false(can_write(&digits, &ranges[i], "7."));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_tools_of_a_home_compile),
        cmocka_unit_test(test_enums_are_written_as_they_are_spoken),
        cmocka_unit_test(test_what_is_not_json_is_refused),
        cmocka_unit_test(test_what_the_model_does_not_know_is_refused),
        cmocka_unit_test(test_what_the_grammar_would_not_keep_is_refused),
        cmocka_unit_test(test_enums_and_numbers_are_checked),
        cmocka_unit_test(test_numbers_are_printed_as_json_writes_them),
        cmocka_unit_test(test_every_number_of_a_range_and_no_other_can_be_written),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
