/* render_internal.h - shared by the parts of rendering. Not for others. */
#ifndef HEARTH_RENDER_INTERNAL_H
#define HEARTH_RENDER_INTERNAL_H

#include "devices/render.h"
#include "devices/view.h"

/* One call for one entity while it is rendered. */
struct rendering {
    const struct entity_view *view;
    const char *name;
    const struct home_state *now;
    const struct home_call *call;
    struct san_arena *arena;
    struct rendered *out;
    struct san_error *err;
};

typedef enum san_status (*render_fn)(struct rendering *r);

/* ---- publishing ---- */

/* Adds the message for the topic under topic_key: text, made over by the template under template_key (NULL:
 * none) with `extra` as further variables (NULL: none; stays the caller's). SAN_EUNSUPPORTED if there is no
 * such topic. */
enum san_status send_text(struct rendering *r, const char *topic_key, const char *template_key,
    const char *text, const cJSON *extra);
/* The same with a number. */
enum san_status send_number(
    struct rendering *r, const char *topic_key, const char *template_key, double number, const cJSON *extra);
/* The text under payload_key (or fallback) to the topic; SAN_EUNSUPPORTED if the configuration says null
 * there: no such command. */
enum san_status send_word(struct rendering *r, const char *topic_key, const char *template_key,
    const char *payload_key, const char *fallback);

/* ---- expecting ---- nothing is expected of what no topic reports */

/* The text of the state or of an attribute, or a number within tolerance of it (the attribute's unit), will
 * show that the command was obeyed. Texts are copied, the names of attributes are borrowed. */
void expect_state(struct rendering *r, const char *text);
void expect_text(struct rendering *r, const char *attribute, const char *text);
void expect_number(struct rendering *r, const char *attribute, double number, double tolerance);

/* ---- arguments and state ---- */

/* The number of a slot; false if it is not there or no number. */
bool number_arg(const struct rendering *r, const char *slot, double *number);
/* A step: a signed number, or +-step for "up" and "down"; false if the slot is not there. */
bool step_arg(const struct rendering *r, const char *slot, double step, double *change);
/* The wanted value from `slot`, or from `step_slot` and what `attribute` is now; clamped to low..high for
 * steps. Errors: SAN_EINVAL. */
enum san_status wanted_number(struct rendering *r, const char *slot, const char *step_slot, double step,
    const char *attribute, double low, double high, double *number);
/* The number that an attribute is now; false if it is not known. Whether the state is this text now. */
bool now_number(const struct rendering *r, const char *attribute, double *number);
bool now_is(const struct rendering *r, const char *state);

/* SAN_EUNSUPPORTED, "<name> cannot <what>". */
enum san_status cannot(struct rendering *r, const char *what);

/* SAN_EUNSUPPORTED, "<name> has no <what> <wanted>", and what the lists under those keys of its configuration
 * have, as much of it as one can listen to. wanted and more may be NULL. */
enum san_status has_no(
    struct rendering *r, const char *what, const char *wanted, const char *key, const char *more);

/* ---- domains ---- the function for a tool, or NULL if that domain has none */

render_fn light_tool(const char *tool);
render_fn cover_tool(const char *tool);
render_fn valve_tool(const char *tool);
render_fn climate_tool(const char *tool);
render_fn water_heater_tool(const char *tool);
render_fn humidifier_tool(const char *tool);
render_fn fan_tool(const char *tool);
render_fn player_tool(const char *tool);
render_fn switch_tool(const char *tool);
render_fn lock_tool(const char *tool);
render_fn siren_tool(const char *tool);
render_fn scene_tool(const char *tool);
render_fn button_tool(const char *tool);
render_fn vacuum_tool(const char *tool);
render_fn mower_tool(const char *tool);
render_fn alarm_tool(const char *tool);
render_fn number_tool(const char *tool);
render_fn select_tool(const char *tool);
render_fn text_tool(const char *tool);
render_fn update_tool(const char *tool);

struct tool_row {
    const char *tool;
    render_fn render;
};
/* The function in the row of the tool, or NULL. */
render_fn find_tool(const struct tool_row *rows, size_t count, const char *tool);

#endif
