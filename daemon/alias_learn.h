/* alias_learn.h - corrections as aliases: what people call a thing before they say its name.
 *
 * "Turn on the big light" was refused; "turn on the kitchen ceiling" a moment later was done. The words
 * around are the same, so "big light" may well be the kitchen ceiling. A proposal from the audit log:
 * somebody else decides.
 */
#ifndef HEARTH_ALIAS_LEARN_H
#define HEARTH_ALIAS_LEARN_H

#include "devices/registry.h"

enum {
    ALIAS_LEARN_ROWS = 1000,         /* of the log, newest first */
    ALIAS_LEARN_SPAN_MS = 90 * 1000, /* between the two sentences */
    ALIAS_LEARN_MAX = 64,            /* suggestions at once */
};

struct alias_suggestion {
    const char *kind;         /* "entity", "area", "floor" */
    const char *of;           /* its entity_id, or its name */
    const char *name;         /* its name */
    const char *alias;        /* normalised words */
    const char *heard, *then; /* the sentence that was refused, and the one that was done; of the last time */
    size_t count;             /* how often */
};

/* From rows of the log, newest first (reg_audit_list). Each alias once, the latest first; none that is a name
 * or an alias of the home already, and none with a number in it (lamp 5 is not lamp 4). The texts of the rows
 * must live as long as what comes out, which lives in the arena. */
enum san_status alias_learn(struct registry *registry, const struct reg_audit *rows, size_t row_count,
    struct san_arena *arena, struct alias_suggestion **out, size_t *count, struct san_error *err);

#endif
