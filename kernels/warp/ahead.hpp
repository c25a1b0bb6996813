// Asking for what is read or written soon. Chunks are so short that the processor does not notice by itself in time.
// One line for each vector of pixels, never many at once, of which some seem to be lost: the same lines asked for by
// fours took a warp 1.5 times as long (Zen 4).
#pragma once

#include "common/plane.hpp"

namespace vsp::VSP_ISA {
namespace {

constexpr int kAhead = 1024;  // bytes

// Of a row that is read on and on.
template <class T>
inline void ask_ahead(const T* p) {
  __builtin_prefetch(reinterpret_cast<const char*>(p) + kAhead);
}

// Of a row that is written: asked for as such, or half of the time goes to waiting for lines that are then overwritten.
template <class T>
inline void ask_to_write(const T* p) {
  __builtin_prefetch(reinterpret_cast<const char*>(p) + kAhead, 1);
}

// Of a plane that is read where a flow leads. Its rows are made from top to bottom, so that most of what they read was
// read for those above: what is new lies below, the lower the rougher the flow is.
class Below {
 public:
  // (x, y): where the first pixel of a span leads; `step` samples from one pixel to the next.
  template <class T>
  static Below of(const Plane& in, int x, int y, int step) {
    constexpr ptrdiff_t kSize = sizeof(T);
    return {reinterpret_cast<uintptr_t>(in.data) + (y + kRows) * in.stride + x * kSize + kAside, step * kSize};
  }
  // Asking for what lies outside the plane does no harm.
  void ask(int pixel) const { __builtin_prefetch(reinterpret_cast<const void*>(first_ + pixel * step_)); }

  Below() = default;

 private:
  static constexpr ptrdiff_t kRows = 12, kAside = 256;  // bytes
  Below(uintptr_t first, ptrdiff_t step) : first_(first), step_(step) {}
  uintptr_t first_ = 0;
  ptrdiff_t step_ = 0;
};

}  // namespace
}  // namespace vsp::VSP_ISA
