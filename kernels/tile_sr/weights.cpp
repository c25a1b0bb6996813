#include "tile_sr/weights.hpp"

#include <cmath>
#include <cstring>

#include "tile_sr/tile_sr_rows.hpp"

namespace vsp {
namespace {

// Rounds to nearest even, as the instructions do for activations.
uint16_t bf16_of(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  if (std::isnan(value)) return static_cast<uint16_t>(bits >> 16 | 0x40);
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

float float_of(uint16_t bf16) {
  const uint32_t bits = static_cast<uint32_t>(bf16) << 16;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

class Packer {
 public:
  Packer(const Layer& layer, TileBuild build, bool first, const std::vector<int>& fine)
      : layer_(layer),
        fine_(fine),
        bf16_(reads_bf16(build, first)),
        few_(packs_few(layer, build, first)),
        matrix_(build == TileBuild::amx && !first),
        group_(build >= TileBuild::avx512 ? 2 * kLanes : kLanes),
        steps_(bf16_ ? (layer.channels_in + 1) / 2 : layer.channels_in) {}

  std::vector<char> pack() {
    const int lanes = padded_lanes(layer_.channels_out);
    for (int lane = 0; lane < lanes;) {
      const int group = lane + group_ <= lanes ? group_ : kLanes;
      for (int block = 0; block < steps_; block += kSteps)
        for (int tap = 0; tap < 9; ++tap) add_tap(lane, group, block, tap);
      for (int tap = 0; tap < 9 && !fine_.empty(); ++tap) add_fine_tap(lane, group, tap);
      lane += group;
    }
    return std::move(bytes_);
  }

 private:
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

  void add_fine_tap(int lane, int group, int tap) {
    const int part = matrix_ ? kLanes : group, steps = matrix_ ? kSteps : static_cast<int>(fine_.size());
    for (int first = lane; first < lane + group; first += part)
      for (int step = 0; step < steps; ++step)
        for (int out = first; out < first + part; ++out) {
          const float value = step < static_cast<int>(fine_.size()) ? weight(out, fine_[step], tap) : 0.0f;
          append(bf16_of(value));
          append(bf16_of(value - float_of(bf16_of(value))));
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
      if (bf16_) {
        append(bf16_of(weight(out, 2 * step, tap)));
        append(bf16_of(weight(out, 2 * step + 1, tap)));
      } else {
        append(weight(out, step, tap));
      }
    }
  }

  float weight(int out, int in, int tap) const {
    if (out >= layer_.channels_out || in >= layer_.channels_in) return 0.0f;
    return layer_.weights[(static_cast<size_t>(out) * layer_.channels_in + in) * 9 + tap];
  }

  template <class T>
  void append(T value) {
    const auto* start = reinterpret_cast<const char*>(&value);
    bytes_.insert(bytes_.end(), start, start + sizeof value);
  }

  const Layer& layer_;
  const std::vector<int>& fine_;
  bool bf16_, few_, matrix_;
  int group_, steps_;
  std::vector<char> bytes_;
};

}  // namespace

std::vector<char> pack_weights(const Layer& layer, TileBuild build, bool first, const std::vector<int>& fine) {
  return Packer(layer, build, first, fine).pack();
}

}  // namespace vsp
