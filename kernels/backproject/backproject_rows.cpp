// Back-projection of one plane: reduce, solve, spread; then whole codes, repaired where rounding broke the promise.
// Built once per instruction set; the loops vectorise by themselves.
#include "backproject/backproject_rows.hpp"

#include "backproject/backproject.hpp"
#include "common/rows.hpp"

namespace vsp::VSP_ISA {
namespace {

constexpr int kBlock = 16;           // rows solved side by side
constexpr int kRounds = 12;          // of projecting again what the format's range cut off, in 8 bits
constexpr int kRoundsDeep = 64;      // with more bits, in whose smaller steps single samples settle too slowly
constexpr int kSweeps = 256;         // over the few samples that are left then, one at a time
constexpr int kRepairs = 12;         // passes over the plane in whole codes
constexpr int kMoves = 24;           // steps of one code around one sample in a pass
constexpr int kMost = 64;            // large samples never touch more small ones than this along an axis
constexpr float kSettled = 0.25f;    // codes; below it rounding can do the rest
constexpr float kRelaxation = 1.9f;  // a step beyond the projection, below 2: gets there in half the rounds

struct Work {
  const BackprojectJob& job;
  int width, height, low_width, low_height;
  float peak;     // largest code of integers; 0 for floats
  float promise;  // half a code, less what float sums may be wrong by
  float *large, *rows, *residual, *solution, *target, *padded, *phases, *block;

