/* phrases.c - see phrases.h. */
#include "phrases.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { KEY_MAX = 256 };

struct phrases {
    cJSON *document;
    struct beside *beside;
};

/* ---- loading ---- */

static char *read_file(const char *path, size_t *len, struct san_error *err)
{
    FILE *file = fopen(path, "re");
    if (!file) {
        san_fail(err, SAN_EIO, "%s: %s", path, strerror(errno));
        return NULL;
    }
    char *text = malloc(PHRASES_FILE_MAX + 1);
    *len = text ? fread(text, 1, PHRASES_FILE_MAX + 1, file) : 0;
    bool broken = ferror(file);
    fclose(file);
    if (text && !broken && *len <= PHRASES_FILE_MAX)
        return text;
    san_fail(err, SAN_EIO, "%s: unreadable, or larger than %d bytes", path, PHRASES_FILE_MAX);
    free(text);
    return NULL;
}

/* Objects of texts, objects of objects, lists: what each section holds is known, so that nothing has to be
 * checked later. */
static enum san_status check_sections(const cJSON *document, const char *path, struct san_error *err)
{
    static const char *const sections[] = {"tools", "outcomes", "refusals", "skills", "timers", "lists",
        "answers", "targets", "places", "nouns", "states", "words"};
    for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
        if (!cJSON_IsObject(cJSON_GetObjectItemCaseSensitive(document, sections[i])))
            return san_fail(err, SAN_EFORMAT, "%s: \"%s\" must be an object", path, sections[i]);
    return SAN_OK;
}

/* The words beside names: the file that the phrases name, in their own folder. */
static bool load_beside(struct phrases *phrases, const char *path, struct san_error *err)
{
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(phrases->document, "beside"));
    const char *slash = strrchr(path, '/');
    char beside[PATH_MAX];
    int folder = slash ? (int)(slash + 1 - path) : 0;
    if (!name)
        san_fail(err, SAN_EFORMAT, "%s: \"beside\" must name the file of the words beside names", path);
    else if (snprintf(beside, sizeof(beside), "%.*s%s", folder, path, name) >= (int)sizeof(beside))
        san_fail(err, SAN_ELIMIT, "%s: too long a path for \"beside\"", path);
    else
        phrases->beside = beside_load(beside, err);
    return phrases->beside != NULL;
}

struct phrases *phrases_load(const char *path, struct san_error *err)
{
    size_t len;
    char *text = read_file(path, &len, err);
    if (!text)
        return NULL;
    cJSON *document = cJSON_ParseWithLength(text, len);
    free(text);
    struct phrases *phrases = NULL;
    if (!cJSON_IsObject(document))
        san_fail(err, SAN_EFORMAT, "%s: not a JSON object", path);
    else if (check_sections(document, path, err) == SAN_OK)
        phrases = calloc(1, sizeof(*phrases));
    if (!phrases) {
        cJSON_Delete(document);
        return NULL;
    }
    phrases->document = document;
    if (load_beside(phrases, path, err))
        return phrases;
    phrases_free(phrases);
    return NULL;
}

void phrases_free(struct phrases *phrases)
{
    if (!phrases)
        return;
    cJSON_Delete(phrases->document);
    beside_free(phrases->beside);
    free(phrases);
}

const struct beside *phrases_beside(const struct phrases *phrases)
{
    return phrases->beside;
}

/* ---- filling in ---- */

static const cJSON *entry(const struct phrases *phrases, const char *section, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(
        cJSON_GetObjectItemCaseSensitive(phrases->document, section), key);
}

const char *phrases_get(const struct phrases *phrases, const char *section, const char *key)
{
    return cJSON_GetStringValue(entry(phrases, section, key));
}

static const char *value_of(
    const char *name, size_t len, const struct phrase_var *vars, const struct home_call *call)
{
    for (; vars && vars->name; vars++)
        if (strlen(vars->name) == len && strncmp(vars->name, name, len) == 0)
            return vars->value;
    for (size_t i = 0; call && i < call->arg_count; i++)
        if (strlen(call->args[i].slot) == len && strncmp(call->args[i].slot, name, len) == 0)
            return call->args[i].text;
    return "";
}

/* Writes the phrase to out (NULL: only counts); returns its length. */
static size_t expand(
    const char *phrase, const struct phrase_var *vars, const struct home_call *call, char *out)
{
    size_t length = 0;
    while (*phrase) {
        const char *close = *phrase == '{' ? strchr(phrase, '}') : NULL;
        const char *piece = phrase;
        size_t len = 1;
        if (close) {
            piece = value_of(phrase + 1, (size_t)(close - phrase - 1), vars, call);
            len = strlen(piece);
        }
        if (out)
            memcpy(out + length, piece, len);
        length += len;
        phrase = close ? close + 1 : phrase + 1;
    }
    return length;
}

static const char *fill(
    const char *phrase, struct san_arena *arena, const struct phrase_var *vars, const struct home_call *call)
{
    if (!phrase)
        return "";
    char *text = san_arena_alloc(arena, expand(phrase, vars, call, NULL) + 1);
    if (!text)
        return "";
    expand(phrase, vars, call, text);
    return text;
}

const char *phrases_fill(const struct phrases *phrases, const char *section, const char *key,
    struct san_arena *arena, const struct phrase_var *vars, const struct home_call *call)
{
    return fill(phrases_get(phrases, section, key), arena, vars, call);
}

/* ---- tools ---- */

static const cJSON *tool_entry(const struct phrases *phrases, const char *tool, const char *a, const char *b)
{
    char key[KEY_MAX];
    snprintf(key, sizeof(key), "%s%s%s%s%s", tool, a ? "." : "", a ? a : "", b ? "." : "", b ? b : "");
    return entry(phrases, "tools", key);
}

