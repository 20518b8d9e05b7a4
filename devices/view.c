/* view.c - compiles an entity's discovery configuration once: templates, topics, availability. See view.h,
 * state.h. */
#include "devices/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "devices/json_text.h"
#include "devices/topic.h"

enum { ARENA_BLOCK = 4096, ARENA_LIMIT = 4 << 20, PROBLEM_MAX = 1024 };

/* ---- reading the configuration ---- */

static const cJSON *member(const struct entity_view *view, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(view->config, key);
}

bool view_has(const struct entity_view *view, const char *key)
{
    const cJSON *item = member(view, key);
    return item && !cJSON_IsNull(item);
}

bool view_is_null(const struct entity_view *view, const char *key)
{
    return cJSON_IsNull(member(view, key));
}

const char *view_text(const struct entity_view *view, const char *key, const char *fallback)
{
    const char *text = cJSON_GetStringValue(member(view, key));
    return text ? text : fallback;
}

double view_number(const struct entity_view *view, const char *key, double fallback)
{
    const cJSON *item = member(view, key);
    double number;
    if (cJSON_IsNumber(item))
        return item->valuedouble;
    if (cJSON_IsString(item) && json_text_number(item->valuestring, &number))
        return number;
    return fallback;
}

bool view_bool(const struct entity_view *view, const char *key, bool fallback)
{
    static const char *const yes[] = {"true", "True", "yes", "on", "1"};
    const cJSON *item = member(view, key);
    if (cJSON_IsBool(item))
        return cJSON_IsTrue(item);
    if (cJSON_IsNumber(item))
        return item->valuedouble != 0;
    if (!cJSON_IsString(item))
        return fallback;
    for (size_t i = 0; i < sizeof(yes) / sizeof(*yes); i++) {
        if (strcmp(item->valuestring, yes[i]) == 0)
            return true;
    }
    return false;
}

bool view_list_has(const struct entity_view *view, const char *key, const char *text)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, member(view, key))
    {
        if (cJSON_IsString(item) && strcmp(item->valuestring, text) == 0)
            return true;
    }
    return false;
}

const char *view_list_match(const struct entity_view *view, const char *key, const char *text)
{
    const cJSON *item;
    const char *match = NULL;
    cJSON_ArrayForEach(item, member(view, key))
    {
        if (cJSON_IsString(item) && strcmp(item->valuestring, text) == 0)
            return item->valuestring;
        if (!match && cJSON_IsString(item) && strcasecmp(item->valuestring, text) == 0)
            match = item->valuestring;
    }
    return match;
}

bool view_template(const struct entity_view *view, const char *key, const struct template **out)
{
    *out = NULL;
    for (size_t i = 0; i < view->template_count; i++) {
        if (strcmp(view->templates[i].key, key) == 0) {
            *out = view->templates[i].template;
            return true;
        }
    }
    return false;
}

bool view_reports(const struct entity_view *view, const char *attribute)
{
    for (size_t i = 0; i < view->binding_count; i++) {
        const char *sets = view->bindings[i].row->attribute;
        if (strcmp(sets, attribute) == 0 || strcmp(sets, "*") == 0)
            return true;
    }
    return false;
}

const char *entity_view_domain(const struct entity_view *view)
{
    return view->domain;
}

const cJSON *entity_view_config(const struct entity_view *view)
{
    return view->config;
}

const char *const *entity_view_topics(const struct entity_view *view, size_t *count)
{
    *count = view->topic_count;
    return view->topics;
}

const char *const *entity_view_command_topics(const struct entity_view *view, size_t *count)
{
    *count = view->command_topic_count;
    return view->command_topics;
}

int entity_view_qos(const struct entity_view *view)
{
    return view->qos;
}

/* ---- compiling it ---- */

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);
    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

static bool is_word_key(const char *key)
{
    bool word = strncmp(key, "payload_", 8) == 0 || strncmp(key, "state_", 6) == 0;
    return word && !ends_with(key, "_topic") && !ends_with(key, "_template") &&
           strcmp(key, "state_class") != 0;
}