  explicit Work(const BackprojectJob& job)
      : job(job),
        width(job.clip.width),
        height(job.clip.height),
        low_width(job.x.size),
        low_height(job.y.size),
        peak(job.source.sample == Sample::u8 || job.source.sample == Sample::u16 ? peak_of(job.source.bits) : 0.0f),
        promise(0.495f - 6e-7f * peak) {
    const size_t low = static_cast<size_t>(low_width) * low_height;
    large = job.scratch;
    rows = large + static_cast<size_t>(width) * height;
    residual = rows + static_cast<size_t>(height) * low_width;
    solution = residual + low;
    target = solution + low;
    padded = target + low;
    phases = padded + width + 2 * (job.x.taps + 2 * job.x.scale) + 64;
    block = phases + 2 * (width + 2 * (job.x.taps + 2 * job.x.scale) + 64);
  }
  float* large_row(int y) const { return large + static_cast<size_t>(y) * width; }
  float* half_row(int y) const { return rows + static_cast<size_t>(y) * low_width; }
  float* low_row(float* plane, int y) const { return plane + static_cast<size_t>(y) * low_width; }
};

inline void add_scaled(const float* __restrict in, float weight, int count, float* __restrict out) {
  for (int i = 0; i < count; ++i) out[i] += weight * in[i];
}

inline void clear(float* out, int count) {
  for (int i = 0; i < count; ++i) out[i] = 0.0f;
}

template <int scale>
inline void split_fixed(const float* __restrict in, int count, int length, float* __restrict out) {
  for (int p = 0; p < scale; ++p)
    for (int i = 0; i < count; ++i) out[p * length + i] = in[i * scale + p];
}

template <int scale>
inline void join_fixed(const float* __restrict in, int count, int length, float* __restrict out) {
  for (int i = 0; i < count; ++i)
    for (int p = 0; p < scale; ++p) out[i * scale + p] = in[p * length + i];
}

// A padded row, seen as `scale` rows of every scale-th sample: what one tap needs then lies side by side.
void split(const float* in, int scale, int count, int length, float* out) {
  if (scale == 2) return split_fixed<2>(in, count, length, out);
  if (scale == 3) return split_fixed<3>(in, count, length, out);
  if (scale == 4) return split_fixed<4>(in, count, length, out);
  for (int p = 0; p < scale; ++p)
    for (int i = 0; i < count; ++i) out[p * length + i] = in[i * scale + p];
}

void join(const float* in, int scale, int count, int length, float* out) {
  if (scale == 2) return join_fixed<2>(in, count, length, out);
  if (scale == 3) return join_fixed<3>(in, count, length, out);
  if (scale == 4) return join_fixed<4>(in, count, length, out);
  for (int i = 0; i < count; ++i)
    for (int p = 0; p < scale; ++p) out[i * scale + p] = in[p * length + i];
}

// Samples of a phase that the taps of all small samples reach.
int phase_length(const Axis& axis) { return axis.size + (axis.taps - 1) / axis.scale + 1; }

void reduce_row(const Work& work, const float* row, float* out) {
  const Axis& axis = work.job.x;
  const int length = phase_length(axis), padded = length * axis.scale;
  const int inside = axis.offset < 0 ? -axis.offset : 0;  // of the padded row, where the picture begins
  for (int i = 0; i < inside; ++i) work.padded[i] = row[mirrored(axis.offset + i, work.width)];
  const int begin = axis.offset < 0 ? 0 : axis.offset;
  const int count = work.width - begin < padded - inside ? work.width - begin : padded - inside;
  for (int i = 0; i < count; ++i) work.padded[inside + i] = row[begin + i];
  for (int i = inside + count; i < padded; ++i) work.padded[i] = row[mirrored(axis.offset + i, work.width)];
  split(work.padded, axis.scale, length, length, work.phases);
  clear(out, axis.size);
  for (int t = 0; t < axis.taps; ++t)
    add_scaled(work.phases + (t % axis.scale) * length + t / axis.scale, axis.weights[t], axis.size, out);
}

// residual = what of target - D(large) is not explained; the largest of it.
float reduce(const Work& work) {
  const Axis& axis = work.job.y;
  for (int y = 0; y < work.height; ++y) reduce_row(work, work.large_row(y), work.half_row(y));
  float most = 0.0f;
  for (int i = 0; i < axis.size; ++i) {
    float* __restrict out = work.low_row(work.residual, i);
    const float* __restrict target = work.low_row(work.target, i);
    clear(out, work.low_width);
    for (int t = 0; t < axis.taps; ++t)
      add_scaled(work.half_row(mirrored(axis.scale * i + axis.offset + t, work.height)), axis.weights[t],
                 work.low_width, out);
    for (int x = 0; x < work.low_width; ++x) {
      out[x] = unexplained(target[x], out[x], work.peak);
      const float magnitude = out[x] < 0.0f ? -out[x] : out[x];
      most = magnitude > most ? magnitude : most;
    }
  }
  return most;
}

// In place: plane -> (L diag L^T)^-1 plane along y; whole rows at a time.
void solve_down(const Work& work, float* plane) {
  const Axis& axis = work.job.y;
  for (int i = 0; i < axis.size; ++i)
    for (int k = 1; k <= axis.band && k <= i; ++k)
      add_scaled(work.low_row(plane, i - k), -axis.lower[(k - 1) * axis.size + i - k], work.low_width,
                 work.low_row(plane, i));
  for (int i = axis.size - 1; i >= 0; --i) {
    float* __restrict row = work.low_row(plane, i);
    for (int x = 0; x < work.low_width; ++x) row[x] *= axis.inverse_diagonal[i];
    for (int k = 1; k <= axis.band && i + k < axis.size; ++k)
      add_scaled(work.low_row(plane, i + k), -axis.lower[(k - 1) * axis.size + i], work.low_width, row);
  }
}

void solve_block(const Axis& axis, float* __restrict block) {
  for (int i = 0; i < axis.size; ++i)
    for (int k = 1; k <= axis.band && k <= i; ++k)
      for (int r = 0; r < kBlock; ++r)
        block[i * kBlock + r] -= axis.lower[(k - 1) * axis.size + i - k] * block[(i - k) * kBlock + r];
  for (int i = axis.size - 1; i >= 0; --i) {
    for (int r = 0; r < kBlock; ++r) block[i * kBlock + r] *= axis.inverse_diagonal[i];
    for (int k = 1; k <= axis.band && i + k < axis.size; ++k)
      for (int r = 0; r < kBlock; ++r)
        block[i * kBlock + r] -= axis.lower[(k - 1) * axis.size + i] * block[(i + k) * kBlock + r];
  }
}

// The same along x, for sixteen rows at a time.
void solve_across(const Work& work, float* plane) {
  for (int y = 0; y < work.low_height; y += kBlock) {
    const int count = work.low_height - y < kBlock ? work.low_height - y : kBlock;
    clear(work.block, kBlock * work.low_width);
    for (int r = 0; r < count; ++r)
      for (int x = 0; x < work.low_width; ++x) work.block[x * kBlock + r] = work.low_row(plane, y + r)[x];
    solve_block(work.job.x, work.block);
    for (int r = 0; r < count; ++r)
      for (int x = 0; x < work.low_width; ++x) work.low_row(plane, y + r)[x] = work.block[x * kBlock + r];
  }
}

// Calls body(i, t) for every small sample i whose tap t reads large sample k, mirrored reads included.
template <class Body>
inline void for_readers(const Axis& axis, int k, Body&& body) {
  const int large = axis.size * axis.scale, first = axis.offset,
            last = (axis.size - 1) * axis.scale + axis.offset + axis.taps - 1;
  for (int period = -2 * large * (1 + (-first) / (2 * large)); period <= last + 2 * large; period += 2 * large)
    for (int side = 0; side < 2; ++side) {
      const int at = side == 0 ? period + k : period - 1 - k;
      if (at < first || at > last) continue;
      const int low = at - axis.offset - axis.taps + 1;  // scale * i >= low
      int i = low <= 0 ? 0 : (low + axis.scale - 1) / axis.scale;
      for (; i < axis.size && axis.scale * i + axis.offset <= at; ++i) body(i, at - axis.offset - axis.scale * i);
    }
}

// large row += the horizontal adjoint of `in`.
void spread_row(const Work& work, const float* in, float* row) {
  const Axis& axis = work.job.x;
  const int length = phase_length(axis), padded = length * axis.scale;
  clear(work.phases, padded);
  for (int t = 0; t < axis.taps; ++t)
    add_scaled(in, axis.weights[t], axis.size, work.phases + (t % axis.scale) * length + t / axis.scale);
  join(work.phases, axis.scale, length, length, work.padded);
  for (int i = 0; i < padded; ++i) {
    const int at = axis.offset + i;
    if (at >= 0 && at < work.width) continue;
    row[mirrored(at, work.width)] += work.padded[i];
  }
  const int begin = axis.offset < 0 ? 0 : axis.offset;
  const int end = axis.offset + padded < work.width ? axis.offset + padded : work.width;
  const float* __restrict from = work.padded + (begin - axis.offset);
  float* __restrict to = row + begin;
  for (int i = 0; i < end - begin; ++i) to[i] += from[i];
}

// large += D^T solution
void spread(const Work& work) {
  float* row = work.block;
  for (int y = 0; y < work.height; ++y) {
    clear(row, work.low_width);
    for_readers(work.job.y, y, [&](int i, int t) {
      add_scaled(work.low_row(work.solution, i), work.job.y.weights[t], work.low_width, row);
    });
    spread_row(work, row, work.large_row(y));
  }
}

// The nearest large picture (least squares) whose reduction is the target: large += D^T (D D^T)^-1 residual.
void project(const Work& work, float step = 1.0f) {
  const size_t samples = static_cast<size_t>(work.low_width) * work.low_height;
  for (size_t i = 0; i < samples; ++i) work.solution[i] = step * work.residual[i];
  solve_down(work, work.solution);
  solve_across(work, work.solution);
  spread(work);
}

void limit_to_codes(const Work& work) {
  const size_t samples = static_cast<size_t>(work.width) * work.height;
  float* __restrict values = work.large;
  const float peak = work.peak;
  for (size_t i = 0; i < samples; ++i) {
    const float floored = values[i] > 0.0f ? values[i] : 0.0f;
    values[i] = floored < peak ? floored : peak;
  }
}

void round_to_codes(const Work& work) {
  const size_t samples = static_cast<size_t>(work.width) * work.height;
  float* __restrict values = work.large;
  for (size_t i = 0; i < samples; ++i) values[i] = static_cast<float>(static_cast<int>(values[i] + 0.5f));
}

// One large sample's share in the small ones along an axis.
struct Readers {
  int index[kMost];
  float weight[kMost];
  int count = 0;

