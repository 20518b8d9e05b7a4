/* bench_shortlist.c - the shortlist measured alone: recall of the right names, and what it costs.
 *
 *     bench_shortlist [--grow N] CASES.jsonl [HOME.json]
 *
 * For every case, every name, area and floor of its right calls (except the speaker's own room) must be among
 * the items. --grow adds N entities with made-up names to each home, for the cost and the recall in a big
 * one. Misses go to standard error.
 */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/grow.h"
#include "devices/home_file.h"
#include "devices/shortlist.h"

enum { HOMES_MAX = 64, TIMES_MAX = 20000 };

struct home {
    char *path;
    struct registry *registry;
    struct shortlist *shortlist;
};

struct bench {
    const char *cases, *home;
    int grow;
    struct home homes[HOMES_MAX];
    size_t home_count;
    struct san_arena *arena;
    size_t wanted, found;
    double times[TIMES_MAX];
    size_t time_count;
};

static void fail(const char *text)
{
    fprintf(stderr, "bench_shortlist: %s\n", text);
    exit(1);
}

static struct home *use_home(struct bench *bench, const char *path)
{
    for (size_t i = 0; i < bench->home_count; i++)
        if (strcmp(bench->homes[i].path, path) == 0)
            return &bench->homes[i];
    if (bench->home_count == HOMES_MAX)
        fail("more than 64 homes");
    struct san_error err;
    struct home *home = &bench->homes[bench->home_count++];
    home->path = strdup(path);
    home->registry = reg_open(":memory:", &err);
    if (home->registry == NULL || home_import_file(home->registry, path, &err) != SAN_OK)
        fail(err.text);
    if (grow_home(home->registry, bench->grow, &err) != SAN_OK)
        fail(err.text);
    home->shortlist = shortlist_new(home->registry);
    return home;
}

static bool has(const struct shortlist_item *items, size_t count, const char *slot, const char *name)
{
    char a[512], b[512];
    san_normalize_to(a, sizeof a, name, strlen(name), NULL);
    for (size_t i = 0; i < count; i++) {
        bool place = strcmp(items[i].kind, "area") == 0 || strcmp(items[i].kind, "floor") == 0;
        if (place ? strcmp(items[i].kind, slot) != 0 : strcmp(slot, "name") != 0)
            continue;
        san_normalize_to(b, sizeof b, items[i].name, strlen(items[i].name), NULL);
        if (strcmp(a, b) == 0)
            return true;
    }
    return false;
}

static void check_names(
    struct bench *bench, const cJSON *one, const struct shortlist_item *items, size_t count)
{
    static const char *const slots[] = {"name", "area", "floor"};
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(one, "text"));
    const char *here = cJSON_GetStringValue(cJSON_GetObjectItem(one, "context_area"));
    const cJSON *call;
    cJSON_ArrayForEach(call, cJSON_GetObjectItem(one, "calls"))
    {
        const char *tool = cJSON_GetStringValue(cJSON_GetObjectItem(call, "name"));
        bool timer = tool != NULL && strstr(tool, "Timer") != NULL; /* a timer's name is no device's */
        for (size_t i = 0; i < 3; i++) {
            const char *name =
                cJSON_GetStringValue(cJSON_GetObjectItem(cJSON_GetObjectItem(call, "arguments"), slots[i]));
            if (name == NULL || (timer && i == 0) || (i == 1 && here != NULL && strcmp(here, name) == 0))
                continue;
            bench->wanted++;
            if (has(items, count, slots[i], name))
                bench->found++;
            else
                fprintf(stderr, "missed %s '%s': %s\n", slots[i], name, text);
        }
    }
}

static void run_case(struct bench *bench, const cJSON *one)
{
    char path[1024];
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(one, "text"));
    const char *home_name = cJSON_GetStringValue(cJSON_GetObjectItem(one, "home"));
    const char *here = cJSON_GetStringValue(cJSON_GetObjectItem(one, "context_area"));
    const char *slash = strrchr(bench->cases, '/');
    if (home_name != NULL)
        snprintf(path, sizeof path, "%.*s%s", slash != NULL ? (int)(slash - bench->cases + 1) : 0,
            bench->cases, home_name);
    else
        snprintf(path, sizeof path, "%s", bench->home);
    struct home *home = use_home(bench, path);
    struct san_error err;
    struct san_words words;
    struct shortlist_item *items;
    struct timespec begin, end;
    size_t count;
    san_arena_reset(bench->arena);
    if (text == NULL || san_normalize(bench->arena, text, strlen(text), &words, &err) != SAN_OK)
        fail("a case without text");
    clock_gettime(CLOCK_MONOTONIC, &begin);
    if (shortlist_find(home->shortlist, &words, here, bench->arena, &items, &count, &err) != SAN_OK)
        fail(err.text);
    clock_gettime(CLOCK_MONOTONIC, &end);
    if (bench->time_count < TIMES_MAX)
        bench->times[bench->time_count++] =
            (double)(end.tv_sec - begin.tv_sec) * 1e6 + (double)(end.tv_nsec - begin.tv_nsec) / 1e3;
    check_names(bench, one, items, count);
}

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

int main(int argc, char **argv)
{
    struct bench bench = {.arena = san_arena_new(1 << 20, 0)};
    int at = 1;
    if (at + 1 < argc && strcmp(argv[at], "--grow") == 0) {
        bench.grow = atoi(argv[at + 1]);
        at += 2;
    }
    if (argc - at < 1)
        fail("usage: bench_shortlist [--grow N] CASES.jsonl [HOME.json]");
    bench.cases = argv[at];
    bench.home = at + 1 < argc ? argv[at + 1] : "home.json";
    FILE *file = fopen(bench.cases, "r");
    char *line = NULL;
    size_t size = 0;
    if (file == NULL)
        fail("the cases cannot be opened");
    while (getline(&line, &size, file) > 0) {
        cJSON *one = cJSON_Parse(line);
        if (cJSON_IsObject(one))
            run_case(&bench, one);
        cJSON_Delete(one);
    }
    qsort(bench.times, bench.time_count, sizeof bench.times[0], by_value);
    printf("%zu utterances, %zu of %zu names in the shortlist (%.2f %%), median %.0f us, p99 %.0f us\n",
        bench.time_count, bench.found, bench.wanted,
        bench.wanted > 0 ? 100.0 * (double)bench.found / (double)bench.wanted : 100.0,
        bench.time_count > 0 ? bench.times[bench.time_count / 2] : 0.0,
        bench.time_count > 0 ? bench.times[bench.time_count * 99 / 100] : 0.0);
    free(line);
    fclose(file);
    san_arena_free(bench.arena);
    for (size_t i = 0; i < bench.home_count; i++) {
        shortlist_free(bench.homes[i].shortlist);
        reg_close(bench.homes[i].registry);
        free(bench.homes[i].path);
    }
    return 0;
}
