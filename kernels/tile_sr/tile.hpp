// Which rows and columns every layer makes for a tile, and where they lie in the scratch memory.
#pragma once

#include "common/phases.hpp"
#include "tile_sr/tile_sr_rows.hpp"
#include "warp/warp.hpp"

namespace vsp::VSP_ISA {

struct Range {
  int first, last;
};

// Where the i-th of `scale` pixels lies among the input's, and its four weights.
struct Phase {
  int first = 0;  // the first of its four pixels, from the pixel it is made of
  float w[4] = {};
  Phase() = default;
  Phase(int i, int scale) {
    const float position = (static_cast<float>(i) + 0.5f) / static_cast<float>(scale) - 0.5f;
    const int whole = position < 0.0f ? -1 : 0;
    first = whole - 1;
    catmull_rom_weights(position - static_cast<float>(whole), w[0], w[1], w[2], w[3]);
  }
};

// The largest number up to `value` that is `phase` less than a multiple of `step`.
static inline int align_down(int value, int step, int phase) { return (value + phase) / step * step - phase; }
static inline int align_up(int value, int step, int phase) { return align_down(value + step - 1, step, phase); }

// Columns [left, right) of the band's rows go through all layers together. A layer makes as many rows and columns more
// on all sides as the layers after it eat; what lies outside the frame is zero after every layer, as the padding of
// ONNX's Conv says. Patches are made whole and lie at fixed places of the frame, so that tiles and bands join exactly:
// columns start at multiples of four, rows as many below a multiple of four as there are layers before.
class Tile {
 public:
  const TileJob& job;
  const int left, right;
  Phase phases[kMostScale];  // of the enlargement

  Tile(const TileJob& of, int from, int to)
      : job(of), left(from), right(to), origin_(align_down(from, kPatchPixels, 0) - columns_beside(of.count)) {
    for (int i = 0; i < of.scale; ++i) phases[i] = Phase(i, of.scale);
    Range x = {from, to}, y = {of.first, of.last};
    for (int index = of.count; index >= 0; --index) {
      const int layer = index - 1;
      if (layer >= 0 && of.layers[layer].patched) {
        x = {align_down(x.first, kPatchPixels, 0), align_up(x.last, kPatchPixels, 0)};
        y = {align_down(y.first, kPatchPixels, layer), align_up(y.last, kPatchPixels, layer)};
      }
      if (layer < 0 && of.picture != nullptr) {
        x = widest(x, {from, to}, of.in.width);
        y = widest(y, {of.first, of.last}, of.in.height);
      }
      columns_[index] = x;
      rows_[index] = y;
      x = eaten(x, of.in.width);
      y = eaten(y, of.in.height);
    }
  }

  // What layer `index` makes, -1 being the input; patches may end outside the frame.
  Range columns(int index) const { return columns_[index + 1]; }
  Range rows(int index) const { return rows_[index + 1]; }
  bool outside(int y) const { return y < 0 || y >= job.in.height; }

  // Pixels from the start of a row in memory to frame column x: a multiple of four where x is one.
  int place(int x) const { return x - origin_; }
  // The row that layer `index` sees above and below the frame.
  const char* outside_row(int index) const { return job.scratch + job.layers[index].outside; }
  char* input_row(int y) const { return job.scratch + slot(y, job.input_ring) * job.input_bytes; }
  char* layer_row(int index, int y) const {
    const TileLayer& layer = job.layers[index];
    return job.scratch + layer.offset + slot(y, layer.ring) * layer.row_bytes;
  }

 private:
  static Range eaten(Range made, int size) {
    return {made.first > 0 ? made.first - 1 : 0, made.last < size ? made.last + 1 : size};
  }
  // What both the network and the enlargement of `made` need of the input.
  static Range widest(Range need, Range made, int size) {
    const int first = made.first - kEnlargeReach, last = made.last + kEnlargeReach;
    return {first < need.first ? (first > 0 ? first : 0) : need.first,
            last > need.last ? (last < size ? last : size) : need.last};
  }
  // Rows of a patch may lie above the frame.
  static size_t slot(int y, int ring) { return static_cast<size_t>(y + kPatchPixels * ring) % ring; }

  int origin_;
  Range columns_[kMostLayers + 1], rows_[kMostLayers + 1];
};

}  // namespace vsp::VSP_ISA
