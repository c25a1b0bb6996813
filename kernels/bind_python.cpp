// vsplugin._kernels: the kernels on numpy planes, for tests, notebooks and the OpenFX worker. vsplugin/kernels.py is
// the typed face; here every output is given, so that a test can look at the bytes around it.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <cmath>

#include "backproject/backproject_rows.hpp"
#include "chroma/chroma_rows.hpp"
#include "common/nominal.hpp"
#include "grain/grain_rows.hpp"
#include "histogram/histogram_rows.hpp"
#include "match/match_rows.hpp"
#include "merge/merge_rows.hpp"
#include "rgba/rgba_rows.hpp"
#include "tile_sr/engine.hpp"
#include "warp/blend_rows.hpp"
#include "warp/flow_rows.hpp"

namespace nb = nanobind;
using namespace vsp;

namespace {

// Planes of VapourSynth frames are read-only, hence nb::ro.
using In = nb::ndarray<nb::ro, nb::ndim<2>, nb::device::cpu>;
using Out = nb::ndarray<nb::ndim<2>, nb::device::cpu>;
using MaybeIn = std::optional<In>;

[[noreturn]] void refuse(const std::string& text) { throw nb::value_error(text.c_str()); }

Sample sample_of(const char* name, nb::dlpack::dtype type) {
  if (type == nb::dtype<uint8_t>()) return Sample::u8;
  if (type == nb::dtype<uint16_t>()) return Sample::u16;
  if (type == nb::dtype<float>()) return Sample::f32;
  if (type.code == static_cast<uint8_t>(nb::dlpack::dtype_code::Float) && type.bits == 16) return Sample::half;
  refuse(std::string(name) + " must be uint8, uint16, float16 or float32");
}

template <class Result, class Array>
Result plane_of(const char* name, const Array& array, int bits) {
  Result plane;
  plane.sample = sample_of(name, array.dtype());
  plane.bits = plane.sample == Sample::u8 ? 8 : plane.sample == Sample::u16 ? bits : 32;
  plane.data = array.data();
  plane.height = static_cast<int>(array.shape(0));
  plane.width = static_cast<int>(array.shape(1));
  plane.stride = static_cast<ptrdiff_t>(array.stride(0)) * static_cast<ptrdiff_t>(sample_bytes(plane.sample));
  if (plane.height < 1 || plane.width < 1) refuse(std::string(name) + " must not be empty");
  if (plane.width > 1 && array.stride(1) != 1) refuse(std::string(name) + " must have neighbouring samples in a row");
  return plane;
}

Plane in(const char* name, const In& array, int bits = 16) { return plane_of<Plane>(name, array, bits); }
OutPlane out_of(const Out& array, int bits = 16) { return plane_of<OutPlane>("out", array, bits); }

Plane floats(const char* name, const In& array, int width, int height) {
  const Plane plane = in(name, array);
  if (plane.sample != Sample::f32) refuse(std::string(name) + " must be float32");
  if (plane.width != width || plane.height != height)
    refuse(std::string(name) + " must be " + std::to_string(width) + "x" + std::to_string(height) + "; got " +
           std::to_string(plane.width) + "x" + std::to_string(plane.height));
  return plane;
}

void require_like(const OutPlane& out, const Plane& plane) {
  if (out.width != plane.width || out.height != plane.height) refuse("out must have the size of the input");
}

Cpu cpu_of(const std::string& name) {
  try {
    return parse_cpu(name);
  } catch (const std::invalid_argument& error) {
    refuse(error.what());
  }
}

bool bilinear_of(const std::string& mode) {
  if (mode != "catmullrom" && mode != "bilinear") refuse("mode must be catmullrom or bilinear; got " + mode);
  return mode == "bilinear";
}

// A flow for planes of the size of `plane`, subsampled as told.
FlowPlanes flow_of(const In& dx, const In& dy, const MaybeIn& confidence, const Plane& plane, int subsampling_w,
                   int subsampling_h) {
  FlowPlanes flow;
  flow.subsampling_w = subsampling_w;
  flow.subsampling_h = subsampling_h;
  const int width = plane.width << subsampling_w, height = plane.height << subsampling_h;
  flow.dx = floats("dx", dx, width, height);
  flow.dy = floats("dy", dy, width, height);
  if (confidence) flow.confidence = floats("confidence", *confidence, width, height);
  return flow;
}

void warp_array(const In& image, const In& dx, const In& dy, const MaybeIn& confidence, const Out& out,
                const std::string& mode, int bits, int subsampling_w, int subsampling_h, const std::string& cpu) {
  WarpJob job;
  job.in = in("image", image, bits);
  job.out = out_of(out, bits);
  require_like(job.out, job.in);
  if (job.out.sample != job.in.sample) refuse("out must have the samples of image");
  job.bilinear = bilinear_of(mode);
  static_cast<FlowPlanes&>(job) = flow_of(dx, dy, confidence, job.in, subsampling_w, subsampling_h);
  const Cpu chosen = cpu_of(cpu);
  nb::gil_scoped_release unlocked;
  warp(job, chosen);
}

void warp_blend_arrays(const In& center, const std::vector<In>& images, const std::vector<In>& dx,
                       const std::vector<In>& dy, const std::vector<In>& confidence, const std::vector<float>& weights,
                       const Out& out, const std::string& mode, int bits, int subsampling_w, int subsampling_h,
                       const std::string& cpu) {
  BlendJob job;
  job.planes = 1;
  const Plane middle = job.center[0] = in("center", center, bits);
  job.out[0] = out_of(out, bits);
  require_like(job.out[0], middle);
  if (job.out[0].sample != middle.sample) refuse("out must have the samples of center");
  job.rows = middle.height;
  job.bilinear = bilinear_of(mode);
  if (images.size() > kMostNeighbours) refuse("neighbours must be 0 to 6; got " + std::to_string(images.size()));
  job.center_weight = weights.at(0);
  for (float weight : weights)
    if (!(weight >= 0.0f && weight <= 1e6f)) refuse("weights must be 0 to 1000000; got " + std::to_string(weight));
  if (job.center_weight <= 0.0f) refuse("the center's weight must be above 0");
  for (size_t k = 0; k < images.size(); ++k) {
    BlendJob::Neighbour& neighbour = job.neighbours[job.count++];
    const Plane image = neighbour.in[0] = in("neighbour", images[k], bits);
    if (image.sample != middle.sample || image.width != middle.width || image.height != middle.height)
      refuse("every neighbour must have the size and samples of center");
    neighbour.flow = flow_of(dx.at(k), dy.at(k), confidence.at(k), middle, subsampling_w, subsampling_h);
    neighbour.weight = weights.at(k + 1);
  }
  const Cpu chosen = cpu_of(cpu);
  nb::gil_scoped_release unlocked;
  warp_blend(job, chosen);
}

void check_flow_share(const char* name, float value, float highest) {
  if (!(value >= 0.0f && value <= highest))
    refuse(std::string(name) + " must be 0 to " + std::to_string(static_cast<int>(highest)) + "; got " +
           std::to_string(value));
}

void flow_confidence_arrays(const In& dx, const In& dy, const In& back_dx, const In& back_dy, const MaybeIn& confidence,
                            const Out& out, float alpha, float beta, float softness, const std::string& cpu) {
  ConsistencyJob job;
  job.out = out_of(out);
  if (job.out.sample != Sample::f32) refuse("out must be float32");
  job.dx = floats("dx", dx, job.out.width, job.out.height);
  job.dy = floats("dy", dy, job.out.width, job.out.height);
  job.back_dx = floats("back_dx", back_dx, job.out.width, job.out.height);
  job.back_dy = floats("back_dy", back_dy, job.out.width, job.out.height);
  if (confidence) job.confidence = floats("confidence", *confidence, job.out.width, job.out.height);
  check_flow_share("alpha", job.alpha = alpha, 1e6f);
  check_flow_share("beta", job.beta = beta, 1e6f);
  check_flow_share("softness", job.softness = softness, 1.0f);
  const Cpu chosen = cpu_of(cpu);
  nb::gil_scoped_release unlocked;
  check_consistency(job, chosen);
}

void resize_flow_arrays(const In& dx, const In& dy, const MaybeIn& confidence, const Out& out_dx, const Out& out_dy,
                        const std::optional<Out>& out_confidence, const std::string& cpu) {
  FlowResizeJob job;
  job.dx = in("dx", dx);
  job.dx = floats("dx", dx, job.dx.width, job.dx.height);
  job.dy = floats("dy", dy, job.dx.width, job.dx.height);
  if (confidence) job.confidence = floats("confidence", *confidence, job.dx.width, job.dx.height);
  job.out_dx = out_of(out_dx);
  job.out_dy = out_of(out_dy);
  if (out_confidence) job.out_confidence = out_of(*out_confidence);
  for (const OutPlane& out : {job.out_dx, job.out_dy, out_confidence ? job.out_confidence : job.out_dx})
    if (out.sample != Sample::f32 || out.width != job.out_dx.width || out.height != job.out_dx.height)
      refuse("outputs must be float32 and of one size");
  if (job.out_dx.width < job.dx.width || job.out_dx.height < job.dx.height)
    refuse("the output must be at least as large as the flow, " + std::to_string(job.dx.width) + "x" +
           std::to_string(job.dx.height) + "; got " + std::to_string(job.out_dx.width) + "x" +
           std::to_string(job.out_dx.height));
  const Cpu chosen = cpu_of(cpu);
  nb::gil_scoped_release unlocked;
  resize_flow(job, chosen);
}

void flow_match_arrays(const std::vector<In>& frames, const std::vector<In>& neighbours,
                       const std::vector<float>& sigma, const In& dx, const In& dy, const MaybeIn& confidence,
                       const Out& out, int bits, int subsampling_w, int subsampling_h, const std::string& cpu) {
  MatchJob job;
  job.out = out_of(out);
  if (job.out.sample != Sample::f32) refuse("out must be float32");
  job.dx = floats("dx", dx, job.out.width, job.out.height);
  job.dy = floats("dy", dy, job.out.width, job.out.height);
  if (confidence) job.confidence = floats("confidence", *confidence, job.out.width, job.out.height);
  if (frames.empty() || frames.size() > kMostMatched || neighbours.size() != frames.size() ||
      sigma.size() != frames.size())
    refuse("frames, neighbours and sigma must be 1 to 3 planes each, equally many; got " +
           std::to_string(frames.size()) + ", " + std::to_string(neighbours.size()) + " and " +
           std::to_string(sigma.size()));
  for (float s : sigma)
    if (!(s >= 0.0f && s <= 1e6f)) refuse("sigma must be 0 to 1000000; got " + std::to_string(s));
  job.subsampling_w = subsampling_w;
  job.subsampling_h = subsampling_h;
  for (size_t p = 0; p < frames.size(); ++p) {
    MatchJob::Pair& pair = job.pairs[job.count++];
    pair.frame = in("frame", frames[p], bits);
    pair.neighbour = in("neighbour", neighbours[p], bits);
    pair.sigma = sigma[p];
    const int sw = p > 0 ? subsampling_w : 0, sh = p > 0 ? subsampling_h : 0;
    for (const Plane& plane : {pair.frame, pair.neighbour})
      if (plane.width << sw != job.dx.width || plane.height << sh != job.dx.height || plane.sample != pair.frame.sample)
        refuse("frames and neighbours must have one sample type and the flow's size over their subsampling");
  }
  const Cpu chosen = cpu_of(cpu);
  nb::gil_scoped_release unlocked;
  match_flow(job, chosen);
}

void merge_array(const In& base, const MaybeIn& residual, const Out& out, double strength, const MaybeIn& source,
                 double overshoot, bool full, bool chroma, int bits, int out_bits, int source_bits,
                 const std::string& cpu) {
  MergeJob job;
  job.base = in("base", base, bits);
  job.out = out_of(out, out_bits);
  require_like(job.out, job.base);
  const auto coding = [&](const auto& plane) { return Coding{plane.sample, plane.bits, full, chroma}; };
  const Coding target = coding(job.out);
  job.base_to_out = code_to_code(coding(job.base), target);
  job.gain = static_cast<float>(strength * code_of_nominal(target).gain);
  if (residual) job.residual = floats("residual", *residual, job.base.width, job.base.height);
  if (source && overshoot >= 0.0) {
    job.source = in("source", *source, source_bits);
    const int scale = job.base.width / job.source.width;
    if (scale < 1 || job.source.width * scale != job.base.width || job.source.height * scale != job.base.height)
      refuse("base must be a whole multiple of source");
    job.source_to_out = code_to_code(coding(job.source), target);
    job.overshoot = static_cast<float>(overshoot);
  }
  const Cpu chosen = cpu_of(cpu);
  nb::gil_scoped_release unlocked;
  merge(job, chosen);
}

void guide_chroma_array(const In& chroma_up, const In& luma_up, const In& luma_smooth, const In& chroma, const In& luma,
                        const Out& out, double strength, const std::string& cpu) {
  ChromaJob job;
  job.out = out_of(out);
  if (job.out.sample != Sample::f32) refuse("out must be float32");
  job.chroma_up = floats("chroma_up", chroma_up, job.out.width, job.out.height);
  job.luma_up = floats("luma_up", luma_up, job.out.width, job.out.height);
  job.luma_smooth = floats("luma_smooth", luma_smooth, job.out.width, job.out.height);
  job.chroma = in("chroma", chroma);
  job.chroma = floats("chroma", chroma, job.chroma.width, job.chroma.height);
  job.luma = floats("luma", luma, job.chroma.width, job.chroma.height);
  job.strength = static_cast<float>(strength);
  const Cpu chosen = cpu_of(cpu);
  nb::gil_scoped_release unlocked;
  guide_chroma(job, chosen);
}

// `shift`: how far the centre of sample 0 lies right of and below (scale - 1) / 2. Without `out` it only measures.
float backproject_array(const In& clip, const In& source, const std::optional<Out>& out, const std::string& degradation,
                        double shift_x, double shift_y, int bits, bool full, bool chroma, const std::string& cpu) {
  BackprojectJob job;
  job.clip = in("clip", clip, bits);
  job.source = in("source", source, bits);
  const int scale = job.clip.width / job.source.width;
  if (scale < 1 || scale > 8 || job.source.width * scale != job.clip.width ||
      job.source.height * scale != job.clip.height)
    refuse("clip must be 1 to 8 times as large as source");
  if (!(std::abs(shift_x) <= 8.0 && std::abs(shift_y) <= 8.0)) refuse("shift must be in [-8, 8]");
  try {
    check_degradation(degradation);
  } catch (const std::invalid_argument& error) {
    refuse(error.what());
  }
  if (out) {
    job.out = out_of(*out, bits);
    require_like(job.out, job.clip);
    if (job.out.sample != job.source.sample) refuse("out must have the samples of source");
  }
  const auto coding = [&](const auto& plane) { return Coding{plane.sample, plane.bits, full, chroma}; };
  job.clip_to_source = code_to_code(coding(job.clip), coding(job.source));
  const double aligned = 0.5 * (scale - 1);
  const AxisPlan x(degradation, job.source.width, scale, aligned + shift_x);
  const AxisPlan y(degradation, job.source.height, scale, aligned + shift_y);
  job.x = x.view();
  job.y = y.view();
  const Cpu chosen = cpu_of(cpu);
  nb::gil_scoped_release unlocked;
  return backproject(job, chosen);
}

using Counts = nb::ndarray<uint32_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

void light_histogram_arrays(const In& red, const In& green, const In& blue, const Counts& counts, const Counts& maxima,
                            int bits, const std::string& cpu) {
  HistogramJob job;
  job.rgb[0] = in("red", red, bits);
  if (job.rgb[0].bits < 1 || (job.rgb[0].sample == Sample::u16 && bits > 16))
    refuse("bits must be 1 to 16; got " + std::to_string(bits));
  job.rgb[1] = in("green", green, bits);
  job.rgb[2] = in("blue", blue, bits);
  for (const Plane& plane : job.rgb)
    if (plane.width != job.rgb[0].width || plane.height != job.rgb[0].height || plane.sample != job.rgb[0].sample)
      refuse("red, green and blue must have one size and one type of samples");
  const size_t bins = histogram_bins(job.rgb[0].sample, job.rgb[0].bits);
  if (counts.size() != bins) refuse("counts must have " + std::to_string(bins) + " elements");
  if (maxima.size() != 3) refuse("maxima must have 3 elements");
  job.counts = counts.data();
  job.maxima = maxima.data();
  const Cpu chosen = cpu_of(cpu);
  nb::gil_scoped_release unlocked;
  light_histogram(job, chosen);
}

using Floats = nb::ndarray<nb::ro, float, nb::c_contig, nb::device::cpu>;

void grain_array(const In& level, const Floats& tones, const Floats& taps, const Floats& mix, const Out& out,
                 uint32_t seed, uint32_t frame, const std::string& cpu) {
  GrainJob job;
  job.out = out_of(out);
  if (job.out.sample != Sample::f32) refuse("out must be float32");
  job.level = floats("level", level, job.out.width, job.out.height);
  if (tones.ndim() != 1 || tones.size() < 1) refuse("tones must be a row of ascending levels");
  const size_t side = taps.ndim() == 3 ? taps.shape(1) : 0;
  if (side % 2 == 0 || side > kGrainMaxSide || taps.shape(2) != side || taps.shape(0) != tones.size())
    refuse("taps must be (tones, side, side) with an odd side of at most " + std::to_string(kGrainMaxSide));
  if (mix.ndim() != 1 || mix.size() < 1 || mix.size() > kGrainMaxStreams) refuse("mix must be 1 to 3 numbers");
  job.tones = tones.data();
  job.tone_count = static_cast<int>(tones.size());
  job.taps = taps.data();
  job.side = static_cast<int>(side);
  job.mix = mix.data();
  job.stream_count = static_cast<int>(mix.size());
  job.seed = seed;
  job.frame = frame;
  const Cpu chosen = cpu_of(cpu);
  nb::gil_scoped_release unlocked;
  grain(job, chosen);
}

using Pixels = nb::ndarray<nb::ndim<3>, nb::device::cpu>;

// Pixels as a plane whose width and height count pixels.
template <class Result>
Result packed_of(const Pixels& array) {
  Result plane;
  plane.sample = sample_of("picture", array.dtype());
  plane.bits = plane.sample == Sample::u8 ? 8 : plane.sample == Sample::u16 ? 16 : 32;
  plane.data = array.data();
  plane.height = static_cast<int>(array.shape(0));
  plane.width = static_cast<int>(array.shape(1));
  plane.stride = static_cast<ptrdiff_t>(array.stride(0)) * static_cast<ptrdiff_t>(sample_bytes(plane.sample));
  if (plane.height < 1 || plane.width < 1 || array.shape(2) != 4) refuse("picture must be height x width x 4");
  if (array.stride(2) != 1 || (plane.width > 1 && array.stride(1) != 4))
    refuse("picture must have neighbouring pixels in a row");
  return plane;
}

uint64_t unpack_rgba_array(const Pixels& picture, const Out& red, const Out& green, const Out& blue,
                           const std::optional<Out>& alpha, bool swapped, const std::string& cpu) {
  UnpackJob job;
  job.packed = packed_of<Plane>(picture);
  const Out* const planes[] = {&red, &green, &blue, alpha ? &*alpha : nullptr};
  for (int p = 0; p < 4; ++p) {
    if (!planes[p]) continue;
    job.planes[p] = out_of(*planes[p]);
    if (job.planes[p].sample != Sample::f32) refuse("planes must be float32");
    require_like(job.planes[p], job.packed);
  }
  uint64_t hash = 0;
  job.hash = &hash;
  job.swapped = swapped;
  const Cpu chosen = cpu_of(cpu);
  nb::gil_scoped_release unlocked;
  VSP_CALL(chosen, unpack_rgba, job);
  return hash;
}

void pack_rgba_array(const In& red, const In& green, const In& blue, const MaybeIn& alpha, const Pixels& picture,
                     bool swapped, const std::string& cpu) {
  PackJob job;
  job.packed = packed_of<OutPlane>(picture);
  const In* const planes[] = {&red, &green, &blue, alpha ? &*alpha : nullptr};
  for (int p = 0; p < 4; ++p)
    if (planes[p]) job.planes[p] = floats("planes", *planes[p], job.packed.width, job.packed.height);
  job.swapped = swapped;
  const Cpu chosen = cpu_of(cpu);
  nb::gil_scoped_release unlocked;
  VSP_CALL(chosen, pack_rgba, job);
}

using LayerTuple = std::tuple<int, int, std::vector<float>, std::vector<float>, int, std::vector<float>, int, bool>;

// The layers of an ONNX file's bytes, for engines outside this library: in the order of struct Layer; and the scale.
std::pair<std::vector<LayerTuple>, int> read_layers(nb::bytes onnx) {
  try {
    const Network network = network_of_onnx({static_cast<const char*>(onnx.data()), onnx.size()});
    std::vector<LayerTuple> layers;
    for (const Layer& layer : network.layers)
      layers.emplace_back(layer.channels_in, layer.channels_out, layer.weights, layer.bias,
                          static_cast<int>(layer.activation), layer.slope, layer.skip, layer.skip_first);
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

std::vector<std::string> cpu_levels() {
  std::vector<std::string> names;
  for (Cpu cpu : available_cpus()) names.emplace_back(cpu_name(cpu));
  return names;
}

}  // namespace

NB_MODULE(_kernels, module) {
  using namespace nb::literals;
  module.def("cpu_levels", &cpu_levels, "Builds this machine can run, slowest first.");
  module.def("warp", &warp_array, "image"_a, "dx"_a, "dy"_a, "confidence"_a.none(), "out"_a, "mode"_a, "bits"_a,
             "subsampling_w"_a, "subsampling_h"_a, "cpu"_a);
  module.def("warp_blend", &warp_blend_arrays, "center"_a, "images"_a, "dx"_a, "dy"_a, "confidence"_a, "weights"_a,
             "out"_a, "mode"_a, "bits"_a, "subsampling_w"_a, "subsampling_h"_a, "cpu"_a);
  module.def("flow_confidence", &flow_confidence_arrays, "dx"_a, "dy"_a, "back_dx"_a, "back_dy"_a,
             "confidence"_a.none(), "out"_a, "alpha"_a, "beta"_a, "softness"_a, "cpu"_a);
  module.def("resize_flow", &resize_flow_arrays, "dx"_a, "dy"_a, "confidence"_a.none(), "out_dx"_a, "out_dy"_a,
             "out_confidence"_a.none(), "cpu"_a);
  module.def("flow_match", &flow_match_arrays, "frames"_a, "neighbours"_a, "sigma"_a, "dx"_a, "dy"_a,
             "confidence"_a.none(), "out"_a, "bits"_a, "subsampling_w"_a, "subsampling_h"_a, "cpu"_a);
  module.def("merge_plane", &merge_array, "base"_a, "residual"_a.none(), "out"_a, "strength"_a, "source"_a.none(),
             "overshoot"_a, "full"_a, "chroma"_a, "bits"_a, "out_bits"_a, "source_bits"_a, "cpu"_a);
  module.def("guide_chroma", &guide_chroma_array, "chroma_up"_a, "luma_up"_a, "luma_smooth"_a, "chroma"_a, "luma"_a,
             "out"_a, "strength"_a, "cpu"_a);
  module.def("backproject", &backproject_array, "clip"_a, "source"_a, "out"_a.none(), "degradation"_a, "shift_x"_a,
             "shift_y"_a, "bits"_a, "full"_a, "chroma"_a, "cpu"_a);
  module.def("light_histogram", &light_histogram_arrays, "red"_a, "green"_a, "blue"_a, "counts"_a, "maxima"_a, "bits"_a,
             "cpu"_a);
  module.def("grain", &grain_array, "level"_a, "tones"_a, "taps"_a, "mix"_a, "out"_a, "seed"_a, "frame"_a, "cpu"_a);
  module.def("unpack_rgba", &unpack_rgba_array, "picture"_a, "red"_a, "green"_a, "blue"_a, "alpha"_a.none(),
             "swapped"_a, "cpu"_a);
  module.def("pack_rgba", &pack_rgba_array, "red"_a, "green"_a, "blue"_a, "alpha"_a.none(), "picture"_a, "swapped"_a,
             "cpu"_a);
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
