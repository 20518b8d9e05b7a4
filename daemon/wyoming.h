/* wyoming.h - the frames of the Wyoming protocol, which voice assistants speak: bytes in, events out. No
 * sockets.
 *
 * A frame is a header, one line of JSON: {"type","version"?,"data"?,"data_length"?,"payload_length"?}; then
 * data_length bytes of a JSON object, whose members replace those of the header's data; then payload_length
 * bytes (audio, which nothing here wants: it is counted and dropped).
 *
 *     while ((step = wyoming_read(reader, &bytes, &len)) == WYOMING_EVENT)
 *         serve(wyoming_event(reader));
 *     if (step == WYOMING_BAD)
 *         say(wyoming_error(reader)), close;
 */
#ifndef HEARTHD_WYOMING_H
#define HEARTHD_WYOMING_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

enum {
    WYOMING_HEADER_MAX = 65536,     /* bytes of the header's line: what the protocol's own reader takes */
    WYOMING_DATA_MAX = 262144,      /* of the data block: a sentence needs hundreds */
    WYOMING_PAYLOAD_MAX = 64 << 20, /* of a payload: dropped, so it costs time alone */
    WYOMING_TYPE_MAX = 64,
    WYOMING_MEMBERS_MAX = 256, /* of the data: a real event has some ten */
};

struct wyoming_reader;

enum wyoming_step {
    WYOMING_MORE,  /* all bytes are used, and the event is not whole yet */
    WYOMING_EVENT, /* one event; the bytes behind it are not used yet */
    WYOMING_BAD,   /* no frame: nothing that follows can be understood */
};

struct wyoming_event {
    const char *type;
    const char *version; /* of the sender's library, or "" */
    const cJSON *data;   /* an object, never NULL */
};

/* NULL if out of memory. */
struct wyoming_reader *wyoming_reader_new(void);
void wyoming_reader_free(struct wyoming_reader *reader);

/* Uses bytes up to the end of one event, and advances *bytes and *len behind them. */
enum wyoming_step wyoming_read(struct wyoming_reader *reader, const char **bytes, size_t *len);
/* After WYOMING_EVENT; lives until the next wyoming_read. */
const struct wyoming_event *wyoming_event(const struct wyoming_reader *reader);
/* After WYOMING_BAD: what is wrong, and how it should be. */
const char *wyoming_error(const struct wyoming_reader *reader);
/* True in the middle of a frame: an end of the stream there cuts it. */
bool wyoming_within_frame(const struct wyoming_reader *reader);

/* One frame of *len bytes and a NUL, for free(): data (consumed; NULL or empty = none) in a block of its own,
 * as the protocol's own writer has it. NULL if out of memory. */
char *wyoming_frame(const char *type, cJSON *data, size_t *len);

/* True if version ("1.9.0") is at least major.minor; false for "" and for what is no version. */
bool wyoming_version_at_least(const char *version, unsigned major, unsigned minor);

#endif
