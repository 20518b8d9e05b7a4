/* "Both bedside lamps": a call on one of two things whose names differ in a word gets its like beside it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/both.h"
#include "daemon/calls_json.h"
#include "home_fixture.h"

#define ENTITY(id, name, domain)                                                                             \
    "{\"entity_id\":\"" domain "." id "\",\"name\":\"" name "\",\"area\":\"Bedroom\",\"domain\":\"" domain   \
    "\"}"
#define HOME(entities) "{\"areas\":[{\"name\":\"Bedroom\"}],\"entities\":[" entities "]}"

#define BEDSIDE ENTITY("l", "Bedside Lamp Left", "light") "," ENTITY("r", "Bedside Lamp Right", "light")
#define BLINDS ENTITY("w", "West Blind", "cover") "," ENTITY("e", "East Blind", "cover")
#define TV ENTITY("tv", "Bedroom TV", "media_player")
#define NUMBERED ENTITY("one", "Lamp 1", "light") "," ENTITY("two", "Lamp 2", "light")

static const char bedroom[] = HOME(BEDSIDE "," BLINDS "," TV "," ENTITY("hb", "Heated Blanket", "switch"));
static const char numbered[] = HOME(NUMBERED);

static int open_phrases(void **state)
{
    return home_fixture_open(state, NULL);
}

static struct understood understood;

/* What the call's name was chosen as. */
static const char *kind_of(const struct understand_request *request, const struct home_call *call)
{
    const char *name = home_call_text(call, "name");
    for (size_t i = 0; name && i < request->request.item_count; i++)
        if (strcmp(request->items[i].name, name) == 0)
            return request->items[i].kind;
    return "";
}

/* What was said in that home, and understood as these calls (JSON), the first of which lacks the slot
 * `missing`. */
static void hear_lacking(
    void **state, const char *home, const char *text, const char *missing, const char *json)
{
    struct home_fixture *fixture = *state;
    struct understand_request request;
    struct san_error err;
    home_fixture_move(fixture, home);
    understood = home_fixture_hear(fixture, text, NULL, "", json, &request);
    for (size_t i = 0; i < understood.call_count; i++) {
        understood.calls[i].confidence = 0.8;
        understood.calls[i].kind = kind_of(&request, &understood.calls[i].call);
    }
    understood.calls[0].missing = missing;
    assert_int_equal(both_apply(&fixture->understand, &request, &understood, fixture->arena, &err), SAN_OK);
}

static void hear(void **state, const char *home, const char *text, const char *json)
{
    hear_lacking(state, home, text, "", json);
}

static void assert_calls(const char *json)
{
    cJSON *array = cJSON_CreateArray();
    for (size_t i = 0; i < understood.call_count; i++)
        cJSON_AddItemToArray(array, call_to_json(&understood.calls[i].call));
    char *text = cJSON_PrintUnformatted(array);
    assert_string_equal(text, json);
    cJSON_free(text);
    cJSON_Delete(array);
}

/* What was understood stays as it is. */
static void assert_stays(void **state, const char *home, const char *text, const char *json)
{
    hear(state, home, text, json);
    assert_calls(json);
}

#define CALL(tool, rest) "{\"name\":\"" tool "\",\"arguments\":{" rest "}}"
#define OFF(name) CALL("HassTurnOff", "\"name\":\"" name "\"")
#define DIM(name) CALL("HassLightSet", "\"name\":\"" name "\",\"brightness\":30")
#define DOWN(name) CALL("HassTurnOff", "\"name\":\"" name "\",\"domain\":\"cover\"")

static void test_the_other_of_two_is_meant_too(void **state)
{
    hear(state, bedroom, "both bedside lamps off", "[" OFF("Bedside Lamp Left") "]");
    assert_calls("[" OFF("Bedside Lamp Left") "," OFF("Bedside Lamp Right") "]");
    hear(state, bedroom, "turn both of the bedside lamps off", "[" OFF("Bedside Lamp Right") "]");
    assert_calls("[" OFF("Bedside Lamp Right") "," OFF("Bedside Lamp Left") "]");
}

static void test_the_other_call_is_like_the_first(void **state)
{
    hear(state, bedroom, "dim both bedside lamps to 30 percent", "[" DIM("Bedside Lamp Left") "]");
    assert_calls("[" DIM("Bedside Lamp Left") "," DIM("Bedside Lamp Right") "]");
    const struct understood_call *other = &understood.calls[1];
    assert_true(home_call_arg(&other->call, "brightness")->is_number);
    assert_string_equal(other->kind, "light");
    assert_true(other->confidence > 0.79 && other->confidence < 0.81);
}

