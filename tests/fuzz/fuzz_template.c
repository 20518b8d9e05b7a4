/* fuzz_template.c - the text up to the first NUL (or all of it) as a template, the rest as the payload. */
#include <stdint.h>
#include <string.h>

#include "devices/json_text.h"
#include "devices/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct san_arena *arena = san_arena_new(65536, 64 << 20);
    const uint8_t *nul = size ? memchr(data, 0, size) : NULL;
    size_t len = nul ? (size_t)(nul - data) : size;
    const char *source = san_arena_strndup(arena, (const char *)data, len);
    const char *payload =
        nul ? (const char *)nul + 1 : "{\"a\":[1,2.5,\"x,y\"],\"b\":{\"c\":null},\"d\":true}";
    size_t payload_len = nul ? size - len - 1 : strlen(payload);
    struct san_error err;
    const struct template *compiled = template_compile(arena, source, &err);
    if (compiled) {
        const char *value = san_arena_strndup(arena, payload, payload_len);
        cJSON *json = json_parse(payload, payload_len, 16, &err);
        struct template_vars vars = {.value = value, .value_json = json, .extra = json};
        const char *text = template_render(compiled, arena, &vars, &err);
        if (text && strlen(text) > TEMPLATE_OUTPUT_MAX)
            __builtin_trap();
        vars = (struct template_vars){.number = 2.5, .is_number = true, .value_json = json};
        template_render(compiled, arena, &vars, &err);
        cJSON_Delete(json);
    }
    san_arena_free(arena);
    return 0;
}
