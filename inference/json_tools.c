/* json_tools.c - see json_tools.h. */
#include "json_tools.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "model.h"
#include "text.h"

struct loader {
    struct san_json_tools *tools;
    struct san_error *err;
    const char *tool, *param; /* under way, for errors */
};

static enum san_status no_memory(const struct loader *l)
{
    return san_fail(l->err, SAN_ENOMEM, "out of memory for tools");
}

static const cJSON *member(const cJSON *object, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(object, key);
}

/* ---- names ---- */

static bool begins_word(const char *name, size_t i)
{
    unsigned char c = (unsigned char)name[i], before = (unsigned char)name[i - 1];
    if (!isupper(c))
        return false;
    return islower(before) || isdigit(before) || (isupper(before) && islower((unsigned char)name[i + 1]));
}

void san_snake_case(const char *name, char *to)
{
    size_t count = 0;
    for (size_t i = 0; name[i]; i++) {
        unsigned char c = (unsigned char)name[i];
        bool letter = isalnum(c) || c >= 0x80;
        bool gap = !letter || (i && begins_word(name, i));
        if (gap && count && to[count - 1] != '_')
            to[count++] = '_';
        if (letter)
            to[count++] = (char)(c < 0x80 ? tolower(c) : c);
    }
    while (count && to[count - 1] == '_')
        count--;
    to[count] = '\0';
}

/* The text of a value as JSON; NULL text if out of memory. */
static struct san_literal literal_of(const struct loader *l, const cJSON *value)
{
    struct san_literal literal = {0};
    char *text = cJSON_PrintUnformatted(value);
    if (text) {
        literal.len = strlen(text);
        literal.text = san_arena_strndup(l->tools->arena, text, literal.len);
    }
    cJSON_free(text);
    return literal;
}

static int compare_literals(const void *a, const void *b)
{
    const struct san_literal *x = a, *y = b;
    int order = memcmp(x->text, y->text, x->len < y->len ? x->len : y->len);
    return order ? order : (x->len > y->len) - (x->len < y->len);
}

/* ---- parameters ---- */

static enum san_status load_enum(const struct loader *l, const cJSON *values, struct san_json_value *out)
{
    int count = cJSON_GetArraySize(values);
    if (!cJSON_IsArray(values) || count < 1 || count > SAN_JSON_ENUM_MAX)
        return san_fail(l->err, SAN_EINVAL, "tool %s, %s: enum is a list of 1 to %d values", l->tool,
            l->param, SAN_JSON_ENUM_MAX);
    struct san_literal *list = san_arena_alloc(l->tools->arena, (size_t)count * sizeof *list);
    if (!list)
        return no_memory(l);
    const cJSON *value;
    cJSON_ArrayForEach(value, values)
    {
        if (cJSON_IsArray(value) || cJSON_IsObject(value))
            return san_fail(
                l->err, SAN_EUNSUPPORTED, "tool %s, %s: enum of lists or objects", l->tool, l->param);
        list[out->value_count] = literal_of(l, value);
        if (!list[out->value_count++].text)
            return no_memory(l);
    }
    qsort(list, out->value_count, sizeof *list, compare_literals);
    out->type = SAN_JSON_ENUM;
    out->values = list;
    out->least = list[0].len;
    for (size_t i = 1; i < out->value_count; i++)
        out->least = list[i].len < out->least ? list[i].len : out->least;
    return SAN_OK;
}

static enum san_status look_up_type(const struct loader *l, const cJSON *type, struct san_json_value *out)
{
    static const struct {
        const char *name;
        enum san_json_type type;
        size_t least;
    } types[] = {{"string", SAN_JSON_STRING, 2}, {"str", SAN_JSON_STRING, 2},
        {"integer", SAN_JSON_INTEGER, 1}, {"int", SAN_JSON_INTEGER, 1}, {"number", SAN_JSON_NUMBER, 1},
        {"float", SAN_JSON_NUMBER, 1}, {"boolean", SAN_JSON_BOOLEAN, 4}, {"bool", SAN_JSON_BOOLEAN, 4},
        {"array", SAN_JSON_ARRAY, 2}, {"list", SAN_JSON_ARRAY, 2}, {"object", SAN_JSON_OBJECT, 2},
        {"dict", SAN_JSON_OBJECT, 2}, {"any", SAN_JSON_ANY, 1}};
    for (size_t i = 0; cJSON_IsString(type) && i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i].name, type->valuestring) == 0) {
            out->type = types[i].type;
            out->least = types[i].least;
            return SAN_OK;
        }
    return san_fail(l->err, SAN_EUNSUPPORTED,
        "tool %s, %s: its type is %.40s; string, integer, number, boolean, array or object is wanted",
        l->tool, l->param, cJSON_IsString(type) ? type->valuestring : "no name");
}

