// Warp, row by row in chunks. Built once per instruction set. The scalar build calls the definition in warp.hpp for
// every pixel; the others do the same sums in the same order, so that their output is the same to the last bit.
#include "warp/warp_rows.hpp"

#include "common/rows.hpp"
#include "warp/warp.hpp"

namespace vsp::VSP_ISA {
namespace {

constexpr int kChunk = 64;  // pixels; small enough that all scratch stays in the first-level cache

struct Chunk {
  alignas(64) float fx[kChunk], fy[kChunk];  // fractions of the position
  alignas(64) int ix[kChunk], iy[kChunk];    // its integer part
  alignas(64) float confidence[kChunk];
  alignas(64) float original[kChunk], out[kChunk];
};

using Clean = float (*)(float);

// Mean of a flow plane over the block of pixels that one sample of a subsampled plane covers.
template <Clean clean>
inline void block_mean(const Plane& flow, int x, int y, int count, int shift_w, int shift_h, float* __restrict out) {
  const int block_w = 1 << shift_w, block_h = 1 << shift_h;
  const float* first = row_at<const float>(flow, y << shift_h);
  if (shift_w == 0 && shift_h == 0) {
    for (int i = 0; i < count; ++i) out[i] = clean(first[x + i]);
    return;
  }
  const float share = 1.0f / static_cast<float>(block_w * block_h);
  for (int i = 0; i < count; ++i) {
    float sum = 0.0f;
    for (int by = 0; by < block_h; ++by)
      for (int bx = 0; bx < block_w; ++bx)
        sum += clean(row_at<const float>(flow, (y << shift_h) + by)[((x + i) << shift_w) + bx]);
    out[i] = sum * share;
  }
}

// Splits the displacement, not the position: x + 0.3 keeps few bits of 0.3 when x is in the thousands.
inline void split(const float* __restrict displacement, int count, float scale, float* __restrict fraction,
                  int* __restrict whole) {
  for (int i = 0; i < count; ++i) {
    const float d = displacement[i] * scale;
    const int floored = floor_to_int(d);
    fraction[i] = d - static_cast<float>(floored);
    whole[i] = floored;
  }
}

void read_flow(const WarpJob& job, int x, int y, int count, Chunk& chunk) {
  const int sw = job.subsampling_w, sh = job.subsampling_h;
  alignas(64) float displacement[kChunk];
  block_mean<safe_displacement>(job.dx, x, y, count, sw, sh, displacement);
  split(displacement, count, 1.0f / static_cast<float>(1 << sw), chunk.fx, chunk.ix);
  block_mean<safe_displacement>(job.dy, x, y, count, sw, sh, displacement);
  split(displacement, count, 1.0f / static_cast<float>(1 << sh), chunk.fy, chunk.iy);
  for (int i = 0; i < count; ++i) {
    chunk.ix[i] += x + i;
    chunk.iy[i] += y;
  }
  if (job.confidence.data != nullptr)
    block_mean<safe_confidence>(job.confidence, x, y, count, sw, sh, chunk.confidence);
}

#if !defined(__AVX2__)

template <class T>
void sample_chunk(const WarpJob& job, int count, Chunk& chunk) {
  const auto fetch = [&](int x, int y) { return to_float(row_at<const T>(job.in, y)[x]); };
  const auto sample = job.bilinear ? sample_bilinear<decltype(fetch)> : sample_catmull_rom<decltype(fetch)>;
  for (int i = 0; i < count; ++i)
    chunk.out[i] = sample(fetch, job.in.width, job.in.height, chunk.ix[i], chunk.iy[i], chunk.fx[i], chunk.fy[i]);
}

#else

inline __m128 load4(const uint8_t* p) {
  int four;
  std::memcpy(&four, p, sizeof four);
  return _mm_cvtepi32_ps(_mm_cvtepu8_epi32(_mm_cvtsi32_si128(four)));
}
inline __m128 load4(const uint16_t* p) {
  return _mm_cvtepi32_ps(_mm_cvtepu16_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))));
}
inline __m128 load4(const Half* p) { return _mm_cvtph_ps(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))); }
inline __m128 load4(const float* p) { return _mm_loadu_ps(p); }

// The 4 x 4 (2 x 2) neighbourhood of a position near a border, copied with clamped indices.
template <int N, class T>
inline void copy_clamped(const Plane& in, int left, int top, T* out) {
  for (int j = 0; j < N; ++j) {
    const T* row = row_at<const T>(in, clamp_index(top + j, in.height));
    for (int i = 0; i < N; ++i) out[N * j + i] = row[clamp_index(left + i, in.width)];
  }
}

