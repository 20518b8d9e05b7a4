/* A line from the local socket: whatever it holds, it is a request or a refusal with a code; its answer can
 * be printed. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/jsonrpc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jsonrpc_request request;
    bool good = jsonrpc_parse((const char *)data, size, &request);
    assert(good == (request.method != NULL));
    assert(good || (request.error && request.message[0]));
    char *line = jsonrpc_error(request.id, request.error, request.message, NULL);
    assert(line && line[strlen(line) - 1] == '\n');
    free(line);
    jsonrpc_request_clear(&request);
    return 0;
}