bool view_words_to_text(cJSON *config)
{
    for (cJSON *item = config->child; item; item = item->next) {
        char text[JSON_NUMBER_MAX];
        if (!is_word_key(item->string) || !(cJSON_IsBool(item) || cJSON_IsNumber(item)))
            continue;
        if (cJSON_IsBool(item))
            strcpy(text, cJSON_IsTrue(item) ? "True" : "False");
        else
            json_number_text(text, item->valuedouble, json_is_float(item));
        cJSON *word = cJSON_CreateString(text);
        if (!word || !(word->string = cJSON_malloc(strlen(item->string) + 1))) {
            cJSON_Delete(word);
            return false;
        }
        strcpy(word->string, item->string);
        if (!cJSON_ReplaceItemViaPointer(config, item, word))
            return false;
        item = word;
    }
    return true;
}

/* Problems are told together, as many as fit. */
static void note_problem(struct entity_view *view, const char *key, const struct san_error *error)
{
    char text[PROBLEM_MAX];
    int len = snprintf(
        text, sizeof(text), "%s%s%s: %s", view->problem, *view->problem ? "; " : "", key, error->text);
    if (len < 0 || (size_t)len >= sizeof(text))
        return;
    const char *copy = san_arena_strndup(view->arena, text, (size_t)len);
    if (copy)
        view->problem = copy;
}

static const struct template *compile(struct entity_view *view, const char *key, const char *source)
{
    struct san_error error = {.text = ""};
    const struct template *compiled = template_compile(view->arena, source, &error);
    if (!compiled)
        note_problem(view, key, &error);
    return compiled;
}

static bool compile_templates(struct entity_view *view)
{
    size_t count = (size_t)cJSON_GetArraySize(view->config);
    view->templates = san_arena_alloc(view->arena, (count + 1) * sizeof(*view->templates));
    if (!view->templates)
        return false;
    const cJSON *item;
    cJSON_ArrayForEach(item, view->config)
    {
        if (!cJSON_IsString(item) || !ends_with(item->string, "_template"))
            continue;
        struct named_template *row = &view->templates[view->template_count++];
        row->key = item->string;
        row->template = compile(view, item->string, item->valuestring);
    }
    return true;
}

static void bind(struct entity_view *view, const struct state_row *row)
{
    struct binding binding = {.topic = view_text(view, row->topic_key, NULL), .row = row};
    if (!binding.topic || !*binding.topic || view->binding_count == VIEW_BINDINGS_MAX)
        return;
    bool has = (row->template_key && view_template(view, row->template_key, &binding.template)) ||
               (row->fallback_key && view_template(view, row->fallback_key, &binding.template));
    bool unsupported = has && !binding.template;
    if (unsupported || (!has && row->needs_template))
        return;
    view->bindings[view->binding_count++] = binding;
}

static void add_availability(struct entity_view *view, const cJSON *item, const char *template_key)
{
    const char *topic = json_member_text(item, item == view->config ? "availability_topic" : "topic");
    const char *source = json_member_text(item, template_key);
    const char *online = json_member_text(item, "payload_available");
    const char *offline = json_member_text(item, "payload_not_available");
    if (!topic || view->availability_count == VIEW_AVAILABILITY_MAX)
        return;
    struct availability row = {
        .topic = topic, .online = online ? online : "online", .offline = offline ? offline : "offline"};
    if (source && !(row.template = compile(view, template_key, source)))
        return;
    view->availability[view->availability_count++] = row;
}

static void compile_availability(struct entity_view *view)
{
    cJSON *list = cJSON_GetObjectItemCaseSensitive(view->config, "availability");
    cJSON *item;
    add_availability(view, view->config, "availability_template");
    if (cJSON_IsObject(list) && view_words_to_text(list))
        add_availability(view, list, "value_template");
    if (cJSON_IsArray(list)) {
        cJSON_ArrayForEach(item, list)
        {
            if (cJSON_IsObject(item) && view_words_to_text(item))
                add_availability(view, item, "value_template");
        }
    }
    const char *mode = view_text(view, "availability_mode", "latest");
    view->availability_mode = strcmp(mode, "all") == 0   ? AVAILABLE_ALL
                              : strcmp(mode, "any") == 0 ? AVAILABLE_ANY
                                                         : AVAILABLE_LATEST;
}