  Readers(const Axis& axis, int k) {
    for_readers(axis, k, [&](int i, int t) {
      for (int n = 0; n < count; ++n)
        if (index[n] == i) {
          weight[n] += axis.weights[t];
          return;
        }
      if (count < kMost) index[count] = i, weight[count++] = axis.weights[t];
    });
  }
};

// What works on single samples: D(large) is kept in `solution`, the residual follows from it.
struct Local {
  const Work& work;

  // D(large) where the residual says it. Where the range explains the rest it may be anything beyond: taken to be the
  // target, so that steps that make it worse are seen.
  explicit Local(const Work& work) : work(work) {
    const size_t samples = static_cast<size_t>(work.low_width) * work.low_height;
    for (size_t i = 0; i < samples; ++i) work.solution[i] = work.target[i] - work.residual[i];
  }

  float residual(int y, int x) const {
    return unexplained(work.low_row(work.target, y)[x], work.low_row(work.solution, y)[x], work.peak);
  }

  void apply(int y, int x, float step) const {
    work.large_row(y)[x] += step;
    const Readers down(work.job.y, y), across(work.job.x, x);
    for (int j = 0; j < down.count; ++j)
      for (int i = 0; i < across.count; ++i)
        work.low_row(work.solution, down.index[j])[across.index[i]] += step * down.weight[j] * across.weight[i];
  }
};

// Kaczmarz' method with bounds: each small sample in turn gets what it lacks from those of its large samples that can
// still move that way.
struct Sweep : Local {
  using Local::Local;

