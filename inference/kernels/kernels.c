/* kernels.c - which set runs, and what all sets share. */
#include "inference/kernels/kernels.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "inference/san.h"

/* Best first. */
static const struct san_kernels *const sets[] = {
#if defined(__x86_64__)
    &san_kernels_avx512vnni,
    &san_kernels_avxvnni,
    &san_kernels_avx2,
#elif defined(__aarch64__)
    &san_kernels_dotprod,
    &san_kernels_neon,
#endif
    &san_kernels_scalar,
};
enum { SETS = sizeof(sets) / sizeof(sets[0]) };

const float san_dither[16] = {-0.46875f, 0.03125f, -0.21875f, 0.28125f, -0.34375f, 0.15625f, -0.09375f,
    0.40625f, -0.40625f, 0.09375f, -0.15625f, 0.34375f, -0.28125f, 0.21875f, -0.03125f, 0.46875f};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static const struct san_kernels *chosen;
static struct san_error choice_error;

const struct san_kernels *san_kernels_at(size_t index)
{
    return index < SETS ? sets[index] : NULL;
}

bool san_kernels_usable(const struct san_kernels *kernels)
{
    return (kernels->needs & ~san_cpu_features()) == 0;
}

static const struct san_kernels *forced(const char *name)
{
    for (size_t i = 0; i < SETS; i++) {
        if (strcmp(sets[i]->name, name) != 0)
            continue;
        if (san_kernels_usable(sets[i]))
            return sets[i];
        san_fail(
            &choice_error, SAN_EUNSUPPORTED, "SAN_CPU=%s: this processor cannot run it; unset SAN_CPU", name);
        return NULL;
    }
    san_fail(&choice_error, SAN_EUNSUPPORTED,
        "SAN_CPU=%.40s: no such kernels in this build; unset it or use \"%s\" or \"scalar\"", name,
        sets[0]->name);
    return NULL;
}

static void choose(void)
{
    const char *name = getenv("SAN_CPU");
    if (name && *name) {
        chosen = forced(name);
        return;
    }
    for (size_t i = 0; i < SETS && !chosen; i++)
        if (san_kernels_usable(sets[i]))
            chosen = sets[i];
}

const struct san_kernels *san_kernels_get(struct san_error *err)
{
    pthread_once(&once, choose);
    if (!chosen && err)
        *err = choice_error;
    return chosen;
}

const char *san_kernels_name(void)
{
    const struct san_kernels *kernels = san_kernels_get(NULL);
    return kernels ? kernels->name : "none";
}

san_multiply_fn *san_kernels_multiply(const struct san_kernels *kernels, const struct san_matrix *matrix)
{
    switch (matrix->type) {
    case SAN_F32:
        return kernels->multiply_f32;
    case SAN_F16:
        return kernels->multiply_f16;
    case SAN_Q4_0:
        return kernels->multiply_q4_0;
    case SAN_Q8_0:
        return matrix->scales == 1 ? kernels->multiply_q8_rows : kernels->multiply_q8_0;
    }
    return NULL;
}
