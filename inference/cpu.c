/* cpu.c - see cpu.h. */
#include "inference/cpu.h"

#include <stdbool.h>

#if defined(__x86_64__)

#include <cpuid.h>

enum { AVXVNNI_BIT = 1 << 4 }; /* in eax of leaf 7, 1 */

/* The compiler's own test knows AVX2 and AVX-512, and asks the operating system about the registers; not
 * every compiler's knows F16C and AVX-VNNI. */
unsigned san_cpu_features(void)
{
    unsigned a, b, c, d;
    bool f16c = __get_cpuid(1, &a, &b, &c, &d) && (c & bit_F16C);
    bool avxvnni = __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a & AVXVNNI_BIT);
    __builtin_cpu_init();
    if (!f16c || !__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma"))
        return 0;
    unsigned features = avxvnni ? SAN_CPU_AVX2 | SAN_CPU_AVXVNNI : SAN_CPU_AVX2;
    bool avx512vnni = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vnni");
    return avx512vnni ? features | SAN_CPU_AVX512VNNI : features;
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