static void test_the_word_that_differs_may_stand_anywhere(void **state)
{
    hear(state, bedroom, "close both blinds", "[" DOWN("East Blind") "]");
    assert_calls("[" DOWN("East Blind") "," DOWN("West Blind") "]");
}

static void test_numbers_tell_two_apart(void **state)
{
    hear(state, numbered, "turn both lamps off", "[" OFF("Lamp 2") "]");
    assert_calls("[" OFF("Lamp 2") "," OFF("Lamp 1") "]");
}

static void test_it_stands_beside_its_like(void **state)
{
    hear(state, bedroom, "bedroom tv off and both bedside lamps off and close the west blind",
        "[" OFF("Bedroom TV") "," OFF("Bedside Lamp Left") "," DOWN("West Blind") "]");
    assert_calls("[" OFF("Bedroom TV") "," OFF("Bedside Lamp Left") "," OFF("Bedside Lamp Right") "," DOWN(
        "West Blind") "]");
}

static void test_of_three_alike_none_is_added(void **state)
{
    static const char three[] = HOME(NUMBERED "," ENTITY("three", "Lamp 3", "light"));
    assert_stays(state, three, "turn both lamps off", "[" OFF("Lamp 1") "]");
}

static void test_what_has_a_call_gets_no_second_one(void **state)
{
    assert_stays(state, bedroom, "both bedside lamps off",
        "[" OFF("Bedside Lamp Left") "," OFF("Bedside Lamp Right") "]");
    assert_stays(state, bedroom, "both bedside lamps off",
        "[" OFF("Bedside Lamp Right") "," OFF("Bedside Lamp Left") "]");
}

static void test_both_is_said_of_what_follows_it(void **state)
{
    assert_stays(state, bedroom, "close both blinds and turn off the bedside lamp",
        "[" CALL("HassTurnOff", "\"area\":\"Bedroom\",\"domain\":\"cover\"") "," OFF(
            "Bedside Lamp Left") "]");
    assert_stays(state, bedroom, "bedside lamp off and both blinds down",
        "[" OFF("Bedside Lamp Left") "," CALL(
            "HassTurnOff", "\"area\":\"Bedroom\",\"domain\":\"cover\"") "]");
}

static void test_a_name_that_was_said_in_full_is_one(void **state)
{
    assert_stays(state, bedroom, "both bedside lamp left and bedroom tv off",
        "[" OFF("Bedside Lamp Left") "," OFF("Bedroom TV") "]");
    assert_stays(state, bedroom, "both bedside lamp right and bedroom tv off",
        "[" OFF("Bedside Lamp Left") "," OFF(
            "Bedroom TV") "]"); /* misread, but that is not to be made worse */
}

static void test_a_name_without_its_like_stays_alone(void **state)
{
    assert_stays(state, bedroom, "turn both blankets off", "[" OFF("Heated Blanket") "]");
    static const char fan[] =
        HOME(ENTITY("l", "Bedside Lamp Left", "light") "," ENTITY("r", "Bedside Lamp Fan", "fan"));
    assert_stays(state, fan, "both bedside lamps off", "[" OFF("Bedside Lamp Left") "]");
}

static void test_names_of_one_word_share_nothing(void **state)
{
    static const char home[] = HOME(ENTITY("a", "Globe", "light") "," ENTITY("b", "Torch", "light"));
    assert_stays(state, home, "both globes off", "[" OFF("Globe") "]");
}

static void test_an_alias_has_its_like_too(void **state)
{
#define LAMP(name, alias)                                                                                    \
    "{\"entity_id\":\"light." name "\",\"name\":\"" name "\",\"domain\":\"light\",\"aliases\":[\"" alias     \
    "\"]}"
    static const char home[] = HOME(LAMP("Globe", "left nightstand") "," LAMP("Torch", "right nightstand"));
    hear(state, home, "both nightstands off", "[" OFF("Globe") "]");
    assert_calls("[" OFF("Globe") "," OFF("Torch") "]");
}

static void test_a_word_of_both_names_need_not_be_said(void **state)
{
    static const char home[] =
        HOME(ENTITY("a", "Hue Color Lamp 1", "light") "," ENTITY("b", "Hue Color Lamp 2", "light"));
    hear(state, home, "both hue lamps off", "[" OFF("Hue Color Lamp 1") "]");
    assert_calls("[" OFF("Hue Color Lamp 1") "," OFF("Hue Color Lamp 2") "]");
}

