/* Names that were said in short: the network is given them by the words that were said, where these can mean
 * nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/said_name.h"
#include "home_fixture.h"

#define AREA(name) "{\"name\":\"" name "\"}"
#define ENTITY(id, domain, name, area)                                                                       \
    "{\"entity_id\":\"" domain "." id "\",\"name\":\"" name "\",\"area\":\"" area "\",\"domain\":\"" domain  \
    "\"}"
#define HOME(areas, entities) "{\"areas\":[" areas "],\"entities\":[" entities "]}"

static int open_phrases(void **state)
{
    return home_fixture_open(state, NULL);
}

/* What the network is given for the thing, room or floor of that name, when somebody in `area` (NULL: not
 * known where) says that in this home. */
static const char *given(
    void **state, const char *home, const char *text, const char *area, const char *kind, const char *name)
{
    struct home_fixture *fixture = *state;
    struct understand_request request;
    struct san_error err;
    const char *out = NULL;
    home_fixture_move(fixture, home);
    assert_int_equal(
        understand_prepare(&fixture->understand, text, area, fixture->arena, &request, &err), SAN_OK);
    for (size_t i = 0; i < request.request.item_count; i++)
        if (strcmp(request.items[i].kind, kind) == 0 && strcmp(request.items[i].name, name) == 0)
            out = request.request.items[i].text;
    if (!out)
        fail_msg("\"%s\" has nothing to do with the %s \"%s\"", text, kind, name);
    return out;
}

/* ---- rooms ---- */

static void test_the_only_bedroom(void **state)
{
    static const char home[] = HOME(AREA("Master Bedroom") "," AREA("Kitchen"), "");
    assert_string_equal(given(state, home, "bedroom lights on", NULL, "area", "Master Bedroom"), "bedroom");
    assert_string_equal(
        given(state, home, "turn on the lights in the bedroom", "Kitchen", "area", "Master Bedroom"),
        "bedroom");
    assert_string_equal(
        given(state, home, "master bedroom lights on", NULL, "area", "Master Bedroom"), "Master Bedroom");
    assert_string_equal(
        given(state, home, "lights on in the bedroom of the master", NULL, "area", "Master Bedroom"),
        "Master Bedroom"); /* all of its words */
}

static void test_a_bedroom_may_be_called_a_room(void **state)
{
    static const char home[] = HOME(AREA("Kids Room") "," AREA("Guest Room"), "");
    assert_string_equal(
        given(state, home, "lights off in the kids bedroom", NULL, "area", "Kids Room"), "kids bedroom");
    assert_string_equal(
        given(state, home, "lights off in the guest bedroom", NULL, "area", "Guest Room"), "guest bedroom");
    assert_string_equal(
        given(state, home, "lights off in the kids room", NULL, "area", "Kids Room"), "Kids Room");
    assert_string_equal(
        given(state, home, "lights off in the kids bathroom", NULL, "area", "Kids Room"), "Kids Room");
}

static void test_what_is_no_kind_of_room_is_not_short_for_one(void **state)
{
    static const char home[] = HOME(AREA("Back Yard") "," AREA("Book Corner"), "");
    assert_string_equal(given(state, home, "yard lights on", NULL, "area", "Back Yard"), "yard");
    assert_string_equal(given(state, home, "corner lights on", NULL, "area", "Book Corner"), "Book Corner");
}

static void test_of_two_bedrooms_the_speakers_own(void **state)
{
    static const char home[] = HOME(AREA("Master Bedroom") "," AREA("Guest Bedroom") "," AREA("Kitchen"), "");
    assert_string_equal(
        given(state, home, "bedroom lights on", NULL, "area", "Master Bedroom"), "Master Bedroom");
    assert_string_equal(
        given(state, home, "bedroom lights on", "Kitchen", "area", "Guest Bedroom"), "Guest Bedroom");
    assert_string_equal(
        given(state, home, "bedroom lights on", "Guest Bedroom", "area", "Guest Bedroom"), "bedroom");
    assert_string_equal(
        given(state, home, "bedroom lights on", "Guest Bedroom", "area", "Master Bedroom"), "Master Bedroom");
    assert_string_equal(
        given(state, home, "guest bedroom lights on", "Master Bedroom", "area", "Master Bedroom"),
        "Master Bedroom"); /* the other one was said */
}

