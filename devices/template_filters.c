/* template_filters.c - the filters, tests and methods of the template subset, one table each. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/json_text.h"
#include "devices/template_internal.h"

struct callable {
    const char *name;
    call_fn call;
    size_t args_min, args_max;
    const char *args[TEMPLATE_ARGS_MAX]; /* their names, for those given as name=value */
    bool function;                       /* float(x) is x | float, too */
};

static bool to_text(struct evaluation *run, const struct value *value, struct value *out)
{
    if (value->kind == VALUE_STRING) {
        *out = *value;
        return true;
    }
    struct builder builder = {.run = run};
    return builder_add_value(&builder, value) && builder_done(&builder, out);
}

static bool copy_text(struct evaluation *run, const char *text, size_t len, struct value *out)
{
    struct builder builder = {.run = run};
    return builder_add(&builder, text, len) && builder_done(&builder, out);
}

const struct value *call_argument(const struct call *call, size_t index)
{
    bool given = index < call->arg_count && call->args[index].kind != VALUE_UNDEFINED;
    return given ? &call->args[index] : NULL;
}

/* ---- filters ---- */

static bool filter_default(struct evaluation *run, const struct call *call, struct value *out)
{
    (void)run;
    const struct value *other = call_argument(call, 0), *boolean = call_argument(call, 1);
    bool missing = call->input->kind == VALUE_UNDEFINED ||
                   (boolean && value_truth(boolean) && !value_truth(call->input));
    *out = !missing ? *call->input : other ? *other : value_text("");
    return true;
}

static bool change_case(
    struct evaluation *run, const struct call *call, int (*change)(int), struct value *out)
{
    struct value text;
    if (!to_text(run, call->input, &text))
        return false;
    char *changed = run_alloc(run, text.count + 1);
    if (!changed)
        return false;
    for (size_t i = 0; i < text.count; i++) {
        unsigned char c = (unsigned char)text.text[i];
        changed[i] = (char)(c < 0x80 ? change(c) : c);
    }
    *out = value_text(changed);
    return true;
}

static bool filter_lower(struct evaluation *run, const struct call *call, struct value *out)
{
    return change_case(run, call, tolower, out);
}

static bool filter_upper(struct evaluation *run, const struct call *call, struct value *out)
{
    return change_case(run, call, toupper, out);
}

static bool filter_string(struct evaluation *run, const struct call *call, struct value *out)
{
    return to_text(run, call->input, out);
}

static bool filter_join(struct evaluation *run, const struct call *call, struct value *out)
{
    struct value separator = value_text("");
    if (call->arg_count && !to_text(run, &call->args[0], &separator))
        return false;
    if (call->input->kind != VALUE_LIST && call->input->kind != VALUE_DICT)
        return run_fail(run, "cannot join %s", value_kind_name(call->input->kind));
    struct builder builder = {.run = run};
    for (size_t i = 0; i < call->input->count; i++) {
        struct value item = value_at(call->input, i);
        if (!run_charge(run, 1 + i / 256) || (i && !builder_add(&builder, separator.text, separator.count)) ||
            !builder_add_value(&builder, &item))
            return false;
    }
    return builder_done(&builder, out);
}

static bool filter_tojson(struct evaluation *run, const struct call *call, struct value *out)
{
    struct builder builder = {.run = run};
    return builder_add_json(&builder, call->input, true) && builder_done(&builder, out);
}

static size_t characters(const struct value *text)
{
    size_t count = 0;
    for (size_t i = 0; i < text->count; i++)
        count += ((unsigned char)text->text[i] & 0xc0) != 0x80;
    return count;
}

/* Python's rsplit(" ", 1)[0] */
static size_t before_last_blank(const struct value *text)
{
    for (size_t i = text->count; i-- > 0;) {
        if (text->text[i] == ' ')
            return i;
    }
    return text->count;
}

static bool truncate_text(struct evaluation *run, const struct value *text, size_t keep, bool kill_words,
    const struct value *tail, struct value *out)
{
    struct value length = value_int((double)keep), kept;
    if (!evaluate_slice(run, text, NULL, &length, &kept))
        return false;
    struct builder builder = {.run = run};
    size_t len = kill_words ? kept.count : before_last_blank(&kept);
    return builder_add(&builder, kept.text, len) && builder_add(&builder, tail->text, tail->count) &&
           builder_done(&builder, out);
}

