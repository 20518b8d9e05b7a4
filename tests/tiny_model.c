/* tiny_model.c - a complete model file, made in memory. */
#include "tests/tiny_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

enum { D = 32, HEADS = 2, KV_HEADS = 1, HEAD_DIM = 16, LAYERS = 1, ALIGN = 32, TENSORS_MAX = 64 };
enum { U32 = 4, I32 = 5, F32 = 6, STRING = 8, ARRAY = 9 };
enum { TYPE_NORMAL = 1, TYPE_CONTROL = 3, TYPE_USER = 4, TYPE_BYTE = 6 };

struct bytes {
    unsigned char *at;
    size_t count, size;
};

static void put(struct bytes *b, const void *data, size_t count)
{
    if (b->count + count > b->size) {
        b->size = 2 * (b->count + count);
        b->at = realloc(b->at, b->size);
        if (!b->at)
            abort();
    }
    memcpy(b->at + b->count, data, count);
    b->count += count;
}

static void put_u32(struct bytes *b, uint32_t v)
{
    put(b, &v, sizeof v);
}

static void put_u64(struct bytes *b, uint64_t v)
{
    put(b, &v, sizeof v);
}

static void put_str(struct bytes *b, const char *text)
{
    put_u64(b, strlen(text));
    put(b, text, strlen(text));
}

static void pad(struct bytes *b)
{
    while (b->count % ALIGN)
        put(b, "", 1);
}

/* ---- metadata ---- */

struct file {
    struct bytes keys, infos, data;
    uint64_t key_count, tensor_count;
    uint32_t random;
    cJSON *tokens, *types; /* arrays that grow together */
};

static void key(struct file *f, const char *name, uint32_t type)
{
    put_str(&f->keys, name);
    put_u32(&f->keys, type);
    f->key_count++;
}

static void key_u32(struct file *f, const char *name, uint32_t value)
{
    key(f, name, U32);
    put_u32(&f->keys, value);
}

static void key_f32(struct file *f, const char *name, float value)
{
    key(f, name, F32);
    put(&f->keys, &value, sizeof value);
}

static void key_str(struct file *f, const char *name, const char *value)
{
    key(f, name, STRING);
    put_str(&f->keys, value);
}

static void key_array(struct file *f, const char *name, uint32_t type, const cJSON *values)
{
    const cJSON *value;
    key(f, name, ARRAY);
    put_u32(&f->keys, type);
    put_u64(&f->keys, (uint64_t)cJSON_GetArraySize(values));
    cJSON_ArrayForEach(value, values)
    {
        float real = (float)value->valuedouble;
        if (type == STRING)
            put_str(&f->keys, value->valuestring);
        else if (type == F32)
            put(&f->keys, &real, sizeof real);
        else
            put_u32(&f->keys, (uint32_t)value->valueint);
    }
}

/* ---- vocabulary ---- */

static void token(struct file *f, const char *text, int type)
{
    cJSON_AddItemToArray(f->tokens, cJSON_CreateString(text));
    cJSON_AddItemToArray(f->types, cJSON_CreateNumber(type));
}

/* One token for each word of a list, and the list as a JSON array. */
static void tokens_of(struct file *f, const char *prefix, const cJSON *names)
{
    const cJSON *name;
    char text[128];
    cJSON_ArrayForEach(name, names)
    {
        snprintf(text, sizeof text, "%s%s", prefix, name->valuestring);
        token(f, text, TYPE_USER);
    }
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
    cJSON *tools = tool_names(tools_json), *scores = cJSON_CreateArray();
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
    f->tokens = cJSON_CreateArray();
    f->types = cJSON_CreateArray();
    token(f, "<pad>", TYPE_CONTROL);
    token(f, "</s>", TYPE_CONTROL);
    token(f, "<s>", TYPE_CONTROL);
    token(f, "<unk>", 2);
    for (const char *const *p = (const char *const[]){"<tool_call>", "<tools>", "<in>", "<none>", NULL}; *p;
         p++)
        token(f, *p, TYPE_USER);
    tokens_of(f, "T:", tools);
    token(f, "T:custom", TYPE_USER);
    tokens_of(f, "S:", slots);
    tokens_of(f, "@", kinds);
    pieces(f);
    for (int i = 0; i < cJSON_GetArraySize(f->tokens); i++)
        cJSON_AddItemToArray(scores, cJSON_CreateNumber(-i));
    key_array(f, "san.tools", STRING, tools);
    key_array(f, "san.slots", STRING, slots);
    key_array(f, "san.kinds", STRING, kinds);
    key_str(f, "tokenizer.ggml.model", "llama");
    key_array(f, "tokenizer.ggml.tokens", STRING, f->tokens);
    key_array(f, "tokenizer.ggml.scores", F32, scores);
    key_array(f, "tokenizer.ggml.token_type", I32, f->types);
    cJSON_Delete(tools);
    cJSON_Delete(slots);
    cJSON_Delete(kinds);
    cJSON_Delete(scores);
}

