// One row of one layer: what the convolutions of all builds are given.
#pragma once

#include "common/half.hpp"
#include "tile_sr/tile_sr_rows.hpp"

namespace vsp::VSP_ISA {

// bfloat16 as bits: the upper half of a float.
struct Bf16 {
  uint16_t bits;
};

// An activation as a code of 8 bits (OutCodes says of what).
struct Code {
  uint8_t number;
};

struct ConvRow {
  const TileLayer* layer;
  const char* in[3];   // the rows above, at and below, at the column left of the first
  const char* skip;    // the row that is added, at the first column; nullptr without a skip connection
  char* out;           // at the first column
  size_t block_bytes;  // from 16 (32) channels of a row of pixels to the next
  size_t in_plane;     // from four codes, or one float, of a row of planes to the next
  size_t out_plane;
  int count;  // pixels; up to kSlackPixels - 1 more may be written
};

// Where 16 channels of a row of pixels start: a block of its own for floats, half of one for bf16.
template <class T>
static inline size_t lane_offset(int lane, size_t block_bytes) {
  const int per_block = kPixelBytes / static_cast<int>(sizeof(T)) / kLanes;
  return lane / kLanes / per_block * block_bytes + lane / kLanes % per_block * kLanes * sizeof(T);
}

}  // namespace vsp::VSP_ISA