  template <class Body>
  void for_footprint(int y, int x, Body&& body) const {
    const Axis &down = work.job.y, &across = work.job.x;
    for (int t = 0; t < down.taps; ++t)
      for (int u = 0; u < across.taps; ++u)
        body(mirrored(down.scale * y + down.offset + t, work.height),
             mirrored(across.scale * x + across.offset + u, work.width), down.weights[t] * across.weights[u]);
  }

  float moved(float value, float change) const {
    const float sum = value + change, floored = sum > 0.0f ? sum : 0.0f;
    return floored < work.peak ? floored : work.peak;
  }

  void settle(int y, int x) const {
    const float lack = residual(y, x);
    float norm = 0.0f, all = 0.0f;
    for_footprint(y, x, [&](int row, int column, float weight) {
      const float value = work.large_row(row)[column];
      all += weight * weight;
      if (moved(value, lack * weight) != value) norm += weight * weight;
    });
    if (norm < 0.1f * all) norm = 0.1f * all;  // few that can move must not move far: others would pay for it
    for_footprint(y, x, [&](int row, int column, float weight) {
      const float value = work.large_row(row)[column];
      const float to = moved(value, lack * weight / norm);
      if (to != value) apply(row, column, to - value);
    });
  }

  void run() const {
    for (int sweep = 0; sweep < kSweeps; ++sweep) {
      bool settled = true;
      for (int y = 0; y < work.low_height; ++y)
        for (int x = 0; x < work.low_width; ++x) {
          const float lack = residual(y, x);
          if (lack <= kSettled && lack >= -kSettled) continue;
          settle(y, x);
          settled = false;
        }
      if (settled) return;
    }
  }
};

// Steps of one code where rounding broke the promise.
struct Repair : Local {
  using Local::Local;

