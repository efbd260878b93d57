#include "emulation/report.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <map>
#include <utility>

#include "emulation/block.h"
#include "emulation/emulator.h"
#include "emulation/memory.h"
#include "emulation/readable-name.h"

namespace emulation {

namespace {
std::vector<Report> found;
constexpr int kReportsOfAKind = 3;

size_t offset(const void* p, const Dl_info& info) {
  return static_cast<size_t>(static_cast<const char*>(p) - static_cast<const char*>(info.dli_fbase));
}
}  // namespace

Config& config() {
  static Config config;
  return config;
}

const std::vector<Report>& reports() { return found; }

bool has_report(const char* kind) {
  return std::any_of(found.begin(), found.end(), [&](const Report& r) { return r.kind == kind; });
}

void clear_reports() {
  found.clear();
  sticky_error() = cudaSuccess;
}

void report(const char* kind, const char* format, ...) {
  char text[1024];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  if (sticky_error() == cudaSuccess) sticky_error() = cudaErrorLaunchFailure;
  if (std::count_if(found.begin(), found.end(), [&](const Report& r) { return r.kind == kind; }) >=
      kReportsOfAKind)
    return;
  found.push_back({kind, running_place() + text});
}

namespace {

/// The two lines of `addr2line -f`: the function and "file:line". Empty strings where that tool is missing.
std::pair<std::string, std::string> look_up(const void* p) {
  static std::map<const void*, std::pair<std::string, std::string>> known;
  auto [entry, is_new] = known.try_emplace(p);
  Dl_info info;
  if (!is_new || p == nullptr || dladdr(p, &info) == 0) return entry->second;
  char command[512], line[512];
  snprintf(command, sizeof command, "addr2line -f -s -C -e '%s' 0x%zx 2>/dev/null", info.dli_fname,
           offset(p, info));
  if (FILE* output = popen(command, "r")) {
    for (std::string* text : {&entry->second.first, &entry->second.second})
      if (fgets(line, sizeof line, output) != nullptr) *text = std::string(line, std::strcspn(line, "\n"));
    pclose(output);
  }
  return entry->second;
}

}  // namespace

std::string function_name(const void* p) {
  const std::string& name = look_up(p).first;
  return name.empty() || name[0] == '?' ? code_place(p) : readable_name(name);
}

std::string code_place(const void* pc) {
  const std::string place = look_up(pc).second;
  if (!place.empty() && place[0] != '?') return place;
  Dl_info info;
  char text[32];
  snprintf(text, sizeof text, "+0x%zx", pc != nullptr && dladdr(pc, &info) != 0 ? offset(pc, info) : 0);
  return text;
}

}  // namespace emulation
