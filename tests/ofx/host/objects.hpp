// The things a host has and lends out as handles: property sets, images, clips, parameters, effects. No Python in here:
// plugins call in from any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "abi/names.hpp"
#include "abi/suites.hpp"

namespace testhost {

struct Host;

using Value = std::variant<int, double, std::string, void*>;

struct Object {
  explicit Object(uint32_t m, Host* h) : magic(m), host(h) {}
  ~Object() { magic = 0xdeadbeef; }
  uint32_t magic;
  Host* host;
};

struct Properties : Object {
  static constexpr uint32_t kind = 0x50524f50;
  explicit Properties(Host* h) : Object(kind, h) {}
  std::map<std::string, std::vector<Value>> values;
  struct LentImage* image = nullptr;  // that these are of
  ofxabi::PropertySet handle() { return reinterpret_cast<ofxabi::PropertySet>(this); }

  template <class T>
  void set(const std::string& name, std::vector<T> list) {
    values[name].assign(list.begin(), list.end());
  }
  void set(const std::string& name, const char* text) { values[name] = {std::string(text)}; }
  void set(const std::string& name, const std::string& text) { values[name] = {text}; }
  void set(const std::string& name, int number) { values[name] = {number}; }
  void set(const std::string& name, double number) { values[name] = {number}; }
  void set(const std::string& name, void* pointer) { values[name] = {pointer}; }
};

// Pixels as a test gives or gets them: rows from the lowest one up, RGBA.
struct Pixels {
  std::string depth = ofxabi::name::float_;  // what the memory holds
  std::string claimed_depth;                 // what the properties say; empty: the truth
  std::string components = ofxabi::name::rgba;
  ofxabi::RectI bounds = {};
  std::vector<uint8_t> bytes;  // packed
  bool negative_rows = false;
  int padding = 0;            // bytes after each row
  int row_bytes_claimed = 0;  // a lie about the rows; 0: the truth
  bool no_data = false;
  std::string field = ofxabi::name::field_none;

  int width() const { return bounds.x2 - bounds.x1; }
  int height() const { return bounds.y2 - bounds.y1; }
  size_t pixel_bytes() const;
};

// An image that is out: its memory lies between guards, its padding is known.
struct LentImage {
  LentImage(Host* host, const Pixels& pixels, bool fill);
  Properties properties;
  Pixels shape;
  std::vector<uint8_t> memory;
  size_t stride;

  uint8_t* row(int y);  // counted from bounds.y1
  bool guards_untouched();
  std::vector<uint8_t> packed();
};

struct Effect;

struct Clip : Object {
  static constexpr uint32_t kind = 0x434c4950;
  Clip(Host* h, Effect* e, std::string n) : Object(kind, h), effect(e), name(std::move(n)), properties(h) {}
  Effect* effect;
  std::string name;
  Properties properties;
  std::map<double, std::shared_ptr<Pixels>> frames;
  bool has_region = false;
  ofxabi::RectD region = {};
};

struct Param : Object {
  static constexpr uint32_t kind = 0x50415241;
  Param(Host* h, std::string t, std::string n)
      : Object(kind, h), type(std::move(t)), name(std::move(n)), properties(h) {}
  std::string type, name;
  Properties properties;
  Value value = 0;
  std::map<double, Value> keys;
  bool broken = false;  // getting its value fails
};

struct Effect : Object {
  static constexpr uint32_t kind = 0x45464643;
  Effect(Host* h) : Object(kind, h), properties(h) {}
  Properties properties;
  std::map<std::string, std::unique_ptr<Clip>> clips;
  std::vector<std::unique_ptr<Param>> params;
  Param* param(const std::string& name);

  std::mutex mutex;
  std::set<LentImage*> lent;
  std::set<std::thread::id> rendering;  // threads inside the render action
  std::atomic<bool> abort{false};
  std::atomic<int> abort_polls{0};
  std::vector<double> asked_times;
  double render_seconds = 0;  // of the last render action, without what the host itself did meanwhile
  double host_seconds = 0;
  std::string persistent_message;
  int messages = 0;
  int progress_updates = 0;
  bool progress_stops = false;
  Pixels output;  // the shape of the next output image
  std::unique_ptr<LentImage> output_image;
};

struct Host {
  explicit Host() : properties(this) {}
  Properties properties;
  ofxabi::Host raw = {};
  ofxabi::PropertySuite property = {};
  ofxabi::ImageEffectSuite effect = {};
  ofxabi::ParameterSuite parameter = {};
  ofxabi::MemorySuite memory = {};
  ofxabi::MultiThreadSuite multi_thread = {};
  ofxabi::MessageSuiteV2 message = {};
  ofxabi::ProgressSuiteV2 progress = {};
  ofxabi::ProgressSuiteV1 old_progress = {};
  ofxabi::TimeLineSuite time_line = {};
  std::set<std::string> missing_suites;  // "OfxProgressSuite", or "OfxProgressSuite 2" for one version
  std::set<std::string> unknown_properties;
  bool ignores_time = false;  // every time gives the image of the render's own
  bool strict_window = true;  // nothing outside the render window may be written

  std::mutex mutex;
  std::vector<std::string> violations;
  void violation(const std::string& text) {
    const std::lock_guard lock(mutex);
    violations.push_back(text);
  }
};

// Functions of suites.cpp; `null_members` such as "effect.abort" are left out.
void fill_suites(Host& host, const std::set<std::string>& null_members);
const void* fetch_suite(ofxabi::PropertySet host, const char* name, int version);

}  // namespace testhost
