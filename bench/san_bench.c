/* san_bench.c - how fast a model runs here, and how near that is to what the machine can do.
 *
 *     san-bench --model FILE [--threads N] [--prompt N] [--gen N] [--rounds N] [--json]
 *
 * Prefill: a prompt of N tokens (default 128) through the encoder, cross-attention keys and values included,
 * with nothing remembered. Decode: N greedy tokens (default 64), logits of the whole vocabulary each, as
 * without a grammar. First token: both together, up to the first logits. Medians of the rounds (default 5).
 * From exec: from the start of this process to the first token, the model's file read and laid out.
 *
 * The operations counted are those of the matrices and of attention; their peak is a loop of integer products
 * that stays in registers. The bytes are those of the weights that a decoded token reads; their peaks are a
 * loop that adds up as many bytes again and again, and one over memory that no cache holds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "bench/peaks.h"
#include "inference/model.h"
#include "inference/network.h"
#include "inference/pool.h"
#include "inference/san.h"

enum { ROUNDS_MAX = 1000 };

struct options {
    const char *model;
    unsigned long threads, prompt, gen, rounds;
    bool json;
};

struct figures {
    double prefill_s, first_s, decode_s; /* decode: of all tokens but the first */
    double exec_s;                       /* from exec to the first token of the first round */
    double peak_rss_mib;
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* When this process was started, on the clock of now(); 0 if /proc does not say. It counts in hundredths. */
static double exec_time(void)
{
    FILE *file = fopen("/proc/self/stat", "r");
    char text[1024] = "";
    unsigned long long ticks = 0;
    if (file) {
        if (!fgets(text, sizeof(text), file))
            *text = 0;
        fclose(file);
    }
    const char *behind_name = strrchr(text, ')'); /* fields 3 to 21, then the start */
    if (!behind_name ||
        sscanf(behind_name + 1, "%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%*s%llu", &ticks) != 1)
        return 0;
    return (double)ticks / (double)sysconf(_SC_CLK_TCK);
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

static bool parse_number(const char *text, unsigned long most, unsigned long *out)
{
    char *end;
    *out = strtoul(text, &end, 10);
    return *text >= '0' && *text <= '9' && !*end && *out >= 1 && *out <= most;
}

static bool parse(struct options *o, int argc, char **argv)
{
    const struct {
        const char *name;
        unsigned long *out, most;
    } numbers[] = {{"--threads", &o->threads, SAN_THREADS_MAX}, {"--prompt", &o->prompt, 4096},
        {"--gen", &o->gen, 4096}, {"--rounds", &o->rounds, ROUNDS_MAX}};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            o->json = true;
            continue;
        }
        if (++i == argc)
            return false;
        if (strcmp(argv[i - 1], "--model") == 0) {
            o->model = argv[i];
            continue;
        }
        size_t n = 0;
        while (n < sizeof(numbers) / sizeof(numbers[0]) && strcmp(numbers[n].name, argv[i - 1]) != 0)
            n++;
        if (n == sizeof(numbers) / sizeof(numbers[0]) ||
            !parse_number(argv[i], numbers[n].most, numbers[n].out))
            return false;
    }
    return o->model;
}

/* ---- what a pass costs ---- */

static double bytes_of(const struct san_attention_weights *w, bool keys)
{
    double bytes = (double)(san_matrix_bytes(&w->q) + san_matrix_bytes(&w->output));
    return keys ? bytes + (double)(san_matrix_bytes(&w->k) + san_matrix_bytes(&w->v)) : bytes;
}

/* Of the weights that one decoded token reads. */
static double decode_bytes(const struct san_model *model)
{
    const struct san_weights *w = &model->weights;
    double bytes = (double)san_matrix_bytes(&w->embedding);
    for (uint32_t i = 0; i < model->config.dec_layers; i++)
        bytes += bytes_of(&w->dec[i], true) + bytes_of(&w->cross[i], false);
    return bytes;
}

static double prefill_operations(const struct san_config *c, double tokens)
{
    double d = c->d, inner = (double)c->heads * c->head_dim, kv = (double)c->kv_heads * c->head_dim;
    double matrices = c->enc_layers * (2 * d * inner + 2 * d * kv) + c->dec_layers * (2 * d * kv);
    double attention = c->enc_layers * 2 * inner * tokens;
    return 2 * tokens * (matrices + attention);
}

/* ---- measuring ---- */

static int32_t best_of(const float *logits, uint32_t count)
{
    uint32_t best = 0;
    float most = logits[0];
    for (uint32_t i = 1; i < count; i++)
        if (logits[i] > most) { /* seldom */
            most = logits[i];
            best = i;
        }
    return (int32_t)best;
}

/* ids [vocab] = 0, 1, ...; logits [vocab]. Times go to three places. */
static enum san_status run_round(struct san_network *net, const struct san_model *model,
    const struct options *o, const int32_t *ids, float *logits, double times[3], struct san_error *err)
{
    uint32_t vocab = model->config.vocab;
    const struct san_segment prompt = {ids, o->prompt};
    int32_t token = san_tokenizer_eos(model->tokenizer);
    double start = now(), first = 0;
    enum san_status status = san_network_encode(net, &prompt, 1, err);
    times[0] = now() - start;
    for (unsigned long i = 0; i < o->gen && !status; i++) {
        status = san_network_decode(net, &token, 1, err);
        if (!status)
            san_network_logits(net, ids, vocab, logits);
        token = best_of(logits, vocab);
        first = i ? first : now();
    }
    times[1] = first - start;
    times[2] = now() - first;
    return status;
}

