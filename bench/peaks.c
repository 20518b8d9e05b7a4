/* peaks.c - see peaks.h.
 *
 * The integer loop keeps ten sums of products of bytes in registers, and touches no memory; it uses the best
 * instruction that the kernels of libsan may use on this processor. The other loop adds up a large array. */
#include "bench/peaks.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "inference/cpu.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

enum { SUMS = 10, TURNS = 4000000, THREADS_MAX = 64 };
static const size_t array_bytes = 192u << 20;

/* Runs TURNS turns of SUMS instructions; returns something that depends on all of them. */
typedef int32_t loop_fn(void);

#if defined(__x86_64__)

__attribute__((target("avx512f,avx512vl,avx512vnni"))) static int32_t loop_avx512vnni(void)
{
    __m512i sum[SUMS], a = _mm512_set1_epi8(3), b = _mm512_set1_epi8(5);
    for (int i = 0; i < SUMS; i++)
        sum[i] = _mm512_set1_epi32(i);
    for (int t = 0; t < TURNS; t++) {
#pragma GCC unroll 10
        for (int i = 0; i < SUMS; i++)
            sum[i] = _mm512_dpbusd_epi32(sum[i], a, b);
        __asm__ volatile("" : "+v"(a)); /* one turn is not the next */
    }
    for (int i = 1; i < SUMS; i++)
        sum[0] = _mm512_add_epi32(sum[0], sum[i]);
    return _mm512_reduce_add_epi32(sum[0]);
}

__attribute__((target("avx2"))) static int32_t loop_avx2(void)
{
    __m256i sum[SUMS], a = _mm256_set1_epi8(3), b = _mm256_set1_epi8(5), one = _mm256_set1_epi16(1);
    for (int i = 0; i < SUMS; i++)
        sum[i] = _mm256_set1_epi32(i);
    for (int t = 0; t < TURNS; t++) {
#pragma GCC unroll 10
        for (int i = 0; i < SUMS; i++) {
            __m256i pairs = _mm256_maddubs_epi16(a, _mm256_xor_si256(b, sum[i]));
            sum[i] = _mm256_add_epi32(sum[i], _mm256_madd_epi16(pairs, one));
        }
        __asm__ volatile("" : "+x"(a));
    }
    for (int i = 1; i < SUMS; i++)
        sum[0] = _mm256_add_epi32(sum[0], sum[i]);
    return _mm256_extract_epi32(sum[0], 0);
}

#elif defined(__aarch64__)

__attribute__((target("arch=armv8.2-a+dotprod"))) static int32_t loop_dotprod(void)
{
    int32x4_t sum[SUMS];
    int8x16_t a = vdupq_n_s8(3), b = vdupq_n_s8(5);
    for (int i = 0; i < SUMS; i++)
        sum[i] = vdupq_n_s32(i);
    for (int t = 0; t < TURNS; t++) {
#pragma GCC unroll 10
        for (int i = 0; i < SUMS; i++)
            sum[i] = vdotq_s32(sum[i], a, b);
        __asm__ volatile("" : "+w"(a));
    }
    for (int i = 1; i < SUMS; i++)
        sum[0] = vaddq_s32(sum[0], sum[i]);
    return vaddvq_s32(sum[0]);
}

static int32_t loop_neon(void)
{
    int32x4_t sum[SUMS];
    int8x16_t a = vdupq_n_s8(3), b = vdupq_n_s8(5);
    for (int i = 0; i < SUMS; i++)
        sum[i] = vdupq_n_s32(i);
    for (int t = 0; t < TURNS; t++) {
#pragma GCC unroll 10
        for (int i = 0; i < SUMS; i++) {
            int8x16_t mixed = veorq_s8(b, vreinterpretq_s8_s32(sum[i]));
            sum[i] = vpadalq_s16(sum[i], vmull_s8(vget_low_s8(a), vget_low_s8(mixed)));
            sum[i] = vpadalq_s16(sum[i], vmull_high_s8(a, mixed));
        }
        __asm__ volatile("" : "+w"(a));
    }
    for (int i = 1; i < SUMS; i++)
        sum[0] = vaddq_s32(sum[0], sum[i]);
    return vaddvq_s32(sum[0]);
}

#endif

static int32_t loop_plain(void)
{
    int32_t sum = 0;
    for (int32_t t = 0; t < TURNS; t++) {
        __asm__ volatile("" : "+r"(t));
        sum += (int8_t)t * (int8_t)(t + 1);
    }
    return sum;
}

