// Differences row by row, three of them smoothed, their squares summed over nine columns as they are made; nine such
// rows make one row of weights. Built once per instruction set.
#include "match/match_rows.hpp"

#include "match/match.hpp"
#include "warp/sample_chunk.hpp"

namespace vsp::VSP_ISA {
namespace {

constexpr int kSide = 2 * kMatchReach + 1;
static_assert(kSide == 9);
enum Measure { kFine, kSmooth, kOthers, kMeasures };

void clear(float* row, int count) {
  for (int i = 0; i < count; ++i) row[i] = 0.0f;
}

// One plane's differences: the last three rows.
struct Differences {
  const MatchJob* job;
  const MatchJob::Pair* pair;
  int subsampling_w, subsampling_h;
  float* rows[3];
  int made = 0;

  const float* row(int y) const { return rows[clamp_index(y, pair->frame.height) % 3]; }

  void make(Chunk& chunk) {
    const FlowPlanes flow = {job->dx, job->dy, {}, subsampling_w, subsampling_h};
    float* __restrict out = rows[made % 3];
    for (int x = 0; x < pair->frame.width; x += kChunk) {
      const int count = pair->frame.width - x < kChunk ? pair->frame.width - x : kChunk;
      read_flow(flow, x, made, count, chunk);
      with_sample(pair->neighbour.sample,
                  [&](auto type) { sample_chunk<decltype(type)>(pair->neighbour, false, chunk, chunk.out); });
      load_row(pair->frame, made, x, count, Line{}, chunk.original);
      for (int i = 0; i < count; ++i) out[x + i] = match_difference(chunk.out[i], chunk.original[i]);
    }
    ++made;
  }

