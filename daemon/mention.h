/* mention.h - things of the home that were said by their whole name.
 *
 * The network chooses what a sentence means, and may still choose the room where its lamp was said: "bedside
 * lamp off" as all lights of the bedroom. A whole name among the words is plain evidence. A group call that
 * leaves such a name unused is narrowed to it where that is the only way to understand both, and not acted on
 * otherwise. A call is never widened.
 */
#ifndef HEARTH_MENTION_H
#define HEARTH_MENTION_H

#include "understand.h"

enum { MENTIONS_MAX = 16 };

/* Whole names in the words [begin, end) of the utterance; several items may have those same words. */
struct mention {
    size_t begin, end;
    const struct shortlist_item *items[4];
    size_t item_count;
};

/* Of names that overlap, the longest; in no order. Returns how many. */
size_t mention_find(const struct understand_request *prepared, struct san_arena *arena, struct mention *out);

/* The kinds that a tool acts on or asks about (" cover valve "); "" = any; NULL: the tool is not about
 * devices.
 */
const char *mention_kinds(const char *tool);

/* Narrows calls to what they left unused, or marks them with .overlooked. */
enum san_status mention_apply(struct registry *registry, const struct understand_request *prepared,
    struct understood *understood, struct san_arena *arena, struct san_error *err);

#endif
