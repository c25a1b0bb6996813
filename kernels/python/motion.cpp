// What follows a flow.
#include "match/match_rows.hpp"
#include "python/planes.hpp"
#include "warp/blend_rows.hpp"
#include "warp/flow_rows.hpp"

namespace vsp::python {
namespace {

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

// A float output, and a flow of its size.
template <class Job>
void take_flow(Job& job, const Out& out, const In& dx, const In& dy) {
  job.out = out_of(out);
  if (job.out.sample != Sample::f32) refuse("out must be float32");
  job.dx = floats("dx", dx, job.out.width, job.out.height);
  job.dy = floats("dy", dy, job.out.width, job.out.height);
}

void flow_confidence_arrays(const In& dx, const In& dy, const In& back_dx, const In& back_dy, const MaybeIn& confidence,
                            const Out& out, float alpha, float beta, float softness, const std::string& cpu) {
  ConsistencyJob job;
  take_flow(job, out, dx, dy);
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
  take_flow(job, out, dx, dy);
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

}  // namespace

void bind_motion(nb::module_& module) {
  using namespace nb::literals;
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
}

}  // namespace vsp::python
