// The shape of one pass of TileSR on the GPU: everything the compiler knows before it starts. docs/cuda.md explains it.
//
// A pass runs a few neighbouring layers of a network, all at once: each is a stage, and what a stage hands to the next
// stays in shared memory. A block of threads moves down a strip of the frame; its pixels are numbered in tiles of 16,
// row by row. In every step each stage makes the next kAtOnce tiles, kLag tiles behind the stage before, and keeps no
// more of them than the next stage (or a skip connection) still reads: a ring of about two rows. Columns and rows at
// the rim of a strip that lack neighbours are made with the rest and not used.
//
// Every stage between the first and the last has warps of its own, which keep its weights in registers. The first and
// the last stage are little work: its tiles are dealt out to the same warps, one at most to each in a step.
//
// VSP_STAGES                 stages, the first of which reads the picture (VSP_HEAD 1: as a convolution in float32) or
//                            what an earlier pass made (0)
// VSP_TAIL                   1: the last stage makes the picture; 0: it stores its layer for a later pass
// VSP_INNER                  stages that are neither: kInner below
// VSP_CHANNELS               channels of all layers between, padded: 16 or 32
// VSP_SCALE                  enlargement
// VSP_TILES                  tiles in a row of the strip
// VSP_WARPS, VSP_TURNS       warps of a stage, and tiles that each makes in a step
// VSP_ACTIVATIONS            of every stage: 0 none, 1 ReLU, 2 PReLU
// VSP_SKIPS, VSP_SKIPS_FIRST of every stage: the stage whose output is added or -1; whether before the activation
// VSP_SAMPLE                 samples of the picture
// VSP_PICTURE                1: the output is a picture (README.md), 0: what the network makes, as float
#pragma once

#include "common/tensor.hpp"

