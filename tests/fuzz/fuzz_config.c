/* A configuration file: whatever it holds, it is taken, or refused with an error that names the file. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "daemon/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config *config = config_new();
    struct san_error error = {0};
    if (config_parse(config, "hearthd.conf", (const char *)data, size, &error) != SAN_OK)
        assert(strncmp(error.text, "hearthd.conf:", 13) == 0);
    config_free(config);
    return 0;
}
