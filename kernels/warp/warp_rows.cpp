// Warp, row by row in chunks. Built once per instruction set.
#include "warp/warp_rows.hpp"

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

}  // namespace

void warp_plane(const WarpJob& job) {
  Chunk chunk;
  for (int y = 0; y < job.out.height; ++y) {
    for (int x = 0; x < job.out.width; x += kChunk) {
      const int count = job.out.width - x < kChunk ? job.out.width - x : kChunk;
      read_flow(job, x, y, count, chunk);
      prefetch_out(job.out, y, x, count);
      with_sample(job.in.sample,
                  [&](auto type) { sample_chunk<decltype(type)>(job.in, job.bilinear, chunk, chunk.out); });
      if (job.confidence.data != nullptr) apply_confidence(job, x, y, count, chunk);
      store_row(job.out, y, x, count, chunk.out);
    }
  }
}

}  // namespace vsp::VSP_ISA
