/* home.c - looking into a call. */
#include "home.h"

#include <string.h>

const struct home_arg *home_call_arg(const struct home_call *call, const char *slot)
{
    for (size_t i = 0; i < call->arg_count; i++)
        if (strcmp(call->args[i].slot, slot) == 0)
            return &call->args[i];
    return NULL;
}

const char *home_call_text(const struct home_call *call, const char *slot)
{
    const struct home_arg *arg = home_call_arg(call, slot);
    return arg != NULL ? arg->text : NULL;
}

bool home_call_asks_of_everything(const struct home_call *call)
{
    static const char *const narrower[] = {"name", "entity_id", "domain", "device_class"};
    for (size_t i = 0; i < sizeof(narrower) / sizeof(*narrower); i++)
        if (home_call_arg(call, narrower[i]) != NULL)
            return false;
    return strcmp(call->tool, "HassGetState") == 0 && home_call_arg(call, "state") != NULL;
}
