// Rows of the last layer become rows of the output: pixel shuffle, and, for a picture, enlargement, sum, limit,
// rounding.
#pragma once

#include "merge/merge_parts.hpp"
#include "tile_sr/tile.hpp"
#include "warp/warp.hpp"

namespace vsp::VSP_ISA {

// Channel i * scale + j of every pixel goes to column j: one of the `scale` rows, i, that a row of pixels becomes.
template <int scale>
static void shuffle_fixed(const float* __restrict in, int i, int count, float* __restrict out) {
  for (int x = 0; x < count; ++x)
    for (int j = 0; j < scale; ++j) out[x * scale + j] = in[x * kLanes + i * scale + j];
}

static inline void shuffle_row(const float* in, int scale, int i, int count, float* out) {
  switch (scale) {
    case 1:
      return shuffle_fixed<1>(in, i, count, out);
    case 2:
      return shuffle_fixed<2>(in, i, count, out);
    case 3:
      return shuffle_fixed<3>(in, i, count, out);
    default:
      return shuffle_fixed<4>(in, i, count, out);
  }
}

// Where the i-th of `scale` pixels lies among the input's, and its four weights.
struct Phase {
  int first;  // the first of its four pixels, from the pixel it is made of
  float w[4];
  Phase(int i, int scale) {
    const float position = (static_cast<float>(i) + 0.5f) / static_cast<float>(scale) - 0.5f;
    const int whole = position < 0.0f ? -1 : 0;
    first = whole - 1;
    catmull_rom_weights(position - static_cast<float>(whole), w[0], w[1], w[2], w[3]);
  }
};

static void sum_four(const float* __restrict a, const float* __restrict b, const float* __restrict c,
                     const float* __restrict d, const Phase& phase, int count, float* __restrict out) {
  const float w0 = phase.w[0], w1 = phase.w[1], w2 = phase.w[2], w3 = phase.w[3];
  for (int x = 0; x < count; ++x) out[x] = w0 * a[x] + w1 * b[x] + w2 * c[x] + w3 * d[x];
}

template <int scale>
static void interleave(const float (&in)[4][kStoreColumns], int count, float* __restrict out) {
  for (int x = 0; x < count; ++x)
    for (int j = 0; j < scale; ++j) out[x * scale + j] = in[j][x];
}

// Row i of those that row y becomes by Catmull-Rom: columns [first, first + count) enlarged. Outside the frame the
// input is mirrored, as resize does.
static void enlarge_row(const Tile& tile, int y, int i, int first, int count, float* out) {
  const int scale = tile.job.scale, width = tile.job.in.width, height = tile.job.in.height;
  float around[kStoreColumns + 2 * kEnlargeReach], columns[4][kStoreColumns];
  const int left = first - kEnlargeReach, right = first + count + kEnlargeReach;
  const int a = left > 0 ? left : 0, b = right < width ? right : width;
  const Phase down(i, scale);
  const auto row = [&](int k) {
    return reinterpret_cast<const float*>(tile.input_row(mirrored(y + down.first + k, height))) + tile.place(a);
  };
  sum_four(row(0), row(1), row(2), row(3), down, b - a, around + (a - left));
  for (int x = left; x < a; ++x) around[x - left] = around[mirrored(x, width) - left];
  for (int x = b; x < right; ++x) around[x - left] = around[mirrored(x, width) - left];
  for (int j = 0; j < scale; ++j) {
    const Phase across(j, scale);
    const float* in = around + kEnlargeReach + across.first;
    sum_four(in, in + 1, in + 2, in + 3, across, count, columns[j]);
  }
  switch (scale) {
    case 1:
      return interleave<1>(columns, count, out);
    case 2:
      return interleave<2>(columns, count, out);
    case 3:
      return interleave<3>(columns, count, out);
    default:
      return interleave<4>(columns, count, out);
  }
}

// kStoreColumns pixels at a time, so that everything here stays in the first-level cache.
static void store_picture(const Tile& tile, int y, int first, int count, const float* result) {
  const TileJob& job = tile.job;
  const TilePicture& picture = *job.picture;
  const int scale = job.scale, wide = count * scale;
  float scratch[5 * (kStoreColumns + 2)], low[kStoreColumns], high[kStoreColumns];
  float wide_low[kStoreColumns * 4], wide_high[kStoreColumns * 4];
  float values[kStoreColumns * 4], residual[kStoreColumns * 4];
  if (picture.overshoot >= 0.0f) {
    local_extremes(job.in, picture.in_to_out, picture.overshoot, y, first, first + count, scratch, low, high);
    spread(low, count, scale, wide_low);
    spread(high, count, scale, wide_high);
  }
  for (int i = 0; i < scale; ++i) {
    enlarge_row(tile, y, i, first, count, values);
    shuffle_row(result, scale, i, count, residual);
    through_line(picture.nominal_to_out, wide, values);
    add_row(residual, wide, picture.gain, values);
    if (picture.overshoot >= 0.0f) limit_row(wide_low, wide_high, wide, values);
    store_row(job.out, y * scale + i, first * scale, wide, values);
  }
}

static inline void store_result(const Tile& tile, int y, const char* made) {
  const TileJob& job = tile.job;
  const auto* result = reinterpret_cast<const float*>(made + tile.place(tile.left) * kPixelBytes);
  for (int x = tile.left; x < tile.right; x += kStoreColumns, result += kStoreColumns * kLanes) {
    const int count = tile.right - x < kStoreColumns ? tile.right - x : kStoreColumns;
    if (job.picture != nullptr) {
      store_picture(tile, y, x, count, result);
      continue;
    }
    for (int i = 0; i < job.scale; ++i)
      shuffle_row(result, job.scale, i, count, row_at<float>(job.out, y * job.scale + i) + x * job.scale);
  }
}

}  // namespace vsp::VSP_ISA
