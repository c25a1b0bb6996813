// The first stage of a pass: the picture through the first layer in float32, or an earlier pass's pixels as they are.
// What a warp needs in the next step is on its way from memory while this step is made.
#pragma once

#include "tile_sr/cuda_shape.hpp"
#include "tile_sr/tile_sr.hpp"

namespace vsp::VSP_ISA {

__device__ inline float activated(float value, int activation, float slope) {
  return activation == kRelu ? relu(value) : (activation == kPrelu ? prelu(value, slope) : value);
}

template <class T>
struct Picture {
  Image<T> in;
  float gain, bias;  // code values to nominal ones
};

// Two lanes share a pixel, each for half of the channels.
template <class T>
class Head {
 public:
  __device__ Head(const Picture<T>& picture, const Strip& strip, const Weights& weights, char* shared)
      : picture_(picture), strip_(strip), lanes_(weights.lanes), shared_(shared) {}

  __device__ void fetch(int tile) {
    const int x = strip_.column(tile) + (threadIdx.x & 15), y = strip_.row(tile);
#pragma unroll
    for (int tap = 0; tap < 9; ++tap) {
      const int column = x + tap % 3 - 1, row = y + tap / 3 - 1;
      samples_[tap] = tile < strip_.tiles && strip_.in_frame(column, row)
                          ? through_line(picture_.gain, picture_.bias, to_float(picture_.in.at(column, row)))
                          : 0.0f;
    }
  }

  __device__ void make(int tile, int slot) const {
    constexpr int kShare = kChannels / 2;
    const int pixel = threadIdx.x & 15, from = (threadIdx.x >> 4 & 1) * kShare;
    const bool inside = strip_.in_frame(strip_.column(tile) + pixel, strip_.row(tile));
    char* out = shared_ + slot * kTileBytes;
#pragma unroll
    for (int channel = from; channel < from + kShare; channel += 8) {
      float sum[8];
      convolve(channel, sum);
#pragma unroll
      for (int i = 0; i < 8; ++i)
        sum[i] = inside ? activated(sum[i], activation_of(0), lanes_[kChannels + channel + i]) : 0.0f;
      const uint4 words = {halves_of(sum[0], sum[1]), halves_of(sum[2], sum[3]), halves_of(sum[4], sum[5]),
                           halves_of(sum[6], sum[7])};
      *reinterpret_cast<uint4*>(out + place_of(pixel, channel / 8)) = words;
    }
  }

 private:
  __device__ void convolve(int channel, float (&sum)[8]) const {
    const auto* taps = reinterpret_cast<const float4*>(shared_ + kHeadOffset);
#pragma unroll
    for (int i = 0; i < 8; ++i) sum[i] = lanes_[channel + i];
#pragma unroll
    for (int tap = 0; tap < 9; ++tap) {
      const float4 low = taps[(tap * kChannels + channel) / 4], high = taps[(tap * kChannels + channel) / 4 + 1];
      const float weights[8] = {low.x, low.y, low.z, low.w, high.x, high.y, high.z, high.w};
#pragma unroll
      for (int i = 0; i < 8; ++i) sum[i] += samples_[tap] * weights[i];
    }
  }

  const Picture<T>& picture_;
  const Strip& strip_;
  const float* lanes_;  // biases, then slopes
  char* shared_;
  float samples_[9];
};

// Pixels of an earlier pass: [row][column][channel] halves.
class Reader {
 public:
  __device__ Reader(const char* in, const Strip& strip, char* shared) : in_(in), strip_(strip), shared_(shared) {}

  __device__ void fetch(int tile) {
#pragma unroll
    for (int i = 0; i < kSteps; ++i) {
      const int index = i * 32 + (threadIdx.x & 31), x = strip_.column(tile) + index / kGroups, y = strip_.row(tile);
      const char* place = in_ + (static_cast<long long>(y) * strip_.width + x) * kPixelBytes + index % kGroups * 16;
      held_[i] = uint4{0, 0, 0, 0};
      if (tile < strip_.tiles && strip_.in_frame(x, y)) held_[i] = *reinterpret_cast<const uint4*>(place);
    }
  }

  __device__ void make(int, int slot) const {
#pragma unroll
    for (int i = 0; i < kSteps; ++i) {
      const int index = i * 32 + (threadIdx.x & 31);
      *reinterpret_cast<uint4*>(shared_ + slot * kTileBytes + place_of(index / kGroups, index % kGroups)) = held_[i];
    }
  }

 private:
  const char* in_;
  const Strip& strip_;
  char* shared_;
  uint4 held_[kSteps];
};

}  // namespace vsp::VSP_ISA
