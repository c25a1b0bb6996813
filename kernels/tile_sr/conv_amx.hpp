// AMX: 32 pixels x 32 channels of sums in four matrix registers. A register of activations is 16 pixels as they lie in
// memory (32 bf16 channels each), a register of weights 16 pairs of channels in x 16 channels out.
#pragma once

#include "tile_sr/conv_vector.hpp"

#if defined(VSP_AMX_EMULATION)
#include VSP_AMX_EMULATION  // the intrinsics below in plain C++, for tests on machines without AMX
#endif

namespace vsp::VSP_ISA {

// The shape of the eight matrix registers: 16 rows of 64 bytes each. Loaded once per band, given back after it.
class MatrixRegisters {
 public:
  MatrixRegisters() {
    struct alignas(64) {
      uint8_t palette = 1, start_row = 0, reserved[14] = {};
      uint16_t row_bytes[16] = {};
      uint8_t rows[16] = {};
    } shape;
    for (int i = 0; i < 8; ++i) {
      shape.row_bytes[i] = kPixelBytes;
      shape.rows[i] = kSteps;
    }
    _tile_loadconfig(&shape);
  }
  MatrixRegisters(const MatrixRegisters&) = delete;
  MatrixRegisters& operator=(const MatrixRegisters&) = delete;
  ~MatrixRegisters() { _tile_release(); }
};

// Sums of 32 pixels for one or two groups of 16 channels, left in `sums` as [pixel][channel].
template <int kVectors>
static inline void matrix_sums(const ConvRow& row, int x, const char* weights, float* sums) {
  _tile_zero(0);
  _tile_zero(1);
  if (kVectors == 2) {
    _tile_zero(2);
    _tile_zero(3);
  }
  size_t block = static_cast<size_t>(x) * kPixelBytes;
  for (int left = row.layer->steps; left > 0; left -= kSteps, block += row.block_bytes) {
    for (int ky = 0; ky < 3; ++ky) {
      for (int kx = 0; kx < 3; ++kx, weights += kVectors * kTileWeights) {
        const char* in = row.in[ky] + block + kx * kPixelBytes;
        _tile_loadd(4, in, kPixelBytes);
        _tile_loadd(5, in + 16 * kPixelBytes, kPixelBytes);
        _tile_loadd(6, weights, kPixelBytes);
        _tile_dpbf16ps(0, 4, 6);
        _tile_dpbf16ps(1, 5, 6);
        if (kVectors == 2) {
          _tile_loadd(7, weights + kTileWeights, kPixelBytes);
          _tile_dpbf16ps(2, 4, 7);
          _tile_dpbf16ps(3, 5, 7);
        }
      }
    }
  }
  constexpr int kRowBytes = kVectors * kLanes * sizeof(float);
  _tile_stored(0, sums, kRowBytes);
  _tile_stored(1, sums + 16 * kVectors * kLanes, kRowBytes);
  if (kVectors == 2) {
    _tile_stored(2, sums + kLanes, kRowBytes);
    _tile_stored(3, sums + 16 * kVectors * kLanes + kLanes, kRowBytes);
  }
}

template <class Out, int kVectors>
static inline void matrix_group(const ConvRow& row, int lane, const char* weights) {
  constexpr int kPixels = 4;
  alignas(64) float sums[32 * kVectors * kLanes];
  for (int x = 0; x < row.count; x += 32) {
    matrix_sums<kVectors>(row, x, weights, sums);
    for (int pixel = 0; pixel < 32; pixel += kPixels) {
      Vec few[kPixels][kVectors];
#pragma GCC unroll 4
      for (int p = 0; p < kPixels; ++p)
#pragma GCC unroll 2
        for (int v = 0; v < kVectors; ++v)
          few[p][v] = add(Vec::load(sums + ((pixel + p) * kVectors + v) * kLanes),
                          Vec::load(row.layer->bias + lane + v * kLanes));
      finish<Out, kPixels, kVectors>(row, x + pixel, lane, few);
    }
  }
}

template <class Out>
static void conv_row_matrix(const ConvRow& row) {
  const TileLayer& layer = *row.layer;
  const auto* weights = static_cast<const char*>(layer.weights);
  const size_t group_bytes = static_cast<size_t>((layer.steps + kSteps - 1) / kSteps) * 9 * kTileWeights;
  int lane = 0;
  for (; lane + 2 * kLanes <= layer.lanes_out; lane += 2 * kLanes)
    matrix_group<Out, 2>(row, lane, weights + lane / kLanes * group_bytes);
  for (; lane < layer.lanes_out; lane += kLanes) matrix_group<Out, 1>(row, lane, weights + lane / kLanes * group_bytes);
}

}  // namespace vsp::VSP_ISA
