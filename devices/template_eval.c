/* template_eval.c - renders a syntax tree. Work, memory and output are bounded; what Python would refuse
 * fails here too. */
#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "devices/json_text.h"
#include "devices/template_internal.h"

static bool evaluate(struct evaluation *run, const struct node *node, struct value *out);

bool run_fail(struct evaluation *run, const char *format, ...)
{
    char what[160];
    va_list args;
    va_start(args, format);
    if (vsnprintf(what, sizeof(what), format, args) < 0)
        what[0] = '\0';
    va_end(args);
    san_fail(run->err, SAN_EFORMAT, "template: %s", what);
    return false;
}

bool run_charge(struct evaluation *run, size_t steps)
{
    run->steps += steps;
    return run->steps <= TEMPLATE_STEPS_MAX || run_fail(run, "more than %d steps", TEMPLATE_STEPS_MAX);
}

void *run_alloc(struct evaluation *run, size_t size)
{
    if (size > TEMPLATE_MEMORY_MAX - run->memory) {
        run_fail(run, "more than %d bytes of values", TEMPLATE_MEMORY_MAX);
        return NULL;
    }
    run->memory += size;
    void *memory = san_arena_alloc(run->arena, size);
    if (!memory)
        run_fail(run, "out of memory");
    return memory;
}

/* ---- operators ---- */

static bool compare(struct evaluation *run, enum binary_op op, const struct value *left,
    const struct value *right, struct value *out)
{
    double order;
    if (value_is_number(left) && value_is_number(right))
        order = left->number < right->number ? -1 : left->number > right->number;
    else if (left->kind == VALUE_STRING && right->kind == VALUE_STRING)
        order = strcmp(left->text, right->text);
    else
        return run_fail(
            run, "cannot order %s and %s", value_kind_name(left->kind), value_kind_name(right->kind));
    bool holds = op == OP_LT ? order < 0 : op == OP_LE ? order <= 0 : op == OP_GT ? order > 0 : order >= 0;
    *out = value_bool(holds);
    return true;
}

static bool contains(struct evaluation *run, const struct value *item, const struct value *in, bool *found)
{
    *found = false;
    if (in->kind == VALUE_UNDEFINED)
        return true;
    if (in->kind == VALUE_STRING && item->kind == VALUE_STRING) {
        *found = strstr(in->text, item->text);
        return run_charge(run, in->count / 64);
    }
    if (in->kind == VALUE_DICT) {
        struct value under = value_item(in, item);
        *found = under.kind != VALUE_UNDEFINED;
        return run_charge(run, in->count / 64);
    }
    if (in->kind != VALUE_LIST)
        return run_fail(
            run, "cannot look for %s in %s", value_kind_name(item->kind), value_kind_name(in->kind));
    for (size_t i = 0; i < in->count && !*found; i++) {
        struct value other = value_at(in, i);
        *found = value_equal(&other, item);
        if (!run_charge(run, 1 + i / 256))
            return false;
    }
    return true;
}

static bool concatenate(
    struct evaluation *run, const struct value *left, const struct value *right, struct value *out)
{
    struct builder builder = {.run = run};
    return builder_add_value(&builder, left) && builder_add_value(&builder, right) &&
           builder_done(&builder, out);
}

/* Python: // rounds down, % takes the sign of the divisor, / always gives a float. */
static bool arithmetic(struct evaluation *run, enum binary_op op, const struct value *left,
    const struct value *right, struct value *out)
{
    if (op == OP_ADD && left->kind == VALUE_STRING && right->kind == VALUE_STRING)
        return concatenate(run, left, right, out);
    if (!value_is_number(left) || !value_is_number(right))
        return run_fail(run, "cannot calculate with %s and %s", value_kind_name(left->kind),
            value_kind_name(right->kind));
    double a = left->number, b = right->number, result = 0;
    if (b == 0 && (op == OP_DIV || op == OP_FLOOR || op == OP_MOD))
        return run_fail(run, "division by zero");
    switch (op) {
    case OP_ADD:
        result = a + b;
        break;
    case OP_SUB:
        result = a - b;
        break;
    case OP_MUL:
        result = a * b;
        break;
    case OP_DIV:
        result = a / b;
        break;
    case OP_FLOOR:
        result = floor(a / b);
        break;
    case OP_MOD:
        result = a - b * floor(a / b);
        break;
    case OP_OR:
    case OP_AND:
    case OP_EQ:
    case OP_NE:
    case OP_LT:
    case OP_LE:
    case OP_GT:
    case OP_GE:
    case OP_IN:
    case OP_NOT_IN:
    case OP_CONCAT:
        break;
    }
    bool is_float = op == OP_DIV || left->kind == VALUE_FLOAT || right->kind == VALUE_FLOAT;
    *out = is_float ? value_float(result) : value_int(result);
    return isfinite(result) || run_fail(run, "the result is not a number");
}

