/* Tools of any bytes, and then a query, through san_call with a network of random weights: what comes out is
 * JSON. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "inference/model.h"
#include "inference/san.h"
#include "tests/toy_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct san_model *model;
static struct san_session *session;

static void start(void)
{
    static const char *const texts[] = {
        "[", "]", "{", "}", "\"", ":", ",", "[{\"", "\":", "name", "\",\"", "a", "1"};
    struct toy_spec spec = toy_spec_small(SAN_F32, false);
    spec.needle = true;
    spec.texts = texts;
    spec.text_count = sizeof(texts) / sizeof(texts[0]);
    spec.pieces = (uint32_t)spec.text_count + 2;
    spec.context_length = 512;
    spec.output_length = 64;
    size_t size;
    void *bytes = toy_model_bytes(&spec, &size);
    model = san_model_from_gguf(san_gguf_from_memory(bytes, size, "toy", NULL), NULL);
    session = model ? san_session_new(model, NULL, NULL) : NULL;
    if (!session)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!session)
        start();
    struct san_json_tools *tools = san_json_tools_load(model, (const char *)data, size, NULL);
    const char *calls;
    if (tools && san_call(session, tools, "turn it on", &calls, NULL) == SAN_OK) {
        cJSON *json = cJSON_Parse(calls);
        if (!cJSON_IsArray(json))
            abort();
        cJSON_Delete(json);
    }
    san_json_tools_free(tools);
    return 0;
}
