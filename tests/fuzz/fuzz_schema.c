/* Tool files of any bytes: refused, or compiled. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "inference/model.h"
#include "inference/schema.h"
#include "tests/tiny_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A file with the vocabulary of the real tools, and no weights in use. */
static const struct san_model *vocabulary(void)
{
    static struct san_model model;
    if (model.tokenizer)
        return &model;
    size_t len, size;
    char *json = read_source_file("schemas/intents.json", &len);
    if (!json)
        abort();
    model.file = san_gguf_from_memory(tiny_model_bytes(json, 1, &size), size, "tiny", NULL);
    model.tokenizer = san_tokenizer_new(model.file, NULL);
    model.config.hearth_format = true;
    free(json);
    return &model;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct san_error err = {0};
    struct san_tools *tools = san_tools_load(vocabulary(), (const char *)data, size, &err);
    if (!tools && !*err.text)
        abort();
    for (size_t i = 0; tools && i < san_tools_count(tools); i++)
        if (!strlen(san_tools_name(tools, i)))
            abort();
    san_tools_free(tools);
    return 0;
}
