/* ha_lists.h - all that Home Assistant is asked of its home: the lists, in their order, what is made of them,
 * and the states that change meanwhile.
 *
 * Knows nothing of connections: it asks and fails through those whom it is given.
 */
#ifndef HEARTHD_HA_LISTS_H
#define HEARTHD_HA_LISTS_H

#include "ha_import.h"
#include "ha_message.h"

struct ha_lists_to {
    void *data;
    /* Sends a request, and returns its id; 0 if the connection is given up. fields is consumed. */
    unsigned (*ask)(void *data, const char *type, cJSON *fields);
    void (*gathered)(void *data); /* every answer is there */
    void (*done)(void *data, const struct ha_counts *counts);
    void (*failed)(void *data, const char *why); /* why is for people */
};

struct ha_lists;

/* NULL if out of memory. */
struct ha_lists *ha_lists_new(struct hearthd *daemon, const struct ha_lists_to *to);
/* Asks for everything, anew. */
void ha_lists_read(struct ha_lists *lists);
/* The result of one of its requests; false if it is none of them. Content may be detached. */
bool ha_lists_take(struct ha_lists *lists, const struct ha_message *message);
/* A state that has changed: a state object, or NULL where there is none any more. */
void ha_lists_state(struct ha_lists *lists, const char *entity_id, const cJSON *state);
/* The connection is gone: what is under way is forgotten, and nothing is known of any entity. */
void ha_lists_lose(struct ha_lists *lists);
/* Before the loop has run out. */
void ha_lists_stop(struct ha_lists *lists);
/* After the loop has run out; NULL is allowed. */
void ha_lists_free(struct ha_lists *lists);

#endif