/* truncate(length = 255, killwords = False, end = "...", leeway = 5) */
static bool filter_truncate(struct evaluation *run, const struct call *call, struct value *out)
{
    struct value text, tail = value_text("...");
    const struct value *length = call_argument(call, 0), *kill = call_argument(call, 1),
                       *leeway = call_argument(call, 3);
    if (!to_text(run, call->input, &text) || (call->arg_count > 2 && !to_text(run, &call->args[2], &tail)))
        return false;
    double keep = 255, slack = 5;
    if ((length && length->kind != VALUE_INT) || (leeway && leeway->kind != VALUE_INT))
        return run_fail(run, "truncate: the lengths must be integers");
    keep = length ? length->number : keep;
    slack = leeway ? leeway->number : slack;
    double end = (double)characters(&tail);
    if (keep < end || slack < 0 || keep > TEMPLATE_OUTPUT_MAX)
        return run_fail(run, "truncate: length %.0f does not fit", keep);
    *out = text;
    if ((double)characters(&text) <= keep + slack)
        return true;
    return truncate_text(run, &text, (size_t)(keep - end), kill && value_truth(kill), &tail, out);
}

static bool filter_trim(struct evaluation *run, const struct call *call, struct value *out)
{
    struct value text;
    if (!to_text(run, call->input, &text))
        return false;
    size_t begin = 0, end = text.count;
    while (begin < end && isspace((unsigned char)text.text[begin]))
        begin++;
    while (end > begin && isspace((unsigned char)text.text[end - 1]))
        end--;
    return copy_text(run, text.text + begin, end - begin, out);
}

static bool filter_replace(struct evaluation *run, const struct call *call, struct value *out)
{
    struct value text, from, to;
    if (!to_text(run, call->input, &text) || !to_text(run, &call->args[0], &from) ||
        !to_text(run, &call->args[1], &to))
        return false;
    if (from.count == 0)
        return run_fail(run, "replace: nothing to look for");
    struct builder builder = {.run = run};
    const char *at = text.text;
    for (const char *hit; (hit = strstr(at, from.text)); at = hit + from.count) {
        if (!run_charge(run, 1) || !builder_add(&builder, at, (size_t)(hit - at)) ||
            !builder_add(&builder, to.text, to.count))
            return false;
    }
    return builder_add(&builder, at, strlen(at)) && builder_done(&builder, out);
}

static bool filter_length(struct evaluation *run, const struct call *call, struct value *out)
{
    if (call->input->kind < VALUE_STRING && call->input->kind != VALUE_UNDEFINED)
        return run_fail(run, "%s has no length", value_kind_name(call->input->kind));
    *out =
        value_int((double)(call->input->kind == VALUE_STRING ? characters(call->input) : call->input->count));
    return true;
}

static bool edge_item(struct evaluation *run, const struct call *call, double index, struct value *out)
{
    struct value key = value_int(index);
    *out = (struct value){.kind = VALUE_UNDEFINED};
    if (call->input->kind == VALUE_UNDEFINED || call->input->count == 0)
        return call->input->kind >= VALUE_STRING || call->input->kind == VALUE_UNDEFINED ||
               run_fail(run, "%s has no items", value_kind_name(call->input->kind));
    if (call->input->kind == VALUE_STRING)
        return evaluate_slice(
            run, call->input, &key, index < 0 ? NULL : &(struct value){.kind = VALUE_INT, .number = 1}, out);
    if (call->input->kind != VALUE_LIST)
        return run_fail(run, "%s has no items", value_kind_name(call->input->kind));
    *out = value_item(call->input, &key);
    return true;
}

/* Home Assistant's: what is not there makes the template fail, so that the message is ignored. */
static bool filter_is_defined(struct evaluation *run, const struct call *call, struct value *out)
{
    *out = *call->input;
    return out->kind != VALUE_UNDEFINED || run_fail(run, "it is not defined");
}

/* iif(then = true, else = false, none): none stands for else unless it is given. */
static bool filter_iif(struct evaluation *run, const struct call *call, struct value *out)
{
    (void)run;
    const struct value *yes = call_argument(call, 0), *no = call_argument(call, 1),
                       *none = call_argument(call, 2);
    if (call->input->kind == VALUE_NONE && none)
        *out = *none;
    else if (value_truth(call->input))
        *out = yes ? *yes : value_bool(true);
    else
        *out = no ? *no : value_bool(false);
    return true;
}

static bool filter_first(struct evaluation *run, const struct call *call, struct value *out)
{
    return edge_item(run, call, 0, out);
}

static bool filter_last(struct evaluation *run, const struct call *call, struct value *out)
{
    return edge_item(run, call, -1, out);
}

