#include "slot.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string>

#include "refusal.hpp"

namespace bridge {

Slot::Slot(size_t bytes) : bytes_(bytes) {
  const auto fail = [this] {
    if (file_ >= 0) close(file_);
    refuse(ofxabi::status::memory, "no memory for a picture of " + std::to_string(bytes_ >> 20) + " MiB");
  };
  file_ = memfd_create("vsplugin", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (file_ < 0) fail();
  // Memory is taken now: a write into a memory file beyond what there is would end the host.
  if (posix_fallocate(file_, 0, static_cast<off_t>(bytes)) != 0) fail();
  if (fcntl(file_, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) fail();
  data_ = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, file_, 0);
  if (data_ == MAP_FAILED) fail();
}

Slot::~Slot() {
  munmap(data_, bytes_);
  close(file_);
}

}  // namespace bridge
