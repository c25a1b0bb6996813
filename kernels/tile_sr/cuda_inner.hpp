// A stage between: one layer by tensor cores. Its weights stay in the registers of its warps; pixels come from the ring
// of the stage before and go to its own.
#pragma once

#include "tile_sr/cuda_source.hpp"

namespace vsp::VSP_ISA {

// A layer's weights as a lane holds them.
struct OwnWeights {
  uint2 word[9][kSteps][kGroups];
  __device__ uint2 at(int tap, int step, int group) const { return word[tap][step][group]; }

  __device__ void load(const uint2* fragments) {
#pragma unroll
    for (int tap = 0; tap < 9; ++tap)
#pragma unroll
      for (int step = 0; step < kSteps; ++step)
#pragma unroll
        for (int group = 0; group < kGroups; ++group)
          word[tap][step][group] = fragments[((tap * kSteps + step) * kGroups + group) * 32 + (threadIdx.x & 31)];
  }
};

// Adds the products of one row of taps to the sums of the tile whose neighbour in this row of pixels is at `slot`.
template <int groups, class LayerWeights>
__device__ inline void add_row_of_taps(const char* rings, int ring, int slot, int ky, const LayerWeights& weights,
                                       float (&sum)[groups][4]) {
  const int pixel = threadIdx.x & 15, half = threadIdx.x >> 4 & 1;
  const int row = wrapped(slot + (ky - 1) * kTiles, ring);
#pragma unroll
  for (int kx = 0; kx < 3; ++kx) {
    const int column = pixel + kx - 1;  // -1 and 16 lie in the tiles beside
    const char* tile = rings + wrapped(row + (column >> 4), ring) * kTileBytes;
#pragma unroll
    for (int step = 0; step < kSteps; ++step) {
      unsigned pixels[4];
      load_matrix(tile + place_of(column & 15, 2 * step + half), pixels);
#pragma unroll
      for (int group = 0; group < groups; ++group) {
        const uint2 pair = weights.at(3 * ky + kx, step, group);
        multiply_add(sum[group], pixels, pair.x, pair.y);
      }
    }
  }
}

class Inner {
 public:
  // `out`: where the last stage of a pass stores its layer.
  __device__ Inner(const Strip& strip, const Weights& weights, char* shared, char* out, int stage)
      : strip_(strip),
        lanes_(weights.lanes + 2 * stage * kChannels),
        in_(shared + ring_offset(stage - 1)),
        added_(skip_of(stage) < 0 ? nullptr : shared + ring_offset(skip_of(stage))),
        kept_(stage == kStages - 1 ? nullptr : shared + ring_offset(stage)),
        out_(out),
        stage_(stage),
        activation_(activation_of(stage)),
        adds_first_(skips_first(stage)) {
    own_.load(weights.fragments + (stage - 1) * kLayerWords * 32);
  }

  __device__ int ring_before() const { return ring_of(stage_ - 1); }
  __device__ int ring() const { return ring_of(stage_); }
  __device__ int ring_of_skip() const { return ring_of(skip_of(stage_) < 0 ? stage_ : skip_of(stage_)); }

  __device__ void make_turns(Turn& from, Turn& to, Turn& skip) const {
    for (int k = 0; k < kTurns; ++k) {
      if (from.tile >= 0 && from.tile < strip_.tiles) make(from, to, skip);
      from.advance(1), to.advance(1), skip.advance(1);
    }
    from.advance(kAtOnce - kTurns), to.advance(kAtOnce - kTurns), skip.advance(kAtOnce - kTurns);
  }

 private:
  __device__ void make(const Turn& from, const Turn& to, const Turn& skip) const {
    const int channel = 2 * (threadIdx.x & 3);
    float sum[kGroups][4];
#pragma unroll
    for (int group = 0; group < kGroups; ++group) {
      sum[group][0] = sum[group][2] = lanes_[8 * group + channel];
      sum[group][1] = sum[group][3] = lanes_[8 * group + channel + 1];
    }
#pragma unroll
    for (int ky = 0; ky < 3; ++ky) add_row_of_taps(in_, from.ring, from.slot, ky, own_, sum);
    const int pixel = threadIdx.x >> 2 & 7;
    finish<0>(sum, pixel, to, skip);
    finish<2>(sum, pixel + 8, to, skip);
  }

  // The sums of one pixel, of which this lane holds two channels in every group.
  template <int from>
  __device__ void finish(const float (&sum)[kGroups][4], int pixel, const Turn& to, const Turn& skip) const {
    const int x = strip_.column(to.tile) + pixel, y = strip_.row(to.tile), lane = threadIdx.x & 3;
    const bool inside = strip_.in_frame(x, y);
    char* stored = out_ + (static_cast<long long>(y) * strip_.width + x) * kPixelBytes;
#pragma unroll
    for (int group = 0; group < kGroups; ++group) {
      const int place = place_of(pixel, group) + 4 * lane;
      float first = sum[group][from], second = sum[group][from + 1];
      const bool adds = kAnySkip && added_ != nullptr;  // a network without skips has no registers for them
      const unsigned other = adds ? *reinterpret_cast<const unsigned*>(added_ + skip.slot * kTileBytes + place) : 0u;
      if (adds && adds_first_) first += lower_half(other), second += upper_half(other);
      activate(8 * group + 2 * lane, first, second);
      if (adds && !adds_first_) first += lower_half(other), second += upper_half(other);
      const unsigned word = inside ? halves_of(first, second) : 0u;  // outside the frame every layer is zero
      if (kept_ != nullptr)
        *reinterpret_cast<unsigned*>(kept_ + to.slot * kTileBytes + place) = word;
      else if (strip_.makes(x, y))
        *reinterpret_cast<unsigned*>(stored + 16 * group + 4 * lane) = word;
    }
  }

  __device__ void activate(int channel, float& first, float& second) const {
    const float* slopes = lanes_ + kChannels + channel;
    first = activated(first, activation_, activation_ == kPrelu ? slopes[0] : 0.0f);
    second = activated(second, activation_, activation_ == kPrelu ? slopes[1] : 0.0f);
  }

  const Strip& strip_;
  const float* lanes_;  // biases, then slopes
  const char *in_, *added_;
  char *kept_, *out_;
  int stage_, activation_;
  bool adds_first_;
  OwnWeights own_;
};

}  // namespace vsp::VSP_ISA
