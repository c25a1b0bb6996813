// AVX-512: layers of at most four channels out (the last one, mostly), which would leave twelve of sixteen lanes idle.
// Here a vector is four channels out times four steps in: sixteen bytes of a pixel go to each channel out at once, and
// the four sums of a channel are added at the end.
#pragma once

#include "tile_sr/conv_vector.hpp"

#if defined(__AVX512F__)

namespace vsp::VSP_ISA {

struct FewFloats {
  using Sum = __m512;
  static constexpr int kPixels = 12;
  static Sum zero() { return _mm512_setzero_ps(); }
  static Sum load(const char* p) { return _mm512_loadu_ps(p); }
  static Sum add_products(Sum sum, const char* in, Sum weights) {
    return _mm512_fmadd_ps(Vec::all_fours(in).v, weights, sum);
  }
  static Sum add_up(Sum sum) {
    const Sum pairs = _mm512_add_ps(sum, _mm512_permute_ps(sum, 0xb1));
    return _mm512_add_ps(pairs, _mm512_permute_ps(pairs, 0x4e));
  }
  template <class Out>
  static void finish_pixel(const ConvRow& row, int x, Sum sum, __m512i order) {
    Vec one[1][1] = {{add({_mm512_permutexvar_ps(order, sum)}, Vec::load(row.layer->bias))}};
    finish<Out, 1, 1>(row, x, 0, one);
  }
};

template <class Out, int kPixels>
static inline __attribute__((always_inline)) void few_block(const ConvRow& row, int x, const char* weights) {
  FewFloats::Sum sums[kPixels];
#pragma GCC unroll 32
  for (int p = 0; p < kPixels; ++p) sums[p] = FewFloats::zero();
  size_t block = static_cast<size_t>(x) * kPixelBytes;
  for (int left = row.layer->steps; left > 0; left -= kSteps, block += row.block_bytes) {
    const int fours = ((left < kSteps ? left : kSteps) + 3) / 4;
    for (int ky = 0; ky < 3; ++ky) {
      for (int kx = 0; kx < 3; ++kx) {
        const char* in = row.in[ky] + block + kx * kPixelBytes;
        for (int four = 0; four < fours; ++four, in += 16, weights += kPixelBytes) {
          const auto w = FewFloats::load(weights);
#pragma GCC unroll 32
          for (int p = 0; p < kPixels; ++p) sums[p] = FewFloats::add_products(sums[p], in + p * kPixelBytes, w);
        }
      }
    }
  }
  // A transposition of 4 x 4 within each quarter would do four pixels at once; this is a hundredth of the time.
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12);
#pragma GCC unroll 32
  for (int p = 0; p < kPixels; ++p) FewFloats::finish_pixel<Out>(row, x + p, FewFloats::add_up(sums[p]), order);
}

// The last block is a narrow one, repeated, and may run past the end.
template <class Out>
static void conv_row_few(const ConvRow& row) {
  constexpr int kNarrow = 4;
  const auto* weights = static_cast<const char*>(row.layer->weights);
  int x = 0;
  for (; x + FewFloats::kPixels <= row.count; x += FewFloats::kPixels)
    few_block<Out, FewFloats::kPixels>(row, x, weights);
  for (; x < row.count; x += kNarrow) few_block<Out, kNarrow>(row, x, weights);
}

}  // namespace vsp::VSP_ISA

#endif
