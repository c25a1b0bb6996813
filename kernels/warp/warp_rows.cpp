// Warp, row by row in chunks. Built once per instruction set.
#include "warp/warp_rows.hpp"

#include "warp/sample_chunk.hpp"

namespace vsp::VSP_ISA {
namespace {

void apply_confidence(const WarpJob& job, int x, int y, int count, Chunk& chunk) {
  read_confidence(job, x, y, count, chunk);
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
      prefetch_out(job.out, y, x, count);
      with_sample(job.in.sample,
                  [&](auto type) { sample_chunk<decltype(type)>(job.in, job.bilinear, chunk, chunk.out); });
      if (job.confidence.data != nullptr) apply_confidence(job, x, y, count, chunk);
      store_row(job.out, y, x, count, chunk.out);
    }
  }
}

}  // namespace vsp::VSP_ISA
