// Winograd's F(4, 3): four neighbouring outputs of a filter of three taps with six products instead of twelve.
//
//     four outputs = A^T [ (G three taps) * (B^T six inputs) ]      * element by element
//
// Along rows and columns, the 4x4 outputs of a 3x3 filter take 36 products instead of 144.
// S. Winograd, Arithmetic Complexity of Computations, 1980; A. Lavin, S. Gray, "Fast Algorithms for Convolutional
// Neural Networks", CVPR 2016. The interpolation points are 0, 1, -1, 2, -2 and infinity.
#pragma once

#include "common/hd.hpp"

namespace vsp::VSP_ISA {

constexpr int kPatch = 4;     // outputs made at once
constexpr int kProducts = 6;  // what they take, of inputs and of products

// G: row k are the factors of the three taps in the weight of product k.
constexpr double kTapFactors[kProducts][3] = {{1.0 / 4, 0, 0},
                                              {-1.0 / 6, -1.0 / 6, -1.0 / 6},
                                              {-1.0 / 6, 1.0 / 6, -1.0 / 6},
                                              {1.0 / 24, 1.0 / 12, 1.0 / 6},
                                              {1.0 / 24, -1.0 / 12, 1.0 / 6},
                                              {0, 0, 1}};

// B^T. The type's own add(a, b), subtract(a, b) and add_times(sum, a, factor) are used.
template <class Vec>
VSP_HD void factors_of_inputs(const Vec (&d)[kProducts], Vec (&t)[kProducts]) {
  t[0] = add_times(add_times(d[4], d[2], -5.0f), d[0], 4.0f);
  const Vec even = add_times(d[4], d[2], -4.0f), odd = add_times(d[3], d[1], -4.0f);
  t[1] = add(even, odd);
  t[2] = subtract(even, odd);
  const Vec far = subtract(d[4], d[2]), near = subtract(d[3], d[1]);
  t[3] = add_times(far, near, 2.0f);
  t[4] = add_times(far, near, -2.0f);
  t[5] = add_times(add_times(d[5], d[3], -5.0f), d[1], 4.0f);
}

// A^T.
template <class Vec>
VSP_HD void outputs_of_products(const Vec (&m)[kProducts], Vec (&y)[kPatch]) {
  const Vec ones = add(m[1], m[2]), one = subtract(m[1], m[2]);
  const Vec twos = add(m[3], m[4]), two = subtract(m[3], m[4]);
  y[0] = add(m[0], add(ones, twos));
  y[1] = add_times(one, two, 2.0f);
  y[2] = add_times(ones, twos, 4.0f);
  y[3] = add(m[5], add_times(one, two, 8.0f));
}

}  // namespace vsp::VSP_ISA
