#include "common/cpu.hpp"

#include <stdexcept>

namespace vsp {

const char* cpu_name(Cpu cpu) { return cpu == Cpu::avx512 ? "avx512" : cpu == Cpu::avx2 ? "avx2" : "scalar"; }

static std::vector<Cpu> detect() {
  std::vector<Cpu> found{Cpu::scalar};
#if defined(VSP_X86)
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  if (avx2) found.push_back(Cpu::avx2);
  if (avx2 && avx512) found.push_back(Cpu::avx512);
#endif
  return found;
}

std::vector<Cpu> available_cpus() {
  static const std::vector<Cpu> found = detect();
  return found;
}

Cpu best_cpu() { return available_cpus().back(); }

Cpu parse_cpu(const std::string& name) {
  if (name.empty() || name == "auto") return best_cpu();
  std::string allowed = "auto";
  for (Cpu cpu : available_cpus()) {
    if (name == cpu_name(cpu)) return cpu;
    allowed += std::string(", ") + cpu_name(cpu);
  }
  throw std::invalid_argument("cpu must be one of " + allowed + " on this machine; got " + name);
}

}  // namespace vsp
