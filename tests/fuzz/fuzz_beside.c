/* Any bytes as a file of words beside names: an error, or words that can be looked up. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daemon/beside.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct san_error err;
    char path[64];
    int fd = memfd_create("beside", 0);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    struct beside *beside = beside_load(path, &err);
    if (beside) {
        beside_score(beside, "please", BESIDE_AFTER);
        beside_leads(beside, "turn");
    }
    beside_free(beside);
    close(fd);
    return 0;
}
