/* wording.h - pieces of sentences that replies and answers share: lists of names, places, a capital at the
 * start. */
#ifndef HEARTHD_WORDING_H
#define HEARTHD_WORDING_H

#include "phrases.h"
#include "utterance.h"

enum { WORDING_NAMES_MAX = 5 }; /* names that a sentence lists before it says "and 7 more" */

/* "A, B and C"; word is "a_and_b" or "a_or_b". */
const char *wording_list(const struct phrases *phrases, struct san_arena *arena, const char *const *names,
    size_t count, const char *word);
/* "A, B and C", however many they are. */
const char *wording_all(
    const struct phrases *phrases, struct san_arena *arena, const char *const *texts, size_t count);
/* " in Kitchen", " on First floor", " upstairs" or "": where the call says. */
const char *wording_place(
    const struct phrases *phrases, struct san_arena *arena, const struct home_call *call);
/* "light" or "lights": what all these entities are; else "devices". */
const char *wording_noun(const struct phrases *phrases, struct home_entity *const *entities, size_t count);
/* "Kitchen ceiling", or "3 lights in Kitchen". */
const char *wording_target(const struct phrases *phrases, struct san_arena *arena,
    const struct home_call *call, struct home_entity *const *entities, size_t count);
/* The text with a capital first letter (ASCII); in the arena. */
const char *wording_sentence(struct san_arena *arena, const char *text);
const char *wording_number(struct san_arena *arena, size_t number);

#endif
