// TileSR: a network made ready for one build, and run on planes.
#pragma once

#include <cstdint>
#include <vector>

#include "tile_sr/network.hpp"
#include "tile_sr/tile_sr_rows.hpp"

namespace vsp {

// Memory that starts at a cache line, zeroed.
class Aligned {
 public:
  explicit Aligned(size_t bytes = 0);
  Aligned(Aligned&&) = default;
  char* data() const { return start_; }

 private:
  std::vector<char> memory_;
  char* start_ = nullptr;
};

class TileSr {
 public:
  TileSr(const Network& network, TileBuild build);
  TileSr(const TileSr&) = delete;
  TileSr& operator=(const TileSr&) = delete;

  int scale() const { return scale_; }
  TileBuild build() const { return build_; }

  // Bytes that run() takes for frames of this width, besides the planes themselves; threads and tile as there.
  size_t memory(int width, int threads = 0, int tile = 0) const;

  // `out` is scale() times as large: the network's output as float32, or, with `picture`, of any samples. The pixels do
  // not depend on `threads` (1 and more: the bands a frame is cut into; 0: as many as there are idle cores) nor on
  // `tile` (columns; 0 chooses by the size of the L2 cache).
  void run(const Plane& in, Line in_to_nominal, const OutPlane& out, int threads = 1, int tile = 0,
           const TilePicture* picture = nullptr) const;

 private:
  int tile_for(int width) const;
  TileJob plan(int tile, std::vector<TileLayer>& layers, size_t& scratch_bytes) const;

  TileBuild build_;
  int scale_ = 1;
  int step_ = 1;  // see TileJob
  std::vector<TileLayer> layers_;
  std::vector<Aligned> weights_;
  std::vector<Aligned> lanes_;  // see pack_lanes
};

}  // namespace vsp