namespace vsp::VSP_ISA {

constexpr int kStages = VSP_STAGES, kTiles = VSP_TILES, kChannels = VSP_CHANNELS, kScale = VSP_SCALE;
constexpr int kWarps = VSP_WARPS, kTurns = VSP_TURNS;
constexpr bool kHasHead = VSP_HEAD != 0, kHasTail = VSP_TAIL != 0;

constexpr int kAtOnce = kWarps * kTurns;
constexpr int kLag = kTiles + 1 + kAtOnce;  // a stage needs the tile right below the next of what it makes
constexpr int kHalo = kStages - 1;          // pixels that all stages after the first eat, on each side
constexpr int kStripWidth = 16 * kTiles - 2 * kHalo;
static_assert(kChannels == 16 || kChannels == 32, "other widths need another arrangement of pixels");
static_assert(kStripWidth > 0, "the strip is all rim");

// Stages that turn one layer into the next one with warps of their own.
constexpr int kInner = kStages - 1 - (kHasTail ? 1 : 0);
constexpr int kBlockWarps = kWarps * (kInner > 0 ? kInner : 1);
constexpr int kThreads = 32 * kBlockWarps;
static_assert(kAtOnce <= kBlockWarps, "a warp takes one tile of the first stage and one of the last in a step");

constexpr int kSteps = kChannels / 16;      // of 16 channels in
constexpr int kGroups = kChannels / 8;      // of 8 channels out
constexpr int kPixelBytes = 2 * kChannels;  // halves
constexpr int kTileBytes = 16 * kPixelBytes;
constexpr int kResults = kScale * kScale;  // channels of the last layer
constexpr int kTailGroups = (kResults + 7) / 8;
constexpr int kTailPitch = kResults + 1;           // floats from one pixel's results to the next, off the banks' period
constexpr int kLayerWords = 9 * kSteps * kGroups;  // pairs of registers of a layer's weights, times 32 lanes

enum Activation { kNone, kRelu, kPrelu };

VSP_HD constexpr int activation_of(int stage) {
  constexpr int list[] = {VSP_ACTIVATIONS};
  return list[stage];
}
VSP_HD constexpr int skip_of(int stage) {
  constexpr int list[] = {VSP_SKIPS};
  return list[stage];
}

VSP_HD constexpr bool any_skip() {
  for (int stage = 0; stage < kStages; ++stage)
    if (skip_of(stage) >= 0) return true;
  return false;
}
constexpr bool kAnySkip = any_skip();
VSP_HD constexpr bool skips_first(int stage) {
  constexpr int list[] = {VSP_SKIPS_FIRST};
  return list[stage] != 0;
}

// Tiles kept of a stage's output: from the one being written back to the oldest that is still read.
VSP_HD constexpr int ring_of(int stage) {
  int tiles = 2 * kTiles + 2 + 2 * kAtOnce;
  for (int later = stage + 1; later < kStages; ++later) {
    const int kept = kLag * (later - stage) + kAtOnce;
    if (skip_of(later) == stage && kept > tiles) tiles = kept;
  }
  return tiles;
}
VSP_HD constexpr int ring_offset(int stage) {
  int tiles = 0;
  for (int before = 0; before < stage; ++before) tiles += ring_of(before);
  return tiles * kTileBytes;
}

// Shared memory: the rings (the last stage keeps nothing), the head's weights, the tail's, its results of 16 pixels.
constexpr int kHeadOffset = ring_offset(kStages - 1);
constexpr int kHeadBytes = kHasHead ? 9 * kChannels * 4 : 0;
constexpr int kTailOffset = kHeadOffset + kHeadBytes;
constexpr int kTailBytes = kHasTail ? 9 * kSteps * kTailGroups * 32 * 8 : 0;
constexpr int kResultsOffset = kTailOffset + kTailBytes;
constexpr int kResultBytes = kHasTail ? 16 * kTailPitch * 4 : 0;  // of one warp
constexpr int kSharedBytes = kResultsOffset + kAtOnce * kResultBytes;

// Where eight channels of a pixel of a tile lie. Any eight neighbouring pixels, whatever the first, have the same
// channels in different banks: loads by the tensor cores and stores never wait for each other.
VSP_HD int place_of(int pixel, int group) {
  constexpr int kPixelsPerLine = 128 / kPixelBytes;
  return pixel * kPixelBytes + ((group ^ (pixel / kPixelsPerLine & (kGroups - 1))) << 4);
}

VSP_HD int wrapped(int slot, int ring) { return slot < 0 ? slot + ring : (slot >= ring ? slot - ring : slot); }

// A block's part of the frame, in pixels of the frame.
struct Strip {
  int width, height;                     // of the frame
  int first_x, last_x, first_y, last_y;  // what it makes
  int left, top;                         // where its tiles start: outside of that by the rim
  int tiles;                             // that all stages go through

  __device__ Strip(int frame_width, int frame_height, int band) : width(frame_width), height(frame_height) {
    first_x = blockIdx.x * kStripWidth;
    last_x = first_x + kStripWidth < width ? first_x + kStripWidth : width;
    first_y = blockIdx.y * band;
    last_y = first_y + band < height ? first_y + band : height;
    left = first_x - kHalo;
    top = first_y - kHalo;
    tiles = (last_y - first_y + 2 * kHalo) * kTiles;
  }
  __device__ int column(int tile) const { return left + tile % kTiles * 16; }
  __device__ int row(int tile) const { return top + tile / kTiles; }
  __device__ bool in_frame(int x, int y) const { return x >= 0 && x < width && y >= 0 && y < height; }
  __device__ bool makes(int x, int y) const { return x >= first_x && x < last_x && y >= first_y && y < last_y; }
  __device__ int steps() const { return (tiles + kLag * (kStages - 1) + kAtOnce - 1) / kAtOnce; }
};

// The tiles that one warp of a stage makes, and where they lie in the rings.
struct Turn {
  int tile;  // before the first and after the last one there is nothing to do
  int slot, ring;

  __device__ Turn(int first, int ring_tiles) : tile(first), ring(ring_tiles) {
    slot = first % ring;
    if (slot < 0) slot += ring;
  }
  __device__ void advance(int tiles) {
    tile += tiles;
    slot = wrapped(slot + tiles, ring);
  }
};

struct Weights {
  const uint2* fragments;  // of every convolution by tensor cores: [tap][step][group][lane]
  const float* lanes;      // [stage][bias, slope][channel]
  const float* head;       // [tap][channel]
};

}  // namespace vsp::VSP_ISA