static enum san_status load_value(
    const struct loader *l, const cJSON *json, unsigned depth, struct san_json_value *out)
{
    *out = (struct san_json_value){.type = SAN_JSON_ANY, .least = 1};
    if (depth > SAN_JSON_NEST_MAX)
        return san_fail(l->err, SAN_ELIMIT, "tool %s, %s: more than %d arrays in each other", l->tool,
            l->param, SAN_JSON_NEST_MAX);
    if (member(json, "enum"))
        return load_enum(l, member(json, "enum"), out);
    enum san_status status = SAN_OK;
    if (member(json, "type"))
        status = look_up_type(l, member(json, "type"), out);
    if (status != SAN_OK || out->type != SAN_JSON_ARRAY)
        return status;
    struct san_json_value *item = san_arena_alloc(l->tools->arena, sizeof *item);
    if (!item)
        return no_memory(l);
    out->item = item;
    return load_value(l, member(json, "items"), depth + 1, item);
}

/* A key and what is said of it, to be sorted together. */
struct param {
    struct san_literal key;
    struct san_json_value value;
    bool required;
};

static bool is_listed(const cJSON *list, const char *name)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, list)
    {
        if (cJSON_IsString(item) && strcmp(item->valuestring, name) == 0)
            return true;
    }
    return false;
}

static enum san_status load_param(
    struct loader *l, const cJSON *json, const cJSON *required, struct param *out)
{
    l->param = json->string;
    if (!cJSON_IsObject(json))
        return san_fail(l->err, SAN_EINVAL, "tool %s, %s: an object {...} is needed", l->tool, l->param);
    cJSON *key = cJSON_CreateString(json->string);
    out->key = key ? literal_of(l, key) : (struct san_literal){0};
    cJSON_Delete(key);
    if (!out->key.text)
        return no_memory(l);
    out->required = required ? is_listed(required, json->string) : cJSON_IsTrue(member(json, "required"));
    return load_value(l, json, 1, &out->value);
}

static enum san_status keep_params(
    const struct loader *l, struct param *params, size_t count, struct san_json_tool *out)
{
    struct san_literal *keys = san_arena_alloc(l->tools->arena, (count + 1) * sizeof *keys);
    struct san_json_value *of = san_arena_alloc(l->tools->arena, (count + 1) * sizeof *of);
    if (!keys || !of)
        return no_memory(l);
    qsort(params, count, sizeof *params, compare_literals); /* a param begins with its key */
    for (size_t i = 0; i < count; i++) {
        if (i && compare_literals(&params[i].key, &params[i - 1].key) == 0)
            return san_fail(l->err, SAN_EINVAL, "tool %s has %s twice", l->tool, params[i].key.text);
        keys[i] = params[i].key;
        of[i] = params[i].value;
        out->required |= (uint64_t)params[i].required << i;
    }
    out->keys = keys;
    out->of = of;
    out->key_count = count;
    return SAN_OK;
}

static enum san_status load_params(struct loader *l, const cJSON *json, struct san_json_tool *out)
{
    const cJSON *properties = member(json, "properties"), *type = member(json, "type");
    bool schema = cJSON_IsObject(properties) || cJSON_IsString(type);
    const cJSON *list = schema ? properties : json, *required = NULL, *item;
    cJSON *none = NULL;
    if (json && !cJSON_IsObject(json))
        return san_fail(l->err, SAN_EINVAL, "tool %s: its parameters are no object {...}", l->tool);
    int count = cJSON_GetArraySize(list);
    if (count > SAN_JSON_PARAMS_MAX)
        return san_fail(
            l->err, SAN_ELIMIT, "tool %s: %d parameters; at most %d", l->tool, count, SAN_JSON_PARAMS_MAX);
    struct param *params = calloc((size_t)count + 1, sizeof *params);
    none = cJSON_CreateArray();
    if (schema)
        required = member(json, "required") ? member(json, "required") : none;
    enum san_status status = params && none ? SAN_OK : no_memory(l);
    size_t n = 0;
    cJSON_ArrayForEach(item, list)
    {
        if (status == SAN_OK)
            status = load_param(l, item, required, &params[n++]);
    }
    if (status == SAN_OK)
        status = keep_params(l, params, n, out);
    cJSON_Delete(none);
    free(params);
    return status;
}

