/* worker.c - see worker.h. */
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TOOLS_FILE_MAX = 1 << 20 };

/* A tool set, and what people may read of it. */
struct tool_set {
    struct san_tools *tools;
    cJSON *list;
};

struct worker {
    uv_loop_t *loop;
    struct san_model *model;
    struct san_session *session;
    struct tool_set set;
    struct tool_set next_set; /* takes over when the running job is back */
    uv_work_t work;
    struct worker_job *running;
    struct worker_job *first, *last; /* waiting */
    size_t waiting;
};

/* ---- tools ---- */

static char *read_text(const char *path, size_t *len, struct san_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        san_fail(err, SAN_EIO, "%s: %s", path, strerror(errno));
        return NULL;
    }
    char *text = malloc(TOOLS_FILE_MAX + 1);
    ssize_t got = -1;
    *len = 0;
    while (text && *len <= TOOLS_FILE_MAX && (got = read(fd, text + *len, TOOLS_FILE_MAX + 1 - *len)) > 0)
        *len += (size_t)got;
    close(fd);
    if (text && got == 0)
        return text;
    if (got > 0)
        san_fail(err, SAN_ELIMIT, "%s: larger than %d bytes", path, TOOLS_FILE_MAX);
    else
        san_fail(err, SAN_EIO, "%s: %s", path, text ? strerror(errno) : "out of memory");
    free(text);
    return NULL;
}

static void clear_set(struct tool_set *set)
{
    san_tools_free(set->tools);
    cJSON_Delete(set->list);
    *set = (struct tool_set){0};
}

/* The text has passed san_tools_load, so its shape is known. */
static cJSON *list_tools(const char *text, size_t len)
{
    cJSON *document = cJSON_ParseWithLength(text, len);
    cJSON *list = cJSON_DetachItemFromObjectCaseSensitive(document, "tools");
    cJSON_Delete(document);
    return list;
}

static enum san_status load_set(
    const struct san_model *model, const char *path, struct tool_set *set, struct san_error *err)
{
    size_t len;
    char *text = read_text(path, &len, err);
    if (!text)
        return SAN_EIO;
    struct san_error reason = {0};
    set->tools = san_tools_load(model, text, len, &reason);
    if (set->tools)
        set->list = list_tools(text, len);
    else
        san_fail(err, reason.status, "%.120s: %.180s", path, reason.text);
    free(text);
    return set->tools ? SAN_OK : reason.status;
}

enum san_status worker_reload_tools(struct worker *worker, const char *tools_path, struct san_error *err)
{
    struct tool_set fresh = {0};
    enum san_status status = load_set(worker->model, tools_path, &fresh, err);
    if (status != SAN_OK)
        return status;
    struct tool_set *target = worker->running ? &worker->next_set : &worker->set;
    clear_set(target);
    *target = fresh;
    return SAN_OK;
}

/* ---- copying a result out of the session, on the worker's thread ---- */

static const char *copy_text(struct san_arena *arena, const char *text)
{
    return text ? san_arena_strndup(arena, text, strlen(text)) : NULL;
}

static bool copy_call(struct san_arena *arena, struct san_call *out, const struct san_call *call)
{
    *out = *call;
    struct san_arg *args = san_arena_alloc(arena, call->arg_count * sizeof(*args));
    out->tool = copy_text(arena, call->tool);
    if (!args || !out->tool)
        return false;
    for (size_t i = 0; i < call->arg_count; i++) {
        args[i] = call->args[i];
        args[i].slot = copy_text(arena, call->args[i].slot);
        args[i].text = copy_text(arena, call->args[i].text ? call->args[i].text : "");
        if (!args[i].slot || !args[i].text)
            return false;
    }
    out->args = args;
    return true;
}

