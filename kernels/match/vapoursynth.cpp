// core.vsplugin.FlowMatch
#include "common/vs_filter.hpp"
#include "match/match_rows.hpp"

namespace vsp {
namespace {

struct MatchFilter : Filter {
  float sigma[2] = {};  // of the first plane and of the others, in units of the samples
  VSVideoFormat pictures{};

  VSFrame* render(int n, VSFrameContext* context, VSCore* core) const override {
    Frames frames(api);
    const VSFrame* flow = frames.get(n, clips[0], context);
    const VSFrame* frame = frames.get(n, clips[1], context);
    const VSFrame* neighbour = frames.get(n, clips[2], context);
    const VSFrame* shared[3] = {flow, flow, nullptr};
    const int planes[3] = {0, 1, 2};
    VSFrame* out = api->newVideoFrame2(&output.format, output.width, output.height, shared, planes, flow, core);
    MatchJob job;
    for (int p = 0; p < pictures.numPlanes; ++p) {
      MatchJob::Pair& pair = job.pairs[job.count++];
      pair.frame = plane_of(frame, p, api);
      pair.neighbour = plane_of(neighbour, p, api);
      pair.sigma = sigma[p > 0];
    }
    job.subsampling_w = pictures.subSamplingW;
    job.subsampling_h = pictures.subSamplingH;
    job.dx = plane_of(flow, 0, api);
    job.dy = plane_of(flow, 1, api);
    job.confidence = plane_of(flow, 2, api);
    job.out = out_plane_of(out, 2, api);
    match_flow(job, cpu);
    return out;
  }
};

void read_sigma(const Arguments& arguments, MatchFilter& filter) {
  const std::vector<double> given = arguments.numbers("sigma");
  if (given.empty() || given.size() > 2)
    throw FilterError("sigma must be one number, or two: of the first plane and of the others; got " +
                      std::to_string(given.size()));
  for (double value : given)
    if (!(value >= 0.0 && value <= 255.0)) throw FilterError("sigma must be 0 to 255; got " + std::to_string(value));
  const VSVideoFormat& format = filter.pictures;
  const double full = format.sampleType == stInteger ? (1 << format.bitsPerSample) - 1 : 1.0;
  filter.sigma[0] = static_cast<float>(given.front() / 255.0 * full);
  filter.sigma[1] = static_cast<float>(given.back() / 255.0 * full);
}

bool same(const VSVideoFormat& a, const VSVideoFormat& b) {
  return a.colorFamily == b.colorFamily && a.sampleType == b.sampleType && a.bitsPerSample == b.bitsPerSample &&
         a.subSamplingW == b.subSamplingW && a.subSamplingH == b.subSamplingH;
}

std::unique_ptr<Filter> make(const VSMap* in, VSCore* core, const VSAPI* api) {
  auto filter = std::make_unique<MatchFilter>();
  const Arguments arguments(in, core, api, *filter);
  const VSVideoInfo* flow = arguments.clip("flow");
  const VSVideoInfo* clip = arguments.clip("clip");
  const VSVideoInfo* neighbour = arguments.clip("neighbour");
  arguments.require_format("flow", *flow, pfRGBS);
  sample_of("clip", clip->format);
  arguments.require_size("clip", *clip, *flow, "flow");
  arguments.require_frames("clip", *clip, *flow, "flow");
  if (!same(neighbour->format, clip->format))
    throw FilterError("neighbour must have the format of clip (" + arguments.format_name(clip->format) + "); got " +
                      arguments.format_name(neighbour->format));
  arguments.require_size("neighbour", *neighbour, *flow, "flow");
  arguments.require_frames("neighbour", *neighbour, *flow, "flow");
  filter->pictures = clip->format;
  read_sigma(arguments, *filter);
  filter->cpu = arguments.cpu();
  filter->output = *flow;
  return filter;
}

void VS_CC create_match(const VSMap* in, VSMap* out, void*, VSCore* core, const VSAPI* api) {
  guarded("FlowMatch", out, core, api, [&] { return make(in, core, api); });
}

}  // namespace

void register_match(VSPlugin* plugin, const VSPLUGINAPI* api) {
  api->registerFunction("FlowMatch", "flow:vnode;clip:vnode;neighbour:vnode;sigma:float[];cpu:data:opt;", "clip:vnode;",
                        create_match, nullptr, plugin);
}

}  // namespace vsp