static const struct callable filters[] = {
    {"default", filter_default, 0, 2, {"default_value", "boolean"}, false},
    {"d", filter_default, 0, 2, {"default_value", "boolean"}, false},
    {"lower", filter_lower, 0, 0, {NULL}, false},
    {"upper", filter_upper, 0, 0, {NULL}, false},
    {"int", filter_int, 0, 2, {"default", "base"}, true},
    {"float", filter_float, 0, 1, {"default"}, true},
    {"round", filter_round, 0, 3, {"precision", "method", "default"}, false},
    {"string", filter_string, 0, 0, {NULL}, false},
    {"join", filter_join, 0, 1, {"d"}, false},
    {"tojson", filter_tojson, 0, 0, {NULL}, false},
    {"to_json", filter_tojson, 0, 0, {NULL}, false},
    {"truncate", filter_truncate, 0, 4, {"length", "killwords", "end", "leeway"}, false},
    {"trim", filter_trim, 0, 0, {NULL}, false},
    {"replace", filter_replace, 2, 2, {"old", "new"}, false},
    {"abs", filter_abs, 0, 0, {NULL}, false},
    {"length", filter_length, 0, 0, {NULL}, false},
    {"count", filter_length, 0, 0, {NULL}, false},
    {"first", filter_first, 0, 0, {NULL}, false},
    {"last", filter_last, 0, 0, {NULL}, false},
    {"is_defined", filter_is_defined, 0, 0, {NULL}, false},
    {"iif", filter_iif, 0, 3, {"if_true", "if_false", "if_none"}, true},
    {"format", filter_format, 1, TEMPLATE_ARGS_MAX, {NULL}, false},
};

/* ---- methods ---- */

static bool need(struct evaluation *run, const struct call *call, enum value_kind kind, const char *method)
{
    if (call->input->kind != kind)
        return run_fail(run, "%s has no method %s", value_kind_name(call->input->kind), method);
    for (size_t i = 0; kind == VALUE_STRING && i < call->arg_count; i++) {
        if (call->args[i].kind != VALUE_STRING)
            return run_fail(run, "%s: an argument must be text", method);
    }
    return true;
}

/* The next part and where the rest begins; NULL behind the last part. Without separator: runs of blanks
 * separate, empty parts vanish. */
static const char *next_part(const char *at, const struct value *separator, size_t *len)
{
    if (separator) {
        const char *hit = strstr(at, separator->text);
        *len = hit ? (size_t)(hit - at) : strlen(at);
        return hit ? hit + separator->count : NULL;
    }
    *len = strcspn(at, " \t\n\r\v\f");
    const char *rest = at + *len + strspn(at + *len, " \t\n\r\v\f");
    return *rest ? rest : NULL;
}

static bool method_split(struct evaluation *run, const struct call *call, struct value *out)
{
    const struct value *separator = call_argument(call, 0);
    if (!need(run, call, VALUE_STRING, "split"))
        return false;
    if (separator && separator->count == 0)
        return run_fail(run, "split: empty separator");
    const char *begin = call->input->text;
    if (!separator)
        begin += strspn(begin, " \t\n\r\v\f");
    size_t count = 0, len;
    for (const char *at = begin; at && (separator || *at); at = next_part(at, separator, &len))
        count++;
    struct value *items = run_charge(run, count) ? run_alloc(run, (count + 1) * sizeof(*items)) : NULL;
    if (!items)
        return false;
    const char *at = begin;
    for (size_t i = 0; i < count; i++) {
        const char *rest = next_part(at, separator, &len);
        if (!copy_text(run, at, len, &items[i]))
            return false;
        at = rest;
    }
    *out = (struct value){.kind = VALUE_LIST, .items = items, .count = count};
    return true;
}

static bool list_dict(struct evaluation *run, const struct value *dict, bool values, struct value *out)
{
    struct value *items = run_alloc(run, (dict->count + 1) * sizeof(*items));
    if (!items)
        return false;
    for (size_t i = 0; i < dict->count; i++) {
        if (!run_charge(run, 1 + i / 256))
            return false;
        items[i] = value_at(dict, i);
        if (values)
            items[i] = value_item(dict, &items[i]);
    }
    *out = (struct value){.kind = VALUE_LIST, .items = items, .count = dict->count};
    return true;
}

static bool method_keys(struct evaluation *run, const struct call *call, struct value *out)
{
    return need(run, call, VALUE_DICT, "keys") && list_dict(run, call->input, false, out);
}

static bool method_values(struct evaluation *run, const struct call *call, struct value *out)
{
    return need(run, call, VALUE_DICT, "values") && list_dict(run, call->input, true, out);
}

static bool method_get(struct evaluation *run, const struct call *call, struct value *out)
{
    if (!need(run, call, VALUE_DICT, "get"))
        return false;
    *out = value_item(call->input, &call->args[0]);
    if (out->kind == VALUE_UNDEFINED)
        *out = call->arg_count > 1 ? call->args[1] : (struct value){.kind = VALUE_NONE};
    return true;
}

static bool method_lower(struct evaluation *run, const struct call *call, struct value *out)
{
    return need(run, call, VALUE_STRING, "lower") && filter_lower(run, call, out);
}

static bool method_upper(struct evaluation *run, const struct call *call, struct value *out)
{
    return need(run, call, VALUE_STRING, "upper") && filter_upper(run, call, out);
}