static void test_a_room_of_exactly_that_name_wins(void **state)
{
    static const char home[] = HOME(AREA("Master Bedroom") "," AREA("Bedroom"), "");
    assert_string_equal(given(state, home, "bedroom lights on", NULL, "area", "Bedroom"), "Bedroom");
    assert_string_equal(
        given(state, home, "bedroom lights on", NULL, "area", "Master Bedroom"), "Master Bedroom");
    assert_string_equal(given(state, home, "bedroom lights on", "Master Bedroom", "area", "Master Bedroom"),
        "Master Bedroom"); /* even there */
}

static void test_a_thing_that_bears_the_word_is_no_other_room(void **state)
{
    static const char home[] =
        HOME(AREA("Master Bedroom"), ENTITY("a", "light", "Bedroom Ceiling", "Master Bedroom"));
    assert_string_equal(given(state, home, "bedroom lights on", NULL, "area", "Master Bedroom"), "bedroom");
}

/* ---- things ---- */

static const char things[] = HOME(AREA("Kitchen") "," AREA("Dining Room"),
    ENTITY("desk", "light", "LIFX Desk Lamp", "Dining Room") "," ENTITY(
        "blanket", "switch", "Nana's Heated Blanket", "Dining Room") "," ENTITY("ceiling", "light",
        "Kitchen Ceiling Lights", "Kitchen") "," ENTITY("car", "switch", "White Car Charger",
        "") "," ENTITY("spots", "light", "Dining Room Hue Ceiling Spots", "Dining Room"));

static void test_a_name_without_its_brand(void **state)
{
    assert_string_equal(
        given(state, things, "turn on the desk lamp", NULL, "light", "LIFX Desk Lamp"), "desk lamp");
    assert_string_equal(
        given(state, things, "desk lamp to 20 percent", NULL, "light", "LIFX Desk Lamp"), "desk lamp");
}

static void test_a_word_may_be_left_out_in_the_middle(void **state)
{
    assert_string_equal(
        given(state, things, "turn on nanas blanket", NULL, "switch", "Nana's Heated Blanket"),
        "nanas blanket");
    assert_string_equal(
        given(state, things, "Switch Nana's blanket off.", NULL, "switch", "Nana's Heated Blanket"),
        "nanas blanket");
}

static void test_the_last_word_must_be_said(void **state)
{
    assert_string_equal(
        given(state, things, "turn on nanas heated thing", NULL, "switch", "Nana's Heated Blanket"),
        "Nana's Heated Blanket");
}

static void test_a_noun_alone_is_enough(void **state)
{
    assert_string_equal(
        given(state, things, "turn on the blanket", NULL, "switch", "Nana's Heated Blanket"), "blanket");
    assert_string_equal(given(state, things, "it's freezing, get that blanket going", NULL, "switch",
                            "Nana's Heated Blanket"),
        "blanket");
}

static void test_a_noun_alone_but_for_another_word_is_not(void **state)
{
    assert_string_equal(
        given(state, things, "turn on the picnic blanket", NULL, "switch", "Nana's Heated Blanket"),
        "Nana's Heated Blanket");
}

