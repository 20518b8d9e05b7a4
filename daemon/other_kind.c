/* other_kind.c - see other_kind.h. */
#include "other_kind.h"

#include <string.h>

#include "call_domain.h"
#include "devices/resolve.h"

/* The same fact as one domain and class has it, and as another; the states in which it holds and does not. */
struct telling {
    const char *domain, *device_class, *yes, *no;
};
static const struct telling alike[][2] = {
    {{"binary_sensor", "window", "on", "off"}, {"cover", "window", "open", "closed"}},
    {{"binary_sensor", "door", "on", "off"}, {"cover", "door", "open", "closed"}},
    {{"binary_sensor", "garage_door", "on", "off"}, {"cover", "garage", "open", "closed"}},
    {{"binary_sensor", "lock", "on", "off"}, {"lock", NULL, "unlocked", "locked"}},
    {{"binary_sensor", "update", "on", "off"}, {"update", NULL, "on", "off"}},
};

static bool is_text(const char *text, const char *other)
{
    return other ? text && strcmp(text, other) == 0 : !text;
}

static bool asks(const struct home_call *call, const struct telling *telling)
{
    return is_text(home_call_text(call, "domain"), telling->domain) &&
           is_text(home_call_text(call, "device_class"), telling->device_class);
}

static bool has_any(const struct understand *understand, const struct understand_request *prepared,
    const struct home_call *call, struct san_arena *arena)
{
    struct resolved resolved;
    return resolve_call(understand->registry, call, prepared->area, arena, &resolved, NULL) == SAN_OK &&
           resolved.count > 0;
}

/* The same question of the other kind; false if the call asks for a state that it does not have. */
static bool ask_other(
    const struct home_call *call, const struct telling *from, const struct telling *to, struct home_call *out)
{
    const char *state = home_call_text(call, "state");
    *out = *call;
    call_remove(out, "state");
    call_remove(out, "domain");
    call_remove(out, "device_class");
    if (state && !is_text(state, from->yes) && !is_text(state, from->no))
        return false;
    return (!state || call_put_text(out, "state", is_text(state, from->yes) ? to->yes : to->no)) &&
           (!to->device_class || call_put_text(out, "device_class", to->device_class)) &&
           call_put_text(out, "domain", to->domain);
}

/* The call as the home can answer it; false if it stays as it is. */
static bool find_other(const struct understand *understand, const struct understand_request *prepared,
    const struct home_call *call, struct san_arena *arena, struct home_call *out)
{
    for (size_t row = 0; row < sizeof(alike) / sizeof(*alike); row++)
        for (size_t side = 0; side < 2; side++)
            if (asks(call, &alike[row][side]) &&
                ask_other(call, &alike[row][side], &alike[row][1 - side], out) &&
                has_any(understand, prepared, out, arena))
                return true;
    return false;
}

void other_kind_apply(const struct understand *understand, const struct understand_request *prepared,
    struct understood *understood, struct san_arena *arena)
{
    for (size_t i = 0; i < understood->call_count; i++) {
        struct home_call *call = &understood->calls[i].call, other;
        bool group = strcmp(call->tool, "HassGetState") == 0 && !home_call_arg(call, "name");
        if (group && !has_any(understand, prepared, call, arena) &&
            find_other(understand, prepared, call, arena, &other))
            *call = other;
    }
}