static enum san_status measure(
    const struct san_model *model, const struct options *o, struct figures *out, struct san_error *err)
{
    uint32_t vocab = model->config.vocab;
    struct san_network *net = san_network_new(model, (unsigned)o->threads, 0, err);
    int32_t *ids = calloc(vocab > 4096 ? vocab : 4096, sizeof(*ids));
    float *logits = calloc(vocab, sizeof(*logits));
    double *all = calloc(3 * o->rounds, sizeof(*all));
    enum san_status status = SAN_ENOMEM;
    if (!net || !ids || !logits || !all)
        goto end;
    for (uint32_t i = 0; i < vocab; i++)
        ids[i] = (int32_t)i;
    double times[3];
    double start = now();
    status = run_round(net, model, o, ids, logits, times, err); /* warm */
    out->exec_s = start + times[1] - exec_time();
    for (unsigned long round = 0; round < o->rounds && !status; round++) {
        status = run_round(net, model, o, ids, logits, times, err);
        for (size_t i = 0; i < 3; i++)
            all[i * o->rounds + round] = times[i];
    }
    out->prefill_s = median(all, o->rounds);
    out->first_s = median(all + o->rounds, o->rounds);
    out->decode_s = median(all + 2 * o->rounds, o->rounds);
end:
    free(all);
    free(logits);
    free(ids);
    san_network_free(net);
    return status;
}

static double peak_rss_mib(void)
{
    struct rusage usage = {0};
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss / 1024; /* Linux counts in KiB */
}

static void print(const struct san_model *model, const struct options *o, const struct figures *f)
{
    double steps = o->gen > 1 ? (double)o->gen - 1 : 1, bytes = decode_bytes(model);
    struct peaks peaks = measure_peaks((unsigned)o->threads, (size_t)bytes); /* after memory was read off */
    struct san_model_info info;
    san_model_info(model, &info);
    double gops = prefill_operations(&model->config, (double)o->prompt) / f->prefill_s / 1e9;
    double gbps = bytes * steps / f->decode_s / 1e9;
    const char *form =
        o->json
            ? "{\"model\":\"%s\",\"kernels\":\"%s\",\"parameters\":%llu,\"file_bytes\":%llu,\"threads\":%lu,"
              "\"prompt\":%lu,\"gen\":%lu,\"prefill_tokens_per_s\":%.1f,\"decode_tokens_per_s\":%.1f,"
              "\"first_token_ms\":%.3f,\"exec_to_first_token_ms\":%.0f,\"peak_rss_mib\":%.1f,"
              "\"prefill_gflops\":%.2f,\"peak_gflops\":%.2f,\"prefill_share\":%.3f,\"peak_instruction\":\"%"
              "s\","
              "\"decode_gb_per_s\":%.2f,\"peak_gb_per_s\":%.2f,\"decode_share\":%.3f,\"memory_gb_per_s\":%."
              "2f}\n"
            : "%s, %s kernels: %llu parameters, %llu bytes, %lu thread(s), %lu tokens in, %lu out\n"
              "prefill      %10.1f tokens/s\ndecode       %10.1f tokens/s\nfirst token  %10.3f ms\n"
              "from exec    %10.0f ms\npeak memory  %10.1f MiB\n"
              "prefill      %10.2f GFLOP/s of %.2f, a share of %.3f (%s)\n"
              "decode       %10.2f GB/s of %.2f, a share of %.3f (from memory: %.2f)\n";
    printf(form, info.name, san_kernels_name(), (unsigned long long)info.parameters,
        (unsigned long long)info.file_bytes, o->threads, o->prompt, o->gen, (double)o->prompt / f->prefill_s,
        steps / f->decode_s, f->first_s * 1e3, f->exec_s * 1e3, f->peak_rss_mib, gops, peaks.integer_gops,
        gops / peaks.integer_gops, peaks.instruction, gbps, peaks.cached_gbps, gbps / peaks.cached_gbps,
        peaks.read_gbps);
}

int main(int argc, char **argv)
{
    static const char usage[] =
        "usage: san-bench --model FILE [--threads N] [--prompt N] [--gen N] [--rounds N] [--json]\n";
    struct options options = {.threads = 1, .prompt = 128, .gen = 64, .rounds = 5};
    struct san_error err = {0};
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(usage, stdout);
        return 0;
    }
    if (!parse(&options, argc, argv)) {
        fputs(usage, stderr);
        return 2;
    }
    struct san_model *model = san_model_open(options.model, &err);
    struct figures figures = {0};
    int rc = !model || measure(model, &options, &figures, &err) != SAN_OK;
    if (rc) {
        fprintf(stderr, "san-bench: %s\n", *err.text ? err.text : "out of memory");
    } else {
        figures.peak_rss_mib = peak_rss_mib();
        print(model, &options, &figures);
    }
    san_model_close(model);
    return rc;
}
