/* Any bytes as frames of Wyoming, in pieces whose sizes the first bytes say: the same events come out as from
 * one piece. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/wyoming.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A digest of all events, and how the stream ended. */
struct seen {
    uint64_t hash;
    size_t events;
    bool bad;
};

static void mix(struct seen *seen, const char *text)
{
    for (; *text; text++)
        seen->hash = (seen->hash ^ (unsigned char)*text) * 1099511628211u;
}

static void take(struct seen *seen, const struct wyoming_event *event)
{
    if (!event->type[0] || strlen(event->type) > WYOMING_TYPE_MAX || !cJSON_IsObject(event->data))
        abort();
    char *text = cJSON_PrintUnformatted(event->data);
    mix(seen, event->type);
    mix(seen, text);
    wyoming_version_at_least(event->version, 1, 9);
    free(text);
    seen->events++;
}

/* Feeds the bytes in pieces of these sizes, again and again. */
static struct seen feed(const char *bytes, size_t len, const uint8_t *sizes, size_t count)
{
    struct seen seen = {0};
    struct wyoming_reader *reader = wyoming_reader_new();
    for (size_t i = 0; len && !seen.bad; i++) {
        size_t piece = count ? (size_t)sizes[i % count] + 1 : len;
        piece = piece < len ? piece : len;
        const char *part = bytes;
        size_t left = piece;
        enum wyoming_step step;
        while ((step = wyoming_read(reader, &part, &left)) == WYOMING_EVENT)
            take(&seen, wyoming_event(reader));
        seen.bad = step == WYOMING_BAD;
        if (!seen.bad && left)
            abort();
        if (seen.bad && !wyoming_error(reader)[0])
            abort();
        bytes += piece;
        len -= piece;
    }
    wyoming_reader_free(reader);
    return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { SIZES = 4 };
    if (size < SIZES)
        return 0;
    const char *bytes = (const char *)data + SIZES;
    struct seen whole = feed(bytes, size - SIZES, NULL, 0), pieces = feed(bytes, size - SIZES, data, SIZES);
    if (whole.hash != pieces.hash || whole.events != pieces.events || whole.bad != pieces.bad)
        abort();
    return 0;
}
