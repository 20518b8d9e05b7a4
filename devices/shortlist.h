/* shortlist.h - which names of the home an utterance can mean (docs/model.md, section 3: which items).
 *
 * Words of the utterance, normalised, against the registry's index: equal, singular/plural, joined or split
 * compounds, prefixes, misspelt and sound-alike ones. Rare words count more. At most 16 entities, 6 areas, 4
 * floors; areas, floors, entities, best first; no entity of whose name less than half was said if its score
 * is below a tenth of the best one's.
 */
#ifndef HEARTH_SHORTLIST_H
#define HEARTH_SHORTLIST_H

#include "inference/text.h"
#include "registry.h"

enum { SHORTLIST_ENTITIES = 16, SHORTLIST_AREAS = 6, SHORTLIST_FLOORS = 4 };

struct shortlist_item {
    const char *kind; /* "area", "floor", or the entity's domain */
    const char *text; /* the name or the alias that fits, as people write it */
    const char *name; /* the canonical name that it stands for */
    double score;
};

struct shortlist; /* the index in memory; follows reg_generation by itself */

/* The registry is borrowed for the shortlist's life. NULL if out of memory. */
struct shortlist *shortlist_new(struct registry *registry);
void shortlist_free(struct shortlist *shortlist);

/* A new index of many names takes a tenth of a second: too long for a thread that has others to serve. After
 * shortlist_leave_behind the caller sees to it whenever names have changed, and searches in an index of more
 * than SHORTLIST_AT_ONCE names go on in the old one until then:
 *
 *     shortlist_begin    the registry's thread
 *     shortlist_build    any thread: reads the committed names, over a connection of its own
 *     shortlist_finish   the registry's thread again: the new index takes over; frees the work
 *
 * A search without an index, or in a small one, makes a new one itself.
 */
enum { SHORTLIST_AT_ONCE = 500 };
struct shortlist_work;

/* Once, before the first search. */
void shortlist_leave_behind(struct shortlist *shortlist);
/* True if names have changed that the index does not know yet. */
bool shortlist_is_behind(const struct shortlist *shortlist);
/* NULL and *err if out of memory. Of a registry without a file the names are read here. */
struct shortlist_work *shortlist_begin(struct shortlist *shortlist, struct san_error *err);
void shortlist_build(struct shortlist_work *work);
/* Errors are the build's: SAN_ENOMEM, SAN_EIO; the old index stays. */
enum san_status shortlist_finish(
    struct shortlist *shortlist, struct shortlist_work *work, struct san_error *err);

/* Items live in the arena. `area` is the speaker's room or NULL (its things win ties). An item for each
 * different (kind, words): entities of equal name and domain are one item. */
enum san_status shortlist_find(struct shortlist *shortlist, const struct san_words *words, const char *area,
    struct san_arena *arena, struct shortlist_item **out, size_t *count, struct san_error *err);

/* The `max` names of that kind ("entity", "area", "floor") nearest to text, for "did you mean". */
enum san_status shortlist_nearest(struct shortlist *shortlist, const char *kind, const char *text, size_t max,
    struct san_arena *arena, const char ***out, size_t *count, struct san_error *err);

#endif
