// Luma-guided chroma, row by row of the small chroma planes; of everything made on the way only rings of rows are kept.
// Built once per instruction set; the loops vectorise by themselves.
//
// The `scale` samples that a chroma sample becomes are made apart, each kind side by side in a row of its own, and
// joined in the end: so all of a row have the same weights.
#include "chroma/chroma_rows.hpp"

#include "chroma/chroma.hpp"
#include "common/phases.hpp"
#include "common/rows.hpp"

namespace vsp::VSP_ISA {
namespace {

void sum_taps(const float* const* rows, const Taps& taps, int count, float* __restrict out) {
  sum_four(rows[0], rows[1], rows[2], rows[3], taps.weight, count, out);
  for (int k = 4; k < taps.count; k += 4) {
    const float* __restrict a = rows[k], * __restrict b = rows[k + 1], * __restrict c = rows[k + 2], * __restrict d = rows[k + 3];
    const float w0 = taps.weight[k], w1 = taps.weight[k + 1], w2 = taps.weight[k + 2], w3 = taps.weight[k + 3];
    for (int x = 0; x < count; ++x) out[x] += w0 * a[x] + w1 * b[x] + w2 * c[x] + w3 * d[x];
  }
}

// What is known about the surroundings of a row's samples.
struct LocalRow {
  float *slope, *low, *high;
};

class Work {
 public:
  explicit Work(const ChromaJob& job)
      : job_(job),
        across_(*job.across),
        down_(*job.down),
        width_(job.chroma[0].width),
        height_(job.chroma[0].height),
        padded_(width_ + 2 * kChromaPad),
        guided_(job.strength != 0.0f) {
    float* next = job.scratch;
    const auto take = [&](size_t floats) {
      next += floats;
      return next - floats;
    };
    const size_t row = padded_, parts = across_.parts, scale = across_.scale;
    luma_ = take(static_cast<size_t>(kLumaPerRow) * down_.parts * job.luma.width);
    whole_ = take(parts * row);
    parts_ = take(parts * row);
    for (float*& ring : rings_) ring = take(kChromaRing * row);
    for (float*& ring : locals_) ring = take(3 * kSlopeRing * row);
    smooth_ = take(row);
    chroma_ = take(row);
    slope_ = take(row);
    up_ = take(row);
    detail_ = take(scale * row);
    values_ = take(scale * row);
    joined_ = take(scale * row);
  }

  void run() {
    for (int y = 0; y < height_; ++y) {
      prepare(y);
      for (int i = 0; i < down_.scale; ++i) {
        if (guided_) make_detail(y, i);
        for (int p = 0; p < 2; ++p) make_output(p, y, i);
      }
    }
  }

 private:
  enum Ring { first_chroma, second_chroma, coarse_luma };

  float* luma_row(int y) const {
    return luma_ + static_cast<size_t>(y % (kLumaPerRow * down_.parts)) * job_.luma.width;
  }
  // A row on the chroma grid; kChromaPad samples lie before its first.
  float* ring_row(int ring, int y) const {
    return rings_[ring] + static_cast<size_t>(y % kChromaRing) * padded_ + kChromaPad;
  }
  LocalRow local_row(int p, int y) const {
    float* start = locals_[p] + static_cast<size_t>(y % kSlopeRing) * 3 * padded_ + kChromaPad;
    return {start, start + padded_, start + 2 * padded_};
  }

  static void mirror_sides(float* row, int width, int pad) {
    for (int x = -pad; x < 0; ++x) row[x] = row[mirrored(x, width)];
    for (int x = width; x < width + pad; ++x) row[x] = row[mirrored(x, width)];
  }

  // Everything at low resolution that the output of row y reads: two rows ahead, as far as Catmull-Rom reaches.
  void prepare(int y) {
    for (; made_ < height_ && made_ <= y + 2; ++made_) {
      for (int p = 0; p < 2; ++p) {
        float* row = ring_row(p, made_);
        load_row(job_.chroma[p], made_, 0, width_, job_.chroma_to_nominal, row);
        mirror_sides(row, width_, kChromaPad);
      }
      if (guided_) make_coarse(made_);
    }
    for (; guided_ && known_ < height_ && known_ <= y + 1; ++known_)
      for (int p = 0; p < 2; ++p) make_local(p, known_);
  }

  // Luma on the chroma grid.
  void make_coarse(int y) {
    const int needed = down_.parts * y + down_.reduce.first + down_.reduce.count;
    for (; loaded_ < job_.luma.height && loaded_ < needed; ++loaded_)
      load_row(job_.luma, loaded_, 0, job_.luma.width, job_.luma_to_nominal, luma_row(loaded_));
    sum_luma_down(down_.reduce, y);
    float* row = ring_row(coarse_luma, y);
    sum_across(parts_, across_.parts, across_.reduce, row);
    mirror_sides(row, width_, kChromaPad);
  }

  // Luma rows to one, split into those that lie at the same place of each chroma sample.
  void sum_luma_down(const Taps& taps, int y) {
    const float* rows[kMostTaps];
    for (int k = 0; k < taps.count; ++k)
      rows[k] = luma_row(mirrored(down_.parts * y + taps.first + k, job_.luma.height));
    float* row = whole_ + kChromaPad * across_.parts;
    sum_taps(rows, taps, job_.luma.width, row);
    mirror_sides(row, job_.luma.width, kChromaPad * across_.parts);
    split(whole_, across_.parts, padded_, padded_, parts_);
  }

