// TileSR on a band of rows: the job, and the entry of every build.
//
// Activations lie in rows of 64-byte pixels: 16 floats or 32 bf16, one per channel of one pixel, all pixels of a row,
// then the next 16 or 32 channels. A "step" is four bytes of a pixel: one float, a pair of bf16 or four codes of 8
// bits, so that all builds walk memory alike. Codes lie in rows of planes instead, as the input does and what an INT8
// layer makes for the output: one step of all pixels, then the next.
#pragma once

#include <cstddef>

#include "common/plane.hpp"
#include "tile_sr/build.hpp"
#include "tile_sr/network.hpp"

namespace vsp {

constexpr int kPixelBytes = 64;    // one pixel of 16 float or 32 bf16 channels: a cache line
constexpr int kStepBytes = 4;      // one pixel of a plane
constexpr int kSteps = 16;         // steps of four bytes in a pixel
constexpr int kLanes = 16;         // output channels are padded to a multiple of this
constexpr int kCodeGroup = 8;      // channels out that conv_codes.hpp sums together; the last four alone
constexpr int kMostLanes = 16;     // times 16 channels: the widest layer
constexpr int kSlackPixels = 33;   // blocks of pixels may run past the end of a row by less than this
constexpr int kPatchPixels = 4;    // side of the squares that conv_patches.hpp makes at once
constexpr int kPatchFactors = 36;  // products of one of them
constexpr int kMostPatches = 20;
constexpr int kMostScale = 4;
constexpr int kEnlargeReach = 2;    // pixels around one that Catmull-Rom needs to enlarge it
constexpr int kStoreColumns = 96;   // pixels that become output together: two blocks of conv_codes.hpp
constexpr int kTileWeights = 1024;  // bytes of one matrix register: 16 steps x 16 channels

// How a layer's output becomes codes of 8 bits: code = round(gain * value) + zero, and not below round(low) + zero.
struct OutCodes {
  float gain = 1.0f;
  float low = 0.0f;
  int zero = 0;
};

struct TileLayer {
  const void* weights = nullptr;  // packed by weights.cpp
  const float* bias = nullptr;    // padded with zeros to whole lanes, as slope
  const float* slope = nullptr;
  Activation activation = Activation::none;
  int steps = 0;                   // four-byte steps of input per tap: channels in, or pairs or fours of them
  bool integers = false;           // reads codes of 8 bits and sums in integers, from `start`:
  const int32_t* start = nullptr;  // the bias, less what the codes of 0 add
  const float* gain = nullptr;     // of a sum: then it is a value, or, if codes are written, a value times codes.gain
  bool writes_codes = false;       // as the next layer reads them
  OutCodes codes;
  bool small = false;    // an INT8 layer's value, in steps of the codes it writes, always fits an integer
  bool planes = false;   // the output lies in planes: codes, and what an INT8 layer makes for the output
  int channels = 0;      // channels out, as a multiple of four
  bool patched = false;  // made by conv_patches.hpp: four rows at once
  bool few = false;      // weights are packed for at most four channels out (weights.hpp)
  int lanes_out = 0;     // channels out, padded
  int skip = -1;         // see Layer
  bool skip_first = false;
  int ring = 0;          // rows kept, as a ring
  size_t offset = 0;     // of it in the scratch memory
  size_t row_bytes = 0;  // of one row of it
  size_t outside = 0;    // offset of the row that it sees above and below the frame
};

// Of the output as a picture: the input enlarged by Catmull-Rom, plus the network's output, as Merge adds them.
struct TilePicture {
  Line nominal_to_out;
  float gain = 1.0f;        // strength times code values of the output per nominal unit
  Line in_to_out;           // code values of the input to those of the output
  float overshoot = -1.0f;  // negative: no limit
};

struct TileJob {
  Plane in;
  Line in_to_nominal;
  OutPlane out;  // scale times as large; float without `picture`
  const TilePicture* picture = nullptr;
  int scale = 1;
  const TileLayer* layers = nullptr;
  int count = 0;
  int step = 1;               // rows that a layer makes in one go: kPatchPixels where any is made so
  int first = 0, last = 0;    // rows [first, last) of the input are enlarged
  int tile = 0;               // pixels of a row that go through all layers together
  size_t block_bytes = 0;     // from 16 (32) channels of a row of pixels to the next
  size_t plane_bytes = 0;     // from one step of a row of planes to the next
  size_t input_bytes = 0;     // one row of the input as floats; a ring of them starts the scratch memory
  int input_ring = 0;         // rows of it
  size_t zero_offset = 0;     // a row of zeros, which layers that read floats see above and below the frame
  size_t factors_offset = 0;  // memory for conv_patches.hpp
  char* scratch = nullptr;    // zeroed, aligned to 64 bytes
};

// Pixels that a tile of so many layers has on each side, so that a row of planes begins with a cache line.
constexpr int columns_beside(int layers) { return (kPatchPixels * (layers + 1) + kLanes - 1) / kLanes * kLanes; }

#define VSP_DECLARE_TILE_SR(isa)     \
  namespace isa {                    \
  void tile_sr_band(const TileJob&); \
  }
VSP_DECLARE_TILE_SR(scalar)
#if defined(VSP_X86)
VSP_DECLARE_TILE_SR(avx2)
VSP_DECLARE_TILE_SR(avx512)
VSP_DECLARE_TILE_SR(amx)
VSP_DECLARE_TILE_SR(vnni)
#endif

}  // namespace vsp
