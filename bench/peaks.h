/* peaks.h - what this machine can do at most, measured: the scale on which figures of the network mean
 * something. */
#ifndef BENCH_PEAKS_H
#define BENCH_PEAKS_H

#include <stddef.h>

struct peaks {
    const char *instruction; /* with which integer_gops was reached */
    double integer_gops;     /* 10^9 operations a second; a product and its addition are two */
    double read_gbps;        /* 10^9 bytes a second, from memory that no cache holds */
    double
        cached_gbps; /* the same of an array of that size, again and again: the caches hold what they can */
};

/* Takes about half a second. threads >= 1. Zeros if out of memory. */
struct peaks measure_peaks(unsigned threads, size_t cached_bytes);

#endif
