/* bench_network.c - how long encoding a prompt and writing a token take.
 *
 *     bench_network [--model FILE] [--threads N] [--rounds N] [--cache BYTES]
 *
 * Without a model: random weights of hearth-s's shape (d 256, 4 + 3 layers), Q8_0. The prompt has 12 query
 * tokens and 60 in ten items, the same in every round: with a cache, the items are encoded in the first
 * alone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "inference/model.h"
#include "inference/network.h"
#include "inference/san.h"
#include "tests/toy_model.h"

enum { QUERY = 12, ITEMS = 10, ITEM = 6, STEPS = 8, ROUNDS_MAX = 100000 };

struct options {
    const char *model;
    unsigned threads, rounds;
    size_t cache;
};

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *times, size_t count)
{
    qsort(times, count, sizeof(*times), compare);
    return times[count / 2];
}

static int parse(struct options *options, int argc, char **argv)
{
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--model") == 0)
            options->model = argv[i + 1];
        else if (strcmp(argv[i], "--threads") == 0)
            options->threads = (unsigned)strtoul(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--rounds") == 0)
            options->rounds = (unsigned)strtoul(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--cache") == 0)
            options->cache = strtoul(argv[i + 1], NULL, 10);
        else
            return -1;
    }
    return argc % 2 && options->rounds >= 1 && options->rounds <= ROUNDS_MAX ? 0 : -1;
}

static struct san_model *open_model(const struct options *options, void **bytes, struct san_error *err)
{
    if (options->model)
        return san_model_open(options->model, err);
    struct toy_spec spec = toy_spec_small(SAN_Q8_0, true);
    spec.d = 256, spec.heads = 8, spec.kv_heads = 4, spec.head_dim = 32;
    spec.enc_layers = 4, spec.dec_layers = 3, spec.pieces = 4096, spec.context_length = 512;
    size_t size;
    *bytes = toy_model_bytes(&spec, &size);
    struct san_gguf *file = san_gguf_from_memory(*bytes, size, "random weights", err);
    return file ? san_model_from_gguf(file, err) : NULL;
}

static void measure(struct san_network *net, unsigned rounds, double *encode, double *decode)
{
    int32_t ids[QUERY + ITEMS * ITEM];
    struct san_segment segments[1 + ITEMS] = {{ids, QUERY}};
    for (int32_t i = 0; i < QUERY + ITEMS * ITEM; i++)
        ids[i] = 4 + i;
    for (size_t i = 0; i < ITEMS; i++)
        segments[1 + i] = (struct san_segment){ids + QUERY + i * ITEM, ITEM};
    for (unsigned round = 0; round < rounds; round++) {
        double start = now_ms();
        san_network_encode(net, segments, 1 + ITEMS, NULL);
        double encoded = now_ms();
        for (size_t step = 0; step < STEPS; step++)
            san_network_decode(net, &ids[step], 1, NULL);
        encode[round] = encoded - start;
        decode[round] = (now_ms() - encoded) / STEPS;
    }
}

int main(int argc, char **argv)
{
    static const char usage[] =
        "usage: bench_network [--model FILE] [--threads N] [--rounds N] [--cache BYTES]\n";
    struct options options = {.threads = 1, .rounds = 200, .cache = SAN_CACHE_BYTES};
    struct san_error err = {0};
    void *bytes = NULL;
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(usage, stdout);
        return 0;
    }
    if (parse(&options, argc, argv) != 0) {
        fputs(usage, stderr);
        return 2;
    }
    struct san_model *model = open_model(&options, &bytes, &err);
    struct san_network *net = model ? san_network_new(model, options.threads, options.cache, &err) : NULL;
    double *times = calloc(2 * (size_t)options.rounds, sizeof(*times));
    int status = net && times ? 0 : 1;
    if (status == 0) {
        measure(net, options.rounds, times, times + options.rounds);
        double encode = median(times, options.rounds),
               decode = median(times + options.rounds, options.rounds);
        printf("%s, %u thread(s), cache of %zu bytes: encode %d tokens %.3f ms, decode step %.3f ms, %d "
               "steps in all %.3f ms\n",
            san_kernels_name(), options.threads, options.cache, QUERY + ITEMS * ITEM, encode, decode, STEPS,
            encode + STEPS * decode);
    } else {
        fprintf(stderr, "bench_network: %s\n", err.text);
    }
    free(times);
    san_network_free(net);
    san_model_close(model);
    free(bytes);
    return status;
}
