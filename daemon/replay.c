/* replay.c - see replay.h. */
#include "replay.h"

#include <stdlib.h>
#include <string.h>

#include "devices/resolve.h"
#include "explanation.h"
#include "worker.h"

enum { ARENA_BLOCK = 16384, ARENA_LIMIT = 32 << 20 };

struct replay {
    struct hearthd *daemon;
    struct san_arena *arena;
    struct worker_job job;
    struct understand_request prepared;
    int64_t row_id;
    cJSON *then; /* the row's detail */
    replay_fn done;
    void *data;
};

static void end(struct replay *replay, cJSON *result, const struct san_error *error)
{
    replay->done(replay->data, result, error);
    cJSON_Delete(replay->then);
    san_arena_free(replay->arena);
    free(replay);
}

/* ---- the same? ---- */

/* What a call comes to, without how sure and by what evidence: those change with every model. */
static cJSON *essence(const cJSON *call)
{
    static const char *const keys[] = {"name", "arguments", "missing", "unproven", "overlooked"};
    cJSON *object = cJSON_CreateObject();
    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
        cJSON *copy = cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(call, keys[i]), true);
        if (copy && !cJSON_AddItemToObject(object, keys[i], copy))
            cJSON_Delete(copy);
    }
    return object;
}

static bool same_call(const cJSON *then, const cJSON *now)
{
    cJSON *left = essence(then), *right = essence(now);
    bool same = cJSON_Compare(left, right, true);
    cJSON_Delete(left);
    cJSON_Delete(right);
    return same;
}

static bool same_calls(const cJSON *then, const cJSON *now)
{
    const cJSON *left = cJSON_GetObjectItemCaseSensitive(then, "calls");
    const cJSON *right = cJSON_GetObjectItemCaseSensitive(now, "calls");
    int count = cJSON_GetArraySize(left);
    if (count != cJSON_GetArraySize(right))
        return false;
    for (int i = 0; i < count; i++)
        if (!same_call(cJSON_GetArrayItem(left, i), cJSON_GetArrayItem(right, i)))
            return false;
    return true;
}

static void answer(struct replay *replay, cJSON *now)
{
    cJSON *result = cJSON_CreateObject();
    cJSON_AddNumberToObject(result, "id", (double)replay->row_id);
    cJSON_AddBoolToObject(result, "same", same_calls(replay->then, now));
    if (cJSON_AddItemToObject(result, "then", replay->then))
        replay->then = NULL;
    if (!cJSON_AddItemToObject(result, "now", now))
        cJSON_Delete(now);
    end(replay, result, NULL);
}

/* ---- reading it ---- */

static void on_read(struct worker_job *job)
{
    struct replay *replay = job->data;
    struct understood understood;
    struct san_error error = job->error;
    if (job->status != SAN_OK || understand_finish(&replay->daemon->understand, &replay->prepared,
                                     &job->result, replay->arena, &understood, &error) != SAN_OK)
        end(replay, NULL, &error);
    else
        answer(replay, explanation_of_reading(&replay->prepared, &job->result, &understood, replay->arena));
}

/* False: *err says why. */
static bool submit(struct replay *replay, const char *text, struct san_error *err)
{
    const char *area = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(replay->then, "area"));
    if (understand_prepare(&replay->daemon->understand, text, area, replay->arena, &replay->prepared, err) !=
        SAN_OK)
        return false;
    replay->job = (struct worker_job){
        .request = replay->prepared.request, .arena = replay->arena, .done = on_read, .data = replay};
    replay->job.request.trace = true;
    if (worker_submit(replay->daemon->worker, &replay->job))
        return true;
    san_fail(err, SAN_ELIMIT, "too many utterances at once: try again");
    return false;
}

void replay_start(struct hearthd *daemon, const struct reg_audit *row, replay_fn done, void *data)
{
    struct san_error error = {0};
    struct replay *replay = calloc(1, sizeof(*replay));
    if (!replay) {
        san_fail(&error, SAN_ENOMEM, "out of memory");
        done(data, NULL, &error);
        return;
    }
    *replay = (struct replay){.daemon = daemon, .row_id = row->id, .done = done, .data = data};
    replay->arena = san_arena_new(ARENA_BLOCK, ARENA_LIMIT);
    replay->then = cJSON_Parse(row->detail);
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(replay->then, "read"));
    if (replay->then && !cJSON_GetObjectItemCaseSensitive(replay->then, "calls")) {
        san_fail(&error, SAN_EINVAL, "an older hearthd wrote this row: it cannot be replayed");
        end(replay, NULL, &error);
    } else if (!replay->arena || !replay->then) {
        san_fail(&error, SAN_ENOMEM, "out of memory, or the row is damaged");
        end(replay, NULL, &error);
    } else if (!text) { /* it ended before the network: a room that is not there, a no, a call by its name */
        answer(replay, cJSON_Duplicate(replay->then, true));
    } else if (!submit(replay, text, &error)) {
        end(replay, NULL, &error);
    }
}
