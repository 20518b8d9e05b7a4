/* state.c - changes to a thing's state that several publishers make alike. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sim/sim.h"

bool state_set(struct thing *thing, const char *key, cJSON *value)
{
    if (value && cJSON_ReplaceItemInObjectCaseSensitive(thing->state, key, value))
        return true;
    cJSON_Delete(value);
    return false;
}

bool state_set_text(struct thing *thing, const char *key, const char *text)
{
    return state_set(thing, key, cJSON_CreateString(text));
}

bool state_set_number(struct thing *thing, const char *key, double number)
{
    return state_set(thing, key, cJSON_CreateNumber(number));
}

const char *state_text(const struct thing *thing, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(thing->state, key));
    return text ? text : "";
}

double state_number(const struct thing *thing, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(thing->state, key);
    return cJSON_IsNumber(item) ? item->valuedouble : 0.0;
}

bool state_switch(struct thing *thing, const char *key, const char *word)
{
    if (strcasecmp(word, "TOGGLE") == 0)
        word = strcmp(state_text(thing, key), "ON") == 0 ? "OFF" : "ON";
    if (strcasecmp(word, "ON") == 0)
        return state_set_text(thing, key, "ON");
    if (strcasecmp(word, "OFF") == 0)
        return state_set_text(thing, key, "OFF");
    return false;
}

bool state_move(struct thing *thing, const char *word)
{
    char *end;
    double position = strtod(word, &end);
    if (strcasecmp(word, "OPEN") == 0)
        position = 100;
    else if (strcasecmp(word, "CLOSE") == 0)
        position = 0;
    else if (strcasecmp(word, "STOP") == 0)
        position = state_number(thing, "position");
    else if (end == word || *end)
        return false;
    if (!(position >= 0 && position <= 100)) /* NaN too */
        return false;
    thing->target = position;
    thing->moving = true;
    return true;
}
