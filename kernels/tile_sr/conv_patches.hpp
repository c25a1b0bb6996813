// AVX2 and AVX-512, float: four rows of a layer at once by Winograd's products (winograd.hpp), a quarter of the
// multiply-adds. A patch is 4x4 pixels; a block of patches beside each other goes through the steps below while its
// sums stay in registers and its factors in the nearest caches.
#pragma once

#include "tile_sr/conv_vector.hpp"
#include "tile_sr/winograd.hpp"

namespace vsp::VSP_ISA {

static_assert(kPatch == kPatchPixels && kProducts * kProducts == kPatchFactors);

// Four rows of a layer. rows[].in is not used.
struct ConvPatches {
  const TileLayer* layer;
  const char* in[kProducts];  // the row above the first, the four rows, the row below, at the column left of the first
  ConvRow rows[kPatch];
  float* factors;  // memory for them: (kPatchFactors + kProducts) * kMostPatches pixels of 16 channels per 16 channels
};

// Of one channel out.
static inline size_t weight_bytes(const TileLayer& layer) {
  return kPatchFactors * static_cast<size_t>(layer.steps) * 4;
}

// The functions below are not inlined into each other: what one keeps in registers would push the other's sums out.
#define VSP_APART static __attribute__((noinline))

// Sums of products: [product down, or row][patch][channel].
template <int kCount, int kPatches, int kVectors>
using Sums = float[kCount][kPatches][kVectors * Vec::width];

// Six vectors that lie `from` floats apart become six that lie `to` apart.
static inline __attribute__((always_inline)) void factors_of(const float* in, size_t from, float* out, size_t to) {
  Vec d[kProducts], t[kProducts];
  for (int k = 0; k < kProducts; ++k) d[k] = Vec::load(in + k * from);
  factors_of_inputs(d, t);
  for (int k = 0; k < kProducts; ++k) t[k].store(out + k * to);
}

// Along the six rows: [product across][row][16 channels][patch][channel].
template <int kPatches>
VSP_APART void factors_across(const ConvPatches& four, int patch, int blocks, float* factors) {
  const size_t row_floats = static_cast<size_t>(blocks) * kPatches * kLanes;
  for (int row = 0; row < kProducts; ++row) {
    for (int block = 0; block < blocks; ++block) {
      const auto* in = reinterpret_cast<const float*>(four.in[row] + block * four.rows[0].block_bytes) +
                       static_cast<size_t>(patch) * kPatch * kLanes;
      float* out = factors + row * row_floats + block * kPatches * kLanes;
      for (int p = 0; p < kPatches; ++p)
        for (int lane = 0; lane < kLanes; lane += Vec::width)
          factors_of(in + p * kPatch * kLanes + lane, kLanes, out + p * kLanes + lane, kProducts * row_floats);
    }
  }
}

// Down the columns, of one product across: [product down][16 channels][patch][channel].
VSP_APART void factors_down(const float* in, size_t row_floats, float* out) {
  for (size_t i = 0; i < row_floats; i += Vec::width) factors_of(in + i, row_floats, out + i, row_floats);
}

template <int kPatches, int kVectors>
VSP_APART const char* sum_products(const float* factors, int steps, const char* weights,
                                   Sums<kProducts, kPatches, kVectors>& products) {
  for (int k = 0; k < kProducts; ++k) {
    Vec sums[kPatches][kVectors];
#pragma GCC unroll 32
    for (int p = 0; p < kPatches; ++p)
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) sums[p][v] = Vec::zero();
    for (int left = steps; left > 0; left -= kSteps, factors += kPatches * kLanes)
      weights =
          add_tap<kPixelBytes>(reinterpret_cast<const char*>(factors), left < kSteps ? left : kSteps, weights, sums);
#pragma GCC unroll 32
    for (int p = 0; p < kPatches; ++p)
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) sums[p][v].store(products[k][p] + v * Vec::width);
  }
  return weights;
}

template <int kPatches, int kVectors>
VSP_APART void rows_of_products(const Sums<kProducts, kPatches, kVectors>& products,
                                Sums<kPatch, kPatches, kVectors>& rows) {
  for (int i = 0; i < kPatches * kVectors * Vec::width; i += Vec::width) {
    Vec m[kProducts], y[kPatch];
    for (int k = 0; k < kProducts; ++k) m[k] = Vec::load(products[k][0] + i);
    outputs_of_products(m, y);
    for (int r = 0; r < kPatch; ++r) y[r].store(rows[r][0] + i);
  }
}

