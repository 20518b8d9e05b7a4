/* san.h - libsan: tool calling with a Simple Attention Network, on the CPU.
 *
 *     struct san_error err;
 *     struct san_model *model = san_model_open("hearth-s.gguf", &err);
 *     struct san_tools *tools = san_tools_load(model, json, json_len, &err);
 *     struct san_session *session = san_session_new(model, NULL, &err);
 *
 *     struct san_item items[] = {{"area", "Kitchen"}, {"light", "Kitchen ceiling"}};
 *     struct san_request request = {.text = "turn off the kitchen ceiling", .items = items, .item_count = 2};
 *     const struct san_result *result;
 *     if (san_parse(session, tools, &request, &result, &err) == SAN_OK)
 *         for (size_t i = 0; i < result->call_count; i++)
 *             puts(result->calls[i].tool);
 *
 *     san_session_free(session); san_tools_free(tools); san_model_close(model);
 *
 * The network writes under a grammar compiled from the tools' JSON Schemas and from the names in the request:
 * a call that breaks its schema cannot come out. The format of model, prompt and output: docs/model.md.
 *
 * Threads: a model and a tool set are immutable and may be shared; a session belongs to one thread at a time.
 * The library keeps no global state (but the choice of kernels, made once), prints nothing, and never exits.
 */
#ifndef SAN_H
#define SAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "status.h"

