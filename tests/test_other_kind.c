/* "Are the windows open": a home may tell it by contacts or by motors, and is asked for those that it has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "daemon/other_kind.h"
#include "home_fixture.h"

#define ENTITY(id, name, area, domain, class)                                                                \
    "{\"entity_id\":\"" domain "." id "\",\"name\":\"" name "\",\"area\":\"" area "\",\"domain\":\"" domain  \
    "\",\"device_class\":\"" class "\"}"
#define HOME(entities)                                                                                       \
    "{\"areas\":[{\"name\":\"Kitchen\"},{\"name\":\"Loft\"},{\"name\":\"Hall\"}],\"entities\":[" entities "]}"

#define LOFT_MOTOR ENTITY("loft", "Roof Hatch", "Loft", "cover", "window")
#define KITCHEN_CONTACT ENTITY("kitchen", "Sash", "Kitchen", "binary_sensor", "window")
#define HALL_LOCK                                                                                            \
    "{\"entity_id\":\"lock.hall\",\"name\":\"Front Door\",\"area\":\"Hall\",\"domain\":\"lock\"}"
#define HALL_BOLT ENTITY("bolt", "Front Door Bolt", "Hall", "binary_sensor", "lock")

static const char motors[] = HOME(LOFT_MOTOR);
static const char contacts[] = HOME(KITCHEN_CONTACT);
static const char some_of_each[] = HOME(LOFT_MOTOR "," KITCHEN_CONTACT);

static int open_phrases(void **state)
{
    return home_fixture_open(state, NULL);
}

#define CALL(tool, rest) "{\"name\":\"" tool "\",\"arguments\":{" rest "}}"
#define ASK(rest) CALL("HassGetState", rest)

/* The last of the calls in that home becomes this one, where that was said. */
static void assert_said(void **state, const char *home, const char *text, const char *json, const char *want)
{
    struct home_fixture *fixture = *state;
    struct understand_request request;
    char calls[512];
    snprintf(calls, sizeof(calls), "[%s]", json);
    home_fixture_move(fixture, home);
    struct understood understood = home_fixture_hear(fixture, text, NULL, "", calls, &request);
    other_kind_apply(&fixture->understand, &request, &understood, fixture->arena);
    home_fixture_assert_call(&understood.calls[understood.call_count - 1], want);
}

/* A call in that home becomes this one, whatever the words were. */
static void assert_becomes(void **state, const char *home, const char *json, const char *want)
{
    assert_said(state, home, "", json, want);
}

static void assert_stays(void **state, const char *home, const char *json)
{
    assert_becomes(state, home, json, json);
}

#define CONTACTS(state) "\"domain\":\"binary_sensor\",\"device_class\":\"window\",\"state\":\"" state "\""
#define MOTORS(state) "\"domain\":\"cover\",\"device_class\":\"window\",\"state\":\"" state "\""

static void test_windows_are_told_by_their_motors(void **state)
{
    assert_becomes(state, motors, ASK(CONTACTS("on")), ASK(MOTORS("open")));
    assert_becomes(state, motors, ASK(CONTACTS("off")), ASK(MOTORS("closed")));
}

static void test_windows_are_told_by_their_contacts(void **state)
{
    assert_becomes(state, contacts, ASK(MOTORS("open")), ASK(CONTACTS("on")));
    assert_becomes(state, contacts, ASK(MOTORS("closed")), ASK(CONTACTS("off")));
}

static void test_what_the_home_has_is_asked(void **state)
{
    assert_stays(state, contacts, ASK(CONTACTS("on")));
    assert_stays(state, motors, ASK(MOTORS("open")));
    assert_stays(state, some_of_each, ASK(CONTACTS("on")));
    assert_stays(state, some_of_each, ASK(MOTORS("open")));
}

static void test_a_room_may_have_the_other_kind(void **state)
{
    assert_becomes(state, some_of_each, ASK("\"area\":\"Loft\"," CONTACTS("on")),
        ASK(MOTORS("open") ",\"area\":\"Loft\""));
    assert_becomes(state, some_of_each, ASK("\"area\":\"Kitchen\"," MOTORS("open")),
        ASK(CONTACTS("on") ",\"area\":\"Kitchen\""));
    assert_stays(state, some_of_each, ASK("\"area\":\"Kitchen\"," CONTACTS("on")));
}

static void test_nothing_of_either_stays_as_it_was_asked(void **state)
{
    assert_stays(state, some_of_each, ASK("\"area\":\"Hall\"," CONTACTS("on")));
    assert_stays(state, HOME(HALL_LOCK), ASK(MOTORS("open")));
}

