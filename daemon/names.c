/* names.c - see names.h. */
#include "names.h"

#include <stdlib.h>

#include "log.h"

/* While publishers announce themselves, names change all the time: one index for a burst of changes. */
enum { PAUSE_MS = 300 };

struct names {
    struct hearthd *daemon;
    uv_check_t check; /* looks, after each turn of the loop */
    uv_timer_t pause;
    uv_work_t job;
    struct shortlist_work *work; /* out, or NULL */
    bool stopped;
};

static void build(uv_work_t *job)
{
    struct names *names = job->data;
    shortlist_build(names->work);
}

static void after_build(uv_work_t *job, int status)
{
    struct names *names = job->data;
    struct shortlist_work *work = names->work;
    struct san_error error = {0};
    names->work = NULL;
    /* one that was cancelled at the end has no index, and is only freed */
    if (shortlist_finish(names->daemon->shortlist, work, &error) != SAN_OK && status == 0)
        log_error("names: %s", error.text);
}

static void on_pause(uv_timer_t *timer)
{
    struct names *names = timer->data;
    struct san_error error = {0};
    names->work = shortlist_begin(names->daemon->shortlist, &error);
    if (!names->work) {
        log_error("names: %s", error.text);
        return;
    }
    names->job.data = names;
    uv_queue_work(names->daemon->loop, &names->job, build, after_build);
}

static void on_check(uv_check_t *check)
{
    struct names *names = check->data;
    if (names->work || uv_is_active((uv_handle_t *)&names->pause) ||
        !shortlist_is_behind(names->daemon->shortlist))
        return;
    uv_timer_start(&names->pause, on_pause, PAUSE_MS, 0);
}

struct names *names_new(struct hearthd *daemon)
{
    struct names *names = calloc(1, sizeof(*names));
    if (!names)
        return NULL;
    names->daemon = daemon;
    uv_check_init(daemon->loop, &names->check);
    uv_timer_init(daemon->loop, &names->pause);
    names->check.data = names->pause.data = names;
    uv_check_start(&names->check, on_check);
    shortlist_leave_behind(daemon->shortlist);
    return names;
}

void names_stop(struct names *names)
{
    if (!names || names->stopped)
        return;
    names->stopped = true;
    uv_close((uv_handle_t *)&names->check, NULL);
    uv_close((uv_handle_t *)&names->pause, NULL);
}

void names_free(struct names *names)
{
    free(names);
}
