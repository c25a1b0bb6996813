// Warp and blend, in chunks: a chunk of the centre stays in the first-level cache while each neighbour is added to it,
// so that every neighbour is read once and the result written once. Built once per instruction set.
#include "warp/blend_rows.hpp"

#include "warp/sample_chunk.hpp"

namespace vsp::VSP_ISA {
namespace {

struct Sums {
  alignas(64) float center[kChunk];
  alignas(64) float difference[kChunk];  // weighted sum of neighbour - centre
  alignas(64) float weight[kChunk];      // including the centre's
};

void add_neighbour(const BlendJob& job, const BlendJob::Neighbour& neighbour, int x, int y, int count, Chunk& chunk,
                   Sums& sums) {
  read_flow(neighbour.flow, x, y, count, chunk);
  read_confidence(neighbour.flow, x, y, count, chunk);
  with_sample(neighbour.in.sample,
              [&](auto type) { sample_chunk<decltype(type)>(neighbour.in, job.bilinear, chunk, chunk.out); });
  for (int i = 0; i < count; ++i)
    blend_in(sums.center[i], chunk.out[i], neighbour.weight * chunk.confidence[i], sums.difference[i], sums.weight[i]);
}

}  // namespace

void warp_blend_plane(const BlendJob& job) {
  Chunk chunk;
  Sums sums;
  for (int y = job.first_row; y < job.first_row + job.rows; ++y) {
    for (int x = 0; x < job.center.width; x += kChunk) {
      const int count = job.center.width - x < kChunk ? job.center.width - x : kChunk;
      prefetch_out(job.out, y, x, count);
      load_row(job.center, y, x, count, Line{}, sums.center);
      for (int i = 0; i < count; ++i) {
        sums.difference[i] = 0.0f;
        sums.weight[i] = job.center_weight;
      }
      for (int k = 0; k < job.count; ++k) add_neighbour(job, job.neighbours[k], x, y, count, chunk, sums);
      for (int i = 0; i < count; ++i) chunk.out[i] = blended(sums.center[i], sums.difference[i], sums.weight[i]);
      store_row(job.out, y, x, count, chunk.out);
    }
  }
}

}  // namespace vsp::VSP_ISA
