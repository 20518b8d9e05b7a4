/* wyoming.c - see wyoming.h. */
#include "wyoming.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jsonrpc.h"

enum { FIRST_SIZE = 512 };

enum part { PART_HEADER, PART_DATA, PART_PAYLOAD, PART_BROKEN };

struct wyoming_reader {
    enum part part;
    char *buffer; /* what has come of the part */
    size_t len, size;
    size_t data_length, payload_left;
    cJSON *header; /* owns type and version */
    cJSON *data;
    struct wyoming_event event;
    bool delivered; /* the event was handed out: the next read begins anew */
    char error[192];
};

/* ---- life ---- */

struct wyoming_reader *wyoming_reader_new(void)
{
    return calloc(1, sizeof(struct wyoming_reader));
}

static void drop_event(struct wyoming_reader *reader)
{
    cJSON_Delete(reader->header);
    cJSON_Delete(reader->data);
    reader->header = reader->data = NULL;
    reader->event = (struct wyoming_event){0};
    reader->delivered = false;
    reader->len = 0;
}

void wyoming_reader_free(struct wyoming_reader *reader)
{
    if (!reader)
        return;
    drop_event(reader);
    free(reader->buffer);
    free(reader);
}

const struct wyoming_event *wyoming_event(const struct wyoming_reader *reader)
{
    return &reader->event;
}

const char *wyoming_error(const struct wyoming_reader *reader)
{
    return reader->error;
}

bool wyoming_within_frame(const struct wyoming_reader *reader)
{
    return !reader->delivered && (reader->part != PART_HEADER || reader->len);
}

/* ---- reading ---- */

static enum wyoming_step bad(struct wyoming_reader *reader, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static enum wyoming_step bad(struct wyoming_reader *reader, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(reader->error, sizeof(reader->error), format, args);
    va_end(args);
    reader->part = PART_BROKEN;
    return WYOMING_BAD;
}

/* The buffer grows with what has come, not with what was announced. */
static bool keep(struct wyoming_reader *reader, const char *bytes, size_t len)
{
    if (!len)
        return true;
    if (reader->len + len > reader->size) {
        size_t size = reader->size ? reader->size : FIRST_SIZE;
        while (size < reader->len + len)
            size *= 2;
        char *bigger = realloc(reader->buffer, size);
        if (!bigger)
            return false;
        reader->buffer = bigger;
        reader->size = size;
    }
    memcpy(reader->buffer + reader->len, bytes, len);
    reader->len += len;
    return true;
}

/* The member as a count of bytes; absent is 0. False if it is no count, or too large. */
static bool read_length(struct wyoming_reader *reader, const char *name, size_t most, size_t *out)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(reader->header, name);
    *out = 0;
    if (!value || cJSON_IsNull(value))
        return true;
    double number = cJSON_IsNumber(value) ? value->valuedouble : -1;
    if (!(number >= 0 && number <= (double)most) || floor(number) != number) {
        bad(reader, "the header's %s must be a whole number of bytes, 0 to %zu", name, most);
        return false;
    }
    *out = (size_t)number;
    return true;
}

static const char *text_member(const cJSON *object, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
    return text ? text : "";
}

/* The header's own data, or an empty object, becomes the event's. */
static bool take_inline_data(struct wyoming_reader *reader)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(reader->header, "data");
    if (value && !cJSON_IsObject(value) && !cJSON_IsNull(value))
        return bad(reader, "the header's data must be an object") != WYOMING_BAD;
    reader->data = cJSON_IsObject(value) ? cJSON_DetachItemFromObjectCaseSensitive(reader->header, "data")
                                         : cJSON_CreateObject();
    return reader->data || bad(reader, "out of memory") != WYOMING_BAD;
}

static bool take_header(struct wyoming_reader *reader)
{
    char why[96];
    if (reader->len && reader->buffer[reader->len - 1] == '\r')
        reader->len--;
    reader->header = jsonrpc_parse_value(reader->buffer, reader->len, why, sizeof(why));
    if (!reader->header)
        return bad(reader, "the header is no line of JSON: %s", why) != WYOMING_BAD;
    if (!cJSON_IsObject(reader->header))
        return bad(reader, "the header must be a JSON object") != WYOMING_BAD;
    reader->event.type = text_member(reader->header, "type");
    reader->event.version = text_member(reader->header, "version");
    size_t type_len = strlen(reader->event.type);
    if (!type_len || type_len > WYOMING_TYPE_MAX)
        return bad(reader, "the header needs a type, a text of 1 to %d bytes", WYOMING_TYPE_MAX) !=
               WYOMING_BAD;
    if (!read_length(reader, "data_length", WYOMING_DATA_MAX, &reader->data_length) ||
        !read_length(reader, "payload_length", WYOMING_PAYLOAD_MAX, &reader->payload_left) ||
        !take_inline_data(reader))
        return false;
    reader->len = 0;
    reader->part = PART_DATA;
    return true;
}

