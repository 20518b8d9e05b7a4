/* template_internal.h - what the parser, the evaluator and the filters of templates share. Not for others. */
#ifndef HEARTH_TEMPLATE_INTERNAL_H
#define HEARTH_TEMPLATE_INTERNAL_H

#include <stdbool.h>

#include "devices/template.h"

enum {
    TEMPLATE_DEPTH_MAX = 64,       /* nested expressions and blocks */
    TEMPLATE_SETS_MAX = 16,        /* variables that one template sets */
    TEMPLATE_ARGS_MAX = 4,         /* of a filter or method */
    TEMPLATE_MEMORY_MAX = 1 << 20, /* bytes of intermediate values in one rendering */
};

/* ---- values ---- as Python has them */

enum value_kind {
    VALUE_UNDEFINED,
    VALUE_NONE,
    VALUE_BOOL,
    VALUE_INT,
    VALUE_FLOAT,
    VALUE_STRING,
    VALUE_LIST,
    VALUE_DICT,
};

struct value {
    enum value_kind kind;
    double number;             /* bool (0, 1), int, float */
    const char *text;          /* string */
    size_t count;              /* bytes of a string; items of a list; pairs of a dict */
    const cJSON *json;         /* a list or dict as it came in JSON, or NULL ... */
    const struct value *items; /* ... and then the items of a list, or key, value, key, value ... of a dict */
};

/* A value of each kind; nothing is copied. */
struct value value_bool(bool truth);
struct value value_int(double number);
struct value value_float(double number);
struct value value_text(const char *text); /* points to text */
struct value value_from_json(const cJSON *item);

bool value_is_number(const struct value *value); /* bool, int or float */
bool value_truth(const struct value *value);
bool value_equal(const struct value *left, const struct value *right);
const char *value_kind_name(enum value_kind kind);
/* VALUE_UNDEFINED if there is no such key or index. */
struct value value_item(const struct value *container, const struct value *key);
/* Item `index` of a list, key `index` of a dict. */
struct value value_at(const struct value *container, size_t index);

/* ---- syntax tree ---- */

enum node_kind {
    /* statements, chained by next */
    NODE_TEXT,
    NODE_PRINT,
    NODE_IF,  /* a: condition; b: then; c: else */
    NODE_SET, /* name, a */
    /* expressions */
    NODE_LITERAL,
    NODE_NAME,
    NODE_LIST,   /* args */
    NODE_DICT,   /* args: key, value, key, value ... */
    NODE_ITEM,   /* a[b] */
    NODE_SLICE,  /* a[b:c], either may be NULL */
    NODE_BINARY, /* a op b */
    NODE_NOT,
    NODE_MINUS,
    NODE_CHOICE, /* a if b else c (c may be NULL) */
    NODE_FILTER, /* a|name(args) */
    NODE_TEST,   /* a is name */
    NODE_METHOD, /* a.name(args) */
};

enum binary_op {
    OP_OR,
    OP_AND,
    OP_EQ,
    OP_NE,
    OP_LT,
    OP_LE,
    OP_GT,
    OP_GE,
    OP_IN,
    OP_NOT_IN,
    OP_ADD,
    OP_SUB,
    OP_MUL,
    OP_DIV,
    OP_FLOOR,
    OP_MOD,
    OP_CONCAT
};

struct node {
    enum node_kind kind;
    enum binary_op op;
    int depth;
    struct node *a, *b, *c;
    struct node *args;
    struct node *next;
    size_t arg_count;
    const char *name;
    int callable; /* index of the filter or method */
    struct value literal;
};

struct template
{
    const struct node *body;
};

/* ---- evaluation ---- */

struct evaluation {
    struct san_arena *arena;
    const struct template_vars *vars;
    struct san_error *err;
    size_t steps, memory;
    struct {
        const char *name;
        struct value value;
    } sets[TEMPLATE_SETS_MAX];
    size_t set_count;
};

/* A text that grows in the arena, within TEMPLATE_OUTPUT_MAX and TEMPLATE_MEMORY_MAX. */
struct builder {
    struct evaluation *run;
    char *text;
    size_t len, size;
};
bool builder_add(struct builder *builder, const char *text, size_t len);
bool builder_add_value(struct builder *builder, const struct value *value);           /* as str() */
bool builder_add_repr(struct builder *builder, const struct value *value);            /* as repr() */
bool builder_add_json(struct builder *builder, const struct value *value, bool html); /* as json.dumps() */
bool builder_done(struct builder *builder, struct value *out);

/* Reports in run->err; always false. */
bool run_fail(struct evaluation *run, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Counts work; false when there was too much. */
bool run_charge(struct evaluation *run, size_t steps);
/* Zeroed memory of the rendering, or NULL with run->err. */
void *run_alloc(struct evaluation *run, size_t size);

/* What an operator or a slice makes of its operands; `begin`, `end`: NULL where they are left out. False with
 * run->err. */
bool evaluate_binary(struct evaluation *run, enum binary_op op, const struct value *left,
    const struct value *right, struct value *out);
bool evaluate_slice(struct evaluation *run, const struct value *of, const struct value *begin,
    const struct value *end, struct value *out);

/* One call of a filter or method. */
struct call {
    const struct value *input;
    const struct value *args;
    size_t arg_count;
};

typedef bool (*call_fn)(struct evaluation *run, const struct call *call, struct value *out);

/* NULL if it was not given: too few, or left out before one that was named. */
const struct value *call_argument(const struct call *call, size_t index);

/* ---- template_numbers.c ---- filters of the table; false with run->err */

bool filter_int(struct evaluation *run, const struct call *call, struct value *out);
bool filter_float(struct evaluation *run, const struct call *call, struct value *out);
bool filter_round(struct evaluation *run, const struct call *call, struct value *out);
bool filter_abs(struct evaluation *run, const struct call *call, struct value *out);
bool filter_format(struct evaluation *run, const struct call *call, struct value *out);

/* ---- filters, tests, methods ---- the index of a name, or -1 if it is not supported */

int filter_find(const char *name, size_t arg_count);
int method_find(const char *name, size_t arg_count);
/* The place of a filter's argument that is given as name=value, or -1. */
int filter_argument(const char *filter, const char *name);
/* True if the filter may be called as a function of its input: float(x). */
bool filter_is_function(const char *name);
bool test_is_known(const char *name);
bool filter_call(struct evaluation *run, int filter, const struct value *input, const struct value *args,
    size_t arg_count, struct value *out);
bool method_call(struct evaluation *run, int method, const struct value *object, const struct value *args,
    size_t arg_count, struct value *out);
bool test_holds(const char *name, const struct value *value);

#endif
