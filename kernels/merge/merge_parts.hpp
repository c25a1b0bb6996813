// The steps of a merge on pieces of rows, for the merge itself and for kernels that end with one.
#pragma once

#include "common/rows.hpp"
#include "merge/merge.hpp"

namespace vsp::VSP_ISA {

// Floats of scratch memory for the extremes of `width` columns.
static inline size_t extremes_scratch(int width) { return 5 * (static_cast<size_t>(width) + 2); }

// The ternaries keep the bound when a sample is NaN.
static inline float lower(float sample, float bound) { return sample < bound ? sample : bound; }
static inline float higher(float sample, float bound) { return sample > bound ? sample : bound; }

// Columns [first - 1, last + 1) of a row, edges repeated.
static inline void load_around(const Plane& source, Line line, int y, int first, int last, float* __restrict out) {
  const int a = first > 0 ? first - 1 : 0, b = last < source.width ? last + 1 : source.width;
  float* start = out + (a - (first - 1));
  load_row(source, y, a, b - a, line, start);
  if (first == 0) out[0] = start[0];
  if (last == source.width) start[b - a] = start[b - a - 1];
}

static inline void column_extremes(const float* __restrict a, const float* __restrict b, const float* __restrict c,
                                   int count, float* __restrict low, float* __restrict high) {
  for (int x = 0; x < count; ++x) {
    low[x] = lower(c[x], lower(b[x], lower(a[x], kInfinity)));
    high[x] = higher(c[x], higher(b[x], higher(a[x], -kInfinity)));
  }
}

static inline void row_extremes(const float* __restrict low, const float* __restrict high, int count, float overshoot,
                                float* __restrict out_low, float* __restrict out_high) {
  for (int x = 0; x < count; ++x) {
    float lo = lower(low[x + 2], lower(low[x + 1], low[x]));
    float hi = higher(high[x + 2], higher(high[x + 1], high[x]));
    widen(lo, hi, overshoot);
    out_low[x] = lo;
    out_high[x] = hi;
  }
}

// What columns [first, last) of row y are limited to: the extremes of their 3x3 neighbourhoods, widened.
static inline void local_extremes(const Plane& source, Line line, float overshoot, int y, int first, int last,
                                  float* scratch, float* low, float* high) {
  const int count = last - first + 2, bottom = source.height - 1;
  float *a = scratch, *b = a + count, *c = b + count, *column_low = c + count, *column_high = column_low + count;
  load_around(source, line, y > 0 ? y - 1 : 0, first, last, a);
  load_around(source, line, y, first, last, b);
  load_around(source, line, y < bottom ? y + 1 : bottom, first, last, c);
  column_extremes(a, b, c, count, column_low, column_high);
  row_extremes(column_low, column_high, count - 2, overshoot, low, high);
}

template <int scale>
static inline void spread_fixed(const float* __restrict in, int width, float* __restrict out) {
  for (int x = 0; x < width; ++x)
    for (int k = 0; k < scale; ++k) out[x * scale + k] = in[x];
}

static inline void spread(const float* in, int width, int scale, float* out) {
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

static inline void add_row(const float* __restrict residual, int count, float gain, float* __restrict values) {
  for (int i = 0; i < count; ++i) values[i] = add_residual(values[i], residual[i], gain);
}

static inline void limit_row(const float* __restrict low, const float* __restrict high, int count,
                             float* __restrict values) {
  for (int i = 0; i < count; ++i) values[i] = limit(values[i], low[i], high[i]);
}

}  // namespace vsp::VSP_ISA