static void test_doors_and_garage_doors(void **state)
{
    static const char gates[] = HOME(ENTITY("door", "Barn", "Hall", "cover", "door") "," ENTITY(
        "garage", "Big Gate", "Hall", "binary_sensor", "garage_door"));
    assert_becomes(state, gates,
        ASK("\"domain\":\"binary_sensor\",\"device_class\":\"door\",\"state\":\"on\""),
        ASK("\"domain\":\"cover\",\"device_class\":\"door\",\"state\":\"open\""));
    assert_becomes(state, gates, ASK("\"domain\":\"cover\",\"device_class\":\"garage\",\"state\":\"closed\""),
        ASK("\"domain\":\"binary_sensor\",\"device_class\":\"garage_door\",\"state\":\"off\""));
}

#define LOCKS(state) "\"domain\":\"lock\",\"state\":\"" state "\""
#define BOLTS(state) "\"domain\":\"binary_sensor\",\"device_class\":\"lock\",\"state\":\"" state "\""

static void test_a_lock_is_told_by_its_bolt(void **state)
{
    assert_becomes(state, HOME(HALL_BOLT), ASK(LOCKS("unlocked")), ASK(BOLTS("on")));
    assert_becomes(state, HOME(HALL_BOLT), ASK(LOCKS("locked")), ASK(BOLTS("off")));
}

static void test_a_bolt_is_told_by_its_lock(void **state)
{
    assert_becomes(state, HOME(HALL_LOCK), ASK(BOLTS("off")), ASK(LOCKS("locked")));
    assert_becomes(state, HOME(HALL_LOCK), ASK(BOLTS("on")), ASK(LOCKS("unlocked")));
    assert_stays(state, HOME(HALL_LOCK "," HALL_BOLT), ASK(BOLTS("on")));
}

static void test_updates_are_of_two_kinds(void **state)
{
#define OLD_UPDATES "\"domain\":\"binary_sensor\",\"device_class\":\"update\",\"state\":\"on\""
#define UPDATES "\"domain\":\"update\",\"state\":\"on\""
    static const char old[] = HOME(ENTITY("hub", "Hub Firmware", "Hall", "binary_sensor", "update"));
    static const char new[] = HOME(
        "{\"entity_id\":\"update.hub\",\"name\":\"Hub Firmware\",\"area\":\"Hall\",\"domain\":\"update\"}");
    assert_becomes(state, old, ASK(UPDATES), ASK(OLD_UPDATES));
    assert_becomes(state, new, ASK(OLD_UPDATES), ASK(UPDATES));
    assert_stays(state, new, ASK(UPDATES));
}

static void test_a_state_that_the_other_kind_lacks_stays(void **state)
{
    assert_stays(state, contacts, ASK(MOTORS("opening")));
    assert_stays(state, HOME(HALL_BOLT), ASK(LOCKS("jammed")));
}

static void test_a_question_without_a_state(void **state)
{
    assert_becomes(state, motors, ASK("\"domain\":\"binary_sensor\",\"device_class\":\"window\""),
        ASK("\"domain\":\"cover\",\"device_class\":\"window\""));
}

static void test_another_class_is_another_thing(void **state)
{
    static const char blinds[] = HOME(ENTITY("blind", "Blind", "Kitchen", "cover", "blind"));
    assert_stays(state, blinds, ASK(CONTACTS("on")));
    assert_stays(state, contacts, ASK("\"domain\":\"cover\",\"state\":\"open\""));
}

static void test_a_name_is_asked_as_it_is(void **state)
{
    assert_stays(state, motors, ASK("\"name\":\"Sash\"," CONTACTS("on")));
}

static void test_commands_are_not_changed(void **state)
{
    assert_stays(
        state, motors, CALL("HassTurnOff", "\"domain\":\"binary_sensor\",\"device_class\":\"window\""));
}

/* ---- of one thing ---- */

#define LOCK(id, name)                                                                                       \
    "{\"entity_id\":\"lock." id "\",\"name\":\"" name "\",\"area\":\"Hall\",\"domain\":\"lock\"}"
#define OF(name, state) ASK("\"name\":\"" name "\",\"state\":\"" state "\"")

#define DRIVEWAY                                                                                             \
    "{\"entity_id\":\"light.driveway\",\"name\":\"Driveway "                                                 \
    "Lamp\",\"domain\":\"light\",\"aliases\":[\"carport\"]}"

static const char house[] = HOME(
    ENTITY("back", "Back Door", "Hall", "binary_sensor", "door") "," LOCK("back", "Back Door Lock") "," LOCK(
        "front", "Front Door") "," LOCK("bolt", "Front Door Deadbolt") "," ENTITY("motion",
        "Front Door Motion", "Hall", "binary_sensor", "motion") "," ENTITY("alarm", "Front Door Alarm",
        "Hall", "switch", "switch") "," ENTITY("battery", "Back Door Battery", "Hall", "sensor",
        "battery") "," ENTITY("car", "Carport", "Hall", "binary_sensor", "door") "," ENTITY("gate",
        "Carport Gate", "Hall", "cover", "gate") "," ENTITY("wind", "Carport Gate Wind Speed", "Hall",
        "sensor", "wind_speed") "," ENTITY("kettle", "Kettle", "Kitchen", "switch", "switch") "," DRIVEWAY);

