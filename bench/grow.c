/* grow.c - see grow.h. */
#include "bench/grow.h"

#include <stdio.h>

enum san_status grow_home(struct registry *registry, int count, struct san_error *err)
{
    static const char *const rooms[] = {"North", "South", "East", "West", "Upper", "Lower", "Main", "Guest",
        "Old", "New", "Left", "Right", "Inner", "Outer", "Front", "Back"};
    static const char *const things[] = {"lamp", "light", "plug", "sensor", "blind", "fan", "spot", "heater",
        "speaker", "strip", "pump", "valve", "button", "relay", "meter", "panel"};
    static const char *const domains[] = {"light", "light", "switch", "sensor", "cover", "fan", "light",
        "climate", "media_player", "light", "switch", "valve", "button", "switch", "sensor", "switch"};
    enum san_status status = reg_begin(registry, err);
    for (int i = 0; i < count && status == SAN_OK; i++) {
        char name[96], key[32];
        int thing = i % 16;
        snprintf(name, sizeof name, "%s wing %d %s %d", rooms[i / 16 % 16], i / 256 % 40, things[thing], i);
        snprintf(key, sizeof key, "grown:%d", i);
        struct reg_entity_in in = {.unique_key = key, .name = name, .domain = domains[thing]};
        status = reg_put_entity(registry, &in, NULL, err);
    }
    return status == SAN_OK ? reg_commit(registry, err) : status;
}
