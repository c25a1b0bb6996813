// Warp and blend, in chunks: a chunk of the centre stays in the first-level cache while each neighbour is added to it,
// so that every neighbour is read once and the result written once. Built once per instruction set.
#include "warp/blend_rows.hpp"

#include <type_traits>

#include "warp/sample_chunk.hpp"

namespace vsp::VSP_ISA {
namespace {

// Of a chunk of one plane.
struct Sums {
  alignas(64) float center[kChunk];
  alignas(64) float difference[kChunk];  // weighted sum of neighbour - centre
  alignas(64) float total[kChunk];       // of weights, the centre's included
};

template <class T>
VSP_PART Floats load_center(const BlendJob& job, int p, int x, int y, int left) {
  const T* row = row_at<const T>(job.center[p], y) + x;
  if (left >= kLanes) return load_lanes(row);
  alignas(64) float some[kLanes] = {};
  for (int i = 0; i < left; ++i) some[i] = to_float(row[i]);
  return load_lanes(some);
}

template <class T>
void start(const BlendJob& job, int p, int x, int y, int count, Sums& sums) {
  for (int first = 0; first < count; first += kLanes) {
    ask_to_write(row_at<T>(job.out[p], y) + x + first);
    store_floats(sums.center + first, load_center<T>(job, p, x + first, y, count - first));
    store_floats(sums.difference + first, all_lanes(0.0f));
    store_floats(sums.total + first, all_lanes(job.center_weight));
  }
}

// blend_in() of warp.hpp, for a vector of pixels.
template <class T>
VSP_PART void add_warped(Sums& sums, int first, Floats warped, Floats weight) {
#if defined(__AVX2__)
  const Floats change = warped - load_lanes(sums.center + first);
  Floats moved = weight * change;
  if constexpr (!std::is_integral_v<T>) {  // integers are numbers always
    const Mask number = finite(change);
    moved = keep(number, moved);
    weight = keep(number, weight);
  }
  store_floats(sums.difference + first, load_lanes(sums.difference + first) + moved);
  store_floats(sums.total + first, load_lanes(sums.total + first) + weight);
#else
  blend_in(sums.center[first], warped, weight, sums.difference[first], sums.total[first]);
#endif
}

template <class Kernel, class T>
void add_neighbour(const BlendJob& job, const BlendJob::Neighbour& neighbour, const Chunk& chunk, const float* trust,
                   Sums* sums) {
  const int count = chunk.count;
  const float most = neighbour.weight;
  for_samples<Kernel, T>(neighbour.in, job.planes, chunk, [=](int p, int first, Floats samples) VSP_INLINED {
    ask_ahead(trust + first);
    const Floats weight = most * safe_confidences(load_up_to(trust + first, count - first));
    add_warped<T>(sums[p], first, samples, weight);
  });
}

void finish(const BlendJob& job, int p, int x, int y, int count, Sums& sums) {
  for (int first = 0; first < count; first += kLanes)
    store_floats(sums.center + first, blended(load_lanes(sums.center + first), load_lanes(sums.difference + first),
                                              load_lanes(sums.total + first)));
  store_row(job.out[p], y, x, count, sums.center);
}

template <class Kernel, class T>
void blend_rows(const BlendJob& job) {
  Chunk chunk;
  Sums sums[kMostBlended];
  const int width = job.center[0].width;
  for (int y = job.first_row; y < job.first_row + job.rows; ++y) {
    for (int x = 0; x < width; x += kChunk) {
      const int count = width - x < kChunk ? width - x : kChunk;
      for (int p = 0; p < job.planes; ++p) start<T>(job, p, x, y, count, sums[p]);
      for (int k = 0; k < job.count; ++k) {
        read_flow(job.neighbours[k].flow, x, y, count, chunk);
        const float* trust = confidence_at(job.neighbours[k].flow, x, y, count, chunk);
        add_neighbour<Kernel, T>(job, job.neighbours[k], chunk, trust, sums);
      }
      for (int p = 0; p < job.planes; ++p) finish(job, p, x, y, count, sums[p]);
    }
  }
}

}  // namespace

void warp_blend_planes(const BlendJob& job) {
  with_sample(job.center[0].sample, [&](auto type) {
    using T = decltype(type);
    job.bilinear ? blend_rows<Bilinear, T>(job) : blend_rows<CatmullRom, T>(job);
  });
}

}  // namespace vsp::VSP_ISA
