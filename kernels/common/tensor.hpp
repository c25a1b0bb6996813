// The tensor cores: a warp multiplies a 16 x 16 matrix of halves (pixels x channels in) by a 16 x 8 one (channels in x
// channels out) and adds floats. Layouts are those of PTX's mma.m16n8k16: with g = lane / 4 and t = lane % 4, a lane
// holds
//
//     a[0], a[1]  rows g, g + 8, columns 2t and 2t + 1          b[0]  rows 2t and 2t + 1, column g
//     a[2], a[3]  the same rows, columns 2t + 8 and 2t + 9      b[1]  rows 2t + 8 and 2t + 9, column g
//     sum[0..1]   row g, columns 2t and 2t + 1                  sum[2..3]  row g + 8, the same columns
//
// PTX ISA, sections "Matrix Fragments for mma.m16n8k16" and "ldmatrix".
#pragma once

#include "common/device.hpp"

namespace vsp::VSP_ISA {

#if defined(__CUDACC__) || defined(__CUDACC_RTC__)

// Every lane gives the address of one row of eight halves: lanes 0-15 the left halves of rows 0-15, lanes 16-31 the
// right ones.
__device__ inline void load_matrix(const char* row, unsigned (&a)[4]) {
  const auto address = static_cast<unsigned>(__cvta_generic_to_shared(row));
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(a[0]), "=r"(a[1]), "=r"(a[2]), "=r"(a[3])
               : "r"(address)
               : "memory");
}

__device__ inline void multiply_add(float (&sum)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
#if __CUDA_ARCH__ >= 800
  asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
      "{%0, %1, %2, %3};"
      : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
#else  // Turing multiplies half as many columns at once
  asm("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5}, {%6}, {%0, %1, %2, %3};"
      : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
      : "r"(a[0]), "r"(a[1]), "r"(b0));
  asm("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5}, {%6}, {%0, %1, %2, %3};"
      : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
      : "r"(a[2]), "r"(a[3]), "r"(b1));
#endif
}

// Two halves in one word, the first in the lower bits.
__device__ inline unsigned halves_of(float first, float second) {
  unsigned word;
#if __CUDA_ARCH__ >= 800
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(word) : "f"(second), "f"(first));
#else
  word = float_to_half(first).bits | static_cast<unsigned>(float_to_half(second).bits) << 16;
#endif
  return word;
}

#else

inline void load_matrix(const char* row, unsigned (&a)[4]) { emulator::load_matrix(row, a); }
inline void multiply_add(float (&sum)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
  emulator::multiply_add(sum, a, b0, b1);
}
inline unsigned halves_of(float first, float second) {
  return float_to_half(first).bits | static_cast<unsigned>(float_to_half(second).bits) << 16;
}

#endif

__device__ inline float lower_half(unsigned word) { return half_to_float({static_cast<Word>(word & 0xffffu)}); }
__device__ inline float upper_half(unsigned word) { return half_to_float({static_cast<Word>(word >> 16)}); }

}  // namespace vsp::VSP_ISA
