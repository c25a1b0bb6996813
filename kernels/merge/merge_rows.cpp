// Merge, row by row. Built once per instruction set; the loops vectorise by themselves.
#include "merge/merge_rows.hpp"

#include "common/rows.hpp"
#include "merge/merge.hpp"

namespace vsp::VSP_ISA {
namespace {

constexpr int kChunk = 512;

// Per-pixel bounds of one source row, reused for the `scale` output rows that lie on it.
struct Bounds {
  float *rows[3], *low, *high, *wide_low, *wide_high;
  int row = -1;

  explicit Bounds(const MergeJob& job) {
    float* next = job.scratch;
    const auto take = [&](int count) {
      float* taken = next;
      next += count;
      return taken;
    };
    for (float*& row_ : rows) row_ = take(job.source.width);
    low = take(job.source.width + 2) + 1;  // one more at both ends, so that the row loop needs no conditions
    high = take(job.source.width + 2) + 1;
    wide_low = take(job.base.width);
    wide_high = take(job.base.width);
  }
};

// The ternaries keep the bound when a sample is NaN.
inline float lower(float sample, float bound) { return sample < bound ? sample : bound; }
inline float higher(float sample, float bound) { return sample > bound ? sample : bound; }

void column_extremes(const Bounds& bounds, int width, float* __restrict low, float* __restrict high) {
  const float *a = bounds.rows[0], *b = bounds.rows[1], *c = bounds.rows[2];
  for (int x = 0; x < width; ++x) {
    low[x] = lower(c[x], lower(b[x], lower(a[x], kInfinity)));
    high[x] = higher(c[x], higher(b[x], higher(a[x], -kInfinity)));
  }
}

template <int scale>
void spread_fixed(const float* __restrict in, int width, float* __restrict out) {
  for (int x = 0; x < width; ++x)
    for (int k = 0; k < scale; ++k) out[x * scale + k] = in[x];
}

void spread(const float* in, int width, int scale, float* out) {
  switch (scale) {
    case 1:
      return spread_fixed<1>(in, width, out);
    case 2:
      return spread_fixed<2>(in, width, out);
    case 4:
      return spread_fixed<4>(in, width, out);
    default:
      for (int x = 0; x < width; ++x)
        for (int k = 0; k < scale; ++k) out[x * scale + k] = in[x];
  }
}

// Horizontal extremes over three columns, in place: the first of `rows` is free by now and holds the result.
void row_extremes(const MergeJob& job, Bounds& bounds) {
  const int width = job.source.width;
  const float overshoot = job.overshoot;
  float* __restrict low = bounds.rows[0], * __restrict high = bounds.rows[1];
  float* __restrict in_low = bounds.low, * __restrict in_high = bounds.high;
  in_low[-1] = in_low[0], in_low[width] = in_low[width - 1];
  in_high[-1] = in_high[0], in_high[width] = in_high[width - 1];
  for (int x = 0; x < width; ++x) {
    float lo = lower(in_low[x + 1], lower(in_low[x], in_low[x - 1]));
    float hi = higher(in_high[x + 1], higher(in_high[x], in_high[x - 1]));
    widen(lo, hi, overshoot);
    low[x] = lo;
    high[x] = hi;
  }
}

void update(const MergeJob& job, int y, Bounds& bounds) {
  const int scale = job.base.height / job.source.height;
  const int row = y / scale;
  if (row == bounds.row) return;
  bounds.row = row;
  const int width = job.source.width, last = job.source.height - 1;
  load_row(job.source, row > 0 ? row - 1 : 0, 0, width, job.source_to_out, bounds.rows[0]);
  load_row(job.source, row, 0, width, job.source_to_out, bounds.rows[1]);
  load_row(job.source, row < last ? row + 1 : last, 0, width, job.source_to_out, bounds.rows[2]);
  column_extremes(bounds, width, bounds.low, bounds.high);
  row_extremes(job, bounds);
  spread(bounds.rows[0], width, scale, bounds.wide_low);
  spread(bounds.rows[1], width, scale, bounds.wide_high);
}

void add_row(const float* __restrict residual, int count, float gain, float* __restrict values) {
  for (int i = 0; i < count; ++i) values[i] = add_residual(values[i], residual[i], gain);
}

void limit_row(const float* __restrict low, const float* __restrict high, int count, float* __restrict values) {
  for (int i = 0; i < count; ++i) values[i] = limit(values[i], low[i], high[i]);
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
