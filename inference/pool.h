/* pool.h - a few threads that share one loop at a time.
 *
 * Made for loops of some microseconds: between two of them the workers spin for a moment before they sleep.
 * The caller works too, and takes what the workers do not come to: where they get no core, it does all alone
 * and waits for nobody. One pool, one caller at a time.
 */
#ifndef SAN_POOL_H
#define SAN_POOL_H

#include <stddef.h>

struct san_pool;

enum { SAN_THREADS_MAX = 64 };

/* Does the part [begin, end) of a loop; worker < threads is its own at that time, 0 the caller. */
typedef void san_pool_fn(void *data, unsigned worker, size_t begin, size_t end);

/* threads >= 2, the caller included. NULL if out of memory or threads. */
struct san_pool *san_pool_new(unsigned threads);
/* Waits for the workers to end. NULL is allowed. */
void san_pool_free(struct san_pool *pool);

/* Calls fn on parts that cover [0, count) once, and returns when all are done. No part is shorter
 * than grain >= 1, if the whole is not; who does which is left to chance. Without a pool (NULL), or if one
 * part is all: by the caller. */
void san_pool_run(struct san_pool *pool, san_pool_fn *fn, void *data, size_t count, size_t grain);

#endif
