// Positions and scratch memory for the chroma kernel, the same for every instruction set.
#include <cmath>
#include <vector>

#include "chroma/chroma_rows.hpp"

namespace vsp {

GridPosition grid_position(int i, int size, int low_size) {
  const double centre = (i + 0.5) * low_size / size;
  const double low = std::fmin(std::fmax(centre - 0.5, 0.0), low_size - 1.0);
  const int left = static_cast<int>(low) < low_size - 1 ? static_cast<int>(low) : low_size - 1;
  const int nearest = static_cast<int>(centre) < low_size - 1 ? static_cast<int>(centre) : low_size - 1;
  return {nearest, left, static_cast<float>(low - left)};
}

void guide_chroma(ChromaJob job, Cpu cpu) {
  const size_t low_samples = static_cast<size_t>(job.chroma.width) * job.chroma.height, width = job.out.width;
  std::vector<float> scratch(3 * low_samples + 2 * width + job.chroma.width + 1), share(width);
  std::vector<int> nearest(width), left(width);
  for (size_t x = 0; x < width; ++x) {
    const GridPosition position = grid_position(static_cast<int>(x), job.out.width, job.chroma.width);
    nearest[x] = position.nearest;
    left[x] = position.left;
    share[x] = position.share;
  }
  job.scratch = scratch.data();
  job.nearest = nearest.data();
  job.left = left.data();
  job.share = share.data();
  VSP_CALL(cpu, chroma_plane, job);
}

}  // namespace vsp
