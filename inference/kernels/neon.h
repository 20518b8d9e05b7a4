/* neon.h - the eight lanes of kernels.h in two 128-bit registers; for the files of the ARM sets alone. */
#ifndef SAN_NEON_H
#define SAN_NEON_H

#include <arm_neon.h>

#include "inference/kernels/kernels.h"
#include "inference/kernels/tiles.h"

enum { HALF = LANES / 2 };

struct lanes {
    float32x4_t low, high;
};

static INLINE struct lanes no_lanes(void)
{
    return (struct lanes){vdupq_n_f32(0), vdupq_n_f32(0)};
}

static INLINE float add_lanes(struct lanes lane)
{
    float32x4_t s = vaddq_f32(lane.low, lane.high);
    float32x2_t t = vadd_f32(vget_low_f32(s), vget_high_f32(s));
    return vget_lane_f32(t, 0) + vget_lane_f32(t, 1);
}

/* out[t] = add_lanes(st), by the same additions, four at once. */
static INLINE void add_lanes_of_four(
    float out[TILE], struct lanes s0, struct lanes s1, struct lanes s2, struct lanes s3)
{
    float32x4_t a = vaddq_f32(s0.low, s0.high), b = vaddq_f32(s1.low, s1.high);
    float32x4_t c = vaddq_f32(s2.low, s2.high), d = vaddq_f32(s3.low, s3.high);
    float32x4_t ab = vaddq_f32(vzip1q_f32(a, b), vzip2q_f32(a, b)); /* a0+a2 b0+b2 a1+a3 b1+b3 */
    float32x4_t cd = vaddq_f32(vzip1q_f32(c, d), vzip2q_f32(c, d));
    float32x4_t even = vcombine_f32(vget_low_f32(ab), vget_low_f32(cd));
    float32x4_t odd = vcombine_f32(vget_high_f32(ab), vget_high_f32(cd));
    vst1q_f32(out, vaddq_f32(even, odd));
}

static INLINE struct lanes multiply_add_8(struct lanes sum, const float *a, const float *b)
{
    sum.low = vfmaq_f32(sum.low, vld1q_f32(a), vld1q_f32(b));
    sum.high = vfmaq_f32(sum.high, vld1q_f32(a + HALF), vld1q_f32(b + HALF));
    return sum;
}

static INLINE float32x4_t widen_half(const uint16_t *half)
{
    return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(half)));
}

/* What the sets with further instructions take over from neon.c. */
void san_neon_quantize(int8_t *q, float *scale, int32_t *offset, const float *x, size_t n);
san_multiply_fn san_neon_multiply_f32, san_neon_multiply_f16;
void san_neon_rms_norm(float *out, const float *x, const float *g, size_t n, float epsilon);
void san_neon_add(float *x, const float *y, float factor, size_t n);
void san_neon_rope(float *x, const float *cosine, const float *sine, size_t hd);
void san_neon_softmax(float *x, size_t count);
void san_neon_mix(float *out, size_t out_stride, const float *w, size_t w_stride, size_t columns,
    const float *v, size_t count, size_t hd);
void san_neon_weigh(int16_t *w, float *factor, const float *x, size_t stride, size_t columns,
    const float *scale, size_t count);

#endif
