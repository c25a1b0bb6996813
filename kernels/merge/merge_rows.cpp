// Merge, row by row. Built once per instruction set; the loops vectorise by themselves.
#include "merge/merge_rows.hpp"

#include "common/rows.hpp"
#include "merge/merge_parts.hpp"

namespace vsp::VSP_ISA {
namespace {

constexpr int kChunk = 512;

// Per-pixel bounds of one source row, reused for the `scale` output rows that lie on it.
struct Bounds {
  float *scratch, *low, *high, *wide_low, *wide_high;
  int row = -1;

  explicit Bounds(const MergeJob& job)
      : scratch(job.scratch),
        low(scratch + extremes_scratch(job.source.width)),
        high(low + job.source.width),
        wide_low(high + job.source.width),
        wide_high(wide_low + job.base.width) {}
};

void update(const MergeJob& job, int y, Bounds& bounds) {
  const int scale = job.base.height / job.source.height, width = job.source.width;
  if (y / scale == bounds.row) return;
  bounds.row = y / scale;
  local_extremes(job.source, job.source_to_out, job.overshoot, bounds.row, 0, width, bounds.scratch, bounds.low,
                 bounds.high);
  spread(bounds.low, width, scale, bounds.wide_low);
  spread(bounds.high, width, scale, bounds.wide_high);
}

}  // namespace

void merge_plane(const MergeJob& job) {
  alignas(64) float values[kChunk];
  const bool limited = job.source.data != nullptr;
  Bounds bounds(job);
  for (int y = 0; y < job.base.height; ++y) {
    if (limited) update(job, y, bounds);
    for (int x = 0; x < job.base.width; x += kChunk) {
      const int count = job.base.width - x < kChunk ? job.base.width - x : kChunk;
      load_row(job.base, y, x, count, job.base_to_out, values);
      if (job.residual.data != nullptr) add_row(row_at<float>(job.residual, y) + x, count, job.gain, values);
      if (limited) limit_row(bounds.wide_low + x, bounds.wide_high + x, count, values);
      store_row(job.out, y, x, count, values);
    }
  }
}

}  // namespace vsp::VSP_ISA
