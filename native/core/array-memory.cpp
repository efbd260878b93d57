#include "core/array-memory.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <thread>

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

namespace {

/// The thread that takes memory ahead of its use, for one piece of reserved memory at a time.
class Populator {
 public:
  void begin(void* memory, size_t bytes) {
    std::lock_guard lock(mutex_);
    stop();
    stopping_ = false;
    memory_ = memory;
    thread_ = std::thread([this, memory, bytes] { populate(static_cast<char*>(memory), bytes); });
  }
  void end(const void* memory) {
    std::lock_guard lock(mutex_);
    if (memory == memory_) stop();
  }

 private:
  void stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
    memory_ = nullptr;
  }
  void populate([[maybe_unused]] char* memory, [[maybe_unused]] size_t bytes) const {
#if defined(MADV_POPULATE_WRITE)
    constexpr size_t kPiece = 16 * kHugePage;
    for (size_t at = 0; at < bytes && !stopping_; at += kPiece)
      if (madvise(memory + at, std::min(kPiece, bytes - at), MADV_POPULATE_WRITE) != 0) return;
#endif
  }

  std::mutex mutex_;
  std::atomic<bool> stopping_ = false;
  void* memory_ = nullptr;
  std::thread thread_;
};

Populator& populator() {
  static auto* one = new Populator;  // never destroyed: at the end of the process its thread may still run
  return *one;
}

}  // namespace

void populate_memory(void* memory, size_t bytes) { populator().begin(memory, bytes); }

void release_memory(void* memory, size_t bytes) {
  populator().end(memory);
  munmap(memory, round_up(bytes, kHugePage));
}
#else
void* reserve_memory(size_t bytes) { return std::calloc(bytes, 1); }
void populate_memory(void*, size_t) {}
void release_memory(void* memory, size_t) { std::free(memory); }
#endif

}  // namespace unnas
