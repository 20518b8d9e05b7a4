/* schema.c - tools as JSON Schema, compiled to what the grammar reads. */
#include "schema.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "arena.h"
#include "model.h"
#include "text.h"

enum { SCHEMA_BLOCK = 65536, SCRATCH_BLOCK = 8192, NAME_MAX_BYTES = 64 };

/* Where in the tools the compiler is, for errors. */
struct compiler {
    struct san_tools *tools;
    const struct san_tokenizer *tokenizer;
    struct san_arena *scratch; /* for one value at a time */
    const char *tool, *slot;
    struct san_error *err;
};

/* One line: tool, argument, what is wrong and the mend. */
static enum san_status wrong(const struct compiler *c, enum san_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static enum san_status wrong(const struct compiler *c, enum san_status status, const char *format, ...)
{
    char text[200];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (!c->tool)
        return san_fail(c->err, status, "tools: %s", text);
    if (!c->slot)
        return san_fail(c->err, status, "tool %.64s: %s", c->tool, text);
    return san_fail(c->err, status, "tool %.64s, argument %.64s: %s", c->tool, c->slot, text);
}

static enum san_status no_memory(const struct compiler *c)
{
    return wrong(c, SAN_ENOMEM, "out of memory");
}

/* ---- JSON helpers ---- */

static const cJSON *member(const cJSON *object, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(object, key);
}

static bool is_note(const char *key)
{
    return strcmp(key, "description") == 0 || strcmp(key, "title") == 0 || strcmp(key, "$comment") == 0;
}

/* A word of a schema that is not among those known would be silently broken by a call: it is refused. */
static enum san_status check_words(const struct compiler *c, const cJSON *object, const char *const *known)
{
    const cJSON *item;
    if (!cJSON_IsObject(object))
        return wrong(
            c, SAN_EINVAL, "an object {...} is needed, not %s", cJSON_IsArray(object) ? "[...]" : "a value");
    cJSON_ArrayForEach(item, object)
    {
        bool found = is_note(item->string);
        for (size_t i = 0; known[i] && !found; i++)
            found = strcmp(item->string, known[i]) == 0;
        if (!found)
            return wrong(c, SAN_EUNSUPPORTED,
                "\"%.40s\" is not a word of the schema that is understood; remove it", item->string);
        if (member(object, item->string) != item)
            return wrong(c, SAN_EINVAL, "\"%.40s\" is there twice; keep one", item->string);
    }
    return SAN_OK;
}

static bool says_type(const cJSON *object, const char *type)
{
    const cJSON *item = member(object, "type");
    return cJSON_IsString(item) && strcmp(item->valuestring, type) == 0;
}

/* ---- vocabulary ---- */

int32_t san_token_named(const struct san_tokenizer *tokenizer, const char *prefix, const char *name)
{
    char text[NAME_MAX_BYTES + 8];
    int length = snprintf(text, sizeof text, "%s%s", prefix, name);
    if (length < 0 || (size_t)length >= sizeof text)
        return -1;
    return san_tokenizer_find(tokenizer, text);
}

uint64_t san_tools_kind_bit(const struct san_tools *tools, int32_t token)
{
    for (size_t i = 0; i < tools->kind_count; i++)
        if (tools->kind[i] == token)
            return UINT64_C(1) << i;
    return 0;
}

/* The same, with a bit for a kind that had none. 0 if there are too many kinds. */
static uint64_t add_kind(struct san_tools *tools, int32_t token)
{
    uint64_t bit = san_tools_kind_bit(tools, token);
    if (bit || tools->kind_count == SAN_KINDS_MAX)
        return bit;
    tools->kind[tools->kind_count] = token;
    return UINT64_C(1) << tools->kind_count++;
}

int san_phrase_compare(const struct san_phrase *a, const struct san_phrase *b)
{
    for (size_t i = 0; i < a->count && i < b->count; i++)
        if (a->ids[i] != b->ids[i])
            return a->ids[i] < b->ids[i] ? -1 : 1;
    return (a->count > b->count) - (a->count < b->count);
}

static bool comes_before(const struct san_phrase *a, const struct san_phrase *b)
{
    int order = san_phrase_compare(a, b);
    return order ? order < 0 : (unsigned)a->index < (unsigned)b->index;
}

void san_phrases_sort(struct san_phrase *phrases, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct san_phrase phrase = phrases[i];
        size_t at = i;
        for (; at > 0 && comes_before(&phrase, &phrases[at - 1]); at--)
            phrases[at] = phrases[at - 1];
        phrases[at] = phrase;
    }
}

