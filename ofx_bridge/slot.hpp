// A picture's memory, shared with the worker: a memory file, sealed so that neither side can cut it short.
#pragma once

#include <cstddef>
#include <cstdint>

namespace bridge {

class Slot {
 public:
  explicit Slot(size_t bytes);  // Refusal: out of memory
  ~Slot();
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;

  void* data() const { return data_; }
  size_t bytes() const { return bytes_; }
  int file() const { return file_; }

 private:
  int file_ = -1;
  void* data_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace bridge