/* ---- tools ---- */

struct named_tool {
    struct san_literal name;
    struct san_json_tool tool;
};

/* Gives the tool its name in snake case, in the JSON too, which becomes the prompt. */
static enum san_status rename_tool(struct loader *l, cJSON *json, struct named_tool *out)
{
    const cJSON *name = member(json, "name");
    if (!cJSON_IsString(name) || !*name->valuestring)
        return san_fail(
            l->err, SAN_EINVAL, "a tool has no name: {\"name\",\"description\",\"parameters\"} is wanted");
    size_t len = strlen(name->valuestring);
    out->tool.given = san_arena_strndup(l->tools->arena, name->valuestring, len);
    char *snake = san_arena_alloc(l->tools->arena, 2 * len + 1);
    if (!out->tool.given || !snake)
        return no_memory(l);
    san_snake_case(out->tool.given, snake);
    if (!*snake)
        return san_fail(
            l->err, SAN_EINVAL, "tool \"%.60s\": a name needs a letter or digit", out->tool.given);
    cJSON *text = cJSON_CreateString(snake);
    if (!text)
        return no_memory(l);
    out->name = literal_of(l, text);
    if (!cJSON_ReplaceItemInObjectCaseSensitive(json, "name", text)) {
        cJSON_Delete(text);
        return no_memory(l);
    }
    return out->name.text ? SAN_OK : no_memory(l);
}

static enum san_status load_tool(struct loader *l, cJSON *json, struct named_tool *out)
{
    enum san_status status = rename_tool(l, json, out);
    if (status != SAN_OK)
        return status;
    l->tool = out->tool.given;
    return load_params(l, member(json, "parameters"), &out->tool);
}

static enum san_status keep_tools(const struct loader *l, struct named_tool *list, size_t count)
{
    struct san_json_tools *tools = l->tools;
    tools->names = san_arena_alloc(tools->arena, (count + 1) * sizeof *tools->names);
    tools->tool = san_arena_alloc(tools->arena, (count + 1) * sizeof *tools->tool);
    if (!tools->names || !tools->tool)
        return no_memory(l);
    qsort(list, count, sizeof *list, compare_literals); /* a named tool begins with its name */
    for (size_t i = 0; i < count; i++) {
        if (i && compare_literals(&list[i].name, &list[i - 1].name) == 0)
            return san_fail(l->err, SAN_EINVAL, "tools %s and %s are both %s in snake case; rename one",
                list[i - 1].tool.given, list[i].tool.given, list[i].name.text);
        tools->names[i] = list[i].name;
        tools->tool[i] = list[i].tool;
    }
    tools->count = count;
    return SAN_OK;
}

static enum san_status load_tools(struct loader *l, cJSON *list)
{
    int count = cJSON_GetArraySize(list);
    if (!cJSON_IsArray(list))
        return san_fail(l->err, SAN_EFORMAT, "tools are a JSON array of tools, or {\"tools\":[...]}");
    if (count > SAN_JSON_TOOLS_MAX)
        return san_fail(l->err, SAN_ELIMIT, "%d tools; at most %d", count, SAN_JSON_TOOLS_MAX);
    struct named_tool *named = calloc((size_t)count + 1, sizeof *named);
    enum san_status status = named ? SAN_OK : no_memory(l);
    size_t n = 0;
    cJSON *item;
    cJSON_ArrayForEach(item, list)
    {
        if (status == SAN_OK)
            status = load_tool(l, item, &named[n++]);
    }
    if (status == SAN_OK)
        status = keep_tools(l, named, n);
    free(named);
    if (status != SAN_OK)
        return status;
    l->tools->prompt = literal_of(l, list);
    return l->tools->prompt.text ? SAN_OK : no_memory(l);
}

/* ---- tokens ---- */

