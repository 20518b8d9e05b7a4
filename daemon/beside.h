/* beside.h - does a word beside a name belong to the sentence, or make the name that of something else?
 *
 * "Kitchen please" is the kitchen; "kitchen radio" is not. Which words people put beside names was learnt
 * from how commands are written, against the names that things have (training/data/beside.py): a file of the
 * language (schemas/beside_en.json), beside the phrases and named by them. Scores are log-odds: above 0 a
 * word rather belongs to a name.
 */
#ifndef HEARTHD_BESIDE_H
#define HEARTHD_BESIDE_H

#include <stdbool.h>

#include "inference/status.h"

enum {
    BESIDE_FILE_MAX = 1 << 20,
    BESIDE_WORDS_MAX = 1 << 15,
    BESIDE_WORD_MAX = 64, /* bytes, as the normaliser's */
};

struct beside;

/* Where a word stands: before a name, after it, before a noun for a kind of things ("|big| lights"), or
 * itself as what is spoken of ("on the |phone|"). */
enum beside_place { BESIDE_BEFORE, BESIDE_AFTER, BESIDE_KIND, BESIDE_THING, BESIDE_PLACES };

/* What the scores do not say of the words. */
struct beside_weights {
    float article[BESIDE_PLACES]; /* to add where a determiner stands before the word */
    double whole;                 /* to take off where the whole name was said */
    double sure; /* to take off for each unit by which the log-odds of the call are above `usual` */
    double usual;
};

/* NULL and *err if the file cannot be read, or is none that beside.py writes. */
struct beside *beside_load(const char *path, struct san_error *err);
/* NULL is allowed. */
void beside_free(struct beside *beside);

/* Of a normalised word; one that nobody has said in the patterns has the score of unknown words. */
double beside_score(const struct beside *beside, const char *word, enum beside_place place);
/* Do commands lead up to a name with that word and a determiner: "lock the"? */
bool beside_leads(const struct beside *beside, const char *word);
const struct beside_weights *beside_weights(const struct beside *beside);

#endif
