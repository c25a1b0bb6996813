// Luma-guided chroma: once over the low resolution for slopes and extremes, once over the output.
// Built once per instruction set; the loops vectorise by themselves.
#include "chroma/chroma_rows.hpp"

#include "chroma/chroma.hpp"
#include "common/rows.hpp"

namespace vsp::VSP_ISA {
namespace {

struct Maps {
  float *slope, *low, *high;
};

// Three rows around one sample's, edges repeated.
struct Rows {
  const float *above, *here, *below;

  Rows(const Plane& plane, int y)
      : above(row_at<float>(plane, y > 0 ? y - 1 : 0)),
        here(row_at<float>(plane, y)),
        below(row_at<float>(plane, y + 1 < plane.height ? y + 1 : y)) {}
};

inline Local local_at(const Rows& luma, const Rows& chroma, int left, int x, int right) {
  const float l[9] = {luma.above[left], luma.above[x],    luma.above[right], luma.here[left],  luma.here[x],
                      luma.here[right], luma.below[left], luma.below[x],     luma.below[right]};
  const float c[9] = {chroma.above[left], chroma.above[x],    chroma.above[right], chroma.here[left],  chroma.here[x],
                      chroma.here[right], chroma.below[left], chroma.below[x],     chroma.below[right]};
  return local_of(l, c);
}

void low_resolution_row(const ChromaJob& job, int y, const Maps& maps) {
  const int width = job.chroma.width;
  const Rows luma(job.luma, y), chroma(job.chroma, y);
  float* __restrict slope = maps.slope + static_cast<size_t>(y) * width;
  float* __restrict low = maps.low + static_cast<size_t>(y) * width;
  float* __restrict high = maps.high + static_cast<size_t>(y) * width;
  const auto put = [&](int x, const Local& local) { slope[x] = local.slope, low[x] = local.low, high[x] = local.high; };
  put(0, local_at(luma, chroma, 0, 0, width > 1 ? 1 : 0));
#pragma GCC ivdep  // scratch and the input never overlap
  for (int x = 1; x < width - 1; ++x) put(x, local_at(luma, chroma, x - 1, x, x + 1));
  if (width > 1) put(width - 1, local_at(luma, chroma, width - 2, width - 1, width - 1));
}

// Slopes are interpolated (steps in them would show), extremes are those of the nearest sample.
void blend_rows(const float* __restrict a, const float* __restrict b, float share, int width, float* __restrict out) {
  for (int x = 0; x < width; ++x) out[x] = a[x] + share * (b[x] - a[x]);
  out[width] = out[width - 1];  // so that left + 1 may always be read
}

void spread(const float* __restrict in, const int* __restrict nearest, int width, float* __restrict out) {
  for (int x = 0; x < width; ++x) out[x] = in[nearest[x]];
}

void output_row(const ChromaJob& job, int y, const float* __restrict slope, const float* __restrict low,
                const float* __restrict high) {
  const float* __restrict up = row_at<float>(job.chroma_up, y);
  const float* __restrict luma_up = row_at<float>(job.luma_up, y);
  const float* __restrict luma_smooth = row_at<float>(job.luma_smooth, y);
  const int* __restrict left = job.left;
  const float* __restrict share = job.share;
  float* __restrict out = row_at<float>(job.out, y);
  for (int x = 0; x < job.out.width; ++x) {
    const float a = slope[left[x]], b = slope[left[x] + 1];
    out[x] = guide(up[x], a + share[x] * (b - a), luma_up[x], luma_smooth[x], job.strength, low[x], high[x]);
  }
}

}  // namespace

void chroma_plane(const ChromaJob& job) {
  const int low_width = job.chroma.width, low_height = job.chroma.height, width = job.out.width;
  const size_t samples = static_cast<size_t>(low_width) * low_height;
  const Maps maps{job.scratch, job.scratch + samples, job.scratch + 2 * samples};
  float *low = maps.high + samples, *high = low + width, *slope = high + width;
  for (int y = 0; y < low_height; ++y) low_resolution_row(job, y, maps);
  int spread_row = -1;
  for (int y = 0; y < job.out.height; ++y) {
    const auto [nearest, above, share] = grid_position(y, job.out.height, low_height);
    const int below = above + 1 < low_height ? above + 1 : above;
    const auto at = [&](float* map, int row) { return map + static_cast<size_t>(row) * low_width; };
    blend_rows(at(maps.slope, above), at(maps.slope, below), share, low_width, slope);
    if (nearest != spread_row) {
      spread(at(maps.low, nearest), job.nearest, width, low);
      spread(at(maps.high, nearest), job.nearest, width, high);
      spread_row = nearest;
    }
    output_row(job, y, slope, low, high);
  }
}

}  // namespace vsp::VSP_ISA