bool evaluate_binary(struct evaluation *run, enum binary_op op, const struct value *left,
    const struct value *right, struct value *out)
{
    bool found;
    switch (op) {
    case OP_EQ:
    case OP_NE:
        *out = value_bool(value_equal(left, right) == (op == OP_EQ));
        return run_charge(run, left->count / 64);
    case OP_LT:
    case OP_LE:
    case OP_GT:
    case OP_GE:
        return compare(run, op, left, right, out);
    case OP_IN:
    case OP_NOT_IN:
        if (!contains(run, left, right, &found))
            return false;
        *out = value_bool(found == (op == OP_IN));
        return true;
    case OP_CONCAT:
        return concatenate(run, left, right, out);
    case OP_OR:
    case OP_AND:
    case OP_ADD:
    case OP_SUB:
    case OP_MUL:
    case OP_DIV:
    case OP_FLOOR:
    case OP_MOD:
        return arithmetic(run, op, left, right, out);
    }
    return false;
}

/* ---- slices and items of strings: in characters, not bytes ---- */

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

static size_t character_count(const struct value *text)
{
    size_t count = 0;
    for (size_t i = 0; i < text->count; i++)
        count += !is_continuation(text->text[i]);
    return count;
}

static size_t character_offset(const struct value *text, size_t character)
{
    size_t at = 0;
    while (at < text->count && character > 0) {
        at++;
        while (at < text->count && is_continuation(text->text[at]))
            at++;
        character--;
    }
    return at;
}

static bool substring(
    struct evaluation *run, const struct value *of, size_t begin, size_t end, struct value *out)
{
    size_t from = character_offset(of, begin), to = character_offset(of, end);
    struct builder builder = {.run = run};
    return (to <= from || builder_add(&builder, of->text + from, to - from)) && builder_done(&builder, out);
}

static bool sublist(
    struct evaluation *run, const struct value *of, size_t begin, size_t end, struct value *out)
{
    size_t count = end > begin ? end - begin : 0;
    struct value *items = run_alloc(run, count * sizeof(*items));
    if (!items)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!run_charge(run, 1 + (begin + i) / 256))
            return false;
        items[i] = value_at(of, begin + i);
    }
    *out = (struct value){.kind = VALUE_LIST, .items = items, .count = count};
    return true;
}

/* A bound of a slice, as Python cuts it to 0..count. */
static bool slice_bound(
    struct evaluation *run, const struct value *bound, size_t count, size_t absent, size_t *out)
{
    *out = absent;
    if (!bound || bound->kind == VALUE_NONE)
        return true;
    if (bound->kind != VALUE_INT)
        return run_fail(run, "a slice needs integers, not %s", value_kind_name(bound->kind));
    double at = bound->number < 0 ? bound->number + (double)count : bound->number;
    *out = at <= 0 ? 0 : at >= (double)count ? count : (size_t)at;
    return true;
}

bool evaluate_slice(struct evaluation *run, const struct value *of, const struct value *begin,
    const struct value *end, struct value *out)
{
    if (of->kind != VALUE_STRING && of->kind != VALUE_LIST)
        return run_fail(run, "cannot slice %s", value_kind_name(of->kind));
    size_t count = of->kind == VALUE_STRING ? character_count(of) : of->count;
    size_t from, to;
    if (!run_charge(run, 1 + of->count / 64) || !slice_bound(run, begin, count, 0, &from) ||
        !slice_bound(run, end, count, count, &to))
        return false;
    return of->kind == VALUE_STRING ? substring(run, of, from, to, out) : sublist(run, of, from, to, out);
}

