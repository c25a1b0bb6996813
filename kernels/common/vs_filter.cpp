#include "common/vs_filter.hpp"

#include <VSConstants4.h>
#include <VSHelper4.h>

namespace vsp {

Filter::~Filter() {
  for (VSNode* clip : clips)
    if (clip != nullptr) api->freeNode(clip);
}

void Filter::request(int n, VSFrameContext* context) const {
  for (VSNode* clip : clips)
    if (clip != nullptr) api->requestFrameFilter(n, clip, context);
}

VSRequestPattern Filter::pattern(size_t) const { return rpStrictSpatial; }

const VSVideoInfo* Arguments::own(const char* name, VSNode* node) const {
  filter_.api = api_;
  filter_.clips.push_back(node);
  if (node == nullptr) return nullptr;
  const VSVideoInfo* info = api_->getVideoInfo(node);
  if (!vsh::isConstantVideoFormat(info))
    throw FilterError(std::string(name) + " must have one format and size for all frames; got a variable clip");
  return info;
}

const VSVideoInfo* Arguments::clip(const char* name, bool optional) const {
  int error = 0;
  const VSVideoInfo* info = own(name, api_->mapGetNode(in_, name, 0, &error));
  if (info == nullptr && !optional) throw FilterError(std::string(name) + " is missing");
  return info;
}

std::vector<const VSVideoInfo*> Arguments::clip_list(const char* name) const {
  std::vector<const VSVideoInfo*> infos;
  for (int i = 0; i < api_->mapNumElements(in_, name); ++i)
    infos.push_back(own(name, api_->mapGetNode(in_, name, i, nullptr)));
  return infos;
}

double Arguments::number(const char* name, double fallback) const {
  int error = 0;
  const double value = api_->mapGetFloat(in_, name, 0, &error);
  return error ? fallback : value;
}

std::vector<double> Arguments::numbers(const char* name) const {
  std::vector<double> values;
  for (int i = 0; i < api_->mapNumElements(in_, name); ++i) values.push_back(api_->mapGetFloat(in_, name, i, nullptr));
  return values;
}

std::string Arguments::text(const char* name, const char* fallback) const {
  int error = 0;
  const char* value = api_->mapGetData(in_, name, 0, &error);
  return error ? fallback : std::string(value, api_->mapGetDataSize(in_, name, 0, nullptr));
}

std::vector<int> Arguments::integers(const char* name) const {
  std::vector<int> values;
  for (int i = 0; i < api_->mapNumElements(in_, name); ++i)
    values.push_back(api_->mapGetIntSaturated(in_, name, i, nullptr));
  return values;
}

Cpu Arguments::cpu() const { return parse_cpu(text("cpu", "auto")); }

std::string Arguments::format_name(const VSVideoFormat& format) const {
  char buffer[32];
  return api_->getVideoFormatName(&format, buffer) ? buffer : "an unknown format";
}

std::string Arguments::size_name(const VSVideoInfo& info) const {
  return std::to_string(info.width) + "x" + std::to_string(info.height);
}

void Arguments::require_size(const char* name, const VSVideoInfo& info, const VSVideoInfo& like,
                             const char* like_name) const {
  if (info.width != like.width || info.height != like.height)
    throw FilterError(std::string(name) + " must be as large as " + like_name + " (" + size_name(like) + "); got " +
                      size_name(info));
}

void Arguments::require_frames(const char* name, const VSVideoInfo& info, const VSVideoInfo& like,
                               const char* like_name) const {
  if (info.numFrames != like.numFrames)
    throw FilterError(std::string(name) + " must have as many frames as " + like_name + " (" +
                      std::to_string(like.numFrames) + "); got " + std::to_string(info.numFrames));
}

void Arguments::require_format(const char* name, const VSVideoInfo& info, uint32_t id) const {
  VSVideoFormat wanted;
  api_->getVideoFormatByID(&wanted, id, core_);
  if (!vsh::isSameVideoFormat(&info.format, &wanted))
    throw FilterError(std::string(name) + " must be " + format_name(wanted) + "; got " + format_name(info.format));
}

Sample sample_of(const VSVideoFormat& format) {
  if (format.sampleType == stFloat) return format.bytesPerSample == 2 ? Sample::half : Sample::f32;
  return format.bytesPerSample == 1 ? Sample::u8 : Sample::u16;
}

Sample sample_of(const char* name, const VSVideoFormat& format) {
  if (format.sampleType == stInteger && format.bitsPerSample > 16)
    throw FilterError(std::string(name) + " must have 8 to 16 bit integer, half or float samples; got " +
                      std::to_string(format.bitsPerSample) + " bit integer");
  return sample_of(format);
}

Plane plane_of(const VSFrame* frame, int plane, const VSAPI* api) {
  const VSVideoFormat& format = *api->getVideoFrameFormat(frame);
  return {api->getReadPtr(frame, plane),
          api->getStride(frame, plane),
          api->getFrameWidth(frame, plane),
          api->getFrameHeight(frame, plane),
          sample_of(format),
          format.bitsPerSample};
}

OutPlane out_plane_of(VSFrame* frame, int plane, const VSAPI* api) {
  const VSVideoFormat& format = *api->getVideoFrameFormat(frame);
  return {api->getWritePtr(frame, plane),
          api->getStride(frame, plane),
          api->getFrameWidth(frame, plane),
          api->getFrameHeight(frame, plane),
          sample_of(format),
          format.bitsPerSample};
}

bool full_range(const VSFrame* frame, const VSAPI* api) {
  int error = 0;
  const int64_t range = api->mapGetInt(api->getFramePropertiesRO(frame), "_Range", 0, &error);
  if (!error) return range == VSC_RANGE_FULL;
  return api->getVideoFrameFormat(frame)->colorFamily == cfRGB;
}

Coding coding_of(const VSVideoFormat& format, int plane, bool full) {
  return {sample_of(format), format.bitsPerSample, full, format.colorFamily == cfYUV && plane > 0};
}

static const VSFrame* VS_CC get_frame(int n, int reason, void* data, void**, VSFrameContext* context, VSCore* core,
                                      const VSAPI* api) {
  const auto* filter = static_cast<const Filter*>(data);
  if (reason == arInitial) {
    filter->request(n, context);
    return nullptr;
  }
  if (reason != arAllFramesReady) return nullptr;
  try {
    return filter->render(n, context, core);
  } catch (const std::exception& error) {
    api->setFilterError(error.what(), context);
    return nullptr;
  }
}

static void VS_CC free_filter(void* data, VSCore*, const VSAPI*) { delete static_cast<Filter*>(data); }

void create(const char* name, std::unique_ptr<Filter> filter, VSMap* out, VSCore* core) {
  std::vector<VSFilterDependency> dependencies;
  for (size_t i = 0; i < filter->clips.size(); ++i)
    if (filter->clips[i] != nullptr) dependencies.push_back({filter->clips[i], filter->pattern(i)});
  Filter* data = filter.release();
  data->api->createVideoFilter(out, name, &data->output, get_frame, free_filter, fmParallel, dependencies.data(),
                               static_cast<int>(dependencies.size()), data, core);
}

}  // namespace vsp