static bool copy_steps(struct san_arena *arena, struct san_result *out, const struct san_result *result)
{
    struct san_step *steps = san_arena_alloc(arena, result->step_count * sizeof(*steps));
    if (!steps)
        return false;
    for (size_t i = 0; i < result->step_count; i++) {
        steps[i] = result->steps[i];
        steps[i].token = copy_text(arena, result->steps[i].token);
        steps[i].second = copy_text(arena, result->steps[i].second);
    }
    out->steps = steps;
    return true;
}

static bool copy_result(struct san_arena *arena, struct san_result *out, const struct san_result *result)
{
    *out = *result;
    out->normalized = copy_text(arena, result->normalized);
    struct san_call *calls = san_arena_alloc(arena, result->call_count * sizeof(*calls));
    if (!calls || !out->normalized)
        return false;
    for (size_t i = 0; i < result->call_count; i++)
        if (!copy_call(arena, &calls[i], &result->calls[i]))
            return false;
    out->calls = calls;
    return copy_steps(arena, out, result);
}

/* ---- jobs ---- */

static void run_job(uv_work_t *work)
{
    struct worker *worker = work->data;
    struct worker_job *job = worker->running;
    job->queue_ms = (double)(uv_hrtime() - job->submitted) / 1e6;
    const struct san_result *result = NULL;
    job->status = san_parse(worker->session, worker->set.tools, &job->request, &result, &job->error);
    if (job->status != SAN_OK)
        return;
    if (!copy_result(job->arena, &job->result, result))
        job->status = san_fail(&job->error, SAN_ENOMEM, "out of memory");
}

static void start_next(struct worker *worker);

static void after_job(uv_work_t *work, int status)
{
    struct worker *worker = work->data;
    struct worker_job *job = worker->running;
    worker->running = NULL;
    if (status == UV_ECANCELED)
        job->status = san_fail(&job->error, SAN_EINVAL, "hearthd is stopping");
    if (worker->next_set.tools) {
        clear_set(&worker->set);
        worker->set = worker->next_set;
        worker->next_set = (struct tool_set){0};
    }
    start_next(worker);
    job->done(job);
}

static void start_next(struct worker *worker)
{
    if (worker->running || !worker->first)
        return;
    worker->running = worker->first;
    worker->first = worker->first->next;
    worker->waiting--;
    worker->work.data = worker;
    uv_queue_work(worker->loop, &worker->work, run_job, after_job);
}

bool worker_submit(struct worker *worker, struct worker_job *job)
{
    if (worker->waiting >= WORKER_QUEUE_MAX)
        return false;
    job->next = NULL;
    job->submitted = uv_hrtime();
    if (worker->first)
        worker->last->next = job;
    else
        worker->first = job;
    worker->last = job;
    worker->waiting++;
    start_next(worker);
    return true;
}

/* ---- life ---- */

struct worker *worker_new(
    uv_loop_t *loop, const char *model_path, const char *tools_path, unsigned threads, struct san_error *err)
{
    struct worker *worker = calloc(1, sizeof(*worker));
    if (!worker) {
        san_fail(err, SAN_ENOMEM, "out of memory");
        return NULL;
    }
    worker->loop = loop;
    worker->model = san_model_open(model_path, err);
    if (!worker->model)
        goto failed;
    if (load_set(worker->model, tools_path, &worker->set, err) != SAN_OK)
        goto failed;
    worker->session = san_session_new(
        worker->model, &(struct san_options){.threads = threads, .cache_bytes = SAN_CACHE_BYTES}, err);
    if (!worker->session)
        goto failed;
    return worker;
failed:
    worker_free(worker);
    return NULL;
}

void worker_free(struct worker *worker)
{
    if (!worker)
        return;
    san_session_free(worker->session);
    clear_set(&worker->set);
    clear_set(&worker->next_set);
    san_model_close(worker->model);
    free(worker);
}

void worker_model_info(const struct worker *worker, struct san_model_info *info)
{
    san_model_info(worker->model, info);
}

const cJSON *worker_tools(const struct worker *worker)
{
    return worker->set.list;
}