static bool evaluate_item(
    struct evaluation *run, const struct value *of, const struct value *key, struct value *out)
{
    if (of->kind == VALUE_UNDEFINED)
        return run_fail(run, "nothing there to look %s%s%s up in", key->kind == VALUE_STRING ? "'" : "",
            key->kind == VALUE_STRING ? key->text : "an item", key->kind == VALUE_STRING ? "'" : "");
    if (!run_charge(run, of->count / 64))
        return false;
    if (of->kind == VALUE_STRING && key->kind == VALUE_INT) {
        double count = (double)character_count(of);
        double at = key->number < 0 ? key->number + count : key->number;
        *out = (struct value){.kind = VALUE_UNDEFINED};
        return at < 0 || at >= count || substring(run, of, (size_t)at, (size_t)at + 1, out);
    }
    *out = value_item(of, key);
    return true;
}

/* ---- nodes ---- */

static struct value lookup(const struct evaluation *run, const char *name)
{
    for (size_t i = 0; i < run->set_count; i++) {
        if (strcmp(run->sets[i].name, name) == 0)
            return run->sets[i].value;
    }
    const struct template_vars *vars = run->vars;
    if (strcmp(name, "value_json") == 0)
        return value_from_json(vars->value_json);
    if (strcmp(name, "value") == 0 && vars->is_number)
        return vars->number == floor(vars->number) ? value_int(vars->number) : value_float(vars->number);
    if (strcmp(name, "value") == 0 && vars->value)
        return value_text(vars->value);
    return value_from_json(cJSON_GetObjectItemCaseSensitive(vars->extra, name));
}

/* The values of node->args, in the arena. */
static bool evaluate_args(struct evaluation *run, const struct node *node, struct value **out)
{
    *out = run_alloc(run, (node->arg_count + 1) * sizeof(**out));
    if (!*out)
        return false;
    struct value *to = *out;
    for (const struct node *arg = node->args; arg; arg = arg->next) {
        if (!evaluate(run, arg, to++))
            return false;
    }
    return true;
}

static bool evaluate_container(struct evaluation *run, const struct node *node, struct value *out)
{
    struct value *items;
    if (!evaluate_args(run, node, &items))
        return false;
    bool dict = node->kind == NODE_DICT;
    *out = (struct value){.kind = dict ? VALUE_DICT : VALUE_LIST,
        .items = items,
        .count = dict ? node->arg_count / 2 : node->arg_count};
    return true;
}

/* `and` and `or` give one of their operands, and look at the right one only if they must. */
static bool evaluate_operator(struct evaluation *run, const struct node *node, struct value *out)
{
    struct value left, right;
    if (!evaluate(run, node->a, &left))
        return false;
    if (node->op == OP_AND || node->op == OP_OR) {
        *out = left;
        return value_truth(&left) == (node->op == OP_OR) || evaluate(run, node->b, out);
    }
    return evaluate(run, node->b, &right) && evaluate_binary(run, node->op, &left, &right, out);
}

static bool evaluate_choice(struct evaluation *run, const struct node *node, struct value *out)
{
    struct value condition;
    if (!evaluate(run, node->b, &condition))
        return false;
    if (value_truth(&condition))
        return evaluate(run, node->a, out);
    *out = (struct value){.kind = VALUE_UNDEFINED};
    return !node->c || evaluate(run, node->c, out);
}

static bool evaluate_call(struct evaluation *run, const struct node *node, struct value *out)
{
    struct value object, *args;
    if (!evaluate(run, node->a, &object) || !evaluate_args(run, node, &args))
        return false;
    if (!run_charge(run, object.count / 64))
        return false;
    if (node->kind == NODE_FILTER)
        return filter_call(run, node->callable, &object, args, node->arg_count, out);
    return method_call(run, node->callable, &object, args, node->arg_count, out);
}