template <class Out, int kPatches, int kVectors>
VSP_APART void finish_patches(const ConvRow& row, int r, int patch, int lane,
                              const Sums<kPatch, kPatches, kVectors> (&sums)[kProducts]) {
  for (int p = 0; p < kPatches; ++p) {
    Vec pixels[kPatch][kVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      const Vec bias = Vec::load(row.layer->bias + lane + v * Vec::width);
      Vec m[kProducts], y[kPatch];
      for (int k = 0; k < kProducts; ++k) m[k] = Vec::load(sums[k][r][p] + v * Vec::width);
      outputs_of_products(m, y);
      for (int i = 0; i < kPatch; ++i) pixels[i][v] = add(y[i], bias);
    }
    finish<Out, kPatch, kVectors>(row, kPatch * (patch + p), lane, pixels);
  }
}

// What a block makes at once: `kGroups` groups of `kVectors` vectors of channels out. Their sums take turns in the
// registers, and share the factors.
template <int kOfPatches, int kOfVectors, int kOfGroups>
struct Block {
  static constexpr int kPatches = kOfPatches, kVectors = kOfVectors, kGroups = kOfGroups;
  static constexpr int kGroupChannels = kVectors * Vec::width, kChannels = kGroups * kGroupChannels;
};

template <class Out, class Shape>
static void patches_block(const ConvPatches& four, int patch, int lane, const char* weights) {
  constexpr int kPatches = Shape::kPatches, kVectors = Shape::kVectors;
  static_assert(kPatches <= kMostPatches);
  alignas(64) Sums<kProducts, kPatches, kVectors> products;
  alignas(64) Sums<kPatch, kPatches, kVectors> sums[Shape::kGroups][kProducts];
  const char* next[Shape::kGroups];
  for (int g = 0; g < Shape::kGroups; ++g) next[g] = weights + g * Shape::kGroupChannels * weight_bytes(*four.layer);
  const int steps = four.layer->steps, blocks = (steps + kSteps - 1) / kSteps;
  const size_t row_floats = static_cast<size_t>(blocks) * kPatches * kLanes;
  float* down = four.factors + kPatchFactors * row_floats;
  factors_across<kPatches>(four, patch, blocks, four.factors);
  for (int across = 0; across < kProducts; ++across) {
    factors_down(four.factors + across * kProducts * row_floats, row_floats, down);
    for (int g = 0; g < Shape::kGroups; ++g) {
      next[g] = sum_products<kPatches, kVectors>(down, steps, next[g], products);
      rows_of_products<kPatches, kVectors>(products, sums[g][across]);
    }
  }
  for (int g = 0; g < Shape::kGroups; ++g)
    for (int r = 0; r < kPatch; ++r)
      finish_patches<Out, kPatches, kVectors>(four.rows[r], r, patch, lane + g * Shape::kGroupChannels, sums[g]);
}

// All pixels, for channels out from `lane` on, as long as there are enough for a block. Returns where they end.
template <class Out, class Shape>
static int patches_rows(const ConvPatches& four, int lane) {
  constexpr int kPatches = Shape::kPatches, kNarrow = 4;
  const TileLayer& layer = *four.layer;
  const int count = (four.rows[0].count + kPatch - 1) / kPatch;
  for (; lane + Shape::kChannels <= layer.lanes_out; lane += Shape::kChannels) {
    const char* weights = static_cast<const char*>(layer.weights) + lane * weight_bytes(layer);
    int patch = 0;  // the last block is a narrow one, repeated, and may run past the end
    for (; patch + kPatches <= count; patch += kPatches) patches_block<Out, Shape>(four, patch, lane, weights);
    for (; patch < count; patch += kNarrow)
      patches_block<Out, Block<kNarrow, Shape::kVectors, Shape::kGroups>>(four, patch, lane, weights);
  }
  return lane;
}

template <class Out>
static void conv_patches(const ConvPatches& four) {
#if defined(__AVX512F__)
  const int lane = patches_rows<Out, Block<10, 2, 1>>(four, 0);
  patches_rows<Out, Block<14, 1, 1>>(four, lane);
#else
  const int lane = patches_rows<Out, Block<6, 2, 2>>(four, 0);
  patches_rows<Out, Block<6, 2, 1>>(four, lane);
#endif
}

#undef VSP_APART

}  // namespace vsp::VSP_ISA
