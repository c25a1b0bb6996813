// The worker's process: started without anything of the host's, ended and collected without leaving a zombie.
#pragma once

#include <sys/types.h>

#include <string>

#include "config.hpp"

namespace bridge {

struct Process {
  pid_t pid = -1;
  int control = -1;  // our end of the control socket
};

// `python -I -m vsplugin.worker` with its end of the control socket as descriptor 3. Refusal: it cannot be started.
Process start_process(const Config& config);

// True once it has ended (and was collected); `how` then says in what way.
bool has_ended(pid_t pid, std::string* how);

// Ends it: kindly within `milliseconds`, then not.
void end_process(Process* process, int milliseconds, std::string* how);

}  // namespace bridge
