/* fuzz_tokenizer.c - any bytes as a word. The pieces spell the word again, and none is a control token. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inference/text.h"
#include "inference/tokenizer.h"
#include "tests/gguf_builder.h"

enum { BYTES = 256, CONTROL = 4, COUNT_MAX = 512, SPACE_LEN = 3 };

static const char *const pieces[] = {"\xe2\x96\x81", "a", "b", "c", "<", ">", "/", "s", "\xc3\xa9", "ab",
    "bc", "abc", "aa",
    "\xe2\x96\x81"
    "a",
    "\xe2\x96\x81"
    "ab",
    "</", "<s", "s>",
    "\xc3\xa9"
    "a",
    "aaa"};

static struct san_tokenizer *make(void)
{
    static const char *const control[CONTROL] = {"<pad>", "</s>", "<s>", "<none>"};
    const char *token[COUNT_MAX];
    float score[COUNT_MAX] = {0};
    int32_t type[COUNT_MAX];
    char byte[BYTES][8];
    size_t count = 0;
    for (; count < CONTROL; count++)
        token[count] = control[count], type[count] = 3;
    for (unsigned i = 0; i < BYTES; i++) {
        snprintf(byte[i], sizeof(byte[i]), "<0x%02X>", i & 0xff);
        token[count] = byte[i], type[count++] = 6;
    }
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        token[count] = pieces[i], type[count] = 1;
        score[count++] = -(float)(i % 7); /* with ties */
    }
    struct gguf_builder *builder = gguf_builder_new();
    gguf_add_str(builder, "tokenizer.ggml.model", "llama");
    gguf_add_strs(builder, "tokenizer.ggml.tokens", token, count);
    gguf_add_f32s(builder, "tokenizer.ggml.scores", score, count);
    gguf_add_i32s(builder, "tokenizer.ggml.token_type", type, count);
    gguf_add_u32(builder, "tokenizer.ggml.eos_token_id", 1);
    size_t size;
    void *bytes = gguf_builder_finish(builder, &size);
    struct san_gguf *file = san_gguf_from_memory(bytes, size, "fuzz", NULL);
    struct san_tokenizer *tokenizer = file ? san_tokenizer_new(file, NULL) : NULL;
    san_gguf_close(file);
    free(bytes);
    if (!tokenizer)
        abort();
    return tokenizer;
}

static size_t spell(char *out, const struct san_tokenizer *tokenizer, int32_t id)
{
    const char *text = san_tokenizer_text(tokenizer, id);
    if (id < CONTROL)
        abort();
    if (id < CONTROL + BYTES) {
        *out = (char)(id - CONTROL);
        return 1;
    }
    memcpy(out, text, strlen(text));
    return strlen(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct san_tokenizer *tokenizer; /* reachable to the end: no leak */
    if (!tokenizer)
        tokenizer = make();
    int32_t ids[SPACE_LEN + SAN_WORD_MAX];
    int count = san_tokenizer_word(tokenizer, (const char *)data, size, ids, SPACE_LEN + SAN_WORD_MAX);
    if (size > SAN_WORD_MAX) {
        if (count != -1)
            abort();
        return 0;
    }
    char spelt[SPACE_LEN + SAN_WORD_MAX + 16];
    size_t len = 0;
    for (int i = 0; i < count; i++)
        len += spell(spelt + len, tokenizer, ids[i]);
    if (count < 1 || len != size + SPACE_LEN || (size && memcmp(spelt + SPACE_LEN, data, size) != 0))
        abort();
    return 0;
}