#ifdef __cplusplus
extern "C" {
#endif

struct san_model;
struct san_tools;
struct san_session;

/* ---- model ---- */

/* Reads a GGUF file and checks all of it: a hostile file gives an error, never a crash. Nothing is read of it
 * later, so that it may change or go. NULL and *err on failure. */
struct san_model *san_model_open(const char *path, struct san_error *err);
/* NULL is allowed. Sessions and tool sets made from the model must be freed before. */
void san_model_close(struct san_model *model);

/* What a model is, for status pages; pointers live as long as the model. */
struct san_model_info {
    const char *name;          /* general.name, or "" */
    const char *prompt_format; /* "hearth" or "needle" */
    const char *context_mask;  /* "item" or "joint" */
    uint64_t parameters;
    uint64_t file_bytes;
    uint32_t embedding_length, encoder_layers, decoder_layers, heads, kv_heads, head_dim, vocab;
};
void san_model_info(const struct san_model *model, struct san_model_info *out);

/* The kernel set in use: "scalar", "avx2", "avx512vnni", "neon", ... SAN_CPU in the environment of the
 * process, read once by san_model_open, forces one; an unknown or unusable one makes san_model_open fail. */
const char *san_kernels_name(void);

/* ---- tools ---- */

/* Compiles {"tools":[{"name","description","parameters":{JSON Schema}}]} against the model's vocabulary.
 * Tools that the model does not know are an error (SAN_EUNSUPPORTED, naming the tool). The JSON text is not
 * kept; the model must outlive the set. NULL and *err on failure. */
struct san_tools *san_tools_load(
    const struct san_model *model, const char *json, size_t len, struct san_error *err);
/* NULL is allowed. */
void san_tools_free(struct san_tools *tools);
/* How many tools there are, and the name of one, in the order of the JSON; it lives as long as the set. NULL
 * behind the last. */
size_t san_tools_count(const struct san_tools *tools);
const char *san_tools_name(const struct san_tools *tools, size_t index);

/* ---- sessions ---- */

struct san_options {
    unsigned threads;   /* 0 or 1: the caller's thread alone */
    size_t cache_bytes; /* for what is remembered of items between utterances; 0: nothing. No result depends
                           on it */
};

enum { SAN_CACHE_BYTES = 12 << 20 }; /* some 730 names with hearth-s; memory is taken as it fills */

/* Run state: key/value caches, scratch, arena. options may be NULL: one thread, SAN_CACHE_BYTES. The model
 * must outlive the session. NULL and *err on failure. */
struct san_session *san_session_new(
    struct san_model *model, const struct san_options *options, struct san_error *err);
/* Ends its threads too. NULL is allowed. */
void san_session_free(struct san_session *session);

/* ---- parsing ---- */

/* Something of the home that the utterance can mean. Borrowed for the length of the call. */
struct san_item {
    const char *kind; /* one of san.kinds, without '@' */
    const char *text; /* its name or an alias, as people write it */
};

struct san_request {
    const char *text; /* the utterance as heard, NUL-terminated UTF-8 */
    const char *area; /* where the speaker is, or NULL */
    const struct san_item *items;
    size_t item_count; /* at most SAN_ITEMS_MAX */
    bool trace;        /* fill san_result.steps */
};

enum {
    SAN_ITEMS_MAX = 64,
    SAN_CALLS_MAX = 8,
    SAN_OUTPUT_MAX = 96, /* tokens */
};

enum san_value_type {
    SAN_VALUE_ITEM,   /* .item is the index of the context item, .text its text as given in the request */
    SAN_VALUE_ENUM,   /* .text as the schema spells it */
    SAN_VALUE_NUMBER, /* .number, and .text as JSON writes it */
    SAN_VALUE_SPAN,   /* .text: words of the utterance as said */
    SAN_VALUE_NONE,   /* meant, but nothing in the context fits */
};

struct san_arg {
    const char *slot;
    enum san_value_type type;
    const char *text;
    double number;
    int item; /* index in the request's items; among items of equal words, the first. -1 for other types, and
               * where the speaker's own area was written and is none of the items: .text is then request.area
               */
    float probability; /* of this argument's open decisions, multiplied; not mapped */
};

struct san_call {
    const char *tool;
    const struct san_arg *args;
    size_t arg_count;
    float confidence; /* 0..1: how likely the call is right. The probabilities of its open decisions,
                       * multiplied (eos counts for the last call), through the model's map san.confidence.*
                       * where it has one (docs/model.md, section 6) */
    bool unmatched;   /* an argument is SAN_VALUE_NONE: do not act, say what is missing */
};

/* One decision of the decoder, for explanations. */
struct san_step {
    const char *token;  /* text of the token that was written */
    int32_t id;         /* of that token */
    float probability;  /* among the tokens that the grammar allowed */
    unsigned allowed;   /* how many it allowed; 1 = forced, no choice */
    const int32_t *ids; /* [allowed]: of those */
    const char *second; /* the runner-up, NULL if forced */
    float second_probability;
};

struct san_timing {
    double normalize_ms, encode_ms, decode_ms, total_ms;
};

struct san_result {
    const char *normalized; /* the words, joined by spaces */
    const struct san_call *calls;
    size_t call_count; /* 0: not for the house */
    float confidence;  /* of the whole: the least of the calls', or that of "<none>", mapped alike */
    unsigned prompt_tokens, output_tokens;
    const struct san_step *steps;
    size_t step_count;
    struct san_timing timing;
};

/* Understands one utterance. *out belongs to the session and lives until its next san_parse or its end.
 * Errors: SAN_EFORMAT (not UTF-8), SAN_ELIMIT (text, words, items or prompt too long; says which),
 * SAN_EINVAL, SAN_ENOMEM. Blank text gives no calls. No allocation per token. */
enum san_status san_parse(struct san_session *session, const struct san_tools *tools,
    const struct san_request *request, const struct san_result **out, struct san_error *err);

/* The calls as compact JSON, [{"name":..,"arguments":{..}}], matched calls alone; in the session's memory
 * like the result. NULL if out of memory. */
const char *san_result_json(struct san_session *session, const struct san_result *result);

/* ---- tools of any kind: models whose prompt format is "needle" ---- */

struct san_json_tools;

/* Reads tools for such a model: [tool, ...] or {"tools":[...]}, a tool being
 * {"name","description","parameters"} with parameters as {"arg":{"type","description","required"}} or as JSON
 * Schema. Names are put in snake case for the network and given back as they were. The text is not kept. NULL
 * and *err on failure. */
struct san_json_tools *san_json_tools_load(
    const struct san_model *model, const char *json, size_t len, struct san_error *err);
/* NULL is allowed. */
void san_json_tools_free(struct san_json_tools *tools);

/* The calls that a query makes, [{"name":..,"arguments":{..}}], [] for none, under a grammar: names, keys,
 * required arguments, types and enums are the tools'. *calls belongs to the session and lives until its next
 * call or parse. Errors: SAN_ELIMIT (query and tools too long for the model), SAN_EFORMAT (not UTF-8),
 * SAN_EINVAL, SAN_ENOMEM. */
enum san_status san_call(struct san_session *session, const struct san_json_tools *tools, const char *query,
    const char **calls, struct san_error *err);

#ifdef __cplusplus
}
#endif
#endif
