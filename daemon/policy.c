/* policy.c - see policy.h. The rules are a table: a tool, what it acts on, and the key of the configuration
 * that guards it. */
#include "policy.h"

#include <string.h>

#include "understand.h"

/* A row holds for a call when all of it fits; NULL fits all. `opening` rows hold only for calls that open: a
 * step down or position 0 closes. */
static const struct rule {
    const char *tool, *domain, *device_class;
    bool opening;
    const char *name;
    size_t guard; /* offset of the guard in struct config */
} rules[] = {
    {"HassTurnOff", "lock", NULL, false, "unlock", offsetof(struct config, unlock)},
    {"HassToggle", "lock", NULL, false, "unlock", offsetof(struct config, unlock)},
    {"HassLockOpen", "lock", NULL, false, "unlock", offsetof(struct config, unlock)},
    {"HassTurnOn", "cover", "garage", false, "open_garage", offsetof(struct config, open_garage)},
    {"HassTurnOn", "cover", "gate", false, "open_garage", offsetof(struct config, open_garage)},
    {"HassTurnOn", "cover", "door", false, "open_garage", offsetof(struct config, open_garage)},
    {"HassToggle", "cover", "garage", false, "open_garage", offsetof(struct config, open_garage)},
    {"HassToggle", "cover", "gate", false, "open_garage", offsetof(struct config, open_garage)},
    {"HassToggle", "cover", "door", false, "open_garage", offsetof(struct config, open_garage)},
    {"HassSetPosition", "cover", "garage", true, "open_garage", offsetof(struct config, open_garage)},
    {"HassSetPosition", "cover", "gate", true, "open_garage", offsetof(struct config, open_garage)},
    {"HassSetPosition", "cover", "door", true, "open_garage", offsetof(struct config, open_garage)},
    {"HassTurnOn", "valve", NULL, false, "open_valve", offsetof(struct config, open_valve)},
    {"HassToggle", "valve", NULL, false, "open_valve", offsetof(struct config, open_valve)},
    {"HassSetPosition", "valve", NULL, true, "open_valve", offsetof(struct config, open_valve)},
    {"HassAlarmDisarm", NULL, NULL, false, "disarm", offsetof(struct config, disarm)},
};

/* Does the call move something towards open? A number, or a step: "up", "down", signed. */
static bool opens(const struct home_call *call)
{
    const struct home_arg *position = home_call_arg(call, "position");
    if (position)
        return !position->is_number || position->number > 0;
    const struct home_arg *step = home_call_arg(call, "position_step");
    if (step)
        return step->is_number ? step->number > 0 : strcmp(step->text, "down") != 0;
    return true;
}

static bool fits(const struct rule *rule, const struct home_call *call, const struct home_entity *entity)
{
    return strcmp(rule->tool, call->tool) == 0 &&
           (!rule->domain || strcmp(rule->domain, entity->domain) == 0) &&
           (!rule->device_class || strcmp(rule->device_class, entity->device_class) == 0) &&
           (!rule->opening || opens(call));
}

static const struct rule *find_rule(const struct home_call *call, const struct home_entity *entity)
{
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
        if (fits(&rules[i], call, entity))
            return &rules[i];
    return NULL;
}

const char *policy_class(const struct home_call *call, const struct home_entity *entity)
{
    const struct rule *rule = find_rule(call, entity);
    return rule ? rule->name : NULL;
}

double policy_enough(const struct config *config, const char *tool, bool sensitive)
{
    if (understand_is_question(tool))
        return config->question_confidence;
    return sensitive ? config->sensitive_confidence : config->min_confidence;
}

enum policy_verdict policy_band(
    const struct config *config, const char *tool, bool sensitive, double confidence)
{
    if (confidence >= policy_enough(config, tool, sensitive))
        return POLICY_ALLOW;
    bool asks = confidence >= config->ask_confidence && !understand_is_question(tool);
    return asks ? POLICY_ASK : POLICY_UNSURE;
}

enum policy_verdict policy_check(const struct config *config, const struct home_call *call,
    const struct home_entity *entity, double confidence, bool confirmed)
{
    const struct rule *rule = find_rule(call, entity);
    int guard = rule ? *(const int *)((const char *)config + rule->guard) : GUARD_ALLOW;
    if (guard == GUARD_REFUSE)
        return POLICY_REFUSE;
    if (confirmed) /* the yes answers the doubt, too */
        return POLICY_ALLOW;
    if (guard == GUARD_ALLOW)
        return policy_band(config, call->tool, rule != NULL, confidence);
    /* what is asked in any case need not be surer than anything else */
    enum policy_verdict band = policy_band(config, call->tool, false, confidence);
    return band == POLICY_ALLOW ? POLICY_CONFIRM : band;
}
