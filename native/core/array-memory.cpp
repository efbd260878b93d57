#include "core/array-memory.h"

#include <cstdlib>
#include <cstring>

#include "core/red-zone.h"

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace unnas {

namespace {
constexpr size_t kLine = 64, kHugePage = size_t{2} << 20;

constexpr size_t round_up(size_t bytes, size_t unit) { return (bytes + unit - 1) / unit * unit; }
}  // namespace

void* allocate_array(size_t bytes) {
  size_t alignment = bytes >= kHugePage ? kHugePage : kLine;
  size_t size = round_up(bytes > 0 ? bytes : 1, kLine);
  void* memory = std::aligned_alloc(alignment, round_up(size, alignment));
  if (memory == nullptr) return nullptr;
#if defined(__linux__)
  if (alignment == kHugePage) madvise(memory, size / kHugePage * kHugePage, MADV_HUGEPAGE);
#endif
  std::memset(memory, 0, size);
  close_memory(static_cast<char*>(memory) + bytes,
               round_up(size, alignment) - bytes);  // what only fills the line
  return memory;
}

void free_array(void* memory) { std::free(memory); }

}  // namespace unnas
