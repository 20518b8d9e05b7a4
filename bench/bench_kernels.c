/* bench_kernels.c - the multiplications alone, on one thread, and what share of the machine's peak they
 * reach.
 *
 *     bench_kernels [SET]
 *
 * For Q8_0 with one scale a row, Q8_0 and Q4_0: a matrix of 512 x 512 times 1, 12 and 256 columns, in
 * products a second (of the peak of a loop that stays in registers), and 16 MiB of weights times one column,
 * in bytes a second (of the peak of a loop that only adds up as many bytes). Medians. SET is one of the
 * kernel sets; default: the best. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/peaks.h"
#include "inference/kernels/kernels.h"

enum { N = 512, ROWS = 512, COLUMNS_MAX = 256, ROUNDS = 41, STREAM_BYTES = 16 << 20 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Weights of a type, or Q8_0 with one scale a row. */
struct kind {
    const char *name;
    enum san_type type;
    bool rows;
};

static struct san_matrix new_matrix(const struct san_kernels *set, const struct kind *kind, size_t rows)
{
    struct san_matrix m = kind->rows ? san_matrix_shape_rows(N, rows, set->layout)
                                     : san_matrix_shape(kind->type, N, rows, set->layout);
    m.data = aligned_alloc(SAN_MATRIX_ALIGN, san_matrix_bytes(&m));
    if (!m.data)
        exit(1);
    unsigned char row[N / SAN_GROUP * sizeof(struct san_block_q8_0)];
    for (size_t r = 0; r < rows; r++) {
        for (size_t i = 0; i < sizeof(row); i++)
            row[i] = (unsigned char)(rand() % 60); /* scales are tiny, and no NaN */
        san_matrix_put_row(&m, r, row);
    }
    return m;
}

/* Seconds of one multiplication; the median. */
static double time_multiply(
    san_multiply_fn *multiply, const struct san_matrix *m, const struct san_columns *cols, unsigned turns)
{
    float *out = calloc(m->rows * cols->count, sizeof(*out));
    double times[ROUNDS];
    if (!out)
        exit(1);
    for (size_t round = 0; round < ROUNDS; round++) {
        double start = now();
        for (unsigned turn = 0; turn < turns; turn++)
            multiply(out, m->rows, m, 0, m->rows, cols);
        times[round] = (now() - start) / turns;
    }
    free(out);
    qsort(times, ROUNDS, sizeof(times[0]), compare);
    return times[ROUNDS / 2];
}

static struct san_columns new_columns(const struct san_kernels *set)
{
    float *x = malloc(COLUMNS_MAX * N * sizeof(*x));
    int8_t *q = malloc(COLUMNS_MAX * N);
    float *scale = malloc(COLUMNS_MAX * sizeof(*scale));
    int32_t *offset = malloc(COLUMNS_MAX * san_offsets(N) * sizeof(*offset));
    if (!x || !q || !scale || !offset)
        exit(1);
    for (size_t i = 0; i < COLUMNS_MAX * N; i++)
        x[i] = (float)rand() / (float)RAND_MAX - 0.5f;
    for (size_t c = 0; c < COLUMNS_MAX; c++)
        set->quantize(q + c * N, scale + c, offset + c * san_offsets(N), x + c * N, N);
    return (struct san_columns){.n = N, .x = x, .q = q, .scale = scale, .offset = offset};
}

static void bench_kind(const struct san_kernels *set, const struct kind *kind, const struct peaks *peaks)
{
    static const size_t counts[] = {1, 12, COLUMNS_MAX};
    struct san_columns cols = new_columns(set);
    struct san_matrix m = new_matrix(set, kind, ROWS);
    san_multiply_fn *multiply = san_kernels_multiply(set, &m);
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        cols.count = counts[i];
        double products = (double)N * ROWS * (double)counts[i];
        double rate = products / time_multiply(multiply, &m, &cols, (unsigned)(1 + 256 / counts[i])) / 1e9;
        printf("%-9s %4zu columns  %8.1f of %.1f G products/s  %3.0f %%\n", kind->name, counts[i], rate,
            peaks->integer_gops / 2, 200 * rate / peaks->integer_gops);
    }
    free(m.data);
    cols.count = 1;
    m = new_matrix(set, kind, STREAM_BYTES / san_row_bytes(kind->type, N));
    double rate = (double)san_matrix_bytes(&m) / time_multiply(multiply, &m, &cols, 1) / 1e9;
    printf("%-9s  16 MiB        %8.1f of %.1f GB/s  %3.0f %%\n", kind->name, rate, peaks->cached_gbps,
        100 * rate / peaks->cached_gbps);
    free(m.data);
    free((void *)(uintptr_t)cols.x);
    free((void *)(uintptr_t)cols.q);
    free((void *)(uintptr_t)cols.scale);
    free((void *)(uintptr_t)cols.offset);
}

int main(int argc, char **argv)
{
    const struct san_kernels *set = NULL;
    for (size_t i = 0; !set && san_kernels_at(i); i++)
        if (san_kernels_usable(san_kernels_at(i)) &&
            (argc < 2 || strcmp(san_kernels_at(i)->name, argv[1]) == 0))
            set = san_kernels_at(i);
    if (argc > 2 || !set) {
        fprintf(stderr, "usage: bench_kernels [SET]; SET must run on this processor\n");
        return 2;
    }
    struct peaks peaks = measure_peaks(1, STREAM_BYTES);
    printf("%s kernels; peak: %s\n", set->name, peaks.instruction);
    static const struct kind kinds[] = {
        {"Q8_0 rows", SAN_Q8_0, true}, {"Q8_0", SAN_Q8_0, false}, {"Q4_0", SAN_Q4_0, false}};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        bench_kind(set, &kinds[i], &peaks);
    return 0;
}
