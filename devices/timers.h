/* timers.h - timers on disk: what hearthd promised to say later, also across a restart. */
#ifndef HEARTH_TIMERS_H
#define HEARTH_TIMERS_H

#include "registry.h"

/* One timer. It runs if end_ms is set, else it is paused. */
struct reg_timer {
    int64_t id;
    const char *name;    /* "pizza", or "" */
    const char *area;    /* where it was started, or "" */
    const char *command; /* an utterance to act on at the end, or "" */
    const char *calls;   /* what that comes to, a JSON array; "": it is understood when it is due */
    int64_t total_ms;    /* as it was started: "the five minute timer" */
    int64_t end_ms;      /* Unix time; 0: paused */
    int64_t left_ms;     /* of a paused one */
};

/* Inserts (id 0) and gives the id, or updates the row of that id. On disk when it returns. */
enum san_status reg_timer_put(struct registry *registry, struct reg_timer *timer, struct san_error *err);
/* SAN_OK also when there is none. */
enum san_status reg_timer_remove(struct registry *registry, int64_t id, struct san_error *err);
/* All of them, by id. */
enum san_status reg_timers(struct registry *registry, struct san_arena *arena, struct reg_timer **out,
    size_t *count, struct san_error *err);

#endif
