#include "config.hpp"

#include <dlfcn.h>
#include <errno.h>
#include <sys/stat.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "json.hpp"
#include "refusal.hpp"

namespace bridge {
namespace {

std::string bundle_contents() {
  Dl_info info = {};
  if (!dladdr(reinterpret_cast<void*>(&bundle_contents), &info) || !info.dli_fname) return {};
  std::string path = info.dli_fname;  // …/vsplugin.ofx.bundle/Contents/Linux-x86-64/vsplugin.ofx
  for (int level = 0; level < 2; ++level) path.erase(path.find_last_of('/') == path.npos ? 0 : path.find_last_of('/'));
  return path;
}

// Empty where there is no such file; a Refusal where it is there and cannot be opened.
std::string read_file(const std::string& path) {
  std::string text;
  FILE* const file = std::fopen(path.c_str(), "re");
  if (!file && errno != ENOENT) refuse(ofxabi::status::failed, path + ": " + std::strerror(errno));
  if (!file) return text;
  char buffer[4096];
  while (const size_t got = std::fread(buffer, 1, sizeof buffer, file)) text.append(buffer, got);
  std::fclose(file);
  return text;
}

std::string usual_log() {
  const char* const cache = std::getenv("XDG_CACHE_HOME");
  const char* const home = std::getenv("HOME");
  std::string folder = cache && *cache ? cache : home && *home ? std::string(home) + "/.cache" : "";
  if (folder.empty()) return {};
  mkdir(folder.c_str(), 0700);
  folder += "/vsplugin";
  mkdir(folder.c_str(), 0700);
  return folder + "/ofx-worker.log";
}

// Digits only: strtod would read them in the host's locale.
double seconds_of(const std::string& text, double fallback) {
  double value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return fallback;
    value = 10 * value + (c - '0');
  }
  return value > 0 ? value : fallback;
}

}  // namespace

Config read_config() {
  const std::string path = bundle_contents() + "/Resources/worker.json", text = read_file(path);
  const char* const own = std::getenv("VSPLUGIN_OFX_PYTHON");
  Config config;
  config.python = own && *own ? own : json_member(text, "python");
  if (config.python.empty())
    refuse(ofxabi::status::failed,
           "the worker is not installed: " + path + " names no Python; run vsplugin ofx install");
  config.log = json_member(text, "log");
  if (config.log.empty()) config.log = usual_log();
  config.start_seconds = seconds_of(json_member(text, "start_seconds"), config.start_seconds);
  config.prepare_seconds = seconds_of(json_member(text, "prepare_seconds"), config.prepare_seconds);
  config.frame_seconds = seconds_of(json_member(text, "frame_seconds"), config.frame_seconds);
  return config;
}

}  // namespace bridge
