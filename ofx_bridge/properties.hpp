// A property set of the host, read with fallbacks and written without caring whether the host knows the property.
#pragma once

#include <string>

#include "abi/types.hpp"

namespace bridge {

class Properties {
 public:
  explicit Properties(ofxabi::PropertySet set) : set_(set) {}

  // Hosts lack properties, and have them with fewer elements than the specification says.
  int integer(const char* name, int fallback = 0, int index = 0) const;
  double real(const char* name, double fallback = 0, int index = 0) const;
  std::string string(const char* name, const char* fallback = "", int index = 0) const;
  void* pointer(const char* name) const;
  bool rectangle(const char* name, ofxabi::RectI* out) const;  // false: the host has no such four numbers
  int count(const char* name) const;

  // Strings given here must live as long as the bundle: Nuke has kept such pointers.
  void set(const char* name, const char* value, int index = 0) const;
  void set(const char* name, int value, int index = 0) const;
  void set(const char* name, double value, int index = 0) const;
  void set(const char* name, void* value) const;

 private:
  ofxabi::PropertySet set_;
};

}  // namespace bridge
