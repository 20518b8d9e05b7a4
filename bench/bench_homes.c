/* bench_homes.c - how long a sentence takes in a home of 200, of 2,000 and of 10,000 entities: from the text
 * to its calls, one thread, by stage.
 *
 *     bench_homes SOURCE [ROUNDS [SET]]
 *
 * SOURCE is the source tree: its model, tools, phrases, and the sentences and home number SET (default 09) of
 * tests/data/understanding, filled up with made-up names (grow.h). In each round (default 10) every sentence
 * is understood in each home, one home after the other, so that a noisy neighbour meets all of them. Prints
 * median and 99th percentile in microseconds, and the medians' ratio to the smallest home's.
 */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/grow.h"
#include "daemon/phrases.h"
#include "daemon/understand.h"
#include "devices/home_file.h"

enum { SIZES = 3, STAGES = 4, CASES_MAX = 1000, FILE_MAX = 1 << 20 };

static const int sizes[SIZES] = {200, 2000, 10000};
static const char *const stage_names[STAGES] = {"names", "network", "calls", "all"};

struct home {
    struct understand understand;
    struct san_session *session; /* of its own: what it remembers of items is this home's */
    double *times[STAGES];
};

struct bench {
    const char *source;
    struct san_model *model;
    struct san_tools *tools;
    struct phrases *phrases;
    struct san_arena *arena;
    struct home homes[SIZES];
    cJSON *cases[CASES_MAX];
    size_t case_count, rounds, time_count;
};

static void fail(const char *text)
{
    fprintf(stderr, "bench_homes: %s\n", text);
    exit(1);
}

static void check(enum san_status status, const struct san_error *err)
{
    if (status != SAN_OK)
        fail(err->text);
}

static const char *path_of(const struct bench *bench, const char *name, const char *set)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", bench->source, name);
    if (set)
        snprintf(path, sizeof path, "%s/tests/data/understanding/%s-%s.json%s", bench->source, name, set,
            strcmp(name, "cases") == 0 ? "l" : "");
    return path;
}

static void read_cases(struct bench *bench, const char *path)
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t size = 0;
    if (!file)
        fail("the sentences cannot be opened");
    while (bench->case_count < CASES_MAX && getline(&line, &size, file) > 0) {
        cJSON *one = cJSON_Parse(line);
        if (!cJSON_IsString(cJSON_GetObjectItem(one, "text")))
            fail("a case without text");
        bench->cases[bench->case_count++] = one;
    }
    free(line);
    fclose(file);
}

static void open_network(struct bench *bench)
{
    struct san_error err = {0};
    char *json = calloc(1, FILE_MAX);
    FILE *file = fopen(path_of(bench, "schemas/intents.json", NULL), "r");
    if (!file || !json || fread(json, 1, FILE_MAX - 1, file) == 0)
        fail("the tools cannot be read");
    fclose(file);
    bench->model = san_model_open(path_of(bench, "models/hearth-s.gguf", NULL), &err);
    bench->tools = bench->model ? san_tools_load(bench->model, json, strlen(json), &err) : NULL;
    bench->phrases =
        bench->tools ? phrases_load(path_of(bench, "schemas/phrases_en.json", NULL), &err) : NULL;
    if (!bench->phrases)
        fail(err.text);
    free(json);
}

static void open_home(struct bench *bench, struct home *home, int entities, const char *set)
{
    struct san_error err = {0};
    const struct san_options options = {.cache_bytes = SAN_CACHE_BYTES};
    struct registry *registry = reg_open(":memory:", &err);
    if (!registry)
        fail(err.text);
    check(home_import_file(registry, path_of(bench, "home", set), &err), &err);
    int had = (int)reg_entity_count(registry);
    check(grow_home(registry, entities > had ? entities - had : 0, &err), &err);
    home->understand = (struct understand){registry, shortlist_new(registry), bench->phrases};
    home->session = san_session_new(bench->model, &options, &err);
    for (size_t stage = 0; stage < STAGES; stage++)
        home->times[stage] = calloc(bench->case_count * bench->rounds, sizeof(double));
    if (!home->understand.shortlist || !home->session || !home->times[STAGES - 1])
        fail("out of memory");
}

