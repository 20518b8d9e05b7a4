/* checkpoint.c - see checkpoint.h. */
#include "checkpoint.h"

#include <stdlib.h>

#include "devices/registry.h"
#include "log.h"

struct checkpoint {
    struct hearthd *daemon;
    uv_check_t check; /* looks, after each turn of the loop */
    uv_work_t job;
    struct san_error error; /* of the job */
    bool out, stopped;
};

static void write_back(uv_work_t *job)
{
    struct checkpoint *checkpoint = job->data;
    checkpoint->error = (struct san_error){0};
    reg_checkpoint(reg_file(checkpoint->daemon->registry), &checkpoint->error); /* its path never changes */
}

/* Nothing is lost where it fails: the journal keeps what it has, and the next one tries again. */
static void after_write_back(uv_work_t *job, int status)
{
    struct checkpoint *checkpoint = job->data;
    checkpoint->out = false;
    if (status == 0 && checkpoint->error.status != SAN_OK)
        log_warning("registry: %s", checkpoint->error.text);
}

static void on_check(uv_check_t *check)
{
    struct checkpoint *checkpoint = check->data;
    if (checkpoint->out || !reg_checkpoint_is_due(checkpoint->daemon->registry))
        return;
    reg_checkpoint_begins(checkpoint->daemon->registry);
    checkpoint->out =
        uv_queue_work(checkpoint->daemon->loop, &checkpoint->job, write_back, after_write_back) == 0;
}

struct checkpoint *checkpoint_new(struct hearthd *daemon)
{
    struct checkpoint *checkpoint = calloc(1, sizeof(*checkpoint));
    if (!checkpoint)
        return NULL;
    checkpoint->daemon = daemon;
    uv_check_init(daemon->loop, &checkpoint->check);
    checkpoint->check.data = checkpoint->job.data = checkpoint;
    uv_check_start(&checkpoint->check, on_check);
    reg_leave_checkpoints(daemon->registry);
    return checkpoint;
}

void checkpoint_stop(struct checkpoint *checkpoint)
{
    if (!checkpoint || checkpoint->stopped)
        return;
    checkpoint->stopped = true;
    uv_close((uv_handle_t *)&checkpoint->check, NULL);
}

void checkpoint_free(struct checkpoint *checkpoint)
{
    free(checkpoint);
}
