#include "host.hpp"

#include <dlfcn.h>

#include <chrono>
#include <cstring>
#include <stdexcept>

namespace testhost {

Binary::Binary(const std::string& path) : library_(dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) {
  if (!library_) throw std::runtime_error(dlerror());
  count_ = reinterpret_cast<int (*)()>(dlsym(library_, "OfxGetNumberOfPlugins"));
  plugin_ = reinterpret_cast<ofxabi::Plugin* (*)(int)>(dlsym(library_, "OfxGetPlugin"));
  set_host_ = reinterpret_cast<ofxabi::Status (*)(const ofxabi::Host*)>(dlsym(library_, "OfxSetHost"));
  if (!count_ || !plugin_) throw std::runtime_error(path + " exports no plugins");
}

Binary::~Binary() { dlclose(library_); }

Instance::Instance(Host& host, ofxabi::Plugin* plugin, const Effect& description) : effect(&host), plugin_(plugin) {
  effect.properties.set(ofxabi::prop::type, ofxabi::name::type_instance);
  for (const auto& [name, clip] : description.clips) {
    effect.clips[name] = std::make_unique<Clip>(&host, &effect, name);
    effect.clips[name]->properties.values = clip->properties.values;
    effect.clips[name]->properties.set(ofxabi::clip::connected, 1);
  }
  for (const auto& param : description.params) {
    effect.params.push_back(std::make_unique<Param>(&host, param->type, param->name));
    Param& own = *effect.params.back();
    own.properties.values = param->properties.values;
    const auto found = own.properties.values.find(ofxabi::param::default_value);
    if (found != own.properties.values.end()) own.value = found->second[0];
  }
}

ofxabi::Status Instance::act(const char* action, Properties* in, Properties* out) {
  Effect* const before = nullptr;
  enter(&effect);
  const ofxabi::Status status =
      plugin_->main_entry(action, &effect, in ? in->handle() : nullptr, out ? out->handle() : nullptr);
  enter(before);
  return status;
}

ofxabi::Status Instance::create() { return act(ofxabi::action::create_instance, nullptr, nullptr); }
ofxabi::Status Instance::destroy() { return act(ofxabi::action::destroy_instance, nullptr, nullptr); }

ofxabi::Status Instance::render(const RenderArguments& arguments) {
  Properties in(effect.host);
  const ofxabi::RectI& w = arguments.whole_window ? effect.output.bounds : arguments.window;
  in.set(ofxabi::prop::time, arguments.time);
  in.set(ofxabi::effect::render_window, std::vector<int>{w.x1, w.y1, w.x2, w.y2});
  in.set(ofxabi::effect::render_scale, arguments.scale);
  in.set(ofxabi::effect::field_to_render, arguments.field);
  if (!arguments.thumbnail.empty()) in.set(ofxabi::effect::thumbnail, arguments.thumbnail);
  effect.output_image = std::make_unique<LentImage>(effect.host, effect.output, false);
  {
    const std::lock_guard lock(effect.mutex);
    effect.rendering.insert(std::this_thread::get_id());
    effect.asked_times.clear();
  }
  if (arguments.sequence) act(ofxabi::action::begin_sequence, &in, nullptr);
  effect.host_seconds = 0;
  const auto began = std::chrono::steady_clock::now();
  const ofxabi::Status status = act(ofxabi::action::render, &in, nullptr);
  effect.render_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  effect.render_seconds -= effect.host_seconds;
  if (arguments.sequence) act(ofxabi::action::end_sequence, &in, nullptr);
  const std::lock_guard lock(effect.mutex);
  effect.rendering.erase(std::this_thread::get_id());
  if (!effect.lent.empty()) effect.host->violation(std::to_string(effect.lent.size()) + " images were not released");
  for (LentImage* image : effect.lent)
    if (image != effect.output_image.get()) delete image;
  effect.lent.clear();
  if (!effect.output_image->guards_untouched()) effect.host->violation("wrote outside the output image");
  effect.output.bytes = effect.output_image->packed();
  if (!arguments.whole_window) check_window(arguments);
  return status;
}

void Instance::check_window(const RenderArguments& arguments) {
  const Pixels& out = effect.output;
  const size_t pixel = out.pixel_bytes();
  for (int y = out.bounds.y1; y < out.bounds.y2; ++y)
    for (int x = out.bounds.x1; x < out.bounds.x2; ++x) {
      const ofxabi::RectI& w = arguments.window;
      if (x >= w.x1 && x < w.x2 && y >= w.y1 && y < w.y2) continue;
      const size_t at = pixel * (static_cast<size_t>(y - out.bounds.y1) * static_cast<size_t>(out.width()) +
                                 static_cast<size_t>(x - out.bounds.x1));
      for (size_t i = 0; i < pixel; ++i)
        if (out.bytes[at + i] != 0xa5) return effect.host->violation("wrote outside the render window");
    }
}

}  // namespace testhost