/* ---- forms of a value ---- */

static enum san_status compile_context(const struct compiler *c, const cJSON *kinds, struct san_form *out)
{
    const cJSON *kind;
    out->type = SAN_FORM_ITEM;
    if (!cJSON_IsArray(kinds) || !cJSON_GetArraySize(kinds))
        return wrong(c, SAN_EINVAL, "\"x-context\" is a list of kinds, such as [\"light\"]");
    cJSON_ArrayForEach(kind, kinds)
    {
        if (!cJSON_IsString(kind))
            return wrong(c, SAN_EINVAL, "\"x-context\" is a list of kinds, such as [\"light\"]");
        int32_t token = san_token_named(c->tokenizer, "@", kind->valuestring);
        if (token < 0)
            return wrong(c, SAN_EUNSUPPORTED,
                "the model knows no kind \"%.40s\"; its kinds are its san.kinds", kind->valuestring);
        uint64_t bit = add_kind(c->tools, token);
        if (!bit)
            return wrong(c, SAN_ELIMIT, "more than %d kinds", SAN_KINDS_MAX);
        out->kinds |= bit;
    }
    return SAN_OK;
}

/* The spoken form of an enum's value: its words' pieces. */
static enum san_status compile_phrase(const struct compiler *c, const char *value, struct san_phrase *out)
{
    struct san_words words;
    struct san_error why;
    int32_t ids[SAN_PHRASE_MAX];
    size_t count = 0;
    san_arena_reset(c->scratch);
    char *spoken = san_arena_strndup(c->scratch, value, strlen(value));
    if (!spoken)
        return no_memory(c);
    for (char *p = spoken; *p; p++)
        if (*p == '_')
            *p = ' ';
    if (san_normalize(c->scratch, spoken, strlen(spoken), &words, &why) != SAN_OK)
        return wrong(c, why.status, "the value \"%.40s\" cannot be read: %.80s", value, why.text);
    if (!words.count)
        return wrong(c, SAN_EINVAL, "the value \"%.40s\" has no word that could be written", value);
    for (size_t i = 0; i < words.count; i++) {
        int pieces = san_tokenizer_word(
            c->tokenizer, words.word[i].text, words.word[i].len, ids + count, (int)(SAN_PHRASE_MAX - count));
        if (pieces < 0)
            return wrong(
                c, SAN_ELIMIT, "the value \"%.40s\" is too long: at most %d tokens", value, SAN_PHRASE_MAX);
        count += (size_t)pieces;
    }
    int32_t *kept = san_arena_alloc(c->tools->arena, count * sizeof *kept);
    char *text = san_arena_strndup(c->tools->arena, value, strlen(value));
    if (!kept || !text)
        return no_memory(c);
    memcpy(kept, ids, count * sizeof *kept);
    *out = (struct san_phrase){.ids = kept, .count = count, .kinds = UINT64_MAX, .index = -1, .text = text};
    return SAN_OK;
}

/* A domain stands beside a name only if that name is of this kind. */
static uint64_t kind_of_domain(const struct compiler *c, const char *value)
{
    int32_t token = san_token_named(c->tokenizer, "@", value);
    return token < 0 ? 0 : add_kind(c->tools, token);
}

