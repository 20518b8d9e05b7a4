/* call_domain.c - see call_domain.h. */
#include "call_domain.h"

#include <string.h>

/* Kinds whose domain is written beside a name: "open" and "lock" say HassTurnOn of things that "turn on" does
 * not fit. */
static const char *const implied_domains[] = {"cover", "valve", "lock", "scene", "script"};

static bool is_implied(const char *kind)
{
    for (size_t i = 0; i < sizeof(implied_domains) / sizeof(*implied_domains); i++) {
        if (strcmp(implied_domains[i], kind) == 0)
            return true;
    }
    return false;
}

static bool takes_implied(const char *tool)
{
    return strcmp(tool, "HassTurnOn") == 0 || strcmp(tool, "HassTurnOff") == 0;
}

void call_remove(struct home_call *call, const char *slot)
{
    size_t kept = 0;
    for (size_t i = 0; i < call->arg_count; i++) {
        if (strcmp(call->args[i].slot, slot) != 0)
            call->args[kept++] = call->args[i];
    }
    call->arg_count = kept;
}

static bool insert(struct home_call *call, size_t at, const char *slot, const char *text)
{
    if (call->arg_count == HOME_ARGS_MAX)
        return false;
    memmove(&call->args[at + 1], &call->args[at], (call->arg_count - at) * sizeof(*call->args));
    call->args[at] = (struct home_arg){.slot = slot, .text = text};
    call->arg_count++;
    return true;
}

static bool is_slot(const struct home_call *call, size_t at, const char *slot)
{
    return at < call->arg_count && strcmp(call->args[at].slot, slot) == 0;
}

bool call_put_text(struct home_call *call, const char *slot, const char *text)
{
    return insert(call, is_slot(call, 0, "name") ? 1 : 0, slot, text);
}

bool call_fit_domain(struct home_call *call, const char *kind)
{
    const char *domain = home_call_text(call, "domain");
    if (domain && strcmp(domain, kind) == 0)
        return true;
    call_remove(call, "domain");
    if (!takes_implied(call->tool) || !is_implied(kind))
        return true;
    size_t at = 0;
    while (is_slot(call, at, "name") || is_slot(call, at, "area") || is_slot(call, at, "floor"))
        at++;
    return insert(call, at, "domain", kind);
}

bool call_copy(struct home_call *out, const struct home_call *call, struct san_arena *arena)
{
    *out = *call;
    out->tool = san_arena_strndup(arena, call->tool, strlen(call->tool));
    for (size_t i = 0; i < call->arg_count; i++) {
        const struct home_arg *from = &call->args[i];
        out->args[i].slot = san_arena_strndup(arena, from->slot, strlen(from->slot));
        out->args[i].text = san_arena_strndup(arena, from->text, strlen(from->text));
        if (!out->args[i].slot || !out->args[i].text)
            return false;
    }
    return out->tool != NULL;
}

bool call_equal(const struct home_call *a, const struct home_call *b)
{
    if (strcmp(a->tool, b->tool) != 0 || a->arg_count != b->arg_count)
        return false;
    for (size_t i = 0; i < a->arg_count; i++) {
        const char *other = home_call_text(b, a->args[i].slot);
        if (!other || strcmp(a->args[i].text, other) != 0)
            return false;
    }
    return true;
}