static const cJSON *best_entry(
    const struct phrases *phrases, const struct home_call *call, const char *domain)
{
    const cJSON *found = NULL;
    for (size_t i = 0; i < call->arg_count && !found; i++)
        found = tool_entry(phrases, call->tool, call->args[i].slot, call->args[i].text);
    for (size_t i = 0; i < call->arg_count && !found; i++)
        found = tool_entry(phrases, call->tool, call->args[i].slot, NULL);
    if (!found && domain)
        found = tool_entry(phrases, call->tool, domain, NULL);
    if (!found)
        found = tool_entry(phrases, call->tool, NULL, NULL);
    return found ? found : entry(phrases, "tools", "*");
}

/* "slot.value", else "slot". */
static const char *setting(const cJSON *words, const struct home_arg *arg)
{
    char key[KEY_MAX];
    snprintf(key, sizeof(key), "%s.%s", arg->slot, arg->text);
    const char *phrase = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(words, key));
    return phrase ? phrase : cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(words, arg->slot));
}

/* "50 percent and red": what the call sets, each argument in the entry's own words, else in those of all
 * tools. */
static const char *settings(
    const struct phrases *phrases, const cJSON *tool, const struct home_call *call, struct san_arena *arena)
{
    const cJSON *words = cJSON_GetObjectItemCaseSensitive(tool, "settings");
    if (!words)
        words = cJSON_GetObjectItemCaseSensitive(entry(phrases, "tools", "*"), "settings");
    const char *joined = "";
    for (size_t i = 0; i < call->arg_count; i++) {
        const char *phrase = setting(words, &call->args[i]);
        if (!phrase)
            continue;
        const struct phrase_var both[] = {{"a", joined}, {"b", fill(phrase, arena, NULL, call)}, {0}};
        joined = joined[0] ? phrases_fill(phrases, "words", "a_and_b", arena, both, NULL) : both[1].value;
    }
    return joined;
}

const char *phrases_of_tool(const struct phrases *phrases, const struct home_call *call, const char *domain,
    const char *part, struct san_arena *arena, const char *target)
{
    const cJSON *tool = best_entry(phrases, call, domain);
    const struct phrase_var vars[] = {
        {"target", target}, {"settings", settings(phrases, tool, call, arena)}, {0}};
    return fill(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(tool, part)), arena, vars, call);
}

/* ---- words ---- */

/* The entry of "domain.device_class", else of "domain", else of "*". */
static const cJSON *by_kind(
    const struct phrases *phrases, const char *section, const char *domain, const char *device_class)
{
    char key[KEY_MAX];
    snprintf(key, sizeof(key), "%s.%s", domain, device_class);
    const cJSON *found = entry(phrases, section, key);
    if (!found)
        found = entry(phrases, section, domain);
    return found ? found : entry(phrases, section, "*");
}

const char *phrases_noun(
    const struct phrases *phrases, const char *domain, const char *device_class, bool plural)
{
    const cJSON *noun = by_kind(phrases, "nouns", domain, device_class);
    const char *text = cJSON_GetStringValue(cJSON_GetArrayItem(noun, plural));
    return text ? text : domain;
}

static bool has_text(const cJSON *list, const char *text)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, list)
    {
        if (cJSON_IsString(item) && strcmp(item->valuestring, text) == 0)
            return true;
    }
    return false;
}

bool phrases_is_kind(
    const struct phrases *phrases, const char *domain, const char *device_class, const char *text)
{
    return has_text(by_kind(phrases, "nouns", domain, device_class), text) ||
           has_text(entry(phrases, "nouns", domain), text);
}

const char *phrases_state(
    const struct phrases *phrases, const char *domain, const char *device_class, const char *state)
{
    const char *text = cJSON_GetStringValue(
        cJSON_GetObjectItemCaseSensitive(by_kind(phrases, "states", domain, device_class), state));
    if (!text)
        text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(entry(phrases, "states", "*"), state));
    return text ? text : state;
}

bool phrases_has_word(const struct phrases *phrases, const char *list, const char *text)
{
    return has_text(entry(phrases, "words", list), text);
}

cJSON *phrases_words(const struct phrases *phrases, const char *list)
{
    return cJSON_Duplicate(entry(phrases, "words", list), true);
}

bool phrases_is_noun(const struct phrases *phrases, const char *domain, const char *word)
{
    const cJSON *nouns, *noun;
    cJSON_ArrayForEach(nouns, cJSON_GetObjectItemCaseSensitive(phrases->document, "nouns"))
    {
        size_t len = strcspn(nouns->string, ".");
        if (nouns->string[0] == '*' ||
            (domain && (strlen(domain) != len || strncmp(nouns->string, domain, len) != 0)))
            continue;
        cJSON_ArrayForEach(noun, nouns)
        {
            if (cJSON_IsString(noun) && strcasecmp(noun->valuestring, word) == 0)
                return true;
        }
    }
    return false;
}

bool phrases_kind_of_noun(
    const struct phrases *phrases, const char *word, char domain[static 32], char device_class[static 32])
{
    const cJSON *nouns, *noun;
    cJSON_ArrayForEach(nouns, cJSON_GetObjectItemCaseSensitive(phrases->document, "nouns"))
    {
        size_t len = strcspn(nouns->string, ".");
        const char *class = nouns->string[len] ? nouns->string + len + 1 : "";
        cJSON_ArrayForEach(noun, nouns)
        {
            if (nouns->string[0] != '*' && cJSON_IsString(noun) && strcasecmp(noun->valuestring, word) == 0)
                return (size_t)snprintf(domain, 32, "%.*s", (int)len, nouns->string) < 32 &&
                       (size_t)snprintf(device_class, 32, "%s", class) < 32;
        }
    }
    return false;
}
