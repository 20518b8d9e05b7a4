/* state.h - state topics: which ones an entity listens to, and what a message on one of them means.
 *
 * An entity_view is the compiled form of one entity's discovery configuration: made once, used for each
 * message and command.
 */
#ifndef HEARTH_STATE_H
#define HEARTH_STATE_H

#include <cjson/cJSON.h>

#include "home.h"
#include "inference/arena.h"
#include "inference/status.h"

enum {
    STATE_PAYLOAD_MAX = 262144,
    STATE_TEXT_MAX = 255, /* Home Assistant's own limit */
};

/* What is known of an entity now. */
struct home_state {
    char state[STATE_TEXT_MAX + 1]; /* "" = unknown */
    cJSON *attributes;              /* an object, owned by this struct */
    bool available;
    unsigned
        reports; /* how often a message told the state itself, changed or not: restarts the clocks below */
    /* private to state.c: */
    uint32_t online; /* a bit for each availability topic that last said available */
    bool online_now; /* what they say together */
    bool expired;
};
/* Empty: nothing known, available. */
void home_state_init(struct home_state *state);
void home_state_clear(struct home_state *state);

struct entity_view;

/* Compiles domain + config (expanded discovery JSON). Unsupported templates are reported in *problem ("" if
 * none; lives with the view) and the rest stays usable. NULL and *err if config is no JSON object. */
struct entity_view *entity_view_new(
    const char *domain, const char *config, const char **problem, struct san_error *err);
void entity_view_free(struct entity_view *view);
const char *entity_view_domain(const struct entity_view *view);
const cJSON *entity_view_config(const struct entity_view *view);

/* Topics to subscribe (state, position, brightness, availability, attributes ...), each once, maybe with
 * wildcards; array lives with the view. */
const char *const *entity_view_topics(const struct entity_view *view, size_t *count);
/* The topics of its commands, each once; array lives with the view. */
const char *const *entity_view_command_topics(const struct entity_view *view, size_t *count);
/* For people:
 * {"reads":[{"what","key","topic"}],"availability":[topic],"availability_mode","commands":[{"key","topic"}]},
 * for the caller to delete. */
cJSON *entity_view_describe(const struct entity_view *view);
/* MQTT quality of service for its subscriptions and commands: 0, 1 or 2. */
int entity_view_qos(const struct entity_view *view);

/* Makes *state (initialised) what is known of this entity before its first message: what the configuration
 * itself tells (unit_of_measurement), and available only if it has no availability topic. */
void entity_view_start(const struct entity_view *view, struct home_state *state);

/* The configuration has changed from one view to the other: the state stays, and what the availability topics
 * said if they are the same. */
void entity_view_replace(
    const struct entity_view *old, const struct entity_view *view, struct home_state *state);

/* Seconds after a report at which the state is too old (state_expire), or a binary_sensor's on ends
 * (state_end_delay); 0: never. */
double entity_view_expire_after(const struct entity_view *view);
double entity_view_off_delay(const struct entity_view *view);
/* That time has come; true if the state changed. */
bool state_expire(const struct entity_view *view, struct home_state *state);
bool state_end_delay(const struct entity_view *view, struct home_state *state);

/* True if a retained message is an old one that must not be applied: events. */
bool entity_view_ignores_retained(const struct entity_view *view);

/* The payload of a message, read once for all that listen to its topic. */
struct state_payload;
/* Copies it. NULL and *err if it is longer than STATE_PAYLOAD_MAX or no UTF-8, or out of memory. May be
 * called on any thread. */
struct state_payload *state_payload_read(
    const char *topic, const char *payload, size_t len, struct san_error *err);
void state_payload_free(struct state_payload *payload); /* NULL is allowed */

/* Applies one message. *changed tells whether state, attributes or availability differ afterwards. A payload
 * that means nothing here (wrong type, failed template) changes nothing and is SAN_OK with *changed false;
 * err gets the reason for a debug line, with SAN_EFORMAT, if the payload is broken. */
enum san_status state_apply(const struct entity_view *view, struct home_state *state, const char *topic,
    const struct state_payload *payload, bool *changed, struct san_error *err);
/* The same of a payload that is for this entity alone. */
enum san_status state_apply_bytes(const struct entity_view *view, struct home_state *state, const char *topic,
    const char *payload, size_t len, bool *changed, struct san_error *err);

#endif
