// core.vsplugin.FlowConfidence and core.vsplugin.FlowResize
#include <cmath>

#include "common/vs_filter.hpp"
#include "warp/flow_rows.hpp"

namespace vsp {
namespace {

struct ConfidenceFilter : Filter {
  float alpha = 0.0f, beta = 0.0f, softness = 0.0f;

  VSFrame* render(int n, VSFrameContext* context, VSCore* core) const override {
    Frames frames(api);
    const VSFrame* forward = frames.get(n, clips[0], context);
    const VSFrame* backward = frames.get(n, clips[1], context);
    const VSFrame* shared[3] = {forward, forward, nullptr};
    const int planes[3] = {0, 1, 2};
    VSFrame* out = api->newVideoFrame2(&output.format, output.width, output.height, shared, planes, forward, core);
    ConsistencyJob job;
    job.dx = plane_of(forward, 0, api);
    job.dy = plane_of(forward, 1, api);
    job.confidence = plane_of(forward, 2, api);
    job.back_dx = plane_of(backward, 0, api);
    job.back_dy = plane_of(backward, 1, api);
    job.alpha = alpha;
    job.beta = beta;
    job.softness = softness;
    job.out = out_plane_of(out, 2, api);
    check_consistency(job, cpu);
    return out;
  }
};

float not_negative(const Arguments& arguments, const char* name, double fallback) {
  const double value = arguments.number(name, fallback);
  if (!(value >= 0.0 && value <= 1e6))
    throw FilterError(std::string(name) + " must be 0 to 1000000; got " + std::to_string(value));
  return static_cast<float>(value);
}

std::unique_ptr<Filter> make_confidence(const VSMap* in, VSCore* core, const VSAPI* api) {
  auto filter = std::make_unique<ConfidenceFilter>();
  const Arguments arguments(in, core, api, *filter);
  const VSVideoInfo* forward = arguments.clip("forward");
  const VSVideoInfo* backward = arguments.clip("backward");
  arguments.require_format("forward", *forward, pfRGBS);
  arguments.require_format("backward", *backward, pfRGBS);
  arguments.require_size("backward", *backward, *forward, "forward");
  arguments.require_frames("backward", *backward, *forward, "forward");
  filter->alpha = not_negative(arguments, "alpha", 0.01);
  filter->beta = not_negative(arguments, "beta", 0.5);
  filter->softness = not_negative(arguments, "softness", 0.0);
  if (filter->softness > 1.0f) throw FilterError("softness must be 0 to 1; got " + std::to_string(filter->softness));
  filter->cpu = arguments.cpu();
  filter->output = *forward;
  return filter;
}

void VS_CC create_confidence(const VSMap* in, VSMap* out, void*, VSCore* core, const VSAPI* api) {
  guarded("FlowConfidence", out, core, api, [&] { return make_confidence(in, core, api); });
}

struct ResizeFilter : Filter {
  VSFrame* render(int n, VSFrameContext* context, VSCore* core) const override {
    Frames frames(api);
    const VSFrame* flow = frames.get(n, clips[0], context);
    VSFrame* out = api->newVideoFrame(&output.format, output.width, output.height, flow, core);
    FlowResizeJob job;
    job.dx = plane_of(flow, 0, api);
    job.dy = plane_of(flow, 1, api);
    job.confidence = plane_of(flow, 2, api);
    job.out_dx = out_plane_of(out, 0, api);
    job.out_dy = out_plane_of(out, 1, api);
    job.out_confidence = out_plane_of(out, 2, api);
    resize_flow(job, cpu);
    return out;
  }
};

int enlarged(const Arguments& arguments, const char* name, int from) {
  const std::vector<int> given = arguments.integers(name);
  const int size = given.empty() ? 0 : given[0];
  if (size < from || size > 65536)
    throw FilterError(std::string(name) + " must be " + std::to_string(from) + " (the flow's) to 65536; got " +
                      std::to_string(size));
  return size;
}

std::unique_ptr<Filter> make_resize(const VSMap* in, VSCore* core, const VSAPI* api) {
  auto filter = std::make_unique<ResizeFilter>();
  const Arguments arguments(in, core, api, *filter);
  const VSVideoInfo* flow = arguments.clip("flow");
  arguments.require_format("flow", *flow, pfRGBS);
  filter->output = *flow;
  filter->output.width = enlarged(arguments, "width", flow->width);
  filter->output.height = enlarged(arguments, "height", flow->height);
  filter->cpu = arguments.cpu();
  return filter;
}

void VS_CC create_resize(const VSMap* in, VSMap* out, void*, VSCore* core, const VSAPI* api) {
  guarded("FlowResize", out, core, api, [&] { return make_resize(in, core, api); });
}

}  // namespace

void register_flow(VSPlugin* plugin, const VSPLUGINAPI* api) {
  api->registerFunction("FlowConfidence",
                        "forward:vnode;backward:vnode;alpha:float:opt;beta:float:opt;softness:float:opt;cpu:data:opt;",
                        "clip:vnode;", create_confidence, nullptr, plugin);
  api->registerFunction("FlowResize", "flow:vnode;width:int;height:int;cpu:data:opt;", "clip:vnode;", create_resize,
                        nullptr, plugin);
}

}  // namespace vsp
