// Warp, one thread for four pixels. README.md has the formula, warp.hpp and warp_pixel.hpp the arithmetic.
// VSP_SAMPLE: type of the samples; VSP_BILINEAR: 1, or 0 for Catmull-Rom.
#include "common/device.hpp"
#include "warp/warp_pixel.hpp"

namespace vsp::portable {

constexpr int kPixels = 4;  // of a thread; a warp of threads apart, so that loads of a warp lie side by side
constexpr int kBlockWidth = 32;

struct WarpPlanes {
  Image<float> dx, dy, confidence;  // confidence.data == nullptr: 1 everywhere
  int width, height, subsampling_w, subsampling_h;
};

template <class T, bool bilinear>
__device__ inline float warped_sample(const Image<T>& in, const WarpPlanes& planes, Displacement dx, Displacement dy,
                                      int x, int y) {
  const auto fetch = [&](int column, int row) { return to_float(in.at(column, row)); };
  const int ix = dx.whole + x, iy = dy.whole + y;
  if (bilinear) return sample_bilinear(fetch, planes.width, planes.height, ix, iy, dx.fraction, dy.fraction);
  return sample_catmull_rom(fetch, planes.width, planes.height, ix, iy, dx.fraction, dy.fraction);
}

template <class T, bool bilinear>
__device__ inline void warp_pixels(const Image<T>& in, const WarpPlanes& planes, const OutImage<T>& out, float peak) {
  const int first = blockIdx.x * kBlockWidth * kPixels + threadIdx.x;
  const int y = blockIdx.y * blockDim.y + threadIdx.y;
  if (y >= planes.height) return;
  const int sw = planes.subsampling_w, sh = planes.subsampling_h;
  const auto at = [](const Image<float>& plane) { return [&plane](int x, int row) { return plane.at(x, row); }; };
  // All displacements first: four pixels' loads are under way together.
  Displacement dx[kPixels], dy[kPixels];
  for (int k = 0; k < kPixels; ++k) {
    const int x = first + k * kBlockWidth;
    if (x >= planes.width) continue;
    dx[k] = displacement_at(at(planes.dx), x, y, sw, sh, sw);
    dy[k] = displacement_at(at(planes.dy), x, y, sw, sh, sh);
  }
  for (int k = 0; k < kPixels; ++k) {
    const int x = first + k * kBlockWidth;
    if (x >= planes.width) continue;
    float value = warped_sample<T, bilinear>(in, planes, dx[k], dy[k], x, y);
    if (planes.confidence.data != nullptr) {
      const auto safe = [&](int column, int row) { return safe_confidence(planes.confidence.at(column, row)); };
      value = trust(to_float(in.at(x, y)), value, mean_of_block(safe, x, y, sw, sh));
    }
    from_float(value, peak, out.row(y)[x]);
  }
}

}  // namespace vsp::portable

// Grid: ceil(width / 128) x ceil(height / blockDim.y) blocks of 32 x any threads.
extern "C" __global__ void warp(const char* in, long long in_stride, const char* dx, long long dx_stride,
                                const char* dy, long long dy_stride, const char* confidence,
                                long long confidence_stride, char* out, long long out_stride, int width, int height,
                                int subsampling_w, int subsampling_h, float peak) {
  using namespace vsp::portable;
  const WarpPlanes planes = {{dx, dx_stride}, {dy, dy_stride}, {confidence, confidence_stride}, width, height,
                             subsampling_w,   subsampling_h};
  warp_pixels<VSP_SAMPLE, VSP_BILINEAR != 0>({in, in_stride}, planes, {out, out_stride}, peak);
}
