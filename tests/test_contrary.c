/* What is said of a lock decides which way it may be turned. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/contrary.h"
#include "home_fixture.h"

static const char home[] =
    "{\"areas\":[{\"name\":\"Hall\"}],\"entities\":["
    "{\"entity_id\":\"lock.front\",\"name\":\"Front door\",\"area\":\"Hall\",\"domain\":\"lock\"},"
    "{\"entity_id\":\"cover.hall\",\"name\":\"Hall Blind\",\"area\":\"Hall\",\"domain\":\"cover\"}]}";

static int open_home(void **state)
{
    return home_fixture_open(state, home);
}

/* Is the call, of a thing of that kind or of a domain, contrary to what was said? */
static bool is_contrary(void **state, const char *text, const char *kind, const char *calls)
{
    struct home_fixture *fixture = *state;
    struct understand_request request;
    struct understood understood = home_fixture_hear(fixture, text, NULL, kind, calls, &request);
    return contrary(fixture->phrases, &request.words, &understood.calls[0]);
}

#define CALL(tool, rest) "[{\"name\":\"" tool "\",\"arguments\":{" rest "}}]"
#define LOCK_IT "lock", CALL("HassTurnOn", "\"name\":\"Front door\"")
#define UNLOCK_IT "lock", CALL("HassTurnOff", "\"name\":\"Front door\"")
#define LOCK_ALL "", CALL("HassTurnOn", "\"domain\":\"lock\"")
#define UNLOCK_ALL "", CALL("HassTurnOff", "\"domain\":\"lock\"")

static void test_what_opens_a_door_does_not_lock_it(void **state)
{
    static const char *const said[] = {
        "open the front door", "unlock the front door", "unbolt the front door"};
    for (size_t i = 0; i < sizeof(said) / sizeof(*said); i++) {
        assert_true(is_contrary(state, said[i], LOCK_IT));
        assert_false(is_contrary(state, said[i], UNLOCK_IT));
    }
}

static void test_what_locks_a_door_does_not_open_it(void **state)
{
    static const char *const said[] = {"lock the front door", "secure the front door", "close the front door",
        "please lock the front door", "front door, lock it"};
    for (size_t i = 0; i < sizeof(said) / sizeof(*said); i++) {
        assert_true(is_contrary(state, said[i], UNLOCK_IT));
        assert_false(is_contrary(state, said[i], LOCK_IT));
    }
}

static void test_what_is_denied_opens_no_door(void **state)
{
    static const char *const said[] = {"make sure nobody can just walk in the front door",
        "no one comes in through the front door", "don't leave the front door like that"};
    for (size_t i = 0; i < sizeof(said) / sizeof(*said); i++) {
        assert_true(is_contrary(state, said[i], UNLOCK_IT));
        assert_false(is_contrary(state, said[i], LOCK_IT));
    }
    assert_false(is_contrary(state, "nobody has a key, unlock the front door", UNLOCK_IT));
}

static void test_a_lock_that_is_a_thing_locks_nothing(void **state)
{
    assert_true(is_contrary(state, "open the front door lock", LOCK_IT));
    assert_true(is_contrary(state, "unlock the lock on the front door", LOCK_IT));
    assert_false(is_contrary(state, "open the front door lock", UNLOCK_IT));
}

static void test_all_the_locks_are_held_to_the_same(void **state)
{
    assert_true(is_contrary(state, "lock it up", UNLOCK_ALL));
    assert_false(is_contrary(state, "lock it up", LOCK_ALL));
    assert_true(is_contrary(state, "open all the doors", LOCK_ALL));
    assert_false(is_contrary(state, "open all the doors", UNLOCK_ALL));
}

static void test_where_both_were_said_each_may_be_meant(void **state)
{
    static const char both[] = "open the blinds and lock the front door";
    assert_false(is_contrary(state, both, LOCK_IT));
    assert_false(is_contrary(state, both, UNLOCK_IT));
    assert_false(is_contrary(state, "open the blinds, lock the front door", LOCK_IT));
    assert_false(is_contrary(state, "open the blinds and lock the door", LOCK_ALL));
}

static void test_a_lock_may_be_spoken_of_without_either(void **state)
{
    assert_false(is_contrary(state, "turn on the front door", LOCK_IT));
    assert_false(is_contrary(state, "turn off the front door", UNLOCK_IT));
    assert_false(is_contrary(
        state, "is the front door locked", "lock", CALL("HassGetState", "\"name\":\"Front door\"")));
}

static void test_what_opens_a_cover_turns_it_on(void **state)
{
    assert_false(
        is_contrary(state, "open the hall blind", "cover", CALL("HassTurnOn", "\"name\":\"Hall Blind\"")));
    assert_false(
        is_contrary(state, "close the hall blind", "cover", CALL("HassTurnOff", "\"name\":\"Hall Blind\"")));
}

static void test_without_phrases_nothing_is(void **state)
{
    struct home_fixture *fixture = *state;
    struct understand_request request;
    struct understood understood = home_fixture_hear(fixture, "open the front door", NULL, LOCK_IT, &request);
    assert_false(contrary(NULL, &request.words, &understood.calls[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_opens_a_door_does_not_lock_it),
        cmocka_unit_test(test_what_locks_a_door_does_not_open_it),
        cmocka_unit_test(test_what_is_denied_opens_no_door),
        cmocka_unit_test(test_a_lock_that_is_a_thing_locks_nothing),
        cmocka_unit_test(test_all_the_locks_are_held_to_the_same),
        cmocka_unit_test(test_where_both_were_said_each_may_be_meant),
        cmocka_unit_test(test_a_lock_may_be_spoken_of_without_either),
        cmocka_unit_test(test_what_opens_a_cover_turns_it_on),
        cmocka_unit_test(test_without_phrases_nothing_is),
    };
    return cmocka_run_group_tests(tests, open_home, home_fixture_close);
}