  void make_to(int y, Chunk& chunk) {
    while (made < pair->frame.height && made <= y) make(chunk);
  }
};

struct Rows {
  float* sums[kMeasures][kSide];  // of nine columns
  float* squares;                 // kMatchReach more on both sides
  float* smooth;                  // one more on both sides
  float* others;                  // of one row of the other planes
  int others_row = -1;
};

void add_squares(const float* __restrict values, int width, float scale, float* __restrict out) {
  for (int x = 0; x < width; ++x) out[x] += values[x] * values[x] * scale;
}

// Adds the squares of row y, smoothed.
void add_smooth_squares(Differences& plane, int y, float scale, Chunk& chunk, const Rows& rows, float* out) {
  const int width = plane.pair->frame.width;
  plane.make_to(y + 1, chunk);
  const float *above = plane.row(y - 1), *at = plane.row(y), *below = plane.row(y + 1);
  float* __restrict smooth = rows.smooth;
  for (int x = 0; x < width; ++x) smooth[x] = binomial(above[x], at[x], below[x]);
  smooth[-1] = smooth[0];
  smooth[width] = smooth[width - 1];
  for (int x = 0; x < width; ++x) {
    const float value = binomial(smooth[x - 1], smooth[x], smooth[x + 1]);
    out[x] += value * value * scale;
  }
}

// Sums over nine columns; beyond the edges the edge repeats.
void sum_columns(int width, float* __restrict squares, float* __restrict sums) {
  for (int i = 1; i <= kMatchReach; ++i) {
    squares[-i] = squares[0];
    squares[width - 1 + i] = squares[width - 1];
  }
  for (int x = 0; x < width; ++x) {
    const float* s = squares + x;
    sums[x] = ((s[-4] + s[-3]) + (s[-2] + s[-1])) + ((s[0] + s[1]) + (s[2] + s[3])) + s[4];
  }
}

// All measures of row y.
void make_sums(const MatchJob& job, Differences* planes, int y, Chunk& chunk, Rows& rows) {
  const int width = job.dx.width, sw = job.subsampling_w, sh = job.subsampling_h;
  const float sigma = job.pairs[0].sigma, scale = sigma > 0.0f ? 1.0f / (sigma * sigma) : 0.0f;
  clear(rows.squares, width);
  if (scale > 0.0f) add_smooth_squares(planes[0], y, scale / kSmoothed, chunk, rows, rows.squares);
  sum_columns(width, rows.squares, rows.sums[kSmooth][y % kSide]);
  clear(rows.squares, width);
  if (scale > 0.0f) add_squares(planes[0].row(y), width, scale, rows.squares);
  sum_columns(width, rows.squares, rows.sums[kFine][y % kSide]);

  if (rows.others_row != y >> sh) {
    rows.others_row = y >> sh;
    clear(rows.others, width);
    int counting = 0;
    for (int p = 1; p < job.count; ++p) counting += job.pairs[p].sigma > 0.0f;
    for (int p = 1; p < job.count; ++p) {
      const float noise = job.pairs[p].sigma;
      if (noise <= 0.0f) continue;
      const float share = 1.0f / (noise * noise * kSmoothed * static_cast<float>(counting));
      add_smooth_squares(planes[p], rows.others_row, share, chunk, rows, rows.others);
    }
  }
  for (int x = 0; x < width; ++x) rows.squares[x] = rows.others[x >> sw];
  sum_columns(width, rows.squares, rows.sums[kOthers][y % kSide]);
}

// The mean over the nine rows around y.
void mean_of_rows(float* const* sums, int x, int y, int height, int count, float* __restrict out) {
  const float* row[kSide];
  for (int k = 0; k < kSide; ++k) row[k] = sums[clamp_index(y - kMatchReach + k, height) % kSide] + x;
  constexpr float kShare = 1.0f / (kSide * kSide);
  for (int i = 0; i < count; ++i)
    out[i] = (((row[0][i] + row[1][i]) + (row[2][i] + row[3][i])) +
              ((row[4][i] + row[5][i]) + (row[6][i] + row[7][i])) + row[8][i]) *
             kShare;
}

void weigh_row(const MatchJob& job, int y, const Rows& rows, Chunk& chunk) {
  const FlowPlanes flow = {job.dx, job.dy, job.confidence};
  alignas(64) float means[kMeasures][kChunk];
  for (int x = 0; x < job.dx.width; x += kChunk) {
    const int count = job.dx.width - x < kChunk ? job.dx.width - x : kChunk;
    read_confidence(flow, x, y, count, chunk);
    for (int m = 0; m < kMeasures; ++m) mean_of_rows(rows.sums[m], x, y, job.dx.height, count, means[m]);
    float* __restrict out = row_at<float>(job.out, y) + x;
    for (int i = 0; i < count; ++i)
      out[i] = chunk.confidence[i] * match_weight(means[kFine][i], means[kSmooth][i], means[kOthers][i]);
  }
}

}  // namespace

void match_plane(const MatchJob& job) {
  float* next = job.rows + kMatchMargin;  // rows may be written a little before their start and after their end
  const auto take = [&] {
    float* row = next;
    next += job.dx.width + kMatchMargin;
    return row;
  };
  Rows rows;
  for (int m = 0; m < kMeasures; ++m)
    for (int k = 0; k < kSide; ++k) rows.sums[m][k] = take();
  rows.squares = take();
  rows.smooth = take();
  rows.others = take();
  Differences planes[kMostMatched];
  for (int p = 0; p < job.count; ++p) {
    planes[p].job = &job;
    planes[p].pair = &job.pairs[p];
    planes[p].subsampling_w = p > 0 ? job.subsampling_w : 0;
    planes[p].subsampling_h = p > 0 ? job.subsampling_h : 0;
    for (float*& row : planes[p].rows) row = take();
  }
  Chunk chunk;
  int made = 0;
  for (int y = 0; y < job.dx.height; ++y) {
    for (; made < job.dx.height && made <= y + kMatchReach; ++made) make_sums(job, planes, made, chunk, rows);
    weigh_row(job, y, rows, chunk);
  }
}

}  // namespace vsp::VSP_ISA
