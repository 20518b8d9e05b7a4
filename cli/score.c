/* score.c - see score.h. */
#include "cli/score.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/output.h"

enum {
    LABEL_MAX = 192,
    ROWS_MAX = 512, /* different intents, and different confusions; more are counted with the last */
    CONFUSIONS_SHOWN = 20,
};

/* A line of one of the two tallies. */
struct row {
    char label[LABEL_MAX];
    char example[LABEL_MAX];
    size_t n, exact, false_actions;
};

struct tally {
    struct row rows[ROWS_MAX];
    size_t count;
};

/* What is asked about. */
struct questions {
    size_t n, right, negatives; /* sentences; a yes would do what was expected; nothing was meant */
};

/* What nothing was meant by. */
struct negatives {
    size_t n, acted; /* sentences, and those of them with a false action */
    size_t false_actions, sensitive;
};

struct score {
    struct tally intents;    /* by expected tool */
    struct tally tags;       /* by what the cases are tagged with */
    struct tally homes;      /* by the size of the home */
    struct tally confusions; /* "expected -> got" of what was wrong */
    struct negatives negatives;
    struct questions asked;
    size_t n, exact, false_actions, sensitive, errors;
    double *ms;
    size_t ms_size;
};

_Noreturn static void out_of_memory(void)
{
    fputs("hearthctl: out of memory\n", stderr);
    exit(1);
}

struct score *score_new(void)
{
    struct score *score = calloc(1, sizeof(*score));
    if (!score)
        out_of_memory();
    return score;
}

void score_free(struct score *score)
{
    if (!score)
        return;
    free(score->ms);
    free(score);
}

size_t score_count(const struct score *score)
{
    return score->n;
}

size_t score_exact(const struct score *score)
{
    return score->exact;
}

/* ---- counting ---- */

static struct row *find_row(struct tally *tally, const char *label)
{
    size_t i = 0;
    while (i < tally->count && strcmp(tally->rows[i].label, label) != 0)
        i++;
    if (i == ROWS_MAX)
        return &tally->rows[ROWS_MAX - 1];
    if (i == tally->count) {
        snprintf(tally->rows[i].label, LABEL_MAX, "%s", label);
        tally->count++;
    }
    return &tally->rows[i];
}

/* The tools of calls, joined; "(none)" for no call. */
static void tools_text(char *out, size_t size, const struct home_call *calls, size_t count)
{
    snprintf(out, size, "%s", count == 0 ? "(none)" : "");
    for (size_t i = 0; i < count; i++) {
        size_t used = strlen(out);
        snprintf(out + used, size - used, "%s%s", i > 0 ? "+" : "", calls[i].tool);
    }
}

static void count_confusion(struct score *score, const struct score_case *one)
{
    char expected[LABEL_MAX / 2], got[LABEL_MAX / 2], label[LABEL_MAX];
    tools_text(expected, sizeof(expected), one->expected, one->expected_count);
    tools_text(got, sizeof(got), one->got, one->got_count);
    if (one->error)
        snprintf(got, sizeof(got), "(error)");
    if (strcmp(expected, got) == 0)
        snprintf(got, sizeof(got), "other %s", one->differs[0] ? one->differs : "arguments");
    snprintf(label, sizeof(label), "%.90s -> %.90s", expected, got);
    struct row *row = find_row(&score->confusions, label);
    if (row->n++ == 0)
        snprintf(row->example, LABEL_MAX, "%.180s", one->text);
}

static void count_latency(struct score *score, double ms)
{
    if (score->n == score->ms_size) {
        score->ms_size = score->ms_size ? score->ms_size * 2 : 1024;
        double *larger = realloc(score->ms, score->ms_size * sizeof(*larger));
        if (!larger)
            out_of_memory();
        score->ms = larger;
    }
    score->ms[score->n] = ms;
}

static void count_in(struct tally *tally, const char *label, const struct score_case *one)
{
    struct row *row = find_row(tally, label);
    row->n++;
    row->exact += one->exact;
    row->false_actions += one->false_actions;
}

/* Labels that sort by size. */
static const char *size_label(size_t entities)
{
    return entities <= 20    ? "   1 to 20 things"
           : entities <= 60  ? "  21 to 60 things"
           : entities <= 150 ? "  61 to 150 things"
           : entities <= 500 ? " 151 to 500 things"
                             : "over 500 things";
}

static void count_negative(struct negatives *negatives, const struct score_case *one)
{
    negatives->n++;
    negatives->acted += one->false_actions > 0;
    negatives->false_actions += one->false_actions;
    negatives->sensitive += one->sensitive;
}

