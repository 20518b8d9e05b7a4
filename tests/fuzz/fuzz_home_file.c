/* Any bytes as a home file: an error or a home, and what was imported can be exported and imported again. */
#include <stdlib.h>
#include <string.h>

#include "devices/home_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct san_error err;
    struct registry *first = reg_open(":memory:", &err), *second = reg_open(":memory:", &err);
    if (home_import(first, (const char *)data, size, "fuzz", &err) == SAN_OK) {
        char *text = home_export(first, &err);
        if (text == NULL || home_import(second, text, strlen(text), "again", &err) != SAN_OK)
            abort();
        free(text);
    }
    reg_close(first);
    reg_close(second);
    return 0;
}
