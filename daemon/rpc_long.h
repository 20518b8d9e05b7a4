/* rpc_long.h - answers that take long where there are thousands of entities: made beside the loop. Internal
 * to rpc_*.c.
 *
 * First the registry is read on another thread, over a connection of its own; then, on the loop and a few
 * milliseconds at each of its turns, what it does not hold is looked up (live states); then the answer is
 * made and printed on another thread again. What its connection asks meanwhile waits.
 */
#ifndef HEARTHD_RPC_LONG_H
#define HEARTHD_RPC_LONG_H

#include "devices/registry.h"
#include "rpc.h"

/* What the steps work on. */
struct rpc_long {
    struct hearthd *daemon; /* for look and its like alone: the loop's */
    struct registry *registry;
    struct san_arena *arena;
    cJSON *result;            /* the answer: an object that each step may add to */
    struct home_entity *rows; /* of read, for look */
    size_t count;
    struct reg_filter filter; /* for rpc_long_read_rows; texts in the arena */
    cJSON *words;             /* a list for read; freed with the answer */
    int64_t id, limit;        /* of rows in the log */
};

/* Each may be NULL. */
struct rpc_long_steps {
    enum san_status (*read)(struct rpc_long *answer, struct san_error *err); /* on another thread */
    void (*look)(struct rpc_long *answer, struct home_entity *row);          /* on the loop */
    void (*look_last)(struct rpc_long *answer);                              /* on the loop, once */
    void (*make)(struct rpc_long *answer);                                   /* on another thread */
};

/* A new one, empty; NULL: out of memory, and the call is answered. */
struct rpc_long *rpc_long_new(struct hearthd *daemon, struct rpc_call *call);
/* Of one that is not started; the call is the caller's to answer. */
void rpc_long_free(struct rpc_long *answer);
/* Takes the steps, answers the call, and frees the answer. */
void rpc_long_start(struct rpc_long *answer, const struct rpc_long_steps *steps);

/* A text for the filter: in the arena; NULL of NULL. */
const char *rpc_long_keep(struct rpc_long *answer, const char *text);
/* A step `read`: the rows of the filter. */
enum san_status rpc_long_read_rows(struct rpc_long *answer, struct san_error *err);

#endif
