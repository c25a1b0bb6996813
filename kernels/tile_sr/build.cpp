#include "tile_sr/build.hpp"

#include <stdexcept>

#include "common/cpu.hpp"

#if defined(VSP_X86)
#include <cpuid.h>
#endif
#if defined(VSP_X86) && defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace vsp {

const char* build_name(TileBuild build) {
  switch (build) {
    case TileBuild::scalar:
      return "scalar";
    case TileBuild::avx2:
      return "avx2";
    case TileBuild::avx512:
      return "avx512";
    case TileBuild::vnni:
      return "vnni";
    default:
      return "amx";
  }
}

#if defined(VSP_X86)

static bool has_avx512_bf16() {
  unsigned a, b, c, d;
  return __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a & (1u << 5));
}

// The matrix registers are 8 KiB of state that Linux saves for a process only after it has asked for them.
static bool has_amx_bf16() {
  unsigned a, b, c, d;
  constexpr unsigned kBf16 = 1u << 22, kTile = 1u << 24;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (d & kBf16) == 0 || (d & kTile) == 0) return false;
#if defined(__linux__)
  constexpr long kRequestPermission = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
  return false;
#endif
}

#endif

static std::vector<TileBuild> detect(bool integers) {
  std::vector<TileBuild> found;
  for (const Cpu cpu : available_cpus())
    if (!integers || cpu == Cpu::scalar) found.push_back(static_cast<TileBuild>(cpu));
#if defined(VSP_X86)
  if (best_cpu() != Cpu::avx512 || most_allowed() != "auto") return found;
  if (integers && __builtin_cpu_supports("avx512vnni")) found.push_back(TileBuild::vnni);
  if (!integers && has_avx512_bf16() && has_amx_bf16()) found.push_back(TileBuild::amx);
#endif
  return found;
}

std::vector<TileBuild> available_builds(bool integers) {
  static const std::vector<TileBuild> floats = detect(false), codes = detect(true);
  return integers ? codes : floats;
}

TileBuild parse_build(const std::string& name, bool integers) {
  const std::vector<TileBuild> here = available_builds(integers);
  if (name.empty() || name == "auto") return here.back();
  std::string allowed = "auto";
  for (const TileBuild build : here) {
    if (name == build_name(build)) return build;
    allowed += std::string(", ") + build_name(build);
  }
  throw std::invalid_argument("cpu must be one of " + allowed + (integers ? " for an INT8 network" : "") +
                              " on this machine; got " + name);
}

static_assert(static_cast<int>(Cpu::avx512) == static_cast<int>(TileBuild::avx512));

}  // namespace vsp
