// Scratch memory for grain, the same for every instruction set.
#include <vector>

#include "grain/grain_rows.hpp"

namespace vsp {

void grain(GrainJob job, Cpu cpu) {
  std::vector<float> scratch(static_cast<size_t>(job.side) * grain_noise_width(job));
  job.scratch = scratch.data();
  VSP_CALL(cpu, grain_plane, job);
}

}  // namespace vsp
