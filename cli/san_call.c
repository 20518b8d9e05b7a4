/* san_call.c - prints the calls that a model makes of one query, for any model that libsan reads.
 *
 *     san-call --model FILE.gguf --tools FILE.json [--area AREA] [--item KIND:NAME]... QUERY
 *
 * Models of the prompt format "needle" take any tools. Those of the format "hearth" take the tools they were
 * trained for (schemas/intents.json); the area and the items say what of the home the query can mean. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inference/san.h"

enum { TOOLS_BYTES = 1 << 20 };

struct options {
    const char *model, *tools, *area, *query;
    struct san_item items[SAN_ITEMS_MAX];
    size_t item_count;
};

/* ---- arguments ---- */

/* Cuts KIND:NAME in two, in place. */
static bool add_item(struct options *o, char *text)
{
    char *colon = strchr(text, ':');
    if (!colon || o->item_count == SAN_ITEMS_MAX)
        return false;
    *colon = '\0';
    o->items[o->item_count++] = (struct san_item){.kind = text, .text = colon + 1};
    return true;
}

static bool parse_option(struct options *o, const char *name, char *value)
{
    if (strcmp(name, "--item") == 0)
        return add_item(o, value);
    const struct {
        const char *name;
        const char **out;
    } options[] = {{"--model", &o->model}, {"--tools", &o->tools}, {"--area", &o->area}};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (strcmp(options[i].name, name) == 0) {
            *options[i].out = value;
            return true;
        }
    return false;
}

static bool parse(struct options *o, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--", 2) != 0) {
            if (o->query)
                return false;
            o->query = argv[i];
        } else if (i + 1 == argc || !parse_option(o, argv[i], argv[i + 1])) {
            return false;
        } else {
            i++;
        }
    }
    return o->model && o->tools && o->query;
}

/* The file's text; the caller frees it. NULL, and a message, if it cannot be read or is too large. */
static char *read_file(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    char *text = file ? malloc(TOOLS_BYTES + 1) : NULL;
    *len = text ? fread(text, 1, TOOLS_BYTES + 1, file) : 0;
    bool fine = text && !ferror(file) && *len <= TOOLS_BYTES;
    if (!file || (text && ferror(file)))
        perror(path);
    else if (!fine)
        fprintf(stderr, "san-call: %s: more than %d bytes\n", path, TOOLS_BYTES);
    if (file)
        fclose(file);
    if (fine)
        return text;
    free(text);
    return NULL;
}

/* ---- the two formats ---- */

static enum san_status call_any(struct san_session *session, const struct san_model *model,
    const struct options *o, const char *json, size_t len, struct san_error *err)
{
    struct san_json_tools *tools = san_json_tools_load(model, json, len, err);
    const char *calls;
    enum san_status status = tools ? san_call(session, tools, o->query, &calls, err) : err->status;
    if (status == SAN_OK)
        puts(calls);
    san_json_tools_free(tools);
    return status;
}

static enum san_status call_home(struct san_session *session, const struct san_model *model,
    const struct options *o, const char *json, size_t len, struct san_error *err)
{
    struct san_tools *tools = san_tools_load(model, json, len, err);
    struct san_request request = {
        .text = o->query, .area = o->area, .items = o->items, .item_count = o->item_count};
    const struct san_result *result;
    enum san_status status = tools ? san_parse(session, tools, &request, &result, err) : err->status;
    const char *calls = status == SAN_OK ? san_result_json(session, result) : NULL;
    if (calls)
        puts(calls);
    else if (status == SAN_OK)
        status = san_fail(err, SAN_ENOMEM, "out of memory");
    san_tools_free(tools);
    return status;
}

static enum san_status run(const struct options *o, const char *json, size_t len, struct san_error *err)
{
    struct san_model *model = san_model_open(o->model, err);
    struct san_session *session = model ? san_session_new(model, NULL, err) : NULL;
    enum san_status status = session ? SAN_OK : err->status;
    if (session) {
        struct san_model_info info;
        san_model_info(model, &info);
        bool any = strcmp(info.prompt_format, "needle") == 0;
        status = (any ? call_any : call_home)(session, model, o, json, len, err);
    }
    san_session_free(session);
    san_model_close(model);
    return status;
}

static bool asks_for(int argc, char **argv, const char *option, const char *letter)
{
    return argc == 2 && (strcmp(argv[1], option) == 0 || strcmp(argv[1], letter) == 0);
}

int main(int argc, char **argv)
{
    static const char usage[] =
        "Usage: san-call --model FILE.gguf --tools FILE.json [--area AREA] [--item KIND:NAME]... QUERY\n";
    struct options options = {0};
    struct san_error err = {0};
    size_t len;
    if (asks_for(argc, argv, "--help", "-h")) {
        printf("%sPrints the tool calls that a model makes of QUERY, as one line of JSON. See san-call(1).\n",
            usage);
        return 0;
    }
    if (asks_for(argc, argv, "--version", "-V")) {
        puts("san-call " PACKAGE_VERSION);
        return 0;
    }
    if (!parse(&options, argc, argv)) {
        fputs(usage, stderr);
        return 2;
    }
    char *json = read_file(options.tools, &len);
    if (!json)
        return 1;
    enum san_status status = run(&options, json, len, &err);
    if (status != SAN_OK)
        fprintf(stderr, "san-call: %s\n", err.text);
    free(json);
    return status != SAN_OK;
}
