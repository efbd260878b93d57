// The other end of `-fsanitize=thread`. With that option the compiler puts a call before every load and store
// of a kernel file; we do not link the sanitizer's own library but define these calls, and so see every
// access.
#include <dlfcn.h>
#include <link.h>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "emulation/block.h"
#include "emulation/device.h"
#include "emulation/emulator.h"
#include "emulation/memory.h"
#include "emulation/report.h"

namespace emulation {

namespace {

bool hooks_called = false;

/// Constants of the program, which a kernel may read: nvcc keeps them in the kernel.
bool is_constant(const void* p) {
  using Range = std::pair<uintptr_t, uintptr_t>;
  static const std::vector<Range> ranges = [] {
    std::vector<Range> found;
    dl_iterate_phdr(
        [](dl_phdr_info* info, size_t, void* out) {
          for (int i = 0; i < info->dlpi_phnum; i++) {
            const auto& header = info->dlpi_phdr[i];
            const uintptr_t begin = info->dlpi_addr + header.p_vaddr;
            if (header.p_type == PT_LOAD && (header.p_flags & PF_W) == 0)
              static_cast<std::vector<Range>*>(out)->push_back({begin, begin + header.p_memsz});
          }
          return 0;
        },
        &found);
    return found;
  }();
  const uintptr_t address = reinterpret_cast<uintptr_t>(p);
  for (const Range& range : ranges)
    if (address >= range.first && address < range.second) return true;
  return false;
}

template <class T>
bool is_part(const void* p, const T& variable) {
  return static_cast<size_t>(static_cast<const char*>(p) - reinterpret_cast<const char*>(&variable)) <
         sizeof variable;
}

/// Memory that a thread of a device has of its own: local variables, parameters, built-in variables,
/// constants.
bool is_private(const void* p) {
  const void* parameters = block().parameters;
  return is_stack(p) ||
         static_cast<size_t>(static_cast<const char*>(p) - static_cast<const char*>(parameters)) < 4096 ||
         is_part(p, threadIdx) || is_part(p, blockIdx) || is_part(p, blockDim) || is_part(p, gridDim) ||
         is_constant(p);
}

void on_access(const void* p, size_t bytes, bool write, bool atomic, const void* pc) {
  if (block().running < 0 || !hooks_called) return;
  const char* at = static_cast<const char*>(p);
  if (is_device(p)) {
    shadow_of_device().access(at, device_offset(p), bytes, write, atomic, pc);
  } else if (is_shared(p)) {
    shadow_of_shared().access(at, shared_offset(p), bytes, write, atomic, pc);
  } else if (!is_private(p)) {
    report("host-pointer", "%s of %zu bytes at %p, which is memory of the host (code at %s)",
           write ? "write" : "read", bytes, p, code_place(pc).c_str());
  }
}

}  // namespace

void on_atomic(const void* p, size_t bytes) { on_access(p, bytes, true, true, __builtin_return_address(0)); }

void on_vector_access(const void* p, size_t bytes, bool write, const void* pc) {
  if (!hooks_called && reinterpret_cast<uintptr_t>(p) % bytes != 0)
    report("misaligned", "access of %zu bytes, %s", bytes, describe_address(p).c_str());
  on_access(p, bytes, write, false, pc);
}

bool instrumented() { return hooks_called; }

}  // namespace emulation

#define HOOK_PC __builtin_return_address(0)
#define HOOKS(n)                                                                                \
  void __tsan_read##n(void* p) { emulation::on_access(p, n, false, false, HOOK_PC); }           \
  void __tsan_write##n(void* p) { emulation::on_access(p, n, true, false, HOOK_PC); }           \
  void __tsan_unaligned_read##n(void* p) { emulation::on_access(p, n, false, false, HOOK_PC); } \
  void __tsan_unaligned_write##n(void* p) { emulation::on_access(p, n, true, false, HOOK_PC); } \
  void __tsan_volatile_read##n(void* p) { emulation::on_access(p, n, false, false, HOOK_PC); }  \
  void __tsan_volatile_write##n(void* p) { emulation::on_access(p, n, true, false, HOOK_PC); }  \
  void __tsan_read_write##n(void* p) {                                                          \
    emulation::on_access(p, n, false, false, HOOK_PC);                                          \
    emulation::on_access(p, n, true, false, HOOK_PC);                                           \
  }

extern "C" {
HOOKS(1)
HOOKS(2)
HOOKS(4)
HOOKS(8)
HOOKS(16)
void __tsan_read_range(void* p, size_t bytes) { emulation::on_access(p, bytes, false, false, HOOK_PC); }
void __tsan_write_range(void* p, size_t bytes) { emulation::on_access(p, bytes, true, false, HOOK_PC); }
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
void __tsan_vptr_update(void**, void*) {}
void __tsan_vptr_read(void**) {}
// Called once for each instrumented file, before main.
void __tsan_init() { emulation::hooks_called = true; }
}