static double now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* keep: false for the first time, in which indexes are built and items encoded. */
static void run_case(struct bench *bench, struct home *home, const cJSON *one, bool keep)
{
    const char *text = cJSON_GetObjectItem(one, "text")->valuestring;
    const char *area = cJSON_GetStringValue(cJSON_GetObjectItem(one, "context_area"));
    struct san_error err = {0};
    struct understand_request prepared;
    struct understood understood;
    const struct san_result *result;
    san_arena_reset(bench->arena);
    double at[STAGES] = {now_us()};
    check(understand_prepare(&home->understand, text, area, bench->arena, &prepared, &err), &err);
    at[1] = now_us();
    check(san_parse(home->session, bench->tools, &prepared.request, &result, &err), &err);
    at[2] = now_us();
    check(understand_finish(&home->understand, &prepared, result, bench->arena, &understood, &err), &err);
    at[3] = now_us();
    if (!keep)
        return;
    for (size_t stage = 0; stage + 1 < STAGES; stage++)
        home->times[stage][bench->time_count] = at[stage + 1] - at[stage];
    home->times[STAGES - 1][bench->time_count] = at[3] - at[0];
}

static void run_round(struct bench *bench, bool keep)
{
    for (size_t i = 0; i < bench->case_count; i++) {
        for (size_t size = 0; size < SIZES; size++)
            run_case(bench, &bench->homes[size], bench->cases[i], keep);
        bench->time_count += keep;
    }
}

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void print(struct bench *bench)
{
    double first[STAGES] = {0};
    printf("%zu sentences, %zu rounds, %s kernels, one thread; microseconds\n", bench->case_count,
        bench->rounds, san_kernels_name());
    for (size_t size = 0; size < SIZES; size++)
        for (size_t stage = 0; stage < STAGES; stage++) {
            double *times = bench->homes[size].times[stage];
            qsort(times, bench->time_count, sizeof *times, by_value);
            double median = times[bench->time_count / 2];
            first[stage] = size ? first[stage] : median;
            printf("%6d entities  %-8s median %8.1f   p99 %8.1f   ratio %.2f\n", sizes[size],
                stage_names[stage], median, times[bench->time_count * 99 / 100], median / first[stage]);
        }
}

static void close_home(struct home *home)
{
    for (size_t stage = 0; stage < STAGES; stage++)
        free(home->times[stage]);
    san_session_free(home->session);
    shortlist_free(home->understand.shortlist);
    reg_close(home->understand.registry);
}

int main(int argc, char **argv)
{
    struct bench bench = {.arena = san_arena_new(1 << 16, 0)};
    const char *set = argc > 3 ? argv[3] : "09";
    bench.rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : 10;
    if (argc < 2 || argc > 4 || bench.rounds < 1 || bench.rounds > 1000)
        fail("usage: bench_homes SOURCE [ROUNDS [SET]]");
    bench.source = argv[1];
    read_cases(&bench, path_of(&bench, "cases", set));
    open_network(&bench);
    for (size_t size = 0; size < SIZES; size++)
        open_home(&bench, &bench.homes[size], sizes[size], set);
    run_round(&bench, false);
    for (size_t round = 0; round < bench.rounds; round++)
        run_round(&bench, true);
    print(&bench);
    for (size_t size = 0; size < SIZES; size++)
        close_home(&bench.homes[size]);
    for (size_t i = 0; i < bench.case_count; i++)
        cJSON_Delete(bench.cases[i]);
    phrases_free(bench.phrases);
    san_tools_free(bench.tools);
    san_model_close(bench.model);
    san_arena_free(bench.arena);
    return 0;
}
