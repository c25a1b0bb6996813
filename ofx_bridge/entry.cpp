// The three functions a host finds in this bundle, and the way from an action's name to the code that does it.
// Nothing that is thrown inside leaves through here.
#include <atomic>
#include <new>
#include <string_view>
#include <utility>

#include "abi/names.hpp"
#include "abi/types.hpp"
#include "describe.hpp"
#include "geometry.hpp"
#include "host.hpp"
#include "instance.hpp"
#include "node.hpp"
#include "properties.hpp"
#include "refusal.hpp"
#include "render.hpp"
#include "worker.hpp"

#define OFX_EXPORT extern "C" __attribute__((visibility("default")))

namespace bridge {
namespace {

namespace action = ofxabi::action;
namespace status = ofxabi::status;

constexpr unsigned version_major = 1, version_minor = 0;

std::atomic<int> loads = 0;  // of all nodes: the worker lives until the last one is unloaded

ofxabi::Status load() {
  const ofxabi::Status loaded = load_host();
  if (loaded == status::ok) ++loads;
  return loaded;
}

ofxabi::Status unload() {
  if (loads > 0 && --loads == 0) worker().shut_down();
  return status::ok;
}

ofxabi::Status changed(Instance& instance, ofxabi::PropertySet in) {
  const Properties arguments(in);
  if (arguments.string(ofxabi::prop::change_reason) == ofxabi::name::user_edited) worker().forgive();
  enable_parameters(*instance.node, instance.knobs, arguments.real(ofxabi::prop::time));
  return status::ok;
}

using InstanceAction = ofxabi::Status (*)(Instance&, ofxabi::PropertySet in, ofxabi::PropertySet out);

constexpr std::pair<std::string_view, InstanceAction> instance_actions[] = {
    {action::render, [](Instance& instance, auto in, auto) { return render(instance, in); }},
    {action::is_identity, &identity_action},
    {action::region_of_definition, &region_of_definition},
    {action::regions_of_interest, &regions_of_interest},
    {action::frames_needed, &frames_needed},
    {action::output_colourspace, &output_colourspace},
    {action::instance_changed, [](Instance& instance, auto in, auto) { return changed(instance, in); }},
};

ofxabi::Status act(const Node& node, std::string_view what, const void* handle, ofxabi::PropertySet in,
                   ofxabi::PropertySet out) {
  const auto effect = static_cast<ofxabi::Effect>(const_cast<void*>(handle));
  if (what == action::load) return load();
  if (what == action::unload) return unload();
  if (!host().effect) return status::failed;  // not loaded
  if (what == action::describe) return describe(node, effect), status::ok;
  if (what == action::describe_in_context) return describe_in_context(node, effect), status::ok;
  if (what == action::create_instance) return create_instance(node, effect);
  if (what == action::destroy_instance) return worker().collect(), destroy_instance(effect);
  if (what == action::purge_caches) return worker().trim(), status::ok;
  for (const auto& [name, run] : instance_actions)
    if (what == name) return run(instance_of(effect), in, out);
  return status::reply_default;
}

ofxabi::Status guarded(const Node& node, const char* what, const void* handle, ofxabi::PropertySet in,
                       ofxabi::PropertySet out) noexcept {
  try {
    return what ? act(node, what, handle, in, out) : status::reply_default;
  } catch (const Refusal& refusal) {
    return refusal.status;
  } catch (const std::bad_alloc&) {
    return status::memory;
  } catch (...) {
    return status::failed;
  }
}

void set_host(ofxabi::Host* raw) {
  if (raw) host().raw = raw;
}

// A host calls plain functions without an argument of ours, so each node needs one of its own.
template <size_t index>
ofxabi::Status main_entry(const char* what, const void* handle, ofxabi::PropertySet in, ofxabi::PropertySet out) {
  return guarded(nodes()[index], what, handle, in, out);
}

template <size_t... index>
ofxabi::Plugin* plugin_at(size_t wanted, std::index_sequence<index...>) {
  static constexpr ofxabi::MainEntry* entries[] = {&main_entry<index>...};
  static ofxabi::Plugin plugins[most_nodes];
  const Node& node = nodes()[wanted];
  plugins[wanted] = {
      ofxabi::name::image_effect_api, 1, node.identifier, version_major, version_minor, &set_host, entries[wanted]};
  return &plugins[wanted];
}

}  // namespace
}  // namespace bridge

OFX_EXPORT int OfxGetNumberOfPlugins() { return static_cast<int>(bridge::nodes().size()); }

OFX_EXPORT ofxabi::Plugin* OfxGetPlugin(int index) {
  if (index < 0 || index >= OfxGetNumberOfPlugins()) return nullptr;
  return bridge::plugin_at(static_cast<size_t>(index), std::make_index_sequence<bridge::most_nodes>());
}

// OpenFX 1.5: called before anything else by hosts that know it. Every host also calls the plugins' own set_host.
OFX_EXPORT ofxabi::Status OfxSetHost(const ofxabi::Host* raw) {
  bridge::set_host(const_cast<ofxabi::Host*>(raw));
  return raw ? ofxabi::status::ok : ofxabi::status::failed;
}
