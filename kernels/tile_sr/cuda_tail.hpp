// The last stage: the last layer by tensor cores, pixel shuffle, and, for a picture, enlargement, sum, limit, rounding.
#pragma once

#include "merge/merge.hpp"
#include "tile_sr/cuda_inner.hpp"
#include "warp/warp.hpp"

namespace vsp::VSP_ISA {

// Rows and columns outside the frame, mirrored at its edge (as often as a tiny frame takes), as resize does.
VSP_HD int mirrored_index(int i, int size) {
  while (i < 0 || i >= size) i = i < 0 ? -i - 1 : 2 * size - 1 - i;
  return i;
}

struct Output {
  char* data;
  long long stride;
  float gain, bias;  // nominal values to codes of the output
  float strength;    // times codes of the output per nominal unit
  float overshoot;   // negative: no limit
  float peak;
};

// Weights of the four pixels that output pixel `i` of a pixel's `kScale` is made of, and the first one's place among
// the five that reach from two before the pixel to two after it.
VSP_HD int phase_of(int i, float (&w)[4]) {
  const float position = (static_cast<float>(i) + 0.5f) / static_cast<float>(kScale) - 0.5f;
  const int whole = position < 0.0f ? -1 : 0;
  catmull_rom_weights(position - static_cast<float>(whole), w[0], w[1], w[2], w[3]);
  return whole + 1;
}

// The last layer's weights, which no warp keeps for itself.
struct SharedWeights {
  const uint2* fragments;
  __device__ uint2 at(int tap, int step, int group) const {
    return fragments[((tap * kSteps + step) * kTailGroups + group) * 32 + (threadIdx.x & 31)];
  }
};

template <class T>
struct Tail {
  const Picture<T>& picture;
  const Strip& strip;
  const Output& output;
  const float* lanes;  // biases, then slopes
  char* shared;
  float* results;  // of 16 pixels, this warp's own

  __device__ void make(const Turn& from) const {
    const SharedWeights own = {reinterpret_cast<const uint2*>(shared + kTailOffset)};
    const int lane = threadIdx.x & 31, pixel = lane >> 2, channel = 2 * (lane & 3);
    const char* before = shared + ring_offset(kStages - 2);
    // A sum for each row of taps: few groups make long chains of products that wait for each other.
    float sum[3][kTailGroups][4];
#pragma unroll
    for (int ky = 0; ky < 3; ++ky) {
#pragma unroll
      for (int group = 0; group < kTailGroups; ++group)
        for (int i = 0; i < 4; ++i) sum[ky][group][i] = 0.0f;
      add_row_of_taps(before, from.ring, from.slot, ky, own, sum[ky]);
    }
#pragma unroll
    for (int group = 0; group < kTailGroups; ++group)
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const int result = 8 * group + channel + i % 2;
        if (result < kResults)
          results[(pixel + 8 * (i / 2)) * kTailPitch + result] =
              activated(lanes[result] + sum[0][group][i] + sum[1][group][i] + sum[2][group][i],
                        activation_of(kStages - 1), lanes[kChannels + result]);
      }
    __syncwarp();
    const int x = strip.column(from.tile) + (lane & 15), y = strip.row(from.tile);
    if (lane < 16 && strip.makes(x, y)) store(x, y, results + lane * kTailPitch);
    __syncwarp();
  }

  __device__ void store(int x, int y, const float* result) const {
#if VSP_PICTURE
    store_picture(x, y, result);
#else
#pragma unroll
    for (int i = 0; i < kScale; ++i)
#pragma unroll
      for (int j = 0; j < kScale; ++j)
        OutImage<float>{output.data, output.stride}.row(y * kScale + i)[x * kScale + j] = result[i * kScale + j];
#endif
  }

  __device__ void store_picture(int x, int y, const float* result) const {
    float around[5][5];  // code values
#pragma unroll
    for (int j = 0; j < 5; ++j) {
      const T* row = picture.in.row(mirrored_index(y + j - 2, strip.height));
#pragma unroll
      for (int i = 0; i < 5; ++i) around[j][i] = to_float(row[mirrored_index(x + i - 2, strip.width)]);
    }
    float lo = kInfinity, hi = -kInfinity;
#pragma unroll
    for (int i = 0; i < 9; ++i) {
      const float sample = around[1 + i / 3][1 + i % 3];
      lo = sample < lo ? sample : lo;
      hi = sample > hi ? sample : hi;
    }
    widen(lo, hi, output.overshoot);
#pragma unroll
    for (int j = 0; j < 5; ++j)
#pragma unroll
      for (int i = 0; i < 5; ++i) around[j][i] = through_line(picture.gain, picture.bias, around[j][i]);
#pragma unroll
    for (int i = 0; i < kScale; ++i) {
      float down[4], column[5];
      const int top = phase_of(i, down);
#pragma unroll
      for (int k = 0; k < 5; ++k)
        column[k] = down[0] * around[top][k] + down[1] * around[top + 1][k] + down[2] * around[top + 2][k] +
                    down[3] * around[top + 3][k];
      T* row = OutImage<T>{output.data, output.stride}.row(y * kScale + i) + x * kScale;
#pragma unroll
      for (int j = 0; j < kScale; ++j) {
        float across[4];
        const int left = phase_of(j, across);
        const float enlarged = across[0] * column[left] + across[1] * column[left + 1] + across[2] * column[left + 2] +
                               across[3] * column[left + 3];
        float value = through_line(output.gain, output.bias, enlarged);
        value = add_residual(value, result[i * kScale + j], output.strength);
        if (output.overshoot >= 0.0f) value = limit(value, lo, hi);
        from_float(value, output.peak, row[j]);
      }
    }
  }
};

}  // namespace vsp::VSP_ISA