static enum san_status compile_enum(
    const struct compiler *c, const cJSON *values, enum san_role role, struct san_form *out)
{
    const cJSON *value;
    int count = cJSON_GetArraySize(values);
    out->type = SAN_FORM_ENUM;
    if (!cJSON_IsArray(values) || !count)
        return wrong(c, SAN_EINVAL, "\"enum\" is a list of at least one string");
    if (count > SAN_ENUM_MAX)
        return wrong(c, SAN_ELIMIT, "\"enum\" has %d values: at most %d", count, SAN_ENUM_MAX);
    out->phrases = san_arena_alloc(c->tools->arena, (size_t)count * sizeof *out->phrases);
    if (!out->phrases)
        return no_memory(c);
    cJSON_ArrayForEach(value, values)
    {
        if (!cJSON_IsString(value))
            return wrong(c, SAN_EUNSUPPORTED, "\"enum\" may hold strings alone");
        struct san_phrase *phrase = &out->phrases[out->phrase_count++];
        enum san_status status = compile_phrase(c, value->valuestring, phrase);
        if (status != SAN_OK)
            return status;
        if (role == SAN_ROLE_DOMAIN)
            phrase->kinds = kind_of_domain(c, value->valuestring);
    }
    san_phrases_sort(out->phrases, out->phrase_count);
    for (size_t i = 1; i < out->phrase_count; i++)
        if (san_phrase_compare(&out->phrases[i - 1], &out->phrases[i]) == 0)
            return wrong(c, SAN_EINVAL, "\"%.40s\" and \"%.40s\" are spoken alike; remove one",
                out->phrases[i - 1].text, out->phrases[i].text);
    return SAN_OK;
}

static enum san_status compile_bound(
    const struct compiler *c, const cJSON *object, const char *key, bool integer, int64_t *out)
{
    const cJSON *bound = member(object, key);
    if (!cJSON_IsNumber(bound))
        return wrong(c, SAN_EINVAL, "a number needs a \"minimum\" and a \"maximum\"");
    double value = bound->valuedouble, scaled = value * 100;
    if (!(fabs(value) <= SAN_NUMBER_MAX))
        return wrong(c, SAN_ELIMIT, "\"%s\" %g is beyond %d", key, value, SAN_NUMBER_MAX);
    if (integer ? value != floor(value) : fabs(scaled - round(scaled)) > 1e-6)
        return wrong(c, SAN_EUNSUPPORTED, "\"%s\" %g has too many decimals: %s", key, value,
            integer ? "an integer has none" : "at most two");
    *out = (int64_t)llround(scaled);
    return SAN_OK;
}

static enum san_status compile_number(const struct compiler *c, const cJSON *object, struct san_form *out)
{
    out->type = SAN_FORM_NUMBER;
    out->range.integer = says_type(object, "integer");
    enum san_status status = compile_bound(c, object, "minimum", out->range.integer, &out->range.min);
    if (status == SAN_OK)
        status = compile_bound(c, object, "maximum", out->range.integer, &out->range.max);
    if (status == SAN_OK && out->range.min > out->range.max)
        status = wrong(c, SAN_EINVAL, "\"minimum\" is above \"maximum\"; swap them");
    return status;
}

/* One form: exactly one of x-context, enum, x-span, or a number's type. */
static enum san_status compile_form(
    const struct compiler *c, const cJSON *object, enum san_role role, struct san_form *out)
{
    static const char *const words[] = {
        "type", "x-context", "enum", "x-span", "minimum", "maximum", "anyOf", NULL};
    enum san_status status = check_words(c, object, words);
    if (status != SAN_OK)
        return status;
    bool number = says_type(object, "integer") || says_type(object, "number");
    const cJSON *context = member(object, "x-context"), *list = member(object, "enum"),
                *span = member(object, "x-span");
    if (member(object, "type") && !number && !says_type(object, "string"))
        return wrong(c, SAN_EUNSUPPORTED, "\"type\" may be \"string\", \"integer\" or \"number\"");
    if (!number && (member(object, "minimum") || member(object, "maximum")))
        return wrong(c, SAN_EINVAL, "\"minimum\" and \"maximum\" need \"type\": \"integer\" or \"number\"");
    if (span && !cJSON_IsTrue(span))
        return wrong(c, SAN_EINVAL, "\"x-span\" may only be true");
    if (number + !!context + !!list + !!span != 1)
        return wrong(c, SAN_EINVAL,
            "say what its values are by one of \"x-context\", \"enum\", \"x-span\", or a number's "
            "\"type\"");
    if (number)
        return compile_number(c, object, out);
    if (context)
        return compile_context(c, context, out);
    if (list)
        return compile_enum(c, list, role, out);
    out->type = SAN_FORM_SPAN;
    return SAN_OK;
}

