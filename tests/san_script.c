/* san_script.c - san.h by a script instead of a network: the daemon's end-to-end tests stay true whatever a
 * model learns.
 *
 * The "model" is a text file, a line for each utterance that it understands:
 *
 *     normalised words | confidence | Tool slot=value;slot=value + Tool slot=value
 *
 * A value after ~ is words of the utterance. Any other name, area or floor must be among the context items,
 * or is SAN_VALUE_NONE, as the grammar of the real library has it.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "inference/arena.h"
#include "inference/san.h"
#include "inference/text.h"

enum { LINE_SIZE = 1024, ARGS_MAX = 8 };

struct san_model {
    char *path;
};

struct san_tools {
    int unused;
};

struct san_session {
    struct san_model *model;
    struct san_arena *arena;
    struct san_result result;
    struct san_call calls[SAN_CALLS_MAX];
    struct san_arg args[SAN_CALLS_MAX][ARGS_MAX];
};

struct san_model *san_model_open(const char *path, struct san_error *err)
{
    FILE *file = fopen(path, "re");
    if (!file) {
        san_fail(err, SAN_EIO, "%s: no such script", path);
        return NULL;
    }
    fclose(file);
    struct san_model *model = calloc(1, sizeof(*model));
    model->path = strdup(path);
    return model;
}

void san_model_close(struct san_model *model)
{
    if (!model)
        return;
    free(model->path);
    free(model);
}

void san_model_info(const struct san_model *model, struct san_model_info *out)
{
    (void)model;
    *out = (struct san_model_info){.name = "script", .prompt_format = "hearth", .context_mask = "item"};
}

const char *san_kernels_name(void)
{
    return "script";
}

struct san_tools *san_tools_load(
    const struct san_model *model, const char *json, size_t len, struct san_error *err)
{
    (void)model;
    size_t start = strspn(json, " \n");
    if (start < len && json[start] == '{')
        return calloc(1, sizeof(struct san_tools));
    san_fail(err, SAN_EFORMAT, "no JSON object");
    return NULL;
}

void san_tools_free(struct san_tools *tools)
{
    free(tools);
}

struct san_session *san_session_new(
    struct san_model *model, const struct san_options *options, struct san_error *err)
{
    (void)options;
    (void)err;
    struct san_session *session = calloc(1, sizeof(*session));
    session->model = model;
    session->arena = san_arena_new(4096, 0);
    return session;
}

void san_session_free(struct san_session *session)
{
    if (!session)
        return;
    san_arena_free(session->arena);
    free(session);
}

static char *trim(char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    size_t len = strlen(text);
    while (len && isspace((unsigned char)text[len - 1]))
        text[--len] = '\0';
    return text;
}

static int find_item(const struct san_request *request, const char *text)
{
    for (size_t i = 0; i < request->item_count; i++)
        if (strcasecmp(request->items[i].text, text) == 0)
            return (int)i;
    return -1;
}

static struct san_arg make_arg(const struct san_request *request, const char *slot, const char *value)
{
    struct san_arg arg = {.slot = slot, .text = value, .type = SAN_VALUE_ENUM, .item = -1, .probability = 1};
    if (value[0] == '~') {
        arg.type = SAN_VALUE_SPAN;
        arg.text = value + 1;
        return arg;
    }
    char *end;
    arg.number = strtod(value, &end);
    if (end != value && !*end)
        arg.type = SAN_VALUE_NUMBER;
    if (strcmp(slot, "name") != 0 && strcmp(slot, "area") != 0 && strcmp(slot, "floor") != 0)
        return arg;
    arg.item = find_item(request, value);
    bool own_area = strcmp(slot, "area") == 0 && request->area && strcasecmp(request->area, value) == 0;
    arg.type = arg.item >= 0 || own_area ? SAN_VALUE_ITEM : SAN_VALUE_NONE;
    if (arg.item >= 0)
        arg.text = request->items[arg.item].text;
    return arg;
}

static void read_call(
    struct san_session *session, const struct san_request *request, char *text, float confidence)
{
    size_t index = session->result.call_count++;
    struct san_call *call = &session->calls[index];
    char *arguments = strchr(text, ' ');
    if (arguments)
        *arguments++ = '\0';
    *call = (struct san_call){.tool = text, .args = session->args[index], .confidence = confidence};
    char *rest = NULL;
    for (char *part = arguments ? strtok_r(arguments, ";", &rest) : NULL; part;
         part = strtok_r(NULL, ";", &rest)) {
        char *value = strchr(part, '=');
        *value++ = '\0';
        struct san_arg arg = make_arg(request, trim(part), trim(value));
        call->unmatched = call->unmatched || arg.type == SAN_VALUE_NONE;
        session->args[index][call->arg_count++] = arg;
    }
}

/* The line of the script for these words, in the session's arena, from its confidence on; NULL if there is
 * none. */
static char *find_line(struct san_session *session, const char *words)
{
    FILE *file = fopen(session->model->path, "re");
    char line[LINE_SIZE], *found = NULL;
    while (file && !found && fgets(line, sizeof(line), file)) {
        char *rest = strchr(line, '|');
        if (!rest)
            continue;
        *rest++ = '\0';
        if (strcmp(trim(line), words) == 0)
            found = san_arena_strndup(session->arena, rest, strlen(rest));
    }
    if (file)
        fclose(file);
    return found;
}

enum san_status san_parse(struct san_session *session, const struct san_tools *tools,
    const struct san_request *request, const struct san_result **out, struct san_error *err)
{
    (void)tools;
    char words[4096];
    san_arena_reset(session->arena);
    enum san_status status =
        san_normalize_to(words, sizeof(words), request->text, strlen(request->text), err);
    if (status != SAN_OK)
        return status;
    session->result = (struct san_result){.calls = session->calls, .confidence = 1};
    session->result.normalized = san_arena_strndup(session->arena, words, strlen(words));
    char *line = find_line(session, words), *rest = NULL;
    float confidence = line ? strtof(strtok_r(line, "|", &rest), NULL) : 1;
    session->result.confidence = confidence;
    char *calls = line ? strtok_r(NULL, "|", &rest) : NULL;
    for (char *call = calls ? strtok_r(calls, "+", &rest) : NULL; call; call = strtok_r(NULL, "+", &rest))
        read_call(session, request, trim(call), confidence);
    *out = &session->result;
    return SAN_OK;
}
