/* needle_logits.c - what the engine makes of given tokens, for a comparison with another implementation.
 *
 *     needle_logits MODEL STEPS OUT ID...       encodes the ids, decodes STEPS tokens from eos, each the likeliest, and
 *                                               writes the logits of every step to OUT, [STEPS][vocabulary] floats
 *     needle_logits --tokens MODEL <TEXT        prints the ids of each line of standard input as running text */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inference/model.h"
#include "inference/network.h"
#include "inference/san.h"

enum { IDS_MAX = 4096, LINE_MAX_BYTES = 4096 };

static int fail(const char *what)
{
    fprintf(stderr, "needle_logits: %s\n", what);
    return 1;
}

static int print_tokens(const struct san_model *model)
{
    static char line[LINE_MAX_BYTES];
    static int32_t ids[IDS_MAX];
    void *scratch = malloc(san_tokenizer_scratch(sizeof(line)));
    while (scratch && fgets(line, sizeof(line), stdin)) {
        size_t len = strcspn(line, "\n");
        int count = san_tokenizer_running(model->tokenizer, line, len, scratch, ids, IDS_MAX);
        for (int i = 0; i < count; i++)
            printf("%s%d", i ? " " : "", ids[i]);
        printf("\n");
    }
    free(scratch);
    return scratch ? 0 : fail("out of memory");
}

static int write_logits(
    struct san_network *net, const struct san_model *model, unsigned long steps, FILE *out, struct san_error *err)
{
    uint32_t vocab = model->config.vocab;
    int32_t *all = calloc(vocab, sizeof(*all)), token = san_tokenizer_eos(model->tokenizer);
    float *logits = calloc(vocab, sizeof(*logits));
    int rc = !all || !logits;
    for (uint32_t i = 0; i < vocab && !rc; i++)
        all[i] = (int32_t)i;
    for (unsigned long step = 0; step < steps && !rc; step++) {
        rc = san_network_decode(net, &token, 1, err) != SAN_OK;
        if (rc)
            break;
        san_network_logits(net, all, vocab, logits);
        rc = fwrite(logits, sizeof(*logits), vocab, out) != vocab;
        token = 0;
        for (uint32_t i = 1; i < vocab; i++)
            token = logits[i] > logits[token] ? (int32_t)i : token;
    }
    free(logits);
    free(all);
    return rc;
}

static int run(const struct san_model *model, int argc, char **argv, struct san_error *err)
{
    static int32_t ids[IDS_MAX];
    struct san_segment prompt = {ids, 0};
    for (int i = 4; i < argc && prompt.count < IDS_MAX; i++)
        ids[prompt.count++] = (int32_t)strtol(argv[i], NULL, 10);
    struct san_network *net = san_network_new(model, 1, 0, err);
    FILE *out = fopen(argv[3], "wb");
    int rc = !net || !out || san_network_encode(net, &prompt, 1, err) != SAN_OK ||
             write_logits(net, model, strtoul(argv[2], NULL, 10), out, err);
    if (out)
        rc |= fclose(out) != 0;
    san_network_free(net);
    return rc;
}

int main(int argc, char **argv)
{
    bool tokens = argc == 3 && strcmp(argv[1], "--tokens") == 0;
    struct san_error err = {0};
    if (!tokens && argc < 5)
        return fail("usage: needle_logits MODEL STEPS OUT ID... | --tokens MODEL");
    struct san_model *model = san_model_open(argv[tokens ? 2 : 1], &err);
    int rc = !model || (tokens ? print_tokens(model) : run(model, argc, argv, &err));
    if (rc)
        fail(err.text);
    san_model_close(model);
    return rc;
}
