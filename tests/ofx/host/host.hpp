// What a host does: load a bundle, send actions, render.
#pragma once

#include "objects.hpp"

namespace testhost {

void enter(Effect* effect);  // the effect whose action runs on this thread

// A bundle's binary.
class Binary {
 public:
  explicit Binary(const std::string& path);
  ~Binary();
  int count() const { return count_(); }
  ofxabi::Plugin* plugin(int index) const { return plugin_(index); }
  int set_host(ofxabi::Host* host) const { return set_host_ ? set_host_(host) : -1; }

 private:
  void* library_;
  int (*count_)();
  ofxabi::Plugin* (*plugin_)(int);
  ofxabi::Status (*set_host_)(const ofxabi::Host*);
};

struct RenderArguments {
  double time = 0;
  ofxabi::RectI window = {};
  bool whole_window = true;
  std::vector<double> scale = {1.0, 1.0};
  std::string field = ofxabi::name::field_none;
  std::string thumbnail;
  bool sequence = true;  // between begin and end
};

// An instance of a node in a context, made from what the plugin described.
class Instance {
 public:
  Instance(Host& host, ofxabi::Plugin* plugin, const Effect& description);
  ofxabi::Status create();
  ofxabi::Status destroy();
  ofxabi::Status act(const char* action, Properties* in, Properties* out);
  ofxabi::Status render(const RenderArguments& arguments);

  Effect effect;

 private:
  void check_window(const RenderArguments& arguments);
  ofxabi::Plugin* plugin_;
};

}  // namespace testhost
