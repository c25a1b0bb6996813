// Scratch memory for the chroma kernel, the same for every instruction set.
#include <vector>

#include "chroma/chroma_rows.hpp"

namespace vsp {

void guide_chroma(ChromaJob job, Cpu cpu) {
  std::vector<float> scratch(chroma_scratch(job));
  job.scratch = scratch.data();
  VSP_CALL(cpu, chroma_planes, job);
}

}  // namespace vsp
