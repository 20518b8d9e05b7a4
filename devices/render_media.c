/* render_media.c - media players of devices.d: Home Assistant's MQTT has no such component (hearth-devices(5)
 * describes the keys). */
#include <math.h>
#include <string.h>

#include "devices/render_internal.h"

#define FIND(rows, tool) find_tool(rows, sizeof(rows) / sizeof(*(rows)), tool)

enum { VOLUME_STEP = 10 };

static enum san_status player_send(
    struct rendering *r, const char *payload_key, const char *word, const char *state)
{
    enum san_status status = send_word(r, "command_topic", "command_template", payload_key, word);
    if (status == SAN_OK && state)
        expect_state(r, state);
    return status;
}

/* "on" may show as idle or playing: nothing to expect. */
static enum san_status player_on(struct rendering *r)
{
    return player_send(r, "payload_on", "ON", NULL);
}

static enum san_status player_off(struct rendering *r)
{
    return player_send(r, "payload_off", "OFF", "off");
}

static enum san_status player_toggle(struct rendering *r)
{
    return now_is(r, "off") || now_is(r, "") ? player_on(r) : player_off(r);
}

static enum san_status player_pause(struct rendering *r)
{
    return player_send(r, "payload_pause", "PAUSE", "paused");
}

static enum san_status player_play(struct rendering *r)
{
    return player_send(r, "payload_play", "PLAY", "playing");
}

static enum san_status player_next(struct rendering *r)
{
    return player_send(r, "payload_next", "NEXT", NULL);
}

static enum san_status player_previous(struct rendering *r)
{
    return player_send(r, "payload_previous", "PREVIOUS", NULL);
}

static enum san_status player_mute_word(
    struct rendering *r, const char *payload_key, const char *word, const char *muted)
{
    bool own = view_has(r->view, "mute_command_topic");
    enum san_status status = send_word(
        r, own ? "mute_command_topic" : "command_topic", own ? NULL : "command_template", payload_key, word);
    if (status == SAN_OK)
        expect_text(r, "is_volume_muted", muted);
    return status;
}

static enum san_status player_mute(struct rendering *r)
{
    return player_mute_word(r, "payload_mute", "MUTE", "true");
}

static enum san_status player_unmute(struct rendering *r)
{
    return player_mute_word(r, "payload_unmute", "UNMUTE", "false");
}

static enum san_status player_volume_to(struct rendering *r, double percent)
{
    double scale = view_number(r->view, "volume_scale", 100);
    if (percent < 0 || percent > 100)
        return san_fail(r->err, SAN_ELIMIT, "a volume is 0 to 100 per cent, not %g", percent);
    if (!view_has(r->view, "volume_command_topic"))
        return cannot(r, "change its volume");
    double value = percent * scale / 100;
    value = scale > 1 ? round(value) : round(value * 100) / 100;
    enum san_status status = send_number(r, "volume_command_topic", "volume_command_template", value, NULL);
    if (status == SAN_OK)
        expect_number(r, "volume_level", percent, fmax(1, scale > 1 ? 50 / scale : 1));
    return status;
}

static enum san_status player_volume(struct rendering *r)
{
    double percent;
    enum san_status status = wanted_number(r, "volume_level", NULL, 0, "volume_level", 0, 100, &percent);
    return status == SAN_OK ? player_volume_to(r, percent) : status;
}

static enum san_status player_volume_step(struct rendering *r)
{
    double percent, step = view_number(r->view, "volume_step", VOLUME_STEP);
    enum san_status status =
        wanted_number(r, "volume_level", "volume_step", step, "volume_level", 0, 100, &percent);
    return status == SAN_OK ? player_volume_to(r, percent) : status;
}

static enum san_status player_search(struct rendering *r)
{
    const char *query = home_call_text(r->call, "search_query"),
               *kind = home_call_text(r->call, "media_class");
    if (!query)
        return san_fail(r->err, SAN_EINVAL, "%s for %.100s needs a search_query", r->call->tool, r->name);
    cJSON *extra = cJSON_CreateObject();
    if (!extra || !cJSON_AddStringToObject(extra, "query", query) ||
        (kind && !cJSON_AddStringToObject(extra, "media_class", kind))) {
        cJSON_Delete(extra);
        return san_fail(r->err, SAN_ENOMEM, "out of memory for %.100s", r->name);
    }
    enum san_status status =
        send_text(r, "play_media_command_topic", "play_media_command_template", query, extra);
    cJSON_Delete(extra);
    if (status == SAN_OK)
        expect_state(r, "playing");
    return status;
}

render_fn player_tool(const char *tool)
{
    static const struct tool_row rows[] = {{"HassTurnOn", player_on}, {"HassTurnOff", player_off},
        {"HassToggle", player_toggle}, {"HassMediaPause", player_pause}, {"HassMediaUnpause", player_play},
        {"HassMediaNext", player_next}, {"HassMediaPrevious", player_previous},
        {"HassMediaPlayerMute", player_mute}, {"HassMediaPlayerUnmute", player_unmute},
        {"HassSetVolume", player_volume}, {"HassSetVolumeRelative", player_volume_step},
        {"HassMediaSearchAndPlay", player_search}};
    return FIND(rows, tool);
}
