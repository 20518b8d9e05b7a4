/* "Mute the TV": the call has no slot for what kind of player it is for, so the only one of that kind is
 * named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/said_kind.h"
#include "home_fixture.h"

#define PLAYER(id, name, area, class)                                                                        \
    "{\"entity_id\":\"media_player." id "\",\"name\":\"" name "\",\"area\":\"" area                          \
    "\",\"domain\":\"media_player\",\"device_class\":\"" class "\"}"
#define HOME(entities)                                                                                       \
    "{\"areas\":[{\"name\":\"Parlor\"},{\"name\":\"Den\"},{\"name\":\"Kitchen\"},{\"name\":\"TV Room\"}],"   \
    "\"entities\":[" entities "]}"

#define DEN_TV PLAYER("den", "Samsung Frame", "Den", "tv")
#define PARLOR_TV PLAYER("parlor", "Bravia", "Parlor", "tv")
#define DEN_BAR PLAYER("bar", "Soundbar", "Den", "speaker")
#define ROOM_BAR PLAYER("beam", "Sonos Beam", "TV Room", "speaker")
#define STAND                                                                                                \
    "{\"entity_id\":\"light.stand\",\"name\":\"TV Stand Lamp\",\"area\":\"Den\",\"domain\":\"light\"}"

static const char one_tv[] = HOME(DEN_TV "," DEN_BAR "," ROOM_BAR "," STAND);
static const char two_tvs[] = HOME(DEN_TV "," PARLOR_TV "," DEN_BAR);

static int open_phrases(void **state)
{
    return home_fixture_open(state, NULL);
}

static struct understood understood;

/* What was said in that home by a speaker in `area` (NULL: not known where), and understood as these calls
 * (JSON), the first of which lacks the slot `missing`. */
static void hear_lacking(
    void **state, const char *home, const char *text, const char *area, const char *missing, const char *json)
{
    struct home_fixture *fixture = *state;
    struct understand_request request;
    home_fixture_move(fixture, home);
    understood = home_fixture_hear(fixture, text, area, "", json, &request);
    understood.calls[0].missing = missing;
    said_kind_apply(&fixture->understand, &request, &understood, fixture->arena);
}

static void hear(void **state, const char *home, const char *text, const char *area, const char *json)
{
    hear_lacking(state, home, text, area, "", json);
}

static void assert_call(size_t i, const char *json)
{
    home_fixture_assert_call(&understood.calls[i], json);
}

#define CALL(tool, rest) "{\"name\":\"" tool "\",\"arguments\":{" rest "}}"
#define MUTE(rest) CALL("HassMediaPlayerMute", rest)

static void test_the_only_tv_of_the_home(void **state)
{
    hear(state, one_tv, "mute the tv", NULL, "[" MUTE("") "]");
    assert_call(0, MUTE("\"name\":\"Samsung Frame\""));
    assert_string_equal(understood.calls[0].kind, "media_player");
    hear(state, one_tv, "television volume to 20", "Kitchen",
        "[" CALL("HassSetVolume", "\"volume_level\":20") "]");
    assert_call(0, CALL("HassSetVolume", "\"name\":\"Samsung Frame\",\"volume_level\":20"));
}

static void test_the_tv_where_the_speaker_is(void **state)
{
    hear(state, two_tvs, "mute the tv", "Parlor", "[" MUTE("") "]");
    assert_call(0, MUTE("\"name\":\"Bravia\""));
    hear(state, two_tvs, "mute the tv", "Den", "[" MUTE("\"area\":\"Den\"") "]");
    assert_call(0, MUTE("\"name\":\"Samsung Frame\"")); /* a room that nobody said is not needed any more */
}

static void test_a_room_without_one_is_left_for_the_only_one(void **state)
{
    hear(state, one_tv, "mute the tv", "Kitchen", "[" MUTE("\"area\":\"Kitchen\"") "]");
    assert_call(0, MUTE("\"name\":\"Samsung Frame\""));
}

static void test_of_two_elsewhere_none_is_taken(void **state)
{
    hear(state, two_tvs, "mute the tv", "Kitchen", "[" MUTE("") "]");
    assert_call(0, MUTE(""));
    hear(state, two_tvs, "mute the tv", NULL, "[" MUTE("") "]");
    assert_call(0, MUTE(""));
    assert_string_equal(understood.calls[0].kind, "");
}

static void test_of_two_in_one_room_none_is_taken(void **state)
{
    static const char home[] = HOME(DEN_TV "," PLAYER("beamer", "Beamer", "Den", "tv"));
    hear(state, home, "mute the tv", "Den", "[" MUTE("") "]");
    assert_call(0, MUTE(""));
}

static void test_a_room_that_was_said_stays_beside_the_name(void **state)
{
    hear(state, two_tvs, "mute the tv in the parlor", "Den", "[" MUTE("\"area\":\"Parlor\"") "]");
    assert_call(0, MUTE("\"name\":\"Bravia\",\"area\":\"Parlor\""));
}

static void test_a_room_that_was_said_is_not_left(void **state)
{
    hear(state, one_tv, "mute the tv in the kitchen", "Den", "[" MUTE("\"area\":\"Kitchen\"") "]");
    assert_call(0, MUTE("\"area\":\"Kitchen\""));
}

static void test_each_class_has_its_words(void **state)
{
    hear(state, one_tv, "pause the soundbar", "Den", "[" CALL("HassMediaPause", "") "]");
    assert_call(0, CALL("HassMediaPause", "\"name\":\"Soundbar\""));
    hear(state, two_tvs, "pause the speaker", NULL, "[" CALL("HassMediaPause", "") "]");
    assert_call(0, CALL("HassMediaPause", "\"name\":\"Soundbar\""));
    hear(state, one_tv, "pause the player", "Den", "[" CALL("HassMediaPause", "") "]");
    assert_call(0, CALL("HassMediaPause", "")); /* that is any of them */
}

