/* confidence.c - see confidence.h. */
#include "confidence.h"

#include <stdbool.h>

static const char from_key[] = "san.confidence.from", to_key[] = "san.confidence.to";

static enum san_status read_knots(
    const struct san_gguf *file, const char *key, float *out, size_t *count, struct san_error *err)
{
    enum san_status status = san_gguf_array_len(file, key, count, err);
    if (status != SAN_OK)
        return status;
    if (*count < 2 || *count > SAN_KNOTS_MAX)
        return san_fail(err, SAN_ELIMIT, "%s: %s has %zu knots; 2 to %d are read", san_gguf_name(file), key,
            *count, SAN_KNOTS_MAX);
    return san_gguf_array_f32(file, key, out, *count, err);
}

static bool is_monotone(const struct san_confidence *map)
{
    for (size_t i = 0; i < map->count; i++) {
        if (!(map->from[i] >= 0 && map->from[i] <= 1 && map->to[i] >= 0 && map->to[i] <= 1)) /* NaN too */
            return false;
        if (i > 0 && !(map->from[i] > map->from[i - 1] && map->to[i] >= map->to[i - 1]))
            return false;
    }
    return map->from[0] == 0 && map->from[map->count - 1] == 1;
}

enum san_status san_confidence_read(
    const struct san_gguf *file, struct san_confidence *out, struct san_error *err)
{
    size_t to_count;
    *out = (struct san_confidence){0};
    if (!san_gguf_has(file, from_key) && !san_gguf_has(file, to_key))
        return SAN_OK;
    enum san_status status = read_knots(file, from_key, out->from, &out->count, err);
    if (status == SAN_OK)
        status = read_knots(file, to_key, out->to, &to_count, err);
    if (status != SAN_OK)
        return status;
    if (out->count != to_count)
        return san_fail(err, SAN_EFORMAT, "%s: %s has %zu knots, %s has %zu: they go in pairs",
            san_gguf_name(file), from_key, out->count, to_key, to_count);
    if (!is_monotone(out))
        return san_fail(err, SAN_EFORMAT, "%s: %s must ascend from 0 to 1, and %s never fall within 0..1",
            san_gguf_name(file), from_key, to_key);
    return SAN_OK;
}

float san_confidence_of(const struct san_confidence *map, float product)
{
    size_t i = 1;
    if (map->count == 0)
        return product;
    while (i + 1 < map->count && product > map->from[i])
        i++;
    float part = (product - map->from[i - 1]) / (map->from[i] - map->from[i - 1]);
    float value = map->to[i - 1] + part * (map->to[i] - map->to[i - 1]);
    return value < map->to[i - 1] ? map->to[i - 1] : value > map->to[i] ? map->to[i] : value;
}
