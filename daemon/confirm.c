/* confirm.c - see confirm.h. */
#include "confirm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "devices/ha_entity.h"
#include "home_assistant.h"
#include "inventory.h"
#include "log.h"
#include "mqtt.h"
#include "phrases.h"

enum { TICK_MS = 50 }; /* how exactly a timeout is kept */

struct confirm {
    struct hearthd *daemon;
    void (*done)(void *data, struct utterance *utterance);
    void *data;
    struct utterance *waiting;
    uv_timer_t timer; /* runs while somebody waits */
    bool stopped;
};

/* ---- one target ---- */

static void end_target(struct target *target, enum outcome outcome, const char *problem)
{
    target->outcome = outcome;
    target->problem = problem;
    log_debug("utterance %s: %s %s", target->utterance->id, target->entity->entity_id, outcome_name(outcome));
}

/* An unavailable device's state is an old one: it proves nothing until it is reported anew. */
static void check_target(struct confirm *confirm, struct target *target)
{
    const struct home_state *state = inventory_state(confirm->daemon->inventory, target->entity->id);
    if (target->outcome != OUTCOME_PENDING || !state)
        return;
    if (target->rendered.expect_count) {
        if (state->available && render_confirmed(&target->rendered, state)) {
            inventory_refresh(confirm->daemon->inventory, target->entity, target->utterance->arena);
            end_target(target, OUTCOME_DONE, NULL);
        }
    } else if (!target->unacked) {
        end_target(target, OUTCOME_SENT, NULL);
    }
}

static void time_out_target(struct target *target)
{
    if (target->outcome != OUTCOME_PENDING)
        return;
    end_target(target, OUTCOME_SILENT, NULL);
}

/* ---- one utterance ---- */

/* How many targets have not ended yet. */
static size_t count_pending(const struct utterance *utterance)
{
    size_t pending = 0;
    for (size_t i = 0; i < utterance->action_count; i++)
        for (size_t j = 0; j < utterance->actions[i].target_count; j++)
            pending += utterance->actions[i].targets[j].outcome == OUTCOME_PENDING;
    return pending;
}

static void cancel_target(struct confirm *confirm, const struct target *target)
{
    for (size_t i = 0; i < RENDER_COMMANDS_MAX; i++) {
        if (!target->publishing[i])
            continue;
        if (ha_topic_is(target->rendered.commands[i].topic))
            home_assistant_cancel(confirm->daemon->home_assistant, target->publishing[i]);
        else
            mqtt_cancel(confirm->daemon->mqtt, target->publishing[i]);
    }
}

static void cancel_publishing(struct confirm *confirm, struct utterance *utterance)
{
    for (size_t i = 0; i < utterance->action_count; i++)
        for (size_t j = 0; j < utterance->actions[i].target_count; j++)
            cancel_target(confirm, &utterance->actions[i].targets[j]);
}

/* Ends the wait if nothing is pending any more. The utterance may be gone afterwards. */
static void settle(struct confirm *confirm, struct utterance *utterance)
{
    struct utterance **at = &confirm->waiting;
    while (*at && *at != utterance)
        at = &(*at)->next_waiting;
    if (!*at || count_pending(utterance))
        return;
    *at = utterance->next_waiting;
    cancel_publishing(confirm, utterance);
    if (!confirm->waiting && !confirm->stopped)
        uv_timer_stop(&confirm->timer);
    confirm->done(confirm->data, utterance);
}

static void on_state(void *data, int64_t id)
{
    struct confirm *confirm = data;
    for (struct utterance *utterance = confirm->waiting, *next; utterance; utterance = next) {
        next = utterance->next_waiting;
        for (size_t i = 0; i < utterance->action_count; i++)
            for (size_t j = 0; j < utterance->actions[i].target_count; j++)
                if (utterance->actions[i].targets[j].entity->id == id)
                    check_target(confirm, &utterance->actions[i].targets[j]);
        settle(confirm, utterance);
    }
}

static void time_out(struct confirm *confirm, struct utterance *utterance)
{
    for (size_t i = 0; i < utterance->action_count; i++)
        for (size_t j = 0; j < utterance->actions[i].target_count; j++)
            time_out_target(&utterance->actions[i].targets[j]);
    settle(confirm, utterance);
}

static void on_timer(uv_timer_t *timer)
{
    struct confirm *confirm = timer->data;
    uint64_t now = uv_now(confirm->daemon->loop);
    for (struct utterance *utterance = confirm->waiting, *next; utterance; utterance = next) {
        next = utterance->next_waiting;
        if (utterance->deadline <= now)
            time_out(confirm, utterance);
    }
}

/* ---- publishing ---- */

/* A command that waited for the broker has left: from now on it is the devices' time that runs, not the
 * broker's. */
static void shorten_wait(struct confirm *confirm, struct utterance *utterance)
{
    for (size_t i = 0; i < utterance->action_count; i++)
        for (size_t j = 0; j < utterance->actions[i].target_count; j++)
            if (utterance->actions[i].targets[j].unacked)
                return;
    uint64_t deadline =
        uv_now(confirm->daemon->loop) + (uint64_t)confirm->daemon->config->confirm_timeout * 1000;
    if (deadline < utterance->deadline)
        utterance->deadline = deadline;
}

