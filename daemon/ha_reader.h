/* ha_reader.h - Home Assistant's messages, read in the order in which they came; long ones on another thread.
 *
 * The states of a large home are megabytes of JSON. While such a message is read, those behind it wait.
 */
#ifndef HEARTHD_HA_READER_H
#define HEARTHD_HA_READER_H

#include <uv.h>

#include "ha_message.h"

enum {
    HA_READ_HERE_MAX = 32768,         /* bytes; what is shorter is read at once, in less than a millisecond */
    HA_READER_WAITING_MAX = 32 << 20, /* bytes behind the one being read; two of the longest messages */
};

struct ha_reader_handlers {
    void *data;
    /* Lives for the call; its content may be detached. */
    void (*message)(void *data, const struct ha_message *message);
    /* A message that is none, or too many of them; why is for people. */
    void (*failed)(void *data, const char *why);
};

struct ha_reader;

/* NULL if out of memory. */
struct ha_reader *ha_reader_new(uv_loop_t *loop, const struct ha_reader_handlers *handlers);
/* text, from malloc, is the reader's from now on. A handler may be called from inside, and from the loop
 * later. */
void ha_reader_take(struct ha_reader *reader, char *text, size_t len);
/* Forgets what waits and what is being read: there is another connection, or none. */
void ha_reader_drop(struct ha_reader *reader);
/* After ha_reader_drop, while or after the loop runs out; NULL is allowed. */
void ha_reader_free(struct ha_reader *reader);

#endif