static void add_once(const char **topics, size_t *count, const char *topic)
{
    for (size_t i = 0; i < *count; i++) {
        if (strcmp(topics[i], topic) == 0)
            return;
    }
    topics[(*count)++] = topic;
}

static bool collect_command_topics(struct entity_view *view)
{
    size_t keys = (size_t)cJSON_GetArraySize(view->config);
    view->command_topics = san_arena_alloc(view->arena, (keys + 1) * sizeof(*view->command_topics));
    const cJSON *item;
    cJSON_ArrayForEach(item, view->config)
    {
        bool is_command = ends_with(item->string, "_topic") && topic_key_is_command(item->string);
        if (view->command_topics && is_command && cJSON_IsString(item) && *item->valuestring)
            add_once(view->command_topics, &view->command_topic_count, item->valuestring);
    }
    return view->command_topics;
}

static bool collect_topics(struct entity_view *view)
{
    view->topics =
        san_arena_alloc(view->arena, (VIEW_BINDINGS_MAX + VIEW_AVAILABILITY_MAX + 1) * sizeof(*view->topics));
    if (!view->topics)
        return false;
    for (size_t i = 0; i < view->binding_count; i++)
        add_once(view->topics, &view->topic_count, view->bindings[i].topic);
    for (size_t i = 0; i < view->availability_count; i++)
        add_once(view->topics, &view->topic_count, view->availability[i].topic);
    return true;
}

static const char *variant_of(const struct entity_view *view)
{
    if (strcmp(view->domain, "light") != 0)
        return "";
    const char *schema = view_text(view, "schema", "basic");
    return strcmp(schema, "json") == 0 ? "json" : strcmp(schema, "template") == 0 ? "template" : "basic";
}

static bool build(struct entity_view *view, const char *domain)
{
    view->problem = "";
    view->domain = san_arena_strndup(view->arena, domain, strlen(domain));
    if (!view->domain || !view_words_to_text(view->config) || !compile_templates(view))
        return false;
    view->variant = variant_of(view);
    double qos = view_number(view, "qos", 0);
    view->qos = qos >= 2 ? 2 : qos >= 1 ? 1 : 0;
    size_t count;
    const struct state_row *rows = state_rows(view->domain, view->variant, &count);
    for (size_t i = 0; i < count; i++)
        bind(view, &rows[i]);
    static const struct state_row extra = {
        "json_attributes_topic", "json_attributes_template", NULL, NULL, "json_attributes", false};
    bind(view, &extra);
    compile_availability(view);
    return collect_topics(view) && collect_command_topics(view);
}

struct entity_view *entity_view_new(
    const char *domain, const char *config, const char **problem, struct san_error *err)
{
    struct entity_view *view = calloc(1, sizeof(*view));
    if (view)
        view->arena = san_arena_new(ARENA_BLOCK, ARENA_LIMIT);
    if (!view || !view->arena) {
        san_fail(err, SAN_ENOMEM, "out of memory for a %s", domain);
        goto failed;
    }
    view->config = json_parse(config, strlen(config), VIEW_DEPTH_MAX, err);
    if (!view->config)
        goto failed;
    if (!cJSON_IsObject(view->config)) {
        san_fail(err, SAN_EFORMAT, "the configuration of a %s is not a JSON object", domain);
        goto failed;
    }
    if (!build(view, domain)) {
        san_fail(err, SAN_ENOMEM, "out of memory for a %s", domain);
        goto failed;
    }
    if (problem)
        *problem = view->problem;
    return view;

failed:
    entity_view_free(view);
    return NULL;
}

void entity_view_free(struct entity_view *view)
{
    if (!view)
        return;
    cJSON_Delete(view->config);
    san_arena_free(view->arena);
    free(view);
}
