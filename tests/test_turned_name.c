/* Names that were said the other way round: the network reads them in their own order, where nothing else can
 * be meant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/turned_name.h"
#include "home_fixture.h"

#define ENTITY(domain, name, area)                                                                           \
    "{\"entity_id\":\"" domain "." name "\",\"name\":\"" name "\",\"area\":\"" area                          \
    "\",\"domain\":\"" domain "\"}"

static const char home[] =
    "{\"areas\":[{\"name\":\"Kitchen\"},{\"name\":\"Garage\"},{\"name\":\"Attic\"}],\"entities\":[" ENTITY(
        "light", "Pantry Light", "Kitchen") "," ENTITY("light", "Kitchen Light",
        "Kitchen") "," ENTITY("light", "Sofa Lamp", "Attic") "," ENTITY("light", "Night Light",
        "Attic") "," ENTITY("light", "House Lights", "Attic") "," ENTITY("light", "Bedside Lamp",
        "Attic") "," ENTITY("light", "Cellar Light", "Garage") "," ENTITY("light", "Cellar Strip Light",
        "Garage") "," ENTITY("cover", "Nursery Blind", "Attic") "," ENTITY("lock", "Garage Side Door Lock",
        "Garage") "," ENTITY("light", "Left Mirror Lamp", "Attic") "," ENTITY("light", "Right Mirror Lamp",
        "Attic") "," ENTITY("scene", "Movie Night", "Attic") "," ENTITY("media_player", "Den Speaker",
        "Attic") "]}";

static int open_home(void **state)
{
    return home_fixture_open(state, home);
}

static const char *in_order(void **state, const char *text)
{
    struct home_fixture *fixture = *state;
    struct understand_request request;
    struct san_error err;
    assert_int_equal(
        understand_prepare(&fixture->understand, text, NULL, fixture->arena, &request, &err), SAN_OK);
    return request.in_order;
}

static void assert_turned(void **state, const char *text, const char *want)
{
    const char *got = in_order(state, text);
    if (!got)
        fail_msg("\"%s\" stays as it is", text);
    assert_string_equal(got, want);
}

static void assert_stays(void **state, const char *text)
{
    const char *got = in_order(state, text);
    if (got)
        fail_msg("\"%s\" becomes \"%s\"", text, got);
}

static void test_a_place_that_is_a_name(void **state)
{
    assert_turned(state, "turn on the light in the pantry, please", "turn on the Pantry Light, please");
    assert_turned(state, "Lights in the pantry off", "Pantry Light off");
    assert_turned(state, "somebody left that lamp by the sofa on, put it out",
        "somebody left that Sofa Lamp on, put it out");
    assert_turned(state, "dim the light next to my sofa to 10", "dim the Sofa Lamp to 10");
}

static void test_no_place_of_its_own(void **state)
{
    assert_stays(state, "lights off at night");
    assert_stays(state, "turn off the lights in the house");
    assert_stays(state, "turn off the light. In the pantry it is dark");
}

static void test_two_of_them(void **state)
{
    assert_turned(state, "turn on the light in the pantry and the lamp by the sofa",
        "turn on the Pantry Light and the Sofa Lamp");
}

static void test_a_word_of_the_command_may_stand_between(void **state)
{
    assert_turned(state, "switch the light on in the pantry", "switch the Pantry Light on");
    assert_turned(state, "did i leave the light on in the pantry", "did i leave the Pantry Light on");
    assert_stays(state, "turn the lamp on sofa"); /* no place without an article */
}

static void test_bedside_is_beside_the_bed(void **state)
{
    assert_turned(state, "lamp beside the bed ten percent", "Bedside Lamp ten percent");
    assert_turned(state, "lamp by my bed off", "Bedside Lamp off");
    assert_stays(state, "the lamp in the bed");
}

static void test_what_tells_two_apart_stands_before(void **state)
{
    assert_turned(state, "left lamp above the mirror on", "Left Mirror Lamp on");
    assert_stays(state, "lamp above the mirror on");
}

static void test_a_room_is_no_part_of_a_name_behind_a_noun_alone(void **state)
{
    assert_stays(state, "turn on the light in the kitchen"); /* all of them there */
    assert_turned(
        state, "unlock the side door of the garage", "unlock the Garage Side Door"); /* a thing of its own */
}

static void test_of_two_things_there_none_is_meant(void **state)
{
    assert_stays(state, "lights in the cellar on");
    assert_turned(state, "turn on the strip light in the cellar", "turn on the Cellar Strip Light");
}

static void test_another_kind_of_thing_there_is_not_it(void **state)
{
    assert_turned(state, "close the blind in the nursery", "close the Nursery Blind");
    assert_stays(state, "close the curtain in the nursery");
    assert_stays(state, "turn on the fan in the pantry");
    assert_stays(state, "a night at the movie");
}

static void test_words_beside_it_make_it_another_thing(void **state)
{
    assert_stays(state, "turn on the light in the pantry cupboard");
    assert_stays(state, "turn on the ceiling light in the pantry");
    assert_stays(state, "turn on the light in the neighbours pantry");
}

static void test_what_is_in_order_stays(void **state)
{
    assert_stays(state, "turn on the pantry light");
    assert_stays(state, "turn on the pantry light in the pantry");
}

static void test_copied_words_stay_as_they_were_said(void **state)
{
    struct home_fixture *fixture = *state;
    struct understand_request request;
    struct understood add = home_fixture_hear(fixture, "add a bulb for the light in the pantry", NULL, "",
        "[{\"name\":\"HassShoppingListAddItem\",\"arguments\":{\"item\":\"bulb for the light in the "
        "pantry\"}}]",
        &request);
    assert_non_null(request.in_order);
    assert_null(understand_in_order(&request, &add));
    struct understood turn = home_fixture_hear(fixture, "turn on the light in the pantry", NULL, "",
        "[{\"name\":\"HassTurnOn\",\"arguments\":{\"domain\":\"light\"}}]", &request);
    assert_string_equal(understand_in_order(&request, &turn), "turn on the Pantry Light");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_place_that_is_a_name),
        cmocka_unit_test(test_no_place_of_its_own),
        cmocka_unit_test(test_two_of_them),
        cmocka_unit_test(test_a_word_of_the_command_may_stand_between),
        cmocka_unit_test(test_bedside_is_beside_the_bed),
        cmocka_unit_test(test_what_tells_two_apart_stands_before),
        cmocka_unit_test(test_a_room_is_no_part_of_a_name_behind_a_noun_alone),
        cmocka_unit_test(test_of_two_things_there_none_is_meant),
        cmocka_unit_test(test_another_kind_of_thing_there_is_not_it),
        cmocka_unit_test(test_words_beside_it_make_it_another_thing),
        cmocka_unit_test(test_what_is_in_order_stays),
        cmocka_unit_test(test_copied_words_stay_as_they_were_said),
    };
    return cmocka_run_group_tests(tests, open_home, home_fixture_close);
}
