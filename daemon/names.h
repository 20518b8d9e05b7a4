/* names.h - keeps the shortlist's index of names up to date in a large home, on another thread.
 *
 * A small home's index is renewed at the first search after a change (devices/shortlist.h). From some hundred
 * names on that would hold up everything else, so searches go on in the old index for the half second or so
 * that a new one takes.
 */
#ifndef HEARTHD_NAMES_H
#define HEARTHD_NAMES_H

#include "hearthd.h"

struct names;

/* daemon's shortlist must be there. NULL if out of memory. */
struct names *names_new(struct hearthd *daemon);
/* Before the loop has run out. */
void names_stop(struct names *names);
/* After the loop has run out, before the shortlist goes. */
void names_free(struct names *names);

#endif