static void count_asked(struct questions *asked, const struct score_case *one)
{
    if (!one->asked)
        return;
    asked->n++;
    asked->right += one->asked_right;
    asked->negatives += one->expected_count == 0;
}

void score_add(struct score *score, const struct score_case *one)
{
    const char *label = one->expected_count == 0 ? "(none)" : one->expected[0].tool;
    count_in(&score->intents, one->expected_count > 1 ? "(several)" : label, one);
    for (size_t i = 0; i < one->tag_count; i++)
        count_in(&score->tags, one->tags[i], one);
    count_in(&score->homes, size_label(one->home_size), one);
    if (one->expected_count == 0)
        count_negative(&score->negatives, one);
    count_asked(&score->asked, one);
    if (!one->exact)
        count_confusion(score, one);
    count_latency(score, one->ms);
    score->n++;
    score->exact += one->exact;
    score->false_actions += one->false_actions;
    score->sensitive += one->sensitive;
    score->errors += one->error;
}

/* ---- reporting ---- */

static int by_label(const void *a, const void *b)
{
    return strcmp(((const struct row *)a)->label, ((const struct row *)b)->label);
}

static int by_count(const void *a, const void *b)
{
    size_t left = ((const struct row *)a)->n, right = ((const struct row *)b)->n;
    return left == right ? by_label(a, b) : left < right ? 1 : -1;
}

