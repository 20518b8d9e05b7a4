/* render.h - entity + call -> topics and payloads, after that entity's own discovery configuration. */
#ifndef HEARTH_RENDER_H
#define HEARTH_RENDER_H

#include "state.h"

enum { RENDER_COMMANDS_MAX = 4, RENDER_EXPECT_MAX = 4 };

struct command {
    const char *topic;
    const char *payload;
    int qos;
};

/* What will show that the command took effect. */
struct expectation {
    const char *attribute; /* "" = the state itself */
    const char *text;      /* wanted text, or NULL if a number is wanted */
    double number, tolerance;
};

struct rendered {
    struct command commands[RENDER_COMMANDS_MAX]; /* in the order in which they are sent */
    size_t command_count;
    struct expectation
        expect[RENDER_EXPECT_MAX]; /* all must hold; none: nothing can be confirmed (optimistic) */
    size_t expect_count;
    bool already; /* the state shows it already (commands are still given) */
};

/* Renders one call for one entity; strings live in the arena. `now` is the entity's state (for steps and
 * toggles). Errors are for the user: SAN_EUNSUPPORTED ("Hall lamp cannot change colour"), SAN_ELIMIT ("22 to
 * 60 degrees allowed": the entity's own range), SAN_EINVAL. Never retained. */
enum san_status render_call(const struct entity_view *view, const char *name, const struct home_state *now,
    const struct home_call *call, struct san_arena *arena, struct rendered *out, struct san_error *err);

/* True if every expectation holds in that state. */
bool render_confirmed(const struct rendered *rendered, const struct home_state *state);

#endif
