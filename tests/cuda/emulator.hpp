// Runs CUDA kernels on the host, so that everything about them but their speed is tested without a GPU. Blocks run one
// after the other; every thread of a block is a fiber of its own that goes on until it waits at a barrier or takes part
// in an operation of its warp. The order in which waiting threads go on is a seed's: a missing barrier gives other
// results for other seeds. A block whose threads wait for each other for ever ends the run with a text.
#pragma once

#include <setjmp.h>
#include <ucontext.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <random>
#include <vector>

namespace emulator {

struct Index {
  unsigned x = 0, y = 0, z = 0;
};

struct uint2 {
  unsigned x, y;
};
struct alignas(16) uint4 {
  unsigned x, y, z, w;
};
struct alignas(16) float4 {
  float x, y, z, w;
};

enum class State { ready, at_block_barrier, at_warp, done };

struct Fiber {
  Index index;
  int lane = 0, warp = 0;
  State state = State::ready;
  ucontext_t first;
  jmp_buf here;
  bool started = false;
  std::vector<char> stack;
};

// What the lanes of a warp lay down for each other.
struct Exchange {
  uint32_t words[32][16];
};

constexpr size_t kStack = 128 * 1024, kSharedBytes = 232448;

struct Machine {
  std::vector<std::unique_ptr<Fiber>> fibers;
  std::vector<Exchange> exchanges;
  std::vector<char> shared_memory = std::vector<char>(kSharedBytes + 1024);
  size_t shared_bytes = 0;
  Fiber* current = nullptr;
  jmp_buf scheduler;
  Index block, block_dim, grid;
  std::function<void()> body;
  std::minstd_rand random;
};

inline Machine machine;

inline char* shared() {
  const auto address = reinterpret_cast<uintptr_t>(machine.shared_memory.data());
  return machine.shared_memory.data() + (1024 - address % 1024) % 1024;
}

inline void stop(const char* text) {
  std::fprintf(stderr, "emulator: %s\n", text);
  std::abort();
}

inline void wait(State state) {
  Fiber& fiber = *machine.current;
  fiber.state = state;
  if (_setjmp(fiber.here) == 0) _longjmp(machine.scheduler, 1);
}

inline void enter() {
  machine.body();
  machine.current->state = State::done;
  _longjmp(machine.scheduler, 1);
}

inline void resume(Fiber& fiber) {
  machine.current = &fiber;
  if (_setjmp(machine.scheduler) != 0) return;
  if (fiber.started) _longjmp(fiber.here, 1);
  fiber.started = true;
  getcontext(&fiber.first);
  fiber.first.uc_stack.ss_sp = fiber.stack.data();
  fiber.first.uc_stack.ss_size = fiber.stack.size();
  fiber.first.uc_link = nullptr;
  makecontext(&fiber.first, enter, 0);
  setcontext(&fiber.first);
}

inline void release(State from, size_t first, size_t last) {
  for (size_t i = first; i < last; ++i)
    if (machine.fibers[i]->state == from) machine.fibers[i]->state = State::ready;
}

inline size_t count_of(State state, size_t first, size_t last) {
  size_t count = 0;
  for (size_t i = first; i < last; ++i) count += machine.fibers[i]->state == state;
  return count;
}

// Runs a warp until all its lanes wait for others or are done.
inline void run_warp(size_t first, size_t last) {
  for (;;) {
    for (size_t i = first; i < last; ++i)
      if (machine.fibers[i]->state == State::ready) resume(*machine.fibers[i]);
    const size_t together = count_of(State::at_warp, first, last);
    if (together == 0) return;
    if (together != last - first) stop("lanes of a warp have parted where all must take part");
    release(State::at_warp, first, last);
  }
}

inline void run_block() {
  const size_t threads = machine.fibers.size(), warps = (threads + 31) / 32;
  std::vector<size_t> order(warps);
  for (size_t i = 0; i < warps; ++i) order[i] = i;
  while (count_of(State::done, 0, threads) < threads) {
    for (size_t i = warps; i > 1; --i) std::swap(order[i - 1], order[machine.random() % i]);
    for (const size_t warp : order) run_warp(32 * warp, std::min(threads, 32 * warp + 32));
    const size_t waiting = count_of(State::at_block_barrier, 0, threads);
    if (waiting + count_of(State::done, 0, threads) != threads) stop("threads of a block wait for each other");
    if (waiting != 0 && waiting != threads) stop("a barrier that some threads of the block never reach");
    release(State::at_block_barrier, 0, threads);
  }
}

// Shared memory starts as NaN of every type, so that what is read before it is written shows.
template <class Kernel>
void launch(Index grid, Index block, size_t shared_bytes, unsigned seed, Kernel kernel) {
  if (shared_bytes > kSharedBytes) stop("more shared memory than a block can have");
  const unsigned threads = block.x * block.y * block.z;
  machine.grid = grid, machine.block_dim = block, machine.body = kernel, machine.shared_bytes = shared_bytes;
  machine.random.seed(seed);
  machine.exchanges.resize((threads + 31) / 32);
  while (machine.fibers.size() < threads) {
    machine.fibers.push_back(std::make_unique<Fiber>());
    machine.fibers.back()->stack.resize(kStack);
  }
  machine.fibers.resize(threads);
  for (unsigned z = 0; z < grid.z; ++z)
    for (unsigned y = 0; y < grid.y; ++y)
      for (unsigned x = 0; x < grid.x; ++x) {
        machine.block = {x, y, z};
        std::memset(shared(), 0xff, kSharedBytes);
        for (unsigned i = 0; i < threads; ++i) {
          Fiber& fiber = *machine.fibers[i];
          fiber.index = {i % block.x, i / block.x % block.y, i / (block.x * block.y)};
          fiber.warp = static_cast<int>(i / 32), fiber.lane = static_cast<int>(i % 32);
          fiber.state = State::ready, fiber.started = false;
        }
        run_block();
        for (size_t i = shared_bytes; i < kSharedBytes; ++i)
          if (static_cast<unsigned char>(shared()[i]) != 0xff) stop("written beyond the shared memory of the block");
      }
}

// `lay` puts this lane's words down, `take` reads all lanes'.
template <class Lay, class Take>
void together(Lay lay, Take take) {
  Exchange& exchange = machine.exchanges[machine.current->warp];
  lay(exchange.words[machine.current->lane]);
  wait(State::at_warp);
  take(exchange);
  wait(State::at_warp);
}

inline float float_of_half(uint16_t bits) {
  const int exponent = bits >> 10 & 31, mantissa = bits & 1023;
  const double sign = bits & 0x8000 ? -1.0 : 1.0;
  if (exponent == 31) return mantissa ? NAN : static_cast<float>(sign * INFINITY);
  if (exponent == 0) return static_cast<float>(sign * mantissa * 0x1p-24);
  return static_cast<float>(sign * (1024 + mantissa) * std::ldexp(1.0, exponent - 25));
}

inline uint16_t half_of_float(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  const auto sign = static_cast<uint16_t>(bits >> 16 & 0x8000);
  if (std::isnan(value)) return static_cast<uint16_t>(sign | 0x7e00 | (bits >> 13 & 0x3ff));
  const double magnitude = std::fabs(static_cast<double>(value));
  if (magnitude >= 65520.0) return sign | 0x7c00;
  if (magnitude < 0x1p-14) return static_cast<uint16_t>(sign | static_cast<int>(std::nearbyint(magnitude * 0x1p24)));
  int exponent;
  const double mantissa = std::frexp(magnitude, &exponent);  // 0.5..1
  const int code = static_cast<int>(std::nearbyint(mantissa * 2048)) - 1024 + ((exponent + 14) << 10);
  return static_cast<uint16_t>(sign | code);
}

inline float half_at(uint32_t word, int index) { return float_of_half(static_cast<uint16_t>(word >> (16 * index))); }

// ldmatrix.x4: matrix m has the rows that lanes 8m to 8m + 7 point to; lane l gets of each the two halves at column
// 2 (l % 4) of row l / 4.
inline void load_matrix(const char* row, unsigned (&a)[4]) {
  if (reinterpret_cast<uintptr_t>(row) % 16 != 0) stop("ldmatrix of a row that is not aligned to 16 bytes");
  const char* start = shared();
  if (row < start || row + 16 > start + machine.shared_bytes) stop("ldmatrix outside the shared memory of the block");
  const int lane = machine.current->lane;
  together([&](uint32_t* words) { std::memcpy(words, row, 16); },
           [&](const Exchange& all) {
             for (int m = 0; m < 4; ++m) a[m] = all.words[8 * m + lane / 4][lane % 4];
           });
}

// mma.m16n8k16 with the layouts of the PTX manual; sums in double, rounded once.
inline void multiply_add(float (&sum)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
  const int g = machine.current->lane / 4, t = machine.current->lane % 4;
  together(
      [&](uint32_t* words) {
        for (int i = 0; i < 4; ++i) words[i] = a[i];
        words[4] = b0, words[5] = b1;
      },
      [&](const Exchange& all) {
        const auto left = [&](int row, int k) {
          return half_at(all.words[4 * (row % 8) + k % 8 / 2][row / 8 + 2 * (k / 8)], k % 2);
        };
        const auto right = [&](int k, int column) {
          return half_at(all.words[4 * column + k % 8 / 2][4 + k / 8], k % 2);
        };
        for (int i = 0; i < 4; ++i) {
          double exact = sum[i];
          for (int k = 0; k < 16; ++k) exact += static_cast<double>(left(g + 8 * (i / 2), k)) * right(k, 2 * t + i % 2);
          sum[i] = static_cast<float>(exact);
        }
      });
}

}  // namespace emulator

