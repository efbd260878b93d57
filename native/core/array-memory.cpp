#include "core/array-memory.h"

#include <cstdlib>
#include <cstring>

#include "core/red-zone.h"

#if defined(__unix__) || defined(__APPLE__)
#define UNNAS_HAVE_MMAP
#include <sys/mman.h>
#endif

namespace unnas {

namespace {
constexpr size_t kLine = 64;

constexpr size_t round_up(size_t bytes, size_t unit) { return (bytes + unit - 1) / unit * unit; }

#if defined(UNNAS_HAVE_MMAP)
constexpr size_t kHugePage = size_t{2} << 20;

// The mapping around reserved memory, which begins on a huge page.
constexpr size_t mapping_size(size_t bytes) { return round_up(bytes, kHugePage) + kHugePage; }
#endif
}  // namespace

void* allocate_array(size_t bytes) {
  size_t size = round_up(bytes > 0 ? bytes : 1, kLine);
  void* memory = std::aligned_alloc(kLine, size);
  if (memory == nullptr) return nullptr;
  std::memset(memory, 0, size);
  close_memory(static_cast<char*>(memory) + bytes, size - bytes);  // what only fills the line
  return memory;
}

void free_array(void* memory) { std::free(memory); }

#if defined(UNNAS_HAVE_MMAP)
#if !defined(MAP_NORESERVE)
#define MAP_NORESERVE 0
#endif

void* reserve_memory(size_t bytes) {
  auto* mapping = static_cast<char*>(mmap(nullptr, mapping_size(bytes), PROT_READ | PROT_WRITE,
                                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  if (mapping == MAP_FAILED) return nullptr;
  size_t before = round_up(reinterpret_cast<size_t>(mapping), kHugePage) - reinterpret_cast<size_t>(mapping);
  size_t after = mapping_size(bytes) - before - round_up(bytes, kHugePage);
  if (before > 0) munmap(mapping, before);
  if (after > 0) munmap(mapping + before + round_up(bytes, kHugePage), after);
#if defined(MADV_HUGEPAGE)
  madvise(mapping + before, round_up(bytes, kHugePage), MADV_HUGEPAGE);
#endif
  return mapping + before;
}

void release_memory(void* memory, size_t bytes) { munmap(memory, round_up(bytes, kHugePage)); }
#else
void* reserve_memory(size_t bytes) { return std::calloc(bytes, 1); }
void release_memory(void* memory, size_t) { std::free(memory); }
#endif

}  // namespace unnas