/* ---- weights ---- */

static float random_weight(struct file *f)
{
    f->random = f->random * 1664525u + 1013904223u;
    return (float)(f->random >> 8) / (float)(1 << 24) - 0.5f;
}

/* A matrix maps `in` numbers to `out`; out 0 makes a vector. */
static void tensor(struct file *f, const char *name, uint64_t in, uint64_t out)
{
    put_str(&f->infos, name);
    put_u32(&f->infos, out ? 2 : 1);
    put_u64(&f->infos, in);
    if (out)
        put_u64(&f->infos, out);
    put_u32(&f->infos, 0); /* F32 */
    put_u64(&f->infos, f->data.count);
    for (uint64_t i = 0; i < in * (out ? out : 1); i++) {
        float weight = random_weight(f);
        put(&f->data, &weight, sizeof weight);
    }
    pad(&f->data);
    f->tensor_count++;
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
    tensor(f, "token_embd.weight", D, (uint64_t)cJSON_GetArraySize(f->tokens));
    attention(f, "enc", "attn");
    attention(f, "dec", "attn");
    attention(f, "dec", "cross");
    tensor(f, "enc.output_norm.weight", D, 0);
    tensor(f, "dec.output_norm.weight", D, 0);
}

static void numbers(struct file *f)
{
    key_str(f, "general.architecture", "san");
    key_str(f, "general.name", "tiny");
    key_u32(f, "san.embedding_length", D);
    key_u32(f, "san.attention.head_count", HEADS);
    key_u32(f, "san.attention.head_count_kv", KV_HEADS);
    key_u32(f, "san.attention.key_length", HEAD_DIM);
    key_u32(f, "san.encoder.block_count", LAYERS);
    key_u32(f, "san.decoder.block_count", LAYERS);
    key_u32(f, "san.context_length", 1280);
    key_u32(f, "san.output_length", 96);
    key_f32(f, "san.rope.freq_base", 10000);
    key_f32(f, "san.attention.layer_norm_rms_epsilon", 1e-6f);
    key_str(f, "san.encoder.context_mask", "item");
    key_u32(f, "san.encoder.item_position", 64);
    key_str(f, "san.prompt_format", "hearth");
    key_u32(f, "san.retrieval_length", 0);
    key_u32(f, "tokenizer.ggml.bos_token_id", 2);
    key_u32(f, "tokenizer.ggml.eos_token_id", 1);
    key_u32(f, "tokenizer.ggml.unknown_token_id", 3);
    key_u32(f, "tokenizer.ggml.padding_token_id", 0);
}

unsigned char *tiny_model_bytes(const char *tools_json, uint32_t seed, size_t *size)
{
    struct file f = {.random = seed};
    struct bytes whole = {0};
    numbers(&f);
    vocabulary(&f, tools_json);
    weights(&f);
    put(&whole, "GGUF", 4);
    put_u32(&whole, 3);
    put_u64(&whole, f.tensor_count);
    put_u64(&whole, f.key_count);
    put(&whole, f.keys.at, f.keys.count);
    put(&whole, f.infos.at, f.infos.count);
    pad(&whole);
    put(&whole, f.data.at, f.data.count);
    cJSON_Delete(f.tokens);
    cJSON_Delete(f.types);
    free(f.keys.at);
    free(f.infos.at);
    free(f.data.at);
    *size = whole.count;
    return whole.at;
}

int tiny_model_file(const char *tools_json, uint32_t seed, char *path)
{
    size_t size;
    unsigned char *bytes = tiny_model_bytes(tools_json, seed, &size);
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
    struct bytes b = {0};
    char chunk[65536];
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, file)) > 0;)
        put(&b, chunk, n);
    fclose(file);
    put(&b, "", 1);
    *len = b.count - 1;
    return (char *)b.at;
}
