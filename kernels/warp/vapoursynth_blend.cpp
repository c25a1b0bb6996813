// core.vsplugin.WarpBlend
#include "common/vs_filter.hpp"
#include "warp/blend_rows.hpp"

namespace vsp {
namespace {

constexpr int kBand = 4;  // rows; of eight, the flows to four neighbours no longer stay in the second-level cache

// clips[0] is the picture; clips[1..] the flows to the frames at -radius .. -1, 1 .. radius.
struct BlendFilter : Filter {
  bool bilinear = false;
  std::vector<float> weights;  // of the centre, of the frames at distance 1, ...

  int radius() const { return static_cast<int>(clips.size() - 1) / 2; }
  int offset(int k) const { return k < radius() ? k - radius() : k - radius() + 1; }
  bool has(int n) const { return n >= 0 && n < output.numFrames; }

  void request(int n, VSFrameContext* context) const override {
    api->requestFrameFilter(n, clips[0], context);
    for (int k = 0; k < 2 * radius(); ++k) {
      if (!has(n + offset(k))) continue;
      api->requestFrameFilter(n + offset(k), clips[0], context);
      api->requestFrameFilter(n, clips[static_cast<size_t>(k) + 1], context);
    }
  }

  VSRequestPattern pattern(size_t clip) const override { return clip == 0 ? rpGeneral : rpStrictSpatial; }

  VSFrame* render(int n, VSFrameContext* context, VSCore* core) const override {
    Frames frames(api);
    const VSFrame* center = frames.get(n, clips[0], context);
    const VSFrame* others[kMostNeighbours] = {};
    const VSFrame* flows[kMostNeighbours] = {};
    for (int k = 0; k < 2 * radius(); ++k) {
      if (!has(n + offset(k))) continue;
      others[k] = frames.get(n + offset(k), clips[0], context);
      flows[k] = frames.get(n, clips[static_cast<size_t>(k) + 1], context);
    }
    VSFrame* out = api->newVideoFrame(&output.format, output.width, output.height, center, core);
    // Luma and chroma apart where their sizes differ.
    const int planes = output.format.numPlanes;
    const bool alike = output.format.subSamplingW == 0 && output.format.subSamplingH == 0;
    std::vector<BlendJob> jobs;
    jobs.push_back(job_of(center, others, flows, 0, alike ? planes : 1, out));
    if (!alike) jobs.push_back(job_of(center, others, flows, 1, planes - 1, out));
    // In bands, so that the flow is still in the cache when chroma needs it.
    const int bands = (output.height + kBand - 1) / kBand;
    for (int band = 0; band < bands; ++band)
      for (BlendJob& job : jobs) {
        const int height = job.center[0].height;
        job.first_row = static_cast<int>(int64_t{height} * band / bands);
        job.rows = static_cast<int>(int64_t{height} * (band + 1) / bands) - job.first_row;
        warp_blend(job, cpu);
      }
    return out;
  }

  // Of planes [first, first + planes).
  BlendJob job_of(const VSFrame* center, const VSFrame* const* others, const VSFrame* const* flows, int first,
                  int planes, VSFrame* out) const {
    BlendJob job;
    job.planes = planes;
    for (int p = 0; p < planes; ++p) {
      job.center[p] = plane_of(center, first + p, api);
      job.out[p] = out_plane_of(out, first + p, api);
    }
    job.center_weight = weights[0];
    job.bilinear = bilinear;
    for (int k = 0; k < 2 * radius(); ++k) {
      if (others[k] == nullptr) continue;
      BlendJob::Neighbour& neighbour = job.neighbours[job.count++];
      for (int p = 0; p < planes; ++p) neighbour.in[p] = plane_of(others[k], first + p, api);
      neighbour.weight = weights[static_cast<size_t>(offset(k) < 0 ? -offset(k) : offset(k))];
      neighbour.flow.dx = plane_of(flows[k], 0, api);
      neighbour.flow.dy = plane_of(flows[k], 1, api);
      neighbour.flow.confidence = plane_of(flows[k], 2, api);
      neighbour.flow.subsampling_w = first > 0 ? output.format.subSamplingW : 0;
      neighbour.flow.subsampling_h = first > 0 ? output.format.subSamplingH : 0;
    }
    return job;
  }
};

void read_flows(const Arguments& arguments, const VSVideoInfo& clip) {
  const std::vector<const VSVideoInfo*> flows = arguments.clip_list("flows");
  if (flows.empty() || flows.size() > kMostNeighbours || flows.size() % 2 != 0)
    throw FilterError("flows must be 2, 4 or 6 clips, to the frames at -radius .. -1, 1 .. radius; got " +
                      std::to_string(flows.size()));
  for (const VSVideoInfo* flow : flows) {
    arguments.require_format("flows", *flow, pfRGBS);
    arguments.require_size("flows", *flow, clip, "clip");
    arguments.require_frames("flows", *flow, clip, "clip");
  }
}

std::unique_ptr<Filter> make(const VSMap* in, VSCore* core, const VSAPI* api) {
  auto filter = std::make_unique<BlendFilter>();
  const Arguments arguments(in, core, api, *filter);
  const VSVideoInfo* clip = arguments.clip("clip");
  sample_of("clip", clip->format);
  read_flows(arguments, *clip);
  const std::string mode = arguments.text("mode", "catmullrom");
  if (mode != "catmullrom" && mode != "bilinear") throw FilterError("mode must be catmullrom or bilinear; got " + mode);
  filter->bilinear = mode == "bilinear";
  const size_t distances = static_cast<size_t>(filter->radius()) + 1;
  for (double weight : arguments.numbers("weights")) filter->weights.push_back(static_cast<float>(weight));
  if (filter->weights.empty()) filter->weights.assign(distances, 1.0f);
  if (filter->weights.size() != distances)
    throw FilterError("weights must be radius + 1 numbers (" + std::to_string(distances) +
                      "): of the frame itself, of the frames next to it, ...; got " +
                      std::to_string(filter->weights.size()));
  for (float weight : filter->weights)
    if (!(weight >= 0.0f && weight <= 1e6f))
      throw FilterError("weights must be 0 to 1000000; got " + std::to_string(weight));
  if (filter->weights[0] <= 0.0f) throw FilterError("weights must start with one above 0, the frame's own; got 0");
  filter->cpu = arguments.cpu();
  filter->output = *clip;
  return filter;
}

void VS_CC create_blend(const VSMap* in, VSMap* out, void*, VSCore* core, const VSAPI* api) {
  guarded("WarpBlend", out, core, api, [&] { return make(in, core, api); });
}

}  // namespace

void register_blend(VSPlugin* plugin, const VSPLUGINAPI* api) {
  api->registerFunction("WarpBlend", "clip:vnode;flows:vnode[];weights:float[]:opt;mode:data:opt;cpu:data:opt;",
                        "clip:vnode;", create_blend, nullptr, plugin);
}

}  // namespace vsp
