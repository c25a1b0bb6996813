#include <vector>

#include "match/match_rows.hpp"

namespace vsp {

void match_flow(MatchJob job, Cpu cpu) {
  std::vector<float> rows(match_scratch(job.dx.width));
  job.rows = rows.data();
  VSP_CALL(cpu, match_plane, job);
}

}  // namespace vsp
