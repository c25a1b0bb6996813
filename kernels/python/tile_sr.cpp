// Networks.
#include "common/nominal.hpp"
#include "python/planes.hpp"
#include "tile_sr/engine.hpp"

namespace vsp::python {
namespace {

using LayerTuple =
    std::tuple<int, int, std::vector<float>, std::vector<float>, int, std::vector<float>, int, bool, bool>;

// The layers of an ONNX file's bytes, for engines outside this library: in the order of struct Layer, at last whether
// they are INT8; and the scale.
std::pair<std::vector<LayerTuple>, int> read_layers(nb::bytes onnx) {
  try {
    const Network network = network_of_onnx({static_cast<const char*>(onnx.data()), onnx.size()});
    std::vector<LayerTuple> layers;
    for (const Layer& layer : network.layers)
      layers.emplace_back(layer.channels_in, layer.channels_out, layer.weights, layer.bias,
                          static_cast<int>(layer.activation), layer.slope, layer.skip, layer.skip_first,
                          layer.integers);
    return {layers, network.scale};
  } catch (const std::exception& error) {
    refuse(error.what());
  }
}

// The network of an ONNX file's bytes, made ready for one build.
void make_tile_sr(TileSr* memory, nb::bytes onnx, const std::string& cpu) {
  try {
    const Network network = network_of_onnx({static_cast<const char*>(onnx.data()), onnx.size()});
    new (memory) TileSr(network, parse_build(cpu, network.integers()));
  } catch (const std::exception& error) {
    refuse(error.what());
  }
}

void run_tile_sr(const TileSr& engine, const In& image, const Out& out, std::optional<double> strength,
                 double overshoot, bool full, int bits, int threads, int tile) {
  const Plane plane = in("image", image, bits);
  const OutPlane target = out_of(out, bits);
  if (!strength && target.sample != Sample::f32) refuse("out must be float32");
  if (strength && target.sample != plane.sample) refuse("out must have the samples of image");
  if (target.width != plane.width * engine.scale() || target.height != plane.height * engine.scale())
    refuse("out must be " + std::to_string(engine.scale()) + " times as large as image");
  if (threads < 0 || threads > 256) refuse("threads must be 0 to 256; got " + std::to_string(threads));
  const Coding coding = {plane.sample, plane.bits, full};
  TilePicture picture;
  picture.nominal_to_out = code_to_code({}, coding);
  picture.gain = static_cast<float>(strength.value_or(0.0) * code_of_nominal(coding).gain);
  picture.overshoot = static_cast<float>(overshoot);
  nb::gil_scoped_release unlocked;
  engine.run(plane, code_to_code(coding, {}), target, threads, tile, strength ? &picture : nullptr);
}

std::vector<std::string> tile_sr_levels(bool int8) {
  std::vector<std::string> names;
  for (TileBuild build : available_builds(int8)) names.emplace_back(build_name(build));
  return names;
}

}  // namespace

void bind_tile_sr(nb::module_& module) {
  using namespace nb::literals;
  module.def("tile_sr_levels", &tile_sr_levels, "int8"_a, "Builds of TileSR this machine can run, slowest first.");
  module.def("read_layers", &read_layers, "onnx"_a, "The layers of a network that TileSR runs, and its scale.");
  nb::class_<TileSr>(module, "TileSr")
      .def("__init__", &make_tile_sr, "onnx"_a, "cpu"_a)
      .def_prop_ro("scale", &TileSr::scale)
      .def_prop_ro("cpu", [](const TileSr& engine) { return build_name(engine.build()); })
      .def("memory", &TileSr::memory, "width"_a, "threads"_a, "tile"_a)
      .def("run", &run_tile_sr, "image"_a, "out"_a, "strength"_a.none(), "overshoot"_a, "full"_a, "bits"_a, "threads"_a,
           "tile"_a);
}

}  // namespace vsp::python