static void on_published(void *data, enum mqtt_fate fate)
{
    struct target *target = data;
    struct confirm *confirm = target->utterance->confirm;
    const struct phrases *phrases = confirm->daemon->phrases;
    target->unacked--;
    if (fate == MQTT_EXPIRED)
        end_target(target, OUTCOME_FAILED, phrases_get(phrases, "outcomes", "broker_expired"));
    else if (fate == MQTT_LOST && target->outcome == OUTCOME_PENDING)
        end_target(target, OUTCOME_FAILED, phrases_get(phrases, "outcomes", "broker_lost"));
    else
        check_target(confirm, target);
    shorten_wait(confirm, target->utterance);
    settle(confirm, target->utterance);
}

/* Home Assistant answers when it has done what was asked: where no state can show it, that is proof enough.
 */
static void on_called(void *data, const char *problem)
{
    struct target *target = data;
    struct confirm *confirm = target->utterance->confirm;
    target->unacked--;
    if (problem && target->outcome == OUTCOME_PENDING)
        end_target(target, OUTCOME_FAILED, utterance_print(target->utterance, "%s", problem));
    else if (!target->unacked && !target->rendered.expect_count && target->outcome == OUTCOME_PENDING)
        end_target(target, OUTCOME_DONE, NULL);
    else
        check_target(confirm, target);
    settle(confirm, target->utterance);
}

/* On the way that leads to the target; NULL if it has begun, else the phrase that says why not. */
static const char *send_command(struct confirm *confirm, struct target *target, size_t i, bool *sent)
{
    const struct command *command = &target->rendered.commands[i];
    struct hearthd *daemon = confirm->daemon;
    bool to_ha = ha_topic_is(command->topic);
    if (to_ha)
        target->publishing[i] =
            home_assistant_call(daemon->home_assistant, command->topic, command->payload, on_called, target);
    else
        target->publishing[i] = mqtt_publish_command(daemon->mqtt, command->topic, command->payload,
            strlen(command->payload), on_published, target, sent);
    *sent = to_ha || *sent;
    return target->publishing[i] ? NULL : to_ha ? "ha_offline" : "broker_busy";
}

/* Hands over the target's commands; true if they are on their way now. */
static bool publish_target(struct confirm *confirm, struct target *target)
{
    const struct home_state *state = inventory_state(confirm->daemon->inventory, target->entity->id);
    snprintf(target->before, sizeof(target->before), "%s", state ? state->state : "");
    target->attributes_before = target->entity->attributes;
    bool all_sent = true;
    for (size_t i = 0; i < target->rendered.command_count; i++) {
        bool sent = false;
        const char *problem = send_command(confirm, target, i, &sent);
        if (problem) {
            end_target(target, OUTCOME_FAILED, phrases_get(confirm->daemon->phrases, "outcomes", problem));
            return true;
        }
        target->unacked++;
        all_sent = all_sent && sent;
    }
    return all_sent;
}

void confirm_publish(struct confirm *confirm, struct utterance *utterance)
{
    bool all_sent = true;
    utterance->confirm = confirm;
    for (size_t i = 0; i < utterance->action_count; i++)
        for (size_t j = 0; j < utterance->actions[i].target_count; j++)
            if (utterance->actions[i].targets[j].outcome == OUTCOME_PENDING)
                all_sent = publish_target(confirm, &utterance->actions[i].targets[j]) && all_sent;
    utterance->published_at = uv_hrtime();
    const struct config *config = confirm->daemon->config;
    int seconds = config->confirm_timeout + (all_sent ? 0 : config->publish_timeout);
    utterance->deadline = uv_now(confirm->daemon->loop) + (uint64_t)seconds * 1000;
}

void confirm_wait(struct confirm *confirm, struct utterance *utterance)
{
    utterance->next_waiting = confirm->waiting;
    confirm->waiting = utterance;
    if (!uv_is_active((uv_handle_t *)&confirm->timer))
        uv_timer_start(&confirm->timer, on_timer, TICK_MS, TICK_MS);
    for (size_t i = 0; i < utterance->action_count; i++)
        for (size_t j = 0; j < utterance->actions[i].target_count; j++)
            check_target(confirm, &utterance->actions[i].targets[j]);
    settle(confirm, utterance);
}

/* ---- life ---- */

struct confirm *confirm_new(
    struct hearthd *daemon, void (*done)(void *data, struct utterance *utterance), void *data)
{
    struct confirm *confirm = calloc(1, sizeof(*confirm));
    if (!confirm)
        return NULL;
    confirm->daemon = daemon;
    confirm->done = done;
    confirm->data = data;
    uv_timer_init(daemon->loop, &confirm->timer);
    confirm->timer.data = confirm;
    inventory_watch(daemon->inventory, on_state, confirm);
    return confirm;
}

void confirm_stop(struct confirm *confirm)
{
    if (!confirm || confirm->stopped)
        return;
    confirm->stopped = true;
    while (confirm->waiting)
        time_out(confirm, confirm->waiting);
    inventory_watch(confirm->daemon->inventory, NULL, NULL);
    uv_close((uv_handle_t *)&confirm->timer, NULL);
}

void confirm_free(struct confirm *confirm)
{
    free(confirm);
}
