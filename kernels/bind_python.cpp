// vsplugin._kernels: the kernels on numpy planes, for tests, notebooks and the OpenFX worker. vsplugin/kernels.py is
// the typed face; this is the table of contents.
#include "python/planes.hpp"

namespace vsp::python {
namespace {

std::vector<std::string> cpu_levels() {
  std::vector<std::string> names;
  for (Cpu cpu : available_cpus()) names.emplace_back(cpu_name(cpu));
  return names;
}

}  // namespace
}  // namespace vsp::python

NB_MODULE(_kernels, module) {
  using namespace vsp::python;
  module.def("cpu_levels", &cpu_levels, "Builds this machine can run, slowest first.");
  bind_motion(module);
  bind_pictures(module);
  bind_tile_sr(module);
}
