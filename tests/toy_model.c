/* toy_model.c - see toy_model.h. */
#include "tests/toy_model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/gguf_builder.h"

struct toy {
    struct gguf_builder *builder;
    const struct toy_spec *spec;
    uint32_t random;
};

float toy_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (float)(*state >> 8) / (float)(1u << 23) - 1.0f;
}

struct toy_spec toy_spec_small(enum san_type type, bool item_mask)
{
    return (struct toy_spec){
        .d = 64,
        .heads = 4,
        .kv_heads = 2,
        .head_dim = 16,
        .enc_layers = 2,
        .dec_layers = 2,
        .pieces = 40,
        .context_length = 96,
        .output_length = 24,
        .item_mask = item_mask,
        .type = type,
    };
}

static void add(struct toy *toy, const char *name, enum san_type type, uint32_t dims, uint64_t ne0,
    uint64_t ne1, float size)
{
    if (toy->spec->skip && strcmp(toy->spec->skip, name) == 0)
        return;
    float *values = malloc((size_t)(ne0 * ne1) * sizeof(*values));
    if (!values)
        abort();
    for (size_t i = 0; i < ne0 * ne1; i++)
        values[i] = toy_random(&toy->random) * size;
    if (type == SAN_Q8_0 && toy->spec->one_scale)
        gguf_add_q8_rows(toy->builder, name, ne0, ne1, values);
    else
        gguf_add_tensor(toy->builder, name, type, dims, ne0, ne1, values);
    free(values);
}

static void add_part(struct toy *toy, const char *prefix, const char *what, uint32_t dims, uint64_t ne0,
    uint64_t ne1, float size)
{
    char name[96];
    snprintf(name, sizeof(name), "%s_%s", prefix, what);
    add(toy, name, dims == 2 ? toy->spec->type : SAN_F32, dims, ne0, ne1, size);
}

static void add_attention(struct toy *toy, const char *side, uint32_t layer, const char *part)
{
    const struct toy_spec *s = toy->spec;
    char prefix[64];
    snprintf(prefix, sizeof(prefix), "%s.blk.%u.%s", side, layer, part);
    uint64_t inner = (uint64_t)s->heads * s->head_dim, kv = (uint64_t)s->kv_heads * s->head_dim;
    float size = 1.7f / sqrtf((float)s->d); /* keeps the variance of what goes through */
    add_part(toy, prefix, "norm.weight", 1, s->d, 1, 0.3f);
    add_part(toy, prefix, "q.weight", 2, s->d, inner, size);
    add_part(toy, prefix, "k.weight", 2, s->d, kv, size);
    add_part(toy, prefix, "v.weight", 2, s->d, kv, size);
    add_part(toy, prefix, "output.weight", 2, inner, s->d, size);
    add_part(toy, prefix, "q_norm.weight", 1, s->head_dim, 1, 0.3f);
    add_part(toy, prefix, "k_norm.weight", 1, s->head_dim, 1, 0.3f);
    add_part(toy, prefix, "gate", 1, 1, 1, 1.0f);
}

static void add_tokens(struct toy *toy)
{
    static const char *const control[] = {"<pad>", "</s>", "<s>", "<unk>"};
    size_t count = TOY_FIRST_PIECE + toy->spec->pieces;
    char(*text)[16] = calloc(count, sizeof(*text));
    const char **token = calloc(count, sizeof(*token));
    float *score = calloc(count, sizeof(*score));
    int32_t *type = calloc(count, sizeof(*type));
    if (!text || !token || !score || !type)
        abort();
    for (size_t i = 0; i < count; i++) {
        bool byte = i >= 4 && i < TOY_FIRST_PIECE;
        if (i < 4)
            snprintf(text[i], sizeof(text[i]), "%s", control[i]);
        else if (byte)
            snprintf(text[i], sizeof(text[i]), "<0x%02X>", (unsigned)(i - 4) & 0xff);
        else
            snprintf(text[i], sizeof(text[i]), "p%u", (unsigned)(i - TOY_FIRST_PIECE) % 100000);
        token[i] = text[i];
        type[i] = i == 3 ? 2 : i < 4 ? 3 : byte ? 6 : 1;
        score[i] = -(float)i;
    }
    size_t first = TOY_FIRST_PIECE;
    for (size_t i = 0; toy->spec->needle && i < 2; i++, first++) {
        token[first] = i ? "<tools>" : "<tool_call>";
        type[first] = 4;
    }
    for (size_t i = 0; i < toy->spec->text_count; i++)
        token[first + i] = toy->spec->texts[i];
    gguf_add_str(toy->builder, "tokenizer.ggml.model", "llama");
    gguf_add_strs(toy->builder, "tokenizer.ggml.tokens", token, count);
    gguf_add_f32s(toy->builder, "tokenizer.ggml.scores", score, count);
    gguf_add_i32s(toy->builder, "tokenizer.ggml.token_type", type, count);
    gguf_add_u32(toy->builder, "tokenizer.ggml.eos_token_id", 1);
    free(type);
    free(score);
    free(token);
    free(text);
}

static void add_keys(struct toy *toy)
{
    const struct toy_spec *s = toy->spec;
    struct gguf_builder *b = toy->builder;
    gguf_add_str(b, "general.architecture", "san");
    gguf_add_str(b, "general.name", "toy");
    gguf_add_u32(b, "san.embedding_length", s->d);
    gguf_add_u32(b, "san.attention.head_count", s->heads);
    gguf_add_u32(b, "san.attention.head_count_kv", s->kv_heads);
    gguf_add_u32(b, "san.attention.key_length", s->head_dim);
    gguf_add_u32(b, "san.encoder.block_count", s->enc_layers);
    gguf_add_u32(b, "san.decoder.block_count", s->dec_layers);
    gguf_add_u32(b, "san.context_length", s->context_length);
    gguf_add_u32(b, "san.output_length", s->output_length);
    gguf_add_f32(b, "san.rope.freq_base", 10000.0f);
    gguf_add_f32(b, "san.attention.layer_norm_rms_epsilon", 1e-6f);
    gguf_add_str(b, "san.encoder.context_mask", s->item_mask ? "item" : "joint");
    gguf_add_u32(b, "san.encoder.item_position", 64);
    gguf_add_str(b, "san.prompt_format", s->needle ? "needle" : "hearth");
}

void *toy_model_bytes(const struct toy_spec *spec, size_t *size)
{
    struct toy toy = {.builder = gguf_builder_new(), .spec = spec, .random = 20240229 ^ spec->seed};
    add_keys(&toy);
    add_tokens(&toy);
    add(&toy, "token_embd.weight", spec->type, 2, spec->d, TOY_FIRST_PIECE + spec->pieces,
        1.7f / sqrtf((float)spec->d));
    for (uint32_t i = 0; i < spec->enc_layers; i++)
        add_attention(&toy, "enc", i, "attn");
    for (uint32_t i = 0; i < spec->dec_layers; i++) {
        add_attention(&toy, "dec", i, "attn");
        add_attention(&toy, "dec", i, "cross");
    }
    add(&toy, "enc.output_norm.weight", SAN_F32, 1, spec->d, 1, 0.3f);
    add(&toy, "dec.output_norm.weight", SAN_F32, 1, spec->d, 1, 0.3f);
    return gguf_builder_finish(toy.builder, size);
}
