/* compare.c - see compare.h. */
#include "cli/compare.h"

#include "daemon/understand.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "inference/text.h"

enum { WORDS_MAX = 4096, CALLS_MAX = 64 };

struct compare {
    struct registry *registry;
    struct san_arena *arena;
};

/* ---- values ---- */

static bool same_words(const char *a, const char *b)
{
    char left[WORDS_MAX], right[WORDS_MAX];
    if (san_normalize_to(left, sizeof(left), a, strlen(a), NULL) != SAN_OK ||
        san_normalize_to(right, sizeof(right), b, strlen(b), NULL) != SAN_OK)
        return strcmp(a, b) == 0;
    return strcmp(left, right) == 0;
}

static bool same_folded(const char *a, const char *b)
{
    const utf8proc_option_t options =
        UTF8PROC_NULLTERM | UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD;
    utf8proc_uint8_t *left = NULL, *right = NULL;
    utf8proc_ssize_t l = utf8proc_map((const utf8proc_uint8_t *)a, 0, &left, options);
    utf8proc_ssize_t r = utf8proc_map((const utf8proc_uint8_t *)b, 0, &right, options);
    bool same = l >= 0 && r >= 0 ? strcmp((const char *)left, (const char *)right) == 0 : strcmp(a, b) == 0;
    free(left);
    free(right);
    return same;
}

/* The canonical name that a name or alias stands for; the text itself if it stands for nothing. */
static const char *canonical_name(const struct compare *compare, const char *text)
{
    const struct reg_filter filter = {.name = text};
    struct home_entity *rows;
    size_t count;
    enum san_status status = reg_entities(compare->registry, &filter, compare->arena, &rows, &count, NULL);
    return status == SAN_OK && count > 0 ? rows[0].name : text;
}

static bool same_name(const struct compare *compare, const char *a, const char *b)
{
    return same_words(a, b) || same_words(canonical_name(compare, a), canonical_name(compare, b));
}

static bool same_place(const struct compare *compare, const char *slot, const char *a, const char *b)
{
    if (same_words(a, b))
        return true;
    bool is_area = strcmp(slot, "area") == 0;
    int64_t left = is_area ? reg_find_area(compare->registry, a) : reg_find_floor(compare->registry, a);
    int64_t right = is_area ? reg_find_area(compare->registry, b) : reg_find_floor(compare->registry, b);
    return left != 0 && left == right;
}

static bool as_number(const struct home_arg *arg, double *out)
{
    char *end;
    *out = arg->is_number ? arg->number : strtod(arg->text, &end);
    return arg->is_number || (end != arg->text && *end == '\0');
}

static bool same_arg(const struct compare *compare, const struct home_arg *a, const struct home_arg *b)
{
    double left, right;
    if (strcmp(a->slot, "name") == 0)
        return same_name(compare, a->text, b->text);
    if (strcmp(a->slot, "area") == 0 || strcmp(a->slot, "floor") == 0)
        return same_place(compare, a->slot, a->text, b->text);
    if (as_number(a, &left) && as_number(b, &right))
        return fabs(left - right) < 1e-6;
    return same_folded(a->text, b->text);
}

/* ---- calls ---- */

/* Is the argument one that counts? */
static bool counts(const struct home_call *call, const struct home_arg *arg)
{
    bool implied = strcmp(arg->slot, "domain") == 0 || strcmp(arg->slot, "device_class") == 0;
    return !implied || !home_call_arg(call, "name");
}

/* The first argument of a that counts and is not in b; NULL if all are. */
static const char *uncovered(
    const struct compare *compare, const struct home_call *a, const struct home_call *b)
{
    for (size_t i = 0; i < a->arg_count; i++) {
        if (!counts(a, &a->args[i]))
            continue;
        const struct home_arg *other = home_call_arg(b, a->args[i].slot);
        if (!other || !same_arg(compare, &a->args[i], other))
            return a->args[i].slot;
    }
    return NULL;
}

static bool same_call(const struct compare *compare, const struct home_call *a, const struct home_call *b)
{
    return strcmp(a->tool, b->tool) == 0 && !uncovered(compare, a, b) && !uncovered(compare, b, a);
}

const char *compare_differing_slot(
    struct registry *registry, struct san_arena *arena, const struct home_call *a, const struct home_call *b)
{
    const struct compare compare = {registry, arena};
    const char *slot = uncovered(&compare, a, b);
    if (!slot)
        slot = uncovered(&compare, b, a);
    return slot ? slot : "";
}

bool compare_call(
    struct registry *registry, struct san_arena *arena, const struct home_call *a, const struct home_call *b)
{
    const struct compare compare = {registry, arena};
    return same_call(&compare, a, b);
}

bool compare_calls(struct registry *registry, struct san_arena *arena, const struct home_call *expected,
    size_t expected_count, const struct home_call *got, size_t got_count)
{
    const struct compare compare = {registry, arena};
    bool taken[CALLS_MAX] = {false};
    if (expected_count != got_count || got_count > CALLS_MAX)
        return false;
    for (size_t i = 0; i < expected_count; i++) {
        size_t j = 0;
        while (j < got_count && (taken[j] || !same_call(&compare, &expected[i], &got[j])))
            j++;
        if (j == got_count)
            return false;
        taken[j] = true;
    }
    return true;
}

bool compare_is_false_action(struct registry *registry, struct san_arena *arena,
    const struct home_call *expected, size_t expected_count, const struct home_call *got)
{
    const struct compare compare = {registry, arena};
    for (size_t i = 0; i < expected_count; i++)
        if (same_call(&compare, &expected[i], got))
            return false;
    return !understand_is_question(got->tool);
}
