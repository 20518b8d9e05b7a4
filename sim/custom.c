/* custom.c - home-made things that announce nothing: a topic a command, a topic a state. devices.d describes
 * them.
 *
 * `commands` in home.json: command topic -> {"topic": state topic, "map": {payload: state}}; without a map
 * the payload is the state.
 */
#include <string.h>

#include "sim/sim.h"

static const cJSON *commands_of(const struct thing *thing)
{
    return cJSON_GetObjectItemCaseSensitive(thing->spec, "commands");
}

static void custom_subscribe(struct sim *sim, const struct thing *thing)
{
    const cJSON *command;
    cJSON_ArrayForEach(command, commands_of(thing)) sim_subscribe(sim, command->string);
}

static bool custom_command(
    struct sim *sim, struct thing *thing, const char *topic, const char *payload, bool *report)
{
    (void)sim;
    const cJSON *command = cJSON_GetObjectItemCaseSensitive(commands_of(thing), topic);
    if (!command)
        return false;
    const char *state_topic = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(command, "topic"));
    const cJSON *map = cJSON_GetObjectItemCaseSensitive(command, "map");
    const char *state = map ? cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(map, payload)) : payload;
    *report = state && state_topic && state_set_text(thing, state_topic, state);
    return true;
}

static void custom_report(struct sim *sim, const struct thing *thing)
{
    const cJSON *value;
    cJSON_ArrayForEach(value, thing->state) sim_publish(sim, value->string, value->valuestring, true);
}

static void custom_available(struct sim *sim, const struct thing *thing, bool online)
{
    const char *topic = thing_text(thing, "availability");
    if (topic[0])
        sim_publish(sim, topic, online ? "online" : "offline", true);
}

const struct publisher publisher_custom = {
    .name = "custom",
    .subscribe = custom_subscribe,
    .command = custom_command,
    .report = custom_report,
    .available = custom_available,
};
