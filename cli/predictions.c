/* predictions.c - see predictions.h. */
#include "cli/predictions.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/calls_json.h"

struct predictions {
    FILE *file;
    char *path;
};

struct predictions *predictions_create(const char *path, struct san_error *err)
{
    struct predictions *file = calloc(1, sizeof(*file));
    if (!file || !(file->path = strdup(path))) {
        san_fail(err, SAN_ENOMEM, "out of memory");
        free(file);
        return NULL;
    }
    file->file = fopen(path, "w");
    if (file->file)
        return file;
    san_fail(err, SAN_EIO, "%s: %s", path, strerror(errno));
    free(file->path);
    free(file);
    return NULL;
}

enum san_status predictions_close(struct predictions *file, struct san_error *err)
{
    if (!file)
        return SAN_OK;
    bool failed = ferror(file->file) != 0;
    failed |= fclose(file->file) != 0;
    enum san_status status = SAN_OK;
    if (failed)
        status = san_fail(err, SAN_EIO, "%s: %s", file->path, strerror(errno));
    free(file->path);
    free(file);
    return status;
}

/* ---- a line ---- */

static cJSON *calls_array(const struct home_call *calls, size_t count)
{
    cJSON *array = cJSON_CreateArray();
    for (size_t i = 0; i < count; i++)
        cJSON_AddItemToArray(array, call_to_json(&calls[i]));
    return array;
}

/* All that the network wrote, also what is not acted on: how sure, how right, and why not. */
static cJSON *heard_array(const struct offline_result *result, const bool *right)
{
    cJSON *array = cJSON_CreateArray();
    for (size_t i = 0; i < result->understood.call_count; i++) {
        const struct understood_call *call = &result->understood.calls[i];
        cJSON *object = call_to_json(&call->call);
        cJSON_AddNumberToObject(object, "confidence", call->confidence);
        cJSON_AddBoolToObject(object, "right", right[i]);
        cJSON_AddBoolToObject(object, "question", understand_is_question(call->call.tool));
        if (result->kept_back[i][0])
            cJSON_AddStringToObject(object, "kept_back", result->kept_back[i]);
        cJSON_AddItemToArray(array, object);
    }
    return array;
}

/* The prompt as the network read it: the words, the speaker's room, and [kind, name] of each item. */
static void add_prompt(cJSON *line, const struct understand_request *prepared)
{
    cJSON_AddStringToObject(line, "words", prepared->normalized);
    cJSON_AddStringToObject(line, "area", prepared->area);
    cJSON *items = cJSON_AddArrayToObject(line, "items");
    for (size_t i = 0; i < prepared->request.item_count; i++) {
        const char *const item[] = {prepared->request.items[i].kind, prepared->request.items[i].text};
        cJSON_AddItemToArray(items, cJSON_CreateStringArray(item, 2));
    }
}

/* The tokens as [id, [ids that were allowed]]. */
static void add_steps(cJSON *line, const struct san_result *network)
{
    cJSON *steps = cJSON_AddArrayToObject(line, "steps");
    for (size_t i = 0; i < network->step_count; i++) {
        const struct san_step *step = &network->steps[i];
        cJSON *pair = cJSON_CreateArray();
        cJSON_AddItemToArray(pair, cJSON_CreateNumber(step->id));
        cJSON_AddItemToArray(pair, cJSON_CreateIntArray(step->ids, (int)step->allowed));
        cJSON_AddItemToArray(steps, pair);
    }
}

void predictions_write(struct predictions *file, const struct eval_case *one, const struct score_case *scored,
    const struct offline_result *result, const bool *right)
{
    cJSON *line = cJSON_CreateObject();
    cJSON_AddStringToObject(line, "id", one->id);
    cJSON_AddItemToObject(line, "calls", calls_array(scored->got, scored->got_count));
    cJSON_AddNumberToObject(line, "confidence", result ? result->understood.confidence : 0.0);
    cJSON_AddNumberToObject(line, "ms", scored->ms);
    cJSON_AddBoolToObject(line, "exact", scored->exact);
    if (result)
        cJSON_AddItemToObject(line, "heard", heard_array(result, right));
    if (result && result->network->step_count > 0) {
        add_prompt(line, &result->prepared);
        add_steps(line, result->network);
    }
    char *text = cJSON_PrintUnformatted(line);
    if (text)
        fprintf(file->file, "%s\n", text);
    cJSON_free(text);
    cJSON_Delete(line);
}

/* ---- reading ---- */

cJSON *predictions_read(const char *path, struct san_error *err)
{
    struct cases *file = cases_open(path, err);
    cJSON *old = file ? cJSON_CreateObject() : NULL;
    struct eval_case line;
    int more = 0;
    while (old && (more = cases_next(file, &line, err)) == 1)
        cJSON_AddItemToObject(old, line.id, calls_array(line.calls, line.call_count));
    cases_close(file);
    if (more < 0) {
        cJSON_Delete(old);
        return NULL;
    }
    return old;
}
