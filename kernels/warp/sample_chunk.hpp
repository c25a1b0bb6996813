// The samples at a chunk's positions: what every kernel that warps shares. Included by the per-instruction-set sources
// only. The scalar build calls the definition in warp.hpp for every pixel; the others do the same sums in the same
// order, so that their output is the same to the last bit.
#pragma once

#include "warp/ahead.hpp"
#include "warp/positions.hpp"
#if defined(__AVX2__)
#include "warp/bilinear.hpp"
#include "warp/catmull_rom.hpp"
#endif

namespace vsp::VSP_ISA {
namespace {

constexpr int kMostPlanes = 3;  // that are sampled at one position

#if !defined(__AVX2__)

struct Bilinear {
  template <class Fetch>
  static float sample(Fetch fetch, int width, int height, int ix, int iy, float fx, float fy) {
    return sample_bilinear(fetch, width, height, ix, iy, fx, fy);
  }
};

struct CatmullRom {
  template <class Fetch>
  static float sample(Fetch fetch, int width, int height, int ix, int iy, float fx, float fy) {
    return sample_catmull_rom(fetch, width, height, ix, iy, fx, fy);
  }
};

// Calls `use` with plane, pixel and sample, for every pixel of the span.
template <class Kernel, class T, class Use>
void for_samples(const Plane* planes, int count, const Span& span, Use use) {
  for (int i = 0; i < span.count; ++i) {
    float fx, fy;
    int ix, iy;
    split(span.dx[i], span.scale_x, (span.x + i) * span.step, fx, ix);
    split(span.dy[i], span.scale_y, span.y * span.step, fy, iy);
    for (int p = 0; p < count; ++p) {
      const auto fetch = [&](int x, int y) { return to_float(row_at<const T>(planes[p], y)[x]); };
      use(p, i, Kernel::sample(fetch, planes[p].width, planes[p].height, ix, iy, fx, fy));
    }
  }
}

#else

// Reads pixels that lie together. False where these do not.
template <class Kernel, class T, class Use>
VSP_PART bool read_together(const Plane* planes, int count, const Span& span, int first, const Moved& moved, Use use) {
  if (span.count - first < kLanes || span.step != 1) return false;
  const auto weights = Kernel::weights(moved.fx, moved.fy);
  Together at = together<Kernel>(span, first, moved);
  if (moves_alike<Kernel>(planes[0], at)) {
    for (int p = 0; p < count; ++p) use(p, first, Kernel::template straight<T>(planes[p], at.x, at.y, weights));
    return true;
  }
  if constexpr (Kernel::kByWindows) {
    if (find_window<Kernel>(planes[0], at)) {
      for (int p = 0; p < count; ++p) use(p, first, Kernel::template near<T>(planes[p], at, weights));
      return true;
    }
  }
  return false;
}

// Where the first pixel of the span leads, in samples of the plane.
template <class T>
VSP_PART Below below(const Plane& in, const Span& span) {
  const int x = span.x * span.step + static_cast<int>(safe_displacement(span.dx[0]) * span.scale_x);
  const int y = span.y * span.step + static_cast<int>(safe_displacement(span.dy[0]) * span.scale_y);
  return Below::of<T>(in, x, y, span.step);
}

// Calls `use` with plane, first pixel and samples, for every vector of pixels of the span. The planes, at most
// kMostPlanes, are of one size. `use` holds copies, not references: variables that others see are kept in memory.
template <class Kernel, class T, class Use>
VSP_PART void for_samples(const Plane* planes, int count, const Span& of, Use use) {
  const Span span = of;  // a copy, which no store through `use` can change
  Apart apart;
  Below soon[kMostPlanes];
  for (int p = 0; p < count; ++p) soon[p] = below<T>(planes[p], span);
  for (int first = 0; first < span.count; first += kLanes) {
    ask_ahead(span.dx + first);
    ask_ahead(span.dy + first);
    for (int p = 0; p < count; ++p) soon[p].ask(first);
    const Moved moved = moved_by(span, first);
    if (!read_together<Kernel, T>(planes, count, span, first, moved, use)) apart.put(span, first, moved);
  }
  if (apart.vectors == 0) return;
  for (int p = 0; p < count; ++p)
    Kernel::template apart<T>(planes[p], apart, [=](int first, Floats samples) VSP_INLINED { use(p, first, samples); });
}

#endif

// One plane, to `out`.
template <class Kernel, class T>
void sample_chunk_by(const Plane& plane, const Chunk& chunk, float* out) {
  const Plane in = plane;
  for_samples<Kernel, T>(&in, 1, chunk,
                         [=](int, int first, Floats samples) VSP_INLINED { store_floats(out + first, samples); });
}

template <class T>
void sample_chunk(const Plane& in, bool bilinear, const Chunk& chunk, float* out) {
  bilinear ? sample_chunk_by<Bilinear, T>(in, chunk, out) : sample_chunk_by<CatmullRom, T>(in, chunk, out);
}

}  // namespace
}  // namespace vsp::VSP_ISA
