/* san_random.c - writes a model of random weights, in a shape that is worth measuring.
 *
 *     san-random --shape needle-26m|hearth-s --type q8_0|q8_0-groups|q4_0|f16|f32 -o FILE.gguf
 *
 * q8_0 has one scale a row, as this project writes it; q8_0-groups one for each group of 32, as others do.
 * What it says means nothing; how long it takes is what a trained one takes. The same call writes the same
 * file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/toy_model.h"

static const struct shape {
    const char *name;
    struct toy_spec spec;
} shapes[] = {
    {"needle-26m", {.d = 512,
                       .heads = 8,
                       .kv_heads = 4,
                       .head_dim = 64,
                       .enc_layers = 12,
                       .dec_layers = 8,
                       .pieces = 8192 - TOY_FIRST_PIECE,
                       .context_length = 1024,
                       .output_length = 512,
                       .needle = true}},
    {"hearth-s", {.d = 256,
                     .heads = 8,
                     .kv_heads = 4,
                     .head_dim = 32,
                     .enc_layers = 4,
                     .dec_layers = 3,
                     .pieces = 4096 - TOY_FIRST_PIECE,
                     .context_length = 512,
                     .output_length = 96,
                     .item_mask = true}},
};

static const struct {
    const char *name;
    enum san_type type;
    bool one_scale;
} types[] = {{"q8_0", SAN_Q8_0, true}, {"q8_0-groups", SAN_Q8_0, false}, {"q4_0", SAN_Q4_0, false},
    {"f16", SAN_F16, false}, {"f32", SAN_F32, false}};

struct options {
    const char *shape, *type, *out;
};

static bool parse(struct options *o, int argc, char **argv)
{
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--shape") == 0)
            o->shape = argv[i + 1];
        else if (strcmp(argv[i], "--type") == 0)
            o->type = argv[i + 1];
        else if (strcmp(argv[i], "-o") == 0)
            o->out = argv[i + 1];
        else
            return false;
    }
    return argc % 2 && o->shape && o->type && o->out;
}

/* False where shape or type has no such name. */
static bool look_up(const struct options *o, struct toy_spec *spec)
{
    size_t shape = 0, type = 0;
    while (shape < sizeof(shapes) / sizeof(shapes[0]) && strcmp(shapes[shape].name, o->shape) != 0)
        shape++;
    while (type < sizeof(types) / sizeof(types[0]) && strcmp(types[type].name, o->type) != 0)
        type++;
    if (shape == sizeof(shapes) / sizeof(shapes[0]) || type == sizeof(types) / sizeof(types[0]))
        return false;
    *spec = shapes[shape].spec;
    spec->type = types[type].type;
    spec->one_scale = types[type].one_scale;
    return true;
}

static int write_file(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    if (!file) {
        perror(path);
        return 1;
    }
    size_t written = fwrite(bytes, 1, size, file);
    if (fclose(file) != 0 || written != size) {
        perror(path);
        return 1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    static const char usage[] =
        "usage: san-random --shape needle-26m|hearth-s --type q8_0|q8_0-groups|q4_0|f16|f32 -o FILE.gguf\n";
    struct options options = {0};
    struct toy_spec spec;
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(usage, stdout);
        return 0;
    }
    if (!parse(&options, argc, argv) || !look_up(&options, &spec)) {
        fputs(usage, stderr);
        return 2;
    }
    size_t size;
    void *bytes = toy_model_bytes(&spec, &size);
    int rc = write_file(options.out, bytes, size);
    free(bytes);
    return rc;
}
