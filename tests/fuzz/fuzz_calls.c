/* Any bytes as an array of calls: an error or calls, and what was read is written and read again alike. */
#include <stdlib.h>
#include <string.h>

#include "daemon/calls_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(const struct home_call *calls, size_t count, struct san_arena *arena)
{
    cJSON *array = cJSON_CreateArray();
    for (size_t i = 0; i < count; i++)
        cJSON_AddItemToArray(array, call_to_json(&calls[i]));
    struct home_call *again;
    size_t again_count;
    struct san_error err;
    if (calls_from_json(array, "again", arena, &again, &again_count, &err) != SAN_OK || again_count != count)
        abort();
    for (size_t i = 0; i < count; i++) {
        if (strcmp(calls[i].tool, again[i].tool) != 0 || calls[i].arg_count != again[i].arg_count)
            abort();
    }
    cJSON_Delete(array);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct san_arena *arena = san_arena_new(4096, 1 << 22);
    cJSON *json = cJSON_ParseWithLength((const char *)data, size);
    struct home_call *calls;
    size_t count;
    struct san_error err;
    if (calls_from_json(json, "fuzz", arena, &calls, &count, &err) == SAN_OK)
        check_again(calls, count, arena);
    cJSON_Delete(json);
    san_arena_free(arena);
    return 0;
}
