/* fuzz_discovery.c - any bytes as a discovery message, a device message and a devices.d file. */
#include <stdint.h>
#include <string.h>

#include "devices/discovery.h"

static void check(enum san_status status, const struct discovered *found, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (status != SAN_OK || !found[i].unique_key || !found[i].domain || !found[i].problem)
            __builtin_trap();
        if (found[i].config &&
            (strlen(found[i].config) > HOME_CONFIG_MAX || strlen(found[i].name) > HOME_NAME_MAX))
            __builtin_trap();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const topics[] = {"homeassistant/light/a/config", "homeassistant/device/a/config",
        "homeassistant/climate/a/b/config", "homeassistant/cover/a/config", "homeassistant/update/a/config"};
    struct san_arena *arena = san_arena_new(65536, 64 << 20);
    struct discovered *found;
    struct san_error err;
    size_t count;
    const char *unused;
    for (size_t i = 0; i < sizeof(topics) / sizeof(*topics); i++) {
        enum san_status status = discovery_parse(
            "homeassistant", topics[i], (const char *)data, size, arena, &found, &count, &unused, &err);
        check(status, found, count);
        san_arena_reset(arena);
    }
    enum san_status status =
        discovery_parse_file((const char *)data, size, "f.json", arena, &found, &count, &err);
    check(status, found, count);
    san_arena_free(arena);
    return 0;
}
