/* shortlist.h - which names of the home an utterance can mean (docs/model.md, section 3: which items).
 *
 * Words of the utterance, normalised, against the registry's index: equal, singular/plural, joined or split compounds, prefixes, misspelt
 * and sound-alike ones. Rare words count more. At most 16 entities, 6 areas, 4 floors; areas, floors, entities, best first.
 */
#ifndef HEARTH_SHORTLIST_H
#define HEARTH_SHORTLIST_H

#include "inference/text.h"
#include "registry.h"

enum { SHORTLIST_ENTITIES = 16, SHORTLIST_AREAS = 6, SHORTLIST_FLOORS = 4 };

struct shortlist_item {
    const char *kind;  /* "area", "floor", or the entity's domain */
    const char *text;  /* the name or the alias that fits, as people write it */
    const char *name;  /* the canonical name that it stands for */
    double score;
};

struct shortlist; /* the index in memory; follows reg_generation by itself */

struct shortlist *shortlist_new(struct registry *registry);
void shortlist_free(struct shortlist *shortlist);

/* Items live in the arena. `area` is the speaker's room or NULL (its things win ties). An item for each different (kind, words): entities of equal name
 * and domain are one item. */
enum san_status shortlist_find(struct shortlist *shortlist, const struct san_words *words, const char *area,
    struct san_arena *arena, struct shortlist_item **out, size_t *count, struct san_error *err);

/* The `max` names of that kind ("entity", "area", "floor") nearest to text, for "did you mean". */
enum san_status shortlist_nearest(struct shortlist *shortlist, const char *kind, const char *text, size_t max,
    struct san_arena *arena, const char ***out, size_t *count, struct san_error *err);

#endif
