// What works on single pictures.
#include <cmath>

#include "backproject/backproject_rows.hpp"
#include "chroma/chroma_rows.hpp"
#include "common/nominal.hpp"
#include "grain/grain_rows.hpp"
#include "histogram/histogram_rows.hpp"
#include "merge/merge_rows.hpp"
#include "python/planes.hpp"
#include "rgba/rgba_rows.hpp"

namespace vsp::python {
namespace {

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

// Samples of luma along an axis that one of chroma covers.
int covered(int luma, int chroma) {
  const int parts = luma / chroma;
  if (parts < 1 || parts * chroma != luma || (parts & (parts - 1)) != 0 || 4 * parts > kMostTaps)
    refuse("chroma must be as large as luma or a 2nd, 4th, 8th or 16th of it");
  return parts;
}

void guide_chroma_array(const In& luma, const In& first, const In& second, const Out& out_first, const Out& out_second,
                        const MaybeIn& detail, double strength, int location, int bits, bool full,
                        const std::string& cpu) {
  ChromaJob job;
  job.luma = in("luma", luma, bits);
  job.chroma[0] = in("first", first, bits);
  job.chroma[1] = in("second", second, bits);
  job.out[0] = out_of(out_first, bits);
  job.out[1] = out_of(out_second, bits);
  const Plane& small = job.chroma[0];
  const int scale = job.out[0].width / small.width;
  if (scale < 1 || scale > kMostChromaScale) refuse("scale must be 1 to " + std::to_string(kMostChromaScale));
  for (int p = 0; p < 2; ++p) {
    if (job.chroma[p].width != small.width || job.chroma[p].height != small.height)
      refuse("both planes of chroma must have one size");
    if (job.out[p].width != small.width * scale || job.out[p].height != small.height * scale)
      refuse("out must be a whole number of times as large as chroma");
    if (job.chroma[p].sample != job.luma.sample || job.out[p].sample != job.luma.sample)
      refuse("all planes must have the samples of luma");
  }
  if (location < 0 || location > 5) refuse("location must be 0 to 5; got " + std::to_string(location));
  const int wide = covered(job.luma.width, small.width), high = covered(job.luma.height, small.height);
  if (detail) {
    if (wide > 1 || high > 1) refuse("detail is for chroma as large as luma");
    job.detail = floats("detail", *detail, job.out[0].width, job.out[0].height);
  }
  const Coding chroma{job.luma.sample, job.luma.bits, full, true};
  job.luma_to_nominal = code_to_code({job.luma.sample, job.luma.bits, full, false}, {});
  job.chroma_to_nominal = code_to_code(chroma, {});
  job.nominal_to_out = code_to_code({}, chroma);
  const ChromaAxis across(wide, scale, offset_across(location, wide)), down(high, scale, offset_down(location, high));
  job.across = &across;
  job.down = &down;
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

}  // namespace

void bind_pictures(nb::module_& module) {
  using namespace nb::literals;
  module.def("merge_plane", &merge_array, "base"_a, "residual"_a.none(), "out"_a, "strength"_a, "source"_a.none(),
             "overshoot"_a, "full"_a, "chroma"_a, "bits"_a, "out_bits"_a, "source_bits"_a, "cpu"_a);
  module.def("guide_chroma", &guide_chroma_array, "luma"_a, "first"_a, "second"_a, "out_first"_a, "out_second"_a,
             "detail"_a.none(), "strength"_a, "location"_a, "bits"_a, "full"_a, "cpu"_a);
  module.def("backproject", &backproject_array, "clip"_a, "source"_a, "out"_a.none(), "degradation"_a, "shift_x"_a,
             "shift_y"_a, "bits"_a, "full"_a, "chroma"_a, "cpu"_a);
  module.def("light_histogram", &light_histogram_arrays, "red"_a, "green"_a, "blue"_a, "counts"_a, "maxima"_a, "bits"_a,
             "cpu"_a);
  module.def("grain", &grain_array, "level"_a, "tones"_a, "taps"_a, "mix"_a, "out"_a, "seed"_a, "frame"_a, "cpu"_a);
  module.def("unpack_rgba", &unpack_rgba_array, "picture"_a, "red"_a, "green"_a, "blue"_a, "alpha"_a.none(),
             "swapped"_a, "cpu"_a);
  module.def("pack_rgba", &pack_rgba_array, "red"_a, "green"_a, "blue"_a, "alpha"_a.none(), "picture"_a, "swapped"_a,
             "cpu"_a);
}

}  // namespace vsp::python