template <int N>
inline bool inside(const Plane& in, int left, int top) {
  return left >= 0 && top >= 0 && left <= in.width - N && top <= in.height - N;
}

// Four taps of a row lie side by side, so plain loads beat gathers: each pixel's four columns are summed vertically in
// one vector, and the horizontal sums of the whole chunk follow.
template <class T>
void sample_catmull_rom_chunk(const WarpJob& job, int count, Chunk& chunk) {
  alignas(64) float v[kChunk][4];
  alignas(64) float columns[kChunk][4];
  for (int i = 0; i < count; ++i) catmull_rom_weights(chunk.fy[i], v[i][0], v[i][1], v[i][2], v[i][3]);
  for (int i = 0; i < count; ++i) {
    const int left = chunk.ix[i] - 1, top = chunk.iy[i] - 1;
    T border[16];
    const T* p = border;
    ptrdiff_t stride = 4 * sizeof(T);
    if (inside<4>(job.in, left, top)) {
      p = row_at<const T>(job.in, top) + left;
      stride = job.in.stride;
    } else {
      copy_clamped<4>(job.in, left, top, border);
    }
    const auto row = [&](int j) {
      return load4(reinterpret_cast<const T*>(reinterpret_cast<const char*>(p) + j * stride));
    };
    __m128 sum = _mm_mul_ps(_mm_broadcast_ss(&v[i][0]), row(0));
    sum = _mm_add_ps(sum, _mm_mul_ps(_mm_broadcast_ss(&v[i][1]), row(1)));
    sum = _mm_add_ps(sum, _mm_mul_ps(_mm_broadcast_ss(&v[i][2]), row(2)));
    sum = _mm_add_ps(sum, _mm_mul_ps(_mm_broadcast_ss(&v[i][3]), row(3)));
    _mm_store_ps(columns[i], sum);
  }
  for (int i = 0; i < count; ++i) {
    float h0, h1, h2, h3;
    catmull_rom_weights(chunk.fx[i], h0, h1, h2, h3);
    chunk.out[i] = h0 * columns[i][0] + h1 * columns[i][1] + h2 * columns[i][2] + h3 * columns[i][3];
  }
}

template <class T>
void sample_bilinear_chunk(const WarpJob& job, int count, Chunk& chunk) {
  T p00[kChunk], p01[kChunk], p10[kChunk], p11[kChunk];
  for (int i = 0; i < count; ++i) {
    const int left = chunk.ix[i], top = chunk.iy[i];
    T border[4];
    const T *upper = border, *lower = border + 2;
    if (inside<2>(job.in, left, top)) {
      upper = row_at<const T>(job.in, top) + left;
      lower = row_at<const T>(job.in, top + 1) + left;
    } else {
      copy_clamped<2>(job.in, left, top, border);
    }
    p00[i] = upper[0], p01[i] = upper[1], p10[i] = lower[0], p11[i] = lower[1];
  }
  alignas(64) float f00[kChunk], f01[kChunk], f10[kChunk], f11[kChunk];
  load_samples(p00, count, f00);
  load_samples(p01, count, f01);
  load_samples(p10, count, f10);
  load_samples(p11, count, f11);
  for (int i = 0; i < count; ++i)
    chunk.out[i] = blend_bilinear(f00[i], f01[i], f10[i], f11[i], chunk.fx[i], chunk.fy[i]);
}

template <class T>
void sample_chunk(const WarpJob& job, int count, Chunk& chunk) {
  job.bilinear ? sample_bilinear_chunk<T>(job, count, chunk) : sample_catmull_rom_chunk<T>(job, count, chunk);
}

#endif

void apply_confidence(const WarpJob& job, int x, int y, int count, Chunk& chunk) {
  load_row(job.in, y, x, count, Line{}, chunk.original);
  for (int i = 0; i < count; ++i) chunk.out[i] = trust(chunk.original[i], chunk.out[i], chunk.confidence[i]);
}

}  // namespace

void warp_plane(const WarpJob& job) {
  Chunk chunk;
  for (int y = 0; y < job.in.height; ++y) {
    for (int x = 0; x < job.in.width; x += kChunk) {
      const int count = job.in.width - x < kChunk ? job.in.width - x : kChunk;
      read_flow(job, x, y, count, chunk);
      with_sample(job.in.sample, [&](auto type) { sample_chunk<decltype(type)>(job, count, chunk); });
      if (job.confidence.data != nullptr) apply_confidence(job, x, y, count, chunk);
      store_row(job.out, y, x, count, chunk.out);
    }
  }
}

}  // namespace vsp::VSP_ISA
