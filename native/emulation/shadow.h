// The race detector: what is known of each 4 bytes of device and shared memory.
//
// Two accesses of different threads, one of them a write, are a race unless something orders them: a
// __syncthreads between them for threads of one block, also a full __syncwarp for lanes of one warp; nothing
// orders two blocks of one launch. This is decided from the barriers passed, not from the schedule: a race is
// found even where this run's schedule gave the right result.
#pragma once
#include <cstddef>
#include <cstdint>

namespace emulation {

/// Who touched a cell, and how many barriers the block and the warp had passed then.
struct Access {
  uint32_t launch = 0, block = 0, block_epoch = 0, warp_epoch = 0;
  const void* pc = nullptr;
  uint16_t thread = 0;
  uint8_t bytes = 0;  // which of the four, as bits; 0: nobody yet
  bool atomic = false;
};

class Shadow {
 public:
  /// Of `bytes` bytes of memory. Cells are made when they are first touched.
  explicit Shadow(size_t bytes);

  void make_valid(size_t offset, size_t bytes);  // allocated, nothing written yet
  void make_invalid(size_t offset, size_t bytes);
  void make_initialised(size_t offset, size_t bytes);

  /// Checks an access of the running thread to the memory at p, `offset` bytes into this memory, and notes
  /// it.
  void access(const char* p, size_t offset, size_t bytes, bool write, bool atomic, const void* pc);

 private:
  struct Cell {
    Access write, read, other_read;  // other_read: by another warp or block than `read`
    uint8_t valid = 0, initialised = 0;
  };
  Cell* cells_;
};

Shadow& shadow_of_device();
Shadow& shadow_of_shared();

}  // namespace emulation
