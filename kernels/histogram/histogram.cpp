// Number of bins and scratch memory for the light histogram, the same for every instruction set.
#include "histogram/histogram.hpp"

#include <vector>

#include "histogram/histogram_rows.hpp"

namespace vsp {

size_t histogram_bins(Sample sample, int bits) {
  const bool integer = sample == Sample::u8 || sample == Sample::u16;
  return size_t{1} << (integer ? bits : portable::kFloatBits);
}

void light_histogram(HistogramJob job, Cpu cpu) {
  std::vector<uint32_t> scratch(histogram_bins(job.rgb[0].sample, job.rgb[0].bits));
  job.scratch = scratch.data();
  VSP_CALL(cpu, histogram_planes, job);
}

}  // namespace vsp
