/* checkpoint.h - brings what the registry has written from its journal to its file, on another thread.
 *
 * A checkpoint waits for the disk twice, and a memory card takes its time.
 */
#ifndef HEARTHD_CHECKPOINT_H
#define HEARTHD_CHECKPOINT_H

#include "hearthd.h"

struct checkpoint;

/* daemon's registry must be there. NULL if out of memory. */
struct checkpoint *checkpoint_new(struct hearthd *daemon);
/* Before the loop has run out. */
void checkpoint_stop(struct checkpoint *checkpoint);
/* After the loop has run out, before the registry goes. */
void checkpoint_free(struct checkpoint *checkpoint);

#endif
