/* template_numbers.c - the filters of the template subset that make, round and write numbers. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/json_text.h"
#include "devices/template_internal.h"

enum {
    FORMAT_SPEC_MAX = 8,   /* of one %...: flags, width, precision */
    FORMAT_TEXT_MAX = 128, /* of one number */
    FORMAT_NUMBER_MAX = INT32_MAX,
};

/* ---- reading ---- */

/* The number of a number or numeric text. What is undefined has none, and takes no default either, as in
 * Jinja. */
static bool number_of(struct evaluation *run, const struct call *call, const struct value *fallback,
    double *number, bool *is_default)
{
    const struct value *input = call->input;
    *is_default = false;
    if (input->kind == VALUE_UNDEFINED)
        return run_fail(run, "cannot make a number of something undefined");
    if (value_is_number(input)) {
        *number = input->number;
        return true;
    }
    if (input->kind == VALUE_STRING && json_text_number(input->text, number))
        return true;
    *is_default = fallback;
    return fallback ||
           run_fail(run, "cannot make a number of %s%s%.40s", value_kind_name(input->kind),
               input->kind == VALUE_STRING ? " " : "", input->kind == VALUE_STRING ? input->text : "");
}

/* Whole digits of another base: "ff" of 16. */
static bool int_of_base(struct evaluation *run, const struct call *call, int base, struct value *out)
{
    const struct value *fallback = call_argument(call, 0);
    char *end;
    long number = strtol(call->input->text, &end, base);
    bool ok = call->input->count > 0 && !*end && number > -INT32_MAX && number < INT32_MAX;
    if (!ok && !fallback)
        return run_fail(run, "cannot make a number of base %d of %.40s", base, call->input->text);
    *out = ok ? value_int((double)number) : *fallback;
    return true;
}

/* int(default, base = 10) */
bool filter_int(struct evaluation *run, const struct call *call, struct value *out)
{
    double number = 0;
    bool is_default;
    const struct value *base = call_argument(call, 1);
    if (base && (base->kind != VALUE_INT || base->number < 2 || base->number > 36))
        return run_fail(run, "int: the base must be 2 to 36");
    if (base && call->input->kind == VALUE_STRING)
        return int_of_base(run, call, (int)base->number, out);
    if (!number_of(run, call, call_argument(call, 0), &number, &is_default))
        return false;
    *out = is_default ? call->args[0] : value_int(trunc(number));
    return true;
}

bool filter_float(struct evaluation *run, const struct call *call, struct value *out)
{
    double number = 0;
    bool is_default;
    if (!number_of(run, call, call_argument(call, 0), &number, &is_default))
        return false;
    *out = is_default ? call->args[0] : value_float(number);
    return true;
}

/* Decimal rounding of the exact binary value, ties to even: what Python's round() and printf both do. */
static double round_places(double number, int places)
{
    char text[352];
    if (places < 0) {
        double unit = pow(10, -places);
        return rint(number / unit) * unit;
    }
    snprintf(text, sizeof(text), "%.*f", places, number);
    return strtod(text, NULL);
}

static bool round_by(
    struct evaluation *run, const struct value *method, double number, int places, double *out)
{
    double unit = pow(10, places);
    if (!method || strcmp(method->text, "common") == 0)
        *out = round_places(number, places);
    else if (strcmp(method->text, "ceil") == 0)
        *out = ceil(number * unit) / unit;
    else if (strcmp(method->text, "floor") == 0)
        *out = floor(number * unit) / unit;
    else if (strcmp(method->text, "half") == 0)
        *out = rint(number * 2) / 2;
    else
        return run_fail(run, "round: unknown method %.20s", method->text);
    return isfinite(*out) || run_fail(run, "round: not a number");
}

/* round(precision = 0, method = "common", default): an integer when the precision is 0, as Home Assistant's
 * own. */
bool filter_round(struct evaluation *run, const struct call *call, struct value *out)
{
    const struct value *precision = call_argument(call, 0), *method = call_argument(call, 1);
    double number = 0;
    bool is_default;
    if (!number_of(run, call, call_argument(call, 2), &number, &is_default))
        return false;
    if (is_default) {
        *out = call->args[2];
        return true;
    }
    if ((precision && !value_is_number(precision)) || (method && method->kind != VALUE_STRING))
        return run_fail(run, "round: wrong kind of argument");
    double places = precision ? precision->number : 0;
    if (places < -15 || places > 15)
        return run_fail(run, "round: precision beyond -15..15");
    double rounded = number;
    if (!round_by(run, method, number, (int)places, &rounded))
        return false;
    *out = (int)places == 0 ? value_int(trunc(rounded)) : value_float(rounded);
    return true;
}

bool filter_abs(struct evaluation *run, const struct call *call, struct value *out)
{
    if (!value_is_number(call->input))
        return run_fail(run, "abs: not a number but %s", value_kind_name(call->input->kind));
    double number = fabs(call->input->number);
    *out = call->input->kind == VALUE_FLOAT ? value_float(number) : value_int(number);
    return true;
}

/* One %... of format: flags, width and precision as in C. Moves *at behind it. */
static bool format_one(
    struct evaluation *run, const char **at, const struct value *value, struct builder *builder)
{
    char spec[FORMAT_SPEC_MAX + 4], text[FORMAT_TEXT_MAX];
    size_t len = strspn(*at, "%0123456789.+- ");
    char kind = (*at)[len];
    if (len > FORMAT_SPEC_MAX || !kind || !strchr("sdixXfg", kind))
        return run_fail(run, "format: unsupported %.10s", *at);
    memcpy(spec, *at, len);
    *at += len + 1;
    if (kind == 's')
        return builder_add_value(builder, value);
    if (!value_is_number(value) || fabs(value->number) > FORMAT_NUMBER_MAX)
        return run_fail(run, "format: %%%c needs a number", kind);
    bool whole = kind != 'f' && kind != 'g';
    snprintf(spec + len, sizeof(spec) - len, whole ? "l%c" : "%c", kind);
    int wrote = whole ? snprintf(text, sizeof(text), spec, (long)value->number)
                      : snprintf(text, sizeof(text), spec, value->number);
    if (wrote < 0 || (size_t)wrote >= sizeof(text))
        return run_fail(run, "format: more than %d letters for a number", FORMAT_TEXT_MAX - 1);
    return builder_add(builder, text, (size_t)wrote);
}

/* Python's %: '#%02x%02x%02x' | format(red, green, blue) */
bool filter_format(struct evaluation *run, const struct call *call, struct value *out)
{
    if (call->input->kind != VALUE_STRING)
        return run_fail(run, "format: not a text but %s", value_kind_name(call->input->kind));
    struct builder builder = {.run = run};
    size_t next = 0;
    const char *at = call->input->text;
    while (*at) {
        size_t plain = strcspn(at, "%");
        bool percent = strncmp(at + plain, "%%", 2) == 0;
        if (!run_charge(run, 1) || !builder_add(&builder, at, plain + percent))
            return false;
        at += plain + (percent ? 2 : 0);
        if (percent || !*at)
            continue;
        if (next == call->arg_count)
            return run_fail(run, "format: too few arguments");
        if (!format_one(run, &at, &call->args[next++], &builder))
            return false;
    }
    return builder_done(&builder, out);
}
