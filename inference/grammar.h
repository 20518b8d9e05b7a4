/* grammar.h - what the network may write next (docs/model.md, section 4). Internal to libsan.
 *
 *     const int32_t *ids;
 *     while (!san_grammar_ended(g)) {
 *         size_t count = san_grammar_allowed(g, &ids);
 *         san_grammar_write(g, ids[the best of count], its probability);
 *     }
 *
 * A token automaton over the compiled tools and one prompt. It never offers a token behind which the calls
 * could not be completed within the tokens that are left: there is always a way on, and what was written when
 * it ends keeps every schema.
 */
#ifndef SAN_GRAMMAR_H
#define SAN_GRAMMAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "prompt.h"
#include "schema.h"

struct san_grammar;

/* One argument as it was written. */
struct san_written_value {
    const struct san_slot *slot;
    enum san_value_type type;
    const struct san_phrase *phrase; /* ITEM, ENUM */
    int64_t hundredths;              /* NUMBER */
    size_t first_word, last_word;    /* SPAN: of the prompt's words */
    float probability;               /* of the tokens of the argument, multiplied */
};

struct san_written_call {
    const struct san_tool *tool;
    struct san_written_value value[SAN_TOOL_SLOTS_MAX];
    size_t value_count;
    float probability; /* of all its tokens, multiplied */
};

/* The automaton before its first token; tools and prompt must outlive it. At most max_tokens are written, the
 * eos included, and never more than SAN_OUTPUT_MAX; max_tokens is at least 2. NULL if out of memory. */
struct san_grammar *san_grammar_new(struct san_arena *arena, const struct san_tools *tools,
    const struct san_prompt *prompt, size_t max_tokens);

/* The tokens that may be written now, sorted, at least one; *ids lives until the next write. 0 when it has
 * ended. */
size_t san_grammar_allowed(const struct san_grammar *grammar, const int32_t **ids);
/* Writes one of the allowed tokens. Its probability counts for the call and the argument to which it belongs;
 * eos belongs to the last call. */
void san_grammar_write(struct san_grammar *grammar, int32_t token, float probability);
bool san_grammar_ended(const struct san_grammar *grammar);

/* The calls; complete when it has ended. Empty for "<none>". */
size_t san_grammar_calls(const struct san_grammar *grammar, const struct san_written_call **calls);

#endif
