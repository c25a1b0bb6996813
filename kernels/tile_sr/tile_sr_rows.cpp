// TileSR on a band of rows, all layers at once. Built once per instruction set.
//
// A tile of columns moves down the band. With every step of input rows, each layer makes as many rows of output, one
// row higher than the layer before it; it needs one row more on both sides of that layer, and only these are kept
// (docs/tile_sr.md has a figure).
#include "common/rows.hpp"
#if defined(__AVX2__)
#include "tile_sr/conv_few.hpp"
#endif
#if defined(VSP_TILE_AMX)
#include "tile_sr/conv_amx.hpp"
#elif defined(VSP_TILE_VNNI)
#include "tile_sr/conv_codes.hpp"
#elif defined(__AVX2__)
#include "tile_sr/conv_patches.hpp"
#else
#include "tile_sr/conv_scalar.hpp"
#endif
#include "tile_sr/store.hpp"
#include "tile_sr/tile.hpp"

namespace vsp::VSP_ISA {
namespace {

#if defined(VSP_TILE_AMX)
using Stored = Bf16;  // what layers hand to each other
#else
using Stored = float;
#endif

template <class In, class Out, int kStride>
void conv_row(const ConvRow& row) {
#if defined(VSP_TILE_AMX)
  if constexpr (sizeof(In) == sizeof(Bf16)) return conv_row_matrix<Out>(row);
#endif
#if defined(__AVX512F__)
  if (row.layer->few) return conv_row_few<Out>(row);
#endif
#if defined(__AVX2__)
  conv_row_vectors<Out, kStride>(row);
#else
  conv_row_scalar<Out, kStride>(row);
#endif
}

#if defined(__AVX2__) && !defined(VSP_TILE_VNNI)

void conv_row_of_codes(const ConvRow&) {}  // these builds run no INT8 networks
void conv_row_to_codes(const ConvRow&, bool) {}

#else

// An INT8 layer.
void conv_row_of_codes(const ConvRow& row) {
#if defined(VSP_TILE_VNNI)
  row.layer->writes_codes ? conv_row_codes<Code>(row) : conv_row_codes<float>(row);
#else
  row.layer->writes_codes ? conv_row_scalar_codes<Code>(row) : conv_row_scalar_codes<float>(row);
#endif
}

// A float layer before an INT8 one; the first of the network reads the picture.
void conv_row_to_codes(const ConvRow& row, bool head) {
#if defined(VSP_TILE_VNNI)
  head ? conv_row_head(row) : conv_row<float, Code, kPixelBytes>(row);
#else
  head ? conv_row<float, Code, kStepBytes>(row) : conv_row<float, Code, kPixelBytes>(row);
#endif
}

#endif

void load_input(const Tile& tile, int y) {
  const TileJob& job = tile.job;
  const Range x = tile.columns(-1);
  float* row = reinterpret_cast<float*>(tile.input_row(y));
  load_row(job.in, y, x.first, x.last - x.first, job.in_to_nominal, row + tile.place(x.first));
  if (x.first == 0) row[tile.place(-1)] = 0.0f;
  if (x.last == job.in.width) row[tile.place(x.last)] = 0.0f;
}

// What the layer after `index` reads where the layer made nothing: a value of 0.
int outside_of(const TileLayer& layer) { return layer.writes_codes ? layer.codes.zero : 0; }

// The pixels beside the frame that the next layer reads; blocks may have written them.
void clear_beside(const Tile& tile, int index, char* row) {
  const TileJob& job = tile.job;
  const TileLayer& layer = job.layers[index];
  const Range x = tile.columns(index);
  const int width = job.in.width, beyond = kPatchPixels - 1 - (width - 1) % kPatchPixels + 1;
  const int bytes = layer.planes ? kStepBytes : kPixelBytes;
  const size_t apart = layer.planes ? job.plane_bytes : job.block_bytes;
  const int count = layer.planes ? layer.channels / kStepBytes : static_cast<int>(layer.row_bytes / job.block_bytes);
  const int nothing = outside_of(layer);
  for (char* start = row; start < row + count * apart; start += apart) {
    if (x.first == 0) std::memset(start + tile.place(-1) * bytes, nothing, bytes);
    if (x.last >= width) std::memset(start + tile.place(width) * bytes, nothing, beyond * bytes);
  }
}

ConvRow conv_row_of(const Tile& tile, int index, int y) {
  const TileJob& job = tile.job;
  const Range x = tile.columns(index);
  ConvRow row = {};
  row.layer = &job.layers[index];
  row.block_bytes = job.block_bytes;
  row.in_plane = row.out_plane = job.plane_bytes;
  row.count = x.last - x.first;
  row.out = tile.layer_row(index, y) + tile.place(x.first) * (row.layer->planes ? kStepBytes : kPixelBytes);
  const int skip = row.layer->skip;
  row.skip = skip < 0 ? nullptr : tile.layer_row(skip, y) + tile.place(x.first) * kPixelBytes;
  return row;
}

// From one pixel to the next of what layer `index` reads.
int bytes_in(const TileJob& job, int index) {
  return index == 0 || job.layers[index].integers ? kStepBytes : kPixelBytes;
}

// The columns from `from` on of the rows that layer `index` reads for its row y.
void set_inputs(const Tile& tile, int index, int y, int from, ConvRow& row) {
  for (int k = 0; k < 3; ++k) {
    const int here = y + k - 1;
    const char* start = tile.outside(here) ? tile.outside_row(index)
                        : index == 0       ? tile.input_row(here)
                                           : tile.layer_row(index - 1, here);
    row.in[k] = start + tile.place(from - 1) * bytes_in(tile.job, index);
  }
}

void make_row(const Tile& tile, int index, int y) {
  const TileJob& job = tile.job;
  const bool head = index == 0, tail = index == job.count - 1;
  ConvRow row = conv_row_of(tile, index, y);
  set_inputs(tile, index, y, tile.columns(index).first, row);
  if (row.layer->integers) return conv_row_of_codes(row);
  if (row.layer->writes_codes) return conv_row_to_codes(row, head);
  if (head && tail) conv_row<float, float, kStepBytes>(row);
  if (head && !tail) conv_row<float, Stored, kStepBytes>(row);
  if (!head && tail) conv_row<Stored, float, kPixelBytes>(row);
  if (!head && !tail) conv_row<Stored, Stored, kPixelBytes>(row);
}

// An INT8 last layer: its row goes into the output piece by piece, so that it never leaves the first-level cache.
void make_output(const Tile& tile, int y) {
  const int index = tile.job.count - 1;
  alignas(kPixelBytes) float planes[kMostScale * kMostScale][kStoreColumns];
  ConvRow row = conv_row_of(tile, index, y);
  row.out = reinterpret_cast<char*>(planes);
  row.out_plane = sizeof planes[0];
  for (int x = tile.left; x < tile.right; x += kStoreColumns) {
    row.count = tile.right - x < kStoreColumns ? tile.right - x : kStoreColumns;
    set_inputs(tile, index, y, x, row);
    conv_row_of_codes(row);
    store_planes(tile, y, x, row.count, planes);
  }
}

#if defined(__AVX2__) && !defined(VSP_TILE_AMX) && !defined(VSP_TILE_VNNI)

void make_four_rows(const Tile& tile, int index, int y) {
  ConvPatches four;
  four.layer = &tile.job.layers[index];
  four.factors = reinterpret_cast<float*>(tile.job.scratch + tile.job.factors_offset);
  for (int k = 0; k < kProducts; ++k) {
    const int from = y + k - 1;
    const char* start = tile.outside(from) ? tile.outside_row(index) : tile.layer_row(index - 1, from);
    four.in[k] = start + tile.place(tile.columns(index).first - 1) * kPixelBytes;
  }
  for (int k = 0; k < kPatch; ++k) four.rows[k] = conv_row_of(tile, index, y + k);
  conv_patches<float>(four);
}

#else

void make_four_rows(const Tile&, int, int) {}  // no layer of this build is patched

#endif

// Rows [y, y + step) of a layer, as far as they are wanted.
void make_rows(const Tile& tile, int index, int y) {
  const TileJob& job = tile.job;
  const Range wanted = tile.rows(index);
  const bool last = index + 1 == job.count;
  if (y >= wanted.last || y + job.step <= wanted.first) return;
  if (job.layers[index].patched) make_four_rows(tile, index, y);
  for (int here = y; here < y + job.step; ++here) {
    if (here < wanted.first || here >= wanted.last) continue;
    if (last && job.layers[index].planes) {
      make_output(tile, here);
      continue;
    }
    if (!job.layers[index].patched) make_row(tile, index, here);
    if (tile.outside(here)) continue;
    char* made = tile.layer_row(index, here);
    if (!last) {
      clear_beside(tile, index, made);
    } else if (here >= job.first && here < job.last) {
      store_result(tile, here, made);
    }
  }
}

void run_tile(const Tile& tile) {
  const TileJob& job = tile.job;
  const Range input = tile.rows(-1);
  const int start = align_down(input.first - kEnlargeReach, job.step, kPatchPixels) - job.step;
  for (int y = start; y - (job.count - 1) < job.last; y += job.step) {
    // Ahead of the first layer by a row, and of the enlargement by two.
    for (int here = y + kEnlargeReach; here < y + job.step + kEnlargeReach; ++here)
      if (here >= input.first && here < input.last) load_input(tile, here);
    for (int index = 0; index < job.count; ++index) make_rows(tile, index, y - index);
  }
}

}  // namespace

void tile_sr_band(const TileJob& job) {
#if defined(VSP_TILE_AMX)
  const MatrixRegisters registers;
#endif
  for (int index = 1; index < job.count; ++index)
    if (job.layers[index].integers)
      std::memset(job.scratch + job.layers[index].outside, outside_of(job.layers[index - 1]),
                  job.layers[index - 1].row_bytes);
  for (int left = 0; left < job.in.width; left += job.tile)
    run_tile(Tile(job, left, left + job.tile < job.in.width ? left + job.tile : job.in.width));
}

}  // namespace vsp::VSP_ISA
