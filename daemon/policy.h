/* policy.h - may this be done? Confidence, and the commands that could let somebody in or flood the house. */
#ifndef HEARTHD_POLICY_H
#define HEARTHD_POLICY_H

#include "config.h"
#include "devices/home.h"

enum policy_verdict {
    POLICY_ALLOW,
    POLICY_UNSURE,  /* not confident enough */
    POLICY_CONFIRM, /* ask first */
    POLICY_REFUSE,
};

/* The name of the sensitive class that this call falls into for this entity ("unlock", "open_garage",
 * "open_valve", "disarm"), as the configuration spells it; NULL if it is not sensitive. */
const char *policy_class(const struct home_call *call, const struct home_entity *entity);

/* Before anything is looked up: is a call of that tool sure enough at all? */
enum policy_verdict policy_confidence(const struct config *config, const char *tool, double confidence);

/* For one entity. confirmed: somebody has said yes to exactly this. */
enum policy_verdict policy_check(const struct config *config, const struct home_call *call,
    const struct home_entity *entity, double confidence, bool confirmed);

#endif
