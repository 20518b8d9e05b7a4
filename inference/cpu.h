/* cpu.h - what this processor can do. */
#ifndef SAN_CPU_H
#define SAN_CPU_H

enum san_cpu_feature {
    SAN_CPU_AVX2 = 1u << 0, /* AVX2, FMA and F16C, and an operating system that saves the registers */
    SAN_CPU_NEON = 1u << 1,
    SAN_CPU_DOTPROD = 1u << 2,    /* ARMv8.2's SDOT */
    SAN_CPU_AVXVNNI = 1u << 3,    /* the dot product in AVX2's registers */
    SAN_CPU_AVX512VNNI = 1u << 4, /* the same with AVX-512's, with F, BW and VL, and their registers saved */
};

/* The features of the processor that runs this, as bits. */
unsigned san_cpu_features(void);

#endif
