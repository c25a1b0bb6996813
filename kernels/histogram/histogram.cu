// The light histogram: every thread counts a column of pixels. README.md says what is counted, histogram.hpp how.
// VSP_SAMPLE: type of the samples. VSP_TABLE: codes, where a table of them fits into shared memory, or 0.
#include "common/device.hpp"
#include "histogram/histogram.hpp"

namespace vsp::portable {

constexpr int kRows = 8;  // pixels of a thread, one below the other

__device__ inline unsigned code_at(const Image<Byte>& plane, int x, int y, unsigned peak) {
  return code_of(static_cast<unsigned>(plane.at(x, y)), peak);
}
__device__ inline unsigned code_at(const Image<Word>& plane, int x, int y, unsigned peak) {
  return code_of(static_cast<unsigned>(plane.at(x, y)), peak);
}
__device__ inline unsigned code_at(const Image<HalfBits>& plane, int x, int y, unsigned) {
  return code_of(half_to_float(plane.at(x, y)));
}
__device__ inline unsigned code_at(const Image<float>& plane, int x, int y, unsigned) {
  return code_of(plane.at(x, y));
}

// A flat picture has one code: lanes with equal codes add once, together. All lanes of a warp call this.
__device__ inline void count(unsigned code, bool counts_here, unsigned* table) {
  const unsigned alike = __match_any_sync(0xffffffffu, counts_here ? code : 0xffffffffu);
  const unsigned lane = threadIdx.x & 31u;
  if (counts_here && (alike & ((1u << lane) - 1u)) == 0) atomicAdd(table + code, static_cast<unsigned>(__popc(alike)));
}

template <class T>
__device__ inline void count_planes(const Image<T> (&rgb)[3], int width, int height, unsigned peak, unsigned* counts,
                                    unsigned* maxima) {
  __shared__ unsigned largest[3];
#if VSP_TABLE
  __shared__ unsigned table[VSP_TABLE];
  for (unsigned i = threadIdx.x; i < VSP_TABLE; i += blockDim.x) table[i] = 0;
#else
  unsigned* table = counts;
#endif
  if (threadIdx.x < 3) largest[threadIdx.x] = 0;
  __syncthreads();
  const int x = blockIdx.x * blockDim.x + threadIdx.x, top = blockIdx.y * kRows;
  unsigned own[3] = {0, 0, 0};
  for (int y = top; y < top + kRows; ++y) {
    const bool inside = x < width && y < height;
    unsigned brightest = 0;
    for (int c = 0; c < 3; ++c) {
      const unsigned code = inside ? code_at(rgb[c], x, y, peak) : 0;
      own[c] = larger(own[c], code);
      brightest = larger(brightest, code);
    }
    count(brightest, inside, table);
  }
  for (int c = 0; c < 3; ++c) atomicMax(largest + c, own[c]);
  __syncthreads();
  if (threadIdx.x < 3) atomicMax(maxima + threadIdx.x, largest[threadIdx.x]);
#if VSP_TABLE
  for (unsigned i = threadIdx.x; i < VSP_TABLE; i += blockDim.x)
    if (table[i] != 0) atomicAdd(counts + i, table[i]);
#endif
}

}  // namespace vsp::portable

// counts and maxima start at zero. Grid: ceil(width / blockDim.x) x ceil(height / 8); blockDim.x a multiple of 32.
extern "C" __global__ void light_histogram(const char* red, long long red_stride, const char* green,
                                           long long green_stride, const char* blue, long long blue_stride, int width,
                                           int height, unsigned peak, unsigned* counts, unsigned* maxima) {
  using namespace vsp::portable;
  const Image<VSP_SAMPLE> rgb[3] = {{red, red_stride}, {green, green_stride}, {blue, blue_stride}};
  count_planes(rgb, width, height, peak, counts, maxima);
}
