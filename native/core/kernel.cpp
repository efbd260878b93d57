#include "core/kernel.h"

#include <array>
#include <cstdlib>
#include <cstring>
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
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma");
  if (isa == Isa::avx2) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
  return isa == Isa::baseline;
}

Isa choose_isa() {
  Isa best = supported(Isa::avx512) ? Isa::avx512 : supported(Isa::avx2) ? Isa::avx2 : Isa::baseline;
  const char* wanted = std::getenv("UNNAS_ISA");
  if (wanted == nullptr || *wanted == '\0') return best;
  for (Isa isa : {Isa::baseline, Isa::avx2, Isa::avx512})
    if (std::strcmp(wanted, isa_name(isa)) == 0) {
      if (!supported(isa)) throw std::invalid_argument(std::string("UNNAS_ISA=") + wanted + ": this machine cannot run it");
      return isa;
    }
  throw std::invalid_argument(std::string("UNNAS_ISA: expected baseline, avx2 or avx512, got ") + wanted);
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

Isa best_isa() {
  static const Isa isa = choose_isa();
  return isa;
}

const char* isa_name(Isa isa) {
  static constexpr const char* names[] = {"baseline", "avx2", "avx512", "cuda"};
  return names[static_cast<size_t>(isa)];
}

}  // namespace unnas
