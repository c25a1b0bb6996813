// numpy planes as the kernels see them, and the module's parts. Every output is given, so that a test can look at the
// bytes around it.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <stdexcept>

#include "common/cpu.hpp"
#include "common/plane.hpp"

namespace vsp::python {

namespace nb = nanobind;

void bind_motion(nb::module_& module);
void bind_pictures(nb::module_& module);
void bind_tile_sr(nb::module_& module);

// Planes of VapourSynth frames are read-only, hence nb::ro.
using In = nb::ndarray<nb::ro, nb::ndim<2>, nb::device::cpu>;
using Out = nb::ndarray<nb::ndim<2>, nb::device::cpu>;
using MaybeIn = std::optional<In>;

[[noreturn]] inline void refuse(const std::string& text) { throw nb::value_error(text.c_str()); }

inline Sample sample_of(const char* name, nb::dlpack::dtype type) {
  if (type == nb::dtype<uint8_t>()) return Sample::u8;
  if (type == nb::dtype<uint16_t>()) return Sample::u16;
  if (type == nb::dtype<float>()) return Sample::f32;
  if (type.code == static_cast<uint8_t>(nb::dlpack::dtype_code::Float) && type.bits == 16) return Sample::half;
  refuse(std::string(name) + " must be uint8, uint16, float16 or float32");
}

template <class Result, class Array>
Result plane_of(const char* name, const Array& array, int bits) {
  Result plane;
  plane.sample = sample_of(name, array.dtype());
  plane.bits = plane.sample == Sample::u8 ? 8 : plane.sample == Sample::u16 ? bits : 32;
  plane.data = array.data();
  plane.height = static_cast<int>(array.shape(0));
  plane.width = static_cast<int>(array.shape(1));
  plane.stride = static_cast<ptrdiff_t>(array.stride(0)) * static_cast<ptrdiff_t>(sample_bytes(plane.sample));
  if (plane.height < 1 || plane.width < 1) refuse(std::string(name) + " must not be empty");
  if (plane.width > 1 && array.stride(1) != 1) refuse(std::string(name) + " must have neighbouring samples in a row");
  return plane;
}

inline Plane in(const char* name, const In& array, int bits = 16) { return plane_of<Plane>(name, array, bits); }
inline OutPlane out_of(const Out& array, int bits = 16) { return plane_of<OutPlane>("out", array, bits); }

inline Plane floats(const char* name, const In& array, int width, int height) {
  const Plane plane = in(name, array);
  if (plane.sample != Sample::f32) refuse(std::string(name) + " must be float32");
  if (plane.width != width || plane.height != height)
    refuse(std::string(name) + " must be " + std::to_string(width) + "x" + std::to_string(height) + "; got " +
           std::to_string(plane.width) + "x" + std::to_string(plane.height));
  return plane;
}

inline void require_like(const OutPlane& out, const Plane& plane) {
  if (out.width != plane.width || out.height != plane.height) refuse("out must have the size of the input");
}

inline Cpu cpu_of(const std::string& name) {
  try {
    return parse_cpu(name);
  } catch (const std::invalid_argument& error) {
    refuse(error.what());
  }
}

}  // namespace vsp::python