/* Members are looked up one by one: their number is limited for that, not for memory. */
static bool few_members(struct wyoming_reader *reader, const cJSON *object)
{
    size_t count = 0;
    for (const cJSON *member = object->child; member; member = member->next)
        count++;
    return count <= WYOMING_MEMBERS_MAX ||
           bad(reader, "an object of the frame has more than %d members", WYOMING_MEMBERS_MAX) != WYOMING_BAD;
}

/* Members of the block replace those of the header. */
static bool merge_data(struct wyoming_reader *reader)
{
    char why[96];
    cJSON *block = jsonrpc_parse_value(reader->buffer, reader->len, why, sizeof(why));
    if (!cJSON_IsObject(block)) {
        cJSON_Delete(block);
        return bad(reader, "the data block must be a JSON object%s%s", block ? "" : ": ", block ? "" : why) !=
               WYOMING_BAD;
    }
    bool good = few_members(reader, block) && few_members(reader, reader->data);
    while (good && block->child) {
        cJSON *member = cJSON_DetachItemViaPointer(block, block->child);
        cJSON_DeleteItemFromObjectCaseSensitive(reader->data, member->string);
        if (!cJSON_AddItemToObject(reader->data, member->string, member))
            cJSON_Delete(member);
    }
    cJSON_Delete(block);
    return good;
}

static void advance(const char **bytes, size_t *len, size_t used)
{
    *bytes += used;
    *len -= used;
}

/* Each part returns WYOMING_EVENT when it is complete. */
static enum wyoming_step read_header(struct wyoming_reader *reader, const char **bytes, size_t *len)
{
    const char *newline = memchr(*bytes, '\n', *len);
    size_t part = newline ? (size_t)(newline - *bytes) : *len;
    if (reader->len + part > WYOMING_HEADER_MAX)
        return bad(reader, "the header is longer than %d bytes", WYOMING_HEADER_MAX);
    if (!keep(reader, *bytes, part))
        return bad(reader, "out of memory");
    advance(bytes, len, newline ? part + 1 : part);
    if (!newline)
        return WYOMING_MORE;
    return take_header(reader) ? WYOMING_EVENT : WYOMING_BAD;
}

static enum wyoming_step read_data(struct wyoming_reader *reader, const char **bytes, size_t *len)
{
    size_t missing = reader->data_length - reader->len, part = *len < missing ? *len : missing;
    if (!keep(reader, *bytes, part))
        return bad(reader, "out of memory");
    advance(bytes, len, part);
    if (part < missing)
        return WYOMING_MORE;
    if (reader->data_length && !merge_data(reader))
        return WYOMING_BAD;
    reader->len = 0;
    reader->part = PART_PAYLOAD;
    return WYOMING_EVENT;
}

static enum wyoming_step drop_payload(struct wyoming_reader *reader, const char **bytes, size_t *len)
{
    size_t part = *len < reader->payload_left ? *len : reader->payload_left;
    advance(bytes, len, part);
    reader->payload_left -= part;
    if (reader->payload_left)
        return WYOMING_MORE;
    reader->part = PART_HEADER;
    return WYOMING_EVENT;
}

enum wyoming_step wyoming_read(struct wyoming_reader *reader, const char **bytes, size_t *len)
{
    if (reader->delivered)
        drop_event(reader);
    enum wyoming_step step = WYOMING_EVENT;
    if (reader->part == PART_BROKEN)
        return WYOMING_BAD;
    if (reader->part == PART_HEADER) {
        if (!*len)
            return WYOMING_MORE;
        step = read_header(reader, bytes, len);
    }
    if (step == WYOMING_EVENT && reader->part == PART_DATA)
        step = read_data(reader, bytes, len);
    if (step == WYOMING_EVENT && reader->part == PART_PAYLOAD)
        step = drop_payload(reader, bytes, len);
    if (step == WYOMING_EVENT) {
        reader->event.data = reader->data;
        reader->delivered = true;
    }
    return step;
}

/* ---- writing ---- */

char *wyoming_frame(const char *type, cJSON *data, size_t *len)
{
    char *block = data && data->child ? cJSON_PrintUnformatted(data) : NULL;
    bool lost = data && data->child && !block;
    cJSON_Delete(data);
    size_t block_len = block ? strlen(block) : 0;
    size_t size = strlen(type) + block_len + 64;
    char *frame = lost ? NULL : malloc(size);
    if (frame && block)
        *len = (size_t)snprintf(
            frame, size, "{\"type\":\"%s\",\"data_length\":%zu}\n%s", type, block_len, block);
    else if (frame)
        *len = (size_t)snprintf(frame, size, "{\"type\":\"%s\"}\n", type);
    free(block);
    return frame;
}

/* ---- versions ---- */

bool wyoming_version_at_least(const char *version, unsigned major, unsigned minor)
{
    unsigned has_major, has_minor;
    if (sscanf(version, "%4u.%4u", &has_major, &has_minor) != 2)
        return false;
    return has_major != major ? has_major > major : has_minor >= minor;
}
