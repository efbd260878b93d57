// In builds with AddressSanitizer: memory that nobody may touch. In other builds nothing.
#pragma once
#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

namespace unnas {

#if defined(__SANITIZE_ADDRESS__)
constexpr size_t kRedZone = 64;
inline void close_memory(void* memory, size_t bytes) { __asan_poison_memory_region(memory, bytes); }
inline void open_memory(void* memory, size_t bytes) { __asan_unpoison_memory_region(memory, bytes); }
#else
constexpr size_t kRedZone = 0;
inline void close_memory(void*, size_t) {}
inline void open_memory(void*, size_t) {}
#endif

}  // namespace unnas
