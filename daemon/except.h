/* except.h - "all the lights except the floor lamp and those in the kitchen".
 *
 * A call cannot say what it is not for. So the network reads the sentence without its exception, and what the
 * exception names is taken away from the entities that the calls resolve to. Each of its words must be
 * accounted for: an exception that is not understood would do what was forbidden.
 */
#ifndef HEARTHD_EXCEPT_H
#define HEARTHD_EXCEPT_H

#include "daemon/understand.h"
#include "devices/resolve.h"
#include "phrases.h"

enum { EXCEPT_PARTS_MAX = 8 };

/* Entities to which all that is set applies; NULL: not set. */
struct except_part {
    const char *name, *area, *floor;
    const char *noun; /* "lights", "blinds" */
};

struct except {
    const char *text; /* "except the floor lamp", normalised; NULL: there is none */
    struct except_part parts[EXCEPT_PARTS_MAX];
    size_t part_count;
    const char *unknown; /* the words of it that name nothing here, or NULL */
};

/* May words of the sentence be part of what is to be written down, said or looked for? Then an "except" may
 * be too, and is none. */
bool except_may_be_copied(const struct understood *understood);

/* Where the words of an exception begin, which runs to the end; words->count if there is none. */
size_t except_find(const struct phrases *phrases, const struct san_words *words);

/* Reads the exception that begins there in what was prepared. Errors: those of understand_prepare. */
enum san_status except_read(const struct phrases *phrases, const struct understand *understand,
    const struct understand_request *prepared, size_t begin, struct san_arena *arena, struct except *out,
    struct san_error *err);

/* Takes the excepted entities away. */
void except_apply(const struct phrases *phrases, const struct except *except, struct resolved *resolved);

#endif
