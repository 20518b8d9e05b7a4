/* undo.h - "undo that", and what was wrong before "no, the bedroom": everything as it was before.
 *
 * What each entity was before it was commanded is remembered with the conversation (memory.h); the calls that
 * bring it back are made from that. What cannot be told (a scene, a button, an unknown state) stays as it is.
 */
#ifndef HEARTHD_UNDO_H
#define HEARTHD_UNDO_H

#include "hearthd.h"
#include "memory.h"
#include "phrases.h"

/* "Undo that", "no wait, undo it please": true if that is all that is said. */
bool undo_is_said(const struct phrases *phrases, const struct san_words *words, struct san_arena *arena);

/* Adds actions to the utterance that undo what the recollection holds, entities resolved; what is as before,
 * and what the utterance's own (resolved) actions command, is left out. *lost counts the entities of which it
 * cannot be told how they were. False if nothing was added. */
bool undo_plan(
    struct hearthd *daemon, struct utterance *utterance, const struct recollection *last, size_t *lost);

/* The call that brings the entity back to how it is now, once `done` has been done to it; without a target.
 * False if that cannot be told. Its texts live in the arena, or as long as the entity. */
bool undo_entity(const struct home_entity *entity, const struct home_call *done, struct san_arena *arena,
    struct home_call *out);

#endif
