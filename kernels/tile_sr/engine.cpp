#include "tile_sr/engine.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <thread>

#include "tile_sr/weights.hpp"

namespace vsp {
namespace {

// What a tile's rows of all layers may take, so that they and the weights stay in the second-level cache (1 to 2 MiB).
constexpr size_t kCacheBytes = 640 * 1024;
// A narrow tile repeats the columns that tiles share. Only the matrix registers are fast enough to be kept waiting by
// the third-level cache; the other builds take wider tiles and lose nothing by it (docs/tile_sr.md).
constexpr int kSmallestTile = 640, kSmallestMatrixTile = 64;
constexpr int kSmallestBand = 32;  // rows; the layers' overlap would cost more than a further thread gives

// To whole cache lines of planes.
size_t round_up(size_t pixels) { return (pixels + kLanes - 1) / kLanes * kLanes; }

// Memory of a row of a layer in blocks: of 16 floats, 32 bf16 or 64 codes. The last layer's are floats.
size_t row_blocks(const TileLayer& layer, TileBuild build, bool last) {
  const int per_block = layer.writes_codes ? 64 : is_bf16(build) && !last ? 32 : 16;
  return static_cast<size_t>((layer.lanes_out + per_block - 1) / per_block);
}

void run_band(const TileJob& job, TileBuild build) {
#if defined(VSP_X86)
  switch (build) {
    case TileBuild::avx2:
      return avx2::tile_sr_band(job);
    case TileBuild::avx512:
      return avx512::tile_sr_band(job);
    case TileBuild::amx:
      return amx::tile_sr_band(job);
    case TileBuild::vnni:
      return vnni::tile_sr_band(job);
    default:
      break;
  }
#endif
  (void)build;
  scalar::tile_sr_band(job);
}

Aligned aligned(const std::vector<char>& bytes) {
  Aligned copy(bytes.size());
  std::memcpy(copy.data(), bytes.data(), bytes.size());
  return copy;
}

// What `layer` makes as the codes that `next` reads. The lowest is that of 0 where Relu lets nothing pass below.
OutCodes codes_of(const Layer& layer, const Layer& next) {
  const float lowest = static_cast<float>(-next.in_zero);
  return {1.0f / next.in_step, layer.activation == Activation::relu ? 0.0f : lowest, next.in_zero};
}

// Whether every value of an INT8 layer, whatever the sum of 32 bits, is far below 2^31.
bool is_small(const TileLayer& layer) {
  for (int lane = 0; lane < layer.lanes_out; ++lane)
    if (!(layer.gain[lane] < 0.5f) || !(layer.gain[lane] * std::abs(layer.slope[lane]) < 0.5f)) return false;
  return true;
}

// Cores that no frame of any TileSR works on. A frame takes one in any case (VapourSynth gave it a thread) and more
// only while there are idle ones, so that many frames in flight do not oversubscribe the machine.
std::atomic<int>& idle_cores() {
  static std::atomic<int> idle{static_cast<int>(std::max(1u, std::thread::hardware_concurrency()))};
  return idle;
}

class Cores {
 public:
  explicit Cores(int wanted) {
    int idle = idle_cores().load();
    do {
      count_ = std::max(1, std::min(wanted, idle));
    } while (!idle_cores().compare_exchange_weak(idle, idle - count_));
  }
  Cores(const Cores&) = delete;
  Cores& operator=(const Cores&) = delete;
  ~Cores() { idle_cores() += count_; }
  int count() const { return count_; }