static enum san_status compile_forms(const struct compiler *c, const cJSON *property, struct san_slot *slot)
{
    static const char *const words[] = {"anyOf", "type", NULL};
    const cJSON *any = member(property, "anyOf"), *form;
    int spans = 0;
    if (!any) {
        slot->form_count = 1;
        return compile_form(c, property, slot->role, &slot->form[0]);
    }
    enum san_status status = check_words(c, property, words);
    if (status != SAN_OK)
        return status;
    if (!cJSON_IsArray(any) || !cJSON_GetArraySize(any))
        return wrong(c, SAN_EINVAL, "\"anyOf\" is a list of at least one form");
    cJSON_ArrayForEach(form, any)
    {
        if (slot->form_count == SAN_FORMS_MAX)
            return wrong(c, SAN_ELIMIT, "\"anyOf\" has more than %d forms", SAN_FORMS_MAX);
        if (member(form, "anyOf"))
            return wrong(c, SAN_EUNSUPPORTED, "\"anyOf\" inside \"anyOf\"; write one list");
        if (member(form, "x-span") && spans++)
            return wrong(c, SAN_EINVAL, "\"anyOf\" has \"x-span\" twice; keep one");
        status = compile_form(c, form, slot->role, &slot->form[slot->form_count++]);
        if (status != SAN_OK)
            return status;
    }
    return SAN_OK;
}

/* ---- arguments ---- */

static enum san_role role_of(const char *name)
{
    if (strcmp(name, "name") == 0)
        return SAN_ROLE_NAME;
    return strcmp(name, "domain") == 0 ? SAN_ROLE_DOMAIN : SAN_ROLE_PLAIN;
}

static enum san_status compile_slot(struct compiler *c, const cJSON *property, struct san_slot *slot)
{
    c->slot = property->string;
    slot->token = san_token_named(c->tokenizer, "S:", property->string);
    if (slot->token < 0)
        return wrong(
            c, SAN_EUNSUPPORTED, "the model knows no such argument; its arguments are its san.slots");
    slot->name = san_arena_strndup(c->tools->arena, property->string, strlen(property->string));
    if (!slot->name)
        return no_memory(c);
    slot->role = role_of(slot->name);
    enum san_status status = compile_forms(c, property, slot);
    if (status == SAN_OK)
        c->slot = NULL;
    return status;
}

static int compare_slots(const void *a, const void *b)
{
    const struct san_slot *x = a, *y = b;
    return (x->token > y->token) - (x->token < y->token);
}

static enum san_status compile_slots(struct compiler *c, const cJSON *properties, struct san_tool *tool)
{
    const cJSON *property;
    int count = cJSON_GetArraySize(properties);
    if (properties && !cJSON_IsObject(properties))
        return wrong(c, SAN_EINVAL, "\"properties\" is an object: one member an argument");
    if (!count)
        return SAN_OK;
    if (count > SAN_TOOL_SLOTS_MAX)
        return wrong(c, SAN_ELIMIT, "%d arguments: at most %d", count, SAN_TOOL_SLOTS_MAX);
    tool->slot = san_arena_alloc(c->tools->arena, (size_t)count * sizeof *tool->slot);
    if (!tool->slot)
        return no_memory(c);
    cJSON_ArrayForEach(property, properties)
    {
        enum san_status status = compile_slot(c, property, &tool->slot[tool->slot_count++]);
        if (status != SAN_OK)
            return status;
    }
    qsort(tool->slot, tool->slot_count, sizeof *tool->slot, compare_slots);
    for (size_t i = 1; i < tool->slot_count; i++)
        if (tool->slot[i].token == tool->slot[i - 1].token)
            return wrong(c, SAN_EINVAL, "the argument %.40s is there twice; keep one", tool->slot[i].name);
    return SAN_OK;
}

