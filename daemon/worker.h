/* worker.h - understanding on another thread: a job goes out with all that it needs, and comes back with a
 * value.
 *
 * Owns the model, the tools and one session. Jobs run one after the other, in the order in which they came,
 * on libuv's pool.
 */
#ifndef HEARTHD_WORKER_H
#define HEARTHD_WORKER_H

#include <cjson/cJSON.h>
#include <uv.h>

#include "inference/arena.h"
#include "inference/san.h"

enum {
    WORKER_QUEUE_MAX = 192
}; /* 128 Wyoming clients and others; at some milliseconds each, the last waits a second */

struct worker;

struct worker_job {
    /* In; everything lives until done is called. While the job is out, its arena is the worker's. */
    struct san_request request;
    struct san_arena *arena;
    void (*done)(struct worker_job *job); /* on the loop thread */
    void *data;
    /* Out, in the arena. */
    enum san_status status;
    struct san_error error;
    struct san_result result; /* a deep copy */
    double queue_ms;          /* from submit to the start of the work */
    /* The worker's own. */
    struct worker_job *next;
    uint64_t submitted;
};

/* Opens the model and compiles the tools. NULL and *err on failure. */
struct worker *worker_new(
    uv_loop_t *loop, const char *model_path, const char *tools_path, unsigned threads, struct san_error *err);
/* After the loop has run out. */
void worker_free(struct worker *worker);

/* False if the queue is full: the job was not taken. */
bool worker_submit(struct worker *worker, struct worker_job *job);

/* Reads the tools again; jobs that run now keep the old ones. On failure the old ones stay, and *err says
 * why. */
enum san_status worker_reload_tools(struct worker *worker, const char *tools_path, struct san_error *err);

/* What the model is; pointers live as long as the worker. */
void worker_model_info(const struct worker *worker, struct san_model_info *info);
/* [{"name","description","parameters"}] as the file has them; lives until the loop's next turn. NULL if out
 * of memory. */
const cJSON *worker_tools(const struct worker *worker);

#endif
