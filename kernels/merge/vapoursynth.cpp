// core.vsplugin.Merge
#include <VSHelper4.h>

#include <algorithm>
#include <cmath>

#include "common/vs_filter.hpp"
#include "merge/merge_rows.hpp"

namespace vsp {
namespace {

struct MergeFilter : Filter {
  double strength = 1.0;
  float overshoot = -1.0f;
  bool process[3] = {};       // planes that get a residual and a limit; the others are only converted
  bool one_residual = false;  // the residual's only plane serves every plane
  bool same_format = false;   // planes without a residual are shared with the base, not copied

  VSFrame* render(int n, VSFrameContext* context, VSCore* core) const override {
    Frames frames(api);
    const VSFrame* base = frames.get(n, clips[0], context);
    const VSFrame* residual = frames.get(n, clips[1], context);
    const VSFrame* source = frames.get(n, clips[2], context);
    const VSFrame* shared[3] = {};
    const int planes[3] = {0, 1, 2};
    for (int p = 0; p < output.format.numPlanes; ++p) shared[p] = same_format && !process[p] ? base : nullptr;
    VSFrame* out = api->newVideoFrame2(&output.format, output.width, output.height, shared, planes, base, core);
    for (int p = 0; p < output.format.numPlanes; ++p)
      if (shared[p] == nullptr) merge_one(base, residual, source, p, out);
    return out;
  }

  void merge_one(const VSFrame* base, const VSFrame* residual, const VSFrame* source, int p, VSFrame* out) const {
    const bool full = full_range(base, api);
    const Coding target = coding_of(output.format, p, full);
    MergeJob job;
    job.base = plane_of(base, p, api);
    job.base_to_out = code_to_code(coding_of(*api->getVideoFrameFormat(base), p, full), target);
    if (process[p]) {
      job.residual = plane_of(residual, one_residual ? 0 : p, api);
      job.gain = static_cast<float>(strength * code_of_nominal(target).gain);
      if (source != nullptr && overshoot >= 0.0f) {
        job.source = plane_of(source, p, api);
        const Coding coding = coding_of(*api->getVideoFrameFormat(source), p, full_range(source, api));
        job.source_to_out = code_to_code(coding, target);
        job.overshoot = overshoot;
      }
    }
    job.out = out_plane_of(out, p, api);
    merge(job, cpu);
  }
};

void read_format(const Arguments& arguments, const VSVideoInfo& base, const VSMap* in, MergeFilter& filter) {
  filter.output = base;
  filter.same_format = true;
  if (!arguments.given("format")) return;
  VSVideoFormat format;
  int error = 0;
  const int64_t id = arguments.api()->mapGetInt(in, "format", 0, &error);
  if (id < 0 || id > 0xffffffffll ||
      !arguments.api()->getVideoFormatByID(&format, static_cast<uint32_t>(id), arguments.core()))
    throw FilterError("format must be the id of a video format; got " + std::to_string(id));
  if (format.colorFamily != base.format.colorFamily || format.subSamplingW != base.format.subSamplingW ||
      format.subSamplingH != base.format.subSamplingH)
    throw FilterError("format must have the colour family and subsampling of base (" +
                      arguments.format_name(base.format) + "); got " + arguments.format_name(format));
  sample_of("format", format);
  filter.output.format = format;
  filter.same_format = vsh::isSameVideoFormat(&format, &base.format);
}

void read_residual(const Arguments& arguments, const VSVideoInfo& base, const VSVideoInfo& residual,
                   MergeFilter& filter) {
  const VSVideoFormat &theirs = residual.format, &ours = base.format;
  const bool is_float = theirs.sampleType == stFloat && theirs.bitsPerSample == 32;
  const bool gray = theirs.colorFamily == cfGray;
  const bool alike = theirs.numPlanes == 3 && ours.numPlanes == 3 && theirs.subSamplingW == ours.subSamplingW &&
                     theirs.subSamplingH == ours.subSamplingH;
  if (!is_float || !(gray || alike))
    throw FilterError("residual must be GRAYS, or float32 with the planes of base (" + arguments.format_name(ours) +
                      "); got " + arguments.format_name(theirs));
  arguments.require_size("residual", residual, base, "base");
  arguments.require_frames("residual", residual, base, "base");
  filter.one_residual = gray;
  for (int p = 0; p < ours.numPlanes; ++p) filter.process[p] = !gray || p == 0 || ours.colorFamily == cfRGB;
}

void read_planes(const Arguments& arguments, MergeFilter& filter) {
  if (!arguments.given("planes")) return;
  const std::vector<int> chosen = arguments.integers("planes");
  for (int p : chosen)
    if (p < 0 || p >= filter.output.format.numPlanes)
      throw FilterError("planes must be 0 to " + std::to_string(filter.output.format.numPlanes - 1) + "; got " +
                        std::to_string(p));
  for (int p = 0; p < filter.output.format.numPlanes; ++p)
    filter.process[p] = filter.process[p] && std::find(chosen.begin(), chosen.end(), p) != chosen.end();
}

void read_source(const Arguments& arguments, const VSVideoInfo& base, MergeFilter& filter) {
  filter.overshoot = static_cast<float>(arguments.number("overshoot", -1.0));
  if (!std::isfinite(filter.overshoot)) throw FilterError("overshoot must be finite; negative switches the limit off");
  const VSVideoInfo* source = arguments.clip("source", true);
  if (source == nullptr) {
    if (filter.overshoot >= 0.0f) throw FilterError("overshoot needs source, the clip before it was enlarged");
    return;
  }
  sample_of("source", source->format);
  const VSVideoFormat &theirs = source->format, &ours = base.format;
  if (theirs.colorFamily != ours.colorFamily || theirs.subSamplingW != ours.subSamplingW ||
      theirs.subSamplingH != ours.subSamplingH)
    throw FilterError("source must have the colour family and subsampling of base (" + arguments.format_name(ours) +
                      "); got " + arguments.format_name(theirs));
  const int scale = base.width / source->width;
  if (scale < 1 || source->width * scale != base.width || source->height * scale != base.height)
    throw FilterError("base (" + arguments.size_name(base) + ") must be a whole multiple of source; got " +
                      arguments.size_name(*source));
  arguments.require_frames("source", *source, base, "base");
}

std::unique_ptr<Filter> make(const VSMap* in, VSCore* core, const VSAPI* api) {
  auto filter = std::make_unique<MergeFilter>();
  const Arguments arguments(in, core, api, *filter);
  const VSVideoInfo* base = arguments.clip("base");
  const VSVideoInfo* residual = arguments.clip("residual");
  sample_of("base", base->format);
  read_format(arguments, *base, in, *filter);
  read_residual(arguments, *base, *residual, *filter);
  read_planes(arguments, *filter);
  read_source(arguments, *base, *filter);
  filter->strength = arguments.number("strength", 1.0);
  if (!std::isfinite(filter->strength)) throw FilterError("strength must be finite");
  filter->cpu = arguments.cpu();
  return filter;
}

void VS_CC create_merge(const VSMap* in, VSMap* out, void*, VSCore* core, const VSAPI* api) {
  guarded("Merge", out, core, api, [&] { return make(in, core, api); });
}

}  // namespace

void register_merge(VSPlugin* plugin, const VSPLUGINAPI* api) {
  api->registerFunction("Merge",
                        "base:vnode;residual:vnode;strength:float:opt;source:vnode:opt;overshoot:float:opt;"
                        "format:int:opt;planes:int[]:opt;cpu:data:opt;",
                        "clip:vnode;", create_merge, nullptr, plugin);
}

}  // namespace vsp