static void test_several_are_not_one(void **state)
{
    hear(state, one_tv, "mute the tvs", NULL, "[" MUTE("") "]");
    assert_call(0, MUTE(""));
    hear(state, two_tvs, "pause the speakers", "Den", "[" CALL("HassMediaPause", "") "]");
    assert_call(0, CALL("HassMediaPause", ""));
}

static void test_of_two_classes_none_is_taken(void **state)
{
    hear(state, one_tv, "mute the tv and the soundbar", "Den", "[" MUTE("") "]");
    assert_call(0, MUTE(""));
}

static void test_the_class_of_another_call_is_its_own(void **state)
{
#define TV_OFF CALL("HassTurnOff", "\"domain\":\"media_player\",\"device_class\":\"tv\"")
    hear(state, one_tv, "pause and turn off the tv", "Den", "[" CALL("HassMediaPause", "") "," TV_OFF "]");
    assert_call(0, CALL("HassMediaPause", ""));
    hear(state, one_tv, "mute the soundbar and turn off the tv", "Den", "[" MUTE("") "," TV_OFF "]");
    assert_call(0, MUTE("\"name\":\"Soundbar\""));
    assert_call(1, TV_OFF);
}

static void test_of_two_open_calls_none_is_named(void **state)
{
    hear(state, one_tv, "skip this and mute the tv", "Den", "[" CALL("HassMediaNext", "") "," MUTE("") "]");
    assert_call(0, CALL("HassMediaNext", ""));
    assert_call(1, MUTE(""));
}

static void test_a_word_of_a_name_is_no_kind(void **state)
{
    hear(state, one_tv, "be quiet and turn on the tv stand lamp", "Den",
        "[" MUTE("") "," CALL("HassTurnOn", "\"name\":\"TV Stand Lamp\"") "]");
    assert_call(0, MUTE(""));
}

static void test_a_word_of_a_room_is_no_kind(void **state)
{
    hear(state, one_tv, "mute everything in the tv room", "Den", "[" MUTE("\"area\":\"TV Room\"") "]");
    assert_call(0, MUTE("\"area\":\"TV Room\""));
    hear(state, one_tv, "mute the tv room speaker", "Den", "[" MUTE("\"area\":\"TV Room\"") "]");
    assert_call(0, MUTE("\"name\":\"Sonos Beam\",\"area\":\"TV Room\""));
}

static void test_a_call_that_says_which_stays(void **state)
{
    hear(state, one_tv, "mute the soundbar under the tv", "Den", "[" MUTE("\"name\":\"Soundbar\"") "]");
    assert_call(0, MUTE("\"name\":\"Soundbar\""));
    hear(state, one_tv, "mute the tv upstairs", "Den", "[" MUTE("\"floor\":\"Upstairs\"") "]");
    assert_call(0, MUTE("\"floor\":\"Upstairs\""));
    hear(state, one_tv, "play jazz on the tv", "Den",
        "[" CALL("HassMediaSearchAndPlay", "\"search_query\":\"jazz on the tv\"") "]");
    assert_call(0, CALL("HassMediaSearchAndPlay", "\"search_query\":\"jazz on the tv\""));
    hear_lacking(state, one_tv, "mute the attic tv", "Den", "name", "[" MUTE("") "]");
    assert_call(0, MUTE(""));
}

static void test_only_players_are_named(void **state)
{
    hear(state, one_tv, "it is too bright for the tv dim the lights", "Den",
        "[" CALL("HassLightSet", "\"brightness_step\":\"down\"") "]");
    assert_call(0, CALL("HassLightSet", "\"brightness_step\":\"down\""));
}

static void test_the_tv_of_a_room_called_after_it(void **state)
{
    static const char home[] = HOME(PLAYER("frame", "Samsung Frame", "TV Room", "tv") "," ROOM_BAR);
    hear(state, home, "mute the tv", "TV Room", "[" MUTE("\"area\":\"TV Room\"") "]");
    assert_non_null(home_call_arg(&understood.calls[0].call, "name")); /* not the speaker there */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_tv_of_a_room_called_after_it),
        cmocka_unit_test(test_the_only_tv_of_the_home),
        cmocka_unit_test(test_the_tv_where_the_speaker_is),
        cmocka_unit_test(test_a_room_without_one_is_left_for_the_only_one),
        cmocka_unit_test(test_of_two_elsewhere_none_is_taken),
        cmocka_unit_test(test_of_two_in_one_room_none_is_taken),
        cmocka_unit_test(test_a_room_that_was_said_stays_beside_the_name),
        cmocka_unit_test(test_a_room_that_was_said_is_not_left),
        cmocka_unit_test(test_each_class_has_its_words),
        cmocka_unit_test(test_several_are_not_one),
        cmocka_unit_test(test_of_two_classes_none_is_taken),
        cmocka_unit_test(test_the_class_of_another_call_is_its_own),
        cmocka_unit_test(test_of_two_open_calls_none_is_named),
        cmocka_unit_test(test_a_word_of_a_name_is_no_kind),
        cmocka_unit_test(test_a_word_of_a_room_is_no_kind),
        cmocka_unit_test(test_a_call_that_says_which_stays),
        cmocka_unit_test(test_only_players_are_named),
    };
    return cmocka_run_group_tests(tests, open_phrases, home_fixture_close);
}