/* Best first; products is how many a turn has. */
static const struct loop {
    const char *instruction;
    unsigned needs;
    double products;
    loop_fn *run;
} loops[] = {
#if defined(__x86_64__)
    {"vpdpbusd, 512 bits", SAN_CPU_AVX512VNNI, 64.0 * SUMS, loop_avx512vnni},
    {"vpmaddubsw, 256 bits", SAN_CPU_AVX2, 32.0 * SUMS, loop_avx2},
#elif defined(__aarch64__)
    {"sdot, 128 bits", SAN_CPU_DOTPROD, 16.0 * SUMS, loop_dotprod},
    {"smull, 128 bits", SAN_CPU_NEON, 16.0 * SUMS, loop_neon},
#endif
    {"plain C", 0, 1, loop_plain},
};

struct work {
    loop_fn *run;          /* or */
    const uint64_t *array; /* [count] to add up */
    size_t count;
    unsigned turns;
    uint64_t result;
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint64_t read_plain(const uint64_t *array, size_t count)
{
    uint64_t sum[8] = {0};
    for (size_t i = 0; i + 8 <= count; i += 8)
        for (size_t j = 0; j < 8; j++)
            sum[j] += array[i + j];
    for (size_t j = 1; j < 8; j++)
        sum[0] += sum[j];
    return sum[0];
}

#if defined(__x86_64__)

/* Four streams, as wide as they come. */
__attribute__((target("avx2"))) static uint64_t read_avx2(const uint64_t *array, size_t count)
{
    __m256i sum[4] = {
        _mm256_setzero_si256(), _mm256_setzero_si256(), _mm256_setzero_si256(), _mm256_setzero_si256()};
    size_t quarter = count / 4 / 4 * 4;
    for (size_t i = 0; i + 4 <= quarter; i += 4)
        for (size_t j = 0; j < 4; j++)
            sum[j] = _mm256_add_epi64(sum[j], _mm256_loadu_si256((const void *)(array + j * quarter + i)));
    sum[0] = _mm256_add_epi64(_mm256_add_epi64(sum[0], sum[1]), _mm256_add_epi64(sum[2], sum[3]));
    uint64_t lane[4];
    _mm256_storeu_si256((void *)lane, sum[0]);
    return lane[0] + lane[1] + lane[2] + lane[3];
}

static uint64_t read_array(const uint64_t *array, size_t count)
{
    return san_cpu_features() & SAN_CPU_AVX2 ? read_avx2(array, count) : read_plain(array, count);
}

#else

static uint64_t read_array(const uint64_t *array, size_t count)
{
    return read_plain(array, count);
}

#endif

static void *do_work(void *data)
{
    struct work *work = data;
    if (work->run) {
        work->result = (uint64_t)work->run();
        return NULL;
    }
    for (unsigned turn = 0; turn < work->turns; turn++)
        work->result += read_array(work->array, work->count);
    return NULL;
}

/* The least of three times, in seconds. */
static double run_all(struct work *work, unsigned threads)
{
    static volatile uint64_t sink; /* results are used */
    double least = 1e9;
    for (int round = 0; round < 3; round++) {
        pthread_t thread[THREADS_MAX];
        unsigned started = 1;
        double start = now();
        while (started < threads && pthread_create(&thread[started], NULL, do_work, &work[started]) == 0)
            started++;
        do_work(&work[0]);
        for (unsigned i = 1; i < started; i++)
            pthread_join(thread[i], NULL);
        double took = now() - start;
        least = took < least ? took : least;
        sink = sink + work[0].result;
    }
    return least;
}

/* Bytes a second of threads that share an array; each reads its part `turns` times. 0 if out of memory. */
static double read_rate(unsigned threads, size_t bytes, unsigned turns)
{
    struct work work[THREADS_MAX] = {0};
    size_t share = bytes / threads / sizeof(uint64_t) / 16 * 16;
    uint64_t *array = aligned_alloc(64, (bytes + 63) / 64 * 64);
    if (!array)
        return 0;
    memset(array, 1, bytes);
    for (unsigned i = 0; i < threads; i++)
        work[i] = (struct work){.array = array + i * share, .count = share, .turns = turns};
    double rate = (double)(share * sizeof(uint64_t)) * threads * turns / run_all(work, threads);
    free(array);
    return rate;
}

struct peaks measure_peaks(unsigned threads, size_t cached_bytes)
{
    struct work work[THREADS_MAX] = {0};
    struct peaks peaks = {0};
    const struct loop *loop = loops;
    while (loop->needs & ~san_cpu_features())
        loop++;
    threads = threads < THREADS_MAX ? threads : THREADS_MAX;
    for (unsigned i = 0; i < threads; i++)
        work[i].run = loop->run;
    peaks.instruction = loop->instruction;
    peaks.integer_gops = 2 * loop->products * TURNS * threads / run_all(work, threads) / 1e9;
    peaks.read_gbps = read_rate(threads, array_bytes, 1) / 1e9;
    peaks.cached_gbps = read_rate(threads, cached_bytes, 8) / 1e9;
    return peaks;
}
