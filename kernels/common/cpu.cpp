#include "common/cpu.hpp"

#include <cstdlib>
#include <stdexcept>

namespace vsp {

const char* cpu_name(Cpu cpu) { return cpu == Cpu::avx512 ? "avx512" : cpu == Cpu::avx2 ? "avx2" : "scalar"; }

std::string most_allowed() {
  const char* name = std::getenv("VSPLUGIN_CPU");
  if (name == nullptr || *name == 0) return "auto";
  for (const char* known : {"auto", "scalar", "avx2", "avx512"})
    if (std::string(name) == known) return name;
  throw std::invalid_argument("VSPLUGIN_CPU must be auto, scalar, avx2 or avx512; got " + std::string(name));
}

static std::vector<Cpu> detect() {
  std::vector<Cpu> found{Cpu::scalar};
  const std::string most = most_allowed();
#if defined(VSP_X86)
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  if (avx2 && most != "scalar") found.push_back(Cpu::avx2);
  if (avx2 && avx512 && most != "scalar" && most != "avx2") found.push_back(Cpu::avx512);
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
