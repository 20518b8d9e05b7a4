/* ha_reader.c - see ha_reader.h. */
#include "ha_reader.h"

#include <stdlib.h>

struct waiting {
    struct waiting *next;
    char *text;
    size_t len;
};

/* One message on the other thread, with all that it needs. */
struct job {
    uv_work_t work;
    struct ha_reader *reader; /* NULL: nobody wants it any more */
    char *text;
    size_t len;
    struct ha_message message;
    struct san_error error;
};

struct ha_reader {
    uv_loop_t *loop;
    struct ha_reader_handlers handlers;
    struct job *out; /* NULL: nothing is being read */
    struct waiting *first, **last;
    size_t waiting_bytes;
};

static void deliver(struct ha_reader *reader, struct ha_message *message, const struct san_error *error)
{
    if (error->status == SAN_OK)
        reader->handlers.message(reader->handlers.data, message);
    else
        reader->handlers.failed(reader->handlers.data, error->text);
    ha_message_clear(message);
}

static void read_here(struct ha_reader *reader, char *text, size_t len)
{
    struct ha_message message;
    struct san_error error = {.text = ""};
    ha_message_parse(text, len, &message, &error);
    free(text);
    deliver(reader, &message, &error);
}

/* ---- on the other thread ---- */

static void drain(struct ha_reader *reader);

static void read_there(uv_work_t *work)
{
    struct job *job = work->data;
    ha_message_parse(job->text, job->len, &job->message, &job->error);
    free(job->text);
}

static void after_read(uv_work_t *work, int status)
{
    struct job *job = work->data;
    struct ha_reader *reader = job->reader;
    (void)status; /* such a job is never cancelled */
    if (reader) {
        reader->out = NULL;
        deliver(reader, &job->message, &job->error);
        drain(reader);
    } else {
        ha_message_clear(&job->message);
    }
    free(job);
}

static void hand_over(struct ha_reader *reader, char *text, size_t len)
{
    struct job *job = calloc(1, sizeof(*job));
    if (!job) {
        free(text);
        reader->handlers.failed(reader->handlers.data, "out of memory");
        return;
    }
    *job = (struct job){.reader = reader, .text = text, .len = len, .work = {.data = job}};
    reader->out = job;
    uv_queue_work(reader->loop, &job->work, read_there, after_read);
}

/* ---- in order ---- */

static void read_message(struct ha_reader *reader, char *text, size_t len)
{
    if (len <= HA_READ_HERE_MAX)
        read_here(reader, text, len);
    else
        hand_over(reader, text, len);
}

/* A handler may drop what waits. */
static void drain(struct ha_reader *reader)
{
    while (reader->first && !reader->out) {
        struct waiting *next = reader->first;
        reader->first = next->next;
        if (!reader->first)
            reader->last = &reader->first;
        reader->waiting_bytes -= next->len;
        read_message(reader, next->text, next->len);
        free(next);
    }
}

static void wait_behind(struct ha_reader *reader, char *text, size_t len)
{
    struct waiting *message =
        len <= HA_READER_WAITING_MAX - reader->waiting_bytes ? malloc(sizeof(*message)) : NULL;
    if (!message) {
        free(text);
        reader->handlers.failed(reader->handlers.data, "it sends faster than can be read");
        return;
    }
    *message = (struct waiting){.text = text, .len = len};
    *reader->last = message;
    reader->last = &message->next;
    reader->waiting_bytes += len;
}

void ha_reader_take(struct ha_reader *reader, char *text, size_t len)
{
    if (reader->out)
        wait_behind(reader, text, len);
    else
        read_message(reader, text, len);
}

/* ---- life ---- */

struct ha_reader *ha_reader_new(uv_loop_t *loop, const struct ha_reader_handlers *handlers)
{
    struct ha_reader *reader = calloc(1, sizeof(*reader));
    if (!reader)
        return NULL;
    reader->loop = loop;
    reader->handlers = *handlers;
    reader->last = &reader->first;
    return reader;
}

void ha_reader_drop(struct ha_reader *reader)
{
    if (reader->out)
        reader->out->reader = NULL;
    reader->out = NULL;
    for (struct waiting *message = reader->first, *next; message; message = next) {
        next = message->next;
        free(message->text);
        free(message);
    }
    reader->first = NULL;
    reader->last = &reader->first;
    reader->waiting_bytes = 0;
}

void ha_reader_free(struct ha_reader *reader)
{
    if (!reader)
        return;
    ha_reader_drop(reader);
    free(reader);
}