// The names that CUDA gives every kernel.
#define __device__
#define __host__
#define __global__
#define __shared__ static
#define __launch_bounds__(...)
#define __forceinline__ inline
#define __restrict__
#define threadIdx (::emulator::machine.current->index)
#define blockIdx (::emulator::machine.block)
#define blockDim (::emulator::machine.block_dim)
#define gridDim (::emulator::machine.grid)

using emulator::float4;
using emulator::uint2;
using emulator::uint4;

inline void __syncthreads() { emulator::wait(emulator::State::at_block_barrier); }
inline void __syncwarp() { emulator::wait(emulator::State::at_warp); }
inline unsigned atomicAdd(unsigned* place, unsigned value) {
  const unsigned before = *place;
  *place += value;
  return before;
}
inline unsigned atomicMax(unsigned* place, unsigned value) {
  const unsigned before = *place;
  if (value > before) *place = value;
  return before;
}
inline int __popc(unsigned value) { return __builtin_popcount(value); }
inline unsigned __match_any_sync(unsigned, unsigned value) {
  unsigned alike = 0;
  emulator::together([&](uint32_t* words) { words[0] = value; },
                     [&](const emulator::Exchange& all) {
                       for (int lane = 0; lane < 32; ++lane) alike |= (all.words[lane][0] == value) << lane;
                     });
  return alike;
}