static int by_value(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static void sort(struct score *score)
{
    qsort(score->intents.rows, score->intents.count, sizeof(struct row), by_label);
    qsort(score->tags.rows, score->tags.count, sizeof(struct row), by_count);
    qsort(score->homes.rows, score->homes.count, sizeof(struct row), by_label);
    qsort(score->confusions.rows, score->confusions.count, sizeof(struct row), by_count);
    if (score->n > 0)
        qsort(score->ms, score->n, sizeof(double), by_value);
}

/* Of sorted latencies. */
static double percentile(const struct score *score, double part)
{
    if (score->n == 0)
        return 0.0;
    size_t i = (size_t)(part * (double)(score->n - 1) + 0.5);
    return score->ms[i];
}

static double share(size_t part, size_t whole)
{
    return whole > 0 ? 100.0 * (double)part / (double)whole : 0.0;
}

static void add_row(struct table *table, const char *label, size_t n, size_t exact, size_t false_actions)
{
    char texts[4][24];
    snprintf(texts[0], sizeof(*texts), "%zu", n);
    snprintf(texts[1], sizeof(*texts), "%zu", exact);
    snprintf(texts[2], sizeof(*texts), "%.1f %%", share(exact, n));
    snprintf(texts[3], sizeof(*texts), "%zu", false_actions);
    const char *const row[] = {label, texts[0], texts[1], texts[2], texts[3]};
    table_row(table, row);
}

static void print_confusions(const struct score *score)
{
    static const char *const headers[] = {">N", "EXPECTED -> GOT", "FOR EXAMPLE", NULL};
    if (score->confusions.count == 0)
        return;
    struct table *table = table_new(headers);
    for (size_t i = 0; i < score->confusions.count && i < CONFUSIONS_SHOWN; i++) {
        char n[24];
        const struct row *row = &score->confusions.rows[i];
        snprintf(n, sizeof(n), "%zu", row->n);
        const char *const texts[] = {n, row->label, row->example};
        table_row(table, texts);
    }
    putchar('\n');
    table_print(table, stdout);
    table_free(table);
}

/* A tally as a table; the last line, of all cases, where `all` is not NULL. */
static void print_tally(const char *heading, const struct tally *tally, const struct score *all)
{
    const char *const headers[] = {heading, ">N", ">EXACT", "> ", ">FALSE ACTIONS", NULL};
    struct table *table = table_new(headers);
    for (size_t i = 0; i < tally->count; i++) {
        const struct row *row = &tally->rows[i];
        add_row(table, row->label, row->n, row->exact, row->false_actions);
    }
    if (all)
        add_row(table, "all", all->n, all->exact, all->false_actions);
    table_print(table, stdout);
    table_free(table);
}

static void print_totals(const struct score *score)
{
    const struct negatives *negatives = &score->negatives;
    printf("\nfalse actions: %zu, of them %zu that unlock, open or disarm\n", score->false_actions,
        score->sensitive);
    if (negatives->n > 0)
        printf("where nothing was meant: acted in %zu of %zu sentences (%.1f %%), %zu that unlock, open or "
               "disarm\n",
            negatives->acted, negatives->n, share(negatives->acted, negatives->n), negatives->sensitive);
    const struct questions *asked = &score->asked;
    printf("asked about: %zu of %zu sentences (%.1f %%), a yes would be right for %zu (%.1f %%); nothing was "
           "meant "
           "by %zu\n",
        asked->n, score->n, share(asked->n, score->n), asked->right, share(asked->right, asked->n),
        asked->negatives);
    printf("latency: median %.2f ms, p90 %.2f ms, p99 %.2f ms, longest %.2f ms", percentile(score, 0.5),
        percentile(score, 0.9), percentile(score, 0.99), percentile(score, 1));
    if (score->errors > 0)
        printf("; %zu cases could not be parsed", score->errors);
    putchar('\n');
}

void score_print(struct score *score)
{
    sort(score);
    print_tally("INTENT", &score->intents, score);
    if (score->tags.count > 0) {
        putchar('\n');
        print_tally("TAG", &score->tags, NULL);
    }
    if (score->homes.count > 1) {
        putchar('\n');
        print_tally("HOME", &score->homes, NULL);
    }
    print_confusions(score);
    print_totals(score);
}

static void add_tally(cJSON *json, const char *key, const char *label, const struct tally *tally)
{
    cJSON *array = cJSON_AddArrayToObject(json, key);
    for (size_t i = 0; i < tally->count; i++) {
        const struct row *row = &tally->rows[i];
        cJSON *object = cJSON_CreateObject();
        cJSON_AddStringToObject(object, label, row->label + strspn(row->label, " "));
        cJSON_AddNumberToObject(object, "n", (double)row->n);
        cJSON_AddNumberToObject(object, "exact", (double)row->exact);
        cJSON_AddNumberToObject(object, "false_actions", (double)row->false_actions);
        cJSON_AddItemToArray(array, object);
    }
}

static void add_confusions(cJSON *json, const struct tally *tally)
{
    cJSON *array = cJSON_AddArrayToObject(json, "confusions");
    for (size_t i = 0; i < tally->count; i++) {
        const struct row *row = &tally->rows[i];
        cJSON *object = cJSON_CreateObject();
        cJSON_AddStringToObject(object, "what", row->label);
        cJSON_AddNumberToObject(object, "n", (double)row->n);
        cJSON_AddStringToObject(object, "example", row->example);
        cJSON_AddItemToArray(array, object);
    }
}

static void add_negatives(cJSON *json, const struct negatives *negatives)
{
    cJSON *object = cJSON_AddObjectToObject(json, "negatives");
    cJSON_AddNumberToObject(object, "n", (double)negatives->n);
    cJSON_AddNumberToObject(object, "acted", (double)negatives->acted);
    cJSON_AddNumberToObject(object, "false_actions", (double)negatives->false_actions);
    cJSON_AddNumberToObject(object, "sensitive", (double)negatives->sensitive);
}

static void add_asked(cJSON *json, const struct questions *asked)
{
    cJSON *object = cJSON_AddObjectToObject(json, "asked");
    cJSON_AddNumberToObject(object, "n", (double)asked->n);
    cJSON_AddNumberToObject(object, "right", (double)asked->right);
    cJSON_AddNumberToObject(object, "negatives", (double)asked->negatives);
}

cJSON *score_json(struct score *score)
{
    sort(score);
    cJSON *json = cJSON_CreateObject();
    cJSON_AddNumberToObject(json, "cases", (double)score->n);
    cJSON_AddNumberToObject(json, "exact", (double)score->exact);
    cJSON_AddNumberToObject(json, "exact_percent", share(score->exact, score->n));
    cJSON_AddNumberToObject(json, "false_actions", (double)score->false_actions);
    cJSON_AddNumberToObject(json, "sensitive", (double)score->sensitive);
    cJSON_AddNumberToObject(json, "errors", (double)score->errors);
    cJSON_AddNumberToObject(json, "median_ms", percentile(score, 0.5));
    cJSON_AddNumberToObject(json, "p90_ms", percentile(score, 0.9));
    cJSON_AddNumberToObject(json, "p99_ms", percentile(score, 0.99));
    cJSON_AddNumberToObject(json, "longest_ms", percentile(score, 1));
    add_negatives(json, &score->negatives);
    add_asked(json, &score->asked);
    add_tally(json, "intents", "intent", &score->intents);
    add_tally(json, "tags", "tag", &score->tags);
    add_tally(json, "homes", "home", &score->homes);
    add_confusions(json, &score->confusions);
    return json;
}
