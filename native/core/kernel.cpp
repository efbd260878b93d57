#include "core/kernel.h"

#include <array>
#include <atomic>
#include <cstdlib>
#include <map>

namespace unnas {

namespace {
constexpr size_t kIsaCount = 4;
using Variants = std::array<Kernel, kIsaCount>;

// A function-local static: registrations run before main, in any order.
std::map<std::string, Variants>& registry() {
  static std::map<std::string, Variants> kernels;
  return kernels;
}

bool supported(Isa isa) {
#if defined(__x86_64__)
  if (isa == Isa::avx512)
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("fma");
  if (isa == Isa::avx2) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
  return isa == Isa::baseline;
}

Isa isa_of(const std::string& name) {
  if (name.empty())
    return supported(Isa::avx512) ? Isa::avx512 : supported(Isa::avx2) ? Isa::avx2 : Isa::baseline;
  for (Isa isa : {Isa::baseline, Isa::avx2, Isa::avx512})
    if (name == isa_name(isa)) {
      if (!supported(isa)) throw std::invalid_argument("this machine cannot run the instruction set " + name);
      return isa;
    }
  throw std::invalid_argument("UNNAS_ISA: expected baseline, avx2 or avx512, got " + name);
}

// Read at the first use and not before: a wrong name is then an error that the caller sees.
std::atomic<Isa>& isa_in_use() {
  static std::atomic<Isa> isa = [] {
    const char* wanted = std::getenv("UNNAS_ISA");
    return isa_of(wanted == nullptr ? "" : wanted);
  }();
  return isa;
}
}  // namespace

void register_kernel(const char* name, Isa isa, Kernel kernel) {
  registry()[name][static_cast<size_t>(isa)] = kernel;
}

Kernel find_kernel(const std::string& name, Isa isa) {
  auto found = registry().find(name);
  if (found == registry().end()) throw std::invalid_argument("no native kernel is called '" + name + "'");
  if (isa == Isa::cuda) {
    if (Kernel kernel = found->second[static_cast<size_t>(isa)]) return kernel;
    throw std::invalid_argument("kernel '" + name + "' has no CUDA version in this build");
  }
  for (int i = static_cast<int>(isa); i >= 0; i--)
    if (Kernel kernel = found->second[i]) return kernel;
  throw std::invalid_argument("kernel '" + name + "' was not built for the CPU");
}

Isa current_isa() { return isa_in_use(); }

void set_isa(const std::string& name) {
  Isa wanted = isa_of(name);
  isa_in_use() = wanted;
}

const char* isa_name(Isa isa) {
  static constexpr const char* names[] = {"baseline", "avx2", "avx512", "cuda"};
  return names[static_cast<size_t>(isa)];
}

}  // namespace unnas