/* What a question about a thing of `kind` becomes, in which nothing bore out the name. */
static struct understood_call heard(
    void **state, const char *text, const char *kind, const char *json, const char *missing)
{
    struct home_fixture *fixture = *state;
    struct understand_request request;
    char calls[512];
    snprintf(calls, sizeof(calls), "[%s]", json);
    home_fixture_move(fixture, house);
    struct understood understood = home_fixture_hear(fixture, text, NULL, kind, calls, &request);
    understood.calls[0].unproven = "name";
    understood.calls[0].missing = missing;
    other_kind_apply(&fixture->understand, &request, &understood, fixture->arena);
    return understood.calls[0];
}

static void assert_asks(void **state, const char *text, const char *kind, const char *json,
    const char *want_kind, const char *want)
{
    struct understood_call call = heard(state, text, kind, json, "");
    home_fixture_assert_call(&call, want);
    assert_string_equal(call.kind, want_kind);
    assert_string_equal(call.unproven, "");
}

static void assert_asks_the_same(void **state, const char *text, const char *kind, const char *json)
{
    struct understood_call call = heard(state, text, kind, json, "");
    home_fixture_assert_call(&call, json);
    assert_string_equal(call.kind, kind);
    assert_string_equal(call.unproven, "name");
}

static void test_a_lock_is_asked_what_the_contact_of_its_door_was(void **state)
{
    static const char locked[] = "is the back door locked";
    assert_asks(
        state, locked, "binary_sensor", OF("Back Door", "off"), "lock", OF("Back Door Lock", "locked"));
    assert_asks(
        state, locked, "binary_sensor", OF("Back Door", "on"), "lock", OF("Back Door Lock", "unlocked"));
    assert_asks(state, locked, "binary_sensor",
        ASK("\"name\":\"Back "
            "Door\",\"domain\":\"binary_sensor\",\"device_class\":\"door\",\"state\":\"off\""),
        "lock", OF("Back Door Lock", "locked"));
}

static void test_a_contact_is_asked_what_a_lock_was(void **state)
{
    static const char motion[] = "is there motion at the front door";
    assert_asks(
        state, motion, "lock", OF("Front Door", "unlocked"), "binary_sensor", OF("Front Door Motion", "on"));
    assert_asks(
        state, motion, "lock", OF("Front Door", "locked"), "binary_sensor", OF("Front Door Motion", "off"));
}

static void test_a_cover_is_asked_what_a_contact_was(void **state)
{
    static const char gate[] = "is the carport gate shut";
    assert_asks(state, gate, "binary_sensor", OF("Carport", "off"), "cover", OF("Carport Gate", "closed"));
    assert_asks(state, gate, "binary_sensor", OF("Carport", "on"), "cover", OF("Carport Gate", "open"));
}

static void test_a_sensor_is_asked_for_its_value(void **state)
{
    assert_asks(state, "how is the battery of the back door", "binary_sensor", OF("Back Door", "on"),
        "sensor", ASK("\"name\":\"Back Door Battery\""));
}

static void test_a_question_for_no_state_gets_none(void **state)
{
    assert_asks(state, "how is the back door lock", "binary_sensor", ASK("\"name\":\"Back Door\""), "lock",
        ASK("\"name\":\"Back Door Lock\""));
}

static void test_of_two_that_were_said_neither_is_asked(void **state)
{
    assert_asks_the_same(
        state, "did motion at the front door start the alarm", "lock", OF("Front Door", "unlocked"));
}

static void test_another_of_the_same_kind_is_not_asked(void **state)
{
    assert_asks_the_same(state, "is the front door deadbolt locked", "lock", OF("Front Door", "locked"));
}

static void test_where_no_more_was_said_the_name_stays(void **state)
{
    assert_asks_the_same(state, "is the back door open", "binary_sensor", OF("Back Door", "on"));
    assert_asks_the_same(state, "is there motion out there", "lock", OF("Front Door", "unlocked"));
    assert_asks_the_same(state, "is the carport open", "binary_sensor", OF("Carport", "on"));
}

static void test_what_was_said_apart_from_the_name_is_not_asked(void **state)
{
    assert_asks_the_same(
        state, "is the front door locked and the kettle on", "lock", OF("Front Door", "locked"));
    assert_asks_the_same(state, "is the kettle on", "lock", OF("Front Door", "unlocked"));
}