static void test_a_noun_alone_that_tells_where_something_is_is_not(void **state)
{
    static const char *const said[] = {"there's a hole in the blanket", "the dog is asleep on nanas blanket"};
    assert_string_equal(
        given(state, things, said[0], NULL, "switch", "Nana's Heated Blanket"), "Nana's Heated Blanket");
    assert_string_equal(
        given(state, things, "the dog is asleep on the blanket", NULL, "switch", "Nana's Heated Blanket"),
        "Nana's Heated Blanket");
    assert_string_equal(given(state, things, said[1], NULL, "switch", "Nana's Heated Blanket"),
        "nanas blanket"); /* two words of the name are no chance */
    assert_string_equal(
        given(state, things, "switch on the blanket", NULL, "switch", "Nana's Heated Blanket"), "blanket");
    assert_string_equal(
        given(state, things, "could you flick on the blanket", NULL, "switch", "Nana's Heated Blanket"),
        "blanket");
}

static void test_plurals_and_possessives_of_a_noun_alone(void **state)
{
    static const char home[] = HOME(AREA("Kitchen"),
        ENTITY("a", "light", "Garden Lantern", "") "," ENTITY("b", "light", "Neue Stehleuchte", "Kitchen"));
    assert_string_equal(
        given(state, home, "turn on the lanterns", NULL, "light", "Garden Lantern"), "Garden Lantern");
    assert_string_equal(
        given(state, home, "the lantern's too bright", NULL, "light", "Garden Lantern"), "lanterns");
    assert_string_equal(
        given(state, home, "turn on the Stehleuchte", NULL, "light", "Neue Stehleuchte"), "stehleuchte");
}

static void test_what_measures_needs_more_than_a_noun(void **state)
{
    static const char home[] = HOME(AREA("Kitchen"),
        ENTITY("a", "sensor", "Cellar Hygrometer", "") "," ENTITY("b", "scene", "Family Breakfast", ""));
    assert_string_equal(
        given(state, home, "what does the hygrometer say", NULL, "sensor", "Cellar Hygrometer"),
        "Cellar Hygrometer");
    assert_string_equal(given(state, home, "what about the breakfast", NULL, "scene", "Family Breakfast"),
        "Family Breakfast");
}

static void test_a_word_for_many_things_alone_is_not_enough(void **state)
{
    static const char home[] = HOME(AREA("Kitchen"), ENTITY("a", "light", "Sink Light", "Kitchen"));
    assert_string_equal(given(state, home, "turn on the light", NULL, "light", "Sink Light"), "Sink Light");
}

static void test_an_s_behind_an_apostrophe_is_no_plural(void **state)
{
    static const char home[] = HOME(AREA("Kitchen"), ENTITY("a", "light", "Himalayan Salt Lamp", "Kitchen"));
    assert_string_equal(
        given(state, home, "the salt lamp's too bright", NULL, "light", "Himalayan Salt Lamp"), "salt lamps");
    assert_string_equal(
        given(state, home, "the salt lamps are too bright", NULL, "light", "Himalayan Salt Lamp"),
        "Himalayan Salt Lamp");
}

static void test_a_misheard_word_beside_the_rest_of_the_name(void **state)
{
    static const char home[] = HOME(AREA("Kitchen"),
        ENTITY("a", "light", "Floor Lamp", "Kitchen") "," ENTITY("b", "lock", "Door Lock", "Kitchen"));
    assert_string_equal(
        given(state, home, "turn on the floer lamp", NULL, "light", "Floor Lamp"), "floer lamp");
    assert_string_equal(given(state, home, "is the door locked", NULL, "lock", "Door Lock"), "Door Lock");
    assert_string_equal(given(state, home, "the door lamp floer", NULL, "light", "Floor Lamp"), "Floor Lamp");
}

static void test_a_name_that_was_said_whole_stays(void **state)
{
    assert_string_equal(given(state, things, "turn on the lifx desk lamp", NULL, "light", "LIFX Desk Lamp"),
        "LIFX Desk Lamp");
    assert_string_equal(
        given(state, things, "turn on the desk lamp from lifx", NULL, "light", "LIFX Desk Lamp"),
        "LIFX Desk Lamp"); /* in another order */
}

