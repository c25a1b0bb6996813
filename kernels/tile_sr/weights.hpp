// Weights in the order in which the builds read them.
#pragma once

#include <vector>

#include "tile_sr/build.hpp"
#include "tile_sr/network.hpp"

namespace vsp {

inline int padded_lanes(int channels) { return (channels + 15) / 16 * 16; }

// Whether the layer reads bf16: all but the first do in the bf16 builds. The first reads the picture itself, which bf16
// would round to 8 bits.
inline bool reads_bf16(TileBuild build, bool first) { return is_bf16(build) && !first; }

// Whether the layer has its own packing for at most four channels out: [16 steps][tap][4 steps][channel out][step].
inline bool packs_few(const Layer& layer, TileBuild build, bool first) {
  return layer.channels_out <= 4 && !first && !layer.integers &&
         (build == TileBuild::avx512 || build == TileBuild::vnni);
}

// Whether the layer multiplies codes in vectors of pixels (conv_codes.hpp). Its packing: [group of 8 or 4 channels
// out][tap][step][channel out].
inline bool packs_codes(const Layer& layer, TileBuild build) { return layer.integers && build == TileBuild::vnni; }

// Whether the layer is made by Winograd's products (winograd.hpp).
inline bool packs_patches(const Layer& layer, TileBuild build, bool first) {
  return (build == TileBuild::avx2 || build == TileBuild::avx512) && !first && !packs_few(layer, build, first);
}

// [group of 32 or 16 channels out][16 steps][tap][step][channel out], a step being one float, a pair of bf16 or four
// codes. AMX has
// its matrix registers instead: [group][16 steps][tap][16 channels out][step][channel out], steps padded to 16.
// Winograd's products: [group of 32 or 16 channels out][product across][product down][step][channel out].
std::vector<char> pack_weights(const Layer& layer, TileBuild build, bool first);

// Four-byte steps of input per tap.
int steps_in(const Layer& layer, TileBuild build, bool first);

// What every channel out has besides weights, padded with zeros to whole lanes: bias, slope, gain (float) and start
// (int32) one after the other. `next` is the layer that reads the output, or nullptr.
std::vector<char> pack_lanes(const Layer& layer, const Layer* next);

}  // namespace vsp
