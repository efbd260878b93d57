// Executes a kernel in PTX: all warps of a block in turn, in a warp always the lanes that are furthest
// behind.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "emulation/ptx/program.h"

namespace ptx {

struct Dimensions {
  unsigned x = 1, y = 1, z = 1;
};

/// Device memory that a kernel may touch.
struct Buffer {
  uint64_t address;
  size_t bytes;
};

/// What went wrong. Kinds as in emulation/emulator.h: out-of-bounds, misaligned, race, uninitialised,
/// warp-exit, deadlock.
struct Finding {
  std::string kind, text;
};

/// Runs a grid to its end, or to the first findings. Shared memory is watched for races and for reads of what
/// was never written, device memory for accesses outside the buffers.
std::vector<Finding> run(const Kernel& kernel, Dimensions grid, Dimensions block,
                         const std::vector<const void*>& parameters, const std::vector<Buffer>& buffers);

}  // namespace ptx
