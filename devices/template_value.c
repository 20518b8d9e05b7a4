/* template_value.c - values of templates as Python has them: truth, equality, items, and how they print. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "devices/json_text.h"
#include "devices/template_internal.h"

struct value value_bool(bool truth)
{
    return (struct value){.kind = VALUE_BOOL, .number = truth};
}

struct value value_int(double number)
{
    return (struct value){.kind = VALUE_INT, .number = number};
}

struct value value_float(double number)
{
    return (struct value){.kind = VALUE_FLOAT, .number = number};
}

struct value value_text(const char *text)
{
    return (struct value){.kind = VALUE_STRING, .text = text, .count = strlen(text)};
}

struct value value_from_json(const cJSON *item)
{
    if (!item)
        return (struct value){.kind = VALUE_UNDEFINED};
    if (cJSON_IsBool(item))
        return value_bool(cJSON_IsTrue(item));
    if (cJSON_IsNumber(item))
        return json_is_float(item) ? value_float(item->valuedouble) : value_int(item->valuedouble);
    if (cJSON_IsString(item))
        return value_text(item->valuestring);
    if (cJSON_IsArray(item) || cJSON_IsObject(item))
        return (struct value){.kind = cJSON_IsArray(item) ? VALUE_LIST : VALUE_DICT,
            .json = item,
            .count = (size_t)cJSON_GetArraySize(item)};
    return (struct value){.kind = VALUE_NONE};
}

bool value_is_number(const struct value *value)
{
    return value->kind == VALUE_BOOL || value->kind == VALUE_INT || value->kind == VALUE_FLOAT;
}

bool value_truth(const struct value *value)
{
    if (value_is_number(value))
        return value->number != 0;
    return value->kind >= VALUE_STRING && value->count > 0;
}

const char *value_kind_name(enum value_kind kind)
{
    static const char *const names[] = {
        "something undefined", "None", "a boolean", "an integer", "a float", "a string", "a list", "a dict"};
    return names[kind];
}

struct value value_at(const struct value *container, size_t index)
{
    if (container->json) {
        const cJSON *child = cJSON_GetArrayItem(container->json, (int)index);
        if (child && container->kind == VALUE_DICT)
            return value_text(child->string);
        return value_from_json(child);
    }
    return container->items[container->kind == VALUE_DICT ? 2 * index : index];
}

static bool lists_equal(const struct value *left, const struct value *right)
{
    if (left->count != right->count)
        return false;
    for (size_t i = 0; i < left->count; i++) {
        struct value a = value_at(left, i), b = value_at(right, i);
        if (!value_equal(&a, &b))
            return false;
    }
    return true;
}

static bool dicts_equal(const struct value *left, const struct value *right)
{
    if (left->count != right->count)
        return false;
    for (size_t i = 0; i < left->count; i++) {
        struct value key = value_at(left, i);
        struct value a = value_item(left, &key), b = value_item(right, &key);
        if (b.kind == VALUE_UNDEFINED || !value_equal(&a, &b))
            return false;
    }
    return true;
}

bool value_equal(const struct value *left, const struct value *right)
{
    if (value_is_number(left) && value_is_number(right))
        return left->number == right->number;
    if (left->kind != right->kind)
        return false;
    switch (left->kind) {
    case VALUE_STRING:
        return left->count == right->count && memcmp(left->text, right->text, left->count) == 0;
    case VALUE_LIST:
        return lists_equal(left, right);
    case VALUE_DICT:
        return dicts_equal(left, right);
    case VALUE_UNDEFINED:
    case VALUE_NONE:
    case VALUE_BOOL:
    case VALUE_INT:
    case VALUE_FLOAT:
        return true;
    }
    return false;
}

static struct value dict_item(const struct value *dict, const struct value *key)
{
    if (dict->json) {
        if (key->kind != VALUE_STRING)
            return (struct value){.kind = VALUE_UNDEFINED};
        return value_from_json(cJSON_GetObjectItemCaseSensitive(dict->json, key->text));
    }
    for (size_t i = dict->count; i-- > 0;) {
        if (value_equal(&dict->items[2 * i], key))
            return dict->items[2 * i + 1];
    }
    return (struct value){.kind = VALUE_UNDEFINED};
}

struct value value_item(const struct value *container, const struct value *key)
{
    if (container->kind == VALUE_DICT)
        return dict_item(container, key);
    if (container->kind != VALUE_LIST || (key->kind != VALUE_INT && key->kind != VALUE_BOOL))
        return (struct value){.kind = VALUE_UNDEFINED};
    double index = key->number < 0 ? key->number + (double)container->count : key->number;
    if (index < 0 || index >= (double)container->count)
        return (struct value){.kind = VALUE_UNDEFINED};
    return value_at(container, (size_t)index);
}

/* ---- printing ---- */

bool builder_add(struct builder *builder, const char *text, size_t len)
{
    if (len > TEMPLATE_OUTPUT_MAX - builder->len)
        return run_fail(builder->run, "text of more than %d bytes", TEMPLATE_OUTPUT_MAX);
    if (builder->len + len + 1 > builder->size) {
        size_t size = 2 * (builder->len + len) + 64;
        char *grown = run_alloc(builder->run, size);
        if (!grown)
            return false;
        if (builder->len)
            memcpy(grown, builder->text, builder->len);
        builder->text = grown;
        builder->size = size;
    }
    if (len)
        memcpy(builder->text + builder->len, text, len);
    builder->len += len;
    builder->text[builder->len] = '\0';
    return true;
}

