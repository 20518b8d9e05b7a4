/* Any bytes as Home Assistant's side of its WebSocket API: as one message; as the lists that make a home,
 * entered as entities that are commanded; as a command on its way back; as an address. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/ha_message.h"
#include "daemon/websocket.h"
#include "devices/ha_entity.h"
#include "devices/ha_home.h"
#include "devices/json_text.h"
#include "devices/render.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const cJSON *member(const cJSON *object, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(object, key);
}

static void fuzz_message(const char *text, size_t len)
{
    struct ha_message message;
    struct san_error error = {.text = ""};
    if (ha_message_parse(text, len, &message, &error) != SAN_OK) {
        if (!error.text[0] || message.root)
            abort();
        return;
    }
    if (!message.root || !message.text ||
        ((message.type == HA_RESULT || message.type == HA_EVENT) && !message.id))
        abort();
    ha_message_clear(&message);
}

/* Every command that is rendered for such an entity must be readable as an action. */
static void fuzz_entity(
    const struct discovered *found, const char *state, size_t len, struct san_arena *arena)
{
    static const char *const tools[] = {"HassTurnOn", "HassTurnOff", "HassLightSet", "HassSetPosition",
        "HassClimateSetTemperature", "HassClimateSetMode"};
    const char *problem;
    struct entity_view *view = entity_view_new(found->domain, found->config, &problem, NULL);
    struct home_state now;
    char topic[160];
    bool changed;
    if (!view)
        abort();
    home_state_init(&now);
    entity_view_start(view, &now);
    snprintf(topic, sizeof(topic), "%s%s", HA_TOPIC, found->entity_id);
    state_apply_bytes(view, &now, topic, state, len, &changed, NULL);
    for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++) {
        struct home_call call = {.tool = tools[i],
            .args = {{.slot = "brightness", .text = "40", .number = 40, .is_number = true},
                {.slot = "position", .text = "40", .number = 40, .is_number = true},
                {.slot = "temperature", .text = "40", .number = 40, .is_number = true},
                {.slot = "mode", .text = "heat"}},
            .arg_count = 4};
        struct rendered out;
        struct ha_action action;
        if (render_call(view, "It", &now, &call, arena, &out, NULL) != SAN_OK)
            continue;
        for (size_t k = 0; k < out.command_count; k++) {
            if (!ha_action_parse(out.commands[k].topic, out.commands[k].payload, &action))
                abort();
            cJSON_Delete(action.data);
        }
    }
    home_state_clear(&now);
    entity_view_free(view);
}

static void fuzz_home(const cJSON *json, struct san_arena *arena)
{
    const struct ha_answers answers = {member(json, "config"), member(json, "floors"), member(json, "areas"),
        member(json, "devices"), member(json, "exposed"), member(json, "entries"), member(json, "states")};
    struct ha_home home;
    struct san_error error = {.text = ""};
    cJSON_Delete(ha_exposed_ids(answers.exposed));
    if (ha_home_read(&answers, arena, &home, &error) != SAN_OK) {
        if (!error.text[0])
            abort();
        return;
    }
    for (size_t i = 0; i < home.entity_count && i < 8; i++) {
        const cJSON *state = cJSON_GetArrayItem(answers.states, (int)i);
        char *text = cJSON_PrintUnformatted(state);
        fuzz_entity(&home.entities[i].found, text, strlen(text), arena);
        free(text);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    struct san_arena *arena = san_arena_new(4096, 16 << 20);
    struct websocket_url url;
    struct ha_action action;
    memcpy(text, data, size);
    text[size] = '\0';
    fuzz_message(text, size);
    cJSON *json = json_parse(text, size, HA_DEPTH_MAX, NULL);
    if (json)
        fuzz_home(json, arena);
    if (ha_action_parse(HA_TOPIC "light.a", text, &action))
        cJSON_Delete(action.data);
    if (websocket_url_parse(text, &url, NULL) == SAN_OK && (!url.host[0] || url.port < 1 || url.port > 65535))
        abort();
    cJSON_Delete(json);
    san_arena_free(arena);
    free(text);
    return 0;
}