/* The bits of the slots that a "required" names. */
static enum san_status compile_required(
    const struct compiler *c, const cJSON *required, const struct san_tool *tool, uint32_t *out)
{
    const cJSON *name;
    *out = 0;
    if (!required)
        return SAN_OK;
    if (!cJSON_IsArray(required))
        return wrong(c, SAN_EINVAL, "\"required\" is a list of arguments");
    cJSON_ArrayForEach(name, required)
    {
        size_t i = 0;
        while (i < tool->slot_count &&
               (!cJSON_IsString(name) || strcmp(tool->slot[i].name, name->valuestring) != 0))
            i++;
        if (i == tool->slot_count)
            return wrong(c, SAN_EINVAL, "\"required\" names \"%.40s\", which is not among the properties",
                cJSON_IsString(name) ? name->valuestring : "(no string)");
        *out |= UINT32_C(1) << i;
    }
    return SAN_OK;
}

static enum san_status compile_needs(const struct compiler *c, const cJSON *parameters, struct san_tool *tool)
{
    static const char *const words[] = {"required", NULL};
    uint32_t always, more;
    const cJSON *any = parameters ? member(parameters, "anyOf") : NULL, *one;
    enum san_status status =
        compile_required(c, parameters ? member(parameters, "required") : NULL, tool, &always);
    if (status != SAN_OK)
        return status;
    if (!any) {
        tool->need[tool->need_count++] = always;
        return SAN_OK;
    }
    if (!cJSON_IsArray(any) || !cJSON_GetArraySize(any))
        return wrong(c, SAN_EINVAL, "\"anyOf\" of the parameters is a list of {\"required\": [...]}");
    cJSON_ArrayForEach(one, any)
    {
        if (tool->need_count == SAN_NEEDS_MAX)
            return wrong(c, SAN_ELIMIT, "\"anyOf\" has more than %d members", SAN_NEEDS_MAX);
        status = check_words(c, one, words);
        if (status == SAN_OK)
            status = compile_required(c, member(one, "required"), tool, &more);
        if (status != SAN_OK)
            return status;
        tool->need[tool->need_count++] = always | more;
    }
    return SAN_OK;
}

/* ---- tools ---- */

static enum san_status compile_parameters(struct compiler *c, const cJSON *parameters, struct san_tool *tool)
{
    static const char *const words[] = {
        "type", "properties", "required", "anyOf", "additionalProperties", NULL};
    if (!parameters)
        return compile_needs(c, NULL, tool);
    enum san_status status = check_words(c, parameters, words);
    if (status != SAN_OK)
        return status;
    if (member(parameters, "type") && !says_type(parameters, "object"))
        return wrong(c, SAN_EINVAL, "the \"type\" of its parameters is \"object\"");
    const cJSON *additional = member(parameters, "additionalProperties");
    if (additional && !cJSON_IsFalse(additional))
        return wrong(c, SAN_EUNSUPPORTED, "\"additionalProperties\" may only be false");
    status = compile_slots(c, member(parameters, "properties"), tool);
    return status == SAN_OK ? compile_needs(c, parameters, tool) : status;
}

static enum san_status compile_tool(struct compiler *c, const cJSON *object, struct san_tool *tool)
{
    static const char *const words[] = {"name", "parameters", NULL};
    const cJSON *name = member(object, "name");
    c->tool = c->slot = NULL;
    if (!cJSON_IsString(name) || !*name->valuestring)
        return wrong(c, SAN_EINVAL, "tool %zu has no \"name\"", c->tools->count);
    c->tool = name->valuestring;
    enum san_status status = check_words(c, object, words);
    if (status != SAN_OK)
        return status;
    tool->token = san_token_named(c->tokenizer, "T:", c->tool);
    if (tool->token < 0)
        return wrong(c, SAN_EUNSUPPORTED, "the model knows no such tool; its tools are its san.tools");
    for (size_t i = 0; i + 1 < c->tools->count; i++)
        if (c->tools->tool[i].token == tool->token)
            return wrong(c, SAN_EINVAL, "it is there twice; keep one");
    tool->name = san_arena_strndup(c->tools->arena, c->tool, strlen(c->tool));
    if (!tool->name)
        return no_memory(c);
    return compile_parameters(c, member(object, "parameters"), tool);
}