static void test_not_the_words_of_two_things(void **state)
{
    static const char two[] = HOME(
        AREA("Study"), ENTITY("a", "light", "LIFX Desk Lamp", "Study") "," ENTITY("b", "light",
                           "Old Desk Lamp", "Study") "," ENTITY("c", "sensor", "Nana's Heated Blanket Power",
                           "") "," ENTITY("d", "switch", "Nana's Heated Blanket", ""));
    assert_string_equal(
        given(state, two, "turn on the desk lamp", "Study", "light", "LIFX Desk Lamp"), "LIFX Desk Lamp");
    assert_string_equal(
        given(state, two, "turn on the desk lamp", "Study", "light", "Old Desk Lamp"), "Old Desk Lamp");
    assert_string_equal(given(state, two, "turn on nanas blanket", NULL, "switch", "Nana's Heated Blanket"),
        "Nana's Heated Blanket"); /* nor of one that only measures */
    static const char whole[] = HOME(AREA("Study"),
        ENTITY("a", "light", "LIFX Desk Lamp", "Study") "," ENTITY("b", "switch", "Desk Lamp", "Study"));
    assert_string_equal(
        given(state, whole, "turn on the desk lamp", NULL, "light", "LIFX Desk Lamp"), "LIFX Desk Lamp");
}

static void test_a_name_of_two_things_is_one_name(void **state)
{
    static const char twins[] = HOME(AREA("Study") "," AREA("Hall"),
        ENTITY("a", "light", "LIFX Desk Lamp", "Study") "," ENTITY("b", "light", "LIFX Desk Lamp", "Hall"));
    assert_string_equal(
        given(state, twins, "turn on the desk lamp", NULL, "light", "LIFX Desk Lamp"), "desk lamp");
}

static void test_the_lights_of_a_room_are_no_thing(void **state)
{
    assert_string_equal(
        given(state, things, "turn on the kitchen lights", NULL, "light", "Kitchen Ceiling Lights"),
        "Kitchen Ceiling Lights");
    assert_string_equal(
        given(state, things, "dining room spots off", NULL, "light", "Dining Room Hue Ceiling Spots"),
        "Dining Room Hue Ceiling Spots");
    assert_string_equal(
        given(state, things, "dining room ceiling spots off", NULL, "light", "Dining Room Hue Ceiling Spots"),
        "dining room ceiling spots");
}

static void test_the_end_of_another_place_begins_no_name(void **state)
{
    static const char rooms[] = "{\"floors\":[{\"name\":\"First Floor\"}],\"areas\":[" AREA(
        "Living Room") "," AREA("Waiting Room") "," AREA("Kids Room") "],\"entities\":[" ENTITY("kids",
        "sensor", "Kids Room Temperature",
        "Kids Room") "," ENTITY("attic", "sensor", "Attic Floor Humidity", "") "]}";
#define TEMPERATURE "sensor", "Kids Room Temperature"
    assert_string_equal(
        given(state, rooms, "living room temperature", NULL, TEMPERATURE), "Kids Room Temperature");
    assert_string_equal(
        given(state, rooms, "waiting room temperature", NULL, TEMPERATURE), "Kids Room Temperature");
    assert_string_equal(given(state, rooms, "what is the waiting room temperature", "Kids Room", TEMPERATURE),
        "Kids Room Temperature");
    assert_string_equal(
        given(state, rooms, "what is the room temperature", NULL, TEMPERATURE), "room temperature");
#define HUMIDITY "sensor", "Attic Floor Humidity"
    assert_string_equal(given(state, rooms, "first floor humidity", NULL, HUMIDITY), "Attic Floor Humidity");
    assert_string_equal(given(state, rooms, "what is the floor humidity", NULL, HUMIDITY), "floor humidity");
}

static void test_a_place_may_stand_before_a_name(void **state)
{
    static const char office[] = HOME(AREA("Waiting Room"), ENTITY("desk", "light", "LIFX Desk Lamp", ""));
    assert_string_equal(
        given(state, office, "in the waiting room turn the desk lamp on", NULL, "light", "LIFX Desk Lamp"),
        "desk lamp");
}