static bool add_text(struct builder *builder, const char *text)
{
    return builder_add(builder, text, strlen(text));
}

static bool add_number(struct builder *builder, const struct value *value)
{
    char text[JSON_NUMBER_MAX];
    json_number_text(text, value->number, value->kind == VALUE_FLOAT);
    return add_text(builder, text);
}

bool builder_done(struct builder *builder, struct value *out)
{
    *out = value_text("");
    if (builder->len)
        *out = (struct value){.kind = VALUE_STRING, .text = builder->text, .count = builder->len};
    return true;
}

/* Python quotes with ' unless the text holds ' and no ". */
static bool add_quoted(struct builder *builder, const struct value *value)
{
    char quote =
        memchr(value->text, '\'', value->count) && !memchr(value->text, '"', value->count) ? '"' : '\'';
    bool ok = builder_add(builder, &quote, 1);
    for (size_t i = 0; ok && i < value->count; i++) {
        char c = value->text[i];
        char escaped[8];
        if (c == quote || c == '\\')
            snprintf(escaped, sizeof(escaped), "\\%c", c);
        else if (c == '\n' || c == '\t' || c == '\r')
            snprintf(escaped, sizeof(escaped), "\\%c", c == '\n' ? 'n' : c == '\t' ? 't' : 'r');
        else if ((unsigned char)c < 0x20 || c == 0x7f)
            snprintf(escaped, sizeof(escaped), "\\x%02x", (unsigned)c);
        else
            snprintf(escaped, sizeof(escaped), "%c", c);
        ok = add_text(builder, escaped);
    }
    return ok && builder_add(builder, &quote, 1);
}

typedef bool (*add_fn)(struct builder *builder, const struct value *value, bool html);

/* [a, b] or {k: v}, each element printed by add. */
static bool add_container(struct builder *builder, const struct value *value, add_fn add, bool html)
{
    bool dict = value->kind == VALUE_DICT;
    bool ok = add_text(builder, dict ? "{" : "[");
    for (size_t i = 0; ok && i < value->count; i++) {
        struct value item = value_at(value, i);
        if (!run_charge(builder->run, 1 + (value->json ? i / 256 : 0)))
            return false;
        ok = (i == 0 || add_text(builder, ", ")) && add(builder, &item, html);
        if (ok && dict) {
            struct value under = value_item(value, &item);
            ok = add_text(builder, ": ") && add(builder, &under, html);
        }
    }
    return ok && add_text(builder, dict ? "}" : "]");
}

static bool add_repr(struct builder *builder, const struct value *value, bool html)
{
    (void)html;
    return builder_add_repr(builder, value);
}

bool builder_add_repr(struct builder *builder, const struct value *value)
{
    switch (value->kind) {
    case VALUE_UNDEFINED:
        return add_text(builder, "Undefined");
    case VALUE_NONE:
        return add_text(builder, "None");
    case VALUE_BOOL:
        return add_text(builder, value->number != 0 ? "True" : "False");
    case VALUE_INT:
    case VALUE_FLOAT:
        return add_number(builder, value);
    case VALUE_STRING:
        return add_quoted(builder, value);
    case VALUE_LIST:
    case VALUE_DICT:
        return add_container(builder, value, add_repr, false);
    }
    return false;
}

bool builder_add_value(struct builder *builder, const struct value *value)
{
    if (value->kind == VALUE_UNDEFINED)
        return true;
    if (value->kind == VALUE_STRING)
        return builder_add(builder, value->text, value->count);
    return builder_add_repr(builder, value);
}

/* Only ASCII below 0x80 is touched: UTF-8 is JSON's own encoding. html: as Jinja's tojson, which is safe
 * inside <script>. */
static bool add_json_string(struct builder *builder, const struct value *value, bool html)
{
    bool ok = add_text(builder, "\"");
    for (size_t i = 0; ok && i < value->count; i++) {
        char c = value->text[i], escaped[8];
        if (c == '"' || c == '\\')
            snprintf(escaped, sizeof(escaped), "\\%c", c);
        else if (c == '\n' || c == '\t' || c == '\r')
            snprintf(escaped, sizeof(escaped), "\\%c", c == '\n' ? 'n' : c == '\t' ? 't' : 'r');
        else if ((unsigned char)c < 0x20 || (html && strchr("<>&'", c)))
            snprintf(escaped, sizeof(escaped), "\\u%04x", (unsigned)(unsigned char)c);
        else
            snprintf(escaped, sizeof(escaped), "%c", c);
        ok = add_text(builder, escaped);
    }
    return ok && add_text(builder, "\"");
}

bool builder_add_json(struct builder *builder, const struct value *value, bool html)
{
    switch (value->kind) {
    case VALUE_UNDEFINED:
        return run_fail(builder->run, "something undefined is no JSON");
    case VALUE_NONE:
        return add_text(builder, "null");
    case VALUE_BOOL:
        return add_text(builder, value->number != 0 ? "true" : "false");
    case VALUE_INT:
    case VALUE_FLOAT:
        return add_number(builder, value);
    case VALUE_STRING:
        return add_json_string(builder, value, html);
    case VALUE_LIST:
    case VALUE_DICT:
        return add_container(builder, value, builder_add_json, html);
    }
    return false;
}