 private:
  int count_ = 1;
};

}  // namespace

Aligned::Aligned(size_t bytes) : memory_(bytes + kPixelBytes) {
  const auto address = reinterpret_cast<uintptr_t>(memory_.data());
  start_ = memory_.data() + (kPixelBytes - address % kPixelBytes) % kPixelBytes;
}

TileSr::TileSr(const Network& network, TileBuild build) : build_(build), scale_(network.scale) {
  for (size_t i = 0; i < network.layers.size(); ++i) {
    const Layer& given = network.layers[i];
    const bool first = i == 0;
    const Layer* next = i + 1 < network.layers.size() ? &network.layers[i + 1] : nullptr;
    weights_.push_back(aligned(pack_weights(given, build, first)));
    lanes_.push_back(aligned(pack_lanes(given, next)));
    TileLayer layer;
    layer.lanes_out = padded_lanes(given.channels_out);
    layer.weights = weights_.back().data();
    layer.bias = reinterpret_cast<const float*>(lanes_.back().data());
    layer.slope = layer.bias + layer.lanes_out;
    layer.gain = layer.slope + layer.lanes_out;
    layer.start = reinterpret_cast<const int32_t*>(layer.gain + layer.lanes_out);
    layer.activation = given.activation;
    layer.steps = steps_in(given, build, first);
    layer.integers = given.integers;
    layer.writes_codes = next != nullptr && next->integers;
    layer.planes = layer.writes_codes || (given.integers && next == nullptr);
    layer.channels = (given.channels_out + 3) / 4 * 4;
    if (layer.writes_codes) layer.codes = codes_of(given, *next);
    layer.small = layer.integers && is_small(layer);
    layer.few = packs_few(given, build, first);
    layer.patched = packs_patches(given, build, first);
    layer.skip = given.skip;
    layer.skip_first = given.skip_first;
    layers_.push_back(layer);
  }
  for (const TileLayer& layer : layers_)
    if (layer.patched) step_ = kPatchPixels;
  const int count = static_cast<int>(layers_.size());
  for (int i = 0; i < count; ++i) layers_[i].ring = i + 1 < count ? step_ + 2 : step_;
  for (int i = 0; i < count; ++i)
    if (const int skip = layers_[i].skip; skip >= 0)
      layers_[skip].ring = std::max(layers_[skip].ring, i - skip + step_);
}

int TileSr::tile_for(int width) const {
  size_t column = 0, weights = 0;
  for (size_t i = 0; i < layers_.size(); ++i) {
    const TileLayer& layer = layers_[i];
    column += row_blocks(layer, build_, i + 1 == layers_.size()) * layer.ring * kPixelBytes;
    weights = std::max(weights, static_cast<size_t>(layer.lanes_out) * layer.steps * 9 * 4);
  }
  const size_t budget = kCacheBytes > 2 * weights ? kCacheBytes - weights : kCacheBytes / 2;
  const int most = static_cast<int>(budget / column) - 2 * static_cast<int>(layers_.size());
  const int side = std::max(build_ == TileBuild::amx ? kSmallestMatrixTile : kSmallestTile, most);
  const int tiles = (width + side - 1) / side;
  return (width + tiles - 1) / tiles;  // tiles of equal width
}

TileJob TileSr::plan(int tile, std::vector<TileLayer>& layers, size_t& scratch_bytes) const {
  TileJob job;
  job.scale = scale_;
  job.count = static_cast<int>(layers.size());
  job.step = step_;
  job.tile = tile;
  job.block_bytes = round_up(static_cast<size_t>(tile) + 2 * columns_beside(job.count) + kSlackPixels) * kPixelBytes;
  job.plane_bytes = job.block_bytes / kSteps;
  job.input_bytes = job.plane_bytes;
  job.input_ring = step_ + job.count + 2 * kEnlargeReach;
  size_t next = job.input_ring * job.input_bytes, widest = job.input_bytes, factors = 0;
  const auto take = [&](size_t bytes) {
    next += bytes;
    return next - bytes;
  };
  for (int i = 0; i < job.count; ++i) {
    TileLayer& layer = layers[i];
    const size_t blocks = row_blocks(layer, build_, i + 1 == job.count);
    layer.row_bytes = blocks * job.block_bytes;
    layer.offset = take(layer.ring * layer.row_bytes);
    widest = std::max(widest, layer.row_bytes);
    if (layer.patched) factors = std::max(factors, static_cast<size_t>((layer.steps + kSteps - 1) / kSteps));
  }
  job.zero_offset = take(widest);
  for (int i = 0; i < job.count; ++i)
    layers[i].outside = layers[i].integers ? take(layers[i - 1].row_bytes) : job.zero_offset;
  job.factors_offset = take(factors * (kPatchFactors + 6) * kMostPatches * kPixelBytes);
  scratch_bytes = next;
  job.layers = layers.data();
  return job;
}

size_t TileSr::memory(int width, int threads, int tile) const {
  std::vector<TileLayer> layers = layers_;
  size_t scratch_bytes = 0;
  plan(tile > 0 ? std::min(tile, width) : tile_for(width), layers, scratch_bytes);
  return scratch_bytes *
         (threads > 0 ? static_cast<size_t>(threads) : std::max(1u, std::thread::hardware_concurrency()));
}

void TileSr::run(const Plane& in, Line in_to_nominal, const OutPlane& out, int threads, int tile,
                 const TilePicture* picture) const {
  std::vector<TileLayer> layers = layers_;
  size_t scratch_bytes = 0;
  TileJob job = plan(tile > 0 ? std::min(tile, in.width) : tile_for(in.width), layers, scratch_bytes);
  job.in = in;
  job.in_to_nominal = in_to_nominal;
  job.out = out;
  job.picture = picture;
  const int most = threads > 0 ? threads : static_cast<int>(std::thread::hardware_concurrency());
  const Cores cores(std::min(most, std::max(1, in.height / kSmallestBand)));
  const int bands = threads > 0 ? std::min(threads, in.height) : cores.count();
  std::vector<Aligned> scratch;  // taken here, so that a lack of memory is an error of this frame
  for (int index = 0; index < bands; ++index) scratch.emplace_back(scratch_bytes);
  const auto band = [&](int index) {
    TileJob own = job;
    own.scratch = scratch[index].data();
    own.first = static_cast<int>(static_cast<int64_t>(in.height) * index / bands);
    own.last = static_cast<int>(static_cast<int64_t>(in.height) * (index + 1) / bands);
    run_band(own, build_);
  };
  std::vector<std::jthread> helpers;
  for (int index = 1; index < bands; ++index) helpers.emplace_back(band, index);
  band(0);
}

}  // namespace vsp
