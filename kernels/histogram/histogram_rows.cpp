// The light histogram, row by row in chunks. Built once per instruction set: codes and maxima vectorise by themselves;
// counting does not, so neighbouring pixels go to two tables and equal ones need not wait for each other's store.
#include "histogram/histogram_rows.hpp"

#include "common/rows.hpp"
#include "histogram/histogram.hpp"

namespace vsp::VSP_ISA {
namespace {

constexpr int kChunk = 512;  // pixels; the codes of four rows of them stay in the first-level cache

struct Chunk {
  alignas(64) uint32_t codes[3][kChunk];
  alignas(64) float samples[kChunk];
};

template <class T>
inline void read_codes(const Plane& plane, int y, int x, int count, float*, uint32_t* __restrict codes) {
  const T* __restrict row = row_at<T>(plane, y) + x;
  const unsigned peak = (1u << plane.bits) - 1u;
  for (int i = 0; i < count; ++i) codes[i] = code_of(row[i], peak);
}

inline void read_float_codes(const Plane& plane, int y, int x, int count, float* __restrict samples,
                             uint32_t* __restrict codes) {
  load_row(plane, y, x, count, Line{}, samples);
  for (int i = 0; i < count; ++i) codes[i] = code_of(samples[i]);
}

template <>
inline void read_codes<Half>(const Plane& plane, int y, int x, int count, float* samples, uint32_t* codes) {
  read_float_codes(plane, y, x, count, samples, codes);
}
template <>
inline void read_codes<float>(const Plane& plane, int y, int x, int count, float* samples, uint32_t* codes) {
  read_float_codes(plane, y, x, count, samples, codes);
}

// The largest code of a component so far.
inline uint32_t largest(const uint32_t* __restrict codes, int count, uint32_t so_far) {
  for (int i = 0; i < count; ++i) so_far = larger(codes[i], so_far);
  return so_far;
}

void count_chunk(const HistogramJob& job, int count, Chunk& chunk) {
  for (int c = 0; c < 3; ++c) job.maxima[c] = largest(chunk.codes[c], count, job.maxima[c]);
  uint32_t* __restrict brightest = chunk.codes[0];
  const uint32_t* __restrict green = chunk.codes[1], * __restrict blue = chunk.codes[2];
  for (int i = 0; i < count; ++i) brightest[i] = larger(brightest[i], larger(green[i], blue[i]));
  int i = 0;
  for (; i + 2 <= count; i += 2) {
    ++job.counts[brightest[i]];
    ++job.scratch[brightest[i + 1]];
  }
  if (i < count) ++job.counts[brightest[i]];
}

}  // namespace

void histogram_planes(const HistogramJob& job) {
  const Plane& red = job.rgb[0];
  const bool integer = red.sample == Sample::u8 || red.sample == Sample::u16;
  const int bins = 1 << (integer ? red.bits : kFloatBits);
  for (int i = 0; i < bins; ++i) job.counts[i] = job.scratch[i] = 0;
  for (int c = 0; c < 3; ++c) job.maxima[c] = 0;
  Chunk chunk;
  for (int y = 0; y < red.height; ++y) {
    for (int x = 0; x < red.width; x += kChunk) {
      const int count = red.width - x < kChunk ? red.width - x : kChunk;
      with_sample(red.sample, [&](auto type) {
        for (int c = 0; c < 3; ++c) read_codes<decltype(type)>(job.rgb[c], y, x, count, chunk.samples, chunk.codes[c]);
      });
      count_chunk(job, count, chunk);
    }
  }
  for (int i = 0; i < bins; ++i) job.counts[i] += job.scratch[i];
}

}  // namespace vsp::VSP_ISA
