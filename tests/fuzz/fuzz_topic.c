/* fuzz_topic.c - a filter up to the first NUL and a topic behind it: the same judgement as libmosquitto's. */
#include <mosquitto.h>
#include <stdint.h>
#include <string.h>

#include "devices/topic.h"
#include "inference/arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *nul = size ? memchr(data, 0, size) : NULL;
    size_t len = nul ? (size_t)(nul - data) : size;
    if (!nul || !len || memchr(nul + 1, 0, size - len - 1) || size > 1024)
        return 0;
    struct san_arena *arena = san_arena_new(4096, 0);
    const char *filter = san_arena_strndup(arena, (const char *)data, len);
    const char *topic = san_arena_strndup(arena, (const char *)nul + 1, size - len - 1);
    bool valid = mosquitto_sub_topic_check(filter) == MOSQ_ERR_SUCCESS;
    bool matches = false;
    if (valid != topic_filter_is_valid(filter))
        __builtin_trap();
    if (valid && *topic && mosquitto_pub_topic_check(topic) == MOSQ_ERR_SUCCESS &&
        mosquitto_topic_matches_sub(filter, topic, &matches) == MOSQ_ERR_SUCCESS &&
        matches != topic_matches(filter, topic))
        __builtin_trap();
    san_arena_free(arena);
    return 0;
}