static bool method_strip(struct evaluation *run, const struct call *call, struct value *out)
{
    return need(run, call, VALUE_STRING, "strip") && filter_trim(run, call, out);
}

static bool method_replace(struct evaluation *run, const struct call *call, struct value *out)
{
    return need(run, call, VALUE_STRING, "replace") && filter_replace(run, call, out);
}

static bool method_startswith(struct evaluation *run, const struct call *call, struct value *out)
{
    if (!need(run, call, VALUE_STRING, "startswith"))
        return false;
    *out = value_bool(strncmp(call->input->text, call->args[0].text, call->args[0].count) == 0);
    return true;
}

static bool method_endswith(struct evaluation *run, const struct call *call, struct value *out)
{
    if (!need(run, call, VALUE_STRING, "endswith"))
        return false;
    size_t len = call->args[0].count;
    *out = value_bool(len <= call->input->count &&
                      strcmp(call->input->text + call->input->count - len, call->args[0].text) == 0);
    return true;
}

static const struct callable methods[] = {
    {"split", method_split, 0, 1, {NULL}, false},
    {"keys", method_keys, 0, 0, {NULL}, false},
    {"values", method_values, 0, 0, {NULL}, false},
    {"get", method_get, 1, 2, {NULL}, false},
    {"lower", method_lower, 0, 0, {NULL}, false},
    {"upper", method_upper, 0, 0, {NULL}, false},
    {"strip", method_strip, 0, 0, {NULL}, false},
    {"replace", method_replace, 2, 2, {NULL}, false},
    {"startswith", method_startswith, 1, 1, {NULL}, false},
    {"endswith", method_endswith, 1, 1, {NULL}, false},
};

static int find(const struct callable *table, size_t count, const char *name, size_t arg_count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(table[i].name, name) == 0 && arg_count >= table[i].args_min &&
            arg_count <= table[i].args_max)
            return (int)i;
    }
    return -1;
}

int filter_find(const char *name, size_t arg_count)
{
    return find(filters, sizeof(filters) / sizeof(*filters), name, arg_count);
}

int filter_argument(const char *filter, const char *name)
{
    for (size_t i = 0; i < sizeof(filters) / sizeof(*filters); i++) {
        if (strcmp(filters[i].name, filter) != 0)
            continue;
        for (int k = 0; k < TEMPLATE_ARGS_MAX && filters[i].args[k]; k++) {
            if (strcmp(filters[i].args[k], name) == 0)
                return k;
        }
    }
    return -1;
}

bool filter_is_function(const char *name)
{
    for (size_t i = 0; i < sizeof(filters) / sizeof(*filters); i++) {
        if (filters[i].function && strcmp(filters[i].name, name) == 0)
            return true;
    }
    return false;
}

int method_find(const char *name, size_t arg_count)
{
    return find(methods, sizeof(methods) / sizeof(*methods), name, arg_count);
}

bool filter_call(struct evaluation *run, int filter, const struct value *input, const struct value *args,
    size_t arg_count, struct value *out)
{
    return filters[filter].call(run, &(struct call){input, args, arg_count}, out);
}

bool method_call(struct evaluation *run, int method, const struct value *object, const struct value *args,
    size_t arg_count, struct value *out)
{
    if (object->kind == VALUE_UNDEFINED)
        return run_fail(run, "something undefined has no method %s", methods[method].name);
    return methods[method].call(run, &(struct call){object, args, arg_count}, out);
}

/* ---- tests ---- a bit for each kind of value of which the test holds */

#define KIND(kind) (1u << (kind))

static const struct {
    const char *name;
    unsigned kinds;
} tests[] = {
    {"defined", ~KIND(VALUE_UNDEFINED)},
    {"undefined", KIND(VALUE_UNDEFINED)},
    {"none", KIND(VALUE_NONE)},
    {"number", KIND(VALUE_BOOL) | KIND(VALUE_INT) | KIND(VALUE_FLOAT)},
    {"integer", KIND(VALUE_INT)},
    {"float", KIND(VALUE_FLOAT)},
    {"boolean", KIND(VALUE_BOOL)},
    {"string", KIND(VALUE_STRING)},
    {"mapping", KIND(VALUE_DICT)},
    {"sequence", KIND(VALUE_STRING) | KIND(VALUE_LIST) | KIND(VALUE_DICT)},
};

static unsigned test_kinds(const char *name)
{
    for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++) {
        if (strcmp(tests[i].name, name) == 0)
            return tests[i].kinds;
    }
    return 0;
}

bool test_is_known(const char *name)
{
    return test_kinds(name) != 0;
}

bool test_holds(const char *name, const struct value *value)
{
    return test_kinds(name) & KIND(value->kind);
}
