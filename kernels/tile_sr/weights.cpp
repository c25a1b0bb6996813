#include "tile_sr/weights.hpp"

#include <cmath>
#include <cstring>

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
        group_(build >= TileBuild::avx512 ? 2 * kLanes : kLanes),
        steps_(bf16_ ? (layer.channels_in + 1) / 2 : layer.channels_in) {}

  std::vector<char> pack() {
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
  bool bf16_, few_, patches_, matrix_;
  int group_, steps_;
  std::vector<char> bytes_;
};

}  // namespace

std::vector<char> pack_weights(const Layer& layer, TileBuild build, bool first) {
  return Packer(layer, build, first).pack();
}

}  // namespace vsp
