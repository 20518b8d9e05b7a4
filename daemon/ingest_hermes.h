/* ingest_hermes.h - the door for Rhasspy's family: Hermes' topics on the same broker.
 *
 * hearth plays one part, [hermes] role, never two: a sentence would be done twice.
 *
 *     listener   hermes/asr/textCaptured -> hearth acts -> hermes/tts/say        (no dialogue manager)
 *     nlu        hermes/nlu/query -> hearth understands -> hermes/intent/<tool> for each call, or
 *                hermes/nlu/intentNotRecognized                                  (others act)
 *     handler    hermes/nlu/query -> hearth acts -> hermes/dialogueManager/endSession with the reply
 *                (continueSession where it asks for a yes), or hermes/nlu/intentNotRecognized; without a
 *                session hermes/tts/say
 *
 * siteId says which room (satellites.h). Retained messages are old ones and are dropped.
 */
#ifndef HEARTHD_INGEST_HERMES_H
#define HEARTHD_INGEST_HERMES_H

#include <stdbool.h>
#include <stddef.h>

#include "hearthd.h"

enum {
    HERMES_PAYLOAD_MAX = 65536, /* a recogniser's message lists its tokens with their times */
    HERMES_ID_MAX = 128,
};

/* Subscribes, if the configuration gives hearth a part. */
void ingest_hermes_start(struct hearthd *daemon);
/* Takes a message of the topic that this part listens to; false if it is another topic. */
bool ingest_hermes_message(
    struct hearthd *daemon, const char *topic, const char *payload, size_t len, bool retained);

#endif