static void test_a_word_before_it_makes_it_another_thing(void **state)
{
    assert_string_equal(
        given(state, things, "turn on the car charger", NULL, "switch", "White Car Charger"), "car charger");
    assert_string_equal(
        given(state, things, "turn on the sauna car charger", NULL, "switch", "White Car Charger"),
        "White Car Charger");
    assert_string_equal(given(state, things, "left car charger on", NULL, "switch", "White Car Charger"),
        "White Car Charger");
    assert_string_equal(
        given(state, things, "car charger on", NULL, "switch", "White Car Charger"), "car charger");
}

static void test_a_word_before_it_makes_it_another_room(void **state)
{
    static const char home[] = HOME(AREA("Master Bedroom") "," AREA("Kids Room"), "");
    assert_string_equal(
        given(state, home, "turn on annas bedroom lights", NULL, "area", "Master Bedroom"), "Master Bedroom");
    assert_string_equal(
        given(state, home, "guest bedroom lights on", NULL, "area", "Master Bedroom"), "Master Bedroom");
    assert_string_equal(given(state, home, "lights on in the kids bedroom", NULL, "area", "Master Bedroom"),
        "Master Bedroom");
}

static void test_number_one_is_a_number_like_others(void **state)
{
    static const char home[] = HOME(AREA("Study"),
        ENTITY("a", "light", "Hue Lamp 1", "Study") "," ENTITY("b", "light", "Hue Lamp 2", "Study"));
    assert_string_equal(given(state, home, "turn on lamp 2", NULL, "light", "Hue Lamp 2"), "lamp 2");
    assert_string_equal(given(state, home, "turn on lamp 1", NULL, "light", "Hue Lamp 1"), "lamp 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_word_before_it_makes_it_another_room),
        cmocka_unit_test(test_number_one_is_a_number_like_others),
        cmocka_unit_test(test_the_only_bedroom),
        cmocka_unit_test(test_a_bedroom_may_be_called_a_room),
        cmocka_unit_test(test_what_is_no_kind_of_room_is_not_short_for_one),
        cmocka_unit_test(test_of_two_bedrooms_the_speakers_own),
        cmocka_unit_test(test_a_room_of_exactly_that_name_wins),
        cmocka_unit_test(test_a_thing_that_bears_the_word_is_no_other_room),
        cmocka_unit_test(test_a_name_without_its_brand),
        cmocka_unit_test(test_a_word_may_be_left_out_in_the_middle),
        cmocka_unit_test(test_the_last_word_must_be_said),
        cmocka_unit_test(test_a_noun_alone_is_enough),
        cmocka_unit_test(test_a_noun_alone_but_for_another_word_is_not),
        cmocka_unit_test(test_a_noun_alone_that_tells_where_something_is_is_not),
        cmocka_unit_test(test_plurals_and_possessives_of_a_noun_alone),
        cmocka_unit_test(test_what_measures_needs_more_than_a_noun),
        cmocka_unit_test(test_a_word_for_many_things_alone_is_not_enough),
        cmocka_unit_test(test_an_s_behind_an_apostrophe_is_no_plural),
        cmocka_unit_test(test_a_misheard_word_beside_the_rest_of_the_name),
        cmocka_unit_test(test_a_name_that_was_said_whole_stays),
        cmocka_unit_test(test_not_the_words_of_two_things),
        cmocka_unit_test(test_a_name_of_two_things_is_one_name),
        cmocka_unit_test(test_the_lights_of_a_room_are_no_thing),
        cmocka_unit_test(test_the_end_of_another_place_begins_no_name),
        cmocka_unit_test(test_a_place_may_stand_before_a_name),
        cmocka_unit_test(test_a_word_before_it_makes_it_another_thing),
    };
    return cmocka_run_group_tests(tests, open_phrases, home_fixture_close);
}
