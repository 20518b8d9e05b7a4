/* hand_over.c - see hand_over.h. */
#include "hand_over.h"

static void add_slot(struct home_call *call, const char *slot, const char *value)
{
    if (value[0] && !home_call_arg(call, slot) && call->arg_count < HOME_ARGS_MAX)
        call->args[call->arg_count++] = (struct home_arg){.slot = slot, .text = value};
}

void hand_over_tell_apart(struct registry *registry, struct utterance *utterance, struct action *action)
{
    const char *name = home_call_text(&action->call, "name");
    if (!name || action->resolved.count != 1)
        return;
    const struct reg_filter filter = {.name = name};
    struct home_entity *namesakes;
    size_t count;
    struct san_error error = {0};
    if (reg_entities(registry, &filter, utterance->arena, &namesakes, &count, &error) != SAN_OK || count < 2)
        return;
    const struct home_entity *meant = &action->resolved.entities[0];
    add_slot(&action->call, "area", meant->area);
    add_slot(&action->call, "domain", meant->domain);
}
