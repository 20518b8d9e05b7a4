/* json_grammar.h - which tokens may be written next, where the output is calls as compact JSON:
 * [{"name":"...","arguments":{...}},...] (docs/model.md, section 7). Internal to libsan.
 *
 * Names, keys, required arguments, enums and types are the tools'. No token is offered behind which the calls
 * could not be completed within the tokens that are left. Allocates once, at the start.
 */
#ifndef SAN_JSON_GRAMMAR_H
#define SAN_JSON_GRAMMAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "json_tools.h"

struct san_json_grammar;

/* A grammar at the beginning of the output, which has at most max_tokens tokens, eos included. NULL if out of
 * memory. */
struct san_json_grammar *san_json_grammar_new(
    struct san_arena *arena, const struct san_json_tools *tools, size_t max_tokens);
/* The tokens that may follow, in rising order; at least one, until eos was written. Lives until the next
 * call. */
size_t san_json_grammar_allowed(struct san_json_grammar *grammar, const int32_t **ids);
/* Writes one of them. */
void san_json_grammar_write(struct san_json_grammar *grammar, int32_t id);
bool san_json_grammar_ended(const struct san_json_grammar *grammar);
/* What was written, NUL-terminated; a space that the first token brought is left out. */
const char *san_json_grammar_text(const struct san_json_grammar *grammar);

#endif
