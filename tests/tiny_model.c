/* tiny_model.c - a complete model file, made in memory. */
#include "tests/tiny_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "tests/gguf_builder.h"
#include "tests/toy_model.h"

enum { D = 32, HEADS = 2, KV_HEADS = 1, HEAD_DIM = 16, LAYERS = 1, TOKENS_MAX = 1024, SOURCE_MAX = 1 << 20 };
enum { TYPE_NORMAL = 1, TYPE_UNKNOWN = 2, TYPE_CONTROL = 3, TYPE_USER = 4, TYPE_BYTE = 6 };

struct file {
    struct gguf_builder *gguf;
    uint32_t random;
    char *token[TOKENS_MAX];
    float score[TOKENS_MAX]; /* minus the id: earlier merges first */
    int32_t type[TOKENS_MAX];
    size_t count;
};

/* ---- vocabulary ---- */

static void token(struct file *f, const char *text, int type)
{
    if (f->count == TOKENS_MAX)
        abort();
    f->token[f->count] = strdup(text);
    f->score[f->count] = -(float)f->count;
    f->type[f->count++] = type;
}

/* A key that lists names, and one token for each of them. */
static void list_tokens(struct file *f, const char *key, const char *prefix, const cJSON *names)
{
    const char *list[TOKENS_MAX];
    const cJSON *name;
    char text[128];
    size_t count = 0;
    cJSON_ArrayForEach(name, names)
    {
        snprintf(text, sizeof text, "%s%s", prefix, name->valuestring);
        token(f, text, TYPE_USER);
        list[count++] = name->valuestring;
    }
    gguf_add_strs(f->gguf, key, list, count);
}

static cJSON *words_array(const char *words)
{
    cJSON *array = cJSON_CreateArray();
    char *copy = strdup(words), *save = NULL;
    for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save))
        cJSON_AddItemToArray(array, cJSON_CreateString(word));
    free(copy);
    return array;
}

static cJSON *tool_names(const char *tools_json)
{
    cJSON *root = cJSON_Parse(tools_json), *names = cJSON_CreateArray();
    const cJSON *tool;
    if (!root)
        abort();
    cJSON_ArrayForEach(tool, cJSON_GetObjectItem(root, "tools"))
        cJSON_AddItemToArray(names, cJSON_CreateString(cJSON_GetObjectItem(tool, "name")->valuestring));
    cJSON_Delete(root);
    return names;
}

/* Byte tokens, single characters, and some merges, so that words take one, few or many pieces. */
static void pieces(struct file *f)
{
    static const char *const merges[] = {"\xe2\x96\x81l", "ig", "ht", "ight", "\xe2\x96\x81light", "on",
        "\xe2\x96\x81on", "\xe2\x96\x81k", "it", "ch", "en", "\xe2\x96\x81kit", "chen", "\xe2\x96\x81kitchen",
        "\xe2\x96\x81t", "\xe2\x96\x81o", "am", "amp", "\xe2\x96\x81lamp", "of", "ff", "er", "or", "al", "ar",
        "in"};
    char text[8];
    for (int i = 0; i < 256; i++) {
        snprintf(text, sizeof text, "<0x%02X>", (unsigned)i);
        token(f, text, TYPE_BYTE);
    }
    for (size_t i = 0; i < sizeof merges / sizeof *merges; i++)
        token(f, merges[i], TYPE_NORMAL);
    token(f, "\xe2\x96\x81", TYPE_NORMAL);
    for (const char *p = "abcdefghijklmnopqrstuvwxyz0123456789.:-"; *p; p++)
        token(f, (char[]){*p, '\0'}, TYPE_NORMAL);
}

static void vocabulary(struct file *f, const char *tools_json)
{
    cJSON *tools = tool_names(tools_json);
    cJSON *slots = words_array(
        "name area floor domain device_class state item search_query media_class message brightness "
        "brightness_step "
        "color temperature temperature_step position position_step volume_level volume_step percentage "
        "percentage_step "
        "humidity mode hours minutes seconds start_hours start_minutes start_seconds conversation_command");
    cJSON *kinds = words_array("area floor light switch fan cover lock valve climate water_heater humidifier "
                               "media_player vacuum lawn_mower "
                               "scene script automation button select number text input_boolean siren "
                               "alarm_control_panel sensor binary_sensor "
                               "person device_tracker weather todo camera update event tool");
    token(f, "<pad>", TYPE_CONTROL);
    token(f, "</s>", TYPE_CONTROL);
    token(f, "<s>", TYPE_CONTROL);
    token(f, "<unk>", TYPE_UNKNOWN);
    for (const char *const *p = (const char *const[]){"<tool_call>", "<tools>", "<in>", "<none>", NULL}; *p;
         p++)
        token(f, *p, TYPE_USER);
    list_tokens(f, "san.tools", "T:", tools);
    token(f, "T:custom", TYPE_USER);
    list_tokens(f, "san.slots", "S:", slots);
    list_tokens(f, "san.kinds", "@", kinds);
    pieces(f);
    gguf_add_str(f->gguf, "tokenizer.ggml.model", "llama");
    gguf_add_strs(f->gguf, "tokenizer.ggml.tokens", (const char *const *)f->token, f->count);
    gguf_add_f32s(f->gguf, "tokenizer.ggml.scores", f->score, f->count);
    gguf_add_i32s(f->gguf, "tokenizer.ggml.token_type", f->type, f->count);
    cJSON_Delete(tools);
    cJSON_Delete(slots);
    cJSON_Delete(kinds);
}

