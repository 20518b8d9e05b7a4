/* Utterances and items of any bytes through san_parse, with a network of random weights. The input's lines:
 * the text, the speaker's area (empty: none), then items, each a kind's first letter and a name. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inference/san.h"
#include "tests/tiny_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct san_tools *tools;
static struct san_session *session;

static void start(void)
{
    char path[64];
    size_t len;
    char *json = read_source_file("schemas/intents.json", &len);
    if (!json || tiny_model_file(json, 3, path) != 0)
        abort();
    struct san_model *model = san_model_open(path, NULL);
    unlink(path);
    tools = model ? san_tools_load(model, json, len, NULL) : NULL;
    session = tools ? san_session_new(model, NULL, NULL) : NULL;
    free(json);
    if (!session)
        abort();
}

static const char *kind_of(char letter)
{
    static const char *const kinds[] = {
        "area", "floor", "light", "lock", "cover", "climate", "scene", "todo", "tool"};
    return kinds[(unsigned char)letter % (sizeof kinds / sizeof *kinds)];
}

static void check(const struct san_result *result)
{
    const char *json = san_result_json(session, result);
    if (!json || *json != '[' || result->call_count > SAN_CALLS_MAX || result->output_tokens > SAN_OUTPUT_MAX)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!session)
        start();
    char *text = malloc(size + 1), *rest = text;
    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    struct san_item items[SAN_ITEMS_MAX];
    struct san_request request = {.text = strsep(&rest, "\n"), .items = items, .trace = size & 1};
    request.area = rest ? strsep(&rest, "\n") : NULL;
    while (rest && request.item_count < SAN_ITEMS_MAX) {
        char *line = strsep(&rest, "\n");
        items[request.item_count++] = (struct san_item){kind_of(*line), *line ? line + 1 : line};
    }
    const struct san_result *result;
    struct san_error err = {0};
    if (san_parse(session, tools, &request, &result, &err) == SAN_OK)
        check(result);
    else if (!*err.text)
        abort();
    free(text);
    return 0;
}
