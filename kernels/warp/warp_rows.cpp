// Warp, row by row in chunks. Built once per instruction set.
#include "warp/warp_rows.hpp"

#include <type_traits>

#include "warp/sample_chunk.hpp"

namespace vsp::VSP_ISA {
namespace {

void read_originals(const WarpJob& job, int x, int y, int count, Chunk& chunk) {
  if (job.scale == 1) return load_row(job.in, y, x, count, Line{}, chunk.original);
  with_sample(job.in.sample, [&](auto type) {
    const auto* row = row_at<decltype(type)>(job.in, y * job.scale) + x * job.scale;
    for (int i = 0; i < count; ++i) chunk.original[i] = to_float(row[i * job.scale]);
  });
}

void apply_confidence(const WarpJob& job, int x, int y, int count, Chunk& chunk) {
  read_confidence(job, x, y, count, chunk);
  read_originals(job, x, y, count, chunk);
  for (int i = 0; i < count; ++i) chunk.out[i] = trust(chunk.original[i], chunk.out[i], chunk.confidence[i]);
}

template <class Kernel, class T>
void warp_rows(const WarpJob& job) {
  const Plane in = job.in;
  Chunk chunk;
  for (int y = 0; y < job.out.height; ++y) {
    for (int x = 0; x < job.out.width; x += kChunk) {
      const int count = job.out.width - x < kChunk ? job.out.width - x : kChunk;
      read_flow(job, x, y, count, chunk);
      T* const written = row_at<T>(job.out, y) + x;
      float* out = chunk.out;
      if constexpr (std::is_same_v<T, float>)
        if (job.confidence.data == nullptr && count == kChunk) out = written;
      for_samples<Kernel, T>(&in, 1, chunk, [=](int, int first, Floats samples) VSP_INLINED {
        ask_to_write(written + first);
        store_floats(out + first, samples);
      });
      if (job.confidence.data != nullptr) apply_confidence(job, x, y, count, chunk);
      if (out == chunk.out) store_row(job.out, y, x, count, out);
    }
  }
}

}  // namespace

void warp_plane(const WarpJob& job) {
  with_sample(job.in.sample, [&](auto type) {
    using T = decltype(type);
    job.bilinear ? warp_rows<Bilinear, T>(job) : warp_rows<CatmullRom, T>(job);
  });
}

}  // namespace vsp::VSP_ISA
