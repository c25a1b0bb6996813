// The suites a plugin gets. They believe nothing: handles are checked, and what a plugin must not do is written down.
#include <chrono>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>

#include "objects.hpp"

namespace testhost {
namespace {

namespace st = ofxabi::status;
using ofxabi::Status;

template <class T, class Handle>
T* object(Handle handle) {
  auto* const found = reinterpret_cast<T*>(handle);
  return found && found->magic == T::kind ? found : nullptr;
}

// Properties ------------------------------------------------------------------------------------------------------

template <class T>
Status set_at(ofxabi::PropertySet handle, const char* name, int index, T value) {
  Properties* const set = object<Properties>(handle);
  if (!set) return st::bad_handle;
  if (set->host->unknown_properties.count(name)) return st::unknown;
  auto& list = set->values[name];
  if (index < 0 || index > static_cast<int>(list.size())) return st::bad_index;
  if (index == static_cast<int>(list.size())) list.emplace_back(value);
  list[static_cast<size_t>(index)] = value;
  return st::ok;
}

template <class T>
Status get_at(ofxabi::PropertySet handle, const char* name, int index, T** out) {
  Properties* const set = object<Properties>(handle);
  if (!set) return st::bad_handle;
  const auto found = set->values.find(name);
  if (found == set->values.end() || set->host->unknown_properties.count(name)) return st::unknown;
  if (index < 0 || index >= static_cast<int>(found->second.size())) return st::bad_index;
  *out = std::get_if<T>(&found->second[static_cast<size_t>(index)]);
  return *out ? st::ok : st::unknown;
}

Status set_pointer(ofxabi::PropertySet s, const char* n, int i, void* v) { return set_at(s, n, i, v); }
Status set_string(ofxabi::PropertySet s, const char* n, int i, const char* v) {
  return set_at(s, n, i, std::string(v));
}
Status set_double(ofxabi::PropertySet s, const char* n, int i, double v) { return set_at(s, n, i, v); }
Status set_int(ofxabi::PropertySet s, const char* n, int i, int v) { return set_at(s, n, i, v); }

template <class T, class Out>
Status get(ofxabi::PropertySet s, const char* n, int i, Out* out) {
  T* found = nullptr;
  const Status status = get_at(s, n, i, &found);
  if (status == st::ok) *out = *found;
  return status;
}
Status get_pointer(ofxabi::PropertySet s, const char* n, int i, void** v) { return get<void*>(s, n, i, v); }
Status get_double(ofxabi::PropertySet s, const char* n, int i, double* v) { return get<double>(s, n, i, v); }
Status get_int(ofxabi::PropertySet s, const char* n, int i, int* v) { return get<int>(s, n, i, v); }
Status get_string(ofxabi::PropertySet s, const char* n, int i, char** v) {
  std::string* found = nullptr;
  const Status status = get_at(s, n, i, &found);
  if (status == st::ok) *v = found->data();
  return status;
}
Status dimension(ofxabi::PropertySet s, const char* name, int* count) {
  Properties* const set = object<Properties>(s);
  if (!set) return st::bad_handle;
  const auto found = set->values.find(name);
  if (found == set->values.end()) return st::unknown;
  *count = static_cast<int>(found->second.size());
  return st::ok;
}

// Image effects ---------------------------------------------------------------------------------------------------

Status get_property_set(ofxabi::Effect handle, ofxabi::PropertySet* out) {
  Effect* const effect = object<Effect>(handle);
  if (!effect) return st::bad_handle;
  *out = effect->properties.handle();
  return st::ok;
}

Status get_param_set(ofxabi::Effect handle, ofxabi::ParamSet* out) {
  if (!object<Effect>(handle)) return st::bad_handle;
  *out = reinterpret_cast<ofxabi::ParamSet>(handle);
  return st::ok;
}

Status clip_define(ofxabi::Effect handle, const char* name, ofxabi::PropertySet* out) {
  Effect* const effect = object<Effect>(handle);
  if (!effect) return st::bad_handle;
  auto& clip = effect->clips[name];
  if (clip) effect->host->violation(std::string("clip defined twice: ") + name);
  clip = std::make_unique<Clip>(effect->host, effect, name);
  *out = clip->properties.handle();
  return st::ok;
}

Status clip_get_handle(ofxabi::Effect handle, const char* name, ofxabi::Clip* out, ofxabi::PropertySet* properties) {
  Effect* const effect = object<Effect>(handle);
  if (!effect) return st::bad_handle;
  const auto found = effect->clips.find(name);
  if (found == effect->clips.end()) return st::bad_handle;
  *out = reinterpret_cast<ofxabi::Clip>(found->second.get());
  if (properties) *properties = found->second->properties.handle();
  return st::ok;
}

Status clip_get_property_set(ofxabi::Clip handle, ofxabi::PropertySet* out) {
  Clip* const clip = object<Clip>(handle);
  if (!clip) return st::bad_handle;
  *out = clip->properties.handle();
  return st::ok;
}

Status lend_output(Effect& effect, ofxabi::PropertySet* out) {
  if (!effect.output_image) return st::failed;
  effect.lent.insert(effect.output_image.get());
  *out = effect.output_image->properties.handle();
  return st::ok;
}

// Adds the time until its end to what the host needed for itself.
struct HostsTime {
  explicit HostsTime(Effect& e) : effect(e), began(std::chrono::steady_clock::now()) {}
  ~HostsTime() {
    effect.host_seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  }
  Effect& effect;
  std::chrono::steady_clock::time_point began;
};

Status clip_get_image(ofxabi::Clip handle, double time, const ofxabi::RectD*, ofxabi::PropertySet* out) {
  Clip* const clip = object<Clip>(handle);
  if (!clip) return st::bad_handle;
  Effect& effect = *clip->effect;
  const HostsTime counted(effect);
  const std::lock_guard lock(effect.mutex);
  if (!effect.rendering.count(std::this_thread::get_id()))
    clip->host->violation("clipGetImage on a thread that does not render");
  if (clip->name == ofxabi::name::output_clip) return lend_output(effect, out);
  effect.asked_times.push_back(time);
  auto found = clip->frames.find(time);
  if (found == clip->frames.end() && clip->host->ignores_time) found = clip->frames.begin();
  if (found == clip->frames.end()) return st::failed;
  auto* const image = new LentImage(clip->host, *found->second, true);
  effect.lent.insert(image);
  *out = image->properties.handle();
  return st::ok;
}

LentImage* lent_image(ofxabi::PropertySet handle) {
  Properties* const set = object<Properties>(handle);
  return set ? set->image : nullptr;
}

thread_local Effect* current = nullptr;

Status clip_release_image(ofxabi::PropertySet handle) {
  LentImage* const image = lent_image(handle);
  if (!image || !current) return st::bad_handle;
  const HostsTime counted(*current);
  const std::lock_guard lock(current->mutex);
  if (!current->lent.erase(image)) {
    current->host->violation("image released that was not out");
    return st::bad_handle;
  }
  if (!image->guards_untouched()) current->host->violation("wrote outside an image");
  if (image != current->output_image.get()) {
    if (image->packed() != image->shape.bytes) current->host->violation("wrote into a source image");
    delete image;
  }
  return st::ok;
}

Status clip_get_region(ofxabi::Clip handle, double time, ofxabi::RectD* out) {
  Clip* const clip = object<Clip>(handle);
  if (!clip) return st::bad_handle;
  auto found = clip->frames.find(time);
  if (found == clip->frames.end()) found = clip->frames.begin();
  if (found == clip->frames.end()) return st::failed;
  const ofxabi::RectI& b = found->second->bounds;
  *out = clip->has_region ? clip->region : ofxabi::RectD{double(b.x1), double(b.y1), double(b.x2), double(b.y2)};
  return st::ok;
}

int abort_asked(ofxabi::Effect handle) {
  Effect* const effect = object<Effect>(handle);
  if (!effect) return 0;
  ++effect->abort_polls;
  return effect->abort ? 1 : 0;
}

// Parameters ------------------------------------------------------------------------------------------------------

Status define(ofxabi::ParamSet handle, const char* type, const char* name, ofxabi::PropertySet* out) {
  Effect* const effect = object<Effect>(handle);
  if (!effect) return st::bad_handle;
  if (effect->param(name)) {
    effect->host->violation(std::string("parameter defined twice: ") + name);
    return st::exists;
  }
  effect->params.push_back(std::make_unique<Param>(effect->host, type, name));
  *out = effect->params.back()->properties.handle();
  return st::ok;
}

Status get_handle(ofxabi::ParamSet handle, const char* name, ofxabi::Param* out, ofxabi::PropertySet* properties) {
  Effect* const effect = object<Effect>(handle);
  if (!effect) return st::bad_handle;
  Param* const found = effect->param(name);
  if (!found) return st::unknown;
  *out = reinterpret_cast<ofxabi::Param>(found);
  if (properties) *properties = found->properties.handle();
  return st::ok;
}

Status param_property_set(ofxabi::Param handle, ofxabi::PropertySet* out) {
  Param* const param = object<Param>(handle);
  if (!param) return st::bad_handle;
  *out = param->properties.handle();
  return st::ok;
}

Status give_value(Param* param, const Value& value, va_list arguments) {
  if (param->broken) return st::failed;
  if (param->type == ofxabi::param_type::real)
    *va_arg(arguments, double*) = std::get<double>(value);
  else if (param->type == ofxabi::param_type::string)
    *va_arg(arguments, char**) = const_cast<char*>(std::get<std::string>(value).c_str());
  else
    *va_arg(arguments, int*) = std::get<int>(value);
  return st::ok;
}

Status get_value(ofxabi::Param handle, ...) {
  Param* const param = object<Param>(handle);
  if (!param) return st::bad_handle;
  va_list arguments;
  va_start(arguments, handle);
  const Status status = give_value(param, param->value, arguments);
  va_end(arguments);
  return status;
}

Status get_value_at_time(ofxabi::Param handle, double time, ...) {
  Param* const param = object<Param>(handle);
  if (!param) return st::bad_handle;
  const auto key = param->keys.find(time);
  va_list arguments;
  va_start(arguments, time);
  const Status status = give_value(param, key == param->keys.end() ? param->value : key->second, arguments);
  va_end(arguments);
  return status;
}

Status set_value(ofxabi::Param handle, ...) {
  if (Param* const param = object<Param>(handle)) param->host->violation("paramSetValue");
  return st::failed;
}

// The rest --------------------------------------------------------------------------------------------------------

Status message(void*, const char*, const char*, const char*, ...) { return st::ok; }

Status set_persistent_message(void* handle, const char*, const char*, const char* format, ...) {
  Effect* const effect = object<Effect>(handle);
  if (!effect) return st::bad_handle;
  char text[4096];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  const std::lock_guard lock(effect->mutex);
  effect->persistent_message = text;
  ++effect->messages;
  return st::ok;
}

Status clear_persistent_message(void* handle) {
  Effect* const effect = object<Effect>(handle);
  if (!effect) return st::bad_handle;
  const std::lock_guard lock(effect->mutex);
  effect->persistent_message.clear();
  return st::ok;
}

Status progress_start(void*, const char*, const char*) { return st::ok; }
Status old_progress_start(void*, const char*) { return st::ok; }
Status progress_update(void* handle, double) {
  Effect* const effect = object<Effect>(handle);
  if (!effect) return st::bad_handle;
  ++effect->progress_updates;
  return effect->progress_stops ? st::reply_no : st::reply_yes;
}
Status progress_end(void*) { return st::ok; }

Status memory_alloc(void*, size_t bytes, void** out) { return (*out = std::malloc(bytes)) ? st::ok : st::memory; }
Status memory_free(void* data) { return std::free(data), st::ok; }
Status time_get(void*, double* time) { return *time = 0, st::ok; }

}  // namespace

void enter(Effect* effect) { current = effect; }

void fill_suites(Host& host, const std::set<std::string>& without) {
  host.property = {.set_pointer = set_pointer,
                   .set_string = set_string,
                   .set_double = set_double,
                   .set_int = set_int,
                   .set_pointers = nullptr,
                   .set_strings = nullptr,
                   .set_doubles = nullptr,
                   .set_ints = nullptr,
                   .get_pointer = get_pointer,
                   .get_string = get_string,
                   .get_double = get_double,
                   .get_int = get_int,
                   .get_pointers = nullptr,
                   .get_strings = nullptr,
                   .get_doubles = nullptr,
                   .get_ints = nullptr,
                   .reset = nullptr,
                   .dimension = dimension};
  host.effect.get_property_set = get_property_set;
  host.effect.get_param_set = get_param_set;
  host.effect.clip_define = clip_define;
  host.effect.clip_get_handle = clip_get_handle;
  host.effect.clip_get_property_set = clip_get_property_set;
  host.effect.clip_get_image = clip_get_image;
  host.effect.clip_release_image = clip_release_image;
  host.effect.clip_get_region_of_definition = clip_get_region;
  host.effect.abort = abort_asked;
  host.parameter.define = define;
  host.parameter.get_handle = get_handle;
  host.parameter.get_property_set = param_property_set;
  host.parameter.get_value = get_value;
  host.parameter.get_value_at_time = get_value_at_time;
  host.parameter.set_value = set_value;
  host.memory = {memory_alloc, memory_free};
  host.message = {message, set_persistent_message, clear_persistent_message};
  host.progress = {progress_start, progress_update, progress_end};
  host.old_progress = {old_progress_start, progress_update, progress_end};
  host.time_line.get_time = time_get;
  if (without.count("effect.abort")) host.effect.abort = nullptr;
  if (without.count("effect.clip_get_region_of_definition")) host.effect.clip_get_region_of_definition = nullptr;
  if (without.count("effect.clip_get_property_set")) host.effect.clip_get_property_set = nullptr;
  if (without.count("effect.clip_get_image")) host.effect.clip_get_image = nullptr;
  if (without.count("parameter.get_value_at_time")) host.parameter.get_value_at_time = nullptr;
  if (without.count("parameter.get_property_set")) host.parameter.get_property_set = nullptr;
  if (without.count("property.dimension")) host.property.dimension = nullptr;
  if (without.count("message")) host.message = {};
  if (without.count("progress")) host.progress = {};
}

const void* fetch_suite(ofxabi::PropertySet handle, const char* suite, int version) {
  Properties* const set = object<Properties>(handle);
  if (!set) return nullptr;
  Host& host = *set->host;
  const std::string name = suite;
  if (host.missing_suites.count(name) || host.missing_suites.count(name + " " + std::to_string(version)))
    return nullptr;
  if (name == ofxabi::suite::property && version == 1) return &host.property;
  if (name == ofxabi::suite::image_effect && version == 1) return &host.effect;
  if (name == ofxabi::suite::parameter && version == 1) return &host.parameter;
  if (name == ofxabi::suite::memory && version == 1) return &host.memory;
  if (name == ofxabi::suite::multi_thread && version == 1) return &host.multi_thread;
  if (name == ofxabi::suite::message && version <= 2) return &host.message;
  if (name == ofxabi::suite::progress && version == 2) return &host.progress;
  if (name == ofxabi::suite::progress && version == 1) return &host.old_progress;
  if (name == ofxabi::suite::time_line && version == 1) return &host.time_line;
  return nullptr;
}

}  // namespace testhost
