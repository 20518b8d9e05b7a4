/* policy.h - may this be done? Confidence, and the commands that could let somebody in or flood the house. */
#ifndef HEARTHD_POLICY_H
#define HEARTHD_POLICY_H

#include "config.h"
#include "devices/home.h"

enum policy_verdict {
    POLICY_ALLOW,
    POLICY_ASK,     /* sure enough to ask whether that was meant */
    POLICY_UNSURE,  /* not even that */
    POLICY_CONFIRM, /* ask first */
    POLICY_REFUSE,
};

/* The name of the sensitive class that this call falls into for this entity ("unlock", "open_garage",
 * "open_valve", "disarm"), as the configuration spells it; NULL if it is not sensitive. */
const char *policy_class(const struct home_call *call, const struct home_entity *entity);

/* How sure a call of that tool must be to be acted on; sensitive: policy_class has a name for it. */
double policy_enough(const struct config *config, const char *tool, bool sensitive);

/* Where that confidence lies: act (POLICY_ALLOW), ask (from ask_confidence on; questions are never asked
 * about), or neither (POLICY_UNSURE). */
enum policy_verdict policy_band(
    const struct config *config, const char *tool, bool sensitive, double confidence);

/* For one entity. confirmed: somebody has said yes to exactly this. */
enum policy_verdict policy_check(const struct config *config, const struct home_call *call,
    const struct home_entity *entity, double confidence, bool confirmed);

#endif
