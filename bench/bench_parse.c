/* bench_parse.c - how long san_parse takes, and on which part of the way.
 *
 *     bench_parse MODEL TOOLS EXAMPLES [ROUNDS [CACHE_BYTES]]
 *
 * EXAMPLES is a golden file of the trainer ({"examples":[{"words","area","items"}]}); each is parsed ROUNDS
 * times (default 20) after one warm-up, so that its items are remembered if there is a cache (0: none).
 * Prints median and 99th percentile in milliseconds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "inference/san.h"

enum { FILE_MAX = 1 << 20, ROUNDS_MAX = 10000, TEXT_MAX = 2048 };

struct times {
    double *normalize, *encode, *decode, *total;
    size_t count;
};

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = file ? calloc(1, FILE_MAX + 1) : NULL;
    if (text && fread(text, 1, FILE_MAX, file) == FILE_MAX) {
        free(text);
        text = NULL;
    }
    if (file)
        fclose(file);
    return text;
}

/* The words of an array as a new text; NULL for none. */
static char *join(const cJSON *words)
{
    char text[TEXT_MAX] = "";
    const cJSON *word;
    size_t at = 0;
    cJSON_ArrayForEach(word, words)
    {
        size_t len = strlen(word->valuestring);
        if (at + len + 2 > sizeof(text))
            break;
        memcpy(text + at, word->valuestring, len);
        at += len;
        text[at++] = ' ';
    }
    return at ? strdup(text) : NULL;
}

static size_t fill_items(const cJSON *list, struct san_item *items)
{
    const cJSON *item;
    size_t count = 0;
    cJSON_ArrayForEach(item, list)
    {
        char *text = join(cJSON_GetArrayItem(item, 1));
        if (text && count < SAN_ITEMS_MAX)
            items[count++] = (struct san_item){cJSON_GetArrayItem(item, 0)->valuestring + 1, text};
        else
            free(text);
    }
    return count;
}

static void keep(struct times *times, const struct san_timing *timing)
{
    times->normalize[times->count] = timing->normalize_ms;
    times->encode[times->count] = timing->encode_ms;
    times->decode[times->count] = timing->decode_ms;
    times->total[times->count++] = timing->total_ms;
}

static int run_example(struct san_session *session, const struct san_tools *tools, const cJSON *example,
    unsigned rounds, struct times *times)
{
    struct san_item items[SAN_ITEMS_MAX];
    struct san_error err = {0};
    char *text = join(cJSON_GetObjectItem(example, "words")),
         *area = join(cJSON_GetObjectItem(example, "area"));
    struct san_request request = {.text = text ? text : "", .area = area, .items = items};
    int rc = 0;
    request.item_count = fill_items(cJSON_GetObjectItem(example, "items"), items);
    for (unsigned i = 0; i <= rounds && rc == 0; i++) {
        const struct san_result *result;
        rc = san_parse(session, tools, &request, &result, &err) != SAN_OK;
        if (rc)
            fprintf(stderr, "bench_parse: \"%s\": %s\n", request.text, err.text);
        else if (i)
            keep(times, &result->timing);
    }
    for (size_t i = 0; i < request.item_count; i++)
        free((char *)items[i].text);
    free(area);
    free(text);
    return rc;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print(const char *part, double *times, size_t count)
{
    qsort(times, count, sizeof(*times), compare);
    printf("%-10s median %7.3f ms   p99 %7.3f ms\n", part, times[count / 2], times[count * 99 / 100]);
}

static int bench(const struct san_model *model, struct san_session *session, const struct san_tools *tools,
    const cJSON *examples, unsigned rounds)
{
    struct san_model_info info;
    size_t size = (size_t)cJSON_GetArraySize(examples) * rounds;
    double *all = calloc(size ? 4 * size : 4, sizeof(*all));
    struct times times = {all, all + size, all + 2 * size, all + 3 * size, 0};
    const cJSON *example;
    int failed = 0;
    if (!all)
        return 1;
    cJSON_ArrayForEach(example, examples) failed += run_example(session, tools, example, rounds, &times);
    san_model_info(model, &info);
    printf("%s, %s kernels, %zu parses, %d refused\n", info.name, san_kernels_name(), times.count, failed);
    if (times.count) {
        print("normalize", times.normalize, times.count);
        print("encode", times.encode, times.count);
        print("decode", times.decode, times.count);
        print("total", times.total, times.count);
    }
    free(all);
    return times.count == 0;
}

int main(int argc, char **argv)
{
    unsigned rounds = argc >= 5 ? (unsigned)strtoul(argv[4], NULL, 10) : 20;
    struct san_options options = {.cache_bytes = argc == 6 ? strtoul(argv[5], NULL, 10) : SAN_CACHE_BYTES};
    if (argc < 4 || argc > 6 || rounds < 1 || rounds > ROUNDS_MAX) {
        fprintf(stderr, "usage: bench_parse MODEL TOOLS EXAMPLES [ROUNDS [CACHE_BYTES]]\n");
        return 2;
    }
    struct san_error err = {0};
    char *json = read_file(argv[2]), *golden = read_file(argv[3]);
    cJSON *root = golden ? cJSON_Parse(golden) : NULL;
    struct san_model *model = san_model_open(argv[1], &err);
    struct san_tools *tools = model && json ? san_tools_load(model, json, strlen(json), &err) : NULL;
    struct san_session *session = tools ? san_session_new(model, &options, &err) : NULL;
    int rc = 1;
    if (session && root)
        rc = bench(model, session, tools, cJSON_GetObjectItem(root, "examples"), rounds);
    else
        fprintf(stderr, "bench_parse: %s\n", *err.text ? err.text : "a file cannot be read");
    san_session_free(session);
    san_tools_free(tools);
    san_model_close(model);
    cJSON_Delete(root);
    free(golden);
    free(json);
    return rc;
}
