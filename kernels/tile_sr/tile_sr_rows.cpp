// TileSR on a band of rows, all layers at once. Built once per instruction set.
//
// A tile of columns moves down the band. With every row of input, each layer makes one row of output, one row higher
// than the layer before it; it needs three rows of that layer, which is all that is kept (README.md has a figure).
#include "common/rows.hpp"
#if defined(VSP_TILE_AMX)
#include "tile_sr/conv_amx.hpp"
#elif defined(__AVX2__)
#include "tile_sr/conv_vector.hpp"
#else
#include "tile_sr/conv_scalar.hpp"
#endif

namespace vsp::VSP_ISA {
namespace {

#if defined(__AVX512BF16__)
using Stored = Bf16;  // what layers hand to each other
#else
using Stored = float;
#endif

template <class In, class Out, int kStride>
void conv_row(const ConvRow& row) {
#if defined(VSP_TILE_AMX)
  if constexpr (sizeof(In) == sizeof(Bf16)) return conv_row_matrix<Out>(row);
#endif
#if defined(__AVX2__)
  conv_row_vectors<In, Out, kStride>(row);
#else
  conv_row_scalar<Out, kStride>(row);
#endif
}

// Columns [left, right) of the frame go through all layers together. A layer makes as many more on both sides as the
// layers after it eat; what lies outside the frame is zero after every layer, as the padding of ONNX's Conv says.
struct Tile {
  const TileJob& job;
  int left, right;

  int reach(int layer) const { return job.count - 1 - layer; }
  int first_column(int layer) const { return left - reach(layer) > 0 ? left - reach(layer) : 0; }
  int last_column(int layer) const { return right + reach(layer) < job.in.width ? right + reach(layer) : job.in.width; }
  bool makes_row(int layer, int y) const {
    return y >= job.first - reach(layer) && y < job.last + reach(layer) && y >= 0 && y < job.in.height;
  }
  // Pixels from the start of a row in memory to frame column x.
  int place(int x) const { return x - left + job.count + 1; }

  char* input_row(int y) const { return job.scratch + static_cast<size_t>(y % 3) * job.input_bytes; }
  char* layer_row(int index, int y) const {
    const TileLayer& layer = job.layers[index];
    return job.scratch + layer.offset + static_cast<size_t>(y % layer.ring) * layer.row_bytes;
  }
};

void load_input(const Tile& tile, int y) {
  const TileJob& job = tile.job;
  const int a = tile.first_column(-1), b = tile.last_column(-1);
  float* row = reinterpret_cast<float*>(tile.input_row(y));
  load_row(job.in, y, a, b - a, job.in_to_nominal, row + tile.place(a));
  if (a == 0) row[tile.place(-1)] = 0.0f;
  if (b == job.in.width) row[tile.place(b)] = 0.0f;
}

// The pixels beside the frame, which blocks may have written.
void clear_beside(const Tile& tile, int index, char* row) {
  const TileJob& job = tile.job;
  const int a = tile.first_column(index), b = tile.last_column(index);
  const size_t rows_blocks = job.layers[index].row_bytes / job.block_bytes;
  for (size_t block = 0; block < rows_blocks; ++block) {
    char* start = row + block * job.block_bytes;
    if (a == 0) std::memset(start + tile.place(-1) * kPixelBytes, 0, kPixelBytes);
    if (b == job.in.width) std::memset(start + tile.place(b) * kPixelBytes, 0, kPixelBytes);
  }
}

// The last layer's channels are the output pixels' positions: channel i * scale + j goes to row i, column j.
template <int scale>
void shuffle_fixed(const Tile& tile, int y, const char* result) {
  const TileJob& job = tile.job;
  for (int i = 0; i < scale; ++i) {
    float* out = row_at<float>(job.out, y * scale + i) + static_cast<ptrdiff_t>(tile.left) * scale;
    const char* in = result + tile.place(tile.left) * kPixelBytes + i * scale * sizeof(float);
    for (int x = tile.left; x < tile.right; ++x, in += kPixelBytes, out += scale)
      std::memcpy(out, in, scale * sizeof(float));
  }
}

void shuffle(const Tile& tile, int y, const char* result) {
  switch (tile.job.scale) {
    case 1:
      return shuffle_fixed<1>(tile, y, result);
    case 2:
      return shuffle_fixed<2>(tile, y, result);
    case 3:
      return shuffle_fixed<3>(tile, y, result);
    default:
      return shuffle_fixed<4>(tile, y, result);
  }
}

void make_row(const Tile& tile, int index, int y) {
  const TileJob& job = tile.job;
  const bool head = index == 0, tail = index == job.count - 1;
  const int a = tile.first_column(index), b = tile.last_column(index);
  const int stride = head ? static_cast<int>(sizeof(float)) : kPixelBytes;
  ConvRow row;
  row.layer = &job.layers[index];
  row.block_bytes = job.block_bytes;
  row.count = b - a;
  for (int k = 0; k < 3; ++k) {
    const int from = y + k - 1;
    const bool outside = from < 0 || from >= job.in.height;
    const char* start = outside ? job.scratch + job.zero_offset
                        : head  ? tile.input_row(from)
                                : tile.layer_row(index - 1, from);
    row.in[k] = start + tile.place(a - 1) * stride;
  }
  char* out = tail ? job.scratch + job.result_offset : tile.layer_row(index, y);
  row.out = out + tile.place(a) * kPixelBytes;
  const int skip = row.layer->skip;
  row.skip = skip < 0 ? nullptr : tile.layer_row(skip, y) + tile.place(a) * kPixelBytes;
  if (head && tail) conv_row<float, float, sizeof(float)>(row);
  if (head && !tail) conv_row<float, Stored, sizeof(float)>(row);
  if (!head && tail) conv_row<Stored, float, kPixelBytes>(row);
  if (!head && !tail) conv_row<Stored, Stored, kPixelBytes>(row);
  tail ? shuffle(tile, y, out) : clear_beside(tile, index, out);
}

void run_tile(const Tile& tile) {
  const TileJob& job = tile.job;
  const int delay = job.count - 1;
  for (int t = job.first - delay - 2; t < job.last + delay; ++t) {
    if (tile.makes_row(-1, t + 1)) load_input(tile, t + 1);
    for (int index = 0; index < job.count; ++index)
      if (tile.makes_row(index, t - index)) make_row(tile, index, t - index);
  }
}

}  // namespace

void tile_sr_band(const TileJob& job) {
#if defined(VSP_TILE_AMX)
  const MatrixRegisters registers;
#endif
  for (int left = 0; left < job.in.width; left += job.tile) {
    const int right = left + job.tile < job.in.width ? left + job.tile : job.in.width;
    run_tile({job, left, right});
  }
}

}  // namespace vsp::VSP_ISA
