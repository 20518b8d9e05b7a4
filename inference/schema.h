/* schema.h - tools as JSON Schema, compiled to what the grammar reads (docs/model.md, section 4). Internal to
 * libsan.
 *
 * Whatever a schema may say that the grammar would not honour is refused when it is loaded: what is accepted
 * here cannot be broken by a call. Immutable after loading; everything lives in one arena of its own.
 */
#ifndef SAN_SCHEMA_H
#define SAN_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "number.h"
#include "san.h"

enum {
    SAN_SCHEMA_BYTES = 1 << 20, /* of JSON text: the 46 tools of a home take 36 kB */
    SAN_TOOLS_MAX = 128,
    SAN_TOOL_SLOTS_MAX = 32, /* a bit each */
    SAN_NEEDS_MAX = 32,      /* alternatives of required arguments */
    SAN_FORMS_MAX = 4,       /* alternatives of one argument's value */
    SAN_ENUM_MAX = 256,
    SAN_KINDS_MAX = 64,  /* a bit each */
    SAN_PHRASE_MAX = 32, /* tokens of one enum value */
};

/* Words that can be written as a value: an enum's, or the name of a context item. */
struct san_phrase {
    const int32_t *ids;
    size_t count;
    uint64_t kinds;   /* item: its kind; value of a domain: the kind of that name; else all */
    int index;        /* of the item in the request; -1 if none */
    const char *text; /* as the schema or the request spells it */
};

enum san_form_type { SAN_FORM_ITEM, SAN_FORM_ENUM, SAN_FORM_NUMBER, SAN_FORM_SPAN };

/* One form that a value can have. */
struct san_form {
    enum san_form_type type;
    uint64_t kinds;             /* ITEM: any of these */
    struct san_phrase *phrases; /* ENUM: sorted by ids, all different */
    size_t phrase_count;
    struct san_range range; /* NUMBER */
};

enum san_role {
    SAN_ROLE_PLAIN,
    SAN_ROLE_NAME,   /* "name": the kinds of the items so called ... */
    SAN_ROLE_DOMAIN, /* ... say which "domain" may stand beside it */
};

struct san_slot {
    const char *name;
    int32_t token; /* S:name */
    enum san_role role;
    struct san_form form[SAN_FORMS_MAX];
    size_t form_count;
};

struct san_tool {
    const char *name;
    int32_t token;         /* T:name */
    struct san_slot *slot; /* in the order of their tokens: the order in which they are written */
    size_t slot_count;
    uint32_t
        need[SAN_NEEDS_MAX]; /* a call is complete when it has all slots of one of these; bit i is slot[i] */
    size_t need_count;
};

struct san_tools {
    struct san_arena *arena; /* owns everything below */
    const struct san_model *model;
    struct san_tool *tool;
    size_t count;
    struct san_digits digits;
    int32_t kind[SAN_KINDS_MAX]; /* bit i of every mask of kinds is the kind whose token is kind[i] */
    size_t kind_count;
    int32_t eos, none, in, end_of_query; /* control tokens */
};

/* The bit of the kind whose token this is; 0 if no tool asks for that kind. */
uint64_t san_tools_kind_bit(const struct san_tools *tools, int32_t token);
/* The id of the token prefix + name ("T:", "S:", "@"), or -1 if the model has none. */
int32_t san_token_named(const struct san_tokenizer *tokenizer, const char *prefix, const char *name);
/* Sorts by ids; phrases of equal ids by index, -1 last. */
void san_phrases_sort(struct san_phrase *phrases, size_t count);
/* The order of that sort by ids alone: negative, 0, positive. */
int san_phrase_compare(const struct san_phrase *a, const struct san_phrase *b);

#endif
