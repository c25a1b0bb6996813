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

void start(const BlendJob& job, int p, int x, int y, int count, Sums& sums) {
  prefetch_out(job.out[p], y, x, count);
  load_row(job.center[p], y, x, count, Line{}, sums.center);
  for (int i = 0; i < count; ++i) {
    sums.difference[i] = 0.0f;
    sums.weight[i] = job.center_weight;
  }
}

// Its own function, so that the compiler knows the planes apart and makes vectors of it.
void add_warped(const Chunk& chunk, int count, float weight, Sums& sums) {
  const float* __restrict center = sums.center, * __restrict warped = chunk.out, * __restrict trust = chunk.confidence;
  float* __restrict difference = sums.difference, * __restrict total = sums.weight;
  for (int i = 0; i < count; ++i) blend_in(center[i], warped[i], weight * trust[i], difference[i], total[i]);
}

void add_neighbour(const BlendJob& job, const BlendJob::Neighbour& neighbour, int x, int y, int count, Chunk& chunk,
                   Sums* sums) {
  read_flow(neighbour.flow, x, y, count, chunk);
  read_confidence(neighbour.flow, x, y, count, chunk);
  for (int p = 0; p < job.planes; ++p) {
    with_sample(neighbour.in[p].sample,
                [&](auto type) { sample_chunk<decltype(type)>(neighbour.in[p], job.bilinear, chunk, chunk.out); });
    add_warped(chunk, count, neighbour.weight, sums[p]);
  }
}

void finish(const BlendJob& job, int p, int x, int y, int count, const Sums& sums, float* __restrict values) {
  for (int i = 0; i < count; ++i) values[i] = blended(sums.center[i], sums.difference[i], sums.weight[i]);
  store_row(job.out[p], y, x, count, values);
}

}  // namespace

void warp_blend_planes(const BlendJob& job) {
  Chunk chunk;
  Sums sums[kMostBlended];
  const int width = job.center[0].width;
  for (int y = job.first_row; y < job.first_row + job.rows; ++y) {
    for (int x = 0; x < width; x += kChunk) {
      const int count = width - x < kChunk ? width - x : kChunk;
      for (int p = 0; p < job.planes; ++p) start(job, p, x, y, count, sums[p]);
      for (int k = 0; k < job.count; ++k) add_neighbour(job, job.neighbours[k], x, y, count, chunk, sums);
      for (int p = 0; p < job.planes; ++p) finish(job, p, x, y, count, sums[p], chunk.out);
    }
  }
}

}  // namespace vsp::VSP_ISA
