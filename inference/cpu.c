/* cpu.c - see cpu.h. */
#include "inference/cpu.h"

#include <stdbool.h>

#if defined(__x86_64__)

#include <cpuid.h>

/* The compiler's own test knows AVX2, and asks the operating system about the registers; not every compiler's
 * knows F16C. */
unsigned san_cpu_features(void)
{
    unsigned a, b, c, d;
    bool f16c = __get_cpuid(1, &a, &b, &c, &d) && (c & bit_F16C);
    __builtin_cpu_init();
    return f16c && __builtin_cpu_supports("avx2") ? SAN_CPU_AVX2 : 0u;
}

#elif defined(__aarch64__) && defined(__linux__)

#include <sys/auxv.h>

unsigned san_cpu_features(void)
{
    unsigned long capabilities = getauxval(AT_HWCAP);
    unsigned neon = SAN_CPU_NEON; /* part of ARMv8.0-A */
    return capabilities & HWCAP_ASIMDDP ? neon | SAN_CPU_DOTPROD : neon;
}

#else

unsigned san_cpu_features(void)
{
    return 0;
}

#endif
