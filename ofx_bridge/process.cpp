#include "process.hpp"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <string_view>
#include <vector>

#include "refusal.hpp"

extern char** environ;

namespace bridge {
namespace {

constexpr int workers_end = 3;
constexpr off_t largest_log = 1 << 20;

// Hosts set these for their own Python, Qt and libraries. Fresh frames are mostly page faults without huge pages; and
// each is mapped by itself, because glibc 2.36's heap otherwise grows by half of every frame.
constexpr char tunables[] = "GLIBC_TUNABLES=glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=131072";

std::vector<std::string> worker_environment() {
  std::vector<std::string> out;
  for (char** entry = environ; entry && *entry; ++entry) {
    const std::string_view text = *entry;
    if (!text.starts_with("PYTHON") && !text.starts_with("LD_") && !text.starts_with("QT_") &&
        !text.starts_with("GLIBC_TUNABLES="))
      out.emplace_back(text);
  }
  out.emplace_back(tunables);
  return out;
}

// Above the descriptors that are given a place in the child, so that none is overwritten before it is copied.
int moved_up(int file) {
  const int higher = fcntl(file, F_DUPFD_CLOEXEC, 10);
  close(file);
  return higher;
}

const char* usable_log(const std::string& path) {
  struct stat info = {};
  if (path.empty()) return "/dev/null";
  if (stat(path.c_str(), &info) == 0 && (!S_ISREG(info.st_mode) || info.st_size > largest_log)) {
    if (!S_ISREG(info.st_mode) || truncate(path.c_str(), 0) != 0) return "/dev/null";
  }
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) return "/dev/null";
  close(file);
  return path.c_str();
}

class Spawning {
 public:
  Spawning(int socket, const char* log) {
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, log, O_WRONLY | O_APPEND, 0);
    posix_spawn_file_actions_adddup2(&files, 1, 2);
    posix_spawn_file_actions_adddup2(&files, socket, workers_end);
    posix_spawnattr_init(&attributes);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setpgroup(&attributes, 0);  // Ctrl-C in the host's terminal is the host's
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~Spawning() {
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
  }
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

}  // namespace

Process start_process(const Config& config) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    refuse(ofxabi::status::failed, std::string("no socket for the worker: ") + std::strerror(errno));
  const int ours = moved_up(ends[0]), theirs = moved_up(ends[1]);
  Process process;
  int error = errno;
  if (ours >= 0 && theirs >= 0) {
    std::vector<std::string> arguments = {config.python, "-I", "-m", "vsplugin.worker"};
    std::vector<std::string> environment = worker_environment();
    const Spawning how(theirs, usable_log(config.log));
    error = posix_spawn(&process.pid, config.python.c_str(), &how.files, &how.attributes, pointers(arguments).data(),
                        pointers(environment).data());
  }
  if (theirs >= 0) close(theirs);
  if (error != 0 || process.pid <= 0) {
    if (ours >= 0) close(ours);
    refuse(ofxabi::status::failed, "the worker cannot be started: " + config.python + ": " + std::strerror(error) +
                                       "; run vsplugin ofx install again");
  }
  process.control = ours;
  return process;
}

bool has_ended(pid_t pid, std::string* how) {
  int state = 0;
  const pid_t got = waitpid(pid, &state, WNOHANG);
  if (got == 0 || (got < 0 && errno == EINTR)) return false;
  if (got < 0)
    *how = "ended";  // the host collects every child itself
  else if (WIFSIGNALED(state))
    *how = std::string("was ended by signal ") + std::to_string(WTERMSIG(state));
  else
    *how = "ended with exit status " + std::to_string(WEXITSTATUS(state));
  return true;
}

void end_process(Process* process, int milliseconds, std::string* how) {
  if (process->control >= 0) close(process->control);  // the worker ends when this closes
  process->control = -1;
  if (process->pid <= 0) return;
  for (int waited = 0; !has_ended(process->pid, how); waited += 5) {
    if (waited == milliseconds || waited == milliseconds + 2000) kill(process->pid, SIGKILL);
    if (waited > milliseconds + 4000) break;  // not even the kernel can end it now
    usleep(5000);
  }
  process->pid = -1;
}

}  // namespace bridge
