// The suites: tables of functions that a host hands out. The order of the members is the interface.
#pragma once

#include "abi/types.hpp"

namespace ofxabi {

struct PropertySuite {
  Status (*set_pointer)(PropertySet, const char* name, int index, void* value);
  Status (*set_string)(PropertySet, const char* name, int index, const char* value);
  Status (*set_double)(PropertySet, const char* name, int index, double value);
  Status (*set_int)(PropertySet, const char* name, int index, int value);
  Status (*set_pointers)(PropertySet, const char* name, int count, void* const* values);
  Status (*set_strings)(PropertySet, const char* name, int count, const char* const* values);
  Status (*set_doubles)(PropertySet, const char* name, int count, const double* values);
  Status (*set_ints)(PropertySet, const char* name, int count, const int* values);
  Status (*get_pointer)(PropertySet, const char* name, int index, void** value);
  Status (*get_string)(PropertySet, const char* name, int index, char** value);
  Status (*get_double)(PropertySet, const char* name, int index, double* value);
  Status (*get_int)(PropertySet, const char* name, int index, int* value);
  Status (*get_pointers)(PropertySet, const char* name, int count, void** values);
  Status (*get_strings)(PropertySet, const char* name, int count, char** values);
  Status (*get_doubles)(PropertySet, const char* name, int count, double* values);
  Status (*get_ints)(PropertySet, const char* name, int count, int* values);
  Status (*reset)(PropertySet, const char* name);
  Status (*dimension)(PropertySet, const char* name, int* count);
};

struct ImageEffectSuite {
  Status (*get_property_set)(Effect, PropertySet*);
  Status (*get_param_set)(Effect, ParamSet*);
  Status (*clip_define)(Effect, const char* name, PropertySet*);
  Status (*clip_get_handle)(Effect, const char* name, Clip*, PropertySet*);
  Status (*clip_get_property_set)(Clip, PropertySet*);
  Status (*clip_get_image)(Clip, Time, const RectD* region, PropertySet* image);
  Status (*clip_release_image)(PropertySet image);
  Status (*clip_get_region_of_definition)(Clip, Time, RectD* bounds);
  int (*abort)(Effect);
  Status (*image_memory_alloc)(Effect, size_t bytes, ImageMemory*);
  Status (*image_memory_free)(ImageMemory);
  Status (*image_memory_lock)(ImageMemory, void** data);
  Status (*image_memory_unlock)(ImageMemory);
};

struct ParameterSuite {
  Status (*define)(ParamSet, const char* type, const char* name, PropertySet*);
  Status (*get_handle)(ParamSet, const char* name, Param*, PropertySet*);
  Status (*set_get_property_set)(ParamSet, PropertySet*);
  Status (*get_property_set)(Param, PropertySet*);
  Status (*get_value)(Param, ...);
  Status (*get_value_at_time)(Param, Time, ...);
  Status (*get_derivative)(Param, Time, ...);
  Status (*get_integral)(Param, Time from, Time to, ...);
  Status (*set_value)(Param, ...);
  Status (*set_value_at_time)(Param, Time, ...);
  Status (*get_key_count)(Param, unsigned int* count);
  Status (*get_key_time)(Param, unsigned int key, Time*);
  Status (*get_key_index)(Param, Time, int direction, int* index);
  Status (*delete_key)(Param, Time);
  Status (*delete_all_keys)(Param);
  Status (*copy)(Param to, Param from, Time offset, const RangeD* frames);
  Status (*edit_begin)(ParamSet, const char* name);
  Status (*edit_end)(ParamSet);
};

struct MemorySuite {
  Status (*alloc)(void* handle, size_t bytes, void** data);
  Status (*free)(void* data);
};

using ThreadFunction = void(unsigned int index, unsigned int count, void* custom);

struct MultiThreadSuite {
  Status (*multi_thread)(ThreadFunction*, unsigned int count, void* custom);
  Status (*cpu_count)(unsigned int*);
  Status (*index)(unsigned int*);
  int (*is_spawned_thread)();
  Status (*mutex_create)(Mutex*, int lock_count);
  Status (*mutex_destroy)(Mutex);
  Status (*mutex_lock)(Mutex);
  Status (*mutex_unlock)(Mutex);
  Status (*mutex_try_lock)(Mutex);
};

struct MessageSuiteV1 {
  Status (*message)(void* handle, const char* type, const char* id, const char* format, ...);
};

struct MessageSuiteV2 {
  Status (*message)(void* handle, const char* type, const char* id, const char* format, ...);
  Status (*set_persistent_message)(void* handle, const char* type, const char* id, const char* format, ...);
  Status (*clear_persistent_message)(void* handle);
};

struct ProgressSuiteV1 {
  Status (*start)(void* effect, const char* label);
  Status (*update)(void* effect, double progress);  // status::reply_no: the user wants to stop
  Status (*end)(void* effect);
};

struct ProgressSuiteV2 {
  Status (*start)(void* effect, const char* message, const char* id);
  Status (*update)(void* effect, double progress);
  Status (*end)(void* effect);
};

struct TimeLineSuite {
  Status (*get_time)(void* effect, double* time);
  Status (*goto_time)(void* effect, double time);
  Status (*get_time_bounds)(void* effect, double* first, double* last);
};

static_assert(sizeof(PropertySuite) == 18 * sizeof(void*) && sizeof(ImageEffectSuite) == 13 * sizeof(void*));
static_assert(sizeof(ParameterSuite) == 18 * sizeof(void*) && sizeof(MemorySuite) == 2 * sizeof(void*));
static_assert(sizeof(MultiThreadSuite) == 9 * sizeof(void*) && sizeof(MessageSuiteV2) == 3 * sizeof(void*));
static_assert(offsetof(PropertySuite, get_pointer) == 8 * sizeof(void*));
static_assert(offsetof(ImageEffectSuite, abort) == 8 * sizeof(void*));
static_assert(offsetof(ParameterSuite, get_value_at_time) == 5 * sizeof(void*));

}  // namespace ofxabi