static enum san_status find_control(const struct loader *l)
{
    const struct san_tokenizer *tokenizer = l->tools->model->tokenizer;
    l->tools->call = san_tokenizer_find(tokenizer, "<tool_call>");
    l->tools->tools = san_tokenizer_find(tokenizer, "<tools>");
    l->tools->eos = san_tokenizer_eos(tokenizer);
    if (l->tools->call < 0 || l->tools->tools < 0)
        return san_fail(l->err, SAN_EFORMAT, "%s has no token <tool_call> or <tools>",
            san_gguf_name(l->tools->model->file));
    return SAN_OK;
}

/* Sorts the tokens by their first byte: counted, then placed. */
static void index_tokens(struct san_json_tools *tools, int32_t *ids, size_t vocab)
{
    uint32_t *first = tools->first, next[256];
    for (size_t id = 0; id < vocab; id++)
        if (tools->spelling[id + 1] > tools->spelling[id])
            first[1 + (unsigned char)tools->bytes[tools->spelling[id]]]++;
    for (size_t b = 0; b < 256; b++) {
        first[b + 1] += first[b];
        next[b] = first[b];
    }
    for (size_t id = 0; id < vocab; id++)
        if (tools->spelling[id + 1] > tools->spelling[id])
            ids[next[(unsigned char)tools->bytes[tools->spelling[id]]]++] = (int32_t)id;
}

static enum san_status spell_tokens(const struct loader *l)
{
    const struct san_tokenizer *tokenizer = l->tools->model->tokenizer;
    size_t vocab = san_tokenizer_size(tokenizer), total = 0;
    char one[SAN_SPELLING_MAX];
    for (size_t id = 0; id < vocab; id++)
        total += san_tokenizer_spelling(tokenizer, (int32_t)id, one);
    char *bytes = san_arena_alloc(l->tools->arena, total + 1);
    uint32_t *spelling = san_arena_alloc(l->tools->arena, (vocab + 1) * sizeof *spelling);
    int32_t *ids = san_arena_alloc(l->tools->arena, vocab * sizeof *ids);
    if (!bytes || !spelling || !ids)
        return no_memory(l);
    for (size_t id = 0; id < vocab; id++) {
        size_t count = san_tokenizer_spelling(tokenizer, (int32_t)id, one);
        memcpy(bytes + spelling[id], one, count);
        spelling[id + 1] = spelling[id] + (uint32_t)count;
    }
    l->tools->bytes = bytes;
    l->tools->spelling = spelling;
    l->tools->ids = ids;
    index_tokens(l->tools, ids, vocab);
    return SAN_OK;
}

/* ---- life ---- */

static enum san_status load(struct loader *l, const char *json, size_t len)
{
    if (l->tools->model->config.hearth_format)
        return san_fail(l->err, SAN_EUNSUPPORTED,
            "%s has the prompt format \"hearth\": load the tools with san_tools_load",
            san_gguf_name(l->tools->model->file));
    if (len > SAN_JSON_BYTES)
        return san_fail(l->err, SAN_ELIMIT, "tools of %zu bytes; at most %d", len, SAN_JSON_BYTES);
    if (!san_is_utf8(json, len))
        return san_fail(l->err, SAN_EFORMAT, "the tools are not UTF-8");
    const char *end = NULL;
    cJSON *root = cJSON_ParseWithLengthOpts(json, len, &end, false);
    if (!root)
        return san_fail(l->err, SAN_EFORMAT, "the tools are not JSON: see byte %td", end ? end - json : 0);
    cJSON *list = cJSON_IsObject(root) ? cJSON_GetObjectItemCaseSensitive(root, "tools") : root;
    enum san_status status = load_tools(l, list);
    cJSON_Delete(root);
    if (status == SAN_OK)
        status = find_control(l);
    return status == SAN_OK ? spell_tokens(l) : status;
}

struct san_json_tools *san_json_tools_load(
    const struct san_model *model, const char *json, size_t len, struct san_error *err)
{
    enum { BLOCK = 65536 };
    struct san_json_tools *tools = calloc(1, sizeof *tools);
    struct loader l = {.tools = tools, .err = err};
    if (!tools) {
        no_memory(&l);
        return NULL;
    }
    tools->model = model;
    tools->arena = san_arena_new(BLOCK, 0);
    if ((!tools->arena && no_memory(&l)) || load(&l, json, len) != SAN_OK) {
        san_json_tools_free(tools);
        return NULL;
    }
    return tools;
}

void san_json_tools_free(struct san_json_tools *tools)
{
    if (!tools)
        return;
    san_arena_free(tools->arena);
    free(tools);
}
