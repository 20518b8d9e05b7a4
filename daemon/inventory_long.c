/* inventory_long.c - state messages that take long to read: a bridge that tells of itself in a hundred
 * kilobytes, an attribute that is a list. See inventory_internal.h. */
#include "inventory_internal.h"

#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "mqtt.h"

/* A message on the other thread, with all that it needs. */
struct job {
    uv_work_t work;
    struct inventory *inventory;
    char *topic, *payload;
    size_t len;
    bool retained;
    struct state_payload *read;
    struct san_error error;
};

static void free_job(struct job *job)
{
    state_payload_free(job->read);
    free(job->topic);
    free(job->payload);
    free(job);
}

static void read_there(uv_work_t *work)
{
    struct job *job = work->data;
    job->read = state_payload_read(job->topic, job->payload, job->len, &job->error);
}

static void after_read(uv_work_t *work, int status)
{
    struct job *job = work->data;
    struct inventory *inventory = job->inventory;
    const struct state_message message = {job->topic, job->payload, job->len, job->retained, job->read};
    (void)status; /* such a job is never cancelled */
    if (!job->read)
        log_debug("state: %s", job->error.text);
    else if (!inventory->stopped)
        inventory_deliver(inventory, &message, inventory_take_state);
    free_job(job);
    mqtt_go_on(inventory->daemon->mqtt);
}

void inventory_take_long_state(struct inventory *inventory, const struct state_message *message)
{
    struct job *job = calloc(1, sizeof(*job));
    if (!job)
        return;
    *job = (struct job){.inventory = inventory,
        .topic = strdup(message->topic),
        .payload = malloc(message->len),
        .len = message->len,
        .retained = message->retained,
        .work = {.data = job}};
    if (!job->topic || !job->payload) {
        free_job(job);
        return;
    }
    memcpy(job->payload, message->payload, message->len);
    mqtt_hold(inventory->daemon->mqtt);
    uv_queue_work(inventory->daemon->loop, &job->work, read_there, after_read);
}
