#include "tile_sr/weights.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>

#include "tile_sr/tile_sr_rows.hpp"
#include "tile_sr/winograd.hpp"

namespace vsp {
namespace {

// Rounds to nearest even, as the instructions do for activations.
uint16_t bf16_of(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  if (std::isnan(value)) return static_cast<uint16_t>(bits >> 16 | 0x40);
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

class Packer {
 public:
  Packer(const Layer& layer, TileBuild build, bool first)
      : layer_(layer),
        bf16_(reads_bf16(build, first)),
        few_(packs_few(layer, build, first)),
        patches_(packs_patches(layer, build, first)),
        matrix_(build == TileBuild::amx && !first),
        codes_(packs_codes(layer, build)),
        group_(build >= TileBuild::avx512 ? 2 * kLanes : kLanes),
        steps_(steps_in(layer, build, first)) {}

  std::vector<char> pack() {
    if (codes_) return pack_codes();
    const int lanes = padded_lanes(layer_.channels_out);
    for (int lane = 0; lane < lanes;) {
      const int group = lane + group_ <= lanes ? group_ : kLanes;
      if (patches_) add_patches(lane, group);
      for (int block = 0; block < steps_ && !patches_; block += kSteps)
        for (int tap = 0; tap < 9; ++tap) add_tap(lane, group, block, tap);
      lane += group;
    }
    return std::move(bytes_);
  }

 private:
  std::vector<char> pack_codes() {
    for (int lane = 0; lane < layer_.channels_out; lane += kCodeGroup) {
      const int group = layer_.channels_out - lane > kCodeGroup / 2 ? kCodeGroup : kCodeGroup / 2;
      for (int tap = 0; tap < 9; ++tap)
        for (int step = 0; step < steps_; ++step) add_step(lane, group, step, tap);
    }
    return std::move(bytes_);
  }

  void add_tap(int lane, int group, int block, int tap) {
    if (few_) return add_few(block, tap);
    if (!matrix_) {
      const int end = block + kSteps < steps_ ? block + kSteps : steps_;
      for (int step = block; step < end; ++step) add_step(lane, group, step, tap);
      return;
    }
    for (int first = lane; first < lane + group; first += kLanes)
      for (int step = block; step < block + kSteps; ++step) add_step(first, kLanes, step, tap);
  }

  void add_patches(int lane, int group) {
    for (const auto& across : portable::kTapFactors)
      for (const auto& down : portable::kTapFactors)
        for (int step = 0; step < steps_; ++step)
          for (int out = lane; out < lane + group; ++out) {
            double sum = 0.0;
            for (int tap = 0; tap < 9; ++tap)
              sum += across[tap % 3] * down[tap / 3] * static_cast<double>(weight(out, step, tap));
            append(static_cast<float>(sum));
          }
  }

  void add_few(int block, int tap) {
    const int end = block + kSteps < steps_ ? block + kSteps : steps_;
    for (int four = block; four < end; four += 4)
      for (int out = 0; out < 4; ++out)
        for (int step = four; step < four + 4; ++step) add_step(out, 1, step, tap);
  }

  void add_step(int lane, int count, int step, int tap) {
    for (int out = lane; out < lane + count; ++out) {
      if (layer_.integers) {
        for (int in = 4 * step; in < 4 * step + 4; ++in) append(code(out, in, tap));
      } else if (bf16_) {
        append(bf16_of(weight(out, 2 * step, tap)));
        append(bf16_of(weight(out, 2 * step + 1, tap)));
      } else {
        append(weight(out, step, tap));
      }
    }
  }

  float weight(int out, int in, int tap) const { return is_padding(out, in) ? 0.0f : layer_.weights[at(out, in, tap)]; }
  int8_t code(int out, int in, int tap) const {
    return is_padding(out, in) ? int8_t{0} : layer_.codes[at(out, in, tap)];
  }

  bool is_padding(int out, int in) const { return out >= layer_.channels_out || in >= layer_.channels_in; }
  size_t at(int out, int in, int tap) const { return (static_cast<size_t>(out) * layer_.channels_in + in) * 9 + tap; }

  template <class T>
  void append(T value) {
    const auto* start = reinterpret_cast<const char*>(&value);
    bytes_.insert(bytes_.end(), start, start + sizeof value);
  }

  const Layer& layer_;
  bool bf16_, few_, patches_, matrix_, codes_;
  int group_, steps_;
  std::vector<char> bytes_;
};

// The sum of a layer's products begins here: its bias in steps of the sum, less what codes of 0 (in_zero) add to it.
int32_t start_of(const Layer& layer, int out) {
  constexpr double kMost = 1 << 30;
  int64_t codes = 0;
  const size_t each = static_cast<size_t>(layer.channels_in) * 9;
  for (size_t i = 0; i < each; ++i) codes += layer.codes[out * each + i];
  const double bias = std::nearbyint(layer.bias[out] / (static_cast<double>(layer.in_step) * layer.steps[out]));
  if (!(std::abs(bias) <= kMost)) throw std::runtime_error("operator Conv with a bias too large for its INT8 weights");
  return static_cast<int32_t>(static_cast<int64_t>(bias) - layer.in_zero * codes);
}

}  // namespace

int steps_in(const Layer& layer, TileBuild build, bool first) {
  const int per_step = layer.integers ? 4 : reads_bf16(build, first) ? 2 : 1;
  return (layer.channels_in + per_step - 1) / per_step;
}

std::vector<char> pack_lanes(const Layer& layer, const Layer* next) {
  const size_t lanes = padded_lanes(layer.channels_out);
  std::vector<char> bytes(4 * lanes * sizeof(float));
  auto* floats = reinterpret_cast<float*>(bytes.data());
  auto* start = reinterpret_cast<int32_t*>(floats + 3 * lanes);
  std::copy(layer.bias.begin(), layer.bias.end(), floats);
  std::copy(layer.slope.begin(), layer.slope.end(), floats + lanes);
  for (int out = 0; out < layer.channels_out && layer.integers; ++out) {
    const double step = static_cast<double>(layer.in_step) * layer.steps[out];
    floats[2 * lanes + out] = static_cast<float>(next != nullptr && next->integers ? step / next->in_step : step);
    start[out] = start_of(layer, out);
  }
  return bytes;
}

std::vector<char> pack_weights(const Layer& layer, TileBuild build, bool first) {
  return Packer(layer, build, first).pack();
}

}  // namespace vsp
