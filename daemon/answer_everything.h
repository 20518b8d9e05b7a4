/* answer_everything.h - answers to "is anything on downstairs", "what is open", "is everything off": questions
 * that name neither a device nor a kind. */
#ifndef HEARTHD_ANSWER_EVERYTHING_H
#define HEARTHD_ANSWER_EVERYTHING_H

#include "phrases.h"
#include "utterance.h"

/* What is asked about several things: any ("is something on"), all, which ones, or how many. */
enum question { QUESTION_ANY, QUESTION_ALL, QUESTION_WHICH, QUESTION_COUNT };

/* The sentence that answers the call, about the entities that it resolved to (at least one, each with a
 * known state); in the arena. */
const char *answer_everything(const struct phrases *phrases, struct san_arena *arena,
    const struct home_call *call, enum question question, struct home_entity *const *entities, size_t count);

#endif
