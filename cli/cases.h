/* cases.h - files of one JSON object a line: evaluation cases and predictions (hearthctl(1), eval). */
#ifndef HEARTHCTL_CASES_H
#define HEARTHCTL_CASES_H

#include <cjson/cJSON.h>

#include "devices/home.h"
#include "inference/arena.h"
#include "inference/status.h"

struct cases; /* an open file */

/* NULL and *err if it cannot be opened. */
struct cases *cases_open(const char *path, struct san_error *err);
void cases_close(struct cases *cases); /* NULL is allowed */

/* Another list of calls that is right too. */
struct case_accept {
    struct home_call *calls;
    size_t call_count;
};

/* One line. Everything lives until the next one. */
struct eval_case {
    const char *id;    /* "" if the line has none; numbers as text */
    const char *text;  /* "" in predictions */
    const char *area;  /* context_area, or NULL */
    const cJSON *home; /* an object, a string (a file beside the cases), or NULL */
    struct home_call *calls;
    size_t call_count;
    struct case_accept *accept; /* "accept": besides calls */
    size_t accept_count;
    const char **tags; /* "tags": what is particular about the case */
    size_t tag_count;
    char where[160]; /* file:line, for errors */
    struct san_arena *arena;
};

/* 1: *out is the next case; 0: the end; -1: *err names file, line and what is wrong. Blank lines are skipped.
 */
int cases_next(struct cases *cases, struct eval_case *out, struct san_error *err);
/* How much of the file has been read, 0..1. */
double cases_progress(const struct cases *cases);
/* The path of a file beside the cases; in out. */
void cases_beside(const struct cases *cases, const char *name, char *out, size_t size);

#endif
