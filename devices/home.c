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
