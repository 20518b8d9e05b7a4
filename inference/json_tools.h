/* json_tools.h - tools of any kind, for models of the "needle" prompt format: what the prompt says of them,
 * and what the grammar keeps (docs/model.md, section 7). Internal to libsan.
 *
 * Read are [tool, ...] and {"tools":[...]}, a tool being {"name","description","parameters"} with parameters
 * as Needle writes them, {"arg":{"type","description","required"}}, or as JSON Schema,
 * {"type":"object","properties","required"}. Of a parameter, `type`, `enum`, `items` and `required` bind;
 * every other word is for the network to read. Immutable after loading; everything lives in one arena of its
 * own.
 */
#ifndef SAN_JSON_TOOLS_H
#define SAN_JSON_TOOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "san.h"

enum {
    SAN_JSON_BYTES = 65536,   /* of the file: far more than a prompt holds */
    SAN_JSON_TOOLS_MAX = 64,  /* in one prompt */
    SAN_JSON_PARAMS_MAX = 64, /* of a tool: a bit each */
    SAN_JSON_ENUM_MAX = 256,
    SAN_JSON_NEST_MAX = 4, /* arrays in arrays, as a parameter says it */
};

/* Bytes of JSON text that can be written as they are; a name with its quotes. */
struct san_literal {
    const char *text;
    size_t len;
};

enum san_json_type {
    SAN_JSON_ANY,
    SAN_JSON_STRING,
    SAN_JSON_INTEGER,
    SAN_JSON_NUMBER,
    SAN_JSON_BOOLEAN,
    SAN_JSON_ENUM,
    SAN_JSON_ARRAY,
    SAN_JSON_OBJECT, /* of any members */
};

struct san_json_value {
    enum san_json_type type;
    const struct san_literal *values; /* ENUM: sorted */
    size_t value_count;
    const struct san_json_value *item; /* ARRAY */
    size_t least;                      /* bytes of its shortest form */
};

struct san_json_tool {
    const char *given;               /* the name in the file */
    const struct san_literal *keys;  /* sorted */
    const struct san_json_value *of; /* [key_count], of each key */
    size_t key_count;
    uint64_t required; /* a bit for each key */
};

struct san_json_tools {
    const struct san_model *model;
    struct san_arena *arena;
    struct san_literal *names;  /* [count], sorted: in snake case, as the network writes them */
    struct san_json_tool *tool; /* [count], of each name */
    size_t count;
    struct san_literal prompt; /* the tools as compact JSON */
    /* What each token adds to a text: spelling[id] .. spelling[id + 1] of bytes; nothing for control tokens.
     * The tokens that add something, by their first byte: ids[first[b]] .. ids[first[b + 1]]. */
    const char *bytes;
    const uint32_t *spelling; /* [vocab + 1] */
    const int32_t *ids;
    uint32_t first[257];
    int32_t call, tools, eos; /* <tool_call>, <tools> */
};

/* get_weather for getWeather, GetWeather and "get weather"; to has room for 2 * strlen(name) + 1. */
void san_snake_case(const char *name, char *to);

#endif