/* ---- weights ---- */

/* A matrix maps `in` numbers to `out`; out 0 makes a vector. */
static void tensor(struct file *f, const char *name, uint64_t in, uint64_t out)
{
    size_t count = (size_t)(in * (out ? out : 1));
    float *values = malloc(count * sizeof(*values));
    if (!values)
        abort();
    for (size_t i = 0; i < count; i++)
        values[i] = toy_random(&f->random) / 2;
    gguf_add_tensor(f->gguf, name, SAN_F32, out ? 2 : 1, in, out ? out : 1, values);
    free(values);
}

static void attention(struct file *f, const char *side, const char *part)
{
    static const struct {
        const char *name;
        uint64_t in, out;
    } tensors[] = {{"norm.weight", D, 0}, {"q.weight", D, HEADS * HEAD_DIM},
        {"k.weight", D, KV_HEADS * HEAD_DIM}, {"v.weight", D, KV_HEADS * HEAD_DIM},
        {"output.weight", HEADS * HEAD_DIM, D}, {"q_norm.weight", HEAD_DIM, 0},
        {"k_norm.weight", HEAD_DIM, 0}, {"gate", 1, 0}};
    for (int layer = 0; layer < LAYERS; layer++) {
        for (size_t i = 0; i < sizeof tensors / sizeof *tensors; i++) {
            char name[96];
            snprintf(name, sizeof name, "%s.blk.%d.%s_%s", side, layer, part, tensors[i].name);
            tensor(f, name, tensors[i].in, tensors[i].out);
        }
    }
}

static void weights(struct file *f)
{
    tensor(f, "token_embd.weight", D, f->count);
    attention(f, "enc", "attn");
    attention(f, "dec", "attn");
    attention(f, "dec", "cross");
    tensor(f, "enc.output_norm.weight", D, 0);
    tensor(f, "dec.output_norm.weight", D, 0);
}

static void numbers(struct file *f)
{
    gguf_add_str(f->gguf, "general.architecture", "san");
    gguf_add_str(f->gguf, "general.name", "tiny");
    gguf_add_u32(f->gguf, "san.embedding_length", D);
    gguf_add_u32(f->gguf, "san.attention.head_count", HEADS);
    gguf_add_u32(f->gguf, "san.attention.head_count_kv", KV_HEADS);
    gguf_add_u32(f->gguf, "san.attention.key_length", HEAD_DIM);
    gguf_add_u32(f->gguf, "san.encoder.block_count", LAYERS);
    gguf_add_u32(f->gguf, "san.decoder.block_count", LAYERS);
    gguf_add_u32(f->gguf, "san.context_length", 1280);
    gguf_add_u32(f->gguf, "san.output_length", 96);
    gguf_add_f32(f->gguf, "san.rope.freq_base", 10000);
    gguf_add_f32(f->gguf, "san.attention.layer_norm_rms_epsilon", 1e-6f);
    gguf_add_str(f->gguf, "san.encoder.context_mask", "item");
    gguf_add_u32(f->gguf, "san.encoder.item_position", 64);
    gguf_add_str(f->gguf, "san.prompt_format", "hearth");
    gguf_add_u32(f->gguf, "san.retrieval_length", 0);
    gguf_add_u32(f->gguf, "tokenizer.ggml.bos_token_id", 2);
    gguf_add_u32(f->gguf, "tokenizer.ggml.eos_token_id", 1);
    gguf_add_u32(f->gguf, "tokenizer.ggml.unknown_token_id", 3);
    gguf_add_u32(f->gguf, "tokenizer.ggml.padding_token_id", 0);
}

void *tiny_model_bytes(const char *tools_json, uint32_t seed, size_t *size)
{
    struct file f = {.gguf = gguf_builder_new(), .random = seed};
    numbers(&f);
    vocabulary(&f, tools_json);
    weights(&f);
    for (size_t i = 0; i < f.count; i++)
        free(f.token[i]);
    return gguf_builder_finish(f.gguf, size);
}

int tiny_model_file(const char *tools_json, uint32_t seed, char *path)
{
    size_t size;
    void *bytes = tiny_model_bytes(tools_json, seed, &size);
    strcpy(path, "/tmp/hearth-tiny-XXXXXX");
    int fd = mkstemp(path);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "wb");
    int rc = file && fwrite(bytes, 1, size, file) == size ? 0 : -1;
    if (file && fclose(file) != 0)
        rc = -1;
    free(bytes);
    return rc;
}

char *read_source_file(const char *relative, size_t *len)
{
    const char *root = getenv("HEARTH_SRCDIR");
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", root ? root : ".", relative);
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    char *text = calloc(1, SOURCE_MAX + 1);
    if (text)
        *len = fread(text, 1, SOURCE_MAX, file);
    fclose(file);
    return text;
}
