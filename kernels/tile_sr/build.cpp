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

static std::vector<TileBuild> detect() {
  std::vector<TileBuild> found;
  for (const Cpu cpu : available_cpus()) found.push_back(static_cast<TileBuild>(cpu));
#if defined(VSP_X86)
  if (found.back() == TileBuild::avx512 && most_allowed() == "auto" && has_avx512_bf16() && has_amx_bf16())
    found.push_back(TileBuild::amx);
#endif
  return found;
}

std::vector<TileBuild> available_builds() {
  static const std::vector<TileBuild> found = detect();
  return found;
}

TileBuild parse_build(const std::string& name) {
  if (name.empty() || name == "auto") return available_builds().back();
  std::string allowed = "auto";
  for (const TileBuild build : available_builds()) {
    if (name == build_name(build)) return build;
    allowed += std::string(", ") + build_name(build);
  }
  throw std::invalid_argument("cpu must be one of " + allowed + " on this machine; got " + name);
}

static_assert(static_cast<int>(Cpu::avx512) == static_cast<int>(TileBuild::avx512));

}  // namespace vsp
