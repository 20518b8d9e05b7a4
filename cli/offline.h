/* offline.h - understanding without hearthd: a home file in memory, the model, the tools. What comes out is
 * what hearthd would understand. */
#ifndef HEARTHCTL_OFFLINE_H
#define HEARTHCTL_OFFLINE_H

#include <cjson/cJSON.h>

#include "daemon/except.h"
#include "daemon/understand.h"

struct offline;

struct offline_options {
    const char *model; /* NULL: $HEARTH_MODEL, else the installed one */
    const char *tools; /* NULL: $HEARTH_TOOLS, else the installed ones */
    unsigned threads;  /* 0 or 1: one */
};

/* Opens model and tools. NULL and *err on failure. */
struct offline *offline_open(const struct offline_options *options, struct san_error *err);
void offline_close(struct offline *offline); /* NULL is allowed */

/* Makes a home the current one. The last few are kept, so that cases may alternate between homes. */
enum san_status offline_use_file(struct offline *offline, const char *path, struct san_error *err);
/* The same for an inline home; `where` is named in errors. */
enum san_status offline_use_json(
    struct offline *offline, const cJSON *home, const char *where, struct san_error *err);
/* The current home's registry. */
struct registry *offline_registry(struct offline *offline);

/* What came of one sentence; everything lives until the next offline_parse. */
struct offline_result {
    struct understood understood;
    struct understand_request prepared;
    const struct san_result *network; /* steps are there if trace was asked for */
    struct except except;             /* what the sentence takes out of its groups; .text NULL: nothing */
    struct home_call *calls;          /* those to act on: nothing missing, nothing unproven; a group of which
                                         something is excepted is the things that are left, by their names */
    size_t call_count;
    bool asks;                   /* hearthd would ask whether it was meant, and do nothing before the yes */
    struct home_call *after_yes; /* what is done then */
    size_t after_yes_count;
    const char **kept_back; /* of each of understood.calls: why it is not acted on ("missing", "unproven",
                               "overlooked", "asked", "unsure", "nothing there"), or "" */
    double ms;              /* from the text to the calls */
    struct san_arena *arena;
};
enum san_status offline_parse(struct offline *offline, const char *text, const char *area, bool trace,
    struct offline_result *out, struct san_error *err);

/* Does the call fall into a sensitive class (daemon/policy.h) for something that it would act on? */
enum san_status offline_is_sensitive(struct offline *offline, const struct offline_result *result,
    const struct home_call *call, bool *out, struct san_error *err);

/* Kernels and model, for reports. */
void offline_model_info(const struct offline *offline, struct san_model_info *out);

#endif
