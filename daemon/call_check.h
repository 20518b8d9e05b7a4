/* call_check.h - a call that somebody has written: is there such a tool, does it take these slots and values,
 * is there what they name?
 *
 * The network cannot write a wrong call, a person can. The tools' JSON Schemas say what is right, and a table
 * what hearth's renderers take beyond them.
 */
#ifndef HEARTHD_CALL_CHECK_H
#define HEARTHD_CALL_CHECK_H

#include <cjson/cJSON.h>

#include "devices/registry.h"
#include "devices/shortlist.h"

struct call_check {
    const cJSON *tools; /* [{"name","parameters":{JSON Schema}}] */
    struct registry *registry;
    struct shortlist *shortlist;
};

/* SAN_EINVAL and *err: what is wrong, and what there is instead, the nearest first. arguments: an object, or
 * NULL. What a single device can or cannot do is not asked here. */
enum san_status call_check(
    const struct call_check *check, const char *tool, const cJSON *arguments, struct san_error *err);

#endif