static void test_it_may_be_said_twice(void **state)
{
    hear(state, bedroom, "close both blinds and turn both bedside lamps off",
        "[" CALL("HassTurnOff", "\"area\":\"Bedroom\",\"domain\":\"cover\"") "," OFF(
            "Bedside Lamp Left") "]");
    assert_calls("[" CALL("HassTurnOff", "\"area\":\"Bedroom\",\"domain\":\"cover\"") "," OFF(
        "Bedside Lamp Left") "," OFF("Bedside Lamp Right") "]");
}

#define FAN(id, area)                                                                                        \
    "{\"entity_id\":\"fan." id "\",\"name\":\"Extractor Fan\",\"domain\":\"fan\",\"area\":\"" area "\"}"
#define ROOMS "\"areas\":[{\"name\":\"Bath\"},{\"name\":\"Attic\"},{\"name\":\"Hall\"}]"

static void test_two_of_one_name_are_told_apart_by_their_rooms(void **state)
{
    static const char two[] = "{" ROOMS ",\"entities\":[" FAN("a", "Attic") "," FAN("b", "Bath") "]}";
    hear(state, two, "turn both extractor fans off", "[" OFF("Extractor Fan") "]");
    assert_calls("[" CALL("HassTurnOff", "\"name\":\"Extractor Fan\",\"area\":\"Attic\"") "," CALL(
        "HassTurnOff", "\"name\":\"Extractor Fan\",\"area\":\"Bath\"") "]");
    static const char three[] =
        "{" ROOMS ",\"entities\":[" FAN("a", "Attic") "," FAN("b", "Bath") "," FAN("c", "Hall") "]}";
    assert_stays(state, three, "turn both extractor fans off", "[" OFF("Extractor Fan") "]");
}

static void test_names_that_differ_in_two_words_are_not_alike(void **state)
{
    static const char home[] =
        HOME(ENTITY("a", "Bedside Lamp Left", "light") "," ENTITY("b", "Bedside Globe Right", "light"));
    assert_stays(state, home, "both bedside lamps off", "[" OFF("Bedside Lamp Left") "]");
    assert_stays(state, home, "both bedside lamps and globes off", "[" OFF("Bedside Lamp Left") "]");
}

static void test_a_call_that_lacks_something_is_not_doubled(void **state)
{
    hear_lacking(
        state, bedroom, "both bedside lamps in the sauna off", "area", "[" OFF("Bedside Lamp Left") "]");
    assert_calls("[" OFF("Bedside Lamp Left") "]");
}

static void test_a_list_is_no_thing(void **state)
{
    static const char lists[] =
        HOME(ENTITY("a", "Groceries Weekly", "todo") "," ENTITY("b", "Groceries Monthly", "todo"));
    assert_stays(state, lists, "put milk on both groceries lists",
        "[" CALL("HassListAddItem", "\"name\":\"Groceries Weekly\",\"item\":\"milk\"") "]");
}

static void test_without_the_word_one_is_meant(void **state)
{
    assert_stays(state, bedroom, "bedside lamp off", "[" OFF("Bedside Lamp Left") "]");
    assert_stays(state, bedroom, "all bedside lamps off", "[" OFF("Bedside Lamp Left") "]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_other_of_two_is_meant_too),
        cmocka_unit_test(test_the_other_call_is_like_the_first),
        cmocka_unit_test(test_the_word_that_differs_may_stand_anywhere),
        cmocka_unit_test(test_numbers_tell_two_apart),
        cmocka_unit_test(test_it_stands_beside_its_like),
        cmocka_unit_test(test_of_three_alike_none_is_added),
        cmocka_unit_test(test_what_has_a_call_gets_no_second_one),
        cmocka_unit_test(test_both_is_said_of_what_follows_it),
        cmocka_unit_test(test_a_name_that_was_said_in_full_is_one),
        cmocka_unit_test(test_a_name_without_its_like_stays_alone),
        cmocka_unit_test(test_names_of_one_word_share_nothing),
        cmocka_unit_test(test_an_alias_has_its_like_too),
        cmocka_unit_test(test_a_word_of_both_names_need_not_be_said),
        cmocka_unit_test(test_it_may_be_said_twice),
        cmocka_unit_test(test_two_of_one_name_are_told_apart_by_their_rooms),
        cmocka_unit_test(test_names_that_differ_in_two_words_are_not_alike),
        cmocka_unit_test(test_a_call_that_lacks_something_is_not_doubled),
        cmocka_unit_test(test_a_list_is_no_thing),
        cmocka_unit_test(test_without_the_word_one_is_meant),
    };
    return cmocka_run_group_tests(tests, open_phrases, home_fixture_close);
}