  float cost_of(const Readers& down, const Readers& across, float step) const {
    float sum = 0.0f;
    for (int j = 0; j < down.count; ++j)
      for (int i = 0; i < across.count; ++i) {
        const int y = down.index[j], x = across.index[i];
        const float target = work.low_row(work.target, y)[x], reduced = work.low_row(work.solution, y)[x];
        const float change = step * down.weight[j] * across.weight[i];
        sum +=
            broken(unexplained(target, reduced + change, work.peak)) - broken(unexplained(target, reduced, work.peak));
      }
    return sum;
  }

  // The best step of one code near small sample (y, x); false if none helps.
  bool step_near(int y, int x) const {
    const float step = residual(y, x) > 0.0f ? 1.0f : -1.0f;
    const int scale = work.job.x.scale;
    float best = 0.0f;
    int best_y = -1, best_x = -1;
    for (int j = -1; j <= scale; ++j)
      for (int i = -1; i <= scale; ++i) {
        const int row = scale * y + j, column = scale * x + i;
        if (row < 0 || row >= work.height || column < 0 || column >= work.width) continue;
        const float value = work.large_row(row)[column] + step;
        if (value < 0.0f || value > work.peak) continue;
        const float cost = cost_of(Readers(work.job.y, row), Readers(work.job.x, column), step);
        if (cost < best) best = cost, best_y = row, best_x = column;
      }
    if (best_y < 0) return false;
    apply(best_y, best_x, step);
    return true;
  }

  bool holds(int y, int x) const {
    const float value = residual(y, x);
    return value <= work.promise && value >= -work.promise;
  }

  void run() const {
    for (int pass = 0; pass < kRepairs; ++pass) {
      bool done = true;
      for (int y = 0; y < work.low_height; ++y)
        for (int x = 0; x < work.low_width; ++x) {
          if (holds(y, x)) continue;
          bool moved = true;
          for (int move = 0; moved && move < kMoves && !holds(y, x); ++move) moved = step_near(y, x);
          done = done && !moved;
        }
      if (done) return;
    }
  }
};

void load(const Work& work) {
  for (int y = 0; y < work.height; ++y)
    load_row(work.job.clip, y, 0, work.width, work.job.clip_to_source, work.large_row(y));
  for (int y = 0; y < work.low_height; ++y)
    load_row(work.job.source, y, 0, work.low_width, Line{}, work.low_row(work.target, y));
}

float make_codes(const Work& work) {
  const bool sweeps = work.peak < 256.0f;
  bool settled = false;
  for (int round = 0; round < (sweeps ? kRounds : kRoundsDeep); ++round) {
    limit_to_codes(work);
    const float most = reduce(work);
    settled = most <= kSettled;
    if (settled) break;
    project(work, kRelaxation);
  }
  limit_to_codes(work);
  if (!settled && sweeps) {
    reduce(work);
    Sweep(work).run();
  }
  round_to_codes(work);
  float most = reduce(work);
  if (most > work.promise) {
    Repair(work).run();
    most = reduce(work);
  }
  return most;
}

}  // namespace

void backproject_plane(const BackprojectJob& job) {
  const Work work(job);
  load(work);
  *job.residual = reduce(work);
  if (job.out.data == nullptr) return;
  project(work);
  if (work.peak > 0.0f) {
    *job.residual = make_codes(work);
  } else {
    reduce(work);  // once more: what float sums left over
    project(work);
  }
  for (int y = 0; y < work.height; ++y) store_row(job.out, y, 0, work.width, work.large_row(y));
  if (work.peak > 0.0f) return;
  for (int y = 0; y < work.height; ++y) {  // floats are judged as stored
    const Plane stored{job.out.data, job.out.stride, work.width, work.height, job.out.sample, job.out.bits};
    load_row(stored, y, 0, work.width, Line{}, work.large_row(y));
  }
  *job.residual = reduce(work);
}

}  // namespace vsp::VSP_ISA
