// What the VapourSynth bindings share: clips and frames that free themselves, arguments, errors, and one filter shell.
#pragma once

#include <VapourSynth4.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/cpu.hpp"
#include "common/nominal.hpp"
#include "common/plane.hpp"

namespace vsp {

// Thrown with everything after "Warp: ".
struct FilterError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Frames asked for in one getFrame call, freed together.
class Frames {
 public:
  explicit Frames(const VSAPI* api) : api_(api) {}
  Frames(const Frames&) = delete;
  Frames& operator=(const Frames&) = delete;
  ~Frames() {
    for (const VSFrame* frame : held_) api_->freeFrame(frame);
  }
  const VSFrame* get(int n, VSNode* node, VSFrameContext* context) {
    if (node == nullptr) return nullptr;
    return held_.emplace_back(api_->getFrameFilter(n, node, context));
  }

 private:
  const VSAPI* api_;
  std::vector<const VSFrame*> held_;
};

// A filter whose frame n depends on frame n of its clips, and on nothing else unless it says so.
class Filter {
 public:
  virtual ~Filter();
  // Asks for the frames that render() gets. Which frames of a clip these can be is its pattern.
  virtual void request(int n, VSFrameContext* context) const;
  virtual VSRequestPattern pattern(size_t clip) const;
  virtual VSFrame* render(int n, VSFrameContext* context, VSCore* core) const = 0;

  const VSAPI* api = nullptr;
  std::vector<VSNode*> clips;  // owned; optional ones that were not given are nullptr
  VSVideoInfo output{};
  Cpu cpu = Cpu::scalar;
};

// Reads arguments; throws FilterError naming the argument, what was given and what is allowed.
class Arguments {
 public:
  Arguments(const VSMap* in, VSCore* core, const VSAPI* api, Filter& filter)
      : in_(in), core_(core), api_(api), filter_(filter) {}

  // The clip's info, or nullptr when an optional clip is not given. The filter owns the reference from here on.
  const VSVideoInfo* clip(const char* name, bool optional = false) const;
  // All clips of an array, in order; owned likewise.
  std::vector<const VSVideoInfo*> clip_list(const char* name) const;
  double number(const char* name, double fallback) const;
  std::vector<double> numbers(const char* name) const;
  std::string text(const char* name, const char* fallback) const;
  bool given(const char* name) const { return api_->mapNumElements(in_, name) > 0; }
  std::vector<int> integers(const char* name) const;
  Cpu cpu() const;

  std::string format_name(const VSVideoFormat& format) const;
  std::string size_name(const VSVideoInfo& info) const;
  void require_size(const char* name, const VSVideoInfo& info, const VSVideoInfo& like, const char* like_name) const;
  void require_frames(const char* name, const VSVideoInfo& info, const VSVideoInfo& like, const char* like_name) const;
  // GRAYS etc.: float samples of one colour family.
  void require_format(const char* name, const VSVideoInfo& info, uint32_t id) const;

  VSCore* core() const { return core_; }
  const VSAPI* api() const { return api_; }

 private:
  const VSVideoInfo* own(const char* name, VSNode* node) const;

  const VSMap* in_;
  VSCore* core_;
  const VSAPI* api_;
  Filter& filter_;
};

// u8..u16, half or float; anything else (17 to 32 bit integers) is an error about the argument `name`.
Sample sample_of(const char* name, const VSVideoFormat& format);
Sample sample_of(const VSVideoFormat& format);
Plane plane_of(const VSFrame* frame, int plane, const VSAPI* api);
OutPlane out_plane_of(VSFrame* frame, int plane, const VSAPI* api);

// _Range of the frame (H.273: 1 full); when absent, limited for YUV and GRAY, full for RGB.
bool full_range(const VSFrame* frame, const VSAPI* api);
Coding coding_of(const VSVideoFormat& format, int plane, bool full);

// Gives the finished filter to VapourSynth; it runs on many frames at once.
void create(const char* name, std::unique_ptr<Filter> filter, VSMap* out, VSCore* core);

// Runs `make`, which returns a std::unique_ptr<Filter>; its errors become "Name: ...".
template <class Make>
void guarded(const char* name, VSMap* out, VSCore* core, const VSAPI* api, Make&& make) {
  try {
    create(name, make(), out, core);
  } catch (const std::exception& error) {
    api->mapSetError(out, (std::string(name) + ": " + error.what()).c_str());
  }
}

// The registrations, one per kernel.
void register_warp(VSPlugin* plugin, const VSPLUGINAPI* api);
void register_flow(VSPlugin* plugin, const VSPLUGINAPI* api);
void register_blend(VSPlugin* plugin, const VSPLUGINAPI* api);
void register_match(VSPlugin* plugin, const VSPLUGINAPI* api);
void register_merge(VSPlugin* plugin, const VSPLUGINAPI* api);
void register_guide_chroma(VSPlugin* plugin, const VSPLUGINAPI* api);
void register_light_histogram(VSPlugin* plugin, const VSPLUGINAPI* api);
void register_tile_sr(VSPlugin* plugin, const VSPLUGINAPI* api);
void register_grain(VSPlugin* plugin, const VSPLUGINAPI* api);
void register_backproject(VSPlugin* plugin, const VSPLUGINAPI* api);

}  // namespace vsp