static bool evaluate_place(struct evaluation *run, const struct node *node, struct value *out)
{
    struct value of, first, second;
    if (!evaluate(run, node->a, &of) || (node->b && !evaluate(run, node->b, &first)) ||
        (node->c && !evaluate(run, node->c, &second)))
        return false;
    if (node->kind == NODE_ITEM)
        return evaluate_item(run, &of, &first, out);
    return evaluate_slice(run, &of, node->b ? &first : NULL, node->c ? &second : NULL, out);
}

static bool evaluate_sign(struct evaluation *run, const struct node *node, struct value *out)
{
    struct value of;
    if (!evaluate(run, node->a, &of))
        return false;
    if (node->kind == NODE_NOT) {
        *out = value_bool(!value_truth(&of));
        return true;
    }
    struct value zero = value_int(0);
    return evaluate_binary(run, OP_SUB, &zero, &of, out);
}

static bool evaluate(struct evaluation *run, const struct node *node, struct value *out)
{
    if (!run_charge(run, 1))
        return false;
    switch (node->kind) {
    case NODE_LITERAL:
        *out = node->literal;
        return true;
    case NODE_NAME:
        *out = lookup(run, node->name);
        return true;
    case NODE_LIST:
    case NODE_DICT:
        return evaluate_container(run, node, out);
    case NODE_ITEM:
    case NODE_SLICE:
        return evaluate_place(run, node, out);
    case NODE_BINARY:
        return evaluate_operator(run, node, out);
    case NODE_NOT:
    case NODE_MINUS:
        return evaluate_sign(run, node, out);
    case NODE_CHOICE:
        return evaluate_choice(run, node, out);
    case NODE_FILTER:
    case NODE_METHOD:
        return evaluate_call(run, node, out);
    case NODE_TEST:
        if (!evaluate(run, node->a, out))
            return false;
        *out = value_bool(test_holds(node->name, out));
        return true;
    case NODE_TEXT:
    case NODE_PRINT:
    case NODE_IF:
    case NODE_SET:
        break;
    }
    return run_fail(run, "a statement inside an expression");
}

/* ---- statements ---- */

static bool execute(struct evaluation *run, const struct node *node, struct builder *out);

static bool execute_set(struct evaluation *run, const struct node *node)
{
    struct value value;
    if (!evaluate(run, node->a, &value))
        return false;
    size_t i = 0;
    while (i < run->set_count && strcmp(run->sets[i].name, node->name) != 0)
        i++;
    if (i == TEMPLATE_SETS_MAX)
        return run_fail(run, "more than %d variables", TEMPLATE_SETS_MAX);
    run->sets[i].name = node->name;
    run->sets[i].value = value;
    if (i == run->set_count)
        run->set_count++;
    return true;
}

static bool execute_if(struct evaluation *run, const struct node *node, struct builder *out)
{
    struct value condition;
    if (!evaluate(run, node->a, &condition))
        return false;
    return execute(run, value_truth(&condition) ? node->b : node->c, out);
}

static bool execute(struct evaluation *run, const struct node *node, struct builder *out)
{
    for (; node; node = node->next) {
        struct value value;
        bool ok;
        if (node->kind == NODE_IF)
            ok = execute_if(run, node, out);
        else if (node->kind == NODE_SET)
            ok = execute_set(run, node);
        else if (node->kind == NODE_TEXT)
            ok = builder_add(out, node->literal.text, node->literal.count);
        else
            ok = evaluate(run, node->a, &value) && builder_add_value(out, &value);
        if (!ok || !run_charge(run, 1))
            return false;
    }
    return true;
}

const char *template_render(const struct template *compiled, struct san_arena *arena,
    const struct template_vars *vars, struct san_error *err)
{
    struct evaluation run = {.arena = arena, .vars = vars, .err = err};
    struct builder out = {.run = &run};
    if (!execute(&run, compiled->body, &out))
        return NULL;
    char *text = out.len ? out.text : "";
    while (out.len > 0 && isspace((unsigned char)text[out.len - 1]))
        text[--out.len] = '\0';
    while (isspace((unsigned char)*text))
        text++;
    return text;
}
