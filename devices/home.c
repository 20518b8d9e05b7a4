/* home.c - the domains that there are; looking into a call. */
#include "home.h"

#include <string.h>

#include "similar.h"

static const char *const domains[] = {"light", "switch", "fan", "cover", "lock", "valve", "climate",
    "water_heater", "humidifier", "media_player", "vacuum", "lawn_mower", "scene", "script", "automation",
    "button", "select", "number", "text", "input_boolean", "siren", "alarm_control_panel", "sensor",
    "binary_sensor", "person", "device_tracker", "weather", "todo", "camera", "update", "event"};
enum { DOMAINS = sizeof domains / sizeof domains[0] };

bool home_domain_is_known(const char *domain)
{
    for (size_t i = 0; i < DOMAINS; i++)
        if (strcmp(domains[i], domain) == 0)
            return true;
    return false;
}

const char *home_domain_nearest(const char *domain)
{
    const char *best = domains[0];
    double best_score = 0;
    for (size_t i = 0; i < DOMAINS; i++) {
        double score = similar_text(domain, domains[i]);
        if (score > best_score) {
            best_score = score;
            best = domains[i];
        }
    }
    return best;
}

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
