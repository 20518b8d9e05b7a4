/* calls_json.c - see calls_json.h. */
#include "daemon/calls_json.h"

#include <stdio.h>
#include <string.h>

enum { CALLS_MAX = 64 }; /* of one utterance, in a case file; the network writes at most SAN_CALLS_MAX */

cJSON *call_to_json(const struct home_call *call)
{
    cJSON *object = cJSON_CreateObject();
    if (!object || !cJSON_AddStringToObject(object, "name", call->tool))
        goto failed;
    cJSON *arguments = cJSON_AddObjectToObject(object, "arguments");
    if (!arguments)
        goto failed;
    for (size_t i = 0; i < call->arg_count; i++) {
        const struct home_arg *arg = &call->args[i];
        const cJSON *added = arg->is_number ? cJSON_AddNumberToObject(arguments, arg->slot, arg->number)
                                            : cJSON_AddStringToObject(arguments, arg->slot, arg->text);
        if (!added)
            goto failed;
    }
    return object;

failed:
    cJSON_Delete(object);
    return NULL;
}

static char *copy(struct san_arena *arena, const char *text)
{
    return san_arena_strndup(arena, text, strlen(text));
}

static enum san_status read_arg(const cJSON *value, const char *where, struct san_arena *arena,
    struct home_arg *out, struct san_error *err)
{
    char number[32];
    const char *text = value->valuestring;
    if (cJSON_IsNumber(value)) {
        snprintf(number, sizeof(number), "%.12g", value->valuedouble);
        text = number;
        out->number = value->valuedouble;
        out->is_number = true;
    } else if (cJSON_IsBool(value)) {
        text = cJSON_IsTrue(value) ? "true" : "false";
    } else if (!cJSON_IsString(value)) {
        return san_fail(err, SAN_EFORMAT, "%s: argument \"%s\" must be a string, a number or a boolean",
            where, value->string);
    }
    out->slot = copy(arena, value->string);
    out->text = copy(arena, text);
    if (!out->slot || !out->text)
        return san_fail(err, SAN_ENOMEM, "out of memory for a call");
    return SAN_OK;
}

static enum san_status read_call(const cJSON *object, const char *where, struct san_arena *arena,
    struct home_call *out, struct san_error *err)
{
    const cJSON *name = cJSON_GetObjectItemCaseSensitive(object, "name");
    if (!cJSON_IsString(name) || name->valuestring[0] == '\0')
        return san_fail(err, SAN_EFORMAT, "%s: a call needs \"name\", the tool's name", where);
    out->tool = copy(arena, name->valuestring);
    if (!out->tool)
        return san_fail(err, SAN_ENOMEM, "out of memory for a call");
    const cJSON *arguments = cJSON_GetObjectItemCaseSensitive(object, "arguments");
    if (arguments && !cJSON_IsObject(arguments))
        return san_fail(err, SAN_EFORMAT, "%s: \"arguments\" of %s must be an object", where, out->tool);
    const cJSON *value;
    cJSON_ArrayForEach(value, arguments)
    {
        if (out->arg_count == HOME_ARGS_MAX)
            return san_fail(
                err, SAN_ELIMIT, "%s: %s has more than %d arguments", where, out->tool, HOME_ARGS_MAX);
        enum san_status status = read_arg(value, where, arena, &out->args[out->arg_count], err);
        if (status != SAN_OK)
            return status;
        out->arg_count++;
    }
    return SAN_OK;
}

enum san_status calls_from_json(const cJSON *array, const char *where, struct san_arena *arena,
    struct home_call **out, size_t *count, struct san_error *err)
{
    if (!cJSON_IsArray(array))
        return san_fail(err, SAN_EFORMAT, "%s: \"calls\" must be an array", where);
    size_t n = (size_t)cJSON_GetArraySize(array);
    if (n > CALLS_MAX)
        return san_fail(err, SAN_ELIMIT, "%s: %zu calls; at most %d are allowed", where, n, CALLS_MAX);
    *out = san_arena_alloc(arena, n * sizeof(**out));
    *count = 0;
    if (!*out)
        return san_fail(err, SAN_ENOMEM, "out of memory for %zu calls", n);
    const cJSON *object;
    cJSON_ArrayForEach(object, array)
    {
        enum san_status status = read_call(object, where, arena, &(*out)[*count], err);
        if (status != SAN_OK)
            return status;
        (*count)++;
    }
    return SAN_OK;
}
