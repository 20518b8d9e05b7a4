/* pipeline.h - the way of one utterance, step by step. */
#ifndef HEARTHD_PIPELINE_H
#define HEARTHD_PIPELINE_H

#include "hearthd.h"
#include "utterance.h"

struct pipeline;

enum pipeline_verdict {
    PIPELINE_TAKEN,
    PIPELINE_BUSY,      /* too many under way */
    PIPELINE_DUPLICATE, /* this id was here a moment ago */
    PIPELINE_NO_MEMORY,
};

/* daemon's parts up to the inventory must be there. NULL if out of memory. */
struct pipeline *pipeline_new(struct hearthd *daemon);
/* Ends what is under way: what waits for devices is reported as it stands, what waits for the worker as
 * failed. Before the loop has run out. */
void pipeline_stop(struct pipeline *pipeline);
/* After the loop has run out. */
void pipeline_free(struct pipeline *pipeline);

/* Takes an utterance; in->reply is called once, later or from within. Only PIPELINE_TAKEN takes it. */
enum pipeline_verdict pipeline_say(struct pipeline *pipeline, const struct utterance_in *in);

/* Who asked with this reply_data has left: the reply is not called any more, and what has not been published
 * stays so. */
void pipeline_abandon(struct pipeline *pipeline, const void *reply_data);

/* For status pages. */
size_t pipeline_count(const struct pipeline *pipeline); /* utterances ended so far */
double pipeline_median_ms(
    const struct pipeline *pipeline); /* arrival to publish (or answer), of the last 256; 0 without any */

#endif
