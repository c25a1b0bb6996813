// Which build of a kernel runs: found once by CPUID, or forced by the argument `cpu`.
#pragma once

#include <string>
#include <vector>

namespace vsp {

enum class Cpu { scalar, avx2, avx512 };

const char* cpu_name(Cpu cpu);
std::vector<Cpu> available_cpus();  // always starts with scalar; the last one is the best
Cpu best_cpu();

// The best build that may be used, by the environment variable VSPLUGIN_CPU: as on a CPU that has no more. "auto" where
// it is not set.
std::string most_allowed();

// "auto", "" or a name. Throws std::invalid_argument with a text for people when unknown or missing on this machine.
Cpu parse_cpu(const std::string& name);

}  // namespace vsp

// Declares one kernel entry in the namespace of every instruction set, and calls the chosen one.
#if defined(VSP_X86)
#define VSP_DECLARE(name, Job) \
  namespace scalar {           \
  void name(const Job&);       \
  }                            \
  namespace avx2 {             \
  void name(const Job&);       \
  }                            \
  namespace avx512 {           \
  void name(const Job&);       \
  }
#define VSP_CALL(cpu, name, job)                          \
  ((cpu) == ::vsp::Cpu::avx512 ? ::vsp::avx512::name(job) \
   : (cpu) == ::vsp::Cpu::avx2 ? ::vsp::avx2::name(job)   \
                               : ::vsp::scalar::name(job))
#else
#define VSP_DECLARE(name, Job) \
  namespace scalar {           \
  void name(const Job&);       \
  }
#define VSP_CALL(cpu, name, job) ((void)(cpu), ::vsp::scalar::name(job))
#endif
