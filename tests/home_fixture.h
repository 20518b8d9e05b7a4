/* home_fixture.h - a home in memory, for the tests of what a sentence means in it. */
#ifndef TESTS_HOME_FIXTURE_H
#define TESTS_HOME_FIXTURE_H

#include "daemon/phrases.h"
#include "daemon/understand.h"

struct home_fixture {
    struct understand understand;
    struct phrases *phrases;
    struct san_arena *arena; /* of all that the tests make */
};

/* Opens the home of a home file, with the phrases that hearth ships: a cmocka setup. *state is a struct
 * home_fixture. `home` NULL: none before home_fixture_move. */
int home_fixture_open(void **state, const char *home);
int home_fixture_close(void **state);

/* Opens another home in place of the one that is open. What was heard there stays: it is in the arena. */
void home_fixture_move(struct home_fixture *fixture, const char *home);

/* A sentence of a speaker in `area` (or NULL), which was understood as these calls (a JSON array) of things
 * of `kind`: as understand_finish has them before anything is put right. */
struct understood home_fixture_hear(struct home_fixture *fixture, const char *text, const char *area,
    const char *kind, const char *calls, struct understand_request *request);

/* Fails if the call is another than that of the JSON object. */
void home_fixture_assert_call(const struct understood_call *call, const char *json);

#endif
