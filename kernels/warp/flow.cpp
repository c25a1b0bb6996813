#include "warp/flow.hpp"

#include <vector>

#include "warp/flow_rows.hpp"

namespace vsp {

void resize_flow(FlowResizeJob job, Cpu cpu) {
  std::vector<int> column(static_cast<size_t>(job.out_dx.width));
  std::vector<float> fraction(column.size()), rows(4 * static_cast<size_t>(job.dx.width));
  for (int x = 0; x < job.out_dx.width; ++x)
    VSP_ISA::resized_position(x, job.dx.width, job.out_dx.width, column[static_cast<size_t>(x)],
                              fraction[static_cast<size_t>(x)]);
  job.column = column.data();
  job.fraction = fraction.data();
  job.rows = rows.data();
  VSP_CALL(cpu, resize_flow_plane, job);
}

}  // namespace vsp
