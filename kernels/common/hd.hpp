// Marks the per-pixel cores: ordinary inline functions here, host and device functions under nvcc and NVRTC.
// The cores include nothing but this header, so that NVRTC can compile them at run time without a C++ library.
#pragma once

#if defined(__CUDACC__) || defined(__CUDACC_RTC__)
#define VSP_HD __host__ __device__ inline
#else
#define VSP_HD inline
#endif

// Cores live in the namespace of the instruction set they are compiled for: the same inline function built with and
// without AVX-512 must never be merged by the linker, or a CPU without it would meet an illegal instruction.
#ifndef VSP_ISA
#define VSP_ISA portable
#endif
