// Scratch memory is taken here, outside the per-instruction-set sources: they use no library templates (README.md).
#include <vector>

#include "merge/merge_rows.hpp"

namespace vsp {

void merge(MergeJob job, Cpu cpu) {
  std::vector<float> scratch(merge_scratch(job));
  job.scratch = scratch.data();
  VSP_CALL(cpu, merge_plane, job);
}

}  // namespace vsp
