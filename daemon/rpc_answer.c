/* rpc_answer.c - see rpc_answer.h. */
#include <config.h>

#include "rpc_answer.h"

#include <string.h>

enum {
    ARENA_BLOCK = 65536,
    ARENA_LIMIT = 256 << 20, /* all rows of a registry of 20,000 entities */
};

void rpc_answer(struct rpc_call *call, cJSON *result)
{
    char *line = call->id ? jsonrpc_result(call->id, result) : NULL;
    if (!call->id)
        cJSON_Delete(result);
    call->done(call, line);
}

void rpc_answer_error(struct rpc_call *call, int code, const char *message, cJSON *data)
{
    char *line = call->id ? jsonrpc_error(call->id, code, message, data) : NULL;
    if (!call->id)
        cJSON_Delete(data);
    call->done(call, line);
}

/* A failed status from below: what the caller got wrong is refused, the rest is ours. */
void rpc_answer_status(struct rpc_call *call, const struct san_error *error)
{
    bool ours = error->status == SAN_ENOMEM || error->status == SAN_EIO;
    rpc_answer_error(call, ours ? JSONRPC_INTERNAL : JSONRPC_REFUSED, error->text, NULL);
}

void rpc_add(cJSON *object, const char *name, cJSON *member)
{
    if (!cJSON_AddItemToObject(object, name, member))
        cJSON_Delete(member);
}

void rpc_append(cJSON *array, cJSON *member)
{
    if (!cJSON_AddItemToArray(array, member))
        cJSON_Delete(member);
}

/* Text that was JSON when it was stored; null if it is not any more. */
void rpc_add_json(cJSON *object, const char *name, const char *text)
{
    cJSON *value = cJSON_Parse(text);
    rpc_add(object, name, value ? value : cJSON_CreateNull());
}

const char *rpc_text_of(const cJSON *params, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(params, name));
}

bool rpc_flag_of(const cJSON *params, const char *name)
{
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(params, name));
}

/* An arena for one method, or NULL with the call answered. */
struct san_arena *rpc_open_arena(struct rpc_call *call)
{
    struct san_arena *arena = san_arena_new(ARENA_BLOCK, ARENA_LIMIT);
    if (!arena)
        rpc_answer_error(call, JSONRPC_INTERNAL, "out of memory", NULL);
    return arena;
}
