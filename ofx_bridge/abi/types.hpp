// The OpenFX C interface, declared from its specification in our own names: status codes, handles and plain structs.
// There is no SDK package to build against. sdk_check.cpp compares all of it with a real SDK when a path to one is
// given.
#pragma once

#include <cstddef>

namespace ofxabi {

using Status = int;
namespace status {
inline constexpr Status ok = 0, failed = 1, fatal = 2, unknown = 3, missing_host_feature = 4, unsupported = 5,
                        exists = 6, format = 7, memory = 8, bad_handle = 9, bad_index = 10, value = 11, reply_yes = 12,
                        reply_no = 13, reply_default = 14, image_format = 1000;
}  // namespace status

// Handles are pointers to things only the host knows; distinct types keep them apart.
using PropertySet = struct OpaquePropertySet*;
using Effect = struct OpaqueEffect*;
using Clip = struct OpaqueClip*;
using ParamSet = struct OpaqueParamSet*;
using Param = struct OpaqueParam*;
using ImageMemory = struct OpaqueImageMemory*;
using Mutex = struct OpaqueMutex*;

using Time = double;

struct RectI {
  int x1, y1, x2, y2;
};
struct RectD {
  double x1, y1, x2, y2;
};
struct RangeD {
  double min, max;
};

struct Host {
  PropertySet properties;
  const void* (*fetch_suite)(PropertySet host, const char* suite, int version);
};

using MainEntry = Status(const char* action, const void* handle, PropertySet in, PropertySet out);

struct Plugin {
  const char* api;  // name::image_effect_api
  int api_version;  // 1
  const char* identifier;
  unsigned int version_major;
  unsigned int version_minor;
  void (*set_host)(Host*);
  MainEntry* main_entry;
};

static_assert(sizeof(Host) == 2 * sizeof(void*));
static_assert(sizeof(RectI) == 16 && sizeof(RectD) == 32);
static_assert(sizeof(void*) != 8 || (sizeof(Plugin) == 48 && offsetof(Plugin, identifier) == 16 &&
                                     offsetof(Plugin, set_host) == 32 && offsetof(Plugin, main_entry) == 40));

}  // namespace ofxabi
