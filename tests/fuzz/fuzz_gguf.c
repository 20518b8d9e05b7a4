/* fuzz_gguf.c - any bytes as a model: refused, or a model that can be run. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "inference/model.h"
#include "inference/network.h"
#include "inference/san.h"

enum { CONTEXT_RUN_MAX = 256 }; /* a larger model is legal, but only slow here */

/* Whatever the map of a file that was accepted: a confidence is one, and never falls. */
static void map_confidence(const struct san_confidence *map)
{
    float last = 0;
    for (int i = 0; i <= 64; i++) {
        float now = san_confidence_of(map, (float)i / 64);
        if (!(now >= last && now <= 1))
            abort();
        last = now;
    }
}

static void run_model(const struct san_model *model)
{
    map_confidence(&model->confidence);
    if (model->config.context_length > CONTEXT_RUN_MAX || model->config.d > CONTEXT_RUN_MAX)
        return;
    struct san_network *net = san_network_new(model, 1, 1 << 16, NULL);
    const int32_t ids[] = {0, 1, 2}, last = (int32_t)model->config.vocab - 1;
    const struct san_segment segments[] = {{ids, 2}, {&last, 1}};
    float logit;
    if (net && !san_network_encode(net, segments, 2, NULL) && !san_network_decode(net, &last, 1, NULL)) {
        san_network_logits(net, &last, 1, &logit);
        if (!(logit == logit)) /* the limits on weights promise that no NaN can arise */
            abort();
    }
    san_network_free(net);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    void *copy = aligned_alloc(8, (size + 8) / 8 * 8);
    if (!copy)
        return 0;
    memcpy(copy, data, size);
    struct san_error err;
    struct san_gguf *file = san_gguf_from_memory(copy, size, "fuzz", &err);
    struct san_model *model = file ? san_model_from_gguf(file, &err) : NULL;
    if (model)
        run_model(model);
    san_model_close(model);
    free(copy);
    return 0;
}