static void test_a_question_for_what_is_missing_stays(void **state)
{
    struct understood_call call =
        heard(state, "is the back door locked", "binary_sensor", OF("Back Door", "off"), "area");
    home_fixture_assert_call(&call, OF("Back Door", "off"));
    assert_string_equal(call.missing, "area");
}

static void test_nothing_else_is_done_than_was_understood(void **state)
{
    assert_asks_the_same(
        state, "turn on the front door alarm", "lock", CALL("HassTurnOn", "\"name\":\"Front Door\""));
}

#define ANNA "{\"entity_id\":\"person.anna\",\"name\":\"Anna\",\"domain\":\"person\"}"
#define ANNAS ENTITY("anna", "Anna's Hatch", "Loft", "cover", "window")
#define HATCH(rest) ASK("\"name\":\"Anna's Hatch\",\"domain\":\"cover\"" rest)
#define PERSON(rest) ASK("\"name\":\"Anna\"" rest)

static const char annas[] = HOME(ANNA "," ANNAS "," HALL_LOCK);

static void test_who_was_named_is_asked_for_and_not_what_is_theirs(void **state)
{
    assert_said(state, annas, "where's anna got to", HATCH(""), PERSON(""));
    assert_said(state, annas, "is anna home", HATCH(",\"state\":\"closed\""), PERSON(",\"state\":\"home\""));
    assert_said(
        state, annas, "is anna away", HATCH(",\"state\":\"open\""), PERSON(",\"state\":\"not_home\""));
    assert_said(state, annas, "is anna still at work", HATCH(",\"state\":\"open\""), PERSON(""));
    assert_said(state, annas, "is the front door locked and is anna home",
        ASK("\"name\":\"Front Door\",\"state\":\"locked\"") "," HATCH(",\"state\":\"closed\""),
        PERSON(",\"state\":\"home\""));
}

static void test_what_is_theirs_is_asked_for_by_its_own_words(void **state)
{
    assert_said(
        state, annas, "is anna's hatch open", HATCH(",\"state\":\"open\""), HATCH(",\"state\":\"open\""));
    assert_said(
        state, annas, "is anna hatch open", HATCH(",\"state\":\"open\""), HATCH(",\"state\":\"open\""));
    assert_said(
        state, annas, "is anna's closed", HATCH(",\"state\":\"closed\""), HATCH(",\"state\":\"closed\""));
    assert_said(state, annas, "is the window over by anna open", HATCH(",\"state\":\"open\""),
        HATCH(",\"state\":\"open\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_windows_are_told_by_their_motors),
        cmocka_unit_test(test_windows_are_told_by_their_contacts),
        cmocka_unit_test(test_what_the_home_has_is_asked),
        cmocka_unit_test(test_a_room_may_have_the_other_kind),
        cmocka_unit_test(test_nothing_of_either_stays_as_it_was_asked),
        cmocka_unit_test(test_doors_and_garage_doors),
        cmocka_unit_test(test_a_lock_is_told_by_its_bolt),
        cmocka_unit_test(test_a_bolt_is_told_by_its_lock),
        cmocka_unit_test(test_updates_are_of_two_kinds),
        cmocka_unit_test(test_a_state_that_the_other_kind_lacks_stays),
        cmocka_unit_test(test_a_question_without_a_state),
        cmocka_unit_test(test_another_class_is_another_thing),
        cmocka_unit_test(test_a_name_is_asked_as_it_is),
        cmocka_unit_test(test_commands_are_not_changed),
        cmocka_unit_test(test_a_lock_is_asked_what_the_contact_of_its_door_was),
        cmocka_unit_test(test_a_contact_is_asked_what_a_lock_was),
        cmocka_unit_test(test_a_cover_is_asked_what_a_contact_was),
        cmocka_unit_test(test_a_sensor_is_asked_for_its_value),
        cmocka_unit_test(test_a_question_for_no_state_gets_none),
        cmocka_unit_test(test_of_two_that_were_said_neither_is_asked),
        cmocka_unit_test(test_another_of_the_same_kind_is_not_asked),
        cmocka_unit_test(test_where_no_more_was_said_the_name_stays),
        cmocka_unit_test(test_what_was_said_apart_from_the_name_is_not_asked),
        cmocka_unit_test(test_a_question_for_what_is_missing_stays),
        cmocka_unit_test(test_nothing_else_is_done_than_was_understood),
        cmocka_unit_test(test_who_was_named_is_asked_for_and_not_what_is_theirs),
        cmocka_unit_test(test_what_is_theirs_is_asked_for_by_its_own_words),
    };
    return cmocka_run_group_tests(tests, open_phrases, home_fixture_close);
}