  // Rows on the chroma grid to one, with its sides.
  void sum_ring_down(int ring, const Taps& taps, int y, float* out) const {
    const float* rows[kMostTaps];
    for (int k = 0; k < taps.count; ++k) rows[k] = ring_row(ring, mirrored(y + taps.first + k, height_)) - kChromaPad;
    sum_taps(rows, taps, padded_, out);
  }

  // `in`: a row with its sides, split into `parts`.
  void sum_across(const float* in, int parts, const Taps& taps, float* out) const {
    const float* rows[kMostTaps];
    for (int k = 0; k < taps.count; ++k) {
      const int from = taps.first + k + kChromaPad * parts;
      rows[k] = in + static_cast<size_t>(from % parts) * padded_ + from / parts;
    }
    sum_taps(rows, taps, width_, out);
  }

  void make_local(int p, int y) const {
    const float *luma[3], *chroma[3];
    for (int k = 0; k < 3; ++k) {
      const int from = mirrored(y + k - 1, height_);
      luma[k] = ring_row(coarse_luma, from);
      chroma[k] = ring_row(p, from);
    }
    const LocalRow out = local_row(p, y);
    float* __restrict slope = out.slope, * __restrict low = out.low, * __restrict high = out.high;
    const float *l0 = luma[0], *l1 = luma[1], *l2 = luma[2], *c0 = chroma[0], *c1 = chroma[1], *c2 = chroma[2];
#pragma GCC ivdep  // the rings never overlap
    for (int x = 0; x < width_; ++x) {
      const float l[9] = {l0[x - 1], l0[x], l0[x + 1], l1[x - 1], l1[x], l1[x + 1], l2[x - 1], l2[x], l2[x + 1]};
      const float c[9] = {c0[x - 1], c0[x], c0[x + 1], c1[x - 1], c1[x], c1[x + 1], c2[x - 1], c2[x], c2[x + 1]};
      const Local local = local_of(l, c);
      slope[x] = local.slope, low[x] = local.low, high[x] = local.high;
    }
    mirror_sides(slope, width_, 1);
  }

  // What luma has more than the coarse luma enlarged, in row i of those that row y becomes.
  void make_detail(int y, int i) {
    if (job_.detail.data != nullptr) {
      return split(row_at<float>(job_.detail, y * down_.scale + i), across_.scale, width_, width_, detail_);
    }
    sum_luma_down(down_.fine[i], y);
    sum_ring_down(coarse_luma, down_.enlarge[i], y, smooth_);
    for (int j = 0; j < across_.scale; ++j) {
      float* __restrict detail = detail_ + static_cast<size_t>(j) * width_;
      sum_across(parts_, across_.parts, across_.fine[j], detail);
      sum_across(smooth_, 1, across_.enlarge[j], up_);
      const float* __restrict smooth = up_;
      for (int x = 0; x < width_; ++x) detail[x] -= smooth[x];
    }
  }

  // Slopes are interpolated (steps in them would show), extremes are those of the nearest sample.
  void blend_slopes(int p, int y, int i) const {
    const int above = y + down_.before[i];
    const float* __restrict a = local_row(p, mirrored(above, height_)).slope - 1;
    const float* __restrict b = local_row(p, mirrored(above + 1, height_)).slope - 1;
    const float share = down_.share[i];
    float* __restrict out = slope_ + kChromaPad - 1;
    for (int x = 0; x < width_ + 2; ++x) out[x] = a[x] + share * (b[x] - a[x]);
  }

  void guide_row(const LocalRow& local, int j, float* __restrict out) const {
    const float* __restrict up = up_, * __restrict detail = detail_ + static_cast<size_t>(j) * width_;
    const float *a = slope_ + kChromaPad + across_.before[j], *b = a + 1;
    const float* __restrict low = local.low, * __restrict high = local.high;
    const float share = across_.share[j], strength = job_.strength;
    for (int x = 0; x < width_; ++x)
      out[x] = guide(up[x], a[x] + share * (b[x] - a[x]), detail[x], strength, low[x], high[x]);
  }

  void make_output(int p, int y, int i) const {
    sum_ring_down(p, down_.enlarge[i], y, chroma_);
    if (guided_) blend_slopes(p, y, i);
    for (int j = 0; j < across_.scale; ++j) {
      float* values = values_ + static_cast<size_t>(j) * width_;
      sum_across(chroma_, 1, across_.enlarge[j], guided_ ? up_ : values);
      if (guided_) guide_row(local_row(p, y), j, values);
    }
    const int count = width_ * across_.scale;
    through_line(job_.nominal_to_out, count, values_);
    join(values_, across_.scale, width_, width_, joined_);
    store_row(job_.out[p], y * down_.scale + i, 0, count, joined_);
  }

  const ChromaJob& job_;
  const ChromaAxis &across_, &down_;
  const int width_, height_, padded_;
  const bool guided_;
  int loaded_ = 0, made_ = 0, known_ = 0;  // rows of luma, of the chroma grid, of surroundings so far
  float *luma_, *whole_, *parts_, *rings_[3], *locals_[2];
  float *smooth_, *chroma_, *slope_, *up_, *detail_, *values_, *joined_;
};

}  // namespace

void chroma_planes(const ChromaJob& job) { Work(job).run(); }

}  // namespace vsp::VSP_ISA