static enum san_status compile_tools(struct compiler *c, const cJSON *root)
{
    static const char *const words[] = {"tools", NULL};
    const cJSON *list = member(root, "tools"), *object;
    int count = cJSON_GetArraySize(list);
    enum san_status status = check_words(c, root, words);
    if (status != SAN_OK)
        return status;
    if (!cJSON_IsArray(list) || !count)
        return wrong(c, SAN_EINVAL, "{\"tools\": [...]} with at least one tool is needed");
    if (count > SAN_TOOLS_MAX)
        return wrong(c, SAN_ELIMIT, "%d tools: at most %d", count, SAN_TOOLS_MAX);
    c->tools->tool = san_arena_alloc(c->tools->arena, (size_t)count * sizeof *c->tools->tool);
    if (!c->tools->tool)
        return no_memory(c);
    cJSON_ArrayForEach(object, list)
    {
        status = compile_tool(c, object, &c->tools->tool[c->tools->count++]);
        if (status != SAN_OK)
            return status;
    }
    return SAN_OK;
}

static enum san_status bind_vocabulary(const struct compiler *c)
{
    struct san_tools *tools = c->tools;
    if (!tools->model->config.hearth_format)
        return wrong(c, SAN_EUNSUPPORTED, "the model's san.prompt_format is not \"hearth\"");
    tools->eos = san_tokenizer_eos(c->tokenizer);
    tools->none = san_tokenizer_find(c->tokenizer, "<none>");
    tools->in = san_tokenizer_find(c->tokenizer, "<in>");
    tools->end_of_query = san_tokenizer_find(c->tokenizer, "<tools>");
    if (tools->eos < 0 || tools->none < 0 || tools->in < 0 || tools->end_of_query < 0)
        return wrong(c, SAN_EUNSUPPORTED, "the model lacks one of the tokens <none>, <in>, <tools>");
    return san_digits_init(&tools->digits, c->tokenizer, c->err);
}

static enum san_status compile_text(struct compiler *c, const char *json, size_t len)
{
    if (len > SAN_SCHEMA_BYTES)
        return wrong(c, SAN_ELIMIT, "%zu bytes of JSON: at most %d", len, SAN_SCHEMA_BYTES);
    const char *end = json;
    cJSON *root = cJSON_ParseWithLengthOpts(json, len, &end, false);
    if (!root)
        return wrong(c, SAN_EFORMAT, "not JSON at byte %zu", end ? (size_t)(end - json) : 0);
    size_t rest = (size_t)(end - json);
    while (rest < len && strchr(" \t\r\n", json[rest]) && json[rest])
        rest++;
    enum san_status status =
        rest == len ? compile_tools(c, root)
                    : wrong(c, SAN_EFORMAT, "something follows the JSON at byte %zu; remove it", rest);
    cJSON_Delete(root);
    return status;
}

/* Fills an empty tool set that has its arena. */
static enum san_status load(struct san_tools *tools, const char *json, size_t len, struct san_error *err)
{
    struct compiler c = {.tools = tools,
        .tokenizer = tools->model->tokenizer,
        .scratch = san_arena_new(SCRATCH_BLOCK, 0),
        .err = err};
    if (!c.scratch)
        return no_memory(&c);
    enum san_status status = bind_vocabulary(&c);
    if (status == SAN_OK)
        status = compile_text(&c, json, len);
    san_arena_free(c.scratch);
    return status;
}

struct san_tools *san_tools_load(
    const struct san_model *model, const char *json, size_t len, struct san_error *err)
{
    struct san_arena *arena = san_arena_new(SCHEMA_BLOCK, 0);
    struct san_tools *tools = arena ? san_arena_alloc(arena, sizeof *tools) : NULL;
    if (!tools) {
        san_arena_free(arena);
        san_fail(err, SAN_ENOMEM, "out of memory for the tools");
        return NULL;
    }
    tools->arena = arena;
    tools->model = model;
    if (load(tools, json, len, err) == SAN_OK)
        return tools;
    san_arena_free(arena);
    return NULL;
}

void san_tools_free(struct san_tools *tools)
{
    if (tools)
        san_arena_free(tools->arena);
}

size_t san_tools_count(const struct san_tools *tools)
{
    return tools->count;
}

const char *san_tools_name(const struct san_tools *tools, size_t index)
{
    return index < tools->count ? tools->tool[index].name : NULL;
}
