/* rpc_long.c - see rpc_long.h. */
#include <config.h>

#include "rpc_long.h"

#include <stdlib.h>
#include <string.h>

#include "inventory.h"
#include "rpc_answer.h"

enum { TURN_NS = 2000000 }; /* of the loop's time, at each of its turns */

struct job {
    struct rpc_long answer; /* the first: what the steps see */
    const struct rpc_long_steps *steps;
    struct rpc_call *call;
    struct san_error error;
    size_t at; /* the next row to look at */
    char *line;
    uv_work_t work;
    uv_idle_t turn;
};

struct rpc_long *rpc_long_new(struct hearthd *daemon, struct rpc_call *call)
{
    struct job *job = calloc(1, sizeof(*job));
    if (!job) {
        rpc_answer_error(call, JSONRPC_INTERNAL, "out of memory", NULL);
        return NULL;
    }
    struct san_arena *arena = rpc_open_arena(call);
    if (!arena) {
        free(job);
        return NULL;
    }
    job->answer = (struct rpc_long){.daemon = daemon, .arena = arena, .result = cJSON_CreateObject()};
    job->call = call;
    return &job->answer;
}

const char *rpc_long_keep(struct rpc_long *answer, const char *text)
{
    return text ? san_arena_strndup(answer->arena, text, strlen(text)) : NULL;
}

enum san_status rpc_long_read_rows(struct rpc_long *answer, struct san_error *err)
{
    return reg_entities(answer->registry, &answer->filter, answer->arena, &answer->rows, &answer->count, err);
}

/* ---- the end ---- */

static void on_turn_closed(uv_handle_t *turn)
{
    free(turn->data);
}

static void finish(struct job *job)
{
    if (job->error.status == SAN_OK)
        job->call->done(job->call, job->line);
    else
        rpc_answer_status(job->call, &job->error);
    uv_close((uv_handle_t *)&job->turn, on_turn_closed);
}

/* What is large is freed where it was made. */
static void clear(struct job *job)
{
    if (job->answer.registry != job->answer.daemon->registry)
        reg_close(job->answer.registry);
    san_arena_free(job->answer.arena);
    cJSON_Delete(job->answer.result);
    cJSON_Delete(job->answer.words);
}

void rpc_long_free(struct rpc_long *answer)
{
    struct job *job = (struct job *)answer;
    clear(job);
    free(job);
}

/* ---- made ---- */

static void make_there(uv_work_t *work)
{
    struct job *job = work->data;
    if (job->error.status == SAN_OK && job->steps->make)
        job->steps->make(&job->answer);
    if (job->error.status == SAN_OK && job->call->id) {
        job->line = jsonrpc_result(job->call->id, job->answer.result);
        job->answer.result = NULL;
    }
    clear(job);
}

static void after_make(uv_work_t *work, int status)
{
    (void)status; /* such a job is never cancelled */
    finish(work->data);
}

/* ---- looked up ---- */

static void on_turn(uv_idle_t *turn)
{
    struct job *job = turn->data;
    struct rpc_long *answer = &job->answer;
    for (uint64_t until = uv_hrtime() + TURN_NS; job->at < answer->count && uv_hrtime() < until; job->at++)
        job->steps->look(answer, &answer->rows[job->at]);
    if (job->at < answer->count)
        return;
    if (job->error.status == SAN_OK && job->steps->look_last)
        job->steps->look_last(answer);
    uv_idle_stop(turn);
    uv_queue_work(answer->daemon->loop, &job->work, make_there, after_make);
}

/* ---- read ---- */

static void read_registry(struct job *job)
{
    if (job->answer.registry && job->steps->read)
        job->steps->read(&job->answer, &job->error);
}

static void read_there(uv_work_t *work)
{
    struct job *job = work->data;
    job->answer.registry = reg_open_beside(reg_file(job->answer.daemon->registry), &job->error);
    read_registry(job);
}

static void after_read(uv_work_t *work, int status)
{
    struct job *job = work->data;
    (void)status; /* such a job is never cancelled */
    if (job->error.status != SAN_OK || !job->steps->look)
        job->at = job->answer.count;
    uv_idle_start(&job->turn, on_turn);
}

/* A registry in memory has no file that another thread could read. */
static void answer_here(struct job *job)
{
    struct rpc_long *answer = &job->answer;
    answer->registry = answer->daemon->registry;
    read_registry(job);
    for (size_t i = 0; job->steps->look && i < answer->count; i++)
        job->steps->look(answer, &answer->rows[i]);
    if (job->error.status == SAN_OK && job->steps->look_last)
        job->steps->look_last(answer);
    make_there(&job->work);
    finish(job);
}

void rpc_long_start(struct rpc_long *answer, const struct rpc_long_steps *steps)
{
    struct job *job = (struct job *)answer;
    struct hearthd *daemon = answer->daemon;
    job->steps = steps;
    uv_idle_init(daemon->loop, &job->turn);
    job->work.data = job->turn.data = job;
    if (!reg_file(daemon->registry)) {
        answer_here(job);
        return;
    }
    job->call->hold(job->call);
    inventory_commit(daemon->inventory); /* another connection reads what is committed */
    uv_queue_work(daemon->loop, &job->work, read_there, after_read);
}
