// The one worker of this process: started by the first render, restarted after it died, given up when it keeps dying.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "channel.hpp"
#include "config.hpp"
#include "process.hpp"

namespace bridge {

class Worker {
 public:
  // A channel nobody else uses, to a worker that runs. Refusal: it cannot be started, or was given up.
  std::unique_ptr<Channel> acquire();
  void release(std::unique_ptr<Channel> channel);

  // The worker of `channel` is dead (no reason given) or does not answer: it is ended. Returns what happened to it, for
  // people. `harmless`: not one of the deaths that it is given up for.
  std::string lost(std::unique_ptr<Channel> channel, const std::string& why, bool harmless);

  Config config();
  double slowest_frame();  // seconds, of this process
  void took(double seconds);

  void forgive();    // the user changed something: try again
  void trim();       // give back memory: close idle channels
  void collect();    // a worker that ended by itself leaves no zombie
  void shut_down();  // when the bundle is unloaded

 private:
  void start();
  void collect_locked();
  void end(int patience_milliseconds, std::string* how);
  bool given_up() const;

  std::mutex mutex_;
  Config config_;
  Process process_;
  unsigned generation_ = 0;
  std::vector<std::unique_ptr<Channel>> idle_;
  std::deque<double> deaths_;  // when, in seconds of the steady clock
  std::string last_death_;
  double slowest_frame_ = 0;
};

Worker& worker();
double seconds_now();

}  // namespace bridge
