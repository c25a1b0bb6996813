// Rows taken apart into every n-th sample and put together again, so that what one tap of a resampling filter needs
// lies side by side; and the frame's edges. Included by the per-instruction-set sources only.
#pragma once

#include "common/hd.hpp"

namespace vsp::VSP_ISA {

// Where sample k of a mirrored row of `size` samples lies: ... 1 0 | 0 1 2 ... size-1 | size-1 size-2 ...
VSP_HD int mirrored(int k, int size) {
  while (k < 0 || k >= size) k = k < 0 ? -k - 1 : 2 * size - 1 - k;
  return k;
}

template <int scale>
static inline void split_fixed(const float* __restrict in, int count, int length, float* __restrict out) {
  for (int p = 0; p < scale; ++p)
    for (int i = 0; i < count; ++i) out[p * length + i] = in[i * scale + p];
}

template <int scale>
static inline void join_fixed(const float* __restrict in, int count, int length, float* __restrict out) {
  for (int i = 0; i < count; ++i)
    for (int p = 0; p < scale; ++p) out[i * scale + p] = in[p * length + i];
}

// A row as `scale` rows of every scale-th sample, `length` samples apart.
static inline void split(const float* __restrict in, int scale, int count, int length, float* __restrict out) {
  if (scale == 1) return split_fixed<1>(in, count, length, out);
  if (scale == 2) return split_fixed<2>(in, count, length, out);
  if (scale == 3) return split_fixed<3>(in, count, length, out);
  if (scale == 4) return split_fixed<4>(in, count, length, out);
  for (int p = 0; p < scale; ++p)
    for (int i = 0; i < count; ++i) out[p * length + i] = in[i * scale + p];
}

static inline void join(const float* __restrict in, int scale, int count, int length, float* __restrict out) {
  if (scale == 1) return join_fixed<1>(in, count, length, out);
  if (scale == 2) return join_fixed<2>(in, count, length, out);
  if (scale == 3) return join_fixed<3>(in, count, length, out);
  if (scale == 4) return join_fixed<4>(in, count, length, out);
  for (int i = 0; i < count; ++i)
    for (int p = 0; p < scale; ++p) out[i * scale + p] = in[p * length + i];
}

// The sum of four rows, each times its weight.
static inline void sum_four(const float* __restrict a, const float* __restrict b, const float* __restrict c,
                            const float* __restrict d, const float* weights, int count, float* __restrict out) {
  const float w0 = weights[0], w1 = weights[1], w2 = weights[2], w3 = weights[3];
  for (int x = 0; x < count; ++x) out[x] = w0 * a[x] + w1 * b[x] + w2 * c[x] + w3 * d[x];
}

}  // namespace vsp::VSP_ISA
