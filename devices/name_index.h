/* name_index.h - names by their words, found also when misspoken. Internal to devices/: what the shortlist
 * searches.
 *
 * Immutable once built. A query word meets a name's word when they are equal, singular and plural of each
 * other, one the beginning of the other, one letter apart, of equal sound, or when two words of one side are
 * one word of the other (bed room, bedroom).
 */
#ifndef HEARTH_NAME_INDEX_H
#define HEARTH_NAME_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inference/text.h"

enum { NAME_WORDS_MAX = 16 }; /* of one name that count */

struct name_entry {
    const char *kind; /* "area", "floor", or a domain */
    const char *text; /* as people write it */
    const char *norm; /* its words, joined by spaces */
    const char *name; /* the canonical name that it stands for */
    int64_t area_id;  /* of the entity; 0 none, -1 several */
};

struct name_index;

/* Starts an index. Entries are copied by name_index_add; name_index_build ends the adding. NULL or false: out
 * of memory. */
struct name_index *name_index_new(void);
void name_index_free(struct name_index *index);
/* An entry of equal kind and words is merged into the first one. */
bool name_index_add(struct name_index *index, const struct name_entry *entry);
bool name_index_build(struct name_index *index);
size_t name_index_count(const struct name_index *index);
const struct name_entry *name_index_entry(const struct name_index *index, size_t i);

struct name_match {
    uint32_t entry;
    double score; /* weight of the words met, times `share` */
    double share; /* of the name, by weight, that the words met are: 1 if it was wholly said */
};

/* Every entry that shares a telling word with the query, in no order; the array belongs to the index and
 * lives until its next search. */
const struct name_match *name_index_search(
    struct name_index *index, const struct san_words *words, size_t *count);

#endif
