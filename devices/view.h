/* view.h - inside of an entity_view: the compiled discovery configuration, shared by state_*.c and
 * render_*.c. Not for others. */
#ifndef HEARTH_VIEW_H
#define HEARTH_VIEW_H

#include "devices/state.h"
#include "devices/template.h"

enum {
    VIEW_BINDINGS_MAX = 32,
    VIEW_AVAILABILITY_MAX = 32, /* bits of home_state.online */
    VIEW_DEPTH_MAX = 16,
};

struct binding;

/* One message while it is applied. */
struct applying {
    const struct entity_view *view;
    struct home_state *state;
    const char *payload;
    size_t len;
    const cJSON *json; /* the payload, or NULL if it is no JSON */
    struct san_arena *arena;
    struct san_error *err;
    bool changed;
};

/* Takes the text that the binding's template made of the payload (or the payload). False and err if it means
 * nothing. */
typedef bool (*apply_fn)(struct applying *a, const struct binding *binding, const char *text);

/* A row of the tables that say which topics a domain reads. */
struct state_row {
    const char *topic_key;
    const char *template_key; /* or NULL */
    const char *fallback_key; /* template to use without the first, or NULL */
    apply_fn apply;
    const char *attribute; /* what it sets; "" = the state; "*" = several */
    bool needs_template;   /* not read without a template */
};

struct binding {
    const char *topic;
    const struct template *template; /* NULL: the payload itself */
    const struct state_row *row;
};

struct availability {
    const char *topic;
    const struct template *template;
    const char *online, *offline;
};

enum availability_mode { AVAILABLE_LATEST, AVAILABLE_ALL, AVAILABLE_ANY };

struct named_template {
    const char *key;
    const struct template *template; /* NULL: not supported */
};

struct entity_view {
    struct san_arena *arena;
    const char *domain;
    const char *variant; /* of a light: "basic", "json", "template"; else "" */
    cJSON *config;
    const char *problem;
    int qos;
    struct named_template *templates;
    size_t template_count;
    struct binding bindings[VIEW_BINDINGS_MAX];
    size_t binding_count;
    struct availability availability[VIEW_AVAILABILITY_MAX];
    size_t availability_count;
    enum availability_mode availability_mode;
    const char **topics, **command_topics;
    size_t topic_count, command_topic_count;
};

/* ---- configuration ---- */

/* Makes texts of the payload words (payload_*, state_*) of a configuration: `payload_on: false` means the
 * text False, as Python writes it, for it is compared with rendered templates. False if out of memory. */
bool view_words_to_text(cJSON *config);
bool view_has(const struct entity_view *view, const char *key); /* there, and not null */
bool view_is_null(const struct entity_view *view, const char *key);
const char *view_text(const struct entity_view *view, const char *key, const char *fallback);
double view_number(const struct entity_view *view, const char *key, double fallback);
bool view_bool(const struct entity_view *view, const char *key, bool fallback);
/* True if the list under that key holds that text. */
bool view_list_has(const struct entity_view *view, const char *key, const char *text);
/* The item of that list that is the text, upper and lower case alike; NULL if there is none. */
const char *view_list_match(const struct entity_view *view, const char *key, const char *text);
/* The template under that key; false if there is none. *out is NULL if it is not supported. */
bool view_template(const struct entity_view *view, const char *key, const struct template **out);
/* True if some topic reports this attribute ("" = the state). */
bool view_reports(const struct entity_view *view, const char *attribute);

/* ---- changes of a state ---- each sets `changed` if the value was another; texts are copied */

/* The state; what is longer than STATE_TEXT_MAX is cut. */
void set_state(struct applying *a, const char *text);
/* An attribute. What is not finite, or too long, is left out. */
void set_number(struct applying *a, const char *attribute, double number);
void set_text(struct applying *a, const char *attribute, const char *text);
void set_bool(struct applying *a, const char *attribute, bool truth);
/* Takes an attribute away. */
void unset(struct applying *a, const char *attribute);
/* Takes the plain values of a JSON object as attributes, but for those that hearth keeps in units of its own.
 */
void set_members(struct applying *a, const cJSON *object);
/* For a debug line: the payload means nothing here; always false. */
bool meaningless(struct applying *a, const struct binding *binding, const char *text);

/* ---- rows by domain ---- */

/* The rows of a domain (and variant); NULL if it reads nothing. */
const struct state_row *state_rows(const char *domain, const char *variant, size_t *count);
const struct state_row *light_rows(const char *schema, size_t *count);
bool apply_on_off(struct applying *a, const struct binding *binding, const char *text);
bool apply_text_attribute(struct applying *a, const struct binding *binding, const char *text);
/* The two texts that mean nothing known. */
bool state_is_none(const char *text);

/* ---- state_values.c ---- what a binding does with a payload; false if it means nothing there */

bool apply_number(struct applying *a, const struct binding *binding, const char *text);
bool apply_option(struct applying *a, const struct binding *binding, const char *text);
bool apply_tracker(struct applying *a, const struct binding *binding, const char *text);
bool apply_event(struct applying *a, const struct binding *binding, const char *text);
bool apply_update(struct applying *a, const struct binding *binding, const char *text);
bool apply_latest_version(struct applying *a, const struct binding *binding, const char *text);

#endif
